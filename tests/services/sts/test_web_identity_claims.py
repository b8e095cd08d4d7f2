"""Which claims of which providers are condition keys, and which of them a session keeps."""

from __future__ import annotations

from typing import Any

import pytest

from tabard.services.sts.web_identity_claims import condition_keys

GITHUB = "actor actor_id enterprise_id environment job_workflow_ref ref repository repository_id repository_owner_id workflow"
GITLAB = (
    "namespace_id pipeline_source project_id ref_protected runner_environment user_access_level user_email user_id"
    " user_login"
)
BUILDKITE = "build_branch cluster_id cluster_name organization_id organization_slug pipeline_id pipeline_slug"
DOCUMENTED = {
    "token.actions.githubusercontent.com": GITHUB,
    "token.actions.githubusercontent.com/octo-inc": GITHUB,
    "token.actions.octo.ghe.com": GITHUB,
    "github.com/enterprises/octo": GITHUB,
    "gitlab.com": GITLAB,
    "agent.buildkite.com": BUILDKITE,
    "agent.octo.buildkite.dev": BUILDKITE,
    "agent.octo.buildkite.site": BUILDKITE,
    "oidc.circleci.com/org/0F1E": "oidc.circleci.com/project-id",
    "idcs-0123456789abcdef.identity.oraclecloud.com": "rpst_id",
    "accounts.google.com": "",
    "tenant.example.com": "",
    "gitlab.example.com": "",
    "token.actions.githubusercontent.com.evil.example": "",
    "oidc.circleci.com": "",
    "oidc.circleci.com/org/a/b": "",
    "idcs-.identity.oraclecloud.com.evil.example": "",
}
"""What the service authorization reference lists for AssumeRoleWithWebIdentity, and look-alikes of it."""
EVERYTHING = {name: f"of {name}" for names in (GITHUB, GITLAB, BUILDKITE) for name in names.split()}
EVERYTHING |= {"oidc.circleci.com/project-id": "p", "rpst_id": "r", "iss": "i", "jti": "j", "custom": "c"}


def keys(provider: str, **claims: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    said = {"sub": "ann", "aud": "lab", **claims}
    return condition_keys(provider, said, "lab")


@pytest.mark.parametrize("provider", DOCUMENTED)
def test_each_provider_has_the_keys_that_are_documented_for_it(provider: str) -> None:
    asked, kept = keys(provider, **EVERYTHING)
    start = provider.lower()
    common = {f"{start}:aud", f"{start}:oaud", f"{start}:sub"}
    assert asked.keys() == common | {f"{start}:{name}" for name in DOCUMENTED[provider].split()}
    assert kept == {f"{start}:aud": "lab", f"{start}:sub": "ann"}


def test_what_all_providers_say_and_what_of_it_lasts() -> None:
    asked, kept = keys(
        "id.example.com", azp="lab", aud=["web", "api"], amr=["mfa", "pwd"], email="a@b.example"
    )
    assert asked == {
        "id.example.com:aud": "lab",
        "id.example.com:oaud": ("web", "api"),
        "id.example.com:sub": "ann",
        "id.example.com:amr": ("mfa", "pwd"),
        "id.example.com:email": "a@b.example",
    }
    assert kept.keys() == {"id.example.com:aud", "id.example.com:sub", "id.example.com:amr"}
    assert keys("id.example.com", aud=["lab"])[0]["id.example.com:oaud"] == "lab"
    assert keys("id.example.com", amr="mfa")[1]["id.example.com:amr"] == ("mfa",)
    for amr in ([], [1], {"mfa": 1}, None):
        assert "id.example.com:amr" not in keys("id.example.com", amr=amr)[0]


def test_numbers_and_truth_values_are_keys_and_structures_are_not() -> None:
    asked, _ = keys(
        "gitlab.com", ref_protected=True, project_id=42, user_id=[7], user_login=None, user_email={}
    )
    assert asked["gitlab.com:ref_protected"] == "true"
    assert asked["gitlab.com:project_id"] == "42"
    assert not {"gitlab.com:user_id", "gitlab.com:user_login", "gitlab.com:user_email"} & asked.keys()


def test_googles_organization_number_is_nested_or_flat() -> None:
    key = "accounts.google.com:google/organization_number"
    assert keys("accounts.google.com", google={"organization_number": 123})[0][key] == "123"
    assert keys("accounts.google.com", **{"google:organization_number": "123"})[0][key] == "123"
    assert key not in keys("accounts.google.com", google="123")[0]
    assert not any("google" in each for each in keys("id.example.com", google={"organization_number": 1})[0])
