"""Enforcement over the wire: what a policy says holds from the very next call, whatever the client has cached."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.support.server import TabardServer

READ_ONLY = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


class Person:
    """A user with an access key, and clients as that user."""

    def __init__(self, server: TabardServer) -> None:
        self.server = server
        self.iam = server.client("iam")
        self.name = f"person-{uuid.uuid4().hex[:8]}"
        self.iam.create_user(UserName=self.name)
        self.key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        self.arn = f"arn:aws:iam::{server.account}:user/{self.name}"

    def client(self, service: str) -> Any:
        return self.server.client(service, self.key)

    def put(self, name: str, *statements: dict[str, Any]) -> None:
        self.iam.put_user_policy(UserName=self.name, PolicyName=name, PolicyDocument=document(*statements))


@pytest.fixture
def person(server: TabardServer) -> Person:
    return Person(server)


def refusal(call: Any, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error: dict[str, Any] = dict(refused.value.response["Error"])
    error["Status"] = refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return error


def test_nothing_is_allowed_by_default_and_the_message_says_why(person: Person) -> None:
    error = refusal(person.client("iam").list_users)
    assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
    assert error["Message"] == (
        f"User: {person.arn} is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{person.server.account}:user/ because no identity-based policy allows the iam:ListUsers action"
    )


def test_get_caller_identity_needs_no_permission_and_can_not_be_denied(person: Person) -> None:
    person.put("no", deny("*"))
    assert person.client("sts").get_caller_identity()["Arn"] == person.arn


def test_a_policy_holds_from_the_next_call_and_ends_with_it(person: Person) -> None:
    iam = person.client("iam")
    refusal(iam.get_user)
    person.put("self", allow("iam:GetUser", "arn:aws:iam::*:user/${aws:username}"))
    assert iam.get_user()["User"]["UserName"] == person.name
    refusal(iam.get_user, UserName="somebody-else")
    person.iam.delete_user_policy(UserName=person.name, PolicyName="self")
    refusal(iam.get_user)


def test_an_explicit_deny_wins_and_is_named(person: Person) -> None:
    person.put("yes", allow("*"))
    person.iam.attach_user_policy(UserName=person.name, PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    error = refusal(person.client("s3").list_buckets)
    assert error["Code"] == "AccessDenied"
    assert "with an explicit deny in an identity-based policy" in error["Message"]
    assert "arn:aws:iam::aws:policy/AWSDenyAll" in error["Message"]


def test_a_group_gives_and_takes(person: Person) -> None:
    group = f"{person.name}-group"
    person.iam.create_group(GroupName=group)
    person.iam.attach_group_policy(GroupName=group, PolicyArn=READ_ONLY)
    iam = person.client("iam")
    refusal(iam.list_roles)
    person.iam.add_user_to_group(GroupName=group, UserName=person.name)
    assert "Roles" in iam.list_roles()
    person.iam.remove_user_from_group(GroupName=group, UserName=person.name)
    refusal(iam.list_roles)


def test_a_new_default_version_of_a_managed_policy_holds_at_once(person: Person) -> None:
    arn = person.iam.create_policy(
        PolicyName=f"{person.name}-policy", PolicyDocument=document(allow("iam:ListRoles"))
    )["Policy"]["Arn"]
    person.iam.attach_user_policy(UserName=person.name, PolicyArn=arn)
    iam = person.client("iam")
    iam.list_roles()
    person.iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(allow("iam:ListUsers")), SetAsDefault=True
    )
    iam.list_users()
    refusal(iam.list_roles)
    person.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.list_roles()


def test_a_boundary_limits_and_never_grants(person: Person) -> None:
    boundary = person.iam.create_policy(
        PolicyName=f"{person.name}-boundary", PolicyDocument=document(allow("iam:ListRoles"))
    )["Policy"]["Arn"]
    person.iam.put_user_permissions_boundary(UserName=person.name, PermissionsBoundary=boundary)
    iam = person.client("iam")
    refusal(iam.list_roles)
    person.put("all", allow("*"))
    iam.list_roles()
    error = refusal(iam.list_users)
    assert "because no permissions boundary allows the iam:ListUsers action" in error["Message"]


def test_a_deactivated_or_deleted_key_is_refused_at_once(person: Person) -> None:
    sts = person.client("sts")
    sts.get_caller_identity()
    key_id = person.key["AccessKeyId"]
    person.iam.update_access_key(UserName=person.name, AccessKeyId=key_id, Status="Inactive")
    assert refusal(sts.get_caller_identity)["Code"] == "InvalidClientTokenId"
    person.iam.update_access_key(UserName=person.name, AccessKeyId=key_id, Status="Active")
    sts.get_caller_identity()
    person.iam.delete_access_key(UserName=person.name, AccessKeyId=key_id)
    assert refusal(sts.get_caller_identity)["Code"] == "InvalidClientTokenId"


def make_role(person: Person, *trust: dict[str, Any], policy: str | None = None) -> str:
    name = f"role-{uuid.uuid4().hex[:8]}"
    role = person.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*trust))["Role"]
    if policy is not None:
        person.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    return str(role["Arn"])


def trusting(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def test_a_role_is_assumed_only_by_whom_it_trusts(person: Person) -> None:
    sts = person.client("sts")
    trusted = make_role(person, trusting({"AWS": person.arn}), policy=document(allow("iam:ListRoles")))
    stranger = make_role(person, trusting({"Service": "ec2.amazonaws.com"}))
    error = refusal(sts.assume_role, RoleArn=stranger, RoleSessionName="session")
    assert error["Code"] == "AccessDenied"
    assert error["Message"].startswith(
        f"User: {person.arn} is not authorized to perform: sts:AssumeRole on resource: {stranger}"
    )
    reply = sts.assume_role(RoleArn=trusted, RoleSessionName="session")
    session = person.server.client("iam", reply["Credentials"])
    session.list_roles()
    refusal(session.list_users)
    who = person.server.client("sts", reply["Credentials"]).get_caller_identity()
    assert who["Arn"] == reply["AssumedRoleUser"]["Arn"]
    assert who["UserId"] == reply["AssumedRoleUser"]["AssumedRoleId"]


def test_trusting_the_account_leaves_it_to_the_users_own_policies(person: Person) -> None:
    arn = make_role(person, trusting({"AWS": person.server.account}))
    sts = person.client("sts")
    refusal(sts.assume_role, RoleArn=arn, RoleSessionName="session")
    person.put("assume", allow("sts:AssumeRole", arn))
    sts.assume_role(RoleArn=arn, RoleSessionName="session")


def test_a_missing_role_is_refused_like_one_that_does_not_trust(person: Person) -> None:
    arn = f"arn:aws:iam::{person.server.account}:role/no-such-role"
    assert (
        refusal(person.client("sts").assume_role, RoleArn=arn, RoleSessionName="ab")["Code"] == "AccessDenied"
    )


def test_an_external_id_must_match(person: Person) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "the-right-one"}}
    arn = make_role(person, trusting({"AWS": person.arn}, Condition=condition))
    sts = person.client("sts")
    refusal(sts.assume_role, RoleArn=arn, RoleSessionName="session")
    refusal(sts.assume_role, RoleArn=arn, RoleSessionName="session", ExternalId="a-wrong-one")
    sts.assume_role(RoleArn=arn, RoleSessionName="session", ExternalId="the-right-one")


def test_a_session_policy_limits_the_session(person: Person) -> None:
    arn = make_role(person, trusting({"AWS": person.arn}), policy=document(allow("iam:List*")))
    sts = person.client("sts")
    narrow = sts.assume_role(
        RoleArn=arn, RoleSessionName="narrow", Policy=document(allow(["iam:ListRoles", "s3:*"]))
    )
    assert narrow["PackedPolicySize"] > 0
    iam = person.server.client("iam", narrow["Credentials"])
    iam.list_roles()
    assert "no session policy allows" in refusal(iam.list_users)["Message"]
    refusal(person.server.client("s3", narrow["Credentials"]).list_buckets)


def test_session_tags_need_permission_and_become_principal_tags(person: Person) -> None:
    by_tag = allow("iam:ListRoles", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    silent = make_role(person, trusting({"AWS": person.arn}), policy=document(by_tag))
    tags = [{"Key": "team", "Value": "blue"}]
    sts = person.client("sts")
    assert (
        "sts:TagSession"
        in refusal(sts.assume_role, RoleArn=silent, RoleSessionName="session", Tags=tags)["Message"]
    )
    statement = {**trusting({"AWS": person.arn}), "Action": ["sts:AssumeRole", "sts:TagSession"]}
    arn = make_role(person, statement, policy=document(by_tag))
    blue = sts.assume_role(RoleArn=arn, RoleSessionName="session", Tags=tags)
    person.server.client("iam", blue["Credentials"]).list_roles()
    plain = sts.assume_role(RoleArn=arn, RoleSessionName="session")
    refusal(person.server.client("iam", plain["Credentials"]).list_roles)


def test_a_role_made_again_under_the_same_name_does_not_inherit_sessions(person: Person) -> None:
    arn = make_role(person, trusting({"AWS": person.arn}), policy=document(allow("iam:ListRoles")))
    name = arn.rpartition("/")[2]
    session = person.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    iam = person.server.client("iam", session)
    iam.list_roles()
    person.iam.delete_role_policy(RoleName=name, PolicyName="p")
    person.iam.delete_role(RoleName=name)
    assert refusal(iam.list_roles)["Code"] == "InvalidClientTokenId"
    person.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusting({"AWS": person.arn})))
    person.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(allow("iam:ListRoles")))
    assert refusal(iam.list_roles)["Code"] == "InvalidClientTokenId"


def test_get_session_token_gives_the_user_again_but_not_iam(person: Person) -> None:
    person.put("all", allow("*"))
    session = person.client("sts").get_session_token()["Credentials"]
    sts = person.server.client("sts", session)
    assert sts.get_caller_identity()["Arn"] == person.arn
    person.server.client("s3", session).list_buckets()
    assert refusal(person.server.client("iam", session).list_users)["Code"] == "InvalidClientTokenId"
    assert refusal(sts.get_session_token)["Code"] == "AccessDenied"


def test_ec2_refuses_with_an_encoded_message_that_opens(person: Person) -> None:
    error = refusal(person.client("ec2").describe_instances)
    assert (error["Code"], error["Status"]) == ("UnauthorizedOperation", 403)
    assert error["Message"].startswith(
        f"You are not authorized to perform this operation. User: {person.arn} is not authorized to perform: "
        "ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action"
    )
    encoded = error["Message"].partition("Encoded authorization failure message: ")[2]
    sts = person.client("sts")
    refusal(sts.decode_authorization_message, EncodedMessage=encoded)
    person.put("decode", allow("sts:DecodeAuthorizationMessage"))
    message = json.loads(sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert message["allowed"] is False
    assert message["context"]["principal"]["arn"] == person.arn
    assert message["context"]["action"] == "ec2:DescribeInstances"
    assert refusal(sts.decode_authorization_message, EncodedMessage=encoded[:-8])["Code"] == (
        "InvalidAuthorizationMessageException"
    )


def test_an_operation_that_is_not_built_is_unknown(server: TabardServer) -> None:
    error = refusal(server.client("ec2").describe_host_reservations)
    assert (error["Code"], error["Status"]) == ("InvalidAction", 400)
    error = refusal(server.client("s3").list_bucket_metrics_configurations, Bucket="any")
    assert (error["Code"], error["Status"]) == ("NotImplemented", 501)


def test_get_access_key_info_names_the_account(person: Person) -> None:
    sts = person.server.client("sts")
    assert sts.get_access_key_info(AccessKeyId=person.key["AccessKeyId"])["Account"] == person.server.account
