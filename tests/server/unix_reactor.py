"""A reactor whose Unix sockets are real."""

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory


class UnixReactor:
    """A reactor in memory whose unix sockets are real.

    :param during: called while the reactor makes a socket.
    :ivar modes: the modes of the sockets.
    """

    def __init__(self, reactor: Any, during: Callable[[], object] = lambda: None) -> None:
        self._reactor = reactor
        self._during = during
        self.modes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def listenUNIX(
        self,
        address: str,
        factory: Factory,
        backlog: int = 50,
        mode: int = 0,
        wantPID: bool = False,
    ) -> Any:
        assert not wantPID
        self._during()
        with socket.socket(socket.AF_UNIX) as listening:
            try:
                listening.bind(address)
            except OSError as error:
                raise CannotListenError(None, address, error) from None
        self.modes.append(mode)
        return self._reactor.listenUNIX(address, factory, backlog, mode)
