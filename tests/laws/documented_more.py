"""More of the documentation's cases: every form of principal, every operator in every form, and the layers' edges.

See ``documented``.
"""

from __future__ import annotations

from typing import Any

from tests.laws.documented import (
    AWAY,
    BOUNDARIES,
    CROSS,
    ENDPOINTS,
    FULL,
    GUEST,
    HOME,
    LINKED,
    LOGIC,
    NEGATED,
    NEVER,
    NO,
    NONE,
    NOT_PRINCIPAL,
    OPERATORS,
    PRINCIPAL,
    RCPS,
    ROLE,
    ROLE_ARN_OF,
    ROOT,
    SCP_SCOPE,
    SCPS,
    SESSION,
    SESSIONS,
    SETS,
    USER,
    VARIABLES,
    YES,
    Case,
    allow,
    ask,
    deny,
    doc,
    has,
    to,
    when,
)

_PROVIDER = f"arn:aws:iam::{HOME}:saml-provider/corp"
_CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
_OTHER = f"arn:aws:iam::{HOME}:user/eva"


def _principal(rule: str, who: Any, named: Any, expected: str, **more: Any) -> Case:
    return Case(rule, PRINCIPAL, ask(who, resourcePolicy=to(named), **more), expected)


PRINCIPALS = [
    _principal("A user is named by its ARN", USER, {"AWS": USER}, YES),
    _principal("Another user is not", USER, {"AWS": _OTHER}, NO),
    _principal("Several principals may be named", USER, {"AWS": [_OTHER, USER]}, YES),
    _principal("A role's session is named by its own ARN", SESSION, {"AWS": SESSION}, YES),
    _principal("Another session of the role is not", SESSION, {"AWS": SESSION + "2"}, NO),
    _principal("A role's ARN names its sessions", SESSION, {"AWS": ROLE}, YES),
    _principal("A federated user is named by its ARN", GUEST, {"AWS": GUEST}, YES),
    _principal("The account's root is named by the account's id", ROOT, {"AWS": HOME}, YES),
    _principal("The account's root is named by its ARN", ROOT, {"AWS": ROOT}, YES),
    _principal("Another account is another", USER, {"AWS": AWAY}, NO, identityPolicies=[NONE]),
    _principal(
        "A provider names who bears its token", {"federated": _PROVIDER}, {"Federated": _PROVIDER}, YES
    ),
    _principal("Another provider does not", {"federated": _PROVIDER + "2"}, {"Federated": _PROVIDER}, NO),
    _principal("A user is of no provider", USER, {"Federated": _PROVIDER}, NO),
    _principal("A service is not the account", {"service": "logs.amazonaws.com"}, {"AWS": HOME}, NO),
    _principal("Everyone includes services", {"service": "logs.amazonaws.com"}, "*", YES),
    _principal("Everyone includes sessions", SESSION, "*", YES),
    _principal(
        "A canonical user id means its account",
        {"arn": USER, "canonicalUser": _CANONICAL},
        {"CanonicalUser": _CANONICAL},
        YES,
        identityPolicies=[FULL],
    ),
    _principal(
        "Another canonical user id does not mean it",
        {"arn": USER, "canonicalUser": _CANONICAL},
        {"CanonicalUser": _CANONICAL[::-1]},
        NO,
    ),
    Case(
        "NotPrincipal with Deny exempts a service that it lists",
        NOT_PRINCIPAL,
        ask(
            {"service": "logs.amazonaws.com"},
            resourcePolicy=doc(allow(Principal="*"), deny(NotPrincipal={"Service": "logs.amazonaws.com"})),
        ),
        YES,
    ),
]

