"""The assignment's client: ``auc_client HOST PORT``.

Authors: the twisted-auction developers. Date: November 2026.

The first client to reach a waiting server is asked for an auction request and becomes the Seller;
the ones after it become Buyers. What is typed goes to the server when the server asks for it.
"""

import sys
from pathlib import Path

if __name__ == "__main__" and not __package__:
    # Started as a file (python auc_client.py): let the package around it be found.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from twisted_auction.cli.base import execute
from twisted_auction.cli.join import Join
from twisted_auction.cli.output import open_standard_streams


def main() -> None:
    """Take part in one auction at this terminal."""
    open_standard_streams()
    from twisted.internet import reactor

    execute(Join(), reactor)


if __name__ == "__main__":
    main()
