"""``auction lab prove``: Vickrey's theorem, by trying every case."""

import time
from functools import partial
from random import Random
from typing import Any

from twisted_auction.cli.base import Report
from twisted_auction.cli.lab_options import YES_FLAG, money, require_confirmation, whole_number
from twisted_auction.cli.progress import progress
from twisted_auction.lab.proof import (
    Situation,
    Verdict,
    count_situations,
    never_worse,
    prove,
    situations,
)
from twisted_auction.lab.theory import Outcome
from twisted_auction.rules.sealed import FirstPrice, Sealed, SecondPrice


class Prove(Report):
    """Tries every case of Vickrey's theorem."""

    example = "--max 8"

    longdesc = (
        "Compares the truthful bid of a Buyer with every other bid, and with staying away, in "
        "every case up to a bound: every valuation, every lowest price, every bid of one rival and "
        "then of two, and every order of the bids. Then looks for a case against each other bid. "
        "Exit status: 0 the truthful bid was never worse in the second-price auction, 1 it was, or "
        "nothing could be printed, 2 wrong usage."
    )
    optParameters = [["max", "m", "12", "The bound of all amounts, in whole dollars."]]
    optFlags = [YES_FLAG]

    FORMATS = (SecondPrice(), FirstPrice())
    BUYERS = (2, 3)
    MAX_BOUND = 10_000

    def postOptions(self) -> None:
        """Read the bound."""
        self.bound = whole_number(self["max"], "--max", most=self.MAX_BOUND)

    def report(self, reactor: Any) -> int:
        """Try every case, and print the result."""
        require_confirmation(self, self._seconds(), f"--max {self.bound}")
        print(
            f"All amounts from $1 to ${self.bound}: what the item is worth to a Buyer, its bid, "
            "its rivals' bids,\nthe lowest price; and every order of the bids, because a tie goes "
            "to the earlier one.\n"
        )
        status = 0
        for format in self.FORMATS:
            for buyers in self.BUYERS:
                what = f"{format.name}, {buyers} Buyers"
                every = situations(self.bound, buyers)
                with progress(every, count_situations(self.bound, buyers), what) as cases:
                    verdict = prove(format, cases, self.bound)
                print(
                    f"{what}: {verdict.tried:,} bids held against the truthful one; "
                    f"{verdict.worse:,} are worse;"
                )
                self._print(format, verdict)
                if isinstance(format, SecondPrice) and verdict.better:
                    status = 1
        if not status:
            self._print_dominance()
        return status

    def _print_dominance(self) -> None:
        """Print that each bid except the truthful one is worse in some case."""
        spared = never_worse(SecondPrice(), situations(self.bound, 2), self.bound)
        but = ""
        if spared == {1: {0}}:
            but = "\n(but where the item is worth $1, it is all the same to stay away)"
        elif spared:
            but = f", but for {sum(map(len, spared.values())):,}"
        print(
            "\nIn the second-price auction, no bid is ever better than the truth, and each is "
            f"worse in some case{but}:\nthe truth is weakly dominant."
        )

    def _seconds(self) -> float:
        """Estimated seconds for the whole run, from a few situations drawn at random."""
        # The time of a situation grows with the square of the bound, so a smaller one is timed.
        bound = min(self.bound, 200)
        draw = partial(Random(0).randint, 1)
        cases = [Situation(draw(bound), draw(3), (draw(bound), draw(bound))) for _ in range(20)]
        start = time.perf_counter()
        for format in self.FORMATS:
            prove(format, cases, bound)
        each = (time.perf_counter() - start) / len(cases) * (self.bound / bound) ** 2
        return each * sum(count_situations(self.bound, buyers) for buyers in self.BUYERS)

    def _print(self, format: Sealed, verdict: Verdict) -> None:
        found = verdict.greatest
        if found is None:
            print("    none is better.")
            return
        case = found.situation
        order = [f"${bid}" for bid in case.rivals]
        order.insert(case.place - 1, "its own")
        print(
            f"    {verdict.better:,} are better, such as this one. The item is worth "
            f"${found.valuation}, the lowest price is ${case.lowest_price},\n"
            f"    and the bids come in this order: {', '.join(order)}."
        )
        for bid in (found.valuation, found.bid):
            outcome = Outcome.of(case.place, case.result(format, bid))
            does = f"wins, costs ${outcome.payment}" if outcome.has_won else "loses"
            left = money(outcome.utility(found.valuation))
            print(f"        To bid ${bid} {does} and leaves {left}.")
