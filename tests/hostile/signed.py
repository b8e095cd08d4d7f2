"""Requests byte by byte, signed as botocore would sign them, over a socket of their own."""

from __future__ import annotations

import hashlib
import hmac
import http.client
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import botocore.loaders
import botocore.model
import botocore.parsers

if TYPE_CHECKING:
    from tests.support.server import TabardServer

ANSWERED_WITHIN = 60.0
"""Seconds after which an answer counts as never given; no measure of speed."""


@lru_cache
def model(service: str) -> Any:
    """AWS's model of a service."""
    described = botocore.loaders.Loader().load_service_model(service, "service-2")
    return botocore.model.ServiceModel(described, service)


@dataclass
class Wire:
    """A request as it goes out: ``path`` and ``query`` are sent and signed as they stand."""

    method: str
    path: str = "/"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def parsed(self, service: str, operation: str) -> dict[str, Any]:
        """The answer as botocore's own parser reads it; raises what that parser raises."""
        described = model(service)
        protocol = described.metadata["protocol"]
        parser = botocore.parsers.create_parser(protocol)
        shape = described.operation_model(operation).output_shape
        streams = shape is not None and "payload" in shape.serialization
        if (
            streams
            and self.status < 300
            and shape.members[shape.serialization["payload"]].type_name == "blob"
        ):
            return {"ResponseMetadata": {"HTTPStatusCode": self.status}}
        given = {"status_code": self.status, "headers": self.headers, "body": self.body}
        answer: dict[str, Any] = parser.parse(given, shape)
        return answer


class Caller:
    """One keep-alive connection of one caller."""

    def __init__(self, server: TabardServer, credentials: dict[str, str] | None = None) -> None:
        given = credentials or server.root()
        self._key = given["aws_access_key_id"]
        self._secret = given["aws_secret_access_key"]
        self._token = given.get("aws_session_token")
        self._host = urlsplit(server.endpoint).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=ANSWERED_WITHIN)

    def send(self, service: str, wire: Wire) -> Answer:
        """Sign and send; the connection is opened again where the server has closed it."""
        headers = self._signed(service, wire)
        target = wire.path + (f"?{wire.query}" if wire.query else "")
        for attempt in range(2):
            try:
                self._connection.putrequest(wire.method, target, skip_host=True, skip_accept_encoding=True)
                for name, value in headers.items():
                    self._connection.putheader(name, value.encode("utf-8", "surrogateescape"))
                self._connection.endheaders(wire.body or None)
                reply = self._connection.getresponse()
                body = reply.read()
                return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, body)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._connection.close()
                if attempt:
                    raise
        raise AssertionError("unreachable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def _signed(self, service: str, wire: Wire) -> dict[str, str]:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/us-east-1/{service}/aws4_request"
        digest = hashlib.sha256(wire.body).hexdigest()
        headers = {"Host": self._host, "X-Amz-Date": now, "X-Amz-Content-Sha256": digest}
        if self._token:
            headers["X-Amz-Security-Token"] = self._token
        headers |= wire.headers
        if wire.body or wire.method in {"POST", "PUT"}:
            headers.setdefault("Content-Length", str(len(wire.body)))
        signed = {
            name.lower(): " ".join(value.split())
            for name, value in headers.items()
            if name.lower() in {"host", "content-type"} or name.lower().startswith("x-amz-")
        }
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        pairs = sorted(pair if "=" in pair else f"{pair}=" for pair in wire.query.split("&") if pair)
        canonical = "\n".join([wire.method, wire.path, "&".join(pairs), lines, names, digest])
        hashed = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
        key = f"AWS4{self._secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashed}".encode(), "sha256").hex()
        return headers | {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self._key}/{scope}, SignedHeaders={names}, "
            f"Signature={signature}"
        }
