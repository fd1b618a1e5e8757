"""The cards that the story does not come by, drawn as the stand-in for Teams draws them: for pictures."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC

from playwright.async_api import Locator, Page, Route, expect

from bot.relay.confirming import Unconfirmed, confirm
from bot.relay.ports import CardView
from bot.teams.cards import card
from tests.teams.cast import CARDS

SEND, ELSEWHERE, MAIL = "Send to RT", "Somewhere else", "Mail it to the visitor"
#: Picture, view, and what is pressed to unfold the rest of it.
STATES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("card-begun", "begun", ()),
    ("card-begun-own-tickets", "begun-own-tickets", ()),
    ("card-begun-taken", "begun-taken", ()),
    ("card-begun-talking", "begun-signed-in", ()),
    ("card-begun-handed-back", "begun-handed-back", ()),
    ("card-taken-over", "open-taken-over", ()),
    ("card-green", "open-green", ()),
    ("card-amber", "open-mention", ()),
    ("card-red", "open-red", ()),
    ("card-confirm-surname", "open-red", (SEND,)),
    ("card-confirm-wrong", "open-wrong", ()),
    ("card-elsewhere", "open-green", (SEND, ELSEWHERE)),
    ("card-moving", "open-moving", ()),
    ("card-missed", "open-missed", (MAIL,)),
    ("card-mailed", "open-mailed", ()),
    ("card-held", "held-with-status", ()),
    ("card-held-new-ticket", "held-new-ticket", ()),
    ("card-undone", "ended-undone", ()),
    ("card-stopped", "ended-stopped", ()),
    ("card-refused", "ended-refused", ()),
    ("card-receipt-new-ticket", "filed-new-ticket", ()),
)
#: As wide as in a thread: on a phone what stands around it takes 84 pixels.
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Cards</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/page.css"><link rel="stylesheet" href="/static/card.css">
<style>body { overflow: auto } #card { padding: 0 20px; max-width: 600px; box-sizing: content-box }
@media (max-width: 500px) { #card { padding: 0 42px } }</style>
<div id="card"></div></html>"""
DRAW = """async (json) => {
    const { renderCard } = await import("/static/card.js");
    const drawn = renderCard(json, () => new Promise(() => {}));
    document.getElementById("card").replaceChildren(drawn);
}"""


async def states(page: Page, teams: str) -> AsyncIterator[tuple[str, Locator]]:
    """Draw one card after the other; yield each one's name, and itself.

    ``page`` is on no other use; ``teams`` is the address of the stand-in for Teams.
    """

    async def empty(route: Route) -> None:
        await route.fulfill(body=PAGE, content_type="text/html")

    await page.route(f"{teams}/only-cards", empty)
    await page.goto(f"{teams}/only-cards")
    for name, view, presses in STATES:
        yield name, await _drawn(page, CARDS[view], presses)


async def _drawn(page: Page, view: CardView, presses: tuple[str, ...]) -> Locator:
    await page.evaluate(DRAW, card(_with_its_answer(view), UTC))
    shown = page.locator("#card > .card")
    for title in presses:
        await shown.get_by_role("button", name=title, exact=True).click()
    await expect(shown).to_be_visible()
    return shown


def _with_its_answer(view: CardView) -> CardView:
    """Say of what was typed in vain what the service says of it."""
    if not view.wrong:
        return view
    try:
        confirm(view.chat, view.chat.ticket, view.typed, known=True)
    except Unconfirmed as refused:
        return replace(view, wrong=str(refused))
    raise AssertionError(view.typed)
