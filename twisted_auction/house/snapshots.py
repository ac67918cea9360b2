"""Snapshots: letters about an auction's present state.

A snapshot of sealed bidding counts the bids. It has one amount at most: in the snapshot of a Buyer,
its own bid.
"""

from twisted_auction.house.bid_notices import own_maximum, reserve_notice
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.open import Open
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

WELCOME_SELLER = Letter(messages.RoleSeller(), messages.AskRequest())
WELCOME_BUYER = Letter(messages.RoleBuyer(), messages.WaitingForBuyers())
WELCOME_LAST_BUYER = Letter(messages.RoleBuyer())
SEALED_START = Letter(messages.BiddingStart(), messages.AskBid())
PAUSED = Letter(messages.AuctionPaused())
ASK = Letter(messages.AskBid())
PASSED = Letter(messages.HavePassed())
YOUR_LOT = Letter(messages.YourLot())
AMOUNT_OR_PASS = Letter(messages.AmountOrPass())
SALE_OVER = Letter(messages.SaleOver())
LOT_OVER = Letter(messages.LotOver())

HOW_TO_CHANGE = Letter(
    messages.AskAnytime("type another amount to change your bid, or withdraw to take it back.")
)

MANY_SECONDS = 600
"""Seconds left in a timed auction from which a price update also tells the time in words."""


def participant_snapshot(who: int, auction: Auction, when: float) -> Letter:
    """The letter for a participant on its return: its role, and the state of the auction."""
    request = auction.request
    if who == SELLER:
        if request is None:
            return WELCOME_SELLER + pause_notice(auction)
        letter = Letter(messages.RoleSeller(), messages.RequestReceived(request.text))
        if auction.is_open and auction.phase is Phase.BIDDING:
            letter += open_start(who, auction) + price_update(auction, when)
        return letter + time_left(auction, when) + pause_notice(auction)
    if auction.phase is not Phase.BIDDING or auction.is_open:
        return buyer_welcome(who, auction, when)
    letter = _introduction(who, auction)
    if auction.is_timed:
        return letter + sealed_question(who, auction, when) + pause_notice(auction)
    if who in auction.asked:
        letter += how_to_pass(auction) + SEALED_START
    else:
        letter += _own_bid(who, auction)
    return letter + time_left(auction, when) + pause_notice(auction)


def watcher_snapshot(auction: Auction, when: float) -> Letter:
    """The letter for a Watcher on its arrival, or after lagging."""
    match auction.phase:
        case Phase.EMPTY | Phase.REQUESTING:
            if auction.lots is not None:
                return Letter(messages.SaleNotBegun())
            return Letter(messages.NothingOnSale())
        case Phase.WAITING:
            return time_of_sale(auction, when) + progress(auction)
        case Phase.ENDED:
            return sale_over(auction)
        case Phase.GATHERING:
            now_on = item(auction) + progress(auction)
            return now_on + time_left(auction, when) + pause_notice(auction)
    letter = item(auction) + Letter(messages.BiddingStart())
    letter += price_update(auction, when) if auction.is_open else progress(auction)
    return letter + time_left(auction, when) + pause_notice(auction)


def price_update(auction: Auction, when: float) -> Letter:
    """The price in open bidding, its holder and the seconds left: the same letter for everyone."""
    assert isinstance(auction.format, Open)
    seconds = auction.seconds_left(when)
    asking_price = auction.format.asking_price(auction)
    # A large number of seconds cannot be read at a glance.
    in_words = time_to_end(auction, when) if seconds >= MANY_SECONDS else EMPTY
    if auction.holder is None:
        return Letter(messages.Asking(asking_price, seconds)) + reserve_notice(auction) + in_words
    amount = auction.bids[auction.holder]
    price = Letter(messages.HighestBid(amount, auction.holder, asking_price, seconds))
    return price + reserve_notice(auction) + in_words


