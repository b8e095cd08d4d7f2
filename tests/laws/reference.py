"""The policy language, written to be read: slow, without an index or a cache, and sharing nothing with the engine.

``evaluate(line)`` takes a line of ``tabard evaluate`` as a dict and answers ``Allowed``, ``ImplicitlyDenied`` or
``ExplicitlyDenied``. It reads policies as they are written and assumes that they are well formed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

import base64
import ipaddress
import re
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
Pairs = list[tuple[Json, Json]]
NOTHING: Json = {"Statement": []}
DIRECT, ROLE, ACCOUNT, NOBODY = "direct", "role", "account", "nobody"
ORDINARY = {"user", "role", "session", "federated"}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def pairs(policies: list[Json] | None) -> Pairs:
    """Each statement, with the policy that it stands in."""
    return [(policy, statement) for policy in policies or [] for statement in as_list(policy["Statement"])]


def evaluate(line: Json) -> str:
    who = caller(line)
    ordinary = who["kind"] in ORDINARY
    linked = ":role/aws-service-role/" in who["role"]
    organised = who["kind"] in ORDINARY | {"root"} and not linked
    identity = pairs(line.get("identityPolicies"))
    boundaries = pairs(line.get("permissionBoundaries"))
    session = pairs([line.get("sessionPolicy") or NOTHING])
    resource = pairs([line.get("resourcePolicy") or NOTHING])
    endpoint = pairs(line.get("endpointPolicies"))
    scps = [pairs(level) for level in line.get("scps") or [] if organised]
    rcps = [pairs(level) for level in line.get("rcps") or [] if not linked]

    denying = sum(scps + rcps, endpoint + resource) + (identity + boundaries + session if ordinary else [])
    if any(applies(line, *pair, "Deny") for pair in denying):
        return "ExplicitlyDenied"

    def allowed_by(layer: Pairs) -> bool:
        return any(applies(line, *pair, "Allow") for pair in layer)

    def grants(layer: Pairs) -> set[str]:
        return {about_caller(line, pair[1]) for pair in layer if applies(line, *pair, "Allow")}

    granted, own = grants(resource), allowed_by(identity)
    # An endpoint policy that names an account lets only its root through.
    limits = all(map(allowed_by, scps)) and (not endpoint or grants(endpoint) & {DIRECT, ROLE})
    bounded = (not boundaries or allowed_by(boundaries)) and (not session or allowed_by(session))

    if not limits:
        return "ImplicitlyDenied"
    if who["kind"] in {"anonymous", "service"}:
        allowed = DIRECT in granted
    elif who["kind"] == "root":
        same = who["account"] == owner(line, who)
        allowed = DIRECT in granted or (same and not must_be_granted(line))
    elif who["account"] == owner(line, who):
        delegated = own and (ACCOUNT in granted or not must_be_granted(line))
        allowed = DIRECT in granted or (bounded and (ROLE in granted or delegated))
    else:
        allowed = own and bounded and granted != set()
    return "Allowed" if allowed else "ImplicitlyDenied"


def must_be_granted(line: Json) -> bool:
    """A role's trust policy must let even principals of its own account in."""
    return line["action"].lower().startswith("sts:") and ":role/" in line["resource"]


def owner(line: Json, who: Json) -> str:
    parts = line["resource"].split(":")
    return str(line.get("resourceAccount") or (parts[4] if len(parts) > 5 else "") or who["account"])


def caller(line: Json) -> Json:
    principal = line["principal"]
    if isinstance(principal, dict):
        if "service" in principal:
            return {"kind": "service", "arn": principal["service"], "account": "", "role": ""}
        if "arn" not in principal:
            return {"kind": "anonymous", "arn": principal.get("federated"), "account": "none", "role": ""}
        principal = principal["arn"]
    _, _, _, _, account, name = principal.split(":", 5)
    kind = {"root": "root", "assumed-role": "session", "federated-user": "federated"}.get(
        name.split("/")[0], name.split("/")[0]
    )
    role = principal
    if kind == "session":
        role = f"arn:aws:iam::{account}:role/{name.split('/')[1]}"
        role = next((v for k, v in line.get("context", {}).items() if k.lower() == "aws:principalarn"), role)
    return {"kind": kind, "arn": principal, "account": account, "role": role}


def named(line: Json, element: Any) -> str:
    """How a Principal element names the caller."""
    who = caller(line)
    element = {"AWS": "*"} if element == "*" else element
    aws = as_list(element.get("AWS", []))
    if "*" in aws:
        return DIRECT
    if who["kind"] == "service":
        return DIRECT if who["arn"] in as_list(element.get("Service", [])) else NOBODY
    if who["kind"] == "anonymous":
        return DIRECT if who["arn"] in as_list(element.get("Federated", [])) else NOBODY
    if who["arn"] in aws and who["kind"] != "role":
        return DIRECT
    if who["role"] in aws:
        return ROLE
    canonical = line["principal"].get("canonicalUser") if isinstance(line["principal"], dict) else None
    names = {who["account"], f"arn:aws:iam::{who['account']}:root", canonical}
    if names & {*aws, *as_list(element.get("CanonicalUser", []))}:
        return DIRECT if who["kind"] == "root" else ACCOUNT
    return NOBODY


def about_caller(line: Json, statement: Json) -> str:
    if "Principal" in statement:
        return named(line, statement["Principal"])
    if "NotPrincipal" not in statement:
        return DIRECT
    found, who = named(line, statement["NotPrincipal"]), caller(line)
    if statement["Effect"] == "Allow":
        return DIRECT if found == NOBODY else NOBODY
    if line.get("permissionBoundaries") and who["kind"] in ORDINARY:
        return DIRECT
    exempt = found == DIRECT or (found == ROLE and who["kind"] == "role")
    return NOBODY if exempt else DIRECT


