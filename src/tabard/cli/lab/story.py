"""The order of the chapters, and their telling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tabard.cli.lab import claims
from tabard.cli.lab.chapters import (
    assume,
    attach,
    delete,
    detach,
    disk,
    known,
    login,
    machine,
    pass_role,
    policy,
    regions,
    replace,
    role,
    trust,
)
from tabard.cli.lab.claims import BrokenClaim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tabard.cli.lab.lab import Lab


class Chapter(Protocol):
    """What a module of ``chapters`` has."""

    @property
    def TITLE(self) -> str:  # noqa: N802 - a module's constant
        """What it is about."""
        ...

    @property
    def NEEDS(self) -> tuple[str, ...]:  # noqa: N802 - a module's constant
        """What of the stage must be there."""
        ...

    def tell(self, lab: Lab) -> None:
        """Tell it."""
        ...


CHAPTERS: Mapping[str, Chapter] = {
    "role": role,
    "machine": machine,
    "login": login,
    "attach": attach,
    "disk": disk,
    "known": known,
    "policy": policy,
    "replace": replace,
    "detach": detach,
    "trust": trust,
    "pass": pass_role,
    "regions": regions,
    "assume": assume,
    "delete": delete,
}


def tell(lab: Lab, names: Sequence[str] = tuple(CHAPTERS)) -> None:
    """Tell these chapters. Raises ``BrokenClaim`` at the first claim that does not hold."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        for name in names:
            chapter = CHAPTERS[name]
            lab.chapter_name = name
            lab.transcript.chapter(chapter.TITLE)
            try:
                lab.stage.need(*chapter.NEEDS)
                chapter.tell(lab)
            except (BotoCoreError, ClientError) as error:
                raise BrokenClaim(
                    f"{name}/stage", "What the chapter builds on can be made", "a reply", str(error)
                ) from None
            lab.transcript.chapter_ends()
    finally:
        lab.cleanup.close()


def end(lab: Lab) -> None:
    """End the server, and look for what it left. Raises ``BrokenClaim``."""
    left = lab.server.stop()
    says = claims.check("nothing-left", holds=not left, expected="nothing", seen="\n".join(left))
    lab.transcript.kept(says)
