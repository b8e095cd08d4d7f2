"""Signing in: what a person proves, and the console session they get for it.

* ``POST /_/console/link``: the secret of a one-time link, which the server printed or gave to somebody who had signed for it.
* ``POST /_/console/session``: a request signed (SigV4, service ``signin``) with an access key of root or of a user, or with a
  role's session credentials. The secret never leaves the browser.
* ``POST /_/console/links``: the same signature, answered with a one-time link in place of a session.
* ``POST /_/console/password`` and ``…/password-change``: a user's name and password (``password_door``).
* ``POST /_/console/federation``: a sign-in token of AWS's federation endpoint (``federation``).

Whoever has MFA devices is asked for a code, whichever way they come, but for a role's session. A console session is
GetSessionToken's but for one claim: it may use IAM, as AWS's console may. A role's session already may, and is used as it is.
Each attempt is in the trail as CloudTrail's ``ConsoleLogin`` (``records``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tabard import auth
from tabard.core.errors import AwsError
from tabard.core.http import HttpReply, HttpRequest
from tabard.core.sources import iso8601
from tabard.edge.console.federation import Federation
from tabard.edge.console.links import GOOD_FOR, SignInLinks, Subject
from tabard.edge.console.password_door import INCORRECT, Attempt, Change, PasswordDoor, needs_code
from tabard.edge.console.records import SERVICE, Records, identity_of_caller, identity_of_user
from tabard.identity.mfa import Attempts, consume
from tabard.identity.principals import Principal, Principals, Problem
from tabard.identity.sessions import SessionCredentials, mint
from tabard.services.operation import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.audit.port import Trail
    from tabard.edge.console.password_door import Proved
    from tabard.edge.http import Body, Origin
    from tabard.services.node import Node

SESSION_LASTS = 12 * 3600
"""Seconds: as long as a session of AWS's console."""
BODY_AT_MOST = 64 * 1024
REMEMBERED_FOR = 31 * 60
"""Seconds that a signature is remembered, so that it signs in once: longer than any is good for."""
REMEMBERED_AT_MOST = 10_000

NO_SUCH_LINK = AwsError(
    "InvalidSignInLink",
    "This sign-in link was used before, is older than 15 minutes, or was never given out.",
    403,
)


Shape = TypeVar("Shape", bound=msgspec.Struct)


class _Token(msgspec.Struct):
    """The secret of a link or of the federation endpoint, and a code where one is asked for."""

    token: str
    code: str = ""


class _Code(msgspec.Struct):
    """The body of a signed request: a code where one is asked for; a nonce makes each signature another."""

    code: str = ""


class _NeedsCodeError(Exception):
    """The subject has MFA devices, of these serial numbers."""

    def __init__(self, serials: tuple[str, ...]) -> None:
        super().__init__(serials)
        self.serials = serials


