"""How events change the state of an auction."""

from math import inf, isfinite
from operator import itemgetter

from twisted_auction.rules.events import (
    SELLER,
    Announced,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Called,
    Cancelled,
    EndMoved,
    EndPostponed,
    Event,
    Expelled,
    Extended,
    Left,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotsDone,
    LotSkipped,
    MaximumLimited,
    MaximumSet,
    Missed,
    Ordered,
    Passed,
    Paused,
    PriceFell,
    Raised,
    Readmitted,
    Reopened,
    RequestAccepted,
    Resumed,
    SaleEnded,
    SaleScheduled,
    SaleVoided,
    Sold,
    Spoke,
    StartMoved,
    Stopped,
    Unsold,
    Voided,
    Withdrawn,
)
from twisted_auction.rules.format import AMOUNTS
from twisted_auction.rules.maxima import follow
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.transitions import TRANSITIONS, Phase


def evolve(state: AuctionState, event: Event) -> None:
    """Change the state by an event. This never refuses, because the event has happened."""
    state.phase = TRANSITIONS[state.phase, type(event)]
    if state.unanswered is not None and type(event) is not MaximumLimited:
        state.unanswered = None
    # The events of every auction come first, because each case costs time. Patterns that capture
    # fields are several times slower.
    match event:
        case BidTaken():
            if state.is_timed:
                # Removed first: a changed bid has the place of the change in a tie.
                state.bids.pop(event.who, None)
                state.passed.pop(event.who, None)
                state.has_bid[event.who] = None
            state.bids[event.who] = event.amount
            state.stop_asking(event.who)
        case Raised():
            # Removed first, so that the dict stays in the order of the bids.
            state.bids.pop(event.who, None)
            state.bids[event.who] = event.amount
            state.open_bids.append((event.who, event.amount))
            state.passed.pop(event.who, None)
            state.holder = event.who
            state.unanswered = event
        case Arrived():
            if event.who > state.last_arrival:
                state.last_arrival = event.who
            state.present[event.who] = None
            if event.paddle is None:
                state.has_strangers = True
                if event.ticket_digest is None:
                    state.ticketless[event.who] = None
            if event.who == SELLER:
                state.seller_paddle = event.paddle
            if event.deadline is not None:
                state.deadline = event.deadline
        case Left():
            del state.present[event.who]
            is_gathering = state.phase is Phase.GATHERING and state.lots is None
            if is_gathering and state.missing_buyers > 0:
                # Settling starts again with the next Buyer.
                state.deadline = state.gathered_by
            state.silent.pop(event.who, None)
            state.stop_asking(event.who)
            # Others keep their maxima: they can come back.
            if event.who in state.ticketless:
                del state.ticketless[event.who]
                state.maxima.pop(event.who, None)
            # If nobody has answered and only silent Buyers are left, wait for them.
            if not (state.awaited or state.bids or state.passed):
                state.awaited = state.asked.copy()
        case RequestAccepted():
            state.set_request(event.request)
            state.ends_at, state.latest_at = event.ends_at, event.latest_at
            state.deadline = state.gathered_by = event.deadline
        case LotAnnounced():
            state.set_request(event.request)
            state.ends_at, state.latest_at = event.ends_at, event.latest_at
            state.details = lot = event.details
            state.lot = event.lot
            sale = state.sale or state.begin_sale(event.lots)
            sale.announce(event.lot, lot)
            state.deadline = event.opens_at
        case BiddingOpened():
            assert state.request is not None
            # In a sale, the result waits for silent Buyers only if no others are there.
            if not (state.is_open or state.is_timed):
                selling = (SELLER, state.owner)
                state.asked = dict.fromkeys(who for who in state.present if who not in selling)
                awaited = dict.fromkeys(who for who in state.asked if who not in state.silent)
                state.awaited = awaited or state.asked.copy()
            # A format may come from another package. Its exception must not prevent this
            # event, which is in the ledger already. The auction ends with the next wake.
            try:
                state.price = state.format.opening_price(state.request.lowest_price)
                if type(state.price) is not int or state.price not in AMOUNTS:
                    raise ValueError(f"{state.price} is no price")
            except Exception as fault:
                state.fault = fault
            state.gathered_by = None
            state.deadline = event.deadline
        case Sold() | Unsold() | Cancelled():
            state.deadline = None
            if state.sale is not None and state.lot:
                state.sale.end(state.lot, event)
                state.sale.bids[state.lot] = state.bids
        case MaximumSet() | MaximumLimited():
            follow(state.maxima, event, state.holder)
        case Extended():
            state.deadline = event.deadline
            state.ends_at = None  # from now on, seconds count
            state.calls = 0
        case Withdrawn():
            del state.bids[event.who]
        case Passed():
            state.passed[event.who] = None
            state.stop_asking(event.who)
            follow(state.maxima, event, state.holder)
        case Missed():
            state.silent[event.who] = None
            state.awaited.pop(event.who, None)
        case Spoke():
            state.silent.pop(event.who, None)
            if event.who in state.asked:
                state.awaited[event.who] = None
        case EndMoved():
            _move_end(state, event.ends_at)
        case EndPostponed():
            assert state.ends_at is not None
            state.end_shift += event.ends_at - state.ends_at
            _move_end(state, event.ends_at)
        case Stopped():
            state.is_stopped = True
        case Reopened():
            state.is_stopped = False
            if state.phase is Phase.BIDDING and state.ends_at is not None:
                assert event.deadline is not None
                _move_end(state, event.deadline)
            # All times move by the seconds for which the house was closed.
            if state.deadline is not None:
                assert event.deadline is not None
                seconds = event.deadline - state.deadline
                _postpone(state, seconds)
                if state.phase is Phase.BIDDING and state.latest_at is not None:
                    state.latest_at += seconds
            state.deadline = event.deadline
        case Called():
            state.calls = event.times
        case PriceFell():
            state.price = event.price
            state.deadline = event.deadline
        case Voided():
            follow(state.maxima, event, state.holder)
            _void(state, event)
        case Paused():
            state.paused_at = event.at
        case Resumed():
            assert state.paused_at is not None
            seconds = event.at - state.paused_at
            _postpone(state, seconds)
            if state.ends_at is not None:
                state.ends_at += seconds
                state.end_shift += seconds
            if state.latest_at is not None:
                state.latest_at += seconds
            state.paused_at = None
        case Expelled():
            state.expelled[event.who] = None
            follow(state.maxima, event, state.holder)
        case Readmitted():
            state.expelled.pop(event.who, None)
        case Ordered():
            state.order = event
            return  # before a format is asked: a faulty one must not prevent a cancellation
        case SaleScheduled():
            sale = state.sale or state.begin_sale(event.lots)
            sale.has_doors = True
            state.deadline = event.starts_at
        case StartMoved():
            state.deadline = event.starts_at
        case LotsDone():
            state.set_request(None)
            state.deadline = event.closes_at
        case SaleEnded():
            state.deadline = None
        case LotSkipped() | LotMoved() | LotAdded() | LotOffered() | SaleVoided():
            _rearrange(state, event)
        case BiddingClosed() | Announced():
            pass
    # Computed once per event, because it is read several times per line.
    if state.is_stopped or state.paused_at is not None:
        state.wake_at = None
    elif state.phase is Phase.BIDDING:
        try:
            state.wake_at = state.format.wake_at(state)
            if state.wake_at is not None and not isfinite(state.wake_at):
                raise ValueError(f"{state.wake_at} is no instant")
        except Exception as fault:
            state.fault = fault
        if state.fault is not None:
            state.wake_at = -inf
    elif state.phase is Phase.GATHERING and state.lots is not None and state.missing_buyers > 0:
        state.wake_at = None  # in a sale, the last Buyer's arrival opens the bidding
    else:
        state.wake_at = state.deadline


