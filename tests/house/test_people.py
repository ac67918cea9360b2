"""The list of people: every row is right, or the list is refused."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.pass_codes import HashedCode, new_salt
from twisted_auction.house.people import People, PeopleError, Person, Role

CODE = "K0QM-1X9T-P1HC"
OTHER_CODE = "ZZZZ-ZZZZ-ZZZZ"
SALT = new_salt()
HEADER = "paddle,name,role,room,limit,lots,valuation,pass\n"


def listed(*rows: str) -> People:
    return People.parse((HEADER + "\n".join(rows)).encode())


class ParsingTests(SynchronousTestCase):
    def test_whole_row(self) -> None:
        code = HashedCode.of(CODE, SALT)
        people = listed(f"17,Zoë Żak,Seller,art,500,2,180;20 ; 90,{code}", "9999,,,,,,,")
        self.assertEqual(
            [*people.persons.items()],
            [
                (17, Person(17, "Zoë Żak", Role.SELLER, "art", 500, 2, (180, 20, 90), code)),
                (9999, Person(9999)),
            ],
        )

    def test_roles(self) -> None:
        words = ["", "bidder", "SELLER", "auctioneer", "Watcher"]
        people = listed(*(f"{paddle},,{word},,,,," for paddle, word in enumerate(words, 1)))
        self.assertEqual([person.role for person in people.persons.values()], [Role.BIDDER, *Role])

    def test_few_columns(self) -> None:
        people = People.parse(b"E-Mail;Name;Paddle\r\nann@example.org;Ann;3\r\n")
        self.assertEqual(people.persons, {3: Person(3, "Ann")})

    def test_wrong_lists(self) -> None:
        """The reason has no text of a cell, because it is logged."""
        paddle = "paddle must be a whole number from 1 to 9999"
        code = HashedCode.of(CODE, SALT)
        number = "must be a whole number from 1, or empty"
        name = "name must be printable characters only"
        for rows, complaint in [
            (["1,Ann,,,,,,", "2,Bob,,,,,,", "1,Cy,,,,,,"], "row 4: paddle 1 is in row 2, too"),
            ([",Ann,,,,,,"], f"row 2: {paddle}"),
            (["0,Ann,,,,,,"], f"row 2: {paddle}"),
            (["007,Ann,,,,,,"], f"row 2: {paddle}"),
            (["10000,Ann,,,,,,"], f"row 2: {paddle}"),
            (["\u0661,Ann,,,,,,"], f"row 2: {paddle}"),
            (["1,A\x1b[2Jnn,,,,,,"], f"row 2: {name}"),
            (["1,A\u202enn,,,,,,"], f"row 2: {name}"),
            (['1,"A\nnn",,,,,,'], f"row 2: {name}"),
            (["1,\u2800,,,,,,"], "row 2: name must have no invisible characters"),
            ([f"1,{'ä' * 128},,,,,,"], "row 2: name must be at most 255 bytes"),
            (
                ["1,Ann,boss,,,,,"],
                "row 2: role must be bidder, seller, auctioneer or watcher, or empty",
            ),
            (
                ["1,Ann,,the hall,,,,"],
                "row 2: room must be 1 to 32 letters, digits, hyphens and underscores, or empty",
            ),
            (["1,Ann,,,$500,,,"], f"row 2: limit {number}"),
            (["1,Ann,,,0,,,"], f"row 2: limit {number}"),
            (["1,Ann,,,500.00,,,"], f"row 2: limit {number}"),
            (["1,Ann,,,,-1,,"], f"row 2: lots {number}"),
            (
                ["1,Ann,,,,,180;,"],
                "row 2: valuation must be whole numbers from 1, one or one a lot, "
                "separated by semicolons",
            ),
            (
                [f"1,Ann,,,,,,{CODE}"],
                "row 2: pass must be as 'auction people' writes it, or empty; it is no place for a "
                "pass code",
            ),
            (
                [f"1,Ann,,,,,,{code}", f"2,Bob,,,,,,{code}"],
                "row 3: its pass is that of row 2; empty the cell",
            ),
        ]:
            with self.assertRaises(PeopleError, msg=rows) as caught:
                listed(*rows)
            self.assertEqual(str(caught.exception), complaint)
        for data, complaint in [
            (b"number,name\n1,Ann\n", "row 1: there is no column paddle"),
            (b"paddle,pass,nickname\n", "row 1: there is no column name"),
            (
                "paddle,name,pass\n1,Änne,\n".encode("cp1252"),
                'the file is not UTF-8 text; save it as "CSV UTF-8"',
            ),
        ]:
            with self.assertRaises(PeopleError) as caught:
                People.parse(data)
            self.assertEqual(str(caught.exception), complaint)

    def test_private(self) -> None:
        """Errors that show objects show no name, and no hash."""
        code = HashedCode.of(CODE, SALT)
        self.assertEqual(
            repr(Person(17, "Ann", code=code)),
            "Person(paddle=17, role=<Role.BIDDER: 'bidder'>, room='', limit=None, lots=None, "
            "valuations=())",
        )
        self.assertNotIn("Ann", repr(listed(f"17,Ann,,,,,,{code}")))


class PersonTests(SynchronousTestCase):
    def test_rooms(self) -> None:
        self.assertTrue(Person(1).may_enter("art"))
        self.assertTrue(Person(1, room="art").may_enter("art"))
        self.assertFalse(Person(1, room="art").may_enter("Art"))

    def test_valuations(self) -> None:
        """One holds for every lot; of several, each for its own."""
        lots = range(4)
        for valuations, expected in [
            ((), [None, None, None, None]),
            ((180,), [180, 180, 180, 180]),
            ((180, 20), [None, 180, 20, None]),
        ]:
            person = Person(1, valuations=valuations)
            self.assertEqual([person.valuation(lot) for lot in lots], expected)


class PeopleTests(SynchronousTestCase):
    def test_find(self) -> None:
        people = listed(
            f"1,Ann,,,,,,{HashedCode.of(CODE, SALT)}",
            "2,Bob,,,,,,",
            f"3,Cy,,,,,,{HashedCode.of(OTHER_CODE, SALT)}",
        )
        self.assertIs(people.find(CODE), people.persons[1])
        self.assertIs(people.find("koqm ix9t plhc"), people.persons[1])
        self.assertIs(people.find(OTHER_CODE), people.persons[3])
        for text in ("", "1", "Ann", "K0QM-1X9T-P1HD", str(people.persons[1].code)):
            self.assertIsNone(people.find(text), text)
        self.assertIsNone(People().find(CODE))

    def test_merged(self) -> None:
        """The rows of two lists, put into one, keep their codes."""
        people = listed(
            f"1,Ann,,,,,,{HashedCode.of(CODE, SALT)}",
            f"2,Bob,,,,,,{HashedCode.of(OTHER_CODE, new_salt())}",
        )
        self.assertIs(people.find(CODE), people.persons[1])
        self.assertIs(people.find(OTHER_CODE), people.persons[2])

    def test_sellers(self) -> None:
        people = listed("1,,seller,art,,,,", "2,,auctioneer,,,,,", "3,,,,,,,")
        self.assertEqual([people.has_seller(room) for room in ("art", "main")], [True, False])
        self.assertTrue(listed("1,,seller,,,,,").has_seller("main"))
        self.assertFalse(People().has_seller("main"))
