"""The options of ``twistd auction`` for a sale of all lots together."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from twisted.python import usage

from twisted_auction.house.auctioneer import MAIN
from twisted_auction.house.doors import NotATime, parse_time
from twisted_auction.house.sale_rooms import lots_by_room
from twisted_auction.rules.catalogue import with_end
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import Lot

TOGETHER_FLAGS = [
    [
        "together",
        None,
        "With --catalogue: all lots are up together, each in a room of its own, until the end "
        "of each. Needs --lobby or --web.",
    ],
]

TOGETHER_OPTIONS = [
    [
        "ends",
        None,
        None,
        "With --together: the end of every lot that has no end of its own, such as "
        "2026-12-05T21:00, or 21:00 for today.",
    ],
]
"""The options with their defaults and their help, as :class:`twisted.python.usage.Options` has
them."""


def check_together(options: Mapping[str, Any]) -> None:
    """Check the other options of a sale of all lots together.

    :raises UsageError: if one contradicts it; the text names it.
    """
    if not options["together"]:
        if options["ends"] is not None:
            raise usage.UsageError("--ends needs --together: it is the end of all lots")
        return
    if options["catalogue"] is None:
        raise usage.UsageError("--together needs --catalogue, the lots of the sale")
    if options["ports"]:
        raise usage.UsageError(
            "--port leads to one room, and with --together there are many: use --lobby or --web"
        )
    if options["room"] != MAIN:
        raise usage.UsageError("--room has no meaning with --together: lots name their rooms")
    if options["lobby"] is None and options["web"] is None:
        raise usage.UsageError("--together needs --lobby or --web, for clients to choose a lot")


def lots_with_ends(options: Mapping[str, Any]) -> tuple[Lot, ...]:
    """The lots of a sale of all lots together, each with an end.

    :param options: with the lots, the time zone and the doors, as they were read.
    :raises UsageError: if there is none; the text says why.
    """
    lots, max_rooms = options["catalogue"], options["max-rooms"]
    if len(lots) > max_rooms:
        raise usage.UsageError(
            f"--together: {len(lots)} lots need as many rooms, and --max-rooms is {max_rooms}"
        )
    try:
        rooms = lots_by_room(lots)
    except ValueError as error:
        raise usage.UsageError(f"--together: {error}") from None
    end = None if options["ends"] is None else _read_end(options)
    return tuple(_ended(lot, end) for (lot,) in rooms.values())


def _ended(lot: Lot, end: datetime | None) -> Lot:
    if lot.request.end is None and end is None:
        raise usage.UsageError(
            f"--together: lot {lot.label} has no end: give it one, such as "
            "english:end=2026-12-05T21:00, or all of them one by --ends"
        )
    try:
        return lot if end is None else with_end(lot, end)
    except InvalidRequest as refusal:
        raise usage.UsageError(
            f"--ends: lot {lot.label} cannot have this end: {refusal.reason.removesuffix('.')}"
        ) from None


def _read_end(options: Mapping[str, Any]) -> datetime:
    """Read ``--ends``: a time of day without a time zone, as a request has it.

    :raises UsageError: if it is none, or too early.
    """
    text, doors, ledger = options["ends"], options["doors"], options["ledger"]
    now = datetime.now(UTC)
    try:
        end = parse_time(text, options["zone"], now)
    except NotATime as error:
        raise usage.UsageError(f"--ends must be {error}, not {text!r}") from None
    except ValueError as error:
        raise usage.UsageError(f"--ends: {error}") from None
    # A server with a ledger may have held the sale until its end, and be started again.
    if (ledger is None or not ledger.exists()) and end <= now:
        raise usage.UsageError(f"--ends: {text} is past")
    if doors is not None and isinstance(doors.starts, datetime) and end <= doors.starts:
        raise usage.UsageError("--ends must be later than --starts")
    return end.replace(tzinfo=None)
