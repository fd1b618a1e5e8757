"""The transcript for programs, held against its published schema."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.asking import Detail
from bot.domain.chat import Chat, Rebinding
from bot.domain.identity import Identity, Proof
from bot.domain.matching import Match
from bot.domain.messages import SYSTEM, Kind, Message, Notice, Quote
from bot.domain.tickets import NewTicket, TicketRef
from bot.domain.transcript import Attached, resolve
from bot.domain.transcript_json import as_json, dump
from tests.people import ADA, GRACE, filing, proposed

ROOT = Path(__file__).resolve().parents[2]
NPM = ROOT / "tests" / "npm"
SCHEMA = json.loads((ROOT / "docs" / "transcript.schema.json").read_text())
BEGIN = datetime(2026, 11, 21, 10, 2, 5, tzinfo=UTC)
CHECK = """
const Ajv = require('ajv/dist/2020'), formats = require('ajv-formats'), fs = require('fs');
const [schema, records] = JSON.parse(fs.readFileSync(0));
const ajv = new Ajv({allErrors: true, allowUnionTypes: true});
formats(ajv);
const check = ajv.compile(schema);
const found = records.map(record => check(record) ? [] : check.errors);
process.stdout.write(JSON.stringify(found));
"""


def objections(*records: dict[str, Any], schema: dict[str, Any] = SCHEMA) -> list[list[Any]]:
    """What the schema has against each record."""
    if not (NPM / "node_modules/ajv").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("ajv is missing: make test installs it")
        pytest.skip("ajv is missing: make test installs it")
    node = shutil.which("node", path=f"{ROOT / '.venv/bin'}:{os.environ.get('PATH', '')}")
    assert node, "node is missing: make test installs it"
    told = json.dumps([schema, records])
    done = subprocess.run(
        [node, "-e", CHECK], input=told, cwd=NPM, capture_output=True, text=True, check=True
    )
    found: list[list[Any]] = json.loads(done.stdout)
    return found


def everything() -> tuple[Chat, list[Message], list[Attached]]:
    """A chat in which all that can be in a record is."""
    log = [
        Message(1, ADA, Kind.NOTICE, Notice.VISITOR_JOINED, BEGIN),
        Message(2, ADA, Kind.SAID, "Helo", BEGIN),
        Message(3, ADA, Kind.EDITED, "Hello", BEGIN + timedelta(seconds=9), target=2),
        Message(4, GRACE, Kind.SAID, "Hi", BEGIN, quote=Quote(ADA.name, "Hello")),
        Message(5, GRACE, Kind.SAID, "Oops", BEGIN),
        Message(6, GRACE, Kind.REMOVED, "", BEGIN, target=5),
        Message(7, ADA, Kind.SAID, "Look", BEGIN),
        Message(8, SYSTEM, Kind.NOTICE, Notice.NOT_SHOWN, BEGIN, target=7),
    ]
    files = [Attached(7, "photo.png", "Bild ü.png", "image/png", 12, "0a" * 32)]
    chat = filing()
    assert chat.filing
    move = Rebinding(
        GRACE, BEGIN, TicketRef("rt", 1), TicketRef("rt", 12345), Match.RED, "his twin"
    )
    chat = replace(
        chat,
        identity=Identity(Proof.SSO, "s1234567", "Ada Lovelace", "ada@help.test"),
        filing=replace(chat.filing, match=Match.RED, reason="asked for by phone"),
        rebindings=(move,),
        ended=BEGIN,
        details=((Detail.ROOM, "AT 5.05"),),
    )
    return chat, log, files


def records() -> list[dict[str, Any]]:
    """The fullest record, the emptiest, and one of a ticket that is to be made."""
    chat, log, files = everything()
    assert chat.filing
    new = replace(chat, filing=replace(chat.filing, new_ticket=NewTicket("rt", "Support", "x")))
    return [
        as_json(chat, resolve(log, files, {4: BEGIN})),
        as_json(proposed(), ()),
        as_json(new, resolve(log, files)),
    ]


def test_records_are_what_the_schema_says() -> None:
    assert objections(*(json.loads(dump(record)) for record in records())) == [[], [], []]


def test_the_schema_names_all_that_a_record_has_and_nothing_else() -> None:
    def closed(part: Any) -> Any:
        if isinstance(part, list):
            return [closed(one) for one in part]
        if not isinstance(part, dict):
            return part
        inner = {key: closed(value) for key, value in part.items()}
        return inner | ({"additionalProperties": False} if "properties" in part else {})

    assert objections(*records(), schema=closed(SCHEMA)) == [[], [], []]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], "livechat.transcript/2"),
        (["created"], "yesterday"),
        (["match", "verdict"], "blue"),
        (["visitor", "proof"], "face"),
        (["lines", 0, "kind"], "whisper"),
        (["lines", 1, "trail", 0, "what"], "forged"),
        (["lines", 4, "files", 0, "sha256"], "no digest"),
        (["lines", 4, "files", 0, "size"], -1),
    ],
)
def test_the_schema_has_something_against_what_is_no_record(
    path: list[str | int], value: object
) -> None:
    record = records()[0]
    place: Any = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert objections(record) != [[]]


def test_a_record_tells_who_the_visitor_is_why_it_is_here_and_what_became_of_its_lines() -> None:
    record = records()[0]
    assert record["visitor"] == {
        "name": "Ada Lovelace",
        "verified": True,
        "proof": "sso",
        "login": "s1234567",
        "address": "ada@help.test",
    }
    assert record["match"] == {"verdict": "red", "reason": "asked for by phone"}
    assert record["moves"][0]["before"] == {"instance": "rt", "number": 1}
    assert record["messages"] == 4
    lines = {line["seq"]: line for line in record["lines"]}
    assert lines[2]["trail"] == [
        {"what": "edited", "at": "2026-11-21T10:02:14+00:00", "before": "Helo"}
    ]
    assert lines[5]["removed"]
    assert lines[7]["seen"] == "no"
    assert lines[7]["files"][0]["original"] == "Bild ü.png"


@given(st.text(st.characters() | st.sampled_from('\x00\u202e\u2066\u2028\ud800\u200d\x85"\\')))
@settings(max_examples=200)
def test_a_text_comes_out_of_the_json_as_it_went_in_and_nothing_of_it_acts(text: str) -> None:
    lines = resolve([Message(1, ADA, Kind.SAID, text, BEGIN)])
    written = dump(as_json(filing(), lines))
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert [line["text"] for line in json.loads(written)["lines"]] == [whole]
    hidden = set("\x00\x7f\x85\u061c\u200d\u200e\u2028\u2029\u202e\u2066\u2069\ufeff")
    assert not hidden & set(written.decode())


def test_the_script_in_the_documentation_reads_a_record(tmp_path: Path) -> None:
    script = (ROOT / "docs" / "rt.md").read_text().partition("```python\n")[2].partition("```")[0]
    file = tmp_path / "transcript.json"
    file.write_bytes(dump(records()[0]))
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "2026-11-21T10:02:05+00:00\tGrace Hopper\tHi\n"
