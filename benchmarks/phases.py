"""What each phase of a request costs, in one process and without sockets: steadier than a server's processor time.

A thousand callers' requests go through the real connection, pipeline and store. A phase is measured alone, over and over with
one caller's request: all it reads is near. ``in rotation`` is a whole request among a thousand callers' in turn, whose data lie
far apart. Every figure is the least of many runs. The last three are over sockets: see ``benchmarks.turns``.
"""

# ruff: noqa: SLF001 - the phases are the pipeline's own

from __future__ import annotations

import asyncio
import tempfile
import time
import timeit
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from benchmarks.callers import policy
from benchmarks.turns import over_sockets
from tabard import auth
from tabard.audit.jsonl import JsonLinesTrail
from tabard.core.http import HttpReply, HttpRequest
from tabard.core.sources import access_key_id, secret_access_key, system_clock, system_random, unique_id
from tabard.edge.http import Origin
from tabard.edge.http_connection import Connection
from tabard.edge.http_exchange import Body
from tabard.edge.http_reply import lines
from tabard.edge.http_shared import Shared
from tabard.edge.pipeline import Pipeline
from tabard.identity.keyring import KeyRing
from tabard.identity.principals import SECRET_PURPOSE
from tabard.services import ec2, iam, s3, sts  # noqa: F401 - importing a service registers its operations
from tabard.services.iam.last_used import LastUsed
from tabard.services.node import Node
from tabard.store.iam import AccessKey, Account, InlinePolicy, Role, User
from tabard.store.s3 import Bucket
from tabard.store.sql.store import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.report import Table
    from tabard.edge.passage import Passage
    from tabard.store.port import View

ACCOUNT = "111122223333"
CONNECTIONS, AT_ONCE = 16, 96
_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)


class _Loop:
    """As much of an event loop as a connection that never waits needs."""

    def __init__(self) -> None:
        self._soon: list[Callable[[], None]] = []

    def time(self) -> float:
        return time.monotonic()

    def call_soon(self, callback: Callable[[], None]) -> None:
        self._soon.append(callback)

    def turn(self) -> None:
        while self._soon:
            now, self._soon = self._soon, []
            for callback in now:
                callback()


class _Transport:
    """Keeps the last reply."""

    def __init__(self) -> None:
        self.last = b""

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        return "127.0.0.1", 50_000

    def write(self, data: bytes) -> None:
        self.last = data

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """There is nobody who sends."""

    def resume_reading(self) -> None:
        """There is nobody who sends."""


