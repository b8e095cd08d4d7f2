"""AssumeRole and GetSessionToken: who may, for how long, and what goes on along a chain of roles."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.services.iam.conftest import ACCOUNT, OTHER_ACCOUNT, World, allow, document, refused
from tests.services.iam.test_mfa_devices import Phone, enable

ANY = f"arn:aws:iam::{ACCOUNT}:root"


def trusting(*actions: str, principal: str = ANY, **more: Any) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": ["sts:AssumeRole", *actions],
        **more,
    }
    return document(statement)


def role(world: World, name: str, *actions: str, **more: Any) -> str:
    """A role that may assume any other."""
    world.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting(*actions, **more))
    may = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    world.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(allow(may)))
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


@pytest.fixture
def ann(world: World) -> Any:
    world.user("ann", allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))
    return world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])


def put_on(sts: Any, arn: str, **more: Any) -> Any:
    return sts.assume_role(**{"RoleArn": arn, "RoleSessionName": "me", **more})


def test_root_puts_on_no_role(world: World) -> None:
    arn = role(world, "app")
    denied = ("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    assert refused(world.client("sts").assume_role, RoleArn=arn, RoleSessionName="me") == denied


def test_a_chain_of_roles_lasts_an_hour_at_most(world: World, ann: Any) -> None:
    first, second = role(world, "first"), role(world, "second")
    for name in ("first", "second"):
        world.iam.update_role(RoleName=name, MaxSessionDuration=43_200)
    long = put_on(ann, first, DurationSeconds=43_200)
    chained = world.client("sts", long["Credentials"])
    assert put_on(chained, second, DurationSeconds=3600)["Credentials"]
    assert refused(put_on, sts=chained, arn=second, DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        400,
    )
    again = world.client("sts", put_on(chained, second)["Credentials"])
    assert refused(put_on, sts=again, arn=first, DurationSeconds=3601)[0] == "ValidationError"


def test_session_tags_need_leave_and_transitive_ones_stay_for_the_chain(world: World, ann: Any) -> None:
    tags = [{"Key": "Team", "Value": "blue"}, {"Key": "job", "Value": "7"}]
    plain = role(world, "plain")
    code, message, _ = refused(put_on, sts=ann, arn=plain, Tags=tags)
    assert code == "AccessDenied"
    assert f"sts:TagSession on resource: {plain}" in message
    first, second = role(world, "first", "sts:TagSession"), role(world, "second", "sts:TagSession")
    tagged = put_on(ann, first, Tags=tags, TransitiveTagKeys=["Team"])
    assert tagged["PackedPolicySize"] == 1
    chained = world.client("sts", tagged["Credentials"])
    for changed in ("Team", "team"):
        code, message, _ = refused(put_on, sts=chained, arn=second, Tags=[{"Key": changed, "Value": "red"}])
        assert code == "InvalidParameterValue"
        assert "conflicts with a transitive tag key" in message
    reached = world.client("iam", put_on(chained, second)["Credentials"])
    for key, value, found in (("team", "blue", True), ("job", "7", False)):
        condition = {"StringEquals": {f"aws:PrincipalTag/{key}": value}}
        statement = allow("iam:ListUsers", Condition=condition)
        world.iam.put_role_policy(RoleName="second", PolicyName="p", PolicyDocument=document(statement))
        if found:
            assert reached.list_users()["Users"]
        else:
            assert refused(reached.list_users)[0] == "AccessDenied"
    code, *_ = refused(put_on, sts=chained, arn=plain)
    assert code == "AccessDenied"  # what is inherited needs the next role's leave too
    missing = refused(put_on, sts=ann, arn=first, Tags=tags, TransitiveTagKeys=["other"])
    assert missing[0] == "InvalidParameterValue"


def test_tags_are_condition_keys_of_the_trust_policy(world: World, ann: Any) -> None:
    condition = {
        "StringEquals": {"aws:RequestTag/team": "blue"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"], "sts:TransitiveTagKeys": ["team"]},
    }
    arn = role(world, "app", "sts:TagSession", Condition=condition)
    blue = {"Key": "team", "Value": "blue"}
    assert put_on(ann, arn, Tags=[blue], TransitiveTagKeys=["team"])["Credentials"]
    assert refused(put_on, sts=ann, arn=arn)[0] == "AccessDenied"
    assert refused(put_on, sts=ann, arn=arn, Tags=[{**blue, "Value": "red"}])[0] == "AccessDenied"
    assert refused(put_on, sts=ann, arn=arn, Tags=[blue, {"Key": "x", "Value": "y"}])[0] == "AccessDenied"


def test_a_source_identity_stays_for_the_chain_and_needs_leave_all_along(world: World, ann: Any) -> None:
    plain = role(world, "plain")
    assert refused(put_on, sts=ann, arn=plain, SourceIdentity="ann")[0] == "AccessDenied"
    first = role(world, "first", "sts:SetSourceIdentity")
    second = role(world, "second", "sts:SetSourceIdentity")
    reply = put_on(ann, first, SourceIdentity="ann")
    assert reply["SourceIdentity"] == "ann"
    chained = world.client("sts", reply["Credentials"])
    assert refused(put_on, sts=chained, arn=second, SourceIdentity="bob")[0] == "AccessDenied"
    assert put_on(chained, second)["SourceIdentity"] == "ann"
    assert put_on(chained, second, SourceIdentity="ann")["SourceIdentity"] == "ann"
    assert refused(put_on, sts=chained, arn=plain)[0] == "AccessDenied"
    condition = {"StringEquals": {"aws:SourceIdentity": "ann"}}
    statement = allow("iam:ListUsers", Condition=condition)
    world.iam.put_role_policy(RoleName="second", PolicyName="p", PolicyDocument=document(statement))
    reached = put_on(chained, second)["Credentials"]
    assert world.client("iam", reached).list_users()["Users"]
    without = put_on(ann, second)["Credentials"]
    assert refused(world.client("iam", without).list_users)[0] == "AccessDenied"


def test_sessions_of_before_are_revoked_by_the_time_their_token_was_issued(world: World, ann: Any) -> None:
    now = time.time()
    world.node.clock = lambda: now
    role(world, "app")
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=document(allow("iam:ListUsers")))
    arn = f"arn:aws:iam::{ACCOUNT}:role/app"
    old = put_on(ann, arn)["Credentials"]
    assert world.client("iam", old).list_users()["Users"]
    now += 5
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    deny = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
    }
    world.iam.put_role_policy(
        RoleName="app", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document(deny)
    )
    code, message, _ = refused(world.client("iam", old).list_users)
    assert code == "AccessDenied"
    assert "explicit deny" in message
    now += 1
    assert world.client("iam", put_on(ann, arn)["Credentials"]).list_users()["Users"]


def test_a_role_of_another_account_asks_for_the_external_id_and_tells_no_more(world: World) -> None:
    world.user("ann", allow("sts:AssumeRole"))
    ann = world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])
    theirs = world.client("iam", world.other_root)
    trust = trusting(Condition={"StringEquals": {"sts:ExternalId": "secret-42"}})
    theirs.create_role(RoleName="app", AssumeRolePolicyDocument=trust)
    arn = f"arn:aws:iam::{OTHER_ACCOUNT}:role/app"
    denial = (
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: sts:AssumeRole on resource: "
    )
    others: tuple[dict[str, str], ...] = ({}, {"ExternalId": "secret-43"})
    for parameters in others:
        assert refused(put_on, sts=ann, arn=arn, **parameters) == ("AccessDenied", denial + arn, 403)
    for missing in (f"{arn}x", "arn:aws:iam::999999999999:role/app"):
        heard = refused(put_on, sts=ann, arn=missing, ExternalId="secret-42")
        assert heard == ("AccessDenied", denial + missing, 403)
    reply = put_on(ann, arn, ExternalId="secret-42")
    assert reply["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/app/me"
    world.iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document(allow("s3:*")))
    assert refused(put_on, sts=ann, arn=arn, ExternalId="secret-42")[0] == "AccessDenied"


def test_mfa_is_asked_for_by_the_trust_policy_and_a_code_serves_once(world: World) -> None:
    now = time.time() // 30 * 30 + 15
    world.node.clock = lambda: now
    world.user("bob", allow("sts:AssumeRole"))
    phone = Phone(world)
    enable(world, phone, now)
    sts = world.client("sts", world.iam.create_access_key(UserName="bob")["AccessKey"])
    arn = role(world, "app", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    assert refused(put_on, sts=sts, arn=arn)[0] == "AccessDenied"
    proof = {"SerialNumber": phone.serial, "TokenCode": phone.code(1, now)}
    assert put_on(sts, arn, **proof)["Credentials"]
    assert refused(put_on, sts=sts, arn=arn, **proof)[0] == "AccessDenied"  # the same code again
    assert refused(sts.get_session_token, **proof)[0] == "AccessDenied"
    assert refused(put_on, sts=sts, arn=arn, SerialNumber=phone.serial)[0] == "AccessDenied"
    now += 60
    proof["TokenCode"] = phone.code(0, now)
    session = sts.get_session_token(**proof)["Credentials"]
    assert put_on(world.client("sts", session), arn)["Credentials"]
    plain = sts.get_session_token()["Credentials"]
    assert refused(put_on, sts=world.client("sts", plain), arn=arn)[0] == "AccessDenied"


def test_what_a_users_session_may_call_depends_on_mfa(world: World) -> None:
    now = time.time() // 30 * 30 + 15
    world.node.clock = lambda: now
    world.user("bob", allow("*"))
    phone = Phone(world)
    enable(world, phone, now)
    sts = world.client("sts", world.iam.create_access_key(UserName="bob")["AccessKey"])
    plain = sts.get_session_token()["Credentials"]
    assert refused(world.client("iam", plain).list_users)[0] == "InvalidClientTokenId"
    proof = {"SerialNumber": phone.serial, "TokenCode": phone.code(1, now)}
    proven = sts.get_session_token(**proof)["Credentials"]
    assert world.client("iam", proven).list_users()["Users"]
    for session in (plain, proven):
        mine = world.client("sts", session)
        assert mine.get_caller_identity()["Arn"].endswith("user/bob")
        for call, parameters in (
            (mine.get_session_token, {}),
            (mine.get_federation_token, {"Name": "ann"}),
            (mine.decode_authorization_message, {"EncodedMessage": "x"}),
        ):
            assert refused(call, **parameters)[0] == "AccessDenied"


def test_parameters_are_checked(empty_world: World) -> None:
    world = empty_world
    world.user("eve", allow("sts:*"))
    eve = world.client("sts", world.iam.create_access_key(UserName="eve")["AccessKey"])
    arn = role(world, "checked", "sts:TagSession")
    wrong: tuple[dict[str, Any], ...] = (
        {"RoleSessionName": "a"},
        {"RoleSessionName": "a b"},
        {"RoleSessionName": "x" * 65},
        {"RoleSessionName": "\u00e9\u00e9"},
        {"RoleArn": "x" * 20},
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:user/checked"},
        {"RoleArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/checked/me"},
        {"DurationSeconds": 899},
        {"DurationSeconds": 43_201},
        {"DurationSeconds": 7200},
        {"ExternalId": "x"},
        {"ExternalId": "a b"},
        {"TokenCode": "12345"},
        {"SourceIdentity": "a"},
        {"Tags": [{"Key": "", "Value": "x"}]},
        {"Tags": [{"Key": "aws:x", "Value": "x"}]},
        {"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]},
        {"Policy": ""},
    )
    for changes in wrong:
        assert refused(put_on, sts=eve, arn=arn, **changes)[0] == "ValidationError", changes
    assert refused(put_on, sts=eve, arn=arn, Policy="{")[0] == "MalformedPolicyDocument"
    lower = arn.replace("role/checked", "role/CHECKED")
    assert refused(put_on, sts=eve, arn=lower)[0] == "AccessDenied"
    heavy = [{"Key": f"{n:03}" + "k" * 120, "Value": "v" * 256} for n in range(12)]
    code, message, _ = refused(put_on, sts=eve, arn=arn, Tags=heavy, Policy=document(allow("*")))
    assert code == "PackedPolicyTooLarge"
    assert message.endswith("of allotted space, please use smaller policy.")
    assert message.startswith("Packed policy consumes ")


@pytest.mark.parametrize("size", [0, 1, 1000, 1001, 1002, 1003, 4096])
def test_a_token_is_as_long_as_is_asked_for(empty_world: World, size: int) -> None:
    world = empty_world
    sts = world.client("sts")
    reply = sts.get_federation_token(Name="ann", MinimumSessionTokenSize=size)
    token = reply["Credentials"]["SessionToken"]
    assert reply["SessionTokenSize"] == len(token) >= size
    assert len(token) <= max(size + 8, 800)
    assert 0 < reply["SessionTokenUtilization"] <= 100
    assert (
        world.client("sts", reply["Credentials"]).get_caller_identity()["Arn"].endswith("federated-user/ann")
    )
    assert refused(sts.get_federation_token, Name="ann", MinimumSessionTokenSize=4097)[0] == "ValidationError"


def test_a_users_own_token_is_as_long_as_is_asked_for_too(empty_world: World) -> None:
    sts = empty_world.client("sts")
    plain, long = sts.get_session_token(), sts.get_session_token(MinimumSessionTokenSize=3000)
    assert plain["SessionTokenSize"] == len(plain["Credentials"]["SessionToken"]) < 1000
    assert long["SessionTokenSize"] == len(long["Credentials"]["SessionToken"]) >= 3000
    assert long["SessionTokenUtilization"] == long["SessionTokenSize"] * 100 // 16_384
    me = empty_world.client("sts", long["Credentials"]).get_caller_identity()
    assert me["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_a_context_needs_leave_and_is_never_ignored(world: World, ann: Any) -> None:
    arn = role(world, "app")
    context = [{"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "text"}]
    code, message, _ = refused(put_on, sts=ann, arn=arn, ProvidedContexts=context)
    assert code == "AccessDenied"
    assert "sts:SetContext" in message
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=trusting("sts:SetContext"))
    may = ["sts:AssumeRole", "sts:SetContext"]
    world.iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=document(allow(may)))
    invalid = ("ValidationError", "The provided context assertion is not valid.", 400)
    assert refused(put_on, sts=ann, arn=arn, ProvidedContexts=context) == invalid
    other = {"ArnNotEquals": {"sts:RequestContextProviders": "arn:aws:iam::aws:contextProvider/Other"}}
    denial = {"Effect": "Deny", "Action": "sts:SetContext", "Resource": "*"}
    limited = document(allow(may), {**denial, "Condition": {f"ForAnyValue:{k}": v for k, v in other.items()}})
    world.iam.put_user_policy(UserName="ann", PolicyName="may", PolicyDocument=limited)
    assert refused(put_on, sts=ann, arn=arn, ProvidedContexts=context)[0] == "AccessDenied"
    assert put_on(ann, arn)["Credentials"]


BLUE = [{"Key": "team", "Value": "blue"}]
DECIDES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "sts:ExternalId": (
        {"StringEquals": {"sts:ExternalId": "42"}},
        {"ExternalId": "42"},
        {"ExternalId": "43"},
    ),
    "sts:RoleSessionName": (
        {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}},
        {"RoleSessionName": "ann"},
        {"RoleSessionName": "bob"},
    ),
    "sts:SourceIdentity": (
        {"StringLike": {"sts:SourceIdentity": "${aws:username}"}},
        {"SourceIdentity": "ann"},
        {"SourceIdentity": "bob"},
    ),
    "sts:TransitiveTagKeys": (
        {"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "team"}},
        {"Tags": BLUE, "TransitiveTagKeys": ["team"]},
        {"Tags": BLUE},
    ),
    "aws:RequestTag": (
        {"StringEquals": {"aws:RequestTag/Team": "blue"}},
        {"Tags": BLUE},
        {"Tags": [{"Key": "team", "Value": "red"}]},
    ),
    "aws:TagKeys": (
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}, "Null": {"aws:TagKeys": "false"}},
        {"Tags": BLUE},
        {"Tags": [*BLUE, {"Key": "more", "Value": "x"}]},
    ),
    "aws:PrincipalTag": (
        {"StringEquals": {"aws:PrincipalTag/dept": "eng"}, "StringNotEquals": {"sts:RoleSessionName": "x1"}},
        {},
        {"RoleSessionName": "x1"},
    ),
}
"""Conditions of a trust policy by the key that they test: a request that they let through, and one that they do not."""


@pytest.mark.parametrize("key", DECIDES)
def test_each_key_of_the_request_decides(decided: tuple[World, Any], key: str) -> None:
    world, sts = decided
    condition, allowed, denied = DECIDES[key]
    world.iam.update_assume_role_policy(
        RoleName="decided",
        PolicyDocument=trusting("sts:TagSession", "sts:SetSourceIdentity", Condition=condition),
    )
    arn = f"arn:aws:iam::{ACCOUNT}:role/decided"
    assert put_on(sts, arn, **allowed)["Credentials"]
    assert refused(put_on, sts=sts, arn=arn, **denied)[0] == "AccessDenied"
    if "Tags" in allowed or "SourceIdentity" in allowed:  # each of these has an action of its own
        alone = trusting(Condition=condition)
        world.iam.update_assume_role_policy(RoleName="decided", PolicyDocument=alone)
        assert refused(put_on, sts=sts, arn=arn, **allowed)[0] == "AccessDenied"


@pytest.fixture(scope="module")
def decided(empty_world: World) -> tuple[World, Any]:
    """A caller with a tag and a role, of which each test decides whom it trusts."""
    empty_world.user("ann", allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))
    empty_world.iam.tag_user(UserName="ann", Tags=[{"Key": "dept", "Value": "eng"}])
    empty_world.iam.create_role(RoleName="decided", AssumeRolePolicyDocument=trusting())
    return empty_world, empty_world.client(
        "sts", empty_world.iam.create_access_key(UserName="ann")["AccessKey"]
    )


def test_a_roles_own_tags_decide_for_its_caller(world: World) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html"""
    for tag in ("aws:ResourceTag/open", "iam:ResourceTag/open"):
        name = f"u-{tag[:3]}"
        condition = {"StringEquals": {tag: "yes"}}
        world.user(name, allow("sts:AssumeRole", Condition=condition))
        sts = world.client("sts", world.iam.create_access_key(UserName=name)["AccessKey"])
        arn = role(world, f"r-{tag[:3]}")
        assert refused(put_on, sts=sts, arn=arn)[0] == "AccessDenied"
        world.iam.tag_role(RoleName=f"r-{tag[:3]}", Tags=[{"Key": "open", "Value": "yes"}])
        assert put_on(sts, arn)["Credentials"]
