"""Whether the chat helped: the visitor's own answer, once, and only while it counts."""

from __future__ import annotations

from bot.domain.chat import State
from tests.visitors.browser import CHAT, Browser
from tests.visitors.conftest import Site


async def ended(site: Site, ada: Browser) -> None:
    """Ada's chat is over, and she is asked."""
    site.visiting.rates = True
    await ada.join(site.visiting.invite())
    seat = next(iter(site.visiting.seats.values()))
    await site.visiting.end(seat)


async def test_an_answer_is_kept_and_shown_to_every_window(site: Site, ada: Browser) -> None:
    await ended(site, ada)
    tab = await ada.tab()
    assert (await tab.hello(CHAT))["view"]["rating"] == ""
    answer = await ada.post("api/rate", {"chat": CHAT, "answer": "yes"})
    assert (answer.status, await answer.json()) == (200, {"rating": "yes"})
    assert (await tab.next("view"))["view"]["rating"] == "yes"
    again = await ada.post("api/rate", {"chat": CHAT, "answer": "yes"})
    assert again.status == 200
    other = await ada.post("api/rate", {"chat": CHAT, "answer": "no"})
    assert (other.status, await other.json()) == (409, {"error": "rated"})


async def test_an_answer_that_comes_too_late_is_said_to_be(site: Site, ada: Browser) -> None:
    await ended(site, ada)
    site.visiting.state(CHAT, State.FILING)
    answer = await ada.post("api/rate", {"chat": CHAT, "answer": "yes"})
    assert (answer.status, await answer.json()) == (410, {"error": "late"})


async def test_nobody_else_answers_for_her(site: Site, ada: Browser) -> None:
    await ended(site, ada)
    eve = await site.browser()
    assert (await eve.post("api/rate", {"chat": CHAT, "answer": "no"})).status == 401
    await eve.join(site.visiting.invite(777))
    answer = await eve.post("api/rate", {"chat": CHAT, "answer": "no"})
    assert (answer.status, await answer.json()) == (409, {"error": "other_chat"})
    assert site.visiting.chats[CHAT].may_be_rated


async def test_what_is_no_answer_is_refused(site: Site, ada: Browser) -> None:
    await ended(site, ada)
    for body in ({"chat": CHAT}, {"chat": CHAT, "answer": ""}, {"chat": CHAT, "answer": ["yes"]}):
        assert (await ada.post("api/rate", body)).status == 400
    assert site.visiting.chats[CHAT].may_be_rated


async def test_another_site_s_page_answers_nothing(site: Site, ada: Browser) -> None:
    await ended(site, ada)
    body = {"chat": CHAT, "answer": "yes"}
    assert (await ada.post("api/rate", body, {"Origin": "https://evil.example"})).status == 403
    assert site.visiting.chats[CHAT].may_be_rated
