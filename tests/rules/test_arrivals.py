"""Arrivals of persons, with their paddles. ``test_auction`` has the arrivals of strangers."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.auction import Auction
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import Arrive, Command, Leave, Say
from twisted_auction.rules.events import (
    SELLER,
    Arrived,
    BiddingOpened,
    BidTaken,
    Event,
    Left,
    LotAnnounced,
    RequestAccepted,
    Sold,
)
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.refusals import Busy
from twisted_auction.rules.terms import STANDARD_TERMS, Terms

REQUEST = b"2 100 2 Sword"


def person(paddle: int, may_sell: bool = True) -> Arrive:
    """The arrival of a person, as a Buyer if there is a Seller."""
    return Arrive("", who=paddle, paddle=paddle, may_sell=may_sell)


def seller(paddle: int) -> Arrive:
    """The arrival of a person that can only be the Seller."""
    return Arrive("", who=SELLER, paddle=paddle)


def run(auction: Auction, *commands: Command, when: float = 0.0) -> list[Event]:
    """Give commands to an auction, and apply their events."""
    happened: list[Event] = []
    for command in commands:
        for event in auction.decide(command, when):
            auction.apply(event)
            happened.append(event)
    return happened


class PaddleTests(SynchronousTestCase):
    def test_whole(self) -> None:
        """The paddle is the Buyer's number, and the Seller is 0 with the paddle of its person."""
        auction = Auction(STANDARD_TERMS)
        happened = run(
            auction,
            seller(5),
            Say(SELLER, REQUEST),
            person(40, may_sell=False),
            person(17, may_sell=False),
            Say(40, b"120"),
            Say(17, b"150"),
        )
        self.assertEqual(
            happened,
            [
                Arrived(SELLER, "", 300.0, paddle=5),
                RequestAccepted(parse_request(REQUEST, 9)),
                Arrived(40, "", paddle=40),
                Arrived(17, "", paddle=17),
                BiddingOpened(300.0),
                BidTaken(40, 120),
                BidTaken(17, 150),
                Sold(17, 150, 120),
            ],
        )

    def test_reserved_seller(self) -> None:
        """While the Seller's seat is kept for another person, nobody else gets it."""
        auction = Auction(STANDARD_TERMS)
        self.assertRaises(Busy, auction.decide, person(17, may_sell=False), 0.0)
        run(auction, seller(5))
        self.assertRaises(Busy, auction.decide, person(17, may_sell=False), 0.0)

    def test_unreserved_seller(self) -> None:
        auction = Auction(STANDARD_TERMS)
        self.assertEqual(run(auction, person(17)), [Arrived(SELLER, "", 300.0, paddle=17)])

    def test_second_seller(self) -> None:
        """A person that can only be the Seller never becomes a Buyer."""
        auction = Auction(STANDARD_TERMS)
        run(auction, seller(5))
        self.assertRaises(Busy, auction.decide, seller(6), 0.0)
        run(auction, Say(SELLER, REQUEST))
        self.assertRaises(Busy, auction.decide, seller(6), 0.0)
        run(auction, person(1), person(2))
        self.assertRaises(Busy, auction.decide, seller(6), 0.0)
        sale = Auction(STANDARD_TERMS, parse_catalogue(REQUEST, 9))
        self.assertRaises(Busy, sale.decide, seller(5), 0.0)

    def test_settling(self) -> None:
        """A person has said its pass code, so bidding opens with it at once."""
        auction = Auction(Terms(settle=1))
        run(auction, seller(5), Say(SELLER, REQUEST), person(1))
        self.assertEqual(run(auction, person(2)), [Arrived(2, "", paddle=2), BiddingOpened(300.0)])

    def test_leaving_and_coming_again(self) -> None:
        """In a sale, a Buyer keeps its paddle."""
        auction = Auction(STANDARD_TERMS, parse_catalogue(b"1 100 1 Sword\n1 100 1 Vase", 9))
        happened = run(auction, person(17), Leave(17), person(4), person(17))
        self.assertIsInstance(happened.pop(0), LotAnnounced)
        self.assertEqual(
            happened,
            [
                Arrived(17, "", paddle=17),
                Left(17),
                Arrived(4, "", paddle=4),
                Arrived(17, "", paddle=17),
            ],
        )
        self.assertEqual(list(auction.present), [4, 17])
