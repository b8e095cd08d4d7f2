"""Attached and inline policies of users, groups and roles, and boundaries."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.world import ACCOUNT, EC2_TRUST, World, allow, document, refused

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
LIST_USERS = document(allow("iam:ListUsers"))
KINDS = ("user", "group", "role")
LIMITS = {"user": 2048, "group": 5120, "role": 10240}


def make(world: World, kind: str, name: str = "it") -> dict[str, str]:
    """A user, group or role, and the parameter that names it."""
    more = {"AssumeRolePolicyDocument": EC2_TRUST} if kind == "role" else {}
    named = {f"{kind.capitalize()}Name": name}
    getattr(world.iam, f"create_{kind}")(**named, **more)
    return named


def operation(client: Any, pattern: str, kind: str) -> Any:
    return getattr(client, pattern.format(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_policies_are_attached_listed_and_detached(world: World, kind: str) -> None:
    it = make(world, kind)
    attach, detach, listed = (
        operation(world.iam, pattern, kind)
        for pattern in ("attach_{}_policy", "detach_{}_policy", "list_attached_{}_policies")
    )
    mine = world.iam.create_policy(PolicyName="m", Path="/x/", PolicyDocument=LIST_USERS)["Policy"]["Arn"]
    assert listed(**it)["AttachedPolicies"] == []
    for arn in (mine, ADMIN, mine):
        attach(**it, PolicyArn=arn)
    both = [{"PolicyName": "m", "PolicyArn": mine}, {"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN}]
    assert listed(**it)["AttachedPolicies"] == both
    assert listed(**it, PathPrefix="/x/")["AttachedPolicies"] == both[:1]
    first = listed(**it, MaxItems=1)
    assert first["AttachedPolicies"] + listed(**it, Marker=first["Marker"])["AttachedPolicies"] == both
    detach(**it, PolicyArn=mine)
    assert listed(**it)["AttachedPolicies"] == both[1:]
    assert refused(detach, **it, PolicyArn=mine) == ("NoSuchEntity", f"Policy {mine} was not found.", 404)
    missing = f"arn:aws:iam::{ACCOUNT}:policy/nope"
    assert refused(attach, **it, PolicyArn=missing) == (
        "NoSuchEntity",
        f"Policy {missing} does not exist or is not attachable.",
        404,
    )
    nobody = dict.fromkeys(it, "nobody")
    assert refused(attach, **nobody, PolicyArn=ADMIN) == (
        "NoSuchEntity",
        f"The {kind} with name nobody cannot be found.",
        404,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_ten_policies_are_attached_at_most(world: World, kind: str) -> None:
    it = make(world, kind)
    attach = operation(world.iam, "attach_{}_policy", kind)
    arns = [
        policy["Arn"]
        for policy in world.iam.list_policies(Scope="AWS", PathPrefix="/job-function/")["Policies"]
    ]
    arns += [policy["Arn"] for policy in world.iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    ten = list(dict.fromkeys(arn for arn in arns if "aws-service-role" not in arn))[:11]
    for arn in ten[:10]:
        attach(**it, PolicyArn=arn)
    assert refused(attach, **it, PolicyArn=ten[10]) == (
        "LimitExceeded",
        f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: 10",
        409,
    )
    attach(**it, PolicyArn=ten[0])


def test_a_service_linked_roles_policy_can_not_be_attached(world: World) -> None:
    arn = world.iam.list_policies(Scope="AWS", PathPrefix="/aws-service-role/")["Policies"][0]["Arn"]
    assert refused(world.iam.attach_role_policy, **make(world, "role"), PolicyArn=arn) == (
        "PolicyNotAttachable",
        "Cannot attach a Service Role Policy to a Customer Role.",
        400,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_inline_policies_are_put_shown_and_deleted(world: World, kind: str) -> None:
    it = make(world, kind)
    put, get, listed, delete = (
        operation(world.iam, pattern, kind)
        for pattern in ("put_{}_policy", "get_{}_policy", "list_{}_policies", "delete_{}_policy")
    )
    for name in ("b", "a"):
        put(**it, PolicyName=name, PolicyDocument=LIST_USERS)
    assert listed(**it)["PolicyNames"] == ["a", "b"]
    first = listed(**it, MaxItems=1)
    assert listed(**it, Marker=first["Marker"])["PolicyNames"] == ["b"]
    put(**it, PolicyName="a", PolicyDocument=document(allow("s3:*")))
    shown = get(**it, PolicyName="a")
    assert {name: shown[name] for name in it} == it
    assert shown["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
    delete(**it, PolicyName="a")
    missing = ("NoSuchEntity", f"The {kind} policy with name a cannot be found.", 404)
    assert refused(get, **it, PolicyName="a") == missing
    assert refused(delete, **it, PolicyName="a") == missing
    assert refused(put, **it, PolicyName="a", PolicyDocument="{}")[0] == "MalformedPolicyDocument"
    assert (
        refused(put, **dict.fromkeys(it, "nobody"), PolicyName="a", PolicyDocument=LIST_USERS)[0]
        == "NoSuchEntity"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_inline_policies_are_bounded_together_without_white_space(world: World, kind: str) -> None:
    it, limit = make(world, kind), LIMITS[kind]
    put = operation(world.iam, "put_{}_policy", kind)

    def sized(characters: int) -> str:
        empty = len("".join(document(allow("s3:GetObject", "arn:aws:s3:::")).split()))
        return document(allow("s3:GetObject", "arn:aws:s3:::" + "x" * (characters - empty)))

    put(**it, PolicyName="a", PolicyDocument=sized(limit - 200) + " " * 500)
    put(**it, PolicyName="b", PolicyDocument=sized(200))
    message = f"Maximum policy size of {limit} bytes exceeded for {kind} it"
    assert refused(put, **it, PolicyName="c", PolicyDocument=sized(150)) == ("LimitExceeded", message, 409)
    put(**it, PolicyName="a", PolicyDocument=sized(limit - 200))
    assert refused(put, **it, PolicyName="b", PolicyDocument=sized(201))[0] == "LimitExceeded"


@pytest.mark.parametrize("kind", KINDS)
def test_policies_may_be_given_only_by_who_is_allowed_to(world: World, kind: str) -> None:
    it, noun = make(world, kind), kind.capitalize()
    arn = f"arn:aws:iam::{ACCOUNT}:{kind}/it"
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    bob = world.user(
        "bob",
        allow(
            [f"iam:Attach{noun}Policy", f"iam:Detach{noun}Policy"],
            arn,
            Condition={"ArnEquals": {"iam:PolicyARN": read_only}},
        ),
        allow([f"iam:Put{noun}Policy", f"iam:List{noun}Policies"], arn),
    )
    attach = operation(bob, "attach_{}_policy", kind)
    attach(**it, PolicyArn=read_only)
    code, message, _ = refused(attach, **it, PolicyArn=ADMIN)
    assert code == "AccessDenied"
    assert f"is not authorized to perform: iam:Attach{noun}Policy on resource: " in message
    operation(bob, "detach_{}_policy", kind)(**it, PolicyArn=read_only)
    operation(bob, "put_{}_policy", kind)(**it, PolicyName="p", PolicyDocument=LIST_USERS)
    assert operation(bob, "list_{}_policies", kind)(**it)["PolicyNames"] == ["p"]
    for pattern, parameters in (
        ("get_{}_policy", {"PolicyName": "p"}),
        ("delete_{}_policy", {"PolicyName": "p"}),
        ("list_attached_{}_policies", {}),
        ("delete_{}", {}),
    ):
        assert refused(operation(bob, pattern, kind), **it, **parameters)[0] == "AccessDenied"


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_boundary_is_set_shown_and_taken_away(world: World, kind: str) -> None:
    it = make(world, kind)
    put, delete, get = (
        operation(world.iam, pattern, kind)
        for pattern in ("put_{}_permissions_boundary", "delete_{}_permissions_boundary", "get_{}")
    )
    missing = f"arn:aws:iam::{ACCOUNT}:policy/nope"
    assert refused(put, **it, PermissionsBoundary=missing) == (
        "NoSuchEntity",
        f"Scope ARN: {missing} does not exist or is not attachable.",
        404,
    )
    assert refused(delete, **it)[0] == "NoSuchEntity"
    put(**it, PermissionsBoundary=ADMIN)
    shown = get(**it)[kind.capitalize()]["PermissionsBoundary"]
    assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": ADMIN}
    delete(**it)
    assert "PermissionsBoundary" not in get(**it)[kind.capitalize()]


def test_a_boundary_bounds_at_once(world: World) -> None:
    bob = world.user("bob", allow("iam:*"))
    boundary = world.iam.create_policy(PolicyName="b", PolicyDocument=LIST_USERS)["Policy"]["Arn"]
    assert bob.list_roles()
    world.iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=boundary)
    assert bob.list_users()
    assert refused(bob.list_roles)[0] == "AccessDenied"
    assert refused(bob.delete_user_permissions_boundary, UserName="bob")[0] == "AccessDenied"


def test_who_must_set_a_boundary_can_make_no_user_and_grant_nothing_without_it(world: World) -> None:
    boundary = world.iam.create_policy(PolicyName="b", PolicyDocument=LIST_USERS)["Policy"]["Arn"]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    delegated = [
        "iam:CreateUser",
        "iam:AttachUserPolicy",
        "iam:PutUserPermissionsBoundary",
        "iam:PutUserPolicy",
    ]
    boss = world.user("boss", allow(delegated, Condition=bounded))
    assert refused(boss.create_user, UserName="bob")[0] == "AccessDenied"
    assert refused(boss.create_user, UserName="bob", PermissionsBoundary=ADMIN)[0] == "AccessDenied"
    boss.create_user(UserName="bob", PermissionsBoundary=boundary)
    boss.attach_user_policy(UserName="bob", PolicyArn=ADMIN)
    boss.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=LIST_USERS)
    world.iam.create_user(UserName="free")
    assert refused(boss.attach_user_policy, UserName="free", PolicyArn=ADMIN)[0] == "AccessDenied"
    assert (
        refused(boss.put_user_permissions_boundary, UserName="bob", PermissionsBoundary=ADMIN)[0]
        == "AccessDenied"
    )
    assert refused(boss.delete_user_permissions_boundary, UserName="bob")[0] == "AccessDenied"
