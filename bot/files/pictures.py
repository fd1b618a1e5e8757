"""Pictures made small enough for a post in Teams.

What a picture says of its size is believed before it is unpacked: a small file can hold a huge one.
"""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress

from PIL import Image, ImageOps

#: Of every form: pixels of the longer side, and bytes at the most. Teams takes 1024 pixels and 1 MB
#: in an inline image; the second fits below its limit for a message, should the picture count there.
FORMS = ((1024, 150_000), (480, 24_000))
#: A telephone's usual photo has 12.2 million; unpacked, with what is looked through, it takes 49 MB.
MOST_PIXELS = 12_500_000
#: Of a JPEG: times that it goes over the whole picture, which 26 bytes can ask for, and packets of
#: notes. It has a hundred at the most; by chance they stand eighty times in 5 MiB of anything else.
MOST_PARTS = 200
_PARTS = (b"\xff\xda", b"\xff\xe1")
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_FEW_COLOURS = ("1", "P")  # made smaller as they are, their lines break
_QUALITIES = (80, 60, 40)

# Ours is stricter, and is asked before anything is unpacked; Pillow's would only warn.
Image.MAX_IMAGE_PIXELS = None


class Pictures:
    """Makes previews, one picture at a time: they are big while they are unpacked."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def previews(self, content: bytes) -> tuple[bytes, ...]:
        """Return JPEGs of a picture, the best first; none if it cannot be read, or is too big."""
        await self._turn.acquire()
        # Who stops waiting does not stop the work: the next one's turn comes when it is over.
        work = asyncio.ensure_future(asyncio.to_thread(previews, content))
        work.add_done_callback(lambda _: self._turn.release())
        return await asyncio.shield(work)


def previews(content: bytes) -> tuple[bytes, ...]:
    """Return JPEGs of a picture in FORMS. Blocking."""
    if _is_endless(content):
        return ()
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return ()
            picture.draft("RGB", (FORMS[0][0], FORMS[0][0]))  # a JPEG is unpacked smaller at once
            # First of all smaller: whatever else is done makes copies.
            small = picture.convert("RGBA") if picture.mode in _FEW_COLOURS else picture
            small.thumbnail((FORMS[0][0], FORMS[0][0]))
            # Turned it is before its notes are written anew, which breaks where they are broken.
            with suppress(Exception):
                ImageOps.exif_transpose(small, in_place=True)
            flat = _flat(small)
            made = [_form(flat, side, most) for side, most in FORMS]
    except Exception:  # noqa: BLE001 - Pillow raises anything, for what is broken
        return ()
    return tuple(one for one in made if one)


def _is_endless(content: bytes) -> bool:
    """Tell whether it is a JPEG that would keep us at work for minutes, or for an hour."""
    jpeg = content.startswith(b"\xff\xd8")
    return jpeg and any(content.count(part) > MOST_PARTS for part in _PARTS)


def _flat(picture: Image.Image) -> Image.Image:
    """Put a picture on white: a JPEG knows of nothing that one can look through."""
    shaped = picture.convert("RGBA")
    white = Image.new("RGBA", shaped.size, "white")
    return Image.alpha_composite(white, shaped).convert("RGB")


def _form(picture: Image.Image, side: int, most: int) -> bytes:
    small = picture.copy()
    small.thumbnail((side, side))
    for quality in _QUALITIES:
        out = io.BytesIO()
        small.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= most:
            return out.getvalue()
    return b""
