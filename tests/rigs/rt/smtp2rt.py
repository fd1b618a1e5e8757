"""An SMTP server on loopback that hands mail to a rig's RT: smtp2rt.py RIG PORT, ended by SIGTERM."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

#: Which queue and action an address stands for.
ADDRESSES = {
    "support@rt.test": ("Support", "correspond"),
    "support-comment@rt.test": ("Support", "comment"),
}


class Gateway:
    """Pipes each mail into rt-mailgate; its refusal is a temporary error for the sender."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        for recipient in envelope.rcpt_tos:
            if recipient.lower() not in ADDRESSES:
                return "550 no such address"
            queue, action = ADDRESSES[recipient.lower()]
            if await self._pipe(queue, action, envelope.content):
                return "451 RT did not take it"
        return "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        return f"451 {type(error).__name__}"

    async def _pipe(self, queue: str, action: str, mail: bytes) -> int:
        facts = self._facts
        process = await asyncio.create_subprocess_exec(
            *(f"rt-mailgate-{facts['rt']}", "--queue", queue, "--action", action),
            *("--url", facts["url"], "--ca-file", facts["ca"]),
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, "PERL5LIB": facts["perl5lib"]},
        )
        await process.communicate(mail)
        return process.returncode or 0


if __name__ == "__main__":
    described = json.loads((Path(sys.argv[1]) / "rig.json").read_text())
    controller = Controller(
        Gateway(described), hostname="127.0.0.1", port=int(sys.argv[2]), data_size_limit=50_000_000
    )
    controller.start()
    signal.sigwait([signal.SIGTERM, signal.SIGINT])
    controller.stop()
