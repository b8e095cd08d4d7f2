"""The way of a request: route, verify, decode, resolve and authorize, invoke, encode, record.

The pipeline owns every phase, so that no operation can skip one. It knows neither the HTTP server nor any driver.
"""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tabard import auth, policy, wire
from tabard.core.caller import ANONYMOUS
from tabard.core.errors import AwsError, service_unavailable
from tabard.core.http import HttpReply
from tabard.core.sources import request_id as new_request_id
from tabard.edge import recording, refusals
from tabard.edge.context import RequestContext
from tabard.edge.credential_rules import check_credentials
from tabard.edge.denials import denied
from tabard.edge.http import Disconnected
from tabard.edge.passage import Passage, Questions, Way
from tabard.edge.recorder import Recorder
from tabard.edge.verified_body import VerifiedBody
from tabard.identity import named
from tabard.identity.principals import Principal, Principals, Problem
from tabard.services.operation import LONG, OPERATIONS, PROVE, READ, WRITE, Call, Operation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tabard.audit.port import Trail
    from tabard.auth import Verified
    from tabard.core.http import HttpRequest
    from tabard.edge.http import Body, Origin
    from tabard.services.node import Node
    from tabard.store.port import View
    from tabard.wire import Match

__all__ = ["DOCUMENT_AT_MOST", "FORM_AT_MOST", "Passage", "Pipeline"]

log = logging.getLogger(__name__)

FORM_AT_MOST = 1024 * 1024
"""Bytes of a query request's body; more is answered with 413."""
UNSIGNED_FORM_AT_MOST = 256 * 1024
"""The same, of one that nobody signed: the longest holds a token or an assertion that proves somebody."""
DOCUMENT_AT_MOST = 4 * 1024 * 1024
"""Bytes of a body that is a document (S3's XML, JSON)."""

_NOBODY = Principal(ANONYMOUS, "", None, None, None)


