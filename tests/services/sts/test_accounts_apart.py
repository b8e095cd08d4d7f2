"""What one account hears of another's roles: nothing, in replies and in its event history. Confused deputies are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.services.iam.conftest import ACCOUNT, OTHER_ACCOUNT, World, allow, document, refused
from tests.support.work import steps

import tabard.services.ec2  # noqa: F401 - registers what is refused with an encoded message
from tabard.services.cloudtrail.records import told_to

if TYPE_CHECKING:
    from collections.abc import Callable

ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
HERS = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
SECRET = {**HERS, "Sid": "Partner", "Condition": {"StringEquals": {"sts:ExternalId": "secret-42"}}}
TRUST = {
    "unconditional-other": document({**HERS, "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}}),
    "external-id": document(SECRET),
    "denied": document(SECRET, {**HERS, "Effect": "Deny", "Sid": "NotYou", "Principal": {"AWS": ANN}}),
    "service": document({**HERS, "Principal": {"Service": "ec2.amazonaws.com"}}),
    "tagged": document({**HERS, "Condition": {"StringEquals": {"aws:ResourceTag/open": "yes"}}}),
}
"""Roles of another account that do not trust the caller, each in its own way."""


def role(name: str) -> str:
    return f"arn:aws:iam::{OTHER_ACCOUNT}:role/{name}"


@pytest.fixture(scope="module")
def apart(empty_world: World) -> tuple[World, Any]:
    """A world whose other account has those roles, and a caller of this one who may assume any."""
    empty_world.user("ann", allow(["sts:*", "cloudtrail:LookupEvents"]))
    theirs = empty_world.client("iam", empty_world.other_root)
    for name, trust in TRUST.items():
        theirs.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust, Tags=[{"Key": "plans", "Value": "hidden"}]
        )
    return empty_world, empty_world.client(
        "sts", empty_world.iam.create_access_key(UserName="ann")["AccessKey"]
    )


def shown(world: World) -> dict[str, Any]:
    """The last record, as the caller's account is shown it."""
    found: dict[str, Any] = json.loads(told_to(ACCOUNT, msgspec.json.encode(world.trail.events[-1])))
    return found


