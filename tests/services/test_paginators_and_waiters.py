"""Every paginator and waiter that boto3 has for an operation that is built here: each pages truly, each sees what it waits for.

IAM's pages are in ``iam/test_every_page.py``, CloudTrail's in ``cloudtrail/test_lookup_events.py``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import WaiterError
from tests.services.ec2.world import World

import tabard.services.s3  # noqa: F401 - importing a service registers its operations
from tabard.objects.local import LocalBlobs
from tabard.services.operation import OPERATIONS
from tabard.services.s3.runtime import OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

LOADER = botocore.session.get_session().get_component("data_loader")
SERVICES = ("ec2", "s3", "iam")
SIX = range(6)
NO_INSTANCE = "i-0123456789abcdef0"
SINGLE = {
    "DescribeImages": "the host's user land is the one image",
    "DescribeInternetGateways": "there are none: nothing is routed outwards",
    "DescribeNetworkAcls": "a default VPC has one",
    "DescribeRouteTables": "a default VPC has one",
    "DescribeVpcs": "each region has one, the default one",
}
"""Operations that never have two items to show, and why."""


def built(kind: str) -> list[tuple[str, str, Any]]:
    """Service, name and definition of what boto3 has for operations that are built."""
    found = []
    for service in SERVICES:
        version, member = ("paginators-1", "pagination") if kind == "paginator" else ("waiters-2", "waiters")
        for name, definition in LOADER.load_service_model(service, version)[member].items():
            operation = name if kind == "paginator" else definition["operation"]
            if (service, operation) in OPERATIONS:
                found.append((service, name, definition))
    return found


PAGINATORS = [each for each in built("paginator") if each[0] != "iam"]
WAITERS = built("waiter")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Six of everything that there can be six of: EC2's pages have five items at least."""
    folder = tmp_path_factory.mktemp("world")
    with asyncio.Runner() as runner:
        world = World(folder, runner)
        blobs = LocalBlobs(folder / "objects", world.node.keys, durable=False)
        world.node.extensions[OBJECTS] = blobs
        _fill(world)
        yield world
        world.run(blobs.close())
        world.close()


