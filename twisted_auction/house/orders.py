"""The operator's orders inside a room."""

from collections.abc import Sequence
from dataclasses import replace

from twisted_auction.house.refusal_notices import refusal_letter
from twisted_auction.house.runner import AuctionRunner
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import (
    OPERATOR,
    Action,
    Add,
    Again,
    Bid,
    Cancel,
    CheckEnd,
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
    Cancelled,
    EndPostponed,
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
from twisted_auction.rules.orders import name_of, not_there
from twisted_auction.rules.refusals import AboveLimit, OrderRefused, Refusal, TooManyLots
from twisted_auction.rules.sentences import Sentence
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
        limits = self._runner.commitments.limits(self._runner)
        try:
            events = self._runner.decide(Order(action, actor, reason, limits), when)
        except OrderRefused:
            raise
        except Refusal as refusal:
            assert isinstance(action, Bid)
            who = name_of(action.who)
            # What the Buyer is bound for could tell sealed bids elsewhere.
            if isinstance(refusal, AboveLimit):
                raise OrderRefused(
                    "{who} would be above its limit of ${limit}.", who=who, limit=refusal.limit
                ) from None
            if isinstance(refusal, TooManyLots):
                raise OrderRefused(
                    "{who} would be above its limit of lots ({lots}).", who=who, lots=refusal.lots
                ) from None
            words = refusal_letter(refusal).messages[0]
            raise OrderRefused("{who} would read: {words}", who=who, words=words) from None
        happened = self._runner.publish(events, when)
        # Without events, the format has failed on the order, or else on an event of its effect.
        if not events or happened != list(events):
            raise OrderRefused("its format fails, and it is cancelled.")
        effect = _effect(action, events, self._runner.auction, when)
        if isinstance(action, GoOn):
            self.check_end()  # the clock on the wall may have been set in the pause
        return effect

    def _completed(self, action: Action) -> Action:
        """The action, with a fact about its person: whether it must be there.

        :raises OrderRefused: if a list of people does not let the Buyer bid here.
        """
        runner = self._runner
        commitments = runner.commitments
        match action:
            case Bid(who):
                may_bid = commitments.may_bid(who, runner.name)
                if commitments.people is not None and not may_bid:
                    raise not_there(action)
                return replace(action, may_be_away=action.may_be_away or may_bid)
            case Expel(who):
                may_bid = commitments.may_bid(who, runner.name)
                return replace(action, may_be_away=action.may_be_away or may_bid)
        return action

    def open_doors(self, starts_at: float | None) -> None:
        """Open the doors of a sale, which the house does itself when it opens.

        :param starts_at: the instant at which it begins, in seconds; None if it begins by order.
        """
        when = self._runner.room_clock.now
        self._runner.publish(self._runner.auction.decide(Schedule(starts_at), when), when)

    def check_end(self) -> None:
        """Move the end of a timed auction, if the clock on the wall has been set."""
        when = self._runner.pass_time()
        moved = self._runner.decide(CheckEnd(), when)
        if moved:
            self._runner.publish(moved, when)

    def end_sale(self, auction: Auction) -> None:
        """Show the sale as over, because it has ended in an earlier run. Nothing is recorded.

        :param auction: its last state.
        """
        self._runner.auction = auction


def _effect(action: Action, events: Sequence[Event], auction: Auction, when: float) -> Sentence:
    """The effect of an order, for the operator.

    :param events: the order, then the events of its effect.
    :param auction: the auction right after them.
    :param when: their instant, in seconds.
    """
    match action, events[1]:
        case Open(), _:
            return Sentence("bidding is open.")
        case Pause(), _:
            return Sentence("it is paused.")
        case GoOn(), _:
            return Sentence("it goes on.")
        case Extend(), EndPostponed():
            seconds = auction.seconds_left(when)
            return Sentence("the time left is {duration}.", seconds=seconds)
        case Extend(), Extended(seconds=seconds):
            return Sentence("the time left is {seconds} seconds.", seconds=seconds)
        case Close(), SaleEnded():
            return Sentence("the sale is over.")
        case Close(), _:
            return Sentence("the bidding is closed.")
        case Cancel(), _:
            return Sentence("it is cancelled.")
        case Void(), Voided(who, amount, holder, bid):
            voided = Sentence("${amount} by Buyer {buyer} is voided", amount=amount, buyer=who)
            if holder is None:
                return Sentence("{voided}, and there is no bid.", voided=voided)
            return Sentence(
                "{voided}, and Buyer {buyer} holds it at ${amount}.",
                voided=voided,
                buyer=holder,
                amount=bid,
            )
        case Bid(who), Raised(amount=amount):
            return Sentence("Buyer {buyer} bids ${amount}.", buyer=who, amount=amount)
        case Bid(who), _:  # the amount may be sealed
            return Sentence("the bid of Buyer {buyer} is taken.", buyer=who)
        case Expel(who), _:
            return Sentence("{who} is expelled.", who=name_of(who))
        case Readmit(who), _:
            return Sentence("{who} is readmitted.", who=name_of(who))
        case Start(), _:
            return Sentence("the sale begins.")
        case MoveStart(None), _:
            return Sentence("the sale begins by order.")
        case MoveStart(), _:
            seconds = auction.seconds_left(when)
            return Sentence("the sale begins in {duration}.", seconds=seconds)
        case Skip(), Cancelled():
            return Sentence("the lot that was up is withdrawn.")
        case Skip(), LotSkipped(lot):
            return Sentence("lot {lot} is withdrawn.", lot=lot_name(auction, lot))
        case Move(), LotMoved(lot, before):
            return Sentence(
                "lot {lot} comes before lot {other}.",
                lot=lot_name(auction, lot),
                other=lot_name(auction, before),
            )
        case Add(), LotAdded(lot):
            return Sentence("lot {lot} is added.", lot=lot_name(auction, lot))
        case Again(), LotOffered(lot):
            return Sentence("lot {lot} will be offered again.", lot=lot_name(auction, lot))
        case VoidSale(), SaleVoided(lot, who):
            return Sentence(
                "the sale of lot {lot} to Buyer {buyer} is voided.",
                lot=lot_name(auction, lot),
                buyer=who,
            )
        case Tell(), _:
            return Sentence("everyone is told.")
    raise AssertionError(f"{action} has another effect than {events}")
