"""Programs of embedders, checked by mypy as the documents say."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent
from unittest import skipUnless

from twisted.trial.unittest import SynchronousTestCase

DOCS = Path(__file__).parent.parent / "docs"

CALLS_UNTYPED = ("in_asyncio", "test_third_price")
"""Examples that call functions of Twisted which have no annotations."""

PART_PRICE = '''
"""A format with a rule, a house for it, and a client."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from twisted.internet.interfaces import IStreamClientEndpoint

from twisted_auction import embed
from twisted_auction.embed import (
    Lot,
    CannotStart,
    Ending,
    Limits,
    Person,
    Rule,
    Sealed,
    Terms,
    events,
    house,
    join,
    messages,
    parse_catalogue,
    register_format,
)


@dataclass(frozen=True)
class PartPrice(Sealed):
    """The winner pays a part of its bid."""

    name = "part-price"
    description = "One sealed bid each; the highest wins and pays a part of it."
    rules = {"percent": Rule(range(1, 101), "percent of the bid that the winner pays; 50")}

    percent: int = 50

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        return max(lowest_price, highest_bid * self.percent // 100)


register_format(12, PartPrice)


def takings(room: str) -> Callable[[Sequence[events.Event]], None]:
    """Print what is paid in a room."""

    def watch(news: Sequence[events.Event]) -> None:
        for event in news:
            match event:
                case events.Sold():
                    total: int = event.payment
                    print(room, total)

    return watch


def serve(reactor: object, catalogue: bytes) -> embed.AuctionService | None:
    """Hold a sale, if the port is available."""
    lots: Sequence[Lot] = parse_catalogue(catalogue, 9)
    service = house(
        reactor,
        [4000, "tcp6:4001"],
        ledger="auction.sqlite3",
        lobby=4002,
        control="unix:auction.control",
        terms=Terms(bid_timeout=60),
        limits=Limits(max_per_peer=20),
        watch=takings,
        catalogue=lots,
        failed=print,
    )
    try:
        service.startService()
    except CannotStart as error:
        print(error)
        return None
    print(list(service.rooms))
    return service


class Miser(Person):
    """Bids one dollar."""

    def show(self, text: str) -> None:
        print(text)

    def ask(
        self, message: messages.Message | None, answer: Callable[[bytes | None], None]
    ) -> None:
        answer(b"1" if isinstance(message, messages.AskBid) else None)


async def take_part(endpoint: IStreamClientEndpoint) -> int:
    """Play one auction."""
    ending: Ending = await join(endpoint, Miser())
    return ending.status
'''

WRONG = """
from twisted_auction.embed import house

house(None, [4000], ledger=5).startServices()
"""


def documented_settings() -> str:
    """The settings for mypy on the page."""
    page = (DOCS / "embed.rst").read_text()
    found = re.search(r"^    \[tool\.mypy\]\n(?:    .+\n)+", page, re.MULTILINE)
    assert found is not None
    return "".join(line[4:] for line in found[0].splitlines(keepends=True))


def documented_programs() -> list[str]:
    """The programs on the page, which begin with their imports."""
    page = (DOCS / "embed.rst").read_text()
    blocks = re.findall(r"^\.\. code-block:: python\n\n((?:    .+\n|\n)+)", page, re.MULTILINE)
    programs = [dedent(block) for block in blocks]
    return [program for program in programs if program.startswith("from ")]


@skipUnless(
    importlib.util.find_spec("mypy") and importlib.util.find_spec("mypy_zope"),
    "mypy and mypy-zope are not installed",
)
class StrictTests(SynchronousTestCase):
    """In a folder of its own, against the installed package."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        settings = documented_settings()
        for name in CALLS_UNTYPED:
            settings += f'[[tool.mypy.overrides]]\nmodule = "{name}"\n'
            settings += "disallow_untyped_calls = false\n"
        (self.folder / "pyproject.toml").write_text(settings)

    def python(self, *arguments: str) -> str:
        """Run Python in the folder.

        :return: what it prints.
        """
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name != "MYPYPATH"},
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr

    def test_programs(self) -> None:
        """The examples and a larger program have no error; a wrong program has its own."""
        for path in (DOCS / "examples").glob("*.py"):
            shutil.copy(path, self.folder)
        (self.folder / "part_price.py").write_text(PART_PRICE)
        for number, text in enumerate(documented_programs()):
            (self.folder / f"page_{number}.py").write_text(text)
        (self.folder / "wrong.py").write_text(WRONG)
        imported = self.python("-c", "import part_price")
        self.assertEqual(imported, "")
        self.assertEqual(len(documented_programs()), 2)
        found = self.python("-m", "mypy", *sorted(path.name for path in self.folder.glob("*.py")))
        self.assertEqual(
            re.findall(r"^(\w+\.py:\d+: error): .* \[([\w-]+)\]$", found, re.MULTILINE),
            [("wrong.py:4: error", "attr-defined"), ("wrong.py:4: error", "arg-type")],
            found,
        )
