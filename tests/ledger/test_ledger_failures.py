from twisted.internet.task import Clock

from tests.support import FailingConnection, LedgerFolderTestCase
from twisted_auction.ledger.journal import Ledger
from twisted_auction.rules.events import Arrived, Left


class FailureTests(LedgerFolderTestCase):
    """After a failed commit nothing is published, and the failure is reported once."""

    def setUp(self) -> None:
        super().setUp()
        self.fail_on_demand()
        self.clock = Clock()
        self.failures: list[str] = []
        self.published: list[str] = []
        self.ledger = Ledger(self.path, self.clock, self.failures.append)
        self.ledger.open()

    def record(self, name: str, who: int) -> None:
        self.ledger.record("main", [Arrived(who, name)], 0.0)
        self.ledger.after_commit(lambda: self.published.append(name))

    def fails_at(self, statement: str) -> None:
        self.record("before", 0)
        self.clock.advance(0)
        FailingConnection.failing = statement
        self.record("failing", 1)
        self.ledger.after_commit(lambda: self.published.append("an answer that waits"))
        self.clock.advance(0)
        FailingConnection.failing = ""
        self.record("after", 2)
        self.ledger.after_commit(lambda: self.published.append("an answer"))
        self.ledger.record("main", [Left(0)], 0.0)
        self.ledger.after_commit(lambda: self.published.append("a departure"))
        self.clock.advance(0)
        self.ledger.commit()
        self.ledger.close()
        self.assertEqual(self.published, ["before"])
        self.assertEqual(
            self.failures,
            [f"the ledger {self.path} cannot be written: database or disk is full."],
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual([row.number for row in self.rows()], [1])

    def test_at_the_beginning(self) -> None:
        self.fails_at("BEGIN")

    def test_at_a_row(self) -> None:
        self.fails_at("INSERT")

    def test_at_the_commit(self) -> None:
        self.fails_at("COMMIT")
