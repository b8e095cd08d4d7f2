"""Claims of web identity tokens as condition keys: those of every provider, and those that AWS reads of some alone.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Keys = dict[str, str | tuple[str, ...]]

_GITHUB = (
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
)
_GITLAB = (
    "namespace_id",
    "pipeline_source",
    "project_id",
    "ref_protected",
    "runner_environment",
    "user_access_level",
    "user_email",
    "user_id",
    "user_login",
)
_BUILDKITE = (
    "build_branch",
    "cluster_id",
    "cluster_name",
    "organization_id",
    "organization_slug",
    "pipeline_id",
    "pipeline_slug",
)
_OF_PROVIDERS = (
    (re.compile(r"token\.actions\.githubusercontent\.com(/[^/]+)?"), _GITHUB),
    (re.compile(r"token\.actions\.[a-z0-9-]+\.ghe\.com"), _GITHUB),
    (re.compile(r"github\.com/enterprises/[^/]+"), _GITHUB),
    (re.compile(r"gitlab\.com"), _GITLAB),
    (re.compile(r"agent\.buildkite\.com|agent\.[a-z0-9-]+\.buildkite\.(dev|site)"), _BUILDKITE),
    (re.compile(r"oidc\.circleci\.com/org/[^/]+"), ("oidc.circleci.com/project-id",)),
    (re.compile(r"idcs-[a-z0-9]+\.identity\.oraclecloud\.com"), ("rpst_id",)),
)
_GOOGLE = "accounts.google.com"
_ORGANIZATION = "google/organization_number"


def condition_keys(provider: str, claims: Mapping[str, Any], audience: str) -> tuple[Keys, Keys]:
    """The keys that the trust policy is asked with, and those of them that every request of the session has.

    ``provider`` is the id under which a provider is registered, ``audience`` the client id that the token is for.
    """
    start = provider.lower()
    lasting: Keys = {f"{start}:aud": audience, f"{start}:sub": claims["sub"]}
    amr = claims.get("amr")
    if isinstance(amr, str):
        amr = [amr]
    if isinstance(amr, list) and amr and all(isinstance(each, str) for each in amr):
        lasting[f"{start}:amr"] = tuple(amr)
    keys = dict(lasting)
    given = claims["aud"]
    keys[f"{start}:oaud"] = given if isinstance(given, str) else given[0] if len(given) == 1 else tuple(given)
    for name in ("email", *_more(start)):
        value = _text(claims.get(name))
        if value is not None:
            keys[f"{start}:{name}"] = value
    if start == _GOOGLE:
        value = _organization(claims)
        if value is not None:
            keys[f"{start}:{_ORGANIZATION}"] = value
    return keys, lasting


def _more(provider: str) -> tuple[str, ...]:
    return next((names for form, names in _OF_PROVIDERS if form.fullmatch(provider)), ())


def _organization(claims: Mapping[str, Any]) -> str | None:
    """Google's tokens nest the number that AWS's documentation writes as ``google:organization_number``."""
    nested = claims.get("google")
    value = nested.get("organization_number") if isinstance(nested, dict) else None
    return _text(claims.get("google:organization_number") if value is None else value)


def _text(value: object) -> str | None:
    """A claim's value as text; what is neither text, number nor truth value is no key."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    return None
