"""Pictures made smaller."""

import io

import pytest
from PIL import Image

from bot.files.pictures import FORMS, Pictures, previews


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


def test_a_small_file_with_a_huge_picture_is_not_unpacked() -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    assert previews(out.getvalue()) == ()


async def test_it_is_done_beside_the_event_loop() -> None:
    assert len(await Pictures().previews(picture(size=(64, 64)))) == 2
