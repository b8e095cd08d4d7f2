"""AssumeRoleWithSAML: a role for whom a SAML provider vouches.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.core.arn import Arn, iam_arn
from tabard.core.errors import AwsError
from tabard.identity import saml, saml_encryption
from tabard.services.operation import PROVE, Call, Check, operation
from tabard.services.sts import role_sessions
from tabard.services.sts.session_tags import SessionTags, provided_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_SHORTEST = 900
_DENIED = AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)

_EDU_PERSON = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
_EDU_ORG = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_KEY_OF_ATTRIBUTE = {
    f"{_EDU_PERSON}1": "edupersonaffiliation",
    f"{_EDU_PERSON}2": "edupersonnickname",
    f"{_EDU_PERSON}3": "edupersonorgdn",
    f"{_EDU_PERSON}4": "edupersonorgunitdn",
    f"{_EDU_PERSON}5": "edupersonprimaryaffiliation",
    f"{_EDU_PERSON}6": "edupersonprincipalname",
    f"{_EDU_PERSON}7": "edupersonentitlement",
    f"{_EDU_PERSON}8": "edupersonprimaryorgunitdn",
    f"{_EDU_PERSON}9": "edupersonscopedaffiliation",
    f"{_EDU_PERSON}10": "edupersontargetedid",
    f"{_EDU_PERSON}11": "edupersonassurance",
    f"{_EDU_ORG}2": "eduorghomepageuri",
    f"{_EDU_ORG}3": "eduorgidentityauthnpolicyuri",
    f"{_EDU_ORG}4": "eduorglegalname",
    f"{_EDU_ORG}5": "eduorgsuperioruri",
    f"{_EDU_ORG}6": "eduorgwhitepagesuri",
    "urn:oid:2.5.4.3": "cn",
    "urn:oid:2.5.4.4": "surname",
    "urn:oid:2.5.4.41": "name",
    "urn:oid:2.5.4.42": "givenname",
    "urn:oid:2.5.4.45": "x500uniqueidentifier",
    "urn:oid:0.9.2342.19200300.100.1.1": "uid",
    "urn:oid:0.9.2342.19200300.100.1.3": "mail",
    "urn:oid:0.9.2342.19200300.100.1.45": "organizationstatus",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonname",
    f"{_CLAIMS}name": "name",
    f"{_CLAIMS}givenname": "givenname",
    f"{_CLAIMS}surname": "surname",
    f"{_CLAIMS}emailaddress": "mail",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "primarygroupsid",
}


class Proven(NamedTuple):
    """What an assertion proves: condition keys of the trust policy, and what the session gets of it."""

    assertion: saml.Assertion
    provider_arn: str
    name_qualifier: str
    keys: dict[str, str | tuple[str, ...]]
    session_name: str
    tags: SessionTags
    source_identity: str

    @property
    def session_keys(self) -> dict[str, str | tuple[str, ...]]:
        """The keys that every request of the session has."""
        return {name: self.keys[name] for name in ("saml:namequalifier", "saml:sub", "saml:sub_type")}


async def _prove(call: Call, request: dict[str, Any]) -> Proven:
    account = role_sessions.account_of(request["RoleArn"])
    arn, name = request["PrincipalArn"], _provider_name(request["PrincipalArn"], account)
    provider = call.store.iam.credentials.saml_providers.get(account, name)
    if provider is None:
        raise AwsError("InvalidIdentityToken", "Specified provider doesn't exist")
    if provider.valid_until <= call.now:
        raise AwsError("InvalidIdentityToken", "The metadata of the specified provider has expired")
    assertion = await asyncio.to_thread(
        saml.read,
        request["SAMLAssertion"],
        provider.metadata,
        call.now,
        private_keys=saml_encryption.private_keys(provider, call.node.keys) if provider.secret else (),
        encrypted_only=provider.encryption_mode == "Required",
    )
    session_name = _session_name(assertion.attributes)
    tags, source_identity = _said_of_session(assertion.attributes)
    digest = hashlib.sha1(f"{assertion.issuer}{account}/{name}".encode(), usedforsecurity=False)
    qualifier = base64.b64encode(digest.digest()).decode()
    keys: dict[str, str | tuple[str, ...]] = {
        "saml:aud": assertion.recipient,
        "saml:doc": f"{account}/{name}",
        "saml:iss": assertion.issuer,
        "saml:namequalifier": qualifier,
        "saml:sub": assertion.subject,
        "saml:sub_type": assertion.subject_type,
    }
    for attribute, values in assertion.attributes.items():
        key = _KEY_OF_ATTRIBUTE.get(attribute)
        if key is not None and values:
            keys[f"saml:{key}"] = values[0] if len(values) == 1 else values
    told = {
        "type": "SAMLUser",
        "principalId": f"{qualifier}:{assertion.subject}",
        "userName": assertion.subject,
        "identityProvider": arn,
    }
    call.audit["identity"], call.audit["account"] = msgspec.Raw(msgspec.json.encode(told)), account
    if not _offers(assertion.attributes, request["RoleArn"], arn):
        raise _DENIED
    return Proven(assertion, arn, qualifier, keys, session_name, tags, source_identity)


def _provider_name(arn: str, account: str) -> str:
    """The name of a provider of this account; raises ValidationError, or AccessDenied for one of another account."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise AwsError("ValidationError", f"{arn} is invalid") from None
    kind, _, name = parsed.resource.partition("/")
    if parsed.service != "iam" or kind != "saml-provider" or not name:
        raise AwsError("ValidationError", f"{arn} is invalid")
    if arn != iam_arn(account, "saml-provider", "/", name):
        raise _DENIED
    return name


