"""What Teams sends can be kept, whatever it is made of."""

import json

import pytest

from bot.teams.storable import read_json


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("\U0001f600", "\U0001f600"),
        ("cut \ud83d", "cut ?"),
        ("\ude00 cut", "? cut"),
        ("a\0b", "ab"),
        ("a backslash: \\ud83d", "a backslash: \\ud83d"),
    ],
)
def test_halves_of_characters_and_nuls_do_not_get_in(text: str, kept: str) -> None:
    body = json.dumps({text: [text, {"deep": text}], "n": 1}).encode()
    assert read_json(body) == {kept: [kept, {"deep": kept}], "n": 1}
