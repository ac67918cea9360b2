"""The names for programs that embed an auctioneer, write a client, or add a format.

A program may rely on the names in ``__all__``. Their modules, and all other names of this package,
may change with any release.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.interfaces import IProtocolFactory
from twisted.logger import Logger

from twisted_auction.client.join import join
from twisted_auction.client.person import Ending, Person, Question
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.client.robots import BidRobot, MaximumRobot
from twisted_auction.extensions import load_formats
from twisted_auction.house.auctioneer import MAIN, Auctioneer
from twisted_auction.house.calendar import HouseCalendar
from twisted_auction.house.doors import Doors
from twisted_auction.house.news import unwatched
from twisted_auction.house.notifications import Notifications
from twisted_auction.house.peers import MAX_SEATS_PER_PEER
from twisted_auction.house.people import People, PeopleError
from twisted_auction.house.rooms import MAX_ROOMS, Rooms
from twisted_auction.house.runner import Watch
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import LedgerError
from twisted_auction.rules import commands, events
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.formats import Bidding, Format, Open, Rule, Sealed, register_format
from twisted_auction.rules.refusals import BidTooHigh, BidTooLow, InvalidBid, OrderRefused, Refusal
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.server.console import assignment_console
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.desk import DeskOffice
from twisted_auction.server.endpoints import (
    CannotStart,
    control_description,
    endpoint_description,
    metrics_description,
)
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits, affordable_connections
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.notify_settings import NotifySettings
from twisted_auction.server.passes import Passes
from twisted_auction.server.people_file import PeopleFile
from twisted_auction.server.service import AuctionService, stop_reactor
from twisted_auction.twisted_internals import count_monotonically
from twisted_auction.web.settings import SiteSettings, missing_extra, missing_metrics
from twisted_auction.web.settings import greetings as page_greetings
from twisted_auction.wire import messages

__all__ = [
    "AuctionClient",
    "AuctionFactory",
    "AuctionRequest",
    "AuctionService",
    "Auctioneer",
    "BidRobot",
    "BidTooHigh",
    "BidTooLow",
    "Bidding",
    "CannotStart",
    "ConnectionLimits",
    "Doors",
    "Ending",
    "Format",
    "InvalidBid",
    "Ledger",
    "LedgerError",
    "Limits",
    "LobbyFactory",
    "Lot",
    "MaximumRobot",
    "NotifySettings",
    "Open",
    "OrderRefused",
    "People",
    "PeopleError",
    "Person",
    "Question",
    "Refusal",
    "Rooms",
    "Rule",
    "Sealed",
    "SiteSettings",
    "Terms",
    "Watch",
    "assignment_console",
    "commands",
    "count_monotonically",
    "events",
    "house",
    "join",
    "load_formats",
    "messages",
    "parse_catalogue",
    "register_format",
]

_log = Logger(namespace="auction")


def _log_info(line: str) -> None:
    _log.info("{line}", line=line)


def _log_warning(line: str) -> None:
    _log.warn("{line}", line=line)


def house(
    reactor: Any,
    ports: Iterable[int | str],
    *,
    ledger: str | Path | None = None,
    lobby: int | str | None = None,
    control: str | None = None,
    terms: Terms = STANDARD_TERMS,
    limits: Limits | None = None,
    watch: Callable[[str], Watch] = unwatched,
    room: str = MAIN,
    catalogue: Sequence[Lot | AuctionRequest] | None = None,
    doors: Doors | None = None,
    together: bool = False,
    zone: tzinfo | None = None,
    max_rooms: int = MAX_ROOMS,
    max_seats_per_peer: int = MAX_SEATS_PER_PEER,
    accept_unterminated: bool = False,
    check_ledger: bool = False,
    people: People | str | Path | None = None,
    checker: ICredentialsChecker | None = None,
    public_view: bool = False,
    show_names: bool = False,
    web: int | str | None = None,
    site: SiteSettings | None = None,
    metrics: int | str | None = None,
    notify: NotifySettings | None = None,
    announce: Callable[[str], object] = _log_info,
    warn: Callable[[str], object] = _log_warning,
    failed: Callable[[str], object] | None = None,
) -> AuctionService:
    """Build the service of a house: its rooms, its ports, its lobby and its ledger.

    Nothing is opened before the service starts. The service can be a part of an application
    (``setServiceParent``) or stand alone (``startService``, ``stopService``), and can be started
    again after it was stopped. A process may have several houses, each with a ledger of its own.

    Call :func:`count_monotonically` before, if the program owns the reactor; otherwise a change of
    the time of day moves the ends of auctions.

    :param reactor: the reactor that the program runs.
    :param ports: where clients take part in the auctions of ``room``. Each port is a number, for
        TCP on every IPv4 interface, or an endpoint string, such as
        ``tcp:4000:interface=127.0.0.1``.
    :param ledger: the SQLite file that records everything; with None, nothing is kept. The service
        makes the file if it does not exist, for its owner alone. A relative path is resolved when
        the service starts.
    :param lobby: one more port, where clients choose a room, and come back after a lost connection.
    :param control: the endpoint string for the operator's orders, such as ``unix:auction.control``.
    :param terms: the limits and times of all auctions.
    :param limits: the limits for all connections together; the usual ones if None.
    :param watch: is called with the name of each new room and returns a function, which is called
        with the :mod:`~twisted_auction.rules.events` of the room.
    :param room: the name of the room that ``ports`` lead to.
    :param catalogue: the lots of a sale in that room, as from :func:`parse_catalogue`. With None,
        each auction begins with a Seller's request.
    :param doors: when the sale begins. With None, its first Buyers begin it, or it begins at once
        if its first lot is timed.
    :param together: True if all lots of the sale are up together, each in a room of its own. Ports
        then lead to the first of them, so a client comes by ``lobby`` or ``web``.
    :param zone: the time zone for the ends of timed auctions; None for that of the system.
    :param max_rooms: the largest number of rooms.
    :param max_seats_per_peer: the largest number of seats in one auction from one address; 0 is any
        number.
    :param accept_unterminated: True if bytes count as a line after a moment of silence, for clients
        that send no line ends.
    :param check_ledger: True if the whole ledger is verified at the start, not only the auctions
        that have not ended.
    :param people: the persons who may take part, each by its pass code: the path of a list, read
        whenever the service starts, or a list that the program has made, and replaces with
        ``service.rooms.replace_people``. With None, every client may take part.
    :param checker: a second checker of :mod:`twisted.cred`, for persons who say a user's name and a
        password. Its avatar id is a paddle or a name of the list.
    :param public_view: True if clients may watch without a pass code.
    :param show_names: True to tell all clients the names of Buyers, and not only their paddles.
    :param web: one more port, where browsers find the page; needs the extra ``web``.
    :param site: the settings of the page.
    :param metrics: one more port, with figures for Prometheus at ``/metrics``: an endpoint string,
        or a number for this machine alone. It needs the extras ``web`` and ``metrics``.
    :param notify: the receiver of news for persons who are away. It needs a list of people and a
        ledger.
    :param announce: receives each line about the start of the service, once the reactor runs. The
        default logs it.
    :param warn: receives each warning about the ledger, as one line. The default logs it.
    :param failed: receives the reason, as one line, if the ledger cannot be written. From then on
        no client is told anything, because nothing is recorded. The default logs the reason and
        stops the reactor.
    :raises ValueError: if an argument is impossible; the text says why.
    :raises TypeError: if ``ports`` is a single port.
    """
    if isinstance(ports, int | str):
        raise TypeError(f"ports must be a sequence, such as [{ports!r}], not {ports!r}")
    if ledger is not None and str(Path(ledger)) == ".":
        raise ValueError(f"ledger must be the path of a file, or None, not {str(ledger)!r}")
    for option, missing in ((web, missing_extra()), (metrics, missing_metrics())):
        if option is not None and missing:
            raise ValueError(missing)
    if people is None and (checker is not None or public_view or show_names):
        raise ValueError("checker, public_view and show_names need a list of people")
    if notify is not None and (people is None or ledger is None):
        raise ValueError("notify needs a list of people and a ledger")
    affordable = affordable_connections()
    if limits is not None and 0 < affordable < limits.max_connections:
        raise ValueError(
            f"max_connections must be at most {affordable}, because of the limit of open files "
            f"(ulimit -n), not {limits.max_connections}"
        )
    described = [endpoint_description(str(port), reactor) for port in ports]

    def log_and_stop(reason: str) -> None:
        _log.critical("{reason}", reason=reason)
        reactor.callWhenRunning(stop_reactor, reactor)

    figures = None
    if metrics is not None:
        from twisted_auction.web.metrics import Metrics  # not above, as for the page

        figures = Metrics()
    journal = None
    if ledger is not None:
        storage = ledger if figures is None else figures.time_commits(Path(ledger))
        journal = Ledger(storage, reactor, failed or log_and_stop, notify=warn)
    notifications = None
    if notify is not None and journal is not None:
        from twisted_auction.server.notifier import make_notifier  # it imports Twisted's web client

        notifications = Notifications(reactor, journal, make_notifier(reactor, notify))
    rooms = Rooms(
        reactor,
        terms,
        watch=watch,
        main=room,
        catalogue=catalogue,
        doors=doors,
        together=together,
        calendar=HouseCalendar(reactor, zone),
        max_rooms=max_rooms,
        ledger=journal,
        max_seats_per_peer=max_seats_per_peer,
        check_ledger=check_ledger,
        people=People() if isinstance(people, str | Path) else people,
        notifications=notifications,
    )
    passes = None if people is None else Passes(rooms, checker, public_view, show_names)
    people_file = PeopleFile(Path(people), rooms) if isinstance(people, str | Path) else None
    connections = ConnectionLimits(reactor, limits)
    office = None if passes is None else DeskOffice(rooms, connections, people_file)
    factory = AuctionFactory(rooms.main, accept_unterminated, connections, passes=passes)
    served: list[tuple[str, IProtocolFactory]] = [(port, factory) for port in described]
    if lobby is not None:
        port = endpoint_description(str(lobby), reactor)
        served.append((port, LobbyFactory(rooms, connections, passes=passes, office=office)))
    greetings: list[str] = []
    if web is not None:
        port = endpoint_description(str(web), reactor)
        settings = site or SiteSettings()
        listed = Path(people) if isinstance(people, str | Path) else None
        served.append((port, _site(rooms, connections, passes, office, settings, listed)))
        lots = [each for each in catalogue or () if isinstance(each, Lot)]
        pictures = [lot.picture for lot in lots if lot.picture is not None]
        greetings += page_greetings(port, settings, passes is not None, pictures)
    if figures is not None:
        from twisted_auction.web.site import MetricsSite

        figures.watch(rooms, connections)
        served.append(
            (metrics_description(str(metrics), reactor), MetricsSite(figures, connections))
        )
    if notify is not None:
        greetings += notify.greetings
    if control is not None:
        orders = ControlFactory(rooms, connections, people_file)
        served.append((control_description(control, reactor), orders))
    # Once the reactor runs, signals have their handlers: a program that reads the announcement may
    # stop the server by SIGTERM.
    return AuctionService(
        served,
        reactor,
        lambda line: reactor.callWhenRunning(announce, line),
        connections,
        rooms,
        people_file,
        greetings,
        notifications,
    )


def _site(
    rooms: Rooms,
    connections: ConnectionLimits,
    passes: Passes | None,
    office: DeskOffice | None,
    settings: SiteSettings,
    people: Path | None,
) -> IProtocolFactory:
    """The site of the page.

    :param people: the file of the list of people; None if there is no file.
    """
    # Not above: these need the extra, and a server without a page starts sooner without them.
    from twisted_auction.web.cookies import code_of
    from twisted_auction.web.settlement import Settlement
    from twisted_auction.web.site import AuctionSite
    from twisted_auction.web.socket import LiveResource
    from twisted_auction.web.sockets import Sockets

    live = LiveResource(Sockets(rooms, connections, passes, office), code_of)
    bills = Settlement(rooms, connections, passes, people)
    site: IProtocolFactory = AuctionSite(rooms, connections, passes, live, settings, bills)
    return site
