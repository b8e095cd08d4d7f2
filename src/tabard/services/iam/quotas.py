"""How many, how long, how large: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.

Counts are AWS's defaults. Sizes are in characters, white space not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tabard.store.iam import EntityKind

USERS: Final = 5000
GROUPS: Final = 300
ROLES: Final = 1000
POLICIES: Final = 1500
INSTANCE_PROFILES: Final = 1000
GROUPS_PER_USER: Final = 10
ACCESS_KEYS_PER_USER: Final = 2
MFA_DEVICES_PER_USER: Final = 8
VIRTUAL_MFA_DEVICES: Final = USERS
SIGNING_CERTIFICATES_PER_USER: Final = 2
SSH_PUBLIC_KEYS_PER_USER: Final = 5
SERVICE_CREDENTIALS_PER_USER: Final = 2
SERVER_CERTIFICATES: Final = 20
OIDC_PROVIDERS: Final = 100
OIDC_CLIENT_IDS: Final = 100
OIDC_THUMBPRINTS: Final = 5
SAML_PROVIDERS: Final = 100
VERSIONS_PER_POLICY: Final = 5
POLICY_VERSIONS: Final = 10_000
TAGS: Final = 50
ATTACHED_POLICIES: Final = 10
ROLES_PER_INSTANCE_PROFILE: Final = 1
MANAGED_POLICY_SIZE: Final = 6144
TRUST_POLICY_SIZE: Final = 2048
INLINE_POLICIES_SIZE: dict[EntityKind, int] = {"user": 2048, "group": 5120, "role": 10_240}
