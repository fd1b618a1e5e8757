"""What an answer of the Connector means for a post (pure).

A POST has no key by which Teams would know a repeat, so an outcome that we did not see is Unclear.
An edit may be repeated: there, what is unclear counts as not done.
"""

from __future__ import annotations

import email.utils
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.relay.outcomes import Gone, NotDone, OutsideError, Refused, Throttled, Unclear

_DEFAULT_WAIT = 1.0  # seconds, when a 429 does not say
_MAX_WAIT = 600.0


class TooBig(Refused):
    """A post of more bytes than Teams takes: in smaller parts it may be taken."""


def problem(
    status: int, headers: Mapping[str, str], body: bytes, *, repeatable: bool
) -> OutsideError | None:
    """Return what is wrong with an answer, None if it is good."""
    if 200 <= status < 300:
        return None
    code = error_code(body)
    named = f"{status} {code}".strip()
    if status == 429:
        return Throttled("Teams asks us to slow down.", wait(headers.get("Retry-After", "")))
    if status in (408, 412) or status >= 500:
        return unseen(f"Teams answered {named}.", repeatable=repeatable)
    if status in (403, 404):
        return _closed(status, code)
    if status == 401:
        return NotDone(
            "Teams does not accept the bot's token. An administrator should check the app's "
            "registration with `livechat doctor`.",
            retry_after=30,
        )
    if status == 413:
        return TooBig("Teams finds the message too big, in however small parts it is sent.")
    return Refused(f"Teams refuses the message ({named}).")


def unseen(sentence: str, *, repeatable: bool) -> OutsideError:
    """Return the error for an outcome that nobody saw."""
    return NotDone(sentence) if repeatable else Unclear(sentence)


def _closed(status: int, code: str) -> OutsideError:
    if code == "ActivityNotFoundInConversation":
        return Gone("That post is not in the thread any more.")
    if code == "MessageWritesBlocked":
        return Gone("The bot was blocked there, so it cannot write.")
    if status == 403:
        return Gone("The bot is not in that conversation any more. Add the app again to go on.")
    return Gone("Teams does not know that conversation any more.")


def wait(header: str) -> float:
    """Read Retry-After (seconds or a date); at least 0.1 s, at most ten minutes."""
    try:
        seconds = float(header)
    except ValueError:
        seconds = _until(header)
    if math.isnan(seconds):
        seconds = _DEFAULT_WAIT
    return min(max(seconds, 0.1), _MAX_WAIT)


def _until(header: str) -> float:
    at = moment(header)
    return (at - datetime.now(UTC)).total_seconds() if at else _DEFAULT_WAIT


def moment(header: str) -> datetime | None:
    """Read a header's date; None if it is none."""
    try:
        at = email.utils.parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def error_code(body: bytes) -> str:
    """Return the Connector's word for what is wrong, empty if it is not in the body."""
    document = read_object(body)
    error = document.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code[:60] if isinstance(code, str) and code.isascii() and code.isalnum() else ""


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; anything else (an HTML page, nothing) is an empty one."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
