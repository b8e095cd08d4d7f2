"""What the console's listener answers: pages and sign-in below ``/_/console/``, the public API everywhere else.

Its rules, whatever is asked:

* Only a literal address or ``localhost`` in ``Host``: a name that an attacker makes point here (DNS rebinding) is refused.
* Pages run scripts of their own folder alone, and call nobody but this origin; no other page may frame them.
* Whatever the API answers is sandboxed and taken for what it says it is: an object that claims to be a page gets an origin of
  its own, and none of the console's credentials.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from tabard.core.http import HttpReply
from tabard.edge.console import federation
from tabard.edge.console.files import PREFIX

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tabard.core.http import HttpRequest
    from tabard.edge.console.files import Pages
    from tabard.edge.console.sign_in import SignIn
    from tabard.edge.http import Body, Origin
    from tabard.edge.pipeline import Pipeline
    from tabard.edge.terminal import TerminalDoor

SIGN_IN_PATHS = frozenset(
    f"/_/console/{name}" for name in ("link", "session", "links", "password", "password-change", "federation")
)
TERMINAL_PATH = "/_/console/terminal"
_FORM_AT_MOST = 64 * 1024
_SANDBOX = ((b"content-security-policy", b"sandbox"), (b"x-content-type-options", b"nosniff"))
_REPLACED = frozenset({b"content-security-policy", b"x-content-type-options"})
_PAGE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)


class ConsoleListener:
    """The handlers of the console's own HTTP server: ``api``, and ``own`` for what is below ``/_/``."""

    def __init__(
        self, pipeline: Pipeline, pages: Pages, sign_in: SignIn, terminal: TerminalDoor | None = None
    ) -> None:
        self._pipeline = pipeline
        self._pages = pages
        self._sign_in = sign_in
        self._terminal = terminal

    def api(self, request: HttpRequest, body: Body, origin: Origin) -> HttpReply | Awaitable[HttpReply]:
        """The public API, sandboxed. A browser that opens the bare address is sent to the console."""
        host = _own_host(request)
        if host is None:
            return _misdirected()
        if request.path == "/" and request.method in {"GET", "HEAD"} and _is_navigation(request):
            return HttpReply(302, [(b"location", PREFIX.encode()), *_SANDBOX])
        if request.path in {"/federation", "/switchrole"} and _is_for_the_console(request):
            return self.own(request, body, origin)
        reply = self._pipeline.answer(request, body, origin)
        return _sandboxed(reply) if isinstance(reply, HttpReply) else _sandboxed_later(reply)

    def own(self, request: HttpRequest, body: Body, origin: Origin) -> HttpReply | Awaitable[HttpReply]:
        """Pages, signing in, and health: at once where nothing has to be waited for."""
        host = _own_host(request)
        if host is None:
            return _misdirected()
        base = f"{'https' if origin.secure else 'http'}://{host}"
        if request.path in SIGN_IN_PATHS or request.path in federation.PATHS:
            return _dressed_later(self._signing_in(request, body, origin, base), base)
        if request.path == TERMINAL_PATH and self._terminal is not None:
            if not _from_here(request, base):
                return _text(403, b"a page of another origin may not open a terminal here\n")
            return _later(self._terminal, request, origin)
        if request.method not in {"GET", "HEAD"}:
            reply = _text(405, b"GET or HEAD alone\n")
        elif request.path.startswith(PREFIX):
            return _dressed_later(self._pages.reply(request), base)
        elif request.path == "/switchrole":
            reply = HttpReply(302, [(b"location", f"{PREFIX}switchrole?{request.query}".encode())])
        elif request.path == "/_/console":
            reply = HttpReply(308, [(b"location", PREFIX.encode())])
        elif request.path == "/_/health":
            reply = HttpReply(200, [(b"content-type", b"application/json")], b'{"status":"ok"}\n')
        else:
            reply = _text(404, b"not found\n")
        return _dressed(reply, base)

    async def _signing_in(self, request: HttpRequest, body: Body, origin: Origin, base: str) -> HttpReply:
        """The paths that only pages of this origin may post to, and those that are AWS's, which programs and links use."""
        if request.path in federation.PATHS:
            if request.method not in {"GET", "POST"}:
                return _text(405, b"GET or POST alone\n")
            request.body = await body.whole(_FORM_AT_MOST) or b""
            return self._sign_in.federation.reply(request, origin, base)
        if request.method != "POST":
            return _text(405, b"POST alone\n")
        if not _from_here(request, base):
            return _text(403, b"a page of another origin may not sign in here\n")
        return await self._sign_in.reply(request, body, origin, base)


