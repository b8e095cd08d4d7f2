"""Who may do what: identity policies, bucket policies, strangers and other accounts."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.s3.conftest import Caller, Raw, allow, fields, refusal

if TYPE_CHECKING:
    from tests.support.server import TabardServer


def put_policy(s3: Any, bucket: str, *statements: dict[str, Any]) -> None:
    s3.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    )


def anybody(server: TabardServer, path: str) -> int:
    try:
        with urllib.request.urlopen(f"{server.endpoint}/{path}") as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_missing_key_is_told_only_to_who_may_list(s3: Any, bucket: str, caller: Caller) -> None:
    arn = f"arn:aws:s3:::{bucket}"
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    caller.may(allow("s3:GetObject", f"{arn}/*"))
    assert caller.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    error = fields(lambda: caller.s3.get_object(Bucket=bucket, Key="none"))
    assert error["Code"] == "AccessDenied"
    assert f'is not authorized to perform: s3:ListBucket on resource: "{arn}"' in error["Message"]
    assert refusal(lambda: caller.s3.head_object(Bucket=bucket, Key="none"))[1] == 403
    caller.may(allow("s3:GetObject", f"{arn}/*"), allow("s3:ListBucket", arn))
    assert refusal(lambda: caller.s3.get_object(Bucket=bucket, Key="none")) == ("NoSuchKey", 404)
    assert refusal(lambda: caller.s3.head_object(Bucket=bucket, Key="none"))[1] == 404


def test_reading_and_writing_are_different_rights(s3: Any, bucket: str, caller: Caller) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    caller.may(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    caller.s3.put_object(Bucket=bucket, Key="k", Body=b"y")
    error = fields(lambda: caller.s3.get_object(Bucket=bucket, Key="k"))
    assert error["Message"] == (
        f'User: {caller.arn} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{bucket}/k" '
        "because no identity-based policy allows the s3:GetObject action"
    )
    assert refusal(lambda: caller.s3.delete_object(Bucket=bucket, Key="k")) == ("AccessDenied", 403)


def test_a_copy_reads_its_source_and_writes_its_target(s3: Any, bucket: str, caller: Caller) -> None:
    s3.put_object(Bucket=bucket, Key="from/k", Body=b"x")
    source = {"Bucket": bucket, "Key": "from/k"}

    def copy() -> Any:
        return caller.s3.copy_object(Bucket=bucket, Key="to/k", CopySource=source)

    read = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/from/*")
    write = allow("s3:PutObject", f"arn:aws:s3:::{bucket}/to/*")
    for statements in ([read], [write]):
        caller.may(*statements)
        assert refusal(copy) == ("AccessDenied", 403)
    caller.may(read, write)
    copy()


def test_tags_decide_where_a_policy_asks_for_them(s3: Any, bucket: str, caller: Caller) -> None:
    s3.put_object(Bucket=bucket, Key="open", Body=b"x", Tagging="class=public")
    s3.put_object(Bucket=bucket, Key="closed", Body=b"x", Tagging="class=secret")
    caller.may(
        allow(
            "s3:GetObject",
            f"arn:aws:s3:::{bucket}/*",
            Condition={"StringEquals": {"s3:ExistingObjectTag/class": "public"}},
        )
    )
    caller.s3.get_object(Bucket=bucket, Key="open")
    assert refusal(lambda: caller.s3.get_object(Bucket=bucket, Key="closed")) == ("AccessDenied", 403)


def test_tags_that_are_put_are_a_right_and_a_condition(bucket: str, caller: Caller) -> None:
    objects = f"arn:aws:s3:::{bucket}/*"
    caller.may(allow("s3:PutObject", objects))
    assert refusal(lambda: caller.s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=b")) == (
        "AccessDenied",
        403,
    )
    wanted = {"StringEquals": {"s3:RequestObjectTag/a": "b"}}
    caller.may(allow(["s3:PutObject", "s3:PutObjectTagging"], objects, Condition=wanted))
    caller.s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=b")
    assert refusal(lambda: caller.s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=c")) == (
        "AccessDenied",
        403,
    )


def test_headers_are_condition_keys(bucket: str, caller: Caller) -> None:
    caller.may(
        allow(
            "s3:PutObject",
            f"arn:aws:s3:::{bucket}/*",
            Condition={"StringEquals": {"s3:x-amz-acl": "private"}},
        )
    )
    caller.s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="private")
    assert refusal(lambda: caller.s3.put_object(Bucket=bucket, Key="k", Body=b"")) == ("AccessDenied", 403)


def test_a_condition_is_a_right_and_can_be_demanded(s3: Any, bucket: str, caller: Caller) -> None:
    objects = f"arn:aws:s3:::{bucket}/*"
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    demanded = {"Null": {"s3:if-match": "false"}}
    caller.may(allow(["s3:PutObject", "s3:DeleteObject"], objects, Condition=demanded))
    assert refusal(lambda: caller.s3.delete_object(Bucket=bucket, Key="k")) == ("AccessDenied", 403)
    error = fields(lambda: caller.s3.delete_object(Bucket=bucket, Key="k", IfMatch=tag))
    assert "is not authorized to perform: s3:GetObject" in error["Message"]
    caller.may(
        allow(["s3:PutObject", "s3:DeleteObject"], objects, Condition=demanded),
        allow("s3:GetObject", objects),
    )
    assert refusal(lambda: caller.s3.put_object(Bucket=bucket, Key="k", Body=b"y")) == ("AccessDenied", 403)
    caller.s3.delete_object(Bucket=bucket, Key="k", IfMatch=tag)


def test_links_can_be_forbidden(server: TabardServer, signer: Any, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    link = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    path = link.removeprefix(server.endpoint + "/")
    assert anybody(server, path) == 200
    put_policy(
        s3,
        bucket,
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}},
        },
    )
    assert anybody(server, path) == 403
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_bucket_policy_grants_and_denies(s3: Any, bucket: str, caller: Caller) -> None:
    objects = f"arn:aws:s3:::{bucket}/*"
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    put_policy(s3, bucket, allow("s3:GetObject", objects, Principal={"AWS": caller.arn}))
    assert caller.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    caller.may(allow("s3:*", "*"))
    put_policy(
        s3,
        bucket,
        {"Effect": "Deny", "Principal": {"AWS": caller.arn}, "Action": "s3:GetObject", "Resource": objects},
    )
    error = fields(lambda: caller.s3.get_object(Bucket=bucket, Key="k"))
    assert error["Message"].endswith("with an explicit deny in a resource-based policy")
    s3.delete_bucket_policy(Bucket=bucket)
    assert caller.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_strangers_have_what_a_bucket_policy_gives_everyone(
    server: TabardServer, s3: Any, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="public/k", Body=b"x")
    s3.put_object(Bucket=bucket, Key="private/k", Body=b"x")
    assert anybody(server, f"{bucket}/public/k") == 403
    put_policy(s3, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/public/*", Principal="*"))
    assert anybody(server, f"{bucket}/public/k") == 200
    assert anybody(server, f"{bucket}/public/none") == 403
    assert anybody(server, f"{bucket}/private/k") == 403
    assert anybody(server, bucket) == 403
    assert anybody(server, f"{bucket}?acl") == 403
    assert anybody(server, "") == 403


def test_a_stranger_learns_nothing_but_the_denial(raw: Raw, bucket: str) -> None:
    reply = raw("GET", f"/{bucket}/k", signed=False)
    assert (reply.status, reply.error["Code"], reply.error["Message"]) == (
        403,
        "AccessDenied",
        "Access Denied",
    )


def test_strangers_may_write_where_everyone_may(raw: Raw, s3: Any, bucket: str) -> None:
    assert raw("PUT", f"/{bucket}/k", b"x", signed=False).status == 403
    put_policy(
        s3, bucket, allow(["s3:PutObject", "s3:DeleteObject"], f"arn:aws:s3:::{bucket}/*", Principal="*")
    )
    assert raw("PUT", f"/{bucket}/k", b"anon", signed=False).status == 200
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"anon"
    assert raw("DELETE", f"/{bucket}/k", signed=False).status == 204


def test_strangers_may_not_override_headers(raw: Raw, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    put_policy(s3, bucket, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*"))
    reply = raw("GET", f"/{bucket}/k?response-content-type=text/html", signed=False)
    assert (reply.status, reply.error["Code"]) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (allow("s3:GetObject", "arn:aws:s3:::other-bucket/*", Principal="*"), "Policy has invalid resource"),
        (allow("ec2:RunInstances", "arn:aws:s3:::BUCKET/*", Principal="*"), "Policy has invalid action"),
        (
            allow(
                "s3:GetObject", "arn:aws:s3:::BUCKET/*", Principal={"AWS": "arn:aws:iam::999999999999:root"}
            ),
            "Invalid principal in policy",
        ),
        (allow("s3:GetObject", "arn:aws:s3:::BUCKET/*"), "Missing required field Principal"),
    ],
)
def test_a_policy_that_is_none_is_refused(
    s3: Any, bucket: str, statement: dict[str, Any], message: str
) -> None:
    resource = statement["Resource"].replace("BUCKET", bucket)
    error = fields(lambda: put_policy(s3, bucket, {**statement, "Resource": resource}))
    assert (error["Code"], error["Message"]) == ("MalformedPolicy", message)
    assert refusal(lambda: s3.get_bucket_policy(Bucket=bucket)) == ("NoSuchBucketPolicy", 404)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00", '{"Version": "2012-10-17"}', "{}" * 20_000])
def test_a_document_that_is_no_policy_is_refused(s3: Any, bucket: str, text: str) -> None:
    code, status = refusal(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=text))
    assert (code, status) in {
        ("MalformedPolicy", 400),
        ("MissingRequestBodyError", 400),
        ("MalformedXML", 400),
    }


def test_a_policy_comes_back_as_it_was_put(s3: Any, bucket: str) -> None:
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*")],
        },
        indent=3,
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}


def test_strangers_may_not_begin_multipart_uploads(raw: Raw, s3: Any, bucket: str) -> None:
    put_policy(s3, bucket, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*", Principal="*"))
    reply = raw("POST", f"/{bucket}/k?uploads", signed=False)
    assert (reply.status, reply.error["Code"]) == (403, "AccessDenied")
    assert (
        reply.error["Message"] == "Anonymous users cannot initiate multipart uploads.  Please authenticate."
    )


def test_the_trail_says_which_object_and_bucket(server: TabardServer, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="told", Body=b"")
    s3.get_object(Bucket=bucket, Key="told")
    for _ in range(1200):
        lines = "".join(path.read_text() for path in (server.data / "audit").iterdir()).splitlines()
        events = [event for event in map(json.loads, lines) if bucket in json.dumps(event.get("resources"))]
        names = [event["eventName"] for event in events]
        if "GetObject" in names:
            break
        time.sleep(0.05)
    put = events[names.index("PutObject")]
    assert [each["ARN"] for each in put["resources"]] == [
        f"arn:aws:s3:::{bucket}/told",
        f"arn:aws:s3:::{bucket}",
    ]


def test_a_link_of_version_2_reads_a_bucket_in_any_region(server: TabardServer) -> None:
    west = server.client("s3", region="eu-west-1")
    name = f"test-{secrets.token_hex(8)}"
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    west.put_object(Bucket=name, Key="k", Body=b"x")
    link = server.client("s3").generate_presigned_url("get_object", Params={"Bucket": name, "Key": "k"})
    assert "AWSAccessKeyId" in link
    assert anybody(server, link.removeprefix(server.endpoint + "/")) == 200
    west.delete_object(Bucket=name, Key="k")
    west.delete_bucket(Bucket=name)


def test_no_policy_locks_out_the_root_user_from_the_policy(s3: Any, bucket: str, caller: Caller) -> None:
    caller.may(allow("s3:*", "*"))
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    put_policy(s3, bucket, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything})
    assert refusal(lambda: s3.list_objects_v2(Bucket=bucket)) == ("AccessDenied", 403)
    assert refusal(lambda: caller.s3.delete_bucket_policy(Bucket=bucket)) == ("AccessDenied", 403)
    assert "Deny" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    s3.list_objects_v2(Bucket=bucket)


def test_block_public_access_outweighs_a_bucket_policy(
    server: TabardServer, s3: Any, bucket: str, caller: Caller
) -> None:
    def block(**settings: bool) -> None:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=settings)

    everyone = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": "*"}
    known = {**everyone, "Principal": {"AWS": caller.arn}}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(lambda: s3.get_public_access_block(Bucket=bucket)) == (
        "NoSuchPublicAccessBlockConfiguration",
        404,
    )
    block(BlockPublicPolicy=True)
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": False,
    }
    error = fields(lambda: put_policy(s3, bucket, everyone))
    assert error["Code"] == "AccessDenied"
    assert "public policies are blocked by the BlockPublicPolicy block public access" in error["Message"]
    put_policy(s3, bucket, known)
    assert caller.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    block(RestrictPublicBuckets=True)
    put_policy(s3, bucket, everyone)
    assert anybody(server, f"{bucket}/k") == 403
    assert caller.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x", "of the bucket's account"
    s3.delete_public_access_block(Bucket=bucket)
    assert anybody(server, f"{bucket}/k") == 200
    assert refusal(
        lambda: caller.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={})
    ) == (
        "AccessDenied",
        403,
    )


def test_a_bucket_policy_means_whom_it_named_not_who_has_the_name_now(
    server: TabardServer, s3: Any, bucket: str, caller: Caller
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    iam = server.client("iam")
    name = f"again-{secrets.token_hex(4)}"
    user = iam.create_user(UserName=name)["User"]
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    put_policy(s3, bucket, read | {"Principal": {"AWS": [user["Arn"], caller.arn]}})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert caller.s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"

    def named() -> Any:
        return json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Principal"]["AWS"]

    assert named() == [user["Arn"], caller.arn]
    iam.delete_user(UserName=name)
    assert named() == [user["UserId"], caller.arn]
    iam.create_user(UserName=name)
    assert named() == [user["UserId"], caller.arn]
    iam.delete_user(UserName=name)
