"""What visitors do with files, and what becomes of them."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.chat import State
from bot.domain.files import File
from bot.relay.files import FileRules, TooBigToScan
from bot.relay.outcomes import NotDone, Unclear
from bot.relay.ports import Seat
from bot.relay.relaying import RelayHandler
from bot.relay.visiting import CannotSay
from tests.domain.test_photos import photo
from tests.relay.house import OTHER, House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


async def send(house: House, seat: Seat, key: str = "k", about: str = "", **more: object) -> int:
    content = more.get("content", PNG)
    assert isinstance(content, bytes)
    name = str(more.get("name", "C:\\jam.png"))
    return (await house.attaching.attach(seat, key, name, about, content)).seq


async def test_a_file_is_a_numbered_message_with_its_description(house: House) -> None:
    chat, seat = await house.talking()
    seq = await send(house, seat, about="The tray, open")
    (line,) = [m for m in await house.visiting.log(seat, 0) if m.seq == seq]
    assert line.text == "The tray, open"
    assert line.file == File("v-k", "jam.png", "image/png", len(PNG))
    found = await house.attaching.file(seat, "v-k")
    assert found
    assert found.content == PNG
    now = await house.chat(chat.id)
    assert (now.files, now.file_bytes) == (1, len(PNG))


async def test_without_a_description_its_name_stands_for_it(house: House) -> None:
    chat, seat = await house.talking()
    await send(house, seat)
    assert (await house.texts(chat.id))[-1] == "jam.png"


async def test_a_photo_is_kept_without_what_its_camera_wrote(house: House) -> None:
    """Whatever sent it: a browser that cannot draw it anew sends it as it is."""
    chat, seat = await house.talking()
    await send(house, seat, name="me.jpg", content=photo())
    found = await house.attaching.file(seat, "v-k")
    assert found
    assert b"Camera of Ada" not in found.content
    assert (await house.chat(chat.id)).file_bytes == len(found.content)


async def test_a_repeat_is_the_first_one_also_after_the_end(house: House) -> None:
    chat, seat = await house.talking()
    first = await send(house, seat)
    assert await send(house, seat) == first
    await house.visiting.end(seat)
    assert await send(house, seat) == first
    assert (await house.chat(chat.id)).files == 1
    with pytest.raises(CannotSay, match="ended"):
        await send(house, seat, "another")


async def test_nobody_sees_a_file_of_another_chat(house: House) -> None:
    _, seat = await house.talking()
    _, other = await house.talking(OTHER)
    await send(house, seat)
    assert await house.attaching.file(other, "v-k") is None


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (FileRules(bytes=len(PNG) - 1), "file_size"),
        (FileRules(most=1), "files_full"),
        (FileRules(total=2 * len(PNG) - 1), "files_full"),
        (FileRules(most=0), "files_full"),
    ],
)
async def test_limits_are_kept(house: House, rules: FileRules, code: str) -> None:
    chat, seat = await house.talking()
    house.relay.rules = replace(house.relay.rules, files=rules)
    refusals = []
    for key in ("a", "b"):
        try:
            await send(house, seat, key)
        except CannotSay as refusal:
            refusals.append(refusal.code)
    assert set(refusals) == {code}
    assert (await house.chat(chat.id)).files == 2 - len(refusals)


async def test_what_is_no_picture_is_refused_as_one(house: House) -> None:
    _, seat = await house.talking()
    with pytest.raises(CannotSay, match="file_type"):
        await send(house, seat, content=b"<svg onload=alert(1)>")
    with pytest.raises(CannotSay, match="empty"):
        await send(house, seat, content=b"")


class Scanner:
    """A scanner that finds something, nothing, or does not answer; it takes ``most`` bytes."""

    def __init__(self) -> None:
        self.verdict: bool | None = None
        self.most = 1 << 30

    async def is_clean(self, content: bytes) -> bool:
        if len(content) > self.most:
            raise TooBigToScan("It takes less.")
        if self.verdict is None:
            raise NotDone("The scanner does not answer.")
        return self.verdict


async def test_with_a_scanner_nothing_passes_that_it_has_not_passed(house: House) -> None:
    chat, seat = await house.talking()
    scanner = Scanner()
    house.attaching._scanner = scanner
    with pytest.raises(NotDone):
        await send(house, seat)
    scanner.verdict = False
    with pytest.raises(CannotSay, match="file_unsafe"):
        await send(house, seat)
    assert (await house.chat(chat.id)).files == 0
    scanner.verdict = True
    assert await send(house, seat)


async def test_what_the_scanner_takes_at_no_time_is_refused_as_too_big_and_not_tried_again(
    house: House,
) -> None:
    _, seat = await house.talking()
    scanner = Scanner()
    scanner.most = 4
    house.attaching._scanner = scanner
    with pytest.raises(CannotSay, match="file_size"):
        await send(house, seat)


class Previews:
    """Makes a picture of a picture."""

    async def previews(self, content: bytes) -> tuple[bytes, ...]:
        return (b"small " + content[:4],)


async def test_in_the_thread_a_picture_goes_alone_and_in_its_place(house: House) -> None:
    _, seat = await house.talking()
    handler = RelayHandler(house.relay, house.threads, Previews())
    house.handlers["single"] = handler
    await house.visiting.say(seat, "a", "before")
    await send(house, seat, "b", "the tray")
    await send(house, seat, "c", name="cups.log", content=b"lpd: jam")
    await house.visiting.say(seat, "d", "after")
    await house.deliver()
    assert house.threads.posts == [["before"], ["the tray"], ["cups.log"], ["after"]]
    assert house.threads.pictures == [(), (b"small \x89PNG",), (), ()]


async def test_a_preview_that_takes_long_is_left_out_and_nothing_counts_as_sent(
    house: House,
) -> None:
    class Never:
        async def previews(self, content: bytes) -> tuple[bytes, ...]:
            return await asyncio.Future()

    _, seat = await house.talking()
    handler = RelayHandler(house.relay, house.threads, Never())
    handler.preview_seconds = 0.0
    house.handlers["single"] = handler
    await send(house, seat, about="the tray")
    await house.deliver()
    assert house.threads.posts == [["the tray"]]
    assert house.threads.pictures == [()]
    assert [resent for *_, resent in house.threads.relayed] == [False]


async def test_a_second_attempt_goes_without_the_picture(house: House) -> None:
    _, seat = await house.talking()
    handler = RelayHandler(house.relay, house.threads, Previews())
    house.handlers["single"] = handler
    house.threads.outcomes = [Unclear("There was no answer in time.")]
    await send(house, seat, about="the tray")
    await house.deliver()
    house.clock.pass_(seconds=5)
    await house.deliver()
    assert house.threads.pictures == [()]
    assert [resent for *_, resent in house.threads.relayed] == [True]


async def test_files_go_into_rt_with_the_record_and_then_are_gone(house: House) -> None:
    chat, seat = await house.talking()
    seq = await send(house, seat, about="The tray")
    assert "89504e47" in house.dump().lower()
    await house.presses("file", chat, summary="Jam")
    await house.deliver()
    (dossier,) = house.tickets.comments
    assert [(a.seq, a.name, a.type, a.content) for a in dossier.files] == [
        (seq, "jam.png", "image/png", PNG)
    ]
    assert (await house.chat(chat.id)).state is State.PURGED
    assert await house.attaching.file(seat, "v-k") is None
    assert "89504e47" not in house.dump().lower()
