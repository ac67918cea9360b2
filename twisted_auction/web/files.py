"""The files of the page, from the package, in memory.

Nothing is read from the disk for a request, so no path can lead out of the folder.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).with_name("static")
"""The folder in the package."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
}
"""The media type of a file, by the end of its name. A file of another kind, such as the types for
editors, is not served."""

COMPRESSIBLE = ("text/", "application/", "image/svg")
"""Beginnings of the media types made smaller by gzip."""

_COMMENT = re.compile(rb"^[ \t]*(?:/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*|//.*)$", re.MULTILINE)
"""A comment with lines of its own in a script of the page."""


@dataclass(frozen=True, slots=True)
class Content:
    """The body of an answer.

    :param data: the bytes.
    :param media_type: the value of ``Content-Type``.
    :param etag: changes with the bytes; in quotation marks.
    :param compressed: the bytes compressed by gzip; None if that saves nothing.
    """

    data: bytes
    media_type: str
    etag: str
    compressed: bytes | None = None

    @classmethod
    def of(cls, data: bytes, media_type: str) -> "Content":
        """The content with these bytes."""
        etag = f'"{sha256(data).hexdigest()[:20]}"'
        compressed = None
        if media_type.startswith(COMPRESSIBLE):
            compressed = gzip.compress(data, mtime=0)  # the same bytes at each start
            if len(compressed) >= len(data):
                compressed = None
        return cls(data, media_type, etag, compressed)


def read_files(folder: Path = FOLDER) -> Mapping[str, Content]:
    """Read the files of a folder and its folders.

    :return: the contents, by their paths in the folder, such as ``texts/en.js``.
    """
    return {
        path.relative_to(folder).as_posix(): _content(path)
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES and path.is_file()
    }


def _content(path: Path) -> Content:
    data = path.read_bytes()
    if path.suffix == ".js":
        # A fifth of the bytes for a phone. The lines keep their numbers, for messages of a browser.
        data = _COMMENT.sub(lambda comment: b"\n" * comment[0].count(b"\n"), data)
    return Content.of(data, TYPES[path.suffix])
