"""Logging: structlog for our own events, the standard library's for everybody else's, one stream.

A chat and its ticket are the fields ``chat`` and ``ticket``. Nobody's words, links or addresses
belong into a log; ``withhold`` is the net below the rule.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from aiohttp import ClientConnectionResetError
from aiohttp.http_exceptions import HttpProcessingError
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.relay.faults import describe

log = structlog.get_logger(__name__)

#: Fields that would carry what people wrote, who they are, or what opens a door.
PRIVATE = frozenset(
    {
        "address",
        "addresses",
        "authorization",
        "body",
        "content",
        "cookie",
        "email",
        "html",
        "link",
        "mail",
        "password",
        "payload",
        "preview",
        "quote",
        "recipient",
        "requestor",
        "requestors",
        "secret",
        "secret_key",
        "subject",
        "summary",
        "text",
        "to",
        "token",
        "transcript",
    }
)
WITHHELD = "(withheld)"

_SECRETS = re.compile(
    r"(?<=Bearer )\S+"
    r"|(?<=Basic )[A-Za-z0-9+/=]{8,}"
    r"|(?<=Negotiate )[A-Za-z0-9+/=]{8,}"
    r"|\beyJ[\w-]++\.[\w-]++\.[\w-]*+"  # a JSON web token
    r"|(?<=#livechat=)[\w-]+"  # an invitation link
    r"|(?<![\w-])[\w-]{43}(?![\w-])"  # 256 bits in base64url: invitations, sessions
    r"|(?<=://)[^\s/@][^\s/@:]*+:[^\s/@]++(?=@)"  # user:password in a URL
    r"|(?<=[?&]token=)[^\s&]+"
    # What begins like a web token and is none stays, and is not tried again from further on.
    r"|(?P<none>\beyJ[\w-]*+)",
    re.IGNORECASE,
)
# Teams' ids of conversations look like mail addresses and are wanted in a log.
_ADDRESS = re.compile(
    r"(?<![\w./+-])[\w.+-]+@(?!thread\.(?:tacv2|skype|v2)\b|unq\.gbl\.spaces\b)[\w-]+(?:\.[\w-]+)+"
)

# What the libraries below us say at INFO is of no use here, and some of it is not ours to keep.
_TAMED = {
    "aiohttp.access": logging.CRITICAL,  # paths may hold ids; the proxy keeps an access log
    "msal": logging.WARNING,
    "requests_kerberos": logging.CRITICAL,  # several tracebacks for one refused ticket
    "spnego": logging.CRITICAL,
    "sqlalchemy": logging.WARNING,  # statements come with their parameters
    "urllib3": logging.ERROR,
}


def configure(
    level: str = "info",
    style: Literal["auto", "json", "console"] = "auto",
    stream: TextIO | None = None,
) -> None:
    """Send all logging to ``stream`` (standard error), our own events from ``level`` on.

    Other libraries are heard from WARNING on, whatever the level.
    """
    out = stream or sys.stderr
    console = style == "console" or (style == "auto" and out.isatty())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_common(), processors=_endings(console=console)
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(level.upper())
    for name, quiet in _TAMED.items():
        logging.getLogger(name).setLevel(quiet)
    logging.getLogger("aiohttp.server").addFilter(_unquoted)
    logging.getLogger("asyncio").addFilter(_placed)
    logging.captureWarnings(capture=True)


def tell_from(level: str) -> None:
    """Tell our own events from ``level`` on; that this is so is told whatever the level is."""
    ours = logging.getLogger("bot")
    ours.setLevel(logging.INFO)
    log.info("log_level", now=level)
    ours.setLevel(level.upper())


def _unquoted(record: logging.LogRecord) -> bool:
    """Tell of a request that is no HTTP without what stood in it: the error quotes whole headers."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args = f"a request that cannot be read: {type(error).__name__}", ()
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return not isinstance(error, ClientConnectionResetError)  # he left before the answer


def _placed(record: logging.LogRecord) -> bool:
    """Tell of a task or callback that broke by type and place: the error may quote anybody's words."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        # In brackets stands what a callback was given, on further lines what a task came to.
        what = record.getMessage().partition("\n")[0].partition("(")[0]
        record.msg, record.args = f"{what}: {describe(error)}", ()
        record.exc_info = None
    return True


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _endings(*, console: bool) -> list[Processor]:
    """What happens to every event last, ours or not, whoever made it."""
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    plain_traceback = structlog.processors.format_exc_info  # no local variables in it
    if console:
        return [strip, plain_traceback, withhold, structlog.dev.ConsoleRenderer()]
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False, default=_as_text)
    return [strip, plain_traceback, withhold, _in_order, as_json]


def withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace what must not be logged: fields by name, and secrets and addresses by their look."""
    return {key: _clean(key, value) for key, value in event.items()}


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put first what eyes look for first."""
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return {**first, **event}


def redact(text: str) -> str:
    """Take secrets and mail addresses out of a text, by their look."""
    safe = _SECRETS.sub(lambda found: found["none"] or WITHHELD, text)
    return _ADDRESS.sub("(address)", safe)


def _clean(key: str, value: Any) -> Any:
    if key.lower() in PRIVATE:
        return WITHHELD
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {str(inner): _clean(str(inner), held) for inner, held in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(key, held) for held in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _clean(key, _as_text(value))


def _as_text(value: object) -> str:
    """An object's ``str``: unlike ``repr``, ours never show fields."""
    return type(value).__name__ if type(value).__str__ is object.__str__ else str(value)
