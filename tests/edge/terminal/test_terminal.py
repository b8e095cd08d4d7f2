"""The terminal in the browser, by a WebSocket client that is not ours, against a real server and a real instance."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import signal
import socket
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.support.server import TabardServer, as_arguments, running
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROTOCOL = Subprotocol("tabard.terminal.1")
PROMPT = "~]$ "


class Terminal:
    """An open terminal, and all that it has shown."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.shown = ""
        self.told: list[dict[str, Any]] = []

    def type(self, keys: str) -> None:
        self.socket.send(keys.encode())

    def until(self, wanted: str) -> str:
        while wanted not in self.shown:
            self._take(self.socket.recv(60))
        seen, _, self.shown = self.shown.partition(wanted)
        return seen + wanted

    def sees(self, program: str, running: int) -> None:
        """Wait until so many processes of this name run on the instance."""
        for _ in range(300):
            self.type(f"pgrep -xc {program}\r")
            if self.until(PROMPT).splitlines()[1] == str(running):
                return
            time.sleep(0.1)
        raise AssertionError(f"there never were {running} of {program}")

    def end(self) -> tuple[int, list[dict[str, Any]]]:
        """The code that the server closes with, and what it has told."""
        try:
            while True:
                self._take(self.socket.recv(60))
        except ConnectionClosed as closed:
            return (closed.rcvd.code if closed.rcvd is not None else 1006), self.told

    def _take(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.shown += message.decode(errors="replace")
        else:
            self.told.append(json.loads(message))


class World:
    """A server with a running instance, and whoever opens terminals on it."""

    def __init__(self, server: TabardServer) -> None:
        self.server = server
        self.ec2 = server.client("ec2")
        self.instance = self.launch()
        self.arn = f"arn:aws:ec2:us-east-1:{server.account}:instance/{self.instance}"

    def launch(self) -> str:
        image = self.ec2.describe_images()["Images"][0]["ImageId"]
        reply = self.ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.nano")
        instance = str(reply["Instances"][0]["InstanceId"])
        self.wait_for(instance, "running")
        return instance

    def wait_for(self, instance: str, state: str) -> None:
        for _ in range(1200):
            (found,) = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
            if found["State"]["Name"] == state:
                return
            time.sleep(0.05)
        raise AssertionError(f"{instance} is not {state}")

    @property
    def host(self) -> str:
        return str(urlsplit(self.server.started["console"]).netloc)

    def url(
        self,
        credentials: dict[str, str] | None = None,
        *,
        region: str = "us-east-1",
        expires: int = 60,
        service: str = "ec2-instance-connect",
        **parameters: str,
    ) -> str:
        given = self.server.root() if credentials is None else as_arguments(credentials)
        known = Credentials(
            given["aws_access_key_id"], given["aws_secret_access_key"], given.get("aws_session_token")
        )
        query = urlencode({"instanceId": self.instance, "nonce": secrets.token_hex(8), **parameters})
        request = AWSRequest("GET", f"http://{self.host}/_/console/terminal?{query}")
        SigV4QueryAuth(known, service, region, expires=expires).add_auth(request)
        return str(request.url).replace("http://", "ws://", 1)

    def open(self, url: str | None = None, **parameters: str) -> Terminal:
        asked = url or self.url(None, **parameters)  # type: ignore[arg-type] # none of url's own
        return Terminal(connect(asked, subprotocols=[PROTOCOL], proxy=None, close_timeout=1))

    def user(self, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        iam = self.server.client("iam")
        iam.create_user(UserName=name)
        self.may(name, *statements)
        key: dict[str, str] = iam.create_access_key(UserName=name)["AccessKey"]
        return key

    def may(self, name: str, *statements: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam = self.server.client("iam")
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)

    def trail(self) -> list[dict[str, Any]]:
        lines = (self.server.data / "audit" / "events.jsonl").read_text().splitlines()
        return [each for each in map(json.loads, lines) if each["eventName"] == "OpenTerminal"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running(console_port=0) as server:
        if server.started["problems"]:
            pytest.skip(f"instances cannot run here: {server.started['problems']}")
        yield World(server)


def allow(resource: str, **conditions: dict[str, str]) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "ec2-instance-connect:SendSSHPublicKey",
        "Resource": resource,
    }
    return {**statement, **({"Condition": conditions} if conditions else {})}


def test_a_login_shell_with_its_terminal(world: World) -> None:
    terminal = world.open(columns="111", rows="22", osUser="ec2-user")
    assert terminal.socket.subprotocol == PROTOCOL
    terminal.until(PROMPT)
    terminal.type("stty size; tty; echo $TERM; shopt login_shell; id -un\r")
    seen = terminal.until(PROMPT)
    assert "22 111" in seen
    assert re.search(r"/dev/pts/\d", seen)
    assert "xterm-256color" in seen
    assert re.search(r"login_shell\s+on", seen)
    assert "ec2-user" in seen
    terminal.socket.send('{"resize":[140,50]}')
    terminal.type("stty size\r")
    terminal.until("50 140")
    for nonsense in ("", "{}", '{"resize":[0,0]}', '{"resize":["a",1]}', '{"resize":[1.5,2]}', "[[["):
        terminal.socket.send(nonsense)
    terminal.until(PROMPT)
    terminal.type("echo star''ted; cat\r")
    terminal.until("started")
    terminal.type("it runs\r")
    terminal.until("it runs\r\nit runs")
    terminal.type("\x03")
    terminal.until(PROMPT)
    terminal.type("echo done; exit 7\r")
    code, told = terminal.end()
    assert (code, told) == (1000, [{"exit": {"code": 7}}])
    assert "done" in terminal.shown


def test_the_end_by_a_signal_is_told(world: World) -> None:
    terminal = world.open()
    terminal.until(PROMPT)
    terminal.type("kill -KILL $$\r")
    assert terminal.end() == (1000, [{"exit": {"signal": "KILL"}}])


def test_much_goes_both_ways(world: World) -> None:
    terminal = world.open()
    terminal.until(PROMPT)
    terminal.type(
        "stty raw -echo; echo rea''dy; head -c 3000000 | sha256sum; "
        "stty sane; head -c 5000000 /dev/zero | tr '\\0' x; echo END\r"
    )
    terminal.until("ready")
    data = bytes(range(1, 256)) * 11765
    for at in range(0, 3_000_000, 100_000):
        terminal.socket.send(data[at : min(at + 100_000, 3_000_000)])
    terminal.until(hashlib.sha256(data[:3_000_000]).hexdigest())
    assert terminal.until("END\r\n").count("x") >= 5_000_000


def test_a_slow_reader_holds_the_shell_back(world: World) -> None:
    terminal = world.open()
    terminal.until(PROMPT)
    terminal.type("head -c 100000000 /dev/zero | tr '\\0' x; touch /tmp/finished\r")
    time.sleep(0.7)
    other = world.open()
    other.until(PROMPT)
    other.type("ls /tmp/finished || echo not''yet\r")
    other.until("notyet")
    other.socket.close()
    terminal.socket.close()


def test_hanging_up_ends_what_ran(world: World) -> None:
    terminal, other = world.open(), world.open()
    terminal.until(PROMPT)
    other.until(PROMPT)
    terminal.type("sleep 4321 & sleep 4322\r")
    other.sees("sleep", 2)  # bash itself forgets a child that it is forking when the hang-up comes
    terminal.socket.close()
    other.sees("sleep", 0)
    other.socket.close()


def refused(terminal: Terminal) -> tuple[int, str]:
    code, told = terminal.end()
    (only,) = told
    return code, only["error"]["code"]


def test_who_may_not_is_told_why_and_it_is_recorded(world: World) -> None:
    key = world.user("nobody")
    terminal = world.open(world.url(key))
    code, told = terminal.end()
    assert code == 4403
    message = told[0]["error"]["message"]
    assert (
        f"user/nobody is not authorized to perform: ec2-instance-connect:SendSSHPublicKey on resource: {world.arn}"
        in message
    )
    record = world.trail()[-1]
    assert record["errorCode"].startswith("AccessDenied")
    assert record["eventSource"] == "ec2-instance-connect.amazonaws.com"
    assert record["requestParameters"]["instanceId"] == world.instance
    world.may("nobody", allow(world.arn, StringEquals={"ec2:osuser": "root"}))
    assert refused(world.open(world.url(key)))[0] == 4403
    world.may("nobody", allow(world.arn, StringEquals={"ec2:osuser": "ec2-user"}))
    terminal = world.open(world.url(key))
    terminal.until(PROMPT)
    terminal.socket.close()
    record = world.trail()[-1]
    assert "errorCode" not in record
    assert record["readOnly"] is False
    assert record["userIdentity"]["userName"] == "nobody"
    assert not re.search("Signature|X-Amz", json.dumps(record))


def test_an_open_terminal_is_closed_when_its_caller_may_no_longer(world: World) -> None:
    key = world.user("soon-not", allow("*"))
    terminal = world.open(world.url(key))
    terminal.until(PROMPT)
    world.server.client("iam").delete_user_policy(UserName="soon-not", PolicyName="p")
    assert refused(terminal)[0] == 4403
    world.may("soon-not", allow("*"))
    terminal = world.open(world.url(key))
    terminal.until(PROMPT)
    world.server.client("iam").update_access_key(
        UserName="soon-not", AccessKeyId=key["AccessKeyId"], Status="Inactive"
    )
    assert refused(terminal)[0] == 4401


def test_sessions_open_terminals_too(world: World) -> None:
    session = world.server.client("sts", world.user("federator", allow("*"))).get_session_token()
    terminal = world.open(world.url(session["Credentials"]))
    terminal.until(PROMPT)
    terminal.socket.close()


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        (lambda url: url.replace("X-Amz-Signature=", "X-Amz-Signature=0"), 4401, None),
        (lambda url: url + "&instanceId=i-00000000", 4400, "InvalidArgsException"),
        (lambda url: url.partition("&X-Amz-")[0], 4401, None),
    ],
)
def test_a_url_is_good_as_it_was_signed_alone(
    world: World, change: Callable[[str], str], code: int, error: str | None
) -> None:
    given = refused(world.open(change(world.url())))
    assert given[0] == code
    assert error in {None, given[1]}


