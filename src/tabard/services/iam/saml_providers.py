"""SAML identity providers, whose assertions roles may trust.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from tabard.core.arn import iam_arn
from tabard.core.sources import as_datetime, unique_id
from tabard.identity import saml_encryption, saml_metadata
from tabard.services.iam import quotas, tagging
from tabard.services.iam.errors import (
    already_exists,
    invalid_input,
    no_such_entity,
    quota_exceeded,
    validation_error,
)
from tabard.services.iam.subjects import no_keys, on_everything, tag_keys, with_tagging
from tabard.services.iam.x509 import is_rsa_key
from tabard.services.operation import READ, WRITE, Check, operation
from tabard.store.iam_credentials import SamlProvider

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreateSAMLProviderRequestTypeDef,
        DeleteSAMLProviderRequestTypeDef,
        GetSAMLProviderRequestTypeDef,
        UpdateSAMLProviderRequestTypeDef,
    )

    from tabard.services.iam.subjects import MoreKeys, Request
    from tabard.services.operation import Call, Checks

_PURPOSE = saml_encryption.PURPOSE
_CENTURY = 36_525 * 86_400
"""How long a document holds that does not say, in seconds."""
_PRIVATE_KEYS_AT_MOST = 2


def _arn(account: str, name: str) -> str:
    return iam_arn(account, "saml-provider", "/", name)


def _get(call: Call, arn: str) -> SamlProvider | None:
    start = _arn(call.account, "")
    if not arn.startswith(start):
        return None
    return call.store.iam.credentials.saml_providers.get(call.account, arn[len(start) :])


def find_provider(call: Call, arn: str) -> SamlProvider:
    """The account\'s provider of this ARN; raises NoSuchEntity."""
    if not arn.startswith("arn:") or ":saml-provider/" not in arn:
        raise validation_error(f"Invalid ARN: {arn}")
    found = _get(call, arn)
    if found is None:
        raise no_such_entity(f"Manifest not found for arn {arn}")
    return found


