"""Formats from other packages.

An installed package offers formats by entry points. The name of each is the number that Sellers
type::

    [project.entry-points."twisted_auction.formats"]
    5 = "all_pay:AllPay"

Every program of this package registers them at its start, so that the server, the ledger and the
laboratory know the same formats. A program that embeds a house calls :func:`load_formats` itself,
or :func:`~twisted_auction.rules.formats.register_format` for formats of its own.
"""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.formats import FORMATS, register_format

GROUP = "twisted_auction.formats"
"""The group of the entry points."""


class ExtensionError(ValueError):
    """An installed format is unusable; the text is one line with its name and the reason."""


def load_formats(found: Iterable[EntryPoint] | None = None) -> None:
    """Register all installed formats; skip the registered ones.

    :param found: the entry points; None for those of :data:`GROUP`.
    :raises ExtensionError: if a format cannot be used.
    """
    for point in entry_points(group=GROUP) if found is None else found:
        try:
            number = parse_amount(point.name.encode())
        except ValueError:
            raise ExtensionError(
                f"the format {point.value} is offered as {point.name!r}, which is no whole number "
                "from 1"
            ) from None
        try:
            kind = point.load()
            if FORMATS.get(number) is not kind:
                register_format(number, kind)
        except Exception as error:  # its import may raise anything
            problem = " ".join(str(error).split()) or type(error).__name__
            raise ExtensionError(
                f"the format {point.value}, number {number}, cannot be used: {problem}"
            ) from None
