"""News for persons who are away: who is told what, when, and what survives a restart."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from tests.house.support import FINISHED, PEOPLE, PERSONS, PeopleTestCase
from twisted_auction.house import notifications, personal_news
from twisted_auction.house.doors import Doors
from twisted_auction.house.notifications import HOLD
from twisted_auction.house.people import People, Person
from twisted_auction.ledger.store import Notification
from twisted_auction.rules.commands import Bid, Cancel, Close, Extend, GoOn, Pause, Void, VoidSale
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import EPOCH, MemoryHouse

CATALOGUE = b"2 100 2 Sword\nenglish 100 1 Vase\n"


class Receiver:
    """A carrier that has sent nothing until a test says so.

    :ivar waiting: the notifications to send, each with its ``done``.
    """

    def __init__(self) -> None:
        self.waiting: list[tuple[Notification, Callable[[], object]]] = []
        self.is_stopped = False

    def carry(self, notification: Notification, done: Callable[[], object]) -> None:
        self.waiting.append((notification, done))

    def stop(self) -> None:
        self.is_stopped = True

    def take(self) -> list[Notification]:
        """Send all that waits."""
        waiting, self.waiting = self.waiting, []
        for _, done in waiting:
            done()
        return [notification for notification, _ in waiting]


def types(notification: Notification) -> list[str]:
    return [message["type"] for message in json.loads(notification.letter)]


class NotificationsTestCase(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.receiver = Receiver()

    def begin(self, people: People = PEOPLE, **arguments: Any) -> MemoryHouse:
        return super().begin(people, carrier=self.receiver, **arguments)

    def taken(self, seconds: float = 0) -> list[tuple[int, str, str]]:
        """The paddle, the kind and the room of what is sent in so many seconds."""
        self.houses[0].advance(seconds)
        self.last = self.receiver.take()
        return [(each.paddle, each.kind, each.room) for each in self.last]

    def killed(self, after: float = 0, **changes: object) -> None:
        self.receiver = Receiver()
        self.crash(self.houses[0], after, carrier=self.receiver, **changes)

    def stop(self) -> None:
        """The operator stops the house. Its ledger is written, and still open."""
        self.houses[0].rooms.close()
        its = self.houses[0].notifications
        assert its is not None
        its.close()

    def kept(self) -> int | None:
        """The number of notifications in the ledger; None without the table."""
        with closing(sqlite3.connect(self.path)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            if "notification" not in tables:
                return None
            (number,) = database.execute("SELECT count(*) FROM notification").fetchone()
            return int(number)

    def skip_start(self) -> None:
        """Let the news that bidding has begun pass."""
        self.taken(HOLD)


class EnglishTests(NotificationsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.house(Terms(resume_grace=5))
        self.ada, self.bob = self.opened("english:duration=900:increment=5 100 2 Sword", 17, 40)

    def test_started(self) -> None:
        """All bidders who may enter the room and are in none are told, after the hold."""
        self.assertEqual(self.taken(HOLD - 1), [])
        self.assertEqual(self.taken(1), [(41, "started", "art")])
        started = ["on_sale", "format_is", "bidding_start", "asking"]
        self.assertEqual(types(self.last[0]), started)

    def test_outbid_while_away(self) -> None:
        self.skip_start()
        self.ada.say("100")
        self.ada.cut()
        self.houses[0].advance(0.1234567)
        self.bob.say("110")
        at = self.houses[0].clock.seconds()
        self.assertEqual(self.kept(), 1)
        self.assertEqual(self.taken(HOLD - 1), [])
        self.assertEqual(self.taken(1), [(17, "outbid", "art")])
        (told,) = self.last
        self.assertEqual(types(told), ["on_sale", "format_is", "outbid"])
        self.assertEqual((told.auction, told.lot), (1, 0))
        self.assertEqual(told.at, EPOCH + round(at * 10**9))
        self.assertRegex(told.id, "^[0-9a-f]{32}$")
        self.assertEqual(
            json.loads(told.letter)[-1], {"type": "outbid", "buyer": 40, "amount": 110}
        )
        self.assertEqual(self.taken(2), [])
        self.assertEqual(self.kept(), 0)

    def test_after_the_commit(self) -> None:
        """Nothing is sent before its event is on the disk."""
        self.skip_start()
        self.ada.say("100")
        waiting: list[Callable[[], object]] = []
        self.patch(self.houses[0].ledger, "after_commit", waiting.append)
        self.seller.say("close")
        self.assertEqual(self.taken(1), [])
        for publish in waiting:
            publish()
        self.assertEqual(self.taken(), [(17, "won", "art")])

    def test_there(self) -> None:
        """A person in the room has read it, and the ledger is not written for it."""
        self.skip_start()
        self.ada.say("100")
        self.bob.say("110")
        self.assertEqual(self.kept(), 0)
        self.assertEqual(self.taken(HOLD), [])

    def test_phone_asleep(self) -> None:
        """Its connection seemed to be there at the event, and was found broken later."""
        self.skip_start()
        self.ada.say("100")
        self.bob.say("110")
        self.houses[0].advance(HOLD - 1)
        self.ada.cut()
        self.assertEqual(self.taken(1), [(17, "outbid", "art")])

    def test_back_in_time(self) -> None:
        self.skip_start()
        self.ada.say("100")
        self.ada.cut()
        self.bob.say("110")
        self.houses[0].advance(HOLD - 1)
        self.seated(17, "art")
        self.assertEqual(self.taken(2), [])
        self.assertEqual(self.kept(), 0)

    def test_conflated(self) -> None:
        """Of several bids above one's own in a minute, the last one is told, a minute after the
        first."""
        self.skip_start()
        operator = self.houses[0].rooms["art"].orders
        self.ada.say("100")
        self.ada.cut()
        for amount in (110, 130):
            self.bob.say(str(amount))
            self.houses[0].advance(20)
            operator.give(Bid(17, str(amount + 10).encode()))
        self.bob.say("150")
        self.assertEqual(self.taken(HOLD - 40), [(17, "outbid", "art")])
        self.assertEqual(json.loads(self.last[0].letter)[-1]["amount"], 150)
        self.assertEqual(self.taken(HOLD), [])
        self.assertEqual(self.kept(), 0)

    def test_holds_again(self) -> None:
        """What is no news any more is not told: the person has bid again."""
        self.skip_start()
        self.ada.say("100")
        self.ada.cut()
        self.bob.say("110")
        self.houses[0].rooms["art"].orders.give(Bid(17, b"120"))
        self.assertEqual(self.taken(HOLD), [])

    def test_maximum(self) -> None:
        """While the server bids for the person, it is not told; after that, it is."""
        self.skip_start()
        self.ada.say("100", "max 180")
        self.ada.cut()
        self.bob.say("110")
        self.assertEqual(self.taken(HOLD), [])
        self.bob.say("190")
        self.assertEqual(self.taken(HOLD), [(17, "outbid", "art")])
        self.assertNotIn("180", self.last[0].letter)

    def test_maximum_of_another(self) -> None:
        """Two auctions that differ in a maximum alone are told alike."""
        told = []
        for maximum in ("max 200", "max 300"):
            self.skip_start()
            self.ada.say("100")
            self.ada.cut()
            self.bob.say("110", maximum)
            self.taken(HOLD)
            first = self.last
            self.seller.say("close")
            self.taken(HOLD)
            told.append([(each.paddle, each.kind, each.letter) for each in (*first, *self.last)])
            self.forget()
            self.setUp()
        self.assertEqual(told[0], told[1])
        self.assertEqual([each[1] for each in told[0]], ["outbid", "won", "lost"])

    def test_voided(self) -> None:
        """The Buyer of the voided bid and the one whose bid counts again are told."""
        self.skip_start()
        self.ada.say("100")
        self.bob.say("110")
        for guest in (self.ada, self.bob):
            guest.cut()
        self.houses[0].advance(6)  # both have left
        self.houses[0].rooms["art"].orders.give(Void(), reason="A mistake.")
        self.assertEqual(self.taken(), [(40, "voided", "art")])
        self.assertIn("voided", types(self.last[0]))
        self.assertEqual(self.taken(HOLD), [(17, "holds", "art")])
        self.assertEqual(json.loads(self.last[0].letter)[-1], {"type": "you_hold", "amount": 100})

    def test_result(self) -> None:
        """The winner is told at once, also if it is there; a loser if it is away. Who has not bid
        is told nothing."""
        self.skip_start()
        cyd = self.seated(41, "art")
        self.ada.say("100")
        self.ada.cut()
        self.bob.say("110")
        self.houses[0].advance(HOLD)
        self.receiver.take()
        cyd.cut()
        self.seller.say("close")
        self.assertEqual(self.taken(), [(40, "won", "art")])
        self.assertEqual(types(self.last[0])[-1], "you_won")
        self.assertEqual(self.taken(HOLD), [(17, "lost", "art")])
        self.assertEqual(
            types(self.last[0]), ["on_sale", "format_is", "auction_finished", "sold_to", "you_lost"]
        )

    def test_result_there(self) -> None:
        self.skip_start()
        self.ada.say("100")
        self.bob.say("110")
        self.seller.say("close")
        self.assertEqual(self.taken(HOLD), [(40, "won", "art")])

    def test_outbid_at_the_end(self) -> None:
        """The result is the news."""
        self.skip_start()
        self.ada.say("100")
        self.ada.cut()
        self.bob.say("110")
        self.seller.say("close")
        self.assertEqual(self.taken(HOLD), [(40, "won", "art"), (17, "lost", "art")])

    def test_cancelled(self) -> None:
        self.skip_start()
        self.ada.say("100")
        self.ada.cut()
        self.bob.cut()
        self.houses[0].rooms["art"].orders.give(Cancel(), reason="Rain.")
        self.assertEqual(self.taken(HOLD), [(17, "cancelled", "art")])

    def test_taken_off_the_list(self) -> None:
        """Forgetting a person is deleting a line of the list."""
        self.skip_start()
        self.ada.say("100")
        self.ada.cut()
        self.bob.say("110")
        house = self.houses[0]
        house.rooms.replace_people(People(each for each in PERSONS if each.paddle != 17))
        self.assertEqual(self.taken(HOLD), [])
        self.assertEqual(self.kept(), 0)

    def test_nothing_of_a_person(self) -> None:
        self.skip_start()
        self.ada.say("100")
        self.ada.cut()
        self.bob.say("110")
        self.taken(HOLD)
        for secret in ("Ada", "Bob", "Smith", "10.0.0.1"):
            self.assertNotIn(secret, repr(self.last))
            self.assertNotIn(secret.encode(), self.path.read_bytes())


class FailureTests(NotificationsTestCase):
    def test_format_without_description(self) -> None:
        """Its auctions go on; the failure is logged."""
        self.house()
        ada, bob = self.opened("english:duration=900:extension=0 100 2 Sword", 17, 40)

        def fail(*_: object) -> None:
            raise LookupError("a format")

        self.patch(personal_news, "item", fail)
        self.patch(notifications, "watcher_snapshot", fail)
        ada.say("100")
        ada.cut()
        self.assertIn("You hold the highest bid: $110.", bob.say("110"))
        self.houses[0].advance(HOLD + 300)
        self.seller.say("close")
        self.assertIn(FINISHED, bob.read())
        self.assertEqual([each for each in self.taken(HOLD) if each[1] != "started"], [])
        self.assertEqual(len(self.flushLoggedErrors(LookupError)), 3)
        self.verify()


class SealedTests(NotificationsTestCase):
    def test_no_amount_of_others(self) -> None:
        """Two auctions that differ in a losing bid alone are told alike."""
        told = []
        for amount in ("130", "140"):
            self.house(Terms(resume_grace=5))
            ada, bob = self.opened("1 100 2 Sword", 17, 40)
            ada.say(amount)
            ada.cut()
            bob.say("150")
            self.taken(HOLD)
            told.append([(each.paddle, each.kind, each.letter) for each in self.last])
            self.forget()
        self.assertEqual(told[0], told[1])
        self.assertEqual([each[:2] for each in told[0]], [(40, "won"), (17, "lost")])
        self.assertNotIn("150", told[0][1][2])


class SaleTests(NotificationsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.begin(
            catalogue=CATALOGUE, main="art", terms=Terms(lot_pause=1, lot_time=60, resume_grace=5)
        )
        self.ada, self.bob = self.seated(17, "art"), self.seated(40, "art")
        self.houses[0].advance(1)

    def test_whole_sale(self) -> None:
        """The start is told once; the settlement to those who owe, at the end."""
        self.assertEqual(self.taken(HOLD - 1), [])
        self.bob.say("150")
        self.ada.say("130")
        self.assertEqual(self.taken(), [(40, "won", "art")])
        self.assertEqual((self.last[0].auction, self.last[0].lot), (1, 1))
        self.assertEqual(types(self.last[0])[0], "lot_up")
        self.assertEqual(self.taken(1), [(41, "started", "art")])
        self.bob.say("110")
        self.ada.say("120")
        self.houses[0].advance(15)
        self.bob.cut()
        self.assertEqual(
            self.taken(60),
            [(17, "won", "art"), (40, "settlement", "art"), (17, "settlement", "art")],
        )
        letter = json.loads(self.last[1].letter)
        self.assertEqual([each["type"] for each in letter], ["sale_over", "sale_lot", "account_is"])
        self.assertEqual((letter[1]["item_name"], letter[1]["payment"]), ("Sword", 130))
        self.assertEqual((letter[2]["lots"], letter[2]["due"]), (1, 130))
        self.assertEqual(self.taken(HOLD), [(40, "lost", "art")])
        self.assertEqual(self.taken(HOLD), [])

    def test_voided_sale(self) -> None:
        self.ada.say("130")
        self.bob.say("150")
        self.taken()
        self.houses[0].rooms["art"].orders.give(VoidSale("1"), reason="It is broken.")
        self.assertEqual(self.taken(), [(40, "voided", "art")])
        self.check_voided(self.last[0])

    def test_voided_sale_after_the_last_lot(self) -> None:
        self.forget()
        terms = Terms(lot_pause=1, lot_time=60)
        self.begin(catalogue=CATALOGUE, main="art", terms=terms, doors=Doors("now"))
        ada, bob = self.seated(17, "art"), self.seated(40, "art")
        self.houses[0].advance(1)
        ada.say("130")
        bob.say("150")
        self.taken(1)
        orders = self.houses[0].rooms["art"].orders
        orders.give(Close())
        self.taken()
        orders.give(VoidSale("1"), reason="It is broken.")
        self.assertEqual(self.taken(), [(40, "voided", "art")])
        self.check_voided(self.last[0])

    def check_voided(self, told: Notification) -> None:
        """The letter is about the lot, and not about the one that is up."""
        letter = json.loads(told.letter)
        self.assertEqual(
            [each["type"] for each in letter], ["sale_lot", "sale_is_voided", "nothing_due"]
        )
        lot = (letter[0]["place"], letter[0]["number"], letter[0]["item_name"], letter[0]["state"])
        self.assertEqual(lot, (1, 1, "Sword", "voided"))
        self.assertEqual(letter[2], {"type": "nothing_due", "payment": 130, "name": "1"})
        self.assertEqual(told.lot, 1)


class RestartTests(NotificationsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.house(Terms(resume_grace=5))
        ada, bob = self.opened("english:duration=900:increment=5 100 2 Sword", 17, 40)
        self.skip_start()
        ada.say("100")
        ada.cut()
        bob.say("110")

    def test_killed_in_the_hold(self) -> None:
        """It waits again, because the person may come back after the restart."""
        self.houses[0].advance(HOLD - 1)
        self.killed(1000)
        self.assertEqual(self.taken(HOLD - 1), [])
        self.assertEqual(self.taken(1), [(17, "outbid", "art")])

    def test_killed_before_it_was_sent(self) -> None:
        """The id is the same."""
        self.houses[0].advance(HOLD)
        ((first, _),) = self.receiver.waiting
        self.killed()
        self.assertEqual(self.taken(HOLD), [(17, "outbid", "art")])
        self.assertEqual(self.last, [first])
        self.houses[0].advance(2)
        self.killed()
        self.assertEqual(self.taken(HOLD), [])

    def test_killed_right_after_it_was_sent(self) -> None:
        """It is sent again, with the same id."""
        self.assertEqual(self.taken(HOLD), [(17, "outbid", "art")])
        first = self.last
        self.killed()
        self.assertEqual(self.taken(HOLD), [(17, "outbid", "art")])
        self.assertEqual(self.last, first)

    def test_stopped(self) -> None:
        """Also if the person seemed to be there; nothing is sent twice."""
        self.seated(17, "art").say("120")
        self.houses[0].advance(1)
        self.stop()
        self.assertTrue(self.receiver.is_stopped)
        self.assertNotIn("KeptNews", f"{self.houses[0].clock.getDelayedCalls()}")
        self.assertEqual(self.kept(), 2)  # Bob is outbid now, and seemed to be there
        self.killed(10)
        self.assertEqual(self.taken(HOLD), [(40, "outbid", "art")])
        self.stop()
        self.assertEqual(self.kept(), 0)

    def test_ended_in_the_meantime(self) -> None:
        """An old price is no news after the result."""
        self.killed()
        self.seated(5, "art").say("close")
        self.assertEqual(self.taken(HOLD), [(40, "won", "art"), (17, "lost", "art")])
        self.taken(2)
        self.assertEqual(self.kept(), 0)

    def test_without_notifications(self) -> None:
        """A house that makes none leaves them in the ledger, for the next one."""
        self.receiver = Receiver()
        self.crash(self.houses[0], carrier=None)
        self.seated(5, "art").say("close")
        self.houses[0].advance(HOLD)
        self.assertEqual(self.kept(), 1)
        self.verify()


class TablesTests(PeopleTestCase):
    def test_not_asked_for(self) -> None:
        """Without a carrier, the ledger is the same as ever."""
        self.house()
        ada, bob = self.opened("english:duration=900 100 2 Sword", 17, 40)
        ada.say("100")
        ada.cut()
        bob.say("110")
        self.houses[0].advance(HOLD)
        with closing(sqlite3.connect(self.path)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        self.assertNotIn("notification", tables)


class ManyTests(NotificationsTestCase):
    def test_rooms_that_open_together(self) -> None:
        """Each person is told once."""
        people = People([*PERSONS, Person(42, "Eve", room="art"), Person(43, "Gus", room="attic")])
        self.begin(people)
        for room in ("art", "hall"):
            self.opened("english:duration=900 100 1 Sword", 17, room=room)
        self.assertEqual(
            self.taken(HOLD),
            [(40, "started", "art"), (41, "started", "art"), (42, "started", "art")],
        )
        self.assertEqual(len({each.id for each in self.last}), 3)
        for each in self.last:
            self.assertRegex(each.id, "^[0-9a-f]{32}$")
        self.assertEqual(self.taken(HOLD), [])
        self.assertEqual(self.kept(), 0)

    def test_person_of_a_later_room(self) -> None:
        """A person who may enter only a room that opens a moment later is told of that one."""
        people = People([*PERSONS, Person(42, "Eve", room="art"), Person(43, "Gus", room="attic")])
        self.begin(people)
        for room in ("hall", "art", "attic"):
            self.opened("english:duration=900 100 1 Sword", 17, room=room)
        self.killed()
        self.assertEqual(
            self.taken(HOLD),
            [
                (17, "started", "hall"),
                (40, "started", "hall"),
                (41, "started", "hall"),
                (42, "started", "art"),
                (80, "started", "attic"),
                (43, "started", "attic"),
            ],
        )
        self.assertEqual(self.taken(HOLD), [])
        self.assertEqual(self.kept(), 0)


class TogetherTests(NotificationsTestCase):
    """All lots of a sale together, each in a room of its own."""

    def test_one_settlement(self) -> None:
        """After the last of the rooms, also if the others ended before a restart."""
        catalogue = b"english:duration=20 20 0 Desk\nenglish:duration=90 40 0 Lamp\n"
        terms = Terms(lot_pause=1, after_sale=0)
        self.begin(catalogue=catalogue, together=True, terms=terms)
        guests = {(17, "1"): "20", (17, "2"): "40", (40, "1"): "30", (40, "2"): "50"}
        seats = {place: self.seated(*place) for place in guests}
        self.houses[0].advance(1)
        for place, amount in guests.items():
            seats[place].say(amount)
        self.assertEqual(self.taken(25), [(40, "won", "1")])
        self.killed(catalogue=catalogue, together=True)
        self.taken(2)  # a result right before the end may come again
        self.assertEqual(self.taken(80), [(40, "won", "2"), (40, "settlement", "2")])
        letter = json.loads(self.last[1].letter)
        self.assertEqual([each.get("item_name") for each in letter], [None, "Desk", "Lamp", None])
        self.assertEqual((letter[-1]["lots"], letter[-1]["due"]), (2, 80))


class EndingTests(NotificationsTestCase):
    """Ten minutes before the end."""

    def begun(self, request: str = "english:duration=900:extension=0 100 2 Sword") -> None:
        self.house(Terms(resume_grace=5, bid_timeout=900))
        self.ada, self.bob = self.opened(request, 17, 40)

    def test_english(self) -> None:
        """Buyers with a bid who are away; once."""
        self.begun()
        self.ada.say("100")
        self.ada.cut()
        self.skip_start()
        self.assertEqual(self.taken(239), [])
        self.assertEqual(self.taken(1), [(17, "ending", "art")])
        self.assertEqual(
            json.loads(self.last[0].letter)[-1],
            {
                "type": "highest_bid",
                "amount": 100,
                "buyer": 17,
                "asking_price": 101,
                "seconds": 600,
            },
        )
        self.assertEqual(self.taken(300), [])

    def test_sealed(self) -> None:
        """No bid is told, not even the own one."""
        self.begun("1 100 2 Sword")
        self.ada.say("150")
        self.ada.cut()
        self.skip_start()
        self.assertEqual(self.taken(240), [(17, "ending", "art")])
        self.assertNotIn("150", self.last[0].letter)
        self.assertEqual(
            json.loads(self.last[0].letter)[-1],
            {"type": "time_left", "until": "end", "seconds": 600},
        )

    def test_short_and_dutch(self) -> None:
        """A time that begins with less is not told of, nor is the next price of a clock."""
        for request in (
            "english:duration=600 100 2 Sword",
            "dutch:interval=900:start=500 100 2 Vase",
        ):
            self.begun(request)
            self.ada.cut()
            self.skip_start()
            self.assertEqual(self.taken(400), [])
            self.forget()

    def test_moved(self) -> None:
        """By a pause, and by an order for more time."""
        self.begun()
        self.ada.say("100")
        self.ada.cut()
        self.skip_start()
        orders = self.houses[0].rooms["art"].orders
        orders.give(Pause())
        self.assertEqual(self.taken(1000), [])
        orders.give(GoOn())
        self.assertEqual(self.taken(239), [])
        orders.give(Extend(100))
        self.assertEqual(self.taken(99), [])
        self.assertEqual(self.taken(2), [(17, "ending", "art")])

    def test_restart(self) -> None:
        """The time goes on, and it is told at the right instant."""
        self.begun()
        self.ada.say("100")
        self.ada.cut()
        self.skip_start()
        self.stop()
        self.killed(1000)
        self.assertEqual(self.taken(239), [])
        self.assertEqual(self.taken(2), [(17, "ending", "art")])

    def test_same_id_after_a_restart(self) -> None:
        """The server may be killed before it notes that the news were sent."""
        self.begun("english:end=2027-01-15T09:00:extension=0 100 0 Sword")
        self.ada.say("100")
        self.ada.cut()
        self.skip_start()
        self.taken(3000 - HOLD - 1)
        self.assertEqual(self.taken(1), [(17, "ending", "art")])
        id = self.last[0].id
        for ahead in (0.1234567, 0.7654321, 0.3333333):  # the clock on the wall is adjusted
            self.killed(0.3, wall_ahead=ahead)
            self.taken()
            self.assertIn(id, [each.id for each in self.last])

    def test_ended_before(self) -> None:
        self.begun()
        self.ada.say("100")
        self.ada.cut()
        self.skip_start()
        self.seller.say("close")
        self.assertEqual(self.taken(HOLD), [(17, "won", "art")])
        self.assertEqual(self.taken(600), [])

    def test_end_of_day(self) -> None:
        """A timed auction, for persons who have bid and left; also if the server was away then."""
        for seconds_away in (0, 3000):
            self.begun("english:end=2027-01-15T09:00:extension=0 100 0 Sword")
            self.ada.say("100")
            self.ada.cut()
            self.skip_start()
            if seconds_away:
                self.stop()
                self.killed(seconds_away)
                self.assertEqual(
                    sorted(self.taken()), [(17, "ending", "art"), (40, "ending", "art")]
                )
            else:
                self.assertEqual(self.taken(3000 - HOLD - 1), [])
                self.assertEqual(self.taken(1), [(17, "ending", "art")])
                self.assertEqual(json.loads(self.last[0].letter)[-1]["seconds"], 600)
            self.assertEqual(self.taken(600), [(17, "won", "art")])
            self.forget()

    def test_clock_on_the_wall_is_set(self) -> None:
        """The ten minutes are those before the new instant of the end."""
        self.begun("english:end=2027-01-15T09:00:extension=0 100 0 Sword")
        self.ada.say("100")
        self.ada.cut()
        self.skip_start()
        self.houses[0].wall_ahead = 1000
        self.assertEqual(self.taken(2000 - HOLD - 5), [])
        self.assertEqual(self.taken(10), [(17, "ending", "art")])

    def test_withdrawn(self) -> None:
        """Who has taken its sealed bid back has lost nothing; a changed bid is no news."""
        self.begun("first-price:end=2027-01-15T08:05 100 0 Sword")
        self.ada.say("150", "withdraw")
        self.bob.say("150", "140")
        for guest in (self.ada, self.bob):
            guest.cut()
        self.skip_start()
        self.assertEqual(self.taken(600), [(40, "won", "art")])
