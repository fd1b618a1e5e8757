"""``python -m bot.sandbox.teams``: the stand-in as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from bot.sandbox.teams.server import TeamsStandIn


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.teams", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="page, connector and metadata (0: a free one)"
    )
    parser.add_argument("--login-port", type=int, default=0, help="login, over TLS (0: a free one)")
    parser.add_argument("--bot-url", default="", help="http://127.0.0.1:3978/api/messages")
    parser.add_argument("--app-id", default="11111111-1111-4111-8111-111111111111")
    parser.add_argument("--app-password", default="only-for-the-stand-in")
    parser.add_argument("--tenant-id", default="22222222-2222-4222-8222-222222222222")
    parser.add_argument("--bot-name", default="Live Chat")
    parser.add_argument(
        "--ca-file", type=Path, help="where to write the authority that the login's TLS needs"
    )
    parser.add_argument(
        "--no-limits", action="store_true", help="do not enforce Teams' rate limits"
    )
    parser.add_argument(
        "--no-hourly-limit", action="store_true", help="enforce all limits but those of an hour"
    )
    parser.add_argument(
        "--plan", type=Path, help="JSON file of faults, a storm and so on: see control.py, plan"
    )
    parser.add_argument(
        "--anonymous", action="store_true", help="neither sign activities nor ask for tokens"
    )
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with TeamsStandIn(
        bot_url=arguments.bot_url,
        app_id=arguments.app_id,
        app_password=arguments.app_password,
        tenant_id=arguments.tenant_id,
        bot_name=arguments.bot_name,
        port=arguments.port,
        login_port=arguments.login_port,
        ca_file=arguments.ca_file,
        enforce_limits=not arguments.no_limits,
        anonymous=arguments.anonymous,
    ) as teams:
        teams.limits.hourly = not arguments.no_hourly_limit
        if arguments.plan:
            teams.plan(json.loads(arguments.plan.read_text(encoding="utf-8")))
        sys.stdout.write(json.dumps(teams.addresses()) + "\n")  # one line, for whoever started us
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
