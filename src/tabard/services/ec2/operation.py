"""What every EC2 operation has in common: DryRun, and how its checks are put together.

DryRun does everything and takes it back: what the caller may not do, or what is wrong with the request, is
said just as without it, and what would have succeeded ends in DryRunOperation, which undoes the transaction.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tabard.catalog import regions
from tabard.core.errors import AwsError
from tabard.services.ec2.errors import dry_run_operation
from tabard.services.operation import Call, Check, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tabard.services.operation import Checks, Mode, Run


def ec2_operation(name: str, mode: Mode, *, checks: Checks) -> Callable[[Run], Run]:
    """Register a READ or WRITE operation of EC2."""

    def register(run: Run) -> Run:
        @functools.wraps(run)
        def with_dry_run(call: Call, request: dict[str, Any]) -> dict[str, Any]:
            reply: dict[str, Any] = run(call, request)
            if request.get("DryRun"):
                call.effects.clear()
                raise dry_run_operation()
            return reply

        return operation("ec2", name, mode, checks=in_a_region(checks))(with_dry_run)

    return register


def in_a_region(checks: Checks) -> Checks:
    """The same checks, for a request whose signature names a region that there is."""

    def checked(call: Call, request: dict[str, Any]) -> Iterable[Check]:
        if regions.get(call.region) is None:
            raise AwsError("AuthFailure", "Credential should be scoped to a valid region.", 403)
        return checks(call, request)

    return checked


def on_anything(action: str) -> Checks:
    """The checks of an operation that AWS authorises on ``*`` alone, as the describing ones are."""

    def checks(call: Call, _request: dict[str, Any]) -> Iterator[Check]:
        yield Check(action, "*", keys={"ec2:region": call.region})

    return checks


def tag_keys(tags: Mapping[str, str]) -> dict[str, str]:
    """A resource's tags as the condition keys ``aws:ResourceTag/…`` and ``ec2:ResourceTag/…``."""
    keys: dict[str, str] = {}
    for name, value in tags.items():
        folded = name.lower()
        keys[f"aws:resourcetag/{folded}"] = value
        keys[f"ec2:resourcetag/{folded}"] = value
    return keys


def request_tag_keys(tags: Mapping[str, str]) -> dict[str, str | list[str]]:
    """The tags that a request gives, as the condition keys ``aws:RequestTag/…`` and ``aws:TagKeys``."""
    keys: dict[str, str | list[str]] = {
        f"aws:requesttag/{name.lower()}": value for name, value in tags.items()
    }
    if tags:
        keys["aws:tagkeys"] = list(tags)
    return keys
