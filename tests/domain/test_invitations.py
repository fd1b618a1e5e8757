"""Invitation tokens."""

from itertools import product

from bot.domain.invitations import digest, make_token

SECRET = b"k" * 32


def test_a_token_is_the_same_after_a_restart_and_has_256_bits() -> None:
    token = make_token(SECRET, "chat-1", 1)
    assert token == make_token(SECRET, "chat-1", 1)
    assert len(token) == 43  # of six bits each


def test_every_invitation_has_a_token_of_its_own() -> None:
    names = list(product([SECRET, b"j" * 32], ["chat-1", "chat-11", "chat-1:1"], [1, 11]))
    assert len({make_token(*name) for name in names}) == len(names)


def test_the_digest_does_not_show_the_token() -> None:
    token = make_token(SECRET, "chat-1", 1)
    assert token not in digest(token)
    assert digest(token) == digest(token)