_NUMBER, _TIME = "s3:max-keys", "aws:CurrentTime"
_EARLY, _LATE = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
_ARN = "arn:aws:sns:us-east-1:111122223333:t"
_COMPARED: list[tuple[str, str, Any, Any, bool]] = [
    ("StringEquals", "a:b", "x", "x", True),
    ("StringNotEquals", "a:b", "x", "x", False),
    ("StringEqualsIgnoreCase", "a:b", "X", "x", True),
    ("StringNotEqualsIgnoreCase", "a:b", "X", "x", False),
    ("StringLike", "a:b", "x*", "xy", True),
    ("StringNotLike", "a:b", "x*", "xy", False),
    ("NumericEquals", _NUMBER, "10", "10", True),
    ("NumericNotEquals", _NUMBER, "10", "10", False),
    ("NumericLessThan", _NUMBER, "10", "10", False),
    ("NumericLessThanEquals", _NUMBER, "10", "10", True),
    ("NumericGreaterThan", _NUMBER, "10", "11", True),
    ("NumericGreaterThanEquals", _NUMBER, "10", "10", True),
    ("DateEquals", _TIME, _EARLY, _EARLY, True),
    ("DateNotEquals", _TIME, _EARLY, _EARLY, False),
    ("DateLessThan", _TIME, _LATE, _EARLY, True),
    ("DateLessThanEquals", _TIME, _EARLY, _EARLY, True),
    ("DateGreaterThan", _TIME, _EARLY, _LATE, True),
    ("DateGreaterThanEquals", _TIME, _LATE, _EARLY, False),
    ("Bool", "aws:SecureTransport", "true", "true", True),
    ("BinaryEquals", "a:b", "QmluYXJ5", "QmluYXJ5", True),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.9", True),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.9", False),
    ("ArnEquals", "aws:SourceArn", _ARN[:-1] + "?", _ARN, True),
    ("ArnLike", "aws:SourceArn", "arn:aws:sns:*:111122223333:*", _ARN, True),
    ("ArnNotEquals", "aws:SourceArn", _ARN, _ARN, False),
    ("ArnNotLike", "aws:SourceArn", "arn:aws:sns:*:*:*", _ARN, False),
]


def _operator(name: str, key: str, wanted: Any, found: Any, *, holds: bool) -> list[Case]:
    """An operator as it is, with a missing key, with ``IfExists``, with several values, and with the set operators."""
    answer, negated = YES if holds else NO, "Not" in name
    several = f"ForAnyValue:{name}", f"ForAllValues:{name}"
    return [
        Case(f"{name} compares", OPERATORS, when(name, key, wanted, found), answer),
        Case(f"{name}: a missing key", OPERATORS, when(name, key, wanted), YES if negated else NO),
        Case(f"{name}IfExists compares", OPERATORS, when(name + "IfExists", key, wanted, found), answer),
        Case(f"{name}IfExists: a missing key", OPERATORS, when(name + "IfExists", key, wanted), YES),
        Case(
            f"{name}: several values need a set operator", SETS, when(name, key, wanted, [found, found]), NO
        ),
        Case(f"{several[0]} compares", SETS, when(several[0], key, wanted, [found]), answer),
        Case(f"{several[0]}: a missing key", SETS, when(several[0], key, wanted), NO),
        Case(f"{several[0]}: an empty set", SETS, when(several[0], key, wanted, []), NO),
        Case(f"{several[1]} compares", SETS, when(several[1], key, wanted, [found, found]), answer),
        Case(f"{several[1]}: a missing key", SETS, when(several[1], key, wanted), YES),
        Case(f"{several[1]}: an empty set", SETS, when(several[1], key, wanted, []), YES),
    ]


FORMS = [
    case
    for name, key, wanted, found, holds in _COMPARED
    for case in _operator(name, key, wanted, found, holds=holds)
]

