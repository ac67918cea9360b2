"""``auction people``: the list of people, for its organiser."""

from twisted_auction.cli.base import Commands, lazy_command


class PeopleCommands(Commands):
    """The commands about a list of people."""

    synopsis = "COMMAND [options]"
    example = "add people.csv --paddles 1-40 --sheet cards.html"
    longdesc = (
        "Edits the list of people for whom a server is open. A server that is running reads the "
        "list again after: auction control people."
    )
    subCommands = [
        (
            "add",
            None,
            lazy_command(".people_codes.Add"),
            "Add people, and give a pass code to those without one.",
        ),
        (
            "renew",
            None,
            lazy_command(".people_codes.Renew"),
            "Give people new pass codes, in place of lost ones.",
        ),
        (
            "remove",
            None,
            lazy_command(".people_remove.Remove"),
            "Remove people, with their names.",
        ),
        (
            "list",
            None,
            lazy_command(".people_list.List"),
            "Check the list, and show it.",
        ),
        (
            "draw",
            None,
            lazy_command(".people_draw.Draw"),
            "Draw what each lot is worth to each bidder, for a class.",
        ),
    ]
