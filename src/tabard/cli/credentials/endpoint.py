"""The container credentials endpoint: what SDKs ask where ``AWS_CONTAINER_CREDENTIALS_FULL_URI`` is set.

A GET with an ``Authorization`` header is answered with credentials as JSON. The header must hold the endpoint's own token, or,
for pod identities, the caller's web identity token, which is then exchanged for a role's credentials.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from tabard.cli.credentials.cache import REFRESH_BEFORE
from tabard.cli.errors import CommandError
from tabard.core.sources import iso8601

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.cli.credentials.source import Credentials

PATHS = ("/", "/credentials", "/v1/credentials")
TOKEN_AT_MOST = 20_000
_KEPT_AT_MOST = 1000
_WITHIN = 10.0


class RefusedError(Exception):
    """A request that gets no credentials: the status and what is told."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def for_token(token: str, fetch: Callable[[], Credentials]) -> Callable[[str], Credentials]:
    """Credentials for whoever shows this token."""

    def answer(shown: str) -> Credentials:
        if not hmac.compare_digest(shown.encode(), token.encode()):
            raise RefusedError(403, "AccessDenied", "The authorization token is not this endpoint's.")
        return fetch()

    return answer


class ForPods:
    """Credentials for whoever shows a token that STS takes; kept by token until they near their end."""

    def __init__(self, exchange: Callable[[str], Credentials]) -> None:
        self._exchange = exchange
        self._kept: dict[bytes, Credentials] = {}
        self._lock = threading.Lock()

    def __call__(self, shown: str) -> Credentials:
        """The credentials for one token."""
        token = shown.removeprefix("Bearer ").strip()
        name = hashlib.sha256(token.encode()).digest()
        with self._lock:
            found = self._kept.get(name)
        if found is not None and found.expires_at - time.time() > REFRESH_BEFORE:
            return found
        found = self._exchange(token)
        with self._lock:
            if len(self._kept) >= _KEPT_AT_MOST:
                self._kept.clear()
            self._kept[name] = found
        return found


class Endpoint:
    """A listener on loopback. ``answer`` turns an ``Authorization`` header into credentials."""

    def __init__(self, host: str, port: int, role_arn: str, answer: Callable[[str], Credentials]) -> None:
        endpoint = self

        class Handler(_Handler):
            def credentials(self, shown: str) -> dict[str, Any]:
                found = answer(shown)
                told = {
                    "AccessKeyId": found.access_key_id,
                    "SecretAccessKey": found.secret_access_key,
                    "Token": found.session_token,
                    "Expiration": iso8601(found.expires_at),
                }
                return told | ({"RoleArn": endpoint.role_arn} if endpoint.role_arn else {})

        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            daemon_threads = True

        self.role_arn = role_arn
        try:
            self._server = Server((host, port), Handler)
        except OSError as error:
            raise CommandError(
                f"{host}:{port} cannot be listened on: {error.strerror}", "Choose another with --listen."
            ) from None
        named = f"[{host}]" if ":" in host else host
        self.url = f"http://{named}:{self._server.server_address[1]}/credentials"

    def serve(self) -> None:
        """Answer until ``close`` is called from another thread, or the process is interrupted."""
        self._server.serve_forever(0.2)

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = _WITHIN
    server_version, sys_version = "Tabard", ""

    def credentials(self, shown: str) -> dict[str, Any]:
        """What to tell whoever shows this header; raises ``RefusedError`` or ``CommandError``."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer one request."""
        try:
            status, told = 200, self.credentials(self._shown())
        except RefusedError as error:
            status, told = error.status, {"code": error.code, "message": str(error)}
        except CommandError as error:
            status, told = 502, {"code": "CredentialsUnavailable", "message": error.message}
        body = json.dumps(told).encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("cache-control", "no-store")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _shown(self) -> str:
        if self.path.partition("?")[0] not in PATHS:
            raise RefusedError(404, "NotFound", "There is nothing here.")
        headers = self.headers.get_all("authorization") or []
        if len(headers) != 1 or not headers[0].strip():
            raise RefusedError(
                401, "MissingAuthorization", "An Authorization header with the token is needed."
            )
        if len(headers[0]) > TOKEN_AT_MOST or not headers[0].isascii():
            raise RefusedError(403, "AccessDenied", "The authorization token is not valid.")
        return str(headers[0]).strip()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: addresses and paths tell nothing on loopback."""
