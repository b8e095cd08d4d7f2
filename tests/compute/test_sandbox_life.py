"""How sandboxes begin and end: failures to launch, a server killed without warning, and what must not be left."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
import uvloop
from tests.conformance.compute import harness
from tests.conformance.compute.harness import launched, output, spec

from tabard.compute.port import LaunchError
from tabard.compute.sandbox import cgroups
from tabard.compute.sandbox.driver import SandboxDriver
from tabard.compute.sandbox.homes import owner

_ROOT = Path(__file__).parents[2]
_OURS = f"i-{os.getpid():x}"  # other servers on this machine have groups of their own


@pytest.fixture(autouse=True)
def _needs_sandboxes() -> None:
    harness.factory("sandbox")


def _descendants(pid: int) -> set[int]:
    """The processes below one."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found |= {int(child), *_descendants(int(child))}
    return found


def _runs(pid: int) -> bool:
    """Whether a process exists and is more than a zombie that the system's process 1 has yet to reap."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def _open_descriptors() -> set[str]:
    gc.collect()
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        if link.is_symlink():
            found.add(f"{link.name} {link.readlink()}")
    return found


def _groups() -> list[Path]:
    return [
        directory
        for hierarchy in cgroups.discover()._hierarchies
        for directory in hierarchy.base.glob(f"{_OURS}*")
    ]


def test_a_launch_leaves_nothing_open_and_nothing_behind(tmp_path: Path) -> None:
    async def whole() -> None:
        driver = SandboxDriver()
        async with launched(driver, spec(tmp_path, f"{_OURS}-warm")) as machine:
            await output(machine, "true")
        before = _open_descriptors()
        for number in range(3):
            async with launched(driver, spec(tmp_path, f"{_OURS}-{number}")) as machine:
                await asyncio.gather(*(output(machine, "true") for _ in range(5)))
        assert {entry for entry in _open_descriptors() - before if "/proc/" not in entry} == set()
        await driver.close()

    others = _descendants(os.getpid())  # a server that this worker's tests share
    asyncio.run(whole())
    assert _descendants(os.getpid()) <= others
    assert _groups() == []


def test_the_servers_own_event_loop_does_as_well(tmp_path: Path) -> None:
    async def whole() -> None:
        driver = SandboxDriver()
        async with launched(driver, spec(tmp_path, f"{_OURS}-uv")) as machine:
            completed = await harness.shell(machine, "cat; exit 4", stdin=b"x" * 200_000)
            assert (len(completed.stdout), completed.status.code) == (200_000, 4)
        await driver.close()

    uvloop.run(whole())


def test_many_start_at_once(tmp_path: Path) -> None:
    async def whole() -> set[str]:
        driver = SandboxDriver()
        machines = await asyncio.gather(
            *(
                driver.launch(spec(tmp_path, f"{_OURS}-{number}", memory_bytes=64 << 20))
                for number in range(20)
            )
        )
        names = {machine.instance_id for machine in machines}
        for machine in machines:
            machine.metadata_socket.close()
            machine.api_socket.close()
        await driver.close()
        return names

    assert len(asyncio.run(whole())) == 20


def test_a_server_killed_without_warning_takes_its_instances_along(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from tabard.compute.sandbox.driver import SandboxDriver
        from tests.conformance.compute.harness import output, spec

        async def main():
            driver = SandboxDriver()
            machines = [await driver.launch(spec(Path(sys.argv[1]), f"{sys.argv[2]}-killed{number}")) for number in range(3)]
            for machine in machines:
                await machine.spawn(["/bin/bash", "-c", "trap '' TERM HUP INT; setsid sleep 987 & sleep 986"])
            print("up", flush=True)
            await asyncio.Event().wait()

        asyncio.run(main())
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path), _OURS],
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env=environment,
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"up\n"
        below = _descendants(server.pid)
        inside = {pid for pid in below if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep")}
        assert len(below) >= 4
        server.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    alive = below | inside
    while alive and time.monotonic() < deadline:
        alive = {pid for pid in alive if _runs(pid)}
        time.sleep(0.01)
    assert alive == set()
    left = _groups()
    asyncio.run(SandboxDriver().close())  # the next start sweeps
    assert not any(group.exists() for group in left)
    assert f"{_OURS}-killed" not in Path("/proc/self/mountinfo").read_text()


def test_the_launcher_is_started_again_when_it_was_ended(tmp_path: Path) -> None:
    async def whole() -> None:
        driver = SandboxDriver()
        async with launched(driver, spec(tmp_path, f"{_OURS}-1")) as first:
            process = driver._launcher._process
            assert process is not None
            process.kill()
            await process.wait()
            assert await output(first, "echo unharmed") == "unharmed\n"
            async with launched(driver, spec(tmp_path, f"{_OURS}-2")) as second:
                assert await output(second, "echo new") == "new\n"
        await driver.close()

    asyncio.run(whole())


def test_an_instance_that_kills_everything_it_can_ends_only_itself(tmp_path: Path) -> None:
    async def whole() -> None:
        driver = SandboxDriver()
        async with (
            launched(driver, spec(tmp_path, f"{_OURS}-1")) as one,
            launched(driver, spec(tmp_path, f"{_OURS}-2")) as two,
        ):
            await harness.shell(one, "kill -9 -1")
            assert await output(one, "echo alive") == "alive\n"
            assert await output(two, "echo alive") == "alive\n"
        await driver.close()

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"private_ip": "not an address"}, "illegal IP address"),
        ({"api_address": ("203.0.113.300", 80)}, "illegal IP address"),
        ({"tools": Path("/nonexistent")}, "holds no AWS CLI"),
        ({"binds": [Path("/nonexistent/path")]}, "/nonexistent/path: No such file or directory"),
        ({"hostname": "x" * 100}, "sethostname"),
        ({"home": Path("/proc/no-home/here")}, "/proc/no-home"),
    ],
)
def test_a_launch_that_fails_says_why_and_leaves_nothing(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    async def whole() -> None:
        driver = SandboxDriver()
        with pytest.raises(LaunchError, match=message):
            await driver.launch(spec(tmp_path, f"{_OURS}-fails", **changes))
        async with launched(driver, spec(tmp_path, f"{_OURS}-next")) as machine:
            assert await output(machine, "echo next") == "next\n"
        await driver.close()

    others = _descendants(os.getpid())  # a server that this worker's tests share
    asyncio.run(whole())
    assert _descendants(os.getpid()) <= others
    assert _groups() == []


def test_an_interpreter_that_does_not_exist_is_a_launch_error(tmp_path: Path) -> None:
    async def whole() -> None:
        driver = SandboxDriver("/no/such/python")
        with pytest.raises(LaunchError, match="/no/such/python"):
            await driver.launch(spec(tmp_path))
        found = await driver.probe()
        assert not found.ok
        assert "/no/such/python" in found.problems[0].what
        await driver.close()

    asyncio.run(whole())


def test_a_home_whose_range_of_ids_is_taken_changes_hands(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("ranges of ids are root's")

    async def whole() -> None:
        driver = SandboxDriver()
        async with launched(driver, spec(tmp_path, f"{_OURS}-1")) as machine:
            await output(machine, "mkdir -p a/b; echo deep > a/b/c; ln -s /etc/passwd link; chmod 600 a/b/c")
        home = tmp_path / f"{_OURS}-1" / "home"
        first = owner(home)
        assert first is not None
        driver._ranges._used.add(first - 1000)
        async with launched(driver, spec(tmp_path, f"{_OURS}-1")) as machine:
            assert owner(home) != first
            assert await output(machine, "cat a/b/c; stat -c %U a/b/c link") == "deep\nec2-user\nec2-user\n"
        await driver.close()

    outside = Path("/etc/passwd").stat().st_uid
    asyncio.run(whole())
    assert Path("/etc/passwd").stat().st_uid == outside


def test_root_of_a_narrow_namespace_never_becomes_ec2_user() -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root and unshare(1)")
    program = textwrap.dedent("""
        import asyncio
        from tabard.compute.sandbox.driver import SandboxDriver

        async def main():
            driver = SandboxDriver()
            print(await driver.probe())
            await driver.close()

        asyncio.run(main())
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    words = ["unshare", "--user", "--map-root-user", sys.executable, "-c", program]
    done = subprocess.run(
        words, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert "ec2-user would be the host's root" in done.stdout
