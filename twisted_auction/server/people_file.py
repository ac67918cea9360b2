"""The file with the list of people. The operator can change it while the house is open."""

from pathlib import Path

from twisted.logger import Logger

from twisted_auction.house.people import People, PeopleError, unlisted_sellers
from twisted_auction.house.rooms import Rooms

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
        sentence = f"the list of people is read; it has {number} person{'s' * (number != 1)}."
        unlisted = unlisted_sellers(self._rooms.main.catalogue or (), people)
        return " ".join([sentence, *unlisted])

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
