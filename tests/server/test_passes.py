"""Who is behind a pass code, or behind a user's name: checkers and the realm."""

from collections.abc import Coroutine
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface
from zope.interface.verify import verifyClass, verifyObject

from tests.support import logged_lines
from twisted_auction.house.people import People, Person, Role
from twisted_auction.server.limits import MAX_COUNTED_PEERS
from twisted_auction.server.passes import (
    CODES_PER_DOUBLING,
    FORGIVEN_AFTER,
    GUESSING,
    MAX_REFUSAL_DELAY,
    IPassCode,
    IPerson,
    PassChecker,
    PassCode,
    Passes,
    PeopleRealm,
    RefusalDelays,
)
from twisted_auction.testing import MemoryHouse, StrictClock, pass_code, with_codes

ADA = Person(17, "Ada Smith")
BOB = Person(3, "Bob")
PEOPLE = with_codes(People([ADA, BOB, Person(4, "Twin"), Person(5, "Twin"), Person(6)]))


def result(test: SynchronousTestCase, coroutine: Coroutine[Deferred[Any], Any, Any]) -> Any:
    return test.successResultOf(Deferred.fromCoroutine(coroutine))


class CheckerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.people = PEOPLE
        self.checker = PassChecker(lambda: self.people)

    def test_code(self) -> None:
        paddle = self.checker.requestAvatarId(PassCode(pass_code(17)))
        self.assertEqual(self.successResultOf(paddle), b"17")

    def test_wrong_codes(self) -> None:
        for code in (pass_code(18), "", "17", "x" * 500, "\ufffd", "0000-0000-0017-0"):
            self.failureResultOf(self.checker.requestAvatarId(PassCode(code)), UnauthorizedLogin)

    def test_the_list_is_the_current_one(self) -> None:
        self.people = People([])
        code = PassCode(pass_code(17))
        self.failureResultOf(self.checker.requestAvatarId(code), UnauthorizedLogin)

    def test_interfaces(self) -> None:
        """The credentials, the checker and the avatar are what twisted.cred expects."""
        self.assertEqual(self.checker.credentialInterfaces, (IPassCode,))
        self.assertTrue(verifyObject(IPassCode, PassCode("x")))
        self.assertTrue(verifyObject(IPerson, ADA))
        self.assertTrue(verifyClass(IPerson, Person, tentative=True))

    def test_no_code_is_shown(self) -> None:
        self.assertEqual(repr(PassCode("K7QM-2X9T-P4HC")), "PassCode()")

    def test_portal(self) -> None:
        portal = Portal(PeopleRealm(lambda: self.people), [self.checker])
        interface, person, log_out = self.successResultOf(
            portal.login(PassCode(pass_code(3)), None, IPerson)
        )
        assert isinstance(person, Person)
        self.assertEqual((interface, person.name, log_out()), (IPerson, "Bob", None))
        self.failureResultOf(
            portal.login(PassCode(pass_code(3)), None, Interface), NotImplementedError
        )


class RealmTests(SynchronousTestCase):
    """The avatar ids of other checkers: a paddle, or a name of the list."""

    def person(self, avatar_id: bytes | str | tuple[()]) -> int | None:
        try:
            _, person, _ = PeopleRealm(lambda: PEOPLE).requestAvatar(avatar_id, None, IPerson)
        except UnauthorizedLogin:
            return None
        return person.paddle

    def test_ids(self) -> None:
        ids: list[tuple[bytes | str | tuple[()], int | None]] = [
            (b"17", 17),
            ("17", 17),
            (b"Ada Smith", 17),
            ("Bob", 3),
            (b"ada smith", None),
            (b"Twin", None),  # two persons have it
            (b"18", None),
            (b"1" * 5000, None),
            ("\u0663", None),  # a 3 in other digits
            (b"\xff", None),
            (b"", None),  # not the person without a name
            ((), None),  # anonymous
        ]
        for avatar_id, paddle in ids:
            self.assertEqual(self.person(avatar_id), paddle, avatar_id)


