import os
from pathlib import Path

from twisted.python import usage

from tests.support import CommandTestCase, LedgerFolderTestCase
from twisted_auction.cli.bid import Bid
from twisted_auction.cli.passes import MAX_CODE, pass_code
from twisted_auction.cli.sell import Sell

CODE = "4K7M-Q2XW-9RTC"


class PassTests(CommandTestCase, LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.folder / "code"
        self.complaints: list[str] = []
        self.patch(Bid, "complain", lambda command, text: self.complaints.append(text))
        self.patch(os, "environ", {})

    def write(self, data: bytes, mode: int = 0o600) -> Path:
        self.file.write_bytes(data)
        self.file.chmod(mode)
        return self.file

    def code(self) -> str | None:
        command = Bid()
        command.parseOptions(["--pass-file", str(self.file)])
        return pass_code(command)

    def test_file(self) -> None:
        for data in (
            CODE.encode(),
            f"{CODE}\n".encode(),
            f" {CODE}\r\n\n".encode(),
            f"\ufeff{CODE}".encode(),
        ):
            self.write(data)
            self.assertEqual(self.code(), CODE)
        self.assertEqual(self.complaints, [])

    def test_user_and_password(self) -> None:
        self.write(b"ada correct horse\n")
        self.assertEqual(self.code(), "ada correct horse")

    def test_others_can_read_it(self) -> None:
        for mode in (0o640, 0o604, 0o644):
            self.complaints.clear()
            self.write(CODE.encode(), mode)
            self.code()
            warning = f"other users can read {self.file}; to prevent it: chmod 600 {self.file}"
            self.assertEqual({*self.complaints}, {warning})

    def test_wrong_file(self) -> None:
        reason = f"--pass-file {self.file}: No such file or directory"
        self.check_wrong(reason)
        reason = f"--pass-file {self.file} must have one line, your pass code"
        for data in (
            b"",
            b"\n \n",
            f"{CODE}\n{CODE}\n".encode(),
            b"4K7M\x1b[2J",
            b"\xff\xfe4K",
            b"x" * (MAX_CODE + 1),
            b"x" * 100_000,
        ):
            self.write(data)
            self.check_wrong(reason)
        self.write(b"x" * MAX_CODE)
        self.assertEqual(self.code(), "x" * MAX_CODE)

    def check_wrong(self, reason: str) -> None:
        with self.assertRaises(usage.UsageError) as caught:
            self.code()
        self.assertEqual(str(caught.exception), reason)

    def test_command(self) -> None:
        self.write(b"one\ntwo\n")
        status, lines, _ = self.auction("bid", "--pass-file", str(self.file))
        self.assertEqual((status, lines), (2, []))
        reason = f"--pass-file {self.file} must have one line, your pass code"
        self.assertEqual(self.complaints, [f"{reason}. Try 'auction bid --help'."])

    def test_environment(self) -> None:
        command = Bid()
        self.assertIsNone(pass_code(command))
        os.environ["AUCTION_PASS"] = ""
        self.assertIsNone(pass_code(command))
        os.environ["AUCTION_PASS"] = f"{CODE}\n"
        self.assertEqual(pass_code(command), CODE)
        os.environ["AUCTION_PASS"] = "one\ntwo"
        with self.assertRaises(usage.UsageError) as caught:
            pass_code(command)
        self.assertEqual(str(caught.exception), "AUCTION_PASS must have one line, your pass code")
        self.write(CODE.encode())
        self.assertEqual(self.code(), CODE)  # the file comes first

    def test_options_do_not_show_it(self) -> None:
        self.write(CODE.encode())
        os.environ["AUCTION_PASS"] = CODE
        for command, item in ((Bid(), []), (Sell(), ["Sword"])):
            command.parseOptions(["--pass-file", str(self.file), *item])
            self.assertNotIn(CODE, f"{command!r} {command}")