def _offers(attributes: Mapping[str, tuple[str, ...]], role: str, provider: str) -> bool:
    """Whether the assertion names the role with the provider, in whichever order."""
    for value in attributes.get(f"{_ATTRIBUTES}Role", ()):
        if sorted(part.strip() for part in value.split(",")) == sorted((role, provider)):
            return True
    return False


def _session_name(attributes: Mapping[str, tuple[str, ...]]) -> str:
    values = attributes.get(f"{_ATTRIBUTES}RoleSessionName", ())
    if len(values) != 1 or not values[0]:
        raise AwsError("InvalidIdentityToken", "RoleSessionName is required in AuthnResponse")
    if not _NAME.fullmatch(values[0]):
        raise AwsError(
            "InvalidIdentityToken",
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
        )
    return values[0]


def _said_of_session(attributes: Mapping[str, tuple[str, ...]]) -> tuple[SessionTags, str]:
    start = f"{_ATTRIBUTES}PrincipalTag:"
    given = {
        name.removeprefix(start): values for name, values in attributes.items() if name.startswith(start)
    }
    if any(len(values) != 1 for values in given.values()):
        raise AwsError("InvalidIdentityToken", "A PrincipalTag attribute must have one value.")
    tags = provided_tags(
        {key: values[0] for key, values in given.items()},
        attributes.get(f"{_ATTRIBUTES}TransitiveTagKeys", ()),
    )
    source_identity = attributes.get(f"{_ATTRIBUTES}SourceIdentity", ())
    if not source_identity:
        return tags, ""
    if (
        len(source_identity) != 1
        or not _NAME.fullmatch(source_identity[0])
        or source_identity[0].startswith("aws:")
    ):
        raise AwsError(
            "InvalidIdentityToken",
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
        )
    return tags, source_identity[0]


def _checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    proven: Proven = call.proven
    keys: dict[str, Any] = {
        **proven.keys,
        "aws:federatedprovider": proven.provider_arn,
        "sts:rolesessionname": proven.session_name,
    }
    role = role_sessions.find(call, request["RoleArn"])
    return role_sessions.checks(
        "sts:AssumeRoleWithSAML", request["RoleArn"], role, keys, proven.tags, proven.source_identity
    )


@operation("sts", "AssumeRoleWithSAML", PROVE, checks=_checks, anonymous=True, prove=_prove)
def assume_role_with_saml(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put on a role by a SAML provider's word, at longest until its session with the person ends."""
    proven: Proven = call.proven
    role = role_sessions.find(call, request["RoleArn"])
    if role is None:
        raise _DENIED
    asked = role_sessions.duration(role, request.get("DurationSeconds", role_sessions.DEFAULT_DURATION))
    ends = proven.assertion.session_ends_at
    if ends is not None:
        asked = max(_SHORTEST, min(asked, int(ends - call.now)))
    reply = role_sessions.put_on(
        call,
        request,
        role,
        proven.session_name,
        asked,
        proven.tags,
        proven.source_identity,
        provider=proven.provider_arn,
        identity_keys=proven.session_keys,
    )
    return reply | {
        "Subject": proven.assertion.subject,
        "SubjectType": proven.assertion.subject_type,
        "Issuer": proven.assertion.issuer,
        "Audience": proven.assertion.recipient,
        "NameQualifier": proven.name_qualifier,
    }
