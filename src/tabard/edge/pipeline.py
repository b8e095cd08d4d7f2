"""The way of a request: route, verify, decode, resolve and authorize, invoke, encode, record.

The pipeline owns every phase, so that no operation can skip one. It knows neither the HTTP server nor any driver.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tabard import auth, policy, wire
from tabard.core.caller import ANONYMOUS
from tabard.core.errors import AwsError, service_unavailable
from tabard.core.sources import request_id as new_request_id
from tabard.edge import recording
from tabard.edge.context import RequestContext
from tabard.edge.credential_rules import check_credentials
from tabard.edge.denials import denied
from tabard.edge.http import Disconnected
from tabard.identity.principals import Principal, Principals, Problem
from tabard.services.operation import LONG, OPERATIONS, WRITE, Call, Operation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    import msgspec

    from tabard.audit.port import Trail
    from tabard.auth import Signature, Verified
    from tabard.core.http import HttpReply, HttpRequest
    from tabard.edge.http import Body, Origin
    from tabard.services.node import Node
    from tabard.store.port import View
    from tabard.wire import Match

log = logging.getLogger(__name__)

FORM_AT_MOST = 1024 * 1024
"""Bytes of a query request's body; more is answered with 413."""
DOCUMENT_AT_MOST = 4 * 1024 * 1024
"""Bytes of a body that is a document (S3's XML, JSON)."""

_FORM_SERVICES = frozenset({"iam", "sts", "ec2"})
_NOBODY = Principal(ANONYMOUS, "", None, None, None)


@dataclass(slots=True)
class Passage:
    """What is known of a request so far: what the record of it is made from, however it ends."""

    http: HttpRequest
    origin: Origin
    request_id: str
    now: float
    region: str
    service: str = ""
    operation: str = ""
    signature: Signature | None = None
    principal: Principal | None = None
    built: Operation | None = None
    parameters: dict[str, Any] | None = None
    call: Call | None = None
    decision: policy.Decision | None = None
    result: Any = None
    extra: dict[str, Any] = field(default_factory=dict)


