"""The rules about imports that no linter of the project checks."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import twisted_auction

PACKAGE = Path(twisted_auction.__file__).parent
ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
ENTRY_POINTS = {"auc_client.py", "auc_server.py", "cli/main.py", "tap.py"}
MAX_LINES = 350
CALLED_BY_TWISTD = {"tap.py", "cli/server_options.py"}


@cache
def imports(path: Path) -> frozenset[str]:
    """Every name that a module imports, in full."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = path.parents[node.level - 1].relative_to(ROOT).parts if node.level else ()
            module = ".".join([*base, node.module or ""]).rstrip(".")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imported_modules() -> dict[str, set[str]]:
    """The modules of the package that each of its modules imports. Imports in functions and under
    ``TYPE_CHECKING`` count, too."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    graph = {}
    for module, path in paths.items():
        names = {*imports(path)}
        # A name is that of a module, or of something in a module.
        names |= {name.rpartition(".")[0] for name in names - paths.keys()}
        graph[module] = names & paths.keys()
    return graph


class DocumentTests(SynchronousTestCase):
    """The documents leave no module and no page out."""

    def test_every_module_has_its_place(self) -> None:
        """A line has one entry or several: a file each or, with a ``*``, at least two files. Each
        module has one entry."""
        text = (DOCS / "architecture.rst").read_text()
        tree = text.partition("    twisted_auction/\n")[2].partition("    twisted/plugins/")[0]
        package = ""
        listed: list[Path] = []
        for line in tree.splitlines():
            found = re.match(r"      (?:(\w+)/)? *((?:\w+\*?\.py(?:, | ))*)", line)
            assert found is not None, line
            if line[6] != " ":
                package = f"{found[1]}/" if found[1] else ""
            for entry in re.findall(r"\S+\.py", found[2]):
                paths = [*PACKAGE.glob(f"{package}{entry}")]
                self.assertGreater(len(paths), entry.count("*"), line)
                listed += paths
        modules = {*PACKAGE.rglob("*.py")} - {*PACKAGE.rglob("__init__.py")}
        self.assertEqual(sorted(listed), sorted(modules))

    def test_architecture_is_short(self) -> None:
        """A newcomer reads the whole page. Files that belong together share a line of its tree."""
        self.assertLessEqual(len((DOCS / "architecture.rst").read_text().splitlines()), 300)

    def test_every_module_is_in_the_reference(self) -> None:
        """Each once, but for those that only start a program."""
        listed = re.findall(r"automodule:: (\S+)", (DOCS / "api.rst").read_text())
        modules = {
            ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            for path in PACKAGE.rglob("*.py")
            if path.name not in {"__init__.py", "__main__.py"}
            and path.relative_to(PACKAGE).as_posix() not in ENTRY_POINTS - CALLED_BY_TWISTD
        }
        self.assertEqual(sorted(listed), sorted(modules))

    def test_every_test_that_is_named_is_there(self) -> None:
        named = set(
            re.findall(r"``(?:tests/)?((?:\w+/)?test_\w+)", (DOCS / "testing.rst").read_text())
        )
        self.assertGreater(len(named), 40)
        tests = ROOT / "tests"
        self.assertEqual(
            [name for name in sorted(named) if not (tests / f"{name}.py").exists()], []
        )

    def test_every_page_is_in_the_index(self) -> None:
        pages = {path.stem for path in DOCS.glob("*.rst")} - {"index"}
        listed = (DOCS / "index.rst").read_text().partition(":maxdepth:")[2].split()[1:]
        self.assertEqual({*listed}, pages)


class ModuleTests(SynchronousTestCase):
    def test_no_module_is_long(self) -> None:
        lengths = {
            path.relative_to(PACKAGE).as_posix(): len(path.read_text().splitlines())
            for path in PACKAGE.rglob("*.py")
        }
        long = {name: length for name, length in lengths.items() if length > MAX_LINES}
        self.assertEqual(long.keys(), {"wire/messages.py"}, long)  # the table of messages


class FileTests(SynchronousTestCase):
    def test_no_file_is_left_in_the_checkout(self) -> None:
        """Under pytest, the folder of trial's ``mktemp`` is in the checkout, and is not removed."""
        for path in (ROOT / "tests").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute):
                    self.assertNotEqual(node.attr, "mktemp", path)


class ImportTests(SynchronousTestCase):
    def test_no_circle(self) -> None:
        graph = imported_modules()
        self.assertIn("twisted_auction.rules.auction", graph["twisted_auction.house.runner"])
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            self.fail(f"modules that import one another: {error.args[1]}")

    def test_global_reactor(self) -> None:
        """Only the entry points read it; every other module is given a clock."""
        readers = {
            path.relative_to(PACKAGE).as_posix()
            for path in PACKAGE.rglob("*.py")
            if "twisted.internet.reactor" in imports(path)
        }
        self.assertEqual(readers, ENTRY_POINTS | CALLED_BY_TWISTD)

    def test_house_and_ledger_know_twisted_by_its_interfaces(self) -> None:
        for path in [*(PACKAGE / "house").glob("*.py"), *(PACKAGE / "ledger").glob("*.py")]:
            for name in imports(path):
                if name.split(".")[0] == "twisted" and name != "twisted.logger.Logger":
                    self.assertTrue(name.startswith("twisted.internet.interfaces."), name)

    def test_rules_stand_alone(self) -> None:
        standard = {"abc", "codecs", "collections", "dataclasses", "enum", "math", "re", "typing"}
        standard |= {"copy", "csv", "difflib", "operator", "unicodedata"}
        for path in (PACKAGE / "rules").rglob("*.py"):
            # A text in memory, and a date as a value: nothing reads a clock.
            for name in imports(path) - {"io.StringIO", "datetime.datetime", "datetime.timedelta"}:
                if not name.startswith("twisted_auction.rules."):
                    self.assertIn(name.split(".")[0], standard, path)

    def test_no_test_module_is_imported(self) -> None:
        """Parts shared by several tests are in modules with another name."""
        for path in [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]:
            for name in imports(path):
                if name.startswith("tests."):
                    self.assertNotRegex(name, r"\.test_", path)

    def test_support_of_one_package(self) -> None:
        """A helper for the tests of several packages is directly in ``tests``."""
        for path in (ROOT / "tests").rglob("*.py"):
            for name in imports(path):
                if found := re.match(r"tests\.(\w+)\.support\b", name):
                    self.assertEqual(path.parent, ROOT / "tests" / found[1], path)

    def test_benchmarks_are_imported_by_nothing(self) -> None:
        """Nor does the package import its tests. The benchmarks may: they share a command line."""
        outside = {"tests": ["benchmarks"], "twisted_auction": ["benchmarks", "tests"]}
        for folder, forbidden in outside.items():
            for path in (ROOT / folder).rglob("*.py"):
                for name in imports(path):
                    self.assertNotIn(name.split(".")[0], forbidden, path)
