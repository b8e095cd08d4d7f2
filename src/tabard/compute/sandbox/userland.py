"""What of the host an instance sees: its programs and libraries, read-only, and the few files of ``/etc``
that they need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOP = ("bin", "sbin", "lib", "lib64", "lib32", "libx32")
_ETC = (
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "ld.so.cache",
    "localtime",
    "mime.types",
    "os-release",
    "pki/ca-trust",
    "pki/tls",
    "protocols",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
)


@dataclass(frozen=True, slots=True)
class Userland:
    """Binds from a host path to a path inside, and symbolic links from a path inside to their text."""

    binds: tuple[tuple[str, str], ...]
    symlinks: tuple[tuple[str, str], ...]


def host_userland() -> Userland:
    """The user land of this host, merged ``/usr`` or not."""
    binds: list[tuple[str, str]] = [("/usr", "/usr")]
    symlinks: list[tuple[str, str]] = []
    for path in (Path("/", name) for name in _TOP):
        if path.is_symlink():
            symlinks.append((str(path), str(path.readlink())))
        elif path.is_dir():
            binds.append((str(path), str(path)))
    binds.extend(_etc())
    return Userland(tuple(binds), tuple(symlinks))


def _etc() -> Iterable[tuple[str, str]]:
    for path in (Path("/etc", name) for name in _ETC):
        if path.exists():
            yield str(path.resolve()), str(path)
