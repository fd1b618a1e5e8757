"""Who sits there now: the next one who signs in, or nobody any more, sees nothing of the last one's chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import aiohttp
import pytest

from bot.domain.admission import Demand
from bot.domain.chat import State
from bot.domain.reception import Admits
from bot.relay.relay import Rules
from bot.visitors.guard import GAVE_WAY
from tests.relay.house import OTHER
from tests.visitors.browser import ORIGIN, nonce
from tests.visitors.test_assertions import token
from tests.visitors.test_sign_in_routes import SEAT, SECRET, Site, house, site

__all__ = ["house", "site"]

ADA, EVE = "s1234567", "eve"
SOCKET = {"Origin": ORIGIN, "Upgrade": "websocket", "Connection": "Upgrade"}


@pytest.fixture
def everywhere(request: pytest.FixtureRequest) -> bool:
    """True, but where a test says otherwise."""
    return getattr(request, "param", True)


only_at_the_door = pytest.mark.parametrize("everywhere", [False], indirect=True)


async def joined(site: Site) -> tuple[str, str]:
    """Ada signs in and joins; returns her seat's secret, and her link's."""
    ada, link = site.visitor, site.house.token(await site.house.invited())
    await ada.goes("/livechat/sign-in", login=ADA)
    status, _ = await ada.posts("join", login=ADA, token=link, nonce=nonce())
    assert status == 200
    return ada.cookies[SEAT], link


def unsigned(site: Site) -> Rules:
    """Nobody has to sign in."""
    rules = site.house.relay.rules
    return replace(rules, admission=replace(rules.admission, demand=Demand.NEVER))


def opened(site: Site) -> None:
    """Anybody may begin a chat, once a CO says so."""
    door = replace(site.house.relay.rules.door, admits=Admits.ANYONE)
    site.house.relay.rules = replace(site.house.relay.rules, door=door)


async def window(site: Site, login: str = ADA) -> aiohttp.ClientWebSocketResponse:
    """Open a window of Ada's."""
    headers = {"Origin": ORIGIN, "X-Remote-User": login, "X-Livechat-Proxy": SECRET}
    cookie = {"Cookie": f"{SEAT}={site.visitor.cookies[SEAT]}"}
    return await site.visitor.http.ws_connect(
        f"{site.base}/livechat/ws", headers=headers | cookie, protocols=["livechat.v1"]
    )


async def test_while_she_is_signed_in_her_chat_is_there(site: Site) -> None:
    await joined(site)
    assert (await site.visitor.goes("/livechat/api/session", login=ADA))[0] == 200
    assert (await site.visitor.goes("/livechat/api/session", login=ADA.upper()))[0] == 200
    assert SEAT in site.visitor.cookies


@pytest.mark.parametrize("login", ["", EVE, f"{ADA}@elsewhere.example"])
async def test_once_she_signed_out_at_the_site_her_chat_is_shown_to_nobody(
    site: Site, login: str
) -> None:
    secret, _ = await joined(site)
    tab = await window(site)
    here = site.visitor
    assert (await here.goes("/livechat/api/session", login=login))[0] == 401
    assert here.cookies[SEAT] == GAVE_WAY
    assert (await tab.receive()).data == 4401  # her other tabs are closed
    # and the page that asked may have been left before it read that
    assert (await here.goes("/livechat/api/session", login=login))[0] == 401
    # and it is over for good: she signs in again, with the cookie that somebody kept
    here.cookies[SEAT] = secret
    assert (await here.goes("/livechat/api/session", login=ADA))[0] == 204


@pytest.mark.parametrize(("login", "status"), [(ADA, 200), ("", 401)])
async def test_once_her_record_is_in_rt_and_she_is_forgotten_here_she_still_learns_where_it_is(
    site: Site, login: str, status: int
) -> None:
    """Whose the chat was is known to nobody any more; who signed out sees not even its ticket."""
    secret, _ = await joined(site)
    seat = await site.house.joining.seat(secret)
    assert seat
    chat = await site.house.chat(seat.chat_id)
    await site.house.presses("file", chat, summary="Toner.", echo="345")
    await site.house.deliver()
    assert (await site.house.chat(chat.id)).state is State.PURGED
    assert (await site.visitor.goes("/livechat/api/session", login=login))[0] == status


