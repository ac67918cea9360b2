"""Texts in CSV, of which none is a formula."""

import random
import re

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.spreadsheet import Cell, escape_formulas


class FormulaTests(SynchronousTestCase):
    def test_no_formulas(self) -> None:
        facts: list[tuple[Cell, Cell]] = [
            ("=1", "'=1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\uff1d1", "'\uff1d1"),
            ("'=1", "''=1"),
            ("1=1", "1=1"),
            ("", ""),
            (-1, -1),
            (None, None),
        ]
        for fact, written in facts:
            self.assertEqual(escape_formulas(fact), written)

    def test_any_separator(self) -> None:
        """Whichever a spreadsheet guesses, no cell begins as a formula does; and the text can be
        had back."""
        chance = random.Random(0)
        for _ in range(3000):
            text = "".join(chance.choices(",;|'\"=+-@\uff1d1a ", k=chance.randint(0, 9)))
            written = escape_formulas(text)
            assert isinstance(written, str)
            for separator in ",;|\t\n":
                for cell in written.split(separator):
                    self.assertNotIn(cell.strip(' "')[:1], [*"=+-@\uff1d"], (text, written))
            self.assertEqual(re.sub("((?:^|[,;|])[\\s\"]*)'", r"\1", written), text)
        for text, written in [
            ("Vase;=1+1", "Vase;'=1+1"),
            ("Vase; =1+1", "Vase; '=1+1"),
            ("Vase|@SUM(1)", "Vase|'@SUM(1)"),
            ('Vase,"-1', "Vase,\"'-1"),
            ("Sale: 50 -70 % off; today", "Sale: 50 -70 % off; today"),
        ]:
            self.assertEqual(escape_formulas(text), written)
