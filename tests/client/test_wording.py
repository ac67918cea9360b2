from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.client.wording import Meaning, meaning_of, parse_lenient, role_in
from twisted_auction.wire import messages

UNDERSTOOD: list[tuple[bytes, messages.Message | None]] = [
    (b"Your role is: [Seller]", messages.RoleSeller()),
    (b" Your role is: [Seller] \t\r", messages.RoleSeller()),
    (b"Server: Please submit your bid:", messages.AskBid()),
    (b"AUCTIONEER :Please submit your bid: ", messages.AskBid()),
    (b"Server:", None),
    (b"\xff", None),
    (b"", None),
]

MEANINGS = {
    (Meaning.PASS_WANTED, False): ["Please submit your pass code", "Pass code?", "Passcode: "],
    (Meaning.REQUEST_WANTED, False): [
        "Please submit auction request",
        "Enter the auction request (type lowest number name)",
        "Your role is: [Seller]Please submit auction request:",
        "You are the SELLER here, what would you like to sell?",
    ],
    (Meaning.BID_WANTED, False): [
        "Please submit your bid",
        "Enter bid amount >",
        "Place your bids now!",
        "Your bid: ",
        "Let the bidding begin! Enter your bid: ",
    ],
    (Meaning.BID_WANTED, True): ["Invalid bid. Please enter another offer."],
    (Meaning.ANSWER_WANTED, False): ["Name?", "> "],
    (Meaning.ANSWER_WANTED, True): [
        "Invalid bid! Please enter a positive number:",
        "wrong format, try again",
        "Only positive integers, please",
        "Try again.",
    ],
    (Meaning.RESULT, True): [
        "Unfortunately, you did not win in the last round!",
        "You won this item WolfPackSword, your payment due is $150.",
        "Congratulations! You pay 150",
        "Sorry, you lost.",
        "Auction finished! Success! Your item WolfPackSword has been sold for $150.",
        "Unfortunately your item was not sold",
        "WolfPackSword went for 150",
        "Item unsold.",
    ],
    (Meaning.TURNED_AWAY, False): [
        "Server is busy. Try to connect again later.",
        "Bidding on-going",
        "An auction is in progress, come back later",
    ],
    (Meaning.NEWS, False): [
        "Welcome!",
        "",
        "Waiting for other bidders to connect...",
        "Whoever is highest has won the item.",
        "You won",
    ],
    (Meaning.NEWS, True): [
        "If you win, you pay the second price.",
        "Bid received. Please wait for the others.",
        "Bidding has started.",
        "OK, your auction is open",
        "Your item will be sold to the highest bidder.",
        "Thank you!",
    ],
}


class WordingTests(SynchronousTestCase):
    def test_our_words(self) -> None:
        for line, message in UNDERSTOOD:
            self.assertEqual(parse_lenient(line), message, line)

    def test_other_words(self) -> None:
        for (meaning, has_answered), lines in MEANINGS.items():
            for line in lines:
                self.assertEqual(meaning_of(line, has_answered), meaning, line)

    def test_roles(self) -> None:
        for line, role in [
            ("Role: Seller", messages.RoleSeller),
            ("You are the SELLER here", messages.RoleSeller),
            ("Your Role is [Buyer].", messages.RoleBuyer),
            ("you are a bidder", messages.RoleBuyer),
            ("Welcome, bidder.", None),
            ("The seller has left", None),
        ]:
            self.assertEqual(role_in(line), role, line)

    def test_long_lines_take_no_long_time(self) -> None:
        for line in ("you " * 5000, "please " * 5000, "item " * 5000 + "sol", " " * 16000 + "x"):
            self.assertEqual(meaning_of(line, True), Meaning.NEWS)
