"""Auctioneers in the lobby: orders, the desk of a room, people who walk in."""

import json
import re
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.support import LedgerFolderTestCase
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People, Person, Role
from twisted_auction.memory_clients import MemoryClient
from twisted_auction.rules.commands import Start
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import Limits
from twisted_auction.server.people_file import read_people
from twisted_auction.testing import MemoryHouse, pass_code, with_codes

Told = dict[str, object]

PEOPLE = with_codes(
    People(
        [
            Person(1, "Ada", limit=500),
            Person(2, "Bob"),
            Person(3, "Cyd", lots=1),
            Person(9, "Sam", Role.SELLER, room="yard"),
            Person(50, "Eve", Role.WATCHER),
            Person(90, "Una", Role.AUCTIONEER, room="yard"),
            Person(100, "Zoe", Role.AUCTIONEER),
        ]
    )
)

CATALOGUE = b"english 100 0 Chest\n1 20 0 Clock\nenglish 5 0 Rope\n2 10 0 Bell\n"

TERMS = Terms(lot_pause=5, lot_time=60, after_sale=600)


class DeskClient:
    """The desk of an auctioneer, as a page would keep it."""

    def __init__(self, client: MemoryClient) -> None:
        self.client = client
        self.facts: dict[tuple[str, object], Told] = {}
        self.answers: list[Told] = []
        self.raw = ""

    def read(self) -> None:
        for line in self.client.read_lines():
            self.raw += line
            for told in json.loads(line):
                match told["type"]:
                    case "desk_of":
                        self.facts.clear()
                    case "desk_gone":
                        del self.facts[told["what"], told["number"]]
                    case "desk_auction":
                        self.facts["desk_auction", 0] = told
                    case "desk_seat":
                        self.facts["desk_seat", told["paddle"]] = told
                    case "desk_bid" | "desk_order" | "sale_lot":
                        self.facts[told["type"], told["number"]] = told
                    case _:
                        self.answers.append(told)

    def all(self, kind: str) -> list[Told]:
        return [told for (its, _), told in sorted(self.facts.items(), key=str) if its == kind]

    @property
    def auction(self) -> Told:
        return self.facts["desk_auction", 0]


class DeskTestCase(SynchronousTestCase):
    def meet(self, **arguments: object) -> None:
        self.house = MemoryHouse(
            **{
                "terms": TERMS,
                "catalogue": CATALOGUE,
                "people": PEOPLE,
                "doors": Doors("order"),
                **arguments,
            }  # type: ignore[arg-type]
        )

    def client(self, paddle: int, *lines: str) -> MemoryClient:
        return self.house.connect_to_lobby(f"PASS {pass_code(paddle)}", *lines)

    def desk(self, room: str = "main", paddle: int = 100) -> DeskClient:
        desk = DeskClient(self.client(paddle, "JSON", f"DESK {room}"))
        desk.client.read_lines()
        desk.client.send_lines(f"DESK {room}")
        self.house.advance(0.3)
        desk.read()
        return desk

    def order(self, words: str, paddle: int = 100) -> str:
        client = self.client(paddle)
        client.read_lines()
        client.send_lines(f"ORDER {words}")
        self.house.advance()
        (answer,) = client.read_lines()
        client.disconnect()
        return answer


