from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.client.actor import Actor
from twisted_auction.wire import messages


class Echo(Actor):
    """Sees its own lines too."""

    def answered(self, text: str) -> None:
        self.show(f"> {text}")


class ActorTests(SynchronousTestCase):
    def test_types_when_asked(self) -> None:
        """An answer waits for its question, and a question for its answer."""
        for actor, shown in [(Actor(), []), (Echo(), ["> 5", "> 6"])]:
            answers: list[bytes | None] = []
            first = Deferred.fromCoroutine(actor.type("5"))
            self.assertNoResult(first)
            actor.ask(messages.AskBid(), answers.append)
            self.successResultOf(first)
            actor.ask(messages.AskBid(), answers.append)
            self.successResultOf(Deferred.fromCoroutine(actor.type("6")))
            self.assertEqual(answers, [b"5", b"6"])
            self.assertEqual(actor.lines, shown)

    def test_waits_for_line(self) -> None:
        """The wait ends with a new line, or at once with an earlier one."""
        actor = Actor()
        waiting = Deferred.fromCoroutine(actor.wait_for("Auction finished!"))
        actor.show("Your role is: [Buyer]")
        self.assertNoResult(waiting)
        actor.show("Auction finished!")
        self.successResultOf(waiting)
        self.successResultOf(Deferred.fromCoroutine(actor.wait_for("Your role is: [Buyer]")))
        self.assertEqual(actor.lines, ["Your role is: [Buyer]", "Auction finished!"])
