"""Permissions boundaries: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from tabard.services.iam.errors import no_such_entity
from tabard.services.iam.managed import attachable
from tabard.services.iam.subjects import ON, Request, boundary_key, find_own_role, find_user
from tabard.services.operation import WRITE, operation

if TYPE_CHECKING:
    from tabard.services.operation import Call


def check_boundary(call: Call, arn: str) -> None:
    """Refuse a boundary that is no policy; it must be the account's own or AWS's."""
    if attachable(call, arn) is None:
        raise no_such_entity(f"Scope ARN: {arn} does not exist or is not attachable.")


def _register(kind: Literal["role", "user"]) -> None:
    noun, on = kind.capitalize(), ON[kind]
    of = f"{noun}PermissionsBoundary"

    def entity(call: Call, request: Request) -> tuple[Any, Any]:
        """Who is bounded, and where they are kept."""
        if kind == "role":
            return find_own_role(call, request["RoleName"]), call.store.iam.roles
        return find_user(call, request["UserName"]), call.store.iam.users

    @operation("iam", f"Put{of}", WRITE, checks=on(f"iam:Put{of}", keys=boundary_key))
    def put(call: Call, request: Request) -> dict[str, Any]:
        """Let a role or user do at most what a policy allows."""
        found, repository = entity(call, request)
        check_boundary(call, request["PermissionsBoundary"])
        repository.replace(replace(found, boundary=request["PermissionsBoundary"]))
        return {}

    @operation("iam", f"Delete{of}", WRITE, checks=on(f"iam:Delete{of}", boundary=True))
    def delete(call: Call, request: Request) -> dict[str, Any]:
        """Take a boundary away."""
        found, repository = entity(call, request)
        if found.boundary is None:
            raise no_such_entity(
                f"The permissions boundary of the {kind} with name {found.name} cannot be found."
            )
        repository.replace(replace(found, boundary=None))
        return {}


_register("role")
_register("user")
