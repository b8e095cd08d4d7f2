"""GetWebIdentityToken: a token that says to services outside who the caller is.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.core.arn import PARTITION
from tabard.core.errors import AwsError, internal_failure
from tabard.core.sources import as_datetime
from tabard.identity import issuing
from tabard.services.issuer import issuer_url
from tabard.services.operation import LONG, Call, Check, operation
from tabard.services.sts.session_tags import session_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.core.caller import Caller
    from tabard.store.iam_credentials import IssuerKey
    from tabard.store.port import View

_DEFAULT = 300
_PAYLOAD_AT_MOST = 16_384
_NAMESPACE = "https://sts.amazonaws.com/"
_AUDIENCE_AT_MOST = 1000


def _checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    tags = session_tags(call.caller, request).requested
    keys: dict[str, Any] = {
        "sts:identitytokenaudience": list(request["Audience"]),
        "sts:durationseconds": str(request.get("DurationSeconds", _DEFAULT)),
        "sts:signingalgorithm": request["SigningAlgorithm"],
        "aws:tagkeys": list(tags) or None,
    }
    keys.update({f"aws:requesttag/{key.lower()}": value for key, value in tags.items()})
    yield Check("sts:GetWebIdentityToken", "*", keys=keys)
    if tags:
        yield Check("sts:TagGetWebIdentityToken", "*", keys=keys)


@operation("sts", "GetWebIdentityToken", LONG, checks=_checks)
async def get_web_identity_token(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """A signed token for the audience. It lasts no longer than the session that asks for it."""
    caller, algorithm = call.caller, request["SigningAlgorithm"]
    if algorithm not in {"RS256", "ES384"}:
        raise AwsError("ValidationError", f"The signing algorithm {algorithm} is not supported.")
    if any(not each or len(each) > _AUDIENCE_AT_MOST for each in request["Audience"]):
        raise AwsError("ValidationError", f"An audience must be of 1 to {_AUDIENCE_AT_MOST} characters.")
    federation = call.store.iam.credentials.outbound_federations.get(caller.account, caller.account)
    if federation is None or not federation.enabled:
        raise AwsError(
            "OutboundWebIdentityFederationDisabledException",
            "The outbound web identity federation feature is not enabled for this account.",
            403,
        )
    expires = int(call.now) + request.get("DurationSeconds", _DEFAULT)
    if caller.expires_at is not None and expires > caller.expires_at:
        raise AwsError(
            "SessionDurationEscalationException",
            "The requested token duration would extend the session beyond its original expiration time.",
            403,
        )
    audience = request["Audience"]
    claims = {
        "iss": issuer_url(call.node, federation.issuer),
        "sub": caller.principal_arn,
        "aud": audience[0] if len(audience) == 1 else audience,
        "iat": int(call.now),
        "exp": expires,
        "jti": str(uuid.UUID(bytes=call.node.random(16), version=4)),
        _NAMESPACE: _said_of(caller, call.region, session_tags(caller, request).requested),
    }
    if len(msgspec.json.encode(claims)) > _PAYLOAD_AT_MOST:
        raise AwsError(
            "JWTPayloadSizeExceededException",
            "The requested token payload size exceeds the maximum allowed size. "
            "Reduce the number of request tags included in the GetWebIdentityToken API call to reduce the token payload size.",
        )
    token = issuing.sign(await _key(call, algorithm), call.node.keys, claims)
    if token is None:
        raise internal_failure()
    return {"WebIdentityToken": token, "Expiration": as_datetime(expires)}


async def _key(call: Call, algorithm: str) -> IssuerKey:
    """The key that signs now, made at the first need; of two that are made at once the first is kept."""
    account, node, now = call.account, call.node, call.now
    found = issuing.signing_key(call.store.iam.credentials.issuer_keys.all(account), algorithm, now)
    if found is not None:
        return found
    made = await asyncio.to_thread(issuing.make_key, account, algorithm, node.keys, now)

    def keep(view: View) -> IssuerKey:
        records = view.iam.credentials.issuer_keys
        held = records.all(account)
        for key in held:
            if issuing.is_outdated(key, now):
                records.delete(key)
        present = issuing.signing_key(held, algorithm, now)
        if present is None:
            records.put(made)
        return present or made

    return await call.write(keep)


def _said_of(caller: Caller, region: str, tags: dict[str, str]) -> dict[str, Any]:
    """The claims of AWS's own name space."""
    said: dict[str, Any] = {"aws_account": caller.account, "source_region": region}
    if caller.tags:
        said["principal_tags"] = caller.tags
    if tags:
        said["request_tags"] = tags
    if caller.expires_at is not None:
        said["original_session_exp"] = as_datetime(caller.expires_at).strftime("%Y-%m-%dT%H:%M:%SZ")
    if caller.provider:
        said["federated_provider"] = caller.provider
    if caller.source_identity:
        said["source_identity"] = caller.source_identity
    if caller.delivery is not None:
        said["ec2_source_instance_arn"] = caller.delivery.instance_arn
        said["ec2_instance_source_vpc"] = (
            f"arn:{PARTITION}:ec2:{region}:{caller.account}:vpc/{caller.delivery.vpc_id}"
        )
        said["ec2_instance_source_private_ipv4"] = caller.delivery.private_ip
        said["ec2_role_delivery"] = caller.delivery.version
    return said
