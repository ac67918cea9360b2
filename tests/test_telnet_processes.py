"""People at real terminals: ``telnet`` and PuTTY's ``plink -telnet``."""

import shutil
from typing import Any
from unittest import skipUnless

import pexpect

from tests.processes import ENVIRONMENT, PATIENCE, READY, TWISTD, ProcessTestCase, free_port

RECEIVED = "Auction request received: 1 100 1 Sword\r\n"


class TerminalTestCase(ProcessTestCase):
    def setUp(self) -> None:
        self.port = str(free_port())
        self.piped(*TWISTD, "--port", self.port, "--line-timeout", "2").reads(READY)

    def spawn(self, *command: str) -> Any:
        """Run a command at a terminal of its own."""
        child: Any = pexpect.spawn(
            command[0],
            list(command[1:]),
            timeout=PATIENCE,
            encoding="utf-8",
            dimensions=(50, 200),
            env={**ENVIRONMENT, "TERM": "xterm"},
        )
        self.addCleanup(child.close, force=True)
        return child

    def buy(self, buyer: Any) -> None:
        """Win for $150."""
        buyer.sendline("150")
        buyer.expect_exact("Bid received. Please wait...")
        buyer.expect_exact("You won this item Sword! Your payment due is $150")


@skipUnless(shutil.which("telnet"), "telnet is not installed")
class TelnetTests(TerminalTestCase):
    def telnet(self) -> Any:
        return self.spawn("telnet", "127.0.0.1", self.port)

    def orders(self, telnet: Any, *orders: str) -> None:
        """Give orders to the program itself."""
        for order in orders:
            telnet.send("\x1d")
            telnet.expect_exact("telnet> ")
            telnet.sendline(order)

    def test_ctrl_c(self) -> None:
        """An interrupt asks for an answer, without which nothing more is shown. It is no line, and
        no part of the next one."""
        seller = self.telnet()
        seller.expect_exact("Please submit auction request:")
        seller.sendintr()
        seller.sendline("some wrong input")
        seller.expect_exact("Invalid auction request!\r\n")
        seller.sendline("1 100 1 Sword")
        seller.expect_exact(RECEIVED)
        buyer = self.telnet()
        buyer.expect_exact("Please submit your bid:")
        for _ in range(3):
            buyer.sendintr()
        self.buy(buyer)
        seller.expect_exact("Success! Your item Sword has been sold for $150")

    def test_commands(self) -> None:
        """Whatever ``telnet`` can send is no part of a line, nor is the urgent part of a SYNCH."""
        seller = self.telnet()
        seller.expect_exact("Please submit auction request:")
        names = ("nop", "ayt", "ao", "brk", "ec", "el", "ga", "ip", "do 1", "will 1", "synch")
        self.orders(seller, *(f"send {name}" for name in names))
        seller.sendline("1 100 1 Sword")
        self.assertEqual(seller.expect_exact([RECEIVED, "Invalid"]), 0)
        buyer = self.telnet()
        buyer.expect_exact("Please submit your bid:")
        self.orders(buyer, "send ao", "send synch", "send synch")
        self.buy(buyer)

    def test_character_by_character(self) -> None:
        """In this mode Return is CR NUL."""
        seller = self.telnet()
        seller.expect_exact("Please submit auction request:")
        self.orders(seller, "mode character")
        seller.send("1 100 1 Sword\r")
        seller.expect_exact(RECEIVED)


@skipUnless(shutil.which("plink"), "plink is not installed")
class PlinkTests(TerminalTestCase):
    def plink(self) -> Any:
        return self.spawn("plink", "-telnet", "-batch", "-P", self.port, "127.0.0.1")

    def test_auction(self) -> None:
        """It negotiates options at once, and is not thrown out for it."""
        seller = self.plink()
        seller.expect_exact("Please submit auction request:")
        with self.assertRaises(pexpect.TIMEOUT):
            seller.expect_exact("Time is up!", timeout=3)
        seller.sendline("1 100 1 Sword")
        seller.expect_exact("Auction request received: 1 100 1 Sword")
        buyer = self.plink()
        buyer.expect_exact("Please submit your bid:")
        self.buy(buyer)
        seller.expect_exact("Success! Your item Sword has been sold for $150")