def buyer_welcome(who: int, auction: Auction, when: float) -> Letter:
    """The letter for a Buyer on taking a seat."""
    # Before sealed bidding on a Seller's item, the assignment fixes the words. In open and in timed
    # bidding, and in a sale, Buyers may come late and need the item, the price and the time.
    if not _is_introduced(auction):
        welcome = WELCOME_BUYER if auction.missing_buyers > 0 else WELCOME_LAST_BUYER
        return welcome + pause_notice(auction)
    if auction.phase is Phase.WAITING:
        return (
            Letter(messages.RoleBuyer(), messages.YouAre(who))
            + time_of_sale(auction, when)
            + pause_notice(auction)
        )
    welcome = _introduction(who, auction)
    if auction.phase is Phase.GATHERING:
        answers = YOUR_LOT if who == auction.owner else how_to_pass(auction)
        return welcome + answers + time_to_opening(auction, when)
    if auction.is_open:
        # Before the price, which may have fallen since the Buyer's bid was voided.
        welcome += EMPTY if who == auction.owner else open_start(who, auction)
        welcome += _voided_bid(who, auction) + own_maximum(who, auction)
        welcome += price_update(auction, when)
    elif auction.is_timed:
        return welcome + sealed_question(who, auction, when) + pause_notice(auction)
    return welcome + _own_bid(who, auction) + time_left(auction, when) + pause_notice(auction)


def goes_on(who: int | None, auction: Auction, when: float) -> Letter:
    """The end of a pause: the time left, and an open question again.

    :param who: the participant; None for a Watcher.
    """
    letter = Letter(messages.AuctionResumed())
    if auction.phase is Phase.REQUESTING and who == SELLER:
        return letter + Letter(messages.AskRequest())
    if auction.phase is Phase.GATHERING and who != SELLER:
        time = time_left if who is None else time_to_opening
        return letter + time(auction, when)
    if auction.phase is Phase.BIDDING and auction.is_open:
        return letter + price_update(auction, when)
    if who is not None and auction.is_asked(who):
        letter += ASK
    return letter + time_left(auction, when)


def pause_notice(auction: Auction) -> Letter:
    """The news of a pause, if there is one."""
    return EMPTY if auction.paused_at is None else PAUSED


def item(auction: Auction) -> Letter:
    """The item on sale and its format; in a sale, also the number of the lot."""
    request = auction.request
    assert request is not None
    told: list[messages.Message] = [messages.OnSale(request.item_name)]
    if auction.lots is not None and auction.details is not None:
        lot = auction.details
        if lot.label is not None:
            told.insert(0, messages.CatalogueNumber(lot.label))
        told.insert(0, messages.LotUp(auction.lot, auction.lots))
        if lot.description is not None:
            told.append(messages.DescriptionIs(lot.description))
        if lot.picture is not None:
            told.append(messages.PictureIs(lot.picture))
    price = auction.format.opening_price(request.lowest_price)
    told.append(messages.FormatIs(request.format, price, auction.format.description))
    if isinstance(auction.format, Open) and auction.format.buy:
        told.append(messages.BuyPrice(auction.format.buy))
    return Letter(*told)


def how_to_pass(auction: Auction) -> Letter:
    """The two answers to a sealed lot of a sale."""
    return EMPTY if auction.lots is None or auction.is_open else AMOUNT_OR_PASS


def progress(auction: Auction) -> Letter:
    """The number of Buyers present, or of sealed bids received."""
    if auction.phase is Phase.WAITING:
        return Letter(messages.BuyersPresent(len(auction.present)))
    if auction.phase is Phase.GATHERING:
        there, needed = auction.bidders, auction.needed_buyers
        if not needed:
            return Letter(messages.BuyersPresent(there))
        return Letter(messages.BuyersThere(there, needed))
    if auction.phase is Phase.BIDDING and not auction.is_open:
        if auction.is_timed:  # every Buyer may bid, and a withdrawn bid still counts here
            return Letter(messages.BidsSoFar(len(auction.has_bid)))
        received = len(auction.bids)
        return Letter(messages.BidsIn(received, received + len(auction.awaited)))
    return EMPTY


