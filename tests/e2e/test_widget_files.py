"""Files in the widget: chosen, pasted, dropped; on their way, refused, tried again, shown."""

from __future__ import annotations

import asyncio
import struct
import zlib

import pytest
from playwright.async_api import Browser, FilePayload, Route, expect

from bot.domain import events as e
from bot.domain.files import File, Standing
from bot.relay.files import FileRules, Stored
from bot.sandbox.helpsite import HelpSite
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService, Talk
from tests.e2e.test_widget_access import axe
from tests.visitors.fakes import GRACE

pytestmark = pytest.mark.asyncio(loop_scope="session")


def png(width: int = 60, height: int = 40) -> bytes:
    """A picture in two colours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    row = b"\0" + b"\x20\x60\xa0" * (width // 2) + b"\xe0\xe0\xe0" * (width - width // 2)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    told = chunk(b"tEXt", b"Comment\0taken in AT 5.05")
    body = chunk(b"IDAT", zlib.compress(row * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + told + body + chunk(b"IEND", b"")


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


PICTURE: FilePayload = {"name": "tray.png", "mimeType": "image/png", "buffer": png()}
LOG: FilePayload = {"name": "cups.log", "mimeType": "text/plain", "buffer": b"lpd: jam\n"}
PAGE: FilePayload = {"name": "x.html", "mimeType": "text/html", "buffer": b"<script>1</script>"}


async def choose(ada: Ada, *files: FilePayload) -> None:
    await ada.panel.get_by_label("Add files").set_input_files(list(files))


async def joined(ada: Ada, service: MockService) -> Talk:
    talk = service.invite()
    await ada.join(talk)
    await expect(ada.panel.get_by_label("Add files")).to_be_attached()
    return talk


def kept(service: MockService) -> list[Stored]:
    return list(service.attaching.kept.values())


async def test_a_chosen_picture_is_described_sent_and_seen(ada: Ada, service: MockService) -> None:
    talk = await joined(ada, service)
    await choose(ada, PICTURE)
    about = ada.panel.get_by_label("What does it show? (optional): tray.png")
    await expect(about).to_be_focused()
    await about.fill("The open tray")
    await ada.button("Send these files").click()
    image = ada.page.get_by_role("img", name="The open tray")
    await expect(image).to_be_visible()
    shown = await image.evaluate("async i => { await i.decode(); return i.naturalWidth; }")
    assert shown == 60
    await expect(ada.message("The open tray")).to_contain_text("Sent")
    (file,) = kept(service)
    assert (file.name, file.type, size_of(file.content)) == ("tray.png", "image/png", (60, 40))
    assert b"AT 5.05" not in file.content
    assert talk.log[-1].text == "The open tray"
    await expect(ada.panel.locator(".tray li")).to_have_count(0)
    assert await ada.focused() == "box"


async def test_before_a_chat_nothing_of_this_is_fetched(ada: Ada, service: MockService) -> None:
    await ada.follow(service.invite().token)
    await expect(ada.button("Join the chat")).to_be_visible()
    assert not [url for url in ada.requests if "/files." in url]


async def test_a_wide_screenshot_is_made_smaller_and_stays_a_png(
    ada: Ada, service: MockService
) -> None:
    await joined(ada, service)
    await choose(ada, {**PICTURE, "buffer": png(5000, 2000)})
    await ada.button("Send these files").click()
    await expect(ada.page.get_by_role("img", name="tray.png")).to_be_visible()
    (file,) = kept(service)
    assert size_of(file.content) == (2560, 1024)


async def test_what_is_too_big_is_not_even_begun(ada: Ada, service: MockService) -> None:
    await joined(ada, service)
    await choose(ada, {**LOG, "buffer": b"x" * (5 * 1024 * 1024 + 1)})
    row = ada.panel.locator(".tray li")
    await expect(row).to_contain_text("Not sent: this file is too big.")
    assert not await ada.button("Send these files").count()
    assert kept(service) == []


async def test_where_no_files_are_taken_none_are_asked_for(ada: Ada, service: MockService) -> None:
    service.attaching.allowed = FileRules(most=0)
    await ada.join(service.invite())
    await expect(ada.panel.locator(".tray")).to_be_attached()
    await expect(ada.panel.get_by_label("Add files")).to_have_count(0)


_HAND_OVER = """([kind, bytes]) => {
    const file = new File([new Uint8Array(bytes)], "image.png", {type: "image/png"});
    const data = new DataTransfer();
    data.items.add(file);
    const panel = document.querySelector("rt-livechat").shadowRoot.querySelector("#panel");
    const init = {bubbles: true, cancelable: true, composed: true};
    const event = kind === "paste"
        ? new ClipboardEvent("paste", {...init, clipboardData: data})
        : new DragEvent("drop", {...init, dataTransfer: data});
    return !panel.querySelector("#box").dispatchEvent(event);
}"""


@pytest.mark.parametrize("kind", ["paste", "drop"])
async def test_a_screenshot_is_pasted_or_dropped(ada: Ada, service: MockService, kind: str) -> None:
    await joined(ada, service)
    assert await ada.page.evaluate(_HAND_OVER, [kind, list(png())])
    await ada.button("Send these files").click()
    await expect(ada.page.get_by_role("img", name="image.png")).to_be_visible()
    assert len(kept(service)) == 1


async def test_several_go_together_and_one_that_is_refused_says_why(
    ada: Ada, service: MockService
) -> None:
    await joined(ada, service)
    await choose(ada, LOG, PAGE)
    await ada.button("Send these files").click()
    link = ada.page.get_by_role("link", name="cups.log")
    await expect(link).to_be_visible()
    row = ada.panel.locator(".tray li").filter(has_text="x.html")
    await expect(row).to_contain_text("only pictures, PDF, plain text and office documents")
    await ada.panel.get_by_role("button", name="Remove: x.html").click()
    await expect(ada.panel.locator(".tray li")).to_have_count(0)
    async with ada.page.expect_download() as download:
        await link.click()
    assert (await download.value).suggested_filename == "cups.log"


async def test_many_go_two_at_a_time_and_none_is_said_to_want_a_connection(
    ada: Ada, service: MockService
) -> None:
    await joined(ada, service)
    under_way, most = 0, 0

    async def slow(route: Route) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.2)
        under_way -= 1
        await route.continue_()

    await ada.page.route(lambda url: url.endswith("/api/file"), slow)
    names = [f"{number}.log" for number in range(5)]
    buffer = LOG["buffer"]
    files: list[FilePayload] = [
        {"name": name, "mimeType": "text/plain", "buffer": buffer} for name in names
    ]
    await choose(ada, *files)
    await expect(ada.panel.locator(".tray li")).to_have_count(5)
    await ada.page.evaluate(
        """() => {
          const tray = document.querySelector("rt-livechat").shadowRoot.querySelector(".tray");
          window.seen = "";
          const look = () => (window.seen += tray.textContent);
          new MutationObserver(look).observe(tray, {subtree: true, childList: true, characterData: true});
        }"""
    )
    await ada.button("Send these files").click()
    await expect(ada.panel.locator(".tray li")).to_have_count(0)
    assert sorted(file.name for file in kept(service)) == names
    assert most == 2
    seen = await ada.page.evaluate("() => window.seen")
    assert "Sending" in seen
    assert "no connection" not in seen


async def test_without_an_answer_it_is_tried_again_and_there_once(
    ada: Ada, service: MockService
) -> None:
    await joined(ada, service)
    answers: list[str] = []

    async def lose(route: Route) -> None:
        answers.append("lost")
        await route.fetch()  # it arrives, and nobody hears of it
        await route.abort()

    await ada.page.route("**/api/file", lose, times=1)
    await choose(ada, PICTURE)
    await ada.button("Send these files").click()
    await expect(ada.page.get_by_role("img", name="tray.png")).to_be_visible()
    await expect(ada.panel.locator(".tray li")).to_have_count(0)
    assert answers == ["lost"]
    assert len(kept(service)) == 1
    assert len(await ada.said()) == 1


async def test_one_can_change_ones_mind_while_it_is_on_its_way(
    ada: Ada, service: MockService
) -> None:
    await joined(ada, service)
    await ada.page.route("**/api/file", lambda route: route.abort())
    await choose(ada, PICTURE)
    await ada.button("Send these files").click()
    row = ada.panel.locator(".tray li")
    await expect(row).to_contain_text("There is no connection; trying again by itself.")
    await ada.panel.get_by_role("button", name="Cancel: tray.png").click()
    await expect(row).to_have_count(0)
    await ada.page.unroute("**/api/file")
    assert kept(service) == []


async def test_what_did_not_get_away_before_the_end_is_named(
    ada: Ada, service: MockService
) -> None:
    talk = await joined(ada, service)
    await choose(ada, PICTURE, LOG)
    await expect(ada.button("Send these files")).to_be_enabled()
    talk.end()
    await expect(ada.foot).to_contain_text("The chat has ended")
    await expect(ada.foot).to_contain_text("tray.png: Not sent.")
    await expect(ada.foot).to_contain_text("cups.log: Not sent.")


def coming(service: MockService, talk: Talk) -> int:
    file = File("o-1", "picture", standing=Standing.COMING)
    now = service.visiting.now
    service.visiting.happen(talk.id, e.Said(now, GRACE, "t#1", "picture", file=file))
    return len(talk.log)


async def test_a_picture_of_graces_is_announced_and_then_there(
    ada: Ada, service: MockService
) -> None:
    talk = await joined(ada, service)
    seq = coming(service, talk)
    await expect(ada.panel).to_contain_text("A picture is on its way from Teams…")
    service.attaching.keep(talk.id, Stored("o-1", seq, "picture.png", "image/png", png()))
    service.visiting.happen(talk.id, e.FileCame(service.visiting.now, seq, came=True))
    image = ada.page.get_by_role("img", name="picture")
    await expect(image).to_be_visible()
    await expect(ada.spoken.filter(has_text="The picture is here.")).to_have_count(1)


async def test_a_picture_that_does_not_come_is_said_to_be_missing(
    ada: Ada, service: MockService
) -> None:
    talk = await joined(ada, service)
    seq = coming(service, talk)
    service.visiting.happen(talk.id, e.FileCame(service.visiting.now, seq, came=False))
    await expect(ada.panel).to_contain_text("This picture could not be brought here from Teams.")


async def test_a_file_of_a_channel_is_a_named_link_with_a_word_of_warning(
    ada: Ada, service: MockService
) -> None:
    talk = await joined(ada, service)
    url = "https://ed.sharepoint.com/sites/x/plan.docx"
    file = File("", "plan.docx", standing=Standing.LINK, url=url)
    service.visiting.happen(
        talk.id, e.Said(service.visiting.now, GRACE, "t#1", f"plan.docx {url}", file=file)
    )
    await expect(ada.page.get_by_role("link", name="plan.docx")).to_have_attribute("href", url)
    await expect(ada.panel).to_contain_text("This file is kept in Teams. It may not open for you")


@pytest.mark.parametrize("language", ["en", "ar", "de"])
async def test_axe_finds_nothing_and_the_keyboard_reaches_everything(
    chromium: Browser, site: HelpSite, service: MockService, language: str
) -> None:
    phone = {"width": 320, "height": 600}
    async with Ada(chromium, site, service, viewport=phone, locale=language) as ada:
        talk = service.invite()
        await ada.page.goto(f"{site.url}/livechat/chat#livechat={talk.token}")
        await ada.page.locator("rt-livechat button.main").click()
        await ada.page.locator("rt-livechat .field input[type=file]").set_input_files(
            [PICTURE, PAGE]
        )
        await expect(ada.page.locator("rt-livechat .tray li")).to_have_count(2)
        assert await axe(ada) == []
        wide = await ada.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320
        stops = [await ada.focused()]
        for _ in range(9):
            await ada.page.keyboard.press("Tab")
            stops.append(await ada.focused())
        assert stops.count("link") >= 2
        assert "main" in stops
        assert "box" in stops
        assert "chooser" in stops
        await ada.page.locator("rt-livechat .tray .main").click()
        await expect(ada.page.locator("rt-livechat .body img")).to_be_visible()
        await expect(ada.page.locator("rt-livechat .tray li.failed")).to_be_visible()
        assert await axe(ada) == []
        assert ada.complaints == []
