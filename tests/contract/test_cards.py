"""Microsoft's own renderer draws every card of ours without a warning, and people's words stay words.

Set CARD_SCREENS to a folder to get a picture of each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from bot.domain.matching import fingerprint
from bot.teams.cards import card
from tests.chromium import CHROMIUM, HEADLESS, first
from tests.people import TICKET
from tests.teams.cast import CARDS, NASTY

RENDERER = Path(__file__).parents[1] / "npm/node_modules/adaptivecards/dist/adaptivecards.min.js"
#: A better markdown engine for pictures (npm markdown-it), if one is at hand.
MARKDOWN = os.environ.get("CARD_MARKDOWN", "")

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Cards</title>
<style>body { width: 480px; margin: 12px; font: 14px "Segoe UI", sans-serif }
#card { border: 1px solid #ccc; border-radius: 6px } .ac-pushButton { margin: 2px }</style>
<div id="card"></div></html>"""

DRAW = r"""
(json) => {
    const AC = AdaptiveCards, complaints = [];
    const names = Object.fromEntries(Object.entries(AC.ValidationEvent).map(([k, v]) => [v, k]));
    // CommonMark's escapes and strong, which is what our cards use.
    const simple = (text) => {
        const held = [];
        const hold = (c) => `\u0001${held.push(c) - 1}\u0002`;
        const html = text.replace(/\\([!-\/:-@\[-`{-~])/g, (_, c) => hold(c))
            .replace(/&/g, "&amp;").replace(/</g, "&lt;")
            .replace(/\*\*(.+?)\*\*/g, "<strong>$1</strong>")
            .replace(/\[([^\]]*)\]\(([^)]*)\)/g, '<a href="$2">$1</a>');
        const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
        return html.replace(/\u0001(\d+)\u0002/g, (_, n) => named[held[n]] ?? held[n]);
    };
    AC.AdaptiveCard.onProcessMarkdown = (text, result) => {
        result.outputHtml = window.markdownit ? window.markdownit().render(text) : simple(text);
        result.didProcess = true;
    };
    const context = new AC.SerializationContext(AC.Versions.v1_5);
    const card = new AC.AdaptiveCard();
    card.hostConfig = new AC.HostConfig({ fontFamily: "Segoe UI, sans-serif" });
    card.version = AC.Versions.v1_5;
    card.parse(json, context);
    for (let i = 0; i < context.eventCount; i++) complaints.push(context.getEventAt(i));
    complaints.push(...card.validateProperties().validationEvents);
    window.actions = [];
    card.onExecuteAction = (action) => window.actions.push(
        { title: action.title, verb: action.verb, data: action.data, url: action.url });
    document.getElementById("card").replaceChildren(card.render());
    return complaints.map((c) => `${names[c.event]}: ${c.message}`);
}
"""


@dataclass
class Sheet:
    """A page with the renderer on it: what it asked the network for, and what it complained of."""

    page: Page
    wanted: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def draw(self, name: str) -> None:
        """Draw a card, unfold what can be unfolded, and see that nobody complained."""
        self.said.clear()
        drawing: dict[str, Any] = card(CARDS[name], UTC)
        assert self.page.evaluate(DRAW, drawing) == []
        for action in drawing["actions"]:
            if action["type"] == "Action.ShowCard":
                self.page.get_by_role("button", name=action["title"], exact=True).click()
        assert self.said == []

    def text(self) -> str:
        return self.page.locator("#card").inner_text()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button).click()

    def sent(self) -> list[dict[str, Any]]:
        """The data of every button that was pressed and took effect."""
        actions: list[dict[str, Any]] = self.page.evaluate("window.actions")
        return [action["data"] for action in actions]


@pytest.fixture(scope="module")
def sheet() -> Iterator[Sheet]:
    program = first(HEADLESS, CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        ready = Sheet(browser.new_page(viewport={"width": 520, "height": 400}))
        ready.page.on("request", lambda request: ready.wanted.append(request.url))
        ready.page.on("console", lambda message: ready.said.append(message.text))
        ready.page.on("pageerror", lambda error: ready.said.append(str(error)))
        ready.page.set_content(PAGE)
        ready.page.add_script_tag(content=RENDERER.read_text(encoding="utf-8"))
        if MARKDOWN:
            ready.page.add_script_tag(content=Path(MARKDOWN).read_text(encoding="utf-8"))
        yield ready
        browser.close()


HEADS = ("A visitor asks: ", "A chat that a visitor began")


@pytest.mark.parametrize("name", CARDS)
def test_microsofts_renderer_draws_the_card_without_a_warning(sheet: Sheet, name: str) -> None:
    sheet.draw(name)
    begun = CARDS[name].chat.intake is not None
    assert sheet.text().startswith(HEADS if begun else "Ticket rt#12345")
    if screens := os.environ.get("CARD_SCREENS"):
        sheet.page.locator("#card").screenshot(path=Path(screens) / f"{name}.png")


@pytest.mark.parametrize(
    "name", ["proposed-hostile", "open-hostile", "begun-hostile", "begun-own-tickets-hostile"]
)
def test_peoples_words_are_drawn_as_they_are_and_do_nothing(sheet: Sheet, name: str) -> None:
    sheet.draw(name)
    shown = sheet.text().replace("\u200b", "")
    assert NASTY.replace("\u202e", "").replace("  ", " ") in shown
    assert sheet.page.locator("#card a, #card img, #card script, #card at").count() == 0
    assert sheet.wanted == []


def test_send_to_rt_sends_what_was_entered(sheet: Sheet) -> None:
    sheet.draw("open-mention")
    sheet.page.get_by_label("Summary").fill("Toner was empty.\nReplaced.")
    sheet.page.get_by_label("Then").select_option(label="Comment, and set the status to resolved")
    sheet.page.get_by_label("To confirm").fill("345")
    sheet.press("Send to ticket 12345")
    [sent] = sheet.sent()
    wanted = {
        "chat": "chat-1",
        "verb": "file",
        "nonce": "1.0",
        "ticket": fingerprint(TICKET),
        "summary": "Toner was empty.\nReplaced.",
        "status": "resolved",
        "echo": "345",
    }
    assert {name: sent[name] for name in wanted} == wanted


def test_a_new_ticket_is_chosen_behind_a_button_of_its_own(sheet: Sheet) -> None:
    sheet.draw("open-mention")
    assert not sheet.page.get_by_role("button", name="Make a ticket and send").is_visible()
    sheet.press("Somewhere else")
    sheet.page.get_by_label("Summary").fill("Toner.")
    sheet.page.get_by_label("Queue").select_option(label="Teaching")
    sheet.press("Make a ticket and send")
    sent = sheet.sent()[-1]  # to show something is an action, too
    assert (sent["verb"], sent["summary"], sent["queue"]) == ("new", "Toner.", "Teaching")
    assert sent["requestor"] == "nobody"


def test_nobody_is_invited_before_one_of_several_is_chosen(sheet: Sheet) -> None:
    sheet.draw("proposed-several")
    sheet.press("Invite the person chosen")
    assert sheet.sent() == []
    sheet.page.get_by_label("Whom do you want to invite?").select_option(index=2)
    sheet.press("Invite the person chosen")
    assert [(sent["requestor"], sent["route"]) for sent in sheet.sent()] == [("1", "mail")]


def test_cancel_needs_no_choice(sheet: Sheet) -> None:
    sheet.draw("proposed-several")
    sheet.press("Cancel")
    assert sheet.sent() == [{"chat": "chat-1", "verb": "cancel", "nonce": "0.0"}]
