"""One audit record for each call, in CloudTrail's event format, with the decision's reason and without secrets.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from tabard.audit.port import Event
from tabard.core.sources import iso8601

if TYPE_CHECKING:
    from tabard.core.caller import Caller
    from tabard.core.errors import AwsError
    from tabard.core.http import HttpRequest
    from tabard.policy import Decision, StatementRef

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What CloudTrail writes in place of a secret."""

_SENSITIVE = frozenset(
    {
        "Password",
        "NewPassword",
        "OldPassword",
        "SecretAccessKey",
        "SessionToken",
        "UserData",
        "KeyMaterial",
        "SSECustomerKey",
        "CopySourceSSECustomerKey",
        "TokenCode",
        "EncodedMessage",
        "DecodedMessage",
        "PrivateKey",
        "ServicePassword",
        "ServiceCredentialSecret",
        "AddPrivateKey",
        "AuthenticationCode1",
        "AuthenticationCode2",
        "WebIdentityToken",
        "TradeInToken",
        "SAMLAssertion",
        "Base32StringSeed",
        "QRCodePNG",
    }
)
_PARAMETERS_AT_MOST = 100 * 1024

_USER_TYPES = {
    "Root": "Root",
    "User": "IAMUser",
    "AssumedRole": "AssumedRole",
    "FederatedUser": "FederatedUser",
    "Anonymous": "AWSAccount",
    "Service": "AWSService",
}


def is_management(service: str, operation: str) -> bool:
    """Whether CloudTrail counts a call as management: all are, but for what S3 does with objects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
    """
    if service != "s3":
        return True
    about_objects = "Object" in operation and not operation.endswith("ObjectLockConfiguration")
    return not (about_objects or "Multipart" in operation or "Part" in operation or operation == "HeadBucket")


def region_of(service: str, region: str) -> str:
    """Where CloudTrail says that a call was made: IAM's are all made in one place, whatever region they are signed for."""
    return "us-east-1" if service == "iam" else region


@lru_cache(maxsize=4096)
def _second(now: int) -> str:
    return iso8601(now)


def redacted(value: Any) -> Any:
    """A request or reply as the trail keeps it: names in lower camel case, secrets hidden, bytes and streams left out."""
    if isinstance(value, dict):
        return {
            _lower_camel(key): HIDDEN
            if key in _SENSITIVE
            else item
            if item.__class__ is str
            else redacted(item)
            for key, item in value.items()
            if key != "Body"
        }
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return value


def holds_secrets(parameters: dict[str, Any]) -> bool:
    """Whether a parameter is one that the trail hides."""
    return not _SENSITIVE.isdisjoint(parameters)


@lru_cache(maxsize=4096)
def _lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def identity_of(caller: Caller) -> msgspec.Raw:
    """The ``userIdentity`` element of a caller, as JSON."""
    identity: dict[str, Any] = {"type": _USER_TYPES[caller.kind], "principalId": caller.user_id}
    if caller.kind == "Anonymous":
        identity["accountId"] = "anonymous"
        return msgspec.Raw(msgspec.json.encode(identity))
    if caller.kind == "Service":
        return msgspec.Raw(msgspec.json.encode({"type": "AWSService", "invokedBy": caller.service_name}))
    identity |= {"arn": caller.arn, "accountId": caller.account, "accessKeyId": caller.access_key_id}
    if caller.kind == "User":
        identity["userName"] = caller.name
    if caller.is_session:
        session: dict[str, Any] = {
            "attributes": {
                "creationDate": iso8601(caller.issued_at or 0),
                "mfaAuthenticated": "true" if caller.mfa_at is not None else "false",
            }
        }
        if caller.kind == "AssumedRole":
            session["sessionIssuer"] = {
                "type": "Role",
                "principalId": caller.unique_id,
                "arn": caller.principal_arn,
                "accountId": caller.account,
                "userName": caller.name,
            }
        if caller.kind == "FederatedUser":
            session["sessionIssuer"] = {
                "type": "IAMUser" if caller.name else "Root",
                "principalId": caller.unique_id,
                "arn": caller.principal_arn,
                "accountId": caller.account,
                "userName": caller.name,
            }
        if caller.provider:
            session["webIdFederationData"] = {"federatedProvider": caller.provider, "attributes": {}}
        if caller.delivery is not None:
            session["ec2RoleDelivery"] = caller.delivery.version
        if caller.source_identity:
            session["sourceIdentity"] = caller.source_identity
        identity["sessionContext"] = session
    return msgspec.Raw(msgspec.json.encode(identity))