class Pipeline:
    """Handles the requests of one node."""

    def __init__(self, node: Node, trail: Trail, *, virtual_hosts: Sequence[str] = ()) -> None:
        self._node = node
        self._trail = trail
        self._virtual_hosts = tuple(virtual_hosts)
        self._principals = Principals(node.store.read(), node.keys)
        self._writing = Principals(node.store.transaction_view(), node.keys)
        self._identities: dict[int, tuple[Principal, msgspec.Raw]] = {}
        self.on_used: Callable[[Principal, str, str, float], None] | None = None

    @property
    def principals(self) -> Principals:
        """The principals of the read view."""
        return self._principals

    async def handle(self, request: HttpRequest, body: Body, origin: Origin) -> HttpReply:
        """Answer one request. Every error becomes the reply that its service would give; no traceback leaves."""
        passage = Passage(request, origin, new_request_id(), self._node.clock(), self._node.region)
        try:
            reply = await self._pass(passage, body)
        except AwsError as error:
            reply = self._refuse(passage, error)
        except Disconnected:
            reply = self._refuse(passage, _timed_out())
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("request %s (%s:%s) failed", passage.request_id, passage.service, passage.operation)
            reply = self._refuse(passage, _internal(passage.service))
        return reply

    async def _pass(self, passage: Passage, body: Body) -> HttpReply:
        if self._trail.failed:
            self._trail.flush()
            if self._trail.failed:
                raise service_unavailable()
        request = passage.http
        match = await self._route(passage, body)
        built = OPERATIONS.get((match.service, match.operation))
        if built is None:
            raise _not_built(match)
        passage.built = built
        described = wire.service(match.service).operation(match.operation)
        if not request.body and not described.streams_in and request.method not in {"GET", "HEAD"}:
            request.body = await self._document(body, DOCUMENT_AT_MOST)
        verified = self._verify(passage, built, match, streaming=described.streams_in)
        passage.parameters = parameters = described.decode(request, match)
        principal = passage.principal or _NOBODY
        call = passage.call = Call(
            match.service,
            match.operation,
            passage.request_id,
            passage.now,
            passage.region,
            passage.origin.source_ip or "",
            passage.origin.secure,
            request,
            principal.caller,
            self._node.store.read(),
            self._node,
        )
        if built.mode == WRITE:
            result = await self._write(
                passage, call, built, parameters, lambda _view: built.run(call, parameters)
            )
        else:
            self._authorize(passage, call, built, parameters, principal)
            if built.mode == LONG:
                if described.streams_in:
                    call.body = _verified_body(body, verified, request)
                call.run_write = lambda job: self._write(passage, call, built, parameters, job)
                result = await built.run(call, parameters)
            else:
                result = built.run(call, parameters)
        for effect in call.effects:
            outcome = effect()
            if inspect.isawaitable(outcome):
                await outcome
        passage.result = result
        self._record(passage, None)
        if built.mode == WRITE:
            self._trail.flush()
        return described.encode(result or {}, passage.request_id)

    async def _route(self, passage: Passage, body: Body) -> Match:
        request = passage.http
        scope = auth.service_of(request)
        passage.service = scope or ""
        if scope in _FORM_SERVICES or (scope is None and _is_form(request)):
            if request.method == "POST":
                request.body = await self._document(body, FORM_AT_MOST)
        elif scope not in {None, "s3"} and request.method == "POST":
            request.body = await self._document(body, FORM_AT_MOST)
        match = wire.route(request, scope, virtual_hosts=self._virtual_hosts)
        passage.service, passage.operation = match.service, match.operation
        return match

    async def _document(self, body: Body, at_most: int) -> bytes:
        data = await body.whole(at_most)
        if data is None:
            raise AwsError("RequestEntityTooLarge", "Request size exceeded the limit.", 413)
        return data

    def _verify(
        self, passage: Passage, built: Operation, match: Match, *, streaming: bool
    ) -> Verified | None:
        request, service = passage.http, passage.service
        signature = auth.parse(request)
        if signature is None:
            if not built.anonymous:
                raise auth.missing_authentication(service)
            return None
        passage.signature = signature
        if signature.region:
            passage.region = signature.region
        found = self._principals.authenticate(signature.access_key_id, signature.token, passage.now)
        if isinstance(found, Problem):
            raise _refused_credentials(found, service, signature)
        if signature.terminator == auth.VERSION_2:
            bucket = _bucket_of_host(request, match)
            verified = auth.verify_link(signature, request, found.secret, passage.now, bucket)
        else:
            verified = auth.verify(
                signature, request, found.secret, passage.now, service, streaming=streaming
            )
        passage.principal = found
        check_credentials(found.caller, service, passage.operation)
        if self.on_used is not None:
            self.on_used(found, service, passage.region, passage.now)
        return verified

    def _authorize(
        self, passage: Passage, call: Call, built: Operation, parameters: dict[str, Any], principal: Principal
    ) -> None:
        """Put every question that the operation asks to the policy engine; the first denial ends the call."""
        if built.checks is None:
            return
        caller = call.caller
        decisions: list[policy.Decision] = []
        for check in built.checks(call, parameters):
            request = policy.Request(
                caller,
                check.action,
                check.resource,
                check.account or caller.account,
                RequestContext(call, check),
            )
            decision = policy.decide(
                request,
                policy.Layers(
                    identity=principal.identity,
                    boundary=principal.boundary,
                    session=principal.session,
                    resource=check.policy,
                ),
            )
            passage.decision = decision
            if built.each:
                decisions.append(decision)
            elif not decision.allowed:
                raise denied(call, request, decision)
        call.decisions = decisions

    async def _write(
        self,
        passage: Passage,
        call: Call,
        built: Operation,
        parameters: dict[str, Any],
        job: Callable[[View], Any],
    ) -> Any:
        """Authorise and run in one transaction: nothing changes between the check and the act."""
        outside = call.store

        def transaction(view: View) -> Any:
            call.store = view
            call.effects.clear()
            principal = self._principal_in_transaction(passage)
            call.caller = principal.caller
            self._authorize(passage, call, built, parameters, principal)
            return job(view)

        try:
            return await self._node.store.write(transaction)
        finally:
            call.store = outside

    def _principal_in_transaction(self, passage: Passage) -> Principal:
        signature = passage.signature
        if signature is None:
            return _NOBODY
        found = self._writing.authenticate(signature.access_key_id, signature.token, passage.now)
        if isinstance(found, Problem):
            raise _refused_credentials(found, passage.service, signature)
        return found

    def _refuse(self, passage: Passage, error: AwsError) -> HttpReply:
        self._record(passage, error)
        match_resource = passage.http.path if passage.service in {"", "s3"} else ""
        reply = wire.encode_error(passage.service or None, error, passage.request_id, resource=match_resource)
        if error.status in {413, 408}:
            reply.headers.append((b"connection", b"close"))
        return reply

    def _record(self, passage: Passage, error: AwsError | None) -> None:
        principal, built = passage.principal, passage.built
        signature = passage.signature
        if principal is not None:
            identity, account = self._identity(principal), principal.caller.account
        elif signature is not None:
            identity, account = recording.unproven(signature.access_key_id), ""
        else:
            identity, account = recording.ANONYMOUS_IDENTITY, ""
        read_only = built is None or built.name.startswith(recording.READ_PREFIXES)
        call = passage.call
        response = None
        if error is None and not read_only and isinstance(passage.result, dict):
            response = recording.redacted(passage.result)
        self._trail.record(
            recording.event(
                identity=identity,
                account=account,
                service=passage.service,
                operation=passage.operation or "unknown",
                region=passage.region,
                source_ip=passage.origin.source_ip or "",
                http=passage.http,
                request_id=passage.request_id,
                now=passage.now,
                read_only=read_only,
                parameters=passage.parameters,
                response=response,
                error=error,
                decision=recording.reason(passage.decision, self._node.store.revision),
                resources=call.audit.get("resources") if call is not None and call.audit else None,
            )
        )

    def _identity(self, principal: Principal) -> msgspec.Raw:
        known = self._identities.get(id(principal))
        if known is not None and known[0] is principal:
            return known[1]
        if len(self._identities) > 10_000:
            self._identities.clear()
        identity = recording.identity_of(principal.caller)
        self._identities[id(principal)] = (principal, identity)
        return identity


