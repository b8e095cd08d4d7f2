"""A record of the audit trail as LookupEvents shows it: who called, and which resources it was about.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

GLOBAL_REGION = "us-east-1"
"""Where the calls of services without regions are found."""
_GLOBAL_SOURCES = frozenset({"iam.amazonaws.com"})
RESOURCES_AT_MOST = 100


class Record(msgspec.Struct, rename="camel"):
    """What is read of a record. What else stands in it is passed on as it is."""

    event_time: str
    event_source: str
    event_name: str
    aws_region: str
    event_id: str = msgspec.field(name="eventID")
    read_only: bool
    management_event: bool
    recipient_account_id: str
    user_identity: dict[str, Any]
    request_parameters: Any = None
    response_elements: Any = None
    resources: list[dict[str, str]] | None = None

    @property
    def at(self) -> float:
        """When the call was made: seconds since the epoch."""
        return datetime.fromisoformat(self.event_time).timestamp()

    @property
    def region(self) -> str:
        """Where the event is found."""
        return GLOBAL_REGION if self.event_source in _GLOBAL_SOURCES else self.aws_region


decode = msgspec.json.Decoder(Record).decode


def username(identity: dict[str, Any]) -> str | None:
    """By which name a caller is looked up: root's is ``root``, a session's is its own."""
    match identity.get("type"):
        case "Root":
            return "root"
        case "AssumedRole" | "FederatedUser" | "WebIdentityUser" | "SAMLUser":
            return str(identity.get("principalId", "")).partition(":")[2] or identity.get("userName")
        case "AWSService":
            return identity.get("invokedBy")
        case _:
            return identity.get("userName")


def access_key(identity: dict[str, Any]) -> str | None:
    """The access key that a call was signed with."""
    return identity.get("accessKeyId") or None


_TYPES: dict[str, dict[str, str]] = {
    "iam.amazonaws.com": {
        "roleName": "AWS::IAM::Role",
        "userName": "AWS::IAM::User",
        "groupName": "AWS::IAM::Group",
        "policyArn": "AWS::IAM::Policy",
        "policyName": "AWS::IAM::Policy",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "accessKeyId": "AWS::IAM::AccessKey",
        "serialNumber": "AWS::IAM::MFADevice",
        "openIDConnectProviderArn": "AWS::IAM::OIDCProvider",
        "sAMLProviderArn": "AWS::IAM::SAMLProvider",
        "serverCertificateName": "AWS::IAM::ServerCertificate",
    },
    "sts.amazonaws.com": {"roleArn": "AWS::IAM::Role", "assumedRoleId": "AWS::STS::AssumedRole"},
    "ec2.amazonaws.com": {
        "instanceId": "AWS::EC2::Instance",
        "imageId": "AWS::EC2::Ami",
        "keyName": "AWS::EC2::KeyPair",
        "groupId": "AWS::EC2::SecurityGroup",
        "subnetId": "AWS::EC2::Subnet",
        "vpcId": "AWS::EC2::VPC",
        "networkInterfaceId": "AWS::EC2::NetworkInterface",
        "volumeId": "AWS::EC2::Volume",
        "associationId": "AWS::EC2::IamInstanceProfileAssociation",
    },
    "ec2-instance-connect.amazonaws.com": {"instanceId": "AWS::EC2::Instance"},
    "s3.amazonaws.com": {"bucket": "AWS::S3::Bucket"},
}
"""Parameters and members of replies that name resources, by the service that is called."""
_PLURALS = {"instanceIds": "instanceId", "imageIds": "imageId", "groupIds": "groupId", "vpcIds": "vpcId"}


def resources(record: Record) -> list[dict[str, str]]:
    """The resources that a call names, in its parameters, its reply, or as the record itself has them."""
    found: dict[tuple[str, str], None] = {}
    for each in record.resources or ():
        name = each.get("ARN", "")
        kind = each.get("type", "")
        found[kind, name.rpartition(":::")[2] or name] = None
    known = _TYPES.get(record.event_source)
    if known:
        for part in (record.request_parameters, record.response_elements):
            for kind, name in _named(part, known):
                if len(found) >= RESOURCES_AT_MOST:
                    break
                found[kind, name] = None
    return [{"ResourceType": kind, "ResourceName": name} for kind, name in found]


_OF_THE_RESOURCE = frozenset({"role trust policy", "resource-based policy"})
"""Policies that belong to whoever owns what the call is about."""
_TELLING = (b'"role trust policy"', b'"resource-based policy"', b"resourcetag/", b"existingobjecttag/")


def told_to(account: str, line: bytes) -> str:
    """A record as an account is shown it: without what another account's policies and tags say.

    The trail keeps all of it, for the server's operator: of a role that does not trust the caller its conditions, too.
    """
    text = line.decode(errors="replace")
    if not any(sign in line for sign in _TELLING):
        return text
    event: dict[str, Any] = msgspec.json.decode(text)
    reason = event.get("additionalEventData")
    if not isinstance(reason, dict):
        return text
    explanation = reason.get("explanation") or {}
    if explanation.get("resourceAccount") == account:
        return text
    if reason.get("layer") in _OF_THE_RESOURCE:
        if event.get("errorCode"):
            reason["decision"] = "ImplicitlyDenied"
        reason["statements"] = _own(reason.get("statements"), account)
        if not reason["statements"]:
            del reason["statements"]
    if explanation:
        _cut(explanation, account)
        explanation["message"] = event.get("errorMessage")
    return msgspec.json.encode(event).decode()


def _cut(explanation: dict[str, Any], account: str) -> None:
    if explanation.get("layer") in _OF_THE_RESOURCE:
        explanation["result"] = "ImplicitlyDenied"
        explanation["statements"] = _own(explanation.get("statements"), account)
    for name in ("matches", "nearMisses"):
        entries = explanation.get(name) or ()
        explanation[name] = [each for each in entries if each.get("layer") not in _OF_THE_RESOURCE]
    explanation["nearMissesLeftOut"] = 0
    explanation["context"] = {
        key: value
        for key, value in (explanation.get("context") or {}).items()
        if "resourcetag/" not in key and "existingobjecttag/" not in key
    }


def _own(statements: list[dict[str, Any]] | None, account: str) -> list[dict[str, Any]]:
    """The statements of policies whose ARN is of this account."""
    return [each for each in statements or () if str(each.get("policy", "")).split(":")[4:5] == [account]]


def _named(value: Any, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        members: dict[str, Any] = value
        for name, item in members.items():
            kind = known.get(_PLURALS.get(name, name))
            if kind is None or isinstance(item, dict):
                yield from _named(item, known)
            else:
                for each in item if isinstance(item, list) else (item,):
                    if isinstance(each, str):
                        yield kind, each
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, known)