class OrderTests(DeskTestCase):
    def setUp(self) -> None:
        self.meet()

    def test_orders_by_role(self) -> None:
        """Auctioneers alone give orders. For others, the verbs do not tell more."""
        for paddle in (1, 9, 50):
            with self.subTest(paddle=paddle):
                answer = "Not done: the desk is for auctioneers."
                for line in ("ORDER start", "DESK main", "ADMIT 4 Dan"):
                    client = self.client(paddle)
                    client.read_lines()
                    client.send_lines(line)
                    self.assertEqual(client.read_lines(), [answer])
        stranger = self.house.connect_to_lobby("ORDER start")
        self.assertEqual(stranger.read_lines(), ["Not done: the desk is for auctioneers."])
        self.assertEqual(self.house.auctioneer.report(), "the sale begins by order, Buyers: 0")
        self.assertEqual(self.order("start"), "Done: room main: the sale begins.")
        self.assertEqual(self.order("bid 1 150"), "Not done: room main: bidding is not open.")
        self.house.advance(5)
        self.assertEqual(self.order("bid 1 150"), "Done: room main: Buyer 1 bids $150.")

    def test_without_people(self) -> None:
        """In a house without a list, these verbs are not known, as ever."""
        self.meet(people=None, catalogue=None, doors=None)
        for line in ("ORDER status", "DESK main", "ADMIT next Dan"):
            (answer,) = self.house.connect_to_lobby(line).read_lines()
            self.assertTrue(answer.startswith("Say one of: LIST,"), answer)

    def test_help(self) -> None:
        """Only an auctioneer reads of the desk."""
        desk = (
            "At the desk: SALE room [number], ORDER words, DESK room, "
            "ADMIT paddle [limit=amount] name."
        )
        self.assertNotIn(desk, self.client(1, "HELP").read_lines())
        self.assertEqual(self.client(100, "HELP").read_lines()[-1], desk)

    def test_actor(self) -> None:
        """The paddle of the auctioneer stands behind its order."""
        self.order("start")
        order = self.house.auctioneer.auction.order
        assert order is not None
        self.assertEqual((order.order, order.actor), ("start", "paddle 100"))

    def test_room_of_an_auctioneer(self) -> None:
        """An auctioneer of one room has this room alone."""
        self.client(9, "JOIN yard")
        mine = "Not done: your pass code is for room yard."
        for words in ("start room=main", "people", "ban 127.0.0.1", "pause room=main"):
            self.assertEqual(self.order(words, 90), mine)
        self.assertEqual(self.order("say Hello.", 90), "Done: room yard: everyone is told.")
        client = self.client(90, "DESK main", "ADMIT 4 Dan", "ORDER follow")
        self.house.advance(1)  # above the rate of lines
        self.assertEqual(
            client.read_lines()[1:],
            [
                mine,
                mine,
                "Done: following room yard.",
                "News of yard: waiting for the Seller's request",
            ],
        )
        self.order("start")
        self.house.advance()
        self.assertEqual(client.read_lines(), [])
        self.order("say Tea.", 90)
        self.assertEqual(
            client.read_lines(),
            ["News of yard: Order of paddle 90, say.", "News of yard: The Auctioneer says: Tea."],
        )

    def test_wrong_words(self) -> None:
        self.assertTrue(self.order("dance").startswith("Not done: orders are: status, follow,"))
        self.assertTrue(self.order("").startswith("Not done: orders are:"))
        self.assertEqual(
            self.order("pause room=nowhere"),
            "Not done: there is no such room; rooms are: main.",
        )
        self.assertEqual(
            self.order("status x"),
            "Not done: status is about all rooms and takes no words: status.",
        )
        client = self.client(100, "DESK nowhere")
        self.assertEqual(client.read_lines()[1:], ["Not done: there is no such room."])

    def test_room_of_the_desk(self) -> None:
        """An order without a room is for the room of the desk."""
        self.client(9, "JOIN yard")
        self.assertTrue(self.order("say Tea.").startswith("Not done: name the room"))
        client = self.client(100, "DESK yard", "ORDER say Tea.")
        self.assertIn("Done: room yard: everyone is told.", client.read_lines())

    def test_lost_role(self) -> None:
        """An auctioneer off the list, or with another role, has no desk from then on."""
        desk = self.desk()
        follower = self.client(100, "ORDER follow")
        follower.read_lines()
        persons = [each for each in PEOPLE.persons.values() if each.paddle != 100]
        self.house.rooms.replace_people(People([*persons, Person(100, "Zoe", Role.WATCHER)]))
        self.house.advance(2)
        desk.read()
        self.assertEqual(desk.answers[-1]["text"], "the desk is for auctioneers.")
        self.house.auctioneer.orders.give(Start())
        self.house.advance(2)
        self.assertEqual(desk.client.read_lines(), [])
        self.assertEqual(follower.read_lines(), [])

    def test_idle_without_a_role(self) -> None:
        """A connection without a desk may be idle no longer than others in the lobby."""
        follower, desk = self.client(100, "ORDER follow"), self.client(100, "DESK main")
        self.house.advance(600)
        self.assertFalse(follower.is_closed or desk.is_closed)
        persons = [each for each in PEOPLE.persons.values() if each.paddle != 100]
        self.house.rooms.replace_people(People(persons))
        self.house.auctioneer.orders.give(Start())
        self.house.advance(2 + Limits().lobby_timeout)
        self.assertTrue(desk.is_closed)
        self.assertTrue(follower.is_closed)


