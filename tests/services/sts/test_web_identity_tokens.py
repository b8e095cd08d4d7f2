"""GetWebIdentityToken: tokens that others verify by the account's issuer."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from tests.services.iam.conftest import ACCOUNT, World, allow, document, refused, trust

from tabard.core.http import HttpRequest
from tabard.edge.http import Body, Origin
from tabard.edge.issuer import IssuerPages
from tabard.identity import issuing
from tabard.services import issuer

if TYPE_CHECKING:
    from tests.support.server import TabardServer

BASE = "https://tabard.example"
ASK: dict[str, Any] = {"Audience": ["https://api.example.com"], "SigningAlgorithm": "ES384"}


@pytest.fixture
def url(world: World) -> str:
    world.node.extensions[issuer.BASE] = BASE
    return str(world.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"])


def page(world: World, path: str) -> Any:
    reply: Any = IssuerPages(world.node).answer(
        HttpRequest("GET", path, "", []), Body.of(b""), Origin("127.0.0.1")
    )
    return json.loads(reply.body) if reply.status == 200 else reply.status


def verified(world: World, url: str, token: str, audience: str = "https://api.example.com") -> Any:
    """The claims of a token, verified as its receiver would, from the issuer's documents alone."""
    path = url.removeprefix(BASE)
    told = page(world, f"{path}/.well-known/openid-configuration")
    assert told["issuer"] == url
    keys = page(world, told["jwks_uri"].removeprefix(BASE))["keys"]
    header = jwt.get_unverified_header(token)
    key = next(key for key in keys if key["kid"] == header["kid"])
    assert not {"d", "p", "q"} & key.keys()
    return jwt.decode(token, jwt.PyJWK(key), algorithms=[key["alg"]], audience=audience, issuer=url)


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_says_who_asked_and_is_verified_by_the_issuers_keys(
    world: World, url: str, algorithm: str
) -> None:
    world.user("ann", allow("sts:*"))
    world.iam.tag_user(UserName="ann", Tags=[{"Key": "team", "Value": "blue"}])
    sts = world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])
    reply = sts.get_web_identity_token(
        Audience=["https://api.example.com"],
        SigningAlgorithm=algorithm,
        Tags=[{"Key": "job", "Value": "7"}],
    )
    claims = verified(world, url, reply["WebIdentityToken"])
    assert claims["sub"] == f"arn:aws:iam::{ACCOUNT}:user/ann"
    assert claims["exp"] - claims["iat"] == 300
    assert reply["Expiration"].timestamp() == claims["exp"]
    assert claims["https://sts.amazonaws.com/"] == {
        "aws_account": ACCOUNT,
        "source_region": "us-east-1",
        "principal_tags": {"team": "blue"},
        "request_tags": {"job": "7"},
    }
    again = sts.get_web_identity_token(**{**ASK, "SigningAlgorithm": algorithm})["WebIdentityToken"]
    assert jwt.get_unverified_header(again) == jwt.get_unverified_header(reply["WebIdentityToken"])
    assert verified(world, url, again)["jti"] != claims["jti"]
    assert reply["WebIdentityToken"] not in repr(world.trail.events)


def test_a_roles_token_names_the_role_and_ends_with_its_session(world: World, url: str) -> None:
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"))
    world.iam.put_role_policy(
        RoleName="app", PolicyName="p", PolicyDocument=document(allow("sts:GetWebIdentityToken"))
    )
    world.user("ann", allow("sts:AssumeRole"))
    sts = world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])
    role = f"arn:aws:iam::{ACCOUNT}:role/app"
    session = sts.assume_role(RoleArn=role, RoleSessionName="me", DurationSeconds=900)["Credentials"]
    mine = world.client("sts", session)
    claims = verified(world, url, mine.get_web_identity_token(**ASK)["WebIdentityToken"])
    assert claims["sub"] == role
    assert claims["https://sts.amazonaws.com/"]["original_session_exp"]
    code, _, status = refused(mine.get_web_identity_token, **ASK, DurationSeconds=901 + 60)
    assert (code, status) == ("SessionDurationEscalationException", 403)
    assert refused(sts.get_web_identity_token, **ASK)[0] == "AccessDenied"