def _sandboxed(reply: HttpReply) -> HttpReply:
    reply.headers = [header for header in reply.headers if header[0] not in _REPLACED]
    reply.headers.extend(_SANDBOX)
    return reply


async def _sandboxed_later(reply: Awaitable[HttpReply]) -> HttpReply:
    return _sandboxed(await reply)


def _dressed(reply: HttpReply, base: str) -> HttpReply:
    """A reply of ours with what keeps pages apart."""
    reply.headers.append((b"content-security-policy", _policy(base)))
    reply.headers.extend(_PAGE_HEADERS)
    return reply


async def _dressed_later(reply: Awaitable[HttpReply], base: str) -> HttpReply:
    return _dressed(await reply, base)


async def _later(terminal: TerminalDoor, request: HttpRequest, origin: Origin) -> HttpReply:
    """A connection is handed over by those alone who answer in a while."""
    return terminal.open(request, origin)


def _policy(base: str) -> bytes:
    """Scripts and styles of the pages' own folder, never of a bucket that happens to share the origin."""
    assets, sockets = f"{base}{PREFIX}assets/", f"ws{base.removeprefix('http')}"
    return (
        f"default-src 'none'; script-src {assets}; style-src {assets}; font-src {assets}; img-src {assets} data: blob:; "
        f"connect-src {base} {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ).encode()


def _own_host(request: HttpRequest) -> str | None:
    """The ``Host`` that a request names, where nobody else can have made that name point here."""
    given = request.header_all(b"host")
    if len(given) != 1:
        return None
    host = given[0].lower()
    name, _, port = host.rpartition(":") if host.count(":") == 1 or "]:" in host else (host, "", "")
    if port and not (port.isascii() and port.isdigit()):
        return None
    if name == "localhost":
        return host
    try:
        if name.startswith("["):
            ipaddress.IPv6Address(name[1:-1] if name.endswith("]") and "%" not in name else "")
        else:
            ipaddress.IPv4Address(name)
    except ValueError:
        return None
    return host


def _is_navigation(request: HttpRequest) -> bool:
    return (
        not request.query
        and request.header(b"authorization") is None
        and "text/html" in (request.header(b"accept") or "")
    )


def _is_for_the_console(request: HttpRequest) -> bool:
    """Whether a path that a bucket could have too is meant as AWS's sign-in host has it: unsigned, with its parameters."""
    names = {name.lower() for name, _ in parse_qsl(request.query, keep_blank_values=True)}
    is_signed = request.header(b"authorization") is not None or any(
        name.startswith("x-amz-") for name in names
    )
    if is_signed or "signature" in names:
        return False
    if request.path == "/switchrole":
        return request.method == "GET" and "rolename" in names
    kind = request.header(b"content-type") or ""
    return "action" in names or (
        request.method == "POST" and kind.startswith("application/x-www-form-urlencoded")
    )


def _from_here(request: HttpRequest, base: str) -> bool:
    """Whether a request comes from a page of this origin, or from no page at all."""
    site = request.header(b"sec-fetch-site")
    return request.header(b"origin") in {None, base} and site in {None, "same-origin", "none"}


def _misdirected() -> HttpReply:
    return _text(421, b"This listener answers to its address and to localhost, not to that name.\n")


def _text(status: int, text: bytes) -> HttpReply:
    return HttpReply(status, [(b"content-type", b"text/plain; charset=utf-8")], text)