def without(value: Any, *names: str) -> Any:
    """A record without the members that name the call and its moment."""
    if isinstance(value, dict):
        return {key: without(each, *names) for key, each in value.items() if key not in names}
    return [without(each, *names) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("more", [{}, {"SourceIdentity": "ann"}, {"Tags": [{"Key": "a", "Value": "b"}]}])
def test_a_role_that_is_not_there_and_one_that_does_not_trust_look_alike(
    apart: tuple[World, Any], more: dict[str, Any]
) -> None:
    world, sts = apart
    moments = ("eventTime", "requestID", "eventID", "aws:currenttime", "aws:epochtime")
    heard = []
    for name in ("nothing", *TRUST):
        reply = refused(sts.assume_role, RoleArn=role(name), RoleSessionName="me", **more)
        record = json.dumps(without(shown(world), *moments))
        heard.append(
            (
                reply[0],
                reply[1].replace(role(name), role("?")),
                reply[2],
                record.replace(role(name), role("?")),
            )
        )
    assert len(set(heard)) == 1, heard
    assert heard[0][:3] == (
        "AccessDenied",
        f"User: {ANN} is not authorized to perform: sts:AssumeRole on resource: {role('?')}",
        403,
    )


def test_what_the_trail_keeps_for_the_operator_is_not_shown_to_the_caller(apart: tuple[World, Any]) -> None:
    world, sts = apart
    secrets = ("secret-42", "Partner", "NotYou", "hidden", "plans")
    for name in ("external-id", "denied", "tagged"):
        refused(sts.assume_role, RoleArn=role(name), RoleSessionName="me")
        kept = msgspec.json.encode(world.trail.events[-1]).decode()
        assert any(secret in kept for secret in secrets)
        seen = json.dumps(shown(world))
        assert not any(secret in seen for secret in secrets), seen
        assert "sts:ExternalId" not in seen
        theirs = json.loads(told_to(OTHER_ACCOUNT, kept.encode()))
        assert theirs == json.loads(kept)


def test_of_its_own_roles_an_account_is_told_everything(apart: tuple[World, Any]) -> None:
    world, sts = apart
    world.iam.create_role(RoleName="own", AssumeRolePolicyDocument=document(SECRET))
    refused(sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/own", RoleSessionName="me")
    record = shown(world)
    [miss] = record["additionalEventData"]["explanation"]["nearMisses"]
    assert (miss["key"], miss["expected"]) == ("sts:ExternalId", ["secret-42"])


def test_whom_a_policy_nearly_meant_is_told_by_arn(apart: tuple[World, Any]) -> None:
    world, sts = apart
    user = world.iam.create_user(UserName="somebody")["User"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": user["Arn"]}}
    world.iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=document(trust))
    refused(sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/theirs", RoleSessionName="me")
    [miss] = shown(world)["additionalEventData"]["explanation"]["nearMisses"]
    assert (miss["element"], miss["expected"], miss["found"]) == ("Principal", [user["Arn"]], [ANN])
    world.iam.delete_user(UserName="somebody")
    refused(sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/theirs", RoleSessionName="me")
    [miss] = shown(world)["additionalEventData"]["explanation"]["nearMisses"]
    assert miss["expected"] == [user["UserId"]]


def test_a_role_that_is_not_there_takes_the_same_steps(apart: tuple[World, Any]) -> None:
    """Lines of Python, which no busy machine changes: an unknown role is decided on as one whose policy is silent."""
    _, sts = apart

    def ask(name: str) -> Callable[[], object]:
        return lambda: refused(sts.assume_role, RoleArn=role(name), RoleSessionName="me")

    for name in ("nothing", "unconditional-other"):
        ask(name)()
    unknown, silent = steps(ask("nothing")), steps(ask("unconditional-other"))
    assert abs(unknown - silent) < 0.05 * silent, (unknown, silent)


def test_the_message_of_a_denial_opens_for_no_other_account(apart: tuple[World, Any]) -> None:
    world, _ = apart
    world.user("eve")
    ec2 = world.client("ec2", world.iam.create_access_key(UserName="eve")["AccessKey"])
    encoded = refused(ec2.describe_instances)[1].partition("failure message: ")[2]
    theirs = world.client("sts", world.other_root)
    invalid = ("InvalidAuthorizationMessageException", "Message is not valid.", 400)
    assert refused(theirs.decode_authorization_message, EncodedMessage=encoded) == invalid
    assert (
        "DescribeInstances"
        in world.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]
    )


def test_another_accounts_things_are_not_there(apart: tuple[World, Any]) -> None:
    """By the id of what is another account's, and of what is nowhere, the same is heard; by names too."""
    world, _ = apart
    ours, theirs = (world.client("ec2", key) for key in (world.root, world.other_root))
    vpc = theirs.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnet = theirs.describe_subnets()["Subnets"][0]["SubnetId"]
    group = theirs.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    theirs.create_key_pair(KeyName="theirs")
    asked: tuple[tuple[Callable[..., Any], str, str, str], ...] = (
        (ours.describe_vpcs, "VpcIds", vpc, "vpc-00000000000000000"),
        (ours.describe_subnets, "SubnetIds", subnet, "subnet-00000000000000000"),
        (ours.describe_security_groups, "GroupIds", group, "sg-00000000000000000"),
        (ours.describe_key_pairs, "KeyNames", "theirs", "nobody"),
    )
    for operation, parameter, existing, unknown in asked:
        heard = [refused(operation, **{parameter: [each]}) for each in (existing, unknown)]
        code, message, status = heard[0]
        assert (code, message.replace(existing, unknown), status) == heard[1]
        assert code.endswith(".NotFound"), code
    theirs_iam = world.client("iam", world.other_root)
    theirs_iam.create_user(UserName="hidden")
    reached = [refused(world.iam.get_user, UserName=name) for name in ("hidden", "nobody")]
    assert reached[0] == (reached[1][0], reached[1][1].replace("nobody", "hidden"), reached[1][2])


def test_a_deputy_is_asked_for_the_external_id_of_whom_it_serves(apart: tuple[World, Any]) -> None:
    """The vendor's caller serves many: with another customer's id, or none, it does not reach this one's role."""
    world, vendor = apart
    theirs = world.client("iam", world.other_root)
    theirs.create_role(RoleName="customer", AssumeRolePolicyDocument=document(SECRET))
    asked = {"RoleArn": role("customer"), "RoleSessionName": "scan"}
    assert refused(vendor.assume_role, **asked)[0] == "AccessDenied"
    assert refused(vendor.assume_role, **asked, ExternalId="secret-43")[0] == "AccessDenied"
    assert vendor.assume_role(**asked, ExternalId="secret-42")["Credentials"]
