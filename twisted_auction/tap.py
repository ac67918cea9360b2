"""``twistd auction``: its options, and the service that they describe."""

from pathlib import Path

from twisted.internet.interfaces import IProtocolFactory
from twisted.logger import Logger
from twisted.python import usage

from twisted_auction.command import Options as VersionedOptions
from twisted_auction.command import count_monotonically
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.auction import Terms
from twisted_auction.rules.request import AuctionRequest, parse_catalogue
from twisted_auction.server.console import journal
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.listening import (
    AuctionService,
    control_description,
    endpoint_description,
)

DEFAULT_PORT = "4000"
ROOM = "main"
"""The name of the one room, in the operator's orders."""


def _seconds(text: str) -> int:
    return 0 if text == "0" else parse_amount(text.encode())


def _count(text: str) -> int:
    return parse_amount(text.encode())


class Options(VersionedOptions):
    """What can be said on the command line."""

    synopsis = "[options]"
    longdesc = (
        "Hosts auctions, one after another, for whoever connects: first-price, second-price, "
        "English and Dutch."
    )

    optParameters = [
        [
            "request-timeout",
            None,
            300,
            "Seconds a Seller has for its auction request; 0: no limit.",
        ],
        ["bid-timeout", None, 300, "Seconds a Buyer has for its bid; 0: no limit."],
        ["max-bidders", None, 9, "The largest number_of_bids that a Seller may ask for."],
        [
            "catalogue",
            None,
            None,
            "A file of auction requests, one a line: hold a sale of these lots, in which everyone "
            "who comes is a Buyer.",
        ],
        ["lot-pause", None, 5, "Seconds from the announcement of a lot to its bidding."],
    ]
    optFlags = [
        [
            "accept-unterminated",
            None,
            "Take what has come after 200 ms of silence as a line, for clients that send no "
            "line ends. A slow sender's half amount is then taken for a whole one.",
        ],
    ]

    def __init__(self) -> None:
        super().__init__()
        self["ports"] = []
        self["control"] = None

    def opt_port(self, port: str) -> None:
        """
        Where to listen: a number or a Twisted endpoint string, such as tcp6:4000 or
        tcp:4000:interface=127.0.0.1. May be given several times. [default: 4000]
        """
        from twisted.internet import reactor

        try:
            self["ports"].append(endpoint_description(port, reactor))
        except ValueError as error:
            raise usage.UsageError(f"--port: {error}") from None

    opt_p = opt_port

    def opt_control(self, control: str) -> None:
        """Where to take the operator's orders, such as unix:auction.control. [default: nowhere]"""
        from twisted.internet import reactor

        try:
            self["control"] = control_description(control, reactor)
        except ValueError as error:
            raise usage.UsageError(f"--control: {error}") from None

    def postOptions(self) -> None:
        """Read the numbers, and fall back to the default port.

        :raises UsageError: where an option is out of range, naming it.
        """
        for name, read, what in [
            ("request-timeout", _seconds, "a whole number of seconds"),
            ("bid-timeout", _seconds, "a whole number of seconds"),
            ("max-bidders", _count, "a whole number from 1"),
            ("lot-pause", _seconds, "a whole number of seconds"),
        ]:
            text = str(self[name])
            try:
                self[name] = read(text)
            except ValueError:
                raise usage.UsageError(f"--{name} must be {what}, not {text!r}") from None
        if self["catalogue"] is not None:
            self["catalogue"] = self._lots(self["catalogue"])
        if not self["ports"]:
            self.opt_port(DEFAULT_PORT)

    def _lots(self, file: str) -> tuple[AuctionRequest, ...]:
        try:
            return parse_catalogue(Path(file).read_bytes(), self["max-bidders"])
        except OSError as error:
            problem = f"{error.strerror}."
        except ValueError as error:
            problem = str(error)
        raise usage.UsageError(f"--catalogue: {file}: {problem}")


def makeService(options: Options) -> AuctionService:
    """Build the service that ``twistd auction`` runs."""
    from twisted.internet import reactor

    count_monotonically(reactor)
    terms = Terms(
        request_timeout=options["request-timeout"],
        bid_timeout=options["bid-timeout"],
        max_bidders=options["max-bidders"],
        lot_pause=options["lot-pause"],
    )
    log = Logger(namespace="auction")
    auctioneer = Auctioneer(reactor, terms, journal(log), options["catalogue"])
    factory = AuctionFactory(auctioneer, accept_unterminated=bool(options["accept-unterminated"]))
    ports: list[tuple[str, IProtocolFactory]] = [(port, factory) for port in options["ports"]]
    if options["control"] is not None:
        ports.append((options["control"], ControlFactory({ROOM: auctioneer})))
    return AuctionService(ports, reactor, announce=log.info, closed=factory.closed)
