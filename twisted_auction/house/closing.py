"""The last letters of a room when its house closes."""

from twisted_auction.house.outgoing import Outgoing
from twisted_auction.house.seats import Seats
from twisted_auction.house.tickets import PassKey
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter

CLOSING = Letter(messages.AuctioneerCloses(""))


def closing_letters(auction: Auction, seats: Seats, is_durable: bool) -> Outgoing:
    """The last letters for everyone in a room.

    :param is_durable: True if the auction goes on when the house opens again.
    """
    outgoing = Outgoing()
    for seat in seats.seated.values():
        prospect = _prospect(seat.who, auction, seats, is_durable)
        outgoing.add(seat, Letter(messages.AuctioneerCloses(prospect)))
    for seat in seats.watchers:
        outgoing.add(seat, CLOSING)
    outgoing.add_last([*seats.seated.values(), *seats.watchers])
    return outgoing


def _prospect(who: int, auction: Auction, seats: Seats, is_durable: bool) -> str:
    """A sentence on the auction after the closing, for a participant."""
    if not is_durable:
        return "This auction has no result."
    key = seats.tickets.keys.get(who)
    if key is not None and (auction.terms.resume_grace > 0 or auction.needs_result(who)):
        is_person = isinstance(key, PassKey)
        return messages.PASS_IS_GOOD if is_person else messages.TICKET_IS_GOOD
    if auction.phase is Phase.BIDDING:
        return "Bids that are in count."
    return "Your seat is given up." if who != SELLER else "This auction has no result."
