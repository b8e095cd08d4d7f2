"""Which service and operation a request is for.

A signed request names its service in the credential scope. An unsigned one is told by its version and action,
by its JSON target, or is S3's.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tabard.core.errors import AwsError
from tabard.wire import forms
from tabard.wire.codecs import Match, QueryCodec
from tabard.wire.dialects import SCOPES
from tabard.wire.rest_routes import BucketRoutes, PathRoutes
from tabard.wire.service import service as find_service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tabard.core.http import HttpRequest
    from tabard.wire.service import Service

QUERY_VERSIONS = {"2010-05-08": "iam", "2011-06-15": "sts", "2016-11-15": "ec2"}
BARE = "s3"
FORM = "application/x-www-form-urlencoded"


class Router:
    """Routes requests among the services that it is given by credential scope."""

    def __init__(self, scopes: Mapping[str, str], find: Callable[[str], Service] = find_service) -> None:
        self._scopes = scopes
        self._find = find
        self._rest: dict[str, BucketRoutes | PathRoutes] = {}

    @cached_property
    def _targets(self) -> dict[str, str]:
        """Services by the prefix of their JSON targets."""
        found = {name: self._find(name).target_prefix for name in set(self._scopes.values())}
        return {spelling: name for name, prefix in found.items() if prefix for spelling in _spellings(prefix)}

    def service_of(self, request: HttpRequest, scope_service: str | None) -> str | None:
        """The service that a request is for; None where it is not one that is served."""
        if scope_service is not None:
            return self._scopes.get(scope_service)
        if request.header(b"x-amz-target") is not None:
            return self._targets.get((request.header(b"x-amz-target") or "").rpartition(".")[0])
        parameters = _unsigned_form(request)
        if parameters is not None:
            known = self._scopes.get(QUERY_VERSIONS.get(parameters.get("Version", ""), ""))
            if known is not None:
                return known
            action = parameters["Action"]
            for name in ("sts", "iam", "ec2"):
                if name in self._scopes and action in self._find(self._scopes[name]).operations:
                    return self._scopes[name]
            if request.method == "POST":
                return None
        return self._scopes.get(BARE)

    def route(
        self, request: HttpRequest, scope_service: str | None, *, virtual_hosts: Sequence[str]
    ) -> Match:
        """The operation that a request is for; raises the ``AwsError`` that AWS would answer."""
        name = self._scopes.get(scope_service) if scope_service else self.service_of(request, scope_service)
        if name is None:
            raise _not_served(scope_service)
        routes = self._rest.get(name)
        if routes is not None:
            return routes.route(request, virtual_hosts)
        service = self._find(name)
        codec = service.codec
        if isinstance(codec, QueryCodec):
            return self._route_query(service, codec.form(request))
        if service.protocol == "json":
            return _route_target(service, request)
        routes = BucketRoutes(service) if service.dialect.buckets else PathRoutes(service)
        self._rest[name] = routes
        return routes.route(request, virtual_hosts)

    def _route_query(self, service: Service, form: dict[str, str]) -> Match:
        action = form.get("Action")
        version = form.get("Version")
        if not action:
            raise AwsError("MissingAction", "The request is missing an action or a required parameter.")
        if service.protocol == "ec2":
            if version is None:
                raise AwsError("MissingParameter", "The request must contain the parameter Version")
            if version != service.api_version:
                raise AwsError(
                    "NoSuchVersion", f"The requested version ({version}) of service AmazonEC2 does not exist"
                )
            if action not in service.operations:
                raise AwsError("InvalidAction", f"The action {action} is not valid for this web service.")
        elif action not in service.operations or version != service.api_version:
            told = version or "NO_VERSION_SPECIFIED"
            raise AwsError("InvalidAction", f"Could not find operation {action} for version {told}")
        return Match(service.name, action, {}, None, form)


def _unsigned_form(request: HttpRequest) -> dict[str, str] | None:
    """The parameters of what may be an unsigned query request; None for anything else."""
    if request.path != "/":
        return None
    if request.method == "POST":
        if not (request.header(b"content-type") or FORM).startswith(FORM):
            return None
    elif request.method != "GET" or "Action=" not in request.query:
        return None
    try:
        parameters = forms.form(request.body, request.query)
    except forms.BadFormError as error:
        raise AwsError("MalformedInput", str(error)) from None
    return parameters if "Action" in parameters else None


def _route_target(service: Service, request: HttpRequest) -> Match:
    prefix, _, operation = (request.header(b"x-amz-target") or "").rpartition(".")
    if prefix not in _spellings(service.target_prefix) or operation not in service.operations:
        raise unknown_operation()
    return Match(service.name, operation)


def _spellings(prefix: str) -> tuple[str, str]:
    """A target's prefix in full, and without its package: the SDK for JavaScript leaves that out."""
    return prefix, prefix.rpartition(".")[2]


def unknown_operation() -> AwsError:
    """What the JSON protocol's services answer to an operation that they do not know."""
    return AwsError("UnknownOperationException", "The requested operation is not known.")


def _not_served(scope_service: str | None) -> AwsError:
    if scope_service is None:
        return AwsError("InvalidAction", "The action or operation requested is not valid.")
    return AwsError("NotImplemented", f"The service {scope_service} is not served here.", 501)


_ROUTER = Router(SCOPES)
service_of = _ROUTER.service_of
route = _ROUTER.route
