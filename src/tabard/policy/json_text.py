"""Strict JSON: no duplicate keys, no NaN, no lone surrogates, no bombs of brackets, no byte-order mark.

Python's own reader would let the last of two equal keys win, so that a reviewer could read one policy and the
engine enforce another. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from typing import Any

Json = Any
"""What a JSON text holds: nested, and of no shape that is known yet."""


class JsonError(ValueError):
    """The text is not the JSON that a policy may be."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise JsonError("a key occurs twice")
    return result


def _refuse(text: str) -> Json:
    raise JsonError(f"{text} is not JSON")


def _integer(text: str) -> int | float:
    return int(text) if len(text) < 400 else float(text)


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse, parse_int=_integer)


def read(text: str) -> Json:
    """The value of a JSON text; raises ``JsonError``."""
    try:
        value: Json = _decoder.decode(text)
        if "\\u" in text or not text.isascii():
            text.encode("utf-8")
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except JsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise JsonError(str(error)) from None
    return value