def time_to_opening(auction: Auction, when: float) -> Letter:
    """The seconds until bidding opens, if they are known."""
    if auction.paused_at is not None:
        return time_left(auction, when) + PAUSED
    if auction.missing_buyers > 0:
        return Letter(messages.WaitingForBuyers())
    if not _opens_at_known_time(auction, when):
        return EMPTY
    return Letter(messages.OpensIn(auction.seconds_left(when)))


def time_left(auction: Auction, when: float) -> Letter:
    """The seconds left that lines do not have, if they are known: until bidding opens, or to the
    end of sealed bidding. Of a timed auction, lines have the end."""
    if auction.is_timed and auction.phase is Phase.BIDDING:
        return EMPTY if auction.is_open else time_to_end(auction, when)
    if auction.phase is Phase.GATHERING:
        is_known = auction.missing_buyers <= 0 and _opens_at_known_time(auction, when)
        until = "opening"
    else:
        is_sealed = auction.phase is Phase.BIDDING and not auction.is_open
        is_known = is_sealed and auction.deadline is not None
        until = "end"
    return Letter(messages.TimeLeft(until, auction.seconds_left(when))) if is_known else EMPTY


def _opens_at_known_time(auction: Auction, when: float) -> bool:
    """True if the deadline is the instant at which bidding opens, and is still to come."""
    if auction.is_settling or auction.deadline is None:
        return False
    return auction.deadline > auction.clock(when)


def time_to_end(auction: Auction, when: float) -> Letter:
    """The time until bidding ends, in a timed auction."""
    return Letter(messages.EndsIn(auction.seconds_left(when))) if auction.is_timed else EMPTY


def sealed_question(who: int, auction: Auction, when: float) -> Letter:
    """In timed sealed bidding: the start and the question, or the state of a participant's bid;
    and the time until the end."""
    letter = time_to_end(auction, when)
    if who == SELLER:
        return letter
    if not auction.is_asked(who):
        return letter + _own_bid(who, auction) + change_of_bid(who, auction)
    return how_to_pass(auction) + letter + SEALED_START


def change_of_bid(who: int, auction: Auction) -> Letter:
    """How a Buyer can change its sealed bid, in a timed auction."""
    can_change = auction.takes_sealed_bid(who) and who in auction.bids
    return HOW_TO_CHANGE if can_change else EMPTY


def time_of_sale(auction: Auction, when: float) -> Letter:
    """In a sale with doors while no lot is up: when it begins, or how long it stays open."""
    if auction.deadline is None:
        return Letter(messages.SaleBeginsByOrder())
    seconds = auction.seconds_left(when)
    if auction.awaits_start:
        return Letter(messages.SaleBegins(seconds))
    told = messages.LotIsDone if auction.is_lone_lot else messages.LotsAreDone
    return Letter(told(seconds))


def sale_over(auction: Auction) -> Letter:
    """The end of a sale in its room. Where each lot has a room of its own, others may go on."""
    return LOT_OVER if auction.is_lone_lot else SALE_OVER


def open_start(who: int, auction: Auction) -> Letter:
    """The start of open bidding, and the lines a participant can type."""
    assert isinstance(auction.format, Open)
    return Letter(messages.BiddingStart(), messages.AskAnytime(auction.format.how(who)))


def _introduction(who: int, auction: Auction) -> Letter:
    """The role of a Buyer. In open bidding and in a sale, also its number and the item."""
    if not _is_introduced(auction):
        return WELCOME_LAST_BUYER
    return Letter(messages.RoleBuyer(), messages.YouAre(who)) + item(auction)


def _is_introduced(auction: Auction) -> bool:
    """True if Buyers are told their numbers and the item."""
    return auction.is_open or auction.is_timed or auction.lots is not None


def _voided_bid(who: int, auction: Auction) -> Letter:
    """The voided bid of a Buyer without another bid of as much."""
    amount = auction.voided.get(who, 0)
    return EMPTY if amount <= auction.bids.get(who, 0) else Letter(messages.Voided(amount, who, ""))


def _own_bid(who: int, auction: Auction) -> Letter:
    """The state of a Buyer's bid. In sealed bidding, a Buyer may have none and not be asked."""
    if who == auction.owner:
        return YOUR_LOT
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
