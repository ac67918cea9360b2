"""The service of ``twistd auction``."""

import atexit
import os
import signal
from functools import partial
from typing import Any

from twisted.application.service import IService, MultiService
from twisted.internet.error import ReactorNotRunning
from twisted.logger import ILogObserver, Logger, textFileLogObserver

from twisted_auction.cli.limit_options import LIMITS
from twisted_auction.cli.server_options import Options
from twisted_auction.embed import house
from twisted_auction.house.news import unwatched
from twisted_auction.house.runner import Watch
from twisted_auction.rules.terms import Terms
from twisted_auction.server.console import log_events
from twisted_auction.server.endpoints import CannotStart
from twisted_auction.server.limits import Limits
from twisted_auction.server.operator_log import OperatorLog, open_log, rotate_on_signal
from twisted_auction.server.service import AuctionService, stop_reactor
from twisted_auction.twisted_internals import (
    call_on_signals,
    count_monotonically,
    ignore_reserved_descriptor,
)

__all__ = ["Options", "makeService"]  # where a twistd plugin looks for them


def _logged(room: str) -> Watch:
    """Make a function that logs the events of a room."""
    return log_events(Logger(namespace=f"auction.{room}"))


class _WithLog(MultiService):
    """The service of a house under ``twistd``, which logs to the operator's file.

    :param operator_log: the open file.
    """

    def __init__(self, house: IService, operator_log: OperatorLog) -> None:
        super().__init__()
        self.addService(house)
        self._operator_log: Any = operator_log

    def setServiceParent(self, parent: Any) -> None:
        """Become part of an application, and let it log to the file."""
        super().setServiceParent(parent)
        parent.setComponent(ILogObserver, textFileLogObserver(self._operator_log))


def makeService(options: Options) -> MultiService:
    """Build the service of ``twistd auction``.

    :raises CannotStart: if the log file cannot be opened.
    """
    from twisted.internet import reactor

    # From here on, files are made for the server's user alone: the ledger, and also the log and
    # pidfile of twistd. Unix sockets have modes of their own.
    os.umask(0o077)
    count_monotonically(reactor)
    ignore_reserved_descriptor()
    twistd: Any = options.parent
    is_daemon = twistd is not None and not twistd.get("nodaemon", True)  # twist has no daemons
    if not is_daemon:
        call_on_signals(reactor, partial(stop_reactor, reactor), "SIGHUP")
    terms = Terms(
        request_timeout=options["request-timeout"],
        gathering_timeout=options["gathering-timeout"],
        bid_timeout=options["bid-timeout"],
        max_bidders=options["max-bidders"],
        max_bid=options["max-bid"],
        lot_time=options["lot-time"],
        lot_pause=options["lot-pause"],
        after_sale=options["after-sale"],
        resume_grace=options["resume-grace"],
        settle=options["settle"],
        raise_rate=options["raise-rate"],
        tell_seller_bids=bool(options["tell-seller-bids"]),
    )
    log = Logger(namespace="auction")

    def fail(reason: str) -> None:
        """Stop without another message to any client: an event that is not recorded never took
        place."""
        log.critical("{reason}", reason=reason)
        # twistd itself always ends with status 0. This runs last, after twistd has cleaned up.
        atexit.register(os._exit, 1)
        reactor.callWhenRunning(stop)

    def stop() -> None:
        try:
            reactor.stop()
        except ReactorNotRunning:  # it is stopping already, for SIGTERM, with status 0
            os._exit(1)

    service = house(
        reactor,
        options["ports"],
        ledger=options["ledger"],
        lobby=options["lobby"],
        control=options["control"],
        terms=terms,
        limits=Limits(**{name.replace("-", "_"): options[name] for name in LIMITS}),
        watch=_logged if options["log-events"] else unwatched,
        room=options["room"],
        catalogue=options["catalogue"],
        doors=options["doors"],
        zone=options["zone"],
        together=bool(options["together"]),
        max_rooms=options["max-rooms"],
        max_seats_per_peer=options["max-seats-per-peer"],
        accept_unterminated=bool(options["accept-unterminated"]),
        check_ledger=bool(options["check-ledger"]),
        people=options["people"],
        checker=options["credCheckers"][0] if "credCheckers" in options else None,
        public_view=bool(options["public-view"]),
        show_names=bool(options["show-names"]),
        web=options["web"],
        site=options["site"],
        metrics=options["metrics"],
        notify=options["notify"],
        failed=fail,
    )
    if is_daemon:  # it has no terminal; operators often send SIGHUP to reload a program
        reactor.callWhenRunning(signal.signal, signal.SIGHUP, _on_hangup(service, reactor))
    if twistd is not None and "pidfile" in twistd:  # twist has no such option
        operator_log = _operator_log(twistd, reactor)
        if operator_log is not None:
            return _WithLog(service, operator_log)
    return service


def _on_hangup(service: AuctionService, reactor: Any) -> Any:
    """The handler of SIGHUP in a daemon: it reads the list of people again, if there is one."""
    people_file = service.people_file
    if people_file is None:
        return signal.SIG_IGN
    return lambda *_: reactor.callFromThread(people_file.read_and_log)


def _operator_log(twistd: Any, reactor: Any) -> OperatorLog | None:
    """Open the log file, and log a warning if this server cannot rotate it.

    :return: None if ``twistd`` logs to no file, or in a way of the operator's own.
    :raises CannotStart: if the file cannot be opened.
    """
    try:
        operator_log = open_log(twistd)
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

    reactor.callWhenRunning(check)  # by then, twistd has changed to the user of --uid
    return operator_log
