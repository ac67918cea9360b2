import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.control import Control
from twisted_auction.wire import messages, verbs
from twisted_auction.wire.lines import MAX_LINE

DOCS = Path(__file__).parents[2] / "docs"


class VerbTests(SynchronousTestCase):
    def test_line(self) -> None:
        self.assertEqual(verbs.JOIN.line("hall"), b"JOIN hall")
        self.assertEqual(verbs.PING.line(), b"PING")
        self.assertEqual(str(verbs.QUIT), "QUIT [ticket]")
        self.assertEqual(str(verbs.LIST), "LIST")

    def test_listed(self) -> None:
        """The help texts as clients read them."""
        self.assertEqual(
            str(messages.Help()),
            "Say one of: LIST, JOIN room, WATCH room, RESUME ticket, PING text, JSON, HELP, "
            "QUIT [ticket].",
        )
        self.assertEqual(
            verbs.listed(verbs.ORDERS), "status, close [room=NAME], cancel [room=NAME] REASON"
        )
        self.assertLess(len(str(messages.Help())), MAX_LINE)

    def test_names(self) -> None:
        """Names differ, and each has its own constant."""
        for group in (verbs.LOBBY, verbs.ORDERS):
            for verb in group:
                self.assertIs(getattr(verbs, verb.name.upper()), verb)
            self.assertEqual(len({verb.name for verb in group}), len(group))

    def test_documented(self) -> None:
        page = (DOCS / "protocol.rst").read_text()
        for verb in verbs.LOBBY:
            self.assertRegex(page, rf"``{re.escape(verb.name)}\b")
        page = (DOCS / "organise.rst").read_text()
        for order in verbs.ORDERS:
            self.assertRegex(page, rf"\b{order.name}\b")
            self.assertIn(f"{order.name}: {order.help}", Control.longdesc)
