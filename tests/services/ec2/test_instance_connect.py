"""EC2 Instance Connect: a key that is pushed opens an instance's door for a minute, and nothing keeps it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh
import pytest
from botocore.exceptions import ClientError
from tests.support.server import TabardServer, running

from tabard.services.ec2.pushed_keys import LIFE, PER_INSTANCE, PushedKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed")


class World:
    """A server with an instance that has no key pair, and a key of our own."""

    def __init__(self, server: TabardServer, folder: Path) -> None:
        self.server = server
        self.ec2 = server.client("ec2")
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        made = self.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.nano")
        self.instance = str(made["Instances"][0]["InstanceId"])
        for _ in range(1800):
            if self.described["State"]["Name"] == "running":
                break
            time.sleep(0.05)
        key = asyncssh.generate_private_key("ssh-ed25519")
        self.private = folder / "key"
        key.write_private_key(str(self.private))
        self.private.chmod(0o600)
        self.public = folder / "key.pub"
        key.write_public_key(str(self.public))

    @property
    def described(self) -> dict[str, Any]:
        reply = self.ec2.describe_instances(InstanceIds=[self.instance])
        found: dict[str, Any] = reply["Reservations"][0]["Instances"][0]
        return found

    def ssh(self, command: str) -> subprocess.CompletedProcess[str]:
        options = (
            "IdentitiesOnly=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "BatchMode=yes",
        )
        words = [word for each in (*options, "LogLevel=ERROR") for word in ("-o", each)]
        return subprocess.run(
            ["ssh", "-F", "none", "-i", str(self.private), "-p", str(self.server.started["ssh_port"]), *words,
             f"ec2-user@{self.described['PublicIpAddress']}", command],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def push(self, client: Any = None, **changes: str) -> dict[str, Any]:
        parameters = {
            "InstanceId": self.instance,
            "InstanceOSUser": "ec2-user",
            "SSHPublicKey": self.public.read_text(),
            **changes,
        }
        reply: dict[str, Any] = (client or self.server.client("ec2-instance-connect")).send_ssh_public_key(
            **parameters
        )
        return reply


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running() as server:
        if server.started["problems"]:
            pytest.skip(f"instances cannot run here: {server.started['problems']}")
        yield World(server, tmp_path_factory.mktemp("keys"))


def refusal(act: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        act()
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_pushed_key_opens_the_door_and_is_in_the_metadata(world: World) -> None:
    assert "Permission denied" in world.ssh("true").stderr
    done = subprocess.run(
        [Path(sys.executable).parent / "aws", "ec2-instance-connect", "send-ssh-public-key", "--instance-id",
         world.instance, "--instance-os-user", "ec2-user", "--ssh-public-key", f"file://{world.public}"],
        env=world.server.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Success"] is True
    ask = (
        'T=$(curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token);'
        'curl -s -H "X-aws-ec2-metadata-token: $T" http://169.254.169.254/latest/meta-data/managed-ssh-keys/'
    )
    assert world.ssh("id -un").stdout == "ec2-user\n"
    if shutil.which("curl") is not None:
        assert world.ssh(ask).stdout == "active-keys/"
        seen = world.ssh(f"{ask}active-keys/ec2-user").stdout
        assert seen.split()[:2] == world.public.read_text().split()[:2]
    assert world.ssh("cat ~/.ssh/authorized_keys 2>/dev/null").stdout == ""
    record = json.loads(world.server.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "SendSSHPublicKey"}]
    )["Events"][0]["CloudTrailEvent"])  # fmt: skip
    assert record["requestParameters"]["instanceOSUser"] == "ec2-user"


def test_who_may_push_is_said_by_the_user_of_the_instance(world: World) -> None:
    iam = world.server.client("iam")
    iam.create_user(UserName="pusher")
    client = world.server.client(
        "ec2-instance-connect", iam.create_access_key(UserName="pusher")["AccessKey"]
    )
    assert refusal(lambda: world.push(client)) == ("AccessDeniedException", 400)
    statement = {
        "Effect": "Allow",
        "Action": "ec2-instance-connect:SendSSHPublicKey",
        "Resource": f"arn:aws:ec2:us-east-1:{world.server.account}:instance/{world.instance}",
        "Condition": {"StringEquals": {"ec2:osuser": "ec2-user"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="pusher", PolicyName="p", PolicyDocument=document)
    assert world.push(client)["Success"] is True
    assert refusal(lambda: world.push(client, InstanceOSUser="root")) == ("AccessDeniedException", 400)


def test_what_can_not_be_pushed_is_refused(world: World) -> None:
    zone = world.described["Placement"]["AvailabilityZone"]
    assert world.push(AvailabilityZone=zone)["Success"] is True
    other = "us-east-1f" if zone != "us-east-1f" else "us-east-1a"
    assert refusal(lambda: world.push(AvailabilityZone=other)) == ("EC2InstanceNotFoundException", 404)
    unknown = "i-0123456789abcdef0"
    assert refusal(lambda: world.push(InstanceId=unknown)) == ("EC2InstanceNotFoundException", 404)
    assert refusal(lambda: world.push(SSHPublicKey="ssh-ed25519 " + "A" * 90)) == (
        "InvalidArgsException",
        400,
    )
    world.ec2.stop_instances(InstanceIds=[world.instance])
    assert refusal(world.push)[0] == "EC2InstanceStateInvalidException"


def test_a_key_is_forgotten_after_a_minute_and_few_are_held() -> None:
    now = [1000.0]
    keys = PushedKeys(lambda: now[0])
    keys.push("i-1", "ec2-user", "first")
    now[0] += LIFE / 2
    keys.push("i-1", "ec2-user", "second")
    keys.push("i-1", "root", "third")
    assert keys.of("i-1") == {"ec2-user": ["first", "second"], "root": ["third"]}
    now[0] += LIFE / 2
    assert keys.of("i-1") == {"ec2-user": ["second"], "root": ["third"]}
    assert keys.of("i-2") == {}
    for number in range(PER_INSTANCE + 10):
        keys.push("i-2", "ec2-user", str(number))
    assert keys.of("i-2")["ec2-user"] == [str(number) for number in range(10, PER_INSTANCE + 10)]
    now[0] += LIFE
    keys.push("i-3", "ec2-user", "x")
    assert list(keys._held) == ["i-3"]
