"""CloudTrail's event history over the wire: what was called, by whom, found again by its attributes."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.support.server import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import TabardServer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


def refusal(act: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        act()
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


class History:
    """A server, and what can be looked up in it."""

    def __init__(self, server: TabardServer) -> None:
        self.server = server
        self.client = server.client("cloudtrail")

    def look(self, key: str = "", value: str = "", **more: Any) -> list[dict[str, Any]]:
        if key:
            more["LookupAttributes"] = [{"AttributeKey": key, "AttributeValue": value}]
        found: list[dict[str, Any]] = []
        for page in self.client.get_paginator("lookup_events").paginate(**more):
            found += page["Events"]
        return found

    def names(self, key: str = "", value: str = "", **more: Any) -> list[str]:
        return [each["EventName"] for each in self.look(key, value, **more)]


@pytest.fixture(scope="module")
def history() -> Iterator[History]:
    with running() as server:
        yield History(server)


def user(history: History, *actions: str) -> tuple[str, dict[str, str]]:
    iam, name = history.server.client("iam"), f"u{secrets.token_hex(4)}"
    iam.create_user(UserName=name)
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    return name, iam.create_access_key(UserName=name)["AccessKey"]


def test_an_event_and_its_record(history: History) -> None:
    name, key = user(history, "iam:CreateRole")
    role = f"r{secrets.token_hex(4)}"
    began = datetime.now(UTC) - timedelta(seconds=2)
    reply = history.server.client("iam", key).create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    (event,) = history.look("ResourceName", role)
    assert event["EventName"] == "CreateRole"
    assert event["EventSource"] == "iam.amazonaws.com"
    assert event["ReadOnly"] == "false"
    assert event["Username"] == name
    assert event["AccessKeyId"] == key["AccessKeyId"]
    assert {"ResourceType": "AWS::IAM::Role", "ResourceName": role} in event["Resources"]
    assert began <= event["EventTime"] <= datetime.now(UTC)
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventID"] == event["EventId"]
    assert record["requestParameters"]["roleName"] == role
    assert record["responseElements"]["role"]["arn"] == reply["Role"]["Arn"]
    assert record["eventCategory"] == "Management"
    assert record["recipientAccountId"] == history.server.account
    for key_, value in (
        ("EventId", event["EventId"]),
        ("AccessKeyId", key["AccessKeyId"]),
        ("Username", name),
    ):
        assert event["EventId"] in {each["EventId"] for each in history.look(key_, value)}


def test_each_attribute_finds_its_own_alone(history: History) -> None:
    name, key = user(history, "iam:*", "sts:*", "s3:*")
    iam = history.server.client("iam", key)
    iam.get_user(UserName=name)
    assert (
        refusal(lambda: history.server.client("ec2", key).describe_instances())[0] == "UnauthorizedOperation"
    )
    mine = history.look("Username", name)
    assert [each["EventName"] for each in mine] == ["DescribeInstances", "GetUser"]
    denied = json.loads(mine[0]["CloudTrailEvent"])
    assert denied["errorCode"] == "UnauthorizedOperation"
    assert "ec2:DescribeInstances" in denied["errorMessage"]
    assert history.names("AccessKeyId", key["AccessKeyId"]) == ["DescribeInstances", "GetUser"]
    assert set(history.names("EventName", "GetUser")) == {"GetUser"}
    assert {each["EventSource"] for each in history.look("EventSource", "ec2.amazonaws.com")} == {
        "ec2.amazonaws.com"
    }
    for wanted in ("true", "false"):
        found = history.look("ReadOnly", wanted)
        assert found
        assert {each["ReadOnly"] for each in found} == {wanted}
    kinds = history.look("ResourceType", "AWS::IAM::User")
    assert kinds
    assert all(
        "AWS::IAM::User" in {resource["ResourceType"] for resource in each["Resources"]} for each in kinds
    )
    assert {each["Username"] for each in history.look("Username", "root")} == {"root"}
    for nothing in (
        ("EventName", "getuser"),
        ("Username", name[:-1]),
        ("EventId", "x"),
        ("AccessKeyId", "AKIA"),
    ):
        assert history.look(*nothing) == []


def test_sessions_are_found_by_their_own_name(history: History) -> None:
    _, key = user(history, "sts:AssumeRole", "sts:*")
    iam, role = history.server.client("iam"), f"r{secrets.token_hex(4)}"
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    session = history.server.client("sts", key).assume_role(RoleArn=arn, RoleSessionName=f"s-{role}")
    history.server.client("sts", session["Credentials"]).get_caller_identity()
    (event,) = history.look("Username", f"s-{role}")
    assert event["EventName"] == "GetCallerIdentity"
    assert event["AccessKeyId"] == session["Credentials"]["AccessKeyId"]
    assumed = history.look("ResourceName", arn)
    assert [each["EventName"] for each in assumed][:1] == ["AssumeRole"]


def test_what_is_done_with_buckets_is_management_and_with_objects_is_not(history: History) -> None:
    s3, bucket = history.server.client("s3"), f"b{secrets.token_hex(6)}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.get_object(Bucket=bucket, Key="k")
    s3.list_objects_v2(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="k")
    s3.get_bucket_location(Bucket=bucket)
    s3.delete_bucket(Bucket=bucket)
    assert history.names("ResourceName", bucket) == ["DeleteBucket", "GetBucketLocation", "CreateBucket"]


def test_events_are_found_where_they_were_made_and_iams_in_one_place(history: History) -> None:
    name, key = user(history, "iam:GetUser", "ec2:*", "cloudtrail:*")
    history.server.client("iam", key, region="eu-west-1").get_user(UserName=name)
    history.server.client("ec2", key, region="eu-west-1").describe_vpcs()
    assert history.names("Username", name) == ["GetUser"]
    west = history.server.client("cloudtrail", key, region="eu-west-1")
    attributes = [{"AttributeKey": "Username", "AttributeValue": name}]
    events = west.lookup_events(LookupAttributes=attributes)["Events"]
    assert [each["EventName"] for each in events] == ["DescribeVpcs"]
    record = json.loads(history.look("Username", name)[0]["CloudTrailEvent"])
    assert record["awsRegion"] == "us-east-1"
    assert (
        refusal(lambda: history.server.client("cloudtrail", key, region="mars-1").lookup_events())[1] == 400
    )


def test_pages_hold_what_was_asked_for_and_lead_to_the_end(history: History) -> None:
    name, key = user(history, "sts:*")
    sts = history.server.client("sts", key)
    for _ in range(7):
        sts.get_caller_identity()
    attributes = [{"AttributeKey": "Username", "AttributeValue": name}]
    seen: list[str] = []
    sizes: list[int] = []
    token: dict[str, str] = {}
    while True:
        page = history.client.lookup_events(LookupAttributes=attributes, MaxResults=3, **token)
        sizes.append(len(page["Events"]))
        seen += [each["EventId"] for each in page["Events"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        sts.get_caller_identity()  # what is new does not shift what is older
    assert sizes == [3, 3, 1]
    assert len(set(seen)) == 7
    page = history.client.lookup_events(LookupAttributes=attributes, MaxResults=3)
    other = [{"AttributeKey": "Username", "AttributeValue": "root"}]
    for parameters in (
        {"LookupAttributes": other, "NextToken": page["NextToken"]},
        {"LookupAttributes": attributes, "NextToken": "x"},
        {"LookupAttributes": attributes, "NextToken": page["NextToken"][:-4] + "AAA="},
    ):
        assert refusal(lambda given=parameters: history.client.lookup_events(**given)) == (  # type: ignore[misc]
            "InvalidNextTokenException",
            400,
        )


def test_the_newest_come_first_and_times_bound_them(history: History) -> None:
    found = history.look()
    times = [each["EventTime"] for each in found]
    assert times == sorted(times, reverse=True)
    assert len({each["EventId"] for each in found}) == len(found)
    now = datetime.now(UTC)
    assert history.look(EndTime=now - timedelta(days=1)) == []
    assert history.look(StartTime=now + timedelta(days=1), EndTime=now + timedelta(days=2)) == []
    middle = times[len(times) // 2]
    assert {each["EventTime"] >= middle for each in history.look(StartTime=middle)} == {True}
    assert {each["EventTime"] <= middle for each in history.look(EndTime=middle)} == {True}
    assert refusal(lambda: history.look(StartTime=now, EndTime=now - timedelta(hours=1))) == (
        "InvalidTimeRangeException",
        400,
    )


def test_what_is_wrong_with_a_request_is_said_in_the_services_words(history: History) -> None:
    look = history.client.lookup_events
    wrong = [{"AttributeKey": "ReadOnly", "AttributeValue": "maybe"}]
    assert refusal(lambda: look(LookupAttributes=wrong)) == ("InvalidLookupAttributesException", 400)
    unknown = [{"AttributeKey": "Colour", "AttributeValue": "red"}]
    assert refusal(lambda: look(LookupAttributes=unknown)) == ("ValidationException", 400)
    assert refusal(lambda: look(MaxResults=51)) == ("InvalidMaxResultsException", 400)
    two = [
        {"AttributeKey": "EventName", "AttributeValue": "CreateUser"},
        {"AttributeKey": "EventName", "AttributeValue": "GetUser"},
    ]
    events = look(LookupAttributes=two)["Events"]
    assert {each["EventName"] for each in events} == {"CreateUser"}  # AWS ignores all but the first
    assert look(EventCategory="insight")["Events"] == []
    assert refusal(history.client.describe_trails) == ("UnknownOperationException", 400)


def test_who_may_not_look_is_refused(history: History) -> None:
    _, key = user(history)
    code, status = refusal(history.server.client("cloudtrail", key).lookup_events)
    assert (code, status) == ("AccessDeniedException", 400)
    name, key = user(history, "cloudtrail:LookupEvents")
    assert history.server.client("cloudtrail", key).lookup_events(MaxResults=1)["Events"]
    (event,) = history.look("Username", name)
    assert (event["EventName"], event["ReadOnly"]) == ("LookupEvents", "true")
    assert history.server.client("cloudtrail", {**key, "SecretAccessKey": "x" * 40}) is not None
    assert refusal(
        history.server.client("cloudtrail", {**key, "SecretAccessKey": "x" * 40}).lookup_events
    ) == ("InvalidSignatureException", 400)
    assert refusal(
        history.server.client("cloudtrail", {**key, "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}).lookup_events
    ) == ("UnrecognizedClientException", 400)


def test_the_command_line_looks_events_up(history: History) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).parent / "aws",
            "cloudtrail",
            "lookup-events",
            "--lookup-attributes",
            "AttributeKey=EventName,AttributeValue=CreateUser",
            "--max-items",
            "2",
        ],
        env=history.server.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    events = json.loads(done.stdout)["Events"]
    assert [each["EventName"] for each in events] == ["CreateUser", "CreateUser"]
