"""The AWS CLI inside: the one of a virtual environment on the host, at a place of its own that depends on no
host path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tabard.compute import guest
from tabard.compute.port import LaunchError

_PYTHON_INSIDE = "/opt/aws/python"
_PACKAGES_INSIDE = "/opt/aws/packages"
_AWS = """#!{python} -IS
# The unmodified AWS CLI. Its packages are read-only, so nothing is compiled on the way.
import sys

sys.dont_write_bytecode = True
sys.path.append("{packages}")
from awscli.clidriver import main

sys.exit(main())
"""
_SHARED_LIBRARY = '#!/bin/sh\nLD_LIBRARY_PATH={python}/lib exec {python}/bin/{name} "$@"\n'


@dataclass(frozen=True, slots=True)
class Tools:
    """What to bind and which executable files to write so that ``aws`` is on the PATH inside."""

    binds: tuple[tuple[str, str], ...] = ()
    executables: tuple[tuple[str, str], ...] = ()


def aws_cli(prefix: Path, *, for_others: bool) -> Tools:
    """The AWS CLI of the virtual environment (or installation) at ``prefix``; ``LaunchError`` where it has none.

    ``for_others`` says that ec2-user is another user of the host than the server's.
    """
    packages = next(iter(sorted(prefix.glob("lib*/python3.*/site-packages/awscli"))), None)
    if packages is None:
        raise LaunchError(f"{prefix} holds no AWS CLI: install the package awscli there")
    if for_others and packages.stat().st_mode & 0o005 != 0o005:
        raise LaunchError(f"{packages} is closed to other users, and so to ec2-user: chmod -R go+rX {prefix}")
    version = packages.parts[-3]  # python3.11
    base = _base_prefix(prefix)
    binds = [(str(packages.parent.resolve()), _PACKAGES_INSIDE)]
    executables = []
    python = f"/usr/bin/{version}"
    if not os.access(base / "bin" / version, os.X_OK) and Path(python).exists():
        base = Path(
            "/usr"
        )  # the environment's own Python lies where this user cannot go; the same version will do
    if base != Path("/usr"):
        binds.append((str(base), _PYTHON_INSIDE))
        python = f"{_PYTHON_INSIDE}/bin/{version}"
        if (base / "lib" / f"lib{version}.so.1.0").exists():
            launcher = f"{guest.TOOLS_PATH}/{version}"
            executables.append((launcher, _SHARED_LIBRARY.format(python=_PYTHON_INSIDE, name=version)))
            python = launcher
    executables.append((f"{guest.TOOLS_PATH}/aws", _AWS.format(python=python, packages=_PACKAGES_INSIDE)))
    return Tools(tuple(binds), tuple(executables))


def _base_prefix(prefix: Path) -> Path:
    """The installation that a virtual environment was made from; the prefix itself where it is none."""
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return prefix.resolve()
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "home":
            return Path(value.strip()).parent.resolve()
    return prefix.resolve()
