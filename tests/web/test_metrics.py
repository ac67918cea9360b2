"""The figures for Prometheus."""

from importlib.util import find_spec
from unittest import skipIf

from twisted.internet.task import Clock

from tests.support import LedgerFolderTestCase
from twisted_auction.ledger.journal import Ledger
from twisted_auction.rules.events import Arrived
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import Limits
from twisted_auction.testing import MemoryHouse
from twisted_auction.web.metrics import Metrics
from twisted_auction.web.settings import missing_metrics

if find_spec("prometheus_client") is not None:
    from prometheus_client import generate_latest


@skipIf(missing_metrics(), missing_metrics())
class MetricsTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.metrics = Metrics()

    def figures(self) -> dict[str, float]:
        lines = generate_latest(self.metrics.registry).decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("auction_"))
        return {name: float(value) for name, value in pairs if not name.endswith("_created")}

    def test_auction(self) -> None:
        """Bids and results are counted. No amount is among the figures, and nothing of a person."""
        house = MemoryHouse(limits=Limits(max_per_peer=1))
        self.metrics.watch(house.rooms, house.connections)
        seller = house.connect("192.0.2.1")
        seller.send_lines("2 31415 2 Sword")
        buyers = [house.connect("192.0.2.2"), house.connect("192.0.2.3")]
        house.connect("192.0.2.1")
        figures = self.figures()
        self.assertEqual(figures["auction_connections"], 3)
        self.assertEqual(figures["auction_refusals_total"], 1)
        self.assertEqual(figures["auction_rooms"], 1)
        self.assertEqual(figures["auction_halted"], 0)
        for buyer, amount in zip(buyers, ("27182", "66260"), strict=True):
            buyer.send_lines(amount)
            text = generate_latest(self.metrics.registry).decode()
            for secret in ("31415", "27182", "66260", "192.0.2", "Sword", "main"):
                self.assertNotIn(secret, text)
        figures = self.figures()
        self.assertEqual(figures["auction_bids_total"], 2)
        self.assertEqual(figures['auction_results_total{result="sold"}'], 1)
        self.assertEqual(figures['auction_results_total{result="cancelled"}'], 0)

    def test_refused(self) -> None:
        """Refused lines are counted by reason, and no amount is told."""
        house = MemoryHouse(terms=Terms(max_bid=50000))
        self.metrics.watch(house.rooms, house.connections)
        self.assertEqual(self.figures()['auction_refused_lines_total{reason="too_low"}'], 0)
        seller = house.connect()
        seller.send_lines("3 0 1 Sword", "3 31415 1 Sword", "again")
        buyer = house.connect()
        house.advance(1)
        buyer.send_lines("27182", "31415", "66260", "what")
        refused = {
            name.partition('reason="')[2][:-2]: value
            for name, value in self.figures().items()
            if name.startswith("auction_refused_lines_total") and value
        }
        expected = {"request": 1, "other": 1, "too_low": 1, "too_high": 1, "not_understood": 1}
        self.assertEqual(refused, expected)
        text = generate_latest(self.metrics.registry).decode()
        for secret in ("31415", "27182", "66260", "Sword", "main"):
            self.assertNotIn(secret, text)

    def test_unsent(self) -> None:
        house = MemoryHouse()
        self.metrics.watch(house.rooms, house.connections)
        deaf = house.connect_to_lobby()
        deaf.pause_reading()
        deaf.send_lines("HELP")
        self.assertGreater(self.figures()["auction_unsent_bytes"], 50)
        deaf.resume_reading()
        self.assertEqual(self.figures()["auction_unsent_bytes"], 0)

    def test_commits(self) -> None:
        """Each commit is timed, by the ledger's own storage."""
        clock = Clock()
        ledger = Ledger(self.metrics.time_commits(self.path), clock, self.fail)
        ledger.open()
        self.addCleanup(ledger.close)
        before = self.figures()["auction_commit_seconds_count"]
        ledger.record("main", [Arrived(0, "192.0.2.1")], 0.0)
        ledger.commit()
        figures = self.figures()
        self.assertEqual(figures["auction_commit_seconds_count"], before + 1)
        self.assertGreater(figures["auction_commit_seconds_sum"], 0)
