"""A filter over the guest's system calls: what namespaces do not hold, and what only widens the kernel's
attack surface.

Sockets to the hypervisor (AF_VSOCK) belong to no network namespace, kernel keyrings to no namespace that
matters; ``io_uring``, ``bpf``, ``perf_event_open`` and ``userfaultfd`` have been the way out of many a
sandbox. https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from tabard.compute.sandbox.inside import kernel

_ALLOW, _ERRNO = 0x7FFF_0000, 0x0005_0000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _FIRST_ARGUMENT_OFFSET = (
    0,
    4,
    16,
)  # in struct seccomp_data, little endian
_AF_VSOCK = 40
_IO_URING = (425, 426, 427)
_X32 = 0x4000_0000  # x86-64's numbers for its second interface begin here

# architecture token, socket(2), and what is forbidden: add_key, request_key, keyctl, bpf, perf_event_open,
# userfaultfd
_TABLES = {
    "x86_64": (0xC000_003E, 41, (248, 249, 250, 321, 298, 323)),
    "aarch64": (0xC000_00B7, 198, (217, 218, 219, 280, 241, 282)),
}


def supported() -> bool:
    """Whether there is a filter for this machine's architecture."""
    return platform.machine() in _TABLES


def instructions(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter as classic BPF: code, how far to jump if true and if false, operand."""
    architecture, socket_number, forbidden = _TABLES[machine]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
    ]
    if machine == "x86_64":
        program += [(_JUMP_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    for numbers, error in ((_IO_URING, errno.ENOSYS), (forbidden, errno.EPERM)):
        for number in numbers:
            program += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | error)]
    return [
        *program,
        (_JUMP_EQUAL, 0, 3, socket_number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_OFFSET),
        (_JUMP_EQUAL, 0, 1, _AF_VSOCK),
        (_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    ]


def install() -> None:
    """Put the filter on this process and all that it will start. After ``no_new_privs`` is set."""
    if not supported():
        return
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions(platform.machine()))
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    kernel.set_system_call_filter(header)
