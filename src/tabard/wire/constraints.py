"""Constraints that a model states of a request: required, length, range, pattern, enum.

Each shape yields two closures. ``Check`` says in well under a microsecond whether a decoded value is sound;
only when it is not does ``Explain`` walk the value again and say what is wrong, where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tabard.wire.patterns import matcher
from tabard.wire.scalars import INTEGER_RANGES

if TYPE_CHECKING:
    from tabard.wire.model import Shape

Check = Callable[[Any], bool]
LONGEST_PATTERN_TEXT = 4_096
"""Characters that are held against a pattern where the model states no length: some patterns take quadratic time."""


class Violation(NamedTuple):
    """One constraint that does not hold. ``rule`` is ``required``, ``length``, ``range``, ``pattern`` or ``enum``.

    ``path`` leads to the value: a member with its shape, a list's index from 1, or a map's key. ``text`` is
    the constraint in the words of AWS's validation errors.
    """

    path: tuple[tuple[str, Shape] | int | str, ...]
    rule: str
    text: str
    value: Any
    shape: Shape


class Constraints:
    """Compiles shapes' constraints, once per shape, for one service."""

    def __init__(self) -> None:
        self._checks: dict[str, Check | None] = {}

    def check(self, shape: Shape) -> Check | None:
        """A shape's quick check; None where nothing is constrained."""
        if shape.name not in self._checks:
            holder: list[Check | None] = []

            def late(value: Any) -> bool:
                return holder[0] is None or holder[0](value)

            self._checks[shape.name] = late  # stands in while a recursive shape is being compiled
            holder.append(self._compile(shape))
            self._checks[shape.name] = holder[0]
        return self._checks[shape.name]

    def _compile(self, shape: Shape) -> Check | None:
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list":
            return _sized(self.check(shape.member), shape, _every)
        if shape.type == "map":
            keys, values = self.check(shape.key), self.check(shape.value)
            if keys is None and values is None:
                return _sized(None, shape, _every)

            def pair(named: tuple[str, Any]) -> bool:
                name, item = named
                return (keys is None or keys(name)) and (
                    values is None or (item is not None and values(item))
                )

            return _sized(pair, shape, lambda each, value: all(map(each, value.items())))
        if shape.type == "string":
            return _string(shape)
        if shape.type in INTEGER_RANGES or shape.type in {"float", "double"}:
            low, high = shape.get("min"), shape.get("max")
            if low is None and high is None:
                return None
            return lambda value: (low is None or value >= low) and (high is None or value <= high)
        if shape.type == "blob":
            return _sized(None, shape, _every)
        return None

    def _structure(self, shape: Shape) -> Check | None:
        required = frozenset(shape.required)
        checks = [(name, self.check(member)) for name, member in shape.members.items()]
        checked = [(name, check) for name, check in checks if check is not None]
        if not checked:
            return (lambda value: required <= value.keys()) if required else None

        def check(value: dict[str, Any]) -> bool:
            if not required <= value.keys():
                return False
            for name, member_check in checked:  # noqa: SIM110 - a generator costs twice as much
                if name in value and not member_check(value[name]):
                    return False
            return True

        return check


def _every(each: Check, value: Any) -> bool:
    return None not in value and all(map(each, value))


def _sized(each: Check | None, shape: Shape, walk: Callable[[Check, Any], bool]) -> Check | None:
    low, high = shape.get("min") or 0, shape.get("max")
    if each is None:
        if not low and high is None:
            return None
        return lambda value: low <= len(value) and (high is None or len(value) <= high)
    return lambda value: low <= len(value) and (high is None or len(value) <= high) and walk(each, value)


def _string(shape: Shape) -> Check | None:
    values = shape.get("enum")
    if values is not None:
        return frozenset(values).__contains__
    low, high, pattern = shape.get("min") or 0, shape.get("max"), shape.get("pattern")
    matches = matcher(pattern) if pattern else None
    if matches is None:
        return _sized(None, shape, _every)
    top = LONGEST_PATTERN_TEXT if high is None else high
    return lambda value: low <= len(value) <= top and matches(value)


def explain(shape: Shape, value: Any, path: tuple[Any, ...] = ()) -> Iterator[Violation]:
    """Everything that is wrong with a value, in the model's order."""
    if value is None:
        yield Violation(path, "required", "Member must not be null", None, shape)
        return
    if shape.type == "structure":
        for name, member in shape.members.items():
            here = (*path, (name, member))
            if name in value:
                yield from explain(member, value[name], here)
            elif name in shape.required:
                yield Violation(here, "required", "Member must not be null", None, member)
        return
    for rule, text in _broken(shape, value):
        yield Violation(path, rule, text, value, shape)
    if shape.type == "list":
        yield from _explain_list(shape, value, path)
    elif shape.type == "map":
        broken = sorted({text for key in value for text in stated(shape.key) if any(_broken(shape.key, key))})
        if broken:
            yield Violation(
                path, "map", f"Map keys must satisfy constraint: [{', '.join(broken)}]", value, shape
            )
        for key, item in value.items():
            yield from explain(shape.value, item, (*path, str(key)))


def _explain_list(shape: Shape, value: list[Any], path: tuple[Any, ...]) -> Iterator[Violation]:
    if shape.member.type in {"structure", "list", "map"} or None in value:
        for index, item in enumerate(value, 1):
            yield from explain(shape.member, item, (*path, index))
    elif any(True for item in value for _ in _broken(shape.member, item)):
        constraints = ", ".join(stated(shape.member))
        yield Violation(path, "member", f"Member must satisfy constraint: [{constraints}]", value, shape)


def stated(shape: Shape) -> list[str]:
    """Every constraint that a scalar shape states, in AWS's words."""
    texts = []
    word = "length" if shape.type in {"string", "blob", "list", "map"} else "value"
    if shape.get("enum"):
        texts.append(f"Member must satisfy enum value set: [{', '.join(shape.get('enum'))}]")
    if shape.get("max") is not None:
        texts.append(f"Member must have {word} less than or equal to {shape.get('max')}")
    if shape.get("min") is not None:
        texts.append(f"Member must have {word} greater than or equal to {shape.get('min')}")
    if shape.get("pattern"):
        texts.append(f"Member must satisfy regular expression pattern: {shape.get('pattern')}")
    return texts


def _broken(shape: Shape, value: Any) -> Iterator[tuple[str, str]]:
    values = shape.get("enum")
    if values is not None and value not in values:
        yield "enum", f"Member must satisfy enum value set: [{', '.join(values)}]"
        return
    sized = shape.type in {"string", "blob", "list", "map"}
    if not sized and shape.type not in INTEGER_RANGES and shape.type not in {"float", "double"}:
        return
    size, rule, word = (len(value), "length", "length") if sized else (value, "range", "value")
    low, high = shape.get("min"), shape.get("max")
    if high is not None and size > high:
        yield rule, f"Member must have {word} less than or equal to {high}"
    if low is not None and size < low:
        yield rule, f"Member must have {word} greater than or equal to {low}"
    pattern = shape.get("pattern")
    matches = matcher(pattern) if pattern and shape.type == "string" else None
    if matches is None or (high is not None and size > max(high, LONGEST_PATTERN_TEXT)):
        return
    if (high is None and size > LONGEST_PATTERN_TEXT) or not matches(value):
        yield "pattern", f"Member must satisfy regular expression pattern: {pattern}"
