"""The options of ``twistd auction`` for a sale of all lots together."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from twisted.python import usage

from twisted_auction.house.auctioneer import MAIN
from twisted_auction.house.doors import NotATime, parse_time
from twisted_auction.house.sale_rooms import lots_by_room
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


def check_lots_together(lots: Sequence[Lot], max_rooms: int) -> tuple[Lot, ...]:
    """Check the lots of a sale of all lots together: each has an end, and a room of its own.

    :return: the lots, each with its own number.
    :raises UsageError: if one has not; the text says why.
    """
    if len(lots) > max_rooms:
        raise usage.UsageError(
            f"--together: {len(lots)} lots need as many rooms, and --max-rooms is {max_rooms}"
        )
    try:
        rooms = lots_by_room(lots)
    except ValueError as error:
        raise usage.UsageError(f"--together: {error}") from None
    numbered = tuple(lot for (lot,) in rooms.values())
    for lot in numbered:
        if lot.request.end is None:
            raise usage.UsageError(
                f"--together: lot {lot.label} has no end: give it one, such as "
                "english:end=2026-12-05T21:00, or all of them one by --ends"
            )
    return numbered


def read_end(options: Mapping[str, Any]) -> datetime | None:
    """Read ``--ends``: a time of day without a time zone, as a request has it.

    :param options: with the time zone and the doors, as they were read.
    :return: None without this option.
    :raises UsageError: if it is no time, or too early.
    """
    text, doors, ledger = options["ends"], options["doors"], options["ledger"]
    if text is None:
        return None
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
