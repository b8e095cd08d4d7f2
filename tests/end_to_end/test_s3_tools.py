"""Other S3 clients: s3cmd and rclone."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.end_to_end.clients import run, tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer


def test_s3cmd_puts_lists_and_gets(server: TabardServer, tmp_path: Path) -> None:
    host, root = urlsplit(server.endpoint).netloc, server.root()
    (tmp_path / "config").write_text(
        f"[default]\naccess_key = {root['aws_access_key_id']}\nsecret_key = {root['aws_secret_access_key']}\n"
        f"host_base = {host}\nhost_bucket = {host}\nuse_https = False\nbucket_location = us-east-1\n"
        "multipart_chunk_size_mb = 5\n"
    )
    command = [tool("s3cmd"), "-c", str(tmp_path / "config"), "--no-progress"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    content = os.urandom(6_000_000)
    (tmp_path / "here").write_bytes(content)
    bucket = f"s3://s3cmd-{uuid.uuid4().hex[:8]}"
    assert run([*command, "mb", bucket], environment).code == 0
    sent = run([*command, "put", str(tmp_path / "here"), f"{bucket}/a b/ü"], environment)
    assert sent.code == 0, sent.err
    assert "6000000" in run([*command, "ls", "-r", bucket], environment).out
    back = run([*command, "get", f"{bucket}/a b/ü", str(tmp_path / "back")], environment)
    assert back.code == 0, back.err
    assert (tmp_path / "back").read_bytes() == content


def test_rclone_synchronises_both_ways(server: TabardServer, tmp_path: Path) -> None:
    root = server.root()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_T_TYPE": "s3",
        "RCLONE_CONFIG_T_PROVIDER": "Other",
        "RCLONE_CONFIG_T_ENDPOINT": server.endpoint,
        "RCLONE_CONFIG_T_REGION": "us-east-1",
        "RCLONE_CONFIG_T_FORCE_PATH_STYLE": "true",
        "RCLONE_CONFIG_T_ACCESS_KEY_ID": root["aws_access_key_id"],
        "RCLONE_CONFIG_T_SECRET_ACCESS_KEY": root["aws_secret_access_key"],
    }
    rclone = tool("rclone")
    (tmp_path / "there" / "deep").mkdir(parents=True)
    for number in range(5):
        (tmp_path / "there" / "deep" / f"{number}.bin").write_bytes(os.urandom(1000 * number))
    bucket = f"rclone-{uuid.uuid4().hex[:8]}"
    sent = run([rclone, "sync", str(tmp_path / "there"), f"T:{bucket}/tree"], environment)
    assert sent.code == 0, sent.err
    same = run([rclone, "check", "--download", str(tmp_path / "there"), f"T:{bucket}/tree"], environment)
    assert same.code == 0, same.err
    back = run([rclone, "sync", f"T:{bucket}/tree", str(tmp_path / "back")], environment)
    assert back.code == 0, back.err
    assert (tmp_path / "back" / "deep" / "4.bin").stat().st_size == 4000
