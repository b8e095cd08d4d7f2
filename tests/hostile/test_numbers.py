"""Numbers that are none, or longer than Python reads (4,300 digits): an answer like any other, never a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from tests.hostile.signed import Caller, Wire

if TYPE_CHECKING:
    from tests.support.server import TabardServer

LONG = "9" * 5000
NUMBERS = [LONG, "²", "١٢", "\uff11\uff17", "-" + LONG, "1e5000", "0x11", "1_0", "+1", "1 2"]


def answered(server: TabardServer, service: str, wire: Wire) -> int:
    with Caller(server) as caller:
        status = caller.send(service, wire).status
    assert "Traceback" not in server.log, server.log[-3000:]
    return status


@pytest.mark.parametrize("number", NUMBERS)
def test_a_protocol_that_is_no_number_is_refused(server: TabardServer, number: str) -> None:
    group = server.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    form = (
        f"Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId={group}"
        f"&IpPermissions.1.IpProtocol={quote(number)}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"
    )
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert answered(server, "ec2", Wire("POST", "/", "", kind, form.encode())) == 400


@pytest.mark.parametrize("number", NUMBERS)
def test_ranges_and_lengths_that_are_no_numbers_are_ignored_or_refused(
    server: TabardServer, number: str
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="numbers")
    s3.put_object(Bucket="numbers", Key="key", Body=b"0123456789")
    upload = s3.create_multipart_upload(Bucket="numbers", Key="parts")["UploadId"]
    for text in (f"bytes={number}-", f"bytes=-{number}", f"bytes=0-{number}", f"bytes={number}-{number}"):
        assert answered(server, "s3", Wire("GET", "/numbers/key", "", {"Range": text})) in {200, 206, 416}
        copy = {"x-amz-copy-source": "numbers/key", "x-amz-copy-source-range": text}
        wire = Wire("PUT", "/numbers/parts", f"partNumber=1&uploadId={upload}", copy)
        assert answered(server, "s3", wire) == 400
    streamed = {"X-Amz-Decoded-Content-Length": number, "Content-Encoding": "aws-chunked"}
    assert answered(server, "s3", Wire("PUT", "/numbers/other", "", streamed, b"x")) in {400, 403, 411}
    for name in ("max-keys", "part-number-marker", "partNumber", "max-parts", "max-uploads"):
        wire = Wire("GET", "/numbers/key", f"{name}={quote(number, safe='')}")
        assert answered(server, "s3", wire) in {200, 206, 400, 416}
