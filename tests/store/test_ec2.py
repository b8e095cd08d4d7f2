"""EC2's repositories: what was put is found by every way it is looked up, in this view and in the readers'."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import pytest

from tabard.core.errors import AwsError
from tabard.store.ec2 import Association, ClientToken, Instance, KeyPair
from tabard.store.sql.store import SqlStore, open_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from tabard.store.port import View

ACCOUNT, OTHER, REGION = "111122223333", "444455556666", "us-east-1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_sqlite(tmp_path / "store.db", lambda: 1000.0, durable=False)
    yield opened
    opened.close()


def write(store: SqlStore, *jobs: Callable[[View], Any]) -> None:
    async def run() -> None:
        for job in jobs:
            await store.write(job)

    asyncio.run(run())


def an_instance(number: int = 1, **members: Any) -> Instance:
    values: dict[str, Any] = {
        "account": ACCOUNT,
        "region": REGION,
        "id": f"i-{number:017x}",
        "reservation_id": "r-1",
        "launch_index": 0,
        "image_id": "ami-1",
        "instance_type": "t3.micro",
        "architecture": "x86_64",
        "state": "pending",
        "launched_at": 1000.0 + number,
        "state_changed_at": 1000.0,
        "zone": "us-east-1a",
        "zone_id": "use1-az6",
        "vpc_id": "vpc-1",
        "subnet_id": "subnet-1",
        "private_ip": f"172.31.0.{number}",
        "public_ip": f"127.31.0.{number}",
        "security_groups": ("sg-1",),
        "interface_id": "eni-1",
        "attachment_id": "eni-attach-1",
        "mac": "02:00:00:00:00:01",
        "volume_id": "vol-1",
        "volume_size": 8,
    }
    return Instance(**(values | members))


def test_an_instance_is_found_in_its_own_region_and_account_only(store: SqlStore) -> None:
    instance = an_instance()
    assert store.read().ec2.instances.get(ACCOUNT, REGION, instance.id) is None
    write(store, lambda view: view.ec2.instances.put(instance))
    instances = store.read().ec2.instances
    assert instances.get(ACCOUNT, REGION, instance.id) == instance
    assert instances.get(ACCOUNT, "eu-west-1", instance.id) is None
    assert instances.get(OTHER, REGION, instance.id) is None
    assert instances.find(ACCOUNT, instance.id) == instance
    assert instances.with_public_ip("127.31.0.1") == instance
    assert instances.with_public_ip("127.31.0.9") is None


def test_instances_are_listed_in_the_order_of_their_launch_and_as_they_are_now(store: SqlStore) -> None:
    for number in (3, 1, 2):
        write(store, partial(put_instance, an_instance(number)))
    listed = store.read().ec2.instances.all(ACCOUNT, REGION)
    assert [each.id[-1] for each in listed] == ["1", "2", "3"]
    running = msgspec.structs.replace(listed[1], state="running")
    write(store, lambda view: view.ec2.instances.put(running))
    assert [each.state for each in store.read().ec2.instances.all(ACCOUNT, REGION)] == [
        "pending",
        "running",
        "pending",
    ]
    write(store, lambda view: view.ec2.instances.delete(running))
    assert len(store.read().ec2.instances.all(ACCOUNT, REGION)) == 2
    assert len(store.read().ec2.instances.everywhere()) == 2


def test_two_instances_cannot_hold_one_public_address(store: SqlStore) -> None:
    write(store, lambda view: view.ec2.instances.put(an_instance(1)))
    with pytest.raises(AwsError):
        write(store, lambda view: view.ec2.instances.put(an_instance(2, public_ip="127.31.0.1")))
    assert store.read().ec2.instances.all(ACCOUNT, REGION) == [an_instance(1)]


def test_user_data_goes_with_its_instance(store: SqlStore) -> None:
    instance = an_instance()
    write(
        store,
        lambda view: view.ec2.instances.put(instance),
        lambda view: view.ec2.instances.put_user_data(ACCOUNT, instance.id, b"\x00one"),
        lambda view: view.ec2.instances.put_user_data(ACCOUNT, instance.id, b"\xfftwo"),
    )
    assert store.read().ec2.instances.user_data(ACCOUNT, instance.id) == b"\xfftwo"
    assert store.read().ec2.instances.user_data(OTHER, instance.id) is None
    write(store, lambda view: view.ec2.instances.delete(instance))
    assert store.read().ec2.instances.user_data(ACCOUNT, instance.id) is None


def put_instance(instance: Instance, view: View) -> None:
    view.ec2.instances.put(instance)


def an_association(number: int, **members: Any) -> Association:
    values: dict[str, Any] = {
        "account": ACCOUNT,
        "region": REGION,
        "id": f"iip-assoc-{number}",
        "instance_id": "i-1",
        "profile_id": "AIPA1",
        "profile_arn": "arn:aws:iam::111122223333:instance-profile/one",
        "state": "associated",
        "created_at": 1000.0,
    }
    return Association(**(values | members))


def test_an_association_tells_whether_it_holds_was_replaced_or_ended(store: SqlStore) -> None:
    first, second = an_association(1), an_association(2)
    write(store, lambda view: view.ec2.associations.put(first))
    associations = store.read().ec2.associations
    assert associations.of_instance(ACCOUNT, "i-1") == first

    def replace(view: View) -> None:
        view.ec2.associations.put(msgspec.structs.replace(first, state="replaced", ended_at=1001.0))
        view.ec2.associations.put(second)

    write(store, replace)
    assert associations.of_instance(ACCOUNT, "i-1") == second
    assert associations.all(ACCOUNT, REGION) == [second]
    assert [each.id for each in associations.past(ACCOUNT, "i-1")] == [first.id]
    replaced = associations.get(ACCOUNT, first.id)
    assert replaced is not None
    assert replaced.state == "replaced"
    write(store, lambda view: view.ec2.associations.prune(ACCOUNT, 1001.5))
    assert associations.get(ACCOUNT, first.id) is None
    assert associations.get(ACCOUNT, second.id) == second
    assert associations.past(ACCOUNT, "i-1") == []


def test_key_pairs_have_names_told_apart_by_case(store: SqlStore) -> None:
    pair = KeyPair(ACCOUNT, REGION, "key-1", "Lab", "ed25519", "f", "ssh-ed25519 AAAA", 1000.0)
    key_pairs = store.read().ec2.key_pairs
    assert key_pairs.get(ACCOUNT, REGION, "Lab") is None
    write(store, lambda view: view.ec2.key_pairs.put(pair))
    assert key_pairs.get(ACCOUNT, REGION, "Lab") == pair
    assert key_pairs.get(ACCOUNT, REGION, "lab") is None
    assert key_pairs.get(ACCOUNT, "eu-west-1", "Lab") is None
    assert key_pairs.by_id(ACCOUNT, REGION, "key-1") == pair
    write(store, lambda view: view.ec2.key_pairs.delete(pair))
    assert key_pairs.get(ACCOUNT, REGION, "Lab") is None
    assert key_pairs.all(ACCOUNT, REGION) == []


def test_tags_replace_one_another_and_vanish_when_empty(store: SqlStore) -> None:
    tags = store.read().ec2.tags
    assert tags.of(ACCOUNT, "i-1") == {}
    write(store, lambda view: view.ec2.tags.put(ACCOUNT, REGION, "i-1", {"Name": "one", "a": ""}))
    assert tags.of(ACCOUNT, "i-1") == {"Name": "one", "a": ""}
    assert tags.all(ACCOUNT, REGION) == {"i-1": {"Name": "one", "a": ""}}
    assert tags.all(ACCOUNT, "eu-west-1") == {}
    write(store, lambda view: view.ec2.tags.put(ACCOUNT, REGION, "i-1", {}))
    assert tags.of(ACCOUNT, "i-1") == {}
    assert tags.all(ACCOUNT, REGION) == {}


def test_a_client_token_is_remembered_until_it_is_pruned(store: SqlStore) -> None:
    token = ClientToken(ACCOUNT, REGION, "t", "hash", ("i-1",), 1000.0)
    found: list[ClientToken | None] = []

    def look(view: View) -> None:
        found.append(view.ec2.client_tokens.get(ACCOUNT, REGION, "t"))

    write(
        store,
        lambda view: view.ec2.client_tokens.put(token),
        look,
        lambda view: view.ec2.client_tokens.prune(1000.5),
        look,
    )
    assert found == [token, None]


def test_what_a_failed_transaction_did_is_undone_for_the_next_one(store: SqlStore) -> None:
    def fail(view: View) -> None:
        view.ec2.instances.put(an_instance())
        assert view.ec2.instances.find(ACCOUNT, an_instance().id) is not None
        raise AwsError("Client.Error", "no")

    with pytest.raises(AwsError):
        write(store, fail)
    seen: list[object] = []
    write(store, lambda view: seen.append(view.ec2.instances.find(ACCOUNT, an_instance().id)))
    assert seen == [None]


def test_nothing_has_an_empty_id(store: SqlStore) -> None:
    write(store, lambda view: view.ec2.associations.put(an_association(1)))
    view = store.read().ec2
    assert view.associations.of_instance(ACCOUNT, "i-1")
    assert view.associations.get(ACCOUNT, "") is None
    write(store, lambda view: view.ec2.tags.put(ACCOUNT, REGION, "i-1", {"a": "b"}))
    assert view.tags.all(ACCOUNT, REGION)
    assert view.tags.of(ACCOUNT, "") == {}
