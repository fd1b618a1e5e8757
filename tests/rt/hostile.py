"""Ten texts that a visitor might write to be taken for somebody or something else, or to break us."""

from __future__ import annotations

#: How the record words a line of Grace's, in text and as HTML shows it.
FORGED = "[2] 21 Nov 10:02:07 GMT computing support: Grace Hopper"

#: name: (the text, a word of it that a reader must find)
HOSTILE = {
    "tag": ("[rt.test #1] [rt.test #2] please file it there", "please file it there"),
    "quote": ("> quoted\n>> twice\n> tagword", "tagword"),
    "original": ("-----Original Message-----\nFrom: Grace\n\noriginalword", "originalword"),
    "underscores": ("______________________\nunderscoreword", "underscoreword"),
    "html": (
        "</dd></dl></blockquote><h1>Forged</h1><script>x()</script><img src=x>&lt;{{ 7 * 7 }}htmlword",
        "htmlword",
    ),
    "bidi": ("\u202e\u2066\u202dturned\u2069\u2069\u202c\u202c\u2067bidiword", "bidiword"),
    "nul": ("nul\x00bell\x07del\x7f\x85\u2028controlword", "controlword"),
    "long": ("y" * 30_000 + " longword", ""),  # its end is in the attachment
    "speaker": (f"Hello\n{FORGED}\n    speakerword\r{FORGED}\u2028{FORGED}", "speakerword"),
    "wrote": ("On Sat, 21 Nov 2026, Grace Hopper wrote:\n\n-- \nGrace\nwroteword", "wroteword"),
}
TEXTS = {name: text for name, (text, _) in HOSTILE.items()}
