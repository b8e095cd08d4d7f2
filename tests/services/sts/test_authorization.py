"""What STS's operations ask the policy engine, against the service authorization reference; and that it decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.iam.conftest import ACCOUNT, World, allow, document, refused

from tabard.catalog import service_reference
from tabard.core.caller import Caller
from tabard.core.http import HttpRequest
from tabard.identity.saml import Assertion
from tabard.identity.web_identity import Token
from tabard.services.operation import OPERATIONS, PROVE, READ, Call, Check
from tabard.services.sts import saml, web_identity
from tabard.services.sts.session_tags import SessionTags
from tabard.services.sts.web_identity_claims import condition_keys
from tabard.store.iam_credentials import OidcProvider

if TYPE_CHECKING:
    from collections.abc import Callable

BUILT = sorted(name for service, name in OPERATIONS if service == "sts")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
TASK = {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}
TAGS = [{"Key": "Team", "Value": "blue"}]
EVERYTHING: dict[str, dict[str, Any]] = {
    "AssumeRole": {
        "RoleArn": ROLE,
        "RoleSessionName": "me",
        "ExternalId": "42",
        "SourceIdentity": "ann",
        "Tags": TAGS,
        "TransitiveTagKeys": ["Team"],
    },
    "AssumeRoleWithSAML": {"RoleArn": ROLE, "PrincipalArn": "arn", "SAMLAssertion": "text"},
    "AssumeRoleWithWebIdentity": {"RoleArn": ROLE, "RoleSessionName": "me", "WebIdentityToken": "text"},
    "AssumeRoot": {"TargetPrincipal": ACCOUNT, "TaskPolicyArn": TASK},
    "DecodeAuthorizationMessage": {"EncodedMessage": "text"},
    "GetAccessKeyInfo": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    "GetCallerIdentity": {},
    "GetDelegatedAccessToken": {"TradeInToken": "text"},
    "GetFederationToken": {"Name": "ann", "Tags": TAGS},
    "GetSessionToken": {},
    "GetWebIdentityToken": {"Audience": ["api"], "SigningAlgorithm": "ES384", "Tags": TAGS},
}
"""Requests that have all there is to have."""
WITHOUT_CHECKS = {"GetCallerIdentity", "GetSessionToken"}
"""No permission is needed for them: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html"""
FEDERATION = (
    "accounts.google.com:",
    "cognito-identity.amazonaws.com:",
    "graph.facebook.com:",
    "www.amazon.com:",
)
OF_A_SESSION = {"saml:namequalifier", "saml:sub", "saml:sub_type"}
"""Keys that a request has of the session that makes it, if a provider vouched for that; no operation fills them."""
BESIDE: dict[str, set[str]] = {
    "sts:AssumeRole": {"aws:resourcetag/*", "aws:multifactorauthpresent", "aws:multifactorauthage"},
    "sts:AssumeRoleWithSAML": {"aws:federatedprovider", "aws:resourcetag/*", "iam:resourcetag/*"},
    "sts:AssumeRoleWithWebIdentity": {
        *("aws:federatedprovider", "aws:resourcetag/*", "iam:resourcetag/*", "sts:roleauthorizedbyidp"),
        *("accounts.google.com:email", "accounts.google.com:amr"),
        "accounts.google.com:google/*",
    },
}
"""Keys that are filled beyond the reference's list: global ones, and those that other pages of AWS's tell of."""


def stocked(world: World) -> None:
    """A role that has tags, and trusts everybody."""
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    world.iam.create_role(
        RoleName="app", AssumeRolePolicyDocument=document(everybody), Tags=[{"Key": "a", "Value": "b"}]
    )


def proven(name: str) -> Any:
    """What a provider's word proves, with all that it can say."""
    tags = SessionTags({"Team": "blue"}, ("Team",), {"Team": "blue"}, ("Team",))
    if name == "AssumeRoleWithSAML":
        keys: dict[str, Any] = dict.fromkeys(saml._KEY_OF_ATTRIBUTE.values(), ("x",))
        keys |= dict.fromkeys(("aud", "doc", "iss", "namequalifier", "sub", "sub_type"), "x")
        keys = {f"saml:{key}": value for key, value in keys.items()}
        assertion = Assertion("iss", "ann", "persistent", "aud", None, {})
        return saml.Proven(assertion, "arn", "q", keys, "me", tags, "ann")
    said = {"sub": "ann", "aud": "web", "azp": "lab", "amr": ["mfa"], "email": "a@b.example"}
    claims = {**said, "google": {"organization_number": 7}}
    provider = OidcProvider(id="accounts.google.com", account=ACCOUNT, owner="", created_at=0.0)
    asked, kept = condition_keys(provider.id, claims, "lab")
    return web_identity.Proven(
        provider, Token(claims, "lab", "ann"), asked, kept, authorized=True, tags=tags, source_identity="ann"
    )


