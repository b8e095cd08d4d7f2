"""`tabard up`: one foreground process that serves everything, and a first screen that says what to do next."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tabard import __version__
from tabard.cli.errors import CommandError
from tabard.cli.places import data_option, default_data, tabard_command
from tabard.cli.screen import line, screen

if TYPE_CHECKING:
    import argparse

    from rich.console import Console
    from rich.text import Text

    from tabard.app import Started


def up(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C. What stands in the way (a port in use, a locked folder) is a ``CommandError``."""
    if options.ephemeral and options.data is not None:
        raise CommandError(
            "--ephemeral keeps nothing, so that --data has no meaning with it.", "Give one of the two."
        )
    from tabard.app import Settings, SettingsError, run

    host, port = options.listen
    data = None if options.ephemeral else (options.data or default_data()).expanduser().absolute()
    settings = Settings(
        data=data,
        host=host,
        port=port,
        account=options.account,
        region=options.region,
        ephemeral=options.ephemeral,
        ssh_port=options.ssh_port,
        console_port=options.console_port,
        public_url=options.public_url,
    )
    out = screen()

    def ready(started: Started) -> None:
        if options.output == "json":
            sys.stdout.write(json.dumps(facts(started)) + "\n")
            sys.stdout.flush()
        else:
            _first_screen(out, started, ephemeral=options.ephemeral)

    try:
        run(settings, ready)
    except SettingsError as error:
        raise CommandError(str(error)) from None
    if options.output != "json":
        out.print(line(("  Stopped. ", "quiet"), (_farewell(ephemeral=options.ephemeral), "quiet")))
    return 0


def facts(started: Started) -> dict[str, Any]:
    """For programs: one line, written once requests are answered. The secret is there at the first start alone."""
    told: dict[str, Any] = {
        "endpoint": started.endpoint,
        "console": started.console,
        "consoleLink": started.console_link,
        "account": started.account,
        "region": started.region,
        "data": str(started.data),
        "credentials": str(started.credentials),
        "sshPort": started.ssh_port,
        "rootAccessKeyId": started.root_access_key_id,
        "rootSecretAccessKey": started.root_secret,
        "instances": started.instances,
        "problems": started.problems,
        "warnings": started.warnings,
    }
    return {name: value for name, value in told.items() if value is not None}


def _first_screen(out: Console, started: Started, *, ephemeral: bool) -> None:
    tabard = tabard_command()
    where = data_option(started.data)
    out.print()
    out.print(line("  ", ("Tabard", "title"), f" {__version__}", ("   wear a role, carry no keys", "quiet")))
    out.print()
    out.print(_fact("Endpoint", started.endpoint, "IAM, STS, EC2 and S3 on one port"))
    if started.console_link is not None:
        out.print(_fact("Console", started.console_link, "signs you in as root, once, within 15 minutes"))
    elif started.console:
        out.print(_fact("Console", started.console, "not built here: it needs Node, see docs/console.md"))
    out.print(_fact("Account", started.account, started.region))
    out.print(_fact("Data", str(started.data), "gone when it stops" if ephemeral else "kept"))
    if started.credentials.exists():
        out.print(_fact("Credentials", str(started.credentials), "the root user's"))
    else:
        another = f"{tabard} account key {started.account}{where} makes another"
        out.print(_fact("Credentials", "not kept here any more", another))
    if not started.problems:
        out.print(_fact("Instances", f"ssh on port {started.ssh_port}", "of their public addresses"))
    if started.root_secret is not None:
        out.print()
        out.print(_fact("Root key", started.root_access_key_id))
        out.print(_fact("Secret", started.root_secret, "shown this once"))
    if started.instances:
        noun = "instance is" if started.instances == 1 else "instances are"
        out.print()
        out.print(line(f"  {started.instances} {noun} booting again, with address, home and role."))
    for problem in (*started.problems, *started.warnings):
        out.print()
        out.print(line(("  ! ", "warn"), problem.replace("\n", "\n    ")))
    out.print()
    out.print(line("  In another terminal:"))
    out.print()
    steps = [
        (f'eval "$({tabard} env{where})"', "point that shell's aws here"),
        ("aws s3 ls", "list your buckets; none yet" if started.first_start else "list your buckets"),
        (f"{tabard} lab", "watch a role being worn, from start to finish"),
    ]
    if started.problems:
        steps.append((f"{tabard} doctor", "what this machine lacks, and what to do"))
    width = max(len(command) for command, _ in steps)
    for command, remark in steps:
        out.print(line("    ", (f"{command:<{width}}", "command"), (f"   {remark}", "quiet")))
    out.print()
    out.print(line(("  Ctrl-C stops it.", "quiet")))
    out.file.flush()


def _fact(name: str, value: str, remark: str = "") -> Text:
    return line(f"  {name:<13}", (value, "name"), (f"   {remark}" if remark else "", "quiet"))


def _farewell(*, ephemeral: bool) -> str:
    return "Nothing is left behind." if ephemeral else "Records and homes are kept."
