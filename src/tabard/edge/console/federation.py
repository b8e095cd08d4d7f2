"""AWS's federation endpoint: session credentials of a role become a console session, for tools that open the console.

* ``GET /federation?Action=getSigninToken&Session={"sessionId":…,"sessionKey":…,"sessionToken":…}&SessionDuration=…`` answers
  ``{"SigninToken": "…"}``, good for 15 minutes. POST with a form works as well.
* ``GET /federation?Action=login&Issuer=…&Destination=…&SigninToken=…`` opens the console.

A destination is a page of this console, by path or whole address, or an address of AWS's console, whose service's first page is
opened. Nothing else is one, so that nobody is led elsewhere by an address of this server.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from tabard.core.errors import AwsError
from tabard.core.http import HttpReply
from tabard.edge.console.files import PREFIX
from tabard.edge.console.records import identity_of_caller
from tabard.identity.principals import Problem
from tabard.identity.sessions import SessionCredentials, mint, open_token

if TYPE_CHECKING:
    from tabard.core.http import HttpRequest
    from tabard.edge.console.records import Records
    from tabard.edge.http import Origin
    from tabard.identity.principals import Principal, Principals
    from tabard.identity.sessions import Claims
    from tabard.services.node import Node

PATHS = frozenset({"/federation", "/_/federation"})
TOKEN_GOOD_FOR = 15 * 60
"""Seconds in which a sign-in token opens the console."""
SHORTEST, LONGEST = 900, 43_200
"""Seconds that ``SessionDuration`` may ask for."""
_CHAINED_AT_MOST = 3600
_PURPOSE = b"signin-token"
_AREAS = {"iam": "iam/roles", "iamv2": "iam/roles", "ec2": "ec2/instances", "s3": "s3/buckets"}
_AWS_CONSOLES = (".console.aws.amazon.com", ".amazonaws-us-gov.com", ".console.amazonaws.cn")


class Given(msgspec.Struct, rename="camel"):
    """The ``Session`` parameter."""

    session_id: str
    session_key: str
    session_token: str


class _Token(msgspec.Struct, array_like=True):
    """What a sign-in token holds: the credentials, how long the session is to last (0: as long as they), and until when."""

    key_id: str
    session_token: str
    duration: int
    good_until: float


class Federation:
    """The endpoint, and the exchange of its tokens for console sessions."""

    def __init__(self, node: Node, principals: Principals, records: Records) -> None:
        self._node = node
        self._principals = principals
        self._records = records

    def reply(self, request: HttpRequest, origin: Origin, base: str) -> HttpReply:
        """Answer ``getSigninToken`` and ``login``; ``base`` is this listener's own origin."""
        given = dict(parse_qsl(request.query, keep_blank_values=True))
        if request.method == "POST":
            given |= dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            match given.get("Action", "").lower():
                case "getsignintoken":
                    return self._token(request, origin, given)
                case "login":
                    return self._login(given, base)
                case _:
                    raise _invalid("Action")
        except AwsError as error:
            return HttpReply(
                error.status,
                [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")],
                f"{error.message}\n".encode(),
            )

    def _token(self, request: HttpRequest, origin: Origin, given: dict[str, str]) -> HttpReply:
        node = self._node
        now = node.clock()
        principal = None
        try:
            try:
                session = msgspec.json.decode(given.get("Session", ""), type=Given)
            except msgspec.DecodeError:
                raise _invalid("Session") from None
            principal = self._principal(session, now)
            duration = _duration(given.get("SessionDuration", ""), principal)
        except AwsError as error:
            self._record(request, origin, "GetSigninToken", principal, error)
            raise
        self._record(request, origin, "GetSigninToken", principal, None)
        held = _Token(session.session_id, session.session_token, duration, now + TOKEN_GOOD_FOR)
        sealed = base64.urlsafe_b64encode(node.keys.seal(_PURPOSE, msgspec.msgpack.encode(held))).decode()
        return HttpReply(
            200,
            [(b"content-type", b"application/json"), (b"cache-control", b"no-store")],
            msgspec.json.encode({"SigninToken": sealed}),
        )

    def _principal(self, session: Given, now: float) -> Principal:
        """Whose credentials these are: a role's, with the right secret, and still good."""
        found = self._principals.authenticate(session.session_id, session.session_token, now)
        if isinstance(found, Problem) or not hmac.compare_digest(
            found.secret.encode(), session.session_key.encode()
        ):
            raise _invalid("credentials")
        if found.caller.kind not in {"AssumedRole", "FederatedUser"} or found.console:
            raise _invalid(
                "credentials"
            )  # of GetSessionToken, or a console session that would outlast itself
        return found

    def _login(self, given: dict[str, str], base: str) -> HttpReply:
        token = given.get("SigninToken", "")
        self._opened(token)
        place = destination(given.get("Destination", ""), base)
        fragment = f"signin={quote(token)}"
        if issuer := _web_address(given.get("Issuer", "")):
            fragment += f"&issuer={quote(issuer, safe='')}"
        return HttpReply(
            302,
            [(b"location", f"{place}#{fragment}".encode()), (b"cache-control", b"no-store")],
        )

    def _opened(self, token: str) -> _Token:
        try:
            plain = self._node.keys.open(_PURPOSE, base64.urlsafe_b64decode(token))
        except (binascii.Error, ValueError):
            plain = None
        held = None if plain is None else msgspec.msgpack.decode(plain, type=_Token)
        if held is None or self._node.clock() >= held.good_until:
            raise AwsError("InvalidSigninToken", "Token Expired" if held else "Invalid SigninToken", 400)
        return held

    def session(
        self, request: HttpRequest, origin: Origin, token: str
    ) -> tuple[Principal, SessionCredentials]:
        """The console session that a sign-in token stands for; raises AwsError. Each is recorded."""
        node = self._node
        now = node.clock()
        try:
            held = self._opened(token)
            found, claims = self._still_good(held, now)
        except AwsError as error:
            self._record(request, origin, "ConsoleLogin", None, error)
            raise
        self._record(request, origin, "ConsoleLogin", found, None)
        if not held.duration:
            expires_at = claims.expires_at
            return found, SessionCredentials(held.key_id, found.secret, held.session_token, expires_at)
        longer: dict[str, Any] = {
            name: getattr(claims, name)
            for name in ("kind", "account", "principal_id", "session_name", "policies", "policy_arns", "tags")
        }
        credentials = mint(
            node.keys,
            node.random,
            now=now,
            duration=held.duration,
            transitive=claims.transitive,
            source_identity=claims.source_identity,
            mfa_at=claims.mfa_at,
            chained=claims.chained,
            console=True,
            **longer,
        )
        renewed = self._principals.authenticate(credentials.access_key_id, credentials.session_token, now)
        assert not isinstance(renewed, Problem)  # noqa: S101 - what it was made from was good just now
        return renewed, credentials

    def _still_good(self, held: _Token, now: float) -> tuple[Principal, Claims]:
        found = self._principals.authenticate(held.key_id, held.session_token, now)
        claims = open_token(self._node.keys, held.session_token)
        if isinstance(found, Problem) or claims is None:
            raise AwsError("InvalidSigninToken", "Token Expired", 400)
        return found, claims

    def _record(
        self,
        request: HttpRequest,
        origin: Origin,
        name: str,
        principal: Principal | None,
        error: AwsError | None,
    ) -> None:
        caller = None if principal is None else principal.caller
        self._records.write(
            request,
            origin,
            name,
            identity_of_caller(caller),
            "" if caller is None else caller.account,
            error=error,
        )


def destination(asked: str, base: str) -> str:
    """The path of the console that a ``Destination`` means; raises AwsError for what is none of its pages."""
    if any(ord(character) < 33 or character == "\\" for character in asked):
        raise _invalid("Destination")
    try:
        parts = urlsplit(asked)
        host = parts.hostname or ""
    except ValueError:
        raise _invalid("Destination") from None
    is_own = (not parts.scheme and not parts.netloc) or f"{parts.scheme}://{parts.netloc}" == base
    query = f"?{parts.query}" if parts.query else ""
    if is_own and parts.path.startswith(PREFIX):
        return f"{PREFIX}{quote(parts.path[len(PREFIX) :].lstrip('/'), safe='/%')}{query}"
    if is_own and parts.path in {"", "/", "/_/console"}:
        return PREFIX
    if parts.scheme == "https" and (host == "console.aws.amazon.com" or host.endswith(_AWS_CONSOLES)):
        return PREFIX + _AREAS.get(parts.path.strip("/").partition("/")[0], "")
    raise _invalid("Destination")


def _web_address(text: str) -> str:
    """An address that may be shown as a link, else nothing."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and parts.netloc and len(text) <= 2048 else ""


def _duration(asked: str, principal: Principal) -> int:
    """Seconds; 0 where none are asked for. What ends with something else, such as an instance's role, is not lengthened."""
    if not asked:
        return 0
    if not (asked.isascii() and asked.isdigit()) or not SHORTEST <= int(asked[:9]) <= LONGEST:
        raise _invalid("SessionDuration")
    seconds, caller = int(asked), principal.caller
    if caller.kind == "FederatedUser" or caller.delivery is not None:
        raise _invalid("SessionDuration")
    if principal.chained and seconds > _CHAINED_AT_MOST:
        raise _invalid("SessionDuration")
    return seconds


def _invalid(what: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid {what} parameter", 400)
