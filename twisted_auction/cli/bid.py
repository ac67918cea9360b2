"""``auction bid``: a Buyer's visit, by a person or with a maximum."""

import os
from typing import Any

from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.python import usage

from twisted_auction.cli.addresses import ADDRESS_HELP, DEFAULT_ADDRESS
from twisted_auction.cli.base import refuse_options
from twisted_auction.cli.bid_lots import (
    LotBidder,
    LotTable,
    bid_on_lots,
    enter_rooms,
    give_back,
)
from twisted_auction.cli.join import VISIT_STATUSES, JoinRoom
from twisted_auction.cli.lots_screen import terminal_size
from twisted_auction.cli.output import print_line
from twisted_auction.cli.terminal import Terminal
from twisted_auction.client.person import Ending, Person
from twisted_auction.client.robots import MaximumRobot, PassHolder
from twisted_auction.rules.amounts import parse_amount
from twisted_auction.wire import messages


class Bid(JoinRoom):
    """Takes part as a Buyer."""

    synopsis = "[options] [HOST PORT | ENDPOINT]"
    example = "--max 120 127.0.0.1 4000"
    longdesc = (
        "Takes part in an auction as a Buyer: what you type is your bid. With --max, the server "
        "bids in your place in an English auction, also after this command has ended; in other "
        "formats, this command does. "
        f"{ADDRESS_HELP} Default: {' '.join(DEFAULT_ADDRESS)}. {VISIT_STATUSES}"
    )
    role = messages.RoleBuyer
    optParameters = [
        [
            "max",
            "m",
            None,
            "Bid no more than this many dollars, and no more than needed; in sealed bidding, "
            "exactly this.",
        ],
    ]

    optFlags = [
        [
            "lots",
            None,
            "Show all lots of a sale that are up together, at a lobby's port: type the number of a "
            "lot and an amount to bid.",
        ],
    ]
    _table: LotTable | None = None
    _robot: MaximumRobot | None = None

    def parseArgs(self, *where: str) -> None:
        """Read the address of the server."""
        refuse_options(where)
        if len(where) > 2:
            raise usage.UsageError("give a host and a port, or one endpoint string")
        if self["lots"] and not where and self["at"] is None:
            raise usage.UsageError("--lots needs the HOST and PORT of a lobby, or an ENDPOINT")
        self["where"] = self.address_or_default(where)

    def postOptions(self) -> None:
        """Read the maximum.

        :raises UsageError: if it is not an amount.
        """
        super().postOptions()
        if self["lots"]:
            for option in ("room", "max", "no-newline"):
                if self[option]:
                    raise usage.UsageError(f"--lots has no meaning with --{option}")
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
        if self["lots"]:
            self._table = LotTable(terminal, clock, self._enter, terminal_size())
            return self._table
        if self["max"] is None:
            return terminal
        self._robot = MaximumRobot(terminal, self["max"], clock)
        return self._robot

    async def visit(self, reactor: Any, endpoint: IStreamClientEndpoint, person: Person) -> Ending:
        """With a table take part in all lots of a sale, otherwise in one room."""
        table = self._table
        if table is None:
            return await super().visit(reactor, endpoint, person)
        self._enter_room = enter_rooms(reactor, endpoint, lambda: self._code or table.code, _named)
        return await bid_on_lots(reactor, endpoint, table, _named, self._code)

    def reactor_ended(self) -> None:
        """Give the terminal back, or tell of a maximum that goes on without this client."""
        if self._table is not None:
            give_back(self._table)
        robot = self._robot
        # Without a ticket or a pass code, the maximum has ended with the connection.
        if robot is not None and robot.kept and (self["room"] is not None or robot.has_paddle):
            if os.isatty(1):
                print_line("")  # below the ^C
            self.complain(f"your maximum of ${robot.kept} stands: the server still bids for you")

    def _enter(self, room: str, bidder: LotBidder) -> None:
        self._enter_room(room, bidder)


def _named(person: Person, code: str | None) -> Person:
    """The person with its pass code, if it has one."""
    return person if code is None else PassHolder(person, code)
