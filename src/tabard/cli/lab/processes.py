"""Running programs without anything of the user's own in the way: no AWS_* variables, proxies, pager, or home."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AWS = Path(sys.prefix) / "bin" / "aws"

_LONGEST = 120.0  # seconds; a hang must not outlive a patient reader
_DISTURBING = ("AWS_", "BOTO_", "TABARD_", "SSH_", "PYTHON", "XDG_DATA_")
_DISTURBING_NAMES = {
    "PAGER",
    "LESS",
    "BASH_ENV",
    "ENV",
    "DISPLAY",
    "NO_COLOR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
}


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that has ended: its exit status, what it printed, and the seconds it took."""

    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def text(self) -> str:
        """Both outputs, as a terminal would show them."""
        return (self.stdout + self.stderr).strip()


def undisturbed(home: Path) -> dict[str, str]:
    """The environment of this process without what could disturb a client or server, and with another home."""
    kept = {name: value for name, value in os.environ.items() if not _disturbs(name)}
    return {**kept, "HOME": str(home), "LC_ALL": "C.UTF-8"}


def _disturbs(name: str) -> bool:
    return (
        name.startswith(_DISTURBING)
        or name in _DISTURBING_NAMES
        or name.lower().endswith("_proxy")
        or name == "LANGUAGE"
    )


def shed_disturbances() -> None:
    """Take out of this very process what could disturb the clients that it uses itself."""
    for name in [name for name in os.environ if _disturbs(name)]:
        del os.environ[name]


def for_aws(home: Path, endpoint: str, region: str, key: Mapping[str, str]) -> dict[str, str]:
    """The environment of an ``aws`` process on this machine: what ``tabard env`` sets, and no pager.

    ``key`` is a structure of the API: ``AccessKeyId``, ``SecretAccessKey``, and ``SessionToken`` for a session.
    """
    environment = {
        **undisturbed(home),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if key.get("SessionToken"):
        environment["AWS_SESSION_TOKEN"] = key["SessionToken"]
    return environment


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    stdin: str = "",
    longest: float = _LONGEST,
) -> Completed:
    """Run a program to its end.

    One that takes longer than ``longest`` seconds is ended and fails with 124, one that cannot be started with 127.
    """
    began = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603 - the lab's own command lines, no shell
            command,
            env=dict(environment),
            cwd=folder,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=longest,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Completed(124, "", f"no answer within {longest:g} s", time.monotonic() - began)
    except OSError as error:
        return Completed(127, "", str(error), time.monotonic() - began)
    return Completed(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
