"""OpenID Connect providers, whose tokens roles may trust.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from tabard.core.arn import iam_arn
from tabard.core.sources import as_datetime
from tabard.services.iam import quotas, tagging
from tabard.services.iam.errors import (
    already_exists,
    invalid_input,
    no_such_entity,
    quota_exceeded,
    validation_error,
)
from tabard.services.iam.subjects import no_keys, on_everything, tag_keys, with_tagging
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam_credentials import OidcProvider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_boto3_iam.type_defs import (
        AddClientIDToOpenIDConnectProviderRequestTypeDef,
        CreateOpenIDConnectProviderRequestTypeDef,
        DeleteOpenIDConnectProviderRequestTypeDef,
        GetOpenIDConnectProviderRequestTypeDef,
        RemoveClientIDFromOpenIDConnectProviderRequestTypeDef,
        UpdateOpenIDConnectProviderThumbprintRequestTypeDef,
    )

    from tabard.services.iam.subjects import MoreKeys, Request
    from tabard.services.operation import Call, Checks

_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def _arn(account: str, name: str) -> str:
    return iam_arn(account, "oidc-provider", "/", name)


def _id_of(call: Call, arn: str) -> str | None:
    """The id that an ARN of the account's names; None for other ARNs."""
    start = _arn(call.account, "")
    return arn[len(start) :] if arn.startswith(start) else None


def _get(call: Call, arn: str) -> OidcProvider | None:
    identifier = _id_of(call, arn)
    if not identifier:
        return None
    return call.store.iam.credentials.oidc_providers.get(call.account, identifier)


def find_provider(call: Call, arn: str) -> OidcProvider:
    """The account\'s provider of this ARN; raises NoSuchEntity."""
    if not arn.startswith("arn:") or ":oidc-provider/" not in arn:
        raise validation_error(f"Invalid ARN: {arn}")
    found = _get(call, arn)
    if found is None:
        raise no_such_entity(f"OpenIDConnect Provider not found for arn {arn}")
    return found


