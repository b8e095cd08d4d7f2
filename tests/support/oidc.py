"""An OpenID Connect provider on loopback, over TLS under a certificate authority of its own."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import http.server
import ipaddress
import json
import ssl
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

ALGORITHM_OF = {"RSA": "RS256", "EC": "ES256"}


class Authority:
    """A certificate authority that a test makes, and the server certificates that it signs."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = _certificate("test authority", self._key, self._key, None)
        self.thumbprint = hashlib.sha1(_der(self.certificate), usedforsecurity=False).hexdigest()
        self.path = folder / "authority.pem"
        self.path.write_bytes(_pem(self.certificate))
        key = ec.generate_private_key(ec.SECP256R1())
        shown = _certificate("127.0.0.1", key, self._key, self.certificate)
        self.server_pem = folder / "server.pem"
        self.server_pem.write_bytes(_pem(shown) + _pem(self.certificate) + _private_pem(key))
        self.key_pem, self.chain_pem = folder / "server.key", folder / "server.crt"
        self.key_pem.write_bytes(_private_pem(key))
        self.chain_pem.write_bytes(_pem(shown) + _pem(self.certificate))


class Provider:
    """Serves discovery and keys, counts who asks, and signs tokens. ``pages`` may be replaced to misbehave."""

    def __init__(self, folder: Path, kind: str = "RSA") -> None:
        self.authority = Authority(folder)
        self.thumbprint = self.authority.thumbprint
        self.asked: list[str] = []
        self.private: dict[str, PrivateKeyTypes] = {}
        self.published: dict[str, dict[str, Any]] = {}
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.key_id = self.add_key(kind)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.server_pem)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.name = f"127.0.0.1:{self._server.server_address[1]}"
        self.issuer = f"https://{self.name}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                status, headers, body = provider.page(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        return Handler

    def page(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if path in self.pages:
            return self.pages[path]
        if path == "/.well-known/openid-configuration":
            told: Any = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
        elif path == "/jwks":
            told = {"keys": list(self.published.values())}
        else:
            return 404, {}, b"{}"
        return 200, {"content-type": "application/json"}, json.dumps(told).encode()

    def add_key(self, kind: str = "RSA", *, publish: bool = True) -> str:
        """Make a key; from now on tokens are signed with it."""
        key: Any
        if kind == "RSA":
            key = rsa.generate_private_key(65537, 2048)
            told = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        else:
            key = ec.generate_private_key(ec.SECP256R1())
            told = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        key_id = uuid.uuid4().hex
        self.private[key_id] = key
        self.key_id, self.kind = key_id, kind
        if publish:
            self.published[key_id] = {
                **told,
                "kid": key_id,
                "use": "sig",
                "alg": ALGORITHM_OF[kind],
            }
        return key_id

    def token(
        self, *, headers: dict[str, Any] | None = None, algorithm: str | None = None, **claims: Any
    ) -> str:
        """A signed token; a claim of None is left out."""
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": self.issuer,
            "sub": "ann",
            "aud": "lab",
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(
            said,
            self.private[self.key_id],  # type: ignore[arg-type] # RSA or EC
            algorithm or ALGORITHM_OF[self.kind],
            headers={"kid": self.key_id, **(headers or {})},
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def provider(folder: Path, kind: str = "RSA") -> Iterator[Provider]:
    """A provider for the length of a block."""
    made = Provider(folder, kind)
    try:
        yield made
    finally:
        made.close()


def _certificate(name: str, key: Any, signer: Any, issuer: x509.Certificate | None) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    building = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is not None:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        building = building.add_extension(
            x509.SubjectAlternativeName([address, x509.DNSName("localhost")]), critical=False
        )
    return building.sign(signer, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _private_pem(key: Any) -> bytes:
    return bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
