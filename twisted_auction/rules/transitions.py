"""The phases of an auction, and the table of possible events in each.

Theory of operation
-------------------

Only events change the state of an auction, so the same events always lead to the same state: on a
live server, after a restart from its ledger, in the laboratory.

Two calls do all the work. *Decide* takes a command (a connection arrives, a participant types a
line, time passes, the operator intervenes) and returns the events that follow from it, or refuses.
It changes nothing, so a caller can record the events before they happen. *Apply* changes the state
by one event. It never refuses, because an event is a fact.

A Seller's auction goes once through the phases from top to bottom::

    EMPTY       -> Arrived (the Seller)
    REQUESTING  -> RequestAccepted
    GATHERING   -> BiddingOpened, once enough Buyers are present; at once if it is timed
    BIDDING     -> Sold or Unsold
    ENDED

In a sale from a catalogue the house itself is the Seller. LotAnnounced takes the place of the first
two steps, and leads from ENDED back to GATHERING for the next lot. The Buyers stay.

A sale with doors begins at a time, or by order: it is WAITING from SaleScheduled to its first lot,
and again after LotsDone, until SaleEnded.

Cancelled ends any auction that has begun. If the Seller leaves before bidding opens, the auction is
cancelled; after that, the request binds the Seller as a bid binds a Buyer.
Stopped and Reopened change no phase: the clock of the auction stands still between them, and so it
does between Paused and Resumed. Ordered changes nothing at all: it says who gave the order behind
the next events.

:mod:`~twisted_auction.rules.arrivals`, :mod:`~twisted_auction.rules.words`,
:mod:`~twisted_auction.rules.orders` and :mod:`~twisted_auction.rules.timing` decide the events
within a phase. The auction's format decides
about bids and the winner, and :mod:`~twisted_auction.rules.maxima` adds the raises for maximum
bids.
"""

from enum import Enum