def checks(world: World, name: str) -> list[Check]:
    built = OPERATIONS["sts", name]
    caller = Caller("User", ACCOUNT, "arn", "arn", "AIDA", "AIDA", "it", mfa_at=1.0)
    http = HttpRequest("POST", "/", "", [])
    view = world.store.read()
    call = Call("sts", name, "", 0.0, "us-east-1", "", False, http, caller, view, world.node, caller.account)
    if built.mode == PROVE:
        call.proven = proven(name)
    assert built.checks is not None
    return list(built.checks(call, EVERYTHING[name]))


def general(keys: Any) -> set[str]:
    return {re.sub("/.*", "/*", key.lower()) for key in keys}


def test_every_operation_is_built_and_asked_about() -> None:
    assert len(BUILT) == 11
    assert EVERYTHING.keys() == set(BUILT)
    assert {name for name in BUILT if OPERATIONS["sts", name].checks is None} == WITHOUT_CHECKS


@pytest.fixture(scope="module")
def full_world(empty_world: World) -> World:
    stocked(empty_world)
    return empty_world


@pytest.mark.parametrize("name", sorted(set(BUILT) - WITHOUT_CHECKS))
def test_each_asks_for_its_own_action_on_a_documented_kind_of_resource(full_world: World, name: str) -> None:
    asked = checks(full_world, name)
    assert asked[0].action == f"sts:{name}"
    sts = service_reference.service("sts")
    assert sts is not None
    for check in asked:
        action = service_reference.action(check.action)
        assert action is not None, check.action
        formats = [sts.resource_types[row.resource_type].arn_format for row in action.resource_types]
        if check.action == "sts:TagSession" and name == "GetFederationToken":
            formats.append(sts.resource_types["federated-user"].arn_format)
        if not formats:
            assert check.resource == "*"
            continue
        pattern = [re.sub(r"\\\$\\\{[^}]*\\\}", ".+", re.escape(each)) for each in formats]
        assert any(re.fullmatch(each, check.resource) for each in pattern), (check.resource, formats)


@pytest.mark.parametrize("name", sorted(set(BUILT) - WITHOUT_CHECKS))
def test_the_documented_keys_are_filled_and_no_others(full_world: World, name: str) -> None:
    """Of a request that has all there is to have, for its own action."""
    check = checks(full_world, name)[0]
    action = service_reference.action(check.action)
    assert action is not None
    documented = general(service_reference.applicable_condition_keys(action))
    others = tuple(
        prefix for prefix in FEDERATION if name != "AssumeRoleWithWebIdentity" or "google" not in prefix
    )
    documented = {key for key in documented if not key.startswith(others)}
    if name != "AssumeRoleWithSAML":
        documented -= OF_A_SESSION
    filled = general(key for key, value in check.keys.items() if value is not None)
    assert documented <= filled, documented - filled
    assert filled - documented <= BESIDE.get(check.action, set())


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("AssumeRole", ["sts:TagSession", "sts:SetSourceIdentity"]),
        ("AssumeRoleWithSAML", ["sts:TagSession", "sts:SetSourceIdentity"]),
        ("AssumeRoleWithWebIdentity", ["sts:TagSession", "sts:SetSourceIdentity"]),
        ("GetFederationToken", ["sts:TagSession"]),
        ("GetWebIdentityToken", ["sts:TagGetWebIdentityToken"]),
    ],
)
def test_what_is_asked_for_beside_needs_an_action_of_its_own(
    full_world: World, name: str, more: list[str]
) -> None:
    first, *others = checks(full_world, name)
    assert [check.action for check in others] == more
    for check in others:
        action = service_reference.action(check.action)
        assert action is not None
        documented = general(service_reference.applicable_condition_keys(action)) - {"saml:aud"}
        if name == "GetFederationToken":  # its session is no role's, and its tags pass on to none
            documented -= {"sts:transitivetagkeys", "aws:resourcetag/*", "iam:resourcetag/*"}
        assert documented <= general(check.keys)
        assert (check.policy is None) == (first.policy is None)


