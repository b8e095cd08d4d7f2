"""AWS's federation endpoint: a role's credentials open the console, and nothing else does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.edge.test_console import as_arguments, ask

from tabard.core.errors import AwsError
from tabard.edge.console.federation import destination

if TYPE_CHECKING:
    from tests.support.server import TabardServer

BASE = "http://127.0.0.1:4681"


@pytest.fixture(scope="module")
def worn(server: TabardServer) -> dict[str, str]:
    """The credentials of a role that a user has put on."""
    iam = server.client("iam")
    iam.create_user(UserName="federation-ann")
    root = f"arn:aws:iam::{server.account}:root"
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"},
    }
    may = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam.put_user_policy(UserName="federation-ann", PolicyName="all", PolicyDocument=json.dumps(may))
    iam.create_role(
        RoleName="federation-worn", AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=43200
    )
    iam.put_role_policy(RoleName="federation-worn", PolicyName="all", PolicyDocument=json.dumps(may))
    key = iam.create_access_key(UserName="federation-ann")["AccessKey"]
    found: dict[str, str] = server.client("sts", key).assume_role(
        RoleArn=f"arn:aws:iam::{server.account}:role/federation-worn", RoleSessionName="ann"
    )["Credentials"]
    return found


def session_of(credentials: dict[str, str]) -> str:
    return json.dumps(
        {
            "sessionId": credentials["AccessKeyId"],
            "sessionKey": credentials["SecretAccessKey"],
            "sessionToken": credentials.get("SessionToken", ""),
        }
    )


def get_token(server: TabardServer, credentials: dict[str, str], **more: str) -> tuple[int, Any]:
    query = urlencode({"Action": "getSigninToken", "Session": session_of(credentials), **more})
    status, _, body = ask(server, "GET", f"/federation?{query}")
    return status, json.loads(body)["SigninToken"] if status == 200 else body.decode().strip()


def log_in(server: TabardServer, token: str, place: str = "/_/console/iam/roles", **more: str) -> Any:
    query = urlencode({"Action": "login", "SigninToken": token, "Destination": place, **more})
    return ask(server, "GET", f"/federation?{query}")


def test_the_way_from_credentials_to_a_session(server: TabardServer, worn: dict[str, str]) -> None:
    status, token = get_token(server, worn)
    assert status == 200
    status, headers, _ = log_in(server, token, Issuer="https://broker.example/login")
    assert status == 302
    place, _, fragment = headers["location"].partition("#")
    assert place == "/_/console/iam/roles"
    told = parse_qs(fragment)
    assert told == {"signin": [token], "issuer": ["https://broker.example/login"]}
    status, _, body = ask(server, "POST", "/_/console/federation", json.dumps({"token": token}).encode())
    session = json.loads(body)
    assert (status, session["kind"], session["name"]) == (200, "AssumedRole", "federation-worn/ann")
    assert session["credentials"]["accessKeyId"] == worn["AccessKeyId"]


def test_a_session_may_last_longer_than_its_credentials(server: TabardServer, worn: dict[str, str]) -> None:
    _, token = get_token(server, worn, SessionDuration="43200")
    _, _, body = ask(server, "POST", "/_/console/federation", json.dumps({"token": token}).encode())
    session = json.loads(body)
    assert session["credentials"]["accessKeyId"] != worn["AccessKeyId"]
    who = server.client("sts", as_arguments(session)).get_caller_identity()
    assert who["Arn"].endswith(":assumed-role/federation-worn/ann")


def test_a_console_session_can_not_outlast_itself(server: TabardServer, worn: dict[str, str]) -> None:
    _, token = get_token(server, worn, SessionDuration="900")
    _, _, body = ask(server, "POST", "/_/console/federation", json.dumps({"token": token}).encode())
    given = json.loads(body)["credentials"]
    session = {
        "AccessKeyId": given["accessKeyId"],
        "SecretAccessKey": given["secretAccessKey"],
        "SessionToken": given["sessionToken"],
    }
    assert server.client("iam", session).list_roles()
    assert get_token(server, session, SessionDuration="43200") == (400, "Invalid credentials parameter")


@pytest.mark.parametrize("seconds", ["899", "43201", "0", "-1", "1h", "9" * 30])
def test_durations_have_aws_bounds(server: TabardServer, worn: dict[str, str], seconds: str) -> None:
    assert get_token(server, worn, SessionDuration=seconds) == (400, "Invalid SessionDuration parameter")


def test_a_chained_session_lasts_an_hour_at_most(server: TabardServer, worn: dict[str, str]) -> None:
    chained = server.client("sts", worn).assume_role(
        RoleArn=f"arn:aws:iam::{server.account}:role/federation-worn", RoleSessionName="again"
    )["Credentials"]
    assert get_token(server, chained, SessionDuration="3600")[0] == 200
    assert get_token(server, chained, SessionDuration="3601")[0] == 400


def test_other_credentials_open_nothing(server: TabardServer, worn: dict[str, str]) -> None:
    root = server.root()
    given = {"AccessKeyId": root["aws_access_key_id"], "SecretAccessKey": root["aws_secret_access_key"]}
    short = server.client("sts").get_session_token()["Credentials"]
    for credentials in (given, short, {**worn, "SecretAccessKey": "x" * 40}, {**worn, "SessionToken": "x"}):
        assert get_token(server, credentials) == (400, "Invalid credentials parameter")
    assert ask(server, "GET", "/federation?Action=getSigninToken&Session=nonsense")[0] == 400
    assert ask(server, "GET", "/federation?Action=other")[0] == 400
    for token in ("", "x", "eHh4"):
        assert log_in(server, token)[0] == 400
        body = json.dumps({"token": token}).encode()
        assert ask(server, "POST", "/_/console/federation", body)[0] == 400


def test_a_form_is_taken_too(server: TabardServer, worn: dict[str, str]) -> None:
    form = urlencode({"Action": "getSigninToken", "Session": session_of(worn)}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = ask(server, "POST", "/federation", form, kind)
    assert (status, list(json.loads(body))) == (200, ["SigninToken"])


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("", "/_/console/"),
        ("/_/console/s3/buckets?x=1", "/_/console/s3/buckets?x=1"),
        (f"{BASE}/_/console/iam/users", "/_/console/iam/users"),
        (f"{BASE}/", "/_/console/"),
        ("https://console.aws.amazon.com/", "/_/console/"),
        ("https://console.aws.amazon.com/ec2/v2/home?region=x", "/_/console/ec2/instances"),
        ("https://us-east-1.console.aws.amazon.com/iam/home", "/_/console/iam/roles"),
        ("/_/console///evil.example", "/_/console/evil.example"),
    ],
)
def test_destinations_are_own_pages(asked: str, path: str) -> None:
    assert destination(asked, BASE) == path


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/",
        "//evil.example/_/console/",
        "https://console.aws.amazon.com.evil.example/",
        "https://evil.example/console.aws.amazon.com",
        "javascript:alert(1)",
        "/\\evil.example",
        "/some-bucket/page.html",
        "http://127.0.0.1:4682/_/console/",
        "http://u@127.0.0.1:4681/_/console/",
        "/_/console/\r\nset-cookie: a=b",
        "http://[::1/",
    ],
)
def test_nobody_is_led_elsewhere(asked: str) -> None:
    with pytest.raises(AwsError, match="Invalid Destination parameter"):
        destination(asked, BASE)


def test_a_bucket_of_that_name_is_still_a_bucket(server: TabardServer) -> None:
    import boto3

    s3 = boto3.client(  # type: ignore[call-overload]
        "s3",
        endpoint_url=f"http://{urlsplit(server.started['console']).netloc}",
        region_name="us-east-1",
        **server.root(),
    )
    for name in ("federation", "switchrole"):
        s3.create_bucket(Bucket=name)
        assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0


def test_the_address_of_aws_to_switch_roles(server: TabardServer) -> None:
    status, headers, _ = ask(server, "GET", "/switchrole?account=123456789012&roleName=Lab&displayName=x")
    assert (status, headers["location"]) == (
        302,
        "/_/console/switchrole?account=123456789012&roleName=Lab&displayName=x",
    )
