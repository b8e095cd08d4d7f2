"""Facts about a document that need no request: the keys it asks for, its size, whom it names.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tabard.policy.json_text import read
from tabard.policy.patterns import Variable, tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.policy.document import Document

_VARIABLE = re.compile(r"\$\{([^}*?$][^}]*)\}")
_SPACE = re.compile(r"\s+")


def context_keys(document: Document) -> tuple[str, ...]:
    """The condition keys that a document's conditions and variables mention, as first written, in order.

    A key that is written in several cases is listed once.
    """
    found: dict[str, str] = {}
    for statement in document.statements:
        texts = [*(statement.resources or ()), *(statement.not_resources or ())]
        for condition in statement.conditions:
            found.setdefault(condition.key.lower(), condition.key)
            texts.extend(condition.values)
        if document.variables:
            for text in texts:
                for match in _VARIABLE.finditer(text):
                    key = match[1].partition(",")[0].strip()
                    found.setdefault(key.lower(), key)
    return tuple(found.values())


def mentions(document: Document, key: str) -> bool:
    """Whether a document's conditions or variables ask for a key (in lower case)."""
    return any(found.lower() == key for found in context_keys(document))


def size(text: str) -> int:
    """How large a policy counts as: its characters without white space, as for IAM's quotas."""
    return len(_SPACE.sub("", text))


def resources_of(document: Document) -> tuple[str, ...]:
    """Every entry of the Resource and NotResource elements."""
    return tuple(
        [
            resource
            for statement in document.statements
            for resource in (*(statement.resources or ()), *(statement.not_resources or ()))
        ]
    )


def has_variables(text: str) -> bool:
    """Whether a resource or value holds a policy variable."""
    return any(isinstance(token, Variable) for token in tokens_of(text, variables=True))


def replace_principals(text: str, ids: Mapping[str, str]) -> str | None:
    """The policy with deleted principals' ARNs replaced by their unique ids; None where it names none.

    A user or role made again under the same name is another principal, and the policy no longer means it:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    value: Any = read(text)
    changed = False
    statements = value["Statement"] if isinstance(value["Statement"], list) else [value["Statement"]]
    for statement in statements:
        for element in ("Principal", "NotPrincipal"):
            member = statement.get(element)
            if not isinstance(member, dict) or "AWS" not in member:
                continue
            named = member["AWS"]
            if isinstance(named, str):
                renamed: Any = ids.get(named, named)
            else:
                renamed = [ids.get(each, each) for each in named]
            if renamed != named:
                member["AWS"] = renamed
                changed = True
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) if changed else None
