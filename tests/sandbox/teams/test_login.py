"""msal, unmodified, gets tokens from the login."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.sandbox.teams import Fault, TeamsStandIn

SCOPE = "https://api.botframework.com/.default"
Acquire = Callable[..., dict[str, Any]]


@pytest.fixture
def acquire(teams: TeamsStandIn, monkeypatch: pytest.MonkeyPatch) -> Acquire:
    """Blocking, so to be called in a thread."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)

    def acquire(credential: Any = teams.login.app_password, times: int = 1) -> dict[str, Any]:
        session = requests.Session()
        session.verify = str(teams.ca_file)
        with session:
            client = msal.ConfidentialClientApplication(
                teams.login.app_id,
                client_credential=credential,
                authority=teams.authority,
                instance_discovery=False,
                http_client=session,
            )
            answers = [client.acquire_token_for_client([SCOPE]) for _ in range(times)]
        return dict(answers[-1])

    return acquire


async def test_msal_gets_one_token_and_keeps_it(teams: TeamsStandIn, acquire: Acquire) -> None:
    answer = await asyncio.to_thread(acquire, times=3)
    assert teams.login.admits(f"Bearer {answer['access_token']}")
    assert (teams.login.token_requests, teams.login.discovery_requests) == (1, 1)


async def test_a_wrong_secret_is_refused_in_entras_words(
    teams: TeamsStandIn, acquire: Acquire
) -> None:
    answer = await asyncio.to_thread(acquire, "guessed")
    assert answer["error"] == "invalid_client"
    assert answer["error_codes"] == [7000215]


async def test_an_app_may_log_in_with_its_certificate_and_with_no_other(
    teams: TeamsStandIn, acquire: Acquire
) -> None:
    credential, teams.login.app_certificate = certificate()
    stranger, _ = certificate()
    assert "access_token" in await asyncio.to_thread(acquire, credential)
    assert "access_token" not in await asyncio.to_thread(acquire, stranger)


async def test_the_login_can_be_down_and_come_back(teams: TeamsStandIn, acquire: Acquire) -> None:
    teams.login.down = True
    with pytest.raises(Exception, match="503"):
        await asyncio.to_thread(acquire)
    teams.login.down = False
    assert "access_token" in await asyncio.to_thread(acquire)


async def test_trouble_can_be_planned_for_the_token_request_alone(
    teams: TeamsStandIn, acquire: Acquire
) -> None:
    teams.faults.add(Fault(on="token", status=500, code="ServerError"))
    with pytest.raises(msal.exceptions.MsalServiceError):
        await asyncio.to_thread(acquire)
    assert "access_token" in await asyncio.to_thread(acquire)
    assert teams.login.token_requests == 2


async def test_a_token_made_elsewhere_for_another_app_or_too_old_is_not_admitted(
    teams: TeamsStandIn,
) -> None:
    other = TeamsStandIn()
    assert not teams.login.admits(f"Bearer {other.login.issue()}")
    assert not teams.login.admits(f"Bearer {teams.login.issue(appid='another')}")
    assert not teams.login.admits(f"Bearer {teams.login.issue(exp=1)}")
    assert not teams.login.admits(f"Bearer {teams.login.issue('https://graph.microsoft.com')}")
    assert not teams.login.admits(teams.login.issue())


def certificate() -> tuple[dict[str, str], bytes]:
    """What msal wants as credential, and the certificate in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the app")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {"private_key": secret.decode(), "public_certificate": pem.decode()}, pem
