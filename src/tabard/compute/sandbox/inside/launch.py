"""From a forked process to process 1 of an instance, step by step. Each step's failure is told to the
server."""

from __future__ import annotations

import os
import resource
import socket
from typing import Any

from tabard.compute.sandbox.inside import agent, kernel, messages, rootfs, seccomp

_OPEN_FILES = 65535  # as on Amazon Linux


def launch(channel: socket.socket) -> None:
    """Become an instance on the server's orders that arrive on ``channel``. Does not return in process 1."""
    config, _ = messages.receive(channel)
    if config is None:
        return
    with_range = config["ids"] == "range"
    # Root opens what the instance will see while it still has the host's rights; a plain user needs its own
    # mount namespace first
    trees = rootfs.Trees(config) if with_range else None
    kernel.unshare(kernel.CLONE_NEWUSER, "user namespace")
    kernel.set_dumpable(dumpable=True)  # else /proc/PID/uid_map belongs to root
    messages.send(channel, {"event": "unshared", "pid": os.getpid()})
    if messages.receive(channel)[0] is None:
        return
    kernel.unshare(
        kernel.CLONE_NEWNS
        | kernel.CLONE_NEWNET
        | kernel.CLONE_NEWPID
        | kernel.CLONE_NEWUTS
        | kernel.CLONE_NEWIPC
        | kernel.CLONE_NEWCGROUP,
        "namespaces",
    )
    if with_range:
        _become(0)
    kernel.set_host_name(config["hostname"])
    _hand_over_sockets(channel, config)
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    rootfs.build(config, trees or rootfs.Trees(config))
    _fork_process_one(channel, config)


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _hand_over_sockets(channel: socket.socket, config: dict[str, Any]) -> None:
    """Listen where the instance expects the metadata service and the API, and give both sockets to the
    server."""
    kernel.bring_up_loopback(config["addresses"])
    sockets = []
    for address, port in config["listeners"]:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind((address, port))
        listener.listen(128)
        sockets.append(listener)
    messages.send(channel, {"event": "sockets"}, [listener.fileno() for listener in sockets])
    for listener in sockets:
        listener.close()


def _fork_process_one(channel: socket.socket, config: dict[str, Any]) -> None:
    """Fork process 1, send its pidfd, and end; process 1 waits for that end, so that its messages come
    after."""
    gate_read, gate_write = os.pipe()
    child = os.fork()
    if child:
        pidfd = os.pidfd_open(child)
        messages.send(channel, {"event": "started", "pid": child}, [pidfd])
        return
    try:
        os.close(gate_write)
        os.read(gate_read, 1)
        os.close(gate_read)
        rootfs.mount_proc()
        rootfs.enter()
        kernel.drop_bounding_set()
        if config["ids"] == "range":
            _become(config["user"])
        _set_resource_limits(config["max_processes"])
        kernel.drop_capabilities()
        kernel.join_new_session_keyring()
        seccomp.install()
        kernel.set_dumpable(dumpable=False)  # the instance's user may not trace its own process 1
        kernel.set_process_name("tabard-init")
        agent.Agent(channel).run()
    except BaseException as error:  # noqa: BLE001 - process 1 has nobody above it: every failure is told, then it ends
        messages.report_failure(channel, error)
        os._exit(1)
    os._exit(0)


def _set_resource_limits(processes: int) -> None:
    """Processes of this user in this user namespace, open files per process, and no core dump, by file or by pipe."""
    resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    resource.setrlimit(
        resource.RLIMIT_CORE, (1, 1)
    )  # 0 would still start the host's handler of core dumps; see core(5)
