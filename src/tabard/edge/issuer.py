"""The documents of the accounts' token issuers: ``/_/issuer/ID/.well-known/openid-configuration`` and ``…/jwks.json``.

They are public, as every issuer's are, and cost little: a token's verifier fetches them seldom, and keeps them.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tabard.core.http import HttpReply
from tabard.edge.http import answer_own
from tabard.identity import issuing
from tabard.services.issuer import PATH, issuer_url

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tabard.core.http import HttpRequest
    from tabard.edge.http import Body, Origin
    from tabard.services.node import Node
    from tabard.store.iam_credentials import OutboundFederation

_DISCOVERY = "/.well-known/openid-configuration"
_KEYS = "/.well-known/jwks.json"


class IssuerPages:
    """Answers what is below ``/_/`` on the API's port: the issuers' documents, and health."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def answer(self, request: HttpRequest, body: Body, origin: Origin) -> HttpReply | Awaitable[HttpReply]:
        """The reply to one request."""
        if not request.path.startswith(PATH) or request.method not in {"GET", "HEAD"}:
            return answer_own(request, body, origin)
        issuer, slash, rest = request.path[len(PATH) :].partition("/")
        found = self._federation(issuer) if slash + rest in {_DISCOVERY, _KEYS} else None
        if found is None:
            return HttpReply(404, [(b"content-type", b"text/plain")], b"not found\n")
        if slash + rest == _DISCOVERY:
            told = issuing.discovery(issuer_url(self._node, found.issuer))
        else:
            held = self._node.store.read().iam.credentials.issuer_keys.all(found.account)
            told = issuing.key_set(held, self._node.clock())
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"public, max-age=300")]
        return HttpReply(200, headers, msgspec.json.encode(told))

    def _federation(self, issuer: str) -> OutboundFederation | None:
        view = self._node.store.read()
        for account in view.iam.accounts.all():
            found = view.iam.credentials.outbound_federations.get(account.id, account.id)
            if found is not None and found.issuer == issuer:
                return found
        return None
