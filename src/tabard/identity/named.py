"""Whom a kept policy names for good: users and roles by their unique ids, which it shows as ARNs while they exist.

A principal deleted and made again under the same name is another one, and a policy that named the first does not mean it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tabard.core.arn import Arn, iam_arn
from tabard.policy import replace_principals

if TYPE_CHECKING:
    from tabard.store.port import View

_UNIQUE_ID = re.compile(r'"(A(?:ID|RO)A[A-Z0-9]{12,})"')
_IS_UNIQUE_ID = re.compile(r"A(?:ID|RO)A[A-Z0-9]{12,}").fullmatch
_PRINCIPALS = frozenset(("Principal", "NotPrincipal"))


def id_of(view: View, arn: Arn) -> str | None:
    """The unique id of the user or role with an ARN; None where there is none."""
    kind, _, rest = arn.resource.partition("/")
    name = rest.rpartition("/")[2]
    entity = (
        view.iam.roles.get(arn.account, name) if kind == "role" else view.iam.users.get(arn.account, name)
    )
    if entity is None or iam_arn(entity.account, kind, entity.path, entity.name) != str(arn):
        return None
    return entity.id


def arn_of(view: View, unique_id: str) -> str | None:
    """The ARN of the user or role with a unique id; None where there is none."""
    if unique_id.startswith("AROA"):
        role = view.iam.roles.find(unique_id)
        return None if role is None else iam_arn(role.account, "role", role.path, role.name)
    user = view.iam.users.find(unique_id)
    return None if user is None else iam_arn(user.account, "user", user.path, user.name)


def shown(view: View, text: str) -> str:
    """A kept policy as callers see it."""
    if "AIDA" not in text and "AROA" not in text:
        return text
    ids = _ids_in(text)
    return _with_names(text, tuple((unique_id, arn_of(view, unique_id)) for unique_id in ids))


def show_in(view: View, report: dict[str, Any]) -> dict[str, Any]:
    """The report of a decision (``policy.report``), its near misses naming principals as policies show them."""
    for miss in report["nearMisses"]:
        if miss["element"] in _PRINCIPALS:
            miss["expected"] = [
                (arn_of(view, value) if _IS_UNIQUE_ID(value) else None) or value for value in miss["expected"]
            ]
    return report


@lru_cache(maxsize=512)
def _ids_in(text: str) -> tuple[str, ...]:
    """What may be unique ids of principals in a kept policy."""
    return tuple(dict.fromkeys(_UNIQUE_ID.findall(text)))


@lru_cache(maxsize=512)
def _with_names(text: str, names: tuple[tuple[str, str | None], ...]) -> str:
    known = {unique_id: arn for unique_id, arn in names if arn is not None}
    return (known and replace_principals(text, known)) or text
