"""Every parameter of every operation of IAM and STS: missing, too short, too long, of another form, of another kind.

Made from AWS's models: each is refused in the words of AWS's front end, which name the parameter, and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from botocore import xform_name
from tests.services.iam.test_authorization import SAMPLES
from tests.support.world import ACCOUNT, OTHER_ACCOUNT, SESSION, World, allow, document, refused

from tabard.services.operation import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT = sorted((service, name) for service, name in OPERATIONS if service in {"iam", "sts"})
MODELS = {name: SESSION.client(name, region_name="us-east-1").meta.service_model for name in ("iam", "sts")}
NO_PATTERN_HAS = "\x7f€ \x00"
NUMBERS = {"integer", "long"}
A_REQUEST_HOLDS = 1_000_000
IDEMPOTENT = {"DeleteOpenIDConnectProvider": "AWS says so: no error where there is none"}


class Wrong(NamedTuple):
    """Parameters of which one is wrong: where in the words of AWS's messages, the code, and what else they say."""

    parameters: dict[str, Any]
    where: str
    code: str
    says: str


def lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def sound(shape: Any, name: str = "") -> Any:
    """A value that breaks no constraint, or hardly one."""
    if name in SAMPLES and isinstance(SAMPLES[name], list) == (shape.type_name == "list"):
        return SAMPLES[name]
    if shape.type_name == "structure":
        there = (
            shape.required_members or list(shape.members)[:1]
        )  # an empty one and none are the same on the wire
        return {member: sound(shape.members[member], member) for member in there}
    if shape.type_name == "list":
        return [sound(shape.member)]
    if shape.type_name == "map":
        return {"Name/Space": sound(shape.value)}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else "a" * max(1, shape.metadata.get("min", 1))
    if shape.type_name in NUMBERS:
        return shape.metadata.get("min", 1)
    return {"boolean": True, "timestamp": "2026-01-01T00:00:00Z", "blob": b"blob"}[shape.type_name]


def wrong_values(shape: Any) -> Iterator[tuple[Any, str, str]]:
    """Values that break one constraint of a shape, the error's code and what its message says."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if shape.type_name == "string":
        if low:
            yield "a" * (low - 1), "ValidationError", f"length greater than or equal to {low}"
        if high is not None and high < A_REQUEST_HOLDS:
            yield "a" * (high + 1), "ValidationError", f"length less than or equal to {high}"
        if shape.metadata.get("pattern") and not shape.metadata["pattern"].startswith("[\\u0009"):
            yield NO_PATTERN_HAS.strip("\x00") * max(1, low or 1), "ValidationError", ""
        if shape.enum:
            yield "NoneOfThem", "ValidationError", "enum value set"
    elif shape.type_name in NUMBERS:
        yield "several", "MalformedInput", "several is not a valid"
        if low is not None:
            yield low - 1, "ValidationError", f"greater than or equal to {low}"
        if high is not None:
            yield high + 1, "ValidationError", f"less than or equal to {high}"
    elif shape.type_name == "list" and high is not None:
        yield [sound(shape.member)] * (high + 1), "ValidationError", f"length less than or equal to {high}"


def everything_wrong(shape: Any) -> Iterator[Wrong]:
    """Requests each of which has one thing wrong."""
    base = {member: sound(shape.members[member], member) for member in shape.required_members}
    for member in shape.required_members:
        rest = {name: value for name, value in base.items() if name != member}
        if shape.members[member].type_name in {"structure", "list"}:
            continue
        yield Wrong(rest, lower(member), "ValidationError", "Member must not be null")
    for member, inner in shape.members.items():
        for value, code, says in wrong_values(inner):
            where = member if code == "MalformedInput" else lower(member)
            yield Wrong({**base, member: value}, where, code, says)
        within = inner.member if inner.type_name == "list" else inner
        if within.type_name == "structure":
            for part, deep in within.members.items():
                for value, code, says in wrong_values(deep):
                    item = {**sound(within), part: value}
                    made = [item] if inner.type_name == "list" else item
                    yield Wrong(
                        {**base, member: made}, part if code == "MalformedInput" else lower(part), code, says
                    )
        elif inner.type_name == "list":
            for value, code, says in wrong_values(within):
                yield Wrong({**base, member: [value]}, lower(member), code, says)


@pytest.fixture(scope="module")
def clients(empty_world: World) -> dict[str, Any]:
    empty_world.iam.create_user(UserName="somebody")
    key = empty_world.iam.create_access_key(UserName="somebody")["AccessKey"]
    policy = document(allow("sts:*"))
    empty_world.iam.put_user_policy(UserName="somebody", PolicyName="may", PolicyDocument=policy)
    return {"iam": empty_world.iam, "sts": empty_world.client("sts", key)}


@pytest.mark.parametrize(
    ("service", "name"), [each for each in BUILT if MODELS[each[0]].operation_model(each[1]).input_shape]
)
def test_whatever_is_wrong_with_a_parameter_is_told_and_changes_nothing(
    clients: dict[str, Any], empty_world: World, service: str, name: str
) -> None:
    shape = MODELS[service].operation_model(name).input_shape
    operation = getattr(clients[service], xform_name(name))
    before = empty_world.store.revision
    for wrong in everything_wrong(shape):
        code, message, status = refused(operation, **wrong.parameters)
        assert (code, status) == (wrong.code, 400), (wrong, message)
        assert wrong.where in message, wrong
        assert wrong.says in message, wrong
    assert empty_world.store.revision == before


def names_something(name: str) -> bool:
    """Whether an operation of IAM needs what one of its parameters names."""
    shape = MODELS["iam"].operation_model(name).input_shape
    named = [
        member
        for member in (shape.required_members if shape else ())
        if member.endswith(("Arn", "Name", "Id", "SerialNumber"))
    ]
    return bool(named) and not name.startswith(("Create", "Upload", "Simulate"))


@pytest.mark.parametrize("name", [name for of, name in BUILT if of == "iam" and names_something(name)])
def test_what_is_not_there_or_is_anothers_is_refused_with_a_modelled_error(
    clients: dict[str, Any], empty_world: World, name: str
) -> None:
    """Names of nothing, and the ARNs of another account: never a reply, never an error that the model does not have."""
    model = MODELS["iam"].operation_model(name)
    operation, before = getattr(clients["iam"], xform_name(name)), empty_world.store.revision
    known = {error.metadata.get("error", {}).get("code", error.name) for error in model.error_shapes}
    shape = model.input_shape
    assert shape is not None
    base = {member: sound(shape.members[member], member) for member in shape.required_members}
    foreign = {
        member: value.replace(ACCOUNT, OTHER_ACCOUNT) if isinstance(value, str) else value
        for member, value in base.items()
    }
    for parameters in (base, foreign):
        if name in IDEMPOTENT:
            operation(**parameters)
            continue
        code, message, status = refused(operation, **parameters)
        assert code in known | {"AccessDenied", "ValidationError"}, (parameters, code, message)
        assert 400 <= status < 500
    assert empty_world.store.revision == before
