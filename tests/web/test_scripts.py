"""The scripts of the page, checked by tools of npm: ``npm ci --prefix .ci/npm`` installs them."""

import re
import shutil
import subprocess
from pathlib import Path
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCRIPTS = ROOT / "twisted_auction" / "web" / "static"
TOOLS = ROOT / ".ci" / "npm"

OLDEST_NODE = (20, 19)
"""The first Node.js that takes a file with ``export`` for a module without being told."""


def node() -> str:
    """The command of Node.js."""
    found = shutil.which("node")
    if found is None:
        raise SkipTest("Node.js is missing")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST_NODE:
        raise SkipTest(f"Node.js {version.strip()} is too old: 20.19 is needed")
    return found


class ScriptTests(SynchronousTestCase):
    def setUp(self) -> None:
        if not [*SCRIPTS.glob("*.js")]:
            raise SkipTest("there is no script yet")

    def check(self, *command: str | Path) -> None:
        """Run a command of Node.js, which must find nothing."""
        done = subprocess.run(
            [node(), *command], cwd=ROOT, capture_output=True, text=True, timeout=120
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def tool(self, name: str) -> Path:
        """A command that npm installs."""
        path = TOOLS / "node_modules" / ".bin" / name
        if not path.exists():
            raise SkipTest(f"{name} is missing: npm ci --prefix .ci/npm")
        return path

    def test_types(self) -> None:
        self.check(self.tool("tsc"), "--project", TOOLS)

    def test_types_of_tools(self) -> None:
        self.check(self.tool("tsc"), "--project", TOOLS / "tsconfig.node.json")

    def test_lint(self) -> None:
        config = TOOLS / "eslint.config.js"
        self.check(self.tool("eslint"), "--config", config, SCRIPTS, HERE, TOOLS)

    def test_functions(self) -> None:
        """Those that need no browser pass their own tests."""
        self.check("--test", *sorted(HERE.rglob("*.test.mjs")))
