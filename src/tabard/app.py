"""The one place that names drivers and joins the parts into a running node."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import ipaddress
import json
import os
import resource
import shutil
import signal
import socket
import stat
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvloop

from tabard.audit.history import JsonLinesHistory
from tabard.audit.jsonl import JsonLinesTrail
from tabard.catalog import regions
from tabard.compute import guest
from tabard.core.sources import system_clock, system_random
from tabard.edge.control import ControlSocket
from tabard.edge.http import HttpServer, Origin
from tabard.edge.issuer import IssuerPages
from tabard.edge.pipeline import Pipeline
from tabard.identity import accounts
from tabard.identity.keyring import KeyRing, KeyRingError
from tabard.objects.local import LocalBlobs
from tabard.services import cloudtrail, ec2, iam, issuer, s3, sts  # noqa: F401 - importing a service registers its operations
from tabard.services.iam.last_used import LastUsed
from tabard.services.node import Node
from tabard.services.s3 import runtime as s3_runtime
from tabard.store.iam import Account
from tabard.store.sql.store import open_sqlite
from tabard.store.sql.upgrade import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tabard.compute.port import Driver, Machine
    from tabard.services.ec2.pushed_keys import PushedKeys
    from tabard.services.ec2.reconciler import InstanceReconciler

API_ADDRESS = ("169.254.171.1", 80)
"""Where every instance reaches the API, inside its own network namespace."""
UNPRIVILEGED_SSH_PORT = 4622
VIRTUAL_HOSTS = ("s3.localhost", "localhost", "s3.amazonaws.com")


class SettingsError(Exception):
    """The server can not start as it was asked to; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run. ``data`` may be None only with ``ephemeral``; port 0 takes a free one."""

    data: Path | None
    host: str = "127.0.0.1"
    port: int = 4680
    account: str | None = None
    region: str = "us-east-1"
    ephemeral: bool = False
    ssh_port: int | None = None
    console_port: int | None = None
    """None: the one after ``port`` where it is free, else any free one."""
    public_url: str | None = None
    """Under which address others reach the API, where it is not the one listened on: the issuers' of outbound tokens."""


@dataclass(frozen=True, slots=True)
class Started:
    """What a server that has just started says of itself. ``root_secret`` is there only when it was made just now.

    ``console`` is the console's address; ``console_link`` signs root in, once, within fifteen minutes. It is None where the
    console's pages have not been built.
    """

    endpoint: str
    account: str
    region: str
    data: Path
    credentials: Path
    first_start: bool
    root_access_key_id: str
    root_secret: str | None
    ssh_port: int
    problems: list[str] = field(default_factory=list)
    instances: int = 0
    console: str = ""
    console_link: str | None = None
    warnings: list[str] = field(default_factory=list)


