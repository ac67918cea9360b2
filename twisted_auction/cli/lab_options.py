"""The common parts of the ``auction lab`` commands."""

import importlib.util
from pathlib import Path

from twisted.python import usage

from twisted_auction.cli.base import Command
from twisted_auction.cli.progress import rough_duration
from twisted_auction.lab.bidders import Valuations, parse_valuations
from twisted_auction.lab.engine import request_for
from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest

MAX_UNCONFIRMED_SECONDS = 600
"""Estimated seconds of the longest run without --yes."""


LOWEST_PRICE_OPTION = ["lowest-price", "l", "1", "The Seller's lowest price, in whole dollars."]


PLOT_OPTION = [
    "plot",
    None,
    None,
    "Draw a picture into this file; its name ends with .svg or .png.",
]


YES_FLAG = ["yes", "y", "Do it, however long it takes."]


def whole_number(text: str, what: str, least: int = 1, most: int = MAX_AMOUNT) -> int:
    """Parse a whole number, such as an amount in dollars.

    :raises UsageError: if it is not a whole number, or out of range.
    """
    try:
        value = 0 if text == "0" else parse_amount(text.encode())
    except ValueError:
        value = -1
    if not least <= value <= most:
        raise usage.UsageError(
            f"{what} must be a whole number from {least} to {most:,}, not {text!r}"
        )
    return value


def request_from(
    type_of_auction: str, lowest_price: int, buyers: int, highest: int
) -> AuctionRequest:
    """Make an auction request from the options.

    The arguments are those of :func:`~twisted_auction.lab.engine.request_for`.

    :raises UsageError: if there is no such auction.
    """
    try:
        return request_for(type_of_auction, lowest_price, buyers, highest)
    except InvalidRequest as refusal:
        reason = refusal.reason or "that is no type of auction"
        raise usage.UsageError(f"{type_of_auction}: {reason}") from None


def picture_path(name: str | None) -> Path | None:
    """The path of the picture, or None without --plot.

    :raises UsageError: if no picture can be drawn; the text says what to do.
    """
    if name is None:
        return None
    path = Path(name)
    if path.suffix.lower() not in (".svg", ".png"):
        raise usage.UsageError(f"--plot draws files that end with .svg or .png, not {name!r}")
    if not path.parent.is_dir():
        raise usage.UsageError(f"--plot: there is no folder {str(path.parent)!r}")
    if importlib.util.find_spec("matplotlib") is None:
        raise usage.UsageError("--plot needs: pip install 'twisted-auction[lab]'")
    return path


def valuations_option(text: str) -> Valuations:
    """The value of --valuations.

    :raises UsageError: if it is wrong.
    """
    try:
        return parse_valuations(text, lambda name: Path(name).read_bytes())
    except ValueError as error:
        raise usage.UsageError(f"--valuations: {error}") from None
    except OSError as error:
        raise usage.UsageError(
            f"--valuations: cannot read {error.filename}: {error.strerror}"
        ) from None


def require_confirmation(command: Command, seconds: float, what: str) -> None:
    """Refuse a long run without the user's confirmation.

    :param seconds: the estimated duration.
    :param what: the run, for the message.
    :raises UsageError: if the run is longer than :data:`MAX_UNCONFIRMED_SECONDS`, without --yes.
    """
    if seconds > MAX_UNCONFIRMED_SECONDS and not command["yes"]:
        raise usage.UsageError(
            f"{what} would take about {rough_duration(seconds)}; add --yes to do it"
        )


def money(dollars: int) -> str:
    """Format an amount in whole dollars, which may be negative."""
    return f"-${-dollars}" if dollars < 0 else f"${dollars}"
