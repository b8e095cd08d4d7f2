"""Clients that change things all the time and remember what was acknowledged, until the server is gone."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.server import TabardServer

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}
POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
BUCKET = "kept"


@dataclass
class Acknowledged:
    """What the server has said yes to; ``unknown`` is what it was asked last and had not answered."""

    users: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    profiles: set[str] = field(default_factory=set)
    objects: dict[str, set[str]] = field(default_factory=dict)
    """Digests that a key may have: the one acknowledged last, or one that was on its way."""
    parts: dict[tuple[str, str], str] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)
    associations: dict[str, str] = field(default_factory=dict)
    terminated: set[str] = field(default_factory=set)
    unexpected: list[str] = field(default_factory=list)


def body(seed: str) -> bytes:
    """Bytes of a length that the seed chooses, from none to some 300 kB."""
    chance = random.Random(seed)  # noqa: S311 - the same for a seed
    return chance.randbytes(chance.choice([0, 10, 5000, 70_000, 300_000]))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Workload:
    """Threads that work until the server stops answering."""

    def __init__(self, server: TabardServer, seen: Acknowledged, name: str, *, instances: bool) -> None:
        self._server = server
        self._seen = seen
        self._name = name
        jobs = [self._users, self._profiles, self._objects, self._objects_again, self._uploads]
        if instances:
            jobs.append(self._instances)
        self._threads = [threading.Thread(target=self._work, args=(job,), daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a request is never answered"

    def _work(self, job: Callable[[], Iterator[None]]) -> None:
        try:
            for _ in job():
                pass
        except ClientError as error:
            self._seen.unexpected.append(f"{job.__name__}: {error}")
        except (HTTPClientError, BotoCoreError):
            return  # the server is gone

    def _users(self) -> Iterator[None]:
        iam, seen = self._server.client("iam"), self._seen
        for number in range(10_000):
            user = f"{self._name}-user-{number}"
            iam.create_user(UserName=user)
            seen.users.add(user)
            if number % 3 == 2:
                last = f"{self._name}-user-{number - 1}"
                seen.users.discard(last)
                iam.delete_user(UserName=last)
                seen.gone.add(last)
            yield

    def _profiles(self) -> Iterator[None]:
        iam, seen = self._server.client("iam"), self._seen
        for number in range(10_000):
            name = f"{self._name}-role-{number}"
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
            iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(POLICY))
            iam.create_instance_profile(InstanceProfileName=name)
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
            seen.profiles.add(name)
            yield

    def _put(self, s3: Any, key: str, data: bytes) -> None:
        held = self._seen.objects.setdefault(key, {"nothing"})
        held.add(digest(data))
        s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        self._seen.objects[key] = {digest(data)}

    def _objects(self) -> Iterator[None]:
        s3 = self._server.client("s3")
        for number in range(10_000):
            self._put(s3, f"{self._name}/{number}", body(f"{self._name}/{number}"))
            yield

    def _objects_again(self) -> Iterator[None]:
        s3 = self._server.client("s3")
        for number in range(10_000):
            self._put(s3, f"same-{number % 3}", body(f"{self._name}-again-{number}"))
            yield

    def _uploads(self) -> Iterator[None]:
        s3, seen = self._server.client("s3"), self._seen
        for number in range(10_000):
            key, data = f"{self._name}/upload-{number}", body(f"{self._name}-upload-{number}") + b"."
            upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
            part = s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=1, Body=data)["ETag"]
            seen.parts[key, upload] = part
            if number % 2:
                del seen.parts[key, upload]
                seen.objects[key] = {"nothing", digest(data)}
                whole = {"Parts": [{"PartNumber": 1, "ETag": part}]}
                s3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload=whole)
                seen.objects[key] = {digest(data)}
            yield

    def _instances(self) -> Iterator[None]:
        ec2, seen = self._server.client("ec2"), self._seen
        image = ec2.describe_images()["Images"][0]["ImageId"]
        for number in range(3):
            made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro")
            instance = made["Instances"][0]["InstanceId"]
            seen.instances[instance] = made["Instances"][0]["PrivateIpAddress"]
            self._until_running(ec2, instance)
            made = ec2.associate_iam_instance_profile(
                InstanceId=instance, IamInstanceProfile={"Name": "worn"}
            )
            seen.associations[instance] = made["IamInstanceProfileAssociation"]["AssociationId"]
            if number == 1:
                del seen.instances[instance], seen.associations[instance]
                ec2.terminate_instances(InstanceIds=[instance])
                seen.terminated.add(instance)
            yield

    def _until_running(self, ec2: Any, instance: str) -> None:
        for _ in range(600):
            found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
            if found["State"]["Name"] == "running":
                return
            time.sleep(0.05)
        raise AssertionError(f"{instance} does not start")
