"""What is kept, told and erased at a prompt; beside a chat that is under way."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.domain.beginning import no_ticket
from bot.domain.blocking import Block, block_id
from bot.domain.chat import State
from bot.domain.identity import Identity, Proof
from bot.relay.delivery import Delivery, Lane
from tests.migrated import lay_out
from tests.people import GRACE, INTAKE, NOW
from tests.relay.house import OTHER, House, opened
from tests.test_cli import CONFIG

ADA = "Ada Lovelace"
#: The prompt has the real clock.
NEVER_OVER = Block(
    "another",
    Identity(Proof.SSO, "ada"),
    ADA,
    (),
    GRACE,
    "he swears at everybody",
    NOW,
    datetime(9000, 1, 1, tzinfo=UTC),
)


@dataclass
class Prompt:
    """A configuration, and what is asked with it."""

    file: Path

    async def __call__(self, *words: str, code: int = 0) -> Result:
        command = ["--config", str(self.file), *words]
        result = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert result.exit_code == code, result.output
        return result


@pytest.fixture
def prompt(tmp_path: Path) -> Prompt:
    file = tmp_path / "livechat.toml"
    file.write_text(CONFIG.replace("FOLDER", str(tmp_path)))
    return Prompt(file)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A service that goes on meanwhile."""
    url = f"sqlite:///{tmp_path / 'livechat.db'}"
    await asyncio.to_thread(lay_out, url)
    async with opened(url) as a_house:
        yield a_house


async def test_status_is_the_daily_line(house: House, prompt: Prompt) -> None:
    await house.talking()
    line = "open 1, waiting to file 0, filed 0, purged 0, content on disk: 0 closed chats\n"
    assert (await prompt("status")).output == line
    assert json.loads((await prompt("status", "--json")).output)["open"] == 1


async def test_where_lists_chats_tickets_and_threads_and_what_lies_elsewhere(
    house: House, prompt: Prompt
) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "CANARY")
    said = (await prompt("where", "ADA@help.test")).output
    assert f"chat {chat.id} (open): the record is not in RT yet" in said
    assert "messages 2" in said
    assert "seats 1" in said
    assert "ticket in RT: rt#12345" in said
    assert "thread in Teams: 19:chat@thread.tacv2;messageid=1700000000000" in said
    assert "journal" in said
    assert "CANARY" not in said
    await house.presses("file", chat)
    await house.deliver()
    assert "Nothing here names that person." in (await prompt("where", ADA)).output


@pytest.mark.parametrize("detail", [json.dumps({"visitor": {"name": ADA}}), "no JSON"])
async def test_a_chat_that_cannot_be_read_is_told_of_and_hides_no_other(
    house: House, prompt: Prompt, detail: str
) -> None:
    bad = await house.invited()
    good = await house.invited(thread=OTHER)
    told = {"word": "help", "detail": "", "mention": ["29:ada", ADA]}
    row = Delivery(Lane.TEAMS, f"chat:{bad.id}", "tell", told, bad.id, thread=bad.thread)
    await house.store.write(lambda unit: unit.schedule(row))
    with closing(sqlite3.connect(house.file)) as database, database:
        database.execute("UPDATE chats SET detail = ? WHERE id = ?", (detail, bad.id))
    told_of = f"chat {bad.id}: it names that person, or may"
    assert told_of in (await prompt("where", ADA)).output
    said = (await prompt("purge", "--yes", "--person", ADA)).output
    assert told_of in said
    assert f"chat {good.id} (invited)" in said
    assert f"Erased: {good.id}." in said
    assert "outbox: " not in said  # what is on its way of the one that is left alone stays, too


async def test_a_part_of_a_name_is_not_looked_for_and_that_is_said(
    house: House, prompt: Prompt
) -> None:
    await house.talking()
    assert "Only a whole login, address or name" in (await prompt("where", "Lovelace")).output


