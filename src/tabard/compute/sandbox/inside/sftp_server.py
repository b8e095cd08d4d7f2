# Paths are bytes here, which pathlib does not do:
# ruff: noqa: PTH101, PTH111, PTH115, PTH116, PTH118
"""An SFTP server, protocol version 3, that runs inside an instance: a guest's links cannot lead it to the
host's files.

https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02 with the extensions that OpenSSH's clients
use.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
import struct
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_INIT, _VERSION, _STATUS, _HANDLE, _DATA, _NAME, _ATTRS, _EXTENDED_REPLY = 1, 2, 101, 102, 103, 104, 105, 201
_OK, _EOF, _NO_SUCH_FILE, _PERMISSION_DENIED, _FAILURE, _BAD_MESSAGE, _UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8
_READ, _WRITE, _APPEND, _CREATE, _TRUNCATE, _EXCLUSIVE = 1, 2, 4, 8, 16, 32  # SSH_FXF_*
_SIZE, _OWNER, _PERMISSIONS, _TIMES, _EXTENDED = 1, 2, 4, 8, 0x8000_0000  # SSH_FILEXFER_ATTR_*

_MAX_PACKET = 256 * 1024
_MAX_TRANSFER = _MAX_PACKET - 1024
_MAX_HANDLES = 256
_NAMES_PER_REPLY = 100
_EXTENSIONS = {
    b"posix-rename@openssh.com": b"1",
    b"hardlink@openssh.com": b"1",
    b"fsync@openssh.com": b"1",
    b"statvfs@openssh.com": b"2",
    b"limits@openssh.com": b"1",
    b"expand-path@openssh.com": b"1",
}
_STATUS_OF_ERRNO = {
    errno.ENOENT: _NO_SUCH_FILE,
    errno.ENOTDIR: _NO_SUCH_FILE,
    errno.EBADF: _NO_SUCH_FILE,
    errno.ELOOP: _NO_SUCH_FILE,
    errno.EPERM: _PERMISSION_DENIED,
    errno.EACCES: _PERMISSION_DENIED,
    errno.EFAULT: _PERMISSION_DENIED,
    errno.EROFS: _PERMISSION_DENIED,
    errno.ENAMETOOLONG: _BAD_MESSAGE,
    errno.EINVAL: _BAD_MESSAGE,
    errno.ENOSYS: _UNSUPPORTED,
}


class BadMessageError(Exception):
    """The client's packet does not have the form that the protocol demands."""


