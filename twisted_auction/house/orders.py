"""The operator's orders inside a room."""

from typing import assert_never

from twisted_auction.house.runner import AuctionRunner
from twisted_auction.rules.commands import OPERATOR, Action, Cancel, Close, Order
from twisted_auction.rules.refusals import OrderRefused


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
        :param reason: one sentence, which all participants may read; empty for none.
        :return: its effect, for the operator to read: one sentence with a small letter.
        :raises OrderRefused: if it is not possible now; the text says why.
        """
        when = self._runner.pass_time()
        events = self._runner.decide(Order(action, actor, reason), when)
        if not events:
            raise OrderRefused("its format fails, and it is cancelled.")
        self._runner.publish(events, when)
        return _effect(action)


def _effect(action: Action) -> str:
    match action:
        case Close():
            return "the bidding is closed."
        case Cancel():
            return "it is cancelled."
        case _:
            assert_never(action)
