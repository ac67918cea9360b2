"""The files around the package: metadata, sessions, the workflow, fragments of the changelog."""

import ast
import fnmatch
import re
import tomllib
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NOXFILE = ast.parse((ROOT / "noxfile.py").read_text())
PYTHONS = ["3.11", "3.12", "3.13"]


def sessions() -> set[str]:
    """The names by which nox knows the sessions of the noxfile."""
    names = set()
    for node in NOXFILE.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            (decorator,) = map(ast.unparse, node.decorator_list)
            each = PYTHONS if decorator == "nox.session(python=PYTHONS)" else []
            names |= {f"{node.name}-{python}" for python in each} or {node.name}
    return names


def constant(name: str) -> object:
    """The value of a name in the noxfile."""
    (value,) = (
        ast.literal_eval(node.value)
        for node in NOXFILE.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )
    return value


class SessionTests(SynchronousTestCase):
    def test_workflow(self) -> None:
        """It runs every session."""
        text = (ROOT / ".github" / "workflows" / "checks.yml").read_text()
        matrix = re.findall(r"^          - (\S+)$", text, re.MULTILINE)
        self.assertEqual(sorted([*matrix, "changes"]), sorted(sessions()))
        self.assertIn("nox --session ${{ matrix.session }}\n", text)
        self.assertIn("nox --session changes ", text)

    def test_scripts(self) -> None:
        """The sessions of nox in .ci/run and .ci/nightly exist."""
        found = []
        for name in ("run", "nightly"):
            text = (ROOT / ".ci" / name).read_text()
            command = r"^nox --no-venv --no-install --session ([a-z ]+?)(?: &| --.*)?$"
            for names in re.findall(command, text, re.M):
                found += names.split()
        self.assertEqual(found, ["docs", "lint", "types", "imports", "page", "coverage"])
        self.assertEqual({*found} - sessions(), set())

    def test_slow_tests(self) -> None:
        """Each pattern names some; .ci/run leaves those out once, and .ci/nightly does not."""
        files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
        patterns = constant("SLOW")
        assert isinstance(patterns, list)
        for pattern in patterns:
            self.assertNotEqual(fnmatch.filter(files, pattern), [], pattern)
        text = (ROOT / ".ci" / "run").read_text()
        self.assertEqual(text.count("noxfile.quick_tests()"), 1)
        self.assertIn("\nnox --session oldest\n", (ROOT / ".ci" / "nightly").read_text())

    def test_time_zone(self) -> None:
        """The script and the workflow run the tests in the same one, which is not UTC."""
        zones = [
            re.findall(r"\bTZ(?:=|: )(\S+)$", (ROOT / name).read_text(), re.MULTILINE)
            for name in (".ci/run", ".github/workflows/checks.yml")
        ]
        self.assertEqual(zones, [["NST3:30NDT,M3.2.0,M11.1.0"]] * 2)

    def test_versions(self) -> None:
        """The same Pythons and the same oldest Twisted stand everywhere."""
        prefix = "Programming Language :: Python :: "
        classified = [name.removeprefix(prefix) for name in PROJECT["project"]["classifiers"]]
        self.assertEqual([name for name in classified if re.fullmatch(r"3\.\d+", name)], PYTHONS)
        self.assertEqual(constant("PYTHONS"), PYTHONS)
        self.assertEqual(PROJECT["project"]["requires-python"], f">={PYTHONS[0]}")
        oldest = constant("OLDEST_TWISTED")
        (required,) = PROJECT["project"]["dependencies"]
        self.assertEqual(f"{required}.0", f"twisted >= {oldest}")
        self.assertIn(f'"twisted == {oldest}"', (ROOT / ".ci" / "run").read_text())


class MetadataTests(SynchronousTestCase):
    def test_urls(self) -> None:
        """A path leads to a file of this checkout."""
        for name, url in PROJECT["project"]["urls"].items():
            self.assertTrue(url.startswith("https://") or (ROOT / url).is_file(), f"{name}: {url}")

    def test_named_files(self) -> None:
        """Files that the pages for contributors name exist, here or in the package."""
        for page in ("CONTRIBUTING.rst", "SECURITY.rst", "docs/develop.rst"):
            text = (ROOT / page).read_text()
            for name in re.findall(r"``([\w./-]+\.(?:rst|py|toml|yaml|yml))``", text):
                found = (ROOT / name).is_file() or (ROOT / "twisted_auction" / name).is_file()
                self.assertTrue(found, f"{page} names {name}")


class FragmentTests(SynchronousTestCase):
    def test_names(self) -> None:
        """towncrier would leave out a file whose name it does not know."""
        kinds = [kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]]
        for path in (ROOT / "changes").iterdir():
            if path.name != "README.rst":
                self.assertRegex(path.name, rf"^(\d+|\+[a-z0-9-]+)\.({'|'.join(kinds)})\.rst$")
                self.assertNotEqual(path.read_text().strip(), "", path)

    def test_changelog(self) -> None:
        """It has the line below which a release is added."""
        start = PROJECT["tool"]["towncrier"]["start_string"]
        self.assertEqual((ROOT / "CHANGELOG.rst").read_text().count(start), 1)

    def test_kinds(self) -> None:
        """The page in the folder explains those, and no others."""
        kinds = [kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]]
        page = (ROOT / "changes" / "README.rst").read_text()
        self.assertEqual(re.findall(r"^``(\w+)`` ", page, re.MULTILINE), kinds)
