"""``auction people draw``: valuations for the people of a list, for a class."""

from pathlib import Path
from random import Random
from secrets import randbelow

from twisted.python import usage

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.lab_options import whole_number
from twisted_auction.cli.people_options import (
    AFTERWARDS,
    LIST_HELP,
    PeopleReport,
    parse_paddles,
    people,
)
from twisted_auction.house.people import Role
from twisted_auction.house.people_table import PeopleTable
from twisted_auction.lab.bidders import parse_valuations
from twisted_auction.text import counted

MAX_LOTS = 1000

MAX_NEW_SEED = 10**6


class Draw(PeopleReport):
    """Draws valuations into a list of people."""

    synopsis = "VALUATIONS [FILE] [options]"
    example = "uniform:100 people.csv --seed 7 --lots 10"
    longdesc = (
        "Draws what each lot is worth to each bidder of the list, and writes it into the column "
        "valuation. VALUATIONS are uniform:TOP (from 1 to TOP dollars), normal:MEAN:DEVIATION, or "
        "file:PATH (drawn from a file with a valuation a line). The draws of a person depend on "
        f"the seed and the paddle, not on the other people. {LIST_HELP} {STATUSES}"
    )
    optParameters = [
        ["lots", "l", "1", "Number of lots. A single valuation holds for every lot."],
        ["seed", "s", None, "Seed of the random draws, to repeat them. [default: a random one]"],
        ["paddles", "p", None, "Only these paddles, such as 3,20-25."],
    ]

    def parseArgs(self, *arguments: str) -> None:
        """Read the distribution, and the name of the list."""
        if not arguments:
            raise usage.UsageError("name the VALUATIONS, such as uniform:100")
        self.distribution, *files = arguments
        super().parseArgs(*files)

    def postOptions(self) -> None:
        """Check the options."""
        self.lots = whole_number(self["lots"], "--lots", most=MAX_LOTS)
        seed = self["seed"]
        self.seed = randbelow(MAX_NEW_SEED) if seed is None else whole_number(seed, "--seed", 0)
        self.paddles = parse_paddles(self["paddles"])
        try:
            self.valuations = parse_valuations(
                self.distribution, lambda name: Path(name).read_bytes()
            )
        except ValueError as error:
            raise usage.UsageError(str(error)) from None
        except OSError as error:
            raise usage.UsageError(f"cannot read {error.filename}: {error.strerror}") from None

    def carry_out(self) -> int:
        """Draw, and write the list."""
        file = PeopleTable(self.path)
        persons = file.persons
        cells = {}
        for paddle in file.chosen(self.paddles):
            if persons[paddle].role is Role.BIDDER:
                random = Random(f"{self.seed}:{paddle}")
                drawn = (self.valuations.draw(random) for _ in range(self.lots))
                cells[paddle] = ";".join(map(str, drawn))
        file.set("valuation", cells)
        file.save()
        print(
            f"Drew {counted(self.lots, 'valuation')} for each of {people(len(cells))} in "
            f"{self.path}, with --seed {self.seed}."
        )
        print(AFTERWARDS)
        return 0
