"""Fetching a pasted picture: with the bot's token, from Teams' own hosts, and not without end."""

from __future__ import annotations

import pytest

from bot.relay.outcomes import NotDone, Refused
from bot.sandbox.teams import Fault
from tests.teams.stage import Stage

PNG = b"\x89PNG\r\n\x1a\n" + bytes(5000)


async def pasted(stage: Stage) -> str:
    """A picture that Grace pasted; its address."""
    await stage.teams.people["grace"].post("Live chat", "Look", images=[PNG])
    post = stage.teams.posts("Live chat")[-1]
    return next(str(a["contentUrl"]) for a in post.attachments if a["contentType"] == "image/*")


async def test_a_picture_comes_as_it_was_pasted(stage: Stage) -> None:
    assert await stage.room.fetch(await pasted(stage), 10_000) == PNG


async def test_one_that_is_too_big_is_not_read_to_its_end(stage: Stage) -> None:
    with pytest.raises(Refused, match="bigger"):
        await stage.room.fetch(await pasted(stage), 1_000)


async def test_one_that_is_gone_is_not_asked_for_again(stage: Stage) -> None:
    url = (await pasted(stage)).replace("/views/", "x/views/")
    with pytest.raises(Refused):
        await stage.room.fetch(url, 10_000)


async def test_teams_that_is_ill_is_asked_again(stage: Stage) -> None:
    url = await pasted(stage)
    stage.teams.faults.add(Fault.gateway(502, on="attachment"))
    with pytest.raises(NotDone):
        await stage.room.fetch(url, 10_000)
    assert await stage.room.fetch(url, 10_000) == PNG


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/v3/attachments/1/views/original",
        "https://smba.trafficmanager.net.evil.test/v3/attachments/1/views/original",
        "https://smba.trafficmanager.net@evil.test/v3/attachments/1/views/original",
        "http://smba.trafficmanager.net/v3/attachments/1/views/original",
        "https://smba.trafficmanager.net/../v3/attachments/1/views/original",
        "file:///etc/passwd",
    ],
)
async def test_the_token_goes_nowhere_else(stage: Stage, url: str) -> None:
    with pytest.raises(Refused, match="not one that the bot may speak to"):
        await stage.room.fetch(url, 10_000)
    assert stage.teams.login.token_requests == 0
