"""The file of the list of people, read again while the house is open."""

from pathlib import Path

from tests.support import LedgerFolderTestCase, logged_lines
from twisted_auction.house.people import People, PeopleError
from twisted_auction.server.people_file import PeopleFile, read_people
from twisted_auction.testing import MemoryHouse, pass_code, with_codes

HEADER = "paddle,name,pass\n"
ROW = "17,Ada Smith,{}\n".format(
    next(iter(with_codes(People.parse(b"paddle,name,pass\n17,,\n")).persons.values())).code
)


class PeopleFileTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.list = self.folder / "people.csv"
        self.list.write_text(HEADER + ROW)

    def assert_refused(self, reason: str, path: Path | None = None) -> None:
        path = path or self.list
        with self.assertRaises(PeopleError) as caught:
            read_people(path)
        self.assertEqual(str(caught.exception), f"{path}: {reason}")

    def test_read(self) -> None:
        self.assertEqual([*read_people(self.list).persons], [17])

    def test_broken(self) -> None:
        self.assert_refused("No such file or directory.", self.folder / "nothing.csv")
        self.assert_refused("Is a directory.", self.folder)
        for data, reason in [
            (b"", "row 1: there is no header."),
            (HEADER.encode(), "there is nobody in it."),
            (b"paddle\n17\n", "row 1: there is no column name."),
            (f"{HEADER}17,Ada,\n17,Bob,\n".encode(), "row 3: paddle 17 is in row 2, too."),
            (f"{HEADER}17,A\x07da,\n".encode(), "row 2: name must be printable characters only."),
            (
                f"{HEADER}17,Ad\xe4,\n".encode("latin-1"),
                'the file is not UTF-8 text; save it as "CSV UTF-8".',
            ),
        ]:
            self.list.write_bytes(data)
            self.assert_refused(reason)

    def test_signal_during_a_halt(self) -> None:
        """The list is replaced once events can be recorded again."""
        lines = logged_lines(self)
        house = MemoryHouse(people=read_people(self.list), ledger=self.path)
        self.addCleanup(house.close)
        file = PeopleFile(self.list, house.rooms)
        self.list.write_text(f"{HEADER}{ROW}18,Bob,\n")
        house.rooms._halt()
        file.read_and_log()
        assert house.rooms.people is not None
        self.assertEqual(([*house.rooms.people.persons], lines), ([17], []))
        house.rooms._go_on()
        self.assertEqual([*house.rooms.people.persons], [17, 18])
        house.rooms._halt()
        house.rooms._go_on()
        self.assertEqual(len(lines), 1)

    def test_seller_is_missing(self) -> None:
        """The operator is warned, and the list is used."""
        catalogue = b"lot,item,type,lowest_price,seller\n1a,Cup,1,5,17\n1b,Hat,1,5,\n"
        house = MemoryHouse(people=read_people(self.list), catalogue=catalogue)
        file = PeopleFile(self.list, house.rooms)
        self.assertEqual(file.read(), "the list of people is read; it has 1 person.")
        self.list.write_text(f"{HEADER}18,Bob,\n")
        self.assertEqual(
            file.read(),
            "the list of people is read; it has 1 person. Paddle 17, the seller of lot 1a, is not "
            "on the list.",
        )

    def test_replaced_while_people_bid(self) -> None:
        """A seated person stays; a broken file changes nothing; each order has one line."""
        lines = logged_lines(self)
        house = MemoryHouse(people=read_people(self.list))
        file = PeopleFile(self.list, house.rooms)
        client = house.connect_to_lobby(f"PASS {pass_code(17)}", "JOIN main")
        client.read_lines()
        self.list.write_text(f"{HEADER}{ROW}18,Bob,x\n")
        before = house.rooms.people
        file.read_and_log()
        self.assertIs(house.rooms.people, before)
        self.list.write_text(f"{HEADER}{ROW}18,Bob,\n")
        self.assertEqual(file.read(), "the list of people is read; it has 2 people.")
        file.read_and_log()
        client.send_lines("1 100 1 Sword")
        self.assertEqual(client.read_lines(), ["Auction request received: 1 100 1 Sword"])
        self.assertEqual(
            lines,
            [
                f"The list of people stays as it was: {self.list}: row 3: pass must be as 'auction "
                "people' writes it, or empty; it is no place for a pass code.",
                "For a signal, the list of people is read; it has 2 people.",
            ],
        )