from twisted_auction.rules.events import (
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


class Phase(Enum):
    """How far an auction has come."""

    EMPTY = "nobody is there"
    WAITING = "no lot is up"
    REQUESTING = "the Seller is asked for its request"
    GATHERING = "Buyers are arriving"
    BIDDING = "bids are taken"
    ENDED = "the result is known"

    # Enum's own hash is slow, and every event looks up its transition.
    __hash__ = object.__hash__


TRANSITIONS: dict[tuple[Phase, type[Event]], Phase] = {
    (Phase.EMPTY, Arrived): Phase.REQUESTING,
    # A sale has no request: its first Buyer brings up the first lot.
    (Phase.EMPTY, LotAnnounced): Phase.GATHERING,
    # A sale with doors, before its first lot and after its last one.
    (Phase.EMPTY, SaleScheduled): Phase.WAITING,
    (Phase.WAITING, Arrived): Phase.WAITING,
    (Phase.WAITING, Left): Phase.WAITING,
    (Phase.WAITING, Spoke): Phase.WAITING,
    (Phase.WAITING, Stopped): Phase.WAITING,
    (Phase.WAITING, Reopened): Phase.WAITING,
    (Phase.WAITING, Ordered): Phase.WAITING,
    (Phase.WAITING, Paused): Phase.WAITING,
    (Phase.WAITING, Resumed): Phase.WAITING,
    (Phase.WAITING, Expelled): Phase.WAITING,
    (Phase.WAITING, Readmitted): Phase.WAITING,
    (Phase.WAITING, Announced): Phase.WAITING,
    (Phase.WAITING, StartMoved): Phase.WAITING,
    (Phase.WAITING, LotAnnounced): Phase.GATHERING,
    (Phase.WAITING, SaleEnded): Phase.ENDED,
    (Phase.REQUESTING, RequestAccepted): Phase.GATHERING,
    # The Seller leaves, and Cancelled follows.
    (Phase.REQUESTING, Left): Phase.REQUESTING,
    (Phase.REQUESTING, Ordered): Phase.REQUESTING,
    (Phase.REQUESTING, Paused): Phase.REQUESTING,
    (Phase.REQUESTING, Resumed): Phase.REQUESTING,
    (Phase.REQUESTING, Expelled): Phase.REQUESTING,
    (Phase.REQUESTING, Readmitted): Phase.REQUESTING,
    (Phase.REQUESTING, Announced): Phase.REQUESTING,
    (Phase.REQUESTING, Stopped): Phase.REQUESTING,
    (Phase.REQUESTING, Reopened): Phase.REQUESTING,
    (Phase.REQUESTING, Cancelled): Phase.ENDED,
    (Phase.GATHERING, Arrived): Phase.GATHERING,
    (Phase.GATHERING, Left): Phase.GATHERING,
    (Phase.GATHERING, Spoke): Phase.GATHERING,
    (Phase.GATHERING, Ordered): Phase.GATHERING,
    (Phase.GATHERING, Paused): Phase.GATHERING,
    (Phase.GATHERING, Resumed): Phase.GATHERING,
    (Phase.GATHERING, Expelled): Phase.GATHERING,
    (Phase.GATHERING, Readmitted): Phase.GATHERING,
    (Phase.GATHERING, Announced): Phase.GATHERING,
    (Phase.GATHERING, Stopped): Phase.GATHERING,
    (Phase.GATHERING, Reopened): Phase.GATHERING,
    (Phase.GATHERING, Cancelled): Phase.ENDED,
    (Phase.GATHERING, BiddingOpened): Phase.BIDDING,
    (Phase.BIDDING, Arrived): Phase.BIDDING,
    (Phase.BIDDING, BidTaken): Phase.BIDDING,
    (Phase.BIDDING, Withdrawn): Phase.BIDDING,
    (Phase.BIDDING, Passed): Phase.BIDDING,
    (Phase.BIDDING, Missed): Phase.BIDDING,
    (Phase.BIDDING, Spoke): Phase.BIDDING,
    (Phase.BIDDING, Raised): Phase.BIDDING,
    (Phase.BIDDING, MaximumSet): Phase.BIDDING,
    (Phase.BIDDING, MaximumLimited): Phase.BIDDING,
    (Phase.BIDDING, Extended): Phase.BIDDING,
    (Phase.BIDDING, EndMoved): Phase.BIDDING,
    (Phase.BIDDING, EndPostponed): Phase.BIDDING,
    (Phase.BIDDING, Called): Phase.BIDDING,
    (Phase.BIDDING, PriceFell): Phase.BIDDING,
    (Phase.BIDDING, Left): Phase.BIDDING,
    (Phase.BIDDING, Ordered): Phase.BIDDING,
    (Phase.BIDDING, Paused): Phase.BIDDING,
    (Phase.BIDDING, Resumed): Phase.BIDDING,
    (Phase.BIDDING, Expelled): Phase.BIDDING,
    (Phase.BIDDING, Readmitted): Phase.BIDDING,
    (Phase.BIDDING, Announced): Phase.BIDDING,
    (Phase.BIDDING, Voided): Phase.BIDDING,
    (Phase.BIDDING, Stopped): Phase.BIDDING,
    (Phase.BIDDING, Reopened): Phase.BIDDING,
    # Sold or Unsold follows at once.
    (Phase.BIDDING, BiddingClosed): Phase.BIDDING,
    (Phase.BIDDING, Sold): Phase.ENDED,
    (Phase.BIDDING, Unsold): Phase.ENDED,
    (Phase.BIDDING, Cancelled): Phase.ENDED,
    # In a sale, together with the result of the lot before.
    (Phase.ENDED, LotAnnounced): Phase.GATHERING,
    (Phase.ENDED, LotsDone): Phase.WAITING,
    (Phase.ENDED, SaleEnded): Phase.ENDED,
    # Orders on other lots.
    (Phase.WAITING, LotSkipped): Phase.WAITING,
    (Phase.WAITING, LotMoved): Phase.WAITING,
    (Phase.WAITING, LotAdded): Phase.WAITING,
    (Phase.WAITING, LotOffered): Phase.WAITING,
    (Phase.WAITING, SaleVoided): Phase.WAITING,
    (Phase.GATHERING, LotSkipped): Phase.GATHERING,
    (Phase.GATHERING, LotMoved): Phase.GATHERING,
    (Phase.GATHERING, LotAdded): Phase.GATHERING,
    (Phase.GATHERING, LotOffered): Phase.GATHERING,
    (Phase.GATHERING, SaleVoided): Phase.GATHERING,
    (Phase.BIDDING, LotSkipped): Phase.BIDDING,
    (Phase.BIDDING, LotMoved): Phase.BIDDING,
    (Phase.BIDDING, LotAdded): Phase.BIDDING,
    (Phase.BIDDING, LotOffered): Phase.BIDDING,
    (Phase.BIDDING, SaleVoided): Phase.BIDDING,
}
"""Each possible event in a phase, with the phase after it. Other events are impossible."""
