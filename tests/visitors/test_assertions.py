"""The host site's signed word: what is believed, and what is not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from bot.domain.identity import Identity, Proof
from bot.visitors.assertions import Assertions, BadAssertion
from tests.people import NOW

ISSUER, AUDIENCE = "https://computing.help.test", "https://computing.help.test/livechat"
KEYS: dict[str, Any] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(65537, 2048),
}
_KINDS: dict[str, Callable[[Any], str]] = {
    "EdDSA": OKPAlgorithm.to_jwk,
    "ES256": ECAlgorithm.to_jwk,
    "RS256": RSAAlgorithm.to_jwk,
}


def jwk(name: str, kid: str = "", *, public: bool = True) -> dict[str, Any]:
    key = KEYS[name].public_key() if public else KEYS[name]
    made: dict[str, Any] = json.loads(_KINDS[name](key))
    return made | {"kid": kid or name, "alg": name}


def key_set(tmp_path: Path, *keys: dict[str, Any]) -> Path:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": list(keys)}))
    return file


def token(alg: str = "EdDSA", kid: str = "", /, **claims: Any) -> str:
    at = int(NOW.timestamp())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "s1234567", "iat": at, "exp": at + 120}
    said = {k: v for k, v in (usual | {"jti": "one"} | claims).items() if v is not None}
    return jwt.encode(said, KEYS[alg], algorithm=alg, headers={"kid": kid or alg})


@pytest.fixture
def site(tmp_path: Path) -> Assertions:
    return Assertions(key_set(tmp_path, *(jwk(name) for name in KEYS)), ISSUER, AUDIENCE)


@pytest.mark.parametrize("name", KEYS)
def test_a_good_token_says_who_it_is_and_is_named_to_be_used_up(
    site: Assertions, name: str
) -> None:
    good = token(name, name=" Ada  Lovelace", email="ada@help.test")
    who, once = site.identity(good, NOW)
    assert who == Identity(Proof.ASSERTED, "s1234567", "Ada Lovelace", "ada@help.test")
    assert once == f"{ISSUER} one"


def test_what_the_site_does_not_know_of_somebody_is_not_his_name(site: Assertions) -> None:
    good = jwt.decode(token(), options={"verify_signature": False}) | {"name": None, "email": None}
    signed = jwt.encode(good, KEYS["EdDSA"], algorithm="EdDSA", headers={"kid": "EdDSA"})
    assert site.identity(signed, NOW)[0] == Identity(Proof.ASSERTED, "s1234567")


def test_a_name_is_one_that_can_be_kept_and_seen(site: Assertions) -> None:
    assert site.identity(token(name="Ada\ud800\0 \u202eLovelace"), NOW)[0].name == "Ada Lovelace"


AT = int(NOW.timestamp())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"aud": "https://another.service"},
        {"aud": None},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "ada lovelace"},
        {"sub": "ada\nroot"},
        {"sub": "a" * 200},
        {"jti": None},
        {"exp": None},
        {"iat": None},
        {"exp": AT - 60, "iat": AT - 100},
        {"iat": AT + 60, "exp": AT + 100},
        {"exp": AT + 301},
        {"exp": AT + 10**9},
        {"nbf": AT + 10**9},
        {"email": "no address"},
        {"email": "ada\0@help.test"},
        {"email": "ada\u202e@help.test"},
        {"email": 7},
        {"name": ["Ada"]},
        {"jti": "\ud800"},
        {"iat": 10**400, "exp": 10**400},
    ],
)
def test_a_token_that_says_something_else_proves_nothing(
    site: Assertions, claims: dict[str, Any]
) -> None:
    with pytest.raises(BadAssertion):
        site.identity(token(**claims), NOW)


def test_a_stranger_cannot_sign_and_a_public_key_is_no_shared_secret(site: Assertions) -> None:
    stranger = jwt.encode(
        jwt.decode(token(), options={"verify_signature": False}),
        ed25519.Ed25519PrivateKey.generate(),
        algorithm="EdDSA",
        headers={"kid": "EdDSA"},
    )
    unsigned = jwt.encode({"sub": "eve"}, "", algorithm="none", headers={"kid": "EdDSA"})
    public = KEYS["EdDSA"].public_key().public_bytes_raw()
    shared = jwt.encode({"sub": "eve"}, public, algorithm="HS256", headers={"kid": "EdDSA"})
    wrong_key = token("EdDSA", "RS256")
    unknown = token("EdDSA", "another")
    head, body, _ = token().split(".")
    for bad in (stranger, unsigned, shared, wrong_key, unknown, f"{head}.{body}.AAAA", "a.b.c"):
        with pytest.raises(BadAssertion):
            site.identity(bad, NOW)


def test_a_new_key_is_taken_without_a_restart_and_the_old_one_goes(tmp_path: Path) -> None:
    file = key_set(tmp_path, jwk("EdDSA", "old"))
    site = Assertions(file, ISSUER, AUDIENCE)
    site.identity(token("EdDSA", "old"), NOW)

    key_set(tmp_path, jwk("ES256", "new"))
    later = file.stat().st_mtime_ns + 10**9
    os.utime(file, ns=(later, later))

    site.identity(token("ES256", "new"), NOW)
    with pytest.raises(BadAssertion):
        site.identity(token("EdDSA", "old"), NOW)


def test_while_the_new_file_is_broken_the_old_keys_do(tmp_path: Path) -> None:
    file = key_set(tmp_path, jwk("EdDSA"))
    site = Assertions(file, ISSUER, AUDIENCE)
    site.load()
    file.write_text("{")
    later = file.stat().st_mtime_ns + 10**9
    os.utime(file, ns=(later, later))
    assert site.identity(token(), NOW)[0].login == "s1234567"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": [{}]}', '{"keys": 7}'])
def test_a_file_that_holds_no_keys_says_what_it_should(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    with pytest.raises(ValueError, match="JWK set"):
        Assertions(file, ISSUER, AUDIENCE).load()


def test_a_private_or_shared_key_is_not_taken(tmp_path: Path) -> None:
    for key in (jwk("EdDSA", public=False), {"kty": "oct", "k": "c2VjcmV0", "kid": "s"}):
        with pytest.raises(ValueError, match="public"):
            Assertions(key_set(tmp_path, key), ISSUER, AUDIENCE).load()


def test_good_for_a_few_seconds_more_where_clocks_differ(site: Assertions) -> None:
    site.identity(token(), NOW + timedelta(seconds=140))
    with pytest.raises(BadAssertion):
        site.identity(token(), NOW + timedelta(seconds=151))
