"""Terminal modes as SSH sends them (RFC 4254, section 8), put on a terminal's file descriptor. Standard
library only."""

from __future__ import annotations

import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTROL_CHARACTERS = {
    1: "VINTR",
    2: "VQUIT",
    3: "VERASE",
    4: "VKILL",
    5: "VEOF",
    6: "VEOL",
    7: "VEOL2",
    8: "VSTART",
    9: "VSTOP",
    10: "VSUSP",
    12: "VREPRINT",
    13: "VWERASE",
    14: "VLNEXT",
    18: "VDISCARD",
}
_INPUT, _OUTPUT, _CONTROL, _LOCAL, _CHARACTERS = 0, 1, 2, 3, 6
_FLAGS: dict[int, tuple[int, str]] = {
    30: (_INPUT, "IGNPAR"),
    31: (_INPUT, "PARMRK"),
    32: (_INPUT, "INPCK"),
    33: (_INPUT, "ISTRIP"),
    34: (_INPUT, "INLCR"),
    35: (_INPUT, "IGNCR"),
    36: (_INPUT, "ICRNL"),
    37: (_INPUT, "IUCLC"),
    38: (_INPUT, "IXON"),
    39: (_INPUT, "IXANY"),
    40: (_INPUT, "IXOFF"),
    41: (_INPUT, "IMAXBEL"),
    42: (_INPUT, "IUTF8"),
    50: (_LOCAL, "ISIG"),
    51: (_LOCAL, "ICANON"),
    52: (_LOCAL, "XCASE"),
    53: (_LOCAL, "ECHO"),
    54: (_LOCAL, "ECHOE"),
    55: (_LOCAL, "ECHOK"),
    56: (_LOCAL, "ECHONL"),
    57: (_LOCAL, "NOFLSH"),
    58: (_LOCAL, "TOSTOP"),
    59: (_LOCAL, "IEXTEN"),
    60: (_LOCAL, "ECHOCTL"),
    61: (_LOCAL, "ECHOKE"),
    62: (_LOCAL, "PENDIN"),
    70: (_OUTPUT, "OPOST"),
    71: (_OUTPUT, "OLCUC"),
    72: (_OUTPUT, "ONLCR"),
    73: (_OUTPUT, "OCRNL"),
    74: (_OUTPUT, "ONOCR"),
    75: (_OUTPUT, "ONLRET"),
    90: (_CONTROL, "CS7"),
    91: (_CONTROL, "CS8"),
    92: (_CONTROL, "PARENB"),
    93: (_CONTROL, "PARODD"),
}
_VALUES = {"IUTF8": 0o40000}  # Linux has it, the termios module names it from Python 3.14 on
_DISABLED = 255  # the value that RFC 4254 gives to a control character that is switched off


def apply_modes(fd: int, modes: Mapping[int, int]) -> None:
    """Set the modes that this system knows on the terminal behind ``fd``, and leave the others as they
    are."""
    if not modes:
        return
    attributes = termios.tcgetattr(fd)
    characters = attributes[_CHARACTERS]
    for opcode, value in modes.items():
        if opcode in _CONTROL_CHARACTERS:
            index = getattr(termios, _CONTROL_CHARACTERS[opcode], None)
            if index is not None:
                characters[index] = bytes([0 if value >= _DISABLED else value])
        elif opcode in _FLAGS:
            word, name = _FLAGS[opcode]
            bits = getattr(termios, name, _VALUES.get(name, 0))
            attributes[word] = attributes[word] | bits if value else attributes[word] & ~bits
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
