"""The system calls that Python 3.11 does not offer, under the names of their manual pages. They raise
OSError."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import socket
import struct

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x0002_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2

MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE = 1
_MOVE_MOUNT_F_EMPTY_PATH = 4
_SYS_OPEN_TREE, _SYS_MOVE_MOUNT, _SYS_MOUNT_SETATTR = 428, 429, 442  # the same on every architecture

_PR_SET_DUMPABLE, _PR_SET_NAME, _PR_CAPBSET_DROP = 4, 15, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 36, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_CAPABILITY_VERSION_3 = 0x2008_0522
_KEYCTL_JOIN_SESSION_KEYRING = 1

_SYS_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219}.get(platform.machine())
_SYS_RT_SIGACTION = {"x86_64": 13, "aarch64": 134, "riscv64": 134}.get(platform.machine())
_SIGNALS = range(1, 65)

_SIOCSIFADDR, _SIOCSIFFLAGS, _SIOCSIFNETMASK = 0x8916, 0x8914, 0x891C
_IFF_UP, _IFF_RUNNING = 0x1, 0x40


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _text(value: str | None) -> bytes | None:
    return None if value is None else os.fsencode(value)


def unshare(flags: int, what: str) -> None:
    """Leave the caller's namespaces for new ones (unshare(2)); ``what`` names them in the error."""
    _checked(_libc.unshare(flags), f"unshare {what}")


def mount(
    source: str | None, target: str, kind: str | None = None, flags: int = 0, data: str | None = None
) -> None:
    """mount(2)."""
    result = _libc.mount(_text(source), _text(target), _text(kind), ctypes.c_ulong(flags), _text(data))
    _checked(result, f"mount {kind or source or ''} on {target}")


def open_tree(path: str) -> int:
    """A detached copy of the mounts at ``path``, its sub-mounts included, as a file descriptor
    (open_tree(2))."""
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_RECURSIVE
    return _checked(_libc.syscall(_SYS_OPEN_TREE, _AT_FDCWD, os.fsencode(path), flags), f"open_tree {path}")


def set_mount_attributes(fd: int, attributes: int) -> None:
    """Add attributes to a mount and everything below it, and cut it off from mounts elsewhere
    (mount_setattr(2))."""
    packed = struct.pack("QQQQ", attributes, 0, MS_PRIVATE, 0)
    flags = _AT_EMPTY_PATH | _AT_RECURSIVE
    _checked(_libc.syscall(_SYS_MOUNT_SETATTR, fd, b"", flags, packed, len(packed)), "mount_setattr")


def make_read_only(path: str) -> None:
    """Make the mount at ``path`` read-only, and only that one (mount_setattr(2))."""
    packed = struct.pack("QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    _checked(
        _libc.syscall(_SYS_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), 0, packed, len(packed)),
        f"mount_setattr {path}",
    )


def move_mount(fd: int, target: str) -> None:
    """Attach a detached mount at ``target`` (move_mount(2))."""
    result = _libc.syscall(_SYS_MOVE_MOUNT, fd, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH)
    _checked(result, f"move_mount on {target}")


def pivot_to_working_directory() -> None:
    """Make the working directory, a mount, the root, and let the old root go."""
    _checked(_libc.pivot_root(b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", MNT_DETACH), "umount old root")
    os.chdir("/")


def set_host_name(name: str) -> None:
    """sethostname(2)."""
    encoded = name.encode()
    _checked(_libc.sethostname(encoded, len(encoded)), "sethostname")


def set_process_name(name: str) -> None:
    """The name that ``ps`` shows, fifteen bytes at most."""
    _libc.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def reset_signals() -> None:
    """Give every signal its default action (rt_sigaction(2)), SIGKILL and SIGSTOP aside, which have no other.

    The C library keeps 32 and 33 to itself, and so Python can not reset them; but a parent without that library may
    have left them ignored, and what is ignored stays so in every program after it.
    """
    if _SYS_RT_SIGACTION is not None:
        default = bytes(32)  # the kernel's struct: SIG_DFL, no flags, nothing blocked meanwhile
        for number in _SIGNALS:
            _libc.syscall(_SYS_RT_SIGACTION, number, default, None, ctypes.c_size_t(8))


def set_dumpable(*, dumpable: bool) -> None:
    """Whether processes of the same user may trace this one and look into its ``/proc`` entries."""
    _checked(_libc.prctl(_PR_SET_DUMPABLE, int(dumpable), 0, 0, 0), "PR_SET_DUMPABLE")


def become_subreaper() -> None:
    """Adopt orphaned descendants in place of the host's process 1."""
    _checked(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "PR_SET_CHILD_SUBREAPER")


def join_new_session_keyring() -> None:
    """Leave the keyring of whoever started the server. Kernels without keyrings have nothing to leave."""
    if _SYS_KEYCTL is not None:
        _libc.syscall(_SYS_KEYCTL, _KEYCTL_JOIN_SESSION_KEYRING, None)


def drop_bounding_set() -> None:
    """Rule every capability out for all programs executed from now on. Comes before ``drop_capabilities``,
    which it needs."""
    for capability in range(64):  # more than any kernel has; it refuses those that it does not know
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def drop_capabilities() -> None:
    """Give up every capability, and gain none from set-user-id files."""
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")


def set_system_call_filter(program: bytes) -> None:
    """Install a seccomp filter: a ``struct sock_fprog``."""
    _checked(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0), "PR_SET_SECCOMP")


def bring_up_loopback(addresses: list[str]) -> None:
    """Bring ``lo`` up in this network namespace and give it further addresses, each a network of its own."""

    def socket_address(address: str) -> bytes:
        return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP | _IFF_RUNNING))
        for number, address in enumerate(addresses, 1):
            label = f"lo:{number}".encode()
            fcntl.ioctl(control, _SIOCSIFADDR, struct.pack("16s16s", label, socket_address(address)))
            mask = socket_address("255.255.255.255")
            fcntl.ioctl(control, _SIOCSIFNETMASK, struct.pack("16s16s", label, mask))
