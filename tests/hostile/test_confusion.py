"""Credentials, links and paths put together in ways that nobody gave out: none of them opens anything."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError
from tests.hostile.signed import Caller, Wire
from tests.support.server import as_arguments, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import TabardServer

BUCKET = "homes"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Town:
    """Two users' homes in one bucket; alice may read hers, by her name, and assume a role that reads by tag."""

    def __init__(self, server: TabardServer) -> None:
        self.server = server
        iam, s3 = server.client("iam"), server.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for key in ("alice/x", "bob/x", "*/x", "${aws:username}/x", "alice/../bob/x"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"body")
        iam.create_user(UserName="alice")
        own = f"arn:aws:s3:::{BUCKET}/${{aws:username}}/*"
        tagged = f"arn:aws:s3:::{BUCKET}/${{aws:PrincipalTag/team}}/*"
        iam.put_user_policy(
            UserName="alice",
            PolicyName="own",
            PolicyDocument=document(
                {"Effect": "Allow", "Action": "sts:*", "Resource": "*"},
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": own},
            ),
        )
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": server.account},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
        iam.create_role(RoleName="tagged", AssumeRolePolicyDocument=document(trust))
        iam.put_role_policy(
            RoleName="tagged",
            PolicyName="by-tag",
            PolicyDocument=document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": tagged}),
        )
        self.key = iam.create_access_key(UserName="alice")["AccessKey"]

    def assume(self, **more: Any) -> dict[str, Any]:
        role = f"arn:aws:iam::{self.server.account}:role/tagged"
        sts = self.server.client("sts", self.key)
        credentials: dict[str, Any] = sts.assume_role(RoleArn=role, RoleSessionName="me", **more)[
            "Credentials"
        ]
        return credentials

    def code(self, credentials: dict[str, Any], key: str) -> str:
        """What a caller gets for an object: ``OK`` or the error's code."""
        try:
            self.server.client("s3", credentials).get_object(Bucket=BUCKET, Key=key)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "OK"


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with running() as server:
        yield Town(server)
        assert "Traceback" not in server.log


def test_credentials_of_two_sessions_do_not_mix(town: Town) -> None:
    one, two = town.assume(), town.assume()
    root = town.server.root()["aws_access_key_id"]
    assert town.server.client("sts", one).get_caller_identity()["Account"] == town.server.account
    mixed: dict[str, dict[str, Any]] = {
        "another's token": {**one, "SessionToken": two["SessionToken"]},
        "another's secret": {**one, "SecretAccessKey": two["SecretAccessKey"]},
        "another's id": {**one, "AccessKeyId": two["AccessKeyId"]},
        "a user's key with a token": {**town.key, "SessionToken": one["SessionToken"]},
        "root's id with a token": {**one, "AccessKeyId": root},
        "no token": {name: value for name, value in one.items() if name != "SessionToken"},
    }
    opened = [what for what, credentials in mixed.items() if _is_known(town, credentials)]
    assert opened == []


def test_a_token_of_which_anything_was_changed_is_refused(town: Town) -> None:
    session = town.assume()
    token = session["SessionToken"]
    changed = [
        token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(0, len(token), 11)
    ]
    changed += [token[:-1], token + "A", token * 2, token[:40], token.swapcase(), "=" + token]
    assert [text for text in changed if _is_known(town, {**session, "SessionToken": text})] == []


def _is_known(town: Town, credentials: dict[str, Any]) -> bool:
    try:
        town.server.client("sts", credentials).get_caller_identity()
    except ClientError:
        return False
    return True


@pytest.mark.parametrize("tag", ["*", "a*", "?????", "${aws:username}", "${*}"])
def test_no_tag_becomes_a_wildcard(town: Town, tag: str) -> None:
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        town.assume(Tags=[{"Key": "team", "Value": tag}])


def test_variables_open_their_own_value_alone(town: Town) -> None:
    assert town.code(town.key, "alice/x") == "OK"
    for key in ("bob/x", "*/x", "${aws:username}/x"):
        assert town.code(town.key, key) == "AccessDenied"
    for tag in ("..", "/", "bob/x/..", ""):
        session = town.assume(Tags=[{"Key": "team", "Value": tag}])
        assert {town.code(session, key) for key in ("alice/x", "bob/x", "*/x")} == {"AccessDenied"}


