"""The checksums by which clients prove what they send, and check what they get.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tabard.core.errors import AwsError
from tabard.services.s3.errors import invalid_request
from tabard.store.s3 import Checksum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from awscrt.checksums import XXHash

    from tabard.core.http import HttpRequest
    from tabard.services.operation import Call

FULL_OBJECT = "FULL_OBJECT"
COMPOSITE = "COMPOSITE"
DEFAULT = "CRC64NVME"
"""What S3 computes where the client names no algorithm."""


class Running(Protocol):
    """A checksum over what it was given so far."""

    def update(self, data: bytes, /) -> object: ...  # noqa: D102 - as hashlib's
    def digest(self) -> bytes: ...  # noqa: D102 - as hashlib's


class _Crc:
    """A cyclic redundancy check as a running checksum."""

    __slots__ = ("_function", "_size", "_value")

    def __init__(self, function: Callable[[bytes, int], int], size: int) -> None:
        self._function = function
        self._size = size
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class _XxHash:
    """An xxHash as a running checksum."""

    __slots__ = ("_hash",)

    def __init__(self, made: XXHash) -> None:
        self._hash = made

    def update(self, data: bytes) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return bytes(self._hash.finalize())


class Algorithm(NamedTuple):
    """An algorithm: how to run it, its length in bytes, and how to join two parts' values, where that can be done."""

    name: str
    size: int
    start: Callable[[], Running]
    combine: Callable[[int, int, int], int] | None = None

    @property
    def member(self) -> str:
        """The name of the member that holds its value."""
        return f"Checksum{self.name}"

    @property
    def header(self) -> str:
        """The name of the header, or trailer, that holds its value."""
        return f"x-amz-checksum-{self.name.lower()}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of checksum that a multipart upload can have, the usual one first."""
        if self.name == DEFAULT:
            return (FULL_OBJECT,)
        return (COMPOSITE,) if self.combine is None else (COMPOSITE, FULL_OBJECT)


def _crt() -> Any:
    """AWS's checksums in C, loaded by the first request that has one: 38 ms of the start otherwise."""
    from awscrt import checksums

    return checksums


def _crc(name: str, size: int) -> Algorithm:
    function = name.lower()
    return Algorithm(
        name,
        size,
        lambda: _Crc(getattr(_crt(), function), size),
        lambda first, second, length: int(getattr(_crt(), f"combine_{function}")(first, second, length)),
    )


def _md5() -> Running:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> Running:
    return hashlib.sha1(usedforsecurity=False)


ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        _crc("CRC32", 4),
        _crc("CRC32C", 4),
        _crc("CRC64NVME", 8),
        Algorithm("SHA1", 20, _sha1),
        Algorithm("SHA256", 32, hashlib.sha256),
        Algorithm("SHA512", 64, hashlib.sha512),
        Algorithm("MD5", 16, _md5),
        Algorithm("XXHASH64", 8, lambda: _XxHash(_crt().XXHash.new_xxhash64())),
        Algorithm("XXHASH3", 8, lambda: _XxHash(_crt().XXHash.new_xxhash3_64())),
        Algorithm("XXHASH128", 16, lambda: _XxHash(_crt().XXHash.new_xxhash3_128())),
    )
}

_BY_HEADER = {algorithm.header: algorithm for algorithm in ALGORITHMS.values()}


