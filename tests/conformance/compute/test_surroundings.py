"""What a machine looks like from inside, and what it keeps out."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from tests.conformance.compute import harness
from tests.conformance.compute.harness import (
    API_ADDRESS,
    METADATA_ADDRESS,
    launched,
    output,
    shell,
    spec,
    tell,
)

from tabard.compute.user_data import run_user_data

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from tests.conformance.compute.harness import DriverFactory

    from tabard.compute.port import Machine


_SEALED = (
    "/",
    "/etc",
    "/usr",
    "/usr/bin",
    "/opt",
    "/var",
    "/dev",
    "/run",
    "/home",
    "/root",
    "/sys",
    "/proc/sys/kernel",
)


async def _answer_with(text: str, listener: socket.socket) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}".encode()
        )
        await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, sock=listener)


_GET = """/usr/bin/python3 -c '
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=60).read().decode())' """


def test_the_environment_is_the_login_and_the_specification_only(
    make_driver: DriverFactory, tmp_path: Path
) -> None:
    wanted = {"AWS_ENDPOINT_URL": "http://169.254.170.23:4680", "AWS_REGION": "eu-west-1"}

    async def story(machine: Machine) -> None:
        lines = (await output(machine, "/usr/bin/env -0")).rstrip("\0").split("\0")
        found = dict(line.split("=", 1) for line in lines)
        for of_the_shell in ("PWD", "SHLVL", "_", "OLDPWD"):
            found.pop(of_the_shell, None)
        assert found.pop("PATH").split(":")[-2:] == ["/home/ec2-user/.local/bin", "/home/ec2-user/bin"]
        assert found == {
            "HOME": "/home/ec2-user",
            "USER": "ec2-user",
            "LOGNAME": "ec2-user",
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            **wanted,
        }

    tell(make_driver, spec(tmp_path, environment=wanted), story)


