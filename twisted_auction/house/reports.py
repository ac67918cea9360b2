"""The state of an auction in a few words, for lists of rooms and for the operator."""

from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.open import Open
from twisted_auction.rules.sentences import Sentence, joined
from twisted_auction.rules.transitions import Phase


def report(auction: Auction, when: float) -> Sentence:
    """The state of an auction in a few words, for lists. Sealed bids are counted, not told."""
    match auction.phase:
        case Phase.EMPTY:
            is_sale = auction.lots is not None
            return Sentence("waiting for Buyers") if is_sale else Sentence("waiting for the Seller")
        case Phase.REQUESTING:
            return Sentence("waiting for the Seller's request")
        case Phase.WAITING:
            return _report_waiting(auction, when)
        case Phase.ENDED:
            return Sentence("the sale is over")
    request = auction.request
    assert request is not None
    facts: list[str] = []
    if auction.lots is not None:
        facts.append(Sentence("lot {lot} of {lots}", lot=auction.lot, lots=auction.lots))
    if auction.details is not None and auction.details.label is not None:
        facts.append(Sentence("catalogue number {label}", label=auction.details.label))
    facts += [request.item_name, Sentence(request.format)]
    buyers = len(auction.present) - (SELLER in auction.present)
    if auction.phase is Phase.GATHERING:
        if auction.needed_buyers:
            needed = auction.needed_buyers
            facts.append(Sentence("Buyers: {there} of {needed}", there=buyers, needed=needed))
        else:
            facts.append(Sentence("Buyers: {there}", there=buyers))
        if auction.paused_at is not None:
            facts.append(Sentence("paused"))
        return joined(", ", facts)
    if auction.is_timed and not auction.is_open:
        facts.append(Sentence("bids: {bids}", bids=len(auction.has_bid)))
    elif not isinstance(auction.format, Open):
        bids, awaited = len(auction.bids), len(auction.awaited)
        facts.append(Sentence("bids: {bids}, awaited: {awaited}", bids=bids, awaited=awaited))
    elif auction.holder is None:
        price = auction.format.asking_price(auction)
        facts.append(Sentence("Buyers: {there}", there=buyers))
        facts.append(Sentence("no bid, asking price ${amount}", amount=price))
    else:
        amount = auction.bids[auction.holder]
        facts.append(Sentence("Buyers: {there}", there=buyers))
        holder = auction.holder
        facts.append(
            Sentence("highest bid ${amount} by Buyer {buyer}", amount=amount, buyer=holder)
        )
    if auction.paused_at is not None:
        facts.append(Sentence("paused"))
    if auction.deadline is not None:
        seconds = auction.seconds_left(when)
        time = "ends in {duration}" if auction.is_timed else "seconds left: {seconds}"
        facts.append(Sentence(time, seconds=seconds))
    return joined(", ", facts)


def _report_waiting(auction: Auction, when: float) -> Sentence:
    seconds = auction.seconds_left(when) if auction.deadline is not None else 0
    if not auction.awaits_start:
        time = Sentence("all lots have been up, seconds left: {seconds}", seconds=seconds)
    elif auction.deadline is None:
        time = Sentence("the sale begins by order")
    else:
        time = Sentence("the sale begins in {duration}", seconds=seconds)
    return joined(", ", (time, Sentence("Buyers: {there}", there=len(auction.present))))
