"""Service last accessed details, from what users and roles really did."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.world import ACCOUNT, World, allow, document, refused, trust

from tabard.catalog import service_reference
from tabard.policy import Kind, parse
from tabard.services.iam.access_jobs import KEPT_FOR
from tabard.services.iam.access_reports import TRACKED_FOR
from tabard.services.iam.reach import reached

ARN = f"arn:aws:iam::{ACCOUNT}"


def report(world: World, about: str, **more: Any) -> dict[str, Any]:
    """A report's services by namespace."""
    job = world.iam.generate_service_last_accessed_details(Arn=f"{ARN}:{about}", **more)["JobId"]
    shown = world.iam.get_service_last_accessed_details(JobId=job)
    assert shown["JobStatus"] == "COMPLETED"
    assert shown["JobType"] == more.get("Granularity", "SERVICE_LEVEL")
    assert shown["JobCreationDate"] == shown["JobCompletionDate"]
    return {each["ServiceNamespace"]: each for each in shown["ServicesLastAccessed"]}


def test_what_a_user_did_and_did_not_do(world: World) -> None:
    ana = world.user("ana", allow(["iam:List*", "ec2:*", "sqs:SendMessage"]))
    before = report(world, "user/ana")
    assert set(before) == {"ec2", "iam", "sqs"}
    assert before["sqs"] == {
        "ServiceName": "Amazon SQS",
        "ServiceNamespace": "sqs",
        "TotalAuthenticatedEntities": 0,
    }
    ana.list_users()
    after = report(world, "user/ana")["iam"]
    assert after["LastAuthenticatedEntity"] == f"{ARN}:user/ana"
    assert after["LastAuthenticatedRegion"] == "us-east-1"
    assert after["TotalAuthenticatedEntities"] == 1
    assert abs(after["LastAuthenticated"].timestamp() - world.node.clock()) < 60
    assert "TrackedActionsLastAccessed" not in after


def test_an_attempt_that_is_denied_counts(world: World) -> None:
    ana = world.user("ana", allow("iam:ListRoles"))
    assert refused(ana.list_users)[0] == "AccessDenied"
    tracked = report(world, "user/ana", Granularity="ACTION_LEVEL")["iam"]["TrackedActionsLastAccessed"]
    by_name = {each["ActionName"]: each for each in tracked}
    assert by_name["ListUsers"]["LastAccessedEntity"] == f"{ARN}:user/ana"
    assert by_name["ListUsers"]["LastAccessedRegion"] == "us-east-1"
    assert by_name["ListRoles"] == {"ActionName": "ListRoles"}
    assert list(by_name) == sorted(by_name)


def test_a_services_actions_are_tracked_where_the_service_is_served_here(world: World) -> None:
    world.user("ana", allow(["sqs:*", "s3:*"]))
    shown = report(world, "user/ana", Granularity="ACTION_LEVEL")
    assert "TrackedActionsLastAccessed" not in shown["sqs"]
    names = {each["ActionName"] for each in shown["s3"].get("TrackedActionsLastAccessed", [])}
    assert not names & {"GetObject", "PutObject"}


def test_a_role_is_known_by_its_sessions_and_forgotten_with_it(world: World) -> None:
    world.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(AWS=ACCOUNT))
    world.iam.put_role_policy(RoleName="worker", PolicyName="may", PolicyDocument=document(allow("iam:*")))
    boss = world.user("boss", allow("sts:AssumeRole"))
    del boss
    key = world.iam.create_access_key(UserName="boss")["AccessKey"]
    session = world.client("sts", key).assume_role(RoleArn=f"{ARN}:role/worker", RoleSessionName="me")[
        "Credentials"
    ]
    world.client("iam", session).list_groups()
    assert report(world, "role/worker")["iam"]["LastAuthenticatedEntity"] == f"{ARN}:role/worker"
    assert report(world, "user/boss")["sts"]["TotalAuthenticatedEntities"] == 1
    world.run(world.last_used.flush())
    assert report(world, "role/worker")["iam"]["TotalAuthenticatedEntities"] == 1
    world.iam.delete_role_policy(RoleName="worker", PolicyName="may")
    world.iam.delete_role(RoleName="worker")
    world.run(world.last_used.flush())
    world.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(AWS=ACCOUNT))
    world.iam.put_role_policy(RoleName="worker", PolicyName="may", PolicyDocument=document(allow("iam:*")))
    assert report(world, "role/worker")["iam"]["TotalAuthenticatedEntities"] == 0


