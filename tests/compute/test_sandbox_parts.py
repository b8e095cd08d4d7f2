"""The sandbox's parts alone: settings of the host, control groups, ranges of ids, tools, terminals and streams."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tabard.compute.port import ExitStatus, LaunchError
from tabard.compute.sandbox import cgroups, driver, homes, probing, tools
from tabard.compute.sandbox.id_ranges import IdRanges
from tabard.compute.sandbox.inside import seccomp
from tabard.compute.streams import DescriptorReader, DescriptorWriter
from tabard.compute.terminal import apply_modes


@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_a_forbidding_kernel_comes_with_its_remedy(
    setting: str, value: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_setting", lambda name: value if name == setting else None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (problem,) = probing._known_problems()
    assert remedy in problem.remedy
    assert setting.replace("/", ".") in problem.what


def test_settings_for_plain_users_do_not_stop_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_setting", lambda name: "0" if name.endswith("clone") else None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert probing._known_problems() == []


def test_an_old_kernel_and_another_system_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.release", lambda: "5.4.0-200-generic")
    assert "5.4.0" in probing._known_problems()[0].what
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert "Linux" in probing._known_problems()[0].what


def test_memberships_and_mounts_of_a_mixed_host() -> None:
    memberships = cgroups._memberships("9:name=systemd:/x\n5:cpu,cpuacct:/a/b\n4:memory:/m\n0::/u\n")
    assert (memberships["cpu"], memberships["memory"], memberships[""]) == ("/a/b", "/m", "/u")
    mounts = cgroups._mounts(
        "30 20 0:26 / /sys/fs/cgroup/cpu rw,relatime shared:1 - cgroup cgroup rw,cpu\n"
        "31 20 0:27 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "32 20 8:1 / /home rw - ext4 /dev/sda1 rw\n"
    )
    assert [(kind, str(point)) for kind, _, point, _ in mounts] == [
        ("cgroup", "/sys/fs/cgroup/cpu"),
        ("cgroup", "/sys/fs/cgroup/memory"),
    ]
    assert cgroups._own("/docker/x/y", "/docker/x", Path("/sys/fs/cgroup/memory")) == Path(
        "/sys/fs/cgroup/memory/y"
    )


def test_limits_in_the_words_of_both_versions(tmp_path: Path) -> None:
    second = cgroups.Hierarchy(tmp_path, 2, ("cpu", "memory", "pids")).settings(0.5, 1 << 30, 100)
    assert second == {
        "cpu.max": "50000 100000",
        "memory.max": "1073741824",
        "memory.swap.max": "0",
        "pids.max": "100",
    }
    first = cgroups.Hierarchy(tmp_path, 1, ("cpu", "pids")).settings(2, 1 << 30, 100)
    assert first == {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "200000", "pids.max": "100"}


def _version_2(point: Path, controllers: str, *, root: bool = False) -> None:
    point.mkdir(parents=True)
    for name, text in {
        "cgroup.procs": "",
        "cgroup.controllers": controllers,
        "cgroup.subtree_control": "",
    }.items():
        (point / name).write_text(text)
    if not root:
        (point / "cgroup.events").write_text("populated 1\n")


def test_a_delegated_group_is_used_beside_the_servers_own(tmp_path: Path) -> None:
    """A stand-in for the file system: a user's slice, delegated, whose scope holds the server."""
    _version_2(tmp_path / "cg", "cpu memory pids")
    _version_2(tmp_path / "cg" / "user", "memory pids")
    _version_2(tmp_path / "cg" / "user" / "server.scope", "memory pids")
    (tmp_path / "cg" / "user" / "tabard").mkdir()
    (tmp_path / "cg" / "user" / "tabard" / "cgroup.subtree_control").write_text("")
    (tmp_path / "cg" / "user" / "server.scope" / "cgroup.procs").write_text("1\n")
    found = cgroups._version_2(tmp_path / "cg", tmp_path / "cg" / "user" / "server.scope", ["memory"])
    assert found is not None
    assert found.base == tmp_path / "cg" / "user" / "tabard"
    assert (tmp_path / "cg" / "user" / "cgroup.subtree_control").read_text() == "+memory"


