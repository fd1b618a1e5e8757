"""Chats in which both sides say nothing but hostile texts, on a real service and in a real browser."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from playwright._impl._api_structures import SetCookieParam
from playwright.async_api import Browser, Page, Response, expect

from bot.domain.commands import without_notes
from bot.domain.legible import parts
from bot.domain.legible import shown as legible
from bot.sandbox.rt.world import Transaction
from bot.sandbox.stage import PREFIX, Stage
from bot.teams.markup import unforged
from tests.e2e.reading import sent, shown, squeezed
from tests.e2e.trap import Trap
from tests.faults.books import Account
from tests.faults.opening import channels, open_chats
from tests.hatchery import Hatchery
from tests.hostile_texts import HostileTexts
from tests.migrated import lay_out
from tests.processes import ServiceProcess, free_port

#: The composer is filled as a paste does it: letter by letter ten thousand texts take hours.
_SAY = """async (texts) => {
  const root = document.querySelector("rt-livechat").shadowRoot;
  let number = 0;
  for (const units of texts) {
    // The service takes twenty at once, then one a second.
    if (++number > 19) await new Promise((next) => setTimeout(next, 1100));
    const box = root.querySelector("#box");
    box.value = String.fromCharCode(...units.slice(0, 30000));
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise((next) => requestAnimationFrame(next));
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    await new Promise((next) => requestAnimationFrame(next));
  }
}"""
_SHOWN = """() => [...document.querySelector("rt-livechat").shadowRoot.querySelectorAll("li.said")].map((li) => ({
  own: li.classList.contains("own"),
  who: li.querySelector(".who").textContent,
  blocks: [...li.querySelector(".body").children].map((block) => block.textContent),
}))"""
#: What Chromium tells of a document that is only read: nothing of it runs, or is fetched.
PARSED = {
    "policy script-src-attr inline ",
    "policy style-src-elem inline ",
    "policy base-uri https://evil.example/ ",
}
_HEADER = re.compile(
    r"^(?P<who>[^|\n]*) · \d\d:\d\d · #(?P<seq>\d+)(?: \(\d+/\d+\))?$", re.MULTILINE
)


@dataclass
class Tally:
    """What came of all chats."""

    said: int = 0  # by visitors
    written: int = 0  # by COs
    nothing: int = 0  # of COs' HTML there was nothing left to be said
    posts: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.said} texts of visitors, {self.written} of COs ({self.nothing} left nothing), "
            f"{self.posts} posts in Teams, answers {dict(self.statuses.most_common())}"
        )


@dataclass
class Ground:
    """The service, the stand-ins around it, and chats that are open."""

    stage: Stage
    service: ServiceProcess
    accounts: Sequence[Account]


@asynccontextmanager
async def ground(folder: Path, hatchery: Hatchery, chats: int, seed: int) -> AsyncIterator[Ground]:
    """Start it all."""
    url = f"sqlite:///{folder / 'livechat.db'}"
    await asyncio.to_thread(lay_out, url)
    async with Stage(free_port(), enforce_limits=False) as stage:
        places = channels(stage, chats)
        accounts = await open_chats(stage, url, places, chats, seed)
        # Most of the chats wait for their turn, without a visitor, for longer than a visitor may be gone.
        waits = {"gone_minutes": 600}
        config = stage.write(folder, url, relay={"pacing": False}, silence=waits)
        base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
        async with ServiceProcess(config, base, hatchery=hatchery) as service:
            yield Ground(stage, service, accounts)


class HostileChat:
    """One chat: ``each`` texts from either side, then into RT."""

    def __init__(
        self, ground: Ground, number: int, tally: Tally, browser: Browser, seed: int
    ) -> None:
        account = ground.accounts[number]
        self._stage, self._account, self._tally = ground.stage, account, tally
        self._browser = browser
        self._texts = HostileTexts(f"{seed}x{number}", number * 80)
        self._typed: dict[str, str] = {}  # by mark: what Ada typed
        self._plain: dict[str, str] = {}  # what Grace typed, and Teams wrote as HTML
        self._trap = Trap(f"{ground.stage.site.url}/", f"ws{ground.stage.site.url[4:]}/")

    def _problem(self, what: str, *more: object) -> None:
        self._tally.problems.append(
            f"{self._account.chat}: {what} {' '.join(map(ascii, more))}"[:900]
        )

    async def play(self, each: int, *, in_teams: bool) -> None:
        """Talk, file, and look at everything."""
        async with await self._browser.new_context() as context:
            await self._trap.set(context)
            cookie: SetCookieParam = {
                "name": "__Host-livechat",
                "value": self._account.secret,
                "url": "https://localhost/",
                "secure": True,
                "httpOnly": True,
            }
            await context.add_cookies([cookie])
            page = await context.new_page()
            page.on("response", self._answered)
            await self._open(page)
            await asyncio.gather(self._say(page, each), self._write(each))
            await self._settle(page, each)
            if in_teams:
                await self._look_in_teams()
            comment = await self._file(page)
            record = json.loads(_part(comment, "transcript.json"))
            await self._compare(page, record)
            self._posted(record)
            await self._in_rt(comment, record)
            for caught in await self._trap.look(page):
                self._problem("caught", caught)

    def _answered(self, response: Response) -> None:
        self._tally.statuses[response.status] += 1
        if response.status >= 500:
            self._problem("answered", response.status, response.url)

    async def _open(self, page: Page) -> None:
        await page.goto(f"{self._stage.site.url}/ticket")
        await page.evaluate(
            "(ticket) => localStorage.setItem('livechat:session', JSON.stringify(ticket))",
            str(self._account.ticket),
        )
        await page.goto(f"{self._stage.site.url}/printing")
        await page.locator("rt-livechat .launcher").click()
        await expect(page.locator("rt-livechat #box")).to_be_visible()

    async def _say(self, page: Page, each: int) -> None:
        for _ in range(each):
            mark, text = self._texts.next()
            self._typed[mark] = text
        await page.evaluate(_SAY, [_units(text) for text in self._typed.values()])
        self._tally.said += each

    async def _write(self, each: int) -> None:
        """Half as Teams writes what is typed, half as HTML of somebody else's making."""
        grace = self._stage.teams.people["grace"]
        for number in range(each):
            mark, text = self._texts.next()
            if number % 2:
                written = text
            else:
                self._plain[mark] = text
                written = f"<p>{html.escape(text).replace(chr(10), '<br>')}</p>"
            post = await grace.reply(self._account.root, mark, html=written)
            if post.note:
                self._problem("refused by the bot", post.note, text)
        await grace.reply(self._account.root, "That is all.")
        self._tally.written += each

    async def _settle(self, page: Page, each: int) -> None:
        """Everything that was said is there."""
        log = page.locator("rt-livechat .log")
        await expect(log.get_by_text("That is all.", exact=True)).to_be_visible(timeout=30_000)
        await expect(log.locator("li.said.own")).to_have_count(each, timeout=30_000)
        await expect(log.get_by_text("Sending…")).to_have_count(0, timeout=30_000)
        await expect(log.get_by_text("Delivered to computing support").last).to_be_visible(
            timeout=30_000
        )

    async def _file(self, page: Page) -> Transaction:
        grace, ticket = self._stage.teams.people["grace"], self._account.ticket
        _, summary = self._texts.next()
        summary = re.sub(r"//", "/", summary)[:3000]
        command = f"send to rt {ticket}: Done. {summary}"
        await grace.reply(self._account.root, command, mention=True)
        await expect(page.locator("rt-livechat .foot h3")).to_be_visible(timeout=60_000)
        world = self._stage.rt.world
        async with asyncio.timeout(60):
            while True:
                for one in world.transactions:
                    if (one.ticket, one.kind) == (ticket, "Comment"):
                        return one
                await asyncio.sleep(0.1)

    # --- what is there --------------------------------------------------------------------------

    async def _compare(self, page: Page, record: dict[str, Any]) -> None:
        """The pop-up shows what the record has, and that is what was said."""
        lines = [line for line in record["lines"] if line["kind"] == "message"]
        seen = await page.evaluate(_SHOWN)
        if len(seen) != len(lines):
            self._problem("shown", len(seen), "of", len(lines))
        for line, there in zip(lines, seen, strict=False):
            quote, want = line["quote"], shown(legible(line["text"]))
            if quote:
                want.insert(0, f"In reply to {quote['name']}{legible(quote['text'])}")
            if there["blocks"] != want:
                self._problem("shown as", there["blocks"], "not as", want)
            if there["own"] is not (line["role"] == "visitor"):
                self._problem("whose is it?", there, line)
        said = [line["text"] for line in lines if line["role"] == "visitor"]
        wanted = [sent(text) for text in self._typed.values()]
        for text, meant in zip(said, wanted, strict=False):
            if text != meant:
                self._problem("stored", text, "not", meant)
        if len(said) != len(wanted):
            self._problem("stored", len(said), "of", len(wanted))
        self._compare_written([line["text"] for line in lines if line["role"] == "operator"])

    def _compare_written(self, written: list[str]) -> None:
        """Whatever Grace typed has come, without her notes; of strange HTML, what there is in it."""
        for mark, text in self._plain.items():
            whole = text.encode("utf-8", "replace").decode()  # halves of characters are "?"
            want = squeezed(without_notes(whole.replace("\r\n", "\n").replace("\r", "\n"))[0])
            found = [squeezed(one) for one in written if mark in one]
            if (found or [""]) != [want] and mark in want:
                self._problem("Grace's", found, "not", want)
        self._tally.nothing += len(self._plain) * 2 - len(written) + 1

    def _posted(self, record: dict[str, Any]) -> None:
        """In Teams every text stands under its speaker's line, and nobody has forged another."""
        root = self._account.root
        posts = [
            p for p in root.conversation.posts if p.author is None and p.root_id == root.root_id
        ]
        relayed = [p for p in posts if _HEADER.match(p.text)]
        self._tally.posts += len(relayed)
        for post in relayed:
            if post.text_format != "plain" or post.entities or post.attachments:
                self._problem("a post that is more than words", post.text_format, post.entities)
        whole = "\n".join(post.text for post in relayed)
        pieces = _HEADER.split(whole)  # before, who, seq, text, who, seq, text, …
        found: dict[int, str] = {}
        for who, seq, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            found[int(seq)] = found.get(int(seq), "") + text
            if who != record["visitor"]["name"]:
                self._problem("somebody else speaks", who, text)
        wanted = {
            line["seq"]: line["text"]
            for line in record["lines"]
            if line["kind"] == "message" and line["role"] == "visitor"
        }
        if found.keys() != wanted.keys():
            self._problem("speakers' lines", sorted(found.keys() ^ wanted.keys()))
        for seq, text in wanted.items():
            there = squeezed(found.get(seq, "")).replace("|", "")
            if there != squeezed(unforged(legible(text))).replace("|", ""):
                self._problem("posted as", there, "not", text)

    async def _look_in_teams(self) -> None:
        """The thread on the page that stands in for Teams."""
        teams = self._stage.teams
        trap = Trap(teams.url)
        async with await self._browser.new_context() as context:
            await trap.set(context)
            page = await context.new_page()
            place = self._account.root.conversation.id
            await page.goto(f"{teams.url}#person=grace&in={place}")
            # Whatever was posted so far is on that page.
            await page.wait_for_selector("#ready", state="attached", timeout=180_000)
            for mark in list(self._typed)[-3:]:
                await expect(page.get_by_text(mark).first).to_be_attached()
            for caught in await trap.look(page, None):
                if caught not in PARSED:
                    self._problem("caught in Teams", caught)

    async def _in_rt(self, comment: Transaction, record: dict[str, Any]) -> None:
        """The comment as a browser without any policy shows it: no script, nobody forged."""
        trap = Trap("http://rt.test/")
        body = comment.attachments[0].content.decode()
        async with await self._browser.new_context() as context:
            await trap.set(context)
            page = await context.new_page()
            page_html = f"<!doctype html><meta charset=utf-8><body>{body}"
            await page.route(
                "http://rt.test/",
                lambda route: route.fulfill(
                    body=page_html, content_type="text/html; charset=utf-8"
                ),
            )
            await page.goto("http://rt.test/")
            dds: list[str] = await page.locator("dd:not(:has(small))").evaluate_all(
                "(all) => all.map((dd) => dd.innerText)"
            )
            self._problems_in_rt(await trap.look(page, None))
        wanted = {squeezed("".join(parts(line["text"]))) for line in record["lines"]}
        for text in dds:
            if squeezed(text) not in wanted and not any(
                one.startswith(squeezed(text)) for one in wanted
            ):
                self._problem("RT shows", text)
        read = _Words()
        read.feed(body)
        if read.strangers:
            self._problem("RT gets", read.strangers)

    def _problems_in_rt(self, caught: list[str]) -> None:
        for one in caught:
            if not re.fullmatch(r"(dd|dt|p|div|span) style", one):
                self._problem("caught in RT", one)


class _Words(HTMLParser):
    """The elements of a record."""

    def __init__(self) -> None:
        super().__init__()
        self.strangers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"h3", "div", "small", "strong", "blockquote", "dl", "dt", "dd", "br", "em"}:
            self.strangers.append(tag)


def _units(text: str) -> list[int]:
    """A text as JavaScript has it: halves of characters do not survive any other way there."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return [raw[n] | raw[n + 1] << 8 for n in range(0, len(raw), 2)]


def _part(comment: Transaction, name: str) -> bytes:
    (found,) = [part.content for part in comment.attachments if part.name == name]
    return found