class Bench:
    """A node with callers, in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.loop = _Loop()
        loop: Any = self.loop
        self.store = open_sqlite(folder / "tabard.db", system_clock, durable=False)
        self.keys = KeyRing.generate(system_random)
        self.trail = JsonLinesTrail(folder / "audit", system_clock, loop=loop)
        node = Node("us-east-1", self.store, self.keys, system_clock, system_random)
        self.pipeline = Pipeline(
            node, self.trail, virtual_hosts=("s3.localhost", "localhost", "s3.amazonaws.com")
        )
        self.pipeline.on_used = LastUsed.of(node).used

    def make(self, view: View, count: int) -> list[dict[str, str]]:
        """Callers, a role and three buckets, as the benchmark over sockets has them."""
        now, known = float(int(system_clock())), []
        view.iam.accounts.create(Account(ACCOUNT, "tabard", now))
        for number in range(count):
            user = User(ACCOUNT, unique_id("AIDA"), f"caller-{number:04d}", "/", now)
            view.iam.users.create(user)
            view.iam.grants.put_inline(ACCOUNT, "user", user.id, InlinePolicy("measured", policy(number)))
            key, secret = access_key_id("AKIA", ACCOUNT), secret_access_key()
            sealed = self.keys.seal(SECRET_PURPOSE, secret.encode())
            view.iam.access_keys.create(AccessKey(key, ACCOUNT, user.id, sealed, "Active", now))
            known.append({"access_key": key, "secret_key": secret})
        view.iam.roles.create(Role(ACCOUNT, unique_id("AROA"), "measured", "/", now, _TRUST, None, 3600))
        for name in ("bucket-replication-destination", "example-s3-01", "example-version-01"):
            view.s3.buckets.create(Bucket(name, ACCOUNT, "us-east-1", now))
        return known

    def connections(self, handler: Any) -> list[tuple[Connection, _Transport]]:
        """Connections that a handler answers."""
        loop: Any = self.loop
        shared = Shared(handler, loop)
        shared.default_headers = b"server: Tabard\r\ndate: Mon, 23 Nov 2026 20:30:00 GMT\r\n"
        made: list[tuple[Connection, _Transport]] = []
        for _ in range(CONNECTIONS):
            connection, transport = Connection(shared, Origin()), _Transport()
            connection.connection_made(transport)  # type: ignore[arg-type]
            made.append((connection, transport))
        return made

    def drive(self, connections: list[tuple[Connection, _Transport]], requests: Sequence[bytes]) -> float:
        """Microseconds for each of the requests."""
        began = time.thread_time_ns()
        for start in range(0, len(requests), CONNECTIONS):
            for (connection, _), request in zip(connections, requests[start:], strict=False):
                connection.data_received(request)
            self.loop.turn()
        return (time.thread_time_ns() - began) / len(requests) / 1000


def _rotation(bench: Bench, handler: Any, requests: Sequence[bytes], rounds: int) -> float:
    connections = bench.connections(handler)
    groups = [requests[at : at + AT_ONCE] for at in range(0, len(requests), AT_ONCE)]
    best = [float("inf")] * len(groups)
    for _ in range(rounds):
        for index, group in enumerate(groups):
            best[index] = min(best[index], bench.drive(connections, group))
    assert connections[0][1].last.startswith(b"HTTP/1.1 200")
    return sum(best) / len(best)


def _each(run: Callable[[], object]) -> float:
    return min(timeit.repeat(run, timer=time.thread_time, number=500, repeat=50)) * 2000


def _phases(bench: Bench, request: bytes) -> dict[str, float]:
    """Each phase alone, of one caller's request."""
    pipeline: Any = bench.pipeline
    seen: list[tuple[Passage, Any, Any]] = []
    done = pipeline._done

    def keep(passage: Passage, way: Any, result: Any) -> HttpReply:
        seen.append((passage, way, result))
        reply: HttpReply = done(passage, way, result)
        return reply

    pipeline._done = keep
    connections = bench.connections(pipeline.answer)
    for _ in range(3):
        bench.drive(connections, [request])
    del pipeline._done
    passage, way, result = seen[-1]
    http, principal, call = passage.http, passage.principal, passage.call
    signature = passage.signature
    assert principal is not None
    assert signature is not None
    match, _ = pipeline._route(passage)
    reply = way.encode(result, passage.request_id)
    arrived = Body.of(http.body)

    def claim() -> object:
        return auth.plain(HttpRequest(http.method, http.path, http.query, http.headers, http.body))

    def record() -> None:
        pipeline._recorder.succeeded(passage)
        bench.trail._waiting.clear()

    def whole() -> None:
        pipeline.answer(
            HttpRequest(http.method, http.path, http.query, http.headers), arrived, passage.origin
        )
        bench.trail._waiting.clear()

    args = passage.now, passage.service
    figures = {
        "read the claim": _each(claim),
        "route and decode": _each(
            lambda: (pipeline._route(passage), passage.question or way.decode(http, match))
        ),
        "find the principal": _each(
            lambda: pipeline._principals.authenticate(signature.access_key_id, None, args[0])
        ),
        "prove the signature": _each(lambda: auth.verify(signature, http, principal.secret, *args)),
        "note the use": _each(
            lambda: pipeline.on_used(principal, args[1], passage.region, args[0], passage.operation)
        ),
        "authorize": _each(
            lambda: pipeline._authorize(passage, call, way.built, passage.parameters, principal)
        ),
        "run": _each(lambda: way.built.run(call, passage.parameters)),
        "encode": _each(lambda: way.encode(result, passage.request_id)),
        "record": _each(record),
        "print the headers": _each(lambda: lines(reply.headers)),
    }
    figures["the pipeline, one caller"] = _each(whole)
    return figures


def measure_phases(
    operations: dict[str, Callable[[str, dict[str, str]], bytes]], count: int, rounds: int = 25
) -> Table:
    """Microseconds by phase and operation."""
    figures: Table = {}

    async def measure() -> None:
        with tempfile.TemporaryDirectory(prefix="tabard-bench-") as folder:
            bench = Bench(Path(folder))
            known = await bench.store.write(lambda view: bench.make(view, count))
            for operation, build in operations.items():
                requests = [build("http://127.0.0.1:4680", who) for who in known]
                for phase, cost in _phases(bench, requests[0]).items():
                    figures.setdefault(f"{phase} (µs)", {})[operation] = cost
                empty = _rotation(bench, lambda *_: HttpReply(200, [], b""), requests, rounds)
                whole = _rotation(bench, bench.pipeline.answer, requests, rounds)
                figures.setdefault("empty reply, no socket (µs)", {})[operation] = empty
                figures.setdefault("Tabard's own, in rotation (µs)", {})[operation] = whole - empty
                bench.trail._loop = asyncio.get_running_loop()
                empty = await over_sockets(lambda *_: HttpReply(200, [], b""), requests, rounds)
                whole = await over_sockets(bench.pipeline.answer, requests, rounds)
                bench.trail._loop = bench.loop  # type: ignore[assignment]
                figures.setdefault("empty reply, over sockets (µs)", {})[operation] = empty
                figures.setdefault("Tabard, over sockets, in rotation (µs)", {})[operation] = whole
                figures.setdefault("× empty, over sockets", {})[operation] = whole / empty
            bench.store.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure())
    return figures
