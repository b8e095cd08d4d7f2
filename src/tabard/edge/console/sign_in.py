"""Signing in: what a person proves, and the console session they get for it.

* ``POST /_/console/link``: the secret of a one-time link, which the server printed or gave to somebody who had signed for it.
* ``POST /_/console/session``: a request signed (SigV4, service ``signin``) with an access key of root or of a user, or with a
  role's session credentials. The secret never leaves the browser.
* ``POST /_/console/links``: the same signature, answered with a one-time link in place of a session.

A console session is GetSessionToken's but for one claim: it may use IAM, as AWS's console may. A role's session already may,
and is used as it is. Each attempt is in the trail as CloudTrail's ``ConsoleLogin``:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tabard import auth
from tabard.core.errors import AwsError
from tabard.core.http import HttpReply, HttpRequest
from tabard.core.sources import iso8601, request_id
from tabard.edge import recording
from tabard.edge.console.links import GOOD_FOR, SignInLinks, Subject
from tabard.identity.principals import Principal, Principals, Problem
from tabard.identity.sessions import SessionCredentials, mint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tabard.audit.port import Trail
    from tabard.edge.http import Body, Origin
    from tabard.services.node import Node

SERVICE = "signin"
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
        self._trail = trail
        self._facts = facts
        self._seen: dict[str, float] = {}

    async def reply(self, request: HttpRequest, body: Body, origin: Origin, base: str) -> HttpReply:
        """Answer one of the three paths; ``base`` is this listener's own origin, for links."""
        principal: Principal | None = None
        now = self._node.clock()
        try:
            request.body = await _whole(body)
            if request.path == "/_/console/link":
                subject = self._links.take(_token(request.body))
                if subject is None:
                    raise NO_SUCH_LINK
                credentials = self._mint(subject, now)
                principal = self._known(credentials, now)
                told = self._session(principal, credentials)
            else:
                principal = self._proven(request, now)
                if request.path == "/_/console/links":
                    token = self._links.give_out(_subject(principal))
                    told = {"link": f"{base}/_/console/#token={token}", "expiresIn": GOOD_FOR}
                else:
                    told = self._exchanged(principal, now)
        except AwsError as error:
            self._record(request, origin, principal, now, error)
            return _json(error.status, {"code": error.code, "message": error.message})
        self._record(request, origin, principal, now, None)
        return _json(200, told)

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

    def _exchanged(self, principal: Principal, now: float) -> dict[str, Any]:
        caller = principal.caller
        if caller.kind == "AssumedRole" or principal.console:
            return self._session(principal, None)
        credentials = self._mint(_subject(principal), now)
        return self._session(principal, credentials)

    def _mint(self, subject: Subject, now: float) -> SessionCredentials:
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
            console=True,
        )

    def _known(self, credentials: SessionCredentials, now: float) -> Principal:
        found = self._principals.authenticate(credentials.access_key_id, credentials.session_token, now)
        if isinstance(found, Problem):  # the user was deleted since the link was given out
            raise NO_SUCH_LINK
        return found

    def _session(self, principal: Principal, credentials: SessionCredentials | None) -> dict[str, Any]:
        """What the browser is told; without credentials where it goes on with those that it signed with."""
        caller = principal.caller
        expires_at = caller.expires_at if credentials is None else credentials.expires_at
        told: dict[str, Any] = {
            "account": caller.account,
            "arn": caller.arn,
            "kind": caller.kind,
            "name": caller.name if caller.kind != "AssumedRole" else f"{caller.name}/{caller.session_name}",
            **self._facts,
            "expiration": iso8601(expires_at or 0),
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
        principal: Principal | None,
        now: float,
        error: AwsError | None,
    ) -> None:
        caller = None if principal is None else principal.caller
        event = recording.event(
            identity=recording.ANONYMOUS_IDENTITY if caller is None else recording.identity_of(caller),
            account="" if caller is None else caller.account,
            service=SERVICE,
            operation="GetSigninToken" if request.path == "/_/console/links" else "ConsoleLogin",
            region=self._node.region,
            source_ip=origin.source_ip or "",
            http=request,
            request_id=request_id(),
            now=now,
            read_only=False,
            parameters=None,
            response={"ConsoleLogin": "Success" if error is None else "Failure"},
            error=error,
            decision=recording.reason(None, self._node.store.revision),
            resources=None,
        )
        event.event_type = "AwsConsoleSignIn"
        event.management_event, event.event_category = True, "Management"
        self._trail.record(event)
        self._trail.flush()


async def _whole(body: Body) -> bytes:
    data = await body.whole(BODY_AT_MOST)
    if data is None:
        raise AwsError("RequestEntityTooLarge", "Request size exceeded the limit.", 413)
    return data


def _token(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=dict[str, str]).get("token", "")
    except msgspec.DecodeError:
        raise AwsError("MalformedInput", 'The body is not JSON such as {"token": "…"}.', 400) from None


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
