"""``auction check client`` with a student's client and one fault at a time."""

import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.students import Computer, finish
from twisted_auction.check import client, program
from twisted_auction.check.client import ClientCheck
from twisted_auction.check.rubric import CLIENT_ROWS
from twisted_auction.check.scorecard import Outcome, Scorecard

STUDENT = [sys.executable, str(Path(__file__).with_name("student_client.py"))]

LIMIT = 4
"""Seconds for a student's client to start on a busy machine."""


def failed(card: Scorecard) -> list[str]:
    return [result.row.name for result in card.results if result.outcome is Outcome.FAILED]


class ClientCheckProcessTests(TestCase):
    """The client is a program, at a terminal."""

    timeout = 120

    def setUp(self) -> None:
        self.patch(program, "QUIET_SECONDS", 0.1)
        self.patch(client, "QUIET_SECONDS", 0.1)

    async def checked(self, *command: str) -> Scorecard:
        clock: Any = reactor
        card = Scorecard(CLIENT_ROWS, clock)
        await ClientCheck(clock, card, command, LIMIT).run()
        card.finish()
        return card

    async def test_a_student_client(self) -> None:
        card = await self.checked(*STUDENT)
        self.assertTrue(card.has_passed, [result.reason for result in card.results])
        self.assertEqual([result.row for result in card.results], list(CLIENT_ROWS))

    async def test_no_server(self) -> None:
        card = await self.checked(*STUDENT, "{host}", "{port}", "traceback without a server")
        self.assertEqual(failed(card), ["no-server"])


class ClientCheckTests(SynchronousTestCase):
    """The client is played, and time jumps."""

    def checked(self, *faults: str) -> Scorecard:
        computer = Computer()
        card = Scorecard(CLIENT_ROWS, computer)
        command = [*STUDENT, "{host}", "{port}", *faults]
        finish(computer, ClientCheck(computer, card, command, LIMIT).run())
        card.finish()
        return card

    def assert_fails(self, fault: str, *rows: str) -> None:
        card = self.checked(fault)
        self.assertEqual(failed(card), list(rows))
        for result in card.results:
            self.assertEqual(bool(result.reason), result.outcome is Outcome.FAILED)

    def test_a_student_client(self) -> None:
        card = self.checked()
        self.assertTrue(card.has_passed, [result.reason for result in card.results])

    def test_price_is_not_shown(self) -> None:
        self.assert_fails("hides the price", "seller-result", "won", "pieces")

    def test_goes_on(self) -> None:
        self.assert_fails(
            "goes on after the result",
            "seller-ends",
            "buyer-ends",
            "won",
            "busy-request",
            "busy-bidding",
            "pieces",
            "server-vanishes",
        )

    def test_silent_when_busy(self) -> None:
        self.assert_fails("is silent when busy", "busy-request")

    def test_no_second_bid(self) -> None:
        self.assert_fails("sends no bid twice", "right-bid")

    def test_no_server(self) -> None:
        self.assert_fails("traceback without a server", "no-server")

    def test_loses_what_comes_together(self) -> None:
        """A client that reads only the first line of each piece shows no prompt."""
        card = self.checked("one message a piece")
        self.assertFalse(card.has_passed)
        self.assertEqual(card.results[1].outcome, Outcome.FAILED)
        self.assertEqual(card.results[1].row.name, "seller-role")

    def test_no_client(self) -> None:
        self.assertEqual(
            [result.reason for result in self.checked("ends at once").results],
            [
                "The Seller should connect to 127.0.0.1, and does not.",
                *["It was not reached."] * (len(CLIENT_ROWS) - 1),
            ],
        )
