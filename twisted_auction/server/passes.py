"""The door of a house with a list of people: a client says its pass code, and is a person then.

This is :mod:`twisted.cred`. The portal asks a checker whose credentials these are, and the realm
finds the person. A house can have a second checker, for users of a list that exists elsewhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ICredentials, UsernamePassword
from twisted.cred.error import LoginFailed, UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import Attribute, Interface, classImplements, implementer

from twisted_auction.house.pass_codes import read_code
from twisted_auction.house.people import People, Person
from twisted_auction.house.rooms import Rooms
from twisted_auction.server.limits import MAX_COUNTED_PEERS, REPORT_INTERVAL, ConnectionLimits
from twisted_auction.server.names import Names
from twisted_auction.wire.verbs import PASS

CHECK_TIMEOUT = 10.0
"""Seconds for a checker to answer."""

MAX_REFUSAL_DELAY = 32
"""Longest delay before a wrong code is refused, in seconds. One connection has the delays 1, 2, 4,
and so on; after this one it is closed."""

CODES_PER_DOUBLING = 8
"""Wrong codes of one address after which its delay is twice as long. People in a hall share an
address, and some mistype their codes."""

FORGIVEN_AFTER = 10.0
"""Seconds after which one wrong code of an address is forgotten."""

GUESSING = 4 * CODES_PER_DOUBLING
"""Wrong codes of one address from which the operator is told of it."""

_log = Logger(namespace="auction")


class IPassCode(ICredentials):
    """Credentials that are a pass code."""

    code = Attribute("The code as the client has typed it.")


@implementer(IPassCode)
@dataclass(frozen=True, slots=True)
class PassCode:
    """A pass code, as the client has typed it."""

    code: str = field(repr=False)


class IPerson(Interface):
    """A person of the list, as the avatar of a client."""

    paddle = Attribute("The person's number.")


classImplements(Person, IPerson)


@implementer(ICredentialsChecker)
class PassChecker:
    """Finds the paddle of a pass code. A wrong and an unknown code are the same to it.

    :param people: returns the current list.
    """

    credentialInterfaces = (IPassCode,)

    def __init__(self, people: Callable[[], People]) -> None:
        self._people = people

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        """The paddle of a pass code, in digits.

        :return: fails with UnauthorizedLogin if there is no such code.
        """
        person = self._people().find(credentials.code)
        if person is None:
            return fail(UnauthorizedLogin())
        return succeed(b"%d" % person.paddle)


@implementer(IRealm)
class PeopleRealm:
    """Has a person for each avatar id of a checker: a paddle, or a name of the list.

    :param people: returns the current list.
    """

    def __init__(self, people: Callable[[], People]) -> None:
        self._people = people

    def requestAvatar(
        self, avatarId: bytes | str | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> tuple[type[Interface], Person, Callable[[], None]]:
        """The person of an avatar id.

        :raises UnauthorizedLogin: if it is nobody's, or if several persons have the name.
        """
        if IPerson not in interfaces:
            raise NotImplementedError
        person = _person(self._people(), avatarId)
        if person is None:
            raise UnauthorizedLogin
        return IPerson, person, lambda: None


class RefusalDelays:
    """How long the refusal of a wrong code takes, by the address of its sender.

    Right codes are never delayed, so that nobody in a hall waits for a neighbour who guesses.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[float, float]] = {}  # codes not forgotten, and when it was
        self._report_at = 0.0

    def count(self, peer: str) -> float:
        """Count a wrong code.

        :param peer: as from :func:`~twisted_auction.server.limits.peer_of`. The empty string, for a
            local socket, is not counted.
        :return: seconds before it is refused.
        """
        if not peer:
            return 0.0
        now = self._clock.seconds()
        codes, counted_at = self._wrong.pop(peer, (0.0, now))
        codes = max(codes - (now - counted_at) / FORGIVEN_AFTER, 0.0) + 1
        if len(self._wrong) >= MAX_COUNTED_PEERS:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[peer] = codes, now  # last, so the first one is the oldest
        if codes >= GUESSING and now >= self._report_at:
            self._report_at = now + REPORT_INTERVAL
            _log.warn("Many wrong pass codes come from {peer!r}.", peer=peer)
        # Capped before it is used as an exponent.
        return float(min(2 ** min(codes // CODES_PER_DOUBLING, 10), MAX_REFUSAL_DELAY))


class CannotCheck(Exception):
    """A checker has failed, or has not answered in time."""


class Passes:
    """The pass codes of a house.

    :param rooms: the rooms of the house, which have the list of people.
    :param checker: a second checker. It takes a user's name and password, and its avatar id is a
        paddle or a name of the list.
    :param public_view: True if clients may watch without a code.
    :param show_names: True to tell all clients the names of Buyers.
    :ivar names: adds the names to letters; None if they are not shown.
    """

    def __init__(
        self,
        rooms: Rooms,
        checker: ICredentialsChecker | None = None,
        public_view: bool = False,
        show_names: bool = False,
    ) -> None:
        self.rooms = rooms
        self.public_view = public_view
        self._delays = RefusalDelays(rooms.clock)
        self.names = Names(self._people) if show_names else None
        self._has_users = checker is not None
        checkers = [PassChecker(self._people), *([] if checker is None else [checker])]
        self._portal = Portal(PeopleRealm(self._people), checkers)

    async def find(self, text: str) -> Person | None:
        """Find the person with a pass code, or with a user's name and password.

        :param text: what the client has typed, perhaps with the verb before it.
        :return: None if there is none.
        :raises CannotCheck: if a checker fails; this is logged.
        """
        finding = Deferred.fromCoroutine(self._find(text))
        if not finding.called:
            finding.addTimeout(CHECK_TIMEOUT, self.rooms.clock)
        try:
            return await finding
        except CancelledError:
            raise
        except Exception as error:
            # The text of the error may have the pass code.
            name = type(error).__name__
            _log.error("A pass code cannot be checked: the checker fails with {name}.", name=name)
            raise CannotCheck from None

    async def _find(self, text: str) -> Person | None:
        for credentials in self._credentials(text):
            try:
                _, person, _ = await self._portal.login(credentials, None, IPerson)
            except LoginFailed:
                continue
            assert isinstance(person, Person)
            return person
        return None

    def count_wrong(self, connections: ConnectionLimits, peer: str) -> float:
        """Count a wrong code of a client.

        :param connections: all connections of the house.
        :param peer: the peer of the client, as from ``peer_of``.
        :return: seconds before the code is refused.
        """
        connections.wrong_codes += 1
        return self._delays.count(peer)

    def current(self, person: Person) -> Person | None:
        """A person as it is in the list now; None if it is not there, or has another code."""
        now = self._people().persons.get(person.paddle)
        return now if now is not None and now.code == person.code else None

    def _people(self) -> People:
        people = self.rooms.people
        assert people is not None  # a house without a list has no Passes
        return people

    def _credentials(self, text: str) -> Iterator[ICredentials]:
        """What a text may mean."""
        word, _, rest = text.partition(" ")
        # A code in groups may begin with the letters of the verb.
        if word.upper() == PASS.name and read_code(text) is None:
            text = rest.strip()
        yield PassCode(text)
        user, _, password = text.partition(" ")
        if self._has_users and password:
            yield UsernamePassword(user.encode("utf-8"), password.strip().encode("utf-8"))


def _person(people: People, avatar_id: bytes | str | tuple[()]) -> Person | None:
    """The person of an avatar id; None if there is none, or if several have this name."""
    text = avatar_id.decode("utf-8", "replace") if isinstance(avatar_id, bytes) else avatar_id
    if not isinstance(text, str) or not text:  # () is the avatar id of anonymous users
        return None
    if text.isascii() and text.isdigit():
        return people.persons.get(int(text[:9]))
    found = [person for person in people.persons.values() if person.name == text]
    return found[0] if len(found) == 1 else None