class ViewTests(DeskTestCase):
    def setUp(self) -> None:
        self.meet()

    def test_a_lot(self) -> None:
        """The desk of an English lot: seats, bids, the price, a cut, and what was done."""
        self.client(1, "JOIN main")
        bob = self.client(2, "JOIN main")
        desk = self.desk()
        self.assertEqual(desk.auction["stage"], "doors")
        self.assertEqual([each["state"] for each in desk.all("sale_lot")], ["to_come"] * 4)
        self.order("start because it is time.")
        self.house.advance(5)
        bob.send_lines("100")
        self.house.advance(1)
        self.order("bid 1 150")
        bob.disconnect()
        self.house.advance(2)
        desk.read()
        self.assertEqual(
            desk.auction,
            {
                "type": "desk_auction",
                "stage": "open",
                "lot": 1,
                "lots": 4,
                "label": "",
                "format": "english",
                "item_name": "Chest",
                "amount": 150,
                "buyer": 1,
                "asking_price": 151,
                "received": 0,
                "awaited": 0,
                "seller": 0,
                "watchers": 0,
                "people": 7,
                "paused": 0,
                "seconds": 59,
            },
        )
        seats = [
            (each["paddle"], each["name"], each["state"], each["bound"], each["limit"])
            for each in desk.all("desk_seat")
        ]
        self.assertEqual(seats, [(1, "Ada", "here", 150, 500), (2, "Bob", "away", 0, 0)])
        self.assertEqual(
            [(each["buyer"], each["amount"]) for each in desk.all("desk_bid")],
            [(2, 100), (1, 150)],
        )
        self.assertEqual(
            [
                (each["order"], each["actor"], each["buyer"], each["amount"], each["text"])
                for each in desk.all("desk_order")
            ],
            [("start", "paddle 100", 0, 0, "It is time."), ("bid", "paddle 100", 1, 150, "")],
        )
        self.order("void because of a slip.")
        self.order("pause")
        self.house.advance(10)
        desk.read()
        self.assertEqual((desk.auction["amount"], desk.auction["buyer"]), (100, 2))
        self.assertEqual((desk.auction["paused"], desk.auction["seconds"]), (1, 57))
        self.assertEqual([each["amount"] for each in desk.all("desk_bid")], [100])

    def test_two_desks(self) -> None:
        """Two desks stay in step, whatever happens, and so does a desk that is opened later."""
        first, second = self.desk(), self.desk()
        bob = self.client(2, "JOIN main")
        self.order("start")
        self.house.advance(5)
        for line in ("100", "120", "pass"):
            bob.send_lines(line)
            self.house.advance(1.5)
        for words in ("move 4 before 3", "skip 3", "add english 7 0 Lamp", "close", "again 3"):
            self.order(words)
        self.house.advance(1.5)
        for desk in (first, second):
            desk.read()
        self.assertEqual(self.timeless(first), self.timeless(second))
        self.assertEqual(self.timeless(self.desk()), self.timeless(first))
        states = [(each["number"], each["state"], each["place"]) for each in first.all("sale_lot")]
        self.assertEqual(
            states,
            [
                (1, "sold", 1),
                (2, "on", 2),
                (3, "to_come", 5),
                (4, "to_come", 3),
                (5, "to_come", 4),
            ],
        )

    def test_last_lot(self) -> None:
        """The result of a lot is told, also if no other lot comes up after it."""
        desk, bob = self.desk(), self.client(2, "JOIN main")
        self.order("start")
        self.house.advance(5)
        for lot in (2, 3, 4):
            self.order(f"skip {lot}")
        bob.send_lines("100")
        self.house.advance(1.5)
        desk.read()
        self.assertEqual(desk.facts["sale_lot", 1]["state"], "on")
        self.order("close")
        self.house.advance(1.5)
        desk.read()
        self.assertEqual(desk.auction["stage"], "done")
        lot_1 = desk.facts["sale_lot", 1]
        self.assertEqual((lot_1["state"], lot_1["buyer"], lot_1["payment"]), ("sold", 2, 100))

    def timeless(self, desk: DeskClient) -> dict[tuple[str, object], Told]:
        return {key: {**told, "seconds": 0} for key, told in desk.facts.items()}

    def test_end_of_a_paused_sale(self) -> None:
        """A sale that ends in a pause is over, and not paused."""
        desk = self.desk()
        self.order("start")
        self.house.advance(5)
        self.order("pause")
        for _ in range(4):
            self.order("cancel because of a fire.")
        self.order("close")
        self.house.advance(2)
        desk.read()
        self.assertEqual((desk.auction["stage"], desk.auction["paused"]), ("over", 0))

    def test_at_most_five_a_second(self) -> None:
        desk = self.desk()
        bob = self.client(2, "JOIN main")
        self.order("start")
        self.house.advance(6)
        desk.read()
        letters = 0
        for number in range(10):
            bob.send_lines(str(100 + number))
            self.house.advance(0.1)
            letters += len(desk.client.read_lines())
        self.assertGreater(letters, 2)
        self.assertLessEqual(letters, 6)

    def test_client_that_does_not_read(self) -> None:
        """It is told nothing in between, and then everything."""
        desk = self.desk()
        bob = self.client(2, "JOIN main")
        self.order("start")
        self.house.advance(6)
        desk.read()
        desk.client.pause_reading()
        for number in range(5):
            bob.send_lines(str(100 + number))
            self.house.advance(1)
        desk.client.resume_reading()
        self.house.advance(1)
        desk.read()
        self.assertEqual(self.timeless(desk), self.timeless(self.desk()))

    def test_long_sale(self) -> None:
        """A snapshot of a thousand lots comes in pieces."""
        self.meet(catalogue=b"".join(b"1 5 0 Item %d\n" % lot for lot in range(1000)))
        client = self.client(100, "JSON")
        client.read_lines()
        client.send_lines("DESK main")
        sizes = []
        for _ in range(10):
            self.house.advance(0.2)
            sizes += [len(json.loads(line)) for line in client.read_lines()]
        self.assertEqual(sizes, [1, 250, 250, 250, 250, 1])

    def test_another_room(self) -> None:
        """DESK of another room ends the first; the connection has no silence to fear."""
        self.client(9, "JOIN yard")
        desk = self.desk()
        desk.client.send_lines("DESK yard")
        self.house.advance(0.3)
        desk.read()
        self.assertEqual(desk.auction["stage"], "request")
        self.assertEqual(desk.all("sale_lot"), [])
        self.order("start room=main")
        self.house.advance(90)
        desk.read()
        self.assertEqual(desk.auction["stage"], "request")
        self.assertFalse(desk.client.is_closed)

    def test_lost_role_after_another_room(self) -> None:
        """A room that no desk follows any more is forgotten, also while another desk closes."""
        self.client(9, "JOIN yard")
        one, other = self.desk("yard"), self.desk("main")
        other.client.send_lines("DESK yard")
        persons = [each for each in PEOPLE.persons.values() if each.paddle != 100]
        self.house.rooms.replace_people(People(persons))
        self.house.advance(2)
        for desk in (one, other):
            desk.read()
            self.assertEqual(desk.answers[-1]["text"], "the desk is for auctioneers.")
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_nothing_is_left(self) -> None:
        desk = self.desk()
        desk.client.disconnect()
        self.house.advance(1)
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(self.house.rooms.news.followers, {})


