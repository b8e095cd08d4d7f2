"""The unmodified AWS CLI (version 1, from PyPI) without its start: most of a command's cost is reading the CLI's code."""

from __future__ import annotations

import atexit
import functools
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.forking import Forker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AWS = Path(sys.executable).parent / "aws"
READ = ("clidriver", "handlers", "botocore.client", "botocore.endpoint", "botocore.httpsession")


@functools.cache
def _forker() -> Forker:
    made = Forker(*(f"awscli.{module}" for module in READ))
    atexit.register(made.close)
    return made


def quick_aws(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    stdin: bytes = b"",
    longest: float = 120.0,
) -> subprocess.CompletedProcess[bytes]:
    """Run ``aws`` with these arguments and exactly this environment. Raises ``subprocess.TimeoutExpired``."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(stdin)
        given.seek(0)
        process = _forker().fork(
            "awscli.clidriver:main",
            [str(AWS), *arguments],
            environment=environment,
            folder=folder,
            stdin=given.fileno(),
            stdout=out.fileno(),
            stderr=err.fileno(),
        )
        try:
            status = process.wait(longest)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(arguments, status, out.read(), err.read())
