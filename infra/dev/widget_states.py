"""The pop-up in those of its states that the story does not come by: for pictures."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web
from PIL import Image, ImageDraw
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from bot.sandbox.stage import PREFIX, Stage

#: A site of another domain, whose page shows ours in a frame: for the service it is on the list.
WIKI: Final = socket.create_server(("127.0.0.1", 0))
ORIGIN = f"http://127.0.0.1:{WIKI.getsockname()[1]}"
SETTINGS = {
    "visitors": {"frame_ancestors": [ORIGIN]},
    "visitor_start": {"who": "anyone", "closes_at": "23:59"},
}
STATES = AsyncIterator[tuple[str, Page]]

#: What a browser in Arabic asks for; the page is in Arabic as well.
ARABIC = """new MutationObserver((_, observer) => {
    observer.disconnect();
    document.documentElement.lang = 'ar';
}).observe(document, {childList: true})"""
ARABIC_TALK = (
    ("ada", "مرحبا! الطابعة في المختبر تأخذ مهمتي ثم لا يخرج شيء."),
    ("grace", "أهلا آدا. ماذا تقول الشاشة؟ جرّبي `lpq -P lab`"),
    ("ada", "تقول: replace black cartridge 🖨️"),
)


async def without_a_chat(browser: Browser, page: Page, stage: Stage) -> STATES:
    """The page before anybody opens anything, the panel, the page without a script, and in a frame."""
    yield "widget-launcher", page

    async def off(route: Route) -> None:
        """What a site answers where visitors begin no chats."""
        await route.fulfill(json={"state": "off"})

    await page.route("**/api/begin", off)
    await page.locator("rt-livechat .launcher").click()
    await expect(page.get_by_role("heading", name="No chat is open")).to_be_visible()
    yield "widget-no-chat", page
    plain = await (await browser.new_context(java_script_enabled=False)).new_page()
    await plain.goto(f"{stage.site.url}{PREFIX}/chat")
    yield "page-no-script", plain

    async def wiki(_request: web.Request) -> web.Response:
        chat = f"{stage.site.url}{PREFIX}/chat"
        frame = f"<iframe title=Chat src='{chat}' width=360 height=420></iframe>"
        text = f"<!doctype html><title>Wiki</title><body><h1>Another site</h1>{frame}"
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", wiki)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, WIKI).start()
    framing = await (await browser.new_context()).new_page()
    await framing.goto(ORIGIN)
    link = framing.frame_locator("iframe").get_by_role("link", name="Open the chat")
    await expect(link).to_be_visible()
    yield "page-elsewhere", framing
    await runner.cleanup()


async def _asking_more(route: Route) -> None:
    """Answer as a site that asks for room and browser, too, and has a search."""
    step = await (await route.fetch()).json()
    more = {"details": ["room", "browser"], "search": "/search?q={words}"}
    await route.fulfill(json=step | more)


async def _being_inside(route: Route) -> None:
    """Answer as to somebody who signed in and is in a chat already, at another device."""
    step = await (await route.fetch()).json()
    there = {"chat": "elsewhere", "operators": ["Grace Hopper"]}
    await route.fulfill(json=step | {"who": "ada", "inside": there})


async def beginning(page: Page, grace: Page) -> STATES:
    """The door for those who have no link: closed, open, and the wait behind it."""
    launcher = page.locator("rt-livechat .launcher")
    await launcher.click()
    await expect(page.locator("rt-livechat h3")).to_be_visible()
    await expect(page.get_by_label("Your question")).to_have_count(0)
    yield "widget-door-closed", page
    await grace.locator("#new-post").get_by_role("textbox").fill("@Live Chat open")
    await grace.get_by_role("button", name="Post").click()
    await expect(grace.get_by_text("visitors can begin chats until").last).to_be_visible()
    await page.get_by_role("button", name="Look again").click()
    question = page.get_by_label("Your question")
    await expect(question).to_be_visible()
    yield "widget-door-open", page
    await page.get_by_role("button", name="Start the chat").click()
    await expect(page.get_by_text("please look at the marked fields")).to_be_visible()
    yield "widget-door-fields", page
    await page.route("**/api/begin", _asking_more)
    await page.reload()
    await launcher.click()
    await question.press_sequentially("Can I print from my laptop?")
    await expect(page.locator("rt-livechat .hits a")).to_be_visible()
    yield "widget-door-more", page
    await page.unroute("**/api/begin")
    await page.route("**/api/begin", _being_inside)
    await page.reload()
    await launcher.click()
    await expect(page.get_by_role("button", name="Go on there")).to_be_visible()
    yield "widget-door-inside", page
    await page.unroute("**/api/begin")
    await page.reload()
    await launcher.click()
    await page.get_by_label("Your name").fill("Ada Lovelace")
    await page.get_by_label("Your e-mail address").fill("ada@elsewhere.test")
    await question.fill("I cannot log in. My password is Xy12ab!")
    await page.get_by_role("button", name="Start the chat").click()
    await expect(page.get_by_role("button", name="Change it")).to_be_focused()
    yield "widget-door-password", page
    await question.fill("Why does the scanner in AT 5.05 beep?")
    await page.get_by_role("button", name="Start the chat").click()
    await expect(page.get_by_text("You are waiting for an answer").first).to_be_visible()
    yield "widget-waiting", page


async def while_talking(ada: Page, grace: Page) -> STATES:
    """What Ada can unfold, attach and be told while the chat goes on; it is as before afterwards."""
    box = ada.get_by_role("textbox", name="Your message")
    await ada.get_by_label("Options").click()
    yield "widget-options", ada
    await ada.keyboard.press("Escape")
    await box.fill("I cannot log in. My password is Xy12ab!")
    await box.press("Enter")
    await expect(ada.get_by_role("button", name="Change it")).to_be_focused()
    yield "widget-password", ada
    await box.fill("")
    picture = FilePayload(name="display.png", mimeType="image/png", buffer=display())
    await ada.get_by_label("Add files").set_input_files(picture)
    about = ada.get_by_label(re.compile("What does it show"))
    await about.fill("The printer's display: replace black cartridge")
    yield "widget-file-chosen", ada
    await ada.get_by_role("button", name="Send these files").click()
    await expect(ada.locator("rt-livechat img")).to_be_visible()
    await expect(ada.locator("rt-livechat li.said").last).to_contain_text("Delivered")
    yield "widget-file-sent", ada
    await ada.get_by_role("button", name="Minimise the chat").click()
    reply = grace.get_by_role("textbox", name="Reply").first
    await reply.fill("Are you still there?")
    await reply.press("Enter")
    await expect(ada.locator("rt-livechat .launcher")).to_have_accessible_name(re.compile("1 new"))
    yield "widget-unread", ada
    await ada.locator("rt-livechat .launcher").click()
    await ada.context.set_offline(True)
    await box.fill("Yes, I am on the train.")
    await box.press("Enter")
    await expect(ada.get_by_text("You are offline")).to_be_visible()
    yield "widget-offline", ada
    await ada.context.set_offline(False)
    await expect(ada.get_by_text("Sending…")).to_have_count(0)
    await expect(ada.get_by_text("Connected again")).to_have_count(0)
    await ada.get_by_role("button", name="End chat").click()
    yield "widget-ending", ada
    await ada.get_by_role("button", name="Keep chatting").click()
    await expect(box).to_be_visible()


async def signing_in(page: Page, link: str) -> STATES:
    """A link for somebody with an account, where a sign-in is demanded: the answer says so."""

    async def peek(route: Route) -> None:
        answer = await route.fetch()
        told = await answer.json() | {"admission": "sign_in", "sign_in": f"{PREFIX}/sign-in"}
        await route.fulfill(response=answer, json=told)

    async def not_yours(route: Route) -> None:
        await route.fulfill(
            json={"fate": "not_yours", "who": "eve", "sign_in": f"{PREFIX}/sign-in"}
        )

    await page.route("**/api/peek", peek)
    await page.goto(link)
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    yield "widget-sign-in", page
    await page.unroute("**/api/peek")
    await page.route("**/api/peek", not_yours)
    await page.goto("about:blank")
    await page.goto(link)
    await expect(page.get_by_text("It is for somebody else.")).to_be_visible()
    yield "widget-not-yours", page


async def in_arabic(browser: Browser, link: str, grace: Page) -> STATES:
    """The link, the talk and the end, from right to left."""
    context = await browser.new_context(locale="ar", reduced_motion="reduce")
    page = await context.new_page()
    await page.add_init_script(ARABIC)
    await page.goto(link)
    panel = page.locator("rt-livechat #panel[dir=rtl]")
    join = panel.locator("button.main")
    await expect(join).to_be_visible()
    yield "widget-arabic-invitation", page
    await join.click()
    boxes = {
        "ada": panel.locator("#box"),
        "grace": grace.get_by_role("textbox", name="Reply").last,
    }
    for who, line in ARABIC_TALK:
        await boxes[who].fill(line)
        await boxes[who].press("Enter")
        said = line.split("`")[0].strip()
        for reader in (page, grace):
            await expect(reader.get_by_text(said).first).to_be_visible()
    yield "widget-arabic-talking", page
    await boxes["ada"].fill("كلمة المرور هي Xy12ab!")
    await boxes["ada"].press("Enter")
    await expect(panel.locator(".change")).to_be_focused()
    yield "widget-arabic-password", page
    await boxes["ada"].fill("")
    await panel.locator(".end").click()
    await panel.locator(".bad").click()
    await expect(panel.locator("#box")).to_have_count(0)
    await expect(panel.locator(".close")).to_be_visible()
    yield "widget-arabic-ended", page


def display() -> bytes:
    """A photograph of a printer's display, more or less."""
    image = Image.new("RGB", (640, 240), "#26313b")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((60, 50, 580, 190), 18, fill="#9fd3a6", outline="#10161b", width=6)
    draw.text((96, 88), "REPLACE BLACK\nCARTRIDGE", fill="#10161b", font_size=36)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
