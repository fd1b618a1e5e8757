"""What the main thread of a page does, task by task, from Chromium's tracing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page

_CATEGORIES = ["disabled-by-default-devtools.timeline", "__metadata"]


@asynccontextmanager
async def traced(browser: Browser, page: Page) -> AsyncIterator[list[float]]:
    """The tasks meanwhile, known at the end: of each the milliseconds of CPU, slowed down as it is.

    Those of less than one are left out: it does something all the time.
    CPU, because other programs on the machine lengthen that less than the time on the clock.
    """
    tasks: list[float] = []
    await browser.start_tracing(page=page, categories=_CATEGORIES)
    yield tasks
    tasks += _tasks(json.loads(await browser.stop_tracing())["traceEvents"])


def _tasks(events: list[dict[str, Any]]) -> list[float]:
    def named(name: str) -> list[dict[str, Any]]:
        return [event for event in events if event["name"] == name]

    (begun,) = named("TracingStartedInBrowser")
    process = begun["args"]["data"]["frames"][0]["processId"]
    (thread,) = {
        event["tid"]
        for event in named("thread_name")
        if event["pid"] == process and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [task for task in named("RunTask") if (task["pid"], task["tid"]) == (process, thread)]
    took = [task.get("tdur", 0) / 1000 for task in tasks]
    return [milliseconds for milliseconds in took if milliseconds > 1]
