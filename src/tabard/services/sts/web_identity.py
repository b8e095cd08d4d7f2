"""AssumeRoleWithWebIdentity: a role for whom an OpenID Connect provider vouches.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.core.arn import iam_arn
from tabard.core.errors import AwsError
from tabard.identity.web_identity import KeySets, Token, provider_name, read, verify
from tabard.services.operation import PROVE, Call, Check, operation
from tabard.services.sts import role_sessions
from tabard.services.sts.session_tags import SessionTags, provided_tags
from tabard.services.sts.web_identity_claims import condition_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabard.store.iam_credentials import OidcProvider

KEY_SETS = "sts.key-sets"
_TAGS = "https://aws.amazon.com/tags"
_ROLES = "https://aws.amazon.com/roles"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
_SOURCE_IDENTITY_FORM = re.compile(r"(?!aws:)[\w+=,.@-]{2,64}", re.ASCII)


class Proven(NamedTuple):
    """What a token proves in an account: by whom, for whom, and what the session gets of it."""

    provider: OidcProvider
    token: Token
    keys: dict[str, str | tuple[str, ...]]
    session_keys: dict[str, str | tuple[str, ...]]
    authorized: bool
    tags: SessionTags
    source_identity: str

    @property
    def provider_arn(self) -> str:
        """The provider's ARN."""
        return iam_arn(self.provider.account, "oidc-provider", "/", self.provider.id)


async def _prove(call: Call, request: dict[str, Any]) -> Proven:
    account = role_sessions.account_of(request["RoleArn"])
    unverified = read(request["WebIdentityToken"])
    records = call.store.iam.credentials.oidc_providers
    provider = records.get(account, provider_name(unverified.issuer))
    if provider is None:
        raise AwsError(
            "InvalidIdentityToken",
            f"No OpenIDConnect provider found in your account for {unverified.issuer}",
        )
    sets = call.node.extensions.get(KEY_SETS)
    if sets is None:
        sets = call.node.extensions[KEY_SETS] = KeySets()
    token = await verify(unverified, provider, sets, call.now)
    authorized = _is_authorized(token.claims, request["RoleArn"])
    keys, session_keys = condition_keys(provider.id, token.claims, token.audience)
    said = _said_of_session(token.claims)
    proven = Proven(provider, token, keys, session_keys, authorized, *said)
    call.audit["identity"] = msgspec.Raw(
        msgspec.json.encode(
            {
                "type": "WebIdentityUser",
                "principalId": f"{proven.provider_arn}:{token.audience}:{token.subject}",
                "userName": token.subject,
                "identityProvider": proven.provider_arn,
            }
        )
    )
    call.audit["account"] = account
    return proven


def _is_authorized(claims: dict[str, Any], role_arn: str) -> bool:
    """Whether the provider names the role; raises ``AwsError`` where it names others alone.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
    """
    if _ROLES not in claims:
        return False
    named = claims[_ROLES]
    if role_arn not in (named if isinstance(named, list) else [named]):
        raise AwsError(
            "InvalidIdentityToken",
            "The target role ARN is not present in the roles claim of the identity token",
        )
    return True


def _said_of_session(claims: dict[str, Any]) -> tuple[SessionTags, str]:
    """The session tags and the source identity that a token gives; raises ``AwsError`` for those that AWS refuses.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
    """
    said = _tags(claims)
    if any(len(values) != 1 for values in said.principal_tags.values()):
        raise AwsError("InvalidIdentityToken", f"The claim {_TAGS} must have one value for each tag.")
    tags = provided_tags(
        {key: values[0] for key, values in said.principal_tags.items()}, said.transitive_tag_keys
    )
    source_identity = claims.get(_SOURCE_IDENTITY)
    if source_identity is None:
        return tags, ""
    if not isinstance(source_identity, str) or not _SOURCE_IDENTITY_FORM.fullmatch(source_identity):
        raise AwsError(
            "InvalidIdentityToken",
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
        )
    return tags, source_identity


class _Tags(msgspec.Struct):
    principal_tags: dict[str, list[str]] = {}
    transitive_tag_keys: list[str] = []


def _tags(claims: dict[str, Any]) -> _Tags:
    """The tags of a token, nested in one claim or, as some providers have to, each in a claim of its own."""
    start = f"{_TAGS}/principal_tags/"
    flat = {
        name.removeprefix(start): [value] if isinstance(value, str) else value
        for name, value in claims.items()
        if name.startswith(start)
    }
    transitive = claims.get(f"{_TAGS}/transitive_tag_keys")
    if flat or transitive is not None:
        if _TAGS in claims:
            raise AwsError("InvalidIdentityToken", f"The claim {_TAGS} is given in two forms.")
        given: Any = {"principal_tags": flat, "transitive_tag_keys": transitive or []}
    else:
        given = claims.get(_TAGS) or {}
    try:
        return msgspec.convert(given, _Tags)
    except msgspec.ValidationError:
        raise AwsError("InvalidIdentityToken", f"The claim {_TAGS} is not valid.") from None


def _checks(call: Call, request: dict[str, Any]) -> Iterator[Check]:
    arn = request["RoleArn"]
    proven: Proven = call.proven
    keys: dict[str, Any] = {
        **proven.keys,
        "aws:federatedprovider": proven.provider_arn,
        "sts:roleauthorizedbyidp": "true" if proven.authorized else "false",
        "sts:rolesessionname": request["RoleSessionName"],
    }
    return role_sessions.checks(
        "sts:AssumeRoleWithWebIdentity",
        arn,
        role_sessions.find(call, arn),
        keys,
        proven.tags,
        proven.source_identity,
    )


@operation("sts", "AssumeRoleWithWebIdentity", PROVE, checks=_checks, anonymous=True, prove=_prove)
def assume_role_with_web_identity(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put on a role by an OpenID Connect provider's word; no other credentials are needed."""
    proven: Proven = call.proven
    role = role_sessions.find(call, request["RoleArn"])
    if role is None:
        raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    asked = request.get("DurationSeconds", role_sessions.DEFAULT_DURATION)
    reply = role_sessions.put_on(
        call,
        request,
        role,
        request["RoleSessionName"],
        role_sessions.duration(role, asked),
        proven.tags,
        proven.source_identity,
        provider=proven.provider_arn,
        identity_keys=proven.session_keys,
    )
    return reply | {
        "SubjectFromWebIdentityToken": proven.token.subject,
        "Provider": proven.provider_arn,
        "Audience": proven.token.audience,
    }
