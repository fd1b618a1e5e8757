"""Answers with Teams' quote: the visitor sees beside them only what he knows."""

from bot.domain.chat import Chat
from bot.domain.messages import Quote
from bot.relay.answering import Answer
from tests.relay.house import House


async def quotes(house: House, chat: Chat) -> list[str]:
    lines = await house.store.log(chat.id, 0, 100)
    return [line.quote.text for line in lines if line.quote]


async def test_a_note_that_is_quoted_is_not_shown_to_the_visitor(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("// he has broken it himself", who="alan", mention=False)
    note = ("Alan Turing", "// he has broken it himself")
    await house.writes("Please restart it", mention=False, quote=note)
    await house.deliver()
    assert (await house.texts(chat.id))[-1] == "Please restart it"
    assert await quotes(house, chat) == []
    assert house.threads.words[-1] == Answer.QUOTE_KEPT


async def test_an_earlier_visitors_words_that_are_quoted_are_not_shown_to_the_next(
    house: House,
) -> None:
    chat, _ = await house.talking()
    quote = ("Live Chat", "Charles Babbage · 10:42 · #2 My marks are wrong")
    await house.writes("As before", mention=False, quote=quote)
    assert await quotes(house, chat) == []


async def test_what_the_visitor_has_read_is_quoted(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("Which printer?", who="alan", mention=False)
    quote = ("Alan Turing", "Which printer?")
    await house.writes("The one in 5.05?", mention=False, quote=quote)
    await house.deliver()
    assert await quotes(house, chat) == ["Which printer?"]
    assert Answer.QUOTE_KEPT not in house.threads.words


async def test_what_the_visitor_wrote_is_quoted_under_his_name(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "key", "It beeps")
    said = (await house.store.log(chat.id, 0, 100))[-1]
    above = f"{said.author.name} · 10:42 · #{said.seq}"
    await house.writes("Still?", mention=False, quote=("Live Chat", f"{above} It beeps"))
    answer = (await house.store.log(chat.id, 0, 100))[-1]
    assert answer.quote == Quote(said.author.name, "It beeps")
