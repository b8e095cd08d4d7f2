"""Which operation a request is for, and what is refused instead of falling through to another."""

from __future__ import annotations

import json

import pytest

from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest
from tabard.wire import Match, Service, route, service, service_of
from tabard.wire.model import ServiceModel
from tabard.wire.routing import Router

HOSTS = ("s3.localhost", "localhost", "s3.amazonaws.com", "s3.us-east-1.amazonaws.com")


def s3(method: str, target: str, host: str = "127.0.0.1:4680", **headers: str) -> Match:
    path, _, query = target.partition("?")
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = HttpRequest(method, path, query, [(b"host", host.encode()), *named])
    return route(request, "s3", virtual_hosts=HOSTS)


def form(body: str, scope: str | None, query: str = "", method: str = "POST") -> Match:
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    return route(HttpRequest(method, "/", query, headers, body.encode()), scope, virtual_hosts=HOSTS)


def refusal(method: str, target: str, **headers: str) -> AwsError:
    with pytest.raises(AwsError) as caught:
        s3(method, target, **headers)
    return caught.value


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("GET", "/", "ListBuckets"),
        ("GET", "/?x-id=ListBuckets", "ListBuckets"),
        ("GET", "/?x-id=ListDirectoryBuckets", "ListDirectoryBuckets"),
        ("GET", "/?max-buckets=3&prefix=a", "ListBuckets"),
        ("PUT", "/b", "CreateBucket"),
        ("PUT", "/b/", "CreateBucket"),
        ("PUT", "/b?unheard=of", "CreateBucket"),
        ("PUT", "/b?acl", "PutBucketAcl"),
        ("PUT", "/b?acl=", "PutBucketAcl"),
        ("PUT", "/b?policy", "PutBucketPolicy"),
        ("PUT", "/b?versioning", "PutBucketVersioning"),
        ("PUT", "/b?tagging", "PutBucketTagging"),
        ("PUT", "/b?lifecycle", "PutBucketLifecycleConfiguration"),
        ("PUT", "/b?notification", "PutBucketNotificationConfiguration"),
        ("PUT", "/b?object-lock", "PutObjectLockConfiguration"),
        ("DELETE", "/b", "DeleteBucket"),
        ("DELETE", "/b?policy", "DeleteBucketPolicy"),
        ("HEAD", "/b", "HeadBucket"),
        ("GET", "/b", "ListObjects"),
        ("GET", "/b?versionId=3", "ListObjects"),
        ("GET", "/b?prefix=a&delimiter=/&encoding-type=url", "ListObjects"),
        ("GET", "/b?list-type=2&prefix=p", "ListObjectsV2"),
        ("GET", "/b?versions&prefix=p", "ListObjectVersions"),
        ("GET", "/b?uploads", "ListMultipartUploads"),
        ("GET", "/b?location", "GetBucketLocation"),
        ("GET", "/b?lifecycle", "GetBucketLifecycleConfiguration"),
        ("GET", "/b?policyStatus", "GetBucketPolicyStatus"),
        ("GET", "/b?analytics", "ListBucketAnalyticsConfigurations"),
        ("GET", "/b?analytics&id=x", "GetBucketAnalyticsConfiguration"),
        ("GET", "/b?inventory&id=x", "GetBucketInventoryConfiguration"),
        ("POST", "/b?delete", "DeleteObjects"),
        ("GET", "/b/k", "GetObject"),
        ("GET", "/b/k?versionId=v&partNumber=2", "GetObject"),
        ("GET", "/b/k?response-content-type=a&X-Amz-Signature=s&x-id=GetObject", "GetObject"),
        ("GET", "/b/k?acl", "GetObjectAcl"),
        ("GET", "/b/k?acl&versionId=3", "GetObjectAcl"),
        ("GET", "/b/k?tagging", "GetObjectTagging"),
        ("GET", "/b/k?attributes", "GetObjectAttributes"),
        ("GET", "/b/k?uploadId=u", "ListParts"),
        ("GET", "/b/k?torrent", "GetObjectTorrent"),
        ("HEAD", "/b/k?versionId=3&partNumber=1", "HeadObject"),
        ("PUT", "/b/k", "PutObject"),
        ("PUT", "/b/k?x-id=PutObject", "PutObject"),
        ("PUT", "/b/k?acl", "PutObjectAcl"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"),
        ("PUT", "/b/k?uploadId=u", "UploadPart"),
        ("PUT", "/b/k?retention", "PutObjectRetention"),
        ("POST", "/b/k?uploads", "CreateMultipartUpload"),
        ("POST", "/b/k?uploads=", "CreateMultipartUpload"),
        ("POST", "/b/k?uploadId=u", "CompleteMultipartUpload"),
        ("POST", "/b/k?restore", "RestoreObject"),
        ("POST", "/b/k?select&select-type=2", "SelectObjectContent"),
        ("DELETE", "/b/k", "DeleteObject"),
        ("DELETE", "/b/k?versionId=3", "DeleteObject"),
        ("DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"),
        ("DELETE", "/b/k?tagging", "DeleteObjectTagging"),
    ],
)
def test_s3_requests_are_told_apart_by_method_level_and_sub_resource(
    method: str, target: str, operation: str
) -> None:
    assert s3(method, target).operation == operation


