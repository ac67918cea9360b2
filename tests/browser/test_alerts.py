"""The browser's own notifications: asked for by a tap, and shown while nobody looks."""

from typing import Any

from tests.browser.pages import CHROMIUM, BrowserTestCase
from tests.browser.persons import Bidder

LOOKS_AWAY = """
Object.defineProperty(document, "hidden", { get: () => window.looksAway === true });
"""
"""In Chromium without a screen, every page is in front."""

ASKED_FIRST = """
let permission = "default";
Object.defineProperty(Notification, "permission", { get: () => permission });
Notification.requestPermission = async () => permission = "granted";
"""
"""A test cannot press the button of Chromium's own question: the permission is there before."""

SHOWN = """async () => {
  const worker = await navigator.serviceWorker.getRegistration("/static/");
  const shown = await worker.getNotifications();
  return shown.map(({ title, body, tag }) => [title, body, tag]);
}"""

WORKS = """async () => {
  const worker = await navigator.serviceWorker.getRegistration("/static/");
  return Boolean(worker?.active);
}"""


class AlertTests(BrowserTestCase):
    programs = CHROMIUM[1:]

    def bidder(self) -> Bidder:
        page = self.phone()
        page.add_init_script(LOOKS_AWAY)
        return Bidder(page, self.origin)

    def wait_for_worker(self, bidder: Bidder) -> None:
        """Wait until the worker shows the notifications, which a test cannot see otherwise."""
        for _ in range(600):
            if bidder.page.evaluate(WORKS):
                return
            bidder.page.wait_for_timeout(100)
        self.fail("there is no worker")

    def shown(self, bidder: Bidder, body: str) -> None:
        """Wait until this is the one notification."""
        for _ in range(600):
            shown: Any = bidder.page.evaluate(SHOWN)
            if shown and shown[0][1] == body:
                break
            bidder.page.wait_for_timeout(100)
        self.assertEqual(shown, [["Oak chest", body, "auction main"]])

    def test_outbid_and_lost(self) -> None:
        self.serve()
        seller, other = Bidder(self.phone(), self.origin), Bidder(self.phone(), self.origin)
        seller.come()
        seller.offer_chest(price=10)
        bidder = self.bidder()
        bidder.page.add_init_script(ASKED_FIRST)
        bidder.page.context.grant_permissions(["notifications"], origin=self.origin)
        bidder.come()
        other.come()
        button = "Notify me while I look elsewhere"
        bidder.sees(button)
        self.check_access(bidder.page, "with the button for notifications")
        bidder.press(button)
        bidder.place("alerts").wait_for(state="hidden")
        self.wait_for_worker(bidder)
        bidder.press("Bid $10")
        bidder.reads("standing", "You hold the highest bid: $10.")
        bidder.page.evaluate("window.looksAway = true")
        other.press("Bid $15")
        self.shown(bidder, "You have been outbid. Your last bid was $10.")
        seller.press("End the bidding now")
        seller.press("Yes, end it")
        bidder.loses()
        self.shown(bidder, str(bidder.place("standing").text_content()))

    def test_looking(self) -> None:
        """Who looks at the page needs none; who refuses is not asked again."""
        self.serve()
        seller, other = Bidder(self.phone(), self.origin), Bidder(self.phone(), self.origin)
        seller.come()
        seller.offer_chest(price=10)
        bidder = self.bidder()
        bidder.page.context.grant_permissions(["notifications"], origin=self.origin)
        bidder.come()
        other.come()
        bidder.press("Bid $10")
        bidder.reads("standing", "You hold the highest bid: $10.")
        self.assertFalse(bidder.place("alerts").is_visible())
        other.press("Bid $15")
        bidder.reads("standing", "You have been outbid. Your last bid was $10.")
        self.assertEqual(bidder.page.evaluate(SHOWN), [])
