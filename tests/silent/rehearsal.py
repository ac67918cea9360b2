"""A rehearsal of a timed sale in memory: each person is told what the ledger settles."""

import csv
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tests.silent.guests import Guest, Mailbox
from tests.support import CommandTestCase, LedgerFolderTestCase
from twisted_auction.house.people import People
from twisted_auction.ledger.history import verify_view
from twisted_auction.ledger.storage import open_view

Bills = Mapping[int, Mapping[str, int]]
"""What each person owes: by paddle, the payment for each lot won, by its room."""


class RehearsalTestCase(LedgerFolderTestCase, CommandTestCase):
    """A test of a whole sale, with a ledger in a folder of its own."""

    def settlement(self, people: People) -> dict[int, dict[str, int]]:
        """The bills in the settlement of the ledger."""
        status, lines, errors = self.auction("ledger", "settle", "--format", "csv", str(self.path))
        self.assertEqual((status, errors), (0, ""))
        bills: dict[int, dict[str, int]] = {paddle: {} for paddle in people.persons}
        for row in csv.DictReader(lines):
            if row["kind"] == "bought":
                dollars, cents = row["payment"].split(".")
                self.assertEqual(cents, "00")
                bills[int(row["account"])][row["room"]] = int(dollars)
        return bills

    def check_told(self, bills: Bills, guests: Iterable[Guest]) -> None:
        """Each guest has been told its bill: by the rooms, and by the answer to ``MINE``."""
        for guest in guests:
            bill = bills[guest.paddle]
            own = {
                room: lot["amount"] for room, lot in guest.own.items() if lot["standing"] == "won"
            }
            account = (guest.account["lots"], guest.account["due"])
            self.assertEqual(guest.won, bill, guest.paddle)
            self.assertEqual(own, bill, guest.paddle)
            self.assertEqual(account, (len(bill), sum(bill.values())), guest.paddle)

    def check_notified(self, bills: Bills, mailbox: Mailbox) -> None:
        """Each person has been notified of its bill: of each lot won, and in one settlement."""
        for paddle, bill in bills.items():
            notified = {
                room: letter[-1]["payment"] for room, letter in mailbox.letters(paddle, "won")
            }
            for room, letter in mailbox.letters(paddle, "voided"):
                if letter[-1]["type"] == "nothing_due":  # and no bid was voided
                    del notified[room]
            self.assertEqual(notified, bill, paddle)
            settlements = [*mailbox.letters(paddle, "settlement")]
            # A person without a lot gets none.
            self.assertEqual(len(settlements), int(bool(bill)), paddle)
            for _, letter in settlements:
                account = letter[-1]
                self.assertEqual(
                    (account["type"], account["lots"], account["due"]),
                    ("account_is", len(bill), sum(bill.values())),
                )

    def check_bids(self, bills: Bills, rooms: Iterable[str], guests: Iterable[Guest]) -> None:
        """No acknowledged bid was lost: a lot is sold for at least each of them.

        :param rooms: the rooms without voided bids.
        """
        payments = {room: payment for bill in bills.values() for room, payment in bill.items()}
        for guest in guests:
            for room in rooms:
                bid, payment = guest.bids.get(room, 0), payments.get(room, 0)
                self.assertLessEqual(bid, payment, (guest.paddle, room))

    def check_maxima(
        self,
        bills: Bills,
        rooms: Iterable[str],
        guests: Iterable[Guest],
        buy: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """No acknowledged maximum was lost: a lot is sold for at least each of them, or to its
        Buyer.

        :param rooms: the rooms without voided bids.
        :param guests: those without limits, which may stop a maximum.
        :param buy: the price to buy at once, by room. No maximum stands against it.
        """
        payments = {room: payment for bill in bills.values() for room, payment in bill.items()}
        for guest in guests:
            for room in rooms:
                if room not in bills[guest.paddle]:
                    maximum, payment = guest.maxima.get(room, 0), payments.get(room, 0)
                    most = min(maximum, buy.get(room, maximum))
                    self.assertLessEqual(most, payment, (guest.paddle, room))

    def check_ledger(self) -> None:
        """The ledger verifies, and no auction in it is unfinished."""
        with open_view(self.path) as view:
            self.assertEqual(verify_view(view).unfinished, {})
