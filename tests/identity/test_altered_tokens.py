"""Whatever is done to a token, it says no more than the one that it was made from, and is refused in AWS's words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from random import Random
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tabard.core.errors import AwsError
from tabard.identity.keyring import KeyRing
from tabard.identity.sessions import Claims, SessionCredentials, mint, open_token
from tabard.identity.web_identity import KeySets, Token, provider_name, read, verify
from tabard.store.iam_credentials import OidcProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

NOW = 1_800_000_000
ISSUER = "https://id.example.com"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "ann",
    "aud": "lab",
    "iat": NOW - 10,
    "exp": NOW + 300,
    "email": "ann@example.com",
}
REFUSALS = {"InvalidIdentityToken", "ExpiredTokenException"}
RSA_KEY, EC_KEY = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
STRANGER = ec.generate_private_key(ec.SECP256R1())
PUBLISHED: list[dict[str, Any]] = [
    {**jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "r", "use": "sig"},
    {**jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "e", "alg": "ES256"},
]
SIGNERS: dict[str, Any] = {"RS256": RSA_KEY, "ES256": EC_KEY}
KIDS = {"RS256": "r", "ES256": "e"}
PROVIDER = OidcProvider(id="id.example.com", account="1", owner="1", created_at=0.0, client_ids=["lab"])
STRANGE_CLAIMS: tuple[tuple[str, Any], ...] = (
    ("sub", "root"),
    ("aud", "other"),
    ("azp", "lab"),
    ("exp", 9e9),
    ("iss", "https://evil.example"),
    ("https://aws.amazon.com/source_identity", "root"),
)
ALGORITHMS: tuple[Any, ...] = (
    *("none", "None", "NONE", "nOnE", "", None, 0, ["RS256"], {"RS256": 1}),
    *("HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "ES256", "ES384", "ES256K", "EdDSA", "RS256"),
)
HEADERS: tuple[tuple[str, Any], ...] = (
    ("kid", "e"),
    ("kid", "r"),
    ("kid", "../../dev/null"),
    ("kid", ["r"]),
    ("kid", None),
    ("jku", "https://evil.example/jwks"),
    ("jwk", jwt.algorithms.ECAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True)),
    ("x5u", "https://evil.example/chain"),
    ("x5c", ["MIIB"]),
    ("crit", ["exp"]),
    ("crit", []),
    ("b64", False),
    ("zip", "DEF"),
    ("cty", "JWT"),
    ("typ", "at+jwt"),
)


async def served(url: str, _thumbprints: Sequence[str]) -> bytes:
    told: Any = {"keys": PUBLISHED}
    if url.endswith("openid-configuration"):
        told = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}
    return json.dumps(told).encode()


KEY_SETS = KeySets(served)


def finished(running: Coroutine[Any, Any, Token]) -> Token:
    """The result of what waits for nothing."""
    try:
        running.send(None)
    except StopIteration as ended:
        result: Token = ended.value
        return result
    raise AssertionError("it waits")


def proves(text: str) -> Token | str:
    """What a token proves, or the code of its refusal."""
    try:
        unverified = read(text)
        if provider_name(unverified.issuer) != PROVIDER.id:
            return "InvalidIdentityToken"
        return finished(verify(unverified, PROVIDER, KEY_SETS, NOW))
    except AwsError as error:
        return error.code if error.status == 400 else f"{error.code} {error.status}"


def encoded(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "==")


def signed(algorithm: str, claims: dict[str, Any] | None = None, **header: Any) -> str:
    said = CLAIMS if claims is None else claims
    return jwt.encode(said, SIGNERS[algorithm], algorithm, headers={"kid": KIDS[algorithm], **header})


GOOD = {algorithm: signed(algorithm) for algorithm in SIGNERS}


def characters(random: Random, token: str) -> str:
    """Some characters replaced, put in, left out or turned round."""
    text = list(token)
    for _ in range(random.randint(1, 3)):
        place = random.randrange(len(text))
        pool = "AZaz09-_.=+/ \n\t\0%\u00e9\u0130"
        match random.randrange(4):
            case 0:
                text[place] = random.choice(pool)
            case 1:
                text.insert(place, random.choice(pool))
            case 2:
                del text[place]
            case _:
                text[place] = text[place].swapcase()
    return "".join(text)


def bits(random: Random, token: str) -> str:
    """One bit of what a segment encodes."""
    parts = token.split(".")
    which = random.randrange(3)
    data = bytearray(decoded(parts[which]))
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    parts[which] = encoded(bytes(data))
    return ".".join(parts)


def header(random: Random, token: str) -> str:
    """Another header, with the signature as it was, with none, or with one made from what everybody knows."""
    head, payload, signature = token.split(".")
    said = json.loads(decoded(head))
    if random.random() < 0.6:
        said["alg"] = random.choice(ALGORITHMS)
    for name, value in random.sample(HEADERS, random.randint(0, 2)):
        said[name] = value
    start = f"{encoded(said)}.{payload}"
    return f"{start}.{random.choice((signature, '', *forged(start)))}"


def forged(start: str) -> list[str]:
    """Signatures with the public keys as if they were secrets, and with a stranger's key."""
    made = []
    for public in (RSA_KEY.public_key(), EC_KEY.public_key()):
        for form in (Encoding.PEM, Encoding.DER):
            secret = public.public_bytes(form, PublicFormat.SubjectPublicKeyInfo)
            made += [
                hmac.new(secret, start.encode(), kind).digest() for kind in (hashlib.sha256, hashlib.sha512)
            ]
    made += [hmac.new(json.dumps(key).encode(), start.encode(), hashlib.sha256).digest() for key in PUBLISHED]
    made += [hmac.new(b"", start.encode(), hashlib.sha256).digest()]
    made += [jwt.get_algorithm_by_name("ES256").sign(start.encode(), STRANGER)]
    return [encoded(each) for each in made]


