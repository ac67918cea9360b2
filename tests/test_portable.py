"""The assignment's programs need nothing that exists on POSIX alone."""

import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

WITHOUT_POSIX = """
import sys
for name in ("crypt", "fcntl", "grp", "nis", "ossaudiodev", "pty", "pwd", "resource", "spwd",
             "syslog", "termios", "tty"):
    sys.modules[name] = None  # importing it raises ImportError
"""

IMPORTS = f"""{WITHOUT_POSIX}
import {{module}}
print("imported")
"""

AUCTION = f"""
from twisted.internet import reactor  # the reactor of this machine, which does need them
{WITHOUT_POSIX}
from twisted_auction import auc_client, auc_server
from twisted_auction.cli import demo

sys.exit(demo.Demo().run(reactor))
"""


class PortableTests(SynchronousTestCase):
    def run_program(self, text: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, timeout=120
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_imports(self) -> None:
        for module in ("twisted_auction.auc_client", "twisted_auction.auc_server"):
            self.assertEqual(self.run_program(IMPORTS.format(module=module)), "imported\n")

    def test_auction(self) -> None:
        """The programs' own server and clients play a whole auction there."""
        console = self.run_program(AUCTION)
        self.assertIn("Success! Your item WolfPackSword has been sold for $150", console)

    def test_block_is_real(self) -> None:
        """A module that does need POSIX fails where these modules are blocked."""
        done = subprocess.run(
            [sys.executable, "-c", IMPORTS.format(module="twisted_auction.check.program")],
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("import of pty halted", done.stderr)
