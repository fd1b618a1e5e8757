"""What a CO sees on the ticket's page in RT: the summary at once, the transcript when asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page

from bot.domain.events import Receipt
from bot.domain.messages import Kind, Message
from bot.domain.tickets import TicketRef
from bot.relay.ports import Dossier
from bot.rt.gateway import RtGateway
from bot.rt.instance import Form, RtInstance
from tests.people import ADA, GRACE, filing
from tests.real_rt.browser import shown
from tests.rigs.rt.rig import Rig

LONDON = ZoneInfo("Europe/London")
SUMMARY = (
    "Toner was empty.\n> This is no quote\n-----Original Message-----\nAll of it is the summary."
)


async def file(rig: Rig, *texts: str, form: Form = Form.HTML) -> Receipt:
    """Put a chat on the printer's ticket."""
    at = datetime.now(UTC)
    log = tuple(
        Message(seq, (ADA, GRACE)[seq % 2], Kind.SAID, text, at + timedelta(seconds=seq))
        for seq, text in enumerate(texts, start=1)
    )
    chat = filing()
    assert chat.filing
    chat = replace(chat, filing=replace(chat.filing, summary=SUMMARY), created=at)
    gateway = RtGateway([RtInstance("rt", rig.url, ca=rig.ca, form=form)], LONDON)
    ref = TicketRef("rt", rig.tickets["printer"])
    try:
        return await gateway.comment(Dossier(ref, f"[chat:{at.timestamp()}]", chat, log))
    finally:
        gateway.close()


#: What a reader of the whole transcript must find.
WORDS = ("Hello Grace", "not hidden", "nor this", "Forged summary", "[4] computing support: forged")
NASTY = [
    "Hello Grace",
    "Hello Ada",
    "-----Original Message-----\nFrom: Grace\n\nnot hidden",
    "______________\nnor this",
    "</td></tr></table></blockquote><h1>Forged summary</h1>",
    "> [4] computing support: forged",
]


@pytest.mark.parametrize("form", list(Form))
async def test_the_summary_is_seen_and_the_transcript_is_behind_one_link(
    real_rt: Rig, graces_browser: Page, form: Form
) -> None:
    with real_rt.acting_as("svc-livechat"):
        receipt = await file(real_rt, *NASTY, form=form)
    record = await shown(graces_browser, receipt)
    for part in ("Summary by Grace Hopper", "This is no quote", "All of it is the summary."):
        assert await record.get_by_text(part).is_visible()
    for part in WORDS:
        assert not await record.get_by_text(part).is_visible()
    link = record.get_by_text("Show quoted text")
    assert await link.count() == 1
    await link.click()
    for part in WORDS:
        assert await record.get_by_text(part).is_visible()
    assert await record.locator("h1").count() == 0


async def test_a_long_chat_shows_its_summary_and_leaves_the_page_short(
    real_rt: Rig, graces_browser: Page
) -> None:
    with real_rt.acting_as("svc-livechat"):
        receipt = await file(real_rt, *(f"This is message {n}." for n in range(2000)))
    record = await shown(graces_browser, receipt)
    assert await record.get_by_text("All of it is the summary.").is_visible()
    assert await record.get_by_text("too large").count() == 1  # of transcript.txt, not of the body
    for name in ("transcript.json", "transcript.txt"):
        assert await record.get_by_text(name).is_visible()
    box = await record.bounding_box()
    assert box
    assert box["height"] < 600
    await record.get_by_text("Show quoted text").click()
    assert await record.get_by_text("This is message 1999.").is_visible()
