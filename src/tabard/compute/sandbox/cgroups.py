"""CPU, memory and process limits by control groups: version 2, version 1, or the mixture of both; where the
host allows.

https://docs.kernel.org/admin-guide/cgroup-v2.html and https://docs.kernel.org/admin-guide/cgroup-v1/
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tabard.compute.port import LaunchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONTROLLERS = ("cpu", "memory", "pids")
_PARENT = "tabard"
_PERIOD = 100_000  # microseconds


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A directory below which groups can be made, and the controllers that they get there."""

    base: Path
    version: int
    controllers: tuple[str, ...]

    def settings(self, cpu: float, memory_bytes: int, processes: int) -> dict[str, str]:
        """The files to write for these limits."""
        quota = max(1000, int(cpu * _PERIOD))
        if self.version == 2:
            wanted = {
                "cpu": {"cpu.max": f"{quota} {_PERIOD}"},
                "memory": {"memory.max": str(memory_bytes), "memory.swap.max": "0"},
                "pids": {"pids.max": str(processes)},
            }
        else:
            wanted = {
                "cpu": {"cpu.cfs_period_us": str(_PERIOD), "cpu.cfs_quota_us": str(quota)},
                "memory": {
                    "memory.limit_in_bytes": str(memory_bytes),
                    "memory.memsw.limit_in_bytes": str(memory_bytes),
                },
                "pids": {"pids.max": str(processes)},
            }
        return {name: value for controller in self.controllers for name, value in wanted[controller].items()}


_OPTIONAL = {"memory.swap.max", "memory.memsw.limit_in_bytes"}  # kernels without accounting of swap lack them


class Group:
    """The groups of one instance, one per hierarchy, with their settings."""

    def __init__(self, directories: dict[Path, dict[str, str]]) -> None:
        self._directories = directories

    def make(self) -> None:
        """Make the groups and set their limits. Raises OSError."""
        for directory, settings in self._directories.items():
            _make(directory, settings)

    def attach(self, pid: int) -> None:
        """Put a process, and so all that it will start, under the limits."""
        for directory, settings in self._directories.items():
            try:
                (directory / "cgroup.procs").write_text(str(pid))
            except FileNotFoundError:  # swept by a server that cannot see this one, from another container
                _make(directory, settings)
                (directory / "cgroup.procs").write_text(str(pid))

    def discard(self) -> None:
        """Remove groups that never held a process."""
        for directory in self._directories:
            _removed(directory)

    async def remove(self) -> None:
        """Remove the groups once the kernel has let go of their last process."""
        for attempt in range(20):
            if all(_removed(directory) for directory in self._directories):
                return
            await asyncio.sleep(0.005 * (attempt + 1))


class ControlGroups:
    """What this host and this user can enforce."""

    def __init__(self, hierarchies: Iterable[Hierarchy]) -> None:
        self._hierarchies = tuple(hierarchies)
        self._server = f"{os.getpid()}-{_started(os.getpid())}"

    @property
    def enforced(self) -> Mapping[str, str]:
        """The controllers at hand and what enforces them."""
        return {
            controller: f"control groups, version {hierarchy.version}"
            for hierarchy in self._hierarchies
            for controller in hierarchy.controllers
        }

    def create(self, instance_id: str, cpu: float, memory_bytes: int, processes: int) -> Group:
        """Make the groups of an instance. Raises ``LaunchError``."""
        name = f"{instance_id}.{secrets.token_hex(4)}.{self._server}"
        group = Group(
            {
                hierarchy.base / name: hierarchy.settings(cpu, memory_bytes, processes)
                for hierarchy in self._hierarchies
            }
        )
        try:
            group.make()
        except OSError as error:
            group.discard()
            raise LaunchError(f"the limits cannot be set: {error}") from error
        return group

    def sweep(self) -> None:
        """Remove the groups that killed servers left behind: another living server may be about to fill its
        own."""
        for hierarchy in self._hierarchies:
            with contextlib.suppress(OSError):
                for directory in hierarchy.base.iterdir():
                    if directory.is_dir() and not _server_lives(directory.name):
                        _removed(directory)

    def close(self) -> None:
        """Remove the common parents if they are empty."""
        for hierarchy in self._hierarchies:
            _removed(hierarchy.base)


