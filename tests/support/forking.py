"""Processes without the cost of their start: one that has read the code forks for each that is wanted.

Most of what a short command or a small server costs is reading its code. Each still is a process of its own, with arguments,
environment, folder and open files of its own, and runs what it would run anyway. How programs really start is proved where
that is the point: the lab, `tabard up` and version 2 of the AWS CLI are executed.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LARGEST = 1 << 20
"""Bytes of a request: arguments and environment."""


class Forked:
    """A process that was forked: what of ``subprocess.Popen`` its users need."""

    def __init__(self, forker: Forker, pid: int, stdout: IO[str] | None) -> None:
        self._forker = forker
        self._ends = os.pidfd_open(pid)  # readable once it has ended
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status (minus the signal that ended it), or None while it runs."""
        return self._status(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises ``subprocess.TimeoutExpired``."""
        status = self._status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, where it still runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._ends, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _status(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            ends = select.poll()
            ends.register(self._ends, select.POLLIN)
            if ends.poll(None if timeout is None else timeout * 1000):
                self.returncode = self._forker.ended(self.pid)
                os.close(self._ends)
        return self.returncode


class Forker:
    """A process that has imported these modules, and forks."""

    def __init__(self, *modules: str) -> None:
        self._one_at_a_time = threading.Lock()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * _LARGEST)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.forking", str(theirs.fileno()), *modules],
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
                stdin=subprocess.DEVNULL,
            )

    def fork(
        self,
        main: str,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        stdout: int | None = None,
        stderr: int,
        stdin: int | None = None,
        session: bool = False,
    ) -> Forked:
        """Run ``main`` (``module:function``) in a process, which is asked to end when this one does.

        Without ``stdout`` there is a pipe to read it from, as text; without ``stdin`` there is nothing to read. With
        ``session`` it leads a session of its own.
        """
        asked = {
            "main": main,
            "argv": list(argv),
            "env": dict(environment),
            "cwd": str(folder),
            "session": session,
        }
        with contextlib.ExitStack() as stack:
            shown: IO[str] | None = None
            if stdout is None:
                ours, stdout = os.pipe2(os.O_CLOEXEC)
                stack.callback(os.close, stdout)
                shown = os.fdopen(ours)
            if stdin is None:
                stdin = os.open(os.devnull, os.O_RDONLY)
                stack.callback(os.close, stdin)
            try:
                return Forked(self, self._ask(asked, stdin, stdout, stderr), shown)
            except BaseException:
                if shown is not None:
                    shown.close()
                raise

    def ended(self, pid: int) -> int:
        """The exit status of a process that has ended; asked for once."""
        return self._ask({"ended": pid})

    @property
    def is_there(self) -> bool:
        """Whether it still forks: code that can not be read has ended it."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process that forks."""
        self._line.close()
        self._process.wait(60)

    def _ask(self, asked: dict[str, Any], *descriptors: int) -> int:
        answer = b""
        with self._one_at_a_time, contextlib.suppress(ConnectionError):
            socket.send_fds(self._line, [json.dumps(asked).encode()], descriptors)
            answer = self._line.recv(64)
        if not answer:
            status = self._process.wait()
            raise RuntimeError(f"the process that forks has ended with {status}: its standard error says why")
        return int(answer)


def _serve(line: socket.socket, kept: Mapping[str, str]) -> None:
    """Fork for whatever is asked for, and tell its process id; later its exit status."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(line, _LARGEST, 3)
        if not message:
            return
        asked = json.loads(message)
        if "ended" in asked:
            _, status = os.waitpid(asked["ended"], 0)
            line.send(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        pid = os.fork()
        if pid == 0:
            line.close()
            _become({**asked, "env": {**asked["env"], **kept}}, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        line.send(str(pid).encode())


def _become(asked: dict[str, Any], descriptors: Sequence[int]) -> NoReturn:
    """Run what was asked for in this process, and end it as an interpreter would."""
    status = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if asked["session"]:
            os.setsid()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(asked["env"])
        os.chdir(asked["cwd"])
        sys.argv = asked["argv"]
        module, _, function = asked["main"].partition(":")
        status = getattr(importlib.import_module(module), function)() or 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - shown, as an interpreter would show it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it, whose end it sees
    _before = dict(os.environ)
    for _name in sys.argv[2:]:
        importlib.import_module(_name)
    _said = {
        name: value for name, value in os.environ.items() if name not in _before
    }  # by the code: it will not say it again
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as _line:
        _serve(_line, _said)
