"""What browsers are given to look at: the stand-alone page, the bundle, and their headers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

#: On every answer below the prefix.
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
STATIC: Final = Path(__file__).with_name("static")

_templates = Environment(
    loader=PackageLoader("bot.visitors"), autoescape=True, undefined=StrictUndefined
)
# No inline script, no inline style: the policy below allows neither. The element is told where
# the service is by the page's own address, and gets the invitation's token from the fragment.
_page = _templates.get_template("chat.html")
_not_signed_in = _templates.get_template("not_signed_in.html")


def page(
    endpoint: str, support_url: str, support_text: str, version: str, accessibility_url: str = ""
) -> str:
    """Return the stand-alone page; ``endpoint`` is the path prefix of the service.

    It is the same for everybody: who follows a link is known from its fragment, which no server is
    sent. So it can name no ticket, to a mail scanner or anybody else.
    """
    return _page.render(
        prefix=endpoint,
        support=support_url,
        name=support_text,
        version=version,
        accessibility=accessibility_url,
    )


def not_signed_in(why: str, back: str) -> str:
    """Return what somebody reads whom the page for signing in could not sign in.

    ``why`` is a sentence or two, ``back`` a path of this site.
    """
    return _not_signed_in.render(why=why, back=back)


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


def check_link(url: str, what: str) -> str:
    """Return ``url`` if it can be offered as a link. Raises ValueError."""
    if urlsplit(url).scheme not in {"https", "http", "mailto"}:
        raise ValueError(f"the {what} must be https:, http: or mailto:, not {url!r}")
    return url
