"""What not every browser, page or visitor brings: old engines, many blanks, words beside pictures."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Dialog, FilePayload, Route, expect

from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.scene import Scene
from tests.e2e.test_widget_files import png

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_blanks_around_a_question_are_not_too_much_for_it(anyone: Scene) -> None:
    await anyone.opens()
    await anyone.comes()
    await anyone.fills("é" * 4000 + " " * 28_000)
    await anyone.starts()
    await expect(anyone.waits).to_be_visible()


async def test_who_is_told_by_a_proxy_that_a_form_is_too_long_is_not_left_to_wait(
    anyone: Scene,
) -> None:
    async def refuse(route: Route) -> None:
        is_form = route.request.method == "POST"
        await (route.fulfill(status=413, body="Too large") if is_form else route.continue_())

    await anyone.ada.route(re.compile("/api/begin$"), refuse)
    await anyone.opens()
    await anyone.comes()
    await anyone.fills("Why does it beep?")
    await anyone.starts()
    question = anyone.ada.get_by_label("Your question")
    await expect(question).to_be_focused()
    await expect(question).to_have_accessible_description(re.compile("This is too long"))


async def test_a_page_to_which_she_returns_knows_of_the_chat_that_she_came_to_on_another(
    ada: Ada, service: MockService
) -> None:
    await ada.visit()
    first, ada.page = ada.page, await ada.tab()
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Hello")
    await ada.page.close()
    talk.grace("Good day")
    await first.evaluate(
        "void document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))"
    )
    ada.page = first
    await expect(ada.launcher).to_have_accessible_name("Live chat 1 new message")


#: Safari's until 16.4.
NO_SHEETS_FROM_SCRIPTS = """
    for (const { prototype } of [Document, ShadowRoot]) delete prototype.adoptedStyleSheets;
    CSSStyleSheet = function () { throw new TypeError("Illegal constructor"); };
"""


@pytest.mark.parametrize(
    "trouble",
    [
        "try { localStorage.clear(); sessionStorage.clear() } catch {}",  # as a sign-in does, say
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }",
    ],
    ids=["emptied", "full"],
)
async def test_whose_storage_keeps_nothing_is_not_told_that_no_chat_is_open(
    ada: Ada, service: MockService, trouble: str
) -> None:
    talk = service.invite()
    await ada.page.add_init_script(trouble)
    await ada.join(talk)
    talk.grace("Which printer?")
    await expect(ada.message("Which printer?")).to_be_visible()
    await ada.visit("/remote")
    await ada.launcher.click()
    await expect(ada.message("Which printer?")).to_be_visible()
    await expect(ada.box).to_be_focused()


async def test_where_a_script_can_make_no_style_sheet_the_pop_up_looks_as_elsewhere(
    ada: Ada, service: MockService
) -> None:
    await ada.page.add_init_script(NO_SHEETS_FROM_SCRIPTS)
    await ada.join(service.invite())
    await expect(ada.launcher).to_have_css("position", "fixed")
    await expect(ada.panel.locator(".tray")).to_have_css("display", "none")  # the fetched part's


_PASTE = """([bytes, ...words]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "image.png", {type: "image/png"}));
    for (const one of words) data.setData(one, "cells");
    const box = document.querySelector("rt-livechat").shadowRoot.querySelector("#box");
    const init = {bubbles: true, cancelable: true, composed: true, clipboardData: data};
    return !box.dispatchEvent(new ClipboardEvent("paste", init));
}"""


async def test_words_that_come_with_a_picture_of_themselves_are_pasted_as_words(
    ada: Ada, service: MockService
) -> None:
    """As office programs have them; a picture out of a web page has no plain text beside it."""
    await ada.join(service.invite())
    await expect(ada.button("Add files")).to_be_visible()
    assert not await ada.page.evaluate(_PASTE, [list(png()), "text/plain", "text/html"])
    assert await ada.page.evaluate(_PASTE, [list(png()), "text/html"])
    await expect(ada.panel.locator(".tray li")).to_have_count(1)


async def test_who_leaves_a_page_with_a_file_that_is_not_sent_is_asked_by_the_browser(
    ada: Ada, service: MockService
) -> None:
    asked: list[str] = []

    async def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    ada.page.on("dialog", leave)
    await ada.join(service.invite())
    jam: FilePayload = {"name": "jam.png", "mimeType": "image/png", "buffer": png()}
    await ada.panel.get_by_label("Add files").set_input_files(jam)
    await expect(ada.button("Send these files")).to_be_enabled()
    await ada.page.reload()
    assert asked == ["beforeunload"]
    await ada.panel.get_by_label("Add files").set_input_files(jam)
    await ada.button("Send these files").click()
    await expect(ada.page.get_by_role("img", name="jam.png")).to_be_visible()
    await ada.page.reload()
    await expect(ada.page.get_by_role("img", name="jam.png")).to_be_visible()
    assert asked == ["beforeunload"]
