"""Can instances run here, and within which limits? Found out by launching one, and by reading the kernel's settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tabard.cli.doctor.finding import Finding, ok, problem, warning

if TYPE_CHECKING:
    from tabard.compute.port import Probe

_HIGHEST_ID = 1 << 31  # above the ranges that instances are made of
_FEW_NAMESPACES = 256  # an instance takes one of each kind, and a launch another for a moment


async def instances() -> list[Finding]:
    """Launch an instance for nothing: the only check of namespaces that tells the truth about every kernel."""
    probe = await probe_instances()
    if probe.problems:
        return [problem("instances", found.what, found.remedy) for found in probe.problems]
    who = "root, a range of ids for each" if os.geteuid() == 0 else "a plain user, one id for each"
    findings = [ok("instances", f"a sandbox starts and runs commands (as {who})")]
    mechanisms = dict.fromkeys(how for how in probe.limits.values() if how is not None)
    enforced = "; ".join(
        f"{', '.join(name for name, by in probe.limits.items() if by == how)} by {how}" for how in mechanisms
    )
    missing = [name for name, how in probe.limits.items() if how is None]
    if missing:
        remedy = next((note for note in probe.notes if note.startswith(missing[0])), "")
        seen = f"{' and '.join(missing)} not enforced" + (f"; {enforced}" if enforced else "")
        findings.append(warning("limits", seen, remedy.partition(": ")[2] or remedy))
    else:
        findings.append(ok("limits", enforced))
    return findings


async def probe_instances() -> Probe:
    """Ask what would run instances what it can do on this machine."""
    from tabard.app import instance_driver

    driver = instance_driver()
    try:
        return await driver.probe()
    finally:
        await driver.close()


def settings() -> list[Finding]:
    """What the kernel's settings allow, beyond what the launch has shown."""
    return [_namespaces(), _id_range(), _control_groups()]


def _namespaces() -> Finding:
    most = _number("/proc/sys/user/max_user_namespaces")
    if most is None:
        return warning(
            "namespaces", "the kernel does not say how many it allows", "mount /proc, if this is a container"
        )
    if most == 0:
        return problem(
            "namespaces", "user namespaces are switched off", "sudo sysctl -w user.max_user_namespaces=15000"
        )
    if most < _FEW_NAMESPACES:
        return warning(
            "namespaces",
            f"only {most} user namespaces, and each instance takes one",
            "sudo sysctl -w user.max_user_namespaces=15000",
        )
    return ok("namespaces", f"up to {most} user namespaces")


def _id_range(table: Path = Path("/proc/self/uid_map")) -> Finding:
    """Root maps a range of ids for each instance; inside a container there may be too few to give away."""
    if os.geteuid() != 0:
        return ok("id ranges", "not needed by a plain user: instances use this user's own id")
    try:
        available = sum(int(row.split()[2]) for row in table.read_text(encoding="ascii").splitlines())
    except (OSError, ValueError, IndexError):
        return warning("id ranges", f"{table} cannot be read", "mount /proc, if this is a container")
    if available < _HIGHEST_ID:
        return problem(
            "id ranges",
            f"only {available} user ids in this container, and each instance takes 65,536 above them",
            "start Tabard as a plain user, or the container with a larger id map",
        )
    return ok("id ranges", f"{available:,} user ids to take ranges from")


def _control_groups(mount: Path = Path("/sys/fs/cgroup")) -> Finding:
    if (mount / "cgroup.controllers").exists():
        return ok("control groups", "version 2")
    if (mount / "unified").exists() or (mount / "memory").exists():
        return ok("control groups", "version 1" + (" (hybrid)" if (mount / "unified").exists() else ""))
    return warning("control groups", f"none at {mount}", "instances run without limits of memory and CPU")


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
