from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.wire import letter as module
from twisted_auction.wire import lines, messages
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
        self.assertIs(EMPTY + letter, letter)
        self.assertIs(letter + EMPTY, letter)

    def test_sum(self) -> None:
        both = Letter(ROLE) + Letter(ASK)
        self.assertEqual(both, Letter(ROLE, ASK))
        self.assertEqual(hash(both), hash(Letter(ROLE, ASK)))
        self.assertNotEqual(both, Letter(ASK, ROLE))
        self.assertNotEqual(both, both.lines)
        self.assertEqual(both.lines, Letter(ROLE, ASK).lines)
        self.assertEqual(repr(both), "Letter(RoleSeller(), AskRequest())")

    def test_rendered_once(self) -> None:
        """However many connections and sums a letter is part of."""
        rendered: list[messages.Message] = []

        def counting(*told: messages.Message) -> bytes:
            rendered.extend(told)
            return lines.render(*told)

        self.patch(module, "render", counting)
        news = Letter(messages.Asking(100, 60))
        letters = [news, Letter(ROLE) + news, news + Letter(ASK)]
        self.assertEqual(rendered, [])
        for letter in 2 * letters:
            self.assertIn(news.lines, letter.lines)
        self.assertEqual(rendered, [messages.Asking(100, 60), ROLE, ASK])
