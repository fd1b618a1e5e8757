"""What browsers are given to look at: the stand-alone page, the bundle, and their headers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

#: On every answer below the prefix.
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
STATIC: Final = Path(__file__).with_name("static")

#: By language what the pages' English sentences are in it, as the widget's own words are kept.
WORDS: Final[dict[str, dict[str, str]]] = json.loads(
    Path(__file__).with_name("templates").joinpath("words.json").read_text("utf-8")
)
LANGUAGES: Final = ("en", *WORDS)
_FIRST = re.compile(r"[a-z]{2}(?![a-z])", re.IGNORECASE)

#: All pages of ours, the operators' too.
TEMPLATES: Final = Environment(
    loader=PackageLoader("bot.visitors"), autoescape=True, undefined=StrictUndefined
)
# No inline script, no inline style: the policy below allows neither. The element is told where
# the service is by the page's own address, and gets the invitation's token from the fragment.
_page = TEMPLATES.get_template("chat.html")
_not_signed_in = TEMPLATES.get_template("not_signed_in.html")


def page(
    endpoint: str,
    support_url: str,
    support_text: str,
    version: str,
    accessibility_url: str = "",
    language: str = "en",
) -> str:
    """Return the stand-alone page; ``endpoint`` is the path prefix of the service.

    It is the same for all who read the language: who follows a link is known from its fragment,
    which no server is sent. So it can name no ticket, to a mail scanner or anybody else.
    """
    return _spoken(
        _page,
        language,
        prefix=endpoint,
        support=support_url,
        name=support_text,
        version=version,
        accessibility=accessibility_url,
    )


def not_signed_in(why: str, back: str, language: str) -> str:
    """Return what somebody reads whom the page for signing in could not sign in.

    ``why`` is a sentence or two, ``back`` a path of this site.
    """
    return _spoken(_not_signed_in, language, why=why, back=back)


def language(accepted: str) -> str:
    """Return the language for a browser that accepts these: its first, as the widget does on our page."""
    found = _FIRST.match(accepted)
    first = found[0].lower() if found else ""
    return first if first in WORDS else "en"


def _spoken(template: Template, language: str, **values: Any) -> str:
    words = WORDS.get(language, {})
    return template.render(
        values, lang=language, say=lambda sentence: words.get(sentence, sentence)
    )


def page_policy(frame_ancestors: Sequence[str]) -> str:
    """Return the page's Content-Security-Policy; nothing in it is ever made into markup."""
    ancestors = " ".join(frame_ancestors) or "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "connect-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {ancestors}",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def check_link(url: str, what: str) -> None:
    """Refuse what cannot be offered as a link. Raises ValueError."""
    if urlsplit(url).scheme not in {"https", "http", "mailto"}:
        raise ValueError(f"the {what} must be https:, http: or mailto:, not {url!r}")