def claims(random: Random, token: str) -> str:
    """Other claims under the same signature, or under a forged one."""
    head, payload, signature = token.split(".")
    said = json.loads(decoded(payload))
    name, value = random.choice(STRANGE_CLAIMS)
    said[name] = value
    if random.random() < 0.3:
        del said[random.choice(sorted(said))]
    start = f"{head}.{encoded(said)}"
    return f"{start}.{random.choice((signature, *forged(start)))}"


def repeated_names(random: Random, token: str) -> str:
    """The same members and others under the same names, before or after them."""
    head, payload, signature = token.split(".")
    name, value = random.choice(STRANGE_CLAIMS)
    more, text = f"{json.dumps(name)}:{json.dumps(value)}", decoded(payload).decode()
    text = f"{{{more},{text[1:]}" if random.random() < 0.5 else f"{text[:-1]},{more}}}"
    if random.random() < 0.3:
        head = encoded(decoded(head)[:-1] + b',"alg":"none"}')
    return f"{head}.{encoded(text.encode())}.{signature}"


def another_form(random: Random, token: str) -> str:
    """The same data in another base64, with white space, padding, or around more."""
    head, payload, signature = token.split(".")
    ways: list[Callable[[], str]] = [
        lambda: token.replace("-", "+").replace("_", "/"),
        lambda: f"{head}==.{payload}==.{signature}==",
        lambda: f" {token}\n",
        lambda: f"{head}.{payload}\n.{signature}",
        lambda: f"{head}..{signature}",
        lambda: f"{head}.{payload}.{signature}.{signature}",
        lambda: f"{head}.{payload}.{payload}.{signature}",
        lambda: f"{head}.{encoded(decoded(payload) + b' ')}.{signature}",
        lambda: f"{head}.{encoded(b'[' * 5000)}.{signature}",
        lambda: f"{head}.{encoded(b'1' * 5000)}.{signature}",
        lambda: json.dumps({"protected": head, "payload": payload, "signature": signature}),
        lambda: token * 2,
        lambda: token[: random.randrange(len(token))],
        lambda: f"Bearer {token}",
        lambda: encoded(token.encode()),
    ]
    return random.choice(ways)()


