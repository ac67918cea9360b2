"""A timed auction with maxima, a reserve and a price to buy at once: all that persons read in the
room, and all that is sent to those who are away."""

from tests.house.support import FINISHED, PERSONS, PeopleTestCase
from twisted_auction.house.notifications import HOLD
from twisted_auction.house.people import People
from twisted_auction.ledger.store import Notification
from twisted_auction.rules.commands import Void
from twisted_auction.testing import MemoryHouse
from twisted_auction.wire.json import parse

REQUEST = "english:end=2027-01-15T08:30:increment=10:reserve=200:buy=900 100 0 Sword"
"""Half an hour after a house opens."""


NEWS = (
    "Highest",
    "Bidding ends",
    "You have been outbid",
    "Voided",
    "You hold",
    "You won",
    "Unfort",
)


class Receiver:
    """Takes all notifications at once.

    :ivar told: the paddle, the kind, and the first line about a bid, the result or the end of each.
    """

    def __init__(self) -> None:
        self.told: list[tuple[int, str, str]] = []

    def carry(self, notification: Notification, done: object) -> None:
        messages = [str(message) for message in parse(notification.letter.encode())]
        lines = [line for line in messages if line.startswith(NEWS)]
        self.told.append((notification.paddle, notification.kind, lines[0]))
        assert callable(done)
        done()

    def stop(self) -> None:
        """Nothing waits."""


class TimedTests(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.receiver = Receiver()
        self.begin(People(PERSONS), carrier=self.receiver)
        self.ada, self.bob = self.opened(REQUEST, 17, 40)

    @property
    def current(self) -> MemoryHouse:
        return self.houses[0]

    def told(self, seconds: float) -> list[tuple[int, str, str]]:
        """What is sent in so many seconds."""
        self.current.advance(seconds)
        told = [*self.receiver.told]
        self.receiver.told.clear()
        return told

    def test_story(self) -> None:
        self.assertEqual(self.told(HOLD), [(41, "started", "Bidding ends in 30 minutes.")])
        self.assertEqual(
            self.ada.say("max 300"),
            [
                "Your maximum is $300.",
                "The Auctioneer has bid $200 for you.",
                "Highest bid: $200 by Buyer 17. Asking price: $210. Seconds left: 1740.",
                "The reserve is met.",
                "Bidding ends in 29 minutes.",
            ],
        )
        self.ada.cut()
        self.bob.read()
        self.assertEqual(
            self.bob.say("250"),
            ["You hold the highest bid: $250.", "You have been outbid: Buyer 17 bids $260."],
        )
        self.assertEqual(self.told(HOLD), [])  # Ada's maximum still holds the highest bid
        self.bob.read()
        self.assertEqual(
            self.bob.say("max 500")[:3],
            [
                "Your maximum is $500.",
                "The Auctioneer has bid $310 for you.",
                "Highest bid: $310 by Buyer 40. Asking price: $320. Seconds left: 1680.",
            ],
        )
        outbid = [(17, "outbid", "You have been outbid: Buyer 40 bids $310.")]
        self.assertEqual(self.told(HOLD), outbid)
        self.bob.cut()
        self.current.rooms["art"].orders.give(Void())
        voided = "Voided: $310 by Buyer 40."
        self.assertEqual(self.told(0), [(40, "voided", voided)])
        self.assertEqual(self.told(HOLD), [(17, "holds", voided)])
        self.assertEqual(self.told(2), [])
        self.crash(self.current, 30)
        self.assertEqual(self.told(700), [])
        ending = "Highest bid: $300 by Buyer 17. Asking price: $310. Seconds left: 600."
        self.assertEqual(self.told(300), [(40, "ending", ending), (17, "ending", ending)])
        cyd = self.seated(41, "art")
        cyd.read()
        self.assertEqual(
            cyd.say("buy"),
            [
                "You hold the highest bid: $900.",
                FINISHED,
                "Sold: Sword to Buyer 41 for $900",
                "You won this item Sword! Your payment due is $900",
            ],
        )
        lost = "Unfortunately you did not win in the last round."
        self.assertEqual(
            self.told(HOLD),
            [
                (41, "won", "You won this item Sword! Your payment due is $900"),
                (40, "lost", lost),
                (17, "lost", lost),
            ],
        )
        self.assertEqual(self.told(2000), [])
        self.verify()
