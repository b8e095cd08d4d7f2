"""The SFTP server's own protocol, without a network: what clients rarely or never send."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabard.compute.sandbox.inside.sftp_server import BadMessageError, SftpServer

if TYPE_CHECKING:
    from pathlib import Path

_STATUS, _HANDLE, _DATA, _NAME, _ATTRS = 101, 102, 103, 104, 105


def _string(data: bytes | Path) -> bytes:
    encoded = data if isinstance(data, bytes) else os.fsencode(data)
    return struct.pack(">I", len(encoded)) + encoded


class Client:
    """Sends requests and takes replies apart."""

    def __init__(self) -> None:
        self.server = SftpServer()

    def ask(self, kind: int, body: bytes) -> tuple[int, bytes]:
        reply = self.server.reply(struct.pack(">BI", kind, 77) + body)
        assert reply[1:5] == struct.pack(">I", 77)
        return reply[0], reply[5:]

    def status(self, kind: int, body: bytes) -> int:
        found, rest = self.ask(kind, body)
        assert found == _STATUS
        return int.from_bytes(rest[:4], "big")

    def open(self, path: Path, flags: int) -> bytes:
        found, rest = self.ask(3, _string(path) + struct.pack(">II", flags, 0))
        assert found == _HANDLE
        return rest


def test_the_greeting_names_version_three_and_the_extensions() -> None:
    reply = SftpServer().reply(struct.pack(">BI", 1, 3))
    assert reply[:5] == b"\x02\x00\x00\x00\x03"
    assert b"posix-rename@openssh.com" in reply


def test_write_read_and_end_of_file(tmp_path: Path) -> None:
    client = Client()
    handle = client.open(tmp_path / "file", 2 | 8 | 16)
    assert client.status(6, handle + struct.pack(">Q", 0) + _string(b"hello world")) == 0
    assert client.status(4, handle) == 0
    handle = client.open(tmp_path / "file", 1)
    assert client.ask(5, handle + struct.pack(">QI", 6, 100)) == (_DATA, _string(b"world"))
    assert client.status(5, handle + struct.pack(">QI", 11, 100)) == 1
    assert client.status(4, handle) == 0
    assert client.status(4, handle) != 0, "closed twice"


def test_rename_does_not_overwrite_and_the_extension_does(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("new text")
    (tmp_path / "new").write_text("old text")
    client = Client()
    names = _string(tmp_path / "old") + _string(tmp_path / "new")
    assert client.status(18, names) == 4
    assert (tmp_path / "new").read_text() == "old text"
    assert client.status(200, _string(b"posix-rename@openssh.com") + names) == 0
    assert (tmp_path / "new").read_text() == "new text"


def test_directories_attributes_and_links(tmp_path: Path) -> None:
    client = Client()
    assert client.status(14, _string(tmp_path / "d") + struct.pack(">II", 4, 0o700)) == 0
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700
    for number in range(250):
        (tmp_path / "d" / f"{number}").touch()
    _, handle = client.ask(11, _string(tmp_path / "d"))
    counts = []
    while (reply := client.ask(12, handle))[0] == _NAME:
        counts.append(int.from_bytes(reply[1][:4], "big"))
    assert sum(counts) == 250
    assert client.status(20, _string(b"target") + _string(tmp_path / "link")) == 0
    assert (tmp_path / "link").readlink().name == "target"
    assert client.ask(19, _string(tmp_path / "link"))[0] == _NAME
    assert client.status(9, _string(tmp_path / "d" / "1") + struct.pack(">IQ", 1, 12)) == 0
    assert (tmp_path / "d" / "1").stat().st_size == 12
    assert client.ask(17, _string(tmp_path / "d"))[0] == _ATTRS
    assert client.status(17, _string(tmp_path / "missing")) == 2
    assert client.status(15, _string(tmp_path / "d")) == 4, "not empty"


def test_too_many_open_files_are_refused(tmp_path: Path) -> None:
    client = Client()
    (tmp_path / "file").touch()
    handles = [client.open(tmp_path / "file", 1) for _ in range(256)]
    assert client.status(3, _string(tmp_path / "file") + struct.pack(">II", 1, 0)) == 4
    for handle in handles:
        client.status(4, handle)


@pytest.mark.parametrize("kind", [0, 2, 21, 99, 101, 255])
def test_unknown_requests_are_unsupported(kind: int) -> None:
    assert Client().status(kind, b"") == 8


def test_a_path_with_a_null_byte_is_a_bad_message() -> None:
    assert Client().status(17, _string(b"a\0b")) == 5


@given(kind=st.sampled_from([4, 5, 6, 7, 8, 12, 16, 17, 19, 200, 201]), body=st.binary(max_size=60))
def test_no_packet_breaks_the_server(kind: int, body: bytes) -> None:
    """Those kinds that change no file, since the bodies are arbitrary."""
    reply = SftpServer().reply(struct.pack(">BI", kind, 1) + body)
    assert reply[0] in {_STATUS, _HANDLE, _DATA, _NAME, _ATTRS, 201}


def test_an_empty_packet_ends_the_session() -> None:
    with pytest.raises(BadMessageError):
        SftpServer().reply(b"")