def test_a_group_with_processes_cannot_be_a_parent(tmp_path: Path) -> None:
    _version_2(tmp_path / "cg", "memory")
    _version_2(tmp_path / "cg" / "own", "memory")
    (tmp_path / "cg" / "cgroup.procs").write_text("7\n")
    assert cgroups._version_2(tmp_path / "cg", tmp_path / "cg" / "own", ["memory"]) is None


def test_limits_that_cannot_be_set_are_a_launch_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    groups = cgroups.ControlGroups([cgroups.Hierarchy(tmp_path / "file", 2, ("memory",))])
    with pytest.raises(LaunchError, match="limits cannot be set"):
        groups.create("i-1", 1, 1, 1)


def test_a_home_remembers_its_range() -> None:
    ranges = IdRanges()
    first = ranges.claim(None)
    assert ranges.claim(first + 1000) != first, "it is in use"
    ranges.release(first)
    assert ranges.claim(first + 1000) == first
    assert ranges.claim(0) not in {0, -1000}, "a home of the host's own user gets a range as well"


def test_tools_of_a_plain_installation_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "lib" / "python3.99" / "site-packages" / "awscli").mkdir(parents=True)
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    found = tools.aws_cli(tmp_path, for_others=False)
    assert found.binds == ((str(tmp_path / "lib/python3.99/site-packages"), "/opt/aws/packages"),)
    assert dict(found.executables)["/opt/aws/bin/aws"].startswith("#!/usr/bin/python3.99 -IS\n")


def test_tools_of_an_interpreter_elsewhere_are_bound_at_a_place_of_their_own(tmp_path: Path) -> None:
    base = tmp_path / "base"
    (base / "bin").mkdir(parents=True)
    (base / "lib").mkdir()
    (base / "bin" / "python3.99").touch(mode=0o755)
    (base / "lib" / "libpython3.99.so.1.0").touch()
    environment = tmp_path / "venv"
    (environment / "lib" / "python3.99" / "site-packages" / "awscli").mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text(f"home = {base}/bin\n")
    found = tools.aws_cli(environment, for_others=False)
    assert (str(base), "/opt/aws/python") in found.binds
    assert "LD_LIBRARY_PATH=/opt/aws/python/lib" in dict(found.executables)["/opt/aws/bin/python3.99"]


def test_exit_statuses_as_a_shell_would_count_them() -> None:
    assert ExitStatus(3).shell_code == 3
    assert ExitStatus(None, "INT").shell_code == 130
    assert ExitStatus(None, "KILL").shell_code == 137


def test_terminal_modes_by_their_opcode() -> None:
    master, slave = pty.openpty()
    try:
        apply_modes(slave, {1: 7, 53: 0, 72: 0, 200: 1, 6: 255})
        _, output, _, local, _, _, characters = termios.tcgetattr(slave)
        assert characters[termios.VINTR] == b"\x07"
        assert not local & termios.ECHO
        assert not output & termios.ONLCR
        assert characters[termios.VEOL] == b"\x00"
    finally:
        os.close(master)
        os.close(slave)


def test_a_writer_asks_for_a_pause_and_ends_in_order() -> None:
    async def whole() -> tuple[bytes, list[bool]]:
        source, sink = os.pipe()
        pauses: list[bool] = []
        received = bytearray()
        ended = asyncio.Event()
        writer = DescriptorWriter(sink, pauses.append, limit=1 << 18)
        for number in range(20):
            writer.write(bytes([number]) * (1 << 16))
        assert pauses == [True]
        writer.end()
        reader = DescriptorReader(source, received.extend, ended.set)
        reader.pause()
        reader.pause()
        await asyncio.sleep(0.01)
        reader.resume()
        await ended.wait()
        reader.close()
        writer.close()
        return bytes(received), pauses

    received, pauses = asyncio.run(whole())
    assert received == b"".join(bytes([number]) * (1 << 16) for number in range(20))
    assert pauses == [True, False]


