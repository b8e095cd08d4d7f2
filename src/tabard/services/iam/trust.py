"""Trust policies: whom they name must exist, and they name it for good.

A trust policy is stored with unique ids in place of the ARNs of users and roles, so that a principal deleted and made again
under the same name is not trusted; it is shown with ARNs while they exist, and with the id afterwards.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tabard.core.arn import Arn, iam_arn, root_arn
from tabard.policy import Kind, invalid_principal, parse, principals_of, replace_principals, size
from tabard.services.iam import quotas
from tabard.services.iam.errors import quota_exceeded

if TYPE_CHECKING:
    from tabard.store.port import View

_UNIQUE_ID = re.compile(r'"(A(?:ID|RO)A[A-Z0-9]{12,})"')
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def stored(view: View, text: str) -> str:
    """A trust policy as it is kept; raises MalformedPolicyDocument, or LimitExceeded where it is too large."""
    document = parse(text, Kind.TRUST)
    if size(text) > quotas.TRUST_POLICY_SIZE:
        raise quota_exceeded("ACLSizePerRole", quotas.TRUST_POLICY_SIZE)
    names: dict[str, str] = {}
    for principal in principals_of(document):
        if principal.type == "AWS":
            resolved = _resolved(view, principal.value)
            if resolved is None:
                raise invalid_principal(principal)
            names[principal.value] = resolved
    compact = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    return replace_principals(text, names) or compact


def shown(view: View, text: str) -> str:
    """A kept trust policy as callers see it."""
    if "AIDA" not in text and "AROA" not in text:
        return text
    ids = _ids_in(text)
    return _with_names(text, tuple((unique_id, _arn_of(view, unique_id)) for unique_id in ids))


@lru_cache(maxsize=512)
def _ids_in(text: str) -> tuple[str, ...]:
    """What may be unique ids of principals in a kept policy."""
    return tuple(dict.fromkeys(_UNIQUE_ID.findall(text)))


@lru_cache(maxsize=512)
def _with_names(text: str, names: tuple[tuple[str, str | None], ...]) -> str:
    known = {unique_id: arn for unique_id, arn in names if arn is not None}
    return (known and replace_principals(text, known)) or text


def _resolved(view: View, value: str) -> str | None:
    """What stands for a principal in a kept policy; None where there is no such principal."""
    if _ACCOUNT.fullmatch(value):
        return root_arn(value) if view.iam.accounts.get(value) is not None else None
    if not value.startswith("arn:"):
        return value if _arn_of(view, value) is not None else None
    arn = Arn.parse(value)
    if view.iam.accounts.get(arn.account) is None:
        return value if arn.service == "cloudfront" or arn.account == "cloudfront" else None
    kind, _, rest = arn.resource.partition("/")
    name = rest.rpartition("/")[2]
    if arn.service == "sts":
        if kind == "assumed-role":
            return value if view.iam.roles.get(arn.account, rest.partition("/")[0]) is not None else None
        return value
    if kind == "root":
        return value
    entity = (
        view.iam.roles.get(arn.account, name) if kind == "role" else view.iam.users.get(arn.account, name)
    )
    if entity is None or iam_arn(entity.account, kind, entity.path, entity.name) != value:
        return None
    return entity.id


def _arn_of(view: View, unique_id: str) -> str | None:
    if unique_id.startswith("AROA"):
        role = view.iam.roles.find(unique_id)
        return None if role is None else iam_arn(role.account, "role", role.path, role.name)
    user = view.iam.users.find(unique_id)
    return None if user is None else iam_arn(user.account, "user", user.path, user.name)
