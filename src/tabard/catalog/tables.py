"""The catalogue's file format: a small index, and bodies in compressed blocks, inflated one at a time.

``NAME.index`` is JSON under zlib, read whole. ``NAME.bodies`` is a row of LZMA streams (the alone
format, which has the least overhead); an index row says where a block starts, how long it is, and where
in it the body lies.
"""

from __future__ import annotations

import lzma
import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parent / "data"
BLOCKS_KEPT = 4
"""Inflated blocks kept in memory, some 64 to 256 KiB each."""


class Body(NamedTuple):
    """Where a body lies: its block in the file (bytes), and its span in the inflated block (bytes)."""

    block_offset: int
    block_length: int
    start: int
    length: int


def read_index(name: str, folder: Path = DATA) -> bytes:
    """The inflated index of a table; raises ``FileNotFoundError`` when the installation is incomplete."""
    return zlib.decompress((folder / f"{name}.index").read_bytes())


def read_body(name: str, body: Body, folder: Path = DATA) -> bytes:
    """One body of a table, inflating its block unless it is among the few kept."""
    block = _block(name, body.block_offset, body.block_length, folder)
    return block[body.start : body.start + body.length]


@lru_cache(maxsize=BLOCKS_KEPT)
def _block(name: str, offset: int, length: int, folder: Path) -> bytes:
    with (folder / f"{name}.bodies").open("rb") as file:
        file.seek(offset)
        return lzma.decompress(file.read(length))
