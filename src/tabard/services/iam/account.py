"""The account: its alias and what there is in it.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tabard.services.iam import paging, quotas
from tabard.services.iam.errors import already_exists, no_such_entity
from tabard.services.iam.subjects import on_everything
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam_credentials import TokenPreferences

if TYPE_CHECKING:
    from types_boto3_iam.type_defs import (
        CreateAccountAliasRequestTypeDef,
        DeleteAccountAliasRequestTypeDef,
        ListAccountAliasesRequestTypeDef,
        SetSecurityTokenServicePreferencesRequestTypeDef,
    )

    from tabard.services.operation import Call


@operation("iam", "GetAccountSummary", READ, checks=on_everything("iam:GetAccountSummary"))
def get_account_summary(call: Call, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - it has no parameters
    """Count what is in the account, beside the quotas."""
    iam, account = call.store.iam, call.account
    preferred = iam.credentials.token_preferences.get(account, account)
    held, devices = iam.credentials, iam.credentials.mfa_devices.all(account)
    return {
        "SummaryMap": {
            "Users": iam.users.count(account),
            "UsersQuota": quotas.USERS,
            "Groups": iam.groups.count(account),
            "GroupsQuota": quotas.GROUPS,
            "Roles": iam.roles.count(account),
            "RolesQuota": quotas.ROLES,
            "Policies": iam.policies.count(account),
            "PoliciesQuota": quotas.POLICIES,
            "PolicyVersionsInUse": iam.policies.versions_in_use(account),
            "PolicyVersionsInUseQuota": quotas.POLICY_VERSIONS,
            "VersionsPerPolicyQuota": quotas.VERSIONS_PER_POLICY,
            "InstanceProfiles": iam.instance_profiles.count(account),
            "InstanceProfilesQuota": quotas.INSTANCE_PROFILES,
            "ServerCertificates": held.server_certificates.count(account),
            "ServerCertificatesQuota": quotas.SERVER_CERTIFICATES,
            "Providers": held.oidc_providers.count(account) + held.saml_providers.count(account),
            "MFADevices": len(devices),
            "MFADevicesInUse": sum(bool(device.owner) for device in devices),
            "AccountMFAEnabled": int(bool(held.mfa_devices.of_owner(account, account))),
            "AccountPasswordPresent": int(held.login_profiles.get(account, account) is not None),
            "AccountAccessKeysPresent": int(bool(iam.access_keys.of_user(account, None))),
            "AccountSigningCertificatesPresent": int(
                bool(held.signing_certificates.of_owner(account, account))
            ),
            "AccessKeysPerUserQuota": quotas.ACCESS_KEYS_PER_USER,
            "SigningCertificatesPerUserQuota": quotas.SIGNING_CERTIFICATES_PER_USER,
            "GroupsPerUserQuota": quotas.GROUPS_PER_USER,
            "AttachedPoliciesPerUserQuota": quotas.ATTACHED_POLICIES,
            "AttachedPoliciesPerGroupQuota": quotas.ATTACHED_POLICIES,
            "AttachedPoliciesPerRoleQuota": quotas.ATTACHED_POLICIES,
            "UserPolicySizeQuota": quotas.INLINE_POLICIES_SIZE["user"],
            "GroupPolicySizeQuota": quotas.INLINE_POLICIES_SIZE["group"],
            "RolePolicySizeQuota": quotas.INLINE_POLICIES_SIZE["role"],
            "PolicySizeQuota": quotas.MANAGED_POLICY_SIZE,
            "AssumeRolePolicySizeQuota": quotas.TRUST_POLICY_SIZE,
            "GlobalEndpointTokenVersion": 1 if preferred is None else preferred.global_endpoint_version,
        }
    }


@operation("iam", "ListAccountAliases", READ, checks=on_everything("iam:ListAccountAliases"))
def list_account_aliases(call: Call, request: ListAccountAliasesRequestTypeDef) -> dict[str, Any]:
    """List the account's alias, of which there is one at most."""
    account = call.store.iam.accounts.get(call.account)
    aliases = [] if account is None or account.alias is None else [account.alias]
    return paging.listed(request, aliases, lambda alias: alias, "AccountAliases", lambda alias: alias)


@operation("iam", "CreateAccountAlias", WRITE, checks=on_everything("iam:CreateAccountAlias"))
def create_account_alias(call: Call, request: CreateAccountAliasRequestTypeDef) -> dict[str, Any]:
    """Give the account an alias, in place of the one that it has; an alias belongs to one account of the server."""
    accounts, alias = call.store.iam.accounts, request["AccountAlias"]
    account = accounts.get(call.account)
    holder = accounts.by_alias(alias)
    if account is None or (holder is not None and holder.id != call.account):
        raise already_exists(f"The account alias {alias} already exists.")
    accounts.replace(replace(account, alias=alias))
    return {}


@operation("iam", "DeleteAccountAlias", WRITE, checks=on_everything("iam:DeleteAccountAlias"))
def delete_account_alias(call: Call, request: DeleteAccountAliasRequestTypeDef) -> dict[str, Any]:
    """Take the account's alias away."""
    account = call.store.iam.accounts.get(call.account)
    if account is None or account.alias != request["AccountAlias"]:
        raise no_such_entity(f"The account alias {request['AccountAlias']} cannot be found.")
    call.store.iam.accounts.replace(replace(account, alias=None))
    return {}


@operation(
    "iam",
    "SetSecurityTokenServicePreferences",
    WRITE,
    checks=on_everything("iam:SetSecurityTokenServicePreferences"),
)
def set_security_token_service_preferences(
    call: Call, request: SetSecurityTokenServicePreferencesRequestTypeDef
) -> dict[str, Any]:
    """Say which version of tokens STS's global endpoint gives; every token of ours is good in every region."""
    version = int(request["GlobalEndpointTokenVersion"][1])
    preferences = TokenPreferences(
        id=call.account,
        account=call.account,
        owner=call.account,
        created_at=float(int(call.now)),
        global_endpoint_version=version,
    )
    call.store.iam.credentials.token_preferences.put(preferences)
    return {}