def of_two(random: Random, token: str) -> str:
    """Segments of two good tokens."""
    other = signed(random.choice(sorted(SIGNERS)), {**CLAIMS, "sub": "bob"}).split(".")
    mine = token.split(".")
    which = random.choice(
        ((0,), (1,), (2,), (0, 1), (0, 2))
    )  # never what the other's signature covers, and it
    return ".".join(other[place] if place in which else mine[place] for place in range(3))


ALTERATIONS: tuple[Callable[[Random, str], str], ...] = (
    characters,
    bits,
    header,
    claims,
    repeated_names,
    another_form,
    of_two,
)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_an_altered_web_identity_token_says_nothing_else(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable cases, not secrets
    token = GOOD[random.choice(sorted(GOOD))]
    altered = random.choice(ALTERATIONS)(random, token)
    heard = proves(altered)
    if isinstance(heard, str):
        assert heard in REFUSALS, altered
    else:
        assert heard == proves(token), altered


def test_the_unaltered_ones_are_good() -> None:
    for algorithm, token in GOOD.items():
        heard = proves(token)
        assert isinstance(heard, Token), algorithm
        assert (heard.claims, heard.audience, heard.subject) == (CLAIMS, "lab", "ann")


def test_each_forgery_that_has_a_name_is_refused() -> None:
    """None of these depends on chance: every algorithm with every signature that needs no secret."""
    for token in GOOD.values():
        head, payload, signature = token.split(".")
        for algorithm in ALGORITHMS:
            said = {**json.loads(decoded(head)), "alg": algorithm}
            start = f"{encoded(said)}.{payload}"
            if start == f"{head}.{payload}":
                continue
            for end in ("", signature, *forged(start)):
                assert proves(f"{start}.{end}") == "InvalidIdentityToken", (algorithm, end)


RING, OTHER_RING = KeyRing.generate(os.urandom), KeyRing.generate(os.urandom)


def session(name: str) -> SessionCredentials:
    return mint(
        RING,
        os.urandom,
        kind="role",
        account="111122223333",
        principal_id="AROAIOSFODNN7EXAMPLE0",
        session_name=name,
        now=NOW,
        duration=900,
        tags={"team": "blue"},
    )


SESSION, ANOTHER = session("ann"), session("bob")


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_an_altered_session_token_opens_for_nobody(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable cases, not secrets
    token = SESSION.session_token
    match random.randrange(4):
        case 0:
            altered = characters(random, token)
        case 1:
            cut = random.randrange(len(token))
            altered = token[:cut] + ANOTHER.session_token[cut:]
        case 2:
            data = bytearray(base64.b64decode(token[4:]))
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            altered = token[:4] + base64.b64encode(data).decode()
        case _:
            altered = random.choice(
                (token[:-4], token + "AAAA", f"{token}=", token[4:], f"{token}\n", "", "TBRD")
            )
    found = open_token(RING, altered)
    if found is not None:
        whole = altered == ANOTHER.session_token
        assert found == open_token(RING, ANOTHER.session_token if whole else token), altered


def test_a_session_token_of_another_ring_or_purpose_or_shape_is_none() -> None:
    good = open_token(RING, SESSION.session_token)
    assert isinstance(good, Claims)
    assert good.access_key_id == SESSION.access_key_id
    assert open_token(OTHER_RING, SESSION.session_token) is None
    sealed = RING.seal(b"access-key", b"secret")
    assert open_token(RING, "TBRD" + base64.b64encode(sealed).decode()) is None
    for plain in (b"", b"\x90", b"\x93\xa4role\xa1x\xa1y", b"\xc1"):
        shaped = RING.seal(b"session-token", plain)
        assert open_token(RING, "TBRD" + base64.b64encode(shaped).decode()) is None
