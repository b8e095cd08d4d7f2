# The paths lie in the instance (S108), and pathlib would only add to every instance's memory:
# ruff: noqa: S108, PTH101, PTH102, PTH103, PTH110, PTH120, PTH123, PTH211
"""The instance's root file system: the host's user land read-only, a generated ``/etc``, and little that can
be written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tabard.compute.sandbox.inside import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable

STAGING = "/tmp"  # only a mount point inside the new mount namespace; nothing is written to the host's own
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_READ_ONLY = kernel.MOUNT_ATTR_RDONLY | kernel.MOUNT_ATTR_NOSUID | kernel.MOUNT_ATTR_NODEV
_HOME_ATTRIBUTES = kernel.MOUNT_ATTR_NOSUID | kernel.MOUNT_ATTR_NODEV
_TMPFS_FLAGS = kernel.MS_NOSUID | kernel.MS_NODEV
_SEALED_IN_PROC = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi")


class Trees:
    """Detached copies of the host's mounts that the instance will see, opened while their paths can still be
    reached."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.binds = [(_open(source, _READ_ONLY), source, target) for source, target in config["binds"]]
        self.home = _open(config["home"], _HOME_ATTRIBUTES)
        self.devices = [(kernel.open_tree(f"/dev/{name}"), name) for name in _DEVICES]


def _open(path: str, attributes: int) -> int:
    tree = kernel.open_tree(path)
    kernel.set_mount_attributes(tree, attributes)
    return tree


def build(config: dict[str, Any], trees: Trees) -> None:
    """Put the root file system together at ``STAGING``; ``/proc`` is left to process 1."""
    _tmpfs("", "mode=0755,size=16m,nr_inodes=4096")
    for directory in ("dev", "proc", "sys", "etc", "home", "run", "var", "opt", "mnt", "srv", "root"):
        os.mkdir(f"{STAGING}/{directory}", 0o755)
    _writable_directories(config)
    for tree, source, target in trees.binds:
        _attach(tree, target, directory=_is_directory(tree, source))
    for target, link in config["symlinks"]:
        os.symlink(link, STAGING + target)
    for target, text in config["files"].items():
        _write(target, text, 0o644)
    for target, text in config["executables"].items():
        _write(target, text, 0o755)
    _attach(trees.home, config["home_inside"], directory=True)
    _devices(trees)


def _is_directory(tree: int, source: str) -> bool:
    import stat

    try:
        return stat.S_ISDIR(os.fstat(tree).st_mode)
    except OSError as error:
        raise OSError(error.errno, f"stat {source}: {error.strerror}") from error


def _tmpfs(target: str, options: str) -> None:
    kernel.mount("tmpfs", STAGING + target, "tmpfs", _TMPFS_FLAGS, options)


def _writable_directories(config: dict[str, Any]) -> None:
    """One tmpfs, so that one size bounds them all, seen at each of the places that programs expect to write
    to."""
    os.mkdir(f"{STAGING}/tmp")
    _tmpfs("/tmp", f"mode=0755,size={config['scratch_bytes']},nr_inodes={config['scratch_files']}")
    user = config["user"]
    places = {
        "/tmp": 0o1777,
        "/var/tmp": 0o1777,
        "/dev/shm": 0o1777,
        "/var/log": 0o755,
        f"/run/user/{user}": 0o700,
    }
    staged = f"{STAGING}/tmp"
    for number, (place, mode) in enumerate(places.items()):
        os.mkdir(f"{staged}/{number}")
        os.chmod(f"{staged}/{number}", mode)
        if not mode & 0o002:
            os.chown(f"{staged}/{number}", user, user)
        if place != "/tmp":
            os.makedirs(STAGING + place)
            kernel.mount(f"{staged}/{number}", STAGING + place, None, kernel.MS_BIND)
    kernel.mount(f"{staged}/0", staged, None, kernel.MS_BIND)
    os.symlink("/run", f"{STAGING}/var/run")


def _attach(tree: int, target: str, *, directory: bool) -> None:
    if directory:
        os.makedirs(STAGING + target, exist_ok=True)
    else:
        _write(target, "", 0o644)
    kernel.move_mount(tree, STAGING + target)
    os.close(tree)


def _write(target: str, text: str, mode: int) -> None:
    os.makedirs(os.path.dirname(STAGING + target), exist_ok=True)
    with open(STAGING + target, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    os.chmod(STAGING + target, mode)


def _devices(trees: Trees) -> None:
    for tree, name in trees.devices:
        _attach(tree, f"/dev/{name}", directory=False)
    os.mkdir(f"{STAGING}/dev/pts")
    options = "newinstance,ptmxmode=0666,mode=0620"
    kernel.mount("devpts", f"{STAGING}/dev/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC, options)
    os.symlink("pts/ptmx", f"{STAGING}/dev/ptmx")
    links = (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"))
    for name, link in links:
        os.symlink(link, f"{STAGING}/dev/{name}")


def mount_proc() -> None:
    """Mount ``/proc`` for this process's own process namespace, forbid nested user namespaces, and seal its
    settings."""
    proc = f"{STAGING}/proc"
    kernel.mount("proc", proc, "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    with open(f"{proc}/sys/user/max_user_namespaces", "w") as limit:
        limit.write("0")
    _seal(f"{proc}/{name}" for name in _SEALED_IN_PROC)


def _seal(paths: Iterable[str]) -> None:
    for path in paths:
        if os.path.exists(path):
            kernel.mount(path, path, None, kernel.MS_BIND | kernel.MS_REC)
            kernel.make_read_only(path)


def enter() -> None:
    """Make the file system at ``STAGING`` the root, read-only, with nothing of the host's behind it."""
    os.chdir(STAGING)
    kernel.pivot_to_working_directory()
    kernel.make_read_only("/")
