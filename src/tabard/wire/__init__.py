"""Floor 2: the server's side of the AWS protocols, from botocore's service models. No I/O beyond reading those.

Two steps stand between a request and its parameters: ``route`` says which operation it is for, and that
operation's ``decode`` reads it. ``Operation.encode`` and ``encode_error`` make replies.
"""

from tabard.wire.codecs import Match
from tabard.wire.errors import encode_error
from tabard.wire.routing import route, service_of, unknown_operation
from tabard.wire.service import Operation, Service, service

__all__ = [
    "Match",
    "Operation",
    "Service",
    "encode_error",
    "route",
    "service",
    "service_of",
    "unknown_operation",
]
