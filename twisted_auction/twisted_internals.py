"""What the package uses of Twisted without a public name, or beyond a documented promise.

No other module uses a private name of Twisted. Each entry gives the reason why no public part
of Twisted serves instead, as read in Twisted 24.11 and 26.10. ``tests/test_twisted_internals.py``
has a test of each; the test fails if a release of Twisted changes that part.
"""

import os
import signal
import time
import warnings
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, BinaryIO

from twisted.internet.interfaces import IAddress, IProtocolFactory, IStreamServerEndpoint
from twisted.python.logfile import LogFile


def count_monotonically(reactor: Any) -> None:
    """Make a reactor count by the monotonic clock, so setting the time of day moves no timer.

    ``reactor.seconds`` is ``time.time``, and every timer is counted in it. No reactor has an option
    for another clock, so this function replaces the attribute. Timers already started by a host
    program move to the new count, and go off when they should.

    Do not call this from a timer: the reactor compares all timers due at that moment with an
    instant of the old count.
    """
    if reactor.seconds is time.monotonic:
        return
    now = reactor.seconds()
    reactor.seconds = time.monotonic
    for call in sorted(reactor.getDelayedCalls(), key=lambda call: call.getTime()):
        remaining = max(0, call.getTime() - now)
        call.seconds = time.monotonic
        # reset() instead of its attribute "time". The reactor keeps its timers in a heap, and the
        # cancelled ones there stay in the old count. A timer moved in place could end up behind a
        # cancelled one due in fifty years, and the reactor would never reach it.
        call.reset(remaining)


def call_on_signals(reactor: Any, callback: Callable[[], object], *signals: str) -> None:
    """Once the reactor runs, call a function in its thread for each of these signals.

    ``reactor.run`` installs handlers of its own for some signals, and has no option for others.
    It installs them before the functions of ``callWhenRunning``, so handlers installed there stay.
    No document promises this order.

    :param signals: names, such as ``SIGHUP`` (the terminal was closed). Signals unknown to the
        system are left out, and so are ignored ones, as ``nohup`` requires.
    """

    def start() -> None:
        for name in signals:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: reactor.callFromThread(callback))

    reactor.callWhenRunning(start)


def ignore_reserved_descriptor() -> None:
    """Silence Python's ``ResourceWarning`` for the one file never closed by Twisted.

    Once a port listens, ``twisted.internet.tcp`` keeps ``os.devnull`` open, to have a descriptor to
    give up when the process has no other left. Nothing public closes it.
    """
    pattern = f"unclosed file .*{os.devnull!r}"
    warnings.filterwarnings("ignore", pattern, ResourceWarning)


def parse_proxy_header(header: bytes) -> IAddress | None:
    """Parse a whole header of the PROXY protocol, version 1 or 2.

    ``twisted.protocols.haproxy`` has a public name for the wrapped endpoint alone. That one cannot
    be used: it waits for a header without limit, and hands a proxy's own connections (LOCAL,
    UNKNOWN) to the factory as if a client were there.

    :return: the client's address, not checked further; None if the header names no client.
    :raises ValueError: if the header is malformed.
    """
    # Not above: this imports the endpoints, and most commands of this package need none.
    from twisted.protocols.haproxy._exceptions import InvalidProxyHeader
    from twisted.protocols.haproxy._v1parser import V1Parser
    from twisted.protocols.haproxy._v2parser import V2Parser

    parser: Any = V1Parser
    if header.startswith(V2Parser.PREFIX):
        parser = V2Parser
    elif header.split()[1:2] == [V1Parser.UNKNOWN_PROTO]:
        return None  # the specification lets the line end here; V1Parser wants addresses, too
    else:
        header = header.removesuffix(V1Parser.NEWLINE)
    try:
        source: IAddress | None = parser.parse(header).source
    except InvalidProxyHeader as error:
        raise ValueError("a malformed PROXY header") from error
    return source


def service_at(
    description: str,
    factory: IProtocolFactory,
    reactor: Any,
    wrap: Callable[[IStreamServerEndpoint], IStreamServerEndpoint],
) -> Any:
    """Make a service for an endpoint string, with its endpoint wrapped.

    ``strports.service`` takes no endpoint but a string. ``StreamServerEndpointService`` takes one,
    but only logs an error of ``listen``, unless a private attribute is set. So this function sets
    the attribute ``endpoint``. Twisted documents the attribute, but not that it can be set.

    :param description: for ``serverFromString``.
    :param wrap: makes the endpoint for the service from the one of the string.
    :return: a ``StreamServerEndpointService``. Its ``privilegedStartService`` raises the errors of
        ``listen``.
    """
    from twisted.application import strports  # not above, for the same reason

    service = strports.service(description, factory, reactor)
    service.endpoint = wrap(service.endpoint)
    return service


def take_over_bytes(channel: Any, receive: Callable[[bytes], object]) -> None:
    """Let a function receive the bytes of an HTTP channel that has become a web socket.

    ``twisted.web.websocket`` has no limit for what comes in, and no place for one. It replaces the
    channel's ``dataReceived`` by that of the socket, so this function replaces it once more. Bytes
    of the segment of the handshake go to ``rawDataReceived``.

    :param channel: the ``HTTPChannel``, after the handshake.
    """
    channel.dataReceived = channel.rawDataReceived = receive


def close_frame(wire: Any, code: int) -> bytes:
    """The frame that closes a web socket, for its owner to send.

    The public ``loseConnection`` of the socket sends it, and stops reading at once. If the client
    was sending then, its kernel drops the last messages and the code. A frame made without the
    socket is no way out: the socket would not know of it, and would take the client's answer for a
    closing of its own.

    :param wire: Twisted's ``WebSocketTransport``. Nothing can be sent on it from now on.
    :param code: the reason, 4000 to 4999.
    """
    from wsproto.events import CloseConnection  # not above: it needs the extra of the page

    return bytes(wire._wsconn.send(CloseConnection(code, "")))


class LogFileBase(LogFile):
    """A log file with rotation; a subclass opens the file.

    ``LogFile`` opens its file in a private method, at the start and after each rotation, and writes
    to a private attribute. Its public options have no mode for appending and no owner.

    :ivar file: the open file.
    """

    file: BinaryIO

    @abstractmethod
    def open_file(self) -> BinaryIO:
        """Open :attr:`path` for unbuffered writing at its end. ``LogFile`` closes the file."""

    def _openFile(self) -> None:
        self.file = self._file = self.open_file()
        self.closed = False
        self.size = 0  # LogFile counts bytes in it
