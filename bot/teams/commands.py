"""What the bot says of its commands (pure)."""

from __future__ import annotations

from bot.domain.forms import COMMANDS

HELP = "\n".join(
    [
        "Mention me with one of these (in a personal chat no mention is needed):",
        *(f"• {command} – {what}" for command, what in COMMANDS),
        "A message that begins with // is a note for your colleagues: it never reaches the visitor.",
    ]
)