class PrivacyProperties(DeskTestCase):
    """No sealed amount at the desk, and none in another's list of the sale."""

    SECRETS = st.lists(st.integers(10_000, 99_999), min_size=2, max_size=2, unique=True)

    @settings(deadline=None, max_examples=25)
    @given(SECRETS, SECRETS, st.booleans())
    def test_pairs(self, one: list[int], other: list[int], second_price: bool) -> None:
        """Two sales with other sealed bids are the same to the desk while the lot is on, and to the
        losing Buyer, its own bid apart, for ever."""
        kind = 2 if second_price else 1
        catalogue = b"%d 20 0 Clock\nenglish 5 0 Rope\n" % kind
        # The same Buyer wins in both sales.
        low, high = sorted(one)
        other_high = max(other)
        stories = [
            self.story(catalogue, low, high),
            self.story(catalogue, low, max(other_high, low + 1)),
        ]
        for before, after in [stories]:
            self.assertEqual(before, after)
        for text in stories[0]:
            self.assertNotRegex(text, rf"\b{high}\b")

    def test_changed_bids(self) -> None:
        """The order of those who have left does not tell whose sealed bid was changed or
        withdrawn."""
        seats = []
        for line in ("200", "300", "withdraw"):
            self.meet(catalogue=b"1:end=2027-01-15T09:00 20 0 Clock", doors=None)
            one, two = self.client(1, "JOIN main"), self.client(2, "JOIN main")
            self.house.advance(6)
            one.send_lines("200")
            two.send_lines("100")
            one.send_lines(line)
            for client in (one, two):
                client.disconnect()
            self.house.advance(1000)
            told = [paddle for kind, paddle in self.desk().facts if kind == "desk_seat"]
            seats.append(told)
        self.assertEqual(seats, [[1, 2]] * 3)

    def story(self, catalogue: bytes, low: int, high: int) -> tuple[str, str, str]:
        self.meet(catalogue=catalogue, people=_without_limits())
        desk = self.desk()
        loser, winner = self.client(2, "JOIN main"), self.client(1, "JOIN main")
        self.client(3, "JOIN main")
        self.order("start")
        self.house.advance(6)
        loser.send_lines(str(low))
        winner.send_lines(str(high))
        self.house.advance(1)
        desk.read()
        seen = desk.raw
        stranger = self.house.connect_to_lobby("SALE main")
        during = "\n".join(stranger.read_lines())
        self.house.advance(60)
        after = "\n".join(self.client(2, "SALE main").read_lines())
        return seen, during, after


