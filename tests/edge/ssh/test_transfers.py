"""Files there and back, through the unmodified ``scp`` and ``sftp`` clients."""

from __future__ import annotations

import os
from subprocess import run
from typing import TYPE_CHECKING

import pytest
from tests.edge.ssh.door import ADDRESS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.edge.ssh.door import Door


@pytest.mark.parametrize("protocol", [[], ["-O"]], ids=["sftp", "scp"])
def test_thirty_megabytes_there_and_back(door: Door, protocol: list[str], tmp_path: Path) -> None:
    data = os.urandom(30_000_000)
    (tmp_path / "data").write_bytes(data)
    options = door.options(port_flag="-P")
    there = ["scp", "-q", *protocol, *options, str(tmp_path / "data"), f"ec2-user@{ADDRESS}:copied"]
    back = ["scp", "-q", *protocol, *options, f"ec2-user@{ADDRESS}:copied", str(tmp_path / "back")]
    run(there, check=True, timeout=120)
    run(back, check=True, timeout=120)
    assert (tmp_path / "back").read_bytes() == data
    door.inside("rm copied")


def test_a_tree_of_files_by_scp(door: Door, tmp_path: Path) -> None:
    (tmp_path / "tree" / "a" / "b").mkdir(parents=True)
    (tmp_path / "tree" / "a" / "b" / "übung mit leerzeichen").write_text("1")
    (tmp_path / "tree" / "a" / "run").write_text("#!/bin/sh\necho ran\n")
    (tmp_path / "tree" / "a" / "run").chmod(0o755)
    options = door.options(port_flag="-P")
    run(["scp", "-qrp", *options, str(tmp_path / "tree"), f"ec2-user@{ADDRESS}:"], check=True, timeout=120)
    assert door.ssh("tree/a/run; cat tree/a/b/*; rm -r tree").stdout == b"ran\n1"


def test_sftp_in_a_batch(door: Door, tmp_path: Path) -> None:
    (tmp_path / "local").write_text("content\n")
    batch = f"""
mkdir folder
put {tmp_path}/local folder/one
rename folder/one folder/two
symlink two folder/three
chmod 600 folder/two
ls -l folder
get folder/three {tmp_path}/fetched
-rm folder/none
df folder
rm folder/three
rm folder/two
rmdir folder
pwd
"""
    words = ["sftp", "-b", "-", *door.options(port_flag="-P"), f"ec2-user@{ADDRESS}"]
    done = run(words, input=batch, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fetched").read_text() == "content\n"
    assert "-rw-------" in done.stdout
    assert "Remote working directory: /home/ec2-user" in done.stdout
    assert "No such file or directory" in done.stderr


def test_a_guests_links_lead_only_to_the_guests_own_files(door: Door, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the host's secret")
    door.inside(f"ln -s {tmp_path}/secret leak; ln -s /etc/shadow shadow")
    for name in ("leak", "shadow"):
        words = [
            "scp",
            "-q",
            *door.options(port_flag="-P"),
            f"ec2-user@{ADDRESS}:{name}",
            str(tmp_path / "got"),
        ]
        assert run(words, capture_output=True, timeout=120, check=False).returncode != 0
    assert not (tmp_path / "got").exists()
    door.inside("rm leak shadow")


def test_an_unknown_subsystem_is_refused(door: Door) -> None:
    words = ["ssh", "-s", *door.options(), f"ec2-user@{ADDRESS}", "netconf"]
    done = run(words, capture_output=True, timeout=120, check=False)
    assert done.returncode != 0
    assert b"subsystem request failed" in done.stderr
