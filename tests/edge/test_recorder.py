"""Records that are put together from pieces say, byte for byte, what an encoded ``Event`` would."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.support.world import EC2_TRUST, World

from tabard.edge.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tabard.audit.port import Event
    from tabard.edge.passage import Passage


class Lines:
    """A trail that keeps lines, however they came."""

    failed = False

    def __init__(self) -> None:
        self.pieced: list[bytes] = []
        self.encoded: list[bytes] = []

    def append(self, line: bytes) -> None:
        self.pieced.append(line)

    def record(self, event: Event) -> None:
        self.encoded.append(msgspec.json.encode(event, enc_hook=repr))

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with asyncio.Runner() as runner:
        made = World(tmp_path, runner)
        yield made
        made.store.close()


def test_a_record_in_pieces_is_the_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines()
    succeeded = Recorder.succeeded

    def both(self: Recorder, passage: Passage) -> None:
        self._trail = lines
        before = len(lines.encoded)
        succeeded(self, passage)
        if len(lines.encoded) == before:
            self.record(passage, None)
        else:
            lines.encoded.pop()  # not in pieces

    monkeypatch.setattr(Recorder, "succeeded", both)
    world.iam.create_role(RoleName="role", AssumeRolePolicyDocument=EC2_TRUST)
    statement = {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*", "sts:*"], "Resource": "*"}
    user = world.user("reader", statement)
    other = world.user("other", {**statement, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    for client in (user, other, user, world.iam):
        client.get_role(RoleName="role")
        client.list_roles(PathPrefix="/", MaxItems=5)
        client.get_account_summary()
    session: Any = world.client("sts").get_session_token()
    world.client("sts", session["Credentials"]).get_caller_identity()
    assert len(lines.pieced) > 8
    assert lines.pieced == lines.encoded
    assert any(b'"statements":[{"policy":"user/reader' in line for line in lines.pieced)
