"""The documentation's cases on the elements of a statement and on its conditions: see ``documented``."""

from __future__ import annotations

from tests.laws.documented import (
    ACTION,
    FULL,
    KEYS,
    NEGATED,
    NEVER,
    NO,
    NOT_ACTION,
    NOT_PRINCIPAL,
    NOT_RESOURCE,
    OBJECT,
    OPERATORS,
    RESOURCE,
    ROLE,
    ROOT,
    SESSION,
    SETS,
    USER,
    VARIABLES,
    VERSION,
    YES,
    Case,
    allow,
    ask,
    deny,
    doc,
    has,
    when,
)

ELEMENTS = [
    Case("Action prefixes and names are case-insensitive", ACTION, has(allow("S3:getobject")), YES),
    Case("Action wildcards", ACTION, has(allow("s3:*Object")), YES),
    Case("A question mark is one character", ACTION, has(allow("s3:GetObjec??")), NO),
    Case(
        "NotAction allows all but the listed",
        NOT_ACTION,
        has({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        YES,
    ),
    Case(
        "NotAction does not allow the listed",
        NOT_ACTION,
        has({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}),
        NO,
    ),
    Case(
        "NotAction with Deny denies all but the listed",
        NOT_ACTION,
        has(allow(), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}),
        YES,
    ),
    Case(
        "NotResource",
        NOT_RESOURCE,
        has(allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": OBJECT}),
        YES,
    ),
    Case(
        "NotResource denies the rest",
        NOT_RESOURCE,
        has(allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": OBJECT + "2"}),
        NEVER,
    ),
    Case(
        "A star runs past slashes",
        RESOURCE,
        has(allow("s3:*", "arn:aws:s3:::*/test/*"), resource="arn:aws:s3:::b/1/2/test/3/object.jpg"),
        YES,
    ),
    Case("A star that ends a segment runs past colons", RESOURCE, has(allow("s3:*", "arn:aws:s3*")), YES),
    Case(
        "A star inside a segment stays in it",
        RESOURCE,
        has(
            allow("ec2:*", "arn:aws:ec2:us-*-1:111122223333:i/*"),
            action="ec2:X",
            resource="arn:aws:ec2:us-east-1:444455556666-1:111122223333:i/1",
        ),
        NO,
    ),
    Case(
        "Resource ARNs are case-sensitive",
        RESOURCE,
        has(allow("s3:*", OBJECT.upper().replace("ARN:AWS:S3", "arn:aws:s3"))),
        NO,
    ),
    Case(
        "NotPrincipal with Deny exempts whom it lists",
        NOT_PRINCIPAL,
        has(allow(), resourcePolicy=doc(deny(NotPrincipal={"AWS": [USER, ROOT]}))),
        YES,
    ),
    Case(
        "NotPrincipal with Deny denies the others",
        NOT_PRINCIPAL,
        has(allow(), resourcePolicy=doc(deny(NotPrincipal={"AWS": [USER + "2", ROOT]}))),
        NEVER,
    ),
    Case(
        "NotPrincipal with Deny exempts only the session that it lists",
        NOT_PRINCIPAL,
        ask(
            SESSION,
            identityPolicies=[FULL],
            resourcePolicy=doc(deny(NotPrincipal={"AWS": [SESSION + "2", ROLE, ROOT]})),
        ),
        NEVER,
    ),
    Case(
        "NotPrincipal with Deny always denies a principal with a boundary",
        NOT_PRINCIPAL,
        has(
            allow(), permissionBoundaries=[FULL], resourcePolicy=doc(deny(NotPrincipal={"AWS": [USER, ROOT]}))
        ),
        NEVER,
    ),
    Case(
        "Variables are replaced",
        VARIABLES,
        has(
            allow("s3:*", "arn:aws:s3:::amzn-s3-demo-bucket/${aws:username}/*"),
            resource="arn:aws:s3:::amzn-s3-demo-bucket/ana/x",
        ),
        YES,
    ),
    Case(
        "A variable without a value matches nothing",
        VARIABLES,
        has(allow("s3:*", "arn:aws:s3:::*${aws:PrincipalTag/none}*")),
        NO,
    ),
    Case(
        "A default stands for a missing value",
        VARIABLES,
        has(allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team, 'amzn-s3-demo-bucket'}/key")),
        YES,
    ),
    Case("${*} is a star", VARIABLES, has(allow("s3:*", "arn:aws:s3:::amzn-s3-demo-bucket/${*}")), NO),
    Case(
        "${*} matches a star",
        VARIABLES,
        has(allow("s3:*", "arn:aws:s3:::b/${*}${?}${$}"), resource="arn:aws:s3:::b/*?$"),
        YES,
    ),
    Case(
        "Version 2008-10-17 has no variables",
        VERSION,
        ask(
            identityPolicies=[doc(allow("s3:*", "arn:aws:s3:::b/${aws:username}"), version="2008-10-17")],
            resource="arn:aws:s3:::b/ana",
        ),
        NO,
    ),
    Case(
        "In version 2008-10-17 they are literal",
        VERSION,
        ask(
            identityPolicies=[doc(allow("s3:*", "arn:aws:s3:::b/${aws:username}"), version="2008-10-17")],
            resource="arn:aws:s3:::b/${aws:username}",
        ),
        YES,
    ),
]

_TAGS = "aws:TagKeys"
_KEY = "aws:PrincipalTag/team"
_TIME = "aws:CurrentTime"
CONDITIONS = [
    Case(
        "Key names are case-insensitive, tag keys too",
        KEYS,
        has(allow(Condition={"StringEquals": {"AWS:principaltag/TEAM": "a"}}), context={_KEY: "a"}),
        YES,
    ),
    Case(
        "Operators are ANDed",
        NEGATED,
        has(allow(Condition={"StringEquals": {"a:b": "1"}, "Bool": {"a:c": "true"}}), context={"a:b": "1"}),
        NO,
    ),
    Case("Values are ORed", NEGATED, when("StringEquals", _KEY, ["a", "b"], "b"), YES),
    Case(
        "Values of a negated operator are NORed", NEGATED, when("StringNotEquals", _KEY, ["a", "b"], "b"), NO
    ),
    Case("A missing key does not match", OPERATORS, when("StringEquals", _KEY, "a"), NO),
    Case("A missing key matches a negated operator", OPERATORS, when("StringNotEquals", _KEY, "a"), YES),
    Case("IfExists is true for a missing key", OPERATORS, when("StringEqualsIfExists", _KEY, "a"), YES),
    Case("IfExists compares a present key", OPERATORS, when("StringEqualsIfExists", _KEY, "a", "b"), NO),
    Case("StringEquals is case-sensitive", OPERATORS, when("StringEquals", _KEY, "A", "a"), NO),
    Case("StringEquals knows no wildcards", OPERATORS, when("StringEquals", _KEY, "a*", "ab"), NO),
    Case("StringEqualsIgnoreCase", OPERATORS, when("StringEqualsIgnoreCase", _KEY, "A", "a"), YES),
    Case("StringLike has wildcards", OPERATORS, when("StringLike", _KEY, "?*z", "abcz"), YES),
    Case("StringLike is case-sensitive", OPERATORS, when("StringLike", _KEY, "A*", "abc"), NO),
    Case("StringNotLike", OPERATORS, when("StringNotLike", _KEY, "a*", "abc"), NO),
    Case(
        "Numbers are compared as numbers", OPERATORS, when("NumericEquals", "s3:max-keys", "10", "10.0"), YES
    ),
    Case("NumericLessThanEquals", OPERATORS, when("NumericLessThanEquals", "s3:max-keys", "10", "9"), YES),
    Case("NumericGreaterThan", OPERATORS, when("NumericGreaterThan", "s3:max-keys", "10", "10"), NO),
    Case(
        "Dates are instants",
        OPERATORS,
        when("DateEquals", _TIME, "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z"),
        YES,
    ),
    Case(
        "Dates may be epoch seconds",
        OPERATORS,
        when("DateLessThan", _TIME, "1767225600", "2025-12-31T23:59:59Z"),
        YES,
    ),
    Case(
        "DateGreaterThan",
        OPERATORS,
        when("DateGreaterThan", _TIME, "2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
        NO,
    ),
    Case(
        "Bool takes variables",
        OPERATORS,
        when("Bool", "aws:SecureTransport", "${aws:PrincipalTag/tls, 'true'}", "true"),
        YES,
    ),
    Case("Bool", OPERATORS, when("Bool", "aws:SecureTransport", "false", "true"), NO),
    Case(
        "BoolIfExists is true for a missing key",
        OPERATORS,
        when("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
        YES,
    ),
    Case("BinaryEquals", OPERATORS, when("BinaryEquals", "a:b", "QmluYXJ5", "QmluYXJ5"), YES),
    Case(
        "IpAddress takes a block",
        OPERATORS,
        when("IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.77"),
        YES,
    ),
    Case(
        "An address alone is /32",
        OPERATORS,
        when("IpAddress", "aws:SourceIp", "203.0.113.7", "203.0.113.77"),
        NO,
    ),
    Case(
        "IpAddress takes IPv6",
        OPERATORS,
        when("IpAddress", "aws:SourceIp", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::9"),
        YES,
    ),
    Case(
        "NotIpAddress", OPERATORS, when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.77"), NO
    ),
    Case(
        "ArnEquals has wildcards",
        OPERATORS,
        when("ArnEquals", "aws:SourceArn", "arn:aws:sns:*:*:t", "arn:aws:sns:us-east-1:111122223333:t"),
        YES,
    ),
    Case(
        "Each of an ARN's segments is checked by itself",
        OPERATORS,
        when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:t", "arn:aws:sns:us-east-1:111122223333:t"),
        NO,
    ),
    Case(
        "ArnNotLike",
        OPERATORS,
        when("ArnNotLike", "aws:SourceArn", "arn:aws:sns:*:*:t", "arn:aws:sns:us-east-1:111122223333:t"),
        NO,
    ),
    Case(
        "Null true asks that the key be missing", OPERATORS, when("Null", "aws:TokenIssueTime", "true"), YES
    ),
    Case("Null false asks that the key be there", OPERATORS, when("Null", "aws:TokenIssueTime", "false"), NO),
    Case(
        "ForAllValues: every value must match",
        SETS,
        when("ForAllValues:StringEquals", _TAGS, ["a", "b"], ["a", "c"]),
        NO,
    ),
    Case(
        "ForAllValues: all do",
        SETS,
        when("ForAllValues:StringEquals", _TAGS, ["a", "b", "c"], ["a", "c"]),
        YES,
    ),
    Case("ForAllValues is true for a missing key", SETS, when("ForAllValues:StringEquals", _TAGS, "a"), YES),
    Case(
        "ForAllValues is true for a null data set",
        SETS,
        when("ForAllValues:StringEquals", _TAGS, "a", ""),
        YES,
    ),
    Case("ForAnyValue: one must match", SETS, when("ForAnyValue:StringEquals", _TAGS, "a", ["a", "c"]), YES),
    Case("ForAnyValue is false for a missing key", SETS, when("ForAnyValue:StringEquals", _TAGS, "a"), NO),
    Case(
        "ForAnyValue, negated, is false for a missing key",
        SETS,
        when("ForAnyValue:StringNotEquals", _TAGS, "a"),
        NO,
    ),
    Case(
        "ForAnyValue, negated: one must not match",
        SETS,
        when("ForAnyValue:StringNotEquals", _TAGS, "a", ["a", "c"]),
        YES,
    ),
    Case(
        "ForAllValues, negated: none may match",
        SETS,
        when("ForAllValues:StringNotEquals", _TAGS, "a", ["a", "c"]),
        NO,
    ),
    Case("Several values need a set operator", SETS, when("StringEquals", _TAGS, "a", ["a"]), NO),
    Case(
        "Variables stand in conditions' values",
        VARIABLES,
        when("StringEquals", _KEY, "${aws:username}", "ana"),
        YES,
    ),
]