@pytest.mark.parametrize("path", ["ws", "api/poll", "api/rate"])
async def test_no_other_door_is_left_open(site: Site, path: str) -> None:
    await joined(site)
    here = site.visitor
    if path == "ws":
        told = await here.goes(
            f"/livechat/{path}", login=EVE, **SOCKET, **{"Sec-WebSocket-Protocol": "livechat.v1"}
        )
        assert told[0] == 401
    else:
        status, _ = await here.posts(path.removeprefix("api/"), login=EVE, window="w", seen="0")
        assert status == 401
    assert (await here.goes("/livechat/api/session", login=EVE))[0] == 401
    assert here.cookies[SEAT] == GAVE_WAY


async def test_who_only_looks_at_the_door_takes_nothing_from_who_is_told_that_she_signed_out(
    site: Site,
) -> None:
    """Else her window would hear that there is no chat, and show what she had not sent."""
    opened(site)
    await site.house.writes("open until 17:00")
    await joined(site)
    here = site.visitor
    assert (await here.goes("/livechat/api/begin", login=EVE))[0] == 200
    assert (await here.goes("/livechat/api/session", login=EVE))[0] == 401
    assert here.cookies[SEAT] == GAVE_WAY


async def test_who_is_refused_takes_nothing_either_from_who_is_told_that_she_signed_out(
    site: Site,
) -> None:
    secret, link = await joined(site)
    here = site.visitor
    assert (await here.posts("join", login=EVE, token=link, nonce=nonce()))[0] == 410
    form = {"key": nonce(), "question": "Why?", "name": "Eve", "email": "eve@elsewhere.test"}
    assert (await here.posts("begin", login=EVE, **form))[0] == 409
    assert here.cookies[SEAT] == secret
    assert (await here.goes("/livechat/api/session", login=EVE))[0] == 401
    assert here.cookies[SEAT] == GAVE_WAY


async def test_who_joins_another_chat_ends_the_session_of_who_signed_out(site: Site) -> None:
    secret, _ = await joined(site)
    tab, here = await window(site), site.visitor
    link = site.house.token(await site.house.invited(thread=OTHER))
    site.house.relay.rules = unsigned(site)
    status, told = await here.posts("join", login=EVE, token=link, nonce=nonce())
    assert (status, told["signed_out"]) == (200, True)
    assert (await tab.receive()).data == 4401
    assert here.cookies[SEAT] != secret
    assert await site.house.joining.seat(secret) is None


@pytest.mark.parametrize("login", ["", EVE])
async def test_a_sign_in_that_nobody_has_used_yet_is_no_longer_hers_who_signed_out(
    site: Site, login: str
) -> None:
    """Or the next one at this computer would join as her."""
    here, link = site.visitor, site.house.token(await site.house.invited())
    await here.goes("/livechat/sign-in", login=ADA)
    _, seen = await here.posts("peek", login=ADA.upper(), token=link)
    assert (seen["admission"], seen["who"]) == ("join", ADA)
    _, seen = await here.posts("peek", login=login, token=link)
    assert (seen["admission"], seen["who"]) == ("sign_in", "")
    told = await here.posts("join", login=login, token=link, nonce=nonce())
    assert told == (401, {"error": "sign_in"})


async def test_her_own_link_leads_nobody_else_back_into_her_chat(site: Site) -> None:
    _, link = await joined(site)
    told = await site.visitor.posts("join", login=EVE, token=link, nonce=nonce())
    assert told == (410, {"error": "used"})


async def test_a_forged_name_is_refused_and_ends_nothing(site: Site) -> None:
    await joined(site)
    here = site.visitor
    told = await here.goes("/livechat/api/session", **{"X-Remote-User": EVE})
    assert told[0] == 403
    assert (await here.goes("/livechat/api/session", login=ADA))[0] == 200


async def test_who_only_held_a_link_is_no_concern_of_the_sign_in(site: Site) -> None:
    site.house.relay.rules = unsigned(site)
    here, link = site.visitor, site.house.token(await site.house.invited())
    assert (await here.posts("join", token=link, nonce=nonce()))[0] == 200
    for login in ("", EVE):
        assert (await here.goes("/livechat/api/session", login=login))[0] == 200


