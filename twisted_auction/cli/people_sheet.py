"""Sheets: new pass codes, to hand them out."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from twisted_auction.cli.base import Complaint
from twisted_auction.cli.files import output_file
from twisted_auction.cli.spreadsheet import escape_formulas
from twisted_auction.files import PRIVATE
from twisted_auction.house.people import Person, Role
from twisted_auction.house.people_table import PeopleTable
from twisted_auction.rules.names import check_printable, check_visible


@dataclass(frozen=True, slots=True)
class Card:
    """What one person is handed.

    :param code: its new pass code.
    """

    person: Person
    code: str = field(repr=False)


class Sheet:
    """A file with the cards of several people.

    :param path: its name, with one of the :data:`KINDS` at its end.
    :param address: where the server is, for people to read; a URL also makes a link for each card.
        Empty for none.
    :param title: stands on each card; empty for none.
    :raises ValueError: if one of them is impossible; the text names the option.
    """

    def __init__(self, path: Path, address: str, title: str) -> None:
        if path.suffix.lower() not in KINDS:
            *others, last = KINDS
            raise ValueError(f"--sheet ends with {', '.join(others)} or {last}, not {path.name!r}")
        for option, text in (("address", address), ("title", title)):
            try:
                check_printable(text)
                if text:
                    check_visible(text)
            except ValueError as error:
                raise ValueError(f"--{option} must {error}") from None
        self._is_url = address.lower().startswith(("http://", "https://"))
        if self._is_url:
            _check_url(address)
        self.path = path
        self.address = address
        self.title = title

    def check_absent(self) -> None:
        """Check that no old sheet is in the way.

        :raises Complaint: if there is one.
        """
        if self.path.exists():
            raise Complaint(
                f"{self.path} exists, and its codes may be in no other file: name another sheet"
            )

    def link(self, card: Card) -> str:
        """The link of a card; empty if the address is no URL."""
        return f"{self.address.rstrip('/')}/join/{card.code}" if self._is_url else ""

    @property
    def lacks_qr_codes(self) -> bool:
        """True if cards could have QR codes, but the library for them is not installed."""
        return self.path.suffix.lower() == ".html" and not HAS_QR_CODES

    def write(self, cards: Sequence[Card], file: PeopleTable) -> None:
        """Write the sheet, for its owner alone.

        :param file: the list of the people.
        :raises Complaint: if it cannot be written.
        """
        data = KINDS[self.path.suffix.lower()](self, cards, file)
        with output_file(self.path, PRIVATE) as sheet:
            sheet.write(data)


def _check_url(address: str) -> None:
    try:
        url = urlsplit(address)
        is_base = bool(url.hostname) and (url.port or True) and not url.query and not url.fragment
    except ValueError:
        is_base = False
    if not is_base or " " in address:
        raise ValueError(f"--address is no URL that a link can begin with: {address!r}")


def _text(sheet: Sheet, cards: Sequence[Card], file: PeopleTable) -> bytes:
    """Cards as plain text."""
    return (
        ("\n" + "-" * 60 + "\n\n")
        .join(
            "".join(f"{label + ':':9}{text}\n" for label, text in _facts(sheet, card) if text)
            for card in cards
        )
        .encode()
    )


def _facts(sheet: Sheet, card: Card) -> list[tuple[str, str]]:
    person = card.person
    return [
        ("Sale", sheet.title),
        ("Paddle", str(person.paddle)),
        ("Name", person.name),
        ("Role", "" if person.role is Role.BIDDER else person.role.value),
        ("Room", person.room),
        ("Server", sheet.address),
        ("Code", card.code),
        ("Link", sheet.link(card)),
    ]


def _csv(sheet: Sheet, cards: Sequence[Card], file: PeopleTable) -> bytes:
    """A table for other programs, in the form of the list."""
    rows = (
        (str(card.person.paddle), card.person.name, card.code, sheet.link(card)) for card in cards
    )
    return file.table(
        ("paddle", "name", "pass", "link"),
        ([str(escape_formulas(cell)) for cell in row] for row in rows),
    ).render()


def _html(sheet: Sheet, cards: Sequence[Card], file: PeopleTable) -> bytes:
    """Cards to print, and to cut out."""
    return PAGE.substitute(
        title=escape(sheet.title or "Pass codes"),
        cards="".join(_html_card(sheet, card) for card in cards),
    ).encode()


def _html_card(sheet: Sheet, card: Card) -> str:
    person = card.person
    role = "" if person.role is Role.BIDDER else person.role.value.capitalize()
    room = person.room and f"room {person.room}"
    lines = [
        ("title", sheet.title),
        ("name", person.name),
        ("role", ", ".join(filter(None, (role, room)))),
        ("code", card.code),
        ("server", sheet.address),
    ]
    texts = "".join(
        f'<p class="{name}">{"<small>Pass code</small>" * (name == "code")}{escape(text)}</p>'
        for name, text in lines
        if text or name == "name"  # to be written by hand
    )
    qr_code = _qr_code(sheet.link(card) or card.code) if HAS_QR_CODES else ""
    return (
        f'<article><div class="paddle{" long" * (person.paddle > 999)}">'
        f"<small>Paddle</small>{person.paddle}{qr_code}</div>"
        f"<div>{texts}</div></article>\n"
    )


def _qr_code(text: str) -> str:
    """A QR code as SVG, without a size of its own."""
    import segno

    svg: str = segno.make(text, error="m", micro=False).svg_inline(omitsize=True)
    return svg


HAS_QR_CODES = importlib.util.find_spec("segno") is not None

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>
@page { margin: 9mm }
* { box-sizing: border-box; margin: 0 }
body { background: #fff; color: #111; font: 10.5pt/1.3 system-ui, sans-serif }
main { display: flex; flex-wrap: wrap; width: 191mm; max-width: 100%; margin: 0 auto }
article { width: 95mm; min-height: 60mm; padding: 5mm; margin: 0 -1px -1px 0;
  border: 1px dashed #999; break-inside: avoid;
  display: grid; grid-template-columns: 31mm 1fr; gap: 5mm; align-items: center }
p { overflow-wrap: anywhere }
small { display: block; font: 8pt/1.3 system-ui, sans-serif; color: #555 }
svg { display: block; width: 31mm; margin: 1mm auto 0 }
.paddle { font-size: 32pt; font-weight: 700; line-height: 1; text-align: center }
.paddle.long { font-size: 26pt }
.title { font-size: 8pt; color: #555; margin-bottom: 1mm }
.name { font-size: 15pt; font-weight: 600; line-height: 1.15 }
.name:empty { height: 9mm; border-bottom: 1px dotted #555 }
.role { color: #555 }
.code { font: 700 14pt/1.2 ui-monospace, monospace; white-space: nowrap; margin: 4mm 0 }
.server { font-size: 9pt }
footer { padding: 5mm; text-align: center; color: #555 }
@media print { footer { display: none } }
</style>
</head>
<body>
<main>
$cards</main>
<footer>Each code lets one person in. Print the cards, cut them out, and delete this file.</footer>
</body>
</html>
""")
"""The file of the cards. No card is split between two pages."""

KINDS: dict[str, Callable[[Sheet, Sequence[Card], PeopleTable], bytes]] = {
    ".html": _html,
    ".txt": _text,
    ".csv": _csv,
}
"""The kinds of sheets, by the end of the file's name."""
