"""Documents of identity providers, fetched over TLS: bounded in time and size, and from nowhere but where they were asked for.

A server's certificate is trusted as AWS does it: when a public certificate authority (of the system's store) signed it, else
when the chain that the server shows holds a certificate with one of the provider's registered thumbprints, from which the
server's own follows. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ipaddress
import ssl
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httptools

if TYPE_CHECKING:
    from collections.abc import Sequence

WITHIN = 5.0
"""Seconds for one document, from the name's look-up to its last byte."""
AT_MOST = 512 * 1024
"""Bytes of a reply, headers included."""


class FetchError(Exception):
    """A document could not be had; the text says why, for the trail and the operator."""


async def fetch(url: str, thumbprints: Sequence[str] = ()) -> bytes:
    """The document at an ``https`` URL; raises ``FetchError``. Redirects are not followed, proxies are not asked."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        raise FetchError(f"{url} is not a URL") from None
    if parts.scheme != "https" or not host or parts.username is not None:
        raise FetchError(f"{url} is not an https URL")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if any(not "!" <= character <= "~" for character in host + path):
        raise FetchError(f"{url} holds characters that a URL can not")
    try:
        async with asyncio.timeout(WITHIN):
            address = await _address(host, port)
            return await _exchange(host, port, address, path, thumbprints)
    except TimeoutError:
        raise FetchError(f"{host} did not answer within {WITHIN:.0f} seconds") from None
    except (OSError, httptools.HttpParserError) as error:
        raise FetchError(f"{host}: {error}") from None


async def _address(host: str, port: int) -> str:
    """An address of a host. Link-local ones are refused: metadata services live there."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    for *_, place in found:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not (mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified):
            return str(place[0])
    raise FetchError(f"{host} has no address that may be asked")


async def _exchange(host: str, port: int, address: str, path: str, thumbprints: Sequence[str]) -> bytes:
    try:
        reader, writer = await _connect(host, port, address, _system_trust())
    except ssl.SSLCertVerificationError:
        if not thumbprints:
            raise
        anchor = await _anchor(host, port, address, thumbprints)
        if anchor is None:
            raise
        reader, writer = await _connect(host, port, address, _trust_in(anchor))
    named = f"[{host}]" if ":" in host else host
    if port != 443:
        named += f":{port}"
    try:
        writer.write(
            f"GET {path} HTTP/1.1\r\nhost: {named}\r\naccept: application/json\r\n"
            f"accept-encoding: identity\r\nuser-agent: Tabard\r\nconnection: close\r\n\r\n".encode()
        )
        return await _reply(reader)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _connect(
    host: str, port: int, address: str, trust: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(address, port, ssl=trust, server_hostname=host)


async def _reply(reader: asyncio.StreamReader) -> bytes:
    reply = _Reply()
    parser = httptools.HttpResponseParser(reply)
    total = 0
    while not reply.complete:
        data = await reader.read(65536)
        if not data:
            break
        total += len(data)
        if total > AT_MOST:
            raise FetchError(f"the reply is longer than {AT_MOST} bytes")
        parser.feed_data(data)
    if reply.lasts_to_end is False and not reply.complete:
        raise FetchError("the reply ended too early")
    if parser.get_status_code() != 200:
        raise FetchError(f"the reply's status is {parser.get_status_code()}")
    return b"".join(reply.body)


class _Reply:
    """What the parser calls back."""

    def __init__(self) -> None:
        self.body: list[bytes] = []
        self.complete = False
        self.lasts_to_end = True

    def on_header(self, name: bytes, _value: bytes) -> None:
        if name.lower() in {b"content-length", b"transfer-encoding"}:
            self.lasts_to_end = False

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _trust_in(certificate: bytes) -> ssl.SSLContext:
    """Trust in what one certificate (DER) signed, and in itself, whoever signed that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context


async def _anchor(host: str, port: int, address: str, thumbprints: Sequence[str]) -> bytes | None:
    """The certificate of the chain that a server shows which has one of the thumbprints; nothing is sent to the server."""
    unproven = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unproven.check_hostname = False
    unproven.verify_mode = ssl.CERT_NONE
    _, writer = await _connect(host, port, address, unproven)
    try:
        chain = _shown_chain(writer.get_extra_info("ssl_object"))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    wanted = {each.lower() for each in thumbprints}
    for certificate in chain:
        if hashlib.sha1(certificate, usedforsecurity=False).hexdigest() in wanted:
            return certificate
    return None


def _shown_chain(connection: Any) -> list[bytes]:
    """The certificates that the other side shows, its own first, in DER. The method is public from Python 3.13 on."""
    if hasattr(connection, "get_unverified_chain"):
        return list(connection.get_unverified_chain())
    der = 2  # _ssl.ENCODING_DER
    return [each.public_bytes(der) for each in connection._sslobj.get_unverified_chain()]  # noqa: SLF001 - see above
