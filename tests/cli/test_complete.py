"""``auction complete``, as a shell calls it."""

import os
from collections.abc import Awaitable
from typing import Any

from twisted.internet.defer import ensureDeferred

from tests.support import CommandTestCase
from twisted_auction.cli import complete, control
from twisted_auction.wire.orders import ORDERS


class CompletionTests(CommandTestCase):
    def setUp(self) -> None:
        self.asked: list[object] = []

        async def room_names(endpoint: Any, clock: object) -> list[str]:
            self.asked.append(endpoint._path)
            return ["main", "art", "mezzanine"]

        self.patch(control, "room_names", room_names)

        def run_reactor(reactor: object, task: Any) -> int:
            running: Awaitable[int] = task()
            status: int = self.successResultOf(ensureDeferred(running))  # type: ignore[arg-type]
            return status

        self.patch(complete, "run_reactor", run_reactor)

    def suggested(self, line: str, point: int | None = None) -> list[str]:
        point = len(line.encode()) if point is None else point
        for name, value in [("COMP_LINE", line), ("COMP_POINT", str(point))]:
            self.patch(os, "environ", {**os.environ, name: value})
        status, lines, errors = self.auction("complete", "auction", "--wo", "control")
        self.assertEqual((status, errors), (0, ""))
        return lines

    def test_commands(self) -> None:
        self.assertEqual(self.suggested("auction con"), ["control"])
        self.assertEqual(self.suggested("auction c"), ["check", "complete", "control"])
        self.assertEqual(self.suggested("/usr/bin/auction ledger ve"), ["verify"])
        self.assertIn("join", self.suggested("auction"))
        self.assertEqual(self.suggested("auction nothing "), self.suggested("auction "))
        self.assertEqual(self.suggested("auction control close", 11), ["control"])

    def test_options(self) -> None:
        self.assertEqual(
            self.suggested("auction control --"), ["--at", "--help", "--room", "--version"]
        )
        self.assertEqual(self.suggested("auction ledger show --re"), ["--reveal"])
        self.assertEqual(self.suggested("auction control cancel --"), [])

    def test_orders(self) -> None:
        names = sorted(order.name for order in ORDERS)
        self.assertEqual(self.suggested("auction control "), names)
        self.assertEqual(self.suggested("auction control --room main clo"), ["close"])
        self.assertEqual(self.suggested("auction control cancel "), [])
        self.assertEqual(self.suggested("auction control status "), [])

    def test_rooms(self) -> None:
        """The server is asked, at the address of this very line."""
        for line in ["--room m", "-r m", "--room=m", "close m"]:
            self.assertEqual(self.suggested(f"auction control {line}"), ["main", "mezzanine"])
        self.assertEqual(self.asked, ["auction.control"] * 4)
        self.suggested("auction control --at unix:other --room ")
        self.assertEqual(self.asked[4:], ["other"])
        self.assertEqual(self.suggested("auction control --room main close m"), [])
        self.assertEqual(self.suggested("auction control cancel m"), [])
        self.assertEqual(self.suggested("auction join --room m"), [])

    def test_wrong_line(self) -> None:
        """Nothing is suggested, and nothing is complained of in the middle of the line."""
        for line in ["control --at rubbish:x --room ", "control --at ", "control 'clo", "demo é"]:
            self.assertEqual(self.suggested(f"auction {line}"), [])

    def test_by_hand(self) -> None:
        """The usage says which line a shell needs."""
        status, lines, errors = self.auction("complete")
        self.assertEqual((status, lines), (2, []))
        self.assertIn(complete.SETUP, errors)
