"""The addresses of the site, as one table."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote_to_bytes

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.server.passes import Passes
from twisted_auction.web.answers import redirect, send, send_problem, send_text
from twisted_auction.web.cookies import forget_code, remember_code
from twisted_auction.web.files import Content, read_files
from twisted_auction.web.invitation import Invitation
from twisted_auction.web.pictures import Pictures
from twisted_auction.web.requests import SmallRequest
from twisted_auction.web.settings import SiteSettings
from twisted_auction.web.settlement import Settlement
from twisted_auction.wire.schema import PATH
from twisted_auction.wire.verbs import ROOM_NAME

Answer = bytes | int
"""The body of an answer, or ``NOT_DONE_YET``."""

PAGES = {
    "/": "rooms.html",
    "/desk": "desk.html",
    "/wall": "lots_wall.html",
    "/favicon.ico": "icon-192.png",
    "/manifest.webmanifest": "manifest.webmanifest",
    "/robots.txt": "robots.txt",
}
"""The files behind fixed addresses; all files are also beneath ``/static/``."""

ROOM = re.compile(f"/room/{ROOM_NAME.pattern}(/wall)?")
"""The address of a room. Its page tells whether the room can be entered."""

JOIN = "/join/"
"""The beginning of a link with a pass code."""

JOINED = "#joined"
"""Tells the page that a link has just been opened: its code counts, and none typed before."""

PICTURES = "/pictures/"
"""The beginning of the address of a lot's picture."""


class Live(Protocol):
    """The resource of the web socket."""

    def render(self, request: SmallRequest) -> Answer:
        """Answer a request, or take its connection for a socket."""

    def close(self) -> None:
        """Close all sockets, because the house closes."""


class Root(Resource):
    """Answers all requests of a site.

    :param rooms: the rooms of the house.
    :param passes: its pass codes; None without a list of people.
    :param live: the resource of the web socket; None for a site without one.
    :param settings: the operator's settings.
    :param settlement: the bills; None for a site without them.
    """

    isLeaf = True  # the table below takes the whole path

    def __init__(
        self,
        rooms: Rooms,
        passes: Passes | None,
        live: Live | None,
        settings: SiteSettings,
        settlement: Settlement | None = None,
    ) -> None:
        super().__init__()
        self._pictures = None if settings.pictures is None else Pictures(settings.pictures)
        self._rooms = rooms
        self._passes = passes
        self._live = live
        self._files = read_files()
        self._files_by_path = {
            **{f"/static/{name}": content for name, content in self._files.items()},
            **{path: self._files[name] for path, name in PAGES.items()},
            "/protocol.json": Content.of(PATH.read_bytes(), "application/json"),
        }
        invitation = Invitation(rooms.clock, settings.address)
        self._actions: dict[str, Callable[[SmallRequest], Answer]] = {
            "/health": self._health,
            "/join.json": invitation.send_json,
            "/join.svg": invitation.send_svg,
        }
        if settlement is not None:
            self._actions["/desk/settlement"] = settlement.send

    def render(self, request: SmallRequest) -> Answer:
        """Answer a request."""
        path = path_of(request)
        if path == "/forget":
            return self._forget(request)
        if request.method not in (b"GET", b"HEAD"):
            return refuse_method(request, "GET, HEAD")
        if path == "/live" and self._live is not None:
            return self._open_socket(request, self._live)
        content = self._files_by_path.get(path)
        if content is None:
            room = ROOM.fullmatch(path)
            if room is not None:
                content = self._files["wall.html" if room[1] else "bid.html"]
        if content is not None:
            return send(request, content)
        if path.startswith(JOIN):
            return self._join(request, path.removeprefix(JOIN))
        if path.startswith(PICTURES) and self._pictures is not None:
            return self._pictures.send(request, path.removeprefix(PICTURES))
        action = self._actions.get(path)
        if action is not None:
            return action(request)
        return send_problem(
            request,
            HTTPStatus.NOT_FOUND,
            "There is no such page.",
            "Check the address, or choose a room.",
        )

    def _open_socket(self, request: SmallRequest, live: Live) -> Answer:
        """Let the web socket take the connection, if it wants to."""
        channel = request.channel
        answer = live.render(request)
        if answer == NOT_DONE_YET:
            channel.hand_over()
        return answer

    def _join(self, request: SmallRequest, code: str) -> Answer:
        """Take the pass code of a link, and remove it from the address.

        The code is not checked here. A chat program that shows a preview of a link also fetches it,
        and a wrong code is answered after a delay, by the web socket.
        """
        if self._passes is not None:
            remember_code(request, code)
        return redirect(request, f"/{JOINED}")

    def _forget(self, request: SmallRequest) -> Answer:
        """Forget the pass code. Only a page of this site can ask for that."""
        if request.method != b"POST":
            return refuse_method(request, "POST")
        if not request.is_same_origin():
            return send_problem(
                request,
                HTTPStatus.FORBIDDEN,
                "Only a page of this site can ask for this.",
                "Use the button on the page.",
            )
        forget_code(request)
        return redirect(request, "/")

    def _health(self, request: SmallRequest) -> Answer:
        """Tell a proxy or a monitor whether the house can take bids."""
        problem = self._problem()
        if problem:
            return send_text(request, f"{problem}\n", HTTPStatus.SERVICE_UNAVAILABLE)
        return send_text(request, "ok\n")

    def _problem(self) -> str:
        rooms = self._rooms
        if isinstance(rooms.journal, Ledger) and rooms.journal.has_failed:
            return "The ledger cannot be written."
        if rooms.is_closed:
            return "The house is closed."
        if rooms.is_halted:
            return "Another program keeps the ledger locked."
        return ""


def path_of(request: SmallRequest) -> str:
    """The path of a request, decoded; empty if it is not Unicode."""
    try:
        return unquote_to_bytes(request.path).decode("utf-8")
    except UnicodeDecodeError:
        return ""


def refuse_method(request: SmallRequest, allowed: str) -> bytes:
    """Refuse a method.

    :param allowed: the others, separated by commas.
    """
    request.setHeader(b"Allow", allowed.encode("ascii"))
    return send_problem(
        request,
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This page is only to be read." if "GET" in allowed else "This address takes only a POST.",
        "Bids and orders go over the web socket of the page.",
    )
