"""`tabard credentials`, asked by unmodified SDKs and the AWS CLI as they ask for credentials anywhere."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.oidc import provider
from tests.support.quick_aws import quick_aws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import TabardServer

TABARD = str(Path(sys.executable).parent / "tabard")
AWS = str(Path(sys.executable).parent / "aws")


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Host:
    """A host with nothing but a user's access key, whose programs are to use a role."""

    def __init__(self, server: TabardServer, home: Path) -> None:
        self.server, self.home = server, home
        iam, self.name = server.client("iam"), f"host-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=self.name)
        allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        iam.put_user_policy(UserName=self.name, PolicyName="p", PolicyDocument=policy(allow))
        self.key = iam.create_access_key(UserName=self.name)["AccessKey"]
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{server.account}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
        }
        iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=policy(trust))
        self.role = f"arn:aws:iam::{server.account}:role/{self.name}"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "credentials").write_text(
            f"[source]\naws_access_key_id = {self.key['AccessKeyId']}\n"
            f"aws_secret_access_key = {self.key['SecretAccessKey']}\n"
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def process(self, *more: str) -> list[str]:
        return [
            *(TABARD, "credentials", "process", "--role-arn", self.role, "--external-id", "42"),
            *("--source-profile", "source", *more),
        ]

    def run(self, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def whoami(self, **environment: str) -> list[str]:
        """Who boto3, and the AWS CLI, are with this environment."""
        script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
        sdk = self.run([sys.executable, "-c", script], **environment)
        assert sdk.returncode == 0, sdk.stderr
        words = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
        cli = quick_aws(words, {**self.environment, **environment}, self.home)
        assert cli.returncode == 0, cli.stderr
        return [sdk.stdout.strip(), cli.stdout.decode().strip()]


@pytest.fixture
def host(server: TabardServer, tmp_path: Path) -> Host:
    return Host(server, tmp_path / "home")


def test_a_profile_with_a_credential_process_is_the_role(host: Host) -> None:
    command = " ".join(host.process("--session-name", "job"))
    (host.home / ".aws" / "config").write_text(f"[default]\ncredential_process = {command}\n")
    session = f"arn:aws:sts::{host.server.account}:assumed-role/{host.name}/job"
    assert host.whoami() == [session, session]


def test_what_is_printed_is_what_sdks_read_and_is_kept_for_the_next(host: Host) -> None:
    done = host.run(host.process())
    told = json.loads(done.stdout)
    assert told.keys() == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert told["Version"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["Expiration"])
    assert json.loads(host.run(host.process()).stdout) == told
    folder = host.home / ".cache" / "tabard" / "credentials"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    [kept] = folder.glob("*.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.chmod(0o644)  # readable by others: not trusted, and replaced
    again = json.loads(host.run(host.process()).stdout)
    assert again["AccessKeyId"] != told["AccessKeyId"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.write_text("{")
    assert json.loads(host.run(host.process()).stdout)["Version"] == 1
    other = json.loads(host.run(host.process("--session-name", "other")).stdout)
    assert other["AccessKeyId"] not in {told["AccessKeyId"], again["AccessKeyId"]}


def test_refusals_are_told_in_awss_words_without_credentials(host: Host) -> None:
    done = host.run(host.process("--external-id", "41"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "AccessDenied" in done.stderr
    assert "Traceback" not in done.stderr
    assert host.run(host.process("--source-profile", "nobody")).returncode == 1
    assert host.run(host.process("--token-file", "/nowhere")).returncode == 1
    (host.home / ".aws" / "config").write_text(
        f"[default]\ncredential_process = {TABARD} credentials process --role-arn {host.role}\n"
    )
    circle = host.run([TABARD, "credentials", "process", "--role-arn", host.role])
    assert circle.returncode == 1
    assert "this very command" in circle.stderr


@contextlib.contextmanager
def serving(host: Host, *more: str) -> Iterator[dict[str, str]]:
    """The variables that an endpoint says programs need."""
    process = subprocess.Popen(
        [TABARD, "credentials", "serve", "--role-arn", host.role, *more],
        env=host.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = {}
    while "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in told:
        line = process.stdout.readline()
        assert line, process.wait()
        name, _, value = line.removeprefix("export ").strip().partition("=")
        told[name] = value
        if name.startswith("AWS_CONTAINER_CREDENTIALS"):
            break
    try:
        yield told
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def ask(url: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_programs_ask_the_container_endpoint(host: Host) -> None:
    source = ["--external-id", "42", "--source-profile", "source", "--session-name", "box"]
    with serving(host, *source) as told:
        session = f"arn:aws:sts::{host.server.account}:assumed-role/{host.name}/box"
        assert host.whoami(**told) == [session, session]
        token_file = Path(told["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
        assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
        url, token = told["AWS_CONTAINER_CREDENTIALS_FULL_URI"], token_file.read_text()
        plain = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}
        assert host.whoami(**plain) == [session, session]
        status, found = ask(url, Authorization=token)
        assert (status, found["RoleArn"]) == (200, host.role)
        assert {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"} < found.keys()
        assert ask(url)[0] == 401
        assert ask(url, Authorization="wrong")[0] == 403
        assert ask(url, Authorization=token + "x")[0] == 403
        assert ask(url, Authorization="x" * 30_000)[0] == 403
        assert ask(f"{url}/../passwd", Authorization=token)[0] == 404
    assert not token_file.exists()


def test_pods_show_tokens_of_their_own(host: Host, tmp_path: Path) -> None:
    iam = host.server.client("iam")
    with provider(tmp_path) as idp:
        trusted(iam, host, idp)
        token = tmp_path / "eks-pod-identity-token"
        token.write_text(idp.token())
        with serving(host, "--pods", "--session-name", "pod") as told:
            session = f"arn:aws:sts::{host.server.account}:assumed-role/{host.name}/pod"
            shown = {**told, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token)}
            assert host.whoami(**shown) == [session, session]
            url = told["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
            status, heard = ask(url, Authorization=idp.token(sub="somebody else"))
            assert (status, heard["code"]) == (502, "CredentialsUnavailable")
            assert "AccessDenied" in heard["message"]


def trusted(iam: Any, host: Host, idp: Any) -> None:
    """The role trusts the provider's ``ann``."""
    arn = iam.create_open_id_connect_provider(
        Url=idp.issuer, ClientIDList=["lab"], ThumbprintList=[idp.thumbprint]
    )["OpenIDConnectProviderArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{idp.name}:sub": "ann"}},
    }
    iam.update_assume_role_policy(RoleName=host.name, PolicyDocument=policy(statement))


def test_a_web_identity_token_file_is_exchanged_by_sdks_and_by_the_helper(host: Host, tmp_path: Path) -> None:
    with provider(tmp_path) as idp:
        trusted(host.server.client("iam"), host, idp)
        token = tmp_path / "token"
        token.write_text(idp.token())
        session = f"arn:aws:sts::{host.server.account}:assumed-role/{host.name}/web"
        variables = {
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
            "AWS_ROLE_ARN": host.role,
            "AWS_ROLE_SESSION_NAME": "web",
        }
        assert host.whoami(**variables) == [session, session]
        command = [TABARD, "credentials", "process", "--role-arn", host.role, "--token-file", str(token)]
        assert json.loads(host.run(command).stdout)["Version"] == 1
        said = [AWS, "sts", "assume-role-with-web-identity", "--role-arn", host.role]
        done = host.run([*said, "--role-session-name", "cli", "--web-identity-token", token.read_text()])
        assert json.loads(done.stdout)["SubjectFromWebIdentityToken"] == "ann"


def test_profiles_of_the_sdk_put_on_roles(host: Host) -> None:
    profile = f"role_arn = {host.role}\nsource_profile = source\n"
    (host.home / ".aws" / "config").write_text(
        f"[profile app]\n{profile}external_id = 42\nrole_session_name = me\n[profile strange]\n{profile}"
    )
    session = f"arn:aws:sts::{host.server.account}:assumed-role/{host.name}/me"
    assert host.whoami(AWS_PROFILE="app") == [session, session]
    refused = host.run([AWS, "sts", "get-caller-identity"], AWS_PROFILE="strange")
    assert "AccessDenied" in refused.stderr


def test_credentials_are_served_on_loopback_alone(host: Host) -> None:
    done = host.run([TABARD, "credentials", "serve", "--listen", "0.0.0.0:0", "--role-arn", host.role])
    assert done.returncode == 1
    assert "not a loopback address" in done.stderr
