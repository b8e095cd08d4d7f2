"""DecodeAuthorizationMessage, and the sealing of what it opens.

https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from tabard.core.errors import AwsError
from tabard.services.operation import READ, Call, Check, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

PURPOSE = b"authorization-message"


def _checks(_call: Call, _request: dict[str, Any]) -> Iterable[Check]:
    return (Check("sts:DecodeAuthorizationMessage", "*"),)


@operation("sts", "DecodeAuthorizationMessage", READ, checks=_checks)
def decode_authorization_message(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """What a denial's encoded message says: the decision, the principal, the action, the resource and the context.

    A message belongs to the account whose principal was denied; to any other account it is as unreadable as noise.
    """
    try:
        sealed = base64.urlsafe_b64decode(request["EncodedMessage"])
    except (binascii.Error, ValueError):
        sealed = b""
    opened = call.node.keys.open(PURPOSE + call.account.encode(), sealed)
    if opened is None:
        raise AwsError("InvalidAuthorizationMessageException", "Message is not valid.")
    return {"DecodedMessage": opened.decode()}
