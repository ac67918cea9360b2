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
        self.piped(*TWISTD, "--port", self.port, "--line-timeout", "2").read_until(READY)

    def spawn(self, *command: str) -> AtTerminal:
        """Run a command at a terminal of its own."""
        return self.at_terminal("-c", RUN, *command)

    def buy(self, buyer: AtTerminal) -> None:
        """Win for $150."""
        buyer.type_line("150")
        buyer.read_until("Bid received. Please wait...")
        buyer.read_until("You won this item Sword! Your payment due is $150")


@skipUnless(shutil.which("telnet"), "telnet is not installed")
class TelnetTests(TerminalTestCase):
    def telnet(self) -> AtTerminal:
        return self.spawn("telnet", "127.0.0.1", self.port)

    def orders(self, telnet: AtTerminal, *orders: str) -> None:
        """Give orders to the program itself."""
        for order in orders:
            telnet.press("\x1d")
            telnet.read_until("telnet> ")
            telnet.type_line(order)

    def test_ctrl_c(self) -> None:
        """An interrupt asks for an answer, without which nothing more is shown. It is no line, and
        no part of the next one."""
        seller = self.telnet()
        seller.read_until("Please submit auction request:")
        seller.interrupt()
        seller.type_line("some wrong input")
        seller.read_until("Invalid auction request!\r\n")
        seller.type_line("1 100 1 Sword")
        seller.read_until(RECEIVED)
        buyer = self.telnet()
        buyer.read_until("Please submit your bid:")
        for _ in range(3):
            buyer.interrupt()
        self.buy(buyer)
        seller.read_until("Success! Your item Sword has been sold for $150")

    def test_commands(self) -> None:
        """No command of ``telnet`` is part of a line, nor is the urgent part of a SYNCH."""
        seller = self.telnet()
        seller.read_until("Please submit auction request:")
        names = ("nop", "ayt", "ao", "brk", "ec", "el", "ga", "ip", "do 1", "will 1", "synch")
        self.orders(seller, *(f"send {name}" for name in names))
        seller.type_line("1 100 1 Sword")
        seller.read_until(RECEIVED)
        self.assertNotIn("Invalid", seller.shown)
        buyer = self.telnet()
        buyer.read_until("Please submit your bid:")
        self.orders(buyer, "send ao", "send synch", "send synch")
        self.buy(buyer)

    def test_character_by_character(self) -> None:
        """In this mode Return is CR NUL."""
        seller = self.telnet()
        seller.read_until("Please submit auction request:")
        self.orders(seller, "mode character")
        seller.press("1 100 1 Sword\r")
        seller.read_until(RECEIVED)


@skipUnless(shutil.which("plink"), "plink is not installed")
class PlinkTests(TerminalTestCase):
    def plink(self) -> AtTerminal:
        return self.spawn("plink", "-telnet", "-batch", "-P", self.port, "127.0.0.1")

    def test_auction(self) -> None:
        """It negotiates options at once, and is not thrown out for it."""
        seller = self.plink()
        seller.read_until("Please submit auction request:")
        time.sleep(3)  # longer than a line may take
        seller.type_line("1 100 1 Sword")
        seller.read_until("Auction request received: 1 100 1 Sword")
        self.assertNotIn("Time is up!", seller.shown)
        buyer = self.plink()
        buyer.read_until("Please submit your bid:")
        self.buy(buyer)
        seller.read_until("Success! Your item Sword has been sold for $150")
