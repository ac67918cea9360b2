"""The state of an auction."""

from collections.abc import Sequence
from math import ceil

from twisted_auction.rules.events import SELLER, Ordered, Raised
from twisted_auction.rules.format import Format
from twisted_auction.rules.formats import Unregistered, format_of
from twisted_auction.rules.maxima import Maxima, Standing
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.rules.sale import Sale
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase

_NO_FORMAT: Format = Unregistered.named("?")
"""Stands in until there is a request."""


class AuctionState:
    """One auction, or a sale of many lots, between two events. Only events change it
    (:func:`~twisted_auction.rules.evolution.evolve`).

    :param catalogue: the lots of a sale, with the house itself as the Seller; None for an auction
        requested by a Seller.

    :ivar phase: how far the auction has come.
    :ivar request: the current request; None before a Seller's request, or the first lot.
    :ivar format: the format of the request; without a request, one that refuses all bids.
    :ivar is_open: True if all participants are told the bids.
    :ivar lots: the number of lots in the sale; None without a catalogue.
    :ivar lot: the number of the lot, from 1; 0 before the first one and without a catalogue.
    :ivar details: the lot itself, or None.
    :ivar sale: the other lots of the sale; None without one.
    :ivar present: the participants who are connected, in the order of arrival.
    :ivar asked: the Buyers asked for a sealed bid, without those who have answered.
    :ivar awaited: the Buyers of :attr:`asked` for whom the result waits. In a sale, Buyers who
        missed a lot are left out, unless no others are left.
    :ivar passed: the Buyers who have declined the lot.
    :ivar has_bid: in a timed sealed auction, the Buyers who have bid, also if they have withdrawn
        their bids. Others are told their number alone.
    :ivar silent: the Buyers who have missed a lot of the sale, and have typed nothing since.
    :ivar bids: the latest bid of each Buyer in whole dollars, in the order of the bids.
    :ivar holder: in open bidding, the Buyer with the highest bid so far.
    :ivar open_bids: the Buyer and the amount of all open bids without the voided ones, in their
        order. A voided bid needs the ones before it. A bid costs about 100 bytes.
    :ivar voided: the last voided bid of each Buyer, in whole dollars.
    :ivar voided_bids: the bids taken off :attr:`open_bids`, in their order: the number of those
        left there that were made before, its Buyer and its amount.
    :ivar maxima: the maximum bids of Buyers, kept by the server, the earliest at the front.
    :ivar unanswered: the last event, if it is a raise open to answers of maxima.
    :ivar ticketless: the Buyers who cannot come back after they have left: without a ticket, and
        without a paddle.
    :ivar price: whole dollars, the last price called: the opening price, or the price on a Dutch
        clock; 0 before bidding opens.
    :ivar is_timed: True if the auction ends at a time of day.
    :ivar ends_at: the promised end of a timed auction; None once a late bid has moved the end.
    :ivar latest_at: the instant beyond which no late bid moves the end of a timed auction, or None.
    :ivar end_shift: seconds between the time of day in the request and the promised end: what
        pauses and orders have added.
    :ivar calls: number of "going" calls since the deadline last moved.
    :ivar deadline: the end of the current time limit, or None.
    :ivar gathered_by: the end of the time for enough Buyers to arrive, or None.
    :ivar seller_paddle: the paddle of the Seller; None without a list of people.
    :ivar has_strangers: True if a participant has come without a paddle: then none has limits.
    :ivar last_arrival: the highest participant number so far.
    :ivar paused_at: the instant at which the auction was paused; None if it is not.
    :ivar expelled: the participants without permission to come again.
    :ivar order: the last order of the operator, or None.
    :ivar is_stopped: True while the house is closed and the auction's clock stands still.
    :ivar wake_at: the instant when :class:`~twisted_auction.rules.commands.Wake` is due, or None.
    :ivar fault: an exception of the format while an event changes
        the state. Such an auction cannot go on: a
        wake is due at once, and raises the exception.
    """

    __slots__ = (
        "asked",
        "awaited",
        "bids",
        "calls",
        "catalogue",
        "deadline",
        "details",
        "end_shift",
        "ends_at",
        "expelled",
        "fault",
        "format",
        "gathered_by",
        "has_bid",
        "has_strangers",
        "holder",
        "is_open",
        "is_stopped",
        "is_timed",
        "last_arrival",
        "latest_at",
        "lot",
        "lots",
        "maxima",
        "open_bids",
        "order",
        "passed",
        "paused_at",
        "phase",
        "present",
        "price",
        "request",
        "sale",
        "seller_paddle",
        "silent",
        "terms",
        "ticketless",
        "unanswered",
        "voided",
        "voided_bids",
        "wake_at",
    )

    def __init__(self, terms: Terms, catalogue: Sequence[Lot] | None = None) -> None:
        self.terms = terms
        self.catalogue = catalogue
        self.lots: int | None = None
        self.sale: Sale | None = None
        if catalogue is not None:
            self.begin_sale(len(catalogue))
        self.seller_paddle: int | None = None
        self.has_strangers = False
        self.last_arrival = SELLER
        self.phase = Phase.EMPTY
        self.lot = 0
        # A dict with values None is used as an ordered set, here and below.
        self.present: dict[int, None] = {}
        self.silent: dict[int, None] = {}
        self.deadline: float | None = None
        self.is_stopped = False
        self.paused_at: float | None = None
        self.expelled: dict[int, None] = {}
        self.ticketless: dict[int, None] = {}
        self.order: Ordered | None = None
        self.wake_at: float | None = None
        self.request: AuctionRequest | None = None
        self.set_request(None)

    def set_request(self, request: AuctionRequest | None) -> None:
        """Set the request, or the lot's, and reset all state of the one before."""
        self.fault: Exception | None = None
        self.details: Lot | None = None
        if request is None:
            self.format = _NO_FORMAT
        # The laboratory sells the same request many times, so its format is built only once.
        elif request is not self.request or self.format is _NO_FORMAT:
            self._build_format(request)
        self.request = request
        self.gathered_by: float | None = None
        self.is_timed = request is not None and request.end is not None
        self.ends_at: float | None = None
        self.latest_at: float | None = None
        self.end_shift = 0.0
        self.has_bid: dict[int, None] = {}
        self.is_open = self.format.is_open
        self.asked: dict[int, None] = {}
        self.awaited: dict[int, None] = {}
        self.passed: dict[int, None] = {}
        self.bids: dict[int, int] = {}
        self.holder: int | None = None
        self.open_bids: list[tuple[int, int]] = []
        self.voided: dict[int, int] = {}
        self.voided_bids: list[tuple[int, int, int]] = []
        self.maxima: Maxima = {}
        self.unanswered: Raised | None = None
        self.price = 0
        self.calls = 0

    @property
    def is_lone_lot(self) -> bool:
        """True for the sale of one timed lot, as where each lot has a room of its own."""
        if self.sale is None or self.lots != 1:
            return False
        lot = self.sale.known.get(1) or (self.catalogue[0] if self.catalogue else None)
        return lot is not None and lot.request.end is not None

    def begin_sale(self, lots: int) -> Sale:
        """Begin a sale: with its catalogue, or in a replay with its first event."""
        self.lots = lots
        self.sale = Sale.of(lots)
        return self.sale

    def _build_format(self, request: AuctionRequest) -> None:
        try:
            self.format = format_of(request)
        except Exception as fault:  # it was built once before, to check the request
            self.format = _NO_FORMAT
            self.fault = fault

    @property
    def lowest_price(self) -> int:
        """The Seller's reserve, in whole dollars: no sale below it."""
        assert self.request is not None
        return self.request.lowest_price

    @property
    def missing_buyers(self) -> int:
        """Number of Buyers still to come before bidding opens; negative if there are more."""
        return self.needed_buyers - self.bidders

    @property
    def needed_buyers(self) -> int:
        """Number of Buyers who must be present before bidding opens."""
        assert self.request is not None
        waits_for_none = self.is_timed or (self.sale is not None and self.sale.has_doors)
        return 0 if waits_for_none else self.request.number_of_bids

    @property
    def bidders(self) -> int:
        """Number of Buyers present who can bid on the item."""
        return len(self.present) - (SELLER in self.present) - (self.owner in self.present)

    @property
    def awaits_start(self) -> bool:
        """True if a sale with doors has not begun."""
        return self.phase is Phase.WAITING and self.lot == 0

    @property
    def owner(self) -> int | None:
        """The Buyer whose item the lot of a sale is; None if the catalogue does not say it. It
        cannot bid on this lot."""
        return None if self.details is None else self.details.seller

    def sells(self, who: int) -> bool:
        """True if the item is that of a Buyer, or of the person with this paddle, who cannot bid on
        it."""
        return who == self.owner or who == self.seller_paddle

    def is_asked(self, who: int) -> bool:
        """True if a Buyer is asked for its sealed bid: it can bid, and has not answered."""
        if not self.is_timed:
            return who in self.asked
        return self.takes_sealed_bid(who) and who not in self.bids and who not in self.passed

    def takes_sealed_bid(self, who: int) -> bool:
        """True if a participant can bid in a timed sealed auction, or change its bid."""
        if self.phase is not Phase.BIDDING or not self.is_timed or self.is_open:
            return False
        return who != SELLER and who in self.present and not self.sells(who)

    def binding_bid(self, who: int) -> int | None:
        """The bid that binds a Buyer now, in whole dollars: its sealed bid, or in open bidding the
        highest bid. None if no bid binds the Buyer."""
        if self.phase is not Phase.BIDDING or (self.is_open and who != self.holder):
            return None
        return self.bids.get(who)

    @property
    def standing(self) -> Standing:
        """The highest bid and the maxima, to look ahead."""
        bid = 0 if self.holder is None else self.bids[self.holder]
        return Standing(self.holder, bid, dict(self.maxima), self.unanswered)

    def needs_result(self, who: int) -> bool:
        """True if a participant must be told the result even after it has left: a Buyer bound by a
        bid, or the Seller once bidding has opened."""
        if who == SELLER:
            return self.phase is Phase.BIDDING and self.lots is None
        return self.binding_bid(who) is not None

    @property
    def is_settling(self) -> bool:
        """True if enough Buyers are present, and a Seller's auction opens after the settling time.
        (A sale has the pause before a lot instead.)"""
        if self.phase is not Phase.GATHERING or self.lots is not None:
            return False
        return self.missing_buyers <= 0

    def clock(self, when: float) -> float:
        """The auction's own time at an instant: it stands still while the auction is paused."""
        return when if self.paused_at is None else self.paused_at

    def seconds_left(self, when: float) -> int:
        """Seconds to the :attr:`deadline`, rounded up."""
        assert self.deadline is not None
        # Sums of floats are off by tiny amounts, which must not count as a second.
        return max(0, ceil(round(self.deadline - self.clock(when), 3)))

    def stop_asking(self, who: int) -> None:
        """Note that a Buyer has answered, or has left."""
        self.asked.pop(who, None)
        self.awaited.pop(who, None)
