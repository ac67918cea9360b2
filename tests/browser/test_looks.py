"""The pages by keyboard alone, on narrow and wide screens, in light and dark, without motion."""

from typing import Any

from tests.browser.pages import SMALL_TARGETS, BrowserTestCase
from tests.browser.persons import Bidder

FOCUSED = """() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
}"""
"""Whether the element with the focus shows it."""


class Keyboard(Bidder):
    """A person with a keyboard alone."""

    def press(self, button: str) -> None:
        """Go to the button by Tab, and press Enter."""
        self._go(f"button:{button}")
        self.page.keyboard.press("Enter")

    def type(self, field: str, text: str) -> None:
        """Go to the field with this id by Tab, and type."""
        self._go(f"field:{field}")
        self.page.keyboard.type(text)

    def _go(self, target: str) -> None:
        for _ in range(40):
            here: str = self.page.evaluate(
                """() => {
                    const { tagName, id, textContent } = document.activeElement;
                    return tagName === "BUTTON" ? `button:${textContent.trim()}` : `field:${id}`;
                }"""
            )
            if here == target:
                assert self.page.evaluate(FOCUSED), f"{target} does not show its focus"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached by Tab")


class LookTests(BrowserTestCase):
    def auction(self, *bidders: Bidder) -> Bidder:
        """An English auction for these Buyers; its Seller."""
        self.serve()
        seller = Bidder(self.phone(), self.origin)
        seller.come()
        seller.offer_chest(10, buyers=len(bidders))
        return seller

    def test_keyboard(self) -> None:
        """A whole auction; the focus is seen, and does not get lost with a button."""
        bidder, other = Keyboard(self.screen(), self.origin), Bidder(self.phone(), self.origin)
        seller = self.auction(bidder, other)
        bidder.come()
        other.come()
        bidder.press("Bid $10")
        bidder.reads("standing", "You hold the highest bid: $10.")
        other.press("Bid $15")
        bidder.reads("take", "Bid $20")
        bidder.page.keyboard.press("Enter")
        bidder.reads("standing", "You hold the highest bid: $20.")
        seller.press("End the bidding now")
        seller.press("Yes, end it")
        bidder.reads("standing", "You won! You owe $20.")
        bidder.press("Next auction")

    def test_screens(self) -> None:
        """Narrow and wide, in light and dark: no scrolling aside, no small target, no fault."""
        options: list[dict[str, Any]] = [
            {"viewport": {"width": 320, "height": 640}, "color_scheme": "light"},
            {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
            {"viewport": {"width": 1920, "height": 1080}, "color_scheme": "light"},
            {"viewport": {"width": 844, "height": 390}, "color_scheme": "dark"},
        ]
        bidders = [Bidder(self.phone(**each), self.origin) for each in options]
        self.auction(*bidders)
        for bidder in bidders:
            bidder.come()
        bidders[0].press("Bid $10")
        for bidder in bidders[1:]:
            bidder.reads("price", "$10")
        for bidder, option in zip(bidders, options, strict=True):
            self.check_access(bidder.page, str(option))
            self.check_width(bidder.page, str(option))
            self.assertEqual(bidder.page.evaluate(SMALL_TARGETS), [], option)

    def test_long_words(self) -> None:
        """A word that is longer than a line is broken, in each list of lots, too."""
        lots = self.folder / "lots.txt"
        lots.write_text(f"english:duration=600 10 1 {60 * 'm'}\n")
        self.serve("--catalogue", str(lots), "--lot-pause", "0")
        bidder = Bidder(self.phone(viewport={"width": 320, "height": 640}), self.origin)
        bidder.come()
        bidder.reads("price", "$10")
        bidder.place("sale-title").click()
        bidder.place("lines").get_by_text("mmm").wait_for()
        self.check_width(bidder.page, "a room")
        bidder.open("/")
        bidder.page.get_by_role("heading", name="mmm").wait_for()
        self.check_width(bidder.page, "the rooms")

    def test_large_text(self) -> None:
        """Twice the text on a small phone still needs no scrolling aside."""
        bidder = Bidder(self.phone(viewport={"width": 320, "height": 640}), self.origin)
        self.auction(bidder)
        bidder.come()
        bidder.page.evaluate("document.documentElement.style.fontSize = '200%'")
        bidder.reads("price", "$10")
        self.check_width(bidder.page, "twice the text")
