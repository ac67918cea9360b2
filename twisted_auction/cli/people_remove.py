"""``auction people remove``: rows of a list, deleted."""

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.people_options import (
    AFTERWARDS,
    LIST_HELP,
    PeopleReport,
    people,
    required_paddles,
)
from twisted_auction.house.people_table import PeopleTable


class Remove(PeopleReport):
    """Removes people from a list."""

    example = "people.csv --paddles 17"
    longdesc = (
        "Deletes the rows of --paddles from the list. The ledger and the log never have the name "
        "of a person. A running server lets these people go once it has read the list again; the "
        f"bids that they have made stand. {LIST_HELP} {STATUSES}"
    )
    optParameters = [["paddles", "p", None, "Paddles, such as 17 or 3,20-25, or all."]]

    def postOptions(self) -> None:
        """Check the options."""
        self.paddles = required_paddles(self["paddles"])

    def carry_out(self) -> int:
        """Write the list."""
        file = PeopleTable(self.path)
        chosen = file.chosen(self.paddles)
        file.remove(chosen)
        file.save()
        print(f"Removed {people(len(chosen))} from {self.path}; {people(len(file.persons))} left.")
        print(AFTERWARDS)
        return 0
