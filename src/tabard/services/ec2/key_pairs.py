"""Key pairs: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-key-pairs.html.

The private key of a created pair is in the reply and nowhere else.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tabard.core.arn import ec2_arn
from tabard.core.errors import AwsError
from tabard.core.sources import as_datetime, resource_id
from tabard.services.ec2 import key_material
from tabard.services.ec2.errors import dry_run_operation, invalid_value, missing_parameter
from tabard.services.ec2.filters import filtered
from tabard.services.ec2.identifiers import checked
from tabard.services.ec2.operation import (
    ec2_operation,
    in_a_region,
    on_anything,
    request_tag_keys,
    tag_keys,
)
from tabard.services.ec2.tagging import create_tags_checks, shown, specifications
from tabard.services.operation import LONG, READ, WRITE, Call, Check, operation
from tabard.store.ec2 import KeyPair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.store.port import View

NAME_AT_MOST = 255
PAIRS_AT_MOST = 5000


def arn(call: Call, name: str) -> str:
    """A key pair's ARN, which names it by its name."""
    return ec2_arn(call.region, call.account, "key-pair", name)


def _making_checks(action: str) -> Any:
    def checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
        name = request.get("KeyName") or ""
        tags = specifications(request, "key-pair")
        keys: dict[str, Any] = {"ec2:region": call.region, **request_tag_keys(tags.get("key-pair", {}))}
        if action == "ec2:CreateKeyPair":
            keys["ec2:keypairtype"] = request.get("KeyType") or "rsa"
        yield Check(action, arn(call, name), keys=keys)
        yield from create_tags_checks(call, {"key-pair": arn(call, name)}, tags)

    return in_a_region(checks)


