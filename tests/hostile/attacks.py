"""Hostile requests to an operation, made from AWS's model of it: the same ones for a seed, on every run."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus

import botocore.serialize
from tests.hostile.attacks_on_json import attacks_on_json
from tests.hostile.sensible import BODIES as BODIES_WITH_DIGEST
from tests.hostile.sensible import digest, sensible
from tests.hostile.signed import Wire, model

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = [
    "", " ", "a" * 65, "a" * 129, "a" * 2049, "a" * 140_000, "\0", "a\0b", "\x01\x1f\x7f", "\u202egnp.exe", "😀" * 20,
    "e\u0301" * 40, "\ufffe\uffff", "%", "%00", "%2e%2e%2f", "../../etc/passwd", "/", "//", "a/", "-1", "0", "1", "2147483648",
    "9223372036854775808", "-9223372036854775809", "9" * 400, "9" * 5000,
    "²", "bytes=" + "9" * 5000 + "-", "1e309", "NaN", "1.5", "0x10", "true", "null", "[]", "{}",
    '{"a":', '"', "\\", "*", "?", "${aws:username}", "$", "<!--", "]]>", "&amp;&x;", "'; DROP TABLE users; --", "\r\nX: y",
    "arn:aws:iam::999999999999:role/foreign", "arn:aws:iam::999999999999:policy/foreign", "arn:aws:iam::aws:policy/none",
    "arn:aws:iam::aws:policy/AdministratorAccess", "arn:", "arn:aws:iam:::", "i-ffffffffffffffff0", "i-",
    "sg-0", "vpc-ffffffff",
    "999999999999", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "nobody", "AKIAAAAAAAAAAAAAAAAA",
    "١٢٣", "\uff54arget", "TARGET", "K", "ß", "İ", "\u2028", "ﷺ" * 20,
]  # fmt: skip
ENCODED = [
    "%ff%fe",
    "%ed%a0%80",
    "%f0%9f",
    "%zz",
    "%",
    "a%",
    "%c0%af",
    "%u0041",
    "+",
    "%26Action=x",
    "a=b",
    "a%0d%0ab",
]
TEXTS = {"string", "blob", "timestamp"}
SHORT = 2
"""Hostile texts for each parameter in the fast set."""


def serialized(service: str, operation: str, parameters: dict[str, Any]) -> Wire:
    """What botocore makes of parameters."""
    described = model(service)
    serializer = botocore.serialize.create_serializer(
        described.metadata["protocol"], include_validation=False
    )
    made = serializer.serialize_to_request(parameters, described.operation_model(operation))
    query = made["query_string"]
    if isinstance(query, dict):
        query = "&".join(
            f"{quote(name, safe='-_.~')}={quote(str(value), safe='-_.~')}"
            for name, values in query.items()
            for value in (values if isinstance(values, list) else [values])
        )
    path, _, fixed = made["url_path"].partition("?")
    body = made["body"]
    headers = {name: value for name, value in made["headers"].items() if name.lower() != "content-length"}
    if isinstance(body, dict):
        body = "&".join(
            f"{quote(k, safe='-_.~')}={quote(str(v), safe='-_.~')}" for k, v in body.items()
        ).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    elif isinstance(body, str):
        body = body.encode()
    return Wire(made["method"], path, "&".join(part for part in (fixed, query) if part), headers, body or b"")


def parameters_of(service: str, operation: str, values: dict[str, Any], *, full: bool) -> dict[str, Any]:
    """A request that makes sense: what is required, or with ``full`` as much as there are sensible values for."""
    shape = model(service).operation_model(operation).input_shape
    return _structure(shape, values, full=full, depth=0) if shape is not None else {}


def _structure(shape: Any, values: dict[str, Any], *, full: bool, depth: int) -> dict[str, Any]:
    made = {}
    for name, member in shape.members.items():
        if name == "DryRun" or not (full or name in shape.required_members):
            continue
        if depth > 3 and name not in shape.required_members:
            continue
        made[name] = (
            values[name]
            if name in values and _fits(values[name], member)
            else _value(member, values, depth, full=full)
        )
    return made


def _fits(value: Any, shape: Any) -> bool:
    kind = str(shape.type_name)
    if isinstance(value, list):
        return kind == "list"
    return str(kind) not in {"list", "structure", "map"}


def _value(shape: Any, values: dict[str, Any], depth: int, *, full: bool) -> Any:
    kind = str(shape.type_name)
    if kind == "structure":
        return _structure(shape, values, full=full, depth=depth + 1)
    if kind == "list":
        return [_value(shape.member, values, depth + 1, full=full)]
    if kind == "map":
        return {"key": _value(shape.value, values, depth + 1, full=full)}
    if kind == "boolean":
        return False
    if kind in {"integer", "long", "float", "double"}:
        return max(1, int(shape.metadata.get("min", 1)))
    if kind == "timestamp":
        return "2026-01-01T00:00:00Z"
    if kind == "blob":
        return b"blob"
    return (shape.enum or ["text"])[0]


def attacks(
    service: str, operation: str, values: dict[str, Any], seed: str, *, every: bool
) -> Iterator[Wire]:
    """Hostile requests; ``every`` value everywhere, or a few chosen by the seed."""
    chance = random.Random(f"{seed}/{service}/{operation}")  # noqa: S311 - the same on every run
    for number, wire in enumerate(_attacks(service, operation, values, chance, every=every)):
        unique = str(number)
        wire.path = wire.path.replace("UNIQUE", unique)
        wire.body = wire.body.replace(b"UNIQUE", unique.encode())
        yield wire


def _attacks(
    service: str, operation: str, values: dict[str, Any], chance: random.Random, *, every: bool
) -> Iterator[Wire]:
    bases = [
        serialized(service, operation, parameters_of(service, operation, values, full=full))
        for full in (False, True)
    ]
    good = sensible(values).get((service, operation))
    if good is not None:
        bases.append(serialized(service, operation, good))
    for base in bases:
        if operation in BODIES_WITH_DIGEST:
            base.body = BODIES_WITH_DIGEST[operation]
            base.headers["Content-MD5"] = digest(base.body)
        yield base
        protocol = model(service).metadata["protocol"]
        if protocol == "rest-xml":
            yield from _rest(base, chance, every=every)
        elif protocol == "json":
            yield from attacks_on_json(base, chance, _some(chance, HOSTILE, every=every), every=every)
        else:
            yield from _form(base, chance, every=every)
        yield from _bodies(base, chance, service=service, every=every)


def _some(chance: random.Random, items: list[str], *, every: bool) -> list[str]:
    return items if every else chance.sample(items, SHORT)


def _form(base: Wire, chance: random.Random, *, every: bool) -> Iterator[Wire]:
    pairs = [pair.partition("=")[::2] for pair in base.body.decode().split("&")]
    own = [index for index, (name, _) in enumerate(pairs) if name not in {"Action", "Version"}]

    def form(changed: list[tuple[str, str]]) -> Wire:
        return Wire("POST", "/", "", dict(base.headers), "&".join(f"{n}={v}" for n, v in changed).encode())

    for index in own:
        name, value = pairs[index]
        rest = pairs[:index] + pairs[index + 1 :]
        yield form(rest)
        for text in _some(chance, HOSTILE, every=every):
            yield form([*rest, (name, quote(text, safe=""))])
        for text in _some(chance, ENCODED, every=every):
            yield form([*rest, (name, text)])
        twisted = [
            [(name, value), (name, value)], [(name, value), (name, "other")], [(f"{name}.member.1", value)],
            [(f"{name}.1", value)],
            [(f"{name}.entry.1.key", value)], [(f"{name}.member.0", value)], [(f"{name}.member.999999999", value)],
            [(f"{name}.member.-1", value)], [(f"{name}.member.x", value)], [(f"{name}.", value)], [(f".{name}", value)],
            [(name.lower(), value)], [(name, value), (f"{name}.Name", value)],
            [(f"{name}." + "member.1." * 200, value)],
        ]  # fmt: skip
        for changed in twisted if every else chance.sample(twisted, SHORT):
            yield form([*rest, *changed])
    yield form([*pairs, ("Nonsense.member.1.Name", "x"), ("", ""), ("\x00", "x")])
    yield form([*pairs, *[(f"Filter.{i}.Value.{i}", "x") for i in range(1, 1500)]])
    yield form([*pairs, *[(f"Tags.member.{i}.Key", str(i)) for i in range(1, 120)]])
    yield form([*pairs, ("DryRun", "perhaps")])


def _rest(base: Wire, chance: random.Random, *, every: bool) -> Iterator[Wire]:
    for where in (_paths, _queries, _headers):
        yield from where(base, chance, every=every)


def _changed(base: Wire, **what: Any) -> Wire:
    return replace(base, **{"headers": dict(base.headers), **what})


def _paths(base: Wire, chance: random.Random, *, every: bool) -> Iterator[Wire]:
    segments = base.path.split("/")
    for index in range(1, len(segments)):
        for text in [*_some(chance, [each[:3000] for each in HOSTILE], every=every)]:
            path = "/".join([*segments[:index], quote(text, safe="/"), *segments[index + 1 :]])
            yield _changed(base, path=path or "/")
        for text in _some(chance, ENCODED, every=every):
            yield _changed(base, path="/".join([*segments[:index], text, *segments[index + 1 :]]))


def _queries(base: Wire, chance: random.Random, *, every: bool) -> Iterator[Wire]:
    pairs = [pair for pair in base.query.split("&") if pair]
    for index, pair in enumerate(pairs):
        name = pair.partition("=")[0]
        rest = pairs[:index] + pairs[index + 1 :]
        yield _changed(base, query="&".join(rest))
        yield _changed(base, query="&".join([*rest, pair, f"{name}=other"]))
        for text in _some(chance, HOSTILE, every=every):
            yield _changed(base, query="&".join([*rest, f"{name}={quote(text[:6000], safe='')}"]))
        for text in _some(chance, ENCODED, every=every):
            yield _changed(base, query="&".join([*rest, f"{name}={text}"]))
    extra = ["versionId=null", "acl", "torrent", "uploads", "partNumber=0", "versioning&policy", "x-id=Nothing",
             "list-type=3", "response-content-type=a%0d%0ab", "encoding-type=nothing", "max-keys=-1"]  # fmt: skip
    for text in extra if every else chance.sample(extra, 4):
        yield _changed(base, query="&".join([*pairs, text]))


def _headers(base: Wire, chance: random.Random, *, every: bool) -> Iterator[Wire]:
    for name in list(base.headers):
        others = {other: value for other, value in base.headers.items() if other != name}
        yield _changed(base, headers=others)
        for text in _some(chance, HOSTILE, every=every):
            if not set("\r\n\0") & set(text):
                yield _changed(base, headers={**others, name: text[:6000]})
    odd = {"x-amz-tagging": "a=%ff&a=b&&=", "x-amz-storage-class": "NONE", "x-amz-acl": "nothing", "range": "bytes=9-1,-0,x",
           "if-modified-since": "yesterday", "x-amz-meta-a": "é\udcff", "content-md5": "!!", "x-amz-checksum-crc32": "AAAA",
           "x-amz-checksum-sha256": "x", "x-amz-copy-source-range": "bytes=5-1", "x-amz-decoded-content-length": "-5",
           "content-encoding": "aws-chunked", "expires": "never", "x-amz-expected-bucket-owner": "12",
           "x-amz-object-lock-mode": "COMPLIANCE", "x-amz-server-side-encryption": "aws:nothing",
           "x-amz-trailer": "x-amz-checksum-nothing", "x-amz-website-redirect-location": "\t"}  # fmt: skip
    for name in odd if every else chance.sample(sorted(odd), 4):
        yield _changed(base, headers={**base.headers, name: odd[name]})


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><x>&j;</x>"
)
BODIES = [
    b"", b" ", b"\0", b"\xff\xfe<\0x\0", b"<", b"<a>", b"<a></b>", b"<a/><b/>", b"<?xml version='1.0' encoding='utf-7'?><a/>",
    BOMB, b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    b"<a>" * 5000, b"<a>" * 5000 + b"</a>" * 5000, b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1500 + b"</Delete>",
    b"<Delete><Object/></Delete>", b"<Delete><Object><Key></Key></Object></Delete>", b"<Delete/>", b"<Tagging/>",
    b"<Tagging><TagSet>" + b"<Tag><Key>k</Key><Value>v</Value></Tag>" * 12 + b"</TagSet></Tagging>",
    b"<CompleteMultipartUpload/>",
    b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>",
    b"<CompleteMultipartUpload><Part><PartNumber>0</PartNumber><ETag/></Part></CompleteMultipartUpload>",
    b"<CreateBucketConfiguration><LocationConstraint>mars-1</LocationConstraint></CreateBucketConfiguration>",
    b"<CreateBucketConfiguration><LocationConstraint/></CreateBucketConfiguration>", b'{"a":',
    b"[" * 100_000, b'{"a":"\\ud800"}',
    b'{"a":' * 3000 + b"1" + b"}" * 3000, b"\x1f\x8b\x08\0\0", b"A=B&A=B&=&&", b"Action=&Version=", b"x" * 70_000,
    "<a>\u202e\ufffe</a>".encode(), b"<a>&#0;&#xD800;&#x110000;</a>", b'{"Version":1e999}',
]  # fmt: skip


def _bodies(base: Wire, chance: random.Random, *, service: str, every: bool) -> Iterator[Wire]:
    for body in BODIES if every else chance.sample(BODIES, 4):
        headers = (
            {**base.headers, "Content-MD5": digest(body)}
            if "Content-MD5" in base.headers
            else dict(base.headers)
        )
        yield Wire(base.method, base.path, base.query, headers, body)
    if service == "s3" or not base.body:
        return
    body = base.body
    for _ in range(20 if every else 2):
        at = chance.randrange(len(body))
        yield Wire("POST", "/", "", dict(base.headers), body[:at] + chance.randbytes(3) + body[at + 1 :])
    yield Wire("GET", "/", unquote_plus(body.decode()).replace(" ", "").replace("\n", "")[:4000], {}, b"")
