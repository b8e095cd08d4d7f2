"""The unmodified AWS CLI: ``aws s3`` as people use it."""

from __future__ import annotations

import os
import re
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.quick_aws import AWS, quick_aws

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import TabardServer

pytestmark = pytest.mark.skipif(not AWS.exists(), reason="the AWS CLI is not beside this Python")


@pytest.fixture
def aws(server: TabardServer, tmp_path: Path) -> Any:
    environment = {**server.environment(), "HOME": str(tmp_path)}

    def run(*words: str, status: int = 0, stdin: bytes | None = None) -> str:
        done = quick_aws(words, environment, tmp_path, stdin=stdin or b"")
        assert done.returncode == status, done.stderr.decode()
        return done.stdout.decode() + done.stderr.decode()

    return run


def test_a_day_with_the_command_line(aws: Any, tmp_path: Path) -> None:
    bucket = f"s3://cli-{secrets.token_hex(6)}"
    assert aws("s3", "mb", bucket) == f"make_bucket: {bucket[5:]}\n"
    assert re.search(rf"^\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {bucket[5:]}$", aws("s3", "ls"), re.MULTILINE)

    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "sub" / "b c.html").write_text("<p>b</p>")
    (folder / "large").write_bytes(os.urandom(9_000_000))
    for path in folder.rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    assert aws("s3", "sync", "--no-progress", "folder", f"{bucket}/folder").count("upload: ") == 3
    assert aws("s3", "sync", "folder", f"{bucket}/folder") == "", "nothing has changed"
    listing = aws("s3", "ls", f"{bucket}/folder/")
    assert re.fullmatch(r" +PRE sub/\n\S+ \S+ +1 a\.txt\n\S+ \S+ +9000000 large\n", listing), listing
    assert aws("s3", "ls", "--recursive", bucket).count("\n") == 3
    kind = aws(
        "s3api",
        "head-object",
        "--bucket",
        bucket[5:],
        "--key",
        "folder/sub/b c.html",
        "--query",
        "ContentType",
    )
    assert kind == '"text/html"\n'

    aws("s3", "cp", "--recursive", f"{bucket}/folder", "back")
    for name in ("a.txt", "sub/b c.html", "large"):
        assert (tmp_path / "back" / name).read_bytes() == (folder / name).read_bytes()
    aws("s3", "cp", f"{bucket}/folder/large", f"{bucket}/copy")
    aws("s3", "mv", f"{bucket}/copy", f"{bucket}/moved")
    aws("s3", "cp", "-", f"{bucket}/piped", stdin=b"from a pipe")
    assert aws("s3", "cp", f"{bucket}/piped", "-") == "from a pipe"

    assert "BucketNotEmpty" in aws("s3", "rb", bucket, status=1)
    aws("s3", "rm", f"{bucket}/folder/a.txt")
    assert "(404)" in aws("s3", "cp", f"{bucket}/folder/a.txt", ".", status=1)
    (folder / "large").unlink()
    assert aws("s3", "sync", "--delete", "folder", f"{bucket}/folder").count("delete: ") == 1
    assert "upload: " in aws("s3", "sync", "folder", f"{bucket}/elsewhere")
    assert aws("s3", "rb", "--force", bucket).endswith(f"remove_bucket: {bucket[5:]}\n")
    assert bucket[5:] not in aws("s3", "ls")


def test_the_command_line_finds_a_bucket_in_another_region(aws: Any) -> None:
    bucket = f"cli-{secrets.token_hex(6)}"
    aws("s3", "mb", f"s3://{bucket}", "--region", "ap-south-1")
    aws("s3", "cp", "-", f"s3://{bucket}/k", stdin=b"x")
    assert aws("s3", "cp", f"s3://{bucket}/k", "-") == "x"
    aws("s3", "rb", "--force", f"s3://{bucket}")


def test_what_the_command_line_says_of_what_is_not_there(aws: Any) -> None:
    assert "NoSuchBucket" in aws("s3", "ls", "s3://no-such-bucket-anywhere", status=255)