def run(settings: Settings, ready: Callable[[Started], None]) -> None:
    """Serve until SIGTERM or SIGINT, on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, ready))


async def serve(settings: Settings, ready: Callable[[Started], None]) -> None:
    """Serve until SIGTERM or SIGINT; call ``ready`` once requests are answered. Raises ``SettingsError``."""
    _raise_file_limit()
    _leave_no_core()
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        data = stack.enter_context(_data_folder(settings))
        started = await _start(settings, data, stack)
        ready(started)
        await stop.wait()


def _raise_file_limit() -> None:
    """Open files are counted per process: an instance takes five, a connection one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _leave_no_core() -> None:
    """This process holds every secret. Of one byte no core file is written, and no handler is given one: core(5)."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0 if hard == 0 else 1, hard))


async def _start(settings: Settings, data: Path, stack: contextlib.AsyncExitStack) -> Started:
    began = system_clock()  # before the first request: what is older and nobody's is an earlier run's orphan
    listener = stack.enter_context(_listener(settings.host, settings.port, "--listen"))
    console_listener = stack.enter_context(_console_listener(settings))
    try:
        store = open_sqlite(data / "tabard.db", system_clock, durable=not settings.ephemeral)
    except SchemaError as error:
        raise SettingsError(str(error)) from None
    stack.callback(store.close)
    keys = _key_ring(data / "keys.json", needed=accounts.first(store.read()) is not None)
    trail = JsonLinesTrail(data / "audit", system_clock, loop=asyncio.get_running_loop())
    stack.callback(trail.close)
    node = Node(settings.region, store, keys, system_clock, system_random)
    account, key_id, secret = await _account(settings, node, data)
    blobs = LocalBlobs(data / "objects", keys, durable=not settings.ephemeral)
    stack.push_async_callback(blobs.close)
    node.extensions[s3_runtime.OBJECTS] = blobs
    node.extensions[cloudtrail.lookup_events.HISTORY] = JsonLinesHistory(data / "audit")
    last_used = LastUsed.of(node)
    stack.push_async_callback(last_used.flush)
    pipeline = Pipeline(node, trail, virtual_hosts=virtual_hosts(settings.public_url))
    pipeline.on_used = last_used.used
    server = HttpServer(pipeline.answer, IssuerPages(node).answer)
    stack.push_async_callback(server.close)
    ssh_port, driver, instances = await _start_instances(settings, data, node, server, stack)
    await server.serve_on(listener, Origin())  # not before it is recorded which instances do not run yet
    endpoint = _url(listener)
    node.extensions[issuer.BASE] = settings.public_url or endpoint
    problems = [f"{problem.what} {problem.remedy}" for problem in (await driver.probe()).problems]
    facts: dict[str, str | int] = {"region": settings.region, "sshPort": ssh_port}
    console, console_link = await _start_console(
        node, pipeline, trail, account, facts, console_listener, stack
    )
    beside = [
        asyncio.create_task(last_used.run()),
        asyncio.create_task(s3_runtime.sweep_orphans(node, began)),
    ]
    stack.callback(lambda: [task.cancel() for task in beside])
    control = ControlSocket(node, trail, data)
    await control.open()
    stack.push_async_callback(control.close)
    _write(
        data / "endpoint",
        json.dumps(
            {
                "endpoint": endpoint,
                "region": settings.region,
                "account": account,
                "pid": os.getpid(),
                "console": console,
            }
        ),
    )
    stack.callback((data / "endpoint").unlink, missing_ok=True)
    return Started(
        endpoint,
        account,
        settings.region,
        data,
        data / "credentials",
        secret is not None,
        key_id,
        secret,
        ssh_port,
        problems,
        instances,
        console,
        console_link,
        _warnings(settings, data),
    )


async def _start_console(
    node: Node,
    pipeline: Pipeline,
    trail: JsonLinesTrail,
    account: str,
    facts: dict[str, str | int],
    listener: socket.socket,
    stack: contextlib.AsyncExitStack,
) -> tuple[str, str | None]:
    """Serve the console; its address, and a link that signs root in once."""
    from tabard.edge.console import ConsoleListener, Pages, SignIn, SignInLinks
    from tabard.edge.console.links import Subject
    from tabard.edge.terminal import TerminalDoor
    from tabard.services.ec2 import runtime as ec2_runtime

    links = SignInLinks(node.clock, node.random)
    pages = Pages.installed()
    terminals = TerminalDoor(pipeline, node.extensions[ec2_runtime.EXTENSION])
    stack.callback(terminals.close)
    console = ConsoleListener(
        pipeline, pages, SignIn(node, pipeline.principals, links, trail, facts), terminals
    )
    server = HttpServer(console.api, console.own)
    stack.push_async_callback(server.close)
    await server.serve_on(listener, Origin())
    address = f"{_url(listener)}/_/console/"
    if not pages.is_built:
        return address, None
    return address, f"{address}#token={links.give_out(Subject('session-root', account, account))}"


async def _start_instances(
    settings: Settings, data: Path, node: Node, server: HttpServer, stack: contextlib.AsyncExitStack
) -> tuple[int, Driver, int]:
    """Take up the instances: the SSH port, what runs them, and how many boot again."""
    from tabard.edge.doors import InstanceDoors
    from tabard.edge.metadata_listener import MetadataListener
    from tabard.edge.ssh import HostKeyFolder, SshFrontDoor
    from tabard.metadata import TokenSealer
    from tabard.services.ec2 import runtime
    from tabard.services.ec2.instance_connect import PUSHED_KEYS
    from tabard.services.ec2.metadata_view import InstanceMetadata
    from tabard.services.ec2.pushed_keys import PushedKeys
    from tabard.services.ec2.reconciler import InstanceReconciler, Site

    ssh_port = settings.ssh_port or _ssh_port()
    driver = instance_driver()
    stack.push_async_callback(driver.close)
    pushed = node.extensions[PUSHED_KEYS] = PushedKeys(node.clock)
    shown = InstanceMetadata(node.store, node.keys, node.clock, node.random, pushed)
    listener = MetadataListener(shown, TokenSealer(node.keys.derive(b"metadata-token")), node.clock)
    directory = _Directory(pushed)
    ssh = SshFrontDoor(HostKeyFolder(data / "host-keys"), directory)
    stack.push_async_callback(ssh.close_all)
    doors = InstanceDoors(server, listener, ssh, ssh_port)
    site = Site(folder=data / "instances", api_address=API_ADDRESS, tools=Path(sys.prefix))
    reconciler = InstanceReconciler(node.store, driver, doors, site, node.clock, node.random)
    directory.reconciler = reconciler
    node.extensions[runtime.EXTENSION] = reconciler
    booting = sum(
        each.state in {"pending", "running"} for each in node.store.read().ec2.instances.everywhere()
    )
    await reconciler.start()
    stack.push_async_callback(reconciler.stop)
    return ssh_port, driver, booting


def virtual_hosts(public_url: str | None) -> tuple[str, ...]:
    """The names below which a bucket's own name may stand: ours, S3's own in every region, and the public address's."""
    regional = (f"s3.{name}.amazonaws.com" for name in regions.regions())
    host = urlsplit(public_url).hostname if public_url else None
    named = host is not None and not _is_address(host)
    return (*VIRTUAL_HOSTS, *regional, *((host,) if host and named else ()))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def instance_driver() -> Driver:
    """What runs instances on this machine."""
    from tabard.compute.sandbox.driver import SandboxDriver

    return SandboxDriver()


