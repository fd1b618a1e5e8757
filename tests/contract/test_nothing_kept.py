"""After a chat is filed, nothing that was said or written in it is left on this machine.

A service that is a process of its own, looked at from outside: its database's files byte by byte,
its log, its temporary files, and what it answers.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from bot.sandbox.stage import PREFIX, Stage
from bot.sandbox.teams.faults import Fault
from tests.contract.figures import Scraper
from tests.faults import dying
from tests.hatchery import Hatchery
from tests.migrated import lay_out
from tests.processes import ServiceProcess, free_port
from tests.story import Story

CANARY = "CANARY"
PNG = "\x89PNG\r\n\x1a\n"
#: People's names and addresses on the stand-in's ticket, and its subject.
PEOPLE = ("Lovelace", "ada@", "s1234567")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage(free_port(), enforce_limits=False) as a_stage:
        yield a_stage


def left(folder: Path, *words: str) -> list[str]:
    """Where in the service's files one of the words stands."""
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "livechat.toml"]
    return sorted(
        f"{word} in {file.name}"
        for word in words
        for file in files
        if word.encode() in _bytes(file)
    )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # a temporary file that has just gone
        return b""


async def talk(story: Story) -> None:
    """Everything that can be said, changed, quoted, taken back and kept to oneself."""
    grace, ada = story.grace, story.ada
    await story.open()
    for number in range(12):
        await ada.say(f"{CANARY} said {number} " * (1 + 40 * (number % 7)))
    await ada.until(lambda: not ada.unsent)
    for number in range(3):
        noise = random.Random(number).randbytes(100_000 * number)
        picture = f"{PNG}{CANARY} drawn {number}".encode("latin-1") + noise
        assert await ada.attach(f"{CANARY}{number}.png", picture, f"{CANARY} shown {number}") == 200
    assert await ada.attach(f"{CANARY}.log", f"{CANARY} logged".encode()) == 200
    await story.in_thread(f"{CANARY} said 11")
    first = await grace.reply(story.root, f"{CANARY} answered", mention=True)
    await grace.edit(first, f"{CANARY} changed", mention=True)
    second = await grace.reply(story.root, f"{CANARY} regretted", mention=True)
    await grace.delete(second)
    quoted = story.relayed(f"{CANARY} said 0")[0]
    await grace.reply(story.root, f"{CANARY} about that", mention=True, quote=quoted)
    picture = f"{PNG}{CANARY} pasted".encode("latin-1")
    await grace.reply(story.root, f"{CANARY} see", mention=True, images=[picture])
    await ada.until(lambda: any(line["text"] == "file_here" for line in ada.lines))
    note = await grace.reply(story.root, f"// {CANARY} among us", mention=True)
    await grace.edit(note, f"// {CANARY} still among us", mention=True)
    await ada.until(lambda: f"{CANARY} about that" in ada.texts())


async def file(story: Story, seconds: float = 60) -> None:
    card = await story.card(lambda text: "Send to RT" in text)
    values = {**story.sends, "summary": f"{CANARY} summed up"}
    await story.grace.press(card, "file", values)
    await story.ada.until(lambda: story.ada.view.get("state") == "filed", seconds)