def test_reads_are_read_and_what_providers_say_is_proven() -> None:
    modes = {name: OPERATIONS["sts", name].mode for name in BUILT}
    assert {name for name, mode in modes.items() if mode == PROVE} == {
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
    }
    assert {name for name, mode in modes.items() if mode not in {PROVE, READ}} == {"GetWebIdentityToken"}


ASKED: dict[str, Callable[[Any], Any]] = {
    "AssumeRole": lambda sts: sts.assume_role(RoleArn=ROLE, RoleSessionName="me"),
    "AssumeRoot": lambda sts: sts.assume_root(TargetPrincipal=ACCOUNT, TaskPolicyArn=TASK),
    "DecodeAuthorizationMessage": lambda sts: sts.decode_authorization_message(EncodedMessage="x"),
    "GetAccessKeyInfo": lambda sts: sts.get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE"),
    "GetDelegatedAccessToken": lambda sts: sts.get_delegated_access_token(TradeInToken="x"),
    "GetFederationToken": lambda sts: sts.get_federation_token(Name="ann"),
    "GetWebIdentityToken": lambda sts: sts.get_web_identity_token(Audience=["a"], SigningAlgorithm="ES384"),
}


@pytest.mark.parametrize("name", ASKED)
def test_who_is_allowed_nothing_is_denied_and_a_policy_opens_and_closes(world: World, name: str) -> None:
    """Two states, two replies: without a policy the denial names action, resource and caller; with one there is another."""
    stocked(world)
    world.iam.update_assume_role_policy(
        RoleName="app",
        PolicyDocument=document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ),
    )
    world.iam.enable_outbound_web_identity_federation()
    world.user("ann")
    sts = world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])
    code, message, status = refused(ASKED[name], sts=sts)
    assert (code, status) == ("AccessDenied", 403)
    assert message.startswith(
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: sts:{name}"
    )
    assert message.endswith(f"because no identity-based policy allows the sts:{name} action")
    world.iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(allow(f"sts:{name}")))
    allowed = heard(ASKED[name], sts)
    assert allowed != (code, message)
    assert "no identity-based policy" not in str(allowed)
    denial = {"Effect": "Deny", "Action": f"sts:{name}", "Resource": "*"}
    world.iam.put_user_policy(UserName="ann", PolicyName="d", PolicyDocument=document(denial))
    code, message, _ = refused(ASKED[name], sts=sts)
    assert (code, message.rpartition(" with ")[2]) == (
        "AccessDenied",
        "an explicit deny in an identity-based policy",
    )


def heard(operation: Callable[[Any], Any], sts: Any) -> Any:
    """The reply, or the code and message of the refusal that is not the policy's."""
    try:
        return operation(sts)
    except sts.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]


def test_no_policy_can_take_away_what_needs_no_permission(world: World) -> None:
    world.user("ann", {"Effect": "Deny", "Action": "*", "Resource": "*"})
    sts = world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])
    assert sts.get_caller_identity()["Arn"].endswith("user/ann")
    assert sts.get_session_token()["Credentials"]