def on_provider(action: str, *, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the provider that ``OpenIDConnectProviderArn`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        arn = request["OpenIDConnectProviderArn"]
        found = _get(call, arn)
        tags = {} if found is None else tagging.global_resource_keys(found.tags)
        return (Check(action, arn, keys={**tags, **keys(request)}),)

    return checks


def _name_of(url: str) -> str:
    """A provider's URL without its scheme, by which it is known; raises ValidationError."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "https" or not _HOST.fullmatch(parts.netloc) or parts.query or parts.fragment:
        raise validation_error("Invalid Open ID Connect Provider URL")
    return parts.netloc.lower() + parts.path


def _checked_thumbprints(thumbprints: Sequence[str]) -> list[str]:
    if len(thumbprints) > quotas.OIDC_THUMBPRINTS:
        raise invalid_input("Thumbprint list must contain fewer than 5 entries.")
    for thumbprint in thumbprints:
        if not _THUMBPRINT.fullmatch(thumbprint):
            raise invalid_input("Thumbprint must be the hexadecimal SHA-1 hash of a certificate.")
    return list(dict.fromkeys(thumbprints))


def _check_create(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    arn = _arn(call.account, _name_of(request["Url"]))
    check = Check("iam:CreateOpenIDConnectProvider", arn, keys=tag_keys(request))
    return with_tagging(check, "iam:TagOpenIDConnectProvider", request)


@operation("iam", "CreateOpenIDConnectProvider", WRITE, checks=_check_create)
def create_open_id_connect_provider(
    call: Call, request: CreateOpenIDConnectProviderRequestTypeDef
) -> dict[str, Any]:
    """Make a provider known; tokens for its client ids can then be exchanged where a role trusts it."""
    name, providers = _name_of(request["Url"]), call.store.iam.credentials.oidc_providers
    tags = tagging.given(request.get("Tags"), fold=False)
    client_ids = list(dict.fromkeys(request.get("ClientIDList") or ()))
    thumbprints = _checked_thumbprints(request.get("ThumbprintList") or ())
    if providers.get(call.account, name) is not None:
        raise already_exists(f"Provider with url https://{name} already exists.")
    if len(client_ids) > quotas.OIDC_CLIENT_IDS:
        raise quota_exceeded("ClientIdsPerOpenIdConnectProvider", quotas.OIDC_CLIENT_IDS)
    if providers.count(call.account) >= quotas.OIDC_PROVIDERS:
        raise quota_exceeded("OpenIdConnectProvidersPerAccount", quotas.OIDC_PROVIDERS)
    providers.put(
        OidcProvider(
            id=name,
            account=call.account,
            created_at=float(int(call.now)),
            client_ids=client_ids,
            thumbprints=thumbprints,
            tags=tags,
        )
    )
    reply: dict[str, Any] = {"OpenIDConnectProviderArn": _arn(call.account, name)}
    if tags:
        reply["Tags"] = tagging.shown(tags)
    return reply


@operation("iam", "GetOpenIDConnectProvider", READ, checks=on_provider("iam:GetOpenIDConnectProvider"))
def get_open_id_connect_provider(
    call: Call, request: GetOpenIDConnectProviderRequestTypeDef
) -> dict[str, Any]:
    """Show a provider."""
    found = find_provider(call, request["OpenIDConnectProviderArn"])
    shown: dict[str, Any] = {
        "Url": found.id,
        "ClientIDList": found.client_ids,
        "ThumbprintList": found.thumbprints,
        "CreateDate": as_datetime(found.created_at),
    }
    if found.tags:
        shown["Tags"] = tagging.shown(found.tags)
    return shown


@operation("iam", "ListOpenIDConnectProviders", READ, checks=on_everything("iam:ListOpenIDConnectProviders"))
def list_open_id_connect_providers(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """List the ARNs of the account's providers."""
    found = call.store.iam.credentials.oidc_providers.all(call.account)
    return {"OpenIDConnectProviderList": [{"Arn": _arn(call.account, provider.id)} for provider in found]}


@operation(
    "iam",
    "UpdateOpenIDConnectProviderThumbprint",
    WRITE,
    checks=on_provider("iam:UpdateOpenIDConnectProviderThumbprint"),
)
def update_open_id_connect_provider_thumbprint(
    call: Call, request: UpdateOpenIDConnectProviderThumbprintRequestTypeDef
) -> dict[str, Any]:
    """Replace the thumbprints of the certificates that a provider's server may show."""
    found = find_provider(call, request["OpenIDConnectProviderArn"])
    thumbprints = _checked_thumbprints(request["ThumbprintList"])
    call.store.iam.credentials.oidc_providers.put(replace(found, thumbprints=thumbprints))
    return {}


@operation(
    "iam",
    "AddClientIDToOpenIDConnectProvider",
    WRITE,
    checks=on_provider("iam:AddClientIDToOpenIDConnectProvider"),
)
def add_client_id_to_open_id_connect_provider(
    call: Call, request: AddClientIDToOpenIDConnectProviderRequestTypeDef
) -> dict[str, Any]:
    """Let tokens for one more client id in; nothing changes when they are let in already."""
    found = find_provider(call, request["OpenIDConnectProviderArn"])
    if request["ClientID"] in found.client_ids:
        return {}
    if len(found.client_ids) >= quotas.OIDC_CLIENT_IDS:
        raise quota_exceeded("ClientIdsPerOpenIdConnectProvider", quotas.OIDC_CLIENT_IDS)
    client_ids = [*found.client_ids, request["ClientID"]]
    call.store.iam.credentials.oidc_providers.put(replace(found, client_ids=client_ids))
    return {}


@operation(
    "iam",
    "RemoveClientIDFromOpenIDConnectProvider",
    WRITE,
    checks=on_provider("iam:RemoveClientIDFromOpenIDConnectProvider"),
)
def remove_client_id_from_open_id_connect_provider(
    call: Call, request: RemoveClientIDFromOpenIDConnectProviderRequestTypeDef
) -> dict[str, Any]:
    """Let tokens for a client id in no more; one that is not there is not missed."""
    found = find_provider(call, request["OpenIDConnectProviderArn"])
    client_ids = [each for each in found.client_ids if each != request["ClientID"]]
    call.store.iam.credentials.oidc_providers.put(replace(found, client_ids=client_ids))
    return {}


@operation("iam", "DeleteOpenIDConnectProvider", WRITE, checks=on_provider("iam:DeleteOpenIDConnectProvider"))
def delete_open_id_connect_provider(
    call: Call, request: DeleteOpenIDConnectProviderRequestTypeDef
) -> dict[str, Any]:
    """Forget a provider (roles that trust it keep their policies, in vain); one that is not there is not missed."""
    found = _get(call, request["OpenIDConnectProviderArn"])
    if found is not None:
        call.store.iam.credentials.oidc_providers.delete(found)
    return {}