def test_groups_and_policies_tell_who_used_a_service(world: World) -> None:
    policy = world.iam.create_policy(PolicyName="reads", PolicyDocument=document(allow("iam:List*")))[
        "Policy"
    ]["Arn"]
    world.iam.create_group(GroupName="readers")
    world.iam.attach_group_policy(GroupName="readers", PolicyArn=policy)
    clients = {}
    for name in ("ana", "bob", "eve"):
        clients[name] = world.user(name)
        world.iam.add_user_to_group(GroupName="readers", UserName=name)
    world.iam.attach_user_policy(UserName="ana", PolicyArn=policy)  # attached twice, told once
    clients["ana"].list_users()
    clients["bob"].list_users()
    for about in ("group/readers", "policy/reads"):
        job = world.iam.generate_service_last_accessed_details(Arn=f"{ARN}:{about}")["JobId"]
        (service,) = world.iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
        assert service["TotalAuthenticatedEntities"] == 2
        found = world.iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="iam")
        assert {each["EntityInfo"]["Name"] for each in found["EntityDetailsList"][:2]} == {"ana", "bob"}
        last = found["EntityDetailsList"][2]
        assert last["EntityInfo"] == {
            "Arn": f"{ARN}:user/eve",
            "Name": "eve",
            "Type": "USER",
            "Id": last["EntityInfo"]["Id"],
            "Path": "/",
        }
        assert "LastAuthenticated" not in last
        page = world.iam.get_service_last_accessed_details_with_entities(
            JobId=job, ServiceNamespace="iam", MaxItems=2
        )
        rest = world.iam.get_service_last_accessed_details_with_entities(
            JobId=job, ServiceNamespace="iam", Marker=page["Marker"]
        )
        assert page["EntityDetailsList"] + rest["EntityDetailsList"] == found["EntityDetailsList"]
        empty = world.iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sqs")
        assert empty["EntityDetailsList"] == []


def test_a_report_is_its_callers_alone_and_goes_after_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, bob = (world.user(name, allow("iam:*")) for name in ("ana", "bob"))
    job = ana.generate_service_last_accessed_details(Arn=f"{ARN}:user/bob")["JobId"]
    assert ana.get_service_last_accessed_details(JobId=job)["JobStatus"] == "COMPLETED"
    for other in (bob, world.iam, world.client("iam", world.other_root)):
        for operation in (other.get_service_last_accessed_details, other.get_organizations_access_report):
            assert refused(operation, JobId=job)[::2] == ("NoSuchEntity", 404)
    began = world.node.clock()
    monkeypatch.setattr(world.node, "clock", lambda: began + 60)
    assert ana.get_service_last_accessed_details(JobId=job)["JobStatus"] == "COMPLETED"
    kept = world.store.read().iam.credentials.access_reports.get(ACCOUNT, job)
    assert kept is not None
    old = type(kept)(
        **{name: getattr(kept, name) for name in kept.__struct_fields__} | {"created_at": began - KEPT_FOR}
    )
    world.run(world.store.write(lambda view: view.iam.credentials.access_reports.put(old)))
    assert refused(ana.get_service_last_accessed_details, JobId=job)[0] == "NoSuchEntity"


def test_what_was_done_long_ago_is_not_told(world: World) -> None:
    ana = world.user("ana", allow("iam:*"))
    ana.list_users()
    world.run(world.last_used.flush())
    user = world.iam.get_user(UserName="ana")["User"]["UserId"]
    activities = world.store.read().iam.activities.of(ACCOUNT, user)
    from msgspec.structs import replace

    old = [replace(each, at=each.at - TRACKED_FOR - 10) for each in activities]
    world.run(world.store.write(lambda view: view.iam.activities.record(old)))
    assert report(world, "user/ana")["iam"]["TotalAuthenticatedEntities"] == 0


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"{ARN}:user/nobody", "NoSuchEntity"),
        (f"{ARN}:role/a/path/nobody", "NoSuchEntity"),
        (f"{ARN}:group/nobody", "NoSuchEntity"),
        (f"{ARN}:policy/nothing", "NoSuchEntity"),
        ("arn:aws:iam::aws:policy/Nothing", "NoSuchEntity"),
        (f"{ARN}:instance-profile/it", "InvalidInput"),
        ("arn:aws:iam::999999999999:user/ana", "InvalidInput"),
        ("arn:aws:iam::999999999999:policy/it", "InvalidInput"),
        ("something that is no ARN", "InvalidInput"),
    ],
)
def test_what_is_not_there_has_no_report(empty_world: World, arn: str, code: str) -> None:
    iam = empty_world.iam
    assert refused(iam.generate_service_last_accessed_details, Arn=arn)[0] == code
    if ":policy/" not in arn:
        listed = iam.list_policies_granting_service_access
        assert refused(listed, Arn=arn, ServiceNamespaces=["iam"])[0] == code


