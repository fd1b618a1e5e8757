"""The page on which COs start chats, in each of its states: for pictures, and for tests that look."""

from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import Browser, Page, Route, expect

from bot.sandbox.stage import PREFIX, Stage
from bot.sandbox.teams.faults import Fault

#: What the site's web server would say, and show.
SECRET = "shown by the stand-in for a web server"  # noqa: S105 - of a stage
#: Milliseconds: the service waits for the thread before it answers, and repeats a post after a while.
PATIENCE = 30_000
PLAIN, MERGED, SEVERAL = 12345, 12349, 12352


def settings(stage: Stage) -> dict[str, Any]:
    """Return the sections that the page needs, for the channel "Live chat"."""
    places = stage.teams.world.conversations.values()
    channel = next(one for one in places if one.name == "Live chat")
    return {
        "proxy": {"header": "X-Remote-User", "secret": SECRET},
        "start": {"enabled": True, "domain": "example.ac.uk", "channel": channel.id},
    }


async def desk(browser: Browser, who: str, **more: Any) -> Page:
    """Open the browser of somebody whom the web server has signed in."""
    said = {"X-Remote-User": who, "X-Livechat-Proxy": SECRET}
    context = await browser.new_context(extra_http_headers=said, locale="en-GB", **more)
    return await context.new_page()


async def states(grace: Page, mallory: Page, stage: Stage) -> AsyncIterator[tuple[str, Page]]:
    """Go through the states; yield each one's name and the page that shows it.

    Somebody must have written to the bot in the channel before.
    """
    base = f"{stage.site.url}{PREFIX}/start"
    await mallory.goto(f"{base}?ticket={PLAIN}")
    yield "start-refused", mallory
    await grace.goto(f"{base}?ticket=room%205")
    yield "start-no-ticket", grace
    await grace.goto(f"{base}?ticket={MERGED}")
    yield "start-merged", grace
    await grace.goto(f"{base}?ticket={SEVERAL}")
    yield "start-asking", grace
    stage.teams.faults.add(Fault.gateway(502, on="create", times=None))
    await grace.get_by_role("button", name="Start the chat").click()
    await expect(grace.get_by_role("status")).to_contain_text(
        "Teams has not opened the thread yet", timeout=PATIENCE
    )
    yield "start-waiting", grace

    async def stay(route: Route) -> None:
        """Break off the way to Teams: the page before it stays as it is."""
        await route.abort("aborted")

    await grace.route("https://teams.microsoft.com/**", stay)
    stage.teams.faults.clear()
    await grace.get_by_role("link", name="Look again").click()
    link = grace.get_by_role("link", name="Go to it in Teams")
    await expect(link).to_be_visible(timeout=PATIENCE)
    yield "start-open", grace
    await grace.unroute("https://teams.microsoft.com/**")
    await grace.goto(f"{base}?ticket={SEVERAL}")
    yield "start-running", grace
