"""The scripts of the page, checked by tools of npm: ``npm ci --prefix .ci/npm`` installs them."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from tests.web.letters import snapshots, stories
from tests.web.node import node
from tests.web.sentences import sentences
from tests.web.support import needs_web
from twisted_auction.wire.messages import MESSAGES

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCRIPTS = ROOT / "twisted_auction" / "web" / "static"
TOOLS = ROOT / ".ci" / "npm"


class ScriptTests(SynchronousTestCase):
    def check(self, *command: str | Path, **environment: str) -> None:
        """Run a command of Node.js, which must find nothing."""
        done = subprocess.run(
            [node(), *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
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

    @needs_web
    def test_functions(self) -> None:
        """Those that need no browser pass their own tests, with real letters of a house."""
        types = " ".join(cls.type_name for cls in MESSAGES)
        texts = "\n".join(sorted(sentences()))
        with tempfile.TemporaryDirectory() as folder:
            letters = Path(folder) / "letters.json"
            letters.write_text(json.dumps({"stories": stories(), "snapshots": snapshots()}))
            tests = sorted(HERE.rglob("*.test.mjs"))
            self.check("--test", *tests, LETTERS=str(letters), TYPES=types, SENTENCES=texts)
