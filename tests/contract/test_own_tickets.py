"""Whose open tickets a begun chat's card lists: searched for in every way into every RT, and to the end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.admission import SignIn
from bot.domain.asking import Question
from bot.domain.identity import Identity, Proof
from bot.domain.tickets import Listed
from bot.relay.beginning import Beginning
from bot.rt.gateway import RtGateway
from bot.rt.instance import Api
from bot.sandbox.teams import Post
from tests.contract.desk import Desk, desk, read
from tests.contract.rts import NUMBERS, WAYS, Place, entered, gateway_of

BEGINS = {"visitor_start": {"who": "anyone", "closes_at": "23:59"}}


@pytest.fixture(params=WAYS)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with entered(request.param, request) as found:
        yield found


async def listed(
    place: Place, login: str, address: str = "", gateway: RtGateway | None = None
) -> list[Listed]:
    found = await (gateway or place.gateway).own("rt", Identity(Proof.SSO, login, "", address))
    assert found is not None
    return list(found)


def names(place: Place, found: list[Listed]) -> set[str]:
    """The seeded tickets among them."""
    numbers = {one.ref.number for one in found}
    return {name for name, number in place.numbers.items() if number in numbers}


async def made(place: Place, subject: str, address: str) -> int:
    """Make a ticket for somebody whom RT knows from mail only."""
    number = await asyncio.to_thread(place.create, subject)
    await asyncio.to_thread(place.alter, number, "Requestors", address)
    return number


def somebody() -> str:
    return f"own-{next(NUMBERS)}@elsewhere.test"


# --- what is found -----------------------------------------------------------------------------------


async def test_a_list_tells_number_subject_queue_and_status(place: Place) -> None:
    address = somebody()
    number = await made(place, "It's “new” -- again", address)
    (one,) = await listed(place, address)
    assert (one.ref.number, one.ref.instance) == (number, "rt")
    assert (one.subject, one.queue) == ("It's “new” -- again", "Support")
    assert one.status in ("new", "open")


async def test_only_open_tickets_are_listed_and_only_those_that_we_may_see(place: Place) -> None:
    """Not his resolved, rejected, deleted or merged ones, nor that in a queue which is not for us."""
    mary = await listed(place, "msomerv")
    alan = await listed(place, "s7654321")
    assert names(place, mary) == {"teaching"}
    assert names(place, alan) == {"several", "read_only", "owned"}


async def test_he_is_found_by_what_rt_calls_him_or_by_his_address(place: Place) -> None:
    for login, address in (
        ("msomerv", "msomerv@students.test"),
        ("MSomerv", ""),
        ("mary@help.test", ""),
        ("nobody-here", "Mary@Help.test"),
    ):
        assert names(place, await listed(place, login, address)) == {"teaching"}


async def test_whoever_has_a_name_that_means_something_to_rt_is_found(place: Place) -> None:
    for begins in ("cf.", "o'", "1"):
        address = f"{begins}{somebody()}"
        number = await made(place, "Odd", address)
        assert [one.ref.number for one in await listed(place, "odd", address)] == [number]


async def test_the_one_that_was_changed_last_comes_first(place: Place) -> None:
    """RT tells seconds, so whatever happens within one may stand in any order."""
    address = somebody()
    one, other = await made(place, "One", address), await made(place, "Other", address)
    found: list[int] = []
    for first, second in ((one, other), (other, one)):
        for n in range(60):
            await asyncio.to_thread(place.alter, first, "Subject", f"Changed {n}")
            found = [found.ref.number for found in await listed(place, address)]
            if found == [first, second]:
                break
        assert found == [first, second]


async def test_only_queues_with_which_the_chat_may_work_are_searched(place: Place) -> None:
    gateway = gateway_of(replace(place.instance, queues=("purchasing", "Nobody's \\' queue")))
    try:
        found = await listed(place, "s7654321", gateway=gateway)
    finally:
        gateway.close()
    assert names(place, found) == {"read_only"}


# --- and what is not ---------------------------------------------------------------------------------

HOSTILE = (
    "x' OR Requestor.Name = 's7654321",
    "x') OR (Requestor.Name = 's7654321",
    "x\\' OR Requestor.Name = \\'s7654321",
    "\\",
    "'",
    "x\\",
    '" OR id > 0 OR "',
    "__CurrentUser__",
    "s765432_",
    "s76%",
    "%",
    "cf.s7654321",
    "CF.{Chat ID}",
)


async def test_nobody_elses_tickets_are_listed_whatever_somebody_is_called(place: Place) -> None:
    for login in HOSTILE:
        assert (login, await listed(place, login, f"{login}@x.test")) == (login, [])


async def test_a_login_of_digits_is_not_the_number_of_a_user_in_rt(place: Place) -> None:
    assert await listed(place, str(place.user("s7654321"))) == []


async def test_by_mail_alone_nobody_can_be_asked(place: Place) -> None:
    if not place.way.endswith("mail"):
        return
    gateway = gateway_of(replace(place.instance, api=Api.NONE))
    try:
        assert await gateway.own("rt", Identity(Proof.SSO, "s1234567")) is None
    finally:
        gateway.close()


# --- the whole story ---------------------------------------------------------------------------------


async def begin(at: Desk, who: Identity) -> str:
    """Somebody who has signed in asks; return the chat's id."""
    await at.story.grace.mention("Live chat", "open")
    sign_in = SignIn("signed in", who, at.service.relay.now().replace(year=9999))
    async with asyncio.timeout(30):
        while await at.service.store.reception() is None:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)
    await at.service.store.write(lambda unit: unit.sign_in(sign_in))
    asked = Question("It beeps again.", "", "")
    return (await Beginning(at.service.relay).ask(asked, "k" * 43, None, sign_in)).chat.id


async def thread_of(at: Desk) -> Post:
    """The first post of the thread that the bot has opened."""
    async with asyncio.timeout(30):
        while True:
            for post in at.story.stage.teams.posts("Live chat"):
                if post.author is None and "A visitor asks" in read(post.cards):
                    return post
            await asyncio.sleep(0.05)


async def test_a_chat_that_is_begun_lands_in_the_ticket_that_a_co_takes_from_the_list(
    place: Place, tmp_path: Path
) -> None:
    address = somebody()
    number = await made(place, "Our group's web page is gone", address)
    async with desk(place, tmp_path, number, None, **BEGINS) as at:
        before, comments = await at.written(), await asyncio.to_thread(place.comments, number)
        await begin(at, Identity(Proof.SSO, "carl", "Carl Friedrich", address))
        at.story.root = await thread_of(at)
        await at.story.in_thread("It beeps again.")  # the thread is known by then
        post, card = await at.card(lambda text: f"Show ticket {number}" in text)
        assert "Our group's web page is gone" in read(card)
        pressed = await at.story.grace.press(post, f"Show ticket {number}")
        assert pressed.kind == "card", pressed
        assert await at.written() == before

        post, card = await at.card(lambda text: '"verb": "rebind"' in text)
        assert "Show ticket" not in read(card)
        pressed = await at.story.grace.press(post, "rebind")
        assert pressed.kind == "card", pressed

        drawn = await at.draft(lambda text: str(number) in text)
        await at.presses(drawn)
        await at.card(lambda text: "**On the ticket.**" in text)
        assert await at.written() == before
        assert await asyncio.to_thread(place.comments, number) == comments + 1