def test_a_copy_source_makes_a_put_a_copy() -> None:
    assert s3("PUT", "/b/k", x_amz_copy_source="/a/b").operation == "CopyObject"
    assert s3("PUT", "/b/k?x-id=CopyObject", x_amz_copy_source="/a/b").operation == "CopyObject"
    assert s3("PUT", "/b/k?partNumber=1&uploadId=u", x_amz_copy_source="/a/b").operation == "UploadPartCopy"
    assert s3("PUT", "/b/k?acl", x_amz_copy_source="/a/b").operation == "PutObjectAcl"


@pytest.mark.parametrize(
    ("method", "target", "kind"),
    [
        ("DELETE", "/b?acl", "BUCKETACL"),
        ("DELETE", "/b?location", "BUCKETLOCATION"),
        ("PUT", "/b?location", "BUCKETLOCATION"),
        ("PUT", "/b?policyStatus", "BUCKETPOLICYSTATUS"),
        ("POST", "/b?policy", "BUCKETPOLICY"),
        ("PUT", "/b?versions", "BUCKETVERSIONS"),
        ("PUT", "/b?uploads", "BUCKETUPLOADS"),
        ("PUT", "/b?uploadId=u&partNumber=1", "BUCKET"),
        ("DELETE", "/b?delete", "BUCKETDELETE"),
        ("DELETE", "/b?object-lock", "BUCKETOBJECTLOCK"),
        ("GET", "/b?delete", "BUCKETDELETE"),
        ("HEAD", "/b?acl", "BUCKETACL"),
        ("PUT", "/b/k?policy", "OBJECTPOLICY"),
        ("PUT", "/b/k?torrent", "OBJECTTORRENT"),
        ("DELETE", "/b/k?acl", "OBJECTACL"),
        ("DELETE", "/b/k?partNumber=1", "OBJECT"),
        ("GET", "/b/k?policy", "OBJECTPOLICY"),
        ("POST", "/b/k", "OBJECT"),
        ("POST", "/b/k?x-id=CompleteMultipartUpload", "OBJECT"),
        ("POST", "/b/k?versionId=3", "OBJECT"),
        ("POST", "/b", "BUCKET"),
        ("POST", "/", "SERVICE"),
        ("DELETE", "/", "SERVICE"),
        ("PATCH", "/b/k", "OBJECT"),
    ],
)
def test_a_sub_resource_never_falls_through_to_another_operation(method: str, target: str, kind: str) -> None:
    error = refusal(method, target)
    assert (error.code, error.status) == ("MethodNotAllowed", 405)
    assert error.message == "The specified method is not allowed against this resource."
    assert error.fields["Method"] == method
    assert error.fields["ResourceType"] == kind


