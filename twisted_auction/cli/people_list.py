"""``auction people list``: a list of people, checked and shown."""

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.people_options import LIST_HELP, PeopleReport, people
from twisted_auction.house.people import Person
from twisted_auction.house.people_table import PeopleTable
from twisted_auction.text import print_table

HEADINGS = ("paddle", "name", "role", "room", "limit", "lots", "valuations", "code")

NUMBERS = {"paddle", "limit", "lots"}


class List(PeopleReport):
    """Shows a list of people."""

    example = "people.csv"
    longdesc = (
        "Reads the list as a server does, with the same complaints, and shows the people in it. "
        f"No pass code is shown, because the list has only hashes. {LIST_HELP} {STATUSES}"
    )

    def carry_out(self) -> int:
        """Print the table."""
        persons = PeopleTable(self.path).persons.values()
        if persons:
            print_table([HEADINGS, *map(_cells, persons)], NUMBERS)
        with_code = sum(person.code is not None for person in persons)
        print(f"{people(len(persons))}, {with_code} with a pass code.")
        return 0


def _cells(person: Person) -> list[str]:
    """The cells of a person's line."""
    return [
        str(person.paddle),
        person.name,
        person.role.value,
        person.room,
        "" if person.limit is None else f"${person.limit}",
        "" if person.lots is None else str(person.lots),
        ";".join(map(str, person.valuations)),
        "" if person.code is None else "yes",
    ]
