"""``python -m bot.sandbox FOLDER --service-port N``: the stand-ins alone, for a service beside them.

Writes FOLDER/livechat.toml for the service and prints the addresses as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import click

from bot.sandbox.stage import Stage


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--service-port", type=int, required=True, help="Where the service will listen.")
@click.option("--database-url", default="", help="The service's database [default: a SQLite file].")
@click.option("--no-limits", is_flag=True, help="Do not enforce Teams' rate limits.")
@click.option("--set", "extra", multiple=True, help="JSON of more settings, by section.")
def main(
    folder: Path, service_port: int, database_url: str, no_limits: bool, extra: tuple[str, ...]
) -> None:
    """Run the stand-ins for Teams, RT and the help site until SIGTERM."""
    sections = {name: values for text in extra for name, values in json.loads(text).items()}
    url = database_url or f"sqlite:///{folder.resolve()}/livechat.db"
    asyncio.run(_run(Stage(service_port, enforce_limits=not no_limits), folder, url, sections))


async def _run(
    stage: Stage, folder: Path, url: str, sections: dict[str, dict[str, object]]
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with stage:
        stage.write(folder, url, **sections)
        click.echo(json.dumps(stage.addresses()))
        await stop.wait()


if __name__ == "__main__":
    main()
