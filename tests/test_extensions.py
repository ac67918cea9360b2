"""Formats from other packages: how they are registered, and what keeps a wrong one out."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar, Self

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay, Candle
from tests.support import CommandTestCase
from twisted_auction import tap
from twisted_auction.cli import base, server_options
from twisted_auction.cli.sell import Sell
from twisted_auction.extensions import GROUP, ExtensionError, load_formats
from twisted_auction.rules.events import Event
from twisted_auction.rules.formats import (
    FORMATS,
    Bidding,
    FirstPrice,
    Format,
    Rule,
    register_format,
)
from twisted_auction.rules.refusals import Refusal
from twisted_auction.testing import MemoryHouse

PACKAGE = """
from dataclasses import dataclass
from twisted_auction.rules.formats import FirstPrice, Rule

@dataclass(frozen=True)
class Charity(FirstPrice):
    name = "charity"
    description = "The highest bid wins, for a good cause."
    rules = {"share": Rule(range(101), "percent for the cause; 50")}
    share: int = 50
"""


class NoEvens(Refusal):
    """A refusal that only this format knows."""


class NoName(Refusal):
    """One without a word."""


@dataclass(frozen=True)
class Odd(FirstPrice):
    """Takes odd amounts only."""

    name = "odd"

    def decide(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        events = super().decide(bidding, who, line, when)
        if int(line) % 10 == 0:
            raise NoName
        if int(line) % 2 == 0:
            raise NoEvens("Even amounts\r\nare \x1b not taken.")
        return events


@dataclass(frozen=True)
class OddCandle(Candle):
    name = "odd-candle"

    def amount(self, bidding: Bidding, line: bytes) -> int:
        raise NoEvens("Not today.")


def variant(base: type[Any] = FirstPrice, **changes: Any) -> type[Any]:
    """A format called novel in which something is different."""
    return dataclass(frozen=True)(type("Novel", (base,), {"name": "novel", **changes}))


def fails(*args: Any) -> Any:
    raise ZeroDivisionError("a mistake")


@dataclass(frozen=True)
class Ruled(FirstPrice):
    name = "ruled"
    tempo: int = 5


class NeedsARule(Ruled):
    rules: ClassVar[Mapping[str, Rule]] = {"tempo": Rule(range(1, 9), "beats; 5")}

    @classmethod
    def with_rules(cls, lowest_price: int, values: Mapping[str, Any]) -> Self:
        if "tempo" not in values:
            raise ValueError("tempo must be given")
        return cls(**values)


class RegistryTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        known = dict(FORMATS)
        self.addCleanup(FORMATS.update, known)
        self.addCleanup(FORMATS.clear)


class RegisterTests(RegistryTestCase):
    def test_good(self) -> None:
        register_format(5, AllPay)
        register_format(6, Candle)
        register_format(7, NeedsARule)
        register_format(10**18 - 1, Odd)
        self.assertEqual(list(FORMATS), [1, 2, 3, 4, 5, 6, 7, 10**18 - 1])
        options = Sell()
        options.parseOptions(["--format", "Ruled", "--tempo", "3", "Sword"])
        self.assertEqual(options["request"], "Ruled:tempo=3 1 1 Sword")

    def test_wrong(self) -> None:
        names = (
            "the name of a format is 1 to 32 lower-case letters, digits and hyphens, and begins "
            "with a letter; Novel is called "
        )
        whole = "must allow whole numbers from 0 to 999999999999999999, without gaps, not "
        line = "must be one line of 1 to 400 printable characters"
        rule = Rule(range(5), "x")
        cases: list[tuple[Any, Any, str]] = [
            (0, AllPay, "the number of a format is a whole number from 1, not 0"),
            (True, AllPay, "the number of a format is a whole number from 1, not True"),
            ("5", AllPay, "the number of a format is a whole number from 1, not '5'"),
            (3, AllPay, "number 3 is english already"),
            (5, "AllPay", "'AllPay' is no subclass of Format"),
            (5, int, "<class 'int'> is no subclass of Format"),
            (5, Format, "Format does not define award, decide, description, first_deadline"),
            (5, variant(name="Novel"), f"{names}'Novel'"),
            (5, variant(name="5"), f"{names}'5'"),
            (5, variant(name="a:b"), f"{names}'a:b'"),
            (5, variant(name=None), f"{names}None"),
            (5, variant(name="english"), "there is a format called english already"),
            (
                5,
                variant(is_open=True),
                "novel: is_open must be True for a subclass of Open, otherwise False",
            ),
            (5, variant(Candle, how_to_bid=""), f"novel: how_to_bid {line}"),
            (5, variant(Candle, how_to_close="a\nb"), f"novel: how_to_close {line}"),
            (5, variant(rules=["x"]), "novel: rules must be a mapping of names to Rule"),
            (
                5,
                variant(Ruled, rules={"Tempo": rule}),
                "novel: the name of a rule is 1 to 20 lower-case letters, not 'Tempo'",
            ),
            (5, variant(rules={"pace": rule}), "novel: the rule pace is no field of Novel"),
            (
                5,
                variant(Ruled, rules={"tempo": range(5)}),
                "novel: the rule tempo must be a Rule with a range",
            ),
            (
                5,
                variant(Ruled, rules={"tempo": Rule([1, 2], "x")}),  # type: ignore[arg-type]
                "novel: the rule tempo must be a Rule with a range",
            ),
            *(
                (
                    5,
                    variant(Ruled, rules={"tempo": Rule(allowed, "x")}),
                    f"novel: the rule tempo {whole}{allowed!r}",
                )
                for allowed in (range(0), range(-1, 5), range(0, 9, 2), range(1, 10**18 + 1))
            ),
            (
                5,
                variant(Ruled, rules={"tempo": Rule(range(5), "")}),
                f"novel: the meaning of tempo {line}",
            ),
            (
                5,
                variant(with_rules=fails),
                "novel: with_rules fails with ZeroDivisionError: a mistake",
            ),
            (5, variant(description=""), f"novel: description {line}"),
            (5, variant(description="x" * 401), f"novel: description {line}"),
            (5, variant(description="a\r\nb"), f"novel: description {line}"),
            (5, variant(description=5), f"novel: description {line}"),
            (
                5,
                variant(description=property(fails)),
                "novel: description or opening_price fails with ZeroDivisionError: a mistake",
            ),
            (
                5,
                variant(opening_price=lambda self, lowest_price: 0.5),
                "novel: opening_price must be an amount, not 0.5",
            ),
        ]
        for number, kind, complaint in cases:
            with self.assertRaises(ValueError) as caught:
                register_format(number, kind)
            self.assertEqual(str(caught.exception), complaint)
        self.assertEqual(list(FORMATS), [1, 2, 3, 4])

    def test_refusal(self) -> None:
        """A refusal that the package does not know is told in its own words, and the question is
        asked again."""
        register_format(5, Odd)
        register_format(6, OddCandle)
        house = MemoryHouse()
        _, (buyer,) = house.open_auction("odd 100 1 Sword", 1)
        buyer.send_lines("150", "152", "151")
        self.assertEqual(
            buyer.read_lines()[:5],
            [
                *("Not accepted.", "Please submit your bid:"),
                *("Not accepted. Even amounts are  not taken.", "Please submit your bid:"),
                "Bid received. Please wait...",
            ],
        )
        _, (buyer,) = house.open_auction("odd-candle 100 1 Sword", 1)
        house.advance(1)
        buyer.read_lines()
        buyer.send_lines("150")
        self.assertEqual(
            buyer.read_lines(),
            [
                "Not accepted. Not today.",
                "At any time: call an amount while the candle burns.",
            ],
        )


class LoadTests(RegistryTestCase, CommandTestCase):
    def point(self, name: str, value: str) -> EntryPoint:
        return EntryPoint(name, value, GROUP)

    def test_loads(self) -> None:
        for _ in range(2):  # once more does no harm
            load_formats([self.point("5", "tests.formats:AllPay")])
        self.assertEqual(FORMATS[5].name, "all-pay")

    def test_wrong(self) -> None:
        for name, value, problem in [
            ("five", "x:y", "the format x:y is offered as 'five', which is no whole number from 1"),
            (
                "5",
                "tests.nowhere:AllPay",
                "the format tests.nowhere:AllPay, number 5, cannot be used: "
                "No module named 'tests.nowhere'",
            ),
            (
                "3",
                "tests.formats:AllPay",
                "the format tests.formats:AllPay, number 3, cannot be used: "
                "number 3 is english already",
            ),
        ]:
            with self.assertRaises(ExtensionError) as caught:
                load_formats([self.point(name, value)])
            self.assertEqual(str(caught.exception), problem)

    def fail_to_load(self) -> None:
        raise ExtensionError("the format x:y, number 5, cannot be used: it is broken")

    def test_one_line(self) -> None:
        """A program that cannot have a format says so, and does not start."""
        self.patch(base, "load_formats", self.fail_to_load)
        self.assertEqual(
            self.auction("ledger", "list"),
            (1, [], "auction: the format x:y, number 5, cannot be used: it is broken.\n"),
        )
        self.patch(server_options, "load_formats", self.fail_to_load)
        with self.assertRaises(usage.UsageError) as caught:
            tap.Options()
        self.assertEqual(
            str(caught.exception), "the format x:y, number 5, cannot be used: it is broken"
        )

    def test_every_program(self) -> None:
        """A package that is installed is known to the server and to the commands."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "charity.py").write_text(PACKAGE)
            installed = Path(folder, "charity-1.0.dist-info")
            installed.mkdir()
            installed.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: charity\n")
            installed.joinpath("entry_points.txt").write_text(f"[{GROUP}]\n5 = charity:Charity\n")
            catalogue = Path(folder, "lots")
            catalogue.write_text("charity:share=20 5 1 Sword\n")
            script = (
                "import sys; from twisted_auction import tap; options = tap.Options();"
                "from twisted_auction.rules.formats import format_of;"
                f"options.parseOptions(['--catalogue', {str(catalogue)!r}]);"
                "print(format_of(options['catalogue'][0].request));"
                "sys.argv = ['auction', 'sell', '--help']; "
                "from twisted_auction.cli.main import main; main()"
            )
            done = subprocess.run(
                [sys.executable, "-c", script],
                env={"PYTHONPATH": f"{folder}:{Path(__file__).parent.parent}"},
                capture_output=True,
                text=True,
                timeout=60,
            )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("Charity(share=20)", done.stdout)
        self.assertIn("--share=", done.stdout)