@pytest.mark.parametrize("words", [["where", " "], ["purge", "--yes", "--person", ""]])
async def test_an_empty_name_is_nobodys_and_erases_nothing(
    house: House, prompt: Prompt, words: list[str]
) -> None:
    chat = await house.invited()
    assert "it is empty" in (await prompt(*words, code=2)).output
    assert (await house.chat(chat.id)).state is State.INVITED


async def test_purge_does_nothing_without_yes(house: House, prompt: Prompt) -> None:
    chat, _ = await house.talking()
    said = (await prompt("purge", "--person", ADA, "--also-unfiled")).output
    assert chat.id in said
    assert "Nothing was erased." in said
    assert (await house.chat(chat.id)).state is State.OPEN


async def test_purge_leaves_a_record_alone_that_is_nowhere_but_here(
    house: House, prompt: Prompt
) -> None:
    chat, _ = await house.talking()
    other = await house.invited(thread=OTHER)
    result = await prompt("purge", "--person", ADA, "--yes")
    assert f"Left alone, not in RT yet: {chat.id}" in result.output
    assert f"Erased: {other.id}." in result.output
    assert (await house.chat(chat.id)).state is State.OPEN
    assert (await house.chat(other.id)).state is State.CANCELLED
    assert ADA not in repr(await house.chat(other.id))


async def test_purge_erases_the_rest_when_told_so_and_leaves_no_trace_in_the_files(
    house: House, prompt: Prompt, tmp_path: Path
) -> None:
    chat, seat = await house.talking()
    await house.visiting.say(seat, "k", "CANARY")
    result = await prompt("purge", "--person", ADA, "--yes", "--also-unfiled")
    assert f"Erased: {chat.id}." in result.output
    assert (await house.chat(chat.id)).state is State.ERASED
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("livechat.db*"))
    assert b"CANARY" not in kept
    assert ADA.encode() not in kept
    assert "Nothing here names" in (await prompt("where", ADA)).output


async def test_a_copy_from_before_an_upgrade_is_told_of_and_erased_whomever_it_names(
    house: House, prompt: Prompt, tmp_path: Path
) -> None:
    """Nobody is looked for in it, and whoever had been purged here may be in it still."""
    copy = tmp_path / "livechat.db.of-0001"
    copy.write_bytes(b"CANARY")
    assert f"copy of everything: {copy}" in (await prompt("where", ADA)).output
    assert "a copy of everything from before an upgrade" in (await prompt("status")).output
    said = (await prompt("purge", "--person", ADA)).output
    assert f"copy of everything: {copy}" in said
    assert "Nothing was erased." in said
    assert copy.exists()
    said = (await prompt("purge", "--person", ADA, "--yes")).output
    assert f"Erased: {copy.name}." in said
    assert not copy.exists()
    assert "copy of everything" not in (await prompt("where", ADA)).output


async def test_without_a_database_it_says_what_to_do(prompt: Prompt) -> None:
    for words in (["status"], ["where", ADA], ["purge", "--person", ADA]):
        result = await prompt(*words, code=1)
        assert "livechat migrate" in result.output


@pytest.mark.parametrize(
    "words", [["status"], ["where", ADA], ["purge", "--person", ADA], ["blocks"]]
)
async def test_looking_for_a_database_makes_none(prompt: Prompt, words: list[str]) -> None:
    """One that root has made could not be used by the service."""
    result = await prompt(*words, code=1)
    assert f"There is no {prompt.file.parent / 'livechat.db'}" in result.output
    assert [file.name for file in prompt.file.parent.iterdir()] == ["livechat.toml"]


