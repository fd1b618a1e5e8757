"""Ten hostile texts, by every way into a real RT, as a CO finds them on the ticket's page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.domain.messages import Kind, Message
from bot.rt.instance import Form
from tests.contract.rts import entered, gateway_of
from tests.people import ADA
from tests.real_rt.browser import browser_of, shown
from tests.rt.hostile import FORGED, HOSTILE, TEXTS

CASES = [
    ("rt5 rest2 cookie", Form.HTML),
    ("rt5 rest2 cookie", Form.TEXT),
    ("rt5 mail", Form.HTML),
    ("rt4 rest1", Form.HTML),
    ("rt4 mail", Form.TEXT),
]


@pytest.mark.parametrize(("way", "form"), CASES)
async def test_they_come_out_as_text_below_their_own_speaker(
    way: str, form: Form, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    async with entered(way, request) as place:
        gateway = gateway_of(replace(place.instance, form=form))
        at = datetime.now(UTC)
        log = tuple(
            Message(seq, ADA, Kind.SAID, text, at + timedelta(seconds=seq))
            for seq, text in enumerate(TEXTS.values(), start=1)
        )
        dossier = replace(place.dossier("printer"), log=log)
        receipt = await gateway.comment(dossier)
        assert await gateway.find(dossier) == receipt  # by mail: with the transcript byte for byte
        gateway.close()
    rig = request.getfixturevalue("rt4" if way.startswith("rt4") else "real_rt")
    async with browser_of(rig, tmp_path) as page:
        record = await shown(page, receipt)
        await expect(record.get_by_text("Toner was empty.")).to_be_visible()
        link = record.get_by_text("Show quoted text")
        assert await link.count() == 1
        await expect(record.get_by_text("wroteword")).to_be_hidden()
        await link.click()
        for _, word in HOSTILE.values():
            if word:
                await expect(record.get_by_text(word).first).to_be_visible()
        for tag in ("h1", "script", "img[src='x']"):
            assert await record.locator(tag).count() == 0
        lines = (await record.inner_text()).splitlines()
        seen = [" ".join(line.split()) for line in lines]
        begins = "Ada Lovelace visitor · " if form is Form.HTML else "> ["
        assert sum(line.startswith(begins) for line in seen) == len(TEXTS)
        assert sum(FORGED in line for line in seen) == 3
        if form is Form.TEXT:
            assert all(line.startswith("> | ") for line in seen if FORGED in line)
            return
        speaker = await record.locator("dt").first.bounding_box()
        said = await record.locator("dd").all()
        boxes = [await one.bounding_box() for one in said]
        assert speaker
        assert all(box and box["x"] >= speaker["x"] + 20 for box in boxes)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
