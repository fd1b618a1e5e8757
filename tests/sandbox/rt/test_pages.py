"""The stand-in's pages: tickets as RT shows them, and what nobody may mistake them for."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.rt import RtStandIn, seeds
from bot.sandbox.rt.shown import TOO_LARGE, shown
from bot.sandbox.rt.world import Attachment, Part


@pytest.fixture
async def rt() -> AsyncIterator[RtStandIn]:
    async with RtStandIn() as running:
        yield running


@pytest.fixture
async def browser(rt: RtStandIn) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(rt.url) as session:
        yield session


async def page(browser: aiohttp.ClientSession, path: str) -> str:
    async with browser.get(path) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        return await answer.text()


def attachment(text: str, kind: str = "text/html", name: str = "") -> Attachment:
    return Attachment(1, name, kind, text.encode())


@pytest.mark.parametrize("path", ["/", f"/Ticket/Display.html?id={seeds.PRINTER}", "/mail"])
async def test_every_page_says_that_it_is_a_stand_in(
    browser: aiohttp.ClientSession, path: str
) -> None:
    assert "Stand-in for Request Tracker." in await page(browser, path)


async def test_the_list_shows_every_ticket_and_where_a_merged_one_went(
    rt: RtStandIn, browser: aiohttp.ClientSession
) -> None:
    text = await page(browser, "/")
    for ticket in rt.world.tickets.values():
        assert f"id={ticket.id}" in text
    assert f"(merged into {seeds.PRINTER})" in text


async def test_a_comment_is_folded_on_its_ticket_and_its_file_can_be_had(
    rt: RtStandIn, browser: aiohttp.ClientSession
) -> None:
    ticket = rt.world.tickets[seeds.PRINTER]
    body = Part("", "text/html", b"<h3>Summary</h3><blockquote>Hello</blockquote>")
    file = Part("transcript.json", "application/json", b'{"schema": 1}')
    made = rt.world.write(ticket, "Comment", "Live chat [chat:1]", body, [file])
    text = await page(browser, f"/Ticket/Display.html?id={seeds.PRINTER}")
    assert f'id="txn-{made.id}"' in text
    assert "Live chat [chat:1]" in text
    assert "<summary>Show quoted text</summary><blockquote>Hello</blockquote></details>" in text
    path = f"/Ticket/Attachment/{made.id}/{made.attachments[1].id}/transcript.json"
    assert path in text
    assert await page(browser, path) == '{"schema": 1}'


async def test_correspondence_is_shown_as_the_mail_it_becomes(
    rt: RtStandIn, browser: aiohttp.ClientSession
) -> None:
    body = Part("", "text/plain", b"Join: http://127.0.0.1:1/#token <b>")
    rt.world.write(rt.world.tickets[seeds.SEVERAL], "Correspond", "Invitation", body, [])
    text = await page(browser, "/mail")
    for part in (
        "ada@help.test, alan@help.test, mary@help.test",
        "#12352] Invitation",
        "&lt;b&gt;",
    ):
        assert part in text
    assert 'href="http://127.0.0.1:1/#token"' in text


async def test_correspondence_reopens_a_resolved_ticket(rt: RtStandIn) -> None:
    ticket = rt.world.tickets[seeds.RESOLVED]
    rt.world.write(ticket, "Correspond", "x", Part("", "text/plain", b"x"), [])
    assert ticket.status == "open"


async def test_an_unknown_ticket_has_a_page_that_leads_back(
    browser: aiohttp.ClientSession,
) -> None:
    assert "Could not load ticket 1" in await page(browser, "/Ticket/Display.html?id=1")


def test_html_is_cleaned_as_rt_does() -> None:
    text = shown(attachment('<h1 onclick="x()">Hi</h1><script>x()</script><details>y</details>'))
    assert text == "<h1>Hi</h1>y"


def test_lines_that_look_quoted_are_folded_in_plain_text() -> None:
    text = shown(attachment("Summary\n> <b>Hello</b>\n> again", "text/plain"))
    assert text.startswith("Summary<br><details")
    assert "&gt; &lt;b&gt;Hello&lt;/b&gt;<br>&gt; again</details>" in text


def test_a_body_over_25_kb_is_not_shown_at_all() -> None:
    assert TOO_LARGE not in shown(attachment("x" * 25 * 1024))
    assert TOO_LARGE in shown(attachment("x" * 25 * 1024 + "x"))


def test_a_text_file_stands_in_the_page_and_another_file_does_not() -> None:
    assert shown(attachment("> Hello", "text/plain", "transcript.txt")) == "&gt; Hello"
    assert shown(attachment("{}", "application/json", "transcript.json")) == ""


async def test_only_this_machine_is_answered(browser: aiohttp.ClientSession) -> None:
    async with browser.get("/", headers={"Host": "evil.test"}) as answer:
        assert answer.status == 403


async def test_faults_can_be_ordered_from_another_process(
    browser: aiohttp.ClientSession, rt: RtStandIn
) -> None:
    auth = {"Authorization": f"token {rt.token}"}
    async with browser.post("/_control/faults", json={"status": 503, "times": None}) as answer:
        assert answer.status == 200
    async with browser.get("/REST/2.0/rt", headers=auth) as answer:
        assert answer.status == 503
    async with browser.post("/_control/clear", json={}) as answer:
        assert answer.status == 200
    async with browser.get("/REST/2.0/rt", headers=auth) as answer:
        assert answer.status == 200


async def test_a_lever_is_not_pulled_by_a_form_nor_by_a_word_it_does_not_know(
    browser: aiohttp.ClientSession,
) -> None:
    async with browser.post("/_control/faults", data={"status": "503"}) as answer:
        assert answer.status == 415
    async with browser.post("/_control/faults", json={"sttaus": 503}) as answer:
        assert (answer.status, "sttaus" in await answer.text()) == (400, True)


async def test_what_was_written_can_be_asked_for(
    rt: RtStandIn, browser: aiohttp.ClientSession
) -> None:
    rt.world.write(rt.world.tickets[seeds.PRINTER], "Comment", "Live chat", None, [])
    async with browser.get("/_control/state") as answer:
        state = await answer.json()
    assert state["transactions"][-1]["data"] == "Live chat"
    assert state["statuses"][str(seeds.RESOLVED)] == "resolved"


async def test_a_ticket_that_was_made_for_nobody_has_no_requestor(
    rt: RtStandIn,
) -> None:
    """RT puts the account that made it there no more than anybody else (RT 4.4 and 5, both REST)."""
    made = rt.world.create("Support", "Live chat", None, rt.world.account, None, [])
    assert made.requestors == []
