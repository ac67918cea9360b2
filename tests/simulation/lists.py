"""What a client is told on demand: the bids on an item, and the lots and the account of a person.

The oracle makes these lists from the ledger. An answer may show any state since its question.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tests.simulation.book import Book, Fact
from tests.simulation.persons import ANSWERED_WITHIN, Commitments
from tests.simulation.prices import Biddings

if TYPE_CHECKING:
    from tests.simulation.world import Note

LISTED = 20
"""Largest number of bids in a list."""

BID = re.compile(r"(?:Voided b|B)id: \$\d+ by Buyer \d+\.")
END_OF_BIDS = re.compile(r"Bids listed: \d+ of \d+\.")
OWN_LOT = re.compile(r"Yours: lot (\d+) in room (\S+), ([a-z]+), \$(\d+)(?:, maximum \$(\d+))? \[")
ACCOUNT = re.compile(r"Your account: (\d+) lots won, \$(\d+) due, \$(\d+) bound, ")

OwnLots = set[tuple[int, str, str, int, int]]
"""The lots of a person: the number, the room, the standing, the amount and the maximum of each."""


class Standings:
    """The standings of one person in all rooms, followed from the ledger.

    :param paddle: the number of the person in every room.
    """

    def __init__(self, book: Book, paddle: int) -> None:
        self._together = book.world.is_together
        self._paddle = paddle
        self._lots = iter(book.lots)
        self._latest: dict[str, int] = {}  # the auction of each room
        self._sales: set[int] = set()
        self._on: dict[int, tuple[int, bool]] = {}  # by auction: the number, True if it is open
        self._is_bidding: set[int] = set()
        self._bids: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self._voided: defaultdict[int, set[int]] = defaultdict(set)
        self._over: defaultdict[int, dict[int, tuple[str, int]]] = defaultdict(dict)
        self._maxima: dict[int, int] = {}  # the own ones, by auction
        self._last: dict[tuple[int, int], int] = {}  # the own last bid on each ended lot

    def follow(self, fact: Fact) -> None:
        """Follow an event."""
        auction, body = fact.auction, fact.body
        bids = self._bids[auction]
        self._latest[fact.room] = auction
        match fact.kind:
            case "SaleScheduled":
                self._sales.add(auction)
            case "RequestAccepted" | "LotAnnounced":
                if fact.kind == "LotAnnounced":
                    self._sales.add(auction)
                lot = next(self._lots)
                self._on[auction] = lot.number, lot.kind > 2
                self._is_bidding.discard(auction)
                bids.clear()
                self._voided[auction].clear()
                self._maxima.pop(auction, None)
            case "BiddingOpened":
                self._is_bidding.add(auction)
            case "Raised" | "BidTaken" | "Withdrawn":
                if fact.kind == "Withdrawn" or body.get("replaced"):
                    bids[:] = [bid for bid in bids if bid[0] != body["who"]]
                if fact.kind != "Withdrawn":
                    bids.append((body["who"], body["amount"]))
            case "Voided":
                while bids and bids[-1] != (body["holder"], body["bid"]):
                    bids.pop()
                self._voided[auction].add(body["who"])
                self._forget_maximum(fact)
            case "Expelled" | "Passed":
                self._forget_maximum(fact)
            case "MaximumSet" if body["who"] == self._paddle:
                self._maxima[auction] = body["amount"]
            case "Sold" | "Unsold" | "Cancelled" | "SaleVoided" | "LotSkipped":
                self._end(fact)
            case "LotOffered":
                self._over[auction].pop(body["lot"], None)

    def _forget_maximum(self, fact: Fact) -> None:
        if fact.body["who"] == self._paddle:
            self._maxima.pop(fact.auction, None)

    def _end(self, fact: Fact) -> None:
        auction, body, own = fact.auction, fact.body, self._own_bid(fact.auction)
        number = body.get("lot", 0)
        if fact.kind in ("Sold", "Unsold", "Cancelled"):
            number, _ = self._on.pop(auction, (0, False))
            self._is_bidding.discard(auction)
            self._last.pop((auction, number), None)
            if own is not None:
                self._last[auction, number] = own
        last = self._last.get((auction, number))
        self._over[auction].pop(number, None)
        if fact.kind == "Sold" and body["winner"] == self._paddle:
            self._over[auction][number] = "won", body["payment"]
        elif fact.kind == "SaleVoided" and body["who"] == self._paddle:
            self._over[auction][number] = "voided", 0
        elif last is not None:
            word = "cancelled" if fact.kind == "Cancelled" else "lost"
            self._over[auction][number] = word, last

    def _own_bid(self, auction: int) -> int | None:
        own = [amount for who, amount in self._bids[auction] if who == self._paddle]
        return own[-1] if own else None

    @property
    def lots(self) -> OwnLots:
        """The lots on which the person has bid."""
        told: OwnLots = set()
        for room, auction in self._latest.items():
            if auction in self._sales:
                over = self._over[auction].items()
                told |= {(self._place(room, lot), room, *standing, 0) for lot, standing in over}
            if auction in self._is_bidding:
                number, is_open = self._on[auction]
                standing = self._standing(auction, is_open)
                if standing is not None:
                    maximum = self._maxima.get(auction, 0)
                    told.add((self._place(room, number or 1), room, *standing, maximum))
        return told

    def _place(self, room: str, lot: int) -> int:
        return int(room) if self._together else lot

    def _standing(self, auction: int, is_open: bool) -> tuple[str, int] | None:
        own, bids = self._own_bid(auction), self._bids[auction]
        if own is None:
            has_had_one = self._paddle in self._voided[auction] or self._maxima.get(auction)
            return ("voided", 0) if has_had_one else None
        if not is_open:
            return "sealed", own
        return ("highest" if bids[-1][0] == self._paddle else "outbid"), own


def bids_are_listed_in_their_order(book: Book) -> Iterator[str]:
    """The answer to ``bids`` has the last bids on the item, the voided ones in their places."""
    heard: defaultdict[int, list[str]] = defaultdict(list)
    for note, stay in book.told:
        if BID.fullmatch(note.text):
            heard[note.link].append(note.text)
            continue
        listed = heard.pop(note.link, [])
        if END_OF_BIDS.fullmatch(note.text) and stay is not None and stay.place is not None:
            book.world.counts["lists of bids"] += 1
            auction, biddings = stay.place[0], Biddings(book)

            def state(biddings: Biddings = biddings, auction: int = auction) -> list[str]:
                bidding = biddings.on.get(auction)
                bids = [] if bidding is None else bidding.bids
                words = [
                    f"{'Bid' if counts else 'Voided bid'}: ${amount} by Buyer {who}."
                    for who, amount, counts in bids
                ]
                last = words[-LISTED:]
                return [*last, f"Bids listed: {len(last)} of {len(words)}."]

            if not _was_so(book, note, biddings.follow, state, [*listed, note.text]):
                yield f"{listed} is told, and {state()} holds: {note}"


def own_lots_are_told(book: Book) -> Iterator[str]:
    """The answer to ``MINE`` has each lot with a bid of the person and its standing there, and what
    the person has won, owes, and is bound for."""
    if book.world.people is None:
        return
    heard: defaultdict[int, OwnLots] = defaultdict(set)
    before: dict[int, str] = {}
    for note, _ in book.told:
        earlier, before[note.link] = before.get(note.link, ""), note.text
        if own := OWN_LOT.match(note.text):
            told = int(own[1]), own[2], own[3], int(own[4]), int(own[5] or 0)
            heard[note.link].add(told)
            continue
        listed: OwnLots = heard.pop(note.link, set())
        account = ACCOUNT.match(note.text)
        if account is None:
            continue
        book.world.counts["lists of own lots"] += bool(listed)
        paddle = book.world.links[note.link][1].paddle
        standings, commitments = Standings(book, paddle), Commitments()
        is_of_sale = earlier.startswith("Sale: ")  # the answer to SALE ends like this, too

        def follow(
            fact: Fact, standings: Standings = standings, commitments: Commitments = commitments
        ) -> None:
            standings.follow(fact)
            commitments.follow(fact)

        def state(
            paddle: int = paddle,
            standings: Standings = standings,
            commitments: Commitments = commitments,
            is_of_sale: bool = is_of_sale,
        ) -> tuple[OwnLots, tuple[int, ...]]:
            won = commitments.won(paddle)
            bound = sum(commitments.binding().get(paddle, ()))
            return set() if is_of_sale else standings.lots, (len(won), sum(won), bound)

        answer = listed, tuple(int(number) for number in account.groups())
        if not _was_so(book, note, follow, state, answer):
            yield f"{answer} is told, and {state()} holds: {note}"


def _was_so(
    book: Book,
    note: "Note",
    follow: Callable[[Fact], object],
    state: Callable[[], object],
    told: object,
) -> bool:
    """True if an answer tells a state since its question."""
    for fact in book.facts[: note.mark]:
        if fact.at >= note.when - ANSWERED_WITHIN and state() == told:
            return True
        follow(fact)
    return state() == told
