"""The main job into a real RT 5 behind Apache, mod_auth_gssapi and an MIT KDC."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from bot.domain.events import Receipt
from bot.sandbox.stage import PREFIX, Stage
from tests.hatchery import Hatchery
from tests.migrated import lay_out
from tests.processes import ServiceProcess, free_port
from tests.real_rt.browser import shown
from tests.rigs.rt.rig import Rig
from tests.story import Story


def into(rig: Rig) -> dict[str, dict[str, Any]]:
    """Settings that lead to the real RT by Kerberos instead of to the stand-in."""
    keytab = rig.facts["keytabs"]["svc-livechat"]
    instance = {"url": rig.url, "auth": "kerberos", "keytab": keytab, "ca_file": rig.ca}
    return {"rt": {"rt": instance}, "retention": {"quarantine_seconds": 5}}


def comments(rig: Rig, ticket: int) -> list[dict[str, Any]]:
    """The ticket's comments, as RT's own API tells them to the service's account."""
    with rig.acting_as("svc-livechat"), rig.session() as session:
        url = f"{rig.url}/REST/2.0/ticket/{ticket}/history"
        query = {"fields": "Type,Data,Creator", "per_page": "100"}
        items = session.get(url, params=query, verify=rig.ca).json()["items"]
        return [item for item in items if item["Type"] == "Comment"]


async def test_five_presses_put_one_comment_into_the_right_ticket(
    real_rt: Rig, tmp_path: Path, hatchery: Hatchery, graces_browser: Page
) -> None:
    ticket, url = real_rt.tickets["printer"], f"sqlite:///{tmp_path / 'livechat.db'}"
    before = await asyncio.to_thread(comments, real_rt, ticket)
    async with Stage(free_port()) as stage:
        config = stage.write(tmp_path, url, **into(real_rt))
        await asyncio.to_thread(lay_out, url)
        kerberos = str(real_rt.facts["krb5_config"])
        base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
        async with ServiceProcess(config, base, hatchery=hatchery, KRB5_CONFIG=kerberos) as service:
            story = Story(stage, service, ticket=ticket)
            try:
                await story.tell()
            finally:
                await story.ada.close()
        story.check()
        after = await asyncio.to_thread(comments, real_rt, ticket)
    new = [item for item in after if item not in before]
    assert [item["Creator"]["id"] for item in new] == ["svc-livechat"]
    assert "[chat:" in new[0]["Data"]
    url = f"{real_rt.url}/Ticket/Display.html?id={ticket}"
    record = await shown(graces_browser, Receipt(ticket, int(new[0]["id"]), url))
    await expect(record.get_by_text("Summary by Grace Hopper")).to_be_visible()
    await expect(record.get_by_text("Toner.")).to_be_visible()
    await expect(record.get_by_text("It beeps.")).to_be_hidden()
    await record.get_by_text("Show quoted text").click()
    await expect(record.get_by_text("It beeps.")).to_be_visible()
    await expect(record.get_by_text("Which one?")).to_be_visible()
