"""Who is let in at /api/messages: everything that is not Teams', signed and for us, is turned away."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from bot.sandbox.teams import activities
from bot.sandbox.teams.activities import Stage as Scene
from bot.sandbox.teams.ledger import Attempt
from bot.sandbox.teams.signing import SigningKeys
from bot.teams.inbound_auth import DevelopmentInbound
from tests.teams.stage import Stage, served

Json = dict[str, Any]


def message(stage: Stage, person: str = "grace", **changes: Any) -> Json:
    """An activity of a person in the channel; None takes a field out."""
    scene = Scene(stage.teams.world.bot, stage.teams.service_url)
    who = stage.teams.world.people[person]
    post = stage.teams.world.add_post(stage.teams.world.conversation("Live chat"), "", who)
    post.text = "hello"
    activity = activities.message(scene, post) | changes
    return {name: value for name, value in activity.items() if value is not None}


async def send(stage: Stage, activity: Any, token: str | None, **headers: str) -> Attempt:
    body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
    sent = {"Content-Type": "application/json"} | headers
    if token is not None:
        sent["Authorization"] = token if " " in token or not token else f"Bearer {token}"
    return await stage.teams.courier.send_raw(body, sent)


def good(stage: Stage, **claims: Any) -> str:
    return stage.teams.openid.token(stage.teams.service_url, **claims)


def _claims(stage: Stage) -> Json:
    now = int(time.time())
    return {
        "iss": "https://api.botframework.com",
        "aud": stage.teams.openid.app_id,
        "serviceurl": stage.teams.service_url,
        "nbf": now - 60,
        "exp": now + 3600,
    }


def _unsigned(stage: Stage) -> str:
    return jwt.encode(_claims(stage), None, algorithm="none", headers={"kid": _kid(stage)})  # type: ignore[arg-type]


def _kid(stage: Stage) -> str:
    return stage.teams.openid.keys.kid


def _with_the_public_key_as_secret(stage: Stage) -> str:
    public = stage.teams.openid.keys.public_keys()["keys"][0]["n"]
    secret = base64.urlsafe_b64decode(public + "==")
    return jwt.encode(_claims(stage), secret, algorithm="HS256", headers={"kid": _kid(stage)})


def _signed_by_another(stage: Stage, kid: str) -> str:
    return SigningKeys().sign(_claims(stage), {"kid": kid})


def _other_content(stage: Stage) -> str:
    head, _, signature = good(stage).split(".")
    body = json.dumps(_claims(stage) | {"exp": 9999999999}).encode()
    return f"{head}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.{signature}"


def _without_kid(stage: Stage) -> str:
    keys = stage.teams.openid.keys
    return jwt.encode(_claims(stage), keys._keys[0][1], algorithm="RS256")


def _rs512(stage: Stage) -> str:
    key = stage.teams.openid.keys._keys[0][1]
    return jwt.encode(_claims(stage), key, algorithm="RS512", headers={"kid": _kid(stage)})


NOW = int(time.time())
BAD_TOKENS: dict[str, Callable[[Stage], str | None]] = {
    "no header": lambda s: None,
    "empty header": lambda s: "",
    "no scheme": lambda s: f"Token {good(s)}",
    "basic login": lambda s: "Basic Z3JhY2U6aG9wcGVy",
    "bearer without token": lambda s: "Bearer ",
    "garbage": lambda s: "not-a-token",
    "three dots": lambda s: "a.b.c",
    "huge": lambda s: "x" * 5000,
    "unsigned": _unsigned,
    "HS256 with the public key": _with_the_public_key_as_secret,
    "RS512": _rs512,
    "another's signature, our key id": lambda s: _signed_by_another(s, _kid(s)),
    "unknown key id": lambda s: _signed_by_another(s, "nobody-knows"),
    "no key id": _without_kid,
    "claims changed after signing": _other_content,
    "other audience": lambda s: good(s, aud="somebody-else"),
    "audience in a list": lambda s: good(s, aud=[s.teams.openid.app_id]),
    "no audience": lambda s: good(s, aud=None),
    "other issuer": lambda s: good(s, iss="https://sts.windows.net/x/"),
    "issuer with a slash": lambda s: good(s, iss="https://api.botframework.com/"),
    "no issuer": lambda s: good(s, iss=None),
    "expired": lambda s: good(s, exp=NOW - 400),
    "no expiry": lambda s: good(s, exp=None),
    "expiry in words": lambda s: good(s, exp="tomorrow"),
    "not yet valid": lambda s: good(s, nbf=NOW + 900),
    "no beginning": lambda s: good(s, nbf=None),
    "no service url": lambda s: good(s, serviceurl=None),
    "service url in a list": lambda s: good(s, serviceurl=[s.teams.service_url]),
    "other service url": lambda s: good(s, serviceurl="https://smba.trafficmanager.net/uk/"),
}


@pytest.mark.parametrize("why", BAD_TOKENS)
async def test_a_bad_token_is_401_and_reaches_no_handler(stage: Stage, why: str) -> None:
    attempt = await send(stage, message(stage), BAD_TOKENS[why](stage))
    assert attempt.status == 401
    assert "Traceback" not in str(attempt.body)
    assert stage.operating.calls == 0


async def test_a_good_token_reaches_the_handler(stage: Stage) -> None:
    attempt = await send(stage, message(stage), good(stage))
    assert attempt.status == 200
    assert [heard.text for heard in stage.operating.heard] == ["hello"]


async def test_a_token_a_few_minutes_over_its_time_still_holds(stage: Stage) -> None:
    attempt = await send(stage, message(stage), good(stage, exp=int(time.time()) - 200))
    assert attempt.status == 200


async def test_a_key_that_is_not_endorsed_for_teams_is_of_no_use(stage: Stage) -> None:
    stage.teams.openid.endorsements = ["webchat", "skype"]
    attempt = await send(stage, message(stage), good(stage))
    assert (attempt.status, stage.operating.calls) == (401, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"serviceUrl": None},
        {"serviceUrl": ""},
        {"serviceUrl": 7},
        {"serviceUrl": "https://evil.example/"},
        {"channelId": None},
        {"channelId": "webchat"},
        {"channelId": ["msteams"]},
    ],
)
async def test_an_activity_that_the_token_is_not_for_is_401(stage: Stage, changes: Json) -> None:
    activity = message(stage, **changes)
    attempt = await send(stage, activity, good(stage))
    assert (attempt.status, stage.operating.calls) == (401, 0)


BAD_BODIES = {
    b"": 400,
    b"{": 400,
    b"[]": 400,
    b'"text"': 400,
    b"{}": 400,
    b'{"type": 5}': 400,
    b"\xff\xfe": 400,
    b"[" * 100_000: 400,
    b'{"type": "message", "text": "' + b"x" * 262_144 + b'"}': 413,
}


@pytest.mark.parametrize(("body", "status"), BAD_BODIES.items(), ids=range(len(BAD_BODIES)))
async def test_a_bad_body_with_a_good_token_is_the_senders_fault(
    stage: Stage, body: bytes, status: int
) -> None:
    attempt = await send(stage, body, good(stage))
    assert (attempt.status, stage.operating.calls) == (status, 0)


async def test_a_bad_body_without_a_token_is_401(stage: Stage) -> None:
    assert (await send(stage, b"{", None)).status == 401


async def test_other_media_types_are_415(stage: Stage) -> None:
    attempt = await send(stage, message(stage), good(stage), **{"Content-Type": "text/plain"})
    assert (attempt.status, stage.operating.calls) == (415, 0)


@pytest.mark.parametrize("field", ["recipient", "conversation", "from", "entities", "attachments"])
@pytest.mark.parametrize("value", ["text", 5, [5], [[]], {"id": {}}])
async def test_an_activity_out_of_shape_is_never_a_server_error(
    stage: Stage, field: str, value: Any
) -> None:
    attempt = await send(stage, message(stage, **{field: value}), good(stage))
    assert attempt.status is not None
    assert attempt.status < 500


async def test_another_tenant_is_403(stage: Stage) -> None:
    foreign = {"tenant": {"id": "33333333-3333-4333-8333-333333333333"}}
    attempt = await send(stage, message(stage, channelData=foreign), good(stage))
    assert (attempt.status, stage.operating.calls) == (403, 0)


async def test_a_conversation_of_another_tenant_is_403(stage: Stage) -> None:
    activity = message(stage)
    activity["conversation"]["tenantId"] = "33333333-3333-4333-8333-333333333333"
    attempt = await send(stage, activity, good(stage))
    assert (attempt.status, stage.operating.calls) == (403, 0)


async def test_an_activity_without_a_tenant_is_403(stage: Stage) -> None:
    attempt = await send(stage, message(stage, channelData=None), good(stage))
    assert (attempt.status, stage.operating.calls) == (403, 0)


async def test_a_signed_service_url_elsewhere_is_403(stage: Stage) -> None:
    url = "https://smba.trafficmanager.net.evil.example/"
    attempt = await send(stage, message(stage, serviceUrl=url), good(stage, serviceurl=url))
    assert (attempt.status, stage.operating.calls) == (403, 0)


async def test_new_keys_are_fetched_when_teams_signs_with_one_that_we_do_not_know(
    stage: Stage,
) -> None:
    await send(stage, message(stage), good(stage))
    stage.teams.openid.keys.rotate()
    stage.room._keys._tried -= 60
    assert (await send(stage, message(stage), good(stage))).status == 200


async def test_forged_key_ids_do_not_make_us_fetch_the_keys_again_and_again(stage: Stage) -> None:
    await send(stage, message(stage), good(stage))
    for number in range(5):
        await send(stage, message(stage), _signed_by_another(stage, f"forged-{number}"))
    assert stage.teams.openid.key_fetches == 1


async def test_known_keys_serve_while_the_metadata_is_down(stage: Stage) -> None:
    await send(stage, message(stage), good(stage))
    stage.teams.openid.down = True
    stage.room._keys._fetched = stage.room._keys._tried = float("-inf")
    assert (await send(stage, message(stage), good(stage, nbf=1))).status == 200


async def test_without_any_key_teams_is_asked_to_try_again(stage: Stage) -> None:
    stage.teams.openid.down = True
    attempt = await send(stage, message(stage), good(stage))
    assert (attempt.status, stage.operating.calls) == (503, 0)


async def test_only_post_is_served(stage: Stage) -> None:
    async with stage.room._wire.session.get(stage.teams.bot_url) as answer:
        assert answer.status == 405


@pytest.mark.parametrize("address", ["0.0.0.0", "", "::", "192.0.2.7"])
def test_without_authentication_nothing_but_loopback_may_be_listened_on(address: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1 only"):
        DevelopmentInbound(address, [])


async def test_without_authentication_only_service_urls_on_this_machine_are_taken(
    stage: Stage,
) -> None:
    async with served(stage.teams, credential=None, development=True, bound_to="127.0.0.1") as bare:
        assert (await send(bare, message(bare), None)).status in {200, 503}
        url = "https://smba.trafficmanager.net/uk/"
        assert (await send(bare, message(bare, serviceUrl=url), None)).status == 403
        proxied = {"X-Forwarded-For": "192.0.2.1"}
        assert (await send(bare, message(bare), None, **proxied)).status == 403
