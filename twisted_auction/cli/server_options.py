"""The options of ``twistd auction``; ``auc_server`` shares one of them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import AuthOptionMixin
from twisted.python import usage

from twisted_auction.cli.addresses import DEFAULT_PORT
from twisted_auction.cli.base import Options as VersionedOptions
from twisted_auction.cli.limit_options import LIMIT_OPTIONS, LIMITS
from twisted_auction.cli.notify_options import NOTIFY_OPTIONS, read_notify
from twisted_auction.cli.sale_options import SALE_OPTIONS, read_catalogue, read_doors, read_zone
from twisted_auction.cli.together_options import (
    TOGETHER_FLAGS,
    TOGETHER_OPTIONS,
    check_lots_together,
    check_together,
    read_end,
)
from twisted_auction.cli.web_options import WEB_FLAGS, WEB_OPTIONS, read_metrics, read_web
from twisted_auction.extensions import ExtensionError, load_formats
from twisted_auction.house.auctioneer import MAIN
from twisted_auction.house.peers import MAX_SEATS_PER_PEER
from twisted_auction.house.people import People, PeopleError
from twisted_auction.house.rooms import MAX_ROOMS
from twisted_auction.ledger.journal import DEFAULT_LEDGER
from twisted_auction.ledger.storage import is_address
from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.terms import PUBLIC_SETTLE
from twisted_auction.server.endpoints import control_description, endpoint_description
from twisted_auction.server.limits import affordable_connections
from twisted_auction.server.people_file import read_people
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

DEFAULT_MAX_BID = 10**12
"""Default of the greatest open bid, in whole dollars: above any price, and far below the greatest
amount, which no Buyer could outbid."""

SETTLE_HELP = (
    "Seconds from the last Buyer's arrival to the opening of the bidding, if it is still there, so "
    "that a port scan opens nothing; 0: at once."
)

_SECONDS = re.compile(r"[0-9]{1,2}(\.[0-9]{1,9})?")


def settling_time(text: object) -> float:
    """Parse the seconds of ``--settle``.

    :raises UsageError: if it is no number, or more than a minute.
    """
    if _SECONDS.fullmatch(str(text)) is None or float(str(text)) > 60:
        raise usage.UsageError(
            f"--settle must be seconds from 0 to 60, such as 0.05, not {str(text)!r}"
        )
    return float(str(text))


def _whole(text: str) -> int:
    return 0 if text == "0" else parse_amount(text.encode())


def _count(text: str) -> int:
    return parse_amount(text.encode())


def _endpoint(option: str, describe: Callable[[str, Any], str], text: str) -> str:
    """The endpoint string for the text of an option.

    :raises UsageError: if there is none; the text names the option.
    """
    from twisted.internet import reactor

    try:
        return describe(text, reactor)
    except ValueError as error:
        raise usage.UsageError(f"--{option}: {error}") from None


class Options(VersionedOptions, AuthOptionMixin):
    """The options of ``twistd auction``."""

    supportedInterfaces = (IUsernamePassword,)

    synopsis = "[options]"
    longdesc = (
        "Hosts auctions, one after another, for the clients that connect: first-price, "
        "second-price, English and Dutch."
    )

    optParameters = [
        [
            "request-timeout",
            None,
            300,
            "Seconds a Seller has for its auction request; 0: no limit.",
        ],
        [
            "gathering-timeout",
            None,
            0,
            "Seconds from a request by which enough Buyers must have come; 0: no limit.",
        ],
        ["bid-timeout", None, 300, "Seconds a Buyer has for its bid; 0: no limit."],
        ["max-bidders", None, 9, "The largest number_of_bids that a Seller may ask for."],
        [
            "max-bid",
            None,
            DEFAULT_MAX_BID,
            "The greatest bid in dollars that is taken in an open format; sealed ones take any.",
        ],
        *SALE_OPTIONS,
        *TOGETHER_OPTIONS,
        *WEB_OPTIONS,
        *NOTIFY_OPTIONS,
        [
            "lot-time",
            None,
            60,
            "Seconds that Buyers have for their sealed bids on a lot of a sale; 0: no limit.",
        ],
        ["lot-pause", None, 5, "Seconds from the announcement of a lot to its bidding."],
        ["settle", None, PUBLIC_SETTLE, SETTLE_HELP],
        ["room", "r", MAIN, "The name of the room that --port leads to."],
        ["max-rooms", None, MAX_ROOMS, "How many rooms there may be, with --lobby."],
        [
            "raise-rate",
            None,
            2,
            "Bids a second of one Buyer in open bidding; ten may come at once; 0: no limit.",
        ],
        [
            "resume-grace",
            None,
            60,
            "Seconds for which the seat of a ticket holder is kept after a cut.",
        ],
        [
            "max-seats-per-peer",
            None,
            MAX_SEATS_PER_PEER,
            "Seats in one auction from one address, counted as for --max-per-peer; 0: no limit.",
        ],
        *LIMIT_OPTIONS,
    ]
    optFlags = [
        [
            "accept-unterminated",
            None,
            "Take what has come after 200 ms of silence, or 3 s where it comes byte by byte, as a "
            "line, for clients that send no line ends. A slow sender's half amount is then taken "
            "for a whole one.",
        ],
        [
            "check-ledger",
            None,
            "Verify the whole ledger before the start, and refuse to start where it does not hold. "
            "Otherwise only auctions that have not ended are verified.",
        ],
        [
            "tell-seller-bids",
            None,
            "Tell the Seller the bids of all Buyers, sealed ones too, with the result.",
        ],
        [
            "public-view",
            None,
            "With --people: let everyone watch, without a pass code.",
        ],
        [
            "show-names",
            None,
            "With --people: tell everyone the names of Buyers, and not only their paddles.",
        ],
        [
            "log-events",
            None,
            "Log one line for each fact of an auction, at level debug; never the amount of a "
            "sealed bid.",
        ],
        *TOGETHER_FLAGS,
        *WEB_FLAGS,
    ]

    def __init__(self) -> None:
        try:
            load_formats()
        except ExtensionError as error:
            raise usage.UsageError(str(error)) from None
        super().__init__()
        # Otherwise the help has the indentation of the methods' docstrings.
        self.docs = {name: " ".join(text.split()) for name, text in self.docs.items()}
        self["ports"] = []
        self["ledger"] = Path(DEFAULT_LEDGER)
        self["lobby"] = None
        self["control"] = None
        self["people"] = None
        self._persons: People | None = None  # as the file is before the start

    def opt_port(self, port: str) -> None:
        """
        Where to listen: a number or a Twisted endpoint string, such as tcp6:4000 or
        tcp:4000:interface=127.0.0.1. May be given several times. [default: 4000]
        """
        self["ports"].append(_endpoint("port", endpoint_description, port))

    opt_p = opt_port

    def opt_ledger(self, file: str) -> None:
        """
        The file in which everything is recorded, or none. [default: auction.sqlite3 in the folder
        where the server runs]
        """
        if not file:
            raise usage.UsageError("--ledger: name a file, or none")
        if is_address(file):  # it may have a password, which no complaint about a file must repeat
            raise usage.UsageError("--ledger: name a file, or none, and no database")
        self["ledger"] = (
            None
            if file == "none"
            else self._path_under_twistd("ledger", Path(file), DEFAULT_LEDGER)
        )

    def opt_people(self, file: str) -> None:
        """
        The list of the people who may take part, each with its pass code, as auction people makes
        it. [default: everyone may take part]
        """
        try:
            self._persons = read_people(Path(file))
        except PeopleError as error:
            raise usage.UsageError(f"--people: {error}") from None
        self["people"] = self._path_under_twistd("people", Path(file), "people.csv")

    def opt_auth(self, method: str) -> None:
        """
        With --people: a second way to say who one is, by the name and password of a user, such as
        file:passwd; a user's name is a paddle or a name of the list. See --help-auth.
        """
        super().opt_auth(method)
        if len(self["credCheckers"]) > 1:
            raise usage.UsageError("--auth may be given once")

    def opt_lobby(self, lobby: str) -> None:
        """
        Where to listen for those who choose a room, and may come back after a cut: as --port.
        [default: nowhere]
        """
        self["lobby"] = _endpoint("lobby", endpoint_description, lobby)

    def opt_control(self, control: str) -> None:
        """Where to take the operator's orders, such as unix:auction.control. [default: nowhere]"""
        self["control"] = _endpoint("control", control_description, control)

    def postOptions(self) -> None:
        """Parse the numbers and the catalogue, and add the default port if none is given.

        :raises UsageError: if an option is out of range; the text names it.
        """
        for name, read, what in [
            ("request-timeout", _whole, "a whole number of seconds"),
            ("gathering-timeout", _whole, "a whole number of seconds"),
            ("bid-timeout", _whole, "a whole number of seconds"),
            ("max-bidders", _count, "a whole number from 1"),
            ("max-bid", _count, f"a whole number from 1 to {MAX_AMOUNT}"),
            ("lot-time", _whole, "a whole number of seconds"),
            ("lot-pause", _whole, "a whole number of seconds"),
            ("after-sale", _whole, "a whole number of seconds"),
            ("max-rooms", _count, "a whole number from 1"),
            ("raise-rate", _whole, "a whole number"),
            ("resume-grace", _whole, "a whole number of seconds"),
            *((name, _whole, "a whole number") for name in ("max-seats-per-peer", *LIMITS)),
        ]:
            text = str(self[name])
            try:
                self[name] = read(text)
            except ValueError:
                raise usage.UsageError(f"--{name} must be {what}, not {text!r}") from None
        self["settle"] = settling_time(self["settle"])
        affordable = affordable_connections()
        if 0 < affordable < self["max-connections"]:
            raise usage.UsageError(
                f"--max-connections must be at most {affordable}: so many does the limit of open "
                "files (ulimit -n) allow"
            )
        if ROOM_NAME.fullmatch(self["room"]) is None:
            raise usage.UsageError(f"--room must be {ROOM_NAME_RULE}, not {self['room']!r}")
        check_together(self)
        self["zone"] = read_zone(self["timezone"])
        self["doors"] = read_doors(
            self["starts"], self["zone"], self["catalogue"] is not None, self["ledger"]
        )
        # After the numbers: the limits of the house hold for its catalogue, too.
        if self["catalogue"] is not None:
            is_counted = self["starts"] is None and not self["together"]
            needs_count = self["people"] is None and is_counted
            self["catalogue"] = read_catalogue(
                self["catalogue"],
                self["max-bidders"],
                self["max-bid"],
                int(needs_count),
                self._persons,
                self["ledger"],
                read_end(self),
            )
        if self["together"]:
            self["catalogue"] = check_lots_together(self["catalogue"], self["max-rooms"])
        if self["people"] is None:
            for option, is_given in [
                ("public-view", self["public-view"]),
                ("show-names", self["show-names"]),
                ("auth", "credCheckers" in self),
            ]:
                if is_given:
                    raise usage.UsageError(f"--{option} needs --people, the list of the people")
        self["web"], self["site"] = read_web(self, _endpoint, self._path_under_twistd)
        self["metrics"] = read_metrics(self["metrics"], _endpoint)
        self["notify"] = read_notify(
            self["notify"],
            self["notify-secret"],
            self["people"] is not None,
            self["ledger"] is not None,
        )
        if not self["ports"] and not self["together"]:
            self.opt_port(DEFAULT_PORT)

    def _path_under_twistd(self, option: str, path: Path, example: str) -> Path:
        """The path of a file after ``twistd`` has changed to ``--chroot`` and ``--rundir``. A
        relative path starts at the present folder, an absolute path at the new root.

        :raises UsageError: if a relative path leads out of the new root.
        """
        twistd: Any = self.parent
        root = None if twistd is None else twistd.get("chroot")
        if root is None or path.is_absolute():
            return path.absolute()
        folder = path.parent.resolve()
        try:
            return "/" / folder.relative_to(Path(root).resolve()) / path.name
        except ValueError:
            raise usage.UsageError(
                f"--{option}: {folder / path.name} is outside --chroot {root}: "
                f"name the file as it is seen from there, such as /{example}"
            ) from None
