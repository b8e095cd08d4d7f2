"""Facts about documents: keys, size, resources, principals replaced by ids."""

from __future__ import annotations

import json

from tabard.policy import Kind, context_keys, parse, replace_principals, resources_of, size

STATEMENT = {
    "Effect": "Allow",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${*}"],
    "Condition": {
        "StringEquals": {"aws:PrincipalTag/Team": "${aws:ResourceTag/Team, 'none'}", "AWS:USERNAME": "x"},
        "Bool": {"aws:SecureTransport": "true"},
    },
}
TEXT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


def test_the_keys_that_a_policy_asks_for() -> None:
    assert context_keys(parse(TEXT, Kind.IDENTITY)) == (
        "aws:PrincipalTag/Team",
        "AWS:USERNAME",
        "aws:SecureTransport",
        "aws:ResourceTag/Team",
    )


def test_white_space_does_not_count() -> None:
    assert size('{ "a":\n\t"b c" }') == len('{"a":"bc"}')


def test_the_resources_of_a_policy() -> None:
    assert resources_of(parse(TEXT, Kind.IDENTITY)) == (
        "arn:aws:s3:::b/${aws:username}",
        "arn:aws:s3:::b/${*}",
    )


def test_deleted_principals_become_their_ids() -> None:
    gone, kept = "arn:aws:iam::111122223333:role/gone", "arn:aws:iam::111122223333:role/kept"
    statement = {"Effect": "Allow", "Principal": {"AWS": [gone, kept]}, "Action": "sts:AssumeRole"}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    changed = replace_principals(text, {gone: "AROAGONE"})
    assert changed is not None
    assert json.loads(changed)["Statement"]["Principal"]["AWS"] == ["AROAGONE", kept]
    assert replace_principals(text, {"arn:aws:iam::111122223333:role/other": "AROAOTHER"}) is None
