"""Who is told what: the one place where events and refusals become messages.

A sealed bid is told to nobody but the Buyer who made it (and to the Seller with the result, where
the terms of the house say so), and the payment to nobody but the Seller
and the winner. What is bid openly is for everyone to hear: that is the news.
"""

from collections.abc import Collection, Iterable
from typing import assert_never

from twisted_auction.rules import refusals
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    SELLER,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Called,
    Cancelled,
    Event,
    Extended,
    Left,
    LotAnnounced,
    Missed,
    Passed,
    PriceFell,
    Raised,
    Reopened,
    RequestAccepted,
    Sold,
    Spoke,
    Stopped,
    Unsold,
)
from twisted_auction.rules.format import MAX_TEXT
from twisted_auction.rules.open import Open
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

WELCOME_SELLER = Letter(messages.RoleSeller(), messages.AskRequest())
WELCOME_BUYER = Letter(messages.RoleBuyer(), messages.WaitingForBuyers())
WELCOME_LAST_BUYER = Letter(messages.RoleBuyer())
START = Letter(messages.BiddingStart(), messages.AskBid())
RECEIVED = Letter(messages.BidReceived())
PASSED = Letter(messages.HavePassed())
AMOUNT_OR_PASS = Letter(messages.AmountOrPass())
FINISHED = Letter(messages.AuctionFinished())
LOST = Letter(messages.YouLost())
CLOSING = Letter(messages.AuctioneerCloses(""))
SALE_OVER = Letter(messages.SaleOver())
SEAT_GIVEN_UP = Letter(messages.SeatGivenUp())
CAME_BACK = Letter(messages.CameBack())
TIME_EXTENDED = Letter(messages.TimeExtended())
GOING = {1: Letter(messages.GoingOnce()), 2: Letter(messages.GoingTwice())}


def notices(event: Event, auction: Auction, when: float) -> Collection[tuple[int, Letter]]:
    """Say who is told what about an event, apart from the news.

    :param auction: the auction as it stands right after the event.
    :param when: this instant, in seconds.
    :return: participants, in order, and the letter for each.
    """
    match event:
        case BidTaken():
            return ((event.who, RECEIVED),)
        case Passed():
            return ((event.who, PASSED),)
        case Arrived():
            if event.who == SELLER:
                return ((SELLER, WELCOME_SELLER),)
            welcome = (event.who, _welcome(event.who, auction, when))
            if auction.lots is None or auction.missing_buyers != 0:
                return (welcome,)
            return (welcome, *_new_prospect(auction, when, newcomer=event.who))
        case BiddingOpened():
            if not auction.is_open:
                return [(who, START) for who in auction.asked]
            return [(who, _floor(who, auction)) for who in auction.present]
        case RequestAccepted():
            return ((SELLER, Letter(messages.RequestReceived(event.request.text))),)
        case Raised():
            held = (event.who, Letter(messages.YouHold(event.amount)))
            if event.outbid is None:
                return (held,)
            return (held, (event.outbid, Letter(messages.Outbid(event.who, event.amount))))
        case Extended() | Called() | PriceFell() | Stopped() | Reopened() | Missed() | Spoke():
            return ()
        case BiddingClosed():
            closed = Letter(messages.BiddingClosed(event.closer))
            return [(who, closed) for who in _concerned(auction)]
        case Sold():
            return _sold(event, auction)
        case Unsold():
            public = _public(messages.NobodyBought(_item_name(auction)), auction)
            not_sold = Letter(messages.NotSold(_item_name(auction)))
            return [
                (SELLER, public + _all_bids(auction) + not_sold),
                *((who, public + LOST) for who in _bidders(auction)),
            ]
        case Cancelled():
            cancelled = Letter(messages.AuctionCancelled(event.reason))
            return [(who, cancelled) for who in _concerned(auction)]
        case LotAnnounced():
            letter = _announcement(auction) + _may_pass(auction) + _prospect(auction, when)
            return [(who, letter) for who in auction.present]
        case Left():
            if event.silent_for is None:
                if event.who == SELLER or auction.missing_buyers != 1:
                    return ()
                return _new_prospect(auction, when)
            time_up = messages.RequestTimeUp if event.who == SELLER else messages.BidTimeUp
            return ((event.who, Letter(time_up(event.silent_for))),)


NEWS = frozenset({BiddingOpened, Raised, Extended, Called, PriceFell})
"""The events that change where open bidding stands."""


