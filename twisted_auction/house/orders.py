"""The operator's orders inside a room."""

from collections.abc import Sequence
from dataclasses import replace

from twisted_auction.house.people import Role
from twisted_auction.house.refusal_notices import refusal_letter
from twisted_auction.house.runner import AuctionRunner
from twisted_auction.rules.allowance import Allowance
from twisted_auction.rules.amounts import in_seconds, in_words
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import (
    OPERATOR,
    Action,
    Add,
    Again,
    Bid,
    Cancel,
    Close,
    Expel,
    Extend,
    GoOn,
    Move,
    MoveStart,
    Open,
    Order,
    Pause,
    Readmit,
    Schedule,
    Skip,
    Start,
    Tell,
    Void,
    VoidSale,
)
from twisted_auction.rules.events import (
    SELLER,
    Cancelled,
    Event,
    Extended,
    LotAdded,
    LotMoved,
    LotOffered,
    LotSkipped,
    Raised,
    SaleEnded,
    SaleVoided,
    Voided,
)
from twisted_auction.rules.refusals import AboveLimit, OrderRefused, Refusal
from twisted_auction.rules.stages import lot_name


class Orders:
    """Gives the orders of the operator to the auction of one room.

    :param runner: the runner of the room.
    """

    __slots__ = ("_runner",)

    def __init__(self, runner: AuctionRunner) -> None:
        self._runner = runner

    def give(self, action: Action, actor: str = OPERATOR, reason: str = "") -> str:
        """Carry out an order.

        :param actor: who gives it, for the ledger.
        :param reason: one sentence for all participants to read; empty for none.
        :return: its effect, for the operator to read: one sentence with a small letter.
        :raises OrderRefused: if it is not possible now; the text says why.
        """
        when = self._runner.pass_time()
        action = self._completed(action)
        try:
            events = self._runner.decide(Order(action, actor, reason), when)
        except OrderRefused:
            raise
        except Refusal as refusal:
            assert isinstance(action, Bid)
            if isinstance(refusal, AboveLimit):  # its sum could tell sealed bids elsewhere
                limit = f"its limit of ${refusal.limit}"
                raise OrderRefused(f"{_name(action.who)} would be above {limit}.") from None
            words = refusal_letter(refusal).messages[0]
            raise OrderRefused(f"{_name(action.who)} would read: {words}") from None
        happened = self._runner.publish(events, when)
        # Without events, the format has failed on the order, or else on an event of its effect.
        if not events or happened != list(events):
            raise OrderRefused("its format fails, and it is cancelled.")
        return _effect(action, events, self._runner.auction, when)

    def _completed(self, action: Action) -> Action:
        """The action, with what the house knows of the persons that it is about: the limits of the
        Buyers whose bids it can make count, and whether they need be there.

        :raises OrderRefused: if a list of people does not let the Buyer bid here.
        """
        runner = self._runner
        match action:
            case Bid(who):
                may_bid = self._may_bid(who)
                if runner.commitments.people is not None and not may_bid:
                    raise OrderRefused(f"{_name(who)} is not there.")
                allowance = runner.commitments.allowance(who, runner)
                may_be_away = action.may_be_away or may_bid
                return replace(action, allowance=allowance, may_be_away=may_be_away)
            case Expel(who):
                return replace(action, may_be_away=action.may_be_away or self._may_bid(who))
            case Void():
                allowances = {}
                for who in runner.auction.bids:
                    allowance = runner.commitments.allowance(who, runner)
                    # A person taken off the list cannot bid again.
                    if runner.commitments.people is not None and not self._may_bid(who):
                        allowance = Allowance(0)
                    if allowance is not None:
                        allowances[who] = allowance
                return replace(action, allowances=allowances)
        return action

    def _may_bid(self, who: int) -> bool:
        """True if a person with this paddle may come to the room and bid."""
        people = self._runner.commitments.people
        person = None if people is None else people.persons.get(who)
        return (
            person is not None
            and person.role is Role.BIDDER
            and person.may_enter(self._runner.name)
        )

    def open_doors(self, starts_at: float | None) -> None:
        """Open the doors of a sale, which the house does itself when it opens.

        :param starts_at: the instant at which it begins, in seconds; None if it begins by order.
        """
        when = self._runner.room_clock.now
        self._runner.publish(self._runner.auction.decide(Schedule(starts_at), when), when)

    def end_sale(self, auction: Auction) -> None:
        """Show the sale as over, because it has ended in an earlier run. Nothing is recorded.

        :param auction: its last state.
        """
        self._runner.auction = auction


def _effect(action: Action, events: Sequence[Event], auction: Auction, when: float) -> str:
    """The effect of an order, for the operator.

    :param events: the order, then the events of its effect.
    :param auction: the auction right after them.
    :param when: their instant, in seconds.
    """
    match action, events[1]:
        case Open(), _:
            return "bidding is open."
        case Pause(), _:
            return "it is paused."
        case GoOn(), _:
            return "it goes on."
        case Extend(), Extended(seconds=seconds):
            return f"the time left is {in_seconds(seconds)}."
        case Close(), SaleEnded():
            return "the sale is over."
        case Close(), _:
            return "the bidding is closed."
        case Cancel(), _:
            return "it is cancelled."
        case Void(), Voided(who, amount, holder, bid):
            now = "there is no bid" if holder is None else f"Buyer {holder} holds it at ${bid}"
            return f"${amount} by Buyer {who} is voided, and {now}."
        case Bid(who), Raised(amount=amount):
            return f"Buyer {who} bids ${amount}."
        case Bid(who), _:  # the amount may be sealed
            return f"the bid of Buyer {who} is taken."
        case Expel(who), _:
            return f"{_name(who)} is expelled."
        case Readmit(who), _:
            return f"{_name(who)} is readmitted."
        case Start(), _:
            return "the sale begins."
        case MoveStart(None), _:
            return "the sale begins by order."
        case MoveStart(), _:
            return f"the sale begins in {in_words(auction.seconds_left(when))}."
        case Skip(), Cancelled():
            return "the lot that was up is withdrawn."
        case Skip(), LotSkipped(lot):
            return f"lot {lot_name(auction, lot)} is withdrawn."
        case Move(), LotMoved(lot, before):
            return f"lot {lot_name(auction, lot)} comes before lot {lot_name(auction, before)}."
        case Add(), LotAdded(lot):
            return f"lot {lot_name(auction, lot)} is added."
        case Again(), LotOffered(lot):
            return f"lot {lot_name(auction, lot)} will be offered again."
        case VoidSale(), SaleVoided(lot, who):
            return f"the sale of lot {lot_name(auction, lot)} to Buyer {who} is voided."
        case Tell(), _:
            return "everyone is told."
    raise AssertionError(f"{action} has another effect than {events}")


def _name(who: int) -> str:
    return "the Seller" if who == SELLER else f"Buyer {who}"
