"""The command line of `tabard credentials`; what a verb needs is imported when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tabard.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tabard.cli.credentials.source import Credentials, Wanted

_SHORTEST, _LONGEST = 900, 129_600


def add_arguments(commands: Any, address: Callable[[str], tuple[str, int]]) -> None:
    """Add the command to the parser; ``address`` reads an address and port."""
    parser = commands.add_parser(
        "credentials", help="credentials of roles for programs on this host, as AWS's SDKs ask for them"
    )
    verbs = parser.add_subparsers(dest="credentials_command", metavar="VERB", required=True)
    process = verbs.add_parser("process", help="print them once: for credential_process in a profile")
    serve = verbs.add_parser(
        "serve", help="answer on loopback: for AWS_CONTAINER_CREDENTIALS_FULL_URI, and for pod identities"
    )
    for verb in (process, serve):
        _add_common(verb)
    process.add_argument(
        "--token-file",
        metavar="FILE",
        default="",
        help="a web identity token in place of credentials (as AWS_WEB_IDENTITY_TOKEN_FILE)",
    )
    process.add_argument("--mfa-serial", metavar="ARN", default="", help="ask for this device's code")
    serve.add_argument(
        "--listen", type=address, default="127.0.0.1:0", metavar="ADDRESS:PORT", help="on loopback"
    )
    serve.add_argument(
        "--write-token",
        type=Path,
        metavar="FILE",
        help="where to keep the token that callers must show (default: beside the cached credentials)",
    )
    serve.add_argument(
        "--pods",
        action="store_true",
        help="callers show web identity tokens of their own, each exchanged for the role",
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role-arn", metavar="ARN", default="", help="the role to put on")
    parser.add_argument("--session-name", metavar="NAME", default="tabard", help="(default: tabard)")
    parser.add_argument("--external-id", metavar="ID", default="", help="what the role's owner agreed on")
    parser.add_argument(
        "--duration", type=_duration, metavar="SECONDS", default=3600, help="how long (default: 3600)"
    )
    parser.add_argument(
        "--source-profile",
        metavar="NAME",
        default="",
        help="whose credentials ask (default: as any AWS program finds them)",
    )
    parser.add_argument(
        "--endpoint-url",
        metavar="URL",
        default="",
        help="the server (default: $AWS_ENDPOINT_URL, else the one running on the data directory)",
    )
    parser.add_argument("--region", metavar="NAME", default="us-east-1", help="(default: us-east-1)")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the data directory of a server on this host"
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where credentials are kept, mode 0600")


def _duration(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not _SHORTEST <= int(text) <= _LONGEST:
        raise argparse.ArgumentTypeError(f"'{text}' is not from {_SHORTEST} to {_LONGEST} seconds")
    return int(text)


def credentials(options: argparse.Namespace) -> int:
    """Print credentials, or serve them."""
    import time

    from tabard.cli.credentials.cache import Cache, default_folder
    from tabard.cli.credentials.source import Wanted, fetch, identity, refuse_recursion

    wanted = Wanted(
        role_arn=options.role_arn,
        session_name=options.session_name,
        external_id=options.external_id,
        duration=options.duration,
        source_profile=options.source_profile,
        token_file=getattr(options, "token_file", ""),
        mfa_serial=getattr(options, "mfa_serial", ""),
        endpoint=_endpoint(options),
        region=options.region,
    )
    if wanted.token_file and not wanted.role_arn:
        raise CommandError("A web identity token is exchanged for a role: name it with --role-arn.")
    refuse_recursion()
    folder = options.cache or default_folder()
    cache = Cache(folder, time.time)

    def get() -> Credentials:
        return cache.get(wanted.name(identity(wanted)), lambda: fetch(wanted, _ask_code))

    if options.credentials_command == "process":
        _print(get())
        return 0
    return _serve(options, wanted, folder, get)


def _endpoint(options: argparse.Namespace) -> str:
    """The server's address; empty where botocore is to find it in the profile."""
    from tabard.cli.places import default_data, running

    named = (
        options.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_STS") or os.environ.get("AWS_ENDPOINT_URL")
    )
    if named:
        return str(named)
    data = options.data or default_data()
    if options.data is not None or (data / "endpoint").exists():
        return running(data).endpoint
    return ""


def _print(found: Credentials) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html."""
    import json

    from tabard.core.sources import iso8601

    told = {
        "Version": 1,
        "AccessKeyId": found.access_key_id,
        "SecretAccessKey": found.secret_access_key,
        "SessionToken": found.session_token,
        "Expiration": iso8601(found.expires_at),
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _ask_code(serial: str) -> str:
    """The MFA device's code, asked on the terminal: standard input and output belong to the SDK."""
    import getpass

    try:
        with Path("/dev/tty").open("r+", encoding="utf-8", buffering=1) as terminal:
            return getpass.getpass(f"Code of {serial}: ", stream=terminal)
    except OSError:
        raise CommandError(
            "A code of the MFA device is needed, and there is no terminal to ask on."
        ) from None


def _serve(options: argparse.Namespace, wanted: Wanted, folder: Path, get: Callable[[], Credentials]) -> int:
    import dataclasses
    import ipaddress
    import secrets
    import shlex
    import signal

    from tabard.cli.credentials.endpoint import Endpoint, ForPods, for_token
    from tabard.cli.credentials.source import fetch

    host, port = options.listen
    if not ipaddress.ip_address(host).is_loopback:
        raise CommandError(
            f"{host} is not a loopback address: SDKs take credentials over HTTP from there alone."
        )
    told: dict[str, str] = {}
    if options.pods:
        if not wanted.role_arn:
            raise CommandError("Pods' tokens are exchanged for a role: name it with --role-arn.")
        endpoint = Endpoint(
            host,
            port,
            wanted.role_arn,
            ForPods(lambda token: fetch(dataclasses.replace(wanted, source_profile=""), web_token=token)),
        )
    else:
        token = secrets.token_urlsafe(32)
        endpoint = Endpoint(host, port, wanted.role_arn, for_token(token, get))
        path = (
            options.write_token or folder / f"token-{endpoint.url.rpartition(':')[2].partition('/')[0]}"
        ).absolute()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(token)
        draft.replace(path)
        told["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(path)
    told["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = endpoint.url
    for name, value in sorted(told.items()):
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    sys.stdout.flush()

    def stop(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        endpoint.serve()
    except KeyboardInterrupt:
        return 0
    finally:
        if "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" in told:
            Path(told["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]).unlink(missing_ok=True)
    return 0
