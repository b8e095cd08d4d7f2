"""A small process that forks instances: it is started once, so that a launch does not pay for an interpreter.

It gets one message per launch, with the channel on which the server will speak to that instance, and ends
when the server does. It adopts the instances' first processes and reaps them.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket

from tabard.compute.sandbox.inside import kernel, launch, messages


def run(channel: socket.socket) -> None:
    """Serve launches until the server is gone."""
    kernel.become_subreaper()
    kernel.set_process_name("tabard-launcher")
    wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at the server's terminal is the server's business
    os.umask(0o022)  # the server's may be stricter than a root file system can be
    gc.collect()
    gc.freeze()  # keeps the pages that all instances share untouched
    while True:
        readable, _, _ = select.select([channel.fileno(), wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 4096)
            _reap()
        if channel.fileno() in readable:
            message, descriptors = messages.receive(channel)
            if message is None:
                return
            for descriptor in descriptors:
                _fork_instance(descriptor, (channel.fileno(), wake_read, wake_write))
                os.close(descriptor)


def _reap() -> None:
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return


def _fork_instance(descriptor: int, ours: tuple[int, ...]) -> None:
    if os.fork():
        return
    instance = socket.socket(fileno=descriptor)
    try:
        signal.set_wakeup_fd(-1)
        os.dup2(0, 2)  # the null device: an instance keeps nothing of the server's open
        for fd in ours:
            os.close(fd)
        launch.launch(instance)
    except BaseException as error:  # noqa: BLE001 - a forked process must not fall back into its parent's loop
        messages.report_failure(instance, error)
        os._exit(1)
    os._exit(0)
