"""What RT kept of a record's files."""

import base64
from typing import Any

import pytest

from bot.rt import readback
from bot.rt.enclosures import Part
from bot.rt.wire import Reply

SENT = (Part("transcript.json", "application/json", b"{}"), Part("photo.png", "image/png", b"1234"))
KEPT = base64.b64encode(SENT[0].content).decode()


class Rt:
    """An RT that has one transaction."""

    def __init__(self, items: list[dict[str, Any]], content: object = "") -> None:
        self._items = items
        self._content = content

    def get(self, path: str, params: dict[str, str] | None = None) -> Reply:
        if path.startswith("transaction/"):
            return Reply(200, "application/json", {"items": self._items})
        return Reply(200, "application/json", {"Content": self._content})


def item(name: str, length: object) -> dict[str, Any]:
    return {"id": "7", "Filename": name, "ContentLength": length}


@pytest.mark.parametrize(
    ("items", "missing"),
    [
        ([item("transcript.json", "2"), item("photo.png", "4")], ""),
        ([item("transcript.json", 2), item("photo.png", 4)], ""),
        ([item("transcript.json", "2"), item("photo.png", "3")], "photo.png"),
        ([item("transcript.json", "2")], "photo.png"),
        ([{"id": "7"}], ""),  # RT 4 does not tell
    ],
)
def test_a_file_that_rt_cut_is_named(items: list[dict[str, Any]], missing: str) -> None:
    assert readback.missing(Rt(items, KEPT), 1, SENT) == missing


def test_a_transcript_that_came_out_as_another_is_named() -> None:
    other = base64.b64encode(b"[]").decode()
    rt = Rt([item("transcript.json", "2"), item("photo.png", "4")], other)
    assert readback.missing(rt, 1, SENT) == "transcript.json"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (base64.b64encode(b"{}\n").decode(), True),
        ("no base64 at all!", False),
        (None, False),
        ("", False),
    ],
)
def test_the_digest_is_of_what_rt_gives_back_or_there_is_none(content: object, found: bool) -> None:
    size, digest = readback.digest(Rt([item("transcript.json", "3")], content), 1, SENT[0].name)
    assert (size == 3, len(digest) == 64) == (found, found)
    assert readback.digest(Rt([item("else.json", "3")], content), 1, SENT[0].name) == (0, "")


def test_rt_is_asked_once_for_a_list_that_is_looked_at_twice() -> None:
    asked: list[str] = []

    class Counting(Rt):
        def get(self, path: str, params: dict[str, str] | None = None) -> Reply:
            asked.append(path)
            return super().get(path, params)

    listed = [item("transcript.json", "2"), item("photo.png", "4")]
    once = readback.Once(Counting(listed, base64.b64encode(b"{}").decode()))
    assert readback.digest(once, 1, SENT[0].name) == (2, SENT[0].sha256)
    assert readback.missing(once, 1, SENT) == ""
    assert asked == ["transaction/1/attachments", "attachment/7"]
