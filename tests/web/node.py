"""Node.js, for the tests of the scripts."""

import re
import shutil
import subprocess
from unittest import SkipTest

OLDEST = (20, 19)
"""The first version that takes a file with ``export`` for a module without being told."""


def node() -> str:
    """The command of Node.js.

    :raises SkipTest: if it is missing or too old.
    """
    found = shutil.which("node")
    if found is None:
        raise SkipTest("Node.js is missing")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST:
        raise SkipTest(f"Node.js {version.strip()} is too old: 20.19 is needed")
    return found