_BUCKET = "arn:aws:s3:::"
EDGES = [
    Case(
        "A default is not used where there is a value",
        VARIABLES,
        _default := has(
            allow("s3:*", _BUCKET + "${aws:PrincipalTag/team, 'b'}/*"),
            resource=_BUCKET + "b/k",
            context={"aws:PrincipalTag/team": "blue"},
        ),
        NO,
    ),
    Case(
        "A value is used in place of the default", VARIABLES, _default | {"resource": _BUCKET + "blue/k"}, YES
    ),
    Case(
        "${?} is a question mark",
        VARIABLES,
        has(allow("s3:*", _BUCKET + "b/${?}"), resource=_BUCKET + "b/x"),
        NO,
    ),
    Case(
        "${?} matches a question mark",
        VARIABLES,
        has(allow("s3:*", _BUCKET + "b/${?}"), resource=_BUCKET + "b/?"),
        YES,
    ),
    Case(
        "${$} matches a dollar",
        VARIABLES,
        has(allow("s3:*", _BUCKET + "b/${$}{x}"), resource=_BUCKET + "b/${x}"),
        YES,
    ),
    Case(
        "A variable's value is no pattern",
        VARIABLES,
        has(
            allow("s3:*", _BUCKET + "${aws:PrincipalTag/t}/*"),
            resource=_BUCKET + "b/k",
            context={"aws:PrincipalTag/t": "*"},
        ),
        NO,
    ),
    Case(
        "A multivalued key cannot be a variable",
        VARIABLES,
        has(
            allow("s3:*", _BUCKET + "${aws:TagKeys}/*"),
            resource=_BUCKET + "b/k",
            context={"aws:TagKeys": ["b"]},
        ),
        NO,
    ),
    Case(
        "Keys under one operator are ANDed",
        NEGATED,
        has(allow(Condition={"StringEquals": {"a:b": "1", "a:c": "1"}}), context={"a:b": "1", "a:c": "2"}),
        NO,
    ),
    Case(
        "A session policy's deny wins",
        SESSIONS,
        ask(
            SESSION,
            identityPolicies=[FULL],
            sessionPolicy=doc(allow(), deny()),
            resourcePolicy=to({"AWS": SESSION}),
        ),
        NEVER,
    ),
    Case(
        "A boundary's deny wins over a grant to the user",
        BOUNDARIES,
        ask(permissionBoundaries=[doc(allow(), deny())], resourcePolicy=to({"AWS": USER})),
        NEVER,
    ),
    Case(
        "A boundary and a session policy both limit",
        LOGIC,
        ask(SESSION, identityPolicies=[FULL], permissionBoundaries=[FULL], sessionPolicy=NONE),
        NO,
    ),
    Case(
        "Across accounts a session policy limits",
        CROSS,
        ask(
            SESSION,
            identityPolicies=[FULL],
            sessionPolicy=NONE,
            resourceAccount=AWAY,
            resourcePolicy=to({"AWS": SESSION}),
        ),
        NO,
    ),
    Case(
        "Across accounts a grant to the role needs an identity policy",
        CROSS,
        ask(SESSION, resourceAccount=AWAY, resourcePolicy=to({"AWS": ROLE})),
        NO,
    ),
    Case(
        "SCPs limit what a resource's policy grants",
        SCPS,
        ask(scps=[[NONE]], resourcePolicy=to({"AWS": USER})),
        NO,
    ),
    Case("SCPs' denies bind root", SCP_SCOPE, ask(ROOT, scps=[[FULL, doc(deny("s3:*"))]]), NEVER),
    Case(
        "SCPs do not bind services",
        SCP_SCOPE,
        ask(
            {"service": "logs.amazonaws.com"},
            scps=[[NONE]],
            resourcePolicy=to({"Service": "logs.amazonaws.com"}),
        ),
        YES,
    ),
    Case("SCPs bind federated users", SCP_SCOPE, ask(GUEST, identityPolicies=[FULL], scps=[[NONE]]), NO),
    Case(
        "A service-linked role needs permissions of its own",
        SCP_SCOPE,
        ask(LINKED, scps=[[FULL]], context=ROLE_ARN_OF),
        NO,
    ),
    Case(
        "RCPs deny at any level", RCPS, has(allow(), rcps=[[], [doc(deny("s3:*", Principal="*"))], []]), NEVER
    ),
    Case(
        "RCPs deny under conditions",
        RCPS,
        has(
            allow(),
            rcps=[[doc(deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}))]],
            context={"aws:SecureTransport": "true"},
        ),
        YES,
    ),
    Case(
        "An endpoint policy's deny wins",
        ENDPOINTS,
        has(allow(), endpointPolicies=[doc(allow(Principal="*"), deny("s3:*", Principal="*"))]),
        NEVER,
    ),
    Case(
        "An endpoint policy may name a role",
        ENDPOINTS,
        ask(SESSION, identityPolicies=[FULL], endpointPolicies=[to({"AWS": ROLE})]),
        YES,
    ),
    Case(
        "An endpoint policy binds anonymous callers",
        ENDPOINTS,
        ask(
            {"type": "Anonymous"},
            resourcePolicy=to("*"),
            endpointPolicies=[doc(allow("ec2:*", Principal="*"))],
        ),
        NO,
    ),
    Case(
        "Nobody is denied explicitly by a deny for an account",
        PRINCIPAL,
        ask({"type": "Anonymous"}, resourcePolicy=doc(allow(Principal="*"), deny(Principal={"AWS": HOME}))),
        YES,
    ),
    Case(
        "A deny for the account denies its users",
        PRINCIPAL,
        has(allow(), resourcePolicy=doc(deny(Principal={"AWS": HOME}))),
        NEVER,
    ),
]
MORE = PRINCIPALS + FORMS + EDGES
