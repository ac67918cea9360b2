from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house import tickets
from twisted_auction.house.notices import SEAT_GIVEN_UP
from twisted_auction.house.tickets import TicketRegistry, digest_of, new_ticket
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

WON = Letter(messages.YouWon("Sword", 150))


class TicketTests(SynchronousTestCase):
    def test_secret(self) -> None:
        """128 unpredictable bits, not revealed by the digest."""
        some = {new_ticket() for _ in range(100)}
        self.assertEqual(len(some), 100)
        for ticket in some:
            self.assertEqual(len(bytes.fromhex(ticket)), 16)
            self.assertEqual(len(bytes.fromhex(digest_of(ticket))), 32)
            self.assertNotIn(ticket, digest_of(ticket))
        self.assertEqual(
            digest_of("0123456789abcdef"),
            "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f",
        )

    def test_the_latest_are_remembered(self) -> None:
        self.patch(tickets, "MAX_RESULTS", 3)
        registry: TicketRegistry[None] = TicketRegistry()
        for number in range(5):
            registry.end(str(number), Letter(messages.SoldFor("Sword", number)))
        kept = {ticket: letter.lines[-3:] for ticket, letter in registry.results.items()}
        self.assertEqual(kept, {"2": b"2\r\n", "3": b"3\r\n", "4": b"4\r\n"})

    def test_tickets_without_a_result(self) -> None:
        """They are few, and displace no result."""
        self.patch(tickets, "MAX_RESULTS", 2)
        self.patch(tickets, "MAX_GIVEN_UP", 3)
        registry: TicketRegistry[None] = TicketRegistry()
        registry.end("winner", WON)
        for number in range(5):
            registry.end(str(number), EMPTY)
        self.assertEqual(registry.results, {"winner": WON})
        self.assertEqual(list(registry.given_up), ["2", "3", "4"])
        self.assertEqual(
            [registry.last_words(ticket) for ticket in ("winner", "1", "4")],
            [WON, None, SEAT_GIVEN_UP],
        )
