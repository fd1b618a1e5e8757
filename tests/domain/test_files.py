"""Which files are taken."""

import io
import zipfile

import pytest

from bot.domain import files
from bot.domain.files import MAX_NAME, BadFile, file_name, picture_type, type_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20


def package(*names: str) -> bytes:
    """A zip file with these in it."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as package:
        for name in names:
            package.writestr(name, "x")
    return whole.getvalue()


DOCX = package("[Content_Types].xml", "word/document.xml")

GOOD = {
    "png": PNG,
    "jpg": JPEG,
    "jpeg": JPEG,
    "gif": b"GIF89a" + b"\0" * 20,
    "webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    "pdf": b"%PDF-1.7\n",
    "docx": DOCX,
    "xlsx": package("[Content_Types].xml", "xl/workbook.xml"),
    "pptx": package("[Content_Types].xml", "ppt/presentation.xml"),
    "odt": package("mimetype", "content.xml"),
    "ods": package("mimetype", "content.xml"),
    "odp": package("mimetype", "content.xml"),
}


@pytest.mark.parametrize("ending", files._KINDS)
def test_what_is_what_it_says_is_taken(ending: str) -> None:
    assert type_of(f"Some.Name.{ending.upper()}", GOOD.get(ending, b"Jan 3 10:02 lpd: jam\n"))


BAD = {
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "page.html": b"<!doctype html><script>alert(1)</script>",
    "page.txt": b"\xef\xbb\xbf <!-- x --> <HTML><script>alert(1)</script>",
    "page16.txt": "<svg onload=alert(1)>".encode("utf-16"),
    "page.png": b"<!doctype html><script>alert(1)</script>",
    "wrong.png": JPEG,
    "run.exe": b"MZ\x90\0",
    "run.txt": b"MZ\x90\0\x03",
    "log.png.exe": PNG,
    "many.zip": DOCX,
    "macros.docx": package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "macros.odt": package("mimetype", "content.xml", "Basic/Standard/script.xml"),
    "code.ods": package("mimetype", "content.xml", "Scripts/python/act.py"),
    "sheets.xlsx": package("[Content_Types].xml", "xl/workbook.xml", "xl/macroSheets/sheet1.xml"),
    "control.docx": package(
        "[Content_Types].xml", "word/document.xml", "word/activeX/activeX1.bin"
    ),
    "object.pptx": package(
        "[Content_Types].xml", "ppt/presentation.xml", "ppt/embeddings/oleObject1.bin"
    ),
    "else.docx": package("[Content_Types].xml", "xl/workbook.xml"),
    "torn.docx": DOCX[:40],
    "png": PNG,
    "no-ending": PNG,
    "": PNG,
}


@pytest.mark.parametrize("name", BAD)
def test_what_may_act_or_is_not_what_it_says_is_not_taken(name: str) -> None:
    with pytest.raises(BadFile, match="file_type"):
        type_of(name, BAD[name])


def test_comments_in_a_row_are_looked_through_once() -> None:
    comments = b"<!-- lpd --> \n" * 290  # tried in all pieces they would outlast the service

    assert type_of("jam.txt", comments + b"jam") == "text/plain"
    assert type_of("jam.txt", b"<!--" * 1000) == "text/plain"
    with pytest.raises(BadFile, match="file_type"):
        type_of("jam.txt", comments + b"<html>")


def test_an_empty_file_is_called_empty() -> None:
    with pytest.raises(BadFile, match="empty"):
        type_of("a.txt", b"")


def test_a_picture_is_known_by_its_content() -> None:
    assert [picture_type(GOOD[e]) for e in ("png", "jpg", "gif", "webp")] == [
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
    ]
    assert picture_type(BAD["picture.svg"]) == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\ada\\Desktop\\jam.png", "jam.png"),
        ("/srv/ada/../jam.png", "jam.png"),
        ("jam\u202egnp.exe", "jamgnp.exe"),
        ("a\r\nb.png", "a b.png"),
        (".png", "file.png"),
        ("", "file"),
        ("Größe.png", "Größe.png"),
        ("x" * 300 + ".jpeg", "x" * (MAX_NAME - 6) + "….jpeg"),
    ],
)
def test_a_file_is_called_by_its_own_name_on_one_line(given: str, kept: str) -> None:
    assert file_name(given) == kept


def test_a_package_of_endless_entries_is_refused_before_its_list_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In 5 MiB there is room for 113,973 without a name: 42 MB of memory for each that is looked at."""
    content = package("[Content_Types].xml", "word/document.xml")
    assert type_of("report.docx", content).endswith("wordprocessingml.document")
    entries = content.index(b"PK\x01\x02")
    one = content[entries : content.index(b"PK\x01\x02", entries + 4)]
    read: list[object] = []
    monkeypatch.setattr(zipfile, "ZipFile", read.append)
    with pytest.raises(BadFile):
        type_of("report.docx", content[:entries] + one * 10_000 + content[entries:])
    assert not read
