"""What was meant for the bot, and what it cannot do now, is answered and never shown to a visitor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.chat import State
from bot.domain.messages import MAX_MESSAGE_BYTES, Kind
from bot.relay.answering import Answer
from bot.relay.ports import Listening, Scope
from tests.relay.house import THREAD, House
from tests.relay.test_blocking import said

PRIVATE = "send to rt 346 – user was confused, do not trust him"
MISTYPED = [
    PRIVATE,
    "send to triage user seems to be an impostor",
    "sned to rt 345: all good",
    "send to RT 345 all is well",
    "end teh chat",
    "unblock zzz",
    "move to ticket 12345 please",
    "undo that",
    "revoke",
    "blokc 2h because he swears at us",
    "/ he lies",
]
#: Commands that are right, and can do nothing in an open chat.
NOT_NOW = ["cancel", "revoke link", "invite", "undo", "Cancel."]
SPOKEN = [
    "Send me a screenshot please",
    "Open the settings and press Apply",
    "End of the month it will be mended",
    "Cancel the print job first, then restart",
    "Open a terminal",
    "Close the window",
    "Show me the card",
]


@pytest.mark.parametrize("listening", list(Listening))
@pytest.mark.parametrize("text", MISTYPED)
async def test_a_mistyped_command_is_answered_and_never_shown(
    house: House, text: str, listening: Listening
) -> None:
    chat, _ = await house.talking()
    ((word, form),) = await said(house, text, thread=replace(THREAD, listening=listening))
    assert word == Answer.MISTYPED
    assert form
    assert await house.texts(chat.id) == ["visitor_joined"]
    assert (await house.chat(chat.id)).state is State.OPEN


@pytest.mark.parametrize(
    ("words", "blank", "word"),
    [
        (MAX_MESSAGE_BYTES, 0, Answer.MISTYPED),
        (MAX_MESSAGE_BYTES, 100, Answer.MISTYPED),  # which goes, and it is no longer too long
        (MAX_MESSAGE_BYTES + 1, 0, Answer.TOO_LONG),
    ],
)
async def test_of_what_is_too_long_it_is_not_looked_for_what_was_meant(
    house: House, words: int, blank: int, word: Answer
) -> None:
    chat, _ = await house.talking()
    text = " " * blank + "sned to rt 345: ".ljust(words, "x") + " " * blank
    ((answer, _),) = await said(house, text)
    assert answer == word
    assert await house.texts(chat.id) == ["visitor_joined"]


@pytest.mark.parametrize("text", NOT_NOW)
async def test_a_command_that_can_do_nothing_now_is_answered_and_never_shown(
    house: House, text: str
) -> None:
    chat, _ = await house.talking()
    ((word, why),) = await said(house, text)
    assert word == Answer.NOTHING_HERE
    assert why.endswith("Nothing of it was shown to the visitor.")
    assert await house.texts(chat.id) == ["visitor_joined"]
    assert (await house.chat(chat.id)).state is State.OPEN


@pytest.mark.parametrize("text", SPOKEN)
async def test_what_is_said_to_the_visitor_with_a_mention_reaches_him(
    house: House, text: str
) -> None:
    chat, _ = await house.talking()
    assert await said(house, text, thread=replace(THREAD, listening=Listening.MENTION)) == []
    assert (await house.texts(chat.id))[-1] == text


@pytest.mark.parametrize(
    "text", ["send to rt 345: he lies", "blokc 2h because he lies", "/he lies"]
)
async def test_what_is_for_colleagues_is_not_shown_where_the_mention_was_forgotten(
    house: House, text: str
) -> None:
    chat, _ = await house.talking()
    ((word, _),) = await said(house, text, mention=False)
    assert word == Answer.MISTYPED
    assert await house.texts(chat.id) == ["visitor_joined"]
    assert (await house.chat(chat.id)).state is State.OPEN


@pytest.mark.parametrize("mention", [True, False])
@pytest.mark.parametrize(
    "text", ["@Live chat send to rt 345: he lies", "@bot end chat", "Live Chat end chat"]
)
async def test_a_name_that_teams_took_for_no_mention_is_answered_and_not_shown(
    house: House, text: str, mention: bool
) -> None:
    chat, seat = await house.talking()
    assert await said(house, text, mention=mention) == [(Answer.MISTYPED, "@")]
    key = await house.writes("Good day", mention=False)
    house.threads.told.clear()
    await house.changes(key, text, mentioned=mention)
    await house.deliver()
    assert [notice.word for _, notice in house.threads.told] == [Answer.NOT_CHANGED]
    assert await house.texts(chat.id) == ["visitor_joined", "Good day"]
    assert (await house.chat(chat.id)).state is State.OPEN
    await house.visiting.end(seat)
    await house.deliver()
    assert await said(house, text, mention=mention) == [(Answer.MISTYPED, "@")]


@pytest.mark.parametrize("mention", [True, False])
async def test_what_asks_for_a_password_is_answered_shown_with_say_and_not_edited_in(
    house: House, mention: bool
) -> None:
    chat, _ = await house.talking()
    asking = "What is your password?"
    assert await said(house, asking, mention=mention) == [(Answer.MISTYPED, "?")]
    key = await house.writes("Good day", mention=False)
    house.threads.told.clear()
    await house.changes(key, asking, mentioned=mention)
    await house.deliver()
    assert [notice.word for _, notice in house.threads.told] == [Answer.NOT_CHANGED]
    assert await house.texts(chat.id) == ["visitor_joined", "Good day"]
    assert await said(house, f"say: {asking}") == []
    assert (await house.texts(chat.id))[-1] == asking


@pytest.mark.parametrize("text", ["end chat", "12345", *MISTYPED])
async def test_whatever_was_held_back_can_be_said_to_the_visitor(house: House, text: str) -> None:
    chat, _ = await house.talking()
    assert await said(house, f"Say: {text}") == []
    assert (await house.texts(chat.id))[-1] == text
    assert (await house.chat(chat.id)).state is State.OPEN


async def test_what_was_held_back_is_shown_once_it_is_edited_so(house: House) -> None:
    chat, _ = await house.talking()
    written = f"{house.clock.now.timestamp() * 1000:.0f}"  # Teams' ids are times
    key = await house.writes("end teh chat", key=written)
    await house.changes(key, "say: end teh chat", mentioned=True)
    assert (await house.texts(chat.id))[-1] == "end teh chat"
    await house.changes(key, "say: end the chat", mentioned=True)
    assert (await house.texts(chat.id))[-1] == "end the chat"


@pytest.mark.parametrize("text", ["say:", "Say : ", "say: // he lies", "say:\n// he lies\n"])
async def test_say_with_nothing_to_say_is_answered(house: House, text: str) -> None:
    chat, _ = await house.talking()
    assert await said(house, text) == [(Answer.SAY_NOTHING, "")]
    assert await house.texts(chat.id) == ["visitor_joined"]


async def test_say_shows_what_is_no_note(house: House) -> None:
    chat, _ = await house.talking()
    assert await said(house, "say: // he lies\nhello") == [(Answer.NOTES_KEPT, "1")]
    answers = await said(house, "say:", pictures=("https://pictures.test/1",))
    assert Answer.SAY_NOTHING not in [word for word, _ in answers]
    assert (await house.texts(chat.id))[1] == "hello"


async def test_where_nobody_joined_nothing_is_said_to_him(house: House) -> None:
    await house.invited()
    assert [word for word, _ in await said(house, "say: hello")] == [Answer.NOT_JOINED]


async def test_without_a_mention_it_is_said_to_the_visitor_as_ever(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("Cancel it.", mention=False)
    assert (await house.texts(chat.id))[-1] == "Cancel it."


async def test_an_exclamation_ends_a_chat_too(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("End chat!")
    assert (await house.chat(chat.id)).state is State.ENDED


async def test_a_command_that_is_mended_is_carried_out(house: House) -> None:
    chat, _ = await house.talking()
    written = f"{house.clock.now.timestamp() * 1000:.0f}"  # Teams' ids are times
    key = await house.writes("end teh chat", key=written)
    await house.changes(key, "end chat", mentioned=True)
    assert (await house.chat(chat.id)).state is State.ENDED


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        *((PRIVATE, True), ("send to rt 345: he lies", True), ("invite", True), ("close", True)),
        *(("send to rt 345: he lies", False), ("/he lies", True), ("/he lies", False)),
    ],
)
async def test_words_that_become_a_command_are_not_shown_as_such(
    house: House, text: str, mentioned: bool
) -> None:
    chat, _ = await house.talking()
    key = await house.writes("Good day")
    house.threads.told.clear()
    await house.changes(key, text, mentioned=mentioned)
    await house.deliver()
    ((_, notice),) = house.threads.told
    assert (notice.word, "like a command" in notice.detail) == (Answer.NOT_CHANGED, True)
    log = await house.store.log(chat.id, 1, 10)
    assert [(line.kind, line.text) for line in log] == [(Kind.SAID, "Good day")]
    assert (await house.chat(chat.id)).state is State.OPEN
    await house.changes(key, "Good evening", mentioned=True)
    assert (await house.texts(chat.id))[-1] == "Good evening"


WHILE_INVITED = [
    ("confirm move 777", Answer.NOTHING_HERE),
    ("move to ticket 99999", Answer.NOTHING_HERE),
    ("unblock zzz", Answer.MISTYPED),
    ("open", Answer.RECEPTION_NOT),
    ("keep open", Answer.NOTHING_HERE),
    ("back to queue", Answer.NOTHING_HERE),
    ("send to rt 345: Toner.", Answer.NOTHING_HERE),
    ("new ticket in Support: Toner.", Answer.NOTHING_HERE),
    ("send to triage: Toner.", Answer.NOTHING_HERE),
    ("undo", Answer.NOTHING_HERE),
    ("keep ticket", Answer.NOTHING_HERE),
    ("end chat", Answer.NOTHING_HERE),
    ("End  Chat please", Answer.MISTYPED),
    ("is that the right Ada?", Answer.NOT_JOINED),
    ("hello?", Answer.NOT_JOINED),
]


async def test_before_anybody_joined_every_mention_is_answered(house: House) -> None:
    chat = await house.invited()
    for text, answer in WHILE_INVITED:
        assert [word for word, _ in await said(house, text)] == [answer], text
    assert await house.chat(chat.id) == chat


async def test_after_the_end_every_mention_is_answered(house: House) -> None:
    _, seat = await house.talking()
    await house.visiting.end(seat)
    await house.deliver()
    for text in ("one more thing", "and another", PRIVATE, "end teh chat", "cancel", "end chat"):
        assert len(await said(house, text)) == 1, text
    assert [word for word, _ in await said(house, "unblock zzz")] == [Answer.MISTYPED]


async def test_plain_words_after_an_answered_mention_are_not_answered_again(house: House) -> None:
    await house.invited()
    assert len(await said(house, "hm")) == 1
    assert await said(house, "hm", mention=False) == []


async def test_in_a_personal_chat_a_mistyped_command_reaches_nobody_either(house: House) -> None:
    chat, _ = await house.talking()
    ((word, _),) = await said(house, PRIVATE, thread=replace(THREAD, scope=Scope.PERSONAL))
    assert word == Answer.MISTYPED
    assert await house.texts(chat.id) == ["visitor_joined"]


async def test_a_picture_beside_a_summary_is_told_to_go_nowhere(house: House) -> None:
    chat, _ = await house.talking()
    ((word, detail),) = await said(house, "send to rt 345: Toner.", pictures=("https://x.test",))
    assert (word, "went nowhere" in detail) == (Answer.DONE, True)
    assert (await house.chat(chat.id)).files == 0


async def test_notes_within_a_summary_do_not_go_to_rt(house: House) -> None:
    """A requestor can read what is on the ticket."""
    await house.talking()
    ((word, detail),) = await said(house, "send to rt 345: // he has broken it")
    assert (word, "notes" in detail) == (Answer.NOTHING_HERE, True)
    assert house.tickets.comments == []
    text = "send to rt 345: Toner.\u2028// he has broken it himself\n- // and lies\nEmpty."
    ((word, detail), *_) = await said(house, text)
    assert (word, "notes" in detail) == (Answer.DONE, True)
    (dossier,) = house.tickets.comments
    assert dossier.chat.filing
    assert dossier.chat.filing.summary.split() == ["Toner.", "Empty."]


@pytest.mark.parametrize(
    "command",
    ["end chat", "undo", "send to triage: he is rude", "note: call his boss", "/ he lies"],
)
async def test_a_command_behind_a_colleagues_mention_is_not_shown(
    house: House, command: str
) -> None:
    """“@Alan @Live Chat end chat”: Alan is to know of it, and Ada is not to read it."""
    chat, _ = await house.talking()
    words = f"Alan Turing {command}"
    ((word, _),) = await said(house, words, behind=command)
    assert word == Answer.MISTYPED
    assert await house.texts(chat.id) == ["visitor_joined"]
    assert (await house.chat(chat.id)).state is State.OPEN
    await said(house, "Alan Turing knows it", behind="knows it")
    assert (await house.texts(chat.id))[-1] == "Alan Turing knows it"


async def test_words_without_a_colleagues_mention_are_looked_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done on the event loop, for each message."""
    looked: list[str] = []

    def look(text: str, **_: object) -> None:
        looked.append(text)

    monkeypatch.setattr("bot.relay.operating.held_back", look)
    await house.talking()
    await said(house, "Is it on?")
    assert looked == ["Is it on?"]


async def test_of_many_numbers_some_are_named(house: House) -> None:
    ((word, detail),) = await said(house, " ".join(str(10_000 + n) for n in range(5_000)))
    assert (word, len(detail) < 200, detail.endswith("rt#10009 …")) == (
        Answer.SEVERAL_NUMBERS,
        True,
        True,
    )
