"""``auction check``: a server or a client, compared with the assignment."""

from twisted_auction.cli.base import Commands, lazy_command


class CheckCommands(Commands):
    """The checks."""

    synopsis = "COMMAND [options]"
    example = "server 127.0.0.1 12345"
    longdesc = (
        "Plays the assignment against a server or a client from anywhere, and reports a line for "
        "each row of the rubric. For graders, and for students at home."
    )
    subCommands = [
        (
            "server",
            None,
            lazy_command(".check_server.CheckServer"),
            "Check a server: as its Seller, its Buyers, and others.",
        ),
        (
            "client",
            None,
            lazy_command(".check_client.CheckClient"),
            "Check a client: start it, type to it, and serve it.",
        ),
    ]