def _is_form(request: HttpRequest) -> bool:
    if request.method == "POST":
        kind = request.header(b"content-type") or ""
        return kind.startswith("application/x-www-form-urlencoded")
    return request.path == "/" and "Action=" in request.query


def _bucket_of_host(request: HttpRequest, match: Match) -> str | None:
    """The bucket, where the host names it and the path is the key alone."""
    bucket, key = match.labels.get("Bucket"), match.labels.get("Key", "")
    if bucket is None or unquote(request.path).rstrip("/") == f"/{bucket}/{key}".rstrip("/"):
        return None
    return bucket


def _not_built(match: Match) -> AwsError:
    """What AWS answers to an operation that it does not know; S3 says that it is not implemented."""
    if match.service == "s3":
        return AwsError(
            "NotImplemented", "A header you provided implies functionality that is not implemented.", 501
        )
    return AwsError("InvalidAction", f"The action {match.operation} is not valid for this web service.", 400)


def _timed_out() -> AwsError:
    """The client went away or stalled; one that still listens hears it, and the trail has it in any case."""
    return AwsError(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout period.",
        408,
    )


def _internal(service: str) -> AwsError:
    code = "InternalFailure" if service in {"iam", "sts"} else "InternalError"
    return AwsError(code, "We encountered an internal error. Please try again.", 500)


def _refused_credentials(problem: Problem, service: str, signature: Signature) -> AwsError:
    match problem:
        case Problem.UNKNOWN_KEY:
            return auth.unknown_access_key(service, signature.access_key_id)
        case Problem.INACTIVE_KEY:
            return auth.unknown_access_key(service, signature.access_key_id, inactive=True)
        case Problem.INVALID_TOKEN:
            return auth.invalid_token(service)
        case Problem.EXPIRED_TOKEN:
            return auth.expired_token(service)


async def _verified_body(body: Body, verified: Verified | None, request: HttpRequest) -> AsyncIterator[bytes]:
    """The payload of a streaming request; it ends normally only when its last byte has been verified."""
    decoder = auth.body_decoder(verified, request)
    while (chunk := await body.chunk()) is not None:
        data = decoder.feed(chunk)
        if data:
            yield data
    decoder.finish()
