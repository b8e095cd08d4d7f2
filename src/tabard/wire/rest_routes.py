"""Routing of REST requests: by method, path, sub-resource and what an operation cannot do without.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tabard.core.errors import AwsError
from tabard.wire import forms
from tabard.wire.codecs import Match

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from tabard.core.http import HttpRequest
    from tabard.wire.service import Operation, Service

Query = list[tuple[str, str]]

LONGEST_KEY = 1024
_LONGEST_NAME = 255
"""Bytes of a host's name, beyond which nothing is remembered of it."""
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


class Candidate:
    """One operation as routing sees it."""

    __slots__ = ("consumes", "deprecated", "headers", "literals", "name", "needs", "weight")

    def __init__(self, operation: Operation, literals: Sequence[tuple[str, str | None]]) -> None:
        shape = operation.input
        members = shape.members if shape is not None else {}
        required = shape.required if shape is not None else ()
        bound = {name: (member.location, member.location_name or name) for name, member in members.items()}
        self.name = operation.name
        self.literals = dict(literals)
        self.needs = frozenset(bound[name][1] for name in required if bound[name][0] == "querystring")
        self.headers = tuple(
            bound[name][1].lower().encode() for name in required if bound[name][0] == "header"
        )
        self.consumes = frozenset(wire for location, wire in bound.values() if location == "querystring")
        self.deprecated = bool(operation.entry.get("deprecated"))
        self.weight = (len(self.needs) + len(self.headers), not self.deprecated)

    def lacks(self, keys: Collection[str], request: HttpRequest) -> int:
        """How many query keys and headers the request lacks that the operation cannot do without."""
        headers = sum(request.header(name) is None for name in self.headers)
        return headers + sum(key not in keys for key in self.needs)

    def holds(self, keys: Iterable[str], request: HttpRequest) -> bool:
        """Whether the request has every query key and header that the operation cannot do without."""
        return self.needs.issubset(keys) and all(request.header(name) is not None for name in self.headers)


def split_uri(uri: str) -> tuple[str, list[tuple[str, str | None]]]:
    """A model's ``requestUri``: its path, and the query parameters it states."""
    path, _, query = uri.partition("?")
    literals: list[tuple[str, str | None]] = []
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        literals.append((name, value if equals else None))
    return path, literals


def parse_query(text: str) -> Query:
    """A query string's parameters; raises InvalidURI for what is none."""
    if not text.isascii():
        raise _invalid_uri()
    try:
        return forms.pairs(text) if text else []
    except forms.BadFormError:
        raise _invalid_uri() from None


def decode_path(text: str) -> str:
    """A part of the path, percent-decoded once; ``+`` is a plus."""
    if not text.isascii():
        raise _invalid_uri()
    try:
        return forms.decode_percent(text, plus=False)
    except forms.BadFormError:
        raise _invalid_uri() from None


def _invalid_uri() -> AwsError:
    return AwsError("InvalidURI", "Couldn't parse the specified URI.")


class Selection:
    """The operations of one method and path, told apart by query and headers.

    ``by_needs`` says that an operation without a sub-resource is meant only where the query has one of the parameters that
    it cannot do without, as on S3: a POST to an object without ``uploadId`` does not complete an upload, it is refused.
    """

    def __init__(self, *, by_needs: bool) -> None:
        self._by_needs = by_needs
        self.candidates: list[Candidate] = []
        self._bare: list[Candidate] = []

    def add(self, candidate: Candidate) -> None:
        """Take in a candidate, the most specific first."""
        self.candidates.append(candidate)
        self.candidates.sort(key=lambda each: each.weight, reverse=True)
        self._bare = [each for each in self.candidates if not each.literals and not each.needs]

    def choose(self, query: Query, significant: frozenset[str], request: HttpRequest) -> str | None:
        """The operation that the request means; None where there is none.

        Every significant key in the query must be a literal of the operation's URI or one of its parameters.
        """
        if not query:
            for candidate in self._bare:
                if not candidate.headers or candidate.holds((), request):
                    return candidate.name
        present = dict(query)
        meant = present.keys() & significant
        if not meant and "x-id" not in present:
            for candidate in self._bare:
                if not candidate.headers or candidate.holds(present, request):
                    return candidate.name
        fitting = [candidate for candidate in self.candidates if self._fits(candidate, present, meant)]
        if not fitting:
            return None
        most = max(len(candidate.literals) for candidate in fitting)
        fitting = [candidate for candidate in fitting if len(candidate.literals) == most]
        whole = [candidate for candidate in fitting if candidate.holds(present, request)]
        if not whole:
            return min(fitting, key=lambda candidate: candidate.lacks(present, request)).name
        asked = present.get("x-id")
        for candidate in whole:
            if candidate.name == asked and candidate.weight == whole[0].weight:
                return candidate.name
        return whole[0].name

    def _fits(self, candidate: Candidate, present: Mapping[str, str], meant: AbstractSet[str]) -> bool:
        literals = candidate.literals
        if self._by_needs and not literals and candidate.needs and candidate.needs.isdisjoint(present):
            return False
        return meant <= candidate.consumes | literals.keys() and all(
            key in present and (value is None or present[key] == value) for key, value in literals.items()
        )


