"""A client's connection: bytes waiting to be sent, timers, and reasons of a TLS failure."""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer


def tls_failure_reason(reason: Failure) -> str:
    """The reason for a failed TLS connection, as a text for the person."""
    value = reason.value
    if type(value).__name__ == "VerificationError":  # its package, service_identity, may be missing
        return "the server's certificate is for another name"
    if value is not None and type(value).__module__ == "OpenSSL.SSL":
        problems = [words for error in value.args for *_, words in error]
        if "certificate verify failed" in problems:
            return (
                "the server's certificate is not trusted. To trust your own, add "
                ":trustRoots=FOLDER, where the folder has it as a .pem file"
            )
        if problems:
            return ", ".join(problems)
    return reason.getErrorMessage().removesuffix(".")


@implementer(IPushProducer)
class OutgoingProducer:
    """Produces the client's lines. The transport pauses it while too many bytes wait for a slow
    server.

    :param on_resume: called once all bytes have left.
    :ivar is_paused: True while the client should send nothing more.
    """

    def __init__(self, transport: Any, on_resume: Callable[[], object]) -> None:
        self._transport = transport
        self._on_resume = on_resume
        self._has_ended = False
        self.is_paused = False
        transport.registerProducer(self, True)

    def unregister(self) -> None:
        """Let the transport close: it waits until its producer has ended."""
        if not self._has_ended:
            self._has_ended = True
            self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Called while too many bytes wait in the transport."""
        self.is_paused = True

    def resumeProducing(self) -> None:
        """Called once all bytes have left."""
        self.is_paused = False
        self._on_resume()

    def stopProducing(self) -> None:
        """Called when the connection has ended."""
        self._has_ended = True


class Timer:
    """Calls back at most once at a time.

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
