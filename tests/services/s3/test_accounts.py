"""Two accounts on one server: names are shared, buckets are not."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from tests.services.s3.conftest import allow, fields, refusal
from tests.support.server import start

from tabard.core.sources import access_key_id, secret_access_key, system_clock, system_random
from tabard.identity.keyring import KeyRing
from tabard.identity.principals import SECRET_PURPOSE
from tabard.store.iam import AccessKey, Account
from tabard.store.sql.store import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tabard.store.port import View

FIRST, SECOND = "111122223333", "444455556666"


def prepare(data: Path) -> dict[str, tuple[str, str]]:
    """A data folder with two accounts; returns their root keys."""
    data.mkdir(mode=0o700)
    keys = KeyRing.load(data / "keys.json", system_random)
    store = open_sqlite(data / "tabard.db", system_clock)
    pairs = {account: (access_key_id("AKIA", account), secret_access_key()) for account in (FIRST, SECOND)}

    def job(view: View) -> None:
        for account, (identifier, secret) in pairs.items():
            view.iam.accounts.create(Account(account, account, 1.0))
            sealed = keys.seal(SECRET_PURPOSE, secret.encode())
            view.iam.access_keys.create(AccessKey(identifier, account, None, sealed, "Active", 1.0))

    async def write() -> None:
        await store.write(job)

    asyncio.run(write())
    store.close()
    return pairs


@pytest.fixture(scope="module")
def client() -> Iterator[Callable[..., Any]]:
    with tempfile.TemporaryDirectory(prefix="tabard-test-") as folder:
        data = Path(folder) / "data"
        pairs = prepare(data)
        server = start(Path(folder) / "log", data=data, account=FIRST)

        def make(service: str, account: str, key: dict[str, str] | None = None, **more: Any) -> Any:
            identifier, secret = (
                pairs[account] if key is None else (key["AccessKeyId"], key["SecretAccessKey"])
            )
            return boto3.client(  # type: ignore[call-overload]
                service,
                endpoint_url=server.endpoint,
                region_name="us-east-1",
                aws_access_key_id=identifier,
                aws_secret_access_key=secret,
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **more),
            )

        try:
            yield make
        finally:
            server.stop()


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_name_belongs_to_one_account_and_each_lists_its_own(client: Callable[..., Any]) -> None:
    mine, theirs = client("s3", FIRST), client("s3", SECOND)
    mine.create_bucket(Bucket="the-name")
    error = fields(lambda: theirs.create_bucket(Bucket="the-name"))
    assert (error["Code"], error["BucketName"]) == ("BucketAlreadyExists", "the-name")
    assert [each["Name"] for each in mine.list_buckets()["Buckets"]] == ["the-name"]
    assert theirs.list_buckets()["Buckets"] == []
    assert mine.list_buckets()["Owner"] != theirs.list_buckets()["Owner"]
    for act in (
        lambda: theirs.list_objects_v2(Bucket="the-name"),
        lambda: theirs.put_object(Bucket="the-name", Key="k", Body=b""),
        lambda: theirs.delete_bucket(Bucket="the-name"),
        lambda: theirs.get_bucket_policy(Bucket="the-name"),
    ):
        error = fields(act)
        assert (error["Code"], error["Message"]) == ("AccessDenied", "Access Denied")
    mine.delete_bucket(Bucket="the-name")


def test_another_account_needs_the_bucket_policy_and_its_own(client: Callable[..., Any]) -> None:
    mine, theirs = client("s3", FIRST), client("s3", SECOND)
    iam = client("iam", SECOND)
    iam.create_user(UserName="guest")
    guest = client("s3", SECOND, iam.create_access_key(UserName="guest")["AccessKey"])
    mine.create_bucket(Bucket="shared-one")
    mine.put_object(Bucket="shared-one", Key="k", Body=b"x")
    grant = allow(
        ["s3:GetObject", "s3:PutObject"],
        "arn:aws:s3:::shared-one/*",
        Principal={"AWS": f"arn:aws:iam::{SECOND}:root"},
    )
    mine.put_bucket_policy(Bucket="shared-one", Policy=policy(grant))
    assert theirs.get_object(Bucket="shared-one", Key="k")["Body"].read() == b"x"
    assert refusal(lambda: guest.get_object(Bucket="shared-one", Key="k")) == ("AccessDenied", 403)
    iam.put_user_policy(UserName="guest", PolicyName="p", PolicyDocument=policy(allow("s3:*", "*")))
    assert guest.get_object(Bucket="shared-one", Key="k")["Body"].read() == b"x"
    guest.put_object(Bucket="shared-one", Key="theirs", Body=b"y")
    assert mine.get_object(Bucket="shared-one", Key="theirs")["Body"].read() == b"y", (
        "the bucket's owner owns it"
    )
    mine.delete_bucket_policy(Bucket="shared-one")
    assert refusal(lambda: guest.get_object(Bucket="shared-one", Key="k")) == ("AccessDenied", 403)
    mine.delete_object(Bucket="shared-one", Key="k")
    mine.delete_object(Bucket="shared-one", Key="theirs")
    mine.delete_bucket(Bucket="shared-one")


def test_a_bucket_policy_may_name_an_account_by_its_canonical_user_id(client: Callable[..., Any]) -> None:
    mine, theirs = client("s3", FIRST), client("s3", SECOND)
    mine.create_bucket(Bucket="shared-two")
    mine.put_object(Bucket="shared-two", Key="k", Body=b"x")
    for named, outcome in ((mine, ("AccessDenied", 403)), (theirs, None)):
        principal = {"CanonicalUser": named.list_buckets()["Owner"]["ID"]}
        grant = allow("s3:GetObject", "arn:aws:s3:::shared-two/*", Principal=principal)
        mine.put_bucket_policy(Bucket="shared-two", Policy=policy(grant))
        if outcome is not None:
            assert refusal(lambda: theirs.get_object(Bucket="shared-two", Key="k")) == outcome
    assert theirs.get_object(Bucket="shared-two", Key="k")["Body"].read() == b"x"
    unknown = allow("s3:GetObject", "arn:aws:s3:::shared-two/*", Principal={"CanonicalUser": "a" * 64})
    assert refusal(lambda: mine.put_bucket_policy(Bucket="shared-two", Policy=policy(unknown))) == (
        "MalformedPolicy",
        400,
    )
    mine.delete_object(Bucket="shared-two", Key="k")
    mine.delete_bucket(Bucket="shared-two")


def test_a_copy_between_accounts_needs_both_sides(client: Callable[..., Any]) -> None:
    mine, theirs = client("s3", FIRST), client("s3", SECOND)
    mine.create_bucket(Bucket="source-one")
    theirs.create_bucket(Bucket="target-two")
    mine.put_object(Bucket="source-one", Key="k", Body=b"x")
    source = {"Bucket": "source-one", "Key": "k"}
    assert refusal(lambda: theirs.copy_object(Bucket="target-two", Key="k", CopySource=source)) == (
        "AccessDenied",
        403,
    )
    grant = allow("s3:GetObject", "arn:aws:s3:::source-one/*", Principal={"AWS": SECOND})
    mine.put_bucket_policy(Bucket="source-one", Policy=policy(grant))
    theirs.copy_object(Bucket="target-two", Key="k", CopySource=source, ExpectedSourceBucketOwner=FIRST)
    wrong = {"Bucket": "target-two", "Key": "k", "CopySource": source, "ExpectedSourceBucketOwner": SECOND}
    assert refusal(lambda: theirs.copy_object(**wrong)) == ("AccessDenied", 403)
    theirs.delete_object(Bucket="target-two", Key="k")
    theirs.delete_bucket(Bucket="target-two")


def test_a_bucket_in_its_host_name(client: Callable[..., Any]) -> None:
    client("s3", FIRST).create_bucket(Bucket="in-host")
    virtual = client("s3", FIRST)
    events: list[str] = []

    def to_host(request: Any, **_: Any) -> None:
        path = request.url.partition("/in-host")
        request.url = path[0] + (path[2] if path[2].startswith("/") else "/" + path[2])
        request.headers["Host"] = "in-host.s3.localhost"
        events.append(request.url)

    virtual.meta.events.register("before-sign.s3", to_host)
    virtual.put_object(Bucket="in-host", Key="a/b c", Body=b"x")
    assert [each["Key"] for each in virtual.list_objects_v2(Bucket="in-host")["Contents"]] == ["a/b c"]
    virtual.delete_object(Bucket="in-host", Key="a/b c")
    virtual.delete_bucket(Bucket="in-host")
    assert events