class RestartTests(LedgerFolderTestCase, DeskTestCase):
    def test_restart(self) -> None:
        """Results, orders and bids are there after a kill."""
        self.meet(ledger=self.path)
        bob = self.client(2, "JOIN main")
        self.order("start")
        self.house.advance(6)
        bob.send_lines("130")
        self.order("skip 3")
        self.house.advance(1)
        self.order("close")
        self.house.advance(1)
        desk = self.desk()
        lots, orders = desk.all("sale_lot"), desk.all("desk_order")
        self.assertEqual([each["state"] for each in lots], ["sold", "on", "skipped", "to_come"])
        self.house = self.house.restart(after=2)
        again = self.desk()
        self.assertEqual(again.all("sale_lot"), lots)
        kept = [{**each, "seconds": 0} for each in again.all("desk_order")]
        self.assertEqual(kept, [{**each, "seconds": 0} for each in orders])
        self.house.close()


class AdmitTests(DeskTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "people.csv")
        self.write("paddle,name,role,pass\n1,Ada,,\n7,Bob,,\n100,Zoe,auctioneer,%s\n")

    def write(self, text: str) -> None:
        code = PEOPLE.persons[100].code
        self.path.write_text(text % code if "%" in text else text)
        self.meet(people=read_people(self.path), people_file=self.path)

    def admit(self, words: str) -> str:
        client = self.client(100)
        client.read_lines()
        client.send_lines(f"ADMIT {words}")
        self.house.advance()
        (answer,) = client.read_lines()
        return answer

    def test_walk_in(self) -> None:
        """The person can bid at once, and the list has its code hashed."""
        with capturedLogs() as logged:
            answer = self.admit("next limit=300 Dan Doe")
        log = "\n".join(f"{formatEvent(event)} {event}" for event in logged)
        found = re.fullmatch("Pass code of paddle 8, Dan Doe: ([0-9A-Z-]{14})", answer)
        assert found is not None, answer
        code = found[1]
        self.assertIn("Paddle 8 is added to the list of people by paddle 100.", log)
        for secret in (code, "Dan"):
            self.assertNotIn(secret, log)
        self.assertNotIn(code, self.path.read_text())
        dan = self.house.connect_to_lobby(f"PASS {code}", "JOIN main")
        self.assertEqual(
            dan.read_lines()[:2], ["You are paddle 8, Dan Doe.", "Your role is: [Buyer]"]
        )
        person = read_people(self.path).persons[8]
        self.assertEqual((person.name, person.limit), ("Dan Doe", 300))
        self.assertEqual(self.path.stat().st_mode & 0o007, 0o004)

    def test_wrong_words(self) -> None:
        before = self.path.read_bytes()
        for words, reason in [
            ("", "say ADMIT paddle [limit=amount] name, or next for the paddle."),
            ("8", "say ADMIT paddle [limit=amount] name, or next for the paddle."),
            ("8 limit=5", "say ADMIT paddle [limit=amount] name, or next for the paddle."),
            ("1 Dan", "paddle 1 is on the list already."),
            ("0 Dan", "paddle must be a whole number from 1 to 9999."),
            ("8 limit=x Dan", "limit must be a whole number from 1, or empty."),
            ("8 Dan\u202eDoe", "name must"),
        ]:
            answer = self.admit(words)
            self.assertTrue(answer.startswith(f"Not done: {reason}"), answer)
        self.assertEqual(self.path.read_bytes(), before)

    def test_file_in_use(self) -> None:
        """A list that is open in a spreadsheet, wrong or gone changes nothing."""
        lock = self.path.with_name(f".~lock.{self.path.name}#")
        lock.touch()
        self.assertEqual(
            self.admit("8 Dan"),
            f"Not done: {self.path} is open in a spreadsheet: close it there, or delete "
            f"{lock.name}.",
        )
        lock.unlink()
        self.path.write_text("paddle,name\n1,Ada\n1,Bob\n")
        self.assertEqual(
            self.admit("8 Dan"), f"Not done: {self.path}: row 3: paddle 1 is in row 2, too."
        )
        self.path.unlink()
        self.assertEqual(
            self.admit("8 Dan"), f"Not done: cannot read {self.path}: No such file or directory."
        )
        assert self.house.rooms.people is not None
        self.assertNotIn(8, self.house.rooms.people.persons)

    def test_without_a_file(self) -> None:
        self.meet()
        self.assertEqual(
            self.admit("8 Dan"), "Not done: this house has no file with a list of people."
        )


def _without_limits() -> People:
    return with_codes(
        People(
            [
                Person(1, "Ada"),
                Person(2, "Bob"),
                Person(3, "Cyd"),
                Person(100, "Zoe", Role.AUCTIONEER),
            ]
        )
    )
