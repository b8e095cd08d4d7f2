"""What a model forbids is refused in AWS's own words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest
from tabard.wire import route, service
from tabard.wire.patterns import matcher

VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15", "ec2": "2016-11-15"}


def decoded(name: str, action: str, params: dict[str, str]) -> dict[str, Any]:
    body = urlencode({"Action": action, "Version": VERSIONS[name], **params}).encode()
    request = HttpRequest("POST", "/", "", [(b"content-type", b"application/x-www-form-urlencoded")], body)
    match = route(request, name, virtual_hosts=())
    return service(name).operation(action).decode(request, match)


def refused(name: str, action: str, params: dict[str, str]) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        decoded(name, action, params)
    assert caught.value.status == 400
    return caught.value.code, caught.value.message


def s3_refused(method: str, target: str, body: bytes = b"", **headers: str) -> AwsError:
    path, _, query = target.partition("?")
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = HttpRequest(method, path, query, named, body)
    match = route(request, "s3", virtual_hosts=())
    with pytest.raises(AwsError) as caught:
        service("s3").operation(match.operation).decode(request, match)
    return caught.value


LONG = "a" * 65
NAME = "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
VALUE = "Value '{}' at '{}' failed to satisfy constraint: {}"


@pytest.mark.parametrize(
    ("action", "params", "told"),
    [
        ("GetRole", {}, ["Value null at 'roleName' failed to satisfy constraint: Member must not be null"]),
        ("GetRole", {"RoleName": LONG},
         [VALUE.format(LONG, "roleName", "Member must have length less than or equal to 64")]),
        ("GetRole", {"RoleName": ""},
         [VALUE.format("", "roleName", "Member must have length greater than or equal to 1")]),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Description": "\u2019"},
         [VALUE.format("\u2019", "description", "Member must satisfy regular expression pattern: "
                       r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*")]),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Description": "a" * 1001},
         [VALUE.format("a" * 1001, "description", "Member must have length less than or equal to 1000")]),
        ("ListRoles", {"MaxItems": "0"},
         [VALUE.format("0", "maxItems", "Member must have value greater than or equal to 1")]),
        ("ListRoles", {"MaxItems": "1001"},
         [VALUE.format("1001", "maxItems", "Member must have value less than or equal to 1000")]),
        ("UpdateAccessKey", {"AccessKeyId": "A" * 20, "Status": "On"},
         [VALUE.format("On", "status", "Member must satisfy enum value set: [Active, Inactive, Expired]")]),
        ("CreateSAMLProvider", {"Name": "n"},
         ["Value null at 'sAMLMetadataDocument' failed to satisfy constraint: Member must not be null"]),
        ("TagRole", {"RoleName": "r", "Tags.member.1.Key": "k"},
         ["Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"]),
        ("CreateLoginProfile", {"UserName": "a b", "Password": ""},
         ["Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 1",
          ("Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: "
           r"[\u0009\u000A\u000D\u0020-\u00FF]+")]),
        ("UntagRole", {"RoleName": "r", "TagKeys.member.1": "", "TagKeys.member.2": "b"},
         [VALUE.format("[, b]", "tagKeys", "Member must satisfy constraint: [Member must have length less than or equal "
                       "to 128, Member must have length greater than or equal to 1, Member must satisfy regular "
                       r"expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+]")]),
    ],
)  # fmt: skip
def test_iam_tells_every_violation_at_once(action: str, params: dict[str, str], told: list[str]) -> None:
    code, message = refused("iam", action, params)
    count = f"{len(told)} validation error{'s' if len(told) > 1 else ''} detected: "
    assert (code, message) == ("ValidationError", count + "; ".join(told))


@pytest.mark.parametrize(
    ("action", "params", "message"),
    [
        ("GetRole", {"RoleName": "a b"}, NAME.format("roleName")),
        ("GetRole", {"RoleName": "é"}, NAME.format("roleName")),
        ("CreateUser", {"UserName": "arn:aws:iam::123456789012:user/u"}, NAME.format("userName")),
        ("CreateUser", {"UserName": "u", "Path": "no-slashes"},
         ("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters "
          "and/or / characters.")),
    ],
)  # fmt: skip
def test_iam_checks_names_and_paths_in_words_of_its_own(
    action: str, params: dict[str, str], message: str
) -> None:
    assert refused("iam", action, params) == ("ValidationError", message)


def test_sts_speaks_as_iam_does() -> None:
    code, message = refused(
        "sts", "AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "a"}
    )
    assert code == "ValidationError"
    assert message.startswith(
        "1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: "
    )
    assert message.endswith("Member must have length greater than or equal to 2")


def test_policy_documents_may_hold_line_breaks_and_what_latin_1_holds() -> None:
    document = '{\r\n\t"Version": "2012-10-17", "Sid": "é"}'
    params = {"RoleName": "r", "PolicyName": "p", "PolicyDocument": document}
    assert decoded("iam", "PutRolePolicy", params)["PolicyDocument"] == document


def test_tags_may_be_in_any_script() -> None:
    params = {"RoleName": "r", "Tags.member.1.Key": "clé-鍵", "Tags.member.1.Value": "värde 1"}
    assert decoded("iam", "TagRole", params)["Tags"] == [{"Key": "clé-鍵", "Value": "värde 1"}]
    assert refused("iam", "TagRole", {**params, "Tags.member.1.Key": "☃"})[0] == "ValidationError"


@pytest.mark.parametrize(
    ("action", "params", "code", "message"),
    [
        ("RunInstances", {"MinCount": "1"}, "MissingParameter", "The request must contain the parameter MaxCount"),
        ("RunInstances", {"MinCount": "x", "MaxCount": "1"}, "InvalidParameterValue",
         "Value (x) for parameter minCount is invalid. Expecting an integer."),
        ("RunInstances", {"MinCount": "1", "MaxCount": "1", "InstanceType": "z9.huge"}, "InvalidParameterValue",
         "Invalid value 'z9.huge' for InstanceType."),
        ("RunInstances", {"MinCount": "1", "MaxCount": "1", "DryRun": "yes"}, "InvalidParameterValue",
         "Value (yes) for parameter dryRun is invalid. Expecting a boolean."),
        ("RunInstances", {"MinCount": "1", "MaxCount": "1", "Placement.Nowhere": "x"}, "UnknownParameter",
         "The parameter Placement.Nowhere is not recognized"),
        ("DescribeInstances", {"Unheard": "x"}, "UnknownParameter", "The parameter Unheard is not recognized"),
        ("CreateTags", {"ResourceId.1": "i-1"}, "MissingParameter", "The request must contain the parameter Tag"),
        ("DescribeInstanceTypes", {"MaxResults": "1"}, "InvalidParameterValue",
         "Value ( 1 ) for parameter maxResults is invalid. Expecting a value greater than 5."),
        ("AssociateIamInstanceProfile", {"InstanceId": "i-1"}, "MissingParameter",
         "The request must contain the parameter IamInstanceProfile"),
    ],
)  # fmt: skip
def test_ec2_tells_the_first_violation_by_the_name_on_the_wire(
    action: str, params: dict[str, str], code: str, message: str
) -> None:
    assert refused("ec2", action, params) == (code, message)


def test_parameters_that_the_model_does_not_know_are_ignored_by_the_query_protocol() -> None:
    assert decoded("iam", "GetRole", {"RoleName": "r", "Unheard": "x", "Of.member.1": "y"}) == {
        "RoleName": "r"
    }


@pytest.mark.parametrize(
    ("method", "target", "headers", "code", "fields"),
    [
        ("GET", "/b?max-keys=x", {}, "InvalidArgument", {"ArgumentName": "max-keys", "ArgumentValue": "x"}),
        ("GET", "/b?max-keys=99999999999", {}, "InvalidArgument",
         {"ArgumentName": "max-keys", "ArgumentValue": "99999999999"}),
        ("GET", "/b?encoding-type=rot13", {}, "InvalidArgument",
         {"ArgumentName": "encoding-type", "ArgumentValue": "rot13"}),
        ("PUT", "/b/k?uploadId=u", {}, "InvalidArgument", {"ArgumentName": "partNumber", "ArgumentValue": ""}),
        ("PUT", "/b/k?uploadId=u&partNumber=x", {}, "InvalidArgument",
         {"ArgumentName": "partNumber", "ArgumentValue": "x"}),
        ("PUT", "/b/k", {"x_amz_storage_class": "ATTIC"}, "InvalidStorageClass",
         {"ArgumentName": "x-amz-storage-class", "ArgumentValue": "ATTIC"}),
        ("GET", "/b/k?attributes", {}, "MissingRequiredHeader", {"MissingHeaderName": "x-amz-object-attributes"}),
        ("PUT", "/b/k", {"x_amz_object_lock_legal_hold": "MAYBE"}, "InvalidArgument",
         {"ArgumentName": "x-amz-object-lock-legal-hold", "ArgumentValue": "MAYBE"}),
        ("PUT", "/b/k", {"x_amz_object_lock_retain_until_date": "tomorrow"}, "InvalidArgument",
         {"ArgumentName": "x-amz-object-lock-retain-until-date", "ArgumentValue": "tomorrow"}),
    ],
)  # fmt: skip
def test_s3_names_the_header_or_parameter_that_is_wrong(
    method: str, target: str, headers: dict[str, str], code: str, fields: dict[str, str]
) -> None:
    error = s3_refused(method, target, b"", **headers)
    assert (error.code, error.fields) == (code, fields)


@pytest.mark.parametrize(
    "body",
    [
        b"not xml",
        b"<Delete>",
        b"<Delete></Delete>",
        b"<Other><Object><Key>k</Key></Object></Other>",
        b"<Delete><Object></Object></Delete>",
        b"<Delete><Object><Key>k</Key></Object><Nonsense/></Delete>",
        b"<Delete><Object><Key>k</Key><Key>l</Key></Object></Delete>",
        b"<Delete><Object><Key>k<b/></Key></Object></Delete>",
        b"<Delete><Object><Key>k</Key></Object><Quiet>maybe</Quiet></Delete>",
        b"<Delete><Object><Key>\xff</Key></Object></Delete>",
        b"",
    ],
)
def test_a_body_that_breaks_its_schema_is_malformed(body: bytes) -> None:
    error = s3_refused("POST", "/b?delete", body)
    assert (error.code, error.status) == ("MalformedXML", 400)
    assert (
        error.message
        == "The XML you provided was not well-formed or did not validate against our published schema"
    )


def test_a_body_may_come_with_any_namespace_or_none() -> None:
    for body in (
        b"<Delete><Object><Key>k</Key></Object></Delete>",
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>k</Key></Object></Delete>',
        b'<?xml version="1.0" encoding="UTF-8"?>\n<s:Delete xmlns:s="x">\n <s:Object><s:Key>k</s:Key></s:Object></s:Delete>',
    ):
        request = HttpRequest("POST", "/b", "delete", [], body)
        match = route(request, "s3", virtual_hosts=())
        params = service("s3").operation("DeleteObjects").decode(request, match)
        assert params == {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}}


def test_a_condition_with_a_date_that_is_none_is_ignored() -> None:
    request = HttpRequest("GET", "/b/k", "", [(b"if-modified-since", b"yesterday"), (b"if-match", b'"e"')])
    match = route(request, "s3", virtual_hosts=())
    params = service("s3").operation("GetObject").decode(request, match)
    assert params == {"Bucket": "b", "Key": "k", "IfMatch": '"e"'}


def test_every_pattern_of_the_four_services_is_understood() -> None:
    for name in ("iam", "sts", "ec2", "s3"):
        model = service(name).model
        for shape_name in model._shapes:
            pattern = model.refer({"shape": shape_name}).get("pattern")
            assert pattern is None or matcher(pattern) is not None, pattern


def test_a_region_that_there_is_none_of_is_an_invalid_location() -> None:
    body = b"<CreateBucketConfiguration><LocationConstraint>mars-1</LocationConstraint></CreateBucketConfiguration>"
    assert s3_refused("PUT", "/b", body).code == "InvalidLocationConstraint"


def test_a_presigned_urls_query_carries_headers() -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Meta-Colour=blue&x-amz-acl=private&x-amz-tagging=a%3Db"
        "&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-storage-class=STANDARD"
    )
    headers = [(b"x-amz-storage-class", b"STANDARD_IA")]
    request = HttpRequest("PUT", "/b/k", query, headers)
    match = route(request, "s3", virtual_hosts=())
    assert service("s3").operation(match.operation).decode(request, match) == {
        "Bucket": "b",
        "Key": "k",
        "ACL": "private",
        "ChecksumCRC32": "AAAAAA==",
        "Metadata": {"colour": "blue"},
        "StorageClass": "STANDARD_IA",
    }
