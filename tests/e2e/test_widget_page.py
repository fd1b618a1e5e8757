"""The widget and the page around it: hostile words, the policy, the API, the bundle's size."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from bot.domain import events as e
from bot.domain.legible import shown
from bot.domain.messages import Role
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.visitors.fakes import GRACE

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script> javascript:alert(3) "
    "\u202egpj.exe\u202c <a href='https://evil.example'>x</a> ${7*7} {{7*7}} %00"
)


async def test_words_stay_words_whoever_says_them(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace(HOSTILE)
    await ada.say(HOSTILE)
    await expect(ada.messages).to_have_count(2)
    await expect(ada.messages.last).to_contain_text("Sent")
    for body in await ada.page.locator("rt-livechat li.said .body").all():
        assert await body.text_content() == shown(HOSTILE)
        assert await body.locator("img, script").count() == 0
    assert [url for url in ada.requests if not url.startswith(ada.site.url)] == []


async def test_links_open_elsewhere_and_tell_nothing(ada: Ada, service: MockService) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("See https://help.example.org/a?b=c#d.")
    link = ada.panel.get_by_role("link", name="https://help.example.org/a?b=c#d")
    await expect(link).to_have_attribute("href", "https://help.example.org/a?b=c#d")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_a_change_or_a_removal_by_the_operator_is_shown_as_such(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("It is roon 4.12")
    talk.grace("Wrong window")
    await expect(ada.message("Wrong window")).to_be_visible()
    room, window = (line.seq for line in talk.log[-2:])
    now = service.visiting.now
    service.visiting.happen(talk.id, e.Edited(now, GRACE, "e", room, "It is room 4.12"))
    service.visiting.happen(talk.id, e.Removed(now, GRACE, "r", window))
    await expect(ada.message("It is room 4.12")).to_be_visible()
    await expect(ada.messages.last).to_contain_text("This message was taken back.")
    await expect(ada.message("Wrong window")).to_have_count(0)
    await expect(ada.messages.first).to_contain_text("edited")


async def test_that_a_message_was_edited_is_seen_also_where_others_follow_it(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("It is roon 4.12")
    talk.grace("Second floor")
    await expect(ada.message("Second floor")).to_be_visible()
    room = talk.log[-2].seq
    service.visiting.happen(
        talk.id, e.Edited(service.visiting.now, GRACE, "e", room, "It is room 4.12")
    )
    await expect(ada.message("It is room 4.12")).to_contain_text("edited")
    meta = ada.messages.first.locator(".meta")
    assert await meta.evaluate("node => getComputedStyle(node).clipPath") == "none"


async def test_a_message_that_was_taken_back_and_restored_looks_like_any_other(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    talk.grace("Second floor")
    await expect(ada.message("Second floor")).to_be_visible()
    seq, now = talk.log[-1].seq, service.visiting.now
    service.visiting.happen(talk.id, e.Removed(now, GRACE, "r", seq))
    words = ada.messages.last.locator(".body p")
    await expect(words).to_have_attribute("part", "quiet")
    service.visiting.happen(talk.id, e.Edited(now, GRACE, "e", seq, "Second floor"))
    await expect(words).to_have_text("Second floor")
    for name in ("class", "part"):
        assert await words.get_attribute(name) is None


async def test_the_stand_alone_page_is_the_same_chat_on_a_page_of_its_own(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk, path="/livechat/chat")
    assert ada.page.url == ada.site.url + "/livechat/chat"
    await ada.say("Hello")
    await expect(ada.message("Hello")).to_contain_text("Sent")
    await expect(ada.launcher).to_be_hidden()
    await ada.page.keyboard.press("Escape")
    await expect(ada.panel).to_be_visible()
    await ada.page.reload()
    await expect(ada.message("Hello")).to_be_visible()


async def test_the_page_can_open_and_close_the_panel_and_hears_of_it(
    ada: Ada, service: MockService
) -> None:
    await ada.visit()
    await ada.page.evaluate(
        """() => {
            window.heard = [];
            for (const name of ['open', 'close', 'change'])
                document.addEventListener('livechat-' + name, (event) => heard.push([name, event.detail]));
            document.querySelector('rt-livechat').open();
        }"""
    )
    await expect(ada.panel).to_be_visible()
    await ada.page.evaluate("document.querySelector('rt-livechat').close()")
    await expect(ada.panel).to_be_hidden()
    assert await ada.page.evaluate("heard") == [["open", None], ["close", None]]
    await ada.page.evaluate(
        """() => {
            document.addEventListener('livechat-open', (event) => event.preventDefault());
            document.querySelector('rt-livechat').open();
        }"""
    )
    await expect(ada.panel).to_be_hidden()


async def test_an_element_that_the_page_took_away_is_let_go(ada: Ada, service: MockService) -> None:
    await ada.join(service.invite())
    await ada.panel.get_by_label("Add files").evaluate(
        """(input) => {
            const chosen = new DataTransfer();
            chosen.items.add(new File(['words'], 'a.txt', { type: 'text/plain' }));
            input.files = chosen.files;
            input.dispatchEvent(new Event('change'));
        }"""
    )
    await expect(ada.button("Send these files")).to_be_enabled()
    await ada.page.evaluate(
        """() => {
            const element = document.querySelector('rt-livechat');
            window.taken = new WeakRef(element);
            element.remove();
        }"""
    )
    browser = await ada.context.new_cdp_session(ada.page)
    async with asyncio.timeout(20):
        while await ada.page.evaluate("() => !!taken.deref()"):
            await browser.send("HeapProfiler.collectGarbage")


async def test_before_anybody_opens_it_there_is_a_launcher_and_an_empty_panel(ada: Ada) -> None:
    await ada.visit()
    await expect(ada.launcher).to_be_visible()
    panel = ada.page.locator("rt-livechat #panel")
    await expect(panel).to_be_hidden()
    assert await panel.evaluate("node => node.childNodes.length") == 0
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("No chat is open")
    await ada.button("Minimise the chat").click()
    await expect(panel).to_be_hidden()


async def test_that_no_chat_is_open_is_not_said_before_anybody_can_know(ada: Ada) -> None:
    late = asyncio.Event()

    async def slowly(route: Route) -> None:
        await late.wait()
        await route.continue_()

    await ada.page.route(re.compile(r"/more\.\w+\.js"), slowly)
    await ada.visit()
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("One moment…")
    await expect(ada.panel).not_to_contain_text("No chat is open")
    await expect(ada.panel.get_by_role("link", name="Open a ticket")).to_be_visible()
    late.set()
    await expect(ada.panel).to_contain_text("No chat is open")


async def test_whoever_cannot_be_told_is_not_left_waiting(ada: Ada) -> None:
    await ada.page.clock.install()
    await ada.page.route(re.compile(r"/more\.\w+\.js"), lambda route: route.abort())
    await ada.visit()
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("One moment…")
    async with asyncio.timeout(20):
        while "No chat is open" not in await ada.panel.inner_text():
            await ada.page.clock.run_for(30_000)
    await expect(ada.panel.get_by_role("link", name="Open a ticket")).to_be_visible()


AT_ONCE = """customElements.whenDefined("rt-livechat").then(() => {
    document.addEventListener("livechat-open", () => { window.opened = (window.opened ?? 0) + 1; });
    document.querySelector("rt-livechat").open();
    window.shown = document.querySelector("rt-livechat").shadowRoot.activeElement?.localName;
})"""
"""What a page does that waits for nothing but the element."""


async def test_a_page_may_open_it_as_soon_as_the_element_is_there(
    ada: Ada, service: MockService
) -> None:
    await ada.page.add_init_script(AT_ONCE)
    await ada.visit()
    await expect(ada.panel).to_contain_text("No chat is open")
    assert await ada.page.evaluate("[window.opened, window.shown]") == [1, "h3"]
    await expect(ada.panel).to_have_css("position", "fixed")  # and dressed
    talk = service.invite()
    await ada.join(talk)
    await ada.say("It still works")
    await expect(ada.message("It still works")).to_contain_text("Sent")


async def test_an_element_that_comes_and_goes_at_once_leaves_nothing_and_starts_when_it_stays(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Hello")
    await ada.page.reload()
    await expect(ada.message("Hello")).to_be_visible()
    count = """() => {
        const chat = document.querySelector("rt-livechat");
        const other = document.createElement("rt-livechat");
        for (const one of [other, chat]) for (let n = 0; n < 3; n += 1) {
            one.remove();
            document.body.append(one);
        }
        other.remove();
    }"""
    await ada.page.evaluate(count)
    await expect(ada.message("Hello")).to_have_count(1)
    await expect(ada.launcher).to_have_css("position", "fixed")
    await ada.say("Again")
    await expect(ada.message("Again")).to_contain_text("Sent")
    assert talk.said(Role.VISITOR) == ["Hello", "Again"]


async def test_the_page_hears_how_many_messages_wait_but_never_what_they_say(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.page.evaluate(
        "() => { window.heard = []; document.addEventListener('livechat-change',"
        " (event) => heard.push(event.detail)) }"
    )
    await ada.button("Minimise the chat").click()
    talk.grace("a secret")
    await expect(ada.launcher).to_have_accessible_name("Live chat 1 new message")
    heard = await ada.page.evaluate("heard")
    assert heard == [{"state": "open", "unread": 1}]
    assert "secret" not in json.dumps(heard)


async def test_moving_the_element_in_the_page_does_not_double_anything(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("one")
    await expect(ada.message("one")).to_contain_text("Sent")
    await ada.page.evaluate("document.body.prepend(document.querySelector('rt-livechat'))")
    await expect(ada.message("one")).to_be_visible()
    talk.grace("two")
    await expect(ada.message("two")).to_be_visible()
    assert await ada.said() == ["one", "two"]


async def test_the_bundle_keeps_within_its_budget() -> None:
    bundle = (ROOT / "bot/visitors/static/widget.js").read_bytes()
    assert len(gzip.compress(bundle, 9)) <= 15_000


@pytest.mark.parametrize("size", [(1200, 800), (390, 844)])
async def test_a_long_text_scrolls_inside_its_box(
    ada: Ada, service: MockService, size: tuple[int, int]
) -> None:
    await ada.page.set_viewport_size({"width": size[0], "height": size[1]})
    await ada.join(service.invite())
    await ada.box.fill("\n".join(f"line {n} {'é' * 520}" for n in range(30)))
    note = ada.panel.get_by_text("characters too long")
    await expect(note).to_be_visible()
    box, hint, panel = [await one.bounding_box() for one in (ada.box, note, ada.panel)]
    assert box
    assert hint
    assert panel
    assert box["y"] + box["height"] <= hint["y"]
    assert hint["y"] + hint["height"] <= panel["y"] + panel["height"]
    assert await ada.box.evaluate("box => box.scrollHeight > box.clientHeight")


async def test_on_a_phone_the_head_says_its_title_in_one_line(
    ada: Ada, service: MockService
) -> None:
    await ada.page.set_viewport_size({"width": 390, "height": 844})
    await ada.join(service.invite())
    menu = ada.page.locator("rt-livechat summary")
    await expect(menu).to_be_visible()
    await expect(menu).to_have_css("border-color", "rgba(0, 0, 0, 0)")
    await expect(menu).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    title = await ada.page.locator("rt-livechat h2").bounding_box()
    assert title
    assert title["height"] < 32


@pytest.mark.parametrize("language", ["fr", "pl", "ar", "de"])
async def test_at_320_pixels_nothing_in_the_head_lies_on_anything_else(
    ada: Ada, service: MockService, language: str
) -> None:
    await ada.page.set_viewport_size({"width": 320, "height": 640})
    await ada.follow(service.invite().token)
    await ada.page.evaluate("lang => document.querySelector('rt-livechat').lang = lang", language)
    await ada.page.locator("rt-livechat .main").click()
    await expect(ada.page.locator("rt-livechat summary")).to_be_visible()
    head = ada.page.locator("rt-livechat .head")
    spans = await head.evaluate(
        """head => [...head.querySelectorAll('h2, p, button, summary')].map((part) => {
            const range = document.createRange(); range.selectNodeContents(part);
            const {left, right, top, bottom} = range.getBoundingClientRect();
            return [left, right, top, bottom] })"""
    )
    title, presence, *buttons = spans
    assert all(left >= 0 and right <= 320 for left, right, _, _ in spans)
    beside = sorted([[title[0], title[1]], *([left, right] for left, right, _, _ in buttons)])
    assert all(one[1] <= next_[0] for one, next_ in pairwise(beside)), beside
    assert title[3] <= presence[2] + 1
