"""What the log says, and what it never does."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from aiohttp import ClientConnectionResetError
from aiohttp.http_exceptions import BadHttpMessage
from pydantic import TypeAdapter

from bot import logs

Read = Callable[[], list[dict[str, Any]]]
TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyMTI"  # 43 characters, as ours are


@pytest.fixture
def read() -> Iterator[Read]:
    """Log as JSON; the fixture reads the lines so far."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_an_event_is_one_line_with_its_fields_and_its_place(read: Read) -> None:
    structlog.get_logger("bot.relay").info("chat_opened", chat="c1", ticket="rt#12345")
    (line,) = read()
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "chat_opened",
        "chat": "c1",
        "ticket": "rt#12345",
        "level": "info",
        "logger": "bot.relay",
    }


def test_what_is_bound_to_the_context_stands_in_every_line(read: Read) -> None:
    with structlog.contextvars.bound_contextvars(chat="c1"):
        structlog.get_logger("bot.store").warning("slow_commit", seconds=2.5)
    assert read()[0]["chat"] == "c1"


@pytest.mark.parametrize("field", ["text", "token", "address", "summary", "requestors", "Email"])
def test_a_field_that_holds_what_people_wrote_or_are_is_withheld(read: Read, field: str) -> None:
    structlog.get_logger("bot.relay").info("said", **{field: "Ada's words"})
    structlog.get_logger("bot.relay").info("said", what={field: ["Ada's words"]})
    assert "Ada" not in json.dumps(read())
    assert read()[0][field] == logs.WITHHELD


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer abc.def-ghi",
        "Negotiate YIIabcdefgh==",
        "eyJhbGciOi.eyJzdWIi.c2ln",
        f"https://computing.help.example/#livechat={TOKEN}",
        f"the invitation {TOKEN} was used",
        "postgresql://livechat:swordfish@db/livechat",
        "GET /REST/2.0/rt?token=1-23-abcdef",
        "sent to ada@example.org",
    ],
)
def test_a_secret_or_an_address_in_a_sentence_is_withheld(read: Read, secret: str) -> None:
    structlog.get_logger("bot.rt").info("answer", said=secret)
    said = read()[0]["said"]
    for piece in ("abc", "eyJ", TOKEN, "swordfish", "ada@", "YII"):
        assert piece not in said


@pytest.mark.parametrize(
    "harmless",
    [
        "19:abc123@thread.tacv2;messageid=1700000000000",
        "19:guid_guid@unq.gbl.spaces",
        "https://rt.example.org/Ticket/Display.html?id=12345",
        "00000000-1111-2222-3333-444444444444",
        "livechat/help.example@EXAMPLE.ORG",
    ],
)
def test_what_finds_a_fault_is_left_alone(harmless: str) -> None:
    assert logs.redact(harmless) == harmless


def test_what_begins_like_a_secret_many_times_is_read_once() -> None:
    """Tried anew from each beginning these would outlast the service."""
    for harmless in ("eyJ-" * 200_000, "https://" + "a:" * 400_000):
        assert logs.redact(harmless) == harmless
    assert logs.redact(f"eyJ-eyJ eyJ{'-eyJ' * 9}.e30.x") == "eyJ-eyJ (withheld)"
    assert logs.redact("smtp://:a:b:@mail.test") == "smtp://(withheld)@mail.test"


def test_a_traceback_is_cleaned_and_shows_no_values(read: Read) -> None:
    words = "Ada's words"
    try:
        raise ValueError(f"cannot mail {len(words)} bytes to ada@example.org")
    except ValueError:
        structlog.get_logger("bot.relay").exception("failed")
    trace = read()[0]["exception"]
    assert "cannot mail 11 bytes to (address)" in trace
    assert words not in trace


def test_an_object_in_a_field_shows_no_more_than_its_text(read: Read) -> None:
    class Visitor:
        def __repr__(self) -> str:
            return "Visitor(name='Ada')"

    structlog.get_logger("bot.relay").info("joined", who=Visitor())
    assert read()[0]["who"] == "Visitor"


def test_other_libraries_are_heard_from_warnings_on_and_cleaned_too(read: Read) -> None:
    logging.getLogger("aiohttp.server").info("not of interest")
    logging.getLogger("aiohttp.server").warning("from %s", "ada@example.org")
    (line,) = read()
    assert line["event"] == "from (address)"
    assert line["logger"] == "aiohttp.server"


def test_a_request_that_is_no_http_is_told_of_without_what_stood_in_it(read: Read) -> None:
    error = BadHttpMessage("Invalid header value char: b'X-Livechat-About: Adas%20words\\x00'")
    logging.getLogger("aiohttp.server").error("Error handling %s", "a", exc_info=error)
    (line,) = read()
    assert "Adas" not in json.dumps(line)
    assert (line["level"], line["event"]) == (
        "warning",
        "a request that cannot be read: BadHttpMessage",
    )


async def test_a_task_that_broke_is_told_of_without_what_its_error_quotes(read: Read) -> None:
    async def breaks() -> None:
        TypeAdapter(int).validate_python("Ada's words")

    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(breaks())
    await asyncio.wait([task])
    told = {"message": "Task exception was never retrieved", "future": task}
    loop.call_exception_handler({**told, "exception": task.exception()})
    (line,) = read()
    assert "Ada" not in json.dumps(line)
    assert line["event"].startswith("Task exception was never retrieved: ValidationError in breaks")


async def test_a_callback_that_broke_is_told_of_without_what_it_was_given(read: Read) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def breaks(words: str) -> None:
        done.set_result(None)
        raise ValueError(words)

    asyncio.get_running_loop().call_soon(breaks, "Ada's words")
    await done
    (line,) = read()
    assert "Ada" not in json.dumps(line)
    assert "breaks: ValueError in breaks" in line["event"]


def test_who_leaves_before_the_answer_is_no_error(read: Read) -> None:
    gone = ClientConnectionResetError("Cannot write to closing transport")
    logging.getLogger("aiohttp.server").error("Error handling request", exc_info=gone)
    assert read() == []


@pytest.mark.parametrize("name", ["requests_kerberos.kerberos_", "aiohttp.access", "spnego.x"])
def test_the_noisy_are_not_heard(read: Read, name: str) -> None:
    logging.getLogger(name).error("handle_other(): Mutual authentication unavailable")
    assert read() == []


def test_the_level_is_that_of_our_own_events(read: Read) -> None:
    structlog.get_logger("bot.relay").debug("details")
    assert read() == []


def test_a_terminal_gets_lines_for_eyes() -> None:
    stream = io.StringIO()
    logs.configure("info", "console", stream)
    try:
        structlog.get_logger("bot.app").info("ready", port=8360)
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
        logging.captureWarnings(capture=False)
    assert "ready" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
