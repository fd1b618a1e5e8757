"""Draw the app's icons, color.png and outline.png, beside this file.

Teams wants 192 x 192 in colour (the symbol inside the middle 120 x 120, for round masks) and
32 x 32 in white on nothing. Nothing but the standard library is needed.
"""

# ruff: noqa: D103, INP001  a script, not a package

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
FINE = 4  # samples along each side of a pixel
GROUND = (0x0B, 0x5C, 0x6B)
WHITE = (0xFF, 0xFF, 0xFF)

Shape = Callable[[float, float], bool]
"""Tells whether a point is inside; coordinates run from 0 to 1, downwards."""


def rounded(left: float, top: float, right: float, bottom: float, radius: float) -> Shape:
    def inside(x: float, y: float) -> bool:
        if not (left <= x <= right and top <= y <= bottom):
            return False
        over_x = max(left + radius - x, x - right + radius, 0)
        over_y = max(top + radius - y, y - bottom + radius, 0)
        return over_x**2 + over_y**2 <= radius**2

    return inside


def tail(x: float, y: float) -> bool:
    """The corner by which a balloon points at its speaker."""
    return 0.24 <= x <= 0.46 and 0.66 <= y <= 0.66 + 0.2 * (1 - (x - 0.24) / 0.22)


def hash_sign(x: float, y: float) -> bool:
    """A ticket's #, leaning a little."""
    leaning = x + (y - 0.42) * 0.16
    upright = abs(leaning - 0.435) <= 0.026 or abs(leaning - 0.565) <= 0.026
    across = abs(y - 0.365) <= 0.026 or abs(y - 0.485) <= 0.026
    return (upright and 0.27 <= y <= 0.58) or (across and 0.345 <= leaning <= 0.655)


balloon = rounded(0.14, 0.14, 0.86, 0.70, 0.14)
hollow = rounded(0.205, 0.205, 0.795, 0.635, 0.09)


def solid(x: float, y: float) -> bool:
    return (balloon(x, y) or tail(x, y)) and not hash_sign(x, y)


def outline(x: float, y: float) -> bool:
    return hash_sign(x, y) or ((balloon(x, y) or tail(x, y)) and not hollow(x, y))


def covered(shape: Shape, column: int, row: int, size: int, share: float) -> float:
    """How much of a pixel ``shape``, drawn over the middle ``share`` of the picture, covers."""
    hits = 0
    for i in range(FINE * FINE):
        x = (column + (i % FINE + 0.5) / FINE) / size
        y = (row + (i // FINE + 0.5) / FINE) / size
        hits += shape((x - 0.5) / share + 0.5, (y - 0.5) / share + 0.5)
    return hits / FINE**2


def color_pixel(amount: float) -> tuple[int, int, int, int]:
    red, green, blue = (round(g + (w - g) * amount) for g, w in zip(GROUND, WHITE, strict=True))
    return red, green, blue, 255


def outline_pixel(amount: float) -> tuple[int, int, int, int]:
    return (*WHITE, round(255 * amount))


def png(size: int, rows: list[bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def draw(
    size: int, shape: Shape, share: float, pixel: Callable[[float], tuple[int, int, int, int]]
) -> bytes:
    rows = [
        b"".join(bytes(pixel(covered(shape, x, y, size, share))) for x in range(size))
        for y in range(size)
    ]
    return png(size, rows)


if __name__ == "__main__":
    (HERE / "color.png").write_bytes(draw(192, solid, 0.72, color_pixel))
    (HERE / "outline.png").write_bytes(draw(32, outline, 1.15, outline_pixel))
