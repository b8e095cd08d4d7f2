"""Random requests with random policies, from vocabularies so small that things keep meeting each other.

A line is what ``tabard evaluate`` reads. The same random source gives the same line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

Json = dict[str, Any]


def words(text: str) -> list[str]:
    return text.split()


HOME, OTHER = "111122223333", "444455556666"
USER = f"arn:aws:iam::{HOME}:user/team/ana"
ROLE = f"arn:aws:iam::{HOME}:role/app"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/app/run"
FEDERATED = f"arn:aws:sts::{HOME}:federated-user/guest"
LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/x.amazonaws.com/linked"
ROOT = f"arn:aws:iam::{HOME}:root"
PRINCIPALS: list[Any] = [
    *(USER, USER, ROLE, SESSION, SESSION, FEDERATED, ROOT, LINKED),
    {"type": "Anonymous"},
    {"service": "ec2.amazonaws.com"},
]
ACTIONS = ["s3:GetObject", "s3:PutObject", "ec2:RunInstances"]
ACTION_PATTERNS = words(
    "s3:GetObject S3:getobject s3:* s3:Get* s3:?etObject * ec2:RunInstances ec2:* iam:* s3:*Object s3:P*t* *:* "
    "s3:GetObject?"
)
RESOURCES = words(
    "arn:aws:s3:::b/k arn:aws:s3:::b/ana/k arn:aws:s3:::b/* * arn:aws:s3:::b/a:b:c arn:aws:s3:::b/x/y/z "
    f"arn:aws:ec2:us-east-1:{HOME}:instance/i-1 arn:aws:ec2:eu-west-1:{OTHER}:instance/i-2"
)
WANTED = [f"arn:aws:iam::{account}:role/wanted" for account in (HOME, HOME, OTHER)]
RESOURCE_PATTERNS = [
    "arn:aws:s3:::b/${aws:PrincipalTag/none, 'ana'}/*",
    *words(
        "* arn:aws:s3:::b/* arn:aws:s3:::b/k arn:aws:s3:::b/${aws:username}/* arn:aws:s3:::*/k arn:aws:s3:::?/* "
        "arn:aws:s3:::b/${aws:PrincipalTag/none}/* arn:aws:s3:::b* arn:aws:ec2:*:*:instance/* arn:aws:* arn:* "
        "arn:aws:ec2:us-*-1:*:instance/i-1 arn:aws:ec2:*:*:*/i-? arn:aws:s3:::b/*:* arn:aws:s3:::b/${*} "
        "arn:aws:ec2:??-*t-1:* arn:aws:s3:::b/*/*/z arn:aws:e*2:* arn:aws:ec2:us-east-1 arn:aws:s3:::b/x*y*z "
        "arn:aws:s3:::b/${aws:tags}/* arn:aws:s3::*:b/k"
    ),
]
VALUES = ["${aws:none, 'ana'}", ""]
VALUES += words("ana Ana blue an* a?a * ${aws:username} ${aws:none} ${*} ${aws:tags} ${aws:username}*")
KEYS = ["aws:username", "aws:PrincipalTag/Team", "aws:tags", "aws:none", "aws:TAGS"]
STRINGS = words(
    "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike"
)
ORDERED = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
INSTANTS = words("2026-01-01T00:00:00Z 2026-06-01T12:00:00+02:00 1780308000 2025-12-31 2026-06-01T10:00:00Z")
TOPIC = "arn:aws:sns:us-east-1:111122223333:topic"
TYPED: dict[str, tuple[list[str], str, list[str]]] = {
    "Numeric": (ORDERED, "s3:max-keys", ["1", "2", "2.0", "10", "-3", "1e1"]),
    "Date": (ORDERED, "aws:CurrentTime", INSTANTS),
    "Bool": (
        [""],
        "aws:SecureTransport",
        ["true", "false", "TRUE", "False", "${aws:none, 'true'}", "${aws:securetransport}", "${aws:none}"],
    ),
    "IpAddress": (
        [""],
        "aws:SourceIp",
        ["10.0.0.0/8", "10.1.2.3", "192.168.0.0/16", "2001:db8::/32", "0.0.0.0/0"],
    ),
    "NotIpAddress": ([""], "aws:SourceIp", ["10.0.0.0/8", "10.1.2.3/32", "2001:db8::1/128"]),
    "Arn": (
        ["Equals", "Like", "NotEquals", "NotLike"],
        "aws:SourceArn",
        words(
            f"arn:aws:sns:*:*:topic {TOPIC} arn:aws:sns:*:*:t?pic/* * arn:aws:s?s:us-*:*:* arn:aws:s?s arn:aws:* "
            f"{TOPIC}/${{aws:username}}"
        ),
    ),
    "BinaryEquals": ([""], "aws:binary", ["QUJD", "QUI="]),
    "Null": ([""], "aws:none", ["true", "false"]),
}
FOUND: dict[str, list[str]] = {
    "s3:max-keys": ["1", "2", "10", "-3"],
    "aws:CurrentTime": ["2026-01-01T00:00:00Z", "2026-06-01T10:00:00Z", "1780308000", "2030-01-01T00:00:00Z"],
    "aws:SecureTransport": ["true", "false"],
    "aws:SourceIp": ["10.1.2.3", "192.168.7.7", "2001:db8::1", "8.8.8.8"],
    "aws:SourceArn": [TOPIC, f"{TOPIC}/ana", "arn:aws:sqs:us-east-1:111122223333:topic/x:y", "none"],
    "aws:binary": ["QUJD", "QUI="],
}
AWS_PRINCIPALS = ["*", HOME, ROOT, USER, ROLE, SESSION, FEDERATED, OTHER, f"arn:aws:iam::{OTHER}:role/app"]


def some(random: Random, values: list[Any], most: int) -> Any:
    if random.random() < 0.02:  # so many that the engine matches them at once
        return [random.choice(values) for _ in range(40)]
    picked = [random.choice(values) for _ in range(random.randint(1, most))]
    return picked[0] if len(picked) == 1 and random.random() < 0.5 else picked


def operator(random: Random, name: str) -> str:
    if name == "Null":
        return name
    quantifier = random.choice(["", "", "", "ForAllValues:", "ForAnyValue:"])
    return quantifier + name + random.choice(["", "", "IfExists"])


def conditions(random: Random) -> Json:
    block: Json = {}
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        if random.random() < 0.6:
            name, key, values = random.choice(STRINGS), random.choice(KEYS), VALUES
        else:
            family = random.choice(list(TYPED))
            suffixes, key, values = TYPED[family]
            name = family + random.choice(suffixes)
        block.setdefault(operator(random, name), {})[key] = some(random, values, 3)
    return block


def principal(random: Random) -> Any:
    if random.random() < 0.2:
        return "*"
    element: Json = {"AWS": some(random, AWS_PRINCIPALS, 2)}
    if random.random() < 0.3:
        element["Service"] = some(random, ["ec2.amazonaws.com", "s3.amazonaws.com"], 2)
    return element


def statement(random: Random, *, named: bool, trust: bool = False, deny: float = 0.3) -> Json:
    made: Json = {"Effect": "Deny" if random.random() < deny else "Allow"}
    if named:
        made[random.choice(["Principal"] * 5 + ["NotPrincipal"])] = principal(random)
    patterns = ["sts:AssumeRole", "sts:*", "*"] if trust else ACTION_PATTERNS
    made["Action" if trust or random.random() < 0.85 else "NotAction"] = some(random, patterns, 3)
    if not trust:
        made["Resource" if random.random() < 0.85 else "NotResource"] = some(random, RESOURCE_PATTERNS, 3)
    block = conditions(random)
    if block:
        made["Condition"] = block
    return made


def document(random: Random, *, named: bool = False, trust: bool = False, deny: float = 0.3) -> Json:
    statements = [
        statement(random, named=named, trust=trust, deny=deny) for _ in range(random.choice([1, 1, 2, 3]))
    ]
    version = random.choice(["2012-10-17"] * 5 + ["2008-10-17"])
    return {"Version": version, "Statement": statements}


def crowd(random: Random) -> Json:
    """Many statements about the same with different conditions, which the engine files instead of reading them."""
    base = statement(random, named=False)
    crowded = [base | {"Condition": conditions(random)} for _ in range(random.randint(6, 16))]
    strict = [each for each in crowded if each["Condition"]]
    return {"Version": "2012-10-17", "Statement": strict}


def wide(random: Random) -> Json:
    """A control policy that mostly lets through, so that the layers behind it are reached."""
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    extra = [statement(random, named=False, deny=0.6)] if random.random() < 0.4 else []
    return {"Version": "2012-10-17", "Statement": [full, *extra]}


def context(random: Random) -> Json:
    values: Json = {"aws:username": "ana"} if random.random() < 0.8 else {}
    if random.random() < 0.6:
        values["aws:principaltag/team"] = random.choice(["blue", "ana", ""])
    if random.random() < 0.6:
        tags: list[Any] = [[], ["ana"], ["ana", "blue"], ["x"], "ana", ["ana", "a?a", "blue", "a"] * 6]
        values["aws:Tags"] = random.choice(tags)
    for key, found in FOUND.items():
        if random.random() < 0.5:
            values[key] = random.choice(found)
    return values


def line(random: Random) -> Json:
    """One request with its policies."""
    trust = random.random() < 0.15
    made: Json = {
        "principal": random.choice(PRINCIPALS),
        "action": "sts:AssumeRole" if trust else random.choice(ACTIONS),
        "resource": random.choice(WANTED if trust else RESOURCES),
        "context": context(random),
        "identityPolicies": [document(random, deny=0.2) for _ in range(random.randint(0, 2))],
    }
    if random.random() < 0.1:
        made["identityPolicies"].append(crowd(random))
    if trust:
        grant = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        made["identityPolicies"].append({"Version": "2012-10-17", "Statement": grant})
    if random.random() < 0.5:
        made["resourceAccount"] = random.choice([HOME, HOME, OTHER])
    if trust or random.random() < 0.5:
        made["resourcePolicy"] = document(random, named=True, trust=trust, deny=0.2)
    if random.random() < 0.2:
        made["permissionBoundaries"] = [random.choice([wide, document])(random)]
    if random.random() < 0.2:
        made["sessionPolicy"] = random.choice([wide, document])(random)
    if random.random() < 0.2:
        made["scps"] = [[wide(random)], [wide(random), document(random)]]
    if random.random() < 0.1:
        made["rcps"] = [[document(random, named=True, deny=1)]]
    if random.random() < 0.1:
        made["endpointPolicies"] = [document(random, named=True, deny=0.1)]
    return made
