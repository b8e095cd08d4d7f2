"""The instance metadata service's protocol, versions 1 and 2. Sans-IO: a request in, a reply out.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html

Which instance asks is known by the socket the request came through; nothing in a request can claim to be another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabard.core.http import HttpReply
from tabard.metadata.tokens import MAX_TTL
from tabard.metadata.tree import Asking, look_up

if TYPE_CHECKING:
    from tabard.core.http import Headers, HttpRequest
    from tabard.metadata.tokens import TokenSealer
    from tabard.metadata.view import InstanceView, MetadataOptions

TOKEN_PATH = "/latest/api/token"  # noqa: S105 - a path, not a password
_TTL = b"x-aws-ec2-metadata-token-ttl-seconds"
_TOKEN = b"x-aws-ec2-metadata-token"
_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
}


def respond(
    request: HttpRequest, view: InstanceView, options: MetadataOptions, tokens: TokenSealer, now: float
) -> HttpReply:
    """Answer one request of the instance that ``view`` shows, at ``now`` (seconds since the epoch).

    Refusals are replies too: 400 for a bad life of a token, 401 for a token that is missing (where the options require
    one), over, forged or another instance's, 403 where the service is disabled or a proxy forwards the wish for a
    token, 404 for a path that shows nothing, 405 for other methods.
    """
    method = request.method
    if options.http_endpoint != "enabled":
        return _refusal(403, method)
    if method == "PUT":
        return _token(request, view, tokens, now)
    if method not in {"GET", "HEAD"}:
        return _refusal(405, method, [(b"allow", b"OPTIONS, GET, HEAD, PUT")])
    given = request.header(_TOKEN)
    headers: Headers = []
    if given is not None:
        left = tokens.remaining(given, view.instance_id, now)
        if left is None:
            return _refusal(401, method)
        headers.append((_TTL, str(left).encode()))
    elif options.http_tokens == "required":
        return _refusal(401, method)
    if request.path.rstrip("/") == TOKEN_PATH:
        return _refusal(405, method, [(b"allow", b"OPTIONS, PUT")])
    found = look_up(request.path, Asking(view, options, "1.0" if given is None else "2.0"))
    if found is None:
        return _refusal(404, method)
    if isinstance(found, bytes):
        return _reply(200, method, found, b"application/octet-stream", headers)
    return _reply(200, method, found.encode(), b"text/plain", headers)


def hop_limit(request: HttpRequest, options: MetadataOptions) -> int | None:
    """The IP time to live that the reply must leave with, None for the system's own.

    The reply to a PUT travels ``HttpPutResponseHopLimit`` hops at most, so that a token does not get beyond the instance
    (into a container behind a bridge, out through a router). A driver whose guest is a hop away sets ``IP_TTL`` (IPv6:
    ``IPV6_UNICAST_HOPS``) to this on the connection's socket before it writes the reply. In an instance whose sockets
    are its own, nothing forwards: the limit is then met without it.
    """
    return options.http_put_response_hop_limit if request.method == "PUT" else None


def _token(request: HttpRequest, view: InstanceView, tokens: TokenSealer, now: float) -> HttpReply:
    if request.header(b"x-forwarded-for") is not None or request.path.rstrip("/") != TOKEN_PATH:
        return _refusal(403, "PUT")
    text = request.header(_TTL) or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= MAX_TTL):
        return _refusal(400, "PUT")
    token = tokens.seal(view.instance_id, int(text), now)
    return _reply(200, "PUT", token.encode(), b"text/plain", [(_TTL, text.encode())])


def _reply(status: int, method: str, body: bytes, kind: bytes, headers: Headers) -> HttpReply:
    head = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"accept-ranges", b"none"),
        (b"server", b"EC2ws"),
    ]
    return HttpReply(status, head + headers, b"" if method == "HEAD" else body)


def _refusal(status: int, method: str, headers: Headers | None = None) -> HttpReply:
    said = f"{status} - {_REASONS[status]}"
    page = (
        '<?xml version="1.0" encoding="iso-8859-1"?>\n'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\n'
        '         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n'
        f" <head>\n  <title>{said}</title>\n </head>\n <body>\n  <h1>{said}</h1>\n </body>\n</html>\n"
    )
    return _reply(status, method, page.encode(), b"text/html", headers or [])
