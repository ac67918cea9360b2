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
