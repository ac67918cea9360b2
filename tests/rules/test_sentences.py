import copy

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.sentences import Sentence, joined, reason_of


class SentenceTests(SynchronousTestCase):
    def test_text(self) -> None:
        """A sentence is its English text. Only numbers before their own noun decide on a plural."""
        who = Sentence("Buyer {buyer}", buyer=1)
        for sentence, text in [
            (Sentence("it is paused."), "it is paused."),
            (Sentence("{say} it"), "{say} it"),
            (Sentence("{who} bids ${amount}.", who=who, amount=150), "Buyer 1 bids $150."),
            (Sentence("Buyer {buyer} bids.", buyer=1), "Buyer 1 bids."),
            (Sentence("{name} is in.", name="{buyer}"), "{buyer} is in."),
            (Sentence("{seconds} seconds left", seconds=1), "1 second left"),
            (Sentence("{seconds} seconds left", seconds=61), "61 seconds left"),
            (Sentence("in {duration}.", seconds=61), "in 1 minute 1 second."),
            (Sentence("{watchers} Watchers", watchers=1), "1 Watcher"),
            (Sentence("{watchers} Watchers", watchers=0), "0 Watchers"),
        ]:
            self.assertEqual(sentence, text)
            self.assertEqual(f"{sentence}!", f"{text}!")

    def test_parts(self) -> None:
        sentence = Sentence("lot {lot} is {state}.", lot="12a", state=Sentence("up"))
        self.assertEqual(sentence.pattern, "lot {lot} is {state}.")
        self.assertEqual(sentence.values, {"lot": "12a", "state": "up"})
        copied = copy.copy(sentence)
        self.assertEqual((copied, copied.values), (sentence, sentence.values))

    def test_joined(self) -> None:
        facts = [Sentence("paused"), "a {chair}"]
        sentence = joined(", ", facts)
        self.assertEqual(sentence, "paused, a {chair}")
        self.assertEqual(sentence.pattern, "{part0}, {part1}")
        self.assertEqual(list(sentence.values.values()), facts)
        self.assertEqual(joined("; ", []), "")

    def test_reason_of(self) -> None:
        sentence = Sentence("give the {what}", what="lot")
        self.assertIs(reason_of(ValueError(sentence)), sentence)
        self.assertEqual(reason_of(ValueError("no lot")), "no lot")
        self.assertEqual(reason_of(ValueError()), "")
        self.assertEqual(reason_of(OSError(2, "No such file")), "[Errno 2] No such file")
