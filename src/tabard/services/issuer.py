"""Where an account that vends tokens to others says that they come from.

AWS gives every account an issuer of its own, ``https://ID.tokens.sts.global.api.aws``; here its discovery documents lie below
this server's own address, ``ADDRESS/_/issuer/ID``, where no bucket can be.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tabard.services.node import Node

BASE = "issuer.base"
"""Under this name ``Node.extensions`` holds the address under which others reach this server, without a slash at its end."""
PATH = "/_/issuer/"


def issuer_url(node: Node, issuer: str) -> str:
    """The URL of an account's issuer, by the id that its ``OutboundFederation`` record has."""
    base = node.extensions.get(BASE)
    return f"https://{issuer}.tokens.sts.global.api.aws" if base is None else f"{base}{PATH}{issuer}"
