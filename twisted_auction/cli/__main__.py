"""``python -m twisted_auction.cli``."""

from twisted_auction.cli.main import main

main()
