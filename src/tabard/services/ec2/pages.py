"""Pages of the describing operations: MaxResults and NextToken.

A token says after which item the next page begins, so that items made or gone in between shift nothing.
Nothing secret is in it, and every page is authorised anew.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, TypeVar

from tabard.core.errors import AwsError
from tabard.services.ec2.errors import invalid_combination, invalid_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

_MARK = b"ec2:"


def page(
    items: Sequence[T],
    request: Mapping[str, Any],
    key: Callable[[T], Any],
    *,
    least: int = 5,
    most: int = 1000,
    default: int | None = None,
    ids: str = "",
) -> tuple[Sequence[T], str | None]:
    """The page that a request asks for of ``items`` (which are in the order of ``key``), and the next page's
    token.

    ``least`` and ``most`` bound MaxResults, ``default`` stands where it is not given, ``ids`` is the
    parameter that may not be used together with it. Raises ``AwsError`` for a size or token out of rule.
    """
    size = request.get("MaxResults")
    if size is not None:
        if size < least:
            raise invalid_value(
                f"Value ( {size} ) for parameter maxResults is invalid. "
                f"Expecting a value greater than or equal to {least}."
            )
        if size > most:
            raise invalid_value(
                f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value less than or equal to {most}."
            )
        if ids and request.get(ids):
            wire_name = ids[0].lower() + ids[1:]
            raise invalid_combination(
                f"The parameter {wire_name} cannot be used with the parameter maxResults in the same request"
            )
    token = request.get("NextToken")
    start = 0
    if token:
        after = _opened(token)
        start = next((index for index, item in enumerate(items) if str(key(item)) > after), len(items))
    limit = size or default or len(items)
    shown = items[start : start + limit]
    more = start + limit < len(items)
    return shown, _token(str(key(shown[-1]))) if more and shown else None


def _token(position: str) -> str:
    return base64.urlsafe_b64encode(_MARK + position.encode()).decode()


def _opened(token: str) -> str:
    try:
        text = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        if text.startswith(_MARK):
            return text[len(_MARK) :].decode()
    except (binascii.Error, ValueError):
        pass
    raise AwsError("InvalidNextToken", "The specified NextToken is not valid.")