@operation("ec2", "CreateKeyPair", LONG, checks=_making_checks("ec2:CreateKeyPair"))
async def create_key_pair(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Make a key pair (``rsa`` of 2048 bits, or ``ed25519``) and hand out its private key, this once.

    It is LONG since making an RSA key takes longer than a transaction should.
    """
    name = _checked_name(request)
    kind = request.get("KeyType") or "rsa"
    if kind not in {"rsa", "ed25519"}:
        raise invalid_value(f"Value ({kind}) for parameter KeyType is invalid. Valid values: rsa, ed25519")
    if (request.get("KeyFormat") or "pem") != "pem":
        raise AwsError("UnsupportedOperation", "Only the key format pem is supported")
    _refuse_duplicate(call, call.store, name)
    made = await asyncio.to_thread(key_material.generate, kind)

    def record(view: View) -> KeyPair:
        return _record(call, view, request, name, made)

    pair = await call.write(record)
    return {
        "KeyName": name,
        "KeyPairId": pair.id,
        "KeyFingerprint": pair.fingerprint,
        "KeyMaterial": made.private_pem,
        "Tags": shown(specifications(request, "key-pair").get("key-pair", {})),
    }


@operation("ec2", "ImportKeyPair", WRITE, checks=_making_checks("ec2:ImportKeyPair"))
def import_key_pair(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Take on the public half of a key pair that was made elsewhere."""
    name = _checked_name(request)
    material = key_material.read_public(request.get("PublicKeyMaterial") or b"")
    _refuse_duplicate(call, call.store, name)
    pair = _record(call, call.store, request, name, material)
    return {
        "KeyName": name,
        "KeyPairId": pair.id,
        "KeyFingerprint": pair.fingerprint,
        "Tags": shown(specifications(request, "key-pair").get("key-pair", {})),
    }


@ec2_operation("DescribeKeyPairs", READ, checks=on_anything("ec2:DescribeKeyPairs"))
def describe_key_pairs(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Key pairs, their private halves never."""
    repository, tags = call.store.ec2.key_pairs, call.store.ec2.tags
    names, ids = request.get("KeyNames"), checked("key", request.get("KeyPairIds"))
    pairs: list[KeyPair] = []
    for name in dict.fromkeys(names or ()):
        pair = repository.get(call.account, call.region, name)
        if pair is None:
            raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")
        pairs.append(pair)
    for each in ids:
        pair = repository.by_id(call.account, call.region, each)
        if pair is None:
            raise AwsError("InvalidKeyPair.NotFound", f"The key pair with ID '{each}' does not exist")
        pairs.append(pair)
    if not names and not ids:
        pairs = repository.all(call.account, call.region)
    pairs = filtered(
        pairs,
        request.get("Filters"),
        {
            "key-name": lambda pair: pair.name,
            "key-pair-id": lambda pair: pair.id,
            "fingerprint": lambda pair: pair.fingerprint,
        },
        lambda pair: tags.of(call.account, pair.id),
    )
    described = []
    for pair in pairs:
        entry: dict[str, Any] = {
            "KeyPairId": pair.id,
            "KeyName": pair.name,
            "KeyType": pair.kind,
            "KeyFingerprint": pair.fingerprint,
            "CreateTime": as_datetime(pair.created_at),
            "Tags": shown(tags.of(call.account, pair.id)),
        }
        if request.get("IncludePublicKey"):
            entry["PublicKey"] = pair.public_key
        described.append(entry)
    return {"KeyPairs": described}


def _named(call: Call, request: dict[str, Any]) -> KeyPair | None:
    repository = call.store.ec2.key_pairs
    if request.get("KeyName"):
        return repository.get(call.account, call.region, request["KeyName"])
    if request.get("KeyPairId"):
        return repository.by_id(call.account, call.region, checked("key", [request["KeyPairId"]])[0])
    raise missing_parameter("KeyName")


def _delete_checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    pair = _named(call, request)
    name = pair.name if pair is not None else request.get("KeyName") or "*"
    tags = call.store.ec2.tags.of(call.account, pair.id) if pair is not None else {}
    yield Check("ec2:DeleteKeyPair", arn(call, name), keys={"ec2:region": call.region, **tag_keys(tags)})


@ec2_operation("DeleteKeyPair", WRITE, checks=_delete_checks)
def delete_key_pair(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Forget a key pair; one that is not there is no error. Instances keep the public keys they were launched
    with.
    """
    pair = _named(call, request)
    if pair is None:
        return {"Return": True}
    call.store.ec2.key_pairs.delete(pair)
    call.store.ec2.tags.put(call.account, call.region, pair.id, {})
    return {"Return": True, "KeyPairId": pair.id}


def _checked_name(request: dict[str, Any]) -> str:
    name: str = request.get("KeyName") or ""
    if not name:
        raise missing_parameter("KeyName")
    if len(name) > NAME_AT_MOST or not name.isascii() or not name.isprintable() or name != name.strip():
        raise invalid_value(
            f"Value ({name}) for parameter KeyName is invalid. Character sets beyond ASCII are not supported, and the "
            f"length is {NAME_AT_MOST} characters at most."
        )
    return name


def _refuse_duplicate(call: Call, view: View, name: str) -> None:
    if view.ec2.key_pairs.get(call.account, call.region, name) is not None:
        raise AwsError("InvalidKeyPair.Duplicate", "The keypair already exists")


def _record(
    call: Call, view: View, request: dict[str, Any], name: str, material: key_material.KeyMaterial
) -> KeyPair:
    _refuse_duplicate(call, view, name)
    repository = view.ec2.key_pairs
    if len(repository.all(call.account, call.region)) >= PAIRS_AT_MOST:
        raise AwsError(
            "KeyPairLimitExceeded", f"The maximum number of key pairs ({PAIRS_AT_MOST}) has been reached."
        )
    pair = KeyPair(
        call.account,
        call.region,
        resource_id("key", call.node.random),
        name,
        material.kind,
        material.fingerprint,
        f"{material.public_key} {name}",
        call.now,
    )
    repository.put(pair)
    tags = specifications(request, "key-pair").get("key-pair", {})
    if tags:
        view.ec2.tags.put(call.account, call.region, pair.id, tags)
    if request.get("DryRun"):
        raise dry_run_operation()
    return pair
