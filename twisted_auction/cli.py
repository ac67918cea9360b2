"""``auction``: everything that is done at a terminal, as subcommands."""

from twisted_auction.command import Commands, execute, imported, open_standard_streams


class Auction(Commands):
    """The subcommands."""

    synopsis = "COMMAND [options]"
    longdesc = "The server itself is started with: twistd auction, or auc_server PORT."
    subCommands = [
        (
            "demo",
            None,
            imported(".demo.Demo"),
            "Play a whole auction on this machine and show every console.",
        ),
        (
            "join",
            None,
            imported(".client.join.JoinRoom"),
            "Take part in an auction from this terminal.",
        ),
        (
            "sell",
            None,
            imported(".client.sell.Sell"),
            "Sell an item, with the auction request from options.",
        ),
        (
            "bid",
            None,
            imported(".client.bid.Bid"),
            "Bid as a Buyer, or let a robot bid up to a maximum.",
        ),
        (
            "control",
            None,
            imported(".client.control.Control"),
            "Tell a running server to close or cancel an auction.",
        ),
        (
            "ledger",
            None,
            imported(".audit.Ledger"),
            "Read what a server has recorded, and check it.",
        ),
        (
            "check",
            None,
            imported(".check.commands.CheckCommands"),
            "Check a server or a client of the assignment.",
        ),
        (
            "lab",
            None,
            imported(".lab.commands.Lab"),
            "Try out which auction tells what an item is worth to its Buyers.",
        ),
    ]


def main() -> None:
    """Run the ``auction`` command."""
    open_standard_streams()
    from twisted.internet import reactor

    execute(Auction(), reactor)


if __name__ == "__main__":
    main()
