"""The bytes that terminals send around lines: Telnet's commands (RFC 854, RFC 855), and line ends
of all kinds.

``telnet``, PuTTY and clients for text games send such bytes unasked. They are no part of a line;
:class:`Telnet` takes them out of the stream, so that no other part of the server handles them.
"""

import re
from enum import Enum

IAC = 0xFF
"""Begins a command. No UTF-8 text has this byte, and a program that means it as data sends it
twice."""

SE, SB, DO, WONT = 0xF0, 0xFA, 0xFD, 0xFC

FIRST_COMMAND = 0xEC
"""From here on, a byte after :data:`IAC` is a command (RFC 1184 has the lowest ones)."""

LAST_OPTION_COMMAND, FIRST_OPTION_COMMAND = 0xFE, 0xFB
"""These are followed by an option's number: WILL, WONT, DO, DONT."""

MAX_SUBNEGOTIATION = 512
"""The longest one that is waited for, in bytes, which is as long as the longest line."""

NUL, LF, CR = 0x00, 0x0A, 0x0D

_TEXT = re.compile(rb"[^\xff\x00\r\n]+")


class _In(Enum):
    """What the next byte belongs to."""

    LINE = "a line"
    COMMAND = "a command, after IAC"
    OPTION = "a command that has an option's number"
    SUBNEGOTIATION = "a subnegotiation"
    SUBNEGOTIATION_COMMAND = "a subnegotiation, after IAC"


class _After(Enum):
    """Which line end the next byte may belong to."""

    NONE = "none"
    LF = "a LF alone, which has ended a line: a CR may belong to it"
    CR = "a CR, which has ended a line: a LF or NUL belongs to it"
    LF_CR = "both: if a LF or NUL comes, the CR begins a line end of its own"


# Their names, as they are looked up for each byte.
_LINE, _COMMAND, _OPTION, _SUBNEGOTIATION, _SUBNEGOTIATION_COMMAND = _In
_NONE, _AFTER_LF, _AFTER_CR, _AFTER_LF_CR = _After


class Telnet:
    """Takes everything out of a stream that is no part of a line.

    LF, CR LF, CR NUL and CR end a line, and so does LF CR. The bytes that come out have LF for each
    of them. However the network cuts the stream, the same comes out of it.

    :ivar stray: how many bytes were no part of a line or its end, or had to be looked at one by one
        to know it, since the last :meth:`take_replies`.
    :ivar is_broken: whether there was a subnegotiation of more than :data:`MAX_SUBNEGOTIATION`
        bytes. Nothing comes out after that.
    """

    __slots__ = (
        "_after",
        "_in",
        "_is_plain",
        "_option_command",
        "_replies",
        "_sub",
        "_tail",
        "is_broken",
        "stray",
    )

    def __init__(self) -> None:
        self._in = _LINE
        self._after = _NONE
        self._is_plain = True  # within or before a line, with no CR to remember
        self._tail = b""  # the last bytes of what came since _after was up to date
        self._option_command = 0
        self._sub = 0  # bytes of the subnegotiation so far
        self._replies = b""
        self.stray = 0
        self.is_broken = False

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the stream.

        :return: those of them that are lines, each with LF for its end.
        """
        # Almost all data is plain lines, and this is all that they cost.
        if data and self._is_plain and b"\xff" not in data and b"\x00" not in data:
            if b"\r" not in data:
                self._tail = data[-2:]
                return data
            if data.count(b"\r") == data.count(b"\r\n"):
                self._tail = data[-2:]
                return data.replace(b"\r\n", b"\n")
        return self._filter(data)

    def take_replies(self) -> bytes:
        """What must be answered: to each DO, that it will not be done. Without that, a ``telnet``
        that was interrupted shows nothing any more."""
        replies, self._replies, self.stray = self._replies, b"", 0
        return replies

    def _filter(self, data: bytes) -> bytes:
        if self._tail:
            is_lf_alone = self._tail.endswith(b"\n") and self._tail != b"\r\n"
            self._after = _AFTER_LF if is_lf_alone else _NONE
            self._tail = b""
        out = bytearray()
        place = 0
        while place < len(data) and not self.is_broken:
            if self._in is not _LINE:
                place += self._take_command(data[place], out)
            elif (text := _TEXT.match(data, place)) is not None:
                out += text[0]
                place = text.end()
                self._after = _NONE
            else:
                self._take_special(data[place], out)
                place += 1
        self._is_plain = self._in is _LINE and self._after in (_NONE, _AFTER_LF)
        return bytes(out)

    def _take_special(self, byte: int, out: bytearray) -> None:
        """Take a byte that is no text."""
        after = self._after
        if byte == IAC:
            self._in = _COMMAND
            self.stray += 1
        elif byte == NUL:
            if after is _NONE or after is _AFTER_LF:
                self.stray += 1
                return
            self._after = _NONE
            if after is _AFTER_LF_CR:
                out.append(LF)
        elif byte == LF:
            self._after = _AFTER_LF if after is _NONE or after is _AFTER_LF else _NONE
            if after is not _AFTER_CR:
                out.append(LF)
        elif after is _AFTER_LF:
            self._after = _AFTER_LF_CR
        else:
            self._after = _AFTER_CR
            out.append(LF)

    def _take_command(self, byte: int, out: bytearray) -> int:
        """Take a byte of a command.

        :return: 1, or 0 where it is none, and must be taken as text.
        """
        self.stray += 1
        if self._in is _COMMAND:
            self._in = _LINE
            if byte == SB:
                self._in, self._sub = _SUBNEGOTIATION, 0
            elif FIRST_OPTION_COMMAND <= byte <= LAST_OPTION_COMMAND:
                self._in, self._option_command = _OPTION, byte
            elif byte == IAC or byte < FIRST_COMMAND:
                # Not UTF-8, so the line is going to be refused, and nothing is lost unseen.
                out.append(IAC)
                self._after = _NONE
                return int(byte == IAC)
        elif self._in is _OPTION:
            self._in = _LINE
            if self._option_command == DO:
                self._replies += bytes((IAC, WONT, byte))
        else:
            self._sub += 1
            self.is_broken = self._sub > MAX_SUBNEGOTIATION
            if self._in is _SUBNEGOTIATION:
                if byte == IAC:
                    self._in = _SUBNEGOTIATION_COMMAND
            else:
                is_over = byte == SE and not self.is_broken
                self._in = _LINE if is_over else _SUBNEGOTIATION
        return 1
