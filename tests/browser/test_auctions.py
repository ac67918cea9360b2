"""Whole auctions between phones, typed clients and robots, on a real server."""

import re

from tests.browser.pages import BrowserTestCase
from tests.browser.persons import Bidder
from tests.processes import AUCTION, CLIENT, Piped


class AuctionTests(BrowserTestCase):
    def bidder(self) -> Bidder:
        return Bidder(self.phone(), self.origin)

    def typed(self) -> Piped:
        """A client whose person types."""
        client = self.piped(*CLIENT, "127.0.0.1", self.port)
        client.read_until("Your role is: [Buyer]\n")
        return client

    def type(self, client: Piped, line: str) -> None:
        assert client.process.stdin is not None
        client.process.stdin.write(f"{line}\n".encode())
        client.process.stdin.flush()

    def check(self, bidder: Bidder, state: str) -> None:
        """What holds in every state of a phone."""
        self.check_access(bidder.page, state)
        self.check_width(bidder.page, state)

    def test_sealed(self) -> None:
        """Three phones and a typed client; no amount reaches another page."""
        self.serve()
        seller, first, second = self.bidder(), self.bidder(), self.bidder()
        seller.come()
        self.check(seller, "the Seller's form")
        seller.offer("Sealed bids, second price", item="WolfPackSword", price=100, buyers=3)
        seller.reads("item", "WolfPackSword")
        first.come()
        first.reads("standing", "Waiting for more Buyers.")
        self.check(first, "waiting for Buyers")
        second.come()
        typed = self.typed()
        typed.read_until("Please submit your bid:\n")
        first.reads("standing", "Your bid, please. Nobody else sees it.")
        self.check(first, "asked for a sealed bid")
        first.bid_sealed("abc")
        first.sees("Type a whole amount of dollars, such as 150.")
        self.check(first, "an amount that is none")
        first.bid_sealed("15")
        first.sees("$15 is below the opening price of $100, and cannot win. Do you mean it?")
        self.check(first, "a sealed bid to confirm")
        first.press("Cancel")
        self.assertTrue(first.place("amount").evaluate("node => node === document.activeElement"))
        first.bid_sealed("1,520")
        first.reads("standing", "Your bid of $1,520 is in. Please wait for the result.")
        self.check(first, "a bid that is in")
        second.bid_sealed("1437")
        second.reads("standing", "Your bid of $1,437 is in. Please wait for the result.")
        self.type(typed, "1201")
        first.reads("standing", "You won! You owe $1,437.")
        second.loses()
        seller.reads("standing", "Your item has been sold for $1,437.")
        typed.read_until("Unfortunately you did not win in the last round.\n")
        for bidder, state in [(first, "won"), (second, "lost"), (seller, "sold")]:
            self.check(bidder, state)
        for amount, others in [("1520", [second, seller]), ("1201", [first, second, seller])]:
            for other in others:
                self.assertEqual([text for text in other.heard if amount in text], [])
        self.assertEqual([text for text in second.heard if "1437" in text and "ask" in text], [])
        first.press("Next auction")
        first.sees("What do you sell?")

    def test_english(self) -> None:
        """A phone against a robot: the large button, another amount, a jump, the calls."""
        self.serve()
        seller, bidder = self.bidder(), self.bidder()
        seller.come()
        seller.offer_chest(100, duration=8)
        bidder.come()
        robot = self.piped(*AUCTION, "bid", "--max", "140", "127.0.0.1", self.port)
        bidder.reads("price", "$100")
        self.check(bidder, "highest bid of another")
        bidder.press("Bid $105")
        bidder.reads("standing", "You have been outbid. Your last bid was $105.")
        self.check(bidder, "outbid")
        bidder.bid_other("130")
        bidder.reads("price", "$135")
        bidder.bid_other("150")
        bidder.reads("standing", "You hold the highest bid: $150.")
        self.check(bidder, "highest")
        bidder.sees("Going once")
        bidder.reads("standing", "You won! You owe $150.")
        seller.reads("standing", "Your item has been sold for $150.")
        self.assertEqual(robot.wait()[0], 0)

    def test_maximum(self) -> None:
        """The server bids for a phone, whose person reads its own maximum, also after a cut."""
        lots = self.folder / "lots.txt"
        lots.write_text("english:increment=5:duration=600:reserve=120 100 2 Oak chest\n")
        self.serve("--catalogue", str(lots), "--lot-pause", "0")
        first, second = self.bidder(), self.bidder()
        first.come()
        second.come()
        first.sees("The reserve is not met.")
        first.press("Maximum")
        self.check(first, "the form for a maximum")
        first.page.get_by_label("Bid for me up to").fill("1,800")
        first.press("Set this maximum")
        first.reads("standing", "You hold the highest bid: $120.")
        first.reads("maximum", "Maximum: $1,800")
        first.sees("The reserve is met.")
        self.check(first, "a maximum that is set")
        second.bid_other("150")
        second.reads("standing", "You have been outbid. Your last bid was $150.")
        first.reads("standing", "You hold the highest bid: $155.")
        first.page.reload()
        first.reads("maximum", "Maximum: $1,800")
        self.assertEqual([text for text in second.heard if "1800" in text], [])
        second.press("Maximum")
        second.page.get_by_label("Bid for me up to").fill("2000")
        second.press("Set this maximum")
        second.reads("standing", "You hold the highest bid: $1,805.")
        first.reads("standing", "You have been outbid. Your last bid was $1,800.")
        first.press("Maximum: $1,800")
        first.press("No maximum")
        first.reads("maximum", "Maximum")

    def test_jump(self) -> None:
        """A bid far above the asking price is confirmed, or taken back."""
        lots = self.folder / "lots.txt"
        lots.write_text("english:increment=5:duration=600:jump=10 10 2 Oak chest\n")
        self.serve("--catalogue", str(lots), "--lot-pause", "0")
        first, second = self.bidder(), self.bidder()
        first.come()
        second.come()
        first.bid_other("9000")
        first.sees("$9,000 is far above the asking price of $10. Do you mean it?")
        self.check(first, "a jump to confirm")
        first.press("Cancel")
        first.press("Cancel")
        first.press("Bid $10")
        first.reads("standing", "You hold the highest bid: $10.")
        second.bid_other("9000")
        second.press("Yes, bid $9,000")
        second.reads("standing", "You hold the highest bid: $9,000.")
        first.reads("standing", "You have been outbid. Your last bid was $10.")

    def test_typed_jump(self) -> None:
        """The page asks about an amount with a zero too many, also if the format would not."""
        lots = self.folder / "lots.txt"
        lots.write_text("english:duration=600 10 1 Oak chest\n")
        self.serve("--catalogue", str(lots), "--lot-pause", "0")
        bidder = self.bidder()
        bidder.come()
        bidder.bid_other("5")
        bidder.sees("Too low: the least bid is $10 now.")
        bidder.page.get_by_label("Your bid").fill("100")
        bidder.press("Bid this amount")
        bidder.sees("$100 is far above the asking price of $10. Do you mean it?")
        bidder.reads("note", "Nothing won yet")  # and not that $100 is too low
        bidder.page.keyboard.press("Escape")
        bidder.page.keyboard.press("Escape")
        bidder.page.get_by_role("button", name="Other amount").wait_for()
        bidder.bid_other("99")
        bidder.reads("standing", "You hold the highest bid: $99.")
        bidder.bid_other("1000")
        bidder.press("Yes, bid $1,000")
        bidder.reads("standing", "You hold the highest bid: $1,000.")

    def test_no_picture(self) -> None:
        """A lot whose picture is nowhere looks as one without a picture."""
        self.allowed = ("console: error: Failed to load resource", f"refused: {self.origin}/pict")
        lots = self.folder / "lots.csv"
        lots.write_text("item,type,lowest_price,picture\nOak chest,english,10,chest.jpg\n")
        self.serve("--catalogue", str(lots), "--lot-pause", "0")
        bidder = self.bidder()
        with bidder.page.expect_response(re.compile(r"/pictures/chest\.jpg$")):
            bidder.come()
        bidder.reads("item", "Oak chest")
        bidder.page.evaluate("new Promise((then) => requestAnimationFrame(then))")
        self.assertFalse(bidder.place("picture").is_visible())

    def test_close(self) -> None:
        """The Seller ends the bidding, after a question."""
        self.serve()
        seller, first, second = self.bidder(), self.bidder(), self.bidder()
        seller.come()
        seller.offer_chest(10)
        first.come()
        second.come()
        first.press("Bid $10")
        second.reads("price", "$10")
        seller.press("End the bidding now")
        self.check(seller, "an end to confirm")
        seller.press("Cancel")
        second.press("Bid $15")
        seller.reads("price", "$15")
        seller.press("End the bidding now")
        seller.press("Yes, end it")
        second.reads("standing", "You won! You owe $15.")
        first.loses()

    def test_dutch(self) -> None:
        """The price falls on both phones until one presses the button."""
        self.serve()
        seller, first, second = self.bidder(), self.bidder(), self.bidder()
        seller.come()
        seller.offer("Dutch auction", item="Silver spoon", price=50, start=90, interval=2)
        first.come()
        second.come()
        first.reads("price", "$90")
        second.reads("price", "$90")
        self.check(first, "a falling price")
        first.page.get_by_role("button", name=re.compile("^Buy for ")).wait_for()
        second.page.locator("#price", has_text=re.compile(r"\$[5-8]")).wait_for()
        button = second.page.get_by_role("button", name=re.compile("^Buy for "))
        price = str(button.text_content()).removeprefix("Buy for ")
        button.click()
        second.page.locator("#standing", has_text="You won! You owe $").wait_for()
        paid = str(second.place("standing").text_content()).split()[-1].rstrip(".")
        # The price may have fallen between the reading and the press.
        self.assertLessEqual(int(paid.strip("$")), int(price.strip("$")))
        first.loses()
        seller.reads("standing", f"Your item has been sold for {paid}.")