def headline(event: Event) -> Letter:
    """What everyone hears before where bidding stands, one of :data:`NEWS` having happened."""
    match event:
        case Extended():
            return TIME_EXTENDED
        case Called():
            return GOING[event.times]
    return EMPTY


def standing(auction: Auction, when: float) -> Letter:
    """Where open bidding stands, for everyone to hear."""
    assert isinstance(auction.format, Open)
    seconds = auction.seconds_left(when)
    asking_price = auction.format.asking_price(auction)
    if auction.holder is None:
        return Letter(messages.Asking(asking_price, seconds))
    amount = auction.bids[auction.holder]
    return Letter(messages.HighestBid(amount, auction.holder, asking_price, seconds))


def whereabouts(who: int, auction: Auction, when: float) -> Letter:
    """What a participant hears who comes back after a cut: its role, and where things stand."""
    request = auction.request
    if who == SELLER:
        if request is None:
            return WELCOME_SELLER
        letter = Letter(messages.RoleSeller(), messages.RequestReceived(request.text))
        if auction.is_open and auction.phase is Phase.BIDDING:
            letter += _floor(who, auction) + standing(auction, when)
        return letter
    if auction.phase is not Phase.BIDDING or auction.is_open:
        return _welcome(who, auction, when)
    if who in auction.asked:
        return _introduction(who, auction) + _may_pass(auction) + START
    return _introduction(who, auction) + _own(who, auction)


def sight(event: Event, auction: Auction) -> Letter:
    """What Watchers see of an event, apart from the news of open bidding.

    :param auction: the auction as it stands right after the event.
    """
    match event:
        case RequestAccepted() | LotAnnounced():
            return _announcement(auction) + _count(auction)
        case Arrived() | Left() | BidTaken() | Passed():
            return _count(auction)
        case BiddingOpened():
            return Letter(messages.BiddingStart()) + _count(auction)
        case BiddingClosed():
            return Letter(messages.BiddingClosed(event.closer))
        case Sold():
            return _public(
                messages.SoldTo(_item_name(auction), event.winner, event.payment), auction
            )
        case Unsold():
            return _public(messages.NobodyBought(_item_name(auction)), auction)
        case Cancelled():
            return Letter(messages.AuctionCancelled(event.reason))
    return EMPTY


def scene(auction: Auction, when: float) -> Letter:
    """What a Watcher sees on coming, or on catching up."""
    match auction.phase:
        case Phase.EMPTY | Phase.REQUESTING:
            if auction.lots is not None:
                return Letter(messages.SaleNotBegun())
            return Letter(messages.NothingOnSale())
        case Phase.ENDED:
            return SALE_OVER
        case Phase.GATHERING:
            return _announcement(auction) + _count(auction)
    start = _announcement(auction) + Letter(messages.BiddingStart())
    return start + (standing(auction, when) if auction.is_open else _count(auction))


def retold(letter: Letter, auction: Auction) -> Letter:
    """The result of a lot, for a participant that hears those of several lots."""
    if auction.lots is None:
        return letter
    return Letter(messages.ResultOf(auction.lot, auction.lots)) + letter


def closing(who: int, auction: Auction, is_kept: bool, has_ticket: bool) -> Letter:
    """What a participant hears when the house closes.

    :param is_kept: whether a ledger will know of the auction when the house opens again.
    :param has_ticket: whether this one can come back then.
    """
    if is_kept and has_ticket:
        prospect = messages.TICKET_IS_GOOD
    elif is_kept and auction.phase is Phase.BIDDING:
        prospect = "Bids that are in count."
    elif is_kept and who != SELLER:
        prospect = "Your seat is given up."
    else:
        prospect = "This auction has no result."
    return Letter(messages.AuctioneerCloses(prospect))


def refused(
    refusal: refusals.Refusal, who: int | None = None, auction: Auction | None = None
) -> Letter:
    """What the one who was refused is told.

    :param who: the participant, if it is one.
    :param auction: the one that it takes part in.
    """
    if isinstance(refusal, refusals.ParticipantRefusal):
        return _refused_by_rules(refusal)
    return _refused_by_format(refusal, who, auction)