def _fill(world: World) -> None:
    world.profile("app")
    ids = [world.launched(IamInstanceProfile={"Name": "app"}) for _ in SIX]
    world.ec2.create_tags(Resources=ids, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
    world.ec2.create_key_pair(KeyName="key", KeyType="ed25519")
    for number in SIX:
        world.ec2.create_security_group(GroupName=f"group-{number}", Description="one of six")
    s3 = world.client("s3")
    for number in SIX:
        s3.create_bucket(Bucket=f"bucket-{number}")
        s3.put_object(Bucket="bucket-0", Key=f"dir-{number}/é key", Body=b"x")
        s3.put_object(Bucket="bucket-0", Key=f"key + {number}", Body=b"x")
        begun = s3.create_multipart_upload(Bucket="bucket-0", Key="same")
        s3.create_multipart_upload(Bucket="bucket-0", Key=f"dir-{number}/upload")
    for number in range(1, 7):
        s3.upload_part(
            Bucket="bucket-0", Key="same", UploadId=begun["UploadId"], PartNumber=number, Body=b"x"
        )


def _parameters(world: World, operation: str) -> dict[str, Any]:
    if operation == "ListParts":
        uploads = world.client("s3").list_multipart_uploads(Bucket="bucket-0", Prefix="same")["Uploads"]
        return {"Bucket": "bucket-0", "Key": "same", "UploadId": uploads[-1]["UploadId"]}
    if operation in {"ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads"}:
        return {"Bucket": "bucket-0", "Delimiter": "/"}
    return {}


def _collected(result_keys: list[str], pages: list[dict[str, Any]]) -> list[list[Any]]:
    return [[each for page in pages for each in page.get(key, [])] for key in result_keys]


@pytest.mark.parametrize(
    ("service", "name", "definition"), PAGINATORS, ids=[name for _, name, _ in PAGINATORS]
)
def test_pages_together_hold_what_one_page_holds(
    filled: World, service: str, name: str, definition: dict[str, Any]
) -> None:
    client = filled.client(service)
    keys = definition["result_key"]
    keys = keys if isinstance(keys, list) else [keys]
    parameters = _parameters(filled, name)
    paginator = client.get_paginator(xform_name(name))
    whole = _collected(keys, list(paginator.paginate(**parameters, PaginationConfig={"PageSize": 100})))
    size = 5 if service == "ec2" else 2
    pages = list(paginator.paginate(**parameters, PaginationConfig={"PageSize": size}))
    assert _collected(keys, pages) == whole
    if name in SINGLE:
        assert sum(map(len, whole)) <= 1
        return
    assert len(pages) > 1, "there is more than one page to tell apart"
    assert max(sum(map(len, _collected(keys, [page]))) for page in pages) <= size
    resumed = paginator.paginate(**parameters, PaginationConfig={"PageSize": size, "MaxItems": size})
    first = resumed.build_full_result()
    rest = paginator.paginate(
        **parameters, PaginationConfig={"PageSize": size, "StartingToken": first["NextToken"]}
    ).build_full_result()
    assert [first.get(key, []) + rest.get(key, []) for key in keys] == whole, "taken up again by its token"


def _awaited(world: World, name: str) -> dict[str, Any]:
    """What to ask a waiter for, in a world where it has come about."""
    ec2 = world.ec2
    instances = {
        "InstanceIds": [
            each["Instances"][0]["InstanceId"] for each in ec2.describe_instances()["Reservations"][:2]
        ]
    }
    described: dict[str, dict[str, Any]] = {
        "InstanceExists": instances,
        "InstanceRunning": instances,
        "InstanceStatusOk": instances,
        "SystemStatusOk": instances,
        "ImageExists": {"ImageIds": [world.image]},
        "ImageAvailable": {"ImageIds": [world.image]},
        "KeyPairExists": {"KeyNames": ["key"]},
        "SecurityGroupExists": {"GroupNames": ["group-0"]},
        "SubnetAvailable": {},
        "VolumeInUse": {},
        "VolumeDeleted": {"VolumeIds": ["vol-0123456789abcdef0"]},
        "VpcAvailable": {},
        "VpcExists": {"VpcIds": [ec2.describe_vpcs()["Vpcs"][0]["VpcId"]]},
        "BucketExists": {"Bucket": "bucket-0"},
        "BucketNotExists": {"Bucket": "no-such-bucket"},
        "ObjectExists": {"Bucket": "bucket-0", "Key": "key + 1"},
        "ObjectNotExists": {"Bucket": "bucket-0", "Key": "none"},
        "InstanceProfileExists": {"InstanceProfileName": "app"},
        "RoleExists": {"RoleName": "app"},
        "UserExists": {"UserName": "waited-for"},
        "PolicyExists": {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    }
    if name == "UserExists":
        world.iam.create_user(UserName="waited-for")
    if name in {"InstanceStopped", "InstanceTerminated"}:
        one = world.launched()
        if name == "InstanceStopped":
            ec2.stop_instances(InstanceIds=[one])
        else:
            ec2.terminate_instances(InstanceIds=[one])
        world.settle()
        return {"InstanceIds": [one]}
    return described[name]


NEVER: dict[str, dict[str, Any]] = {
    "InternetGatewayExists": {"Filters": [{"Name": "attachment.state", "Values": ["available"]}]},
    "NetworkInterfaceAvailable": {},  # each belongs to an instance, and is in use
    "VolumeAvailable": {},  # the same
    "InstanceExists": {"InstanceIds": [NO_INSTANCE]},
    "InstanceProfileExists": {"InstanceProfileName": "none"},
    "UserExists": {"UserName": "none"},
    "RoleExists": {"RoleName": "none"},
    "PolicyExists": {"PolicyArn": "arn:aws:iam::111122223333:policy/none"},
    "KeyPairExists": {"KeyNames": ["none"]},
    "SecurityGroupExists": {"GroupNames": ["none"]},
    "BucketExists": {"Bucket": "no-such-bucket"},
    "BucketNotExists": {"Bucket": "bucket-0"},
    "ObjectExists": {"Bucket": "bucket-0", "Key": "none"},
    "ObjectNotExists": {"Bucket": "bucket-0", "Key": "key + 1"},
    "ImageExists": {"Filters": [{"Name": "name", "Values": ["none"]}]},
    "VpcExists": {"VpcIds": ["vpc-0123456789abcdef0"]},
}
"""What does not come about here: the waiter goes on until it gives up."""


@pytest.mark.parametrize(("service", "name", "_definition"), WAITERS, ids=[name for _, name, _ in WAITERS])
def test_a_waiter_sees_what_it_waits_for(
    filled: World, service: str, name: str, _definition: dict[str, Any]
) -> None:
    waiter = filled.client(service).get_waiter(xform_name(name))
    patience = {"Delay": 0, "MaxAttempts": 2}
    if name in NEVER:
        with pytest.raises(WaiterError, match="Max attempts exceeded"):
            waiter.wait(**NEVER[name], WaiterConfig=patience)
    if name not in {"InternetGatewayExists", "NetworkInterfaceAvailable", "VolumeAvailable"}:
        waiter.wait(**_awaited(filled, name), WaiterConfig={"Delay": 0, "MaxAttempts": 1})
