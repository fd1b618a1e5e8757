"""Files on their way into RT: names that arrive, types that do nothing."""

import re
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.relay.ports import Attachment
from bot.rt import wire1
from bot.rt.enclosures import BYTES, enclose, plain_file_name


def named(*names: str, type: str = "image/png") -> list[str]:  # noqa: A002  # as RT calls it
    files = [Attachment(1, name, type, b"x") for name in names]
    return [part.name for _, part in enclose(files, ["transcript.json"])]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("photo.png", "photo.png"),
        ("Bild für Ada.png", "Bild_fur_Ada.png"),
        ("日本語.png", "file.png"),
        ("/etc/passwd", "passwd"),
        (r"C:\Users\ada\screen shot.PNG", "screen_shot.PNG"),
        ("../../x", "x"),
        ("", "file"),
        (".bashrc", "file.bashrc"),
        ('a"; filename="b.html', "a_filename_b.html"),
        ("a\r\nX-Evil: 1.png", "a_X-Evil_1.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("_Livechat-chat-1.json", "file-Livechat-chat-1.json"),
        ("what.is this?", "what.is_this"),
        ("x" * 300 + ".tar.gz", "x" * 57 + ".gz"),
    ],
)
def test_a_files_name_is_one_that_every_way_into_rt_leaves_as_it_is(name: str, plain: str) -> None:
    assert plain_file_name(name) == plain


@given(st.text())
def test_no_name_is_a_path_or_breaks_a_header(name: str) -> None:
    plain = plain_file_name(name)
    assert re.fullmatch(r"[A-Za-z0-9._+-]{1,60}", plain)
    assert PureWindowsPath(plain).name == plain
    assert not plain.startswith((".", " "))
    assert wire1.plain_file_name(plain) == plain


def test_files_of_one_name_are_counted_and_none_takes_the_transcripts() -> None:
    assert named("image.png", "image.png", "Image.png", "transcript.json", "notes") == [
        "image.png",
        "image-2.png",
        "Image-3.png",
        "transcript-2.json",
        "notes",
    ]


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("image/png", "image/png"),
        ("IMAGE/JPEG; name=x", "image/jpeg"),
        ("application/pdf", "application/pdf"),
        ("text/plain", BYTES),
        ("text/html", BYTES),
        ("image/svg+xml", BYTES),
        ("application/xhtml+xml", BYTES),
        ("message/rfc822", BYTES),
        ("multipart/mixed", BYTES),
        ("image/png\r\nX-Evil: 1", BYTES),
        ("", BYTES),
    ],
)
def test_only_what_rt_does_not_unfold_or_run_keeps_its_type(declared: str, told: str) -> None:
    ((_, part),) = enclose([Attachment(1, "x", declared, b"x")], ())
    assert part.type == told