class BucketRoutes:
    """S3's routes: a bucket in the path or in the host, a key that may hold anything, sub-resources in the query."""

    def __init__(self, service: Service) -> None:
        self._name = service.name
        self._table: dict[tuple[str, str], Selection] = {}
        self._fixed: dict[tuple[str, str], str] = {}
        literal_keys: set[str] = set()
        bare_needs: set[str] = set()
        for name in sorted(service.operations):
            operation = service.operation(name)
            http = operation.entry["http"]
            path, literals = split_uri(http["requestUri"])
            level = {"/": "service", "/{Bucket}": "bucket", "/{Bucket}/{Key+}": "object"}.get(path)
            if level is None:
                self._fixed[http["method"], path] = name
                continue
            candidate = Candidate(operation, literals)
            literal_keys.update(candidate.literals)
            if not candidate.literals:
                bare_needs.update(candidate.needs)
            self._table.setdefault((http["method"], level), Selection(by_needs=True)).add(candidate)
        self._significant = frozenset(literal_keys | bare_needs)
        self._literal_keys = frozenset(literal_keys)

    def route(self, request: HttpRequest, virtual_hosts: Sequence[str]) -> Match:
        """The operation, and its bucket and key."""
        method, path = request.method, request.path
        fixed = self._fixed.get((method, path))
        query = parse_query(request.query) if request.query else []
        if fixed is not None:
            return Match(self._name, fixed, {}, query)
        host = request.first.get(b"host")
        bucket = bucket_of_host(host, tuple(virtual_hosts)) if host else None
        raw_key = ""
        if bucket is None:
            bucket = ""
            if path != "/":
                raw_bucket, _, raw_key = path[1:].partition("/")
                bucket = decode_path(raw_bucket)
            if not bucket and raw_key:
                raise _invalid_bucket(bucket)
        else:
            raw_key = path[1:]
        labels: dict[str, str] = {}
        level = "service"
        if bucket:
            if _BUCKET.fullmatch(bucket) is None:
                raise _invalid_bucket(bucket)
            labels["Bucket"] = bucket
            level = "bucket"
            if raw_key:
                labels["Key"] = key = decode_path(raw_key)
                level = "object"
                if len(key) > LONGEST_KEY // 4 and (size := len(key.encode())) > LONGEST_KEY:
                    raise AwsError("KeyTooLongError", "Your key is too long",
                                   fields={"Size": str(size), "MaxSizeAllowed": str(LONGEST_KEY)})  # fmt: skip
        selection = self._table.get((method, level))
        name = selection.choose(query, self._significant, request) if selection is not None else None
        if name is None:
            raise self._refusal(request, level, query)
        return Match(self._name, name, labels, query)

    def _refusal(self, request: HttpRequest, level: str, query: Query) -> AwsError:
        method = request.method
        subresources = [key for key, _ in query if key in self._literal_keys]
        if method == "OPTIONS":
            return _refuse_preflight(request)
        if method == "POST" and (request.header(b"content-type") or "").startswith("multipart/form-data"):
            return AwsError(
                "NotImplemented", "A header you provided implies functionality that is not implemented.", 501
            )
        if "list-type" in subresources and method == "GET":
            return AwsError("InvalidArgument", "Invalid List Type specified in Request",
                            fields={"ArgumentName": "list-type", "ArgumentValue": dict(query)["list-type"]})  # fmt: skip
        if len(set(subresources)) > 1:
            return AwsError("InvalidArgument", f"Conflicting query string parameters: {', '.join(subresources)}",
                            fields={"ArgumentName": "ResourceType", "ArgumentValue": subresources[0]})  # fmt: skip
        kind = (level + "".join(subresources[:1])).replace("-", "").upper()
        allowed = [
            other
            for other in METHODS
            if (other, level) in self._table
            and self._table[other, level].choose(query, self._significant, request) is not None
        ]
        fields = {
            "Method": method,
            "ResourceType": kind,
            **({"@allow": ", ".join(allowed)} if allowed else {}),
        }
        return AwsError(
            "MethodNotAllowed", "The specified method is not allowed against this resource.", 405, fields
        )


