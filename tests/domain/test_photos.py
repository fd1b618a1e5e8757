"""Photos without what the camera wrote into them."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms

from bot.domain.photos import bare

MAKER, TURN, PLACE = 0x010F, 0x0112, 0x8825


def photo(turn: int = 6, **more: object) -> bytes:
    """One that says with what, how and where it was taken."""
    notes = Image.Exif()
    notes[MAKER], notes[TURN] = "Camera of Ada", turn
    notes.get_ifd(PLACE)[1] = "N"
    notes.get_ifd(PLACE)[2] = (55.0, 56.0, 39.0)
    out = io.BytesIO()
    noise = Image.effect_noise((64, 40), 60).convert("RGB")
    noise.save(out, "JPEG", exif=notes, comment=b"at home", **more)
    return out.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_photo_keeps_its_pixels_colours_and_how_it_is_turned_and_nothing_else(
    progressive: bool,
) -> None:
    colours = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    given = photo(progressive=progressive, icc_profile=colours)
    with Image.open(io.BytesIO(given)) as before, Image.open(io.BytesIO(bare(given))) as after:
        assert before.getexif().get_ifd(PLACE)
        assert dict(after.getexif()) == {TURN: 6}
        assert after.info["icc_profile"] == colours
        assert after.tobytes() == before.tobytes()
    for told in (b"Camera of Ada", b"at home"):
        assert told in given
        assert told not in bare(given)


def test_one_that_is_not_turned_has_no_notes_at_all() -> None:
    assert b"Exif" not in bare(photo(turn=1))


def test_what_stands_behind_the_picture_goes_too() -> None:
    """A second picture with notes of its own, or a film."""
    one = photo()
    assert bare(one + photo()) == bare(one)


def test_it_is_the_same_when_it_is_done_twice() -> None:
    once = bare(photo())
    assert bare(once) == once


@pytest.mark.parametrize("end", range(3, 400, 7))
def test_a_torn_photo_breaks_nothing(end: int) -> None:
    torn = photo()[:end]
    assert len(bare(torn)) <= len(torn) + 40
    assert b"Camera of Ada" not in bare(torn)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\xff\xe1", b"\xff\xd8\xff\xe1\0\0" * 30_000],
)
def test_what_is_no_photo_breaks_nothing_either(content: bytes) -> None:
    assert len(bare(content)) <= len(content)
    assert content.startswith(b"\xff\xd8") or bare(content) == content
