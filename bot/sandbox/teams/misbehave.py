"""Carrying a fault out on an aiohttp request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox.teams.faults import Fault

Work = Callable[[], Awaitable[web.StreamResponse]]


async def run(
    request: web.Request, fault: Fault | None, work: Work
) -> tuple[web.StreamResponse, bool]:
    """Do the work, or what the fault makes of it. Returns the answer, and whether the work was done."""
    if fault is None:
        return await work(), True
    if fault.delay:
        await asyncio.sleep(fault.delay)
    wrong = fault.drop or fault.hang or fault.status
    if not wrong:
        return await work(), True
    if fault.accepted:
        await work()
    if fault.hang:
        await _until_given_up(request)
        return web.Response(status=444), fault.accepted
    return _hang_up(request) if fault.drop else _wrong_answer(fault), fault.accepted


async def _until_given_up(request: web.Request) -> None:
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.05)  # nobody tells a handler that its caller has gone


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=444)  # nobody reads it


def _wrong_answer(fault: Fault) -> web.StreamResponse:
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    if fault.html:
        page = f"<html><head><title>{fault.status}</title></head><body><h1>{fault.status} Bad Gateway</h1></body></html>"
        return web.Response(
            status=fault.status, text=page, content_type="text/html", headers=headers
        )
    return error(fault.status, fault.code, fault.message, headers)


def error(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> web.Response:
    """An error as the Connector words it."""
    return web.json_response(
        {"error": {"code": code, "message": message}}, status=status, headers=headers
    )
