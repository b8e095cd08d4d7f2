"""Inline policies, embedded in one user, group or role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#inline-policies
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabard.services.iam import paging
from tabard.services.iam.documents import check_inline, encoded
from tabard.services.iam.errors import no_such_entity
from tabard.services.iam.subjects import ENTITY_KINDS, ON, Request, find, find_own
from tabard.services.operation import READ, WRITE, operation
from tabard.store.iam import InlinePolicy

if TYPE_CHECKING:
    from tabard.services.operation import Call
    from tabard.store.iam import EntityKind


def _missing(kind: EntityKind, name: str) -> Exception:
    return no_such_entity(f"The {kind} policy with name {name} cannot be found.")


def _register(kind: EntityKind) -> None:
    noun, on = kind.capitalize(), ON[kind]
    bounded = {} if kind == "group" else {"boundary": True}  # a group has none

    @operation("iam", f"Put{noun}Policy", WRITE, checks=on(f"iam:Put{noun}Policy", **bounded))
    def put(call: Call, request: Request) -> dict[str, Any]:
        """Embed a policy, in place of the one of the same name."""
        subject = find_own(call, kind, request)
        policy = InlinePolicy(request["PolicyName"], request["PolicyDocument"])
        grants = call.store.iam.grants
        check_inline(kind, subject.name, policy, grants.inline(call.account, kind, subject.id))
        grants.put_inline(call.account, kind, subject.id, policy)
        return {}

    @operation("iam", f"Get{noun}Policy", READ, checks=on(f"iam:Get{noun}Policy"))
    def get(call: Call, request: Request) -> dict[str, Any]:
        """Show an embedded policy."""
        subject = find(call, kind, request)
        name = request["PolicyName"]
        for policy in call.store.iam.grants.inline(call.account, kind, subject.id):
            if policy.name == name:
                return {
                    f"{noun}Name": subject.name,
                    "PolicyName": policy.name,
                    "PolicyDocument": encoded(policy.document),
                }
        raise _missing(kind, name)

    @operation("iam", f"List{noun}Policies", READ, checks=on(f"iam:List{noun}Policies"))
    def list_policies(call: Call, request: Request) -> dict[str, Any]:
        """List the names of the embedded policies."""
        subject = find(call, kind, request)
        policies = call.store.iam.grants.inline(call.account, kind, subject.id)
        names = [policy.name for policy in policies]
        return paging.listed(request, names, lambda name: name, "PolicyNames", lambda name: name)

    @operation("iam", f"Delete{noun}Policy", WRITE, checks=on(f"iam:Delete{noun}Policy", **bounded))
    def delete(call: Call, request: Request) -> dict[str, Any]:
        """Take an embedded policy out."""
        subject = find_own(call, kind, request)
        if not call.store.iam.grants.delete_inline(call.account, kind, subject.id, request["PolicyName"]):
            raise _missing(kind, request["PolicyName"])
        return {}


for _kind in ENTITY_KINDS:
    _register(_kind)
