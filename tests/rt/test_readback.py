"""What RT kept of a record's files."""

import base64

import pytest

from bot.rt import readback
from bot.rt.enclosures import Part
from bot.rt.wire import Reply

SENT = (Part("transcript.json", "application/json", b"{}"), Part("photo.png", "image/png", b"1234"))


class Rt:
    """An RT that has one transaction, with files by name; a body has none."""

    def __init__(self, kept: dict[str, object]) -> None:
        self._kept = list(kept.items())
        self.asked: list[str] = []

    def get(self, path: str, params: dict[str, str] | None = None) -> Reply:
        self.asked.append(path)
        if path.startswith("transaction/"):
            items = [{"id": str(n), "Filename": name} for n, (name, _) in enumerate(self._kept)]
            return Reply(200, "application/json", {"items": items})
        _, content = self._kept[int(path.removeprefix("attachment/"))]
        encoded = base64.b64encode(content).decode() if isinstance(content, bytes) else content
        return Reply(200, "application/json", {"Content": encoded})


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ({"transcript.json": b"{}", "photo.png": b"1234"}, ""),
        ({"transcript.json": b"{}", "photo.png": b"123"}, "photo.png"),
        ({"transcript.json": b"{}", "photo.png": b"1235"}, "photo.png"),
        ({"transcript.json": b"{}", "photo.png.txt": b"1234"}, "photo.png"),
        ({"transcript.json": b"{}"}, "photo.png"),
        ({"transcript.json": b"[]", "photo.png": b"1234"}, "transcript.json"),
        ({"transcript.json": None, "photo.png": b"1234"}, "transcript.json"),
        ({"photo.png": b"1234"}, "transcript.json"),
        ({"": b"<h3>"}, "transcript.json"),  # none at all
        ({}, ""),  # nothing of it is shown to us
    ],
)
def test_a_file_that_rt_did_not_keep_whole_is_named(kept: dict[str, object], missing: str) -> None:
    assert readback.missing(Rt(kept), 1, SENT) == missing


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"{}\n", True),
        ("no base64 at all!", False),
        (None, False),
        ("", False),
    ],
)
def test_the_digest_is_of_what_rt_gives_back_or_there_is_none(content: object, found: bool) -> None:
    size, digest = readback.digest(Rt({"transcript.json": content}), 1, SENT[0].name)
    assert (size == 3, len(digest) == 64) == (found, found)
    assert readback.digest(Rt({"else.json": content}), 1, SENT[0].name) == (0, "")


def test_rt_is_asked_once_for_a_list_that_is_looked_at_twice() -> None:
    kept: dict[str, object] = {"transcript.json": b"{}", "photo.png": b"1234"}
    once = readback.Once(shared := Rt(kept))
    assert readback.digest(once, 1, SENT[0].name) == (2, SENT[0].sha256)
    for rt, rest in ((shared, once), (alone := Rt(kept), alone)):
        assert readback.missing(rest, 1, SENT) == ""
        assert rt.asked == ["transaction/1/attachments", "attachment/0", "attachment/1"]