def on_provider(action: str, *, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the provider that ``SAMLProviderArn`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        arn = request["SAMLProviderArn"]
        found = _get(call, arn)
        tags = {} if found is None else tagging.global_resource_keys(found.tags)
        return (Check(action, arn, keys={**tags, **keys(request)}),)

    return checks


def _valid_until(document: str, now: float) -> float:
    """Until when a metadata document holds; raises InvalidInput for one that is none, or holds no more."""
    said = saml_metadata.parse(document).valid_until
    if said is not None and said <= now:
        raise invalid_input("The metadata document has expired.")
    return float(int(now)) + _CENTURY if said is None else said


def _open_keys(call: Call, provider: SamlProvider) -> dict[str, str]:
    opened = call.node.keys.open(_PURPOSE + provider.uuid.encode(), provider.secret)
    return {} if opened is None else msgspec.json.decode(opened, type=dict[str, str])


def _with_keys(
    call: Call, provider: SamlProvider, *, added: str | None, removed: str | None = None
) -> SamlProvider:
    """A provider with one more decryption key, or without one; raises InvalidInput."""
    keys, made = _open_keys(call, provider), dict(provider.private_keys)
    if removed is not None:
        if removed not in made:
            raise no_such_entity(f"The private key with id {removed} cannot be found.")
        del made[removed]
        keys.pop(removed, None)
    if added is not None:
        if not is_rsa_key(added):
            raise invalid_input("The private key must be an unencrypted RSA key in PEM format.")
        if len(made) >= _PRIVATE_KEYS_AT_MOST:
            raise quota_exceeded("PrivateKeysPerSAMLProvider", _PRIVATE_KEYS_AT_MOST)
        identifier = unique_id("ASPK", call.node.random) + "X"
        keys[identifier], made[identifier] = added, float(int(call.now))
    if provider.encryption_mode == "Required" and not made:
        raise invalid_input("Assertion encryption mode Required needs a private key.")
    sealed = call.node.keys.seal(_PURPOSE + provider.uuid.encode(), msgspec.json.encode(keys))
    return replace(provider, private_keys=made, secret=sealed)


def _check_create(call: Call, request: dict[str, Any]) -> tuple[Check, ...]:
    check = Check("iam:CreateSAMLProvider", _arn(call.account, request["Name"]), keys=tag_keys(request))
    return with_tagging(check, "iam:TagSAMLProvider", request)


@operation("iam", "CreateSAMLProvider", WRITE, checks=_check_create)
def create_saml_provider(call: Call, request: CreateSAMLProviderRequestTypeDef) -> dict[str, Any]:
    """Make a provider known by its metadata document."""
    name, providers = request["Name"], call.store.iam.credentials.saml_providers
    tags = tagging.given(request.get("Tags"), fold=False)
    valid_until = _valid_until(request["SAMLMetadataDocument"], call.now)
    if providers.get(call.account, name) is not None:
        raise already_exists(f"SAMLProvider with name {name} already exists.")
    if providers.count(call.account) >= quotas.SAML_PROVIDERS:
        raise quota_exceeded("SAMLProvidersPerAccount", quotas.SAML_PROVIDERS)
    provider = SamlProvider(
        id=name,
        account=call.account,
        created_at=float(int(call.now)),
        uuid=unique_id("ASPU", call.node.random) + "X",
        metadata=request["SAMLMetadataDocument"],
        valid_until=valid_until,
        encryption_mode=request.get("AssertionEncryptionMode", ""),
        tags=tags,
    )
    providers.put(_with_keys(call, provider, added=request.get("AddPrivateKey")))
    reply: dict[str, Any] = {"SAMLProviderArn": _arn(call.account, name)}
    if tags:
        reply["Tags"] = tagging.shown(tags)
    return reply


@operation("iam", "GetSAMLProvider", READ, checks=on_provider("iam:GetSAMLProvider"))
def get_saml_provider(call: Call, request: GetSAMLProviderRequestTypeDef) -> dict[str, Any]:
    """Show a provider with its metadata document; its private keys are never shown."""
    found = find_provider(call, request["SAMLProviderArn"])
    shown: dict[str, Any] = {
        "SAMLProviderUUID": found.uuid,
        "SAMLMetadataDocument": found.metadata,
        "CreateDate": as_datetime(found.created_at),
        "ValidUntil": as_datetime(found.valid_until),
    }
    if found.tags:
        shown["Tags"] = tagging.shown(found.tags)
    if found.encryption_mode:
        shown["AssertionEncryptionMode"] = found.encryption_mode
    if found.private_keys:
        shown["PrivateKeyList"] = [
            {"KeyId": identifier, "Timestamp": as_datetime(made)}
            for identifier, made in found.private_keys.items()
        ]
    return shown


@operation("iam", "ListSAMLProviders", READ, checks=on_everything("iam:ListSAMLProviders"))
def list_saml_providers(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """List the account's providers."""
    found = call.store.iam.credentials.saml_providers.all(call.account)
    shown = [
        {
            "Arn": _arn(call.account, provider.id),
            "ValidUntil": as_datetime(provider.valid_until),
            "CreateDate": as_datetime(provider.created_at),
        }
        for provider in found
    ]
    return {"SAMLProviderList": shown}


@operation("iam", "UpdateSAMLProvider", WRITE, checks=on_provider("iam:UpdateSAMLProvider"))
def update_saml_provider(call: Call, request: UpdateSAMLProviderRequestTypeDef) -> dict[str, Any]:
    """Replace a provider's metadata document, or change its private keys and whether assertions must be encrypted."""
    found = find_provider(call, request["SAMLProviderArn"])
    document = request.get("SAMLMetadataDocument")
    if document is not None:
        found = replace(found, metadata=document, valid_until=_valid_until(document, call.now))
    found = replace(found, encryption_mode=request.get("AssertionEncryptionMode", found.encryption_mode))
    added, removed = request.get("AddPrivateKey"), request.get("RemovePrivateKey")
    call.store.iam.credentials.saml_providers.put(_with_keys(call, found, added=added, removed=removed))
    return {"SAMLProviderArn": _arn(call.account, found.id)}


@operation("iam", "DeleteSAMLProvider", WRITE, checks=on_provider("iam:DeleteSAMLProvider"))
def delete_saml_provider(call: Call, request: DeleteSAMLProviderRequestTypeDef) -> dict[str, Any]:
    """Forget a provider; roles that trust it keep their policies, in vain."""
    call.store.iam.credentials.saml_providers.delete(find_provider(call, request["SAMLProviderArn"]))
    return {}
