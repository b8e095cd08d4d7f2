"""What policies can be given to - users, groups and roles - and how the operations on them find and authorise them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.core.arn import PARTITION, Arn, iam_arn
from tabard.core.errors import AwsError
from tabard.services.iam import tagging
from tabard.services.iam.errors import invalid_input, no_such_entity, unmodifiable, validation_error
from tabard.services.operation import Check

if TYPE_CHECKING:
    from tabard.services.operation import Call, Checks
    from tabard.store.iam import EntityKind, Group, Role, User

Request = Mapping[str, Any]
Keys = dict[str, Any]
MoreKeys = Callable[[Request], Keys]


ENTITY_KINDS: tuple[EntityKind, ...] = ("user", "group", "role")


class Subject(NamedTuple):
    """A user, group or role as policies see it."""

    kind: EntityKind
    id: str
    name: str
    arn: str


def _subject(kind: EntityKind, entity: User | Group | Role) -> Subject:
    return Subject(kind, entity.id, entity.name, iam_arn(entity.account, kind, entity.path, entity.name))


def find_role(call: Call, name: str) -> Role:
    """The caller's account's role of this name; raises NoSuchEntity."""
    role = call.store.iam.roles.get(call.account, name)
    if role is None:
        raise no_such_entity(f"The role with name {name} cannot be found.")
    return role


def find_own_role(call: Call, name: str) -> Role:
    """A role that the account may change; raises NoSuchEntity, or UnmodifiableEntity for a service's own."""
    role = find_role(call, name)
    if role.path.startswith("/aws-service-role/"):
        raise unmodifiable(
            f"Cannot perform the operation on the protected role '{role.name}' - "
            "this role is only modifiable by AWS"
        )
    return role


def find_user(call: Call, name: str) -> User:
    """The caller's account's user of this name; raises NoSuchEntity."""
    user = call.store.iam.users.get(call.account, name)
    if user is None:
        raise no_such_entity(f"The user with name {name} cannot be found.")
    return user


def find_group(call: Call, name: str) -> Group:
    """The caller's account's group of this name; raises NoSuchEntity."""
    group = call.store.iam.groups.get(call.account, name)
    if group is None:
        raise no_such_entity(f"The group with name {name} cannot be found.")
    return group


def find(call: Call, kind: EntityKind, request: Request) -> Subject:
    """The subject of this kind that a request names; raises NoSuchEntity."""
    if kind == "role":
        return _subject(kind, find_role(call, request["RoleName"]))
    if kind == "user":
        return _subject(kind, find_user(call, request["UserName"]))
    return _subject(kind, find_group(call, request["GroupName"]))


def find_own(call: Call, kind: EntityKind, request: Request) -> Subject:
    """As ``find``, of what the account may change; raises UnmodifiableEntity for a service's own role."""
    if kind == "role":
        return _subject(kind, find_own_role(call, request["RoleName"]))
    return find(call, kind, request)


def kind_and_name(call: Call, arn: str) -> tuple[EntityKind, str]:
    """What the ARN of a user, group or role of the account names; raises InvalidInput for any other text."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        raise invalid_input(f"ARN {arn} is not valid.") from None
    kind, _, rest = parsed.resource.partition("/")
    if parsed[:4] != (PARTITION, "iam", "", call.account) or not rest:
        raise invalid_input(f"ARN {arn} is not valid.")
    for known in ENTITY_KINDS:
        if kind == known:
            return known, rest.rpartition("/")[2]
    raise invalid_input(f"ARN {arn} is not valid.")


def no_keys(_request: Request) -> Keys:
    """No condition keys beyond the resource's own."""
    return {}


def policy_arn_key(request: Request) -> Keys:
    """``iam:PolicyARN``, the managed policy that is attached or detached."""
    return {"iam:policyarn": request["PolicyArn"]}


def tag_keys(request: Request) -> Keys:
    """The condition keys of tags that are added or taken away."""
    keys: Keys = dict(tagging.request_keys(request.get("Tags")))
    if "TagKeys" in request:
        keys["aws:tagkeys"] = list(request["TagKeys"])
    return keys


def with_tagging(check: Check, action: str, request: Request) -> tuple[Check, ...]:
    """The checks of making something: who gives it tags at once must be allowed to tag it too."""
    return (check, Check(action, check.resource, keys=check.keys)) if request.get("Tags") else (check,)