def test_a_refused_method_says_which_are_allowed() -> None:
    assert refusal("POST", "/").fields["@allow"] == "GET"
    assert refusal("DELETE", "/b?acl").fields["@allow"] == "GET, PUT"


def test_every_sub_resource_that_s3_knows_is_refused_where_it_has_no_operation() -> None:
    known: set[str] = set()
    for name in service("s3").operations:
        _, _, query = service("s3").operation(name).entry["http"]["requestUri"].partition("?")
        known.update(part.partition("=")[0] for part in query.split("&") if part)
    plain = {
        "CreateBucket",
        "DeleteBucket",
        "HeadBucket",
        "ListObjects",
        "GetObject",
        "PutObject",
        "DeleteObject",
        "HeadObject",
    }
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        for path in ("/b", "/b/k"):
            for key in known - {"list-type", "select-type"}:
                try:
                    outcome = s3(method, f"{path}?{key}").operation
                except AwsError as error:
                    outcome = error.code
                assert outcome not in plain, (method, path, key)


def test_two_sub_resources_conflict() -> None:
    error = refusal("PUT", "/b?acl&policy")
    assert (error.code, error.message) == (
        "InvalidArgument",
        "Conflicting query string parameters: acl, policy",
    )
    assert error.fields == {"ArgumentName": "ResourceType", "ArgumentValue": "acl"}


def test_an_unknown_list_type_is_refused() -> None:
    error = refusal("GET", "/b?list-type=3")
    assert (error.code, error.message) == ("InvalidArgument", "Invalid List Type specified in Request")


def test_forms_from_browsers_are_not_implemented() -> None:
    error = refusal("POST", "/b", content_type="multipart/form-data; boundary=x")
    assert (error.code, error.status) == ("NotImplemented", 501)


def test_no_bucket_answers_a_preflight() -> None:
    assert refusal("OPTIONS", "/b/k", origin="https://example.com").code == "AccessForbidden"
    assert refusal("OPTIONS", "/b/k").code == "BadRequest"


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/b/a%20b", "a b"),
        ("/b/a+b", "a+b"),
        ("/b/a%2Bb", "a+b"),
        ("/b/a%252Fb", "a%2Fb"),
        ("/b/a%2Fb", "a/b"),
        ("/b//a", "/a"),
        ("/b/a//b/", "a//b/"),
        ("/b/../a/./b/..", "../a/./b/.."),
        ("/b/%2E%2E", ".."),
        ("/b/%C3%BC%E2%98%83%F0%9F%98%80", "ü☃😀"),
        ("/b/%00%01%0A", "\x00\x01\n"),
        ("/b/" + "a" * 1024, "a" * 1024),
        ("/b/" + "%C3%BC" * 512, "ü" * 512),
        ("/b/a;b=c,d", "a;b=c,d"),
    ],
)
def test_keys_are_decoded_once_and_kept_as_they_are(target: str, key: str) -> None:
    match = s3("GET", target)
    assert (match.operation, match.labels) == ("GetObject", {"Bucket": "b", "Key": key})


@pytest.mark.parametrize(
    "target", ["/b/%", "/b/%zz", "/b/%C3", "/b/%ff", "/b/ü", "/b?prefix=%zz", "/b?prefix=%ff", "/%zz"]
)
def test_bad_escapes_are_refused(target: str) -> None:
    assert refusal("GET", target).code == "InvalidURI"


def test_a_key_of_more_than_1024_bytes_is_too_long() -> None:
    error = refusal("GET", "/b/" + "%C3%BC" * 513)
    assert (error.code, error.message) == ("KeyTooLongError", "Your key is too long")
    assert error.fields == {"Size": "1026", "MaxSizeAllowed": "1024"}


