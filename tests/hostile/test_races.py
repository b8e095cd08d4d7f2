"""Many callers who want the same thing at the same moment: one gets it, the others hear why, nothing is torn."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.support.server import TabardServer

Attempt = Callable[[], Any]
AT_ONCE = 10
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


def at_once(attempts: list[Attempt]) -> Counter[str]:
    """What comes of attempts that begin together: ``OK`` or the error's code."""
    begin = threading.Barrier(len(attempts))

    def run(attempt: Attempt) -> str:
        begin.wait()
        try:
            attempt()
        except ClientError as error:
            failed = error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
            return str(error) if failed else str(error.response["Error"]["Code"])
        return "OK"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return Counter(pool.map(run, attempts))


def clients(server: TabardServer, service: str) -> list[Any]:
    return [server.client(service) for _ in range(AT_ONCE)]


def test_a_name_is_taken_once(server: TabardServer) -> None:
    iams = clients(server, "iam")
    users = at_once([lambda c=c: c.create_user(UserName="raced") for c in iams])  # type: ignore[misc]
    assert users == {"OK": 1, "EntityAlreadyExists": AT_ONCE - 1}
    keys = at_once([lambda c=c: c.create_access_key(UserName="raced") for c in iams])  # type: ignore[misc]
    assert keys == {"OK": 2, "LimitExceeded": AT_ONCE - 2}
    assert len(iams[0].list_access_keys(UserName="raced")["AccessKeyMetadata"]) == 2


def test_a_profile_holds_one_role_and_an_instance_one_profile(server: TabardServer) -> None:
    iams, ec2s = clients(server, "iam"), clients(server, "ec2")
    iams[0].create_role(RoleName="raced", AssumeRolePolicyDocument=TRUST)
    iams[0].create_instance_profile(InstanceProfileName="raced")
    profile = {"InstanceProfileName": "raced", "RoleName": "raced"}
    added = at_once([lambda c=c: c.add_role_to_instance_profile(**profile) for c in iams])  # type: ignore[misc]
    assert added == {"OK": 1, "LimitExceeded": AT_ONCE - 1}
    image = ec2s[0].describe_images()["Images"][0]["ImageId"]
    wanted = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "ClientToken": "raced"}
    made: set[str] = set()

    def launch(ec2: Any) -> None:
        made.add(ec2.run_instances(**wanted)["Instances"][0]["InstanceId"])

    assert at_once([lambda c=c: launch(c) for c in ec2s]) == {"OK": AT_ONCE}  # type: ignore[misc]
    [instance] = made
    try:
        if server.started["problems"]:
            return  # an instance that does not run takes no profile
        ec2s[0].get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig={"Delay": 1})
        association = {"InstanceId": instance, "IamInstanceProfile": {"Name": "raced"}}
        associated = at_once([lambda c=c: c.associate_iam_instance_profile(**association) for c in ec2s])  # type: ignore[misc]
        assert associated == {"OK": 1, "IncorrectState": AT_ONCE - 1}
    finally:
        ec2s[0].terminate_instances(InstanceIds=[instance])


def test_an_upload_ends_once(server: TabardServer) -> None:
    s3s = clients(server, "s3")
    s3s[0].create_bucket(Bucket="raced-uploads")
    where = {"Bucket": "raced-uploads", "Key": "key"}
    for _ in range(5):
        upload = s3s[0].create_multipart_upload(**where)["UploadId"]
        whose = {**where, "UploadId": upload}
        etag = s3s[0].upload_part(**whose, PartNumber=1, Body=b"p" * 100_000)["ETag"]
        whole = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        ends: list[Attempt] = [
            (lambda c=c: c.complete_multipart_upload(**whose, MultipartUpload=whole))  # type: ignore[misc]  # noqa: B023 - run at once
            if number % 2
            else (lambda c=c: c.abort_multipart_upload(**whose))  # type: ignore[misc]  # noqa: B023 - run at once
            for number, c in enumerate(s3s)
        ]
        outcome = at_once(ends)
        assert set(outcome) <= {"OK", "NoSuchUpload"}
        assert outcome["OK"] >= 1
        found = s3s[0].list_objects_v2(Bucket="raced-uploads").get("Contents", [])
        for each in found:
            assert s3s[0].get_object(Bucket="raced-uploads", Key=each["Key"])["Body"].read() == b"p" * 100_000
            s3s[0].delete_object(**where)
    assert "Uploads" not in s3s[0].list_multipart_uploads(Bucket="raced-uploads")


def test_an_object_is_read_whole_while_it_is_overwritten(server: TabardServer) -> None:
    s3s = clients(server, "s3")
    where = {"Bucket": "raced-objects", "Key": "key"}
    s3s[0].create_bucket(Bucket="raced-objects")
    s3s[0].put_object(**where, Body=b"0" * 300_000)

    def read(s3: Any) -> None:
        for _ in range(20):
            body = s3.get_object(**where)["Body"].read()
            assert len(body) == 300_000
            assert len(set(body)) == 1

    def write(s3: Any, letter: int) -> None:
        for _ in range(10):
            s3.put_object(**where, Body=bytes([letter]) * 300_000)

    jobs: list[Attempt] = [lambda c=c: read(c) for c in s3s[:5]]  # type: ignore[misc]
    jobs += [lambda c=c, n=n: write(c, 65 + n) for n, c in enumerate(s3s[5:8])]  # type: ignore[misc]
    assert at_once(jobs) == {"OK": 8}


def test_a_bucket_is_deleted_empty_or_not_at_all(server: TabardServer) -> None:
    s3s = clients(server, "s3")
    for number in range(5):
        bucket = f"raced-{number}"
        s3s[0].create_bucket(Bucket=bucket)
        puts: list[Attempt] = [
            lambda c=c, n=n, b=bucket: c.put_object(Bucket=b, Key=f"k{n}", Body=b"x")  # type: ignore[misc]
            for n, c in enumerate(s3s[2:8])
        ]
        deletes: list[Attempt] = [lambda c=c, b=bucket: c.delete_bucket(Bucket=b) for c in s3s[:2]]  # type: ignore[misc]
        outcome = at_once([*deletes, *puts])
        there = bucket in {each["Name"] for each in s3s[0].list_buckets()["Buckets"]}
        assert set(outcome) <= {"OK", "NoSuchBucket", "BucketNotEmpty"}
        kept = s3s[0].list_objects_v2(Bucket=bucket)["KeyCount"] if there else 0
        assert kept == (outcome["OK"] if there else 0)
