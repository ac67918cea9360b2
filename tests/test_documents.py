"""The documents for users: no option without a line, no page that has grown too long."""

import re
import tempfile
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from twisted.python.usage import Options
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.auc_server import Server
from twisted_auction.cli.join import Join
from twisted_auction.cli.main import Auction
from twisted_auction.tap import Options as Service

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

READERS = ("teach", "organise", "operate", "embed", "develop")

PAGES = {
    "auc_client": "teach",
    "auc_server": "teach",
    "auction bid": "organise",
    "auction check": "checking",
    "auction complete": "orders",
    "auction control": "orders",
    "auction demo": "web",
    "auction join": "organise",
    "auction lab": "teach",
    "auction ledger": "operate",
    "auction people": "people",
    "auction sell": "organise",
    "auction watch": "organise",
    "twistd auction": "operate",
}
"""The page that has the options of a command, and of its subcommands."""


def commands(name: str, command: Any) -> Iterator[tuple[str, Options]]:
    """A command and its subcommands, each by its full name."""
    yield name, command
    for word, _, make, _ in getattr(command, "subCommands", ()):
        yield from commands(f"{name} {word}", make())


def every_command() -> Iterator[tuple[str, Options]]:
    """All that this project installs."""
    for name, make in (("auc_client", Join), ("auc_server", Server), ("twistd auction", Service)):
        yield from commands(name, make())
    yield from commands("auction", Auction())


ROW = re.compile(r"^(?:``-(\w)``, )?``--([\w-]+)``  +(.*)$", re.MULTILINE)
"""A row of a table of options: the letter, the name, and the other cells."""

ALSO = re.compile(r"\(also ``--([\w-]+)``\)")
"""Another name of the option in the same row."""


Row = tuple[str, str, set[str]]
"""An option, its letter or nothing, and the subcommands that its row names, if it names any."""


def rows(page: str, words: set[str]) -> Iterator[Row]:
    """Each option that a page has a row for.

    :param words: the names of all subcommands.
    """
    for letter, option, rest in ROW.findall(page):
        listed = set(re.split(r" {2,}", rest)[0].split(", "))
        if not listed <= {*words, "all"}:
            listed = set()
        yield option, letter, listed
        for other in ALSO.findall(rest):
            yield other, "", listed


def undocumented(name: str, options: Options, page: str) -> list[str]:
    """The options of a command that a page has no row for, with the right letter.

    Where a table names subcommands, the row must name this one.
    """
    found = list(rows(page, {each.split()[-1] for each, _ in every_command()}))
    word = name.split()[-1]
    is_listed = any(word in listed for _, _, listed in found)
    told = {
        (option, letter)
        for option, letter, listed in found
        if {word, "all"} & listed or not (listed or is_listed)
    }
    long: list[str] = options.longOpt
    letters = {option: letter for letter, option in options.synonyms.items() if len(letter) == 1}
    return [
        f"{name} --{option}"
        for option in sorted({each.removesuffix("=") for each in long} - {"help", "version"})
        if (option, letters.get(option, "")) not in told
    ]


class OptionTests(SynchronousTestCase):
    def test_every_option_has_a_line(self) -> None:
        missing = []
        count = 0
        for name, options in every_command():
            if name != "auction":
                page = (DOCS / f"{PAGES[' '.join(name.split()[:2])]}.rst").read_text()
                missing += undocumented(name, options, page)
                count += len(options.longOpt)
        self.assertEqual(missing, [])
        self.assertGreater(count, 100)

    def test_no_line_without_an_option(self) -> None:
        """The first column of a table has no option that nothing takes."""
        known = {"nodaemon", "logfile", "pidfile", "rundir"}
        for _, options in every_command():
            known |= {word.removesuffix("=") for word in options.longOpt}
        for page in {*PAGES.values()}:
            for line in (DOCS / f"{page}.rst").read_text().splitlines():
                if found := re.match(r"(?:``-\w``, )?``--([\w-]+)``  ", line):
                    self.assertIn(found[1], known, page)

    def test_missing(self) -> None:
        """A page is found that lacks an option's row, its letter, or the subcommand in the row."""
        found = dict(every_command())
        for name, option, old, new in [
            ("twistd auction", "lot-pause", "``--lot-pause``  ", "--lot-pause"),
            ("twistd auction", "room", "``-r``, ``--room``         the", "``--room``         the"),
            ("auction ledger list", "reveal", "list, show  ", "show  "),
            ("auction sell", "buyers", "``-b``, ``--buyers``", "``-n``, ``--buyers``"),
            ("auction sell", "lowest", "(also ``--lowest``)", ""),
        ]:
            page = (DOCS / f"{PAGES[' '.join(name.split()[:2])]}.rst").read_text()
            self.assertIn(old, page)
            self.assertEqual(
                undocumented(name, found[name], page.replace(old, new)), [f"{name} --{option}"]
            )


FORBIDDEN = re.compile(
    r"\b(somebody|anybody|everybody|whoever|whomever|lest|wherever|all the same)\b", re.IGNORECASE
)
"""Words in place of an actor (client, connection, Buyer, operator) or of a plain condition."""


def remarks(path: Path) -> Iterator[tuple[int, str]]:
    """Each comment of a module, and each string that stands alone, which is a docstring."""
    before = tokenize.NEWLINE
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            stands_alone = before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
            if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and stands_alone):
                yield token.start[0], token.string
            if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING):
                before = token.type


WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")

PERSONS = re.compile(
    r"(somebody|someone|anybody|anyone|everybody|everyone|nobody|whoever|whatever|wherever|lest)"
    r"('s)?",
    re.IGNORECASE,
)
"""Words that stand for an actor without a name."""

RIDDLES = re.compile(r"(what|where|that|which|who)", re.IGNORECASE)
"""Words of sentences that describe a thing instead of naming it."""

AIM = (1.5, 25.0)
"""PERSONS and RIDDLES allowed in 1,000 words of a folder. h11 has 1.4 and 21 in its comments and
docstrings, treq 0.8 and 21, websockets 0.1 and 9."""

REACHED = (0.5, 15.0)
"""The same for the whole package, a little above its rates in November 2026."""


def rates(texts: Iterable[str]) -> tuple[float, float]:
    """The PERSONS and RIDDLES in 1,000 words of these texts."""
    words = [word for text in texts for word in WORD.findall(text)]
    persons, riddles = (
        sum(pattern.fullmatch(word) is not None for word in words) for pattern in (PERSONS, RIDDLES)
    )
    return 1000 * persons / len(words), 1000 * riddles / len(words)


def modules() -> list[Path]:
    """All modules of the package, its tests, benchmarks and documents."""
    folders = ("twisted_auction", "tests", "benchmarks", "docs")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted([*found, ROOT / "noxfile.py"])


MODULE = '''"""Somebody's docstring."""

LIMIT = 3
"""Lest the docstring of an attribute be missed."""

TEXT = "whoever"  # All the same, a comment.
'''
"""A module with three remarks and one other string."""


class LanguageTests(SynchronousTestCase):
    def test_rates(self) -> None:
        self.assertEqual(rates(["The client that left, and", "nobody's to be."]), (125.0, 125.0))

    def test_remarks(self) -> None:
        """All comments and docstrings are found, in any case of letters, and no other string."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "module.py")
            path.write_text(MODULE)
            found = list(remarks(path))
        self.assertEqual([number for number, _ in found], [1, 4, 6])
        words = [FORBIDDEN.findall(text) for _, text in found]
        self.assertEqual(words, [["Somebody"], ["Lest"], ["All the same"]])
        self.assertIsNone(FORBIDDEN.search("The client is not listed anywhere."))

    def test_plain_sentences(self) -> None:
        """Comments and docstrings name things, as those of h11 and treq do."""
        folders: dict[Path, list[str]] = {}
        for path in sorted((ROOT / "twisted_auction").rglob("*.py")):
            folders.setdefault(path.parent, []).extend(text for _, text in remarks(path))
        everything = [text for texts in folders.values() for text in texts]
        tests = [text for path in (ROOT / "tests").rglob("*.py") for _, text in remarks(path)]
        self.assertGreater(len(folders), 8)
        for name, texts, ceilings in [
            *((folder.name, texts, AIM) for folder, texts in folders.items()),
            ("the tests", tests, AIM),
            ("the whole package", everything, REACHED),
        ]:
            for rate, ceiling in zip(rates(texts), ceilings, strict=True):
                self.assertLessEqual(rate, ceiling, name)

    def test_words(self) -> None:
        """Pages for people name the actor."""
        found = []
        pages = [ROOT / page for page in ("README.rst", "CONTRIBUTING.rst", "SECURITY.rst")]
        for path in [*pages, *(ROOT / "changes").glob("*.rst"), *sorted(DOCS.glob("*.rst"))]:
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if FORBIDDEN.search(line):
                    found.append(f"{path.name}:{number}: {line.strip()}")
        self.assertEqual(found, [])

    def test_words_in_the_code(self) -> None:
        """So do docstrings and comments."""
        found = []
        for path in modules():
            for number, text in remarks(path):
                if FORBIDDEN.search(text):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {text.strip()}")
        self.assertEqual(found, [])


class ReadmeTests(SynchronousTestCase):
    text = (ROOT / "README.rst").read_text()

    def test_length(self) -> None:
        self.assertLessEqual(len(self.text.splitlines()), 150)

    def test_readers(self) -> None:
        """The first screen has a link to the page of each, and each page begins with a task."""
        screen = "\n".join(self.text.splitlines()[:24])
        for name in READERS:
            self.assertIn(f"`{name} <docs/{name}.rst>`_", screen)
            first = (DOCS / f"{name}.rst").read_text().split("\n\n")[1]
            self.assertRegex(first, r"\ATo [^.]*::\Z")

    def test_links(self) -> None:
        """All of them lead to files."""
        for target in re.findall(r"<(\S+\.rst)>`_", self.text):
            self.assertTrue((ROOT / target).is_file(), target)

    def test_files(self) -> None:
        """So do the paths in its commands."""
        found = re.findall(r"(?:docs|twisted_auction|\.ci)/[\w./-]*\w", self.text)
        self.assertGreater(len(found), 10)
        for path in found:
            self.assertTrue((ROOT / path).is_file(), path)

    def test_set_up(self) -> None:
        """The two commands stand in the form that .ci/run reads."""
        found = re.findall(r"^    (python3 -m venv .*)$", self.text, re.MULTILINE)
        self.assertEqual(len(found), 2)
        self.assertTrue(found[0].endswith("auction demo"))
        self.assertTrue(found[1].endswith("pytest -n 3"))