class Digests:
    """The MD5 of a body, which is its entity tag, and any further checksums, in one pass."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._md5 = _md5()
        self._others = {name: ALGORITHMS[name].start() for name in algorithms}
        self._values: dict[str, str] = {}

    def update(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        self._md5.update(chunk)
        for running in self._others.values():
            running.update(chunk)

    @property
    def md5(self) -> bytes:
        """The MD5 so far."""
        return self._md5.digest()

    def value(self, name: str) -> str:
        """A checksum so far, in base64; only of algorithms that were asked for."""
        value = self._values.get(name)
        if value is None:
            value = self._values[name] = _text(self._others[name].digest())
        return value


class Declared(NamedTuple):
    """What a request says of its body's checksum: the algorithm (None: nothing), and the value if it came in a header.

    Without a value it follows in a trailer. ``md5`` is the value of Content-MD5, decoded.
    """

    algorithm: Algorithm | None
    value: str | None
    md5: bytes | None


def declared(http: HttpRequest, request: Mapping[str, Any]) -> Declared:
    """The checksums that a request declares; raises InvalidRequest or InvalidDigest for what makes no sense."""
    md5 = _content_md5(http.header(b"content-md5"))
    given = [algorithm for algorithm in ALGORITHMS.values() if algorithm.member in request]
    given = given or [each for each in ALGORITHMS.values() if http.header(each.header.encode()) is not None]
    announced = _announced(http.header(b"x-amz-trailer"))
    if len(given) + len(announced) > 1:
        raise invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    chosen = given[0] if given else announced[0] if announced else None
    named = http.header(b"x-amz-sdk-checksum-algorithm")
    if named is not None:
        if named.upper() not in ALGORITHMS or (chosen is not None and chosen.name != named.upper()):
            raise invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.")
        if chosen is None and md5 is None:
            raise invalid_request(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                "headers were found."
            )
    if chosen is None or not given:
        return Declared(chosen, None, md5)
    return Declared(chosen, checked_value(chosen, http.header(chosen.header.encode()) or ""), md5)


def checked_value(algorithm: Algorithm, value: str) -> str:
    """A checksum's value as a client gave it; raises InvalidRequest unless it is base64 of the right length."""
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:  # no base64, or no ASCII
        raw = b""
    if len(raw) != algorithm.size:
        raise invalid_request(f"Value for {algorithm.header} header is invalid.")
    return _text(raw)


def verify(told: Declared, digests: Digests, trailers: Mapping[str, str]) -> None:
    """Hold a body against what was declared of it; raises BadDigest, or MalformedTrailerError where it is missing."""
    if told.md5 is not None and told.md5 != digests.md5:
        raise AwsError(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
            400,
            {"ExpectedDigest": _text(told.md5), "CalculatedDigest": _text(digests.md5)},
        )
    if told.algorithm is None:
        return
    value = told.value
    if value is None:
        trailer = trailers.get(told.algorithm.header)
        if trailer is None:
            raise AwsError(
                "MalformedTrailerError",
                "The request contained trailing data that was not well-formed or did not conform to our published "
                "schema.",
                400,
            )
        value = checked_value(told.algorithm, trailer)
    if value != digests.value(told.algorithm.name):
        raise mismatch(told.algorithm)


def verify_document(call: Call, request: Mapping[str, Any], *, required: bool) -> None:
    """Hold a document, which was read whole, against the checksum in its headers.

    Where one is ``required`` and there is none: InvalidRequest, as S3 says.
    """
    told = declared(call.http, request)
    if told.algorithm is None and told.md5 is None:
        if required:
            raise invalid_request("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        return
    digests = Digests([told.algorithm.name] if told.algorithm else [])
    digests.update(call.http.body)
    verify(told, digests, {})


def mismatch(algorithm: Algorithm) -> AwsError:
    """The body is not the one that the client summed up."""
    return AwsError(
        "BadDigest", f"The {algorithm.name} you specified did not match the calculated checksum.", 400
    )


def members(checksum: Checksum | None) -> dict[str, str]:
    """A checksum as the members of a reply."""
    if checksum is None:
        return {}
    return {f"Checksum{checksum.algorithm}": checksum.value, "ChecksumType": checksum.kind}


def of_parts(algorithm: Algorithm, kind: str, parts: Sequence[tuple[str, int]]) -> Checksum:
    """The checksum of an object from its parts' values (base64) and sizes."""
    if kind == COMPOSITE:
        running = algorithm.start()
        for value, _ in parts:
            running.update(base64.b64decode(value))
        return Checksum(algorithm.name, kind, f"{_text(running.digest())}-{len(parts)}")
    if algorithm.combine is None:
        raise ValueError(f"{algorithm.name} can not be joined from parts")
    whole = 0
    for value, size in parts:
        whole = algorithm.combine(whole, int.from_bytes(base64.b64decode(value), "big"), size)
    return Checksum(algorithm.name, kind, _text(whole.to_bytes(algorithm.size, "big")))


def _announced(header: str | None) -> list[Algorithm]:
    names = [name.strip().lower() for name in (header or "").split(",")]
    return [_BY_HEADER[name] for name in names if name in _BY_HEADER]


def _content_md5(header: str | None) -> bytes | None:
    if header is None:
        return None
    try:
        raw = base64.b64decode(header, validate=True)
    except ValueError:  # no base64, or no ASCII
        raw = b""
    if len(raw) != 16:
        raise AwsError(
            "InvalidDigest", "The Content-MD5 you specified was invalid.", 400, {"Content-MD5": header}
        )
    return raw


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