def test_aws_managed_policies_have_reports(world: World) -> None:
    ana = world.user("ana")
    world.iam.attach_user_policy(UserName="ana", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    ana.list_roles()
    job = world.iam.generate_service_last_accessed_details(Arn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")[
        "JobId"
    ]
    (service,) = world.iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    assert (service["ServiceNamespace"], service["TotalAuthenticatedEntities"]) == ("iam", 1)


def test_policies_that_grant_a_service(world: World) -> None:
    iam = world.iam
    policy = iam.create_policy(PolicyName="queues", PolicyDocument=document(allow("sqs:*")))["Policy"]["Arn"]
    world.user("ana", allow(["s3:Get*", "sqs:SendMessage"]))
    iam.create_group(GroupName="g")
    iam.put_group_policy(GroupName="g", PolicyName="buckets", PolicyDocument=document(allow("s3:*")))
    iam.attach_group_policy(GroupName="g", PolicyArn=policy)
    iam.add_user_to_group(GroupName="g", UserName="ana")
    found = iam.list_policies_granting_service_access(
        Arn=f"{ARN}:user/ana", ServiceNamespaces=["sqs", "S3", "iam"]
    )
    assert found["IsTruncated"] is False
    by_service = {
        each["ServiceNamespace"]: each["Policies"] for each in found["PoliciesGrantingServiceAccess"]
    }
    inline = {"PolicyName": "may", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "ana"}
    of_group = {"PolicyName": "buckets", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "g"}
    managed = {"PolicyName": "queues", "PolicyType": "MANAGED", "PolicyArn": policy}
    assert by_service == {"iam": [], "s3": [inline, of_group], "sqs": [inline, managed]}
    listed = iam.list_policies_granting_service_access
    group = listed(Arn=f"{ARN}:group/g", ServiceNamespaces=["sqs"])["PoliciesGrantingServiceAccess"]
    assert group == [{"ServiceNamespace": "sqs", "Policies": [managed]}]
    assert refused(listed, Arn=f"{ARN}:group/g", ServiceNamespaces=["nonsense"])[0] == "InvalidInput"


def statements(*parts: dict[str, Any]) -> dict[str, list[str]]:
    return reached([parse(document(*parts), Kind.IDENTITY)])


def deny(action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def test_what_statements_reach() -> None:
    everything = statements(allow("*"))
    assert set(everything) == {
        each for each in service_reference.prefixes() if service_reference.action_names(each)
    }
    assert set(statements(allow("*"), deny("iam:*"))) == set(everything) - {"iam"}
    here = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    assert "iam" in statements(allow("*"), deny("iam:*", Condition=here))
    assert "iam" in statements(allow("*"), {**deny("iam:*"), "Resource": "arn:aws:iam::1:role/x"})
    assert statements(allow("IAM:list*s"), deny("iam:ListU*")).keys() == {"iam"}
    assert "ListUsers" not in statements(allow("IAM:list*s"), deny("iam:ListU*"))["iam"]
    assert statements(allow("sqs:SendMes?age")) == {"sqs": ["SendMessage"]}
    assert set(statements({"Effect": "Allow", "NotAction": ["s3:*", "iam:*"], "Resource": "*"})) == set(
        everything
    ) - {
        "s3",
        "iam",
    }
    assert statements(deny("*")) == {}


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["sqs:*", "sqs:Send*", "sns:Publish", "sns:*Tag*", "SQS:?*e", "*"]), max_size=4),
    st.booleans(),
)
def test_what_is_reached_is_what_matches(patterns: list[str], negated: bool) -> None:  # noqa: FBT001 - drawn
    if not patterns:
        return
    element = "NotAction" if negated else "Action"
    found = reached(
        [parse(document({"Effect": "Allow", element: patterns, "Resource": "*"}), Kind.IDENTITY)],
        ["sqs", "sns"],
    )
    matched = {name for pattern in patterns for name in service_reference.actions_matching(pattern)}
    for service in ("sqs", "sns"):
        expected = [
            name
            for name in service_reference.action_names(service)
            if (f"{service}:{name}" in matched) is not negated
        ]
        assert found.get(service, []) == expected


def test_reports_fail_where_there_is_no_organisation(world: World) -> None:
    path = "o-a1b2c3d4e5/r-f6g7h8i9j0/ou-rge0-awsabcde"
    job = world.iam.generate_organizations_access_report(EntityPath=path)["JobId"]
    shown = world.iam.get_organizations_access_report(JobId=job)
    assert (shown["JobStatus"], shown["ErrorDetails"]["Code"]) == (
        "FAILED",
        "AWSOrganizationsNotInUseException",
    )
    assert "AccessDetails" not in shown
    assert refused(world.iam.get_service_last_accessed_details, JobId=job)[0] == "NoSuchEntity"
    may = world.user("some", allow("iam:*", f"{ARN}:access-report/{path}"))
    assert len(may.generate_organizations_access_report(EntityPath=path)["JobId"]) == 36
    other = "o-a1b2c3d4e5/r-f6g7h8i9j0/ou-rge0-another"
    assert refused(may.generate_organizations_access_report, EntityPath=other)[0] == "AccessDenied"
