"""One interactive program on a terminal of its own (a pty), driven as a person would: wait for the prompt, type, read.

Knows nothing of ssh or of the lab; the prompt is a regular expression that ends what the terminal shows.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ROWS, COLUMNS = 40, 200
_ESCAPES = re.compile(
    r"\x1b\[\?2004l\r|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-Za-z]|\x1b[=>]"
)
_CHUNK = 65536


class NoPromptError(Exception):
    """The prompt did not come in time, or the program ended; ``screen`` is what it showed instead."""

    def __init__(self, reason: str, screen: str) -> None:
        super().__init__(f"{reason}: {screen}" if screen else reason)
        self.reason = reason
        self.screen = screen


def _heed_the_keyboard() -> None:
    """What a background job ignores (``make lab &``, ``nohup``), a program at a terminal does not."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """A program on a pty. Use it as a context manager: at the end it is hung up, as when a window is closed."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, prompt: re.Pattern[str]
    ) -> None:
        self._prompt = prompt
        self.prompt = ""
        self._unread = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._master, slave = os.openpty()
        try:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            self._process = subprocess.Popen(  # noqa: S603 - the lab's own command line, no shell
                command,
                env={**environment, "TERM": "xterm"},
                cwd=folder,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                preexec_fn=_heed_the_keyboard,  # noqa: PLW1509 - the lab starts it beside no other thread of its own
            )
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        """Whether the program has not ended."""
        return self._process.poll() is None

    def type(self, text: str) -> None:
        """Send keystrokes as they are: end a line with ``\\r``; ``\\x03`` is Ctrl-C."""
        data = text.encode()
        while data:
            data = data[os.write(self._master, data) :]

    def read_to_prompt(self, seconds: float) -> str:
        """What was shown before the next prompt, which is then in ``prompt``. Raises ``NoPromptError``."""
        end = time.monotonic() + seconds
        while True:
            found = self._prompt.search(self._unread)
            if found:
                before, self.prompt = self._unread[: found.start()], found[0].strip()
                self._unread = ""
                return before
            left = end - time.monotonic()
            if left <= 0:
                raise NoPromptError(f"no prompt within {seconds:g} s", self._unread.strip())
            if not self._read(left):
                raise NoPromptError(f"it ended with {self._process.wait()}", self._unread.strip())

    def run(self, command: str, seconds: float = 60.0) -> str:
        """Type a command at the prompt; what it printed, without the echo."""
        self.type(command + "\r")
        shown = self.read_to_prompt(seconds)
        _, _, output = shown.partition("\n")  # the first line is the terminal's echo of what was typed
        return output

    def close(self) -> None:
        """Hang up and wait for the program's end."""
        if self._master < 0:
            return
        os.close(self._master)
        self._master = -1
        for number in (signal.SIGHUP, signal.SIGKILL):
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.send_signal(number)
        self._process.wait()

    def _read(self, seconds: float) -> bool:
        """Read what there is, waiting for it at most so long; False at the end."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._master, _CHUNK)
        except OSError:  # EIO: the other side is closed
            return False
        text = _ESCAPES.sub("", self._unread + self._decoder.decode(data))
        self._unread = text.replace("\r\n", "\n")
        return bool(data)
