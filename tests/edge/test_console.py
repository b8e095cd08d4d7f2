"""The console's listener: signing in, what its replies may do in a browser, and to which names it answers."""

from __future__ import annotations

import http.client
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tabard.edge.console.files import Pages
from tabard.edge.console.links import AT_MOST, GOOD_FOR, SignInLinks, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

ROOT = Subject("session-root", "123456789012", "123456789012")


def ask(
    server: TabardServer,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    source: str = "127.0.0.1",
) -> tuple[int, dict[str, str], bytes]:
    host = urlsplit(server.started["console"]).netloc
    connection = http.client.HTTPConnection(host, timeout=60, source_address=(source, 0))
    try:
        connection.request(method, path, body, headers or {})
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def signed(
    server: TabardServer, path: str, credentials: dict[str, Any], body: bytes = b"{}"
) -> dict[str, str]:
    url = f"http://{urlsplit(server.started['console']).netloc}{path}"
    request = AWSRequest("POST", url, data=body, headers={"content-type": "application/json"})
    keys = Credentials(
        credentials["aws_access_key_id"],
        credentials["aws_secret_access_key"],
        credentials.get("aws_session_token"),
    )
    SigV4Auth(keys, "signin", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def sign_in(
    server: TabardServer, credentials: dict[str, Any], path: str = "/_/console/session"
) -> tuple[int, Any]:
    nonce = json.dumps({"nonce": secrets.token_hex(16)}).encode()
    status, _, body = ask(server, "POST", path, nonce, signed(server, path, credentials, nonce))
    return status, json.loads(body)


def as_arguments(session: dict[str, Any]) -> dict[str, str]:
    given = session["credentials"]
    return {
        "aws_access_key_id": given["accessKeyId"],
        "aws_secret_access_key": given["secretAccessKey"],
        "aws_session_token": given["sessionToken"],
    }


def new_user(server: TabardServer, name: str) -> dict[str, str]:
    iam = server.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_root_signs_in_with_its_key_and_may_use_iam(server: TabardServer) -> None:
    status, session = sign_in(server, server.root())
    assert status == 200
    assert (session["kind"], session["account"], session["region"]) == ("Root", server.account, "us-east-1")
    server.client("iam", as_arguments(session)).list_roles()


def test_credentials_of_get_session_token_still_may_not_use_iam(server: TabardServer) -> None:
    session = server.client("sts").get_session_token()["Credentials"]
    with pytest.raises(ClientError) as refused:
        server.client("iam", session).list_roles()
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_credentials_of_get_session_token_do_not_sign_in(server: TabardServer) -> None:
    session = server.client("sts").get_session_token()["Credentials"]
    given = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }
    status, told = sign_in(server, given)
    assert (status, told["code"]) == (403, "AccessDenied")


def test_a_user_has_in_the_console_what_its_policies_give_and_no_more(server: TabardServer) -> None:
    key = new_user(server, "console-reader")
    policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"},
    }
    server.client("iam").put_user_policy(
        UserName="console-reader", PolicyName="read", PolicyDocument=json.dumps(policy)
    )
    status, session = sign_in(server, key)
    assert (status, session["name"]) == (200, "console-reader")
    iam = server.client("iam", as_arguments(session))
    iam.list_roles()
    with pytest.raises(ClientError) as refused:
        iam.list_users()
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_a_role_goes_on_with_its_own_session(server: TabardServer) -> None:
    new_user(server, "console-assumer")
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{server.account}:user/console-assumer"},
            "Action": "sts:AssumeRole",
        },
    }
    iam = server.client("iam")
    iam.create_role(RoleName="console-worn", AssumeRolePolicyDocument=json.dumps(trust))
    key = iam.create_access_key(UserName="console-assumer")["AccessKey"]
    worn = server.client("sts", key).assume_role(
        RoleArn=f"arn:aws:iam::{server.account}:role/console-worn", RoleSessionName="ann"
    )["Credentials"]
    given = {
        "aws_access_key_id": worn["AccessKeyId"],
        "aws_secret_access_key": worn["SecretAccessKey"],
        "aws_session_token": worn["SessionToken"],
    }
    status, session = sign_in(server, given)
    assert (status, session["name"]) == (200, "console-worn/ann")
    assert "credentials" not in session


def test_a_wrong_secret_does_not_sign_in_and_is_recorded(server: TabardServer) -> None:
    status, told = sign_in(server, server.root() | {"aws_secret_access_key": "x" * 40})
    assert (status, told["code"]) == (403, "SignatureDoesNotMatch")
    trail = "".join(path.read_text() for path in sorted((server.data / "audit").rglob("*.jsonl")))
    events = [json.loads(line) for line in trail.splitlines()]
    logins = [event for event in events if event["eventName"] == "ConsoleLogin"]
    assert logins[-1]["responseElements"] == {"ConsoleLogin": "Failure"}
    assert logins[-1]["eventSource"] == "signin.amazonaws.com"


def test_a_signature_signs_in_once(server: TabardServer) -> None:
    headers = signed(server, "/_/console/session", server.root())
    assert ask(server, "POST", "/_/console/session", b"{}", headers)[0] == 200
    status, _, body = ask(server, "POST", "/_/console/session", b"{}", headers)
    assert (status, json.loads(body)["code"]) == (403, "RequestReplayed")


def test_a_call_signed_for_sts_does_not_sign_in(server: TabardServer) -> None:
    path = "/_/console/session"
    url = f"http://{urlsplit(server.started['console']).netloc}{path}"
    request = AWSRequest("POST", url, data=b"{}")
    root = server.root()
    SigV4Auth(
        Credentials(root["aws_access_key_id"], root["aws_secret_access_key"]), "sts", "us-east-1"
    ).add_auth(request)
    assert ask(server, "POST", path, b"{}", dict(request.headers.items()))[0] == 403


