"""The examples of the guide's pages on accounts, credentials and federation, run as they stand there."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.end_to_end.clients import V2, is_version_2
from tests.support.oidc import Provider, provider
from tests.support.quick_aws import quick_aws
from tests.support.saml import SamlIdp
from tests.support.server import ROOT, TabardServer, running

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = ROOT / "docs" / "guide"
BIN = Path(sys.executable).parent
MODULES = ROOT / "console"
OURS, OTHERS = "111122223333", "444455556666"
"""The accounts of the examples."""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(page: str, language: str) -> list[str]:
    """A page's blocks in one language, in their order."""
    return [text for kind, text in BLOCK.findall((GUIDE / page).read_text()) if kind == language]


def commands(text: str) -> list[list[str]]:
    """The words of each command of a shell's text that has neither pipes nor variables."""
    plain = re.sub(r"(^|\s)#.*$", "", text.replace("\\\n", " "), flags=re.MULTILINE)
    lexer = shlex.shlex(plain, posix=True, punctuation_chars="\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    found: list[list[str]] = [[]]
    for token in lexer:
        if token.strip("\n"):
            found[-1].append(token)
        else:
            found.append([])
    return [words for words in found if words]


class Reader:
    """Somebody who follows the guide on a server of their own, as user ``ana`` or as root."""

    def __init__(self, server: TabardServer, home: Path) -> None:
        self.server, self.home = server, home
        iam = server.client("iam")
        iam.create_user(UserName="ana")
        may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=_policy(may))
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{server.account}:user/ana"},
            "Action": "sts:AssumeRole",
        }
        iam.create_role(RoleName="app", AssumeRolePolicyDocument=_policy(trust))
        self.key = iam.create_access_key(UserName="ana")["AccessKey"]
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "credentials").write_text(
            f"[ana]\naws_access_key_id = {self.key['AccessKeyId']}\n"
            f"aws_secret_access_key = {self.key['SecretAccessKey']}\n"
        )

    def environment(self, key: dict[str, str] | None = None) -> dict[str, str]:
        """What every command is told: where the server is, and, with a key, who calls."""
        told = {
            "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "TABARD_DATA": str(self.server.data),
            "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }
        if key is not None:
            told |= {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        return told

    def root(self) -> dict[str, str]:
        held = self.server.root()
        return {"AccessKeyId": held["aws_access_key_id"], "SecretAccessKey": held["aws_secret_access_key"]}

    def configure(self, text: str) -> None:
        (self.home / ".aws" / "config").write_text(self.adapted(text))

    def adapted(self, text: str) -> str:
        """An example with this server's account."""
        return text.replace(OURS, self.server.account)

    def run(self, text: str, key: dict[str, str] | None = None) -> str:
        """What a shell's lines print; they must all succeed."""
        environment, told = self.environment(key), ""
        for words in commands(self.adapted(text)):
            if words[0] == "aws":
                done = quick_aws(words[1:], environment, self.home)
            else:
                done = subprocess.run(
                    words, env=environment, cwd=self.home, capture_output=True, timeout=120, check=False
                )
            assert done.returncode == 0, (words, done.stdout, done.stderr)
            told += done.stdout.decode()
        return told

    def session(self, name: str) -> str:
        return f"arn:aws:sts::{self.server.account}:assumed-role/app/{name}"


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with running() as server:
        yield Reader(server, tmp_path_factory.mktemp("home"))


BOTO3, CLI_1, CLI_2, JAVASCRIPT = "boto3", "AWS CLI 1", "AWS CLI 2", "SDK for JavaScript"


def who(reader: Reader, program: str, **more: str) -> str:
    """Who a program is with this environment; the test skips where it is absent."""
    environment = {**reader.environment(), **more}
    if program == CLI_1:
        words = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
        done = quick_aws(words, environment, reader.home)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()
    if program == BOTO3:
        script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
        command = [sys.executable, "-c", script]
    elif program == CLI_2:
        if not is_version_2(V2):
            pytest.skip("the AWS CLI's version 2 is not installed")
        shown = environment.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "")
        if shown:  # Debian's version 2 is from before it
            environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = Path(shown).read_text()
        asked = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
        command = [str(V2), "--endpoint-url", reader.server.endpoint, *asked]
    else:
        node = shutil.which("node")
        if node is None or not (MODULES / "node_modules" / "@aws-sdk" / "client-sts").is_dir():
            pytest.skip("node, or the console's modules, are not installed")
        command = [node, str(Path(__file__).with_name("whoami.mjs")), str(MODULES)]
    ran = subprocess.run(
        command, env=environment, cwd=reader.home, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.parametrize("program", [CLI_1, JAVASCRIPT])  # Debian's version 2 would ask AWS's own STS
def test_a_profile_that_puts_on_a_role(reader: Reader, program: str) -> None:
    profile, _ = examples("credentials.md", "ini")
    reader.configure(f"{profile}role_session_name = me\n")
    assert who(reader, program, AWS_PROFILE="app") == reader.session("me")


@pytest.mark.parametrize("program", [BOTO3, CLI_2, JAVASCRIPT])
def test_a_credential_process(reader: Reader, program: str) -> None:
    _, profile = examples("credentials.md", "ini")
    reader.configure(profile)
    assert who(reader, program, AWS_PROFILE="app") == reader.session("tabard")


@contextlib.contextmanager
def served(reader: Reader, text: str) -> Iterator[dict[str, str]]:
    """The variables that a command prints, which serves on until the block ends."""
    process = subprocess.Popen(
        ["bash", "-c", f"exec {reader.adapted(text)}"],
        env=reader.environment(),
        cwd=reader.home,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told: dict[str, str] = {}
    try:
        while "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in told:
            line = process.stdout.readline()
            assert line, process.wait()
            name, _, value = line.removeprefix("export ").strip().partition("=")
            told[name] = value
        yield told
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def test_the_container_credentials_endpoint(reader: Reader) -> None:
    """One server for all programs: its start is what costs."""
    (command,) = examples("credentials.md", "sh")
    with served(reader, command) as told:
        assert set(told) == {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}
        heard = every(reader, CLI_1, CLI_2, JAVASCRIPT, **told)
        assert heard == dict.fromkeys(heard, reader.session("tabard"))


def every(reader: Reader, *programs: str, **more: str) -> dict[str, str]:
    """Who each of the programs that are here is with this environment."""
    found = {}
    for program in programs:
        with contextlib.suppress(pytest.skip.Exception):
            found[program] = who(reader, program, **more)
    return found


def of_inline(page: str, start: str) -> str:
    """A command that stands in a page's text."""
    text = " ".join((GUIDE / page).read_text().split())
    found = re.search(f"`({re.escape(start)}[^`]*)`", text)
    assert found is not None, start
    return found[1]


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("idp")) as made:
        yield made


@pytest.fixture(scope="module")
def federated(reader: Reader, idp: Provider) -> str:
    """The first example of federation, with this provider in place of ``login.example.org``: what it printed last."""
    (reader.home / "token").write_text(idp.token())
    reader.server.client("iam").delete_role(RoleName="app")
    text = examples("federation.md", "sh")[0].replace("login.example.org", idp.name)
    return reader.run(text.replace("0123456789abcdef0123456789abcdef01234567", idp.thumbprint), reader.root())


def test_an_openid_connect_provider(reader: Reader, idp: Provider, federated: str) -> None:
    reply = json.loads(federated[federated.rindex("\n{\n") :])
    assert reply["AssumedRoleUser"]["Arn"] == reader.session("ann")
    assert reply["Provider"] == f"arn:aws:iam::{reader.server.account}:oidc-provider/{idp.name}"


def test_a_token_file_in_the_environment(reader: Reader, idp: Provider, federated: str) -> None:
    assert federated
    (reader.home / "token").write_text(idp.token())
    variables = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(reader.home / "token"),
        "AWS_ROLE_ARN": f"arn:aws:iam::{reader.server.account}:role/app",
        "AWS_ROLE_SESSION_NAME": "web",
    }
    assert who(reader, JAVASCRIPT, **variables) == reader.session("web")


def test_pod_identities(reader: Reader, idp: Provider, federated: str) -> None:
    assert federated
    token = reader.home / "pod-token"
    token.write_text(idp.token())
    command = of_inline("credentials.md", "tabard credentials serve --pods")
    role = f"arn:aws:iam::{reader.server.account}:role/app"
    with served(reader, command.replace("…", role)) as told:
        told["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(token)
        heard = every(reader, JAVASCRIPT, **told)
        assert heard == dict.fromkeys(heard, reader.session("tabard"))


def test_a_saml_provider(reader: Reader) -> None:
    (reader.home / "metadata.xml").write_text(SamlIdp().metadata)
    made = json.loads(reader.run(of_inline("federation.md", "aws iam create-saml-provider"), reader.root()))
    assert made["SAMLProviderArn"] == f"arn:aws:iam::{reader.server.account}:saml-provider/corp"


def test_the_server_as_an_issuer(reader: Reader) -> None:
    told = reader.run(examples("federation.md", "sh")[1], reader.root())
    enabled, end = json.JSONDecoder().raw_decode(told)
    assert enabled["IssuerIdentifier"].startswith(f"{reader.server.endpoint}/_/issuer/")
    assert json.loads(told[end:])["WebIdentityToken"].count(".") == 2


def test_several_accounts(reader: Reader) -> None:
    making, using = examples("accounts.md", "sh")
    told = reader.run(making, reader.root())
    made, _ = json.JSONDecoder().raw_decode(told[told.index("{") :])
    assert made["account"] == OTHERS
    assert "research" in told
    _, theirs, ours = re.split(r"^# in account .*\n", using, flags=re.MULTILINE)
    key = {"AccessKeyId": made["accessKeyId"], "SecretAccessKey": made["secretAccessKey"]}
    reader.run(theirs, key)
    reply = json.loads(reader.run(ours, reader.key))
    assert reply["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHERS}:assumed-role/auditor/me"
