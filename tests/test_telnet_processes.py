"""People at real terminals: ``telnet`` and PuTTY's ``plink -telnet``."""

import shutil
import time
from unittest import skipUnless

from tests.processes import READY, TWISTD, AtTerminal, ProcessTestCase, free_port

RUN = """
import os, sys
os.execvpe(sys.argv[1], sys.argv[1:], {**os.environ, "TERM": "xterm"})
"""

RECEIVED = "Auction request received: 1 100 1 Sword\r\n"


class TerminalTestCase(ProcessTestCase):
    def setUp(self) -> None:
        self.port = str(free_port())
        self.piped(*TWISTD, "--port", self.port, "--line-timeout", "2").reads(READY)

    def spawn(self, *command: str) -> AtTerminal:
        """Run a command at a terminal of its own."""
        return self.at_terminal("-c", RUN, *command)

    def buy(self, buyer: AtTerminal) -> None:
        """Win for $150."""
        buyer.types("150")
        buyer.reads("Bid received. Please wait...")
        buyer.reads("You won this item Sword! Your payment due is $150")


@skipUnless(shutil.which("telnet"), "telnet is not installed")
class TelnetTests(TerminalTestCase):
    def telnet(self) -> AtTerminal:
        return self.spawn("telnet", "127.0.0.1", self.port)

    def orders(self, telnet: AtTerminal, *orders: str) -> None:
        """Give orders to the program itself."""
        for order in orders:
            telnet.presses("\x1d")
            telnet.reads("telnet> ")
            telnet.types(order)

    def test_ctrl_c(self) -> None:
        """An interrupt asks for an answer, without which nothing more is shown. It is no line, and
        no part of the next one."""
        seller = self.telnet()
        seller.reads("Please submit auction request:")
        seller.interrupts()
        seller.types("some wrong input")
        seller.reads("Invalid auction request!\r\n")
        seller.types("1 100 1 Sword")
        seller.reads(RECEIVED)
        buyer = self.telnet()
        buyer.reads("Please submit your bid:")
        for _ in range(3):
            buyer.interrupts()
        self.buy(buyer)
        seller.reads("Success! Your item Sword has been sold for $150")

    def test_commands(self) -> None:
        """Whatever ``telnet`` can send is no part of a line, nor is the urgent part of a SYNCH."""
        seller = self.telnet()
        seller.reads("Please submit auction request:")
        names = ("nop", "ayt", "ao", "brk", "ec", "el", "ga", "ip", "do 1", "will 1", "synch")
        self.orders(seller, *(f"send {name}" for name in names))
        seller.types("1 100 1 Sword")
        seller.reads(RECEIVED)
        self.assertNotIn("Invalid", seller.shown)
        buyer = self.telnet()
        buyer.reads("Please submit your bid:")
        self.orders(buyer, "send ao", "send synch", "send synch")
        self.buy(buyer)

    def test_character_by_character(self) -> None:
        """In this mode Return is CR NUL."""
        seller = self.telnet()
        seller.reads("Please submit auction request:")
        self.orders(seller, "mode character")
        seller.presses("1 100 1 Sword\r")
        seller.reads(RECEIVED)


@skipUnless(shutil.which("plink"), "plink is not installed")
class PlinkTests(TerminalTestCase):
    def plink(self) -> AtTerminal:
        return self.spawn("plink", "-telnet", "-batch", "-P", self.port, "127.0.0.1")

    def test_auction(self) -> None:
        """It negotiates options at once, and is not thrown out for it."""
        seller = self.plink()
        seller.reads("Please submit auction request:")
        time.sleep(3)  # longer than a line may take
        seller.types("1 100 1 Sword")
        seller.reads("Auction request received: 1 100 1 Sword")
        self.assertNotIn("Time is up!", seller.shown)
        buyer = self.plink()
        buyer.reads("Please submit your bid:")
        self.buy(buyer)
        seller.reads("Success! Your item Sword has been sold for $150")
