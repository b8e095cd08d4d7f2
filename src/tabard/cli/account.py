"""`tabard account`: the accounts of a running server, which its operator makes and lists."""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from tabard.cli.errors import CommandError
from tabard.cli.places import CREDENTIALS, default_data, serving
from tabard.cli.screen import line, screen

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

_SOCKET = "control"
_WITHIN = 15.0


def account(options: argparse.Namespace) -> int:
    """Make an account, list them, or make a root key for one. Only who may read the data directory can."""
    data = options.data or default_data()
    if options.account_command == "list":
        told = ask(data, {"do": "list-accounts"})
        if options.output == "json":
            _print_json(told["accounts"])
            return 0
        out = screen()
        for each in told["accounts"]:
            alias = f"   alias {each['alias']}" if each["alias"] else ""
            out.print(line("  ", (each["account"], "name"), f"   {each['name']}{alias}"))
        return 0
    if options.account_command == "create":
        told = ask(data, {"do": "create-account", "name": options.name, "account": options.id or ""})
    else:
        told = ask(data, {"do": "create-root-key", "account": options.id})
    server = serving(data)
    kept = told["account"] == server.account and keep_key(
        data / CREDENTIALS, told["accessKeyId"], told["secretAccessKey"]
    )
    if options.output == "json":
        _print_json(told)
        return 0
    _show_key(told, server.endpoint, data / CREDENTIALS if kept else None)
    return 0


def keep_key(path: Path, access_key_id: str, secret: str) -> bool:
    """Write the root key of a server's own account where `tabard env` looks for it, unless there is one already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(f"[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret}\n")
    return True


def ask(data: Path, request: dict[str, Any]) -> dict[str, Any]:
    """What the server on this data directory answers. Raises ``CommandError`` where it refuses, or none runs."""
    serving(data)
    try:
        folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_WITHIN)
                connection.connect(f"/proc/self/fd/{folder}/{_SOCKET}")
                connection.sendall(json.dumps(request).encode() + b"\n")
                with connection.makefile("rb") as reply:
                    told: dict[str, Any] = json.loads(reply.readline())
        finally:
            os.close(folder)
    except (OSError, ValueError) as error:
        raise CommandError(
            f"The server on {data} does not answer its operator: {error}",
            "It must be this version of Tabard, and you must be the user who runs it.",
        ) from None
    if "error" in told:
        raise CommandError(told["message"])
    return told


def _show_key(told: dict[str, Any], endpoint: str, kept: Path | None) -> None:
    out = screen()
    out.print()
    out.print(line("  Account      ", (told["account"], "name"), (f"   {told['name']}", "quiet")))
    out.print(line("  Root key     ", (told["accessKeyId"], "name")))
    out.print(line("  Secret       ", (told["secretAccessKey"], "name"), ("   shown this once", "quiet")))
    if kept is not None:
        out.print(line("  Kept in      ", (str(kept), "name")))
    out.print()
    out.print(line("  To be its root in a shell:"))
    out.print()
    for name, value in (
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", told["accessKeyId"]),
        ("AWS_SECRET_ACCESS_KEY", told["secretAccessKey"]),
    ):
        out.print(line("    ", (f"export {name}={value}", "command")))
    out.print()


def _print_json(told: Any) -> None:
    json.dump(told, sys.stdout, indent=2)
    sys.stdout.write("\n")
