"""Servers that die, stop and stall, and connections that are cut: what phones show meanwhile, and
what counts afterwards."""

import re
import signal
from typing import TYPE_CHECKING

from tests.browser.pages import BrowserTestCase
from tests.browser.persons import Bidder
from tests.processes import AUCTION, Piped

if TYPE_CHECKING:
    from playwright.sync_api import WebSocketRoute

REFUSED = "console: error: WebSocket connection to "
"""Chromium's own message for a socket that cannot be opened."""


class InterruptedTestCase(BrowserTestCase):
    """An English auction with the asking price of $10 between two phones."""

    def serve_again(self) -> Piped:
        """A server on the same ports and the same ledger."""
        return self.serve("--ledger", str(self.folder / "ledger"))

    def begin(self) -> None:
        self.house = self.serve_again()
        self.seller, self.first, self.second = (Bidder(self.phone(), self.origin) for _ in range(3))
        self.seller.come()
        self.seller.offer("English auction", item="Oak chest", price=10, increment=5, duration=600)
        self.first.come()
        self.second.come()
        self.first.press("Bid $10")
        self.second.press("Bid $15")
        self.first.reads("standing", "You have been outbid. Your last bid was $10.")

    def finish(self, price: str) -> None:
        """Let the Seller end the auction, which the first phone wins."""
        self.seller.press("End the bidding now")
        self.seller.press("Yes, end it")
        self.first.reads("standing", f"You won! You owe {price}.")
        self.second.loses()
        verified = self.piped(*AUCTION, "ledger", "--ledger", str(self.folder / "ledger"), "verify")
        self.assertEqual(verified.wait()[0], 0)


class ServerTests(InterruptedTestCase):
    def interrupt(self, number: signal.Signals) -> None:
        """End the server with a signal, and start it again."""
        self.begin()
        self.allowed = (REFUSED,)
        self.house.send_signal(number)
        self.first.page.locator("#room", has_text=re.compile("^Connection lost.")).wait_for()
        self.first.sees("No connection: nothing can be sent.")
        self.first.page.locator("#now.stale").wait_for()
        self.check_access(self.first.page, "without a connection")
        self.serve_again()
        self.first.reads("standing", "You have been outbid. Your last bid was $10.")
        self.first.press("Bid $20")
        self.first.reads("standing", "You hold the highest bid: $20.")
        self.first.page.locator("#now:not(.stale)").wait_for()
        self.second.reads("standing", "You have been outbid. Your last bid was $15.")
        self.finish("$20")

    def test_killed(self) -> None:
        self.interrupt(signal.SIGKILL)

    def test_stopped(self) -> None:
        self.interrupt(signal.SIGTERM)

    def test_stalled(self) -> None:
        """A bid is in only when the server said so."""
        self.begin()
        self.house.process.send_signal(signal.SIGSTOP)
        self.first.press("Bid $20")
        self.first.reads("note", "Sent: Your bid of $20. Waiting for the server…")
        self.first.reads("standing", "You have been outbid. Your last bid was $10.")
        self.check_access(self.first.page, "waiting for the server")
        self.house.process.send_signal(signal.SIGCONT)
        self.first.reads("standing", "You hold the highest bid: $20.")
        self.first.reads("note", "")
        self.finish("$20")

    def test_offline(self) -> None:
        """A phone between two networks says so, and goes on with the same bid."""
        self.begin()
        self.first.page.context.set_offline(True)
        self.first.reads("room", "The server is silent. Checking…")
        self.first.press("Bid $20")
        self.first.reads("note", "Sent: Your bid of $20. Waiting for the server…")
        self.second.reads("standing", "You hold the highest bid: $15.")
        self.first.page.context.set_offline(False)
        self.first.reads("standing", "You hold the highest bid: $20.")
        self.first.reads("room", "Saleroom")
        self.finish("$20")


class WindowTests(InterruptedTestCase):
    def test_seat_taken_back(self) -> None:
        """The window that took its seat back from another one keeps it, also after a reload."""
        self.begin()
        other = Bidder(self.first.page.context.new_page(), self.origin)
        other.open()
        other.press("Come back to my seat")
        self.first.press("Continue here")
        other.page.get_by_role("button", name="Continue here").wait_for()
        self.first.page.reload()
        self.first.press("Bid $20")
        self.first.reads("standing", "You hold the highest bid: $20.")
        self.first.reads("urgent", "")
        self.finish("$20")


class CutTests(InterruptedTestCase):
    def cut(self, arrives: bool) -> None:
        """Cut the first phone's connection as it bids $20.

        :param arrives: True to lose only the answer.
        """
        cuts: list[str | bytes] = []

        def connect(page: "WebSocketRoute") -> None:
            server = page.connect_to_server()

            def from_page(text: str | bytes) -> None:
                if '"20"' not in str(text) or cuts:
                    server.send(text)
                    return
                cuts.append(text)
                if arrives:
                    server.send(text)
                else:
                    page.close()

            def from_server(text: str | bytes) -> None:
                if not cuts or '"bid_received"' not in str(text):
                    page.send(text)
                elif len(cuts) == 1:
                    cuts.append(text)
                    page.close()

            page.on_message(from_page)
            server.on_message(from_server)

        self.begin()
        self.first.page.route_web_socket(re.compile("/live$"), connect)
        self.first.page.reload()
        self.first.press("Bid $20")

    def test_line_is_lost(self) -> None:
        self.cut(arrives=False)
        self.first.sees("Your bid of $20 did not count. Send it again if you still want it.")
        self.first.reads("standing", "You have been outbid.")
        self.check_access(self.first.page, "a lost bid")
        self.first.press("Bid $20")
        self.first.reads("standing", "You hold the highest bid: $20.")
        self.finish("$20")

    def test_answer_is_lost(self) -> None:
        self.cut(arrives=True)
        self.first.reads("standing", "You hold the highest bid: $20.")
        self.finish("$20")
