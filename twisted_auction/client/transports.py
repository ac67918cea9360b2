"""The connection beneath a client: how much waits in it, and why it is not secure."""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer


def tls_failure_reason(reason: Failure) -> str:
    """Explain why a TLS connection failed."""
    value = reason.value
    if type(value).__name__ == "VerificationError":  # of a package that may be missing
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
    """The producer of what a client sends: learns when too much waits for a slow server.

    :param on_resume: called when everything that waited has left.
    :ivar is_paused: True while so much waits that the client should send nothing more.
    """

    def __init__(self, transport: Any, on_resume: Callable[[], object]) -> None:
        self._transport = transport
        self._on_resume = on_resume
        self._has_ended = False
        self.is_paused = False
        transport.registerProducer(self, True)

    def unregister(self) -> None:
        """Send nothing more. A transport does not close before its producer has ended."""
        if not self._has_ended:
            self._has_ended = True
            self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Too much waits in the transport."""
        self.is_paused = True

    def resumeProducing(self) -> None:
        """Everything has left."""
        self.is_paused = False
        self._on_resume()

    def stopProducing(self) -> None:
        """The connection has ended."""
        self._has_ended = True


class Timer:
    """At most one callback of a client that waits for a silence.

    :param clock: counts the seconds; None if no callback is ever wanted.
    """

    def __init__(self, clock: IReactorTime | None) -> None:
        self._clock = clock
        self._call: IDelayedCall | None = None

    def start(self, seconds: float, callback: Callable[[], object]) -> None:
        """Call back after this time, and not for an earlier request."""
        self.cancel()
        if self._clock is not None:
            self._call = self._clock.callLater(seconds, callback)

    def cancel(self) -> None:
        """Call nothing back."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
