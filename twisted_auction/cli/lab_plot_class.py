"""``auction lab plot-class``: the bids of a class against its valuations."""

from pathlib import Path
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Complaint, Report, refuse_options
from twisted_auction.cli.files import output_file
from twisted_auction.cli.lab_options import picture_path, valuations_option, whole_number
from twisted_auction.lab.bidders import Listed, Valuations
from twisted_auction.lab.classroom import ClassBook, read_export, share
from twisted_auction.rules.tables import TableError
from twisted_auction.text import counted, print_table, printable


class PlotClass(Report):
    """Draws the bids of a class against its valuations."""

    synopsis = "[options] EXPORT"
    example = "--valuations uniform:100 class.csv"
    longdesc = (
        "EXPORT is the output of auction ledger export --people. Draws each person's last bid on "
        "each item against its valuation of the item, a panel for each format, with the bids of "
        "the theory as a line; and prints the means. "
        f"{STATUSES}"
    )
    optParameters = [
        ["plot", None, "class.svg", "The file for the picture; its name ends with .svg or .png."],
        [
            "valuations",
            "v",
            None,
            "The source of the valuations: uniform:TOP, normal:MEAN:DEVIATION, or file:PATH. "
            "[default: those in the export]",
        ],
        [
            "buyers",
            "b",
            None,
            "Number of Buyers for each item. [default: the largest number with a bid on one item]",
        ],
    ]

    MAX_BUYERS = 1000

    def parseArgs(self, *files: str) -> None:
        """Read the name of the export."""
        refuse_options(files, "-")
        if len(files) != 1:
            raise usage.UsageError("name one export")
        (self["export"],) = files

    def postOptions(self) -> None:
        """Check the options."""
        self.path = picture_path(self["plot"])
        self.valuations = valuations_option(self["valuations"]) if self["valuations"] else None
        self.buyers = (
            whole_number(self["buyers"], "--buyers", most=self.MAX_BUYERS)
            if self["buyers"]
            else None
        )

    def report(self, reactor: Any) -> int:
        """Draw the picture, and print the means."""
        from twisted_auction.lab.plots import draw_class

        book = self._read()
        buyers = self.buyers or book.buyers
        valuations = self.valuations or Listed(book.valuations)
        if max(book.valuations) > valuations.highest:
            raise Complaint(
                f"the export has a valuation of ${max(book.valuations)}, above all of "
                f"{self['valuations']}."
            )
        assert self.path is not None
        theories = [each.theory(buyers, valuations) for each in book.rounds]
        with output_file(self.path) as file:
            draw_class(book.rounds, theories, buyers, file, self.path.suffix)
        self._print(book, buyers, valuations)
        return 0

    def _read(self) -> ClassBook:
        name = self["export"]
        try:
            return read_export(Path(name).read_bytes())
        except OSError as error:
            raise Complaint(f"cannot read {name}: {error.strerror}.") from None
        except TableError as error:
            raise Complaint(f"{name}: {error}.") from None

    def _print(self, book: ClassBook, buyers: int, valuations: Valuations) -> None:
        rows = [["format", "from", "items", "bids", "mean payment", "bid/valuation", "theory"]]
        for each in book.rounds:
            bids = each.shows_limits
            theory = each.theory(buyers, valuations)
            payments = each.payments
            rows.append(
                [
                    printable(each.format),
                    f"${each.lowest_price}",
                    str(each.items),
                    str(len(each.bids)),
                    f"${sum(payments) / len(payments):.2f}" if payments else "",
                    _percent(share(bids)),
                    "" if theory is None else _percent(share(bids, theory)),
                ]
            )
        print_table(rows, {*rows[0]} - {"format"})
        print(
            f"Theory: {counted(buyers, 'Buyer')} for each item. The winner of an English auction "
            "stops when the\nothers stop, so its last bid is left out of bid/valuation."
        )


def _percent(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.1f} %"