UNKNOWN = msgspec.Raw(b'{"type":"Unknown"}')


def event(
    identity: msgspec.Raw,
    account: str,
    service: str,
    operation: str,
    region: str,
    source_ip: str,
    http: HttpRequest,
    request_id: str,
    now: float,
    parameters: dict[str, Any] | None,
    response: Any,
    error: AwsError | None,
    decision: Any,
    resources: list[dict[str, str]] | None,
    *,
    read_only: bool,
) -> Event:
    """The record of one call; ``decision`` is what additionalEventData says."""
    management = is_management(service, operation)
    kept = redacted(parameters) if parameters else None
    if operation == "ModifyInstanceAttribute" and kept and "value" in kept:
        kept["value"] = HIDDEN  # user data, where Attribute says so
    if len(http.body) > _PARAMETERS_AT_MOST:
        kept = {
            "omitted": True,
            "reason": "the parameters are larger than 100 kB",
            "bytes": len(http.body),
        }
    return Event(
        "1.11",
        identity,
        _second(int(now)),
        f"{service or 'unknown'}.amazonaws.com",
        operation,
        region_of(service, region),
        source_ip,
        http.header(b"user-agent") or "",
        request_id,
        request_id,
        read_only,
        "AwsApiCall",
        management,
        account,
        "Management" if management else "Data",
        None if error is None else error.code,
        None if error is None else error.message,
        kept,
        response,
        decision,
        resources,
    )


READ_PREFIXES = ("Get", "List", "Describe", "Head", "Simulate", "Decode", "AssumeRole", "Lookup")
"""Operations whose names begin so change nothing (CloudTrail calls AssumeRole read-only too)."""

ANONYMOUS_IDENTITY = msgspec.Raw(b'{"type":"AWSAccount","principalId":"","accountId":"anonymous"}')


def unproven(access_key_id: str) -> msgspec.Raw:
    """The identity of a caller whose credentials were refused: what was claimed, and nothing more."""
    return msgspec.Raw(msgspec.json.encode({"type": "Unknown", "accessKeyId": access_key_id[:128]}))


class Reason(msgspec.Struct, omit_defaults=True):
    """Why the call was allowed or denied, and on which revision of the store that was decided."""

    revision: int
    decision: str | None = None
    layer: str | None = None
    statements: msgspec.Raw | None = None
    explanation: dict[str, Any] | None = None


def reason(decision: Decision | None, revision: int, explanation: dict[str, Any] | None = None) -> Reason:
    """What additionalEventData says of a decision; None for a call that asks for no permission.

    ``explanation`` is ``policy.report`` of the call's first denial, so that ``tabard explain`` can tell what nearly matched
    from the values that were compared then, whatever has changed since.
    """
    if decision is None:
        return Reason(revision)
    layer = decision.layer
    return Reason(
        revision,
        decision.outcome.value,
        "account root" if layer is None else layer.value,
        _statements(decision.statements) if decision.statements else None,
        explanation,
    )


@lru_cache(maxsize=8192)
def _statements(statements: tuple[StatementRef, ...]) -> msgspec.Raw:
    """The statements that decided, as JSON."""
    told = [
        {
            "policy": ref.source.arn or ref.source.name,
            "version": ref.source.version_id,
            "sid": ref.sid,
            "index": ref.index,
        }
        for ref in statements
    ]
    return msgspec.Raw(msgspec.json.encode(told))
