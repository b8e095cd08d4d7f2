"""Where a server keeps its data, and what a running one leaves there for other commands to read."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from tabard.cli.errors import CommandError


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is running: where it answers, for which account, and the root key that it was started with."""

    endpoint: str
    region: str
    account: str
    pid: int
    access_key_id: str
    secret_access_key: str


def default_data() -> Path:
    """``$TABARD_DATA``, or ``tabard`` in the place that the XDG base directories name."""
    named = os.environ.get("TABARD_DATA")
    if named:
        return Path(named).expanduser()
    # a relative XDG_DATA_HOME is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
    shared = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (shared if shared.is_absolute() else Path.home() / ".local" / "share") / "tabard"


def data_option(data: Path | None) -> str:
    """What to add to a command so that it finds this data directory: nothing where it is the default one."""
    return "" if data is None or data == default_data() else f" --data {shlex.quote(str(data))}"


def running(data: Path) -> Running:
    """The server that runs on this data directory. Raises ``CommandError`` where none does."""
    start = f"Start it with: {tabard_command()} up{data_option(data)}"
    try:
        told = json.loads((data / "endpoint").read_text(encoding="utf-8"))
        endpoint, region, account, pid = (told[name] for name in ("endpoint", "region", "account", "pid"))
    except FileNotFoundError:
        raise CommandError(f"No Tabard is running on {data}.", start) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{data / 'endpoint'} cannot be read: {error!r}", start) from None
    if not is_alive(pid):
        raise CommandError(
            f"Tabard is not running on {data} any more; it was ended without a chance to say so.", start
        )
    return Running(endpoint, region, account, pid, *_root_key(data / "credentials"))


def _root_key(path: Path) -> tuple[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        profile = parser["default"]
        return profile["aws_access_key_id"], profile["aws_secret_access_key"]
    except (OSError, configparser.Error, KeyError) as error:
        raise CommandError(
            f"{path} cannot be read: {error}",
            "It is an AWS shared-credentials file with a [default] profile.",
        ) from None


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def tabard_command() -> str:
    """How the user may type this program: its name where the shell would find this very installation, else its path."""
    import shutil

    own = Path(sys.prefix) / "bin" / "tabard"
    found = shutil.which("tabard")
    return "tabard" if found and Path(found).resolve() == own.resolve() else shlex.quote(str(own))
