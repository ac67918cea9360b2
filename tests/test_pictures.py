"""The pictures of the documents: which there are, and how steps are numbered on them."""

import re
import tempfile
import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

# Beside a folder of its name, which is what mypy would take it for.
pictures: Any = import_module("docs.pictures")

ROOT = Path(__file__).parent.parent


def texts(path: Path) -> list[str]:
    """The texts of a picture's console, each line once more with what stands in it."""
    lines: dict[float, str] = {}
    for element in ET.parse(path).iter("{http://www.w3.org/2000/svg}text"):
        if "clip-path" in element.attrib:
            height = float(element.attrib["y"])
            lines[height] = lines.get(height, "") + (element.text or "")
    return [lines[height].replace("\xa0", " ").rstrip() for height in sorted(lines)]


class PictureTests(SynchronousTestCase):
    def test_all(self) -> None:
        """Every picture that a page names is there, and each is on a page."""
        named = {
            name
            for page in [ROOT / "README.rst", *(ROOT / "docs").glob("*.rst")]
            for name in re.findall(r"image:: \S*pictures/(\S+)", page.read_text())
        }
        self.assertEqual(named, {path.name for path in (ROOT / "docs" / "pictures").iterdir()})

    def test_steps(self) -> None:
        """On the pictures of the assignment's example, its steps 1 to 20 are numbered."""
        found = set()
        for name in ("server", "seller", "buyer-2", "buyer-3"):
            for line in texts(ROOT / "docs" / "pictures" / f"{name}.svg"):
                found.update(re.findall(r"  (\d+) +[A-Z]", line))
        self.assertEqual({int(number) for number in found}, {*range(1, 21)})

    def test_rounds(self) -> None:
        """On those of the experiment, each round is."""
        for name, rounds in [("experiment", 3), ("losing", 3), ("told", 2)]:
            lines = texts(ROOT / "docs" / "pictures" / f"{name}.svg")
            found = [number for line in lines for number in re.findall(r"  (\d[ab]) +[A-Z]", line)]
            self.assertEqual(
                [number.strip() for number in found],
                [f"{number}{part}" for number in range(1, rounds + 1) for part in "ab"],
            )


class ShellTests(SynchronousTestCase):
    def test_steps(self) -> None:
        """Beside the lines that show them, below one another, and all that was shown is there."""
        with tempfile.TemporaryDirectory() as folder:
            self.patch(pictures, "FOLDER", Path(folder))
            shell = pictures.Shell("A shell", folder, 40)
            shell.types("printf 'one\\ntwo\\none more\\n'")
            shell.reads("more\r\n$ ")
            shell.step("1", "one", "The first.")
            shell.step("12", "one", "Not the first.")
            shell.step("3", "$", "The end.")
            shell.draw("steps")
            self.assertEqual(
                texts(Path(folder, "steps.svg")),
                [
                    "$ printf 'one\\ntwo\\none more\\n'   1   The first.",
                    "one                               12  Not the first.",
                    "two",
                    "one more",
                    "$                                 3   The end.",
                ],
            )

    def test_no_such_line(self) -> None:
        """A step of which nothing is seen is a mistake."""
        shell = pictures.Shell("A shell")
        shell.step("1", "something else", "What is it?")
        self.assertRaises(StopIteration, shell.draw, "never")
