"""A report is bounded, whatever the policies and the request hold: a caller decides how often it is denied."""

from __future__ import annotations

import json

from tabard import policy
from tabard.core.caller import Caller
from tabard.policy import Context, Dialect, Kind, Layers, Request, Source, explain, link, parse, report

ARN = "arn:aws:iam::111122223333:user/ana"
CALLER = Caller("User", "111122223333", ARN, ARN, "AIDA", "AIDA", "ana")


def test_a_report_is_bounded() -> None:
    values = [f"arn:aws:s3:::{'x' * 900}{number}" for number in range(3)]
    many = [f"10.{number}.0.0/16" for number in range(100)]
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": values} if number % 2 else
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": many}}}
        for number in range(500)
    ]  # fmt: skip
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    document = parse(text, Kind.IDENTITY, Dialect.EVALUATE)
    layers = Layers(identity=link([policy.compile(document, Source(Kind.IDENTITY, name="large"))]))
    context = Context({f"aws:requesttag/{number}": "v" * 5000 for number in range(500)})
    request = Request(CALLER, "s3:GetObject", "arn:aws:s3:::b/" + "k" * 1024, "", context)
    told = report(explain(request, layers), request)
    assert len(told["nearMisses"]) == 20
    assert told["nearMissesLeftOut"] == 480
    assert len(json.dumps(told)) < 64 * 1024
    assert told["result"] == "ImplicitlyDenied"
    condition = next(miss for miss in told["nearMisses"] if miss["element"] == "Condition")
    assert condition["expected"][-1] == "… and 92 more"
