"""Whatever is sent to the JSON protocol's services gets an error of theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.hostile.signed import Caller, Wire

if TYPE_CHECKING:
    from tests.support.server import TabardServer

TARGETS = {
    "cloudtrail": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
    "ec2-instance-connect": "AWSEC2InstanceConnectService.SendSSHPublicKey",
}
BODIES = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'{"LookupAttributes":{}}',
    b'{"LookupAttributes":[null]}',
    b'{"LookupAttributes":[{"AttributeKey":"EventName"}]}',
    b'{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":5}]}',
    b'{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"\\ud800"}]}',
    b'{"StartTime":"yesterday"}',
    b'{"StartTime":1e300}',
    b'{"StartTime":1' + b"0" * 400 + b"}",
    b'{"StartTime":-1e18,"EndTime":5}',
    b'{"StartTime":NaN}',
    b'{"EndTime":-99999999999999}',
    b'{"MaxResults":0}',
    b'{"MaxResults":51}',
    b'{"MaxResults":"5"}',
    b'{"MaxResults":1.5}',
    b'{"NextToken":""}',
    b'{"NextToken":"' + b"A" * 5000 + b'"}',
    b'{"NextToken":"\\u0000"}',
    b'{"EventCategory":"other"}',
    b'{"InstanceId":"x","InstanceOSUser":"","SSHPublicKey":""}',
    b'{"InstanceId":"i-0123456789abcdef0","InstanceOSUser":"ec2-user","SSHPublicKey":"' + b"A" * 300 + b'"}',
]


@pytest.mark.parametrize("service", TARGETS)
def test_no_body_gets_more_than_a_modelled_error(server: TabardServer, service: str) -> None:
    caller = Caller(server)
    for body in BODIES:
        headers = {"X-Amz-Target": TARGETS[service], "Content-Type": "application/x-amz-json-1.1"}
        answer = caller.send(service, Wire("POST", "/", "", headers, body))
        said = json.loads(answer.body)
        assert answer.status in {200, 400, 404}, (body, answer)
        assert answer.status == 200 or said["__type"].endswith("Exception"), (body, said)
        if answer.status == 200:
            assert service == "cloudtrail"
            assert "Events" in said
    caller.close()
    assert "Traceback" not in server.log


@pytest.mark.parametrize("service", TARGETS)
@pytest.mark.parametrize(
    "target", ["", "x", "LookupEvents", ".", "CloudTrail_20131101.", "IAM.GetUser", "é.ü"]
)
def test_no_other_target_is_an_operation(server: TabardServer, service: str, target: str) -> None:
    caller = Caller(server)
    headers = {
        "X-Amz-Target": target.encode().decode("latin-1"),
        "Content-Type": "application/x-amz-json-1.1",
    }
    answer = caller.send(service, Wire("POST", "/", "", headers, b"{}"))
    caller.close()
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "UnknownOperationException")


def test_the_target_is_known_without_its_package(server: TabardServer) -> None:
    """As the SDK for JavaScript sends it."""
    caller = Caller(server)
    headers = {
        "X-Amz-Target": "CloudTrail_20131101.LookupEvents",
        "Content-Type": "application/x-amz-json-1.1",
    }
    answer = caller.send("cloudtrail", Wire("POST", "/", "", headers, b'{"MaxResults":1}'))
    caller.close()
    assert answer.status == 200
