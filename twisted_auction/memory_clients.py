"""Clients of a house in memory, and a fake clock, for :mod:`twisted_auction.testing`."""

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IAddress, IDelayedCall, IProtocol, IProtocolFactory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure


class StrictClock(Clock):
    """A clock that refuses a negative delay, as reactors do."""

    def __init__(self) -> None:
        super().__init__()
        self.rightNow = 1e6  # a real clock does not start at 0 either

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        """Schedule a call, or raise AssertionError if the delay is negative."""
        assert delay >= 0, delay
        return super().callLater(delay, callable, *args, **kw)


class MemoryClient:
    """The client's side of one connection to a house, line by line.

    :param factory: the factory of a port or of the lobby, or a wrapper around one.
    :param address: the client's address.
    :ivar protocol: the protocol that the factory has made.
    :ivar transport: the server's transport. Its ``value()`` has the bytes not read yet.
    """

    def __init__(self, factory: IProtocolFactory, address: IAddress) -> None:
        self.transport = StringTransport(peerAddress=address)
        protocol = factory.buildProtocol(address)
        assert protocol is not None
        protocol.makeConnection(self.transport)
        self.protocol: Any = protocol

    def send_lines(self, *lines: str) -> None:
        """Send lines, all of them in one segment."""
        self.send("".join(f"{line}\n" for line in lines).encode())

    def send(self, data: bytes) -> None:
        """Send bytes in one segment."""
        self.protocol.dataReceived(data)

    def read_lines(self) -> list[str]:
        """The lines sent by the server since the last call, without their ends.

        :raises AssertionError: if a line does not end with CRLF.
        """
        text: str = self.transport.value().decode()
        self.transport.clear()
        lines = text.split("\r\n")
        assert lines.pop() == "", f"an unfinished line: {text!r}"
        assert not any("\n" in line or "\r" in line for line in lines), text
        return lines

    def read_json(self) -> list[list[dict[str, int | str]]]:
        """The letters sent by the server since the last call, after the verb ``JSON``."""
        return [json.loads(line) for line in self.read_lines()]

    def pause_reading(self) -> None:
        """Read nothing, so that the server has to keep its letters."""
        assert self.transport.producer is not None
        self.transport.producer.pauseProducing()

    def resume_reading(self) -> None:
        """Read what has waited, and everything after it."""
        assert self.transport.producer is not None
        self.transport.producer.resumeProducing()

    def disconnect(self) -> None:
        """Lose the connection. The server is told at once."""
        self.protocol.connectionLost(Failure(ConnectionLost()))

    @property
    def is_closed(self) -> bool:
        """True if the server has closed the connection."""
        return self.transport.disconnecting


class MemoryLink:
    """Connects a client's protocol to a house. The house carries the bytes.

    :ivar client: the client's protocol.
    :ivar transport: the client's transport.
    :ivar server: the other end.
    :ivar is_cut: True once neither end sends anything more.
    """

    def __init__(self, client: IProtocol, server: MemoryClient) -> None:
        self.client = client
        self.server = server
        self.transport = StringTransport()
        self.is_cut = False
        client.makeConnection(self.transport)

    def carry(self) -> bool:
        """Carry to each end the bytes of the other.

        :return: True if there were any, or if the link has ended now.
        """
        if self.is_cut:
            return False
        received, sent = self.server.transport.value(), self.transport.value()
        self.server.transport.clear()
        self.transport.clear()
        if received and not self.transport.disconnecting:
            self.client.dataReceived(received)
        if sent:
            self.server.send(sent)
        if received or sent:
            return True
        if self.server.is_closed or self.transport.disconnecting:
            self.server.disconnect()
            self.lose(ConnectionDone())
            return True
        return False

    def cut(self, arrives: bool = False) -> None:
        """Break the connection. Bytes from the server that were not carried never arrive.

        :param arrives: True if bytes from the client still arrive.
        """
        if arrives:
            self.server.send(self.transport.value())
        self.server.disconnect()
        self.lose(ConnectionLost())

    def lose(self, reason: Exception) -> None:
        """Break the connection for the client only, as when the server has died."""
        self.is_cut = True
        self.client.connectionLost(Failure(reason))
