"""Trust policies: whom they name must exist, and they name it for good.

A trust policy is stored with unique ids in place of the ARNs of users and roles, so that a principal deleted and made again
under the same name is not trusted; it is shown with ARNs while they exist, and with the id afterwards.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tabard.core.arn import Arn, root_arn
from tabard.identity.named import arn_of, id_of
from tabard.policy import Kind, invalid_principal, parse, principals_of, replace_principals, size
from tabard.services.iam import quotas
from tabard.services.iam.errors import quota_exceeded

if TYPE_CHECKING:
    from tabard.store.port import View

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


def _resolved(view: View, value: str) -> str | None:
    """What stands for a principal in a kept policy; None where there is no such principal."""
    if _ACCOUNT.fullmatch(value):
        return root_arn(value) if view.iam.accounts.get(value) is not None else None
    if not value.startswith("arn:"):
        return value if arn_of(view, value) is not None else None
    arn = Arn.parse(value)
    if view.iam.accounts.get(arn.account) is None:
        return value if arn.service == "cloudfront" or arn.account == "cloudfront" else None
    kind, _, rest = arn.resource.partition("/")
    if arn.service == "sts":
        if kind == "assumed-role":
            return value if view.iam.roles.get(arn.account, rest.partition("/")[0]) is not None else None
        return value
    if kind == "root":
        return value
    return id_of(view, arn)