def test_it_must_be_enabled_and_what_was_given_out_stays_good(world: World, url: str) -> None:
    sts = world.client("sts")
    token = sts.get_web_identity_token(**ASK)["WebIdentityToken"]
    world.iam.disable_outbound_web_identity_federation()
    code, _, status = refused(sts.get_web_identity_token, **ASK)
    assert (code, status) == ("OutboundWebIdentityFederationDisabledException", 403)
    assert verified(world, url, token)["sub"]
    other = world.client("sts", world.other_root)
    assert refused(other.get_web_identity_token, **ASK)[0] == "OutboundWebIdentityFederationDisabledException"


def test_conditions_limit_audience_duration_algorithm_and_tags(world: World, url: str) -> None:
    assert url
    condition = {
        "ForAllValues:StringEquals": {"sts:IdentityTokenAudience": "https://api.example.com"},
        "NumericLessThanEquals": {"sts:DurationSeconds": "300"},
        "StringEquals": {"sts:SigningAlgorithm": "ES384"},
    }
    world.user("ann", allow("sts:GetWebIdentityToken", Condition=condition))
    sts = world.client("sts", world.iam.create_access_key(UserName="ann")["AccessKey"])
    assert sts.get_web_identity_token(**ASK)["WebIdentityToken"]
    for changes in (
        {"Audience": ["https://other.example.com"]},
        {"DurationSeconds": 600},
        {"SigningAlgorithm": "RS256"},
        {"Tags": [{"Key": "a", "Value": "b"}]},
    ):
        assert refused(sts.get_web_identity_token, **{**ASK, **changes})[0] == "AccessDenied", changes


def test_keys_are_replaced_after_a_month_and_stay_published_for_a_day(world: World, url: str) -> None:
    now = time.time()
    world.node.clock = lambda: now
    sts = world.client("sts")

    token = sts.get_web_identity_token(**ASK)["WebIdentityToken"]
    first = jwt.get_unverified_header(token)["kid"]
    held = world.store.read().iam.credentials.issuer_keys.all(ACCOUNT)
    assert [key.id for key in held] == [first]
    keys = f"{url.removeprefix(BASE)}/.well-known/jwks.json"
    assert [key["kid"] for key in page(world, keys)["keys"]] == [first]
    now += 30 * 24 * 3600
    later = issuing.make_key(ACCOUNT, "ES384", world.node.keys, now)
    assert issuing.signing_key(held, "ES384", now) is None
    assert issuing.signing_key([*held, later], "ES384", now) == later
    assert [key["kid"] for key in page(world, keys)["keys"]] == [first]
    now += 24 * 3600
    assert page(world, keys)["keys"] == []


def test_bad_parameters_are_refused(world: World, url: str) -> None:
    assert url
    sts = world.client("sts")
    wrong: tuple[dict[str, Any], ...] = (
        {"Audience": []},
        {"Audience": ["x"] * 11},
        {"Audience": [""]},
        {"Audience": ["x" * 1001]},
        {"SigningAlgorithm": "HS256"},
        {"SigningAlgorithm": "none"},
        {"DurationSeconds": 59},
        {"DurationSeconds": 3601},
        {"Tags": [{"Key": "aws:a", "Value": "b"}]},
    )
    for changes in wrong:
        assert refused(sts.get_web_identity_token, **{**ASK, **changes})[0] == "ValidationError", changes
    heavy = [{"Key": f"{n:03}" + "k" * 120, "Value": "v" * 256} for n in range(50)]
    assert refused(sts.get_web_identity_token, **ASK, Tags=heavy)[0] == "JWTPayloadSizeExceededException"
    assert page(world, "/_/issuer/nobody/.well-known/openid-configuration") == 404
    assert page(world, "/_/issuer/../health") == 404


def test_the_documents_are_served_beside_the_api(server: TabardServer) -> None:
    iam = server.client("iam")
    told = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert told.startswith(f"{server.endpoint}/_/issuer/")
    token = server.client("sts").get_web_identity_token(**ASK)["WebIdentityToken"]
    keys = jwt.PyJWKClient(f"{told}/.well-known/jwks.json")
    key = keys.get_signing_key_from_jwt(token)
    assert jwt.decode(token, key, algorithms=["ES384"], audience="https://api.example.com")["iss"] == told
    with urllib.request.urlopen(f"{server.endpoint}/_/health") as reply:
        assert reply.status == 200
    iam.disable_outbound_web_identity_federation()
