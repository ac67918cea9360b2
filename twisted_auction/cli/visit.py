"""The base of the commands that visit a server from a terminal."""

import os
from abc import abstractmethod
from typing import Any

from twisted.internet.defer import CancelledError, ensureDeferred
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.stdio import StandardIO

from twisted_auction.cli.addresses import UNVERIFIED_WARNING, endpoint_of, is_unverified
from twisted_auction.cli.base import Command, run_reactor
from twisted_auction.cli.terminal import Echo, Terminal
from twisted_auction.client.person import Ending, Person

OUTPUT_FAILED = Ending(1, "standard output cannot be written, so the visit has ended")


class Visit(Command):
    """Connects the user of this terminal to a server, whose address is the option ``where``."""

    def participant(self, terminal: Terminal, clock: IReactorTime) -> Person:
        """The participant: the person at the terminal, or a robot in place of the person."""
        return terminal

    def reactor_ended(self) -> None:
        """Called when standard output is the command's own again, before any error line."""
        return

    @abstractmethod
    async def visit(self, reactor: Any, endpoint: IStreamClientEndpoint, person: Person) -> Ending:
        """Connect a participant to the server until the visit is over.

        :raises Exception: the endpoint's own error if the connection fails.
        """

    def run(self, reactor: Any) -> int:
        """Take part at standard input and output."""
        endpoint = endpoint_of(reactor, *self["where"])
        if is_unverified(self["where"][0]):
            self.complain(UNVERIFIED_WARNING)
        ending = Ending(1)
        echo = Echo()

        async def visit() -> int:
            nonlocal ending
            is_interactive = os.isatty(0)
            terminal = Terminal(is_interactive, echo if is_interactive else None)
            # The terminal stays in its line mode: the user's line editor, echo and Ctrl-C work.
            StandardIO(terminal, reactor=reactor)
            visiting = ensureDeferred(
                self.visit(reactor, endpoint, self.participant(terminal, reactor))
            )
            # Without output the user cannot take part, and must not delay the auction.
            terminal.lost.addCallback(lambda _: visiting.cancel())
            try:
                ending = await visiting
            except CancelledError:
                ending = OUTPUT_FAILED
            except Exception as error:  # each kind of endpoint has its own errors
                ending = Ending(1, f"cannot connect to {' '.join(self['where'])}: {error}")
            terminal.close()
            if not await terminal.closed:
                ending = OUTPUT_FAILED
            return ending.status

        blocking = [(fd, os.get_blocking(fd)) for fd in (0, 1)]
        status = run_reactor(reactor, visit)
        echo.restore()  # a signal may have ended the visit while a code was being typed
        # StandardIO has made the descriptors non-blocking, and the shell shares them.
        for fd, was_blocking in blocking:
            os.set_blocking(fd, was_blocking)
        self.reactor_ended()
        if ending.complaint and status == ending.status:  # unless a signal has ended the visit
            self.complain(ending.complaint)
        return status