@pytest.mark.parametrize("target", ["/a%2Fb", "//key", "/b%00", "/-b", "/" + "b" * 256, "/arn:aws:s3:::x"])
def test_what_can_be_no_bucket_is_refused(target: str) -> None:
    assert refusal("GET", target).code == "InvalidBucketName"


@pytest.mark.parametrize(
    ("host", "target", "labels"),
    [
        ("bucket.s3.localhost:4680", "/key", {"Bucket": "bucket", "Key": "key"}),
        ("bucket.s3.localhost:4680", "/", {"Bucket": "bucket"}),
        ("BUCKET.S3.localhost", "/", {"Bucket": "bucket"}),
        ("my.dotted.bucket.s3.amazonaws.com", "//a", {"Bucket": "my.dotted.bucket", "Key": "/a"}),
        ("bucket.s3.us-east-1.amazonaws.com", "/a/b", {"Bucket": "bucket", "Key": "a/b"}),
        ("bucket.localhost:4680", "/a", {"Bucket": "bucket", "Key": "a"}),
        ("s3.localhost:4680", "/bucket/a", {"Bucket": "bucket", "Key": "a"}),
        ("s3.us-east-1.amazonaws.com", "/bucket/a", {"Bucket": "bucket", "Key": "a"}),
        ("localhost:4680", "/bucket/a", {"Bucket": "bucket", "Key": "a"}),
        ("127.0.0.1:4680", "/bucket/a", {"Bucket": "bucket", "Key": "a"}),
        ("[::1]:4680", "/bucket/a", {"Bucket": "bucket", "Key": "a"}),
        ("example.com", "/bucket/a", {"Bucket": "bucket", "Key": "a"}),
    ],
)
def test_a_bucket_stands_in_the_host_or_in_the_path(host: str, target: str, labels: dict[str, str]) -> None:
    assert s3("GET", target, host).labels == labels


def test_a_request_without_a_host_is_in_path_style() -> None:
    match = route(HttpRequest("GET", "/b/k", "", []), "s3", virtual_hosts=HOSTS)
    assert match.labels == {"Bucket": "b", "Key": "k"}


@pytest.mark.parametrize(
    ("version", "action", "name"),
    [
        ("2010-05-08", "ListUsers", "iam"),
        ("2011-06-15", "AssumeRoleWithWebIdentity", "sts"),
        ("2016-11-15", "DescribeInstances", "ec2"),
    ],
)
def test_unsigned_query_requests_are_routed_by_version(version: str, action: str, name: str) -> None:
    assert form(f"Action={action}&Version={version}", None)[:2] == (name, action)
    assert form("", None, f"Action={action}&Version={version}", "GET")[:2] == (name, action)


def test_other_unsigned_requests_are_s3s() -> None:
    assert route(HttpRequest("GET", "/b/k", "", []), None, virtual_hosts=HOSTS)[:2] == ("s3", "GetObject")
    assert route(HttpRequest("GET", "/", "", []), None, virtual_hosts=HOSTS)[:2] == ("s3", "ListBuckets")
    assert service_of(HttpRequest("PUT", "/b", "Action=x", []), None) == "s3"


def test_an_unsigned_action_without_a_version_is_answered_by_its_service() -> None:
    with pytest.raises(
        AwsError, match="Could not find operation AssumeRole for version NO_VERSION_SPECIFIED"
    ):
        form("Action=AssumeRole", None)


def test_parameters_may_stand_in_query_and_body() -> None:
    match = form("RoleName=r", "iam", "Action=GetRole&Version=2010-05-08")
    assert match.operation == "GetRole"


