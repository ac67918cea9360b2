import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from inspect import getsourcefile
from pathlib import Path
from unittest import skipUnless

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.refusal_notices import refusal_letter
from twisted_auction.rules import refusals
from twisted_auction.rules.refusals import ParticipantRefusal, Refusal


class RefusedTests(SynchronousTestCase):
    def test_every_refusal(self) -> None:
        told = {
            refusals.Busy(): b"Server busy!\r\n",
            refusals.Ongoing(): b"Bidding on-going!\r\n",
            refusals.InvalidRequest(): (
                b"Invalid auction request!\r\nPlease submit auction request:\r\n"
            ),
            refusals.InvalidRequest("No."): (
                b"Invalid auction request! No.\r\nPlease submit auction request:\r\n"
            ),
            refusals.RequestAlreadyIn(): b"Your auction request is already in. Please wait...\r\n",
            refusals.InvalidBid(): (
                b"Invalid bid. Please submit a positive integer!\r\nPlease submit your bid:\r\n"
            ),
            refusals.BiddingNotOpen(): b"Bidding has not started. Please wait...\r\n",
            refusals.NoBidYet(): (b"You have no bid to withdraw.\r\nPlease submit your bid:\r\n"),
            refusals.BidAlreadyIn(): b"Your bid is already in. Please wait...\r\n",
            refusals.InvalidBid("No."): (
                b"Invalid bid. Please submit a positive integer! No.\r\nPlease submit your bid:\r\n"
            ),
            refusals.OwnLot(): b"This lot is yours. You cannot bid on it.\r\n",
            refusals.AboveLimit(400, 500): (
                b"Above your limit: you are bound for $400 of $500.\r\n"
            ),
            refusals.TooManyLots(2, 2): (
                b"Above your limit of lots: you are bound for 2 of 2.\r\n"
            ),
            refusals.IsPaused(): b"Paused. Please wait...\r\n",
            refusals.IsExpelled(): b"You have been expelled.\r\n",
            refusals.BidTooSoon(2): b"Too many bids! Bid again in 2 seconds.\r\n",
            refusals.HasPassed(): b"You have passed this lot. Please wait...\r\n",
            refusals.RepeatBid(5000): b"Please repeat your bid to confirm: $5000\r\n",
            refusals.RepeatMaximum(5000): b"Please repeat your maximum to confirm: max 5000\r\n",
            refusals.MaximumTooLow(150): b"Your maximum must be at least your bid: $150.\r\n",
            refusals.AskedForBids(): b"",
            refusals.NoMaximum(): b"You have no maximum.\r\n",
            refusals.BidTooHigh(1000): b"Bid too high! The greatest acceptable bid is $1000.\r\n",
            refusals.BidTooLow(110): b"Bid too low! The least acceptable bid is $110.\r\n",
            refusals.NotUnderstood("type."): b"Not understood.\r\nAt any time: type.\r\n",
            refusals.SaleOver(): b"The sale is over.\r\n",
        }
        for refusal, lines in told.items():
            self.assertEqual(refusal_letter(refusal).lines, lines)
        self.assertEqual({type(refusal) for refusal in told}, {*ParticipantRefusal.__args__})

    def test_every_refusal_is_listed(self) -> None:
        """mypy finds a listed refusal without a message. The operator alone meets OrderRefused."""
        ours = {kind for kind in Refusal.__subclasses__() if kind.__module__ == refusals.__name__}
        self.assertEqual({*ParticipantRefusal.__args__}, ours - {refusals.OrderRefused})

    @skipUnless(find_spec("mypy"), "mypy is not installed")
    def test_mypy_finds_a_refusal_without_a_message(self) -> None:
        """A refusal is added to a copy of the modules, without a message and with one."""
        rules = Path(refusals.__file__).read_text()
        rules = rules.replace("ParticipantRefusal = (", "ParticipantRefusal = (\n    Added |", 1)
        rules = rules.replace("class Busy(", "class Added(Refusal):\n    pass\n\n\nclass Busy(", 1)
        house = Path(getsourcefile(refusal_letter) or "").read_text()
        busy = "case refusals.Busy():"
        worded = house.replace(busy, "case refusals.Added() | refusals.Busy():", 1)
        for text, errors in [(house, 1), (worded, 0)]:
            checked = checked_by_mypy({refusals.__name__: rules, refusal_letter.__module__: text})
            problem = 'Argument 1 to "assert_never" has incompatible type "Added"'
            self.assertEqual(checked.stdout.count(problem), errors, checked)
            self.assertEqual(checked.returncode, errors, checked)


def checked_by_mypy(modules: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Check these modules, and no others, with mypy.

    :param modules: their sources by their names.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, source in modules.items():
            path = Path(folder, *name.split(".")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
            for package in path.relative_to(folder).parents[:-1]:
                Path(folder, package, "__init__.py").touch()
        command = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", os.devnull]
        command += [
            "--ignore-missing-imports",
            *(word for name in modules for word in ("-m", name)),
        ]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
