"""Plays the story in Chromium and takes its pictures: the README's three, and every state.

`make screens` runs it; `python -m infra.dev.screens card- teams` takes only those whose names begin
so. Everything is the service as it is, on stand-ins for Teams, RT and the help
site. docs/screens/ gets teams.png, visitor.png and rt.png; docs/screens/all/ gets every state of
the pop-up (in forced colours, too, and some in Arabic), of the card and of the COs' page, light and
dark, on a phone and on a desk.
"""

import asyncio
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, Locator, Page, Route, async_playwright, expect

from bot.app import Service
from bot.config import Settings
from bot.sandbox.rt.faults import Fault
from bot.sandbox.stage import Stage
from bot.sandbox.teams.faults import Fault as TeamsFault
from bot.store import upgrade
from infra.dev import card_states, start_states, widget_states

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
ALL = SCREENS / "all"
#: The README's pictures: width and height in CSS pixels (one and a half of the device's each).
MAIN = (1000, 1000)
SIZES = {"phone": (390, 844), "desktop": (720, 700)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Milliseconds; the machine may be busy.
PATIENCE = 30_000
#: How the names of the pictures wanted begin; none: all.
ONLY: tuple[str, ...] = tuple(sys.argv[1:])
#: A card and a page have few colours: so many show them no worse, in half the bytes.
COLOURS, MORE = 64, 160
TICKET, OTHER, THIRD = "12345", "12356", "12354"
#: The end of the conversation is to be seen, or there is none on the page.
AT_END = """() => {
    const log = document.querySelector("rt-livechat")?.shadowRoot.querySelector(".log");
    return !log || log.scrollHeight - log.scrollTop - log.clientHeight < 2;
}"""
SUMMARY = "The lab's printer was out of toner. Replaced the cartridge and printed a test page."
#: Who says what: each line is seen on the other side before the next is written.
TALK = (
    ("ada", "Hello! The printer in the lab takes my job and then nothing comes out."),
    ("grace", "Hello Ada. What does its display say?"),
    ("ada", "It says: replace black cartridge 🖨️"),
    ("grace", "Then I'll bring a new one, give me ten minutes."),
    ("ada", "It prints again. Thank you!"),
)


@dataclass
class Play:
    """What the scenes have in common."""

    browser: Browser
    stage: Stage
    service: Service

    async def window(self, url: str) -> Page:
        """A browser of its own, with its own cookies."""
        context = await self.browser.new_context(
            viewport={"width": MAIN[0], "height": MAIN[1]},
            device_scale_factor=1.5,
            locale="en-GB",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(url)
        return page

    async def grace(self) -> Page:
        """Grace, a CO, in the channel "Live chat"."""
        page = await self.window(f"{self.stage.teams.url}#person=grace&in=")
        await page.wait_for_selector("#ready", state="attached")
        return page


# --- pictures ------------------------------------------------------------------------------------


def wanted(name: str) -> bool:
    return not ONLY or name.startswith(ONLY)


async def picture(page: Page, name: str) -> None:
    """One of the README's."""
    if not wanted(name):
        return
    await page.mouse.move(0, 0)  # what a mouse brings out is not to be seen
    await page.screenshot(path=SCREENS / f"{name}.png", animations="disabled", caret="hide")


async def states(page: Page, name: str, shown: Locator | None = None) -> None:
    """One state in four ways, and in forced colours; of a card (``shown``) only itself, in four."""
    if not wanted(name):
        return
    await page.mouse.move(0, 0)
    follows = await page.evaluate(AT_END)
    for size, (width, height) in SIZES.items():
        # what is below the edge of a list that scrolls cannot be taken
        await page.set_viewport_size({"width": width, "height": 1400 if shown else height})
        if follows:  # not by frames: a hidden page gets none
            await page.wait_for_function(AT_END, polling=20)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            await take(shown or page, f"{name}-{size}-{scheme}")
        if shown is None:
            await page.emulate_media(color_scheme="light", forced_colors="active")
            await take(page, f"{name}-{size}-forced")
            await page.emulate_media(forced_colors="none")
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": MAIN[0], "height": MAIN[1]})
    print(f"screens: {name}", flush=True)


async def take(shown: Page | Locator, name: str) -> None:
    path = ALL / f"{name}.png"
    await shown.screenshot(path=path, animations="disabled", caret="hide", scale="css")
    shrink(path, MORE if isinstance(shown, Page) else COLOURS)


def shrink(path: Path, colours: int) -> None:
    """Write a picture anew, in fewer bytes."""
    with Image.open(path) as taken:
        few = taken.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


# --- what Grace does -----------------------------------------------------------------------------


async def propose(grace: Page, ticket: str) -> Locator:
    """Ask for a ticket; return the card that shows it."""
    await grace.locator("#new-post").get_by_role("textbox").fill(f"@Live Chat {ticket}")
    await grace.get_by_role("button", name="Post").click()
    card = grace.locator(".content > .card").filter(has_text=ticket).last
    await expect(card).to_contain_text("Not started")
    return card


async def invite(card: Locator) -> str:
    """Invite; return the link."""
    await card.get_by_role("button", name=re.compile("^Invite")).click()
    link = card.get_by_role("textbox", name=re.compile("^Link"))
    await expect(link).to_have_value(re.compile("#livechat="))
    return await link.input_value()


async def unfold(card: Locator) -> None:
    """Open the form of Send to RT and write the summary."""
    await card.get_by_role("button", name="Send to RT").first.click()
    await card.get_by_role("textbox", name="Summary").fill(SUMMARY)
    await card.get_by_role("textbox", name=re.compile("^To confirm")).fill("345")


# --- the scenes ----------------------------------------------------------------------------------


async def join(play: Play, link: str) -> Page:
    """Ada opens the link and joins; on the way both screens are taken."""
    ada = await play.window(link)
    button = ada.get_by_role("button", name="Join the chat")
    await expect(button).to_be_visible()
    await states(ada, "widget-invitation")
    asked = asyncio.Event()

    async def slowly(route: Route) -> None:
        await asked.wait()
        await route.continue_()

    await ada.route("**/api/join", slowly)
    await button.click()
    await expect(ada.get_by_role("button", name="Joining")).to_be_visible()
    await states(ada, "widget-joining")
    asked.set()
    return ada


async def talk(grace: Page, ada: Page) -> None:
    """They talk."""
    boxes = {
        "ada": ada.get_by_role("textbox", name="Your message"),
        "grace": grace.get_by_role("textbox", name="Reply").first,
    }
    readers = {"ada": grace, "grace": ada}
    for who, line in TALK:
        await boxes[who].fill(line)
        await boxes[who].press("Enter")
        await expect(readers[who].get_by_text(line).first).to_be_visible()
    await expect(ada.get_by_text("Delivered").last).to_be_visible()


async def file(play: Play, card: Locator, grace: Page, ada: Page) -> None:
    """RT is down while Grace sends the record, and comes back."""
    await unfold(card)
    await states(grace, "card-send-to-rt", card)
    play.stage.rt.fault(Fault.down())
    await card.get_by_role("button", name=re.compile("^Send to ticket")).click()
    await expect(card).to_contain_text("it is tried again by itself")
    await states(grace, "card-delayed", card)
    await expect(ada.get_by_role("heading", name="The chat has ended")).to_be_visible()
    await states(ada, "widget-ended")
    play.stage.rt.faults.clear()
    await expect(card).to_contain_text("read back from RT")
    await states(grace, "card-receipt", card)
    await expect(ada.get_by_text(f"is on ticket #{TICKET}").first).to_be_visible()
    await states(ada, "widget-filed")


async def not_shown(play: Play, ada: Page, grace: Page) -> None:
    """Teams does not take one message: both sides are told."""
    refusal = TeamsFault(on="send reply", status=400, code="BadSyntax", times=1)
    play.stage.teams.faults.add(refusal)
    await ada.get_by_role("textbox", name="Your message").fill("Is that all?")
    await ada.get_by_role("textbox", name="Your message").press("Enter")
    await expect(ada.get_by_text("could not be shown this").first).to_be_visible()
    await states(ada, "widget-not-shown")
    told = grace.get_by_text("Teams does not take what").last
    await expect(told).to_be_visible()


async def used_link(play: Play, link: str) -> None:
    """Somebody else opens Ada's link."""
    page = await play.window(link)
    await expect(page.get_by_text("This link was used already")).to_be_visible()
    await states(page, "widget-used-link")


async def expired_link(play: Play, grace: Page) -> None:
    """A link that nobody used in time; there the time is a second."""
    relay = play.service.relay
    relay.rules = replace(relay.rules, invitation_ttl=timedelta(seconds=1))
    link = await invite(await propose(grace, OTHER))
    await asyncio.sleep(1.1)
    page = await play.window(link)
    await expect(page.get_by_text("It is too old")).to_be_visible()
    await states(page, "widget-expired-link")


async def story(play: Play) -> None:
    """All of it, in order."""
    grace = await play.grace()
    card = await propose(grace, TICKET)
    await states(grace, "card-proposed", card)
    link = await invite(card)
    await states(grace, "card-invited", card)
    ada = await join(play, link)
    await talk(grace, ada)
    await grace.locator("#posts").evaluate("list => { list.scrollTop = 0 }")
    await picture(grace, "teams")
    await picture(ada, "visitor")
    await states(grace, "card-open", card)
    await states(ada, "widget-talking")
    await take_all(widget_states.while_talking(ada, grace))
    await not_shown(play, ada, grace)
    await used_link(play, link)
    await file(play, card, grace, ada)
    rt = await play.window(f"{play.stage.rt.url}/Ticket/Display.html?id={TICKET}")
    await rt.get_by_text(SUMMARY).first.scroll_into_view_if_needed()
    await picture(rt, "rt")
    dropped = await propose(grace, THIRD)
    await dropped.get_by_role("button", name="Cancel").click()
    await expect(dropped).to_contain_text("Cancelled")
    await states(grace, "card-cancelled", dropped)
    await pop_up(play, grace)
    await expired_link(play, grace)


async def take_all(found: widget_states.STATES) -> None:
    async for name, page in found:
        await states(page, name)


async def pop_up(play: Play, grace: Page) -> None:
    """The pop-up where the story does not come by."""
    card = await propose(grace, THIRD)
    link = await invite(card)
    await take_all(widget_states.signing_in(await play.window("about:blank"), link))
    await take_all(widget_states.in_arabic(play.browser, link, grace))
    page = await play.window(f"{play.stage.site.url}/printing")
    await take_all(widget_states.without_a_chat(play.browser, page, play.stage))
    page = await play.window(f"{play.stage.site.url}/printing")
    await take_all(widget_states.beginning(page, grace))


async def cards(play: Play) -> None:
    """The cards that the story does not come by."""
    page = await play.window("about:blank")
    async for name, shown in card_states.states(page, play.stage.teams.url):
        await states(page, name, shown)


async def from_rt(play: Play) -> None:
    """The page to which RT's ticket page leads."""
    grace = await start_states.desk(play.browser, "grace")
    mallory = await start_states.desk(play.browser, "mallory")
    async for name, page in start_states.states(grace, mallory, play.stage):
        await states(page, name)


# --- the stage -----------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Stage, Service]]:
    with tempfile.TemporaryDirectory(prefix="livechat-screens-") as folder:
        url = f"sqlite:///{Path(folder) / 'screens.db'}"
        async with Stage(free_port()) as stage:
            await asyncio.to_thread(upgrade, url)
            also = start_states.settings(stage) | widget_states.SETTINGS
            service = Service(Settings(**stage.settings(url) | also))
            await service.start()
            try:
                yield stage, service
            finally:
                await service.stop()


async def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("screens: no chromium here; apt-get install chromium", file=sys.stderr)
        return 1
    expect.set_options(timeout=PATIENCE)
    ALL.mkdir(parents=True, exist_ok=True)
    async with running() as (stage, service), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        play = Play(browser, stage, service)
        await story(play)
        await cards(play)
        await from_rt(play)
        await browser.close()
    pictures = sorted(SCREENS.rglob("*.png"))
    size = sum(path.stat().st_size for path in pictures)
    print(f"screens: {len(pictures)} pictures, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