class FindTests(SynchronousTestCase):
    """What a client types, and the person that it means."""

    def found(self, passes: Passes, text: str) -> int | None:
        person = result(self, passes.find(text))
        return None if person is None else person.paddle

    def test_spellings(self) -> None:
        passes = Passes(MemoryHouse(people=PEOPLE).rooms)
        for text in (
            "0000-0000-0017",
            "000000000017",
            "0000 0000 0017",
            "oooo-oooo-ooi7",
            " OOOO OOOO OOL7 ",
            "PASS 0000-0000-0017",
            "pass  0000 0000 0017",
        ):
            self.assertEqual(self.found(passes, text), 17, text)
        for text in ("", "PASS", "PASS PASS 0000-0000-0017", "17", "0000-0000-0018", "17 secret"):
            self.assertIsNone(self.found(passes, text), text)

    def test_a_code_that_begins_like_the_verb(self) -> None:
        house = MemoryHouse(people=PEOPLE)
        asked = []
        self.patch(People, "find", lambda people, code: asked.append(code))
        self.assertIsNone(self.found(Passes(house.rooms), "PASS 1234 5678"))
        self.assertEqual(asked, ["PASS 1234 5678"])

    def test_second_checker(self) -> None:
        users = InMemoryUsernamePasswordDatabaseDontUse(
            **{"17": b"apple pie", "Bob": b"pear", "Eve": b"plum", "Twin": b"fig"}
        )
        passes = Passes(MemoryHouse(people=PEOPLE).rooms, users)
        for text, paddle in [
            ("17 apple pie", 17),
            ("PASS 17 apple pie", 17),
            ("Bob pear", 3),
            ("Bob Pear", None),
            ("Bob", None),
            ("Bob ", None),
            ("Eve plum", None),  # a user who is not in the list
            ("Twin fig", None),
            (pass_code(4), 4),  # the codes of the list are still good
        ]:
            self.assertEqual(self.found(passes, text), paddle, text)

    def test_no_second_checker(self) -> None:
        """A user's name is not looked up in a house without such a checker."""
        passes = Passes(MemoryHouse(people=PEOPLE).rooms)
        self.patch(UsernamePassword, "__init__", lambda *args: self.fail("credentials"))
        self.assertIsNone(self.found(passes, "Bob pear"))

    def test_current(self) -> None:
        """A person that the list has no more, or with another code, is nobody."""
        house = MemoryHouse(people=PEOPLE)
        passes = Passes(house.rooms)
        person = result(self, passes.find(pass_code(17)))
        self.assertIs(passes.current(person), person)
        raised = Person(17, "Ada Smith", Role.BIDDER, limit=500, code=person.code)
        house.rooms.replace_people(People([raised]))
        self.assertIs(passes.current(person), raised)
        house.rooms.replace_people(People([ADA]))
        self.assertIsNone(passes.current(person))
        house.rooms.replace_people(People([BOB]))
        self.assertIsNone(passes.current(person))


class DelayTests(SynchronousTestCase):
    """The delays of refusals, by address."""

    def setUp(self) -> None:
        self.clock = StrictClock()
        self.delays = RefusalDelays(self.clock)

    def test_growth(self) -> None:
        """The delay doubles every few codes, up to the longest one."""
        delays = [self.delays.count("10.0.0.1") for _ in range(CODES_PER_DOUBLING * 20)]
        self.assertEqual(delays[: CODES_PER_DOUBLING - 1], [1.0] * (CODES_PER_DOUBLING - 1))
        self.assertEqual(delays[CODES_PER_DOUBLING - 1], 2.0)
        self.assertEqual(sorted(delays), delays)
        self.assertEqual(delays[-1], MAX_REFUSAL_DELAY)
        self.assertEqual(self.delays.count("10.0.0.2"), 1.0)
        self.assertEqual(self.delays.count(""), 0.0)

    def test_forgiven(self) -> None:
        for _ in range(3 * CODES_PER_DOUBLING):
            self.delays.count("10.0.0.1")
        self.clock.advance(2 * CODES_PER_DOUBLING * FORGIVEN_AFTER)
        self.assertEqual(self.delays.count("10.0.0.1"), 2.0)
        self.clock.advance(1e6)
        self.assertEqual(self.delays.count("10.0.0.1"), 1.0)

    def test_memory(self) -> None:
        """The oldest address is forgotten first."""
        for _ in range(CODES_PER_DOUBLING):
            self.delays.count("first")
            self.delays.count("second")
        self.delays.count("first")
        for number in range(MAX_COUNTED_PEERS - 1):
            self.delays.count(f"{number}")
        self.assertEqual(self.delays.count("first"), 2.0)
        self.assertEqual(self.delays.count("second"), 1.0)
        self.assertEqual(len(self.delays._wrong), MAX_COUNTED_PEERS)

    def test_operator_is_told(self) -> None:
        """One line a minute, and none about people who mistype."""
        lines = logged_lines(self)
        for _ in range(GUESSING - 1):
            self.delays.count("10.0.0.1")
        self.assertEqual(lines, [])
        for _ in range(50):
            self.delays.count("10.0.0.1")
        self.assertEqual(lines, ["Many wrong pass codes come from '10.0.0.1'."])
        self.clock.advance(60)
        self.delays.count("10.0.0.1")
        self.assertEqual(len(lines), 2)
