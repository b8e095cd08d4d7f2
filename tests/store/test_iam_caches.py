"""The law of caches: what a view remembers is what a view that remembers nothing reads."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tabard.store.iam import (
    AccessKey,
    Group,
    InlinePolicy,
    InstanceProfile,
    Policy,
    PolicyVersion,
    Role,
    User,
)
from tabard.store.sql.engine import sqlite_engine
from tabard.store.sql.repositories import SqlView
from tabard.store.sql.store import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.store.iam import Repositories
    from tabard.store.port import View

A = "111122223333"
NAMES = ("a", "B", "c")
POLICY_ARN = f"arn:aws:iam::{A}:policy/"
Step = tuple[str, str, str]

STEPS = (
    "make user", "rename user", "delete user", "make group", "delete group", "make role", "delete role", "tag role",
    "make policy", "delete policy", "add version", "add member", "remove member", "attach", "detach", "put", "drop",
    "make key", "stop key", "delete key", "make profile", "fill profile", "empty profile", "bound user",
    "unbound user", "bound role", "fail",
)  # fmt: skip


class Numbers:
    """Ids that are never used twice."""

    def __init__(self) -> None:
        self.last = 0

    def next(self, prefix: str) -> str:
        self.last += 1
        return f"{prefix}{self.last:017d}"


def apply(db: Repositories, step: Step, numbers: Numbers) -> None:  # noqa: C901, PLR0912 - a table of steps
    """One change, where it is possible."""
    what, one, two = step
    user, group, role = db.users.get(A, one), db.groups.get(A, two), db.roles.get(A, one)
    policy, profile = db.policies.get(A, one), db.instance_profiles.get(A, two)
    match what:
        case "make user" if user is None:
            db.users.create(User(A, numbers.next("AIDA"), one, "/", 1.0))
        case "rename user" if user is not None and db.users.get(A, two) is None:
            db.users.replace(msgspec.structs.replace(user, name=two, path="/x/"))
        case "delete user" if user is not None:
            db.users.delete(user)
        case "make group" if group is None:
            db.groups.create(Group(A, numbers.next("AGPA"), two, "/", 1.0))
        case "delete group" if group is not None:
            db.groups.delete(group)
        case "make role" if role is None:
            db.roles.create(Role(A, numbers.next("AROA"), one, "/", 1.0, "{}"))
        case "tag role" if role is not None:
            db.roles.replace(msgspec.structs.replace(role, tags={two: numbers.next("")}))
        case "delete role" if role is not None:
            db.roles.delete(role)
        case "make policy" if policy is None:
            made = Policy(A, numbers.next("ANPA"), one, "/", 1.0, 1.0, "v1")
            db.policies.create(made, PolicyVersion(made.id, "v1", "{}", 1.0))
        case "delete policy" if policy is not None:
            db.policies.delete(policy)
        case "add version" if policy is not None:
            version = PolicyVersion(policy.id, f"v{policy.next_version}", numbers.next(""), 1.0)
            db.policies.add_version(policy, version)
            db.policies.replace(msgspec.structs.replace(policy, next_version=policy.next_version + 1))
        case "add member" if user is not None and group is not None:
            db.groups.add(group, user)
        case "remove member" if user is not None and group is not None:
            db.groups.remove(group, user)
        case "attach" if user is not None:
            db.grants.attach(A, "user", user.id, POLICY_ARN + two)
        case "detach" if user is not None:
            db.grants.detach(A, "user", user.id, POLICY_ARN + two)
        case "put" if user is not None:
            db.grants.put_inline(A, "user", user.id, InlinePolicy(two, numbers.next("")))
        case "drop" if user is not None:
            db.grants.delete_inline(A, "user", user.id, two)
        case "bound user" if user is not None:
            db.users.replace(msgspec.structs.replace(user, boundary=POLICY_ARN + two))
        case "unbound user" if user is not None:
            db.users.replace(msgspec.structs.replace(user, boundary=None))
        case "bound role" if role is not None:
            db.roles.replace(msgspec.structs.replace(role, boundary=POLICY_ARN + two))
        case "make key" if user is not None:
            db.access_keys.create(AccessKey(numbers.next("AKIA"), A, user.id, b"x", "Active", 1.0))
        case "stop key" | "delete key" if user is not None:
            for key in db.access_keys.of_user(A, user.id):
                if what == "delete key":
                    db.access_keys.delete(key)
                else:
                    db.access_keys.replace(msgspec.structs.replace(key, status="Inactive"))
        case "make profile" if profile is None:
            db.instance_profiles.create(InstanceProfile(A, numbers.next("AIPA"), two, "/", 1.0))
        case "fill profile" if profile is not None and role is not None:
            db.instance_profiles.replace(msgspec.structs.replace(profile, role_id=role.id))
        case "empty profile" if profile is not None:
            db.instance_profiles.replace(msgspec.structs.replace(profile, role_id=None))
        case "fail":
            raise RuntimeError("undo this")


def seen(db: Repositories, numbers: Numbers) -> list[Any]:
    """Everything that can be looked up, by every way to look it up."""
    found: list[Any] = []
    for name in NAMES:
        user = db.users.get(A, name)
        found += [user, db.groups.get(A, name), db.roles.get(A, name), db.instance_profiles.get(A, name)]
        policy = db.policies.by_arn(POLICY_ARN + name)
        found += [policy, policy and db.policies.versions(policy)]
        if user is not None:
            found += [db.groups.of_user(user), db.access_keys.of_user(A, user.id)]
            found += [db.grants.inline(A, "user", user.id), db.grants.attached(A, "user", user.id)]
    arns = [POLICY_ARN + name for name in NAMES]
    found += [db.grants.uses(A, arns[:1]), db.grants.uses(A, [*arns, "x", "y"]), db.grants.uses(A)]
    for number in range(1, numbers.last + 1):
        found += [db.users.find(f"AIDA{number:017d}"), db.roles.find(f"AROA{number:017d}")]
        found += [db.groups.by_id(A, f"AGPA{number:017d}"), db.access_keys.get(f"AKIA{number:017d}")]
    return found


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(STEPS), st.sampled_from(NAMES), st.sampled_from(NAMES)),
            min_size=1,
            max_size=4,
        ),
        max_size=25,
    )
)
def test_no_view_remembers_what_is_no_longer_so(transactions: list[list[Step]]) -> None:
    numbers = Numbers()
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        path = Path(folder) / "tabard.db"
        store = open_sqlite(path, lambda: 1.0, durable=False)
        engine = sqlite_engine(path)
        with engine.connect() as connection:

            def job(steps: list[Step]) -> Callable[[View], list[Any]]:
                def run(view: View) -> list[Any]:
                    for step in steps:
                        apply(view.iam, step, numbers)
                        seen(view.iam, numbers)
                    return seen(view.iam, numbers)

                return run

            makers = ("make user", "make group", "make role", "make policy", "make profile")
            runner.run(store.write(job([(maker, name, name) for maker in makers for name in NAMES])))
            for steps in transactions:
                try:
                    runner.run(store.write(job(steps)))
                except RuntimeError:
                    assert any(step[0] == "fail" for step in steps)
                fresh = seen(SqlView(connection).iam, numbers)
                assert seen(store.read().iam, numbers) == fresh
                assert runner.run(store.write(job([]))) == fresh
        engine.dispose()
        store.close()
