"""What a CO sees on the ticket's page in RT: the summary at once, the transcript when asked for."""

import base64
import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from bot.domain.events import Receipt
from bot.domain.messages import Kind, Message
from bot.domain.tickets import TicketRef
from bot.relay.ports import Attachment, Dossier
from bot.rt.gateway import RtGateway
from bot.rt.instance import Form, RtInstance
from bot.rt.record import compose
from bot.rt.wire import message
from tests.people import ADA, GRACE, filing
from tests.real_rt.browser import shown
from tests.rigs.rt.rig import Rig

LONDON = ZoneInfo("Europe/London")
SUMMARY = (
    "Toner was empty.\n> This is no quote\n-----Original Message-----\nAll of it is the summary."
)


def dossier(rig: Rig, *texts: str, files: tuple[Attachment, ...] = ()) -> Dossier:
    """A chat about the printer's ticket."""
    at = datetime.now(UTC)
    log = tuple(
        Message(seq, (ADA, GRACE)[seq % 2], Kind.SAID, text, at + timedelta(seconds=seq))
        for seq, text in enumerate(texts, start=1)
    )
    chat = filing()
    assert chat.filing
    chat = replace(chat, filing=replace(chat.filing, summary=SUMMARY), created=at)
    ref = TicketRef("rt", rig.tickets["printer"])
    return Dossier(ref, f"[chat:{at.timestamp()}]", chat, log, files)


async def file(rig: Rig, told: Dossier, form: Form = Form.HTML) -> Receipt:
    """Put it there."""
    gateway = RtGateway([RtInstance("rt", rig.url, ca=rig.ca, form=form)], LONDON)
    try:
        return await gateway.comment(told)
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
        receipt = await file(real_rt, dossier(real_rt, *NASTY), form)
    record = await shown(graces_browser, receipt)
    for part in ("Summary by Grace Hopper", "This is no quote", "All of it is the summary."):
        await expect(record.get_by_text(part)).to_be_visible()
    for part in WORDS:
        await expect(record.get_by_text(part)).to_be_hidden()
    link = record.get_by_text("Show quoted text")
    assert await link.count() == 1
    await link.click()
    for part in WORDS:
        await expect(record.get_by_text(part)).to_be_visible()
    assert await record.locator("h1").count() == 0


def pictures(number: int) -> tuple[Attachment, ...]:
    """Pictures of a megabyte: the smallest there is, and bytes behind it that nobody looks at."""
    smallest = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    noise = random.Random(1)  # nothing to be kept secret
    return tuple(
        Attachment(1 + n * 100, f"Bild für {n}.png", "image/png", smallest + noise.randbytes(10**6))
        for n in range(number)
    )


def kept(rig: Rig, receipt: Receipt) -> dict[str, str]:
    """The digests of a comment's files, as RT gives them back."""
    with rig.acting_as("svc-livechat"), rig.session() as session:
        url = f"{rig.url}/REST/2.0"
        asked = {"per_page": "100", "fields": "Filename"}
        items = session.get(
            f"{url}/transaction/{receipt.transaction}/attachments", params=asked
        ).json()["items"]
        named = {item["Filename"]: item["id"] for item in items if item["Filename"]}
        found = {name: session.get(f"{url}/attachment/{n}").json() for name, n in named.items()}
    return {
        name: hashlib.sha256(base64.b64decode(told["Content"])).hexdigest()
        for name, told in found.items()
    }


def bare(rig: Rig, told: Dossier) -> float:
    """Seconds for which RT takes the same bytes from somebody who does nothing else."""
    record = compose(told, LONDON)
    body = message(record.as_json() | {"Subject": "the floor"}, record.parts)
    url = f"{rig.url}/REST/2.0/ticket/{rig.tickets['owned']}/comment"
    with rig.session() as session:
        began = time.perf_counter()
        headers = {"Content-Type": "application/json"}
        session.post(url, data=body, headers=headers).raise_for_status()
        return time.perf_counter() - began


async def test_two_megabytes_of_messages_and_ten_pictures_arrive_whole_and_leave_the_page_short(
    real_rt: Rig, graces_browser: Page, figures: Callable[[str], None]
) -> None:
    texts = [f"This is message {n}. {'Größe <&> ' * 62}" for n in range(3000)]
    told = dossier(real_rt, *texts, files=pictures(10))
    assert sum(len(text.encode()) for text in texts) > 2_000_000
    before = real_rt.comments(told.ref.number)
    with real_rt.acting_as("svc-livechat"):
        floor = bare(real_rt, told)
        began = time.perf_counter()
        receipt = await file(real_rt, told)
        took = time.perf_counter() - began
        floor = min(floor, bare(real_rt, told))
    figures(
        f"a chat of 3,000 messages with 10 pictures of 1 MB: filed and read back in {took:.1f} s, "
        f"{took / floor:.2f} times as long as a bare POST of the same bytes ({floor:.1f} s)"
    )
    assert real_rt.comments(told.ref.number) == before + 1
    parts = compose(told, LONDON).parts
    sent = {part.name: part.sha256 for part in parts}
    assert len(sent) == 12
    assert kept(real_rt, receipt) == sent
    assert receipt.sha256 == sent["transcript.json"]
    assert [one["text"] for one in json.loads(parts[0].content)["lines"]] == texts
    record = await shown(graces_browser, receipt)
    await expect(record.get_by_text("All of it is the summary.")).to_be_visible()
    assert await record.get_by_text("too large").count() == 1  # of transcript.txt, not of the body
    for name in sent:
        await expect(record.locator(".downloadfilename", has_text=name)).to_be_visible()
    body = record.locator(".messagebody", has_text="All of it is the summary.").last
    box = await body.bounding_box()
    assert box
    assert box["height"] < 300
    await record.get_by_text("Show quoted text").click()
    await expect(record.get_by_text("This is message 2999.")).to_be_visible()
    await expect(record.get_by_text("Attached: Bild_fur_0.png")).to_be_visible()
