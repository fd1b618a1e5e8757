"""Pictures that COs paste, and files that lie elsewhere."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import State
from bot.domain.files import File, Standing
from bot.domain.messages import Kind, Message, Notice, Role
from bot.relay.answering import Answer
from bot.relay.bringing import FetchHandler
from bot.relay.delivery import Lane
from bot.relay.files import FileRules, TooBigToScan
from bot.relay.outcomes import NotDone, Unclear
from bot.relay.ports import Seat
from tests.relay.house import House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
URL = "https://smba.trafficmanager.net/uk/v3/attachments/{}/views/original"
ONE, TWO = URL.format("one"), URL.format("two")


async def lines(house: House, seat: Seat) -> list[Message]:
    return [m for m in await house.visiting.log(seat, 0) if m.author.role is not Role.VISITOR]


async def after_joining(house: House, seat: Seat) -> list[tuple[str, str]]:
    """Text, and how the file stands, of what Grace sent."""
    told = [m for m in await lines(house, seat) if m.kind is Kind.SAID]
    return [(m.text, m.file.standing.value if m.file else "") for m in told]


async def notices(house: House, seat: Seat) -> list[tuple[str, int | None]]:
    about = (Notice.FILE_HERE, Notice.FILE_MISSING)
    return [(m.text, m.target) for m in await lines(house, seat) if m.text in about]


async def test_the_words_are_there_at_once_and_the_picture_when_it_is(house: House) -> None:
    _, seat = await house.talking()
    house.pictures.there[ONE] = PNG
    await house.writes("Look here", pictures=(ONE,))
    assert await after_joining(house, seat) == [("Look here", ""), ("picture", "coming")]
    assert await notices(house, seat) == []
    (picture,) = [m for m in await lines(house, seat) if m.file]
    assert picture.file
    assert await house.attaching.file(seat, picture.file.id) is None
    await house.deliver("fetch")
    assert await notices(house, seat) == [("file_here", picture.seq)]
    found = await house.attaching.file(seat, picture.file.id)
    assert found
    assert (found.content, found.type, found.name) == (PNG, "image/png", "picture.png")


async def test_a_picture_alone_is_a_message_too(house: House) -> None:
    _, seat = await house.talking()
    await house.writes("", pictures=(ONE, TWO))
    assert await after_joining(house, seat) == [("picture", "coming")] * 2
    assert Answer.NOTHING_TO_SEND not in house.threads.words


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\nEICAR", None])
async def test_what_is_no_picture_or_unsafe_or_not_there_is_said_to_be_missing(
    house: House, content: bytes | None
) -> None:
    chat, seat = await house.talking()
    if content:
        house.pictures.there[ONE] = content
    await house.writes("Look", pictures=(ONE,))
    await house.deliver()
    assert [text for text, _ in await notices(house, seat)] == ["file_missing"]
    assert house.threads.words[-1] == Answer.FILE_MISSED
    assert all(not one.content for one in await house.store.files(chat.id))


async def test_teams_that_does_not_answer_is_asked_again_for_two_minutes(house: House) -> None:
    _, seat = await house.talking()
    house.pictures.there[ONE] = PNG
    house.pictures.faults.before = [NotDone("Teams cannot be reached.") for _ in range(2)]
    await house.writes("Look", pictures=(ONE,))
    for _ in range(3):
        await house.deliver("fetch")
        house.clock.now += timedelta(seconds=20)
    assert [text for text, _ in await notices(house, seat)] == ["file_here"]

    house.pictures.faults.before = [NotDone("Teams cannot be reached.") for _ in range(99)]
    await house.writes("And this", pictures=(TWO,))
    for _ in range(12):
        await house.deliver("fetch")
        house.clock.now += timedelta(minutes=1)
    assert [text for text, _ in await notices(house, seat)] == ["file_here", "file_missing"]


async def test_what_the_scanner_takes_at_no_time_is_said_to_be_missing_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def takes_less(content: bytes) -> bool:
        raise TooBigToScan("Its StreamMaxLength is too small.")

    monkeypatch.setattr(house.pictures, "is_clean", takes_less)
    _, seat = await house.talking()
    house.pictures.there[ONE] = PNG
    await house.writes("Look", pictures=(ONE,))
    await house.deliver()
    assert [text for text, _ in await notices(house, seat)] == ["file_missing"]
    assert house.threads.words[-1] == Answer.FILE_MISSED


async def test_a_file_of_the_channel_is_a_named_link(house: House) -> None:
    _, seat = await house.talking()
    url = "https://ed.sharepoint.com/sites/x/plan.docx"
    await house.writes("Read this", links=(("../plan.docx", url),))
    link = (await lines(house, seat))[-1]
    assert link.file == File("", "plan.docx", standing=Standing.LINK, url=url)
    assert link.text == f"plan.docx\n{url}"


async def test_what_stands_beside_a_note_goes_nowhere(house: House) -> None:
    _, seat = await house.talking()
    await house.writes("Hello\n// her screen, for us", pictures=(ONE,))
    await house.writes("// among us", pictures=(ONE,))
    assert await after_joining(house, seat) == [("Hello", "")]
    await house.deliver()
    assert Answer.NOTHING_TO_SEND in house.threads.words


async def test_a_message_that_is_taken_back_takes_its_pictures_along(house: House) -> None:
    chat, seat = await house.talking()
    house.pictures.there |= {ONE: PNG, TWO: PNG}
    key = await house.writes("Look", pictures=(ONE,))
    await house.deliver("fetch")
    alone = await house.writes("", pictures=(TWO, TWO))
    await house.changes(key, None)
    await house.changes(alone, None)
    await house.deliver()  # what was still on its way does not come back
    assert await house.store.files(chat.id) == []
    removed = [m.target for m in await lines(house, seat) if m.kind is Kind.REMOVED]
    sent = [m.seq for m in await lines(house, seat) if m.kind is Kind.SAID]
    assert sorted(removed) == sent  # type: ignore[type-var]


async def test_more_than_a_chat_may_have_are_not_begun(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("All of it", pictures=(ONE,) * 25)
    assert (await house.chat(chat.id)).files == 20
    await house.deliver("tell")
    assert Answer.FILE_MISSED in house.threads.words


async def test_the_record_waits_for_what_is_coming_and_has_it(house: House) -> None:
    chat, _ = await house.talking()
    house.pictures.there[ONE] = PNG
    await house.writes("Look", pictures=(ONE,))
    await house.presses("file", chat, summary="Jam")
    await house.deliver("release")
    await house.deliver("file")
    assert house.tickets.comments == []
    await house.deliver("fetch")
    house.clock.now += timedelta(seconds=5)
    await house.deliver()
    (dossier,) = house.tickets.comments
    assert [(one.name, one.content) for one in dossier.files] == [("picture.png", PNG)]
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_the_record_tells_of_a_picture_that_fails_at_that_very_moment(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = await house.talking()
    await house.writes("Look", pictures=(ONE,))
    await house.presses("file", chat, summary="Jam")
    await house.deliver("release")
    read = house.store.log

    async def then_it_fails(chat_id: str, after: int, most: int) -> list[Message]:
        page = await read(chat_id, after, most)
        if not page:  # all was read
            await house.deliver("fetch")
        return page

    monkeypatch.setattr(house.store, "log", then_it_fails)
    await house.deliver("file")
    await house.deliver("fetch")
    house.clock.now += timedelta(seconds=5)
    await house.deliver()
    (dossier,) = house.tickets.comments
    assert Notice.FILE_MISSING in [line.text for line in dossier.log]


async def test_a_fetch_that_hangs_or_of_which_nothing_is_known_ends_after_two_minutes_too(
    house: House,
) -> None:
    _, seat = await house.talking()
    house.pictures.faults.before = [Unclear("There was no answer in time.") for _ in range(99)]
    await house.writes("Look", pictures=(ONE,))
    for _ in range(12):
        await house.deliver("fetch")
        house.clock.now += timedelta(minutes=1)
    assert [text for text, _ in await notices(house, seat)] == ["file_missing"]


async def test_a_picture_is_tried_once_however_late(house: House) -> None:
    _, seat = await house.talking()
    house.pictures.there[ONE] = PNG
    await house.writes("Look", pictures=(ONE,))
    house.clock.now += timedelta(minutes=5)  # nobody was there to fetch it
    await house.deliver("fetch")
    assert [text for text, _ in await notices(house, seat)] == ["file_here"]


async def test_pictures_that_come_side_by_side_are_no_more_than_a_chat_may_have(
    house: House,
) -> None:
    chat, seat = await house.talking()
    house.relay.rules = replace(house.relay.rules, files=FileRules(total=len(PNG) + 1))
    house.pictures.there |= {ONE: PNG, TWO: PNG}
    await house.writes("Look", pictures=(ONE, TWO))
    streams = [head.stream for head in await house.store.heads(Lane.FILES)]
    handler = FetchHandler(house.relay, house.pictures.fetch)
    rows = await house.store.take(house.owner, 60, streams)
    for after in [await handler.deliver(row) for row in rows]:  # neither knew of the other
        assert after
        await house.store.write(after)
    assert sorted(text for text, _ in await notices(house, seat)) == ["file_here", "file_missing"]
    assert (await house.chat(chat.id)).file_bytes == len(PNG)
    await house.deliver("tell")
    assert house.threads.words[-1] == Answer.FILE_MISSED


async def test_who_edits_only_the_picture_out_is_told_how_to_take_it_back(house: House) -> None:
    _, seat = await house.talking()
    house.pictures.there |= {ONE: PNG, TWO: PNG}
    key = await house.writes("Her screen", pictures=(ONE, TWO))
    await house.changes(key, "Her screen.", pictures=2)
    await house.deliver()
    assert Answer.NOT_CHANGED not in house.threads.words

    await house.changes(key, "Here.", pictures=1)
    await house.deliver()
    (told,) = [tell for _, tell in house.threads.told if tell.word is Answer.NOT_CHANGED]
    assert "delete the message" in told.detail
    assert (await house.visiting.log(seat, 0))[-1].text == "Here."


async def told_of_changes(house: House) -> list[str]:
    await house.deliver("tell")
    return [tell.detail for _, tell in house.threads.told if tell.word is Answer.NOT_CHANGED]


async def test_who_edits_a_picture_or_a_file_in_is_told_that_it_is_not_seen(house: House) -> None:
    await house.talking()
    key = await house.writes("Her screen", pictures=(ONE,))
    await house.changes(key, "Her screens", pictures=2)
    assert "send those once more" in (await told_of_changes(house))[0]
    key = await house.writes("The form")
    await house.changes(key, "The form.", links=(("form.pdf", "https://share.test/form.pdf"),))
    assert len(await told_of_changes(house)) == 2


async def test_who_undoes_a_deletion_is_told_that_the_picture_is_not_back(house: House) -> None:
    _, seat = await house.talking()
    key = await house.writes("Her screen", pictures=(ONE,))
    await house.changes(key, None)
    assert await told_of_changes(house) == []
    await house.changes(key, "Her screen", pictures=1)
    assert (await house.visiting.log(seat, 0))[-1].text == "Her screen"
    assert "send those once more" in (await told_of_changes(house))[0]


async def test_words_below_a_lone_picture_change_nothing_of_it(house: House) -> None:
    await house.talking()
    key = await house.writes("", pictures=(ONE, TWO))
    await house.changes(key, "Her screen", pictures=2)
    assert await told_of_changes(house) == []


async def test_what_is_beside_words_goes_along_when_the_mention_is_added(house: House) -> None:
    _, seat = await house.talking()
    file = ("form.pdf", "https://share.test/form.pdf")
    await house.changes("late", "Look", mentioned=True, pictures=1, links=(file,))
    await house.changes("lone", "", mentioned=True, pictures=1)
    said = [m for m in await lines(house, seat) if m.kind is Kind.SAID]
    assert [m.text.partition("\n")[0] for m in said] == ["Look", "picture", "form.pdf", "picture"]


async def test_what_went_along_when_the_mention_was_added_is_taken_back_with_it(
    house: House,
) -> None:
    chat, seat = await house.talking()
    key = f"{int(house.clock().timestamp() * 1000) + 1}"
    await house.writes("// look", mention=False, key=key)
    await house.changes(key, "look", mentioned=True, pictures=1)
    assert [m.text for m in await lines(house, seat) if m.kind is Kind.SAID] == ["look", "picture"]
    await house.changes(key, "look.", mentioned=True, pictures=1)
    assert await told_of_changes(house) == []
    await house.changes(key, None)
    removed = [m.target for m in await lines(house, seat) if m.kind is Kind.REMOVED]
    assert len(removed) == 2
    assert await house.store.files(chat.id) == []
