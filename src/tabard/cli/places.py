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

CREDENTIALS = "credentials"
"""The file in a data directory that holds the first root key, in the AWS shared-credentials format."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that is running: where it answers, and for which account."""

    endpoint: str
    region: str
    account: str
    pid: int


@dataclass(frozen=True, slots=True)
class Running(Serving):
    """The same, with the root key that it was started with."""

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


def serving(data: Path) -> Serving:
    """The server that runs on this data directory. Raises ``CommandError`` where none does."""
    start = f"Start it with: {tabard_command()} up{data_option(data)}"
    try:
        told = json.loads((data / "endpoint").read_text(encoding="utf-8"))
        endpoint, region, account, pid = (told[name] for name in ("endpoint", "region", "account", "pid"))
    except FileNotFoundError:
        raise CommandError(f"No Tabard is running on {data}.", start, *_elsewhere(data)) from None
    except PermissionError:
        raise CommandError(
            f"{data} belongs to another user, who alone may ask the server there.",
            "Run this as the user who started it.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{data / 'endpoint'} cannot be read: {error!r}", start) from None
    if not is_alive(pid):
        raise CommandError(
            f"Tabard is not running on {data} any more; it was ended without a chance to say so.", start
        )
    return Serving(endpoint, region, account, pid)


def running(data: Path) -> Running:
    """As ``serving``, with the root key in the data directory; ``CommandError`` where that can not be read, too."""
    found = serving(data)
    key = _root_key(data / CREDENTIALS, found.account, data)
    return Running(found.endpoint, found.region, found.account, found.pid, *key)


def _elsewhere(data: Path) -> list[str]:
    """Servers that forget run on folders of their own, which only their first screens name."""
    if data != default_data():
        return []
    return [
        "One that runs on another folder is named by --data DIR, or by TABARD_DATA; its first screen says which."
    ]


def _root_key(path: Path, account: str, data: Path) -> tuple[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        profile = parser["default"]
        return profile["aws_access_key_id"], profile["aws_secret_access_key"]
    except FileNotFoundError:
        raise CommandError(
            f"{path} is not there: the root user's key is not kept here any more.",
            f"Put it back, or make another one: {tabard_command()} account key {account}{data_option(data)}",
        ) from None
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
