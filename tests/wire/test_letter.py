from collections.abc import Callable
from types import ModuleType

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.wire import json, lines, messages
from twisted_auction.wire.letter import EMPTY, Letter

ROLE, ASK = messages.RoleSeller(), messages.AskRequest()


class LetterTests(SynchronousTestCase):
    def test_lines(self) -> None:
        letter = Letter(ROLE, ASK)
        self.assertEqual(letter.messages, (ROLE, ASK))
        self.assertEqual(
            letter.lines, b"Your role is: [Seller]\r\nPlease submit auction request:\r\n"
        )

    def test_empty(self) -> None:
        letter = Letter(ROLE)
        self.assertEqual((bool(EMPTY), bool(letter), EMPTY.lines), (False, True, b""))
        self.assertEqual(EMPTY.json, b"[]")
        self.assertIs(EMPTY + letter, letter)
        self.assertIs(letter + EMPTY, letter)

    def test_sum(self) -> None:
        both = Letter(ROLE) + Letter(ASK)
        self.assertEqual(both, Letter(ROLE, ASK))
        self.assertEqual(hash(both), hash(Letter(ROLE, ASK)))
        self.assertNotEqual(both, Letter(ASK, ROLE))
        self.assertNotEqual(both, both.lines)
        self.assertEqual(both.lines, Letter(ROLE, ASK).lines)
        self.assertEqual(both.json, Letter(ROLE, ASK).json)
        self.assertEqual(both.json, b'[{"type": "role_seller"}, {"type": "ask_request"}]')
        self.assertEqual(repr(both), "Letter(RoleSeller(), AskRequest())")

    def test_rendered_once(self) -> None:
        """Once per coding, for any number of connections and sums."""
        for coding in (lines, json):
            with self.subTest(coding.__name__):
                self._check_rendered_once(coding)

    def _check_rendered_once(self, coding: ModuleType) -> None:
        rendered: list[messages.Message] = []
        render: Callable[..., bytes] = coding.render

        def counting(*told: messages.Message) -> bytes:
            rendered.extend(told)
            return render(*told)

        self.patch(coding, "render", counting)
        name = coding.__name__.rpartition(".")[2]
        news = Letter(messages.Asking(100, 60))
        letters = [news, Letter(ROLE) + news, news + Letter(ASK)]
        self.assertEqual(rendered, [])
        for letter in 2 * letters:
            self.assertIn(getattr(news, name).strip(b"[]"), getattr(letter, name))
        self.assertEqual(rendered, [messages.Asking(100, 60), ROLE, ASK])
