"""A person signs in with a real OpenID Connect provider, and puts on a role with what it says of them.

The provider is ``oidc-provider`` from npm, certified by the OpenID Foundation; it is installed once, below ``.cache``.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import http.cookiejar
import json
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.support.oidc import Authority
from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import TabardServer

PACKAGE = "oidc-provider@9.13.3"
FOLDER = ROOT / ".cache" / PACKAGE.replace("@", "-")
BACK = "https://127.0.0.1:1/signed-in"


@pytest.fixture(scope="module")
def installed() -> Path:
    """The folder that the provider is installed in."""
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("node and npm are not installed: the provider runs on them")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
            done = subprocess.run(
                [npm, "install", "--no-audit", "--no-fund", "--silent", PACKAGE],
                cwd=FOLDER,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            if done.returncode:
                pytest.skip(f"{PACKAGE} could not be installed: {done.stderr.strip()[-200:]}")
    return FOLDER


class Idp:
    """The running provider."""

    def __init__(self, issuer: str, authority: Authority) -> None:
        self.issuer, self.authority = issuer, authority
        self.name = issuer.removeprefix("https://")

    def sign_in(self, who: str) -> str:
        """The ID token of a person who signed in by the provider's own pages, as a browser would."""
        trust = ssl.create_default_context(cafile=str(self.authority.path))
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=trust),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            _Stop(),
        )
        ask = {"client_id": "lab", "response_type": "code", "scope": "openid", "redirect_uri": BACK}
        reply = opener.open(f"{self.issuer}/auth?{urllib.parse.urlencode(ask)}", timeout=60)
        for _page in range(5):
            with reply:
                if reply.url.startswith(BACK):
                    break
                page = reply.read().decode()
            action = re.search(r'action="([^"]+)"', page)
            prompt = re.search(r'name="prompt" value="([^"]+)"', page)
            assert action is not None, page
            assert prompt is not None, page
            form = {"prompt": prompt[1], "login": who, "password": "any"}
            url = urllib.parse.urljoin(reply.url, action[1])
            reply = opener.open(url, urllib.parse.urlencode(form).encode(), timeout=60)
        [code] = urllib.parse.parse_qs(urllib.parse.urlsplit(reply.url).query)["code"]
        secret = base64.b64encode(b"lab:" + urllib.parse.quote_plus("not much of a secret").encode()).decode()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        request = urllib.request.Request(
            f"{self.issuer}/token",
            urllib.parse.urlencode(form).encode(),
            {"authorization": f"Basic {secret}"},
        )
        with opener.open(request, timeout=60) as reply:
            return str(json.load(reply)["id_token"])


class _Stop(urllib.request.HTTPRedirectHandler):
    """Follows redirects until they lead back to the client."""

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        return None if arguments[-1].startswith(BACK) else super().redirect_request(*arguments)

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        location = headers.get("location", "")
        if location.startswith(BACK):
            fp.url = location
            return fp
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_303 = http_error_302


@pytest.fixture(scope="module")
def idp(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    script = Path(__file__).with_name("provider.mjs")
    process = subprocess.Popen(
        ["node", script, installed, authority.chain_pem, authority.key_pem],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        issuer = process.stdout.readline().strip()
        if not issuer.startswith("https://"):
            pytest.skip("the provider does not start with this version of node")
        yield Idp(issuer, authority)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def role(server: TabardServer, idp: Idp) -> str:
    """A role that trusts the provider's ``ann``."""
    iam, name = server.client("iam"), f"oidc-{uuid.uuid4().hex[:8]}"
    arn = f"arn:aws:iam::{server.account}:oidc-provider/{idp.name}"
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_open_id_connect_provider(
            Url=idp.issuer, ClientIDList=["lab"], ThumbprintList=[idp.authority.thumbprint]
        )
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{idp.name}:sub": "ann", f"{idp.name}:aud": "lab"}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])


def test_who_signs_in_puts_on_the_role(server: TabardServer, idp: Idp, role: str) -> None:
    sts = server.client("sts")
    ask = {"RoleArn": role, "RoleSessionName": "ann"}
    reply = sts.assume_role_with_web_identity(**ask, WebIdentityToken=idp.sign_in("ann"))
    assert reply["SubjectFromWebIdentityToken"] == "ann"
    me = server.client("sts", reply["Credentials"]).get_caller_identity()
    assert me["Arn"].endswith("/ann")
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        sts.assume_role_with_web_identity(**ask, WebIdentityToken=idp.sign_in("eve"))


def test_the_command_line_needs_nothing_but_the_token(
    server: TabardServer, idp: Idp, role: str, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(idp.sign_in("ann"))
    environment = {
        name: value
        for name, value in server.environment().items()
        if not name.startswith(("AWS_ACCESS", "AWS_SECRET"))
    }
    environment |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": role}
    done = subprocess.run(
        [Path(sys.executable).parent / "aws", "sts", "get-caller-identity"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert role.rpartition("/")[2] in json.loads(done.stdout)["Arn"], done.stderr
