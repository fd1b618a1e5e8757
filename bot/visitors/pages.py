"""What browsers are given to look at: the stand-alone page, the bundle, and their headers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

#: On every answer below the prefix.
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
STATIC: Final = Path(__file__).with_name("static")

# No inline script, no inline style: the policy below allows neither. The element is told where
# the service is by the page's own address, and gets the invitation's token from the fragment.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Chat with computing support</title>
<link rel="icon" href="data:,">
<script type="module" src="widget.js?v={version}"></script>
</head>
<body>
<main>
<rt-livechat fullpage endpoint="{endpoint}" support-url="{support}" support-text="{name}"></rt-livechat>
<noscript>
<p>This chat needs JavaScript. You can reach us without it: answer the e-mail of your ticket, or
go to <a href="{support}">{name}</a>.</p>
</noscript>
</main>
</body>
</html>
"""


def page(endpoint: str, support_url: str, support_text: str, version: str) -> str:
    """Return the stand-alone page; ``endpoint`` is the path prefix of the service."""
    return _PAGE.format(
        endpoint=escape(endpoint),
        support=escape(support_url),
        name=escape(support_text),
        version=escape(version),
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


def check_support_url(url: str) -> str:
    """Return ``url`` if it can be offered as a link. Raises ValueError."""
    if urlsplit(url).scheme not in {"https", "http", "mailto"}:
        raise ValueError(f"the support URL must be https:, http: or mailto:, not {url!r}")
    return url
