"""``auction``: everything that is done at a terminal, as subcommands."""

from twisted_auction.audit import Ledger
from twisted_auction.check.commands import CheckCommands
from twisted_auction.client.bid import Bid
from twisted_auction.client.control import Control
from twisted_auction.client.join import JoinRoom
from twisted_auction.client.sell import Sell
from twisted_auction.command import Commands, execute, open_standard_streams
from twisted_auction.demo import Demo
from twisted_auction.lab.commands import Lab


class Auction(Commands):
    """The subcommands."""

    synopsis = "COMMAND [options]"
    longdesc = "The server itself is started with: twistd auction, or auc_server PORT."
    subCommands = [
        ("demo", None, Demo, "Play a whole auction on this machine and show every console."),
        ("join", None, JoinRoom, "Take part in an auction from this terminal."),
        ("sell", None, Sell, "Sell an item, with the auction request from options."),
        ("bid", None, Bid, "Bid as a Buyer, or let a robot bid up to a maximum."),
        ("control", None, Control, "Tell a running server to close or cancel an auction."),
        ("ledger", None, Ledger, "Read what a server has recorded, and check it."),
        ("check", None, CheckCommands, "Check a server or a client of the assignment."),
        ("lab", None, Lab, "Try out which auction tells what an item is worth to its Buyers."),
    ]


def main() -> None:
    """Run the ``auction`` command."""
    open_standard_streams()
    from twisted.internet import reactor

    execute(Auction(), reactor)


if __name__ == "__main__":
    main()
