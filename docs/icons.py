"""Draw the icons of the page as PNG files: python docs/icons.py

The shapes are those of ``icon.svg``: a bidder's paddle with a plus sign. Phones want PNG files,
which fill their square, because each phone cuts the corners in its own way.
"""

import struct
import zlib
from math import hypot
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "twisted_auction" / "web" / "static"
SIZES = (192, 512)
BLUE, WHITE = (0x1A, 0x4F, 0xD6), (0xFF, 0xFF, 0xFF)


def line(x: float, y: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """The distance of a point from a level or upright line."""
    return hypot(x - min(max(x, x1), x2), y - min(max(y, y1), y2))


def white(x: float, y: float, pixel: float) -> float:
    """How white a point of the square is, from 0 to 1.

    :param x: from 0 to 64, like y.
    :param pixel: the width of a pixel, over which an edge is blurred.
    """
    paddle = min(hypot(x - 32, y - 25) - 15, line(x, y, 32, 38, 32, 50) - 4)
    plus = min(line(x, y, 32, 16, 32, 34), line(x, y, 25, 25, 39, 25)) - 2.5
    return min(max(0.5 - max(paddle, -plus) / pixel, 0), 1)


def png(size: int) -> bytes:
    """The file of the icon with this width in pixels."""
    pixel = 64 / size
    rows = bytearray()
    for row in range(size):
        rows.append(0)  # no filter
        for column in range(size):
            share = white((column + 0.5) * pixel, (row + 0.5) * pixel, pixel)
            rows += bytes(
                round(blue + (bright - blue) * share)
                for blue, bright in zip(BLUE, WHITE, strict=True)
            )

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + chunk(b"IEND", b"")
    )


if __name__ == "__main__":
    for size in SIZES:
        (FOLDER / f"icon-{size}.png").write_bytes(png(size))