class Packet:
    """A cursor over the fields of a packet."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def byte(self) -> int:
        """An octet."""
        return self._take(1)[0]

    def uint32(self) -> int:
        """Four bytes."""
        return int.from_bytes(self._take(4), "big")

    def uint64(self) -> int:
        """Eight bytes."""
        return int.from_bytes(self._take(8), "big")

    def string(self) -> bytes:
        """Bytes with their length before them."""
        return self._take(self.uint32())

    def path(self) -> bytes:
        """A path; the empty one is the working directory."""
        return self.string() or b"."

    def attributes(self) -> Attributes:
        """File attributes."""
        found = Attributes()
        flags = self.uint32()
        if flags & _SIZE:
            found.size = self.uint64()
        if flags & _OWNER:
            found.owner = (self.uint32(), self.uint32())
        if flags & _PERMISSIONS:
            found.permissions = self.uint32()
        if flags & _TIMES:
            found.times = (self.uint32(), self.uint32())
        if flags & _EXTENDED:
            for _ in range(self.uint32()):
                self.string()
                self.string()
        return found

    def _take(self, count: int) -> bytes:
        end = self._position + count
        if end > len(self._data):
            raise BadMessageError
        taken = self._data[self._position : end]
        self._position = end
        return taken


class Attributes:
    """The attributes that a client asks to set; None where it does not."""

    def __init__(self) -> None:
        self.size: int | None = None
        self.owner: tuple[int, int] | None = None
        self.permissions: int | None = None
        self.times: tuple[int, int] | None = None

    def apply(self, target: bytes | int) -> None:
        """Set them on a path or an open file, in the order in which OpenSSH does."""
        if self.size is not None:
            os.truncate(target, self.size)
        if self.permissions is not None:
            os.chmod(target, stat.S_IMODE(self.permissions))
        if self.times is not None:
            os.utime(target, self.times)
        if self.owner is not None:
            os.chown(target, *self.owner)


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _encode_attributes(found: os.stat_result) -> bytes:
    times = (int(found.st_atime) & 0xFFFF_FFFF, int(found.st_mtime) & 0xFFFF_FFFF)
    flags = _SIZE | _OWNER | _PERMISSIONS | _TIMES
    return struct.pack(">IQIIIII", flags, found.st_size, found.st_uid, found.st_gid, found.st_mode, *times)


def _long_name(name: bytes, found: os.stat_result) -> bytes:
    """A line as ``ls -l`` prints it, which the ``sftp`` client shows as it is."""
    when = time.localtime(found.st_mtime)
    recent = abs(time.time() - found.st_mtime) < 182 * 86400
    shown = time.strftime("%b %e %H:%M" if recent else "%b %e  %Y", when)
    owner, group = (
        _name_of(found.st_uid),
        _name_of(found.st_gid),
    )  # an instance's users and groups share names
    mode = stat.filemode(found.st_mode)
    line = f"{mode} {found.st_nlink:>4} {owner:<8} {group:<8} {found.st_size:>8} {shown} "
    return line.encode() + name


def _name_of(number: int) -> str:
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


class SftpServer:
    """One session: a client's packets in, replies out."""

    def __init__(self) -> None:
        self._files: dict[bytes, int] = {}
        self._directories: dict[bytes, tuple[bytes, Iterator[os.DirEntry[bytes]]]] = {}
        self._next_handle = 0
        self._operations: dict[int, Callable[[Packet], bytes]] = {
            3: self._open,
            4: self._close,
            5: self._read,
            6: self._write,
            7: lambda packet: self._attributes(os.lstat(packet.path())),
            8: lambda packet: self._attributes(os.fstat(self._file(packet))),
            9: self._set_attributes,
            10: self._set_open_attributes,
            11: self._open_directory,
            12: self._read_directory,
            13: lambda packet: self._done(os.remove, packet.path()),
            14: self._make_directory,
            15: lambda packet: self._done(os.rmdir, packet.path()),
            16: lambda packet: self._one_name(os.path.realpath(packet.path())),
            17: lambda packet: self._attributes(os.stat(packet.path())),
            18: self._rename,
            19: lambda packet: self._one_name(os.readlink(packet.path())),
            20: self._symlink,
            200: self._extended,
        }
        self._extended_operations: dict[bytes, Callable[[Packet], bytes]] = {
            b"posix-rename@openssh.com": lambda packet: self._done(os.rename, packet.path(), packet.path()),
            b"hardlink@openssh.com": lambda packet: self._done(os.link, packet.path(), packet.path()),
            b"fsync@openssh.com": lambda packet: self._done(os.fsync, self._file(packet)),
            b"statvfs@openssh.com": self._file_system,
            b"limits@openssh.com": self._limits,
            b"expand-path@openssh.com": lambda packet: self._one_name(
                os.path.realpath(os.path.expanduser(packet.path()))
            ),
        }

    def reply(self, data: bytes) -> bytes:
        """The reply to one packet, both without their length."""
        packet = Packet(data)
        kind = packet.byte()
        if kind == _INIT:
            extensions = b"".join(_string(name) + _string(version) for name, version in _EXTENSIONS.items())
            return struct.pack(">BI", _VERSION, 3) + extensions
        number = data[1:5]
        try:
            packet.uint32()
            operation = self._operations.get(kind)
            body = operation(packet) if operation else self._status(_UNSUPPORTED, "Operation unsupported")
        except OSError as error:
            body = self._status(_STATUS_OF_ERRNO.get(error.errno or 0, _FAILURE), error.strerror or "Failure")
        except (BadMessageError, ValueError, OverflowError):  # ValueError: a path with a null byte
            body = self._status(_BAD_MESSAGE, "Bad message")
        return body[:1] + number + body[1:]

    def _status(self, code: int, message: str) -> bytes:
        return struct.pack(">BI", _STATUS, code) + _string(message.encode()) + _string(b"")

    def _done(self, operation: Callable[..., None] = lambda: None, *arguments: bytes | int) -> bytes:
        operation(*arguments)
        return self._status(_OK, "Success")

    def _attributes(self, found: os.stat_result) -> bytes:
        return bytes([_ATTRS]) + _encode_attributes(found)

    def _one_name(self, name: bytes) -> bytes:
        return struct.pack(">BI", _NAME, 1) + _string(name) + _string(name) + struct.pack(">I", 0)

    def _new_handle(self) -> bytes:
        if len(self._files) + len(self._directories) >= _MAX_HANDLES:
            raise OSError(errno.EMFILE, "Too many open handles")
        self._next_handle += 1
        return struct.pack(">Q", self._next_handle)

    def _file(self, packet: Packet) -> int:
        handle = packet.string()
        if handle not in self._files:
            raise OSError(errno.EINVAL, "Invalid handle")
        return self._files[handle]

    def _open(self, packet: Packet) -> bytes:
        path, wanted, attributes = packet.path(), packet.uint32(), packet.attributes()
        access = {_READ | _WRITE: os.O_RDWR, _WRITE: os.O_WRONLY}.get(wanted & (_READ | _WRITE), os.O_RDONLY)
        flags = access | (os.O_APPEND if wanted & _APPEND else 0)
        if wanted & _CREATE:
            flags |= (
                os.O_CREAT
                | (os.O_TRUNC if wanted & _TRUNCATE else 0)
                | (os.O_EXCL if wanted & _EXCLUSIVE else 0)
            )
        handle = self._new_handle()
        mode = 0o666 if attributes.permissions is None else stat.S_IMODE(attributes.permissions)
        self._files[handle] = os.open(path, flags | os.O_CLOEXEC | os.O_NOCTTY, mode)
        return bytes([_HANDLE]) + _string(handle)

    def _close(self, packet: Packet) -> bytes:
        handle = packet.string()
        if handle in self._files:
            return self._done(os.close, self._files.pop(handle))
        if self._directories.pop(handle, None) is None:
            raise OSError(errno.EINVAL, "Invalid handle")
        return self._done()

    def _read(self, packet: Packet) -> bytes:
        file, offset, length = self._file(packet), packet.uint64(), packet.uint32()
        data = os.pread(file, min(length, _MAX_TRANSFER), offset)
        if not data and length:
            return self._status(_EOF, "End of file")
        return bytes([_DATA]) + _string(data)

    def _write(self, packet: Packet) -> bytes:
        file, offset, data = self._file(packet), packet.uint64(), packet.string()
        rest = memoryview(data)
        while rest:
            written = os.pwrite(file, rest, offset)
            offset += written
            rest = rest[written:]
        return self._done()

    def _set_attributes(self, packet: Packet) -> bytes:
        path = packet.path()
        return self._done(packet.attributes().apply, path)

    def _set_open_attributes(self, packet: Packet) -> bytes:
        file = self._file(packet)
        return self._done(packet.attributes().apply, file)

    def _open_directory(self, packet: Packet) -> bytes:
        path = packet.path()
        handle = self._new_handle()
        self._directories[handle] = (path, os.scandir(path))
        return bytes([_HANDLE]) + _string(handle)

    def _read_directory(self, packet: Packet) -> bytes:
        handle = packet.string()
        if handle not in self._directories:
            raise OSError(errno.EINVAL, "Invalid handle")
        path, entries = self._directories[handle]
        names = []
        for entry in entries:
            try:
                found = os.lstat(os.path.join(path, entry.name))
            except FileNotFoundError:
                continue
            names.append(
                _string(entry.name) + _string(_long_name(entry.name, found)) + _encode_attributes(found)
            )
            if len(names) == _NAMES_PER_REPLY:
                break
        if not names:
            return self._status(_EOF, "End of file")
        return struct.pack(">BI", _NAME, len(names)) + b"".join(names)

    def _make_directory(self, packet: Packet) -> bytes:
        path, attributes = packet.path(), packet.attributes()
        mode = 0o777 if attributes.permissions is None else stat.S_IMODE(attributes.permissions)
        return self._done(os.mkdir, path, mode)

    def _rename(self, packet: Packet) -> bytes:
        """Version 3's rename does not overwrite; clients that want to use OpenSSH's extension."""
        old, new = packet.path(), packet.path()
        if os.path.lexists(new):
            raise OSError(errno.EEXIST, "File exists")
        return self._done(os.rename, old, new)

    def _symlink(self, packet: Packet) -> bytes:
        """OpenSSH's clients send the target first, against the draft; so does everyone since."""
        target, link = packet.path(), packet.path()
        return self._done(os.symlink, target, link)

    def _extended(self, packet: Packet) -> bytes:
        operation = self._extended_operations.get(packet.string())
        return operation(packet) if operation else self._status(_UNSUPPORTED, "Operation unsupported")

    def _file_system(self, packet: Packet) -> bytes:
        found = os.statvfs(packet.path())
        flags = (1 if found.f_flag & os.ST_RDONLY else 0) | (2 if found.f_flag & os.ST_NOSUID else 0)
        numbers = (found.f_bsize, found.f_frsize, found.f_blocks, found.f_bfree, found.f_bavail)
        more = (found.f_files, found.f_ffree, found.f_favail, 0, flags, found.f_namemax)
        return struct.pack(">B11Q", _EXTENDED_REPLY, *numbers, *more)

    def _limits(self, _packet: Packet) -> bytes:
        return struct.pack(">B4Q", _EXTENDED_REPLY, _MAX_PACKET, _MAX_TRANSFER, _MAX_TRANSFER, _MAX_HANDLES)


def serve(home: str) -> NoReturn:
    """Serve one session on standard input and output, then end the process."""
    os.chdir(home)
    os.environ["HOME"] = home
    os.umask(0o022)
    server = SftpServer()
    with os.fdopen(0, "rb", buffering=_MAX_PACKET) as source:
        while len(header := source.read(4)) == 4:
            length = int.from_bytes(header, "big")
            if not 1 <= length <= _MAX_PACKET:
                break
            data = source.read(length)
            if len(data) < length:
                break
            try:
                reply = server.reply(data)
            except BadMessageError:
                break
            _write_all(struct.pack(">I", len(reply)) + reply)
    os._exit(0)


def _write_all(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]
