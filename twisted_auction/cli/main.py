"""``auction``: the command of users at a terminal, with its subcommands."""

from twisted_auction.cli.base import Commands, execute, lazy_command
from twisted_auction.cli.output import open_standard_streams


class Auction(Commands):
    """The subcommands."""

    synopsis = "COMMAND [options]"
    example = "demo"
    longdesc = "The server itself is started with: twistd auction, or auc_server PORT."
    subCommands = [
        (
            "demo",
            None,
            lazy_command(".demo.Demo"),
            "Play a whole auction on this machine and show every console.",
        ),
        (
            "join",
            None,
            lazy_command(".join.JoinRoom"),
            "Take part in an auction from this terminal.",
        ),
        (
            "sell",
            None,
            lazy_command(".sell.Sell"),
            "Sell an item, with the auction request from options.",
        ),
        (
            "bid",
            None,
            lazy_command(".bid.Bid"),
            "Bid as a Buyer, or let a robot bid up to a maximum.",
        ),
        (
            "watch",
            None,
            lazy_command(".watch.Watch"),
            "Show on a projector what is on in a room.",
        ),
        (
            "control",
            None,
            lazy_command(".control.Control"),
            "Give the operator's orders to a running server.",
        ),
        (
            "people",
            None,
            lazy_command(".people.PeopleCommands"),
            "Edit the list of people, and make their pass codes.",
        ),
        (
            "complete",
            None,
            lazy_command(".complete.Complete"),
            "Let a shell complete the words of these commands.",
        ),
        (
            "ledger",
            None,
            lazy_command(".ledger.Ledger"),
            "Read what a server has recorded, and check it.",
        ),
        (
            "check",
            None,
            lazy_command(".check.CheckCommands"),
            "Check a server or a client of the assignment.",
        ),
        (
            "lab",
            None,
            lazy_command(".lab.Lab"),
            "Try out in which auction bids show what an item is worth.",
        ),
    ]


def main() -> None:
    """Run the ``auction`` command."""
    open_standard_streams()
    from twisted.internet import reactor

    execute(Auction(), reactor)
