"""The transport of a client: a pause while the server reads too slowly, and the reason for a failed
TLS handshake."""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPushProducer
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
