"""What chapters build on: role, key pair, buckets, instance, login. A chapter that tells how a thing is made puts it here;
where a chapter is told alone, it is made without telling, through the API.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from tabard.cli.lab import documents, processes
from tabard.cli.lab.claims import BrokenClaim
from tabard.cli.lab.guest import Guest
from tabard.cli.lab.lab import ADMINISTRATOR, BUCKETS, KEY_NAME, ROLE, Person
from tabard.cli.lab.terminal import NoPromptError

if TYPE_CHECKING:
    from pathlib import Path

    from tabard.cli.lab.guest import Program
    from tabard.cli.lab.lab import Lab
    from tabard.cli.lab.terminal import Terminal

_BOOT = 60.0  # seconds, the longest that an instance may take until it runs
LOGIN = 60.0


class Stage:
    """Things by name, each made once."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._clients: dict[tuple[str, str], Any] = {}
        self.has: set[str] = set()
        self.instance: dict[str, Any] = {}
        self.association = ""
        self.session: Terminal | None = None
        self.shell_pid = ""
        self.launched_at = 0.0

    def need(self, *things: str) -> None:
        """Make what is not there yet, in the order of the story."""
        makers = {
            "role": self._role,
            "key": self._key,
            "buckets": self._buckets,
            "instance": self._instance,
            "login": self._login,
            "worn": self._worn,
        }
        for thing, make in makers.items():
            if thing in things and thing not in self.has:
                make()
                self.has.add(thing)

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of the API as root, for what is not part of the story."""
        import botocore.config
        import botocore.session

        name = region or self._lab.region
        if (service, name) not in self._clients:
            session = botocore.session.Session(session_vars={"config_file": (None, None, os.devnull, None)})
            key = self._lab.root.key
            self._clients[service, name] = session.create_client(
                service,
                region_name=name,
                endpoint_url=self._lab.endpoint,
                aws_access_key_id=key["AccessKeyId"],
                aws_secret_access_key=key["SecretAccessKey"],
                config=botocore.config.Config(proxies={}, retries={"total_max_attempts": 1}),
            )
        return self._clients[service, name]

    @property
    def instance_id(self) -> str:
        """The instance of the story."""
        return str(self.instance["InstanceId"])

    @property
    def instance_arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:ec2:{self._lab.region}:{self._lab.account}:instance/{self.instance_id}"

    @property
    def guest(self) -> Guest:
        """The way into the instance of the story."""
        return self.way_into(self.instance)

    @property
    def terminal(self) -> Terminal:
        """The login of the story, open all along."""
        self.need("login")
        assert self.session is not None  # noqa: S101 - need has just made it
        return self.session

    def way_into(self, instance: dict[str, Any]) -> Guest:
        """The way into any instance, given its description."""
        lab = self._lab
        return Guest(instance["PublicIpAddress"], lab.server.ssh_port, self.key_file, lab.home)

    @property
    def key_file(self) -> Path:
        """Where the private key is."""
        return self._lab.home / f"{KEY_NAME}.pem"

    def wait_until_running(self, instance_id: str, region: str | None = None) -> dict[str, Any]:
        """Wait for an instance to run; its description."""
        ec2 = self.client("ec2", region)
        end = time.monotonic() + _BOOT
        while True:
            reply = ec2.describe_instances(InstanceIds=[instance_id])
            instance: dict[str, Any] = reply["Reservations"][0]["Instances"][0]
            state = instance["State"]["Name"]
            if state == "running":
                return instance
            if state != "pending" or time.monotonic() > end:
                raise BrokenClaim(
                    "instance-runs",
                    "The instance is running",
                    f"running within {_BOOT:g} s",
                    self._trouble(instance),
                )
            time.sleep(0.02)

    def _trouble(self, instance: dict[str, Any]) -> str:
        reason = instance.get("StateReason", {}).get("Message", "")
        return f"{instance['State']['Name']} {reason}".strip()

    def log_in(self, guest: Guest) -> tuple[Terminal, str]:
        """Log in on a terminal: it, and what it showed before its prompt. Raises ``BrokenClaim``."""
        terminal = guest.log_in()
        self._lab.cleanup.callback(terminal.close)
        try:
            greeting = terminal.read_to_prompt(LOGIN)
        except NoPromptError as error:
            raise BrokenClaim(
                "login", "The ordinary ssh client logs in as ec2-user", "[ec2-user@ip-… ~]$", str(error)
            ) from None
        return terminal, greeting

    def program(self) -> Program:
        """A program that keeps running on the instance of the story."""
        program = self.guest.program()
        self._lab.cleanup.callback(program.close)
        return program

    def holder(self) -> Program:
        """A program that keeps running on the instance, and holds the credentials that it got when it started."""
        self.need("worn")
        program = self.program()
        got = program.take_credentials(ROLE)
        program.hold()
        what = f"{got['AccessKeyId']}, until {got['Expiration']}" if got else "none"
        self._lab.transcript.note(
            f"program> asks the metadata service for its credentials, and keeps them: {what}"
        )
        return program

    def person(self, name: str, policy: dict[str, Any]) -> Person:
        """An IAM user with an access key and one inline policy, made without telling."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="lab", PolicyDocument=documents.compact(policy))
        return Person(name, iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, name: str, policy: str) -> None:
        """A further role that EC2 may assume, with an instance profile of the same name, made without telling."""
        iam = self.client("iam")
        trust = documents.compact(documents.trust(service="ec2.amazonaws.com"))
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)

    def associating(self) -> str:
        """The command that puts the role on the instance of the story; it prints the association's id."""
        return (
            f"ec2 associate-iam-instance-profile --instance-id {self.instance_id} --iam-instance-profile Name={ROLE} "
            "--query IamInstanceProfileAssociation.AssociationId --output text"
        )

    def associate(self) -> None:
        """Put the role on the instance of the story, without telling."""
        profile = {"Name": ROLE}
        reply = self.client("ec2").associate_iam_instance_profile(
            IamInstanceProfile=profile, InstanceId=self.instance_id
        )
        self.association = reply["IamInstanceProfileAssociation"]["AssociationId"]

    def _role(self) -> None:
        self.role(ROLE, ADMINISTRATOR)

    def _key(self) -> None:
        self.keep_key(self.client("ec2").create_key_pair(KeyName=KEY_NAME)["KeyMaterial"])

    def keep_key(self, text: str) -> None:
        """Write the private key as ssh wants it: readable by its owner alone."""
        descriptor = os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text.rstrip("\n") + "\n")

    def public_key(self) -> str:
        """What ssh itself reads from the private key; or what it says where it cannot."""
        lab = self._lab
        read = processes.run(
            ["ssh-keygen", "-y", "-f", str(self.key_file)], processes.undisturbed(lab.home), lab.home
        )
        return read.text

    def _buckets(self) -> None:
        for bucket in BUCKETS:
            self.client("s3").create_bucket(Bucket=bucket)

    def _instance(self) -> None:
        self.need("key")
        reply = self.client("ec2").run_instances(
            ImageId=self.image(), InstanceType="t3.micro", KeyName=KEY_NAME, MinCount=1, MaxCount=1
        )
        self.launched_at = time.time()
        self.instance = self.wait_until_running(reply["Instances"][0]["InstanceId"])

    def image(self, region: str | None = None) -> str:
        """An image to launch from, in a region."""
        images = self.client("ec2", region).describe_images()["Images"]
        return str(images[0]["ImageId"])

    def _login(self) -> None:
        self.need("instance")
        self.session, _ = self.log_in(self.guest)
        self.shell_pid = self.session.run("echo $$").strip()

    def _worn(self) -> None:
        self.need("role", "instance")
        self.associate()