class _Directory:
    """What the SSH front door asks about instances; the reconciler knows, and whoever pushed keys to them."""

    reconciler: InstanceReconciler

    def __init__(self, pushed: PushedKeys) -> None:
        self._pushed = pushed

    def authorized_keys(self, instance_id: str) -> Sequence[str]:
        return [
            *self.reconciler.authorized_keys(instance_id),
            *self._pushed.of(instance_id).get(guest.USER, ()),
        ]

    def machine(self, instance_id: str) -> Machine | None:
        return self.reconciler.machine(instance_id)


def _ssh_port() -> int:
    """22 where this user may listen there and nothing else does; else a high port that needs no privilege."""
    with socket.socket() as sock:
        try:
            sock.bind(("127.31.255.254", 22))
        except OSError:
            return UNPRIVILEGED_SSH_PORT
    return 22


@contextlib.contextmanager
def _data_folder(settings: Settings) -> Iterator[Path]:
    """The data folder, locked against a second server; a temporary one for an ephemeral server."""
    if settings.ephemeral or settings.data is None:
        memory = Path("/dev/shm")  # noqa: S108 - memory, not disk; mkdtemp makes a private folder in it
        base = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
        data = Path(tempfile.mkdtemp(prefix="tabard-", dir=base))
    else:
        data = settings.data
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError(
            f"The data folder {data} can not be used: {error.strerror}. Choose one with --data."
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsError(
                f"Another Tabard is running on {data}. Stop it, or choose another folder with --data."
            ) from None
        yield data
    finally:
        os.close(lock)
        if settings.ephemeral:
            shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def _listener(host: str, port: int, option: str) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise SettingsError(
            f"{host}:{port} can not be listened on: {error.strerror}. Choose another with {option}."
        ) from None
    with sock:
        yield sock


@contextlib.contextmanager
def _console_listener(settings: Settings) -> Iterator[socket.socket]:
    """The console's socket: on the port that was asked for, else on the next one, else on a free one."""
    port = settings.console_port
    if port is None:
        port = settings.port + 1 if 0 < settings.port < 65535 else 0
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((settings.host, port))
            except OSError:
                port = 0
    with _listener(settings.host, port, "--console-port") as sock:
        yield sock


def _url(listener: socket.socket) -> str:
    """Where clients on this host reach a listener: over loopback, where it listens on every address."""
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _account(settings: Settings, node: Node, data: Path) -> tuple[str, str, str | None]:
    """The account, its root key's id, and the secret if the key was made just now."""
    first = accounts.first(node.store.read())
    if first is not None:
        if settings.account not in {None, first.id}:
            raise SettingsError(f"This data folder belongs to account {first.id}, not {settings.account}.")
        keys = node.store.read().iam.access_keys.of_user(first.id, None)
        return first.id, keys[0].id if keys else "", None
    account = settings.account or accounts.free_number(node.random)
    key_id, secret = key = accounts.new_root_key(account, node.random)
    made = Account(account, "tabard", node.clock())
    _write(
        data / "credentials", f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n"
    )
    await node.store.write(lambda view: accounts.create(view, node.keys, made, key))
    return account, key_id, secret


def _key_ring(path: Path, *, needed: bool) -> KeyRing:
    """The keys that the folder's secrets are sealed under: made for a new folder, never for one that has secrets."""
    if needed and not path.exists():
        raise SettingsError(
            f"{path} is missing, and no secret in {path.parent} can be opened without it. Put it back from a backup, or "
            "choose another folder with --data."
        )
    try:
        return KeyRing.load(path, system_random)
    except (KeyRingError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(
            f"{path} can not be used: {why}. Put it back from a backup, or choose another folder with --data."
        ) from None


def _warnings(settings: Settings, data: Path) -> list[str]:
    """What the operator should know, though it keeps nothing from working. What others could read is closed to them."""
    found = []
    for path in (data / "keys.json", data / "credentials"):
        if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
            path.chmod(0o600)
            found.append(
                f"{path} could be read by other users (mode {mode:04o}); now it is yours alone. If somebody may have\n"
                "read it, make new keys: what it held is no secret any more."
            )
    encrypted = (settings.public_url or "").startswith("https:")
    if not ipaddress.ip_address(settings.host).is_loopback and not encrypted:
        found.append(
            f"{settings.host} can be reached from other machines, and what is said there is not encrypted. Put a proxy\n"
            "with TLS before it (docs/operating.md), or listen on 127.0.0.1."
        )
    return found


def _write(path: Path, text: str) -> None:
    """Write a small private file so that a reader sees all of it or none."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
