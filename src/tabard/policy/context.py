"""What is known about one request, by condition key; a value is fetched only when a policy asks for it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html#AccessPolicyLanguage_RequestContext
"""

from __future__ import annotations

from collections.abc import Callable, Collection, KeysView, Mapping, Sequence

Value = str | tuple[str, ...] | None
"""One value, several values of a multi-valued key, or None where the request does not have the key."""

Lazy = str | bool | int | Sequence[str] | None | Callable[[], "Lazy"]
Family = Callable[[], Mapping[str, str]]


class Context:
    """The condition keys of one request.

    ``values`` maps keys to a string, a list (a multi-valued key), or a function that returns one of these or
    None; it belongs to the context from then on, which replaces functions by what they returned. ``families``
    maps a prefix that ends in ``/`` (``aws:ResourceTag/``) to a function that returns every member at once,
    called at most once. Keys are compared without regard to case; lower-case keys are found fastest.
    """

    __slots__ = ("_families", "_normal", "_values")

    def __init__(
        self, values: dict[str, Lazy] | None = None, families: dict[str, Family] | None = None
    ) -> None:
        self._values: dict[str, Lazy] = {} if values is None else values
        self._families = families
        self._normal = False

    def lookup(self, key: str) -> Value:
        """The value of a key, which must be in lower case; None where the request does not have it."""
        try:
            value = self._values[key]
        except KeyError:
            return self._miss(key)
        if value.__class__ is str:
            return value
        return self._settle(key, value)

    def keys(self) -> list[str]:
        """Every key in lower case, families expanded: for records and simulators, not for decisions."""
        self._normalise()
        for prefix in list(self._families or ()):
            self._expand(prefix)
        return sorted(self._values)

    def among(self, keys: KeysView[str], families: frozenset[str]) -> Collection[str]:
        """Those of some keys (in lower case) that the request may have; ``families`` are their prefixes."""
        if not self._normal:
            self._normalise()
        if self._families:
            for prefix in families.intersection(self._families):
                self._expand(prefix)
        found = keys & self._values.keys()
        return found if len(found) < 2 else sorted(found)

    def _miss(self, key: str) -> Value:
        if not self._normal:
            self._normalise()
            if key in self._values:
                return self.lookup(key)
        if self._families is not None:
            prefix = key[: key.find("/") + 1]
            if prefix in self._families:
                self._expand(prefix)
                if key in self._values:
                    return self.lookup(key)
        return None

    def _normalise(self) -> None:
        if not self._normal:
            self._normal = True
            self._values = {key.lower(): value for key, value in self._values.items()}
            if self._families is not None:
                self._families = {prefix.lower(): family for prefix, family in self._families.items()}

    def _expand(self, prefix: str) -> None:
        families = self._families
        if families is None:
            return
        for name, value in families.pop(prefix)().items():
            self._values.setdefault(prefix + name.lower(), value)

    def _settle(self, key: str, value: Lazy) -> Value:
        while callable(value):
            value = value()
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif isinstance(value, int):
            value = str(value)
        elif value is not None and not isinstance(value, str):
            value = tuple(value) or None
        self._values[key] = value
        return value


EMPTY = Context()
