"""Figures of a house for Prometheus, on a port of their own.

The page's port is for bidders, and the figures are for the operator: they tell how many bids came
and when, a secret until a sealed auction ends. They have no amount, no room and no address.
"""

from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from twisted.web.resource import Resource

from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.ledger.store import Batch
from twisted_auction.rules.events import BidTaken, Cancelled, Event, Raised, Sold, Unsold
from twisted_auction.rules.refusals import (
    AboveLimit,
    BidAlreadyIn,
    BiddingNotOpen,
    BidTooHigh,
    BidTooLow,
    BidTooSoon,
    InvalidBid,
    InvalidRequest,
    IsPaused,
    NotUnderstood,
    Refusal,
    RepeatBid,
    TooManyLots,
)
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.web.answers import send_problem
from twisted_auction.web.pages import Answer, path_of, refuse_method
from twisted_auction.web.requests import SmallRequest

if TYPE_CHECKING:
    from prometheus_client import Metric

COMMIT_BUCKETS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
"""Upper ends of the buckets for the seconds of a commit."""

RESULTS: dict[type[Event], str] = {Sold: "sold", Unsold: "unsold", Cancelled: "cancelled"}
"""The label of an auction's result."""


REFUSALS: dict[type[Refusal], str] = {
    InvalidRequest: "request",
    InvalidBid: "not_an_amount",
    NotUnderstood: "not_understood",
    BidTooLow: "too_low",
    BidTooHigh: "too_high",
    BidTooSoon: "too_soon",
    RepeatBid: "to_confirm",
    AboveLimit: "limit",
    TooManyLots: "limit",
    BiddingNotOpen: "not_open",
    BidAlreadyIn: "already_in",
    IsPaused: "paused",
}
"""The label of a refused line."""

OTHER_REFUSAL = "other"
"""The label of a line refused for another reason, such as one of a format's own."""


class TimedStore(SQLiteStore):
    """A SQLite file whose commits are timed.

    :param observe: receives the seconds of each commit.
    """

    def __init__(self, path: Path, observe: Callable[[float], object]) -> None:
        super().__init__(path)
        self._observe = observe

    def write(
        self,
        batch: Batch,
        written: Callable[[], object],
        failed: Callable[[LedgerError], object],
    ) -> None:
        """Write, and measure how long it takes."""
        began_at = perf_counter()

        def observe() -> None:
            self._observe(perf_counter() - began_at)
            written()

        super().write(batch, observe, failed)


class Metrics:
    """The figures of a house, in a registry of their own.

    The library reads them in a thread. So each is a counter of the library, with a lock, or is read
    in one step.
    """

    def __init__(self) -> None:
        # Not above: it is an extra.
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._bids = Counter("auction_bids", "Bids taken.", registry=registry)
        self._results = Counter(
            "auction_results", "Auctions that have ended.", ["result"], registry=registry
        )
        for result in RESULTS.values():
            self._results.labels(result)
        commits = Histogram(
            "auction_commit_seconds",
            "Seconds for a commit of the ledger.",
            buckets=COMMIT_BUCKETS,
            registry=registry,
        )
        self._observe_commit: Callable[[float], object] = commits.observe

    def time_commits(self, path: Path) -> TimedStore:
        """The storage of a ledger in this file, with the seconds of its commits counted."""
        return TimedStore(path, self._observe_commit)

    def watch(self, rooms: Rooms, connections: ConnectionLimits) -> None:
        """Count what happens in a house."""
        self._rooms = rooms
        self._limits = connections
        self.registry.register(self)
        rooms.news.followers[self._count] = None

    def collect(self) -> Iterator["Metric"]:
        """The figures of this instant, for the registry."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        limits, rooms = self._limits, self._rooms
        for family, name, text, value in (
            (GaugeMetricFamily, "connections", "Open connections.", limits.count),
            (CounterMetricFamily, "refusals", "Connections turned away.", limits.turned_away),
            (CounterMetricFamily, "wrong_codes", "Wrong pass codes.", limits.wrong_codes),
            (GaugeMetricFamily, "unsent_bytes", "Bytes that wait for clients.", limits.unsent),
            (GaugeMetricFamily, "rooms", "Rooms of the house.", len(rooms)),
            (GaugeMetricFamily, "halted", "1 while the ledger is locked.", rooms.is_halted),
        ):
            yield family(f"auction_{name}", text, value=float(value))
        refused = CounterMetricFamily(
            "auction_refused_lines", "Lines of participants refused.", labels=["reason"]
        )
        for reason, number in self._refused_lines().items():
            refused.add_metric([reason], number)
        yield refused

    def _refused_lines(self) -> dict[str, int]:
        numbers = dict.fromkeys([*REFUSALS.values(), OTHER_REFUSAL], 0)
        for kind, number in dict(self._rooms.news.refusals).items():
            numbers[REFUSALS.get(kind, OTHER_REFUSAL)] += number
        return numbers

    def _count(self, room: str, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, BidTaken) and event.replaced is not None:
                continue  # a secret of its Buyer
            if isinstance(event, BidTaken | Raised):
                self._bids.inc()
            elif type(event) in RESULTS:
                self._results.labels(RESULTS[type(event)]).inc()


class MetricsRoot(Resource):
    """Answers requests for the figures.

    :param metrics: the figures of the house.
    """

    isLeaf = True

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics
        self._resource: Any = None

    def render(self, request: SmallRequest) -> Answer:
        """Answer a request."""
        if request.method not in (b"GET", b"HEAD"):
            return refuse_method(request, "GET, HEAD")
        if path_of(request) != "/metrics":
            return send_problem(
                request, HTTPStatus.NOT_FOUND, "There is no such page.", "See /metrics."
            )
        if self._resource is None:  # not before: it makes threads
            from prometheus_client.twisted import MetricsResource

            self._resource = MetricsResource(registry=self._metrics.registry)
        answer: Answer = self._resource.render(request)
        return answer
