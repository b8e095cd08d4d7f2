"""The global condition keys of a request, each computed only when an applicable policy mentions it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, KeysView
from typing import TYPE_CHECKING

from tabard.core.sources import iso8601
from tabard.policy import Context

if TYPE_CHECKING:
    from tabard.policy.context import Lazy, Value
    from tabard.services.operation import Call, Check

_PRINCIPAL_TYPES = {
    "Root": "Account",
    "User": "User",
    "AssumedRole": "AssumedRole",
    "FederatedUser": "FederatedUser",
    "Anonymous": "Anonymous",
    "Service": "AWSService",
}


def _known(value: str) -> str | None:
    return value or None


def _mfa_present(call: Call) -> str | None:
    """Only temporary credentials say whether MFA was used."""
    caller = call.caller
    if not caller.is_session or caller.delivery is not None:
        return None
    return "true" if caller.mfa_at is not None else "false"


def _mfa_age(call: Call) -> str | None:
    since = call.caller.mfa_at
    return None if since is None else str(int(call.now - since))


def _token_issued(call: Call) -> str | None:
    issued = call.caller.issued_at
    return None if issued is None else iso8601(issued)


Key = Callable[["Call"], "Lazy"]

GLOBAL_KEYS: dict[str, Key] = {
    "aws:currenttime": lambda call: iso8601(call.now),
    "aws:federatedprovider": lambda call: _known(call.caller.provider),
    "aws:epochtime": lambda call: str(int(call.now)),
    "aws:multifactorauthage": _mfa_age,
    "aws:multifactorauthpresent": _mfa_present,
    "aws:principalaccount": lambda call: (
        _known(call.caller.account) if call.caller.kind != "Anonymous" else None
    ),
    "aws:principalarn": lambda call: _known(
        call.caller.arn if call.caller.kind == "FederatedUser" else call.caller.principal_arn
    ),
    "aws:principalisawsservice": lambda call: "true" if call.caller.kind == "Service" else "false",
    "aws:principalservicename": lambda call: _known(call.caller.service_name),
    "aws:principaltype": lambda call: _PRINCIPAL_TYPES[call.caller.kind],
    "aws:referer": lambda call: call.http.header(b"referer"),
    "aws:requestedregion": lambda call: call.region,
    "aws:securetransport": lambda call: "true" if call.secure else "false",
    "aws:sourceidentity": lambda call: _known(call.caller.source_identity),
    "aws:sourceip": lambda call: call.source_ip,
    "aws:tokenissuetime": _token_issued,
    "aws:useragent": lambda call: call.http.header(b"user-agent"),
    "aws:userid": lambda call: call.caller.user_id,
    "aws:username": lambda call: call.caller.name if call.caller.kind == "User" else None,
    "aws:viaawsservice": lambda _call: "false",
    "aws:ec2instancesourceprivateipv4": lambda call: (
        None if call.caller.delivery is None else call.caller.delivery.private_ip
    ),
    "aws:ec2instancesourcevpc": lambda call: (
        None if call.caller.delivery is None else call.caller.delivery.vpc_id
    ),
    "ec2:sourceinstancearn": lambda call: (
        None if call.caller.delivery is None else call.caller.delivery.instance_arn
    ),
    "ec2:roledelivery": lambda call: None if call.caller.delivery is None else call.caller.delivery.version,
}

_PRINCIPAL_TAG = "aws:principaltag/"
_NOT_ASKED_YET: dict[str, Lazy] = {}
"""Stands for the keys of a check until a policy mentions one. Nothing is ever written to it."""


class RequestContext(Context):
    """The condition keys of one check: its own first, then the request's."""

    __slots__ = ("_call", "_check")

    def __init__(self, call: Call, check: Check) -> None:
        self._values = _NOT_ASKED_YET
        self._families = None
        self._normal = False
        self._call = call
        self._check = check

    def among(self, keys: KeysView[str], families: frozenset[str]) -> Collection[str]:
        """Those of some keys (in lower case) that the request may have, whether or not they were asked for before."""
        if self._values is _NOT_ASKED_YET:
            self._values = dict(self._check.keys)
        found = set(super().among(keys, families))
        found |= GLOBAL_KEYS.keys() & keys
        found |= self._call.caller.identity_keys.keys() & keys
        if "aws:resourceaccount" in keys:
            found.add("aws:resourceaccount")
        if _PRINCIPAL_TAG in families:
            found |= {_PRINCIPAL_TAG + tag for tag in self._principal_tags()} & keys
        return sorted(found)

    def _miss(self, key: str) -> Value:
        if self._values is _NOT_ASKED_YET:
            self._values = dict(self._check.keys)
            return self.lookup(key)
        compute = GLOBAL_KEYS.get(key)
        value: Lazy
        if compute is not None:
            value = compute(self._call)
        elif key.startswith(_PRINCIPAL_TAG):
            value = self._principal_tags().get(key[len(_PRINCIPAL_TAG) :])
        elif key == "aws:resourceaccount":
            value = self._check.account or self._call.caller.account
        elif key in self._call.caller.identity_keys:
            value = self._call.caller.identity_keys[key]
        else:
            return super()._miss(key)
        return self._settle(key, value)

    def keys(self) -> list[str]:
        """Every key that this request has, for explanations and records."""
        for key in (
            *GLOBAL_KEYS,
            "aws:resourceaccount",
            *(_PRINCIPAL_TAG + tag for tag in self._principal_tags()),
            *self._call.caller.identity_keys,
        ):
            self.lookup(key)
        return [key for key in super().keys() if self.lookup(key) is not None]  # noqa: SIM118 - not a dictionary

    def _principal_tags(self) -> dict[str, str]:
        return {key.lower(): value for key, value in self._call.caller.tags.items()}
