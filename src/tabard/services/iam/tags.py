"""Tags: of each kind of thing that has them, the operations that add, take away and list them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from msgspec.structs import replace

from tabard.services.iam import mfa_devices, oidc_providers, saml_providers, server_certificates
from tabard.services.iam.instance_profiles import find_profile, on_profile
from tabard.services.iam.managed import find_any, find_own, on_policy
from tabard.services.iam.subjects import MoreKeys, Request, find_role, find_user, on_role, on_user, tag_keys
from tabard.services.iam.tagging import given, listed, merged, without
from tabard.services.operation import READ, WRITE, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.services.operation import Call, Checks


class On(Protocol):
    """Makes the checks of an operation on what a request names."""

    def __call__(self, action: str, *, keys: MoreKeys = ...) -> Checks:
        """The checks of an action, with further condition keys."""


class Taggable(NamedTuple):
    """A kind of thing that has tags: ``noun`` as in ``TagRole``, ``UntagRole`` and ``ListRoleTags``.

    ``find`` looks up what ``member`` of a request names, to be changed, and ``keep`` writes its new state; ``shown`` are the
    tags of what may be seen but not changed. With ``fold`` keys are compared without regard to case.
    """

    noun: str
    member: str
    on: On
    find: Callable[[Call, str], Any]
    keep: Callable[[Call, Any], None]
    fold: bool = False
    shown: Callable[[Call, str], dict[str, str]] | None = None


TAGGABLE = (
    Taggable(
        "Role", "RoleName", on_role, find_role, lambda call, it: call.store.iam.roles.replace(it), fold=True
    ),
    Taggable(
        "User", "UserName", on_user, find_user, lambda call, it: call.store.iam.users.replace(it), fold=True
    ),
    Taggable(
        "Policy",
        "PolicyArn",
        on_policy,
        find_own,
        lambda call, it: call.store.iam.policies.replace(it),
        shown=lambda call, arn: getattr(find_any(call, arn), "tags", {}),  # AWS's own have none
    ),
    Taggable(
        "InstanceProfile",
        "InstanceProfileName",
        on_profile,
        find_profile,
        lambda call, it: call.store.iam.instance_profiles.replace(it),
    ),
    Taggable(
        "MFADevice",
        "SerialNumber",
        mfa_devices.on_device,
        mfa_devices.find_device,
        lambda call, it: call.store.iam.credentials.mfa_devices.put(it),
    ),
    Taggable(
        "OpenIDConnectProvider",
        "OpenIDConnectProviderArn",
        oidc_providers.on_provider,
        oidc_providers.find_provider,
        lambda call, it: call.store.iam.credentials.oidc_providers.put(it),
    ),
    Taggable(
        "SAMLProvider",
        "SAMLProviderArn",
        saml_providers.on_provider,
        saml_providers.find_provider,
        lambda call, it: call.store.iam.credentials.saml_providers.put(it),
    ),
    Taggable(
        "ServerCertificate",
        "ServerCertificateName",
        server_certificates.on_certificate,
        server_certificates.find_certificate,
        lambda call, it: call.store.iam.credentials.server_certificates.put(it),
    ),
)


def _register(kind: Taggable) -> None:
    noun, member, fold = kind.noun, kind.member, kind.fold

    @operation("iam", f"Tag{noun}", WRITE, checks=kind.on(f"iam:Tag{noun}", keys=tag_keys))
    def tag(call: Call, request: Request) -> dict[str, Any]:
        """Add tags, over those of the same keys."""
        it = kind.find(call, request[member])
        tags = merged(it.tags, given(request["Tags"], fold=fold), fold=fold)
        kind.keep(call, replace(it, tags=tags))
        return {}

    @operation("iam", f"Untag{noun}", WRITE, checks=kind.on(f"iam:Untag{noun}", keys=tag_keys))
    def untag(call: Call, request: Request) -> dict[str, Any]:
        """Take tags away; those that are not there are not missed."""
        it = kind.find(call, request[member])
        kind.keep(call, replace(it, tags=without(it.tags, request["TagKeys"], fold=fold)))
        return {}

    @operation("iam", f"List{noun}Tags", READ, checks=kind.on(f"iam:List{noun}Tags"))
    def list_tags(call: Call, request: Request) -> dict[str, Any]:
        """List tags, sorted by key."""
        name = request[member]
        return listed(request, kind.find(call, name).tags if kind.shown is None else kind.shown(call, name))


for _kind in TAGGABLE:
    _register(_kind)