def in_tables(url: str, *words: str) -> list[str]:
    """In which tables one of the words stands."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        rows = {table: connection.execute(sa.text(f"SELECT * FROM {table}")) for table in tables}
        texts = {table: repr(found.all()) for table, found in rows.items()}
    engine.dispose()
    return sorted(f"{word} in {table}" for word in words for table in texts if word in texts[table])


@pytest.mark.parametrize("killed", [False, True], ids=["in peace", "killed in mid-purge"])
async def test_a_canary_is_found_nowhere_after_the_purge(
    tmp_path: Path, stage: Stage, hatchery: Hatchery, *, killed: bool
) -> None:
    folder, temporary = tmp_path / "data", tmp_path / "data" / "tmp"
    temporary.mkdir(parents=True)
    url, port = f"sqlite:///{folder / 'livechat.db'}", free_port()
    await asyncio.to_thread(lay_out, url)
    config = stage.write(
        folder,
        url,
        log={"level": "debug"},
        retention={"quarantine_seconds": 1, "purge_grace_seconds": 0},
        relay={"pacing": False},
        metrics={"port": port},
    )
    base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
    service = ServiceProcess(config, base, hatchery=hatchery, TMPDIR=str(temporary))
    async with service, Scraper(port) as scraper:
        story = Story(stage, service)
        await talk(story)
        await scraper.until('livechat_chats{state="open"} 1.0')
        assert left(folder, CANARY)
        await file(story)
        if killed:
            await service.restart()
        async with asyncio.timeout(60):
            while left(folder, CANARY, *PEOPLE):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.2)
        async with aiohttp.ClientSession() as session, session.get(f"{base}/healthz") as answer:
            assert CANARY not in await answer.text()
        await scraper.until('livechat_chats{state="purged"} 1.0')
        assert scraper.names(CANARY, *PEOPLE, "Grace", str(story.ticket), story.ada.chat) == []
        await story.ada.close()
        record = [c for t in stage.rt.world.transactions for c in t.attachments]
        assert any(CANARY.encode() in one.content for one in record)
        drawn = [one.content for one in record if f"{CANARY} drawn".encode() in one.content]
        assert [len(one) for one in drawn] == [22, 100_022, 200_022]
        assert any(f"{CANARY} pasted".encode() in one.content for one in record)
    assert left(folder, CANARY, *PEOPLE) == []
    assert CANARY not in json.dumps(story.ada.view)


#: What we die of: every step up to the purge, or the purge and every step of what wipes the disk.
STEPS = {
    "filing": (dying.NOT_SCRUBBING, dying.KEEPING),
    "purging": ("purge", {"claimed purge", "settling purge", "settled purge"}),
    "wiping": (r"settled purge|scrub|VACUUM|the log", dying.SCRUBBING | {"settled purge"}),
}


@pytest.mark.parametrize(
    ("database", "mid"), [("sqlite", "filing"), ("sqlite", "wiping"), ("postgresql", "purging")]
)
async def test_a_canary_is_found_nowhere_although_we_die_at_every_step(
    tmp_path: Path,
    stage: Stage,
    hatchery: Hatchery,
    request: pytest.FixtureRequest,
    database: str,
    mid: str,
) -> None:
    only, steps = STEPS[mid]
    folder, temporary, deaths = tmp_path / "data", tmp_path / "data" / "tmp", tmp_path / "deaths"
    temporary.mkdir(parents=True)
    url = f"sqlite:///{folder / 'livechat.db'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgres_url")
    await asyncio.to_thread(lay_out, url)
    kept = {"quarantine_seconds": 1, "purge_grace_seconds": 0}
    soon = {"lease_seconds": 4, "dead_after_seconds": 3, "pacing": False}
    port = free_port()
    config = stage.write(
        folder, url, log={"level": "debug"}, retention=kept, relay=soon, metrics={"port": port}
    )
    base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
    service = ServiceProcess(
        config, base, hatchery=hatchery, bug=dying.order(deaths, only), TMPDIR=str(temporary)
    )
    async with service, dying.kept_alive(service), Scraper(port) as scraper:
        story = Story(stage, service)
        await talk(story)
        assert in_tables(url, CANARY)
        deaths.mkdir()
        await file(story, 300)
        async with asyncio.timeout(120):
            while not steps <= dying.steps(deaths) or in_tables(url, CANARY):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            while left(folder, CANARY, *PEOPLE):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.2)
        await scraper.until('livechat_chats{state="purged"} 1.0')
        assert scraper.names(CANARY, *PEOPLE, story.ada.chat) == []
        await story.ada.close()
    comments = [t for t in stage.rt.world.transactions if t.kind == "Comment"]
    assert [comment.ticket for comment in comments] == [story.ticket]
    assert left(folder, CANARY, *PEOPLE) == []
    assert in_tables(url, CANARY, *PEOPLE) == []


@pytest.mark.parametrize("wished", [True, False])
async def test_the_bots_posts_go_from_the_thread_where_that_is_wished(
    tmp_path: Path, stage: Stage, hatchery: Hatchery, *, wished: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    await asyncio.to_thread(lay_out, url)
    rules = {"purge_grace_seconds": 0, "delete_teams_posts": wished}
    config = stage.write(tmp_path, url, retention=rules, relay={"pacing": False})
    base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
    async with ServiceProcess(config, base, hatchery=hatchery) as service:
        story = Story(stage, service)
        await story.open()
        await story.ada.say(f"{CANARY} beeps")
        await story.ada.until(lambda: not story.ada.unsent)
        await story.in_thread(f"{CANARY} beeps")
        stage.teams.faults.add(Fault.gateway(502, on="delete"))
        await file(story)
        await story.ada.close()
        await story.card(lambda text: "ransaction" in text)
        async with asyncio.timeout(60):
            while left(tmp_path, CANARY):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.05)
            while wished and sum(not post.deleted for post in story.posts()) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    statuses = {entry.status for entry in stage.teams.ledger.sent("delete")}
    assert statuses == ({502, 200} if wished else set())
    standing = [post for post in story.posts() if not post.deleted]
    assert any(post.cards for post in standing)  # the receipt
    assert any(CANARY in post.text for post in standing) is not wished
    assert not story.root.deleted  # a CO's own


async def test_a_chat_that_was_cancelled_leaves_nobodys_name(
    tmp_path: Path, stage: Stage, hatchery: Hatchery
) -> None:
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    await asyncio.to_thread(lay_out, url)
    config = stage.write(tmp_path, url)
    base = f"http://127.0.0.1:{stage.service_port}{PREFIX}"
    async with ServiceProcess(config, base, hatchery=hatchery) as service:
        story = Story(stage, service)
        story.root = await story.grace.post("Live chat", "12345", mention=True)
        card = await story.card(lambda text: "Invite" in text)
        assert left(tmp_path, *PEOPLE)
        await story.grace.press(card, "invite")
        await story.grace.press(await story.card(lambda text: "Revoke" in text), "cancel")
        async with asyncio.timeout(60):
            while left(tmp_path, *PEOPLE):  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.2)
        await story.ada.close()