def _refused_by_rules(refusal: refusals.ParticipantRefusal) -> Letter:
    """A refusal that every format has, in the house's words."""
    match refusal:
        case refusals.Busy():
            return Letter(messages.ServerBusy())
        case refusals.Ongoing():
            return Letter(messages.BiddingOngoing())
        case refusals.SaleOver():
            return SALE_OVER
        case refusals.InvalidRequest():
            return Letter(messages.RequestRefused(refusal.reason), messages.AskRequest())
        case refusals.RequestAlreadyIn():
            return Letter(messages.RequestAlreadyIn())
        case refusals.InvalidBid():
            return Letter(messages.BidRefused(refusal.reason), messages.AskBid())
        case refusals.BiddingNotOpen():
            return Letter(messages.BiddingNotOpen())
        case refusals.HasPassed():
            return PASSED
        case refusals.BidAlreadyIn():
            return Letter(messages.BidAlreadyIn())
        case refusals.BidTooLow():
            return Letter(messages.BidTooLow(refusal.least))
        case refusals.BidTooHigh():
            return Letter(messages.BidTooHigh(refusal.most))
        case refusals.BidTooSoon():
            return Letter(messages.BidTooSoon(refusal.seconds))
        case refusals.RepeatBid():
            return Letter(messages.RepeatBid(refusal.amount))
        case refusals.NotUnderstood():
            return Letter(messages.NotUnderstood(), messages.AskAnytime(refusal.how))
        case _:
            assert_never(refusal)


def _refused_by_format(
    refusal: refusals.Refusal, who: int | None, auction: Auction | None
) -> Letter:
    """A format's own refusal, in its own words, and the question again."""
    text = " ".join(str(refusal).split())
    letter = Letter(messages.NotAccepted("".join(filter(str.isprintable, text))[:MAX_TEXT]))
    if who is None or auction is None or auction.phase is not Phase.BIDDING:
        return letter
    if isinstance(auction.format, Open):
        return letter + Letter(messages.AskAnytime(auction.format.how(who)))
    return letter + (Letter(messages.AskBid()) if who in auction.asked else EMPTY)


def report(auction: Auction, when: float) -> str:
    """Say in a few words how far an auction is. Sealed bids are counted, not told."""
    match auction.phase:
        case Phase.EMPTY:
            return "waiting for the Seller" if auction.lots is None else "waiting for Buyers"
        case Phase.REQUESTING:
            return "waiting for the Seller's request"
        case Phase.ENDED:
            return "the sale is over"
    request = auction.request
    assert request is not None
    facts = [] if auction.lots is None else [f"lot {auction.lot} of {auction.lots}"]
    facts += [request.item_name, request.format]
    buyers = len(auction.present) - (SELLER in auction.present)
    if auction.phase is Phase.GATHERING:
        facts.append(f"Buyers: {buyers} of {request.number_of_bids}")
        return ", ".join(facts)
    if not isinstance(auction.format, Open):
        facts.append(f"bids: {len(auction.bids)}, awaited: {len(auction.awaited)}")
    elif auction.holder is None:
        price = auction.format.asking_price(auction)
        facts.append(f"Buyers: {buyers}, no bid, asking price ${price}")
    else:
        amount = auction.bids[auction.holder]
        facts.append(f"Buyers: {buyers}, highest bid ${amount} by Buyer {auction.holder}")
    if auction.deadline is not None:
        facts.append(f"seconds left: {auction.seconds_left(when)}")
    return ", ".join(facts)


def _welcome(who: int, auction: Auction, when: float) -> Letter:
    """What a Buyer hears on arrival, also when it takes its seat again.

    Before a Seller's sealed bidding that is the assignment's words and no more. Elsewhere it is
    everything that a latecomer needs.
    """
    if not auction.is_open and auction.lots is None:
        return WELCOME_BUYER if auction.missing_buyers > 0 else WELCOME_LAST_BUYER
    welcome = _introduction(who, auction)
    if auction.phase is Phase.GATHERING:
        return welcome + _may_pass(auction) + _prospect(auction, when)
    if auction.is_open:
        return welcome + _floor(who, auction) + standing(auction, when) + _own(who, auction)
    return welcome + _own(who, auction)


def _introduction(who: int, auction: Auction) -> Letter:
    """A Buyer's role, and where Buyers hear of one another or of lots, all that goes with it."""
    if not auction.is_open and auction.lots is None:
        return WELCOME_LAST_BUYER
    return Letter(messages.RoleBuyer(), messages.YouAre(who)) + _announcement(auction)