@pytest.mark.parametrize(
    ("scope", "body", "code", "message"),
    [
        ("iam", "", "MissingAction", "The request is missing an action or a required parameter."),
        ("ec2", "Version=2016-11-15", "MissingAction", "The request is missing an action or a required parameter."),
        ("iam", "Action=Foo&Version=2010-05-08", "InvalidAction", "Could not find operation Foo for version 2010-05-08"),
        ("sts", "Action=GetRole&Version=2011-06-15", "InvalidAction",
         "Could not find operation GetRole for version 2011-06-15"),
        ("iam", "Action=GetRole&Version=2011-06-15", "InvalidAction",
         "Could not find operation GetRole for version 2011-06-15"),
        ("iam", "Action=GetRole", "InvalidAction", "Could not find operation GetRole for version NO_VERSION_SPECIFIED"),
        ("ec2", "Action=Foo&Version=2016-11-15", "InvalidAction", "The action Foo is not valid for this web service."),
        ("ec2", "Action=RunInstances&Version=2016-11-14", "NoSuchVersion",
         "The requested version (2016-11-14) of service AmazonEC2 does not exist"),
        ("ec2", "Action=RunInstances", "MissingParameter", "The request must contain the parameter Version"),
        ("lambda", "", "NotImplemented", "The service lambda is not served here."),
    ],
)  # fmt: skip
def test_unknown_actions_versions_and_services(scope: str, body: str, code: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        form(body, scope)
    assert (caught.value.code, caught.value.message) == (code, message)


def test_iam_and_sts_are_found_whatever_else_the_request_looks_like() -> None:
    request = HttpRequest("POST", "/some/path", "", [], b"Action=GetRole&Version=2010-05-08&RoleName=r")
    assert route(request, "iam", virtual_hosts=HOSTS).operation == "GetRole"


REST = {
    "metadata": {"protocol": "rest-json", "apiVersion": "1"},
    "operations": {
        "GetThing": {"http": {"method": "GET", "requestUri": "/things/{Name}"}, "input": {"shape": "Named"}},
        "GetBest": {"http": {"method": "GET", "requestUri": "/things/best"}},
        "GetFile": {"http": {"method": "GET", "requestUri": "/files/{Name+}"}, "input": {"shape": "Named"}},
        "FindThing": {"http": {"method": "GET", "requestUri": "/find"}, "input": {"shape": "Sought"}},
    },
    "shapes": {
        "Named": {
            "type": "structure",
            "required": ["Name"],
            "members": {"Name": {"shape": "Text", "location": "uri", "locationName": "Name"}},
        },
        "Sought": {
            "type": "structure",
            "required": ["By", "Who"],
            "members": {
                "By": {"shape": "Text", "location": "querystring", "locationName": "by"},
                "Who": {"shape": "Text", "location": "header", "locationName": "x-who"},
            },
        },
        "Text": {"type": "string"},
    },
}


def rest(target: str) -> tuple[Match, Service]:
    known = Service("things", ServiceModel.from_json(json.dumps(REST).encode()))
    path, _, query = target.partition("?")
    router = Router({"things": "things"}, lambda _: known)
    return router.route(HttpRequest("GET", path, query, []), "things", virtual_hosts=()), known


@pytest.mark.parametrize(
    ("target", "operation", "labels"),
    [
        ("/things/a%2Fb", "GetThing", {"Name": "a/b"}),
        ("/things/best", "GetBest", {}),
        ("/files/a/b//c", "GetFile", {"Name": "a/b//c"}),
    ],
)
def test_rest_paths_match_the_most_literal_template(
    target: str, operation: str, labels: dict[str, str]
) -> None:
    match, _ = rest(target)
    assert (match.operation, match.labels) == (operation, labels)


def test_what_a_rest_request_lacks_is_told_by_its_operation() -> None:
    match, known = rest("/find")
    with pytest.raises(AwsError) as caught:
        known.operation(match.operation).decode(HttpRequest("GET", "/find", "", []), match)
    assert caught.value.code == "ValidationException"
    assert caught.value.message.startswith(
        "2 validation errors detected: Value null at 'by' failed to satisfy constraint: "
    )


def test_a_rest_path_that_is_none_is_not_known() -> None:
    with pytest.raises(AwsError) as caught:
        rest("/elsewhere")
    assert (caught.value.code, caught.value.status) == ("UnknownOperationException", 404)
