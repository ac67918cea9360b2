"""The pictures of lots, from a folder of the operator's."""

import os
import re
import stat
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from twisted.internet.interfaces import IPushProducer
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from twisted_auction.web.answers import has_same, send_problem
from twisted_auction.web.requests import SmallRequest

TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""The media type of a picture, by the end of its name in small letters. SVG can have scripts."""

KEPT = "public, max-age=600"
"""``Cache-Control`` of a picture: a phone does not ask for it each time it shows the lot."""

PART = 16384
"""Bytes of a picture to read at once. A client has the time of a request for each buffer of its
transport, so a slow one gets its picture, and an unread connection is closed."""

_NAME = re.compile(r"[^./\\\0][^/\\\0]{0,254}")


class Pictures:
    """Answers with the pictures of a folder: plain files there, and no others.

    :param folder: the folder. It may be changed while the server runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, request: SmallRequest, name: str) -> bytes | int:
        """Answer with a picture.

        :param name: the name of its file.
        """
        file = self._open(name)
        if file is None:
            return send_problem(
                request,
                HTTPStatus.NOT_FOUND,
                "There is no such picture.",
                "The catalogue names a file that is not in the folder of pictures.",
            )
        found = os.fstat(file.fileno())
        etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
        request.setHeader(b"Content-Type", TYPES[_ending(name)].encode("ascii"))
        request.setHeader(b"Cache-Control", KEPT.encode("ascii"))
        request.setHeader(b"ETag", etag.encode("ascii"))
        if has_same(request, etag):
            file.close()
            request.setResponseCode(HTTPStatus.NOT_MODIFIED.value)
            return b""
        request.setHeader(b"Content-Length", b"%d" % found.st_size)
        if request.method == b"HEAD":
            file.close()
            return b""
        _Sender(request, file, found.st_size).start()
        return NOT_DONE_YET

    def _open(self, name: str) -> BinaryIO | None:
        """Open a plain file of the folder; None if there is none. No link is followed."""
        if _NAME.fullmatch(name) is None or _ending(name) not in TYPES:
            return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe would wait for a writer
        with suppress(OSError):
            descriptor = os.open(self._folder / name, flags)
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return open(descriptor, "rb")
            os.close(descriptor)
        return None


@implementer(IPushProducer)
class _Sender:
    """Sends a file, as fast as the client reads it.

    :param size: bytes to send: the announced length.
    """

    def __init__(self, request: SmallRequest, file: BinaryIO, size: int) -> None:
        self._request = request
        self._file = file
        self._left = size
        self._is_paused = False

    def start(self) -> None:
        """Begin to send. However the request ends, the file is closed."""
        self._request.notifyFinish().addBoth(lambda _: self._file.close())
        self._request.registerProducer(self, True)
        self.resumeProducing()

    def pauseProducing(self) -> None:
        """Wait until the client has read."""
        self._is_paused = True

    def resumeProducing(self) -> None:
        """Send until the transport has enough."""
        self._is_paused = False
        channel = self._request.channel
        channel.progress()
        data = b"."
        while self._left and data and not self._is_paused:
            data = self._file.read(min(PART, self._left))
            self._left -= len(data)
            self._request.write(data)
        if self._left and data:
            return
        self._request.unregisterProducer()
        if self._left:  # the file was cut meanwhile: the client must not take it for whole
            channel.persistent = False
        self._request.finish()

    def stopProducing(self) -> None:
        """Called by the transport when the connection has ended."""


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()
