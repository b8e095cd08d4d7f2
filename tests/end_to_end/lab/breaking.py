"""Ways to break a server's behaviour from outside, as a real mistake would, and the list of what breaks which claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tabard.services.operation import OPERATIONS, Call, Check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Sabotage(NamedTuple):
    """How to break a claim, and the chapter that states it."""

    chapter: str
    apply: Callable[[], None]


SABOTAGES: dict[str, Sabotage] = {}
Reply = dict[str, Any]


def breaks(claim: str, chapter: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def register(apply: Callable[[], None]) -> Callable[[], None]:
        SABOTAGES[claim] = Sabotage(chapter, apply)
        return apply

    return register


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Put something else in the place of a module's or class's own."""
    setattr(owner, name, make(getattr(owner, name)))


def rewrite_request(service: str, name: str, change: Callable[[Reply], Reply]) -> None:
    """Let an operation act on something else than what was asked."""
    built = OPERATIONS[service, name]

    def run(call: Call, request: Reply) -> Any:
        return built.run(call, change(dict(request)))

    OPERATIONS[service, name] = built.but(run=run)


def rewrite_reply(service: str, name: str, change: Callable[[Reply], Reply]) -> None:
    """Let an operation say something else than what is so."""
    built = OPERATIONS[service, name]
    if built.mode == "long":

        async def later(call: Call, request: Reply) -> Any:
            return change(await built.run(call, request))

        OPERATIONS[service, name] = built.but(run=later)
        return

    def run(call: Call, request: Reply) -> Any:
        return change(built.run(call, request))

    OPERATIONS[service, name] = built.but(run=run)


def do_nothing(service: str, name: str, reply: Callable[[Reply], Reply] = lambda _: {}) -> None:
    """Let an operation answer without doing anything."""
    built = OPERATIONS[service, name]

    def run(_call: Call, request: Reply) -> Any:
        return reply(request)

    OPERATIONS[service, name] = built.but(run=run)


def skip_check(service: str, name: str, action: str) -> None:
    """Let an operation forget to ask whether one action is allowed."""
    built = OPERATIONS[service, name]
    assert built.checks is not None
    asked = built.checks

    def checks(call: Call, request: Reply) -> Iterable[Check]:
        return [check for check in asked(call, request) if check.action != action]

    OPERATIONS[service, name] = built.but(checks=checks)


def instances_of(reply: Reply) -> Iterator[Reply]:
    for reservation in reply["Reservations"]:
        yield from reservation["Instances"]


def in_every_instance(change: Callable[[Reply], None]) -> Callable[[Reply], Reply]:
    def changed(reply: Reply) -> Reply:
        for instance in instances_of(reply):
            change(instance)
        return reply

    return changed


def in_the_shell(text: str) -> None:
    """Add to what every interactive shell of an instance reads."""
    from tabard.compute import guest

    made = guest.etc_files

    def etc_files(spec: Any) -> dict[str, str]:
        files = made(spec)
        return {**files, "/etc/bashrc": files["/etc/bashrc"] + text}

    guest.etc_files = etc_files


def change_association_at_end(name: str, state: str) -> None:
    """Let the operation that ends an association leave it in another state than it should."""
    built = OPERATIONS["ec2", name]

    def run(call: Call, request: Reply) -> Any:
        reply = built.run(call, request)
        repository = call.store.ec2.associations
        ended = repository.get(call.account, request["AssociationId"])
        assert ended is not None
        repository.put(msgspec.structs.replace(ended, state=state))
        return reply

    OPERATIONS["ec2", name] = built.but(run=run)


def remember_principals(revive: Callable[[Any, Any], bool]) -> None:
    """Let credentials that were good once be good for ever, where ``revive(principals, principal)`` says so."""
    from tabard.identity.principals import Principals, Problem

    authenticate = Principals.authenticate
    seen: dict[str, Any] = {}

    def remembered(self: Principals, key_id: str, token: str | None, now: float) -> Any:
        found = authenticate(self, key_id, token, now)
        if not isinstance(found, Problem):
            seen[key_id] = found
        elif key_id in seen and revive(self, seen[key_id]):
            return seen[key_id]
        return found

    replace(Principals, "authenticate", lambda _: remembered)
