"""Values made from shapes, the same on every run."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tabard.wire.model import Shape

TEXTS = [
    "a",
    "plain text",
    "a&b<c>\"d'",
    "naïve ☃ 😀",
    "tab\tand\nline",
    " blank ends ",
    "a/b//c..d",
    "=?+&%25",
    "]]>",
]
SAFE_TEXTS = ["alpha", "beta-1", "gamma.delta", "x_y"]
ALPHABETS = [
    "Name-1234567890123456", "123456789012", "arn:aws:iam::123456789012:role/deep/name", "/deep/path/", "/",
    "AKIAABCDEFGHIJKLMNOP",
    "v1", "arn:aws:s3:::bucket", "o-abcdefghij", "o-abcdefghij/r-abcd/ou-abcd", "p-abcdefgh12",
    "arn:aws:kms:us-east-1:123456789012:key/abc-def", "us-east-1", "us-east-0", "ABC123DEF456GHI789JKL", "bucket/key",
    "fcap-0123456789abcdef0", "fcapassoc-0123456789abcdef0", "12345678901234567890", "https://example.com/path",
    "arn:aws:outposts:us-east-1:123456789012:outpost/op-0123456789abcdef0", "10.0.0.1", "idp-name", "abcd1234",
    "arn:aws:ec2:us-east-1:123456789012:placement-group/name",
    "arn:aws:iam::123456789012:saml-provider/some-provider-x",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:name", "A" * 32,
     "a" * 64, "ab:" * 16, "1" * 9, "123456", "us-gov", "example.com",
]  # fmt: skip


class Generator:
    """Values of a shape that its constraints allow, of bounded depth."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same values on every run are the point

    def value(self, shape: Shape, depth: int = 0) -> Any:
        return getattr(self, f"_{shape.type}", self._integer)(shape, depth)

    def _structure(self, shape: Shape, depth: int) -> dict[str, Any]:
        if shape.get("union"):
            names = sorted(shape.members)
            chosen = {names[self._random.randrange(len(names))]}
        else:
            keep = 0.7 if depth < 2 else 0.3 if depth < 4 else 0.0
            chosen = {
                name for name in shape.members if name in shape.required or self._random.random() < keep
            }
            if not chosen:
                chosen = set(list(shape.members)[:1])
        if depth > 12:
            chosen = {name for name in chosen if shape.members[name].type not in {"structure", "list", "map"}}
        return {
            name: self.value(member, depth + 1) for name, member in shape.members.items() if name in chosen
        }

    def _list(self, shape: Shape, depth: int) -> list[Any]:
        low, high = max(1, shape.get("min") or 0), min(shape.get("max") or 3, 3)
        return [self.value(shape.member, depth + 1) for _ in range(self._random.randint(low, max(low, high)))]

    def _map(self, shape: Shape, depth: int) -> dict[str, Any]:
        low = max(1, shape.get("min") or 0)
        keys = {self._map_key(shape.key, index): None for index in range(low + 1)}
        if shape.location == "headers":
            return {key: self._random.choice(SAFE_TEXTS) for key in keys}
        return {key: self.value(shape.value, depth + 1) for key in keys}

    def _map_key(self, shape: Shape, index: int) -> str:
        values = shape.get("enum")
        return str(values[index % len(values)]) if values else f"key-{index}"

    def _string(self, shape: Shape, _: int) -> str:
        values = shape.get("enum")
        if values:
            return str(self._random.choice(values))
        low, high, pattern = shape.get("min") or 0, shape.get("max"), shape.get("pattern")
        if pattern:
            from tabard.wire.patterns import matcher

            matches = matcher(pattern)
            assert matches is not None, pattern
            fitting = [text for text in ALPHABETS if low <= len(text) <= (high or 10**6) and matches(text)]
            assert fitting, (shape.name, pattern, low, high)
            return self._random.choice(fitting)
        texts = SAFE_TEXTS if shape.location else TEXTS
        text = self._random.choice(texts)
        if low and len(text) < low:
            text = (text.strip() * low)[:low]
        return text[:high] if high else text

    def _integer(self, shape: Shape, _: int) -> int:
        low = int(shape.get("min") if shape.get("min") is not None else -5)
        high = int(shape.get("max") if shape.get("max") is not None else low + 1000)
        return self._random.randint(low, high)

    def _float(self, shape: Shape, _: int) -> float:
        low, high = shape.get("min") or 0, shape.get("max") or 100
        return round(self._random.uniform(low, high), 2)

    _double = _float

    def _boolean(self, _: Shape, __: int) -> bool:
        return self._random.random() < 0.5

    def _blob(self, shape: Shape, _: int) -> bytes:
        low = shape.get("min") or 1
        return self._random.randbytes(max(low, min(40, shape.get("max") or 40)))

    def _timestamp(self, _: Shape, __: int) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._random.randrange(10**8))