PATHS = [
    "/homes/bob/x", "/homes//bob/x", "//homes/bob/x", "/./homes/bob/x", "/x/../homes/bob/x", "/homes%2fbob%2fx",
    "/homes%2Fbob%2Fx",    "/homes/alice%2f..%2fbob/x", "/homes/%61lice/../bob/x?", "/%68omes/bob/x", "/homes/./bob/x",
    "/homes/b%6fb/x", "/HOMES/bob/x",    "/homes/bob/x/", "/homes;/bob/x", "/homes/bob\\x", "/homes/alice/%2e%2e/bob/x%00",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_spelling_of_a_path_opens_anothers_object(town: Town, path: str) -> None:
    with Caller(town.server, as_arguments(town.key)) as caller:
        assert caller.send("s3", Wire("GET", path)).status in {400, 403, 404}
        for host in ("homes.s3.localhost", "alice.s3.localhost"):
            assert caller.send("s3", Wire("GET", path, headers={"Host": host})).status in {400, 403, 404}
        source = {"x-amz-copy-source": path.lstrip("/")}
        assert caller.send("s3", Wire("PUT", "/homes/alice/copy", headers=source)).status in {400, 403, 404}


def test_dots_in_a_key_are_letters_like_others(town: Town) -> None:
    """``alice/../bob/x`` is an object of alice's home: no path is ever made of a key."""
    assert town.code(town.key, "alice/../bob/x") == "OK"
    s3 = town.server.client("s3")
    for key in ("..", ".", "../../../../etc/passwd", "a//b", "//", "a\nb", "%2e%2e%2f", "x" * 1024):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()
        s3.delete_object(Bucket=BUCKET, Key=key)


def test_a_link_opens_what_it_was_signed_for_and_nothing_else(town: Town) -> None:
    client = boto3.client(  # type: ignore[call-overload]
        "s3",
        endpoint_url=town.server.endpoint,
        region_name="us-east-1",
        config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        **as_arguments(town.key),
    )

    def link(seconds: int) -> str:
        return str(
            client.generate_presigned_url(
                "get_object", Params={"Bucket": BUCKET, "Key": "alice/x"}, ExpiresIn=seconds
            )
        )

    url, brief = link(900), link(1)
    assert _opened(url) == 200
    misused = [
        url.replace("alice", "bob"), url.replace("alice/x", "alice/../bob/x"), url + "&acl", url + "&versionId=null",
        url + "&response-content-type=text/html", url.replace("Expires=900", "Expires=9000"), url + "&X-Amz-Expires=600",
        url.replace("Expires=900", "Expires=-1"), url.replace("Expires=900", "Expires=99999999999999999999"),
        url.replace("SignedHeaders=host", "SignedHeaders="), url.replace("us-east-1", "eu-west-1"),
        url + "&X-Amz-Security-Token=x",
        url.replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), url.replace("&X-Amz-Signature", "&X-Amz-signature"), link(604_801),
    ]  # fmt: skip
    assert [each for each in misused if _opened(each) not in {400, 403}] == []
    assert _opened(url, method="PUT") == 403
    assert _opened(url, method="DELETE") == 403
    assert _opened(url, headers={"Authorization": "AWS4-HMAC-SHA256 Credential=x"}) in {400, 403}
    assert _opened(url, headers={"Host": "elsewhere"}) == 403
    while _opened(brief) == 200:  # it is good for a second
        time.sleep(0.1)
    assert _opened(brief) == 403


def _opened(url: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> int:
    request = urllib.request.Request(url, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


SCOPES = [
    "s3",
    "ec2",
    "sts",
    "execute-api",
    "iam2",
    "",
    "..",
    "*",
    "x" * 3000,
    "iam%00",
    "dynamodb",
    "sagemaker",
    "é",
]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_signature_for_one_service_is_none_for_another(town: Town, scope: str) -> None:
    body = b"Action=ListUsers&Version=2010-05-08"
    with Caller(town.server) as caller:
        answer = caller.send(scope, Wire("POST", "/", "", dict(FORM), body))
    assert answer.status in {*range(400, 500), 501}
    assert b"alice" not in answer.body


def test_sessions_end_with_what_gave_them(town: Town) -> None:
    """A role made again under the same name does not inherit the sessions of the one that was deleted."""
    iam = town.server.client("iam")
    trust = document(
        {"Effect": "Allow", "Principal": {"AWS": town.server.account}, "Action": "sts:AssumeRole"}
    )
    iam.create_role(RoleName="brief", AssumeRolePolicyDocument=trust)
    sts = town.server.client("sts", town.key)
    role = f"arn:aws:iam::{town.server.account}:role/brief"
    session = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    assert _is_known(town, session)
    iam.delete_role(RoleName="brief")
    assert not _is_known(town, session)
    iam.create_role(RoleName="brief", AssumeRolePolicyDocument=trust)
    assert not _is_known(town, session)
    iam.delete_role(RoleName="brief")
