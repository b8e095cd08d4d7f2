"""Process 1 of an instance: starts programs on the server's orders, reaps, and ends when the server is gone.

When it ends the kernel kills everything else inside, so nothing can outlive the server.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import struct
import termios
import time
from typing import TYPE_CHECKING, Any, NoReturn

from tabard.compute import terminal
from tabard.compute.sandbox.inside import kernel, messages, sftp_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_BEFORE_HANG_UP = 0.25  # seconds; interactive shells ignore SIGTERM and end at SIGHUP
_COMMAND_NOT_FOUND, _COMMAND_NOT_EXECUTABLE = 127, 126


class Agent:
    """The loop of process 1."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._children: set[int] = set()
        self._deadline: float | None = None
        self._hang_up_at: float | None = None
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def run(self) -> None:
        """Serve until the server closes the channel or orders the end."""
        signal.set_wakeup_fd(self._wake_write)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: None)
        messages.send(self._channel, {"event": "ready"})
        while not self._finished():
            readable, _, _ = select.select(
                [self._channel.fileno(), self._wake_read], [], [], self._patience()
            )
            if self._wake_read in readable:
                os.read(self._wake_read, 4096)
                self._reap()
            if self._channel.fileno() in readable:
                order, _ = messages.receive(self._channel)
                if order is None:
                    return
                self._obey(order)

    def _finished(self) -> bool:
        return self._deadline is not None and (not self._anyone_left() or time.monotonic() >= self._deadline)

    def _patience(self) -> float | None:
        """How long to wait for news; None without end. On the way, those who ignored SIGTERM are hung up
        on."""
        if self._deadline is None:
            return None
        now = time.monotonic()
        if self._hang_up_at is not None and now >= self._hang_up_at:
            self._hang_up_at = None
            _signal_everyone(signal.SIGHUP)
        return max(0.0, (self._hang_up_at or self._deadline) - now)

    def _anyone_left(self) -> bool:
        try:
            os.kill(-1, 0)
        except ProcessLookupError:
            return False
        return True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid in self._children:
                self._children.remove(pid)
                messages.send(
                    self._channel,
                    {"event": "exited", "pid": pid, "status": os.waitstatus_to_exitcode(status)},
                )

    def _obey(self, order: dict[str, Any]) -> None:
        match order["do"]:
            case "spawn":
                self._spawn(order, lambda: _execute(order))
            case "sftp":
                self._spawn(order, lambda: sftp_server.serve(order["cwd"]))
            case "signal":
                if order["pid"] in self._children:
                    _signal_group(order["pid"], order["number"])
            case "shutdown":
                self._deadline = time.monotonic() + order["grace"]
                self._hang_up_at = time.monotonic() + min(_BEFORE_HANG_UP, order["grace"] / 2)
                _signal_everyone(signal.SIGTERM)
                _signal_everyone(signal.SIGCONT)

    def _spawn(self, order: dict[str, Any], body: Callable[[], NoReturn]) -> None:
        try:
            ours, theirs = (
                _terminal(order["pty"]) if order.get("pty") else _pipes(merge=bool(order.get("merge_stderr")))
            )
        except OSError as error:
            self._refuse(order, error)
            return
        # A signal that arrives before the program is ready waits for it, and is not lost on this process's
        # handlers
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            pid = os.fork()
        except OSError as error:  # the limit on processes has been reached
            self._refuse(order, error)
        else:
            if not pid:
                self._become_child(order, theirs, body)
            self._children.add(pid)
            messages.send(self._channel, {"event": "spawned", "id": order["id"], "pid": pid}, ours)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            for descriptor in {*ours, *theirs}:
                os.close(descriptor)

    def _refuse(self, order: dict[str, Any], error: OSError) -> None:
        messages.send(
            self._channel, {"event": "refused", "id": order["id"], "error": error.strerror or str(error)}
        )

    def _become_child(
        self, order: dict[str, Any], streams: list[int], body: Callable[[], NoReturn]
    ) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            os.setsid()
            _reset_signals()
            if order.get("pty"):
                fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
            for number, descriptor in enumerate(streams):
                os.dup2(descriptor, number)
            os.closerange(3, 4096)
            _be_first_to_go()
            body()
        except BaseException as error:  # noqa: BLE001 - a forked process must not fall back into its parent's loop
            _complain(f"tabard: {error}")
            os._exit(_COMMAND_NOT_EXECUTABLE)


def _signal_group(leader: int, number: int) -> None:
    """Signal a process group, or its leader alone where it has not yet become one."""
    with contextlib.suppress(OSError):
        try:
            os.killpg(leader, number)
        except ProcessLookupError:
            os.kill(leader, number)


def _signal_everyone(number: int) -> None:
    """Signal every process inside but this one."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, number)


def _terminal(pty: dict[str, Any]) -> tuple[list[int], list[int]]:
    """A terminal's master for the server and its slave three times for the program."""
    master, slave = os.openpty()
    with contextlib.suppress(termios.error, OSError):  # what the client asks of a terminal is a wish
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", pty["rows"], pty["columns"], 0, 0))
        terminal.apply_modes(slave, {int(opcode): value for opcode, value in pty["modes"].items()})
    return [master], [slave, slave, slave]


def _pipes(*, merge: bool) -> tuple[list[int], list[int]]:
    """Pipes for standard input, output and error: the server's ends and the program's."""
    pipes: list[tuple[int, int]] = []
    try:
        for _ in range(2 if merge else 3):
            pipes.append(os.pipe())  # noqa: PERF401 - what was opened before a failure is closed below
    except OSError:
        for pair in pipes:
            for descriptor in pair:
                os.close(descriptor)
        raise
    (input_read, input_write), *outputs = pipes
    theirs = [input_read, *(write for _, write in outputs)]
    if merge:
        theirs.append(theirs[1])
    return [input_write, *(read for read, _ in outputs)], theirs


def _reset_signals() -> None:
    """Whatever the server ignores (SIGINT when started with ``&``), the instance's programs do not."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
    kernel.reset_signals()
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _be_first_to_go() -> None:
    """When memory runs out the kernel takes this process, and not process 1, with which all would end."""
    kernel.set_dumpable(dumpable=True)  # else its own entry in /proc is closed to it
    with open("/proc/self/oom_score_adj", "w") as adjustment:  # noqa: PTH123 - no pathlib in every instance's memory
        adjustment.write("300")


def _execute(order: dict[str, Any]) -> NoReturn:
    argv: list[str] = order["argv"]
    environment: dict[str, str] = order["env"]
    try:
        os.chdir(order["cwd"])
    except OSError as error:
        _complain(f"tabard: {order['cwd']}: {error.strerror}")
        os.chdir("/")
    try:
        program_argv = [order.get("argv0") or argv[0], *argv[1:]]
        os.execve(argv[0], program_argv, environment)  # noqa: S606 - that is the purpose: any program, no shell
    except OSError as error:
        _complain(f"tabard: {argv[0]}: {error.strerror}")
        os._exit(_COMMAND_NOT_FOUND if error.errno == errno.ENOENT else _COMMAND_NOT_EXECUTABLE)


def _complain(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, text.encode(errors="surrogateescape") + b"\n")