def test_a_link_is_given_to_who_signs_for_it_and_opens_once(server: TabardServer) -> None:
    key = new_user(server, "console-linked")
    status, told = sign_in(server, key, "/_/console/links")
    assert (status, told["expiresIn"]) == (200, GOOD_FOR)
    token = told["link"].partition("#token=")[2]
    assert len(token) == 43
    opened = json.dumps({"token": token}).encode()
    status, _, body = ask(server, "POST", "/_/console/link", opened)
    assert (status, json.loads(body)["name"]) == (200, "console-linked")
    status, _, body = ask(server, "POST", "/_/console/link", opened)
    assert (status, json.loads(body)["code"]) == (403, "InvalidSignInLink")


def test_a_link_of_a_user_who_was_deleted_is_none(server: TabardServer) -> None:
    key = new_user(server, "console-gone")
    _, told = sign_in(server, key, "/_/console/links")
    iam = server.client("iam")
    iam.delete_access_key(UserName="console-gone", AccessKeyId=key["aws_access_key_id"])
    iam.delete_user(UserName="console-gone")
    token = told["link"].partition("#token=")[2]
    assert ask(server, "POST", "/_/console/link", json.dumps({"token": token}).encode())[0] == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"token": 1}', b'{"token": ""}', b"{}", b"\xff\xfe"])
def test_nonsense_for_a_link_is_refused(server: TabardServer, body: bytes) -> None:
    assert ask(server, "POST", "/_/console/link", body)[0] in {400, 403}


def test_a_page_of_another_origin_may_not_sign_in(server: TabardServer) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert ask(server, "POST", "/_/console/link", b'{"token":"x"}', headers)[0] == 403


@pytest.mark.parametrize("path", ["/", "/_/console/", "/_/console/link", "/some-bucket/page.html"])
@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:4681", "localhost.evil.example", "[::1%25eth0]", ""]
)
def test_only_its_address_and_localhost_are_its_names(server: TabardServer, path: str, name: str) -> None:
    assert ask(server, "GET", path, headers={"Host": name})[0] == 421


def test_an_object_that_claims_to_be_a_page_is_sandboxed(server: TabardServer) -> None:
    console = boto3.client(  # type: ignore[call-overload]
        "s3",
        endpoint_url=f"http://{urlsplit(server.started['console']).netloc}",
        region_name="us-east-1",
        **server.root(),
    )
    console.create_bucket(Bucket="console-hostile")
    console.put_object(
        Bucket="console-hostile", Key="page.html", Body=b"<script>1</script>", ContentType="text/html"
    )
    link = console.generate_presigned_url(
        "get_object", {"Bucket": "console-hostile", "Key": "page.html"}, ExpiresIn=60
    )
    parts = urlsplit(link)
    status, headers, body = ask(server, "GET", f"{parts.path}?{parts.query}")
    assert (status, body) == (200, b"<script>1</script>")
    assert headers["content-security-policy"] == "sandbox"
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_run_their_own_scripts_alone_and_are_not_framed(server: TabardServer) -> None:
    _, headers, _ = ask(server, "GET", "/_/console/")
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    origin = f"http://{urlsplit(server.started['console']).netloc}"
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"{origin}/_/console/assets/"
    assert policy["connect-src"] == f"{origin} ws{origin.removeprefix('http')}"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_browser_that_opens_the_address_comes_to_the_console(server: TabardServer) -> None:
    status, headers, _ = ask(server, "GET", "/", headers={"Accept": "text/html,*/*"})
    assert (status, headers["location"]) == (302, "/_/console/")


def test_the_api_listener_serves_no_pages(server: TabardServer) -> None:
    parts = urlsplit(server.endpoint)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", "/_/console/")
    assert connection.getresponse().status == 404
    connection.close()


async def _page(pages: Pages, path: str, **headers: str) -> Any:
    from tabard.core.http import HttpRequest

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return await pages.reply(HttpRequest("GET", path, "", given))


def test_pages_that_were_not_built_say_how_to_build_them_and_appear_without_a_restart(tmp_path: Path) -> None:
    import asyncio

    pages = Pages(tmp_path / "dist")
    missing = asyncio.run(_page(pages, "/_/console/"))
    assert missing.status == 503
    assert b"npm ci" in missing.body
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "assets" / "index-abc.js").write_text("let a = 1")
    (tmp_path / "dist" / "index.html").write_text("<!doctype html>")
    deep = asyncio.run(_page(pages, "/_/console/iam/roles/anything"))
    assert (deep.status, deep.body) == (200, b"<!doctype html>")
    assert (b"cache-control", b"no-cache") in deep.headers
    script = asyncio.run(_page(pages, "/_/console/assets/index-abc.js", accept_encoding="gzip, br"))
    assert (b"cache-control", b"public, max-age=31536000, immutable") in script.headers
    assert (b"content-encoding", b"gzip") in script.headers
    assert asyncio.run(_page(pages, "/_/console/assets/none.js")).status == 404
    assert asyncio.run(_page(pages, "/_/console/../../../etc/passwd")).body == b"<!doctype html>"


def test_links_end_with_time_and_the_oldest_makes_room() -> None:
    now = 1000.0
    numbers = iter(range(100))
    links = SignInLinks(lambda: now, lambda size: next(numbers).to_bytes(size, "big"))
    late = links.give_out(ROOT)
    now += GOOD_FOR
    assert links.take(late) is None
    first = links.give_out(ROOT)
    others = [links.give_out(ROOT) for _ in range(AT_MOST)]
    assert links.take(first) is None
    assert links.take(others[0]) == ROOT
    assert links.take(others[0]) is None
