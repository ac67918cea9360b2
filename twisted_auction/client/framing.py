"""The lines of a server, including those without a line end."""

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from twisted_auction.client.wording import parse_lenient
from twisted_auction.wire.lines import DELIMITER

UNTERMINATED_TIMEOUT = 0.2
"""Seconds of silence after which bytes without a line end count as a line."""


class Timer:
    """At most one pending callback: starting another one cancels it.

    :param clock: counts the seconds; None for a timer that never calls back.
    """

    def __init__(self, clock: IReactorTime | None) -> None:
        self._clock = clock
        self._call: IDelayedCall | None = None

    def start(self, seconds: float, callback: Callable[[], object]) -> None:
        """Call back after this time, instead of an earlier request."""
        self.cancel()
        if self._clock is not None:
            self._call = self._clock.callLater(seconds, callback)

    def cancel(self) -> None:
        """Withdraw the callback, if there is one."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None

    def close(self) -> None:
        """Withdraw the callback, and start none any more."""
        self.cancel()
        self._clock = None


class PromptReceiver(LineReceiver):
    """Receives lines that end with LF, CR LF or CR, or that have no end at all.

    Other servers of the assignment print a prompt and leave the line open. Bytes without a line end
    count as a prompt after :data:`UNTERMINATED_TIMEOUT`. A prompt is kept, because its rest may
    follow: then only the rest counts as a line, unless both together are one of our messages.

    A subclass implements :meth:`line_completed` and :meth:`silence_passed`.

    :param clock: times the silences; None if the server is ours, whose lines always end.
    """

    delimiter = DELIMITER
    transport: ITCPTransport
    MAX_LENGTH = 16384  # of other servers; ours quotes at most 512 bytes after a few words

    def __init__(self, clock: IReactorTime | None) -> None:
        self._timer = Timer(clock)
        self._prompt = b""  # the start of an unfinished line, which was handled already
        self._has_partial_line = False  # the last byte received did not end a line
        self._is_after_cr = False  # a CR counted as a line end

    def line_completed(self, line: bytes) -> None:
        """Handle a line, without its end."""

    def silence_passed(self) -> None:
        """Called when the server has been silent for :data:`UNTERMINATED_TIMEOUT`, with all its
        bytes handled."""

    def await_silence(self) -> None:
        """Call :meth:`silence_passed` unless more bytes arrive before."""
        self._timer.start(UNTERMINATED_TIMEOUT, self._end_line)

    def dataReceived(self, data: bytes) -> None:
        """Handle bytes, in pieces of any size."""
        if data:
            self._has_partial_line = not data.endswith(DELIMITER)
        super().dataReceived(data)
        if self._has_partial_line:
            self.await_silence()

    def lineReceived(self, line: bytes) -> None:
        """Complete a line, without the part that was handled as a prompt."""
        prompt, self._prompt = self._prompt, b""
        is_rest_of_cr, self._is_after_cr = self._is_after_cr and not line, False
        if is_rest_of_cr:
            return
        if prompt:
            whole = prompt + line
            if len(whole) > self.MAX_LENGTH:
                self.lineLengthExceeded(whole)
                return
            if parse_lenient(whole) is not None and whole.strip() != prompt.strip():
                line = whole
            elif not line.strip():
                return
        self.line_completed(line)

    def _end_line(self) -> None:
        """Handle the bytes without a line end as a line."""
        if self.paused:
            return
        *lines, rest = self.clearLineBuffer().split(b"\r")
        for line in lines:
            self.lineReceived(line)
        # The LF of this CR may still come: it then ends no second, empty line.
        self._is_after_cr = bool(lines) and not rest
        self._has_partial_line = False
        prompt = self._prompt + rest
        if len(prompt) > self.MAX_LENGTH:
            self.lineLengthExceeded(prompt)
            return
        if rest:
            self.line_completed(rest)
        self._prompt = prompt
        self.silence_passed()

    def forget_prompt(self) -> None:
        """Drop the prompt, because it was answered: what follows is a new line."""
        self._prompt = b""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Start no timer any more."""
        self._timer.close()

    def flush(self) -> None:
        """Complete the lines whose end will never come."""
        for line in filter(None, self.clearLineBuffer().split(b"\r")):
            self.line_completed(line)