def _announcement(auction: Auction) -> Letter:
    """What is sold, and how."""
    request = auction.request
    assert request is not None
    lot = [] if auction.lots is None else [messages.LotUp(auction.lot, auction.lots)]
    price = auction.format.opening_price(request.lowest_price)
    form = messages.FormatIs(request.format, price, auction.format.description)
    return Letter(*lot, messages.OnSale(request.item_name), form)


def _may_pass(auction: Auction) -> Letter:
    """In a sale, how a Buyer answers a sealed lot that it is asked about."""
    return EMPTY if auction.lots is None or auction.is_open else AMOUNT_OR_PASS


def _count(auction: Auction) -> Letter:
    """How many have come, or have made their sealed bids."""
    if auction.phase is Phase.GATHERING:
        assert auction.request is not None
        needed = auction.request.number_of_bids
        return Letter(messages.BuyersThere(needed - auction.missing_buyers, needed))
    if auction.phase is Phase.BIDDING and not auction.is_open:
        received = len(auction.bids)
        return Letter(messages.BidsIn(received, received + len(auction.awaited)))
    return EMPTY


def _prospect(auction: Auction, when: float) -> Letter:
    """When bidding opens, as far as that can be said."""
    if auction.missing_buyers > 0:
        return Letter(messages.WaitingForBuyers())
    if auction.is_settling or auction.deadline is None or auction.deadline <= when:
        return EMPTY
    return Letter(messages.OpensIn(auction.seconds_left(when)))


def _new_prospect(
    auction: Auction, when: float, newcomer: int | None = None
) -> Collection[tuple[int, Letter]]:
    """Tell the Buyers that the opening has changed: in a sale, the last Buyer that a lot needs has
    come; or a Buyer that is needed has left, in a Seller's auction in the settling time."""
    if auction.phase is not Phase.GATHERING:
        return ()
    prospect = _prospect(auction, when)
    return [(who, prospect) for who in auction.present if who not in (SELLER, newcomer)]


def _floor(who: int, auction: Auction) -> Letter:
    """In open bidding, what a participant may say."""
    assert isinstance(auction.format, Open)
    return Letter(messages.BiddingStart(), messages.AskAnytime(auction.format.how(who)))


def _own(who: int, auction: Auction) -> Letter:
    """While bids are taken, what has become of a Buyer's bid; in sealed bidding, also where it has
    made none and is not asked for one."""
    amount = auction.binding_bid(who)
    if amount is not None:
        return Letter(messages.BidStands(amount))
    if who in auction.passed:
        return PASSED
    if not auction.is_open:
        return Letter(messages.WaitForNextLot())
    if who not in auction.bids or auction.holder is None:
        return EMPTY
    return Letter(messages.Outbid(auction.holder, auction.bids[auction.holder]))


def _sold(sold: Sold, auction: Auction) -> Collection[tuple[int, Letter]]:
    name = _item_name(auction)
    public = _public(messages.SoldTo(name, sold.winner, sold.payment), auction)
    letters = dict.fromkeys(_bidders(auction), public + LOST)
    for who, amount in sold.dues:
        letters[who] = public + Letter(messages.PaymentDue(amount)) + LOST
    letters[sold.winner] = public + Letter(messages.YouWon(name, sold.payment))
    letters[SELLER] = public + _all_bids(auction) + Letter(messages.SoldFor(name, sold.payment))
    return letters.items()


def _all_bids(auction: Auction) -> Letter:
    """Every bid, in the order of arrival, for the Seller alone, if this house tells it."""
    if not auction.terms.tell_seller_bids:
        return EMPTY
    return Letter(*(messages.BuyerBid(*bid) for bid in auction.bids.items()))


def _public(result: messages.Message, auction: Auction) -> Letter:
    """What all who took part hear first: after open bidding, the whole result."""
    return FINISHED + Letter(result) if auction.is_open else FINISHED


def _concerned(auction: Auction) -> Iterable[int]:
    """Those who are there, and Buyers that have bid and left."""
    return {**auction.present, **auction.bids}


def _bidders(auction: Auction) -> Iterable[int]:
    """The Buyers who take part, or took part before they left: in a sale, some may be waiting for
    the next lot."""
    were_asked = {**auction.bids, **auction.passed, **auction.asked}
    return [
        who
        for who in _concerned(auction)
        if who != SELLER and (auction.is_open or who in were_asked)
    ]


def _item_name(auction: Auction) -> str:
    assert auction.request is not None
    return auction.request.item_name
