"""Limits of persons across rooms: exact at each instant, and after a restart."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay
from tests.house.support import FINISHED, PEOPLE, PERSONS, Guest, PeopleTestCase
from twisted_auction.house.people import People
from twisted_auction.ledger.archive import move
from twisted_auction.ledger.history import Discrepancy
from twisted_auction.ledger.row import LedgerError, row_hash
from twisted_auction.rules.commands import Bid, Cancel, Void, VoidSale
from twisted_auction.rules.events import BidTaken, Cancelled, Event, Raised, Sold, Unsold
from twisted_auction.rules.formats import FORMATS, register_format
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

RECEIVED = "Bid received. Please wait..."
ASK = "Please submit your bid:"


def above(bound: int, limit: int = 500) -> str:
    return f"Above your limit: you are bound for ${bound} of ${limit}."


def too_many(won: int, lots: int) -> str:
    return f"Above your limit of lots: you are bound for {won} of {lots}."


def limited(limit: int | None = 500, lots: int | None = None, paddle: int = 17) -> People:
    """The list of people, with limits for one of them."""
    person = replace(PEOPLE.persons[paddle], limit=limit, lots=lots)
    return People({**PEOPLE.persons, paddle: person}.values())


class LimitTests(PeopleTestCase):
    """Person 17 has a limit of 500 dollars, unless the test says something else."""

    def setUp(self) -> None:
        super().setUp()
        self.begin(limited())

    def limit(self, limit: int | None = 500, lots: int | None = None) -> None:
        self.houses[0].rooms.replace_people(limited(limit, lots))

    def bound(self, bound: int, limit: int = 500, room: str = "probe") -> None:
        """Person 17 is bound for this sum: one more dollar is refused, in another room."""
        (probe,) = self.opened("english 1 1 Probe", 17, room=room)
        self.assertEqual(probe.say(str(limit - bound + 1)), [above(bound, limit)])
        self.assertEqual(self.seller.say("close")[-1][:13], "Unfortunately")

    def test_second_price(self) -> None:
        """The bid binds until the result, and the payment after it."""
        guests = self.opened("2 100 2 Sword", 17, 40)
        self.assertEqual(guests[0].say("501"), [above(0), ASK])
        self.assertEqual(guests[0].say("400"), [RECEIVED])
        self.bound(400)
        guests[1].say("150")
        self.bound(150)

    def test_first_price_and_no_sale(self) -> None:
        guests = self.opened("1 100 2 Sword", 17, 40)
        guests[0].say("400")
        guests[1].say("450")
        self.bound(0)
        (guest,) = self.opened("1 100 1 Sword", 17)
        guest.say("90")
        self.bound(0)
        (guest,) = self.opened("1 100 1 Sword", 17)
        guest.say("200")
        self.bound(200)

    def test_tie(self) -> None:
        """The earlier bid wins; the later one is free."""
        for paddles, bound in (((40, 17), 0), ((17, 40), 300)):
            for guest in self.opened("1 100 2 Sword", *paddles):
                guest.say("300")
            self.bound(bound)

    def test_dues(self) -> None:
        """A losing Buyer can owe something. It is no lot."""
        register_format(5, AllPay)
        self.addCleanup(FORMATS.pop, 5)
        self.limit(500, 1)
        guests = self.opened("all-pay 100 2 Sword", 17, 40)
        guests[0].say("200")
        guests[1].say("300")
        self.bound(200)
        (guest,) = self.opened("all-pay 100 1 Sword", 17)
        guest.say("250")
        (guest,) = self.opened("1 10 1 Sword", 17)
        self.assertEqual(guest.say("51"), [above(450), ASK])
        self.assertEqual(guest.say("50"), [too_many(1, 1), ASK])

    def test_dues_of_a_voided_sale(self) -> None:
        """A losing Buyer owes nothing, either, and is told so; also after a restart."""
        register_format(5, AllPay)
        self.addCleanup(FORMATS.pop, 5)
        self.forget()
        catalogue = b"all-pay 100 2 Sword\n1 10 1 Cup\n"
        house = self.begin(limited(), catalogue=catalogue, terms=Terms(lot_pause=0))
        guests = [self.guest(paddle).join("main") for paddle in (17, 40)]
        house.advance(0)
        guests[0].say("200")
        guests[1].say("300")
        self.bound(200)
        self.houses[0].auctioneer.orders.give(VoidSale("1"))
        voided = "The sale of lot 1 is voided."
        for guest, due in zip(guests, (200, 300), strict=True):
            lines = [voided, f"You do not owe ${due} for lot 1."]
            self.assertEqual(guest.read()[-2:], lines)
        self.bound(0)
        self.crash(house)
        self.bound(0)
        self.shut()
        self.assertEqual(self.verify().unfinished.keys(), {"main"})

    def test_dutch(self) -> None:
        (guest,) = self.opened("dutch:start=600 100 1 Sword", 17)
        self.assertEqual(guest.say("accept"), [above(0)])
        self.houses[0].advance(15)
        self.assertIn(RECEIVED, guest.say("accept"))
        self.bound(450)

    def test_outbid(self) -> None:
        """A Buyer that is outbid is free at once, and bound again by its next bid."""
        guests = self.opened("english 100 2 Sword", 17, 40)
        guests[0].say("400")
        self.bound(400)
        guests[1].say("410")
        self.bound(0)
        guests[0].say("420")
        self.bound(420)
        guests[0].say("500")
        self.bound(500)

    def test_several_rooms(self) -> None:
        """Bids in all rooms count together, whichever ends first."""
        rooms = ("a", "b", "c")
        guests = {room: self.opened("english 10 1 Sword", 17, room=room)[0] for room in rooms}
        sellers = {room: self.houses[0].rooms[room].seats.seated[0].connection for room in rooms}
        self.assertIn("You hold the highest bid: $300.", guests["a"].say("300"))
        self.assertEqual(guests["b"].say("201"), [above(300)])
        self.assertIn("You hold the highest bid: $200.", guests["b"].say("200"))
        # All that it is bound for, its own bid here included.
        self.assertEqual(guests["b"].say("201"), [above(500)])
        self.assertEqual(guests["c"].say("10"), [above(500)])
        seller = sellers["a"]
        assert isinstance(seller, Guest)
        seller.say("close")
        self.assertEqual(guests["c"].say("10"), [above(500)])

    def test_cancelled(self) -> None:
        (guest,) = self.opened("english 100 1 Sword", 17)
        guest.say("400")
        self.houses[0].rooms["art"].orders.give(Cancel(), reason="There is a fire.")
        self.bound(0)

    def void(self) -> str:
        """Void the highest bid in room art, and return the effect."""
        return self.houses[0].rooms["art"].orders.give(Void(), reason="A joke.")

    def test_voided(self) -> None:
        """A voided bid is free. An earlier bid holds again only within the limit of its Buyer."""
        guests = self.opened("english 100 3 Sword", 17, 40, 41)
        guests[0].say("300")
        guests[1].say("310")
        guests[2].say("320")
        (other,) = self.opened("english 100 1 Vase", 17, room="b")
        other.say("150")
        self.assertIn("Buyer 40 holds it at $310", self.void())
        self.bound(150)
        self.assertIn("Buyer 17 holds it at $300", self.void())
        self.bound(450)
        guests[2].say("330")
        other.say("201")
        self.assertIn("there is no bid", self.void())
        self.bound(201)

    def test_bid_of_the_operator(self) -> None:
        """It has the limit of its person, and binds a person without a seat."""
        self.opened("english 100 1 Sword", 40)
        orders = self.houses[0].rooms["art"].orders
        with self.assertRaises(OrderRefused) as caught:
            orders.give(Bid(17, b"501", may_be_away=True))
        self.assertEqual(str(caught.exception), "Buyer 17 would be above its limit of $500.")
        orders.give(Bid(17, b"400", may_be_away=True))
        self.bound(400)

    def test_lots_of_the_operator(self) -> None:
        """An auctioneer is not told of a sealed bid elsewhere."""
        self.limit(None, 1)
        (guest,) = self.opened("1:end=2027-01-15T09:00 100 0 Hat", 17, room="hats")
        self.assertEqual(guest.say("200")[0], RECEIVED)
        self.opened("english 100 1 Sword", 40)
        with self.assertRaises(OrderRefused) as caught:
            self.houses[0].rooms["art"].orders.give(Bid(17, b"150", may_be_away=True))
        self.assertEqual(str(caught.exception), "Buyer 17 would be above its limit of lots (1).")

    def test_departed(self) -> None:
        """A bid binds a Buyer that has left, too."""
        guests = self.opened("2 100 2 Sword", 17, 40)
        guests[0].say("400")
        guests[0].cut()
        self.houses[0].advance(100)
        self.bound(400)

    def test_lots(self) -> None:
        self.limit(None, 2)
        (guest,) = self.opened("1 100 1 Sword", 17)
        guest.say("100")
        first = self.opened("english 10 2 Sword", 17, 40, room="a")
        self.assertIn("You hold the highest bid: $10.", first[0].say("10"))
        (second,) = self.opened("english 10 1 Sword", 17, room="b")
        self.assertEqual(second.say("10"), [too_many(2, 2)])
        self.assertIn("You hold the highest bid: $11.", first[0].say("11"))
        first[1].say("12")
        self.assertIn("You hold the highest bid: $10.", second.say("10"))
        self.assertEqual(first[0].say("13")[-1], too_many(2, 2))

    def test_no_limit(self) -> None:
        """Others have no limit, and their rows keep none."""
        (guest,) = self.opened("1 100 1 Sword", 40)
        guest.say("100000")
        self.assertEqual(self.bodies("BidTaken"), ['{"who":40,"amount":100000}'])

    def bodies(self, kind: str) -> list[str]:
        with closing(sqlite3.connect(self.path)) as database:
            found = database.execute("SELECT body FROM event WHERE kind = ?", (kind,))
            return [body for (body,) in found]

    def test_lower_limit(self) -> None:
        """A limit lowered below what binds a person voids nothing, and allows nothing more."""
        guests = self.opened("english 100 2 Sword", 17, 40)
        guests[0].say("400")
        self.limit(300)
        self.assertEqual(guests[0].say("401"), [above(400, 300)])
        (probe,) = self.opened("english 1 1 Probe", 17, room="probe")
        self.assertEqual(probe.say("1"), [above(400, 300)])
        guests[1].say("410")
        self.assertEqual(guests[0].say("411")[-1], above(0, 300))
        self.assertIn("You hold the highest bid: $300.", probe.say("300"))
        self.limit(None)
        self.assertIn("You hold the highest bid: $1000.", guests[0].say("1000"))

    def test_row(self) -> None:
        """A row keeps the limit, and what its Buyer was bound for elsewhere."""
        guests = self.opened("english 100 1 Sword", 17)
        guests[0].say("120", "130")
        self.opened("2 100 1 Sword", 17, room="b")[0].say("370")
        self.assertEqual(
            self.bodies("Raised"),
            [
                '{"who":17,"amount":120,"outbid":null,"limit":500,"bound":0}',
                '{"who":17,"amount":130,"outbid":null,"limit":500,"bound":0}',
            ],
        )
        self.assertEqual(
            self.bodies("BidTaken"), ['{"who":17,"amount":370,"limit":500,"bound":130}']
        )
        self.shut()
        self.verify()

    def test_sealed_amounts_stay_secret(self) -> None:
        """Nobody else reads what a person is bound for."""
        guests = self.opened("1 100 2 Sword", 17, 40)
        watcher = self.guest(71).join()
        watcher.read()
        guests[0].say("501", "400")
        self.assertEqual((guests[1].read(), watcher.read()), ([], ["Bids: 1 of 2."]))
        self.assertEqual(self.seller.read(), [])
        for line in self.houses[0].console:
            self.assertNotIn("501", line)


class RestartTests(LimitTests):
    """The same if the server is killed now and then, and everyone comes back."""

    def bound(self, bound: int, limit: int = 500, room: str = "probe") -> None:
        super().bound(bound, limit, room)
        old = self.houses[0]
        new = self.crash(old, 1, people=old.rooms.people)
        for name, auctioneer in old.rooms.items():
            for seat in auctioneer.seats.seated.values():
                assert isinstance(seat.connection, Guest)
                seat.connection.house = new
                seat.connection.join(name).read()
        super().bound(bound, limit, room)


class LedgerTests(PeopleTestCase):
    """What a ledger has of limits."""

    def setUp(self) -> None:
        super().setUp()
        self.begin(limited())
        (guest,) = self.opened("1 100 1 Sword", 17)
        guest.say("400")
        self.guests = self.opened("english 50 2 Vase", 17, 40)

    def test_tampered(self) -> None:
        """A verification finds a bid above the limit in its row, also if all hashes are right."""
        self.guests[0].say("100")
        self.shut()
        self.verify()
        self.forge('"limit":500,"bound":400', '"limit":499,"bound":400')
        error = self.assertRaises(Discrepancy, self.verify)
        self.assertEqual(
            str(error), "row 12 of room art does not hold: Buyer 17 has bid above its limit."
        )

    def forge(self, old: str, new: str) -> None:
        """Change a row of the only room, and all later hashes."""
        with closing(sqlite3.connect(self.path)) as database, database:
            ((hash,),) = database.execute("SELECT anchor FROM house")
            for number, at, room, auction, kind, body in database.execute(
                "SELECT number, at, room, auction, kind, body FROM event ORDER BY number"
            ).fetchall():
                forged = body.replace(old, new)
                hash = row_hash(hash, number, at, room, auction, kind, forged)
                database.execute(
                    "UPDATE event SET body = ?, hash = ? WHERE number = ?", (forged, hash, number)
                )

    def test_archived(self) -> None:
        """Lots in an archive count no more: their sale is over and settled."""
        self.assertEqual(self.guests[0].say("101"), [above(400)])
        self.shut()
        move(self.path, self.path.with_name("archive.sqlite3"))
        self.begin(limited())
        self.assertIn("You hold the highest bid: $500.", self.guest(17).join().say("500"))

    def test_strangers(self) -> None:
        """A Buyer of an auction without a list of people only has the number of a paddle."""
        self.guests[0].say("60")
        self.houses[0].advance(100)
        self.shut()
        house = MemoryHouse(Terms(max_bidders=17), ledger=self.path)
        house.connect_to_lobby("JOIN hall", "english 100 17 Sword")
        for _ in range(17):
            buyer = house.connect_to_lobby("JOIN hall")
        buyer.send_lines("300")
        house.advance(100)
        house.close()
        self.begin(limited())
        (guest,) = self.opened("english 1 1 Sword", 17)
        self.assertEqual(guest.say("41"), [above(460)])

    def test_unreadable(self) -> None:
        """A result that cannot be read is a reason not to start."""
        self.shut()
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE event SET body = '{}' WHERE kind = 'Sold'")
        error = self.assertRaises(LedgerError, self.begin)
        self.assertEqual(
            str(error), "row 6 of room art does not hold: these are not the fields of Sold."
        )


def bound_for(rooms: Sequence[Sequence[Event]], who: int) -> tuple[int, int]:
    """The oracle: the sum and the number of lots for which a person is bound."""
    sums, lots = 0, 0
    for events in rooms:
        held: dict[int, int] = {}
        for event in events:
            match event:
                case BidTaken():
                    held[event.who] = event.amount
                case Raised():
                    held = {event.who: event.amount}
                case Sold():
                    held = {}
                    sums += event.payment * (event.winner == who)
                    lots += event.winner == who
                case Unsold() | Cancelled():
                    held = {}
        sums += held.get(who, 0)
        lots += who in held
    return sums, lots


ROOMS = ("a", "b", "c")
BUYERS = (17, 40, 41)
REQUESTS = ("1 5 2 x", "2 5 2 x", "english:increment=2 5 1 x", "dutch:start=40 5 1 x")
ACTIONS = st.one_of(
    st.tuples(st.just("bid"), st.sampled_from(BUYERS), st.sampled_from(ROOMS), st.integers(1, 60)),
    st.tuples(st.just("accept"), st.sampled_from(BUYERS), st.sampled_from(ROOMS), st.just(0)),
    st.tuples(st.just("limit"), st.sampled_from(BUYERS), st.integers(1, 3), st.integers(20, 99)),
    st.tuples(st.just("sell"), st.sampled_from(REQUESTS), st.sampled_from(ROOMS), st.just(0)),
    st.tuples(st.just("wait"), st.just(0), st.just(0), st.integers(1, 70)),
)


class Hall:
    """Persons with limits who bid in three rooms.

    :ivar stories: all events, by room.
    """

    def __init__(self, test: SynchronousTestCase) -> None:
        self.test = test
        self.stories: dict[str, list[Event]] = {room: [] for room in (*ROOMS, "main")}
        self.persons = {
            person.paddle: replace(person, limit=60, lots=2) if person.paddle in BUYERS else person
            for person in PERSONS
        }
        self.house = MemoryHouse(
            Terms(raise_rate=0),
            people=People(self.persons.values()),
            watch=lambda room: self.stories[room].extend,
        )

    def act(self, what: str, who: int | str, where: str | int, number: int) -> None:
        match what, who, where:
            case "wait", _, _:
                self.house.advance(number)
            case "limit", int(), int():
                limited = replace(self.persons[who], limit=number, lots=where)
                self.persons[who] = limited
                self.house.rooms.replace_people(People(self.persons.values()))
            case "sell", str(), str():
                self.guest(5, where).say(who)
            case "bid", int(), str():
                self.bid(who, where, str(number), number)
            case "accept", int(), str():
                self.bid(who, where, what, 99)

    def guest(self, who: int, room: str) -> Guest:
        guest = Guest(self.house, self.persons[who]).join(room)
        while guest.is_closed and FINISHED in guest.read():
            guest = Guest(self.house, self.persons[who]).join(room)
        return guest

    def bid(self, who: int, room: str, line: str, amount: int) -> None:
        """A bid, which is refused if and only if it is above the limit."""
        guest = self.guest(who, room)
        if guest.is_closed:
            return
        before = bound_for(list(self.stories.values()), who)
        auction = self.house.rooms[room].auction
        own = auction.binding_bid(who)
        if auction.request is not None and auction.request.format == "dutch":
            amount = min(amount, auction.price)
        answers = guest.say(line)
        after = bound_for(list(self.stories.values()), who)
        limit, lots = self.persons[who].limit, self.persons[who].lots
        assert limit is not None and lots is not None
        if above(before[0], limit) in answers:
            self.test.assertGreater(before[0] - (own or 0) + amount, limit)
            self.test.assertEqual(before, after)
        elif too_many(before[1], lots) in answers:
            self.test.assertGreaterEqual(before[1] - (own is not None), lots)
            self.test.assertEqual(before, after)
        elif any(line.startswith(("Bid received", "You hold")) for line in answers):
            self.test.assertLessEqual(after[0], limit)
            self.test.assertLessEqual(after[1], lots)
        else:
            self.test.assertFalse([line for line in answers if line.startswith("Above")])


class AnythingTests(SynchronousTestCase):
    @given(st.lists(ACTIONS, min_size=20, max_size=80))
    @settings(deadline=None)
    def test_nobody_is_bound_beyond_its_limit(
        self, actions: list[tuple[str, int | str, str | int, int]]
    ) -> None:
        """In any course of auctions, a person is bound for what the oracle says."""
        hall = Hall(self)
        for room in ROOMS:
            hall.act("sell", REQUESTS[2], room, 0)
        for action in actions:
            hall.act(*action)
