"""What persons do and read on the pages, by the words and roles that a person meets, too."""

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, WebSocket


class Bidder:
    """A person with a room's page.

    :param page: an empty page.
    :param origin: the address of the site.
    :ivar heard: the texts of all frames that the server has sent to the page.
    """

    def __init__(self, page: "Page", origin: str) -> None:
        self.page = page
        self._origin = origin
        self.heard: list[str] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: "WebSocket") -> None:
        socket.on("framereceived", lambda text: self.heard.append(str(text)))

    def open(self, path: str = "/room/main") -> None:
        """Open a page of the site."""
        self.page.goto(self._origin + path)

    def sees(self, *texts: str | re.Pattern[str]) -> None:
        """Wait until the page shows these texts."""
        for text in texts:
            self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def reads(self, place: str, text: str) -> None:
        """Wait until the element with this id has this text."""
        # Playwright's own expect() would do, but its errors do not show the other places.
        found = self.place(place)
        try:
            found.filter(has_text=re.compile(f"^\\s*{re.escape(text)}\\s*$")).wait_for()
        except Exception as error:
            places = ("price", "standing", "note", "item")
            shown = {name: self.place(name).text_content() for name in places}
            raise AssertionError(f"#{place} does not say {text!r}: {shown}") from error

    def loses(self) -> None:
        """Wait until the page says that this person did not win; it may tell the result, too."""
        self.place("standing").filter(has_text=re.compile("^You did not win\\.")).wait_for()

    def place(self, name: str) -> "Locator":
        """The element with this id."""
        return self.page.locator(f"#{name}")

    def press(self, button: str) -> None:
        """Press the button with this name."""
        self.page.get_by_role("button", name=button, exact=True).locator("visible=true").click()

    def come(self, button: str = "Take part") -> None:
        """Open the page of the room, and take part."""
        self.open()
        self.press(button)

    def offer(self, form: str, **fields: str | int) -> None:
        """Fill the Seller's form, and send it.

        :param form: the name of the format on the page.
        :param fields: the other fields, by their names in the form.
        """
        self.page.get_by_label("Format").select_option(form)
        for name, value in fields.items():
            self.page.locator(f"#request [name={name}]").fill(str(value))
        self.press("Offer the item")

    def offer_chest(self, price: int, duration: int = 600, buyers: int = 2) -> None:
        """Offer an item in an English auction with steps of $5."""
        self.offer(
            "English auction",
            item="Oak chest",
            price=price,
            buyers=buyers,
            increment=5,
            duration=duration,
        )

    def bid_sealed(self, amount: str) -> None:
        """Type a sealed bid, and submit it."""
        self.page.get_by_label("Your bid").fill(amount)
        self.press("Submit bid")

    def bid_other(self, amount: str) -> None:
        """In an open auction, bid another amount than the asking price."""
        self.press("Other amount")
        self.page.get_by_label("Your bid").fill(amount)
        self.press("Bid this amount")

    def types_heard(self) -> list[str]:
        """The types of all messages that the page has got, in their order."""
        return [
            message["type"] for text in self.heard for message in json.loads(text).get("letter", [])
        ]
