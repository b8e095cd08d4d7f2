"""Ending sessions that are out already: by the time of their token, by the age of their MFA, by what they were made from.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.services.iam.conftest import ACCOUNT, World, allow, document, refused

import tabard.services.ec2  # noqa: F401 - registers what the sessions call
from tabard.identity.sessions import mint


class Clock:
    """The world's time, which a test moves."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(world: World) -> Clock:
    made = Clock()
    world.node.clock = made
    return made


@pytest.fixture
def ids(world: World) -> dict[str, str]:
    """A user and a role that may look at networks: their unique ids."""
    world.user("ann", allow("ec2:Describe*"))
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    role = world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=document(trust))["Role"]
    world.iam.put_role_policy(
        RoleName="app", PolicyName="may", PolicyDocument=document(allow(["ec2:Describe*", "sts:AssumeRole"]))
    )
    return {"ann": world.iam.get_user(UserName="ann")["User"]["UserId"], "app": role["RoleId"]}


def session(world: World, kind: Any, principal: str, *, ago: float = 0.0, **more: Any) -> Any:
    """An EC2 client with session credentials that are made now, or were so many seconds ago."""
    made = mint(
        world.node.keys,
        world.node.random,
        kind=kind,
        account=ACCOUNT,
        principal_id=principal,
        session_name="me" if kind != "session-user" else "",
        now=world.node.clock() - ago,
        duration=3600,
        **more,
    )
    return world.client("ec2", _credentials(made))


def _credentials(made: Any) -> dict[str, str]:
    return {
        "AccessKeyId": made.access_key_id,
        "SecretAccessKey": made.secret_access_key,
        "SessionToken": made.session_token,
    }


def older_than(moment: float) -> str:
    """The policy that AWS's console attaches to revoke sessions."""
    told = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(moment))
    condition = {"DateLessThan": {"aws:TokenIssueTime": told}}
    return document({"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition})


def works(ec2: Any) -> bool:
    try:
        return bool(ec2.describe_regions()["Regions"])
    except ec2.exceptions.ClientError as error:
        heard = error.response["Error"]
    assert heard["Code"] == "UnauthorizedOperation"
    assert "with an explicit deny in an identity-based policy" in heard["Message"]
    return False


def test_a_roles_sessions_of_before_end_and_those_of_after_do_not(
    world: World, clock: Clock, ids: dict[str, str]
) -> None:
    provider = {"provider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/x"}
    before = [session(world, "role", ids["app"], **more) for more in ({}, {"chained": True}, provider)]
    clock.now += 10
    world.iam.put_role_policy(
        RoleName="app", PolicyName="AWSRevokeOlderSessions", PolicyDocument=older_than(clock.now)
    )
    after = session(world, "role", ids["app"])
    assert [works(each) for each in before] == [False, False, False]
    assert works(after)
    world.iam.delete_role_policy(RoleName="app", PolicyName="AWSRevokeOlderSessions")
    assert all(works(each) for each in before)


def test_a_users_sessions_end_and_its_key_goes_on(world: World, clock: Clock, ids: dict[str, str]) -> None:
    key = world.client("ec2", world.iam.create_access_key(UserName="ann")["AccessKey"])
    mine = session(world, "session-user", ids["ann"])
    theirs = session(world, "federated", ids["ann"], policies=(document(allow("ec2:*")),))
    assert works(mine)
    assert works(theirs)
    clock.now += 10
    world.iam.put_user_policy(UserName="ann", PolicyName="revoke", PolicyDocument=older_than(clock.now))
    assert not works(mine)
    assert not works(theirs)
    assert works(key)  # a key has no token, and so no time of one
    assert works(session(world, "session-user", ids["ann"]))


def test_sessions_that_were_reached_through_a_role_outlive_its_revocation(
    world: World, clock: Clock, ids: dict[str, str]
) -> None:
    """As on AWS: they are the next role's, and are revoked there."""
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    world.iam.create_role(RoleName="next", AssumeRolePolicyDocument=document(trust))
    world.iam.put_role_policy(
        RoleName="next", PolicyName="may", PolicyDocument=document(allow("ec2:Describe*"))
    )
    first = mint(
        world.node.keys,
        world.node.random,
        kind="role",
        account=ACCOUNT,
        principal_id=ids["app"],
        session_name="me",
        now=clock.now,
        duration=3600,
    )
    sts = world.client("sts", _credentials(first))
    asked = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/next", "RoleSessionName": "me"}
    reached = world.client("ec2", sts.assume_role(**asked)["Credentials"])
    clock.now += 10
    world.iam.put_role_policy(RoleName="app", PolicyName="revoke", PolicyDocument=older_than(clock.now))
    assert refused(sts.assume_role, **asked)[0] == "AccessDenied"
    assert works(reached)
    world.iam.put_role_policy(RoleName="next", PolicyName="revoke", PolicyDocument=older_than(clock.now))
    assert not works(reached)


def test_the_age_of_mfa_is_counted_from_the_code(world: World, clock: Clock, ids: dict[str, str]) -> None:
    stale = {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}
    world.iam.put_user_policy(
        UserName="ann",
        PolicyName="fresh",
        PolicyDocument=document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": stale}),
    )
    proven = session(world, "session-user", ids["ann"], mfa_at=clock.now - 3600)
    plain = session(world, "session-user", ids["ann"])
    assert works(proven)
    clock.now += 1
    assert not works(proven)
    assert works(plain)  # a session without MFA has no age of it


def test_sessions_end_to_the_second_and_with_what_they_are_of(
    world: World, clock: Clock, ids: dict[str, str]
) -> None:
    ours = session(world, "role", ids["app"], ago=3590)
    theirs = session(world, "session-user", ids["ann"], ago=3590)
    clock.now += 9
    assert works(ours)
    clock.now += 1
    for each in (ours, theirs):
        code, message, status = refused(each.describe_regions)
        assert (code, status) == ("RequestExpired", 400)
        assert message == "Request has expired."
    clock.now -= 10
    assert works(ours)
    world.iam.delete_role_policy(RoleName="app", PolicyName="may")
    world.iam.delete_role(RoleName="app")
    assert refused(ours.describe_regions)[0] == "AuthFailure"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=document(trust))
    assert refused(ours.describe_regions)[0] == "AuthFailure"  # of the same name, and not the same role
