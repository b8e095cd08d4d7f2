"""A server that is killed without warning, again and again, comes back with everything it has acknowledged."""

from __future__ import annotations

import random
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest
from tests.durability.workload import BUCKET, TRUST, Acknowledged, Workload, digest
from tests.support.server import start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

AT_MOST = 90.0


def kill(server: TabardServer) -> None:
    server.process.kill()
    server.process.wait()
    assert server.process.stdout is not None
    server.process.stdout.close()


def check(server: TabardServer, seen: Acknowledged) -> None:
    """Everything that was acknowledged is there, nothing half-done shows."""
    assert not seen.unexpected
    iam, s3 = server.client("iam"), server.client("s3")
    users = {
        each["UserName"] for page in iam.get_paginator("list_users").paginate() for each in page["Users"]
    }
    assert seen.users <= users
    assert not seen.gone & users
    profiles = {
        each["InstanceProfileName"]: [role["RoleName"] for role in each["Roles"]]
        for page in iam.get_paginator("list_instance_profiles").paginate()
        for each in page["InstanceProfiles"]
    }
    assert {name: profiles.get(name) for name in seen.profiles} == {name: [name] for name in seen.profiles}
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for each in page.get("Contents", []):
            data = s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
            assert len(data) == each["Size"]
            found[each["Key"]] = digest(data)
    for key, allowed in seen.objects.items():
        assert found.get(key, "nothing") in allowed, key
        seen.objects[key] = {found.get(key, "nothing")}
    assert set(found) <= set(seen.objects)
    for (key, upload), etag in seen.parts.items():
        parts = s3.list_parts(Bucket=BUCKET, Key=key, UploadId=upload)["Parts"]
        assert [part["ETag"] for part in parts] == [etag]


def check_blobs(server: TabardServer) -> None:
    """No bytes are left that nothing names, and none are missing."""
    database = sqlite3.connect(f"file:{server.data / 'tabard.db'}?mode=ro", uri=True)
    try:
        end = time.monotonic() + AT_MOST
        while True:
            named = {row[0] for row in database.execute("select id from s3_blobs")}
            there = {path.name for path in (server.data / "objects/blobs").rglob("*") if path.is_file()}
            if named == there or time.monotonic() > end:
                break
            time.sleep(0.1)
        assert there == named
        assert list((server.data / "objects/incoming").iterdir()) == []
    finally:
        database.close()


def check_instances(server: TabardServer, seen: Acknowledged) -> None:
    """Instances run again, with their addresses and associations."""
    ec2 = server.client("ec2")
    end = time.monotonic() + AT_MOST
    while True:
        reservations = ec2.describe_instances()["Reservations"]
        there = {each["InstanceId"]: each for found in reservations for each in found["Instances"]}
        states = {name: each["State"]["Name"] for name, each in there.items()}
        if not {"pending", "stopping", "shutting-down"} & set(states.values()) or time.monotonic() > end:
            break
        time.sleep(0.1)
    assert {name: states.get(name) for name in seen.instances} == dict.fromkeys(seen.instances, "running")
    assert {name: there[name].get("PrivateIpAddress") for name in seen.instances} == seen.instances
    assert all(states.get(name, "terminated") == "terminated" for name in seen.terminated)
    associations = {
        each["InstanceId"]: (each["AssociationId"], each["State"])
        for each in ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    }
    expected = {name: (association, "associated") for name, association in seen.associations.items()}
    assert {name: associations.get(name) for name in expected} == expected


def survive(folder: Path, rounds: int, *, seed: str, instances: bool) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same moments for a seed, as far as a machine repeats itself
    seen = Acknowledged()
    log, data = folder / "log", folder / "data"
    server = start(log, data=data)
    try:
        if server.started["problems"]:
            instances = False
        _prepare(server)
        for number in range(rounds):
            workload = Workload(server, seen, f"round-{number}", instances=instances)
            time.sleep(chance.uniform(0.2, 2.0))
            kill(server)
            workload.wait()
            server = start(log, data=data)
        check(server, seen)
        check_blobs(server)
        if instances:
            check_instances(server, seen)
        assert "Traceback" not in server.log, server.log[-5000:]
    finally:
        server.stop()


def _prepare(server: TabardServer) -> None:
    import json

    server.client("s3").create_bucket(Bucket=BUCKET)
    iam = server.client("iam")
    iam.create_role(RoleName="worn", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="worn")
    iam.add_role_to_instance_profile(InstanceProfileName="worn", RoleName="worn")


def test_what_was_acknowledged_outlives_kills_in_the_middle_of_work(tmp_path: Path) -> None:
    survive(tmp_path, 3, seed="1", instances=True)


@pytest.mark.long
def test_what_was_acknowledged_outlives_many_kills(tmp_path: Path) -> None:
    survive(tmp_path, 25, seed="2", instances=True)
