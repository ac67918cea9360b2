from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.refusals import BidTooLow, InvalidRequest, NotUnderstood, Refusal


class RefusalTests(SynchronousTestCase):
    def test_text(self) -> None:
        """The text of a refusal, as it appears in a log."""
        cases: list[tuple[Refusal, str]] = [
            (InvalidRequest(), ""),
            (InvalidRequest("x must be y."), "x must be y."),
            (NotUnderstood("say close."), "say close."),
            (BidTooLow(5), "5"),
        ]
        for refusal, text in cases:
            self.assertEqual(str(refusal), text)
