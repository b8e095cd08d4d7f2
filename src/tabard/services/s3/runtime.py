"""What S3 needs of a node beside its store: the keeper of the objects' bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tabard.objects.port import ObjectBytes
    from tabard.services.node import Node
    from tabard.services.operation import Call

OBJECTS = "objects"
"""The name of the keeper among a node's extensions."""


def objects_of(node: Node) -> ObjectBytes:
    """The node's keeper of bytes."""
    return cast("ObjectBytes", node.extensions[OBJECTS])


def discard(call: Call, blobs: Sequence[str]) -> None:
    """Delete bytes that nothing names any more, once the transaction that freed them is durable."""
    if blobs:
        keeper = objects_of(call.node)
        call.after(lambda: keeper.delete(blobs))


async def sweep_orphans(node: Node, before: float) -> int:
    """Delete bytes older than ``before`` that no object and no part holds; returns how many blobs.

    To be run at the start, with the time of the start: what a crash left between bytes and row, or between row and
    deletion, goes here.
    """
    return await objects_of(node).sweep(node.store.read().s3.known_blobs, before)
