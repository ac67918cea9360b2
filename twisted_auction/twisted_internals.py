"""What this package uses of Twisted without a public name or a documented promise.

No other module of the package depends on such parts. Each entry says why no public part of Twisted
serves instead, as read in Twisted 24.11 and 26.10. ``tests/test_twisted_internals.py`` has a test
of each, which fails if a release of Twisted changes that part.
"""

import os
import signal
import time
import warnings
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from twisted.internet.error import ReactorNotRunning
from twisted.internet.interfaces import IAddress, IProtocolFactory, IStreamServerEndpoint
from twisted.python.logfile import LogFile


def count_monotonically(reactor: Any) -> None:
    """Make a reactor count seconds that do not jump when the time of day is set.

    ``reactor.seconds`` is ``time.time``, and every timer is counted in it. No reactor has an option
    for another clock, so this function replaces the attribute. Timers that a host program has
    started already move to the new count, and go off when they should.

    Do not call this from a timer: until the reactor has looked at all timers that are due, it
    compares them with an instant of the old count.
    """
    if reactor.seconds is time.monotonic:
        return
    now = reactor.seconds()
    reactor.seconds = time.monotonic
    for call in sorted(reactor.getDelayedCalls(), key=lambda call: call.getTime()):
        remaining = max(0, call.getTime() - now)
        call.seconds = time.monotonic
        # reset() instead of its attribute "time". The reactor keeps its timers in a heap, where
        # cancelled ones stay in the old count. A timer moved in place could end up behind a
        # cancelled one that is due in fifty years, and the reactor would never reach it.
        call.reset(remaining)


def stop(reactor: Any) -> None:
    """Stop a reactor, unless it is stopping already."""
    with suppress(ReactorNotRunning):
        reactor.stop()


def stop_on_signals(reactor: Any, *signals: str) -> None:
    """Make these signals stop the reactor in good order once it runs, however often they come.

    ``reactor.run`` installs handlers of its own for some signals, and has no option for others.
    Nothing documents when it does; it does so before it calls the functions that
    ``callWhenRunning`` was given, so handlers that are installed there stay.

    :param signals: such as ``SIGHUP``, which a terminal sends when it is closed. A signal that the
        system does not have is left out, and so is one that is ignored, as ``nohup`` wants it.
    """

    def start() -> None:
        for name in signals:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: reactor.callFromThread(stop, reactor))

    reactor.callWhenRunning(start)


def ignore_reserved_descriptor() -> None:
    """Silence Python's ``ResourceWarning`` for the one file that Twisted never closes.

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
    """Make the service that listens at an endpoint string, with its endpoint wrapped.

    ``strports.service`` takes no endpoint but a string. ``StreamServerEndpointService`` takes one,
    but logs a port that cannot be had instead of raising; the attribute that changes this is
    private. So this function replaces the attribute ``endpoint``, which is documented, but not as
    one to be set.

    :param description: for ``serverFromString``.
    :param wrap: makes the endpoint at which the service listens.
    :return: a ``StreamServerEndpointService``. Its ``privilegedStartService`` raises what
        ``listen`` raises.
    """
    from twisted.application import strports  # not above, for the same reason

    service = strports.service(description, factory, reactor)
    service.endpoint = wrap(service.endpoint)
    return service


class LogFileBase(LogFile):
    """A log file with rotation whose subclass opens the file.

    ``LogFile`` opens its file in a private method, at the start and after each rotation, and writes
    to a private attribute. Its public options have no mode for appending and no owner.

    :ivar file: the file that is open.
    """

    file: BinaryIO

    @abstractmethod
    def open_file(self) -> BinaryIO:
        """Open :attr:`path` for unbuffered writing at its end. ``LogFile`` closes the file."""

    def _openFile(self) -> None:
        self.file = self._file = self.open_file()
        self.closed = False
        self.size = 0  # LogFile counts bytes in it
