import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

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
        self.assertLess(len(str(messages.Help())), MAX_LINE)

    def test_names(self) -> None:
        """Names differ, and each has its own constant."""
        for verb in verbs.LOBBY:
            self.assertIs(getattr(verbs, verb.name), verb)
        self.assertEqual(len({verb.name for verb in verbs.LOBBY}), len(verbs.LOBBY))

    def test_documented(self) -> None:
        page = (DOCS / "protocol.rst").read_text()
        for verb in verbs.LOBBY:
            self.assertRegex(page, rf"``{re.escape(verb.name)}\b")