def _make(directory: Path, settings: dict[str, str]) -> None:
    directory.mkdir(parents=True)
    for setting, value in settings.items():
        if setting not in _OPTIONAL or (directory / setting).exists():
            (directory / setting).write_text(value)


def _started(pid: int) -> str | None:
    """When a process started, in the kernel's ticks: with its id it names a process for good. None where it
    is gone."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


def _server_lives(group: str) -> bool:
    pid, _, started = group.rpartition(".")[2].partition("-")
    return pid.isdigit() and _started(int(pid)) == started


def _removed(directory: Path) -> bool:
    try:
        directory.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def discover() -> ControlGroups:
    """Find out where this process may make groups, by making the parent of the instances' groups there."""
    memberships = _memberships(Path("/proc/self/cgroup").read_text())
    mounts = _mounts(Path("/proc/self/mountinfo").read_text())
    hierarchies: list[Hierarchy] = []
    left = list(CONTROLLERS)
    for kind, root, point, options in mounts:
        if not left:
            break
        if kind == "cgroup":
            found = [controller for controller in left if controller in options]
            if not found:
                continue
            hierarchy = _version_1(_own(memberships.get(found[0], "/"), root, point), found)
        else:
            hierarchy = _version_2(point, _own(memberships.get("", "/"), root, point), left)
        if hierarchy is not None and hierarchy.controllers:
            hierarchies.append(hierarchy)
            left = [controller for controller in left if controller not in hierarchy.controllers]
    return ControlGroups(hierarchies)


def _memberships(text: str) -> dict[str, str]:
    """Controller (empty for version 2) to this process's group."""
    found = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = path
    return found


def _mounts(text: str) -> list[tuple[str, str, Path, list[str]]]:
    """Kind, root, mount point and options of the mounted hierarchies."""
    found = []
    for line in text.splitlines():
        head, _, tail = line.partition(" - ")
        kind, _, options = tail.split(" ", 2)
        if kind in {"cgroup", "cgroup2"}:
            fields = head.split(" ")
            found.append((kind, fields[3], Path(fields[4]), options.split(",")))
    return found


def _own(membership: str, root: str, point: Path) -> Path:
    if root != "/" and (membership + "/").startswith(root + "/"):
        membership = membership[len(root) :]
    return point / membership.lstrip("/")


def _version_1(own: Path, controllers: list[str]) -> Hierarchy | None:
    base = own / _PARENT
    if not _made(base):
        return None
    if not os.access(base / "cgroup.procs", os.W_OK):
        return None
    return Hierarchy(base, 1, tuple(controllers))


def _version_2(point: Path, own: Path, wanted: list[str]) -> Hierarchy | None:
    """Groups with limits need a parent without processes: the true root, or an ancestor that was delegated to
    this user."""
    is_true_root = not (point / "cgroup.events").exists()
    ancestors = [ancestor for ancestor in own.parents if ancestor == point or point in ancestor.parents]
    for parent in [point] if is_true_root and os.geteuid() == 0 else ancestors:
        if not os.access(parent / "cgroup.procs", os.W_OK) or (not is_true_root and _populated(parent)):
            continue
        base = parent / _PARENT
        if not _made(base):
            continue
        for directory in (parent, base):
            for controller in wanted:
                with contextlib.suppress(OSError):
                    (directory / "cgroup.subtree_control").write_text(f"+{controller}")
        enabled = (base / "cgroup.subtree_control").read_text().split()
        return Hierarchy(base, 2, tuple(controller for controller in wanted if controller in enabled))
    return None


def _populated(directory: Path) -> bool:
    try:
        return bool((directory / "cgroup.procs").read_text().strip())
    except OSError:
        return True


def _made(directory: Path) -> bool:
    try:
        directory.mkdir(exist_ok=True)
    except OSError:
        return False
    return True
