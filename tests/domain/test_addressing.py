"""Who calls the bot by its name speaks to it, also where Teams made no mention of that."""

from __future__ import annotations

import sys

import pytest

from bot.domain.addressing import ADDRESSED, addressed
from bot.domain.mistyped import held_back


@pytest.mark.parametrize("mentioned", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        "@Live chat send to rt 345: he lies",
        "@LiveChat end chat",
        "@live chat",
        "@LIVE CHAT, show card",
        "@Live Chat: send to rt 345: he lies",
        "@ Live Chat - he lies",
        "@live-chat he lies",
        "@Livechta he lies",
        "@Lvie Caht he lies",
        "@Live he lies",
        "@livechatbot he lies",
        "@bot send to rt 345: he lies",
        "@the bot he lies",
        "\uff20Live Chat he lies",
        "@live chat block 2h because he lies",
        "@Livechat he is lying",
        "“@Live Chat” he is lying",
        "Hi @Live Chat, he is lying",
        "Ok thank you Ada @Live Chat send to rt 345: he lies",
        "End chat @livechat",
        "@Alan @Live Chat end chat",
        "@Alan he lies, @livechat send to rt 345: he lies",
        "1. @Live Chat show card",
        "Good day!\n@livechat he lies",
        "@Live Chat say: hello",
        "Live Chat send to rt 345: he lies",
        "Livechat, end chat",
        "live chat: end teh chat",
        "Live Caht send to rt 345: he lies",
        "Hello Live Chat, please send to rt 345: he lies",
        "bot end chat",
        "LiveChat 12345",
        "Live Chat /he lies",
    ],
)
def test_who_calls_the_bot_by_its_name_does_not_speak_to_the_visitor(
    said: str, mentioned: bool
) -> None:
    assert held_back(said, mentioned=mentioned) == ADDRESSED


@pytest.mark.parametrize(
    "said",
    [
        "@Alan can you look",
        "@Olivia can you look at this",
        "@Clive he lies",
        "@all: lunch",
        "@Alan ask @livechat for help",
        "@bottom of the page",
        "@",
        "@ 5 o'clock",
        "live.chat@help.test is our address",
        "Write to @Alan or to live@help.test",
        "You find us as @livechat there",
        "Ask @livechat for help",
        "livechat/ /help is the page",
        "/livechat/healthz says so",
        "bot/visitors",
        "bot.end chat",
        "Live chat is open until five",
        "Live chat is for questions like yours",
        "Live chat: what can I do for you?",
        "Live chat closes at five",
        "Live chats end at five",
        "Chat with me as long as you like",
        "Bots send such mails",
        "Live Chat",
    ],
)
@pytest.mark.parametrize("mentioned", [True, False])
def test_whoever_names_somebody_else_or_only_speaks_of_the_chat_is_heard(
    said: str, mentioned: bool
) -> None:
    assert held_back(said, mentioned=mentioned) is None


def test_a_bot_of_another_name_is_called_by_that_and_by_the_products() -> None:
    for said in ("@Helpline he lies", "@helplien he lies", "@Live Chat he lies"):
        assert held_back(said, mentioned=False, name="Helpline") == ADDRESSED
    assert held_back("@Helpline he lies", mentioned=False) is None
    assert held_back("@Q he lies", mentioned=False, name="Q") == ADDRESSED
    assert held_back("@I he lies", mentioned=False, name="Q") is None
    assert held_back("@Alan he lies", mentioned=False, name="?!") is None


def steps(lines: list[str]) -> int:
    """Count the calls that it takes to look at a message."""
    seen: list[str] = []
    sys.setprofile(lambda _frame, event, _about: seen.append(event))
    try:
        assert held_back("\n".join(["Look:", *lines, "so"]), mentioned=True) is None
    finally:
        sys.setprofile(None)
    return len(seen)


@pytest.mark.parametrize("line", ["", "-", "see above"])
def test_lines_that_are_the_same_are_looked_at_once(line: str) -> None:
    """Thirty thousand empty ones kept everybody waiting for most of a second."""
    assert steps(1000 * [line]) < 1.5 * steps(500 * [line])


@pytest.mark.parametrize(
    ("line", "most"),
    [
        *(("{}", 150), ("x{}y", 150), ("- {}. b", 220), ("confirm{}", 320)),
        *(("send to {}", 700), ("sent to {} by her", 700), ("new tickets {}", 700)),
    ],
)
def test_of_very_many_lines_each_costs_as_little_as_of_some(line: str, most: int) -> None:
    """Whoever waits for the service waits for this, and thirty kilobytes may be thousands of lines."""
    few, many = (steps([line.format(n) for n in range(100, 100 + times)]) for times in (200, 400))
    assert many < 2.1 * few
    assert many < 400 * most


@pytest.mark.parametrize("line", ["Live chat", "see @bot", "see" + 50 * " @bot"])
def test_beside_very_many_names_nobody_looks_for_what_is_asked(line: str) -> None:
    """Fifty names in each of a hundred lines kept everybody waiting for nearly a second."""
    asked: list[str] = []

    def asks(words: str) -> bool:
        asked.append(words)
        return False

    text = "\n".join(f"{line} {n}" for n in range(500))
    assert addressed(text, "Live Chat", asks)
    assert len(asked) <= 100
