"""What of this machine, besides its kernel, the server and its users need."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tabard.cli.doctor.finding import Finding, ok, problem, warning
from tabard.cli.errors import CommandError
from tabard.cli.places import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN_FILES = 4096  # per instance some twenty descriptors, per client connection one
_ROOM = 512 << 20  # bytes
_WRITTEN_IN = datetime(2026, 1, 1, tzinfo=UTC)
_SSH_REMEDY = "sudo apt-get install openssh-client (Fedora: openssh-clients)"


def python() -> Finding:
    """The interpreter that runs this."""
    return ok("python", f"{platform.python_version()} ({sys.executable})")


def port(host: str, number: int, data: Path) -> Finding:
    """Whether `tabard up` could listen, or already does."""
    name, where = "port", f"{host}:{number}"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, number))
        except OSError as error:
            if _ours(where, data):
                return ok(name, f"Tabard is running on {where}")
            return problem(
                name,
                f"{where} cannot be listened on: {error.strerror}",
                "choose another: tabard up --listen 127.0.0.1:4681",
            )
    return ok(name, f"{where} is free")


def _ours(where: str, data: Path) -> bool:
    try:
        return serving(data).endpoint == f"http://{where}"
    except CommandError:
        return False


def open_files() -> Finding:
    """How many descriptors a process may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _OPEN_FILES:
        return warning(
            "open files",
            f"at most {hard}",
            f"raise the hard limit to {_OPEN_FILES} or more, for 100 instances",
        )
    most = "unlimited" if hard == resource.RLIM_INFINITY else f"{hard:,}"
    return ok("open files", f"{soft:,} now, {most} at most")


def clock() -> Finding:
    """Signatures carry the time, and credentials end by it: the clock must be near the truth and run forward."""
    now = datetime.now(UTC)
    if now < _WRITTEN_IN:
        return problem(
            "clock",
            f"it says {now:%Y-%m-%d}, before Tabard was written",
            "set it: sudo timedatectl set-ntp true",
        )
    with tempfile.NamedTemporaryFile() as file:
        apart = abs(Path(file.name).stat().st_mtime - time.time())
    if apart > 5:
        return warning(
            "clock",
            f"the file system's differs by {apart:.0f} s",
            "synchronise this machine and its file server",
        )
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def clients() -> Iterator[Finding]:
    """The programs that people use with Tabard, and that the lab runs."""
    own = Path(sys.prefix) / "bin" / "aws"
    found = own if own.exists() else shutil.which("aws")
    if found is None:
        yield problem("aws", "no AWS CLI", "install Tabard again: it brings one along")
    else:
        yield ok("aws", f"{_version([str(found), '--version'])} ({found})")
    for name in ("ssh", "scp", "sftp"):
        path = shutil.which(name)
        if path is None:
            yield warning(
                name,
                "not installed, and the lab logs in with it" if name == "ssh" else "not installed",
                _SSH_REMEDY,
            )
        else:
            yield ok(name, _version([path, "-V"]) if name == "ssh" else path)


def _version(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - a found path
    except (OSError, subprocess.SubprocessError) as error:
        return f"does not run: {error}"
    words = (done.stdout or done.stderr).split(",")[0].split()
    return words[0] if words else "of an unknown version"


def data_folder(data: Path, database: str = "tabard.db", ring: str = "keys.json") -> Finding:
    """Whether a server could keep its data there, and whether what is there is whole and private."""
    name = "data"
    if not data.exists():
        place = data.absolute()
        while not place.exists():
            place = place.parent
        if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
            return problem(name, f"{data} cannot be made: {place} may not be written to", _ELSEWHERE)
        return ok(name, f"{data} will be made at the first start")
    if not (data.is_dir() and os.access(data, os.R_OK | os.W_OK | os.X_OK)):
        return problem(name, f"{data} is no folder that this user may write to", _ELSEWHERE)
    if (data / database).exists() and not (data / ring).exists():
        return problem(
            name, f"{data / ring} is missing, and no secret opens without it", "put it back from a backup"
        )
    readable = [each for each in (ring, "credentials") if _others_read(data / each)]
    if readable:
        paths = " ".join(str(data / each) for each in readable)
        return warning(name, f"other users may read {' and '.join(readable)} in {data}", f"chmod 600 {paths}")
    return ok(name, str(data))


_ELSEWHERE = "choose another folder with --data, or ask its owner"


def _others_read(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & 0o077)


def disk(data: Path) -> Finding:
    """Room for records, objects and homes."""
    place = data.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    seen = f"{free / (1 << 30):,.1f} GiB free at {place}"
    if free < _ROOM:
        return warning("disk", seen, "choose another place with --data, or make room")
    return ok("disk", seen)