class Pipeline:
    """Handles the requests of one node."""

    def __init__(self, node: Node, trail: Trail, *, virtual_hosts: Sequence[str] = ()) -> None:
        self._node = node
        self._trail = trail
        self._recorder = Recorder(trail, node.store)
        self._questions = Questions()
        self._virtual_hosts = tuple(virtual_hosts)
        self._view = node.store.read()
        self._principals = Principals(self._view, node.keys)
        self._writing = Principals(node.store.transaction_view(), node.keys)
        self._ways: dict[tuple[str, str], Way] = {}
        self.on_used: Callable[[Principal, str, str, float, str], None] | None = None

    @property
    def principals(self) -> Principals:
        """The principals of the read view."""
        return self._principals

    def admit(
        self, request: HttpRequest, origin: Origin, built: Operation, parameters: dict[str, Any]
    ) -> Passage:
        """Verify, authorise and record a request for what AWS offers beside its API, such as a terminal.

        ``built.run`` is left to whoever asked, who is to ``ask_again`` now and then while it goes on. Raises ``AwsError``.
        """
        service, now = built.service, self._node.clock()
        passage = Passage(request, origin, new_request_id(), now, self._node.region)
        passage.parameters, passage.changes = parameters, built.mode != READ
        try:
            self._claim(passage)
            passage.service, passage.operation = service, built.name
            passage.signature = auth.parse(request, service)
            self._verify(passage, built, wire.Match(service, built.name), streaming=False)
            principal = passage.principal or _NOBODY
            self._authorize(passage, self._call(passage, principal), built, parameters, principal)
        except AwsError as error:
            self._recorder.record(passage, error)
            raise
        self._recorder.succeeded(passage)
        self._trail.flush()
        return passage

    def ask_again(self, passage: Passage, built: Operation) -> None:
        """Whether what was admitted may go on, by the credentials and policies of now. Raises ``AwsError``."""
        signature, now = passage.signature, self._node.clock()
        if signature is None:
            return
        found = self._principals.authenticate(signature.access_key_id, signature.token, now)
        if isinstance(found, Problem):
            raise refusals.refused_credentials(found, passage.service, signature)
        passage.now = now
        self._authorize(passage, self._call(passage, found), built, passage.parameters or {}, found)

    async def handle(self, request: HttpRequest, body: Body, origin: Origin) -> HttpReply:
        """Answer one request, for who can wait: see ``answer``."""
        reply = self.answer(request, body, origin)
        return reply if isinstance(reply, HttpReply) else await reply

    def answer(self, request: HttpRequest, body: Body, origin: Origin) -> HttpReply | Awaitable[HttpReply]:
        """Answer one request: at once where its body is here and its operation only reads, else in a while.

        Every error becomes the reply that its service would give; no traceback leaves.
        """
        node = self._node
        passage = Passage(request, origin, new_request_id(), node.clock(), node.region)
        data = body.arrived
        if data is None:
            return self._in_a_while(passage, self._pass_as_it_arrives(passage, body))
        try:
            at_most = self._claim(passage)
            if at_most is not None:
                request.body = _bounded(data, at_most)
            match, way = self._route(passage)
            if data and not request.body and _is_document(way, request):
                request.body = _bounded(data, DOCUMENT_AT_MOST)
            reply = self._proceed(passage, way, match, body)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and recorded
            return self._failed(passage, error)
        return reply if isinstance(reply, HttpReply) else self._in_a_while(passage, reply)

    async def _in_a_while(self, passage: Passage, reply: Awaitable[HttpReply]) -> HttpReply:
        try:
            return await reply
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and recorded
            return self._failed(passage, error)

    def _failed(self, passage: Passage, error: Exception) -> HttpReply:
        if isinstance(error, AwsError):
            return self._refuse(passage, error)
        if isinstance(error, Disconnected):
            return self._refuse(passage, refusals.timed_out())
        told = (passage.request_id, passage.service, passage.operation)
        log.error("request %s (%s:%s) failed", *told, exc_info=error)
        return self._refuse(passage, refusals.internal(passage.service))

    async def _pass_as_it_arrives(self, passage: Passage, body: Body) -> HttpReply:
        """The way of a request whose body is still to come: it is not waited for where the head alone shows a refusal."""
        request = passage.http
        at_most = self._claim(passage)
        if at_most is not None:
            signed = self._glance(passage)
            at_most = at_most if signed else UNSIGNED_FORM_AT_MOST
            request.body = _bounded(await body.whole(at_most), at_most)
        match, way = self._route(passage)
        if not request.body and _is_document(way, request):
            if passage.service == "s3":  # whose signatures are of a hash that is declared
                self._verify(passage, way.built, match, streaming=True)
            elif not self._glance(passage) and not way.built.anonymous:
                raise auth.missing_authentication(passage.service)
            request.body = _bounded(await body.whole(DOCUMENT_AT_MOST), DOCUMENT_AT_MOST)
        reply = self._proceed(passage, way, match, body)
        return reply if isinstance(reply, HttpReply) else await reply

    def _glance(self, passage: Passage) -> bool:
        """Whether a form that is still to come is signed: by a key that exists, in its scope, in time. Raises ``AwsError``."""
        request, service = passage.http, passage.service
        if service and wire.service_of(request, service) is None:
            self._route(passage)
        signature = passage.signature = passage.signature or auth.parse(request)
        if signature is None:
            return False
        found = self._principals.authenticate(signature.access_key_id, signature.token, passage.now)
        if isinstance(found, Problem):
            raise refusals.refused_credentials(found, service, signature)
        auth.check_head(signature, passage.now, service)
        return True

    def _claim(self, passage: Passage) -> int | None:
        """Read which service the request claims to be for; how long its form may be, where it is one."""
        if self._trail.failed:
            self._trail.flush()
            if self._trail.failed:
                raise service_unavailable()
        request = passage.http
        signature = passage.signature = auth.plain(request)
        claim = None if signature is None else signature.claim
        scope = auth.service_of(request) if claim is None else claim.service
        passage.service = scope or ""
        if request.method != "POST" or scope == "s3" or (scope is None and not _is_form(request)):
            return None
        return FORM_AT_MOST

    def _route(self, passage: Passage) -> tuple[Match, Way]:
        question = passage.question = self._questions.find(passage.service, passage.http)
        if question is not None:
            way = passage.way = question.way
            passage.service, passage.operation = question.service, question.operation
            return question.match, way
        match = wire.route(passage.http, passage.service or None, virtual_hosts=self._virtual_hosts)
        service, operation = passage.service, passage.operation = match.service, match.operation
        way = passage.way = self._ways.get((service, operation)) or self._find_way(service, operation)
        return match, way

    def _find_way(self, service: str, operation: str) -> Way:
        built = OPERATIONS.get((service, operation))
        if built is None:
            raise refusals.not_built(service, operation)
        described = wire.service(service).operation(operation)
        way = self._ways[service, operation] = Way(
            built,
            described.decode,
            described.encode,
            described.streams_in,
            operation.startswith(recording.READ_PREFIXES),
        )
        return way

    def _proceed(
        self, passage: Passage, way: Way, match: Match, body: Body
    ) -> HttpReply | Awaitable[HttpReply]:
        """The way of a request from where it is known what is asked, and everything that it is decided on is here."""
        built, request = way.built, passage.http
        verified = self._verify(passage, built, match, streaming=way.streams_in)
        question = passage.question
        if question is not None:
            parameters = passage.parameters = dict(question.parameters)
        else:
            parameters = passage.parameters = way.decode(request, match)
            if verified is not None and verified.signature.claim is not None:
                self._questions.remember(verified.signature.service, request, match, way, parameters)
        principal = passage.principal or _NOBODY
        call = self._call(passage, principal)
        mode = built.mode
        if mode == WRITE:
            return self._change(passage, way, call, parameters)
        if mode == PROVE:
            return self._prove(passage, way, call, parameters)
        self._authorize(passage, call, built, parameters, principal)
        if mode == LONG:
            if way.streams_in:
                call.body = VerifiedBody(body, verified, request)
            return self._take_time(passage, way, call, parameters)
        result = built.run(call, parameters)
        if call.effects:
            return self._settle(passage, way, call, result)
        return self._done(passage, way, result)

    def _call(self, passage: Passage, principal: Principal) -> Call:
        origin, caller = passage.origin, principal.caller
        call = passage.call = Call(
            passage.service,
            passage.operation,
            passage.request_id,
            passage.now,
            passage.region,
            origin.source_ip or "",
            origin.secure,
            passage.http,
            caller,
            self._view,
            self._node,
            caller.account,
        )
        return call

    async def _change(self, passage: Passage, way: Way, call: Call, parameters: dict[str, Any]) -> HttpReply:
        built = way.built
        result = await self._write(
            passage, call, built, parameters, lambda _view: built.run(call, parameters)
        )
        return await self._settle(passage, way, call, result)

    async def _prove(self, passage: Passage, way: Way, call: Call, parameters: dict[str, Any]) -> HttpReply:
        """The way of a request whose caller is proven by a token in it; a signature, where there is one, means nothing."""
        built = way.built
        if built.prove is None:
            raise RuntimeError(f"{built.name} has no proof")
        call.comes_from(ANONYMOUS)
        call.proven = await built.prove(call, parameters)
        call.store = self._view
        self._authorize(passage, call, built, parameters, _NOBODY)
        return await self._settle(passage, way, call, built.run(call, parameters))

    async def _take_time(
        self, passage: Passage, way: Way, call: Call, parameters: dict[str, Any]
    ) -> HttpReply:
        built = way.built
        call.run_write = lambda job: self._write(passage, call, built, parameters, job)
        return await self._settle(passage, way, call, await built.run(call, parameters))

    async def _settle(self, passage: Passage, way: Way, call: Call, result: Any) -> HttpReply:
        for effect in call.effects:
            outcome = effect()
            if inspect.isawaitable(outcome):
                await outcome
        return self._done(passage, way, result)

    def _done(self, passage: Passage, way: Way, result: Any) -> HttpReply:
        passage.result = result
        self._recorder.succeeded(passage)
        call = passage.call
        if not way.read_only or (call is not None and call.effects):
            self._trail.flush()
        return way.encode(result or {}, passage.request_id)

    def _verify(
        self, passage: Passage, built: Operation, match: Match, *, streaming: bool
    ) -> Verified | None:
        request, service = passage.http, passage.service
        signature, now = passage.signature, passage.now
        if signature is None:
            signature = passage.signature = auth.parse(request)
            if signature is None:
                if not built.anonymous:
                    raise auth.missing_authentication(service)
                return None
        stated = signature.stated
        if stated.region:
            passage.region = stated.region
        found = self._principals.authenticate(stated.access_key_id, signature.token, now)
        if isinstance(found, Problem):
            raise refusals.refused_credentials(found, service, signature)
        if signature.claim is None and stated.terminator == auth.VERSION_2:
            bucket = _bucket_of_host(request, match)
            verified = auth.verify_link(signature, request, found.secret, now, bucket)
        else:
            verified = auth.verify(signature, request, found.secret, now, service, streaming=streaming)
        passage.principal = found
        if found.caller.expires_at is not None:
            check_credentials(found, service, passage.operation)
        if self.on_used is not None:
            self.on_used(found, service, passage.region, now, passage.operation)
        return verified

    def _authorize(
        self, passage: Passage, call: Call, built: Operation, parameters: dict[str, Any], principal: Principal
    ) -> None:
        """Put every question that the operation asks to the policy engine; the first denial ends the call."""
        if built.checks is None:
            return
        caller, account = call.caller, call.caller.account
        if built.each:
            call.decisions = []  # they may be asked again in a transaction
        for check in built.checks(call, parameters):
            request = policy.Request(
                caller,
                check.action,
                check.resource,
                check.account or account,
                RequestContext(call, check),
                canonical_id=check.canonical_id,
            )
            layers = principal.layers
            if check.policy is not None:
                layers = policy.Layers(
                    identity=principal.identity,
                    boundary=principal.boundary,
                    session=principal.session,
                    resource=check.policy,
                )
            decision = passage.decision = policy.decide(request, layers)
            if not decision.allowed and passage.explained is None:
                report = policy.report(policy.explain(request, layers), request)
                passage.explained = named.show_in(call.store, report)
            if built.each:
                call.decisions.append(decision)
            elif not decision.allowed:
                raise denied(call, request, decision)

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
            call.comes_from(principal.caller)
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
            raise refusals.refused_credentials(found, passage.service, signature)
        return found

    def _refuse(self, passage: Passage, error: AwsError) -> HttpReply:
        self._recorder.record(passage, error)
        match_resource = passage.http.path if passage.service in {"", "s3"} else ""
        reply = wire.encode_error(passage.service or None, error, passage.request_id, resource=match_resource)
        if error.status in {413, 408}:
            reply.headers.append((b"connection", b"close"))
        return reply


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


def _bounded(data: bytes | None, at_most: int) -> bytes:
    if data is None or len(data) > at_most:
        raise AwsError("RequestEntityTooLarge", "Request size exceeded the limit.", 413)
    return data


def _is_document(way: Way, request: HttpRequest) -> bool:
    """Whether the body is read whole before anything is decided."""
    return not way.streams_in and request.method not in {"GET", "HEAD"}