def test_a_writer_whose_reader_has_gone_drops_the_rest() -> None:
    async def whole() -> None:
        source, sink = os.pipe()
        writer = DescriptorWriter(sink, lambda _full: None)
        writer.write(b"x" * 1_000_000)
        os.close(source)
        writer.write(b"more")
        await asyncio.sleep(0.01)
        writer.write(b"after the end")
        writer.end()

    asyncio.run(whole())


def test_packages_that_only_root_may_read_are_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "lib" / "python3.99" / "site-packages" / "awscli").mkdir(parents=True, mode=0o700)
    with pytest.raises(LaunchError, match="chmod -R go"):
        tools.aws_cli(tmp_path, for_others=True)


def test_a_home_is_deleted_with_all_that_the_guest_closed_and_nothing_beyond(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "sub").mkdir(parents=True)
    (kept / "sub").chmod(0o750)
    home = tmp_path / "home"
    (home / "a" / "b").mkdir(parents=True)
    (home / "a" / "b" / "file").touch()
    (home / "a" / "outside").symlink_to(kept)
    (home / "a" / "b").chmod(0)
    (home / "a").chmod(0)
    homes.delete(home)
    assert not home.exists()
    assert (kept / "sub").stat().st_mode & 0o777 == 0o750
    homes.delete(home)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_system_call_filter_ends_in_a_decision_on_every_path(machine: str) -> None:
    program = seccomp.instructions(machine)

    def decide(architecture: int, number: int, argument: int) -> int:
        data = {0: number, 4: architecture, 16: argument}
        accumulator = position = 0
        while True:
            code, if_true, if_false, operand = program[position]
            position += 1
            if code == 0x20:
                accumulator = data[operand]
            elif code == 0x06:
                return operand
            else:
                holds = accumulator == operand if code == 0x15 else accumulator >= operand
                position += if_true if holds else if_false

    architecture, socket_number, forbidden = seccomp._TABLES[machine]
    allowed, refused = 0x7FFF0000, 0x00050000
    assert decide(architecture, 0, 0) == allowed
    assert decide(architecture, socket_number, 2) == allowed
    assert decide(architecture, socket_number, 40) == refused | 97
    assert {decide(architecture, number, 0) for number in forbidden} == {refused | 1}
    assert decide(architecture, 425, 0) == decide(0x40000003, 0, 0) == refused | 38


def test_no_signal_stays_ignored_not_even_one_that_only_the_c_library_uses() -> None:
    program = """if True:
        import ctypes, os, struct
        from tabard.compute.sandbox.inside import kernel
        for number in (2, 32, 64):
            ctypes.CDLL(None).syscall(
                kernel._SYS_RT_SIGACTION, number, struct.pack("QQQQ", 1, 0, 0, 0), None, ctypes.c_size_t(8)
            )
        status = open("/proc/self/status").read()
        ignored = int(status.split("SigIgn:")[1].split()[0], 16)
        assert ignored & 0x8000000080000002 == 0x8000000080000002, status
        kernel.reset_signals()
        os.execvp("cat", ["cat", "/proc/self/status"])
    """
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "SigIgn:\t0000000000000000" in shown


def test_a_plain_users_data_is_not_kept_where_instances_can_read_it(tmp_path: Path) -> None:
    """They have the same user id: the server's keys lie beside the homes."""
    shown = tmp_path / "usr"
    (shown / "data").mkdir(parents=True)
    (tmp_path / "link").symlink_to(shown / "data")
    for home in (shown / "data" / "instances" / "i-1" / "home", tmp_path / "link" / "home"):
        with pytest.raises(LaunchError, match="choose another folder with --data"):
            driver._refuse_a_home_in_sight(home, ["/bin", str(shown)])
    driver._refuse_a_home_in_sight(tmp_path / "usr-other" / "home", ["/bin", str(shown)])
