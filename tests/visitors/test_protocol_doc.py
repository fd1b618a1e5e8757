"""docs/widget-protocol.md names all that the service speaks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from bot.domain.messages import Notice
from bot.relay.beginning import Beginning
from bot.relay.relay import Relay
from bot.visitors import guard, wire
from bot.visitors.hub import Hub
from bot.visitors.room import VisitorsRoom
from bot.visitors.wire import Close
from tests.visitors.fakes import FakeAttaching, FakeVisiting

FOLDER = Path(__file__).resolve().parents[2]
TEXT = (FOLDER / "docs/widget-protocol.md").read_text(encoding="utf-8")
CODE = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / "bot/visitors").glob("*.py"))
ROOM = VisitorsRoom(
    FakeVisiting(),
    FakeVisiting(),
    Hub(),
    origins=["https://help.example.org"],
    support_url="mailto:x@example.org",
    attaching=FakeAttaching(FakeVisiting()),
    beginning=Beginning(cast(Relay, None)),
)


@pytest.mark.parametrize("route", [f"{r.method} {r.path[10:]}" for r in ROOM.routes()])
def test_every_route_is_described(route: str) -> None:
    assert f"`{route}`" in TEXT


@pytest.mark.parametrize("kind", sorted(wire._READERS))
def test_every_frame_from_the_client_is_described(kind: str) -> None:
    assert f'{{"t":"{kind}"' in TEXT


@pytest.mark.parametrize("kind", sorted(set(re.findall(r'"t": "(\w+)"', CODE))))
def test_every_frame_to_the_client_is_described(kind: str) -> None:
    assert f'{{"t":"{kind}"' in TEXT


@pytest.mark.parametrize("notice", list(Notice))
def test_every_notice_is_described_and_worded_in_the_widget(notice: str) -> None:
    assert f"`{notice}`" in TEXT
    assert f"\n  {notice}: " in (FOLDER / "widget/src/strings.ts").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [int(code) for code in Close if code is not Close.BYE])
def test_every_close_code_is_described(code: int) -> None:
    assert f" {code} " in TEXT.partition("Close codes:")[2]


@pytest.mark.parametrize("error", sorted(set(re.findall(r'Refusal\(\d+, "(\w+)"', CODE))))
def test_every_error_is_described(error: str) -> None:
    assert f"`{error}`" in TEXT or f'"{error}"' in TEXT


def test_the_cookies_name_is_the_documents() -> None:
    assert f"`{guard.COOKIE}`" in TEXT
