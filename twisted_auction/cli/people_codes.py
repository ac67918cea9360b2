"""``auction people add`` and ``renew``: new pass codes, and a sheet to hand them out."""

from collections.abc import Sequence, Sized
from pathlib import Path

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Complaint
from twisted_auction.cli.people_options import (
    AFTERWARDS,
    LIST_HELP,
    PeopleReport,
    parse_paddles,
    people,
    required_paddles,
)
from twisted_auction.cli.people_sheet import Card, Sheet
from twisted_auction.house.people import COLUMNS, parse_person
from twisted_auction.house.people_table import PeopleTable
from twisted_auction.text import counted

PADDLES = "Paddles, such as 1-40 or 3,17,20-25"

SHEET_HELP = (
    "The codes are shown nowhere but in the sheet, and the list has only their hashes. No old "
    "sheet is replaced. "
)


class _CodesReport(PeopleReport):
    """A command that makes pass codes."""

    optParameters = [
        [
            "sheet",
            "s",
            None,
            "The file for the new codes: .html (cards to print and cut out), .txt, or .csv.",
        ],
        [
            "address",
            "a",
            None,
            "The server's address for the cards, such as 'example.org 12346'. A URL is made a link "
            "with the code, URL/join/CODE, for a page that takes it.",
        ],
        ["title", "t", None, "A title for the cards, such as the name of the sale."],
    ]

    def postOptions(self) -> None:
        """Check the options of the sheet."""
        if self["sheet"] is None:
            raise usage.UsageError("name a file for the codes, such as --sheet cards.html")
        try:
            self.sheet = Sheet(Path(self["sheet"]), self["address"] or "", self["title"] or "")
        except ValueError as error:
            raise usage.UsageError(str(error)) from None
        if self.sheet.path.resolve() == self.path.resolve():
            raise usage.UsageError("the sheet must be another file than the list")

    def open(self, may_be_new: bool = False) -> PeopleTable:
        """Read the list.

        :param may_be_new: True if there need not be a file.
        :raises Complaint: if nothing could be written afterwards.
        :raises PeopleError: if the list cannot be read, or is no table.
        """
        self.sheet.check_absent()
        return PeopleTable(self.path, may_be_new=may_be_new)

    def hand_out(self, file: PeopleTable, paddles: Sequence[int]) -> None:
        """Give new codes to these persons: on the sheet, and hashed in the list.

        The sheet is written first. If the process is killed between the two files, the codes of the
        list are those handed out before, and the sheet is waste paper. In the other order they
        would be codes that nothing shows.

        :raises Complaint: if a file cannot be written; then the list is as before, and there is no
            sheet.
        """
        persons = file.persons
        codes = file.give_codes(paddles)
        self.sheet.write([Card(persons[paddle], code) for paddle, code in codes.items()], file)
        try:
            file.save()
        except BaseException:  # also Ctrl-C
            self.sheet.path.unlink(missing_ok=True)
            raise
        if file.is_public():
            self.complain(
                f"every user of this machine can read {file.path}: chmod o-r changes that"
            )
        if self.sheet.lacks_qr_codes:
            self.complain("the cards have no QR codes: pip install 'twisted-auction[people]'")

    def report_codes(self, paddles: Sized) -> None:
        """Tell where the new codes are."""
        codes = counted(len(paddles), "new pass code")
        print(f"Wrote {codes} into {self.sheet.path}. Hand them out, and delete the file.")
        print(AFTERWARDS)


class Add(_CodesReport):
    """Adds people to a list, with pass codes."""

    example = "people.csv --paddles 1-40 --sheet cards.html --address 'example.org 12346'"
    longdesc = (
        "Adds the paddles that are not in the list yet, and gives a pass code to each of --paddles "
        "(without it, to each person in the list) that has none. Names and limits are for a "
        f"spreadsheet, before or afterwards. {LIST_HELP} If there is no such file, it is made. "
        f"{SHEET_HELP}{STATUSES}"
    )
    optParameters = [
        ["paddles", "p", None, f"{PADDLES}."],
        ["name", None, None, "The name of one new person."],
        ["role", None, None, "The role of new people: bidder, seller, auctioneer or watcher."],
        ["room", "r", None, "The only room for new people."],
        ["limit", None, None, "The limit of each new person, in whole dollars."],
        ["lots", "l", None, "How many lots each new person may win."],
    ]

    def postOptions(self) -> None:
        """Check the options."""
        super().postOptions()
        self.paddles = parse_paddles(self["paddles"])
        self.cells = {name: self[name].strip() for name in COLUMNS if self.get(name) is not None}
        if self.cells and self.paddles is None:
            raise usage.UsageError(
                f"--{next(iter(self.cells))} is for new people; name their --paddles"
            )
        if self["name"] is not None and len(self.paddles or ()) > 1:
            raise usage.UsageError("--name is for one paddle")
        try:
            parse_person({**dict.fromkeys(COLUMNS, ""), "paddle": "1", **self.cells})
        except ValueError as error:
            raise usage.UsageError(f"--{error}") from None

    def carry_out(self) -> int:
        """Add the people, and write the sheet and the list."""
        file = self.open(may_be_new=self.paddles is not None)
        known = file.persons
        new = [paddle for paddle in self.paddles or () if paddle not in known]
        if self.cells and len(new) < len(self.paddles or ()):
            raise Complaint(
                f"--{next(iter(self.cells))} is for new people, and one of these paddles is in "
                f"{self.path}; nothing was changed"
            )
        file.add({"paddle": str(paddle), **self.cells} for paddle in new)
        persons = file.persons
        chosen = file.chosen(self.paddles)
        lacking = [paddle for paddle in chosen if persons[paddle].code is None]
        if not lacking:
            print(
                f"In {self.path}, all of these people have pass codes; nothing was changed. For "
                "new codes: auction people renew"
            )
            return 0
        self.hand_out(file, lacking)
        if new:
            print(f"Added {people(len(new))} to {self.path}.")
        self.report_codes(lacking)
        if len(lacking) < len(chosen):
            print(f"{people(len(chosen) - len(lacking))} had a code before, and it stays.")
        return 0


class Renew(_CodesReport):
    """Replaces pass codes, such as lost ones."""

    example = "people.csv --paddles 17 --sheet lost.html"
    longdesc = (
        "Gives new pass codes to --paddles. Their old codes are good no longer once a running "
        f"server has read the list again. {LIST_HELP} {SHEET_HELP}{STATUSES}"
    )
    optParameters = [["paddles", "p", None, f"{PADDLES}, or all."]]

    def postOptions(self) -> None:
        """Check the options."""
        super().postOptions()
        self.paddles = required_paddles(self["paddles"])

    def carry_out(self) -> int:
        """Write the sheet and the list."""
        file = self.open()
        chosen = file.chosen(self.paddles)
        if not chosen:
            raise Complaint(f"there are no people in {self.path}")
        self.hand_out(file, chosen)
        self.report_codes(chosen)
        return 0