Way = Callable[[Site], Awaitable[object]]
Begins = Callable[[Site], Awaitable[tuple[int, dict[str, object]]]]


async def by_proxy(site: Site) -> object:
    return await site.visitor.goes("/livechat/sign-in", login=EVE)


async def by_token(site: Site) -> object:
    return await site.visitor.posts("sign-in", assertion=token(sub=EVE))


@only_at_the_door
@pytest.mark.parametrize("way", [by_proxy, by_token])
async def test_the_next_one_who_signs_in_does_not_find_the_last_ones_chat(
    site: Site, way: Way
) -> None:
    secret, _ = await joined(site)
    tab = await window(site)
    await way(site)
    assert (await tab.receive()).data == 4401
    # and the widget is told to forget what she had not sent
    assert (await site.visitor.goes("/livechat/api/session"))[0] == 401
    assert site.visitor.cookies[SEAT] == GAVE_WAY
    site.visitor.cookies[SEAT] = secret
    assert (await site.visitor.goes("/livechat/api/session"))[0] == 204


@only_at_the_door
async def test_who_signs_in_and_joins_at_once_is_told_that_somebody_sat_there_before(
    site: Site,
) -> None:
    await joined(site)
    here, link = site.visitor, site.house.token(await site.house.invited(thread=OTHER))
    site.house.relay.rules = unsigned(site)
    await by_proxy(site)
    status, told = await here.posts("join", token=link, nonce=nonce())
    assert (status, told["signed_out"]) == (200, True)
    assert (await here.goes("/livechat/api/session"))[0] == 200


@only_at_the_door
async def test_who_signs_in_and_begins_a_chat_is_told_so_too(site: Site) -> None:
    opened(site)
    await site.house.writes("open until 17:00")
    await joined(site)
    await by_proxy(site)
    form = {"key": nonce(), "question": "Why?", "name": "", "email": ""}
    status, told = await site.visitor.posts("begin", **form)
    assert (status, told["signed_out"]) == (200, True)


@only_at_the_door
@pytest.mark.parametrize(("login", "status"), [(ADA, 200), (EVE, 403)])
async def test_a_link_left_in_the_tab_gives_nobody_else_her_seat(
    site: Site, login: str, status: int
) -> None:
    """The answer to her joining was lost, and the tab tries again when somebody has signed in."""
    here, link, left = site.visitor, site.house.token(await site.house.invited()), nonce()
    await here.goes("/livechat/sign-in", login=ADA)
    assert (await here.posts("join", token=link, nonce=left))[0] == 200
    here.cookies.clear()
    await here.goes("/livechat/sign-in", login=login)
    told, said = await here.posts("join", token=link, nonce=left)
    assert told == status
    assert (SEAT in here.cookies, "you" in said) == (status == 200, status == 200)


@only_at_the_door
async def test_who_signs_in_again_keeps_the_chat(site: Site) -> None:
    await joined(site)
    await site.visitor.goes("/livechat/sign-in", login=ADA)
    assert (await site.visitor.goes("/livechat/api/session"))[0] == 200


@only_at_the_door
@pytest.mark.parametrize(("login", "status"), [(ADA, 200), (EVE, 401)])
async def test_a_chat_joined_by_link_alone_stays_with_those_who_are_on_its_ticket(
    site: Site, login: str, status: int
) -> None:
    site.house.relay.rules = unsigned(site)
    here, link = site.visitor, site.house.token(await site.house.invited())
    assert (await here.posts("join", token=link, nonce=nonce()))[0] == 200
    await here.goes("/livechat/sign-in", login=login)
    assert (await here.goes("/livechat/api/session"))[0] == status


@only_at_the_door
async def test_a_second_device_has_a_session_of_its_own_and_needs_a_link_of_its_own(
    site: Site,
) -> None:
    chat = await site.house.invited()
    link = site.house.token(chat)
    phone, desk = site.visitor, type(site.visitor)(site.visitor.http, site.base, {})
    await phone.goes("/livechat/sign-in", login=ADA)
    assert (await phone.posts("join", token=link, nonce=nonce()))[0] == 200
    await desk.goes("/livechat/sign-in", login=ADA)
    assert await desk.posts("join", token=link, nonce=nonce()) == (410, {"error": "used"})
    await phone.posts("leave")
    assert (await phone.goes("/livechat/api/session"))[0] == 204