class SignIn:
    """Exchanges proofs for console sessions. ``facts`` is what the pages should know of this server: region, SSH port."""

    def __init__(
        self,
        node: Node,
        principals: Principals,
        links: SignInLinks,
        trail: Trail,
        facts: Mapping[str, str | int],
    ) -> None:
        self._node = node
        self._principals = principals
        self._links = links
        self._records = Records(node, trail)
        self._door = PasswordDoor(node, self._records)
        self.federation = Federation(node, principals, self._records)
        """AWS's federation endpoint, which the listener answers at an address of its own."""
        self._facts = facts
        self._seen: dict[str, float] = {}

    async def reply(self, request: HttpRequest, body: Body, origin: Origin, base: str) -> HttpReply:
        """Answer one of these paths; ``base`` is this listener's own origin, for links."""
        try:
            request.body = await _whole(body)
            match request.path.removeprefix("/_/console/"):
                case "password":
                    given = await self._door.enter(request, origin, _decoded(request, Attempt), self._now())
                    told = self._entered(request, origin, given)
                case "password-change":
                    given = await self._door.change(request, origin, _decoded(request, Change), self._now())
                    told = self._entered(request, origin, given)
                case "federation":
                    token = _decoded(request, _Token).token
                    told = self._session(*self.federation.session(request, origin, token))
                case _:
                    told = await self._by_link_or_key(request, origin, base)
        except AwsError as error:
            return _json(error.status, {"code": error.code, "message": error.message, **error.fields})
        return _json(200, told)

    async def _by_link_or_key(self, request: HttpRequest, origin: Origin, base: str) -> dict[str, Any]:
        principal: Principal | None = None
        mfa_at: float | None = None
        name = "GetSigninToken" if request.path == "/_/console/links" else "ConsoleLogin"
        now = self._now()
        try:
            if request.path == "/_/console/link":
                opened = _decoded(request, _Token)
                subject = self._links.see(opened.token)
                if subject is None:
                    raise NO_SUCH_LINK
                mfa_at = await self._second_factor(subject, opened.code, now)
                if self._links.take(opened.token) is None:
                    raise NO_SUCH_LINK
                credentials = self._mint(subject, now, mfa_at)
                principal = self._known(credentials, now)
                told = self._session(principal, credentials)
            else:
                principal = self._proven(request, now)
                if request.path == "/_/console/links":
                    token = self._links.give_out(_subject(principal))
                    told = {"link": f"{base}/_/console/#token={token}", "expiresIn": GOOD_FOR}
                elif principal.caller.kind == "AssumedRole" or principal.console:
                    told = self._session(principal, None)
                else:
                    subject = _subject(principal)
                    mfa_at = await self._second_factor(subject, _decoded(request, _Code).code, now)
                    told = self._session(principal, self._mint(subject, now, mfa_at), mfa_at)
        except _NeedsCodeError as needed:
            raise needs_code(needed.serials) from None
        except AwsError as error:
            self._record(request, origin, name, principal, error, mfa_at)
            raise
        self._record(request, origin, name, principal, None, mfa_at)
        return told

    def _now(self) -> float:
        return self._node.clock()

    async def _second_factor(self, subject: Subject, code: str, now: float) -> float | None:
        """When MFA was used: now, where the subject has devices and this is a code of one; None where it has none."""
        node = self._node
        devices = node.store.read().iam.credentials.mfa_devices.of_owner(
            subject.account, subject.principal_id
        )
        if not devices:
            return None
        if not code:
            raise _NeedsCodeError(tuple(device.id for device in devices))
        accepted = Attempts.of(node.extensions).verify(node.keys, devices, code, now)
        if accepted is None or not await node.store.write(lambda view: consume(view, accepted)):
            raise INCORRECT
        return now

    def _entered(self, request: HttpRequest, origin: Origin, given: Proved) -> dict[str, Any]:
        """A session for somebody whose password was right."""
        now, user = self._now(), given.user
        credentials = self._mint(Subject("session-user", user.account, user.id), now, given.mfa_at)
        told = self._session(self._known(credentials, now), credentials, given.mfa_at)
        self._records.write(
            request,
            origin,
            "ConsoleLogin",
            identity_of_user(user),
            user.account,
            mfa=given.mfa_at is not None,
            login_to="/_/console/",
        )
        return {**told, "device": given.device}

    def _proven(self, request: HttpRequest, now: float) -> Principal:
        """Who signed this request; only once for each signature."""
        signature = auth.parse(request, SERVICE)
        if signature is None or signature.presigned:
            raise auth.missing_authentication(SERVICE)
        found = self._principals.authenticate(signature.access_key_id, signature.token, now)
        if isinstance(found, Problem):
            if found is Problem.EXPIRED_TOKEN:
                raise auth.expired_token(SERVICE)
            raise auth.unknown_access_key(SERVICE, signature.access_key_id)
        auth.verify(signature, request, found.secret, now, SERVICE)
        if len(self._seen) >= REMEMBERED_AT_MOST:
            self._seen = {each: until for each, until in self._seen.items() if until > now}
        if signature.signature in self._seen or len(self._seen) >= REMEMBERED_AT_MOST:
            raise AwsError("RequestReplayed", "This sign-in request was made before. Sign in again.", 403)
        self._seen[signature.signature] = now + REMEMBERED_FOR
        return found

    def _mint(self, subject: Subject, now: float, mfa_at: float | None) -> SessionCredentials:
        node = self._node
        return mint(
            node.keys,
            node.random,
            kind=subject.kind,
            account=subject.account,
            principal_id=subject.principal_id,
            session_name="",
            now=now,
            duration=SESSION_LASTS,
            mfa_at=mfa_at,
            console=True,
        )

    def _known(self, credentials: SessionCredentials, now: float) -> Principal:
        found = self._principals.authenticate(credentials.access_key_id, credentials.session_token, now)
        if isinstance(found, Problem):  # the user was deleted since the link was given out
            raise NO_SUCH_LINK
        return found

    def _session(
        self, principal: Principal, credentials: SessionCredentials | None, mfa_at: float | None = None
    ) -> dict[str, Any]:
        """What the browser is told; without credentials where it goes on with those that it signed with."""
        caller = principal.caller
        expires_at = caller.expires_at if credentials is None else credentials.expires_at
        told: dict[str, Any] = {
            "account": caller.account,
            "arn": caller.arn,
            "kind": caller.kind,
            "name": caller.name if caller.kind != "AssumedRole" else f"{caller.name}/{caller.session_name}",
            **self._facts,
            "services": sorted({service for service, _ in OPERATIONS}),
            "expiration": iso8601(expires_at or 0),
            "mfa": (mfa_at or caller.mfa_at) is not None,
        }
        if credentials is not None:
            told["credentials"] = {
                "accessKeyId": credentials.access_key_id,
                "secretAccessKey": credentials.secret_access_key,
                "sessionToken": credentials.session_token,
            }
        return told

    def _record(
        self,
        request: HttpRequest,
        origin: Origin,
        name: str,
        principal: Principal | None,
        error: AwsError | None,
        mfa_at: float | None,
    ) -> None:
        caller = None if principal is None else principal.caller
        account = "" if caller is None else caller.account
        mfa = mfa_at is not None
        self._records.write(request, origin, name, identity_of_caller(caller), account, error=error, mfa=mfa)


async def _whole(body: Body) -> bytes:
    data = await body.whole(BODY_AT_MOST)
    if data is None:
        raise AwsError("RequestEntityTooLarge", "Request size exceeded the limit.", 413)
    return data


def _decoded(request: HttpRequest, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(request.body, type=shape)
    except msgspec.DecodeError:
        names = ", ".join(shape.__struct_fields__)
        raise AwsError("MalformedInput", f"The body is not a JSON object with: {names}.", 400) from None


def _subject(principal: Principal) -> Subject:
    """Who a link or a session is for. Temporary credentials of a user may not become a session that may use IAM."""
    caller = principal.caller
    if caller.is_session:
        raise AwsError(
            "AccessDenied",
            "Credentials of GetSessionToken cannot sign in. Use the access key itself, or a role's session.",
            403,
        )
    return Subject(
        "session-root" if caller.kind == "Root" else "session-user", caller.account, caller.unique_id
    )


def _json(status: int, told: dict[str, Any]) -> HttpReply:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    return HttpReply(status, headers, msgspec.json.encode(told))
