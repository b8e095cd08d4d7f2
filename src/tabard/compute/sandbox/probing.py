"""Whether this host lets sandboxes start, found out by starting one, and the remedy where it does not."""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tabard.compute import guest
from tabard.compute.port import ComputeError, Machine, MachineSpec, Probe, Problem
from tabard.compute.run import run
from tabard.compute.sandbox.inside import seccomp

if TYPE_CHECKING:
    from collections.abc import Mapping

_OLDEST_KERNEL = (5, 12)  # mount_setattr(2)


class Launches(Protocol):
    """The part of a driver that a probe needs."""

    async def launch(self, spec: MachineSpec) -> Machine:
        """Start a machine."""
        ...


async def probe(driver: Launches, enforced: Mapping[str, str], *, with_ranges: bool) -> Probe:
    """Check the host's settings, then launch a machine that runs one command and ends."""
    limits: dict[str, str | None] = {
        "cpu": enforced.get("cpu"),
        "memory": enforced.get("memory"),
        "processes": enforced.get("pids", "resource limit of the user in the instance"),
    }
    missing = ", ".join(name for name, mechanism in limits.items() if mechanism is None)
    notes = []
    if missing:
        notes.append(
            f"{missing}: no limit is enforced, since this user may make no control groups here. "
            "Run as root, or with a delegated group: systemd-run --user --scope -p Delegate=yes …"
        )
    if not with_ranges:
        notes.append("without root, files of the host's root show as nobody's inside the instances")
    if not seccomp.supported():
        notes.append(
            f"no system call filter for {platform.machine()}: the instances' kernel is less shielded"
        )
    problems = _known_problems()
    if not problems:
        problems = await _trial(driver)
    return Probe(problems=tuple(problems), limits=limits, notes=tuple(notes))


def _known_problems() -> list[Problem]:
    if platform.system() != "Linux":
        return [Problem("the sandbox needs Linux", "run Tabard in a Linux machine or container")]
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdigit())
    if release < _OLDEST_KERNEL:
        return [Problem(f"Linux {platform.release()} is too old", "Linux 5.12 or newer is needed")]
    if not Path(guest.SHELL).exists():
        return [Problem(f"{guest.SHELL} is missing", "install the package bash")]
    return _forbidden_by_settings()


def _forbidden_by_settings() -> list[Problem]:
    problems = []
    if _setting("user/max_user_namespaces") == "0":
        problems.append(
            Problem(
                "user namespaces are switched off (user.max_user_namespaces is 0)",
                "sudo sysctl -w user.max_user_namespaces=15000",
            )
        )
    if os.geteuid() != 0:
        if _setting("kernel/unprivileged_userns_clone") == "0":
            problems.append(
                Problem(
                    "user namespaces are forbidden to plain users (kernel.unprivileged_userns_clone is 0)",
                    "sudo sysctl -w kernel.unprivileged_userns_clone=1, or run as root",
                )
            )
        if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
            problems.append(
                Problem(
                    "AppArmor forbids user namespaces to plain users "
                    "(kernel.apparmor_restrict_unprivileged_userns is 1)",
                    "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run as root",
                )
            )
    return problems


def _setting(name: str) -> str | None:
    try:
        return Path("/proc/sys", name).read_text().strip()
    except OSError:
        return None


async def _trial(driver: Launches) -> list[Problem]:
    with tempfile.TemporaryDirectory(prefix="tabard-probe-") as folder:
        spec = MachineSpec(
            instance_id="i-probe",
            hostname="probe",
            private_ip="172.31.0.4",
            home=Path(folder, "home"),
            api_address=("169.254.170.2", 80),
            memory_bytes=64 << 20,
            max_processes=32,
        )
        try:
            machine = await driver.launch(spec)
        except ComputeError as error:
            return [Problem(f"a sandbox does not start: {error}", _remedy(str(error)))]
        machine.metadata_socket.close()
        machine.api_socket.close()
        try:
            completed = await run(machine, [guest.SHELL, "-c", "echo ready"], timeout=10)
        except (ComputeError, TimeoutError) as error:
            return [Problem(f"a command does not run in a sandbox: {error}", "see the server's log")]
        finally:
            await machine.terminate(grace=0)
    if completed.stdout != b"ready\n":
        text = completed.stderr.decode(errors="replace").strip()
        return [Problem(f"a command fails in a sandbox: {text or completed.status}", "see the server's log")]
    return []


def _remedy(error: str) -> str:
    if "host's root" in error:
        return "run outside that user namespace, or as a plain user"
    if "mount proc" in error:
        return (
            "/proc is masked here, as in a container: start it with --security-opt systempaths=unconfined "
            "(Podman: --security-opt unmask=ALL)"
        )
    if "unshare" in error or "uid_map" in error or "Operation not permitted" in error:
        return (
            "the kernel or a security module forbids user namespaces: in a container start it with "
            "--security-opt seccomp=unconfined --security-opt apparmor=unconfined; elsewhere run as root"
        )
    return "tabard doctor shows the host's settings"
