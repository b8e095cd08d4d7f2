"""An instance's home directory on the host: made at its first boot, and owned by whoever ec2-user is on the
host."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from tabard.compute import guest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tabard.compute.port import MachineSpec


def owner(home: Path) -> int | None:
    """The host's user id that owns the home; None where it does not exist."""
    try:
        return home.lstat().st_uid
    except FileNotFoundError:
        return None


def prepare(spec: MachineSpec, user: int | None) -> bool:
    """Make the home with its skeleton if it does not exist, and give it to ``user``. True where it was made.

    ``user`` is None where ec2-user is the server's own user. An existing home is not written to: its links
    may lead anywhere. It changes hands only when the instance's range of ids changed, file by file and
    following no link.
    """
    home = spec.home
    made = not home.exists()
    if made:
        home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = home.with_name(f".{home.name}.{os.getpid()}")
        _write_skeleton(unfinished, spec.authorized_keys)
        if user is not None:
            _give(unfinished, user)
        unfinished.rename(home)  # a home exists only when it is whole, so a crash cannot lose the keys
    elif user is not None and home.lstat().st_uid != user:
        _give(home, user)
    return made


def _write_skeleton(home: Path, keys: Iterable[str]) -> None:
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(mode=0o700)
    for name, text in guest.SKELETON.items():
        _write(home / name, text, 0o644)
    (home / ".ssh").mkdir(mode=0o700)
    lines = "".join(f"{key.strip()}\n" for key in keys)
    _write(home / ".ssh" / "authorized_keys", lines, 0o600)


def _write(path: Path, text: str, mode: int) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def _give(home: Path, user: int) -> None:
    for _, directories, files, descriptor in os.fwalk(home, topdown=False, follow_symlinks=False):
        for name in [*directories, *files]:
            os.chown(name, user, user, dir_fd=descriptor, follow_symlinks=False)
    os.chown(home, user, user, follow_symlinks=False)  # last: the owner says that all below is done


def delete(home: Path) -> None:
    """Delete a home and all that the guest left there, also in directories that it closed to itself."""
    if home.is_symlink() or not home.is_dir():
        home.unlink(missing_ok=True)
        return
    for _, directories, _, descriptor in os.fwalk(home, follow_symlinks=False, onerror=_raise):
        for name in directories:
            _open_up(name, descriptor)
    shutil.rmtree(home)


def _open_up(name: str, parent: int) -> None:
    """Let the owner into a directory, unless it is a link."""
    if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        os.chmod(name, 0o700, dir_fd=parent)


def _raise(error: OSError) -> None:
    raise error
