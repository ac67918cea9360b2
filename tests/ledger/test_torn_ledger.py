"""A sample of damaged ledgers. ``python -m tests.torn`` tries many more."""

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.torn import MEANS, Original, examine


class TornLedgerTests(SynchronousTestCase):
    """A damaged ledger is a valid shorter one, or is refused."""

    def test_damaged_in_one_place(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            original = Original(folder)
            outcomes = {
                examine(original, means, seed, folder) for means in MEANS for seed in range(12)
            }
        self.assertTrue(outcomes >= {"whole", "a beginning", "refused"}, outcomes)
