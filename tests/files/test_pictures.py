"""Pictures made smaller."""

import asyncio
import io
import struct
import threading
from typing import Literal

import pytest
from PIL import Image, ImageFile, ImageOps

from bot.files import pictures
from bot.files.pictures import FORMS, MOST_PARTS, Pictures, previews


def picture(kind: str = "PNG", size: tuple[int, int] = (1920, 1080), mode: str = "RGB") -> bytes:
    """A picture that does not pack well."""
    noise = Image.effect_noise(size, 20).convert(mode)
    out = io.BytesIO()
    noise.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("JPEG", "CMYK"),
        ("GIF", "P"),
        ("WEBP", "RGB"),
    ],
)
def test_every_kind_becomes_two_jpegs_within_teams_limits(kind: str, mode: str) -> None:
    made = previews(picture(kind, mode=mode))
    assert len(made) == 2
    for content, (side, most) in zip(made, FORMS, strict=True):
        with Image.open(io.BytesIO(content)) as small:
            assert small.format == "JPEG"
            assert max(small.size) == side
        assert len(content) <= most


def test_a_small_picture_keeps_its_size_and_what_one_looks_through_is_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(previews(out.getvalue())[0])) as small:
        assert small.size == (30, 20)
        assert small.getpixel((0, 0)) == (255, 255, 255)


def test_a_photo_stands_upright_and_tells_nothing_of_its_camera() -> None:
    out = io.BytesIO()
    about = Image.Exif()
    about[0x0112], about[0x010F] = 6, "CANARY"
    Image.new("RGB", (40, 20)).save(out, "JPEG", exif=about)
    (big, _) = previews(out.getvalue())
    with Image.open(io.BytesIO(big)) as small:
        assert small.size == (20, 40)
    assert b"CANARY" not in big


#: Notes of a camera (TIFF) that say how it was held, and another thing that cannot be written again.
_HELD = struct.pack("<HHIHxx", 0x0112, 3, 1, 6)
_TORN = {
    "words that are a number": struct.pack("<HHIf", 0x0111, 11, 1, 1.5),
    "a place that is none": struct.pack("<HHII", 0x0144, 5, 1, 0),
}


@pytest.mark.parametrize("torn", _TORN.values(), ids=_TORN)
def test_a_photo_whose_cameras_notes_are_broken_is_shown(torn: bytes) -> None:
    notes = b"Exif\0\0II*\0\x08\0\0\0\x02\0" + _HELD + torn + bytes(4)
    plain = picture("JPEG", (40, 20))
    head = b"\xff\xe1" + struct.pack(">H", len(notes) + 2)

    assert len(previews(plain[:2] + head + notes + plain[2:])) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        picture()[:2000],
        b"<svg/>",
        picture("BMP"),
    ],
)
def test_what_cannot_be_read_has_none(content: bytes) -> None:
    assert previews(content) == ()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "JPEG"])
def test_a_small_file_with_a_huge_picture_is_not_unpacked(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    Image.new("L", (6300, 6300)).save(out, kind)
    assert len(out.getvalue()) < 700_000

    def unpacked(_picture: Image.Image) -> None:
        raise AssertionError

    monkeypatch.setattr(ImageFile.ImageFile, "load", unpacked)
    assert previews(out.getvalue()) == ()


@pytest.mark.parametrize("which", ["scans", "notes"])
def test_a_photo_of_endless_parts_is_not_unpacked(
    which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    Image.new("L", (40, 20)).save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    scan = whole[whole.rindex(b"\xff\xda") : -2]  # goes over the picture and changes nothing
    notes = b"\xff\xe1\0\x08Exif\0\0"
    at, part = (len(whole) - 2, scan) if which == "scans" else (2, notes)

    assert len(previews(whole[:at] + part * 100 + whole[at:])) == 2
    opened = []
    monkeypatch.setattr(Image, "open", lambda *told, **_: opened.append(told))
    assert previews(whole[:at] + part * (MOST_PARTS + 1) + whole[at:]) == ()
    assert opened == []


@pytest.mark.parametrize("mode", ["1", "P", "L", "RGB", "RGBA", "LA"])
def test_it_is_made_smaller_before_anything_else(
    mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned, real = [], ImageOps.exif_transpose

    def transpose(picture: Image.Image, *, in_place: Literal[True]) -> None:
        turned.append(max(picture.size))
        real(picture, in_place=in_place)

    monkeypatch.setattr(ImageOps, "exif_transpose", transpose)
    assert len(previews(picture(size=(1300, 700), mode=mode))) == 2
    assert turned == [FORMS[0][0]]


def test_a_telephones_photo_is_shown_and_stands_upright() -> None:
    out = io.BytesIO()
    about = Image.Exif()
    about[0x0112] = 6
    Image.new("RGB", (4032, 3024)).save(out, "JPEG", exif=about)
    with Image.open(io.BytesIO(previews(out.getvalue())[0])) as small:
        assert small.size == (768, 1024)


async def test_it_is_done_beside_the_event_loop() -> None:
    assert len(await Pictures().previews(picture(size=(64, 64)))) == 2


async def test_who_stops_waiting_does_not_let_two_be_unpacked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may, began, running = threading.Event(), [], asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(content: bytes) -> tuple[bytes, ...]:
        began.append(content)
        loop.call_soon_threadsafe(running.set)
        may.wait(30)
        return (content,)

    monkeypatch.setattr(pictures, "previews", slow)
    making = Pictures()
    first = asyncio.create_task(making.previews(b"a"))
    await running.wait()
    first.cancel()
    await asyncio.wait([first])
    assert making._turn.locked()
    second = asyncio.create_task(making.previews(b"b"))
    may.set()
    assert await second == (b"b",)
