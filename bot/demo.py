"""``livechat demo``: the whole story on this machine, on stand-ins."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from pathlib import Path

import click

from bot.app import Service
from bot.config import Settings
from bot.sandbox.stage import HOST, Stage
from bot.store import upgrade

_STORY = """
  Live chat is running on stand-ins. Nothing here is real; Ctrl+C ends and forgets it.

    Microsoft Teams   {teams}     you are Grace Hopper, a computing officer
    The help site     {help}     you are Ada Lovelace, a student
    Request Tracker   {rt}     where the record ends up

  Try this:
    1. In Teams, write  @Live Chat 12345  in the channel "Live chat".
    2. Press "Invite", then open the card's link in another window: it leads to the help site.
    3. Join, and talk: what either side writes appears on the other.
    4. In Teams press "Send to RT", write a summary, send it. For ten seconds it can be undone.
    5. Look at ticket 12345 in Request Tracker.
    6. In Teams write  @Live Chat open  in the channel: now visitors can begin a chat themselves,
       from the launcher on the help site (in a private window you are somebody else).
"""


async def demo(port: int) -> None:
    """Run the service and the stand-ins from ``port`` on until SIGINT or SIGTERM.

    Raises OSError when one of the five ports is taken.
    """
    for number in range(port, port + 5):
        _try(number)
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    with tempfile.TemporaryDirectory(prefix="livechat-demo-") as folder:
        url = f"sqlite:///{Path(folder) / 'demo.db'}"
        async with Stage(port + 1, first_port=port) as stage:
            await asyncio.to_thread(upgrade, url)
            service = Service(settings(stage, url))
            await service.start()
            try:
                click.echo(_STORY.format(**stage.addresses()))
                await stop.wait()
            finally:
                await service.stop()


def settings(stage: Stage, database_url: str) -> Settings:
    """Return what the demo plays with: everything a newcomer may want to try is on."""
    return Settings(
        **{
            **stage.settings(database_url),
            "filing": {"undo_seconds": 10},
            "visitor_start": {"who": "anyone", "closes_at": "23:59"},
        }
    )


def _try(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
