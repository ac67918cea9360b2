"""Persons with browsers: pages of a real server in Chromium, behind Playwright.

One Chromium serves all tests of a process. Every page has a context of its own, as on a device of
its own, with its own cookies. When a test ends, each page must have written nothing to its console,
and must have asked its own server alone, without a refusal.
"""

import atexit
import csv
import os
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from tests.processes import TWISTD, Piped, ProcessTestCase, free_port
from twisted_auction.house.people import People, Person
from twisted_auction.testing import with_codes

try:
    import wsproto  # noqa: F401, as the extra web brings it
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import ConsoleMessage, Request, Response, sync_playwright

    MISSING = ""
except ImportError as error:
    MISSING = f"{error.name} is missing: pip install --editable '.[test,web,browser]'"

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Names of the program. The first one draws no windows, needs less CPU, and shows no
notifications."""

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PATIENCE = 60_000
"""Milliseconds after which a page that does not show what it must counts as failed."""

SETTLED = "() => Promise.allSettled(document.getAnimations().map((each) => each.finished))"
"""Waits until what moves has come to rest: a price that has just changed is pale for a moment."""

SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
    .filter((node) => node.checkVisibility())
    .map((node) => [node.id || node.name || node.textContent, node.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 24 || height < 24)
    .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)"""
"""What is too small for a thumb, by WCAG 2.2."""

PHONE = "Pixel 7"
WALL = {"width": 1920, "height": 1080}
DESK = {"width": 1440, "height": 900}


@cache
def playwright() -> "Playwright":
    """The one Playwright of this process. It ends with the process."""
    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


@cache
def chromium(programs: tuple[str, ...] = CHROMIUM) -> "tuple[Playwright, Browser]":
    """Start the one Chromium of this process. It ends with the process.

    :param programs: names of the program; the first one installed is taken.
    :raises SkipTest: without Playwright or Chromium.
    """
    if MISSING:
        raise SkipTest(MISSING)
    found = next(filter(None, map(shutil.which, programs)), None)
    if found is None:
        raise SkipTest("Chromium is missing: apt install chromium")
    browser = playwright().chromium.launch(executable_path=found, args=FLAGS)
    atexit.register(browser.close)
    return playwright(), browser


class Watched:
    """What a page must not do: messages, failed or refused requests, and requests elsewhere."""

    def __init__(self, page: "Page", origin: str) -> None:
        self._origin = origin
        self.seen: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def _console(self, message: "ConsoleMessage") -> None:
        self.seen.append(f"console: {message.type}: {message.text}")

    def _request(self, request: "Request") -> None:
        if not request.url.startswith((self._origin, "data:", "blob:")):
            self.seen.append(f"elsewhere: {request.url}")

    def _failed(self, request: "Request") -> None:
        # A page that is left while it loads gives its requests up.
        if request.failure != "net::ERR_ABORTED":
            self.seen.append(f"failed: {request.url}: {request.failure}")

    def _response(self, response: "Response") -> None:
        if response.status >= 400:
            self.seen.append(f"refused: {response.url}: {response.status}")


class BrowserTestCase(ProcessTestCase):
    """A test with pages.

    :ivar allowed: beginnings of what its pages may do nonetheless. Chromium itself writes to the
        console when a connection is refused, for example.
    """

    programs: tuple[str, ...] = CHROMIUM

    def setUp(self) -> None:
        self.playwright, self.browser = chromium(self.programs)
        self.allowed: tuple[str, ...] = ()
        self.watched: list[Watched] = []
        self._contexts: list[BrowserContext] = []
        self.port, self.lobby, self.web = (str(free_port()) for _ in range(3))
        self.origin = f"http://127.0.0.1:{self.web}"
        self.addCleanup(self._leave)

    def _leave(self) -> None:
        """Close all pages, and look at what they did."""
        contexts, self._contexts = self._contexts, []
        for context in contexts:
            context.close()
        watched, self.watched = self.watched, []
        seen = [line for each in watched for line in each.seen]
        self.assertEqual([line for line in seen if not line.startswith(self.allowed or "?")], [])

    def list_people(self, persons: Iterable[Person]) -> str:
        """Write a list of people, each with its pass code.

        :return: the file.
        """
        path = self.folder / "people.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["paddle", "name", "role", "room", "limit", "pass"])
            for each in with_codes(People(persons)).persons.values():
                role, room, limit = each.role.value, each.room, each.limit
                rows.writerow([each.paddle, each.name, role, room, limit, each.code])
        return str(path)

    def serve(self, *options: str) -> Piped:
        """Start a server with the page."""
        # Where each lot has a room of its own, no port leads into one.
        port = () if "--together" in options else ("--port", self.port)
        server = self.ready(
            *(*TWISTD, *port, "--lobby", self.lobby),
            *("--web", f"tcp:{self.web}:interface=127.0.0.1", *options),
        )
        self.addCleanup(self._leave)  # before the server goes
        return server

    def context(self, **options: Any) -> "BrowserContext":
        """A browser of its own: its cookies and storage are nobody else's."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        context.on("page", lambda page: self.watched.append(Watched(page, self.origin)))
        return context

    def phone(self, **options: Any) -> "Page":
        """An empty page on a phone."""
        return self.context(**{**self.playwright.devices[PHONE], **options}).new_page()

    def screen(self, size: dict[str, int] = DESK, **options: Any) -> "Page":
        """An empty page on a screen without touch, of this size in pixels."""
        return self.context(viewport=size, **options).new_page()

    def picture(self, page: "Page", name: str) -> None:
        """Draw the page for the documents, if ``docs.pictures`` runs the test."""
        if folder := os.environ.get("PICTURES"):
            page.wait_for_timeout(1000)  # for what moves
            page.screenshot(path=Path(folder) / f"{name}.png")

    def check_access(self, page: "Page", state: str) -> None:
        """Let axe look for what keeps people out of this page, which is in this state."""
        page.evaluate(SETTLED)
        results = Axe().run(page).response
        found = [
            f"{state}: {each['id']}: {node['html']}: {node['failureSummary']}"
            for each in results["violations"]
            for node in each["nodes"]
        ]
        if found:
            self.fail("\n".join(found))

    def check_width(self, page: "Page", state: str) -> None:
        """The page needs no scrolling to the side."""
        # Not innerWidth: a phone zooms out until all is seen.
        wide: int = page.evaluate(
            """(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)
                (document.documentElement)"""
        )
        self.assertLessEqual(wide, 0, f"{state}: wider than the screen")
