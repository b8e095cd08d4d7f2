"""`tabard env`: the lines that point a shell's AWS clients at the running server."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

from tabard.cli.places import default_data, running

if TYPE_CHECKING:
    import argparse

    from tabard.cli.places import Running

# a profile or another session's token would win over, or be mixed with, the keys that we set
_UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


def env(options: argparse.Namespace) -> int:
    """Print the environment of the running server's root user, for a shell to evaluate."""
    server = running(options.data or default_data())
    if options.output == "json":
        json.dump(variables(server), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.write("".join(f"{text}\n" for text in shell_lines(variables(server), options.shell)))
    return 0


def variables(server: Running) -> dict[str, str]:
    """The variables that the AWS CLI and the SDKs read.

    https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
    """
    return {
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.secret_access_key,
        "AWS_REGION": server.region,
        "AWS_DEFAULT_REGION": server.region,
    }


def shell_lines(values: dict[str, str], shell: str) -> list[str]:
    """Lines that set the variables and unset what would get in their way; ``shell`` is ``sh`` or ``fish``."""
    if shell == "fish":
        sets = [f"set -gx {name} {_fish_quote(value)};" for name, value in values.items()]
        return [*sets, *(f"set -e {name};" for name in _UNSET)]
    return [
        *(f"export {name}={shlex.quote(value)}" for name, value in values.items()),
        f"unset {' '.join(_UNSET)}",
    ]


def _fish_quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
