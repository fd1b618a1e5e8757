"""The app's token: fetched once, off the loop, ahead of its end."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.relay.outcomes import NotDone
from bot.sandbox.teams import TeamsStandIn
from bot.teams import credentials
from bot.teams.credentials import AppTokens, Certificate, Secret


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def tokens(teams: TeamsStandIn, clock: Clock | None = None, secret: str = "") -> AppTokens:
    return AppTokens(
        teams.world.bot.app_id,
        Secret(secret or "only-for-the-stand-in"),
        teams.authority,
        ca_file=str(teams.ca_file),
        clock=clock or Clock(),
    )


async def test_fifty_who_want_a_token_at_once_cause_one_request(teams: TeamsStandIn) -> None:
    teams.login.delay = 0.15
    ours = tokens(teams)
    got = await asyncio.gather(*(ours.token() for _ in range(50)))
    assert len(set(got)) == 1
    assert teams.login.token_requests == 1


async def test_a_token_is_replaced_before_its_end_while_the_old_one_serves(
    teams: TeamsStandIn,
) -> None:
    clock = Clock()
    ours = tokens(teams, clock)
    old = await ours.token()
    teams.login.keys.rotate()  # within one second the same key gives the same token
    clock.ahead = 3599 - 299
    assert await ours.token() == old
    assert ours._fetching is not None
    await ours._fetching
    assert await ours.token() != old
    assert teams.login.token_requests == 2


async def test_the_old_token_serves_while_entra_is_down(teams: TeamsStandIn) -> None:
    clock = Clock()
    ours = tokens(teams, clock)
    old = await ours.token()
    teams.login.down = True
    clock.ahead = 3599 - 200
    for _ in range(3):
        assert await ours.token() == old
        clock.ahead += 6
        assert ours._fetching is not None
        await asyncio.wait([ours._fetching])
    teams.login.down = False
    teams.login.keys.rotate()
    assert await ours.token() == old
    assert ours._fetching is not None
    await asyncio.wait([ours._fetching])
    assert await ours.token() != old


async def test_after_its_end_a_token_is_not_used_any_more(teams: TeamsStandIn) -> None:
    clock = Clock()
    ours = tokens(teams, clock)
    await ours.token()
    teams.login.down = True
    clock.ahead = 3600
    with pytest.raises(NotDone, match="cannot be reached") as told:
        await ours.token()
    assert told.value.retry_after is None  # it may be back in a second


async def test_when_entra_is_back_so_are_we_at_once(teams: TeamsStandIn) -> None:
    teams.login.down = True
    ours = tokens(teams)
    with pytest.raises(NotDone):
        await ours.token()
    teams.login.down = False
    assert await ours.token()


async def test_a_wrong_secret_is_told_with_entras_number_and_without_the_secret(
    teams: TeamsStandIn,
) -> None:
    ours = tokens(teams, secret="a-wrong-secret")
    with pytest.raises(NotDone, match="AADSTS7000215") as refused:
        await ours.token()
    assert "a-wrong-secret" not in refused.value.sentence
    assert "a-wrong-secret" not in repr(Secret("a-wrong-secret"))


async def test_a_token_that_the_connector_refused_is_not_offered_again(teams: TeamsStandIn) -> None:
    ours = tokens(teams)
    refused = await ours.token()
    teams.login.keys.rotate()
    assert await ours.renew(refused) != refused


async def test_one_who_gives_up_waiting_does_not_stop_the_others(teams: TeamsStandIn) -> None:
    teams.login.delay = 0.1
    ours = tokens(teams)
    first = asyncio.create_task(ours.token())
    second = asyncio.create_task(ours.token())
    await asyncio.sleep(0.02)
    first.cancel()
    assert await second


async def test_entra_hanging_does_not_hold_the_service_up_when_it_stops(
    teams: TeamsStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, ended = tokens(teams), threading.Event()
    monkeypatch.setattr(ours, "_acquire", lambda: {"ended": ended.wait(60)})
    waiting = asyncio.create_task(ours.token())
    for _ in range(3):
        await asyncio.sleep(0)
    asking = next(thread for thread in threading.enumerate() if thread.name == "entra")
    assert asking.daemon
    await ours.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert asking.is_alive()
    ended.set()


async def test_an_answer_of_entras_that_never_ends_is_not_waited_for(
    teams: TeamsStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, ended = tokens(teams), threading.Event()
    with monkeypatch.context() as endless:
        endless.setattr(credentials, "WHOLE", 0.01, raising=False)
        endless.setattr(ours, "_acquire", lambda: {"ended": ended.wait(60)})
        async with asyncio.timeout(20):
            with pytest.raises(NotDone, match="cannot be reached"):
                await ours.token()
    assert await ours.token()
    ended.set()


async def test_a_certificate_will_do_instead_of_a_secret(teams: TeamsStandIn) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "livechat")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    teams.login.app_certificate = certificate
    credential = Certificate(private.decode(), certificate.decode())
    ours = AppTokens(
        teams.world.bot.app_id, credential, teams.authority, ca_file=str(teams.ca_file)
    )
    assert await ours.token()
