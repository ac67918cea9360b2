from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house import tickets
from twisted_auction.house.tickets import Tickets, hashed, new_ticket


class TicketTests(SynchronousTestCase):
    def test_secret(self) -> None:
        """128 bits that nobody can foresee, and that the hash does not give away."""
        some = {new_ticket() for _ in range(100)}
        self.assertEqual(len(some), 100)
        for ticket in some:
            self.assertEqual(len(bytes.fromhex(ticket)), 16)
            self.assertEqual(len(bytes.fromhex(hashed(ticket))), 32)
            self.assertNotIn(ticket, hashed(ticket))
        self.assertEqual(
            hashed("0123456789abcdef"),
            "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f",
        )

    def test_the_latest_are_remembered(self) -> None:
        self.patch(tickets, "REMEMBERED", 3)
        registry: Tickets[None] = Tickets()
        for number in range(5):
            registry.end(str(number), b"%d" % number)
        self.assertEqual(registry.results, {"2": b"2", "3": b"3", "4": b"4"})

    def test_tickets_without_a_result(self) -> None:
        """They are few, and take no result's place."""
        self.patch(tickets, "REMEMBERED", 2)
        self.patch(tickets, "GIVEN_UP", 3)
        registry: Tickets[None] = Tickets()
        registry.end("winner", b"You won.")
        for number in range(5):
            registry.end(str(number), b"")
        self.assertEqual(registry.results, {"winner": b"You won."})
        self.assertEqual(list(registry.given_up), ["2", "3", "4"])
        self.assertEqual(
            [registry.last_words(ticket) for ticket in ("winner", "1", "4")],
            [b"You won.", None, b"Your seat was given up while you were away.\r\n"],
        )
