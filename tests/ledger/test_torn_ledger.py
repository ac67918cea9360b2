"""A sample of spoilt ledgers; many more are ``python -m tests.torn``."""

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.torn import MEANS, Original, examine


class TornLedgerTests(SynchronousTestCase):
    """What is left is a clean beginning, or the refusal to read it."""

    def test_spoilt_in_one_place(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            original = Original(folder)
            outcomes = {
                examine(original, means, seed, folder) for means in MEANS for seed in range(12)
            }
        self.assertTrue(outcomes >= {"whole", "a beginning", "refused"}, outcomes)
