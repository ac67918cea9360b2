"""The options of ``twistd auction`` for a sale of many lots."""

from datetime import UTC, datetime, tzinfo
from pathlib import Path

from twisted.python import usage

from twisted_auction.house.doors import Doors, NotATime, TimeIsPast, parse_zone
from twisted_auction.house.people import People
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.request import Lot

SALE_OPTIONS = [
    [
        "catalogue",
        None,
        None,
        "A file of auction requests, one a line, or a table (CSV): hold a sale of these lots, "
        "in which everyone who comes is a Buyer.",
    ],
    [
        "starts",
        None,
        None,
        "With --catalogue: now, order (auction control start), or a time, such as "
        "2026-12-05T19:00, or 19:00 for today. The sale then waits for no Buyers.",
    ],
    [
        "timezone",
        None,
        None,
        "The time zone of --starts, and of the ends of timed auctions, such as Europe/Berlin.",
    ],
    [
        "after-sale",
        None,
        600,
        "With --starts: seconds for which the sale stays open after its last lot.",
    ],
]
"""The options with their defaults and their help, as :class:`twisted.python.usage.Options` has
them."""


def read_catalogue(
    file: str,
    max_bidders: int,
    max_bid: int,
    min_bidders: int,
    people: People | None,
    ledger: Path | None,
    end: datetime | None,
) -> tuple[Lot, ...]:
    """Read the file of ``--catalogue``.

    :param max_bidders: as for :func:`~twisted_auction.rules.grammar.parse_request`, and so are
        ``max_bid`` and ``min_bidders``.
    :param people: the list of people, which has the sellers of lots; None without one.
    :param ledger: if it exists, a server may have begun the sale, and a seller may have been taken
        off the list since. The start then warns the operator.
    :param end: as for :func:`~twisted_auction.rules.catalogue.parse_catalogue`.
    :raises UsageError: if there is no such file, or it is no catalogue.
    """
    is_new = ledger is None or not ledger.exists()
    sellers = people.persons if people is not None and is_new else None
    try:
        text = Path(file).read_bytes()
        lots = parse_catalogue(text, max_bidders, max_bid, min_bidders, sellers, end)
    except OSError as error:
        problem = f"{error.strerror}."
    except ValueError as error:
        problem = str(error)
    else:
        for number, lot in enumerate(lots, 1):
            if lot.seller is not None and people is None:
                raise usage.UsageError(
                    f"--catalogue: lot {lot.label or number} has a seller by paddle: this needs "
                    "--people, the list of the people"
                )
        return lots
    raise usage.UsageError(f"--catalogue: {file}: {problem}")


def read_zone(timezone: str | None) -> tzinfo | None:
    """Read ``--timezone``.

    :raises UsageError: if there is no such time zone.
    """
    try:
        return None if timezone is None else parse_zone(timezone)
    except ValueError as error:
        raise usage.UsageError(f"--timezone: {error}") from None


def read_doors(
    starts: str | None, zone: tzinfo | None, has_catalogue: bool, ledger: Path | None
) -> Doors | None:
    """Read the doors of a sale from ``--starts``.

    :param zone: the time zone of ``--timezone``.
    :raises UsageError: if the text is wrong.
    """
    if starts is None:
        return None
    if not has_catalogue:
        raise usage.UsageError("--starts needs --catalogue: only a sale begins at a time")
    now = datetime.now(UTC)
    try:
        doors = Doors.parse(starts, zone, now)
        # A server with a ledger may have begun the sale in time, and be started again.
        if ledger is None or not ledger.exists():
            doors.check(now)
    except NotATime as error:
        raise usage.UsageError(f"--starts must be {error}, not {starts!r}") from None
    except (ValueError, TimeIsPast) as error:
        raise usage.UsageError(f"--starts: {error}") from None
    return doors