def applies(line: Json, policy: Json, statement: Json, effect: str) -> bool:
    return (
        statement["Effect"] == effect
        and about_caller(line, statement) != NOBODY
        and about_action(line, statement)
        and about_resource(line, policy, statement)
        and all(
            condition(line, policy, operator, key, as_list(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def about_action(line: Json, statement: Json) -> bool:
    patterns = as_list(statement.get("Action", statement.get("NotAction")))
    return any(like(wildcards(p.lower()), line["action"].lower()) for p in patterns) == (
        "Action" in statement
    )


def about_resource(line: Json, policy: Json, statement: Json) -> bool:
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    patterns = as_list(statement.get("Resource", statement.get("NotResource")))
    parts = [replaced(line, policy, pattern) for pattern in patterns]
    found = any(part is not None and arn_like(part, line["resource"]) for part in parts)
    return found == ("Resource" in statement)


def wildcards(text: str) -> list[str]:
    return [{"*": "**", "?": "??"}.get(char, char) for char in text]


def like(pattern: list[str], text: str) -> bool:
    """Which places of the text each piece of the pattern can reach."""
    places = {0}
    for mark in pattern:
        if mark in {"**", "*:"}:
            longest = set()
            for place in places:
                end = len(text)
                if mark == "*:" and ":" in text[place:]:
                    end = text.index(":", place)
                longest |= set(range(place, end + 1))
            places = longest
        elif mark in {"??", "?:"}:
            places = {p + 1 for p in places if p < len(text) and not (mark == "?:" and text[p] == ":")}
        else:
            places = {place + 1 for place in places if text[place : place + 1] == mark}
    return len(text) in places


def split(pattern: list[str]) -> list[list[str]]:
    """The six segments of an ARN; stars stand for those that a pattern lacks, unless it ends in one."""
    segments: list[list[str]] = [[]]
    for mark in pattern:
        if mark == ":" and len(segments) < 6:
            segments.append([])
        else:
            segments[-1].append(mark)
    return segments + [["**"]] * (0 if segments[-1][-1:] == ["**"] else 6 - len(segments))


def arn_like(pattern: list[str], arn: str) -> bool:
    """A star that ends one of the first five segments may run past its colon; no other wildcard there may."""
    if pattern == ["**"]:
        return True
    segments = split(pattern)
    whole: list[str] = []
    for number, segment in enumerate(segments):
        inner = segment[:-1] if segment[-1:] == ["**"] else segment
        last = segment[len(inner) :]
        if number < 5:
            inner = [{"**": "*:", "??": "?:"}.get(mark, mark) for mark in inner]
        whole += [":"] * (number > 0) + inner + last
    return like(whole, arn)


def replaced(line: Json, policy: Json, text: str, *, wild: bool = True) -> list[str] | None:
    """The pattern with its variables replaced by their values, or None where one has none."""
    marks: list[str] = []
    rest = text
    while rest:
        match = re.match(r"\$\{([^}]*)\}", rest)
        if match and policy.get("Version") == "2012-10-17":
            rest = rest[match.end() :]
            if match[1] in {"*", "?", "$"}:
                marks.append(match[1])
                continue
            key, _, default = match[1].partition(",")
            value = context(line, key.strip())
            if isinstance(value, list):
                return None
            if value is None:
                if not default:
                    return None
                value = default.strip()[1:-1]
            marks += list(value)
        else:
            marks += wildcards(rest[0]) if wild else [rest[0]]
            rest = rest[1:]
    return marks


def context(line: Json, key: str) -> Any:
    """The request's value or list of values; None where it does not have the key. A user always has a name."""
    who = caller(line)
    values = {"aws:username": who["arn"].split("/")[-1]} if who["kind"] == "user" else {}
    values |= {name.lower(): value for name, value in line.get("context", {}).items()}
    found = values.get(key.lower())
    return None if found == [] else found


def condition(line: Json, policy: Json, operator: str, key: str, wanted: list[str]) -> bool:
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    found = context(line, key)
    if name == "Null":
        return ("true" if found is None else "false") in [value.lower() for value in wanted]
    negated = "Not" in name

    def matches(value: str) -> bool:
        return any(compare(line, policy, name.replace("Not", ""), value, each) for each in wanted) != negated

    if quantifier == "ForAllValues":
        return all(matches(value) for value in as_list(found or []))
    if quantifier == "ForAnyValue":
        return optional if found is None else any(matches(value) for value in as_list(found or []))
    if found is None:
        return negated or optional
    return isinstance(found, str) and matches(found)


def compare(line: Json, policy: Json, name: str, found: str, wanted: str) -> bool:
    if name.startswith(("String", "Arn", "Bool")):
        pattern = replaced(line, policy, wanted, wild=name in {"StringLike", "ArnLike", "ArnEquals"})
        if pattern is None:
            return False
        if name in {"StringEqualsIgnoreCase", "Bool"}:
            return "".join(pattern).casefold() == found.casefold()
        if name.startswith("Arn") and set(pattern) != {"**"}:
            parts = found.split(":", 5)
            return len(parts) == 6 and pattern.count(":") > 4 and all(map(like, split(pattern), parts))
        return like(pattern, found)
    if name == "IpAddress":
        return ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False)
    if name == "BinaryEquals":
        return base64.b64decode(found) == base64.b64decode(wanted)
    read = float if name.startswith("Numeric") else instant
    a, b = read(found), read(wanted)
    order = name.removeprefix("Numeric").removeprefix("Date")
    return (a < b and "Less" in order) or (a > b and "Greater" in order) or (a == b and "Equals" in order)


def instant(text: str) -> float:
    if text.isdigit():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
