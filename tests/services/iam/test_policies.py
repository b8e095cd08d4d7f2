"""Managed policies and their versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.world import ACCOUNT, EC2_TRUST, OTHER_ACCOUNT, World, allow, document, refused

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = document(allow("iam:ListUsers"))
MISSING = f"arn:aws:iam::{ACCOUNT}:policy/nope"


def make(world: World, name: str = "Mine", **more: Any) -> str:
    arn: str = world.iam.create_policy(PolicyName=name, PolicyDocument=READ, **more)["Policy"]["Arn"]
    return arn


def test_a_policy_is_created_and_shown(world: World) -> None:
    made = world.iam.create_policy(
        PolicyName="Mine", Path="/x/", PolicyDocument=READ, Description="d", Tags=[{"Key": "a", "Value": "1"}]
    )["Policy"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:policy/x/Mine"
    assert made["PolicyId"].startswith("ANPA")
    assert made["DefaultVersionId"] == "v1"
    assert made["AttachmentCount"] == made["PermissionsBoundaryUsageCount"] == 0
    assert made["IsAttachable"] is True
    assert made["Tags"] == [{"Key": "a", "Value": "1"}]
    shown = world.iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert shown == {**made, "Description": "d"}
    version = world.iam.get_policy_version(PolicyArn=made["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(READ)
    assert version["IsDefaultVersion"] is True


def test_the_document_is_shown_as_it_was_written(world: World) -> None:
    import urllib.parse

    text = (
        '{\n  "Version": "2012-10-17",\n  "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}\n}'
    )
    arn = world.iam.create_policy(PolicyName="p", PolicyDocument=text)["Policy"]["Arn"]
    seen: list[bytes] = []
    world.iam.meta.events.register(
        "before-parse", lambda response_dict, **_: seen.append(response_dict["body"])
    )
    world.iam.get_policy_version(PolicyArn=arn, VersionId="v1")
    encoded = seen[0].decode().partition("<Document>")[2].partition("</Document>")[0]
    assert urllib.parse.unquote(encoded) == text
    assert "%2A" in encoded
    assert "%0A" in encoded


def test_names_are_unique_and_missing_policies_are_said_so(world: World) -> None:
    make(world)
    assert refused(world.iam.create_policy, PolicyName="mine", PolicyDocument=READ) == (
        "EntityAlreadyExists",
        "A policy called mine already exists. Duplicate names are not allowed.",
        409,
    )
    assert refused(world.iam.get_policy, PolicyArn=MISSING) == (
        "NoSuchEntity",
        f"Policy {MISSING} was not found.",
        404,
    )


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("not-an-arn-but-long-enough", "ValidationError"),
        (f"arn:aws-cn:iam::{ACCOUNT}:policy/x", "ValidationError"),
        (f"arn:aws:s3::{ACCOUNT}:policy/x", "InvalidInput"),
        (f"arn:aws:iam::{ACCOUNT}:role/x", "InvalidInput"),
        (f"arn:aws:iam::{ACCOUNT}:policy/", "InvalidInput"),
        (f"arn:aws:iam::{OTHER_ACCOUNT}:policy/x", "AccessDenied"),
    ],
)
def test_an_arn_that_is_no_policy_is_refused(world: World, arn: str, code: str) -> None:
    assert refused(world.iam.get_policy, PolicyArn=arn)[0] == code


def test_malformed_and_oversized_documents_are_refused(world: World) -> None:
    assert refused(world.iam.create_policy, PolicyName="p", PolicyDocument="{") == (
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
        400,
    )
    long = document(allow("s3:GetObject", [f"arn:aws:s3:::bucket/{number:050d}" for number in range(100)]))
    assert refused(world.iam.create_policy, PolicyName="p", PolicyDocument=long) == (
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
        409,
    )
    spaced = READ.replace('"Version"', " " * 7000 + '"Version"')
    assert world.iam.create_policy(PolicyName="p", PolicyDocument=spaced)


def test_versions_are_numbered_on_and_five_at_most(world: World) -> None:
    iam, arn = world.iam, make(world)
    for number in range(2, 6):
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ)["PolicyVersion"]
        assert (made["VersionId"], made["IsDefaultVersion"]) == (f"v{number}", False)
    assert refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=READ) == (
        "LimitExceeded",
        (
            "A managed policy can have up to 5 versions. "
            "Before you create a new version, you must delete an existing version."
        ),
        409,
    )
    assert refused(iam.delete_policy_version, PolicyArn=arn, VersionId="v1") == (
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
        409,
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    newest = iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ, SetAsDefault=True)["PolicyVersion"]
    assert (newest["VersionId"], newest["IsDefaultVersion"]) == ("v6", True)
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [version["VersionId"] for version in listed] == ["v6", "v4", "v3", "v2", "v1"]
    assert [version["IsDefaultVersion"] for version in listed] == [True, False, False, False, False]
    first = iam.list_policy_versions(PolicyArn=arn, MaxItems=2)
    rest = iam.list_policy_versions(PolicyArn=arn, Marker=first["Marker"])["Versions"]
    assert [version["VersionId"] for version in rest] == ["v3", "v2", "v1"]
    assert refused(iam.get_policy_version, PolicyArn=arn, VersionId="v5") == (
        "NoSuchEntity",
        f"Policy {arn} version v5 does not exist or is not attachable.",
        404,
    )


def test_the_default_version_is_obeyed_at_once(world: World) -> None:
    bob, arn = world.user("bob"), make(world)
    world.iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    assert bob.list_users()
    other = document(allow("iam:ListRoles"))
    world.iam.create_policy_version(PolicyArn=arn, PolicyDocument=other)
    assert bob.list_users()
    world.iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert refused(bob.list_users)[0] == "AccessDenied"
    assert bob.list_roles()
    assert refused(world.iam.set_default_policy_version, PolicyArn=arn, VersionId="v9")[0] == "NoSuchEntity"


def test_a_policy_is_deleted_only_when_it_is_unused_and_has_one_version(world: World) -> None:
    iam, arn = world.iam, make(world)
    iam.create_user(UserName="bob", PermissionsBoundary=arn)
    conflict = ("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    assert refused(iam.delete_policy, PolicyArn=arn) == conflict
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    iam.delete_user_permissions_boundary(UserName="bob")
    assert refused(iam.delete_policy, PolicyArn=arn) == conflict
    iam.detach_user_policy(UserName="bob", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ)
    assert refused(iam.delete_policy, PolicyArn=arn)[1].startswith("This policy has more than one version.")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn)[0] == "NoSuchEntity"


def test_awss_own_policies_are_shown_and_can_not_be_changed(world: World) -> None:
    shown = world.iam.get_policy(PolicyArn=ADMIN)["Policy"]
    assert (shown["PolicyName"], shown["Path"]) == ("AdministratorAccess", "/")
    version = world.iam.get_policy_version(PolicyArn=ADMIN, VersionId=shown["DefaultVersionId"])[
        "PolicyVersion"
    ]
    assert version["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert world.iam.list_policy_versions(PolicyArn=ADMIN)["Versions"][0]["IsDefaultVersion"]
    outside = ("AccessDenied", "Policy is outside your own account.", 403)
    assert refused(world.iam.delete_policy, PolicyArn=ADMIN) == outside
    assert refused(world.iam.create_policy_version, PolicyArn=ADMIN, PolicyDocument=READ) == outside
    assert refused(world.iam.get_policy, PolicyArn=ADMIN.replace("Admin", "admin"))[0] == "NoSuchEntity"


def test_policies_are_listed_by_scope_path_and_use(world: World) -> None:
    iam = world.iam
    mine, other = make(world, "Mine", Path="/x/"), make(world, "Other")
    everything = [
        policy["Arn"]
        for page in iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 700})
        for policy in page["Policies"]
    ]
    assert len(everything) == len(set(everything)) > 1000
    assert set(everything[:2]) == {mine, other}
    of_aws = iam.list_policies(Scope="AWS", MaxItems=1000)["Policies"]
    assert all(policy["Arn"].startswith("arn:aws:iam::aws:") for policy in of_aws)
    assert [policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]] == [other, mine]
    assert [policy["Arn"] for policy in iam.list_policies(Scope="Local", PathPrefix="/x/")["Policies"]] == [
        mine
    ]
    first = iam.list_policies(Scope="Local", MaxItems=1)
    assert [policy["Arn"] for policy in first["Policies"]] == [other]
    second = iam.list_policies(Scope="Local", MaxItems=1, Marker=first["Marker"])
    assert [policy["Arn"] for policy in second["Policies"]] == [mine]
    assert not second["IsTruncated"]
    iam.create_user(UserName="bob", PermissionsBoundary=mine)
    iam.attach_user_policy(UserName="bob", PolicyArn=ADMIN)
    used = {policy["Arn"]: policy for policy in iam.list_policies(OnlyAttached=True)["Policies"]}
    assert set(used) == {mine, ADMIN}
    assert (used[ADMIN]["AttachmentCount"], used[mine]["PermissionsBoundaryUsageCount"]) == (1, 1)
    as_boundary = iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"]
    assert [policy["Arn"] for policy in as_boundary] == [mine]
    assert iam.list_policies(OnlyAttached=True, Scope="Local", PathPrefix="/y/")["Policies"] == []
    assert iam.get_policy(PolicyArn=ADMIN)["Policy"]["AttachmentCount"] == 1


def test_who_uses_a_policy_is_listed(world: World) -> None:
    iam = world.iam
    iam.create_user(UserName="bob", Path="/x/")
    iam.create_group(GroupName="staff")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=EC2_TRUST, PermissionsBoundary=ADMIN)
    iam.attach_user_policy(UserName="bob", PolicyArn=ADMIN)
    iam.attach_group_policy(GroupName="staff", PolicyArn=ADMIN)
    users = iam.list_entities_for_policy(PolicyArn=ADMIN)
    assert [user["UserName"] for user in users["PolicyUsers"]] == ["bob"]
    assert [group["GroupName"] for group in users["PolicyGroups"]] == ["staff"]
    assert [role["RoleName"] for role in users["PolicyRoles"]] == ["app"]
    only = iam.list_entities_for_policy(PolicyArn=ADMIN, EntityFilter="User")
    assert (len(only["PolicyUsers"]), only["PolicyGroups"], only["PolicyRoles"]) == (1, [], [])
    attached = iam.list_entities_for_policy(PolicyArn=ADMIN, PolicyUsageFilter="PermissionsPolicy")
    assert attached["PolicyRoles"] == []
    under = iam.list_entities_for_policy(PolicyArn=ADMIN, PathPrefix="/x/")
    assert (len(under["PolicyUsers"]), under["PolicyGroups"]) == (1, [])
    first = iam.list_entities_for_policy(PolicyArn=ADMIN, MaxItems=2)
    second = iam.list_entities_for_policy(PolicyArn=ADMIN, Marker=first["Marker"])
    assert len(first["PolicyGroups"]) + len(first["PolicyRoles"]) == 2
    assert len(second["PolicyUsers"]) == 1
    assert refused(iam.list_entities_for_policy, PolicyArn=MISSING)[0] == "NoSuchEntity"


def test_operations_on_policies_are_authorised_on_their_arns(world: World) -> None:
    mine, other = make(world, "Mine", Tags=[{"Key": "team", "Value": "a"}]), make(world, "Other")
    bob = world.user(
        "bob",
        allow(["iam:GetPolicy", "iam:GetPolicyVersion"], mine),
        allow("iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/bob/*"),
        allow("iam:ListPolicyVersions", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),
    )
    assert bob.get_policy(PolicyArn=mine)
    assert bob.get_policy_version(PolicyArn=mine, VersionId="v1")
    assert bob.list_policy_versions(PolicyArn=mine)
    assert bob.create_policy(PolicyName="x", Path="/bob/", PolicyDocument=READ)
    for operation, parameters in (
        (bob.get_policy, {"PolicyArn": other}),
        (bob.get_policy, {"PolicyArn": MISSING}),
        (bob.list_policy_versions, {"PolicyArn": other}),
        (bob.create_policy, {"PolicyName": "y", "PolicyDocument": READ}),
        (
            bob.create_policy,
            {"PolicyName": "y", "Path": "/bob/", "PolicyDocument": READ, "Tags": [{"Key": "a", "Value": ""}]},
        ),
        (bob.create_policy_version, {"PolicyArn": mine, "PolicyDocument": READ}),
        (bob.set_default_policy_version, {"PolicyArn": mine, "VersionId": "v1"}),
        (bob.delete_policy_version, {"PolicyArn": mine, "VersionId": "v1"}),
        (bob.delete_policy, {"PolicyArn": mine}),
        (bob.list_policies, {}),
        (bob.list_entities_for_policy, {"PolicyArn": mine}),
    ):
        assert refused(operation, **parameters)[0] == "AccessDenied"


def test_documents_are_accepted_and_refused_as_aws_recorded_it(world: World) -> None:
    lines = (
        (Path(__file__).parents[2] / "vectors/policy/create_policy_validity.jsonl").read_text().splitlines()
    )
    for number, case in enumerate(map(json.loads, lines)):
        text = case["document"] if isinstance(case["document"], str) else json.dumps(case["document"])
        parameters = {"PolicyName": f"p{number}", "PolicyDocument": text}
        if case.get("error"):
            expected = (case["error"]["code"], case["error"]["message"], case["error"]["status"])
            assert refused(world.iam.create_policy, **parameters) == expected, case["id"]
        else:
            assert world.iam.create_policy(**parameters), case["id"]


def test_a_policy_without_tags_says_so_where_it_is_looked_at(world: World) -> None:
    made = world.iam.create_policy(PolicyName="p", PolicyDocument=document(allow("s3:*")))["Policy"]
    assert "Tags" not in made
    assert world.iam.get_policy(PolicyArn=made["Arn"])["Policy"]["Tags"] == []
    assert world.iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")["Policy"]["Tags"] == []
