"""The checks of this project as sessions: ``nox --list`` lists them, ``nox -s lint`` runs one.

The GitHub workflow runs each session in an environment of its own. ``.ci/run`` runs some of them in
its own environment, with ``nox --no-venv --no-install``; for the tests it has commands of its own.
"""

from fnmatch import fnmatch
from pathlib import Path

import nox

PYTHONS = ["3.11", "3.12", "3.13"]
OLDEST_TWISTED = "24.11.0"  # the same number as in pyproject.toml

SLOW = [
    "*_processes",
    "test_charity",
    "test_crashes",
    "test_fuzz",
    "test_hall",
    "test_simulation",
    "test_week",
]
"""Test files that start programs by the dozen, or play hundreds of houses. Each change runs them
once, with the newest Twisted; with the oldest they are for ``.ci/nightly`` and the workflow."""

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "imports", "docs", "tests-3.13"]


def quick_tests() -> list[str]:
    """All test files but the slow ones."""
    files = sorted(Path(__file__).parent.glob("tests/**/test_*.py"))
    return [str(path) for path in files if not any(fnmatch(path.stem, pattern) for pattern in SLOW)]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the suite under pytest."""
    session.install("--editable", ".[test,web]")
    session.run("pytest", "-n", "3", *session.posargs)


@nox.session(python=PYTHONS)
def trial(session: nox.Session) -> None:
    """Run the suite under trial, in random order."""
    session.install("--editable", ".[test,web]")
    session.run("trial", "--jobs", "4", "--random", "0", *(session.posargs or ["tests"]))


@nox.session(python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """Run the suite under trial with the oldest Python and Twisted that are supported."""
    session.install("--editable", ".[test]", f"twisted=={OLDEST_TWISTED}")
    session.run("trial", "--jobs", "4", "--random", "0", *(session.posargs or ["tests"]))


@nox.session(python=PYTHONS[-1])
def newest(session: nox.Session) -> None:
    """Run the suite with the newest Python and Twisted, pre-releases included."""
    session.install("--upgrade", "--pre", "twisted[tls]")
    session.install("--editable", ".[test,web]")
    session.run("pytest", "-n", "3", *session.posargs)


@nox.session(python=PYTHONS[0])
def coverage(session: nox.Session) -> None:
    """Report branch coverage, by default of the quick tests."""
    session.install("--editable", ".[test]", f"twisted=={OLDEST_TWISTED}")
    which = session.posargs or quick_tests()
    session.run("coverage", "run", "-m", "pytest", "-q", "-n", "4", *which)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style and the formatting of the code."""
    session.install("--editable", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, those of embedders' programs, too; the suite skips these without mypy."""
    session.install("--editable", ".[dev]")
    session.run("mypy")
    session.run("pytest", "-q", "tests/test_typing.py", "tests/house/test_notices.py")


@nox.session
def imports(session: nox.Session) -> None:
    """Check that imports point downward."""
    session.install("--editable", ".[dev]")
    session.run("lint-imports")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, with warnings as errors."""
    session.install("--editable", ".[docs]")
    session.run("sphinx-build", "-q", "-W", "-E", "docs", session.create_tmp() + "/html")


@nox.session(python=PYTHONS[-1])
def page(session: nox.Session) -> None:
    """Check the page's scripts with the tools of npm, and the page itself in Chromium."""
    session.install("--editable", ".[test,web,browser]")
    session.run("npm", "ci", "--silent", "--prefix", ".ci/npm", external=True)
    session.run("pytest", "-n", "3", *(session.posargs or ["tests/web", "tests/browser"]))


@nox.session
def changes(session: nox.Session) -> None:
    """Check that the branch adds a changelog fragment, and that all fragments can be read."""
    session.install("--editable", ".[dev]")
    session.run("towncrier", "check", *session.posargs)
    session.run("towncrier", "build", "--draft")
