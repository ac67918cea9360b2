"""Real auctions, over TCP on the loopback interface, have the results of the pure engine."""

from collections.abc import Iterable, Iterator

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.error import ConnectError
from twisted.internet.task import deferLater
from twisted.internet.tcp import Port
from twisted.trial.unittest import TestCase

from tests.formats import AllPay
from twisted_auction.lab import live
from twisted_auction.lab.engine import request_for
from twisted_auction.lab.theory import Outcome
from twisted_auction.lab.truth import try_bids
from twisted_auction.rules.formats import FORMATS


class LiveBidsTests(TestCase):
    async def played(self, kind: str, rivals: tuple[int, ...], lowest_price: int = 1) -> None:
        """The two tables are equal, over all bids with different results."""
        bids = range(1, 25)
        request = request_for(kind, lowest_price, len(rivals) + 1, bids[-1])
        held = await live.try_bids(reactor, request, rivals, bids)
        self.assertEqual(held, try_bids(request, rivals, bids))
        self.assertEqual(len({outcome.has_won for outcome in held.values()}), 2)

    async def test_first_price(self) -> None:
        await self.played("first-price", (9, 7))

    async def test_second_price(self) -> None:
        await self.played("second-price", (9, 17, 9))

    async def test_lowest_price(self) -> None:
        await self.played("second-price", (9, 7), lowest_price=12)

    async def test_alone(self) -> None:
        await self.played("1", (), lowest_price=12)

    async def test_english(self) -> None:
        await self.played("english", (9, 7))

    async def test_english_steps(self) -> None:
        await self.played("3:increment=4:duration=5:extension=0", (9, 14), lowest_price=3)

    async def test_dutch(self) -> None:
        await self.played("dutch", (9, 7))

    async def test_dutch_steps(self) -> None:
        await self.played("4:start=22:step=5:interval=600", (9, 7), lowest_price=3)

    async def test_losers_who_pay(self) -> None:
        FORMATS[5] = AllPay
        self.addCleanup(FORMATS.pop, 5)
        await self.played("all-pay", (9, 7))

    async def test_many_lines(self) -> None:
        """No limit on strangers is in the way of hundreds of bids in a second of its clock."""
        request = request_for("english", 1, 2, 100)
        held = await live.try_bids(reactor, request, (90,), [80, 100])
        self.assertEqual(held, try_bids(request, (90,), [80, 100]))

    async def test_many_buyers(self) -> None:
        """Nor of a hundred connections from one address."""
        request = request_for("2", 1, 100, 100)
        rivals = tuple(range(1, 100))
        self.assertEqual(
            await live.try_bids(reactor, request, rivals, [100]), {100: Outcome(True, 99)}
        )

    async def closes(self, error: type[Exception], bids: Iterable[int]) -> None:
        """The port is closed after a failure, too."""
        with self.assertRaises(error):
            await live.try_bids(reactor, request_for("1", 1, 2, 20), (5,), bids)
        await deferLater(reactor, 0)
        self.assertEqual([one for one in reactor.getReaders() if isinstance(one, Port)], [])

    async def test_interrupted(self) -> None:
        def bids() -> Iterator[int]:
            yield 4
            raise ZeroDivisionError

        await self.closes(ZeroDivisionError, bids())

    async def test_nobody_comes(self) -> None:
        """The caller learns why."""

        async def join(*_: object) -> None:
            await deferLater(reactor, 0)
            raise ConnectError

        self.patch(live, "join", join)
        await self.closes(ConnectError, [4])

    async def test_no_end(self) -> None:
        """It does not wait for ever."""

        async def join(*_: object) -> None:
            await Deferred()

        self.patch(live, "join", join)
        self.patch(live, "AUCTION_TIMEOUT", 0.01)
        await self.closes(DeferredTimeoutError, [4])