def boundary_key(request: Request) -> Keys:
    """``iam:PermissionsBoundary``, the boundary that is asked for."""
    boundary = request.get("PermissionsBoundary")
    return {"iam:permissionsboundary": boundary} if boundary is not None else {}


def role_check(
    call: Call, action: str, name: str, *, path: str = "/", boundary: bool = False, more: Keys | None = None
) -> Check:
    """A check on a role, by its own ARN where it exists; ``boundary`` fills ``iam:PermissionsBoundary`` from it."""
    role = call.store.iam.roles.get(call.account, name)
    if role is None:
        return Check(action, iam_arn(call.account, "role", path, name), keys=more or {})
    return Check(
        action,
        iam_arn(role.account, "role", role.path, role.name),
        keys=_entity_keys(role, boundary=boundary, more=more),
    )


def user_check(
    call: Call, action: str, name: str, *, path: str = "/", boundary: bool = False, more: Keys | None = None
) -> Check:
    """A check on a user, by its own ARN where it exists; ``boundary`` fills ``iam:PermissionsBoundary`` from it."""
    user = call.store.iam.users.get(call.account, name)
    if user is None:
        return Check(action, iam_arn(call.account, "user", path, name), keys=more or {})
    return Check(
        action,
        iam_arn(user.account, "user", user.path, user.name),
        keys=_entity_keys(user, boundary=boundary, more=more),
    )


def group_check(call: Call, action: str, name: str, *, path: str = "/", more: Keys | None = None) -> Check:
    """A check on a group, by its own ARN where it exists."""
    group = call.store.iam.groups.get(call.account, name)
    if group is None:
        return Check(action, iam_arn(call.account, "group", path, name), keys=more or {})
    return Check(action, iam_arn(group.account, "group", group.path, group.name), keys=more or {})


def _entity_keys(entity: User | Role, *, boundary: bool, more: Keys | None) -> Keys:
    keys: Keys = tagging.resource_keys(entity.tags) if entity.tags else {}
    if boundary and entity.boundary is not None:
        keys["iam:permissionsboundary"] = entity.boundary
    if more:
        keys.update(more)
    return keys


def on_role(action: str, *, boundary: bool = False, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the role that ``RoleName`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        return (role_check(call, action, request["RoleName"], boundary=boundary, more=keys(request)),)

    return checks


def on_user(action: str, *, boundary: bool = False, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the user that ``UserName`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        return (user_check(call, action, request["UserName"], boundary=boundary, more=keys(request)),)

    return checks


def on_group(action: str, *, keys: MoreKeys = no_keys) -> Checks:
    """Checks of an operation on the group that ``GroupName`` names."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        return (group_check(call, action, request["GroupName"], more=keys(request)),)

    return checks


ON: dict[EntityKind, Callable[..., Checks]] = {"user": on_user, "group": on_group, "role": on_role}
"""The checks of an operation on a kind of entity, by the member that names it."""


def on_identity(action: str, member: str = "Arn") -> Checks:
    """Checks of an operation on the user, group or role whose ARN a member of the request is."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        arn = request[member]
        try:
            kind, name = kind_and_name(call, arn)
        except AwsError:  # who may do it anywhere hears what is wrong with it from the operation
            return (Check(action, arn),)
        found = {"user": user_check, "group": group_check, "role": role_check}[kind](call, action, name)
        return (found if found.resource == arn else Check(action, arn),)

    return checks


def on_self_or_user(action: str) -> Checks:
    """Checks of an operation on the user that ``UserName`` names, or else on the caller itself."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        name = self_or_name(call, request)
        if name is None:
            return (Check(action, call.caller.arn),)
        return (user_check(call, action, name),)

    return checks


def self_or_name(call: Call, request: Request) -> str | None:
    """The user that a request is about: the named one, or the caller; None for the account's root."""
    name: str | None = request.get("UserName")
    if name is not None:
        return name
    if call.caller.kind == "User":
        return call.caller.name
    if call.caller.kind == "Root":
        return None
    raise validation_error("Must specify userName when calling with non-User credentials")


def on_path(action: str, kind: str) -> Checks:
    """Checks of a listing of a kind of entity under ``PathPrefix``."""

    def checks(call: Call, request: Request) -> tuple[Check]:
        return (Check(action, iam_arn(call.account, kind, request.get("PathPrefix", "/"), "")),)

    return checks


def on_everything(action: str) -> Checks:
    """Checks of an operation that has no resource of its own."""

    def checks(_call: Call, _request: Request) -> tuple[Check]:
        return (Check(action, "*"),)

    return checks