def test_a_url_opens_once(world: World) -> None:
    url = world.url()
    terminal = world.open(url)
    terminal.until(PROMPT)
    assert refused(world.open(url)) == (4401, "InvalidSignatureException")
    terminal.socket.close()


def test_a_url_for_something_else_opens_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(world.open(world.url(service="ec2")))[0] == 4401
    assert refused(world.open(world.url(region="eu-west-1"))) == (4404, "InvalidInstanceID.NotFound")
    assert refused(world.open(world.url(instanceId="i-0123456789abcdef0"))) == (
        4404,
        "InvalidInstanceID.NotFound",
    )
    for wrong in (
        {"instanceId": "x"},
        {"columns": "0"},
        {"rows": "x"},
        {"osUser": "root"},
        {"rows": "9" * 99},
    ):
        assert refused(world.open(world.url(**wrong))) == (4400, "InvalidArgsException")  # type: ignore[arg-type]
    import botocore.auth

    late = datetime.now(UTC).timestamp() - 61
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: datetime.fromtimestamp(late, UTC))
    old = world.url(expires=900)
    monkeypatch.undo()
    assert refused(world.open(old)) == (4401, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("headers", "protocols", "status"),
    [
        ({"Origin": "http://evil.example"}, [PROTOCOL], 403),
        ({"Origin": "null"}, [PROTOCOL], 403),
        ({"Sec-Fetch-Site": "cross-site"}, [PROTOCOL], 403),
        ({}, None, 400),
        ({}, [Subprotocol("chat")], 400),
    ],
)
def test_pages_of_others_and_other_protocols_are_turned_away(
    world: World, headers: dict[str, str], protocols: list[Subprotocol] | None, status: int
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        connect(world.url(), additional_headers=headers, subprotocols=protocols, proxy=None)
    assert caught.value.response.status_code == status


def test_who_does_not_wait_for_the_answer_gets_none(world: World) -> None:
    """Frames that come with the handshake are nobody's."""
    url = urlsplit(world.url())
    head = (
        f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {world.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n"
    ).encode()
    address = (str(url.hostname), url.port)
    for sent in (head + b"\x82\x80abcd", head.replace(b"Connection: Upgrade\r\n", b"")):
        with socket.create_connection(address, 10) as raw:
            raw.sendall(sent)
            assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in world.server.log


def test_frames_that_are_none_end_the_socket(world: World) -> None:
    for frames, code in (
        (b"\x82\x01x", 1002),
        (b"\xf2\x80abcd", 1002),
        (b"\x81\xfe\x04\x01abcd" + b"x" * 1025, 1009),
    ):
        terminal = world.open()
        terminal.until(PROMPT)
        terminal.socket.socket.sendall(frames)
        assert terminal.end()[0] == code
    assert "Traceback" not in world.server.log


def test_a_page_of_the_console_may(world: World) -> None:
    url = world.url()
    origin = Origin(f"http://{world.host}")
    opened = connect(url, origin=origin, subprotocols=[PROTOCOL], proxy=None, close_timeout=1)
    with opened:
        Terminal(opened).until(PROMPT)


def test_an_instance_that_stops_takes_its_terminals_with_it(world: World) -> None:
    instance = world.launch()
    terminal = world.open(instanceId=instance)
    terminal.until(PROMPT)
    world.ec2.stop_instances(InstanceIds=[instance])
    assert refused(terminal) == (4409, "IncorrectInstanceState")
    world.wait_for(instance, "stopped")
    assert refused(world.open(instanceId=instance)) == (4409, "IncorrectInstanceState")
    world.ec2.terminate_instances(InstanceIds=[instance])


def test_too_many_terminals_are_refused(world: World) -> None:
    instance = world.launch()
    open_ones = [world.open(instanceId=instance) for _ in range(32)]
    for each in open_ones:
        each.until(PROMPT)
    assert refused(world.open(instanceId=instance)) == (4429, "ThrottlingException")
    open_ones.pop().socket.close()
    for _ in range(600):
        again = world.open(instanceId=instance)
        try:
            again.until(PROMPT)
            break
        except ConnectionClosed:
            time.sleep(0.05)
    for each in [*open_ones, again]:
        each.socket.close()
    world.ec2.terminate_instances(InstanceIds=[instance])


def test_a_server_that_stops_says_so() -> None:
    with running(console_port=0) as server:
        if server.started["problems"]:
            pytest.skip(f"instances cannot run here: {server.started['problems']}")
        world = World(server)
        terminal = world.open()
        terminal.until(PROMPT)
        server.process.send_signal(signal.SIGTERM)
        assert terminal.end()[0] == 1001
        server.stop()
        assert "Traceback" not in server.log, server.log
