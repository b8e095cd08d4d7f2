"""Which credentials may call what, whatever policies say: AWS's comparison, row by row.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.services.iam.conftest import ACCOUNT, World, allow, document

from tabard.identity.sessions import mint

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
EVERYTHING = document(allow("*"))
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "iam:ListUsers": lambda iam, _: iam.list_users(),
    "iam:CreateGroup": lambda iam, _: iam.create_group(GroupName=f"g{time.monotonic_ns()}"),
    "GetCallerIdentity": lambda _, sts: sts.get_caller_identity(),
    "AssumeRole": lambda _, sts: sts.assume_role(RoleArn=ROLE, RoleSessionName="me"),
    "GetSessionToken": lambda _, sts: sts.get_session_token(),
    "GetFederationToken": lambda _, sts: sts.get_federation_token(Name="ann"),
    "GetAccessKeyInfo": lambda _, sts: sts.get_access_key_info(AccessKeyId="AKIAIBCDEFGHIJKLMNOP"),
    "DecodeAuthorizationMessage": lambda _, sts: sts.decode_authorization_message(EncodedMessage="x"),
    "GetWebIdentityToken": lambda _, sts: sts.get_web_identity_token(
        Audience=["a"], SigningAlgorithm="ES384"
    ),
}
REACHED = {"InvalidAuthorizationMessageException"}
"""A refusal of what was asked, not of who asked."""
REFUSED, NO_IAM = "AccessDenied", "InvalidClientTokenId"
ALL = set(OPERATIONS)
IAM = {"iam:ListUsers", "iam:CreateGroup"}
MAY: dict[str, set[str]] = {
    "a user's key": ALL,
    "root's key": ALL - {"AssumeRole"},
    "a role": ALL - {"GetSessionToken", "GetFederationToken"},
    "a role for whom a provider vouched": ALL - {"GetSessionToken", "GetFederationToken"},
    "a role reached from a role": ALL - {"GetSessionToken", "GetFederationToken"},
    "GetSessionToken": {"AssumeRole", "GetCallerIdentity"},
    "GetSessionToken with MFA": {"AssumeRole", "GetCallerIdentity"} | IAM,
    "GetSessionToken of root": {"GetCallerIdentity"},
    "GetSessionToken of root with MFA": {"GetCallerIdentity"} | IAM,
    "GetFederationToken": {"GetCallerIdentity"},
    "GetFederationToken of root": {"GetCallerIdentity"},
    "the console's session of a user": {"AssumeRole", "GetCallerIdentity"} | IAM,
}


@pytest.fixture(scope="module")
def callers(empty_world: World) -> tuple[World, dict[str, dict[str, str]]]:
    """Credentials of every kind, of callers whose policies allow everything."""
    world = empty_world
    world.iam.enable_outbound_web_identity_federation()
    world.user("ann", allow("*"))
    key = world.iam.create_access_key(UserName="ann")["AccessKey"]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    role = world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=document(trust))["Role"]["RoleId"]
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=EVERYTHING)
    user = world.iam.get_user(UserName="ann")["User"]["UserId"]
    now = world.node.clock()

    def session(kind: Any, principal: str, name: str = "", **more: Any) -> dict[str, str]:
        made = mint(
            world.node.keys,
            world.node.random,
            kind=kind,
            account=ACCOUNT,
            principal_id=principal,
            session_name=name,
            now=now,
            duration=3600,
            **more,
        )
        return {
            "AccessKeyId": made.access_key_id,
            "SecretAccessKey": made.secret_access_key,
            "SessionToken": made.session_token,
        }

    limits = {"policies": (EVERYTHING,)}
    return world, {
        "a user's key": key,
        "root's key": world.root,
        "a role": session("role", role, "me"),
        "a role for whom a provider vouched": session(
            "role", role, "me", provider="arn:aws:iam::1:oidc-provider/x"
        ),
        "a role reached from a role": session("role", role, "me", chained=True),
        "GetSessionToken": session("session-user", user),
        "GetSessionToken with MFA": session("session-user", user, mfa_at=now),
        "GetSessionToken of root": session("session-root", ACCOUNT),
        "GetSessionToken of root with MFA": session("session-root", ACCOUNT, mfa_at=now),
        "GetFederationToken": session("federated", user, "bob", **limits),
        "GetFederationToken of root": session("federated", ACCOUNT, "bob", **limits),
        "the console's session of a user": session("session-user", user, console=True),
    }


@pytest.mark.parametrize("kind", MAY)
def test_credentials_of_each_kind_may_call_what_awss_comparison_says(callers: Any, kind: str) -> None:
    world, known = callers
    iam, sts = world.client("iam", known[kind]), world.client("sts", known[kind])
    found = {}
    for name, operation in OPERATIONS.items():
        try:
            operation(iam, sts)
        except sts.exceptions.ClientError as error:
            found[name] = error.response["Error"]["Code"]
    refused = {name: code for name, code in found.items() if code not in REACHED}
    assert refused == {name: NO_IAM if name in IAM else REFUSED for name in ALL - MAY[kind]}