async def person(site: Site, login: str = "") -> str | None:
    """Whose chat the widget is shown; without one, who is here, if anybody can tell."""
    named = {"X-Remote-User": login, "X-Livechat-Proxy": SECRET} if login else {}
    cookies = {"Cookie": "; ".join(f"{k}={v}" for k, v in site.visitor.cookies.items())}
    http, address = site.visitor.http, f"{site.base}/livechat/api/session"
    async with http.get(address, headers=named | cookies) as answer:
        if answer.status == 200:
            return str((await answer.json())["person"])
        return answer.headers.get("X-Livechat-Person")


@only_at_the_door
async def test_once_her_session_ran_out_it_is_told_whether_she_is_here_or_somebody_else(
    site: Site,
) -> None:
    """What she could not send stands in that tab, and is hers alone."""
    await joined(site)
    ada = await person(site)
    site.house.clock.pass_(hours=25)
    assert await person(site) is None
    await site.visitor.goes("/livechat/sign-in", login=ADA.upper())
    assert await person(site) == ada
    await site.visitor.goes("/livechat/sign-in", login=EVE)
    assert await person(site) not in (None, ada)


async def test_it_is_told_too_where_the_web_server_names_whoever_asks(site: Site) -> None:
    await joined(site)
    ada = await person(site, ADA)
    site.house.clock.pass_(hours=25)
    assert await person(site) is None
    assert await person(site, ADA) == ada
    assert await person(site, f"{ADA}@elsewhere.example") is None
    assert await person(site, EVE) not in (None, ada)


async def test_who_goes_on_in_her_chat_gives_up_the_seat_of_who_sat_there_before(
    site: Site,
) -> None:
    opened(site)
    await site.house.writes("open until 17:00")
    here, chats, seats = site.visitor, [], []
    for login in (ADA, EVE):
        here.cookies.clear()
        await here.goes("/livechat/sign-in", login=login)
        form = {"key": nonce(), "question": "Why?", "name": "", "email": ""}
        chats.append((await here.posts("begin", login=login, **form))[1]["chat"])
        seats.append(here.cookies.pop(SEAT))
    await here.goes("/livechat/sign-in", login=ADA)
    here.cookies[SEAT] = seats[1]
    status, told = await here.posts("go-on", login=ADA, chat=str(chats[0]))
    assert (status, told["chat"], told["signed_out"]) == (200, chats[0], True)
    assert await site.house.joining.seat(seats[1]) is None
    assert await site.house.joining.seat(seats[0])


async def by_the_web_server(site: Site) -> tuple[int, dict[str, object]]:
    await site.visitor.goes("/livechat/sign-in", login=ADA)
    return await site.visitor.posts("begin", login=ADA, **form())


async def by_another_site(site: Site) -> tuple[int, dict[str, object]]:
    await site.visitor.posts("sign-in", assertion=token(sub=ADA))
    return await site.visitor.posts("begin", **form())


def form() -> dict[str, str]:
    return {"key": nonce(), "question": "Why?", "name": "", "email": ""}


WAYS = (by_the_web_server, by_another_site)


@pytest.mark.parametrize("ways", [WAYS, WAYS[::-1]])
async def test_who_signs_in_in_another_way_begins_a_chat_that_ends_with_that_one(
    site: Site, ways: tuple[Begins, Begins]
) -> None:
    """By a chat's proof it is known when she signed out: led into the other one, she would be taken to
    have done so at once, or never.
    """
    opened(site)
    await site.house.writes("open until 17:00")
    (_, first), here = await ways[0](site), site.visitor
    here.cookies.clear()
    status, second = await ways[1](site)
    assert (status, second["chat"] != first["chat"]) == (200, True)
    login, after = (ADA, 401) if ways[1] is by_the_web_server else ("", 200)
    assert (await here.goes("/livechat/api/session", login=login))[0] == 200
    assert (await here.goes("/livechat/api/session"))[0] == after
