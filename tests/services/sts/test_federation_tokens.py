"""GetFederationToken: what its credentials may, and what they may not."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.services.iam.conftest import ACCOUNT, World, allow, document, refused, trust

FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/ann"
BROKER = [allow(["sts:GetFederationToken", "sts:TagSession"]), allow("s3:*"), allow("ec2:Describe*")]


@pytest.fixture
def broker(world: World) -> Any:
    world.user("broker", *BROKER)
    return world.client("sts", world.iam.create_access_key(UserName="broker")["AccessKey"])


def ec2(world: World, credentials: dict[str, str]) -> Any:
    return world.client("ec2", credentials)


def test_a_federated_user_says_who_it_is_and_may_what_both_policies_allow(world: World, broker: Any) -> None:
    import tabard.services.ec2  # noqa: F401 - registers what the session calls

    reply = broker.get_federation_token(Name="ann", Policy=document(allow("ec2:DescribeRegions")))
    assert reply["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:ann", "Arn": FEDERATED}
    assert 0 < reply["PackedPolicySize"] < 10
    session = reply["Credentials"]
    me = world.client("sts", session).get_caller_identity()
    assert (me["Arn"], me["UserId"], me["Account"]) == (FEDERATED, f"{ACCOUNT}:ann", ACCOUNT)
    assert ec2(world, session).describe_regions()["Regions"]
    assert refused(ec2(world, session).describe_vpcs)[0] == "UnauthorizedOperation"
    identity = next(
        json.loads(bytes(event.user_identity))
        for event in world.trail.events
        if event.event_name == "DescribeRegions"
    )
    assert identity["type"] == "FederatedUser"
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == "broker"
    world.iam.put_user_policy(
        UserName="broker", PolicyName="may", PolicyDocument=document(allow("sts:GetFederationToken"))
    )
    assert refused(ec2(world, session).describe_regions)[0] == "UnauthorizedOperation"
    world.iam.delete_user_policy(UserName="broker", PolicyName="may")
    for key in world.iam.list_access_keys(UserName="broker")["AccessKeyMetadata"]:
        world.iam.delete_access_key(UserName="broker", AccessKeyId=key["AccessKeyId"])
    world.iam.delete_user(UserName="broker")
    assert refused(world.client("sts", session).get_caller_identity)[0] == "InvalidClientTokenId"


def test_without_session_policies_it_may_nothing(world: World, broker: Any) -> None:
    reply = broker.get_federation_token(Name="ann")
    assert "PackedPolicySize" not in reply
    assert refused(ec2(world, reply["Credentials"]).describe_regions)[0] == "UnauthorizedOperation"


def test_it_calls_neither_iam_nor_sts(world: World, broker: Any) -> None:
    session = broker.get_federation_token(Name="ann", Policy=document(allow("*")))["Credentials"]
    assert refused(world.client("iam", session).list_users)[0] == "InvalidClientTokenId"
    sts = world.client("sts", session)
    for operation, parameters in (
        (sts.get_session_token, {}),
        (sts.get_federation_token, {"Name": "bob"}),
        (sts.assume_role, {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/app", "RoleSessionName": "me"}),
        (sts.get_access_key_info, {"AccessKeyId": session["AccessKeyId"]}),
    ):
        code, message, status = refused(operation, **parameters)
        assert (code, status) == ("AccessDenied", 403)
        assert message.endswith("with session credentials")
    assert sts.get_caller_identity()["Arn"] == FEDERATED


def test_session_credentials_may_not_ask_for_one(world: World, broker: Any) -> None:
    session = broker.get_session_token()["Credentials"]
    code, message, _ = refused(world.client("sts", session).get_federation_token, Name="ann")
    assert (code, message) == ("AccessDenied", "Cannot call GetFederationToken with session credentials")
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"))
    world.iam.put_user_policy(
        UserName="broker", PolicyName="may", PolicyDocument=document(allow("sts:AssumeRole"))
    )
    role = broker.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/app", RoleSessionName="me")["Credentials"]
    assert refused(world.client("sts", role).get_federation_token, Name="ann")[0] == "AccessDenied"
    assert refused(world.client("sts", role).get_session_token)[0] == "AccessDenied"


def test_its_caller_needs_the_permission_on_the_very_name(world: World) -> None:
    world.user("broker", allow("sts:GetFederationToken", f"arn:aws:sts::{ACCOUNT}:federated-user/ann"))
    sts = world.client("sts", world.iam.create_access_key(UserName="broker")["AccessKey"])
    assert sts.get_federation_token(Name="ann")["Credentials"]
    code, message, status = refused(sts.get_federation_token, Name="bob")
    assert (code, status) == ("AccessDenied", 403)
    assert f"sts:GetFederationToken on resource: arn:aws:sts::{ACCOUNT}:federated-user/bob" in message
    tags = [{"Key": "team", "Value": "blue"}]
    assert refused(sts.get_federation_token, Name="ann", Tags=tags)[0] == "AccessDenied"


def test_root_federates_for_an_hour_at_most_within_the_policies_it_passes(world: World) -> None:
    sts = world.client("sts")
    now = float(int(time.time()))
    world.node.clock = lambda: now
    reply = sts.get_federation_token(
        Name="ann", Policy=document(allow("ec2:DescribeRegions")), DurationSeconds=7200
    )
    assert reply["Credentials"]["Expiration"].timestamp() == now + 3600
    assert ec2(world, reply["Credentials"]).describe_regions()["Regions"]
    assert refused(ec2(world, reply["Credentials"]).describe_vpcs)[0] == "UnauthorizedOperation"


def test_tags_take_precedence_over_the_users_whatever_their_case(world: World, broker: Any) -> None:
    world.iam.tag_user(UserName="broker", Tags=[{"Key": "Department", "Value": "Marketing"}])
    condition = {"StringEquals": {"aws:PrincipalTag/department": "engineering"}}
    statement = allow("ec2:DescribeRegions", Condition=condition)
    policy = {"Policy": document(statement)}
    plain = broker.get_federation_token(Name="ann", **policy)["Credentials"]
    assert refused(ec2(world, plain).describe_regions)[0] == "UnauthorizedOperation"
    tags = [{"Key": "department", "Value": "engineering"}]
    tagged = broker.get_federation_token(Name="ann", Tags=tags, **policy)["Credentials"]
    assert ec2(world, tagged).describe_regions()["Regions"]


def test_bad_parameters_get_the_field_they_are_in(empty_world: World) -> None:
    sts = empty_world.client("sts")
    for parameters in (
        {"Name": "a"},
        {"Name": "x" * 33},
        {"Name": "a b"},
        {"Name": "é\u0000"},
        {},
        {"Name": "ann", "DurationSeconds": 899},
        {"Name": "ann", "DurationSeconds": 129_601},
        {"Name": "ann", "Policy": ""},
        {"Name": "ann", "Tags": [{"Key": "aws:x", "Value": "y"}]},
    ):
        assert refused(sts.get_federation_token, **parameters)[0] in {"ValidationError", "MalformedInput"}
    assert refused(sts.get_federation_token, Name="ann", Policy="{}")[0] == "MalformedPolicyDocument"
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    assert refused(sts.get_federation_token, Name="ann", Tags=twice)[0] == "InvalidParameterValue"
    arns = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/none"}]
    assert refused(sts.get_federation_token, Name="ann", PolicyArns=arns)[0] == "InvalidParameterValue"
    many = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}] * 11
    assert refused(sts.get_federation_token, Name="ann", PolicyArns=many)[0] == "ValidationError"
    heavy = [{"Key": f"{n:03}" + "k" * 120, "Value": "v" * 256} for n in range(50)]
    code, message, _ = refused(sts.get_federation_token, Name="ann", Tags=heavy)
    assert code == "PackedPolicyTooLarge"
    assert message == "Packed size of session tags consumes 463% of allotted space."
