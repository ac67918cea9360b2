"""The items in a ledger, and the accounts behind their participants."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.history import RecordedAuction
from twisted_auction.ledger.items import Account, Item, Items
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    Arrived,
    BiddingOpened,
    BidTaken,
    Event,
    LotAnnounced,
    Raised,
    RequestAccepted,
    Sold,
    Unsold,
    Voided,
)
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.terms import STANDARD_TERMS

VASE = parse_request(b"english 1 1 Vase", 9)
REQUEST = parse_request(b"1 1 1 Hat", 9)


def items_of(*auctions: tuple[str, int, list[Event]]) -> list[Item]:
    """The items after these events, given with the room and the number of each auction."""
    items = Items()
    for room, number, events in auctions:
        recorded = RecordedAuction(number, room, 1, Auction(STANDARD_TERMS))
        for event in events:
            recorded.auction.apply(event)
            recorded.at += 1
            items.read(recorded, event)
    return items.in_order()


def auction(seller: Arrived, buyer: Arrived) -> list[Event]:
    """The events of a Seller's auction that the Buyer wins."""
    who = buyer.who
    bidding: list[Event] = [BiddingOpened(None), BidTaken(who, 20), Sold(who, 20, 20)]
    return [seller, RequestAccepted(REQUEST), buyer, *bidding]


class AccountTests(SynchronousTestCase):
    def accounts(self, *auctions: tuple[str, int, list[Event]]) -> list[tuple[str, str]]:
        """The accounts of the seller, and of the winner, of each item."""
        accounts = []
        for item in items_of(*auctions):
            assert isinstance(item.result, Sold)
            seller = "house" if item.seller is None else item.seller.key
            accounts.append((seller, item.account(item.result.winner).key))
        return accounts

    def test_strangers(self) -> None:
        """A number means one participant in one auction alone."""
        events = auction(Arrived(0, "s"), Arrived(3, "b"))
        self.assertEqual(
            self.accounts(("main", 1, events), ("main", 2, events), ("hall", 1, events)),
            [
                ("hall/1/seller", "hall/1/3"),
                ("main/1/seller", "main/1/3"),
                ("main/2/seller", "main/2/3"),
            ],
        )

    def test_persons(self) -> None:
        """A paddle means one person in all rooms."""
        events = auction(Arrived(0, "", paddle=9), Arrived(17, "", paddle=17))
        self.assertEqual(
            self.accounts(("main", 1, events), ("hall", 5, events)), [("9", "17"), ("9", "17")]
        )

    def test_one_ledger(self) -> None:
        """The auctions before a list of people are those of strangers."""
        self.assertEqual(
            self.accounts(
                ("main", 1, auction(Arrived(0, "s"), Arrived(3, "b"))),
                ("main", 2, auction(Arrived(0, "", paddle=9), Arrived(3, "", paddle=3))),
            ),
            [("main/1/seller", "main/1/3"), ("9", "3")],
        )

    def test_sale(self) -> None:
        """The house sells its lots itself."""
        events: list[Event] = [
            LotAnnounced(1, 2, REQUEST, 5),
            Arrived(17, "", paddle=17),
            BiddingOpened(None),
            BidTaken(17, 20),
            Sold(17, 20, 20),
            LotAnnounced(2, 2, REQUEST, 5),
            BiddingOpened(None),
            BidTaken(17, 30),
            Sold(17, 30, 30),
        ]
        self.assertEqual(self.accounts(("main", 1, events)), [("house", "17"), ("house", "17")])

    def test_words(self) -> None:
        for account, words in [
            (Account.of(17), "Paddle 17"),
            (Account("main", 2, 3), "Buyer 3 of main/2"),
            (Account("main", 2, 0), "Seller of main/2"),
        ]:
            self.assertEqual(str(account), words)
        self.assertEqual((Account.of(17).paddle, Account("main", 2, 3).paddle), (17, None))


class ItemTests(SynchronousTestCase):
    def test_bid_for_an_absent_person(self) -> None:
        """The operator bids for a person, and no person has come."""
        events: list[Event] = [
            LotAnnounced(1, 1, VASE, 5),
            BiddingOpened(60.0),
            Raised(17, 20, None),
            Sold(17, 20, 20),
        ]
        (item,) = items_of(("main", 1, events))
        self.assertEqual(item.account(17), Account.of(17))

    def test_voided_bid(self) -> None:
        """The highest bid is the one that counts."""
        events: list[Event] = [
            LotAnnounced(1, 1, VASE, 5),
            *(Arrived(who, "b") for who in (1, 2)),
            BiddingOpened(60.0),
            Raised(1, 20, None),
            Raised(2, 30, 1),
            Voided(2, 30, 1, 20),
        ]
        (item,) = items_of(("main", 1, events))
        self.assertEqual((item.bids, item.highest_bid), (2, 20))
        (item,) = items_of(("main", 1, [*events, Voided(1, 20, None, None)]))
        self.assertEqual(item.highest_bid, 0)

    def test_outcome(self) -> None:
        events: list[Event] = [
            LotAnnounced(1, 2, REQUEST, 5),
            Arrived(1, "b"),
            BiddingOpened(None),
            Unsold(None),
            LotAnnounced(2, 2, REQUEST, 5),
        ]
        first, second = items_of(("main", 1, events))
        self.assertEqual((first.outcome, first.began, first.at), ("not sold", 1, 4))
        self.assertEqual((second.outcome, second.began, second.at), ("open", 5, 5))