def _refuse_preflight(request: HttpRequest) -> AwsError:
    """A browser's question whether it may: no bucket has a CORS configuration here, so never."""
    if request.header(b"origin") is None:
        return AwsError("BadRequest", "Insufficient information. Origin request header needed.")
    return AwsError("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", 403,
                    {"Method": request.header(b"access-control-request-method") or "", "ResourceType": "BUCKET"})  # fmt: skip


def _invalid_bucket(bucket: str) -> AwsError:
    return AwsError("InvalidBucketName", "The specified bucket is not valid.", fields={"BucketName": bucket})


def bucket_of_host(host: bytes, virtual_hosts: tuple[str, ...]) -> str | None:
    """The bucket that a Host header names before one of the suffixes; None in path style."""
    find = _remembered_bucket_of_host if len(host) <= _LONGEST_NAME else _bucket_of_host
    return find(host, virtual_hosts)


def _bucket_of_host(host: bytes, virtual_hosts: tuple[str, ...]) -> str | None:
    name = host.decode("latin-1").lower()
    if not name.endswith("]"):
        name = name.rpartition(":")[0] if name.rpartition(":")[2].isdigit() and ":" in name else name
    name = name.rstrip(".")
    for suffix in sorted(virtual_hosts, key=len, reverse=True):
        if name == suffix.lower():
            return None
        if name.endswith(f".{suffix.lower()}"):
            return name[: -len(suffix) - 1]
    return None


_remembered_bucket_of_host = lru_cache(maxsize=2048)(_bucket_of_host)


class PathRoutes:
    """Any other REST service's routes: path templates, literal segments before labels before greedy labels."""

    def __init__(self, service: Service) -> None:
        self._name = service.name
        self._significant: frozenset[str] = frozenset()
        found: dict[tuple[str, str], tuple[tuple[int, ...], re.Pattern[str], Selection]] = {}
        literal_keys: set[str] = set()
        for name in sorted(service.operations):
            operation = service.operation(name)
            http = operation.entry["http"]
            path, literals = split_uri(http["requestUri"])
            literal_keys.update(key for key, _ in literals)
            key = (http["method"], _LABEL.sub(lambda match: "{+}" if match[2] else "{}", path))
            if key not in found:
                found[key] = (_rank(path), _path_pattern(path), Selection(by_needs=False))
            found[key][2].add(Candidate(operation, literals))
        self._routes: dict[str, list[tuple[tuple[int, ...], re.Pattern[str], Selection]]] = {}
        for (method, _), route in found.items():
            self._routes.setdefault(method, []).append(route)
        for routes in self._routes.values():
            routes.sort(key=lambda route: route[0])
        self._significant = frozenset(literal_keys)

    def route(self, request: HttpRequest, virtual_hosts: Sequence[str]) -> Match:  # noqa: ARG002 - S3 alone has them
        """The operation, and the labels in its path."""
        query = parse_query(request.query)
        for _, pattern, selection in self._routes.get(request.method, ()):
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            name = selection.choose(query, self._significant, request)
            if name is not None:
                labels = {label: decode_path(text) for label, text in match.groupdict().items()}
                return Match(self._name, name, labels, query)
        raise AwsError("UnknownOperationException", "The requested operation is not known.", 404)


def _rank(path: str) -> tuple[int, ...]:
    return tuple(
        2 if "+}" in segment else 1 if segment.startswith("{") else 0
        for segment in path.strip("/").split("/")
    )


def _path_pattern(path: str) -> re.Pattern[str]:
    text, position = "", 0
    for match in _LABEL.finditer(path):
        text += re.escape(path[position : match.start()])
        text += f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})"
        position = match.end()
    return re.compile(text + re.escape(path[position:]) + "/?", re.DOTALL)
