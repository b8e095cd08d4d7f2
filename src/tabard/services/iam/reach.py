"""Which actions of which services identity policies reach at all, on some resource and under some condition.

That is what access reports call services that an identity "could access": its permissions policies count, boundaries and
resource-based policies do not. A denial counts where it is for everything and under no condition.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tabard.catalog import service_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tabard.policy import Document, Statement


def reached(documents: Iterable[Document], services: Iterable[str] | None = None) -> dict[str, list[str]]:
    """The actions by service (its prefix) that policies allow together, of these services or of all; none is left empty."""
    rules = [
        _Rule(statement)
        for document in documents
        for statement in document.statements
        if statement.effect == "Allow" or _denies_everywhere(statement)
    ]
    found: dict[str, list[str]] = {}
    for prefix in sorted(service_reference.prefixes() if services is None else services):
        actions = service_reference.action_names(prefix)
        allowed: set[str] = set()
        denied: set[str] = set()
        for rule in rules:
            (allowed if rule.allows else denied).update(rule.covered(prefix, actions))
        left = [action for action in actions if action in allowed and action not in denied]
        if left:
            found[prefix] = left
    return found


def _denies_everywhere(statement: Statement) -> bool:
    return not statement.conditions and statement.resources == ("*",)


class _Rule:
    """A statement's Action or NotAction element, its patterns by the service that each is for; ``*`` is for every one."""

    def __init__(self, statement: Statement) -> None:
        self.allows = statement.effect == "Allow"
        self._inverted = statement.actions is None
        self._names: dict[str, list[str]] = {}
        for pattern in statement.actions or statement.not_actions or ():
            service, _, name = pattern.lower().partition(":")
            self._names.setdefault(service, []).append(name)

    def covered(self, prefix: str, actions: tuple[str, ...]) -> Iterable[str]:
        """Which of a service's actions the statement is about."""
        names = self._names.get(prefix, [])
        if "*" in names or "*" in self._names:
            return () if self._inverted else actions
        if not names:
            return actions if self._inverted else ()
        matches = re.compile("|".join(f"(?:{_translated(name)})" for name in set(names))).fullmatch
        return [action for action in actions if (matches(action.lower()) is None) is self._inverted]


def _translated(pattern: str) -> str:
    """A pattern as a regular expression; stars in a row are one, so that nothing is tried twice."""
    return "".join(
        {"*": ".*", "?": "."}.get(character, re.escape(character))
        for character in re.sub(r"\*+", "*", pattern)
    )