def test_the_home_is_made_at_the_first_boot_and_kept(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def first(machine: Machine) -> None:
        assert machine.first_boot
        assert (await output(machine, "ls -A")).split() == [
            ".bash_logout",
            ".bash_profile",
            ".bashrc",
            ".ssh",
        ]
        modes = await output(machine, "stat -c %a .ssh .ssh/authorized_keys; id -un; pwd")
        assert modes.split() == ["700", "600", "ec2-user", "/home/ec2-user"]
        assert "ssh-ed25519" in await output(machine, "cat .ssh/authorized_keys")
        await output(machine, "echo precious > note; ln -s /etc/shadow link; mkdir d; touch d/f; rm .bashrc")

    async def second(machine: Machine) -> None:
        assert not machine.first_boot
        assert await output(machine, "cat note; stat -c %U note d d/f; ls -A | wc -l") == (
            "precious\nec2-user\nec2-user\nec2-user\n6\n"
        )

    tell(make_driver, spec(tmp_path), first)
    tell(make_driver, spec(tmp_path), second)


def test_only_the_home_and_scratch_directories_can_be_written(
    make_driver: DriverFactory, tmp_path: Path
) -> None:
    async def story(machine: Machine) -> None:
        places = "/home/ec2-user /tmp /var/tmp /var/log /dev/shm /run/user/1000"
        await output(
            machine, f"for place in {places}; do touch $place/file && rm $place/file || exit 1; done"
        )
        for place in _SEALED:
            assert (await shell(machine, f"touch {place}/file")).status.code != 0, place
        for file in (
            "/etc/passwd",
            "/etc/hosts",
            "/proc/sys/kernel/core_pattern",
            "/proc/sysrq-trigger",
            "/usr/bin/env",
        ):
            assert (await shell(machine, f": >> {file}")).status.code != 0, file

    tell(make_driver, spec(tmp_path), story)


def test_the_guest_has_no_power(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        status = dict(
            line.split(":\t", 1) for line in (await output(machine, "cat /proc/self/status")).splitlines()
        )
        assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
        assert status["NoNewPrivs"] == "1"
        assert status["SigIgn"] == status["SigBlk"] == "0" * 16
        assert (await shell(machine, "unshare --user true")).status.code != 0
        vsock = "/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_VSOCK)'"
        assert b"Address family not supported" in (await shell(machine, vsock)).stderr
        assert (await shell(machine, "mount -t tmpfs none /tmp")).status.code != 0
        assert (await shell(machine, "kill -9 1; sleep 0.1; cat /proc/1/environ")).status.code != 0
        assert (await shell(machine, "ls /proc/1/fd /proc/1/cwd/")).status.code != 0
        assert await output(machine, "echo alive") == "alive\n"

    tell(make_driver, spec(tmp_path), story)


def test_a_strict_umask_of_the_server_changes_nothing_inside(
    make_driver: DriverFactory, tmp_path: Path
) -> None:
    async def story(machine: Machine) -> None:
        assert await output(
            machine, "umask; ls -d /etc/passwd /usr/bin/env ~/.bashrc; cat /proc/self/oom_score_adj"
        ) == ("0022\n/etc/passwd\n/home/ec2-user/.bashrc\n/usr/bin/env\n300\n")

    before = os.umask(0o077)
    try:
        tell(make_driver, spec(tmp_path), story)
    finally:
        os.umask(before)


def test_host_name_and_processes_are_its_own(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        assert await output(machine, "hostname; getent hosts $(hostname) | cut -d' ' -f1") == (
            "ip-172-31-93-212\n172.31.93.212\n"
        )
        assert int(await output(machine, "ls -d /proc/[0-9]* | wc -l")) <= 4

    tell(make_driver, spec(tmp_path), story)


def test_the_guest_reaches_our_listeners_and_nothing_else(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        metadata = await _answer_with("metadata", machine.metadata_socket)
        api = await _answer_with("api", machine.api_socket)
        try:
            assert await output(machine, _GET + "http://169.254.169.254/") == "metadata\n"
            assert await output(machine, _GET + f"http://{API_ADDRESS[0]}:{API_ADDRESS[1]}/") == "api\n"
            for elsewhere in ("198.51.100.7:80", "127.0.0.1:22", "169.254.170.2:80", "172.31.93.213:22"):
                assert (await shell(machine, _GET + f"http://{elsewhere}/")).status.code != 0, elsewhere
            refused = await shell(machine, "getent hosts example.com")
            assert refused.status.code != 0
        finally:
            metadata.close()
            api.close()

    tell(make_driver, spec(tmp_path), story)


def test_the_guest_cannot_take_our_addresses(make_driver: DriverFactory, tmp_path: Path) -> None:
    bind = """/usr/bin/python3 -c '
import socket, sys
for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
    for address in (sys.argv[1], "0.0.0.0"):
        listener = socket.socket()
        if option: listener.setsockopt(socket.SOL_SOCKET, option, 1)
        try: listener.bind((address, int(sys.argv[2]))); listener.listen()
        except OSError: continue
        print("taken", option, address)' """

    async def story(machine: Machine) -> None:
        for address, port in (METADATA_ADDRESS, API_ADDRESS):
            assert await output(machine, f"{bind} {address} {port}") == ""
        assert (await shell(machine, "ip addr add 10.0.0.1/8 dev lo")).status.code != 0
        assert (await shell(machine, "ip link add x type dummy")).status.code != 0

    tell(make_driver, spec(tmp_path), story)


def test_two_machines_do_not_see_each_other(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def whole() -> None:
        driver = make_driver()
        try:
            async with (
                launched(driver, spec(tmp_path, "i-1")) as one,
                launched(driver, spec(tmp_path, "i-2", private_ip="172.31.93.213")) as two,
            ):
                servers = [
                    await _answer_with("one", one.metadata_socket),
                    await _answer_with("two", two.metadata_socket),
                ]
                assert await output(one, _GET + "http://169.254.169.254/") == "one\n"
                assert await output(two, _GET + "http://169.254.169.254/") == "two\n"
                await output(one, "echo secret > /tmp/secret; echo secret > ~/secret; (sleep 50 &) >&- 2>&-")
                assert (await shell(two, "cat /tmp/secret ~/secret; pgrep sleep")).stdout == b""
                assert (await shell(two, _GET + "http://172.31.93.212/")).status.code != 0
                for server in servers:
                    server.close()
        finally:
            await driver.close()

    asyncio.run(whole())


def test_files_and_binds_of_the_specification_are_there_read_only(
    make_driver: DriverFactory, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (shared / "data").write_text("from the host")
    (shared / "data").chmod(0o644)

    async def story(machine: Machine) -> None:
        assert await output(machine, f"cat /etc/motd {shared}/data") == "Welcome\nfrom the host"
        assert (await shell(machine, f"touch {shared}/x; touch /etc/motd")).status.code != 0

    tell(make_driver, spec(tmp_path, files={"/etc/motd": "Welcome\n"}, binds=[shared]), story)
    assert sorted(path.name for path in shared.iterdir()) == ["data"]


def test_the_aws_cli_runs_and_finds_no_credentials(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def story(machine: Machine) -> None:
        machine.metadata_socket.close()
        assert (await output(machine, "aws --version")).startswith("aws-cli/1.")
        completed = await shell(machine, "AWS_METADATA_SERVICE_NUM_ATTEMPTS=1 aws s3 ls; ls -A")
        assert completed.stderr.decode().strip() == (
            'Unable to locate credentials. You can configure credentials by running "aws configure".'
        )
        assert b".aws" not in completed.stdout

    tell(make_driver, spec(tmp_path, tools=harness.tools_prefix()), story)


def test_user_data_runs_once_as_ec2_user_and_is_logged(make_driver: DriverFactory, tmp_path: Path) -> None:
    script = b"#!/bin/bash\nid -un; echo to stderr >&2; env | grep AWS_; echo ran >> ~/ran\nexit 5\n"

    async def first(machine: Machine) -> None:
        status = await run_user_data(machine, script)
        assert status is not None
        assert status.code == 5
        assert await output(machine, "cat /var/log/cloud-init-output.log") == (
            "ec2-user\nto stderr\nAWS_REGION=us-east-1\ncloud-init: the user data script ended with 5\n"
        )
        assert await output(machine, "ls /tmp") == ""

    async def second(machine: Machine) -> None:
        assert await run_user_data(machine, script) is None
        assert await output(machine, "cat ran") == "ran\n"

    tell(make_driver, spec(tmp_path), first)
    tell(make_driver, spec(tmp_path), second)


def test_user_data_that_is_no_script_is_refused_in_the_log(
    make_driver: DriverFactory, tmp_path: Path
) -> None:
    async def story(machine: Machine) -> None:
        assert await run_user_data(machine, b"") is None
        assert await run_user_data(machine, b"#cloud-config\npackages: [vim]\n") is None
        assert "no cloud-config" in await output(machine, "cat /var/log/cloud-init-output.log")

    tell(make_driver, spec(tmp_path), story)


def test_limits_that_the_probe_names_are_enforced(make_driver: DriverFactory, tmp_path: Path) -> None:
    async def limits() -> dict[str, str | None]:
        driver = make_driver()
        try:
            return dict((await driver.probe()).limits)
        finally:
            await driver.close()

    enforced = asyncio.run(limits())

    async def story(machine: Machine) -> None:
        if enforced["processes"]:
            many = "for i in $(seq 60); do sleep 2 >/dev/null & done 2>/dev/null; jobs -r | grep -c sleep"
            assert int((await shell(machine, many)).stdout or b"0") < 40
        if enforced["memory"]:
            eat = await shell(machine, "/usr/bin/python3 -c 'b = bytearray(200 << 20)'; echo $?")
            assert eat.stdout == b"137\n"
        assert await output(machine, "echo still here") == "still here\n"

    tell(make_driver, spec(tmp_path, memory_bytes=64 << 20, max_processes=40), story)
