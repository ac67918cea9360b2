"""The file with the list of people. The operator can change it while the house is open."""

from collections.abc import Collection
from itertools import chain
from pathlib import Path

from twisted.logger import Logger

from twisted_auction.house.people import (
    COLUMNS,
    MAX_PADDLE,
    People,
    PeopleError,
    Person,
    Role,
    parse_person,
    unlisted_sellers,
)
from twisted_auction.house.people_table import PeopleTable
from twisted_auction.house.rooms import Rooms
from twisted_auction.rules.sentences import Sentence, reason_of
from twisted_auction.wire.verbs import NEXT

_log = Logger(namespace="auction")


def read_people(path: Path) -> People:
    """Read a list of people.

    :raises PeopleError: if the file cannot be read, or a row is wrong; the text names the file, and
        the row with the reason.
    """
    try:
        people = People.parse(path.read_bytes())
    except OSError as error:
        problem = error.strerror
    except PeopleError as error:
        problem = str(error)
    else:
        if people.persons:
            return people
        problem = "there is nobody in it"  # as in a file that is just being written
    raise PeopleError(f"{path}: {problem}.")


class PeopleFile:
    """The list of people of a house, in its file.

    :param path: of the file.
    :param rooms: the rooms of the house.
    """

    def __init__(self, path: Path, rooms: Rooms) -> None:
        self._path = path
        self._rooms = rooms
        self._is_asked = False  # during a halt
        rooms.add_haltable(self)

    def read(self) -> str:
        """Read the file, and give the house this list.

        :return: a sentence for the operator.
        :raises PeopleError: as from :func:`read_people`; the house keeps its list.
        """
        people = read_people(self._path)
        self._rooms.replace_people(people)
        number = len(people.persons)
        counted = "1 person" if number == 1 else f"{number} people"
        sentence = f"the list of people is read; it has {counted}."
        unlisted = unlisted_sellers(self._rooms.sale.all_lots, people)
        return " ".join([sentence, *unlisted])

    def admit(self, paddle: str, name: str, limit: str) -> tuple[Person, str]:
        """Add a person to the list, in its file and in the house. The file is written first, as
        ``auction people add`` does it.

        :param paddle: its paddle as typed, or :data:`~twisted_auction.wire.verbs.NEXT`.
        :param limit: whole dollars as typed; empty for none.
        :return: the person and its pass code.
        :raises ValueError: if this is no person, the paddle is taken, or the file cannot be
            written; the text says why.
        """
        try:
            table = PeopleTable(self._path)
            taken = table.persons
            if paddle.lower() == NEXT:
                paddle = str(_next_paddle(taken.values()))
            cells = {"paddle": paddle, "name": name, "limit": limit}
            number = parse_person({**dict.fromkeys(COLUMNS, ""), **cells}).paddle
            if number in taken:
                raise ValueError(Sentence("paddle {paddle} is on the list already", paddle=number))
            table.add([cells])
            codes = table.give_codes([number])
            table.save()
            self.read()
        except ValueError as error:  # some texts end with a full stop
            reason = reason_of(error)
            if not reason.endswith("."):
                reason = Sentence("{problem}.", problem=reason)
            raise ValueError(reason) from None
        people = self._rooms.people
        assert people is not None  # this house has a list
        return people.persons[number], codes[number]

    def read_and_log(self) -> None:
        """Read the file for a signal, and log the result as one line. While nothing can be
        recorded, nobody can be let go, so this waits."""
        self._is_asked = self._rooms.is_halted
        if self._is_asked:
            return
        try:
            sentence = self.read()
        except PeopleError as error:
            _log.error("The list of people stays as it was: {error}", error=error)
        else:
            _log.info("For a signal, {sentence}", sentence=sentence)

    def halt(self) -> None:
        """Nothing can be recorded."""

    def go_on(self) -> None:
        """Read the file, if it was to be read during the halt."""
        if self._is_asked:
            self.read_and_log()


def _next_paddle(taken: Collection[Person]) -> int:
    """The first free paddle above those of all bidders, or else the first free one.

    :raises ValueError: if all are taken.
    """
    paddles = {person.paddle for person in taken}
    bidders = (person.paddle for person in taken if person.role is Role.BIDDER)
    above = max(bidders, default=0) + 1
    for paddle in chain(range(above, MAX_PADDLE + 1), range(1, above)):
        if paddle not in paddles:
            return paddle
    raise ValueError(Sentence("all paddles are taken"))
