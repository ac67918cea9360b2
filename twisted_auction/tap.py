"""``twistd auction``: the service that its options describe."""

import atexit
import os
import signal
from typing import Any

from twisted.internet.error import ReactorNotRunning
from twisted.internet.interfaces import IProtocolFactory
from twisted.logger import ILogObserver, Logger, textFileLogObserver

from twisted_auction.cli.server_options import LIMITS, Options
from twisted_auction.house.rooms import Rooms, Watch, unwatched
from twisted_auction.ledger.journal import Ledger
from twisted_auction.rules.terms import Terms
from twisted_auction.server.console import journal
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.endpoints import CannotStart
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.operator_log import OperatorLog, opened_for, rotate_on_signal
from twisted_auction.server.service import AuctionService
from twisted_auction.twisted_internals import (
    count_monotonically,
    ignore_reserved_descriptor,
    stop_on_signals,
)

__all__ = ["Options", "makeService"]  # where a twistd plugin looks for them


def _logged(room: str) -> Watch:
    """What logs the events of a room."""
    return journal(Logger(namespace=f"auction.{room}"))


class _Deployed(AuctionService):
    """The service that ``twistd`` runs, which has a log of its own.

    :ivar operator_log: the file; None where ``twistd`` logs in its own way.
    """

    operator_log: OperatorLog | None = None

    def setServiceParent(self, parent: Any) -> None:
        """Become part of an application, and let it log to the file."""
        super().setServiceParent(parent)
        if self.operator_log is not None:
            file: Any = self.operator_log
            parent.setComponent(ILogObserver, textFileLogObserver(file))


def makeService(options: Options) -> AuctionService:
    """Build the service that ``twistd auction`` runs."""
    from twisted.internet import reactor

    # What follows creates files for the server's user alone: twistd's log and its pidfile, the
    # ledger and its companions. twistd opens its log after this; sockets have modes of their own.
    os.umask(0o077)
    count_monotonically(reactor)
    ignore_reserved_descriptor()
    twistd: Any = options.parent
    if twistd is None or twistd.get("nodaemon", True):  # twist has no daemons
        stop_on_signals(reactor, "SIGHUP")
    else:  # a daemon has no terminal, and an operator may take SIGHUP for an order to reload
        reactor.callWhenRunning(signal.signal, signal.SIGHUP, signal.SIG_IGN)
    terms = Terms(
        request_timeout=options["request-timeout"],
        gathering_timeout=options["gathering-timeout"],
        bid_timeout=options["bid-timeout"],
        max_bidders=options["max-bidders"],
        max_bid=options["max-bid"],
        lot_time=options["lot-time"],
        lot_pause=options["lot-pause"],
        resume_grace=options["resume-grace"],
        settle=options["settle"],
        raise_rate=options["raise-rate"],
        tell_seller_bids=bool(options["tell-seller-bids"]),
    )
    log = Logger(namespace="auction")

    def fail(reason: str) -> None:
        """Stop without another word to any client: what has not been recorded has not happened."""
        log.critical("{reason}", reason=reason)
        # The last thing that happens, after twistd has tidied up: it has no other way to say so.
        atexit.register(os._exit, 1)
        reactor.callWhenRunning(stop)

    def stop() -> None:
        try:
            reactor.stop()
        except ReactorNotRunning:  # it is stopping already, for SIGTERM, and would say it is well
            os._exit(1)

    def warn(line: str) -> None:
        log.warn("{line}", line=line)

    ledger = None
    if options["ledger"] is not None:
        ledger = Ledger(options["ledger"], reactor, fail, notify=warn)
    rooms = Rooms(
        reactor,
        terms,
        watch=_logged if options["log-events"] else unwatched,
        main=options["room"],
        catalogue=options["catalogue"],
        max_rooms=options["max-rooms"],
        ledger=ledger,
        max_seats_per_peer=options["max-seats-per-peer"],
        check_ledger=bool(options["check-ledger"]),
    )
    connections = ConnectionLimits(
        reactor, Limits(**{name.replace("-", "_"): options[name] for name in LIMITS})
    )
    factory = AuctionFactory(rooms.main, bool(options["accept-unterminated"]), connections)
    ports: list[tuple[str, IProtocolFactory]] = [(port, factory) for port in options["ports"]]
    if options["lobby"] is not None:
        ports.append((options["lobby"], LobbyFactory(rooms, connections)))
    if options["control"] is not None:
        ports.append((options["control"], ControlFactory(rooms)))
    # Announced once the reactor runs, and with it the handlers of signals: a program that reads
    # this may stop the server in good order.
    service = _Deployed(
        ports, reactor, lambda line: reactor.callWhenRunning(log.info, line), connections, rooms
    )
    if twistd is not None and "pidfile" in twistd:  # it is twistd, not twist
        service.operator_log = _operator_log(twistd, reactor)
    return service


def _operator_log(twistd: Any, reactor: Any) -> OperatorLog | None:
    """Open the log, and say where it cannot be rotated.

    :raises CannotStart: where it cannot be opened.
    """
    try:
        operator_log = opened_for(twistd)
    except OSError as error:
        raise CannotStart(f"the log {error.filename} cannot be opened: {error.strerror}.") from None
    if operator_log is None:
        return None
    rotate_on_signal(operator_log, reactor)

    def check() -> None:
        if not operator_log.can_rotate:
            Logger(namespace="auction").warn(
                "This log is not rotated, because the server may not write to {folder}.",
                folder=operator_log.directory,
            )

    reactor.callWhenRunning(check)  # by then, twistd has become another user
    return operator_log
