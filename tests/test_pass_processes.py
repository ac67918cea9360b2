"""A person types its pass code at a terminal."""

import socket
import termios

from tests.processes import AUCTION, CLIENT, PATIENCE, AtTerminal, ProcessTestCase

CODE = "4K7M-Q2XW-9RTC"
ASK = b"Please submit your pass code:\r\n"
NO_SUCH_PASS = b"Not done: there is no such pass code.\r\n"
BIDDING = (
    b"You are paddle 17, Ada Smith.\r\nYour role is: [Buyer]\r\n"
    b"Bidding start!\r\nPlease submit your bid:\r\n"
)
RESULT = b"Auction finished!\r\nUnfortunately you did not win in the last round.\r\n"


class PassProcessTests(ProcessTestCase):
    """The test plays the server."""

    def setUp(self) -> None:
        self.port = socket.create_server(("127.0.0.1", 0))
        self.port.settimeout(PATIENCE)
        self.addCleanup(self.port.close)
        self.where = ["127.0.0.1", str(self.port.getsockname()[1])]

    def accept(self) -> socket.socket:
        connection, _ = self.port.accept()
        connection.settimeout(PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def has_echo(self, client: AtTerminal) -> bool:
        return bool(client.modes()[3] & termios.ECHO)

    def test_assignments_client(self) -> None:
        """The code is not shown, also where it is wrong at first; the bid is."""
        client = self.at_terminal(*CLIENT, *self.where)
        connection = self.accept()
        connection.sendall(ASK)
        client.read_until("pass code:")
        client.type_line("4K7M")
        self.assertEqual(connection.recv(100), b"4K7M\n")
        connection.sendall(NO_SUCH_PASS + ASK)
        client.read_until("pass code:")
        client.type_line(CODE)
        self.assertEqual(connection.recv(100), f"{CODE}\n".encode())
        connection.sendall(BIDDING)
        client.read_until("submit your bid:")
        client.type_line("150")
        self.assertEqual(connection.recv(100), b"150\n")
        connection.sendall(RESULT)
        connection.close()
        self.assertEqual(
            client.wait(),
            (
                0,
                "Connected to the Auctioneer server.\n"
                "Please submit your pass code:\n"
                "Not done: there is no such pass code.\n"
                "Please submit your pass code:\n"
                "You are paddle 17, Ada Smith.\n"
                "Your role is: [Buyer]\n"
                "The bidding has started!\n"
                "Please submit your bid:\n"
                "150\n"
                "Auction finished!\n"
                "Unfortunately you did not win in the last round.\n"
                "Disconnecting from the Auctioneer server. Auction is over!\n",
            ),
        )

    def test_echo_comes_back(self) -> None:
        """The terminal is as before, however the client ends while it waits for the code."""
        for end in ("interrupt", "server"):
            client = self.at_terminal(*AUCTION, "bid", "--max", "120", *self.where)
            self.assertTrue(self.has_echo(client))
            connection = self.accept()
            connection.sendall(ASK)
            client.read_until("pass code:")
            self.assertFalse(self.has_echo(client))
            if end == "interrupt":
                client.interrupt()
            connection.close()
            status, _ = client.wait()
            self.assertEqual(status, 130 if end == "interrupt" else 1)
            self.assertTrue(self.has_echo(client), end)

    def test_pipe(self) -> None:
        """The first line of a pipe is the code, and the rest are bids."""
        client = self.piped(*CLIENT, *self.where, typed=f"{CODE}\n150\n")
        connection = self.accept()
        connection.sendall(ASK)
        self.assertEqual(connection.recv(100), f"{CODE}\n".encode())
        connection.sendall(BIDDING)
        self.assertEqual(connection.recv(100), b"150\n")
        connection.sendall(RESULT)
        connection.close()
        status, shown, errors = client.wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertNotIn(CODE, shown)
