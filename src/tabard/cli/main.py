"""The command line: which command, with which options. Every command's own module is imported only when it runs."""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabard import __version__
from tabard.cli.credentials import command as credentials
from tabard.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_LISTEN = "127.0.0.1:4680"
_EPILOG = """\
start here:
  tabard up                  serve every API on http://127.0.0.1:4680
  eval "$(tabard env)"       point this shell's aws at it
  tabard lab                 watch a role being worn, from start to finish
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or failed, 2 misused."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:  # whoever types the name alone wants to know what there is
        parser.print_help()
        return 2
    try:
        return _run(options)
    except CommandError as error:
        from tabard.cli.screen import show_error

        show_error(error)
        return 1
    except KeyboardInterrupt:
        return 130
    except (
        BrokenPipeError
    ):  # `tabard doctor | head`: nobody reads any more, and nothing may be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # a file or folder that the user named, or the temporary one
        if error.filename is None:
            raise
        from tabard.cli.screen import show_error

        show_error(CommandError(f"{error.filename}: {error.strerror}"))
        return 1


def _run(options: argparse.Namespace) -> int:
    if options.command == "up":
        from tabard.cli.up import up

        return up(options)
    if options.command == "env":
        from tabard.cli.env import env

        return env(options)
    if options.command == "account":
        from tabard.cli.account import account

        return account(options)
    if options.command == "partner":
        from tabard.cli.partner import partner

        return partner(options)
    if options.command == "credentials":
        return credentials.credentials(options)
    if options.command == "doctor":
        from tabard.cli.doctor import doctor

        return doctor(options)
    if options.command == "evaluate":
        from tabard.cli.evaluate import evaluate

        return evaluate(options)
    if options.command == "explain":
        from tabard.cli.explain import explain

        return explain(options)
    from tabard.cli.lab.command import lab

    return lab(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tabard",
        description="A self-hosted identity plane that speaks AWS's own protocols: wear a role, carry no keys.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tabard {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    up = commands.add_parser("up", help="serve IAM, STS, EC2, S3 and the instances, in the foreground")
    _add_data(up)
    up.add_argument(
        "--listen", type=listen_address, default=DEFAULT_LISTEN, metavar="ADDRESS:PORT", help=_LISTEN_HELP
    )
    up.add_argument(
        "--account", type=account_id, metavar="ID", help="twelve digits (default: made up at the first start)"
    )
    up.add_argument(
        "--region", type=region_name, default="us-east-1", help="the default region (default: us-east-1)"
    )
    up.add_argument(
        "--ephemeral",
        action="store_true",
        help="keep nothing: records in memory, files in a temporary folder",
    )
    up.add_argument(
        "--ssh-port",
        type=port_number,
        metavar="PORT",
        help="where instances answer ssh (default: 22 as root)",
    )
    up.add_argument(
        "--console-port",
        type=port_number,
        metavar="PORT",
        help="where the console's pages are (default: the port after the API's)",
    )

    up.add_argument(
        "--public-url",
        type=public_url,
        metavar="URL",
        help="where others reach the API, behind a TLS proxy say; issuers of web identity tokens name it",
    )

    _add_output(up)

    env = commands.add_parser("env", help='print what points a shell at Tabard: eval "$(tabard env)"')
    _add_data(env)
    env.add_argument(
        "--shell", choices=("sh", "fish"), default="sh", help="whose syntax (default: sh; bash and zsh too)"
    )
    _add_output(env)

    _add_account(commands)
    _add_partner(commands)
    credentials.add_arguments(commands, listen_address)

    doctor = commands.add_parser("doctor", help="check this machine, and say what to do about it")
    _add_data(doctor)
    doctor.add_argument(
        "--listen", type=listen_address, default=DEFAULT_LISTEN, metavar="ADDRESS:PORT", help=_LISTEN_HELP
    )
    _add_output(doctor)

    lab = commands.add_parser(
        "lab", help="tell the whole story with the real aws and ssh, checking every claim"
    )
    lab.add_argument(
        "--keep", action="store_true", help="leave it running at the end, and say how to go on by hand"
    )
    lab.add_argument(
        "--data", type=Path, metavar="DIR", help="where the lab's server keeps its data (default: temporary)"
    )
    lab.add_argument(
        "--chapter", action="append", metavar="NAME", help="only this chapter; may be given more than once"
    )
    _add_output(lab)

    evaluate = commands.add_parser(
        "evaluate", help="decide requests under policies: JSON lines in, JSON lines out"
    )
    evaluate.add_argument(
        "file",
        nargs="?",
        type=argparse.FileType("rb"),
        default="-",
        help="the lines (default: standard input)",
    )

    explain = commands.add_parser(
        "explain",
        help="say why a request was denied, and what nearly allowed it: the newest, or the one named",
    )
    explain.add_argument(
        "what",
        nargs="?",
        metavar="REQUEST",
        help="a request id, an encoded authorization message, or a line as for evaluate (- reads it from standard "
        "input); without one, the newest denial",
    )
    explain.add_argument(
        "--principal", metavar="TEXT", help="the newest denial of a principal whose ARN contains this"
    )
    _add_data(explain)
    _add_output(explain)
    return parser


def _add_account(commands: Any) -> None:
    accounts = commands.add_parser("account", help="make and list the accounts of the running server")
    verbs = accounts.add_subparsers(dest="account_command", metavar="VERB", required=True)
    create = verbs.add_parser("create", help="make an account, and show its root key once")
    create.add_argument("name", help="what people call it")
    create.add_argument("--id", type=account_id, metavar="ID", help="twelve digits (default: made up)")
    listing = verbs.add_parser("list", help="list the accounts")
    key = verbs.add_parser("key", help="make another root key for an account, and show it once")
    key.add_argument("id", type=account_id, metavar="ID", help="the account's twelve digits")
    for verb in (create, listing, key):
        _add_data(verb)
        _add_output(verb)


def _add_partner(commands: Any) -> None:
    partners = commands.add_parser("partner", help="accounts that may ask others for temporary delegation")
    verbs = partners.add_subparsers(dest="partner_command", metavar="VERB", required=True)
    register = verbs.add_parser("register", help="let an account make delegation requests from templates")
    register.add_argument("id", type=account_id, metavar="ID", help="the account's twelve digits")
    register.add_argument("--name", required=True, help="what those see who are asked")
    register.add_argument("--template", action="append", default=[], metavar="NAME=FILE", help="a policy")
    register.add_argument(
        "--boundary", action="append", default=[], metavar="NAME=ARN", help="of roles that a template makes"
    )
    notices = verbs.add_parser("notices", help="take what a partner has to be told, trade-in tokens too")
    notices.add_argument("id", type=account_id, metavar="ID", help="the account's twelve digits")
    for verb in (register, notices):
        _add_data(verb)


_LISTEN_HELP = f"an IP address and port (default: {DEFAULT_LISTEN})"


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="the data directory (default: $TABARD_DATA, or tabard in $XDG_DATA_HOME or ~/.local/share)",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", choices=("text", "json"), default="text", help="json is for programs")


def listen_address(text: str) -> tuple[str, int]:
    """``127.0.0.1:4680`` or ``[::1]:4680``, or the port alone, as address and port."""
    import ipaddress

    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if host == "localhost":
        host = "127.0.0.1"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{host}' is not an IP address: say for example {DEFAULT_LISTEN}"
        ) from None
    return host, port_number(port)


def public_url(text: str) -> str:
    """An http or https URL of a host, without a path."""
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.netloc
        or parts.path not in {"", "/"}
        or parts.query
    ):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not an address: say for example https://aws.example.org"
        )
    return text.rstrip("/")


def port_number(text: str) -> int:
    """A TCP port; 0 lets the system choose."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port: say a number from 1 to 65535")
    return int(text)


def account_id(text: str) -> str:
    """An AWS account id."""
    if not re.fullmatch(r"[0-9]{12}", text, re.ASCII):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not an account id: say twelve digits, such as 123456789012"
        )
    return text


def region_name(text: str) -> str:
    """The name of a region that AWS has."""
    from tabard.catalog.regions import get

    if get(text) is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not a region of AWS: say for example us-east-1")
    return text
