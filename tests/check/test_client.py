"""``auction check client`` with a student's client that has one fault at a time."""

import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from twisted_auction.check import client, talk
from twisted_auction.check.card import Card, Outcome
from twisted_auction.check.client import ROWS, ClientCheck

STUDENT = [sys.executable, str(Path(__file__).with_name("student_client.py"))]

LIMIT = 4
"""Seconds in which a student's client must have started on a busy machine."""


class ClientCheckTests(TestCase):
    timeout = 120

    def setUp(self) -> None:
        self.patch(talk, "QUIET", 0.1)
        self.patch(client, "QUIET", 0.1)

    async def checked(self, command: list[str]) -> Card:
        clock: Any = reactor
        card = Card(ROWS, clock)
        await ClientCheck(clock, card, command, LIMIT).run()
        card.finish()
        return card

    async def assert_fails(self, fault: str, *rows: str) -> None:
        card = await self.checked([*STUDENT, "{host}", "{port}", fault])
        failed = [result for result in card.results if result.outcome is Outcome.FAILED]
        self.assertEqual([result.row.name for result in failed], list(rows))
        self.assertTrue(all(result.reason for result in failed))

    async def test_a_student_client(self) -> None:
        card = await self.checked(STUDENT)
        self.assertTrue(card.has_passed, [result.reason for result in card.results])
        self.assertEqual([result.row for result in card.results], list(ROWS))

    async def test_price_is_not_shown(self) -> None:
        await self.assert_fails("hides the price", "seller-result", "won", "pieces")

    async def test_goes_on(self) -> None:
        await self.assert_fails(
            "goes on after the result",
            "seller-ends",
            "buyer-ends",
            "won",
            "busy-request",
            "busy-bidding",
            "pieces",
            "server-vanishes",
        )

    async def test_silent_when_busy(self) -> None:
        await self.assert_fails("is silent when busy", "busy-request")

    async def test_no_second_bid(self) -> None:
        await self.assert_fails("sends no bid twice", "right-bid")

    async def test_no_server(self) -> None:
        await self.assert_fails("traceback without a server", "no-server")

    async def test_loses_what_comes_together(self) -> None:
        """Where only the first line of what arrives is read, no prompt is ever seen."""
        card = await self.checked([*STUDENT, "{host}", "{port}", "one message a piece"])
        self.assertFalse(card.has_passed)
        self.assertEqual(card.results[1].outcome, Outcome.FAILED)
        self.assertEqual(card.results[1].row.name, "seller-role")

    async def test_no_client(self) -> None:
        card = await self.checked([sys.executable, "-c", "pass"])
        self.assertEqual(
            [result.reason for result in card.results],
            [
                "The Seller should connect to 127.0.0.1, and does not.",
                *["It was not reached."] * (len(ROWS) - 1),
            ],
        )
