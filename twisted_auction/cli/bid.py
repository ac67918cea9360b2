"""``auction bid``: a Buyer's visit, by a person or by a robot with a maximum."""

from twisted.internet.interfaces import IReactorTime
from twisted.python import usage

from twisted_auction.cli.addresses import ADDRESS_HELP, DEFAULT_ADDRESS
from twisted_auction.cli.base import refuse_options
from twisted_auction.cli.join import VISIT_STATUSES, JoinRoom
from twisted_auction.cli.terminal import Terminal
from twisted_auction.client.person import Person
from twisted_auction.client.robots import BidRobot
from twisted_auction.rules.amounts import parse_amount
from twisted_auction.wire import messages


class Bid(JoinRoom):
    """Takes part as a Buyer."""

    synopsis = "[options] [HOST PORT | ENDPOINT]"
    example = "--max 120 127.0.0.1 4000"
    longdesc = (
        "Takes part in an auction as a Buyer: what you type is your bid. With --max, a robot bids "
        f"in your place. {ADDRESS_HELP} Default: {' '.join(DEFAULT_ADDRESS)}. {VISIT_STATUSES}"
    )
    role = messages.RoleBuyer
    optParameters = [
        [
            "max",
            "m",
            None,
            "Let a robot bid: the asking price up to this many dollars, or in sealed bidding this.",
        ],
    ]

    def parseArgs(self, *where: str) -> None:
        """Read the address of the server."""
        refuse_options(where)
        if len(where) > 2:
            raise usage.UsageError("give a host and a port, or one endpoint string")
        self["where"] = self.address_or_default(where)

    def postOptions(self) -> None:
        """Read the maximum.

        :raises UsageError: if it is not an amount.
        """
        super().postOptions()
        if self["max"] is None:
            return
        try:
            self["max"] = parse_amount(self["max"].encode())
        except ValueError:
            raise usage.UsageError(
                f"--max must be a whole number of dollars from 1, not {self['max']!r}"
            ) from None

    def participant(self, terminal: Terminal, clock: IReactorTime) -> Person:
        """With a maximum a robot, otherwise the person at the terminal."""
        return terminal if self["max"] is None else BidRobot(terminal, self["max"], clock)