@pytest.mark.parametrize(
    "words", [["status"], ["where", ADA], ["purge", "--person", ADA], ["blocks"]]
)
async def test_a_postgresql_without_tables_is_told_in_a_sentence(
    prompt: Prompt, words: list[str], postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVECHAT_DATABASE__URL", postgres_url)
    result = await prompt(*words, code=1)
    assert isinstance(result.exception, SystemExit)
    assert "Has `livechat migrate` been run?" in result.output


async def test_blocks_are_listed_found_lifted_and_erased(house: House, prompt: Prompt) -> None:
    assert (await prompt("blocks")).output == "Nobody is kept out.\n"
    chat, _ = await house.talking()
    await house.writes("block 2h because he swears at everybody")
    name = block_id(chat.id)
    await house.store.write(lambda unit: unit.block(NEVER_OVER))
    listed = (await prompt("blocks")).output
    assert f"{NEVER_OVER.id}: Ada Lovelace (ada), until " in listed
    assert "by Grace Hopper: he swears at everybody" in listed
    assert "blocks: 2 rows" in (await prompt("where", ADA)).output
    assert (
        "There is no block abcdef." in (await prompt("blocks", "--lift", "abcdef", code=1)).output
    )
    assert f"Lifted: {name}: Ada" in (await prompt("blocks", "--lift", name)).output
    assert (await house.chat(chat.id)).blocked is None
    await prompt("purge", "--person", ADA, "--yes")
    assert await house.store.blocks() == []


async def test_a_co_who_sent_a_chat_is_forgotten_and_its_receipt_is_not(
    house: House, prompt: Prompt
) -> None:
    sent, _ = await house.talking()
    await house.presses("file", sent)
    await house.deliver()
    house.clock.pass_(seconds=1)
    goes_on, _ = await house.talking(OTHER)
    assert sent.id in (await prompt("where", GRACE.name)).output
    result = await prompt("purge", "--person", GRACE.name, "--yes", "--also-unfiled")
    assert f"Erased: {sent.id}, {goes_on.id}." in result.output
    kept = await house.chat(sent.id)
    assert kept.filing
    assert kept.filing.receipt
    assert kept.state is State.PURGED
    assert "Nothing here names" in (await prompt("where", GRACE.name)).output


async def test_of_a_chat_without_a_ticket_none_is_named(house: House, prompt: Prompt) -> None:
    chat, _ = await house.talking()
    begun = replace(chat, ticket=no_ticket(INTAKE), intake=INTAKE)
    await house.store.write(lambda unit: unit.save(begun))
    said = (await prompt("where", ADA)).output
    assert "ticket in RT: none yet, or its number is not known" in said


async def test_who_blocked_somebody_is_forgotten_and_the_block_goes_on(
    house: House, prompt: Prompt
) -> None:
    await house.store.write(lambda unit: unit.block(NEVER_OVER))
    assert "blocks: 1 rows that keep others out" in (await prompt("where", GRACE.name)).output
    await prompt("purge", "--person", GRACE.name, "--yes")
    (block,) = await house.store.blocks()
    assert block == replace(NEVER_OVER, by=replace(GRACE, id="", name=""))
    assert "by somebody: he swears" in (await prompt("blocks")).output
    assert "Nothing here names" in (await prompt("where", GRACE.name)).output


async def test_whose_block_is_erased_is_not_said_to_be_blocked_any_more(
    house: House, prompt: Prompt
) -> None:
    """Her record is not in RT, and stays; her pop-up must not say what is over."""
    chat, _ = await house.talking()
    await house.writes("block 2h because she swears at everybody")
    await prompt("purge", "--person", ADA, "--yes")
    assert await house.store.blocks() == []
    assert (await house.chat(chat.id)).blocked is None


async def test_where_a_purged_record_went_is_found_by_the_name_of_the_co_who_sent_it(
    house: House, prompt: Prompt
) -> None:
    """Its visitor is nowhere any more; the runbook for a record in the wrong ticket goes by this."""
    chat, _ = await house.talking()
    await house.presses("file", chat)
    await house.deliver()
    said = (await prompt("where", GRACE.name)).output
    assert f"chat {chat.id} (purged): nothing that waits for RT" in said
    assert "ticket in RT: rt#12345" in said
