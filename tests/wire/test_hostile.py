"""Whatever a client sends, it gets a modelled error or its own words back, soon, and nothing else happens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.work import at_most

from tabard.core.errors import AwsError
from tabard.core.http import HttpRequest
from tabard.wire import encode_error, route, service
from tabard.wire.dialects import PLAIN
from tabard.wire.faults import FAULTS
from tabard.wire.json_codec import JsonDecoder
from tabard.wire.xml_decode import BadXmlError, parse

FORM = [(b"content-type", b"application/x-www-form-urlencoded")]
SOME_ROOT = frozenset({"a"})


def decoded(name: str, body: bytes) -> dict[str, Any]:
    request = HttpRequest("POST", "/", "", FORM, body)
    match = route(request, name, virtual_hosts=())
    return service(name).operation(match.operation).decode(request, match)


def refused(name: str, body: bytes) -> AwsError:
    with pytest.raises(AwsError) as caught:
        decoded(name, body)
    assert caught.value.status < 500
    return caught.value


IAM = b"Version=2010-05-08&Action="
EC2 = b"Version=2016-11-15&Action="


def test_a_huge_index_costs_nothing_and_gaps_close() -> None:
    with at_most(20_000):
        body = IAM + b"UntagRole&RoleName=r&TagKeys.member.999999999=b&TagKeys.member.7=a"
        assert decoded("iam", body)["TagKeys"] == ["a", "b"]


@pytest.mark.parametrize(
    "tail",
    [
        b"TagKeys.member.99999999999=b",
        b"TagKeys.member.-1=b",
        b"TagKeys.member.x=b",
        b"TagKeys.member.%D9%A1=b",
        b"TagKeys.member.1.1=b",
        b"TagKeys.member=b",
        b"TagKeys=b",
        b"TagKeys.other.1=b",
        b"TagKeys.member.1=b&TagKeys.member.01=c",
        b"RoleName=again",
        b"X=%",
        b"X=%zz",
        b"X=%ff",
        b"X=\xff",
        b"X=%00",
        b"X=\x00",
        b"X=%EF%BF%BE",
        b"TagKeys" + b".member.1" * 60 + b"=x",
    ],
)
def test_malformed_forms_are_refused(tail: bytes) -> None:
    assert refused("iam", IAM + b"UntagRole&RoleName=r&" + tail).code == "MalformedInput"


@pytest.mark.parametrize(
    "tail", [b"X=%zz", b"X=%ff", b"X=%00", b"InstanceId.x=1", b"InstanceId.1=a&InstanceId.1=b"]
)
def test_ec2_has_its_own_words_for_malformed_forms(tail: bytes) -> None:
    assert refused("ec2", EC2 + b"DescribeInstances&" + tail).code in {
        "InvalidQueryParameter",
        "UnknownParameter",
    }


def test_too_many_parameters_are_refused_before_they_are_read() -> None:
    with at_most(60_000):
        assert (
            "too many"
            in refused("iam", IAM + b"GetRole&" + b"&".join(b"a%d=1" % i for i in range(30_000))).message
        )


def test_many_parameters_are_each_read_once() -> None:
    names = b"&".join(b"Filter.%d.Value.%d=x" % (i % 100 + 1, i // 100 + 1) for i in range(15_000))
    with at_most(1_000_000):
        params = decoded("ec2", EC2 + b"DescribeInstances&" + names)
    assert len(params["Filters"]) == 100


def test_a_name_of_many_segments_is_refused() -> None:
    with at_most(20_000):
        body = EC2 + b"DescribeInstances&Filter" + b".1" * 100_000 + b"=x"
        assert refused("ec2", body).code == "InvalidQueryParameter"


def test_a_pattern_takes_no_longer_than_its_text_deserves() -> None:
    headers = [(b"x-amz-rename-source", b"/" * 60_000 + b"\t")]
    request = HttpRequest("PUT", "/b/k", "renameObject", headers)
    match = route(request, "s3", virtual_hosts=())
    with at_most(20_000), pytest.raises(AwsError):
        service("s3").operation(match.operation).decode(request, match)


@pytest.mark.parametrize(
    "text", ["1e3", "0x10", "1.0", "", " 1", "1_000", "٣", "9" * 5000, "2147483648", "-2147483649", "NaN"]
)
def test_what_is_no_integer_is_refused(text: str) -> None:
    assert refused("iam", IAM + b"ListRoles&MaxItems=" + text.encode()).code == "MalformedInput"


@pytest.mark.parametrize("text", ["yes", "1", "", "truefalse", "t"])
def test_what_is_no_boolean_is_refused(text: str) -> None:
    assert refused("ec2", EC2 + b"DescribeInstances&DryRun=" + text.encode()).code == "InvalidParameterValue"


@pytest.mark.parametrize("text", ["TRUE", "True", "true"])
def test_booleans_are_read_in_any_case(text: str) -> None:
    assert decoded("ec2", EC2 + b"DescribeInstances&DryRun=" + text.encode())["DryRun"] is True


@pytest.mark.parametrize("text", ["a", "====", "YQ=", "Y Q", "\u00e9", "YQ==YQ==", "*"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    body = EC2 + b"ImportKeyPair&KeyName=k&PublicKeyMaterial=" + text.encode()
    assert refused("ec2", body).code == "InvalidParameterValue"


@pytest.mark.parametrize(
    "text",
    ["yesterday", "", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "0000-01-01", "1e400",
     "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "99999999999999", "NaN", "Infinity", "2026-01-01T00:00:00X"],
)  # fmt: skip
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    body = EC2 + b"DescribeSpotFleetRequestHistory&SpotFleetRequestId=s&StartTime=" + text.encode()
    assert refused("ec2", body).code == "InvalidParameterValue"


@pytest.mark.parametrize(
    "text", ["2026-01-01T00:00:00Z", "2026-01-01T05:30:00%2B05:30", "1767225600", "1767225600.0", "2026-01-01",
             "Thu, 01 Jan 2026 00:00:00 GMT", "2025-12-31T23:59:60Z", "2026-01-01T00:00:00.000000000Z"],
)  # fmt: skip
def test_timestamps_are_read_in_every_form_that_aws_takes(text: str) -> None:
    body = EC2 + b"DescribeSpotFleetRequestHistory&SpotFleetRequestId=s&StartTime=" + text.encode()
    assert decoded("ec2", body)["StartTime"].timestamp() == 1767225600


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]><a>&j;</a>"
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://169.254.169.254/">]><a>&x;</a>',
        b"<!DOCTYPE a><a/>",
        b"<a>&undefined;</a>",
        b"<a>&#0;</a>",
        b"<a>\x00</a>",
        b"<a" + b"><a" * 100_000 + b">",
        b"<a><b></a></b>",
        b"<a/><a/>",
        b"<a x='1' x='2'/>",
        b"",
        b" ",
        b"<b/>",
    ],
)
def test_hostile_xml_is_refused(text: bytes) -> None:
    with at_most(5_000), pytest.raises(BadXmlError):
        parse(text, SOME_ROOT)


def test_a_declared_encoding_does_not_change_how_text_is_read() -> None:
    with pytest.raises(BadXmlError):
        parse(b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', SOME_ROOT)
    assert parse('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode(), SOME_ROOT).text == "é"


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b'{"a":' * 100_000, b"nonsense", b'{"a":NaN}', b"\xff", b'"\\ud800"']
)
def test_hostile_json_is_refused(text: bytes) -> None:
    with at_most(5_000), pytest.raises(AwsError) as caught:
        JsonDecoder(FAULTS["json"](PLAIN)).parse(text)
    assert caught.value.code == "SerializationException"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["iam", "sts", "ec2"]), st.binary(max_size=200))
def test_any_body_is_answered_by_a_query_service(name: str, tail: bytes) -> None:
    action = {"iam": b"CreateRole", "sts": b"AssumeRole", "ec2": b"RunInstances"}[name]
    version = service(name).api_version.encode()
    try:
        decoded(name, b"Action=" + action + b"&Version=" + version + b"&" + tail)
    except AwsError as error:
        encode_error(name, error, "r")


PIECES = st.sampled_from(
    ["TagSpecification", "Tag", "1", "2", "member", "Key", "Value", "NetworkInterface", "", "x", "0", "BlockDeviceMapping",
     "Ebs", "VolumeSize", "=", "=1", "=a", "&", ".", "%31", "%", "MinCount", "InstanceType", "UserData", "Placement"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30))
def test_any_arrangement_of_names_is_answered(pieces: list[str]) -> None:
    status = 200
    try:
        decoded("ec2", EC2 + b"RunInstances&" + ".".join(pieces).encode())
    except AwsError as error:
        status = error.status
    assert status in {200, 400}


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "BREW"]),
    st.text("/%abAB09.&=?+ü\x00", max_size=30),
    st.lists(
        st.sampled_from(
            ["acl", "uploads", "uploadId=u", "partNumber=1", "delete", "list-type=2", "x=y", "%", "="]
        )
    ),
    st.binary(max_size=60),
)
def test_any_rest_request_is_answered(method: str, path: str, query: list[str], body: bytes) -> None:
    headers = [(b"x-amz-meta-a", b"=?utf-8?q?=ff?="), (b"x-amz-tagging", b"\xff"), (b"expires", b"")]
    request = HttpRequest(method, f"/{path}", "&".join(query), headers, body)
    try:
        match = route(request, None, virtual_hosts=("localhost",))
        service("s3").operation(match.operation).decode(request, match)
    except AwsError as error:
        encode_error("s3", error, "r", head=method == "HEAD")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_survives_a_reply(text: str) -> None:
    """Every character that XML can hold comes back as it was; the others do not break out of their element."""
    reply = service("ec2").operation("DescribeTags").encode({"Tags": [{"Value": text}]}, "r")
    assert isinstance(reply.body, bytes)
    assert reply.body.count(b"<") == 11
    legal = all(
        char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
        for char in text
    )
    if legal:
        root = parse(reply.body, frozenset({"DescribeTagsResponse"}))
        assert root.children[1].children[0].children[0].text == text