def _rearrange(
    state: AuctionState, event: LotSkipped | LotMoved | LotAdded | LotOffered | SaleVoided
) -> None:
    sale = state.sale
    assert sale is not None and state.lots is not None
    match event:
        case LotSkipped():
            sale.skip(event)
        case LotMoved(lot, before):
            sale.move(lot, before)
        case LotAdded():
            state.lots = event.lot
            sale.add(event)
        case LotOffered():
            sale.offer(event)
        case SaleVoided(lot):
            sale.end(lot, event)


def _postpone(state: AuctionState, seconds: float) -> None:
    """Move the ends of all current times."""
    if state.deadline is not None:
        state.deadline += seconds
    if state.gathered_by is not None:
        state.gathered_by += seconds


def _move_end(state: AuctionState, ends_at: float) -> None:
    """Move the promised end of a timed auction, during its bidding."""
    assert state.ends_at is not None
    if state.latest_at is not None:
        state.latest_at += ends_at - state.ends_at
    state.ends_at = state.deadline = ends_at
    state.calls = 0


def _void(state: AuctionState, voided: Voided) -> None:
    """Forget the highest bid, and all bids down to the new highest one."""
    bids = state.open_bids
    kept = len(bids)
    while kept and bids[kept - 1] != (voided.holder, voided.bid):
        kept -= 1
    # A later bid takes the first of their places, and comes after all of them.
    gone = [(place, 1, *bid) for place, bid in enumerate(bids[kept:], kept)]
    gone += [(place, 0, who, amount) for place, who, amount in state.voided_bids if place > kept]
    state.voided_bids = [each for each in state.voided_bids if each[0] <= kept]
    gone.sort(key=itemgetter(0, 1))
    state.voided_bids += [(kept, who, amount) for _, _, who, amount in gone]
    del bids[kept:]
    state.bids = {}
    for who, amount in bids:
        state.bids.pop(who, None)
        state.bids[who] = amount
    state.voided[voided.who] = voided.amount
    state.holder = voided.holder
    state.calls = 0
