"""AssumeRoleWithWebIdentity, with a real provider over TLS."""

from __future__ import annotations

import base64
import json
import time
from random import Random
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from botocore.exceptions import ClientError
from tests.identity import test_altered_tokens as altered
from tests.services.iam.conftest import ACCOUNT, World, allow, document, refused
from tests.support.oidc import Provider, provider

from tabard.identity import fetching
from tabard.identity.web_identity import KeySets
from tabard.services.sts.web_identity import KEY_SETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)


@pytest.fixture(scope="module")
def shared_idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("idp")) as made:
        yield made


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than a server should wait."""
    monkeypatch.setattr(fetching, "WITHIN", 60.0)


@pytest.fixture
def idp(tmp_path: Path) -> Iterator[Provider]:
    with provider(tmp_path) as made:
        yield made


def trusting(idp: Provider, *actions: str, **conditions: Any) -> str:
    principal = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{idp.name}"}
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": ["sts:AssumeRoleWithWebIdentity", *actions],
    }
    if conditions:
        statement["Condition"] = {
            operator: {f"{idp.name}:{key}": value for key, value in keys.items()}
            for operator, keys in conditions.items()
        }
    return document(statement)


def known(world: World, idp: Provider, trust: str | None = None, **changes: Any) -> Any:
    """Make the provider and a role that trusts it known; what assumes the role."""
    world.iam.create_open_id_connect_provider(
        **{
            "Url": idp.issuer,
            "ClientIDList": ["lab"],
            "ThumbprintList": [idp.thumbprint],
            **changes,
        }
    )
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=trust or trusting(idp))
    return assume(world)


def assume(world: World) -> Any:
    client = world.client("sts")

    def call(token: str, **more: Any) -> Any:
        return client.assume_role_with_web_identity(
            **{"RoleArn": ROLE, "RoleSessionName": "work", "WebIdentityToken": token, **more}
        )

    return call


def test_a_token_gives_a_session_that_says_where_it_comes_from(world: World, idp: Provider) -> None:
    call = known(world, idp)
    reply = call(idp.token())
    assert reply["SubjectFromWebIdentityToken"] == "ann"
    assert reply["Audience"] == "lab"
    assert reply["Provider"] == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{idp.name}"
    assert reply["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/work"
    assert "PackedPolicySize" not in reply
    assert "SourceIdentity" not in reply
    me = world.client("sts", reply["Credentials"]).get_caller_identity()
    assert me["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/work"
    event = next(e for e in world.trail.events if e.event_name == "AssumeRoleWithWebIdentity")
    identity = json.loads(bytes(event.user_identity))
    assert identity["type"] == "WebIdentityUser"
    assert identity["userName"] == "ann"
    assert idp.token() not in repr(event)


def test_keys_are_fetched_once_and_again_after_a_rotation(world: World, idp: Provider) -> None:
    now = time.time()
    world.node.clock = lambda: now
    call = known(world, idp)
    call(idp.token())
    call(idp.token())
    assert idp.asked == ["/.well-known/openid-configuration", "/jwks"]
    idp.add_key("EC")
    assert refused(call, token=idp.token())[:2] == ("InvalidIdentityToken", NO_KEY)
    assert len(idp.asked) == 2  # not for every token with an unknown key
    now += 10
    assert call(idp.token())["SubjectFromWebIdentityToken"] == "ann"
    assert len(idp.asked) == 4
    now += 3600
    call(idp.token(exp=int(now) + 60))
    assert len(idp.asked) == 6


def test_claims_are_condition_keys_of_the_trust_policy_and_of_the_session(
    world: World, idp: Provider
) -> None:
    trust = trusting(
        idp,
        StringEquals={"sub": "ann", "aud": "lab"},
        **{"ForAnyValue:StringEquals": {"amr": "authenticated"}},
    )
    call = known(world, idp, trust)
    assert refused(call, token=idp.token(amr=["unauthenticated"])) == (
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        403,
    )
    assert refused(call, token=idp.token(sub="bob", amr=["authenticated"]))[0] == "AccessDenied"
    session = call(idp.token(amr=["authenticated"]))["Credentials"]
    iam = world.client("iam", session)
    assert refused(iam.list_users)[0] == "AccessDenied"
    statement = allow(
        "iam:ListUsers",
        Condition={
            "StringEquals": {
                f"{idp.name}:sub": "ann",
                "aws:FederatedProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{idp.name}",
            }
        },
    )
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=document(statement))
    assert iam.list_users()["Users"] == []


def test_a_role_that_does_not_trust_the_provider_and_one_that_is_not_there_look_alike(
    world: World, idp: Provider
) -> None:
    elsewhere = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/other.example"},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
    )
    call = known(world, idp, elsewhere)
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    assert refused(call, token=idp.token()) == denied
    assert refused(call, token=idp.token(), RoleArn=f"{ROLE}x") == denied


def test_tokens_that_are_not_for_us_are_refused(world: World, shared_idp: Provider) -> None:
    idp = shared_idp
    call = known(world, idp)
    now = int(time.time())
    world.node.clock = lambda: float(now)
    code, message, status = refused(call, token=idp.token(exp=now - 1))
    assert (code, status) == ("ExpiredTokenException", 400)
    assert (
        message == f"Token expired: current date/time {now} must be before the expiration date/time {now - 1}"
    )
    others: tuple[dict[str, Any], ...] = (
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": []},
        {"aud": ["lab", 7]},
        {"aud": {"lab": 1}},
        {"azp": "another"},
        {"azp": ["lab"]},
        {"azp": ""},
    )
    for claims in others:
        assert refused(call, token=idp.token(**claims))[:2] == (
            "InvalidIdentityToken",
            "Incorrect token audience",
        )
    assert call(idp.token(aud=["lab"]))["Audience"] == "lab"
    assert call(idp.token(aud=["x", "y"], azp="lab"))["Audience"] == "lab"
    assert refused(call, token=idp.token(aud=["x", "lab"]))[:2] == (
        "InvalidIdentityToken",
        "Token audience contains more than one audience while authorized party is not present",
    )
    wrong: tuple[dict[str, Any], ...] = (
        {"iat": now + 3600, "exp": now + 7200},
        {"nbf": now + 3600, "exp": now + 7200},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 1e300},
        {"sub": 7},
        {"iss": None},
        {"sub": None},
        {"aud": None},
        {"exp": None},
        {"iat": None},
        {"iss": "https://elsewhere.example"},
        {"iss": idp.issuer.replace("https", "http")},
    )
    for claims in wrong:
        assert refused(call, token=idp.token(**claims))[0] == "InvalidIdentityToken", claims


def test_tokens_that_are_not_the_providers_are_refused(world: World, shared_idp: Provider) -> None:
    idp = shared_idp
    call = known(world, idp)
    good = idp.token()
    header, payload, signature = good.split(".")
    unsigned = jwt.encode(jwt.decode(good, options={"verify_signature": False}), "", "none")
    no_algorithm = _part({"alg": "none", "kid": idp.key_id}) + f".{payload}."
    public = jwt.PyJWK(idp.published[idp.key_id]).key.public_numbers().n.to_bytes(256, "big")
    confused = jwt.encode(
        jwt.decode(good, options={"verify_signature": False}),
        base64.b64encode(public),
        "HS256",
        headers={"kid": idp.key_id},
    )
    old = idp.key_id
    idp.add_key("RSA", publish=False)
    forged = idp.token(headers={"kid": old})
    idp.key_id = old
    changed = f"{header}.{_part({'iss': idp.issuer, 'sub': 'root', 'aud': 'lab', 'iat': 1, 'exp': 9e9})}.{signature}"
    embedded = idp.token(headers={"jwk": idp.published[old], "jku": "https://evil.example/"}, sub="ann")
    for token in (
        unsigned,
        no_algorithm,
        confused,
        forged,
        changed,
        f"{header}.{payload}.",
        f"{header}.{payload}",
        "not a token",
        "\u00e9\u00e9\u00e9\u00e9",
        "....",
        "a" * 20_000,
        f"{good}=",
        f"{good[:-4]}\n{good[-4:]}",
        f"{good[:-4]}!{good[-4:]}",
        f" {good}",
        f"{header}.{payload}.{signature[:-6]}AAAAAA",
        _part({"alg": "RS256", "kid": [1]}) + f".{payload}.{signature}",
        _part({"alg": ["RS256"]}) + f".{payload}.{signature}",
        _part([]) + f".{payload}.{signature}",
    ):
        assert refused(call, token=token)[0] == "InvalidIdentityToken", token
    assert (
        call(embedded)["SubjectFromWebIdentityToken"] == "ann"
    )  # what it brings of its own is not looked at


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_provider_that_cannot_be_believed_is_not(world: World, idp: Provider) -> None:
    now = time.time()

    def clock() -> float:
        nonlocal now
        now += 6  # longer than a failure is remembered
        return now

    world.node.clock = clock
    call = known(world, idp, ThumbprintList=["0" * 40])
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{idp.name}"
    code, message, status = refused(call, token=idp.token())
    assert (code, status) == ("IDPCommunicationError", 400)
    assert "certificate verify failed" in message
    world.iam.update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=arn, ThumbprintList=[idp.thumbprint]
    )
    plain = {"content-type": "application/json"}
    discovery = "/.well-known/openid-configuration"
    elsewhere = {"issuer": "https://elsewhere.example", "jwks_uri": f"{idp.issuer}/jwks"}
    insecure = {"issuer": idp.issuer, "jwks_uri": "http://127.0.0.1:1/jwks"}
    metadata = {"issuer": idp.issuer, "jwks_uri": "https://169.254.169.254/latest"}
    local = {"issuer": idp.issuer, "jwks_uri": "file:///etc/passwd"}
    for answer in (
        (302, {"location": f"{idp.issuer}/jwks"}, b""),
        (500, plain, b"{}"),
        (200, plain, b"[]"),
        (200, plain, b"{" * 100_000),
        (200, plain, b'{"issuer":"' + b"a" * 600_000 + b'"}'),
        (200, plain, json.dumps(elsewhere).encode()),
        (200, plain, json.dumps(insecure).encode()),
        (200, plain, json.dumps(metadata).encode()),
        (200, plain, json.dumps(local).encode()),
    ):
        idp.pages[discovery] = answer
        assert refused(call, token=idp.token())[0] == "IDPCommunicationError", answer
    del idp.pages[discovery]
    idp.pages["/jwks"] = (200, plain, b'{"keys": 7}')
    assert refused(call, token=idp.token())[:2] == ("InvalidIdentityToken", NO_KEY)
    del idp.pages["/jwks"]
    assert call(idp.token())["Audience"] == "lab"


def test_a_provider_unknown_to_the_roles_account_is_refused(world: World, idp: Provider) -> None:
    call = known(world, idp)
    message = f"No OpenIDConnect provider found in your account for {idp.issuer}"
    elsewhere = "arn:aws:iam::444455556666:role/app"
    nowhere = "arn:aws:iam::999999999999:role/app"
    for role in (elsewhere, nowhere):
        assert refused(call, token=idp.token(), RoleArn=role) == ("InvalidIdentityToken", message, 400)
    assert idp.asked == []
    for role in ("arn:aws:iam::111122223333:user/app", "x" * 20):
        assert refused(call, token=idp.token(), RoleArn=role)[0] == "ValidationError"


def test_tags_and_source_identity_of_a_token_need_the_trust_policys_leave(
    world: World, idp: Provider
) -> None:
    call = known(world, idp)
    tags = {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]}
    tagged: Any = {"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "ann"}
    assert refused(call, token=idp.token(**tagged))[0] == "AccessDenied"
    world.iam.update_assume_role_policy(
        RoleName="app", PolicyDocument=trusting(idp, "sts:TagSession", "sts:SetSourceIdentity")
    )
    reply = call(idp.token(**tagged))
    assert reply["SourceIdentity"] == "ann"
    assert reply["PackedPolicySize"] == 1
    statement = allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=document(statement))
    assert world.client("iam", reply["Credentials"]).list_users()["Users"] == []
    flat: dict[str, Any] = {
        "https://aws.amazon.com/tags/principal_tags/team": "blue",
        "https://aws.amazon.com/tags/transitive_tag_keys": ["team"],
    }
    of_its_own = call(idp.token(**flat))["Credentials"]
    assert world.client("iam", of_its_own).list_users()["Users"] == []
    misshapen: tuple[dict[str, Any], ...] = (
        {**flat, "https://aws.amazon.com/tags": tags},
        {"https://aws.amazon.com/tags/principal_tags/team": 7},
        {"https://aws.amazon.com/tags/principal_tags/team": ["a", "b"]},
        {"https://aws.amazon.com/tags": "x"},
        {"https://aws.amazon.com/tags": {"principal_tags": {"team": "blue"}}},
        {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["a", "b"]}}},
        {"https://aws.amazon.com/tags": {"principal_tags": {"te<am": ["a"]}}},
        {"https://aws.amazon.com/source_identity": "aws:ann"},
        {"https://aws.amazon.com/source_identity": 7},
    )
    for bad in misshapen:
        assert refused(call, token=idp.token(**bad))[0] == "InvalidIdentityToken", bad


def test_a_session_lasts_as_long_as_the_role_may_and_is_limited_by_what_is_passed(
    world: World, idp: Provider
) -> None:
    call = known(world, idp)
    assert refused(call, token=idp.token(), DurationSeconds=7200)[:2] == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    world.iam.put_role_policy(
        RoleName="app", PolicyName="p", PolicyDocument=document(allow(["iam:ListUsers", "iam:ListRoles"]))
    )
    reply = call(idp.token(), Policy=document(allow("iam:ListUsers")))
    assert reply["PackedPolicySize"] > 0
    iam = world.client("iam", reply["Credentials"])
    assert iam.list_users()["Users"] == []
    assert refused(iam.list_roles)[0] == "AccessDenied"


def test_a_signature_means_nothing_to_an_operation_that_a_token_signs(world: World, idp: Provider) -> None:
    known(world, idp)
    sets = world.node.extensions.get(KEY_SETS)
    assert sets is None  # nothing was fetched yet
    client = world.client("sts")
    client.meta.events.register("choose-signer.sts.AssumeRoleWithWebIdentity", lambda **_more: "v4")
    parameters = {"RoleArn": ROLE, "RoleSessionName": "work"}
    reply = client.assume_role_with_web_identity(**parameters, WebIdentityToken=idp.token())
    assert reply["SubjectFromWebIdentityToken"] == "ann"
    world.iam.delete_open_id_connect_provider(
        OpenIDConnectProviderArn=f"arn:aws:iam::{ACCOUNT}:oidc-provider/{idp.name}"
    )
    code, *_ = refused(client.assume_role_with_web_identity, **parameters, WebIdentityToken=idp.token())
    assert code == "InvalidIdentityToken"


def test_a_provider_that_fails_is_not_asked_for_every_token(world: World, idp: Provider) -> None:
    now = time.time()
    world.node.clock = lambda: now
    call = known(world, idp)
    idp.pages["/jwks"] = (500, {}, b"")
    for _ in range(5):
        assert refused(call, token=idp.token())[0] == "IDPCommunicationError"
    assert len(idp.asked) == 2
    del idp.pages["/jwks"]
    now += 5
    assert call(idp.token())["Audience"] == "lab"


def test_a_provider_may_name_the_roles_that_its_token_is_for(world: World, shared_idp: Provider) -> None:
    idp = shared_idp
    call = known(world, idp)
    claim = "https://aws.amazon.com/roles"
    absent = "The target role ARN is not present in the roles claim of the identity token"
    wrong: tuple[Any, ...] = (f"{ROLE}x", [], [f"{ROLE}x"], "app", "arn:aws:iam::*:role/*", {ROLE: 1}, 7)

    def token(named: Any) -> str:
        said: dict[str, Any] = {claim: named}
        return idp.token(**said)

    for named in wrong:
        assert refused(call, token=token(named))[:2] == ("InvalidIdentityToken", absent)
    for right in (ROLE, [f"{ROLE}x", ROLE]):
        assert call(token(right))["Credentials"]
    trust = json.loads(trusting(idp))
    trust["Statement"][0]["Condition"] = {"Bool": {"sts:RoleAuthorizedByIdp": "true"}}
    world.iam.update_assume_role_policy(RoleName="app", PolicyDocument=json.dumps(trust))
    assert call(token(ROLE))["Credentials"]
    assert refused(call, token=idp.token())[0] == "AccessDenied"


def test_a_session_keeps_audience_subject_and_methods_and_nothing_more(
    world: World, shared_idp: Provider
) -> None:
    idp = shared_idp
    call = known(world, idp, trusting(idp, StringEquals={"email": "ann@example.com", "oaud": "lab"}))
    session = call(idp.token(amr=["mfa"], email="ann@example.com"))["Credentials"]
    iam = world.client("iam", session)
    asked: tuple[tuple[dict[str, Any], bool], ...] = (
        ({"StringEquals": {f"{idp.name}:sub": "ann", f"{idp.name}:aud": "lab"}}, True),
        ({"ForAnyValue:StringEquals": {f"{idp.name}:amr": "mfa"}}, True),
        ({"StringEquals": {f"{idp.name}:email": "ann@example.com"}}, False),
        ({"StringEquals": {f"{idp.name}:oaud": "lab"}}, False),
    )
    for condition, allowed in asked:
        statement = document(allow("iam:ListUsers", Condition=condition))
        world.iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=statement)
        if allowed:
            assert iam.list_users()["Users"] == []
        else:
            assert refused(iam.list_users)[0] == "AccessDenied", condition


def test_altered_tokens_get_an_error_of_the_model_and_change_nothing(world: World) -> None:
    """The alterations that ``tests/identity`` tries by themselves, on the whole way of a request."""
    known_as = {"Url": altered.ISSUER, "ClientIDList": ["lab"]}
    provider_arn = world.iam.create_open_id_connect_provider(**known_as)["OpenIDConnectProviderArn"]
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    world.iam.create_role(RoleName="app", AssumeRolePolicyDocument=document(trust))
    world.node.clock = lambda: float(altered.NOW)
    world.node.extensions[KEY_SETS] = KeySets(altered.served)
    call, before = assume(world), world.store.revision
    good = altered.GOOD["RS256"]
    assert call(good)["SubjectFromWebIdentityToken"] == "ann"
    random = Random(5)  # noqa: S311 - repeatable cases, not secrets
    for _ in range(60):
        token = random.choice(altered.ALTERATIONS)(random, good)
        try:
            subject = call(token)["SubjectFromWebIdentityToken"]
        except ClientError as error:
            heard = error.response["Error"]["Code"]
            assert heard in {*altered.REFUSALS, "ValidationError", "MalformedInput"}, token
        else:
            assert subject == "ann", token
    assert world.store.revision == before
