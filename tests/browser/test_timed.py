"""Timed auctions, maxima and the price to buy at once, on the phones of persons."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.browser.pages import SMALL_TARGETS, BrowserTestCase
from tests.browser.persons import Bidder
from twisted_auction.house.people import Person
from twisted_auction.testing import pass_code

ZONE = "Europe/Berlin"

SIZES: list[dict[str, Any]] = [
    {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark", "locale": "es-ES"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
]


def in_days(days: int) -> str:
    """A time of day in so many days, in the time zone of the server."""
    day = datetime.now(ZoneInfo(ZONE)) + timedelta(days)
    return day.replace(hour=12, minute=0, tzinfo=None).isoformat(timespec="minutes")


class TimedTests(BrowserTestCase):
    def bidder(self, **options: Any) -> Bidder:
        return Bidder(self.phone(**options), self.origin)

    def bidders(self) -> list[Bidder]:
        """A person for each size of a screen."""
        return [self.bidder(**options) for options in SIZES]

    def check(self, state: str, *bidders: Bidder) -> None:
        """What holds in every state of a page."""
        for number, bidder in enumerate(bidders):
            self.check_access(bidder.page, state)
            self.check_width(bidder.page, f"{state}, {number}")
            self.assertEqual(bidder.page.evaluate(SMALL_TARGETS), [], state)

    def sell(self, *lots: str) -> None:
        catalogue = self.folder / "lots.txt"
        catalogue.write_text("".join(f"{lot}\n" for lot in lots))
        self.serve("--catalogue", str(catalogue), "--lot-pause", "0", "--timezone", ZONE)

    def test_buy(self) -> None:
        """The button asks first, is gone when the price is higher, and buys."""
        self.sell("english:buy=300:duration=600 100 1 Oak chest", "english:buy=500 50 1 Lamp")
        spanish, first, second = self.bidders()
        spanish.come("Participar")
        first.come()
        second.come()
        first.press("Buy now for $300")
        first.sees("Buy for $300? That ends the bidding, and the item is yours.")
        spanish.press("Comprar ya por $300")
        spanish.sees("¿Comprar por $300? Las pujas se cierran y el artículo es suyo.")
        self.check("to buy at once", spanish, first, second)
        spanish.press("Cancelar")
        first.press("Cancel")
        self.assertTrue(first.place("buy").evaluate("node => node === document.activeElement"))
        second.bid_other("299")
        first.reads("take", "Buy now for $300")
        self.assertFalse(first.place("buy").is_visible())
        spanish.press("Comprar ya por $300")
        second.press("Other amount")
        second.page.get_by_label("Your bid").fill("1000")
        second.press("Bid this amount")
        second.sees("Buy for $300? That ends the bidding, and the item is yours.")
        second.press("Yes, buy")
        second.reads("item", "Lamp")
        second.sees(re.compile("You won! You owe \\$300"))
        spanish.reads("item", "Lamp")  # and nothing more is asked about the first lot
        spanish.page.get_by_role("button", name="Comprar ya por $500").wait_for()
        first.press("Buy now for $500")
        second.bid_other("500")
        second.press("Yes, buy")
        first.loses()

    def test_price_above_that_to_buy(self) -> None:
        """The question goes away with the offer, and no button is left."""
        self.sell("english:buy=300:increment=10:duration=600 100 2 Oak chest")
        first, second = self.bidder(), self.bidder()
        first.come()
        second.come()
        first.press("Buy now for $300")
        second.bid_other("295")
        first.reads("take", "Bid $305")
        self.assertFalse(first.place("by-confirm").is_visible())
        self.assertFalse(first.place("buy").is_visible())
        first.press("Bid $305")
        first.reads("standing", "You hold the highest bid: $305.")

    def test_bids(self) -> None:
        """The list is asked for when it is opened, follows the price, and takes nothing away."""
        self.sell("english:increment=5:duration=600 100 2 Oak chest")
        spanish, first, second = self.bidders()
        first.come()
        second.come()
        spanish.come("Participar")
        first.page.get_by_text("Bids", exact=True).click()
        first.reads("bids", "No bid yet")
        second.press("Bid $100")
        first.place("bids").get_by_text("$100").wait_for()
        first.press("Bid $105")
        first.sees("Buyer 1 (you)")
        spanish.page.get_by_text("Pujas", exact=True).click()
        spanish.place("bids").get_by_text("$105").wait_for()
        self.check("the bids", spanish, first)
        lines = first.place("bids").locator("li").all_inner_texts()
        self.assertEqual(lines[0].split(), ["Buyer", "1", "(you)", "$105"])
        self.assertEqual(second.types_heard().count("bids_listed"), 0)
        first.reads("note", "Nothing won yet")

    def test_bids_at_the_end(self) -> None:
        """An open list asks for no bids after the end, and the next auction is as usual."""
        self.serve()
        seller, first, second = self.bidder(), self.bidder(), self.bidder()
        seller.come()
        for _ in range(2):
            seller.offer_chest(100)
            for bidder in (first, second):
                bidder.come()
            first.page.get_by_text("Bids", exact=True).click()
            first.reads("bids", "No bid yet")
            second.press("Bid $100")
            seller.press("End the bidding now")
            seller.press("Yes, end it")
            first.loses()
            first.page.wait_for_timeout(1500)  # longer than the page waits with a question
            self.assertNotIn("not_done", first.types_heard())
            seller.press("Next auction")

    def test_sealed(self) -> None:
        """A sealed bid is changed, taken back and made again, and so is a pass."""
        self.sell(f"first-price:end={in_days(2)} 20 0 Quilt")
        spanish, first, second = self.bidders()
        first.come()
        second.come()
        spanish.come("Participar")
        first.bid_sealed("1234000")
        first.reads("standing", "Your bid of $1,234,000 is in. Please wait for the result.")
        spanish.page.get_by_label("Su puja").fill("77")
        spanish.press("Enviar la puja")
        spanish.page.get_by_role("button", name="Cambiar mi puja").wait_for()
        self.check("a sealed bid that can be changed", spanish, first, second)
        first.page.get_by_label("Your bid").fill("1357000")
        first.press("Change my bid")
        first.reads("standing", "Your bid of $1,357,000 is in. Please wait for the result.")
        first.page.reload()
        first.reads("standing", "Your bid of $1,357,000 is in. Please wait for the result.")
        first.press("Withdraw my bid")
        first.reads("standing", "Your bid, please. Nobody else sees it.")
        first.press("Pass this lot")
        first.reads("standing", "You have passed this lot. You can bid until the end.")
        self.check("a pass that can be taken back", first)
        first.page.reload()
        first.reads("standing", "You have passed this lot. You can bid until the end.")
        first.bid_sealed("1468000")
        first.reads("standing", "Your bid of $1,468,000 is in. Please wait for the result.")
        # Too long for a part of the seconds left.
        for amount in ("1234000", "1357000", "1468000"):
            others = [*spanish.heard, *second.heard]
            self.assertEqual([text for text in others if amount in text], [])

    def test_request(self) -> None:
        """The Seller offers an item until a time of day, with all rules; refusals are told."""
        self.serve("--timezone", ZONE)
        seller = self.bidder(**SIZES[1])
        seller.come()
        form = seller.page.locator("#request")
        form.locator("[name=ends]").select_option("At a time of day")
        seller.sees(re.compile(f"In the time zone {ZONE}, where it is [-0-9]+ [0-9:]+\\."))
        form.get_by_text("More rules").click()
        self.check("the form with all rules", seller)
        fields = {
            "item": "Oak chest",
            "price": "1,000",
            "increment": "1,10@100,50@1000",
            "end": in_days(3),
            "latest": in_days(2),
            "reserve": "900",
            "buy": "2000",
        }
        for name, value in fields.items():
            form.locator(f"[name={name}]").fill(value)
        form.locator("[name=increment]").fill("1,10@")
        seller.press("Offer the item")
        seller.sees("Type whole numbers, such as 150. Steps can be a table, such as 1,10@100.")
        form.locator("[name=increment]").fill(fields["increment"])
        for name, value, refusal in [
            ("reserve", "1500", "The reserve must be above the lowest price."),
            ("latest", in_days(4), "The latest end must not be before the end."),
        ]:
            seller.press("Offer the item")
            seller.sees(f"This is no auction request. {refusal}")
            self.check(refusal, seller)
            form.locator(f"[name={name}]").fill(value)
        seller.press("Offer the item")
        seller.reads("item", "Oak chest")
        bidder = self.bidder()
        bidder.come()
        bidder.sees("The reserve is not met.", re.compile("^2 d \\d+ h$|^3 d \\d+ h$"))
        bidder.press("Bid $1,000")
        bidder.sees(re.compile("above the highest, \\$10 from \\$100, \\$50 from \\$1000\\."))
        bidder.press("Buy now for $2,000")
        bidder.press("Yes, buy")
        seller.reads("standing", "Your item has been sold for $2,000.")

    def test_spanish_request(self) -> None:
        """Times that cannot be are refused in the language of the page."""
        self.serve("--timezone", ZONE)
        seller = self.bidder(**SIZES[0])
        seller.come("Participar")
        form = seller.page.locator("#request")
        form.get_by_label("Formato").select_option("Pujas secretas, segundo precio")
        form.locator("[name=ends]").select_option("A una hora")
        seller.sees(re.compile(f"En la zona horaria {ZONE}, donde es "))
        self.check("the form in Spanish", seller)
        form.locator("[name=item]").fill("Arcón")
        form.locator("[name=price]").fill("20")
        form.locator("[name=end]").fill(in_days(400))
        seller.press("Ofrecer el artículo")
        seller.sees(re.compile("El cierre [-0-9]+ 12:00 está a más de un año; ahora es "))
        self.check("a refusal in Spanish", seller)
        form.locator("[name=end]").fill(in_days(1))
        seller.press("Ofrecer el artículo")
        seller.reads("item", "Arcón")

    def test_maximum_in_the_list(self) -> None:
        """A person reads its maximum of each lot in the list of all lots, and can change it."""
        lots = self.folder / "lots.csv"
        lots.write_text(
            "lot,item,type,lowest_price\n12a,Oak chest,english:increment=5,100\n13,Lamp,english,5\n"
        )
        self.serve(
            *("--catalogue", str(lots), "--together", "--ends", in_days(2), "--timezone", ZONE),
            *("--people", self.list_people([Person(1, "Ada Ay"), Person(2, "Bob Bee")])),
            *("--lot-pause", "0"),
        )
        first, second = self.bidder(**SIZES[1]), self.bidder(**SIZES[0])
        for paddle, bidder in ((1, first), (2, second)):
            bidder.open(f"/join/{pass_code(paddle)}")
            bidder.open("/room/12a")
        first.press("Maximum")
        first.page.get_by_label("Bid for me up to").fill("1800000")
        first.press("Set this maximum")
        first.reads("maximum", "Maximum: $1,800,000")
        first.open("/")
        first.sees("Yours at $100 · Maximum: $1,800,000", "You hold 1 lot · Maxima: $1,800,000")
        self.check("the list of all lots", first)
        second.open("/")
        second.sees("$100")
        self.check("the list of all lots in Spanish", second)
        first.page.get_by_text("Oak chest").click()
        first.press("Maximum: $1,800,000")
        first.page.get_by_label("Bid for me up to").fill("900000")
        first.press("Set this maximum")
        first.reads("maximum", "Maximum: $900,000")
        first.open("/")
        first.sees("Yours at $100 · Maximum: $900,000")
        for amount in ("1800000", "900000"):  # too long for a part of the seconds left
            self.assertEqual([text for text in second.heard if amount in text], [])
