"""Policy documents broken in every way, over the wire, wherever a document is taken."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from tests.hostile.inventory import World
from tests.hostile.signed import Answer, Caller, Wire
from tests.hostile.verdict import fault
from tests.support.server import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VECTORS = Path(__file__).parents[1] / "vectors" / "policy" / "create_policy_validity.jsonl"
GOOD = (
    '{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"One","Effect":"Allow","Principal":{"AWS":"*"},'
    '"Action":["s3:Get*","sts:AssumeRole"],"Resource":["arn:aws:s3:::target-bucket/${aws:username}/*"],'
    '"Condition":{"StringLike":{"aws:PrincipalTag/team":["a*","b"]},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}'
)
TEXTS = [
    " ",
    "null",
    "true",
    "1",
    '"text"',
    "[]",
    "{}",
    "[{}]",
    "{",
    "}",
    "[",
    '{"Version":',
    '{"Version":"2012-10-17"}',
    GOOD + GOOD,
    GOOD + " x",
    GOOD[:-1],
    "\ufeff" + GOOD,
    GOOD.replace('"', "'"),
    GOOD.replace(":", "=", 1),
    GOOD.replace(",", ",,", 1),
    GOOD[:-1] + ",}",
    "// words\n" + GOOD,
    "/* */" + GOOD,
    '{"Statement":[],"Statement":[]}',
    GOOD.replace('"Sid":"One"', '"Sid":"One","Sid":"Two"'),
    GOOD.replace("One", "\\ud800"),
    GOOD.replace("One", "\\u0000"),
    GOOD.replace("team", "\\udfff"),
    GOOD.replace("One", "\x01"),
    GOOD.replace("10.0.0.0/8", "\\ud83d\\ude00"),
    GOOD.replace("s3:Get*", "\\u202e"),
    GOOD.replace("username", "username}${"),
    GOOD.replace("${aws:username}", "${" * 500),
    GOOD.replace("a*", "*?" * 400),
    '{"Version":NaN}',
    '{"Version":1e999}',
    '{"Version":' + "9" * 4000 + "}",
    "[" * 3000,
    '{"a":' * 1000 + "1" + "}" * 1000,
    '{"Statement":' + "[" * 1000 + "]" * 1000 + "}",
    GOOD.replace("10.0.0.0/8", "9" * 5000).replace("IpAddress", "NumericEquals"),
    GOOD.replace("10.0.0.0/8", "9" * 5000).replace("IpAddress", "DateLessThan"),
    GOOD.replace("Allow", "allow"),
    GOOD.replace("2012-10-17", "2012-10-18"),
    GOOD.replace("2012-10-17", "2008-10-17"),
    GOOD.replace("StringLike", "StringLikeIfExistsIfExists"),
    GOOD.replace("StringLike", "ForSomeValues:StringLike"),
    GOOD.replace("10.0.0.0/8", "10.0.0.0/99"),
    GOOD.replace("IpAddress", "DateLessThan"),
    GOOD.replace("IpAddress", "NumericEquals"),
    GOOD.replace('{"AWS":"*"}', '{"AWS":"arn:aws:iam::123456789012:root"}'),
    GOOD.replace('{"AWS":"*"}', '{"AWS":"AIDAXXXXXXXXXXXX"}'),
    GOOD.replace('{"AWS":"*"}', '{"Service":"nothing"}'),
    GOOD.replace('{"AWS":"*"}', '{"CanonicalUser":"a"}'),
    GOOD.replace('{"AWS":"*"}', '{"Federated":["x"]}'),
    GOOD.replace('{"AWS":"*"}', "[]"),
    GOOD.replace('{"AWS":"*"}', "{}"),
    GOOD.replace('{"AWS":"*"}', '{"AWS":[]}'),
    GOOD.replace('{"AWS":"*"}', '{"AWS":[[]]}'),
    GOOD.replace('{"AWS":"*"}', '{"AWS":null}'),
]
WORDS = [
    "null",
    "[]",
    "{}",
    '""',
    "0",
    "-1",
    "true",
    '"*"',
    '["*"]',
    '{"a":{}}',
    '[[["x"]]]',
    '"\\ud800"',
    '"' + "x" * 3000 + '"',
]


def broken(seed: str, count: int) -> Iterator[str]:
    """Documents near a good one: each value in turn another, then characters at random places changed."""
    yield from TEXTS
    chance = random.Random(seed)  # noqa: S311 - the same on every run
    for path in _paths(json.loads(GOOD), ()):
        for word in WORDS:
            yield _with(path, word)
    for _ in range(count):
        text = list(GOOD)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            text[at] = chance.choice(
                ['"', "{", "}", "[", "]", ",", ":", "\\", "", "\x00", "é", "$", "*", "\ud7ff"]
            )
        yield "".join(text)


def _paths(value: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*above, key)
        yield from _paths(item, (*above, key))


def _with(path: tuple[Any, ...], word: str) -> str:
    document = json.loads(GOOD)
    target = document
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = "HERE"
    return json.dumps(document).replace('"HERE"', word)


def requests(text: str, world: World) -> Iterator[tuple[str, str, Wire]]:
    """The document given to everything that takes one."""
    role, policy = world.values["RoleArn"], world.values["PolicyArn"]
    forms = {
        ("iam", "CreatePolicy"): {"PolicyName": "broken", "PolicyDocument": text},
        ("iam", "CreatePolicyVersion"): {"PolicyArn": policy, "PolicyDocument": text},
        ("iam", "PutUserPolicy"): {"UserName": "target", "PolicyName": "p", "PolicyDocument": text},
        ("iam", "CreateRole"): {"RoleName": "broken", "AssumeRolePolicyDocument": text},
        ("iam", "UpdateAssumeRolePolicy"): {"RoleName": "broken", "PolicyDocument": text},
        ("iam", "SimulateCustomPolicy"): {
            "PolicyInputList.member.1": text, "ActionNames.member.1": "s3:GetObject",
            "ResourceArns.member.1": "arn:aws:s3:::target-bucket/x/y"},
        ("iam", "GetContextKeysForCustomPolicy"): {"PolicyInputList.member.1": text},
        ("sts", "AssumeRole"): {"RoleArn": role, "RoleSessionName": "me", "Policy": text},
    }  # fmt: skip
    for (service, action), form in forms.items():
        version = "2010-05-08" if service == "iam" else "2011-06-15"
        pairs = {"Action": action, "Version": version, **form}
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs.items()).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        yield service, action, Wire("POST", "/", "", kind, body)
    yield "s3", "PutBucketPolicy", Wire("PUT", "/target-bucket", "policy", {}, text.encode())


CLEAN_UP: dict[str, Callable[[World], Any]] = {
    "CreatePolicy": lambda world: world.iam.delete_policy(
        PolicyArn=f"arn:aws:iam::{world.server.account}:policy/broken"
    ),
    "CreateRole": lambda world: world.iam.delete_role(RoleName="broken"),
    "CreatePolicyVersion": lambda world: [
        world.iam.delete_policy_version(PolicyArn=world.values["PolicyArn"], VersionId=each["VersionId"])
        for each in world.iam.list_policy_versions(PolicyArn=world.values["PolicyArn"])["Versions"]
        if not each["IsDefaultVersion"]
    ],
}


def attack(texts: Iterator[str]) -> None:
    wrong: list[str] = []
    with running() as server:
        world = World(server)
        caller = Caller(server, world.attacker)
        for text in texts:
            for service, action, wire in requests(text, world):
                answer = caller.send(service, wire)
                problem = fault(service, action, wire, answer)
                if problem is not None:
                    wrong.append(f"{action} {text[:300]!r}: {problem}")
                elif answer.status < 300 and action in CLEAN_UP:
                    CLEAN_UP[action](world)
        assert not wrong, f"{len(wrong)} faults:\n" + "\n".join(wrong[:20])
        caller.close()
        # what was accepted is evaluated without harm, also by a caller to whom it applies
        assert world.witnesses() == world.before
        key = world.iam.create_access_key(UserName="target")["AccessKey"]
        assert server.client("sts", key).get_caller_identity()["Account"] == server.account
        assert "Traceback" not in server.log, server.log[-5000:]
        world.end_instances()


def test_no_broken_document_gets_more_than_a_modelled_error() -> None:
    attack(broken("1", 150))


@pytest.mark.long
def test_no_document_of_the_long_list_gets_more_than_a_modelled_error() -> None:
    attack(broken("2", 5000))


def test_recorded_answers_about_documents_are_given_over_the_wire() -> None:
    with running() as server, Caller(server) as caller:
        for line in VECTORS.read_text().splitlines():
            vector = json.loads(line)
            document = vector["document"]
            text = document if isinstance(document, str) else json.dumps(document)
            answer = _create_policy(caller, text, vector["id"])
            expected = vector["error"]
            if expected is None:
                assert answer.status == 200, (vector, answer)
            else:
                error = answer.parsed("iam", "CreatePolicy")["Error"]
                assert (error["Code"], error["Message"]) == (expected["code"], expected["message"]), vector


@pytest.mark.parametrize(
    ("length", "status"), [(6144, 200), (6145, 409), (131_072, 409), (131_073, 400), (1_100_000, 413)]
)
def test_size_limits_of_managed_policies(length: int, status: int) -> None:
    with running() as server:
        empty = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::"}}'
        text = empty.replace(":::", ":::" + "x" * (length - len(empty)))
        with Caller(server) as caller:
            assert _create_policy(caller, text, "size").status == status


def _create_policy(caller: Caller, text: str, name: str) -> Answer:
    name = "".join(letter if letter.isalnum() else "-" for letter in name)[:100]
    form = f"Action=CreatePolicy&Version=2010-05-08&PolicyName={name}&PolicyDocument={quote(text, safe='')}"
    kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return caller.send("iam", Wire("POST", "/", "", kind, form.encode()))
