"""AWS Identity and Access Management. Importing this package registers its operations.

https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

from __future__ import annotations

from tabard.services.iam import (
    access_keys,
    account,
    attachments,
    authorization_details,
    boundaries,
    credential_report,
    groups,
    inline_policies,
    instance_profiles,
    login_profiles,
    mfa_devices,
    oidc_providers,
    password_policy,
    policies,
    policy_versions,
    roles,
    saml_providers,
    server_certificates,
    service_credentials,
    service_linked_roles,
    signing_certificates,
    simulation,
    ssh_public_keys,
    tags,
    users,
)

__all__ = [
    "access_keys",
    "account",
    "attachments",
    "authorization_details",
    "boundaries",
    "credential_report",
    "groups",
    "inline_policies",
    "instance_profiles",
    "login_profiles",
    "mfa_devices",
    "oidc_providers",
    "password_policy",
    "policies",
    "policy_versions",
    "roles",
    "saml_providers",
    "server_certificates",
    "service_credentials",
    "service_linked_roles",
    "signing_certificates",
    "simulation",
    "ssh_public_keys",
    "tags",
    "users",
]
