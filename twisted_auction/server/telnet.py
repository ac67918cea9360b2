"""Telnet commands (RFC 854, RFC 855) and line ends of all kinds, taken out of a stream of bytes.

``telnet``, PuTTY and clients for text games send commands unasked. They are no part of a line.
:class:`Telnet` removes them from the stream, so no other part of the server handles them.
"""

import re
from enum import Enum

IAC = 0xFF
"""First byte of a command. No UTF-8 text has this byte. Twice, it means the byte itself."""

SE, SB, DO, WONT = 0xF0, 0xFA, 0xFD, 0xFC

FIRST_COMMAND = 0xEC
"""Lowest command (RFC 1184 has the lowest ones)."""

LAST_OPTION_COMMAND, FIRST_OPTION_COMMAND = 0xFE, 0xFB
"""Range of the commands with an option's number after them: WILL, WONT, DO and DONT."""

MAX_SUBNEGOTIATION = 512
"""Largest length of a subnegotiation, in bytes; the same as for a line."""

NUL, LF, CR = 0x00, 0x0A, 0x0D

_TEXT = re.compile(rb"[^\xff\x00\r\n]+")

# Two states are independent of each other: the part of a command, and the last line end. A command
# may stand anywhere, even between a CR and its LF, so it leaves the second state alone.


class _Part(Enum):
    """The place of the next byte."""

    LINE = "a line"
    COMMAND = "a command, after IAC"
    OPTION = "a command, before the number of its option"
    SUBNEGOTIATION = "a subnegotiation"
    SUBNEGOTIATION_COMMAND = "a subnegotiation, after IAC"


class _LineEnd(Enum):
    """The line end just before the next byte, if that byte may belong to it.

    A line end comes out as one LF, at its first byte. LF CR is ambiguous until the byte after it:
    followed by LF or NUL, the CR begins another line end.
    """

    NONE = "none: text came, or a complete line end"
    LF = "LF: a CR may belong to it"
    CR = "CR: a LF or NUL belongs to it"
    LF_CR = "LF CR: one line end, or two if a LF or NUL follows"


# Global names, because they are looked up for each byte.
_LINE, _COMMAND, _OPTION, _SUBNEGOTIATION, _SUBNEGOTIATION_COMMAND = _Part
_NONE, _AFTER_LF, _AFTER_CR, _AFTER_LF_CR = _LineEnd


class Telnet:
    """Removes everything but lines from a stream.

    LF, CR LF, CR NUL and CR end a line, and so does LF CR. Each comes out as LF. The output does
    not depend on the pieces in which the stream arrives.

    :ivar stray: number of bytes since the last :meth:`take_replies` that were no part of a line or
        its end. Bytes that had to be handled one by one to find out count, too.
    :ivar is_broken: True after a subnegotiation of more than :data:`MAX_SUBNEGOTIATION` bytes.
        Nothing comes out after it.
    """

    __slots__ = (
        "_is_plain",
        "_line_end",
        "_option_command",
        "_part",
        "_replies",
        "_subnegotiated",
        "_tail",
        "is_broken",
        "stray",
    )

    def __init__(self) -> None:
        self._part = _LINE
        self._line_end = _NONE
        self._is_plain = True  # within or before a line, with no CR to remember
        self._tail = b""  # last bytes of plain lines, from which _line_end is to be updated
        self._option_command = 0
        self._subnegotiated = 0  # bytes of the subnegotiation so far
        self._replies = b""
        self.stray = 0
        self.is_broken = False

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the stream.

        :return: the bytes of lines among them, each line end as LF.
        """
        # Almost all data is plain lines, and costs these few tests only.
        if data and self._is_plain and b"\xff" not in data and b"\x00" not in data:
            if b"\r" not in data:
                self._tail = data[-2:]
                return data
            if data.count(b"\r") == data.count(b"\r\n"):
                self._tail = data[-2:]
                return data.replace(b"\r\n", b"\n")
        return self._filter(data)

    def take_replies(self) -> bytes:
        """Return the bytes to answer: WONT to each DO. Without that answer, a ``telnet`` that was
        interrupted shows nothing any more."""
        replies, self._replies, self.stray = self._replies, b"", 0
        return replies

    def _filter(self, data: bytes) -> bytes:
        if self._tail:
            is_lf_alone = self._tail.endswith(b"\n") and self._tail != b"\r\n"
            self._line_end = _AFTER_LF if is_lf_alone else _NONE
            self._tail = b""
        out = bytearray()
        place = 0
        while place < len(data) and not self.is_broken:
            if self._part is not _LINE:
                place += self._take_command(data[place], out)
            elif (text := _TEXT.match(data, place)) is not None:
                out += text[0]
                place = text.end()
                self._line_end = _NONE
            else:
                self._take_special(data[place], out)
                place += 1
        self._is_plain = self._part is _LINE and self._line_end in (_NONE, _AFTER_LF)
        return bytes(out)

    def _take_special(self, byte: int, out: bytearray) -> None:
        """Take a byte that is not text: IAC, NUL, LF or CR."""
        last = self._line_end
        if byte == IAC:
            self._part = _COMMAND
            self.stray += 1
        elif byte == NUL:
            if last is _NONE or last is _AFTER_LF:
                self.stray += 1
                return
            self._line_end = _NONE
            if last is _AFTER_LF_CR:
                out.append(LF)
        elif byte == LF:
            self._line_end = _AFTER_LF if last is _NONE or last is _AFTER_LF else _NONE
            if last is not _AFTER_CR:
                out.append(LF)
        elif last is _AFTER_LF:
            self._line_end = _AFTER_LF_CR
        else:
            self._line_end = _AFTER_CR
            out.append(LF)

    def _take_command(self, byte: int, out: bytearray) -> int:
        """Take a byte of a command.

        :return: 1, or 0 if the byte is none of a command and must be taken as text.
        """
        self.stray += 1
        if self._part is _COMMAND:
            self._part = _LINE
            if byte == SB:
                self._part, self._subnegotiated = _SUBNEGOTIATION, 0
            elif FIRST_OPTION_COMMAND <= byte <= LAST_OPTION_COMMAND:
                self._part, self._option_command = _OPTION, byte
            elif byte == IAC or byte < FIRST_COMMAND:
                # IAC becomes part of the line. The line is then not UTF-8 and will be refused, so
                # nothing is dropped silently.
                out.append(IAC)
                self._line_end = _NONE
                return int(byte == IAC)
        elif self._part is _OPTION:
            self._part = _LINE
            if self._option_command == DO:
                self._replies += bytes((IAC, WONT, byte))
        else:
            self._subnegotiated += 1
            self.is_broken = self._subnegotiated > MAX_SUBNEGOTIATION
            if self._part is _SUBNEGOTIATION:
                if byte == IAC:
                    self._part = _SUBNEGOTIATION_COMMAND
            else:
                is_over = byte == SE and not self.is_broken
                self._part = _LINE if is_over else _SUBNEGOTIATION
        return 1
