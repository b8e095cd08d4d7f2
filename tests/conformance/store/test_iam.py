# mypy: disable-error-code="func-returns-value"
# several writes of one transaction stand in a list, for brevity
"""What every store driver must do for IAM."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tabard.store.iam import (
    AccessKey,
    Account,
    Activity,
    Group,
    InlinePolicy,
    InstanceProfile,
    LastUse,
    Policy,
    PolicyUse,
    PolicyVersion,
    Role,
    User,
)
from tabard.store.sql.store import open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tabard.store import iam
    from tabard.store.port import Change, Store, View

A = "111122223333"
B = "444455556666"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


class Bench:
    """A store with what a test does to it, synchronously."""

    def __init__(self, store: Store, runner: asyncio.Runner) -> None:
        self.store = store
        self._runner = runner
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        store.read().watch(self._on_changes)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        self.seen += [(change.kind, change.keys) for change in changes]

    @property
    def db(self) -> iam.Repositories:
        """The committed state."""
        return self.store.read().iam

    def write(self, job: Callable[[iam.Repositories], Any]) -> Any:
        def run(view: View) -> Any:
            return job(view.iam)

        return self._runner.run(self.store.write(run))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with asyncio.Runner() as runner:
        store = open_sqlite(tmp_path / "tabard.db", lambda: 1000.0, durable=False)
        yield Bench(store, runner)
        store.close()


def user(name: str, path: str = "/", account: str = A, **more: Any) -> User:
    return User(account, f"AIDA{name.upper()}{account[:4]}", name, path, 1.0, **more)


def role(name: str, path: str = "/", account: str = A, **more: Any) -> Role:
    return Role(account, f"AROA{name.upper()}", name, path, 1.0, '{"Statement":[]}', **more)


def group(name: str, path: str = "/") -> Group:
    return Group(A, f"AGPA{name.upper()}", name, path, 1.0)


def policy(name: str, path: str = "/") -> Policy:
    return Policy(A, f"ANPA{name.upper()}", name, path, 1.0, 1.0, "v1")


def test_an_entity_is_found_by_name_whatever_the_case_and_by_id(bench: Bench) -> None:
    bob = user("Bob", tags={"team": "a"}, boundary=ADMIN)
    assert bench.db.users.get(A, "bob") is None
    bench.write(lambda db: db.users.create(bob))
    assert bench.db.users.get(A, "BOB") == bob
    assert bench.db.users.by_id(A, bob.id) == bob
    assert bench.db.users.find(bob.id) == bob
    assert bench.db.users.get(B, "bob") is None
    assert bench.db.users.by_id(B, bob.id) is None
    assert bench.db.users.find("AIDAOTHER") is None


def test_a_rename_frees_the_old_name_and_keeps_the_id(bench: Bench) -> None:
    bob = user("bob")
    bench.write(lambda db: db.users.create(bob))
    assert bench.db.users.get(A, "bob") == bob
    rob = msgspec.structs.replace(bob, name="Rob", path="/x/")
    bench.write(lambda db: db.users.replace(rob))
    assert bench.db.users.get(A, "bob") is None
    assert bench.db.users.get(A, "rob") == rob
    assert bench.db.users.by_id(A, bob.id) == rob


def test_a_deleted_entity_is_gone_and_its_name_is_free(bench: Bench) -> None:
    bench.write(lambda db: db.roles.create(role("app")))
    assert bench.db.roles.find("AROAAPP") is not None
    bench.write(lambda db: db.roles.delete(role("app")))
    assert bench.db.roles.get(A, "app") is None
    assert bench.db.roles.find("AROAAPP") is None
    again = msgspec.structs.replace(role("app"), id="AROASECOND")
    bench.write(lambda db: db.roles.create(again))
    assert bench.db.roles.get(A, "app") == again


def test_what_failed_leaves_no_trace_in_any_view(bench: Bench) -> None:
    def job(db: iam.Repositories) -> None:
        db.users.create(user("bob"))
        assert db.users.get(A, "bob") is not None
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        bench.write(job)
    assert bench.db.users.get(A, "bob") is None
    assert bench.write(lambda db: db.users.get(A, "bob")) is None
    assert bench.write(lambda db: db.users.by_id(A, user("bob").id)) is None


def test_pages_go_through_everything_once_in_order_of_path_and_name(bench: Bench) -> None:
    names = [("/", "b"), ("/", "C"), ("/", "a"), ("/x/", "d"), ("/x/y/", "a1"), ("/xy/", "e"), ("/a/", "f")]
    bench.write(lambda db: [db.users.create(user(name, path)) for path, name in names])
    bench.write(lambda db: db.users.create(user("a", account=B)))

    def listed(prefix: str, limit: int) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            page = bench.db.users.page(A, prefix, after, limit)
            assert len(page.items) <= limit
            found += [item.name for item in page.items]
            after = page.next
            if after is None:
                return found

    for limit in (1, 2, 3, 7, 100):
        assert listed("/", limit) == ["a", "b", "C", "f", "d", "a1", "e"]
        assert listed("/x", limit) == ["d", "a1", "e"]
        assert listed("/x/", limit) == ["d", "a1"]
        assert listed("/nobody/", limit) == []
    assert bench.db.users.page(A, "/x/", "/x/\ndz", 10).items == [user("a1", "/x/y/")]
    assert bench.db.users.page(A, "/x/", "no position", 10).items == []
    assert bench.db.users.count(A) == 7
    assert bench.db.users.count(A, 3) == 3
    assert bench.db.users.count(B, 3) == 1


def test_access_keys_are_found_by_id_and_by_user(bench: Bench) -> None:
    bob = user("bob")
    first = AccessKey("AKIAONE", A, bob.id, b"sealed", "Active", 1.0)
    second = AccessKey("AKIATWO", A, bob.id, b"sealed", "Active", 2.0)
    of_root = AccessKey("AKIAROOT", A, None, b"sealed", "Active", 3.0)
    bench.write(lambda db: [db.users.create(bob), *map(db.access_keys.create, (second, first, of_root))])
    keys = bench.db.access_keys
    assert keys.get("AKIAONE") == first
    assert keys.get("AKIANONE") is None
    assert keys.of_user(A, bob.id) == [first, second]
    assert keys.of_user(A, None) == [of_root]
    assert keys.of_user(B, None) == []
    inactive = msgspec.structs.replace(first, status="Inactive")
    bench.write(lambda db: db.access_keys.replace(inactive))
    assert keys.get("AKIAONE") == inactive
    assert keys.of_user(A, bob.id) == [inactive, second]
    bench.write(lambda db: db.users.delete(bob))
    assert keys.get("AKIAONE") is None
    assert keys.get("AKIATWO") is None
    assert keys.of_user(A, bob.id) == []
    assert ("access-key", ("AKIAONE", bob.id)) in bench.seen


def test_membership_is_seen_from_both_sides_and_ends_with_either(bench: Bench) -> None:
    ann, bob = user("ann"), user("bob")
    staff, admins = group("staff"), group("admins")
    bench.write(lambda db: [*map(db.users.create, (ann, bob)), *map(db.groups.create, (staff, admins))])
    assert bench.db.groups.of_user(bob) == []
    assert not bench.db.groups.has_members(staff)
    bench.write(lambda db: [db.groups.add(staff, bob), db.groups.add(admins, bob), db.groups.add(staff, ann)])
    bench.write(lambda db: db.groups.add(staff, ann))
    assert bench.db.groups.of_user(bob) == [admins, staff]
    assert bench.db.groups.members(staff, None, 10).items == [ann, bob]
    first = bench.db.groups.members(staff, None, 1)
    assert first.items == [ann]
    assert bench.db.groups.members(staff, first.next, 1) == ([bob], None)
    assert ("membership", (bob.id, staff.id)) in bench.seen
    assert bench.write(lambda db: db.groups.remove(staff, bob)) is True
    assert bench.write(lambda db: db.groups.remove(staff, bob)) is False
    assert bench.db.groups.of_user(bob) == [admins]
    bench.write(lambda db: db.groups.delete(admins))
    assert bench.db.groups.of_user(bob) == []
    bench.write(lambda db: db.users.delete(ann))
    assert not bench.db.groups.has_members(staff)


def test_grants_keep_order_and_say_what_changed(bench: Bench) -> None:
    app, bob, staff = role("app", boundary=ADMIN), user("bob", boundary=ADMIN), group("staff")
    other = f"arn:aws:iam::{A}:policy/other"
    bench.write(lambda db: [db.roles.create(app), db.users.create(bob), db.groups.create(staff)])
    grants = bench.db.grants
    assert grants.attached(A, "role", app.id) == []
    assert grants.inline(A, "role", app.id) == []
    bench.seen.clear()
    bench.write(lambda db: [db.grants.attach(A, "role", app.id, arn) for arn in (other, ADMIN, other)])
    assert grants.attached(A, "role", app.id) == [other, ADMIN]
    assert [keys for kind, keys in bench.seen if kind == "grants"] == [(app.id, other), (app.id, ADMIN)]
    bench.write(lambda db: db.grants.put_inline(A, "role", app.id, InlinePolicy("z", "{}")))
    bench.write(lambda db: db.grants.put_inline(A, "role", app.id, InlinePolicy("a", "{}")))
    bench.write(lambda db: db.grants.put_inline(A, "role", app.id, InlinePolicy("z", "{1}")))
    assert grants.inline(A, "role", app.id) == [InlinePolicy("a", "{}"), InlinePolicy("z", "{1}")]
    bench.write(lambda db: [db.grants.attach(A, "user", bob.id, ADMIN)])
    bench.write(lambda db: [db.grants.attach(A, "group", staff.id, ADMIN)])
    assert grants.entities_of(A, ADMIN) == [("role", app.id), ("user", bob.id), ("group", staff.id)]
    assert grants.bounded_by(A, ADMIN) == [("user", bob.id), ("role", app.id)]
    assert grants.uses(A, [ADMIN]) == {ADMIN: PolicyUse(3, 2)}
    assert grants.uses(A) == {ADMIN: PolicyUse(3, 2), other: PolicyUse(1, 0)}
    assert grants.uses(B) == {}
    assert bench.write(lambda db: db.grants.detach(A, "role", app.id, ADMIN)) is True
    assert bench.write(lambda db: db.grants.detach(A, "role", app.id, ADMIN)) is False
    assert bench.write(lambda db: db.grants.delete_inline(A, "role", app.id, "z")) is True
    assert bench.write(lambda db: db.grants.delete_inline(A, "role", app.id, "Z")) is False
    assert grants.attached(A, "role", app.id) == [other]
    bench.write(lambda db: db.roles.delete(app))
    assert grants.attached(A, "role", app.id) == []
    assert grants.inline(A, "role", app.id) == []
    assert grants.entities_of(A, other) == []


def test_policies_are_found_by_exact_arn_and_keep_their_versions(bench: Bench) -> None:
    mine = policy("Mine", "/team/")
    first = PolicyVersion(mine.id, "v1", "{1}", 1.0)
    bench.write(lambda db: db.policies.create(mine, first))
    policies = bench.db.policies
    assert policies.by_arn(f"arn:aws:iam::{A}:policy/team/Mine") == mine
    assert policies.by_arn(f"arn:aws:iam::{A}:policy/Mine") is None
    assert policies.by_arn(f"arn:aws:iam::{A}:policy/team/mine") is None
    assert policies.by_arn("nonsense") is None
    assert policies.by_arn(f"arn:aws:iam::{A}:role/team/Mine") is None
    assert policies.version(mine, "v1") == first
    tenth = PolicyVersion(mine.id, "v10", "{10}", 1.0)
    second = PolicyVersion(mine.id, "v2", "{2}", 1.0)
    bench.write(lambda db: [db.policies.add_version(mine, tenth), db.policies.add_version(mine, second)])
    assert policies.versions(mine) == [tenth, second, first]
    bench.seen.clear()
    bench.write(lambda db: db.policies.delete_version(mine, "v2"))
    assert any(kind == "policy" and mine.id in keys for kind, keys in bench.seen)
    assert policies.version(mine, "v2") is None
    newer = msgspec.structs.replace(mine, default_version="v10")
    bench.write(lambda db: db.policies.replace(newer))
    assert policies.get(A, "mine") == newer
    bench.write(lambda db: db.policies.delete(newer))
    assert policies.get(A, "mine") is None
    assert policies.versions(newer) == []


def test_an_instance_profile_loses_a_deleted_role(bench: Bench) -> None:
    app = role("app")
    profile = InstanceProfile(A, "AIPAAPP", "app", "/", 1.0, role_id=app.id)
    bench.write(lambda db: [db.roles.create(app), db.instance_profiles.create(profile)])
    assert bench.db.instance_profiles.of_role(app) == [profile]
    assert bench.db.instance_profiles.get(A, "app") == profile
    bench.write(lambda db: db.roles.delete(app))
    assert bench.db.instance_profiles.of_role(app) == []
    found = bench.db.instance_profiles.get(A, "app")
    assert found is not None
    assert found.role_id is None


def test_accounts_and_their_aliases(bench: Bench) -> None:
    one = Account(A, "one", 1.0)
    bench.write(lambda db: [db.accounts.create(Account(B, "two", 1.0)), db.accounts.create(one)])
    assert bench.db.accounts.get(A) == one
    assert bench.db.accounts.get("000000000000") is None
    assert [account.id for account in bench.db.accounts.all()] == [A, B]
    assert bench.db.accounts.by_alias("acme") is None
    bench.write(lambda db: db.accounts.replace(msgspec.structs.replace(one, alias="acme")))
    found = bench.db.accounts.by_alias("acme")
    assert found is not None
    assert found.id == A


def test_the_last_use_is_the_newest(bench: Bench) -> None:
    assert bench.db.last_uses.get(A, "AKIAONE") is None
    uses = [LastUse("AKIAONE", A, at, "s3", "us-east-1") for at in (1.0, 2.0)]
    bench.write(lambda db: db.last_uses.record(uses))
    assert bench.db.last_uses.get(A, "AKIAONE") == uses[1]
    bench.write(lambda db: db.last_uses.record([LastUse("AKIAONE", A, 3.0, "iam", "us-east-1")]))
    found = bench.db.last_uses.get(A, "AKIAONE")
    assert found is not None
    assert (found.at, found.service) == (3.0, "iam")
    bench.write(lambda db: db.last_uses.record([]))


def test_what_was_attempted_is_kept_by_operation_and_goes_with_who_did_it(bench: Bench) -> None:
    ana, worker = user("ana"), role("worker")
    bench.write(lambda db: [db.users.create(ana), db.roles.create(worker)])

    def attempt(of: str, operation: str, at: float, region: str = "us-east-1") -> Activity:
        return Activity(of, A, "s3", operation, at, region)

    first = [
        attempt(ana.id, "ListBuckets", 1.0),
        attempt(ana.id, "GetObject", 2.0),
        attempt(worker.id, "X", 3.0),
    ]
    assert bench.db.activities.of(A, ana.id) == []
    bench.write(lambda db: db.activities.record(first))
    assert bench.db.activities.of(A, ana.id) == [first[1], first[0]]
    later = attempt(ana.id, "GetObject", 9.0, "eu-west-1")
    bench.write(lambda db: db.activities.record([attempt(ana.id, "GetObject", 8.0), later]))
    assert bench.db.activities.of(A, ana.id) == [later, first[0]]
    assert bench.db.activities.of(B, ana.id) == []
    bench.write(lambda db: [db.users.delete(ana), db.roles.delete(worker)])
    assert bench.db.activities.of(A, ana.id) == []
    assert bench.db.activities.of(A, worker.id) == []
