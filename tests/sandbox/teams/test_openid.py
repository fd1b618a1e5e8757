"""What a bot checks inbound calls with."""

from __future__ import annotations

from typing import Any

import aiohttp
import jwt
import pytest

from bot.sandbox.teams import TeamsStandIn
from tests.sandbox.teams.bots import RecordingBot


async def published(session: aiohttp.ClientSession, teams: TeamsStandIn) -> list[dict[str, Any]]:
    async with session.get(teams.openid_metadata_url) as response:
        metadata = await response.json()
    assert metadata["issuer"] == "https://api.botframework.com"
    async with session.get(metadata["jwks_uri"]) as response:
        keys: list[dict[str, Any]] = (await response.json())["keys"]
    return keys


async def test_every_call_of_the_bot_carries_a_token_that_the_published_keys_verify(
    teams: TeamsStandIn, bot: RecordingBot, session: aiohttp.ClientSession
) -> None:
    await teams.people["grace"].tell("hello")
    keys = {key["kid"]: key for key in await published(session, teams)}
    key = keys[jwt.get_unverified_header(bot.tokens[0])["kid"]]
    claims = jwt.decode(
        bot.tokens[0],
        jwt.PyJWK(key),
        algorithms=["RS256"],
        audience=teams.login.app_id,
        issuer="https://api.botframework.com",
        options={"require": ["exp", "nbf"]},
    )
    assert claims["serviceurl"] == bot.last["serviceUrl"] == teams.service_url
    assert key["endorsements"] == ["msteams"]
    assert (teams.openid.fetches, teams.openid.key_fetches) == (1, 1)


@pytest.mark.parametrize(("keep_old", "published_keys"), [(True, 2), (False, 1)])
async def test_keys_can_be_changed_with_and_without_a_time_of_both(
    teams: TeamsStandIn, session: aiohttp.ClientSession, keep_old: bool, published_keys: int
) -> None:
    before = teams.openid.keys.kid
    teams.openid.keys.rotate(keep_old=keep_old)
    keys = [key["kid"] for key in await published(session, teams)]
    assert (before in keys, len(keys)) == (keep_old, published_keys)
    assert jwt.get_unverified_header(teams.openid.token("x"))["kid"] == keys[0] != before


async def test_a_claim_can_be_forged_or_left_out(teams: TeamsStandIn) -> None:
    token = teams.openid.token(teams.service_url, aud="another app", exp=None)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == "another app"
    assert "exp" not in claims
