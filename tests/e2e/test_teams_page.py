"""People play Teams on the stand-in's page, in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Locator, Page, expect

from bot.sandbox.teams import Post, TeamsStandIn
from tests.chromium import CHROMIUM, HEADLESS
from tests.e2e.axe import violations
from tests.e2e.conftest import launched
from tests.sandbox.teams.bots import ConnectorClient, RecordingBot, card
from tests.visitors.browser import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXECUTE = "Action.Execute"
BODY: list[dict[str, Any]] = [
    {"type": "TextBlock", "text": "RT 12345 is **bold**", "style": "heading", "size": "Large"},
    {"type": "TextBlock", "text": r"\*escaped\* \& \<so\>", "wrap": True},
    {"type": "TextBlock", "text": "<b>not bold</b> [a link](https://rt.example/1)", "wrap": True},
    {
        "type": "RichTextBlock",
        "inlines": [{"type": "TextRun", "text": "**verbatim** <i>too</i>", "color": "Good"}, "."],
    },
    {"type": "FactSet", "facts": [{"title": "Queue", "value": "support"}]},
    {
        "type": "Container",
        "style": "warning",
        "items": [{"type": "TextBlock", "text": "Careful", "color": "Warning"}],
    },
    {
        "type": "ColumnSet",
        "columns": [
            {"type": "Column", "width": "auto", "items": [{"type": "TextBlock", "text": "left"}]},
            {"type": "Column", "width": 2, "items": [{"type": "TextBlock", "text": "right"}]},
        ],
    },
    {
        "type": "Input.Text",
        "id": "summary",
        "label": "Summary",
        "isMultiline": True,
        "isRequired": True,
        "errorMessage": "Write a summary first.",
    },
    {
        "type": "Input.ChoiceSet",
        "id": "status",
        "label": "Status",
        "value": "keep",
        "choices": [
            {"title": "Leave it", "value": "keep"},
            {"title": "Resolved", "value": "resolved"},
        ],
    },
    {
        "type": "Input.ChoiceSet",
        "id": "home",
        "label": "Home",
        "style": "expanded",
        "choices": [{"title": "Here", "value": "here"}, {"title": "There", "value": "there"}],
    },
    {"type": "Input.Toggle", "id": "copy", "title": "Keep a copy", "valueOn": "1", "valueOff": "0"},
    {"type": "TextBlock", "id": "secret", "text": "Hidden at first", "isVisible": False},
]
INNER = card({"type": EXECUTE, "title": "Hand over now", "verb": "hand"}, body=[{"type": "Input.Text", "id": "to", "label": "To whom"}])  # fmt: skip
CARD = card(
    {"type": EXECUTE, "title": "Send to RT", "verb": "file", "style": "positive", "data": {"n": 1}},
    {"type": "Action.ShowCard", "title": "Hand over", "card": INNER},
    {"type": "Action.ToggleVisibility", "title": "More", "targetElements": ["secret"]},
    {"type": "Action.OpenUrl", "title": "Open the ticket", "url": "https://rt.example/1"},
    body=BODY,
)
FILED = card(body=[{"type": "TextBlock", "text": "Filed as transaction 99"}])


def shows(new: dict[str, Any]) -> dict[str, Any]:
    kind = "application/vnd.microsoft.card.adaptive"
    return {"statusCode": 200, "type": kind, "value": new}


@pytest_asyncio.fixture(loop_scope="module")
async def bot() -> AsyncIterator[RecordingBot]:
    recording = RecordingBot()
    app = web.Application()
    app.router.add_post("/api/messages", recording.messages)
    async with TestServer(app, host="127.0.0.1") as server:
        recording.url = str(server.make_url("/api/messages"))
        yield recording


@pytest_asyncio.fixture(loop_scope="module")
async def teams(bot: RecordingBot) -> AsyncIterator[TeamsStandIn]:
    async with TeamsStandIn(bot_url=bot.url) as standing_in:
        yield standing_in


@pytest_asyncio.fixture(loop_scope="module")
async def connector(teams: TeamsStandIn) -> AsyncIterator[ConnectorClient]:
    async with aiohttp.ClientSession() as session:
        yield ConnectorClient(session, teams)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with launched(HEADLESS, CHROMIUM) as chromium:
        yield chromium


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, teams: TeamsStandIn) -> AsyncIterator[Page]:
    """Grace in the channel "Live chat"; anything that the console has to complain of fails the test."""
    async with await browser.new_context(bypass_csp=False) as context:
        opened = await context.new_page()
        complaints: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        await visit(opened, teams)
        yield opened
        assert complaints == []


@pytest_asyncio.fixture(loop_scope="module")
async def thread(teams: TeamsStandIn) -> Post:
    return await teams.people["grace"].mention("Live chat", "12345")


async def visit(page: Page, teams: TeamsStandIn, person: str = "grace", place: str = "") -> None:
    await page.goto("about:blank")
    await page.goto(f"{teams.url}#person={person}&in={place}")
    await page.wait_for_selector("#ready", state="attached")


def post(page: Page, post_id: str) -> Locator:
    return page.locator(f"[data-post='{post_id}']")


async def test_a_co_mentions_the_bot_and_the_answer_comes_live(
    page: Page, teams: TeamsStandIn, bot: RecordingBot, connector: ConnectorClient
) -> None:
    await expect(page.get_by_text("for trials, not real")).to_be_visible()
    box = page.get_by_role("textbox", name="New post in Live chat")
    await page.locator("#new-post").get_by_role("button", name="@Live Chat").click()
    await expect(box).to_have_value("@Live Chat ")
    await box.press_sequentially("12345 & <b>")
    await page.get_by_role("button", name="Post").click()
    await expect(page.locator(".post .mention")).to_have_text("Live Chat")
    await expect(page.locator(".post .words")).to_contain_text("12345 & <b>")
    thread = teams.posts("Live chat")[0]
    await until(lambda: "'<at>Live Chat</at>&nbsp;12345" in str(bot.heard))
    await connector.send(thread.thread_id, "Found it", textFormat="plain")
    await expect(page.locator(f"[data-thread='{thread.id}']")).to_contain_text("Found it")


async def test_replies_stay_in_their_thread_and_enter_sends(
    page: Page, teams: TeamsStandIn, bot: RecordingBot, thread: Post
) -> None:
    box = page.get_by_role("textbox", name="Reply")
    await box.fill("first line\nsecond line")
    await box.press("Enter")
    await expect(box).to_have_value("")
    await expect(page.locator(".post")).to_have_count(2)
    assert teams.posts("Live chat", thread.id)[1].html == "<p>first line<br>second line</p>"


async def test_own_posts_are_edited_deleted_and_brought_back(
    page: Page, teams: TeamsStandIn, bot: RecordingBot, thread: Post
) -> None:
    mine = post(page, thread.id)
    await mine.hover()
    await mine.get_by_role("button", name="Edit").click()
    await mine.get_by_role("textbox", name="Edit your message").fill("@Live Chat 54321")
    await mine.get_by_role("button", name="Save").click()
    await expect(mine.locator(".edited")).to_be_visible()
    await mine.hover()
    await mine.get_by_role("button", name="Delete").click()
    await expect(mine).to_contain_text("This message has been deleted.")
    await mine.hover()
    await mine.get_by_role("button", name="Undo delete").click()
    await expect(mine).to_contain_text("54321")
    types = ["message", "messageUpdate", "messageDelete", "messageUpdate"]
    await until(lambda: [a["type"] for a in bot.heard] == types)


async def test_each_element_of_a_card_is_rendered_and_markup_only_where_teams_has_it(
    page: Page, connector: ConnectorClient, thread: Post
) -> None:
    shown = post(page, await connector.send_card(thread.thread_id, CARD))
    await expect(shown.get_by_role("heading", name="RT 12345 is bold")).to_be_visible()
    await expect(shown.locator(".text-block b")).to_have_text("bold")
    await expect(shown.get_by_text("<b>not bold</b>")).to_be_visible()
    await expect(shown.get_by_text("*escaped* & <so>")).to_be_visible()
    await expect(shown.get_by_role("link", name="a link")).to_have_attribute(
        "href", "https://rt.example/1"
    )
    await expect(shown.get_by_text("**verbatim** <i>too</i>")).to_have_class("color-good")
    await expect(shown.locator("dt")).to_have_text("Queue")
    await expect(shown.locator("dd")).to_have_text("support")
    await expect(shown.locator(".style-warning .color-warning")).to_have_text("Careful")
    left, right = await bounds(shown, "left"), await bounds(shown, "right")
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]
    await expect(shown.get_by_text("Hidden at first")).to_be_hidden()
    await shown.get_by_role("button", name="More").click()
    await expect(shown.get_by_text("Hidden at first")).to_be_visible()
    async with page.context.expect_page() as opening:
        await page.context.route("https://rt.example/**", lambda route: route.abort())
        await shown.get_by_role("link", name="Open the ticket").click()
    await (await opening.value).close()


async def bounds(inside: Locator, text: str) -> Any:
    return await inside.get_by_text(text, exact=True).bounding_box()


async def test_inputs_are_checked_and_sent_and_the_card_changes_for_the_presser_alone(
    page: Page, teams: TeamsStandIn, bot: RecordingBot, connector: ConnectorClient, thread: Post
) -> None:
    shown = post(page, await connector.send_card(thread.thread_id, CARD))
    await shown.get_by_role("button", name="Send to RT").click()
    await expect(shown.get_by_text("Write a summary first.")).to_be_visible()
    assert bot.last["type"] == "message"
    bot.answers = [shows(FILED)]
    await shown.get_by_role("textbox", name="Summary").fill("two\nlines")
    await shown.get_by_role("combobox", name="Status").select_option("Resolved")
    await shown.get_by_role("radio", name="There").check()
    await shown.get_by_role("checkbox", name="Keep a copy").check()
    await shown.get_by_role("button", name="Send to RT").click()
    await expect(shown.get_by_text("Filed as transaction 99")).to_be_visible()
    await expect(shown.get_by_text("Only you can see this card.")).to_be_visible()
    typed = {"summary": "two\nlines", "status": "resolved", "home": "there", "copy": "1"}
    assert bot.last["value"]["action"]["data"] == {"n": 1} | typed
    await visit(page, teams, "alan")
    await expect(page.get_by_role("button", name="Send to RT")).to_be_visible()


async def test_a_button_unfolds_a_card_with_inputs_of_its_own(
    page: Page, bot: RecordingBot, connector: ConnectorClient, thread: Post
) -> None:
    shown = post(page, await connector.send_card(thread.thread_id, CARD))
    await expect(shown.get_by_role("textbox", name="To whom")).to_be_hidden()
    await shown.get_by_role("button", name="Hand over", exact=True).click()
    await shown.get_by_role("textbox", name="To whom").fill("Alan")
    await shown.get_by_role("textbox", name="Summary").fill("s")
    bot.answers = [
        {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Done."}
    ]
    await shown.get_by_role("button", name="Hand over now").click()
    await expect(shown.get_by_text("Done.")).to_be_visible()
    assert bot.last["value"]["action"]["data"]["to"] == "Alan"


async def test_what_is_typed_into_a_card_survives_everything_but_a_new_card(
    page: Page, teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    card_id = await connector.send_card(thread.thread_id, CARD)
    shown = post(page, card_id)
    await shown.get_by_role("textbox", name="Summary").fill("half a sen")
    await teams.people["alan"].react(teams.world.any_post(card_id))
    await teams.people["alan"].reply(thread, "and more")
    await expect(shown.locator(".reaction")).to_be_visible()
    await expect(shown.get_by_role("textbox", name="Summary")).to_have_value("half a sen")
    attachments = [{"contentType": "application/vnd.microsoft.card.adaptive", "content": FILED}]
    update = {"type": "message", "attachments": attachments}
    path = f"conversations/{thread.thread_id}/activities/{card_id}"
    await connector.ask("PUT", path, update)
    await expect(shown.get_by_text("Filed as transaction 99")).to_be_visible()


async def test_a_dialog_opens_and_its_answer_is_sent(
    page: Page, bot: RecordingBot, connector: ConnectorClient, thread: Post
) -> None:
    fetch = {"msteams": {"type": "task/fetch"}}
    ask = card({"type": "Action.Submit", "title": "Ask", "data": fetch})
    shown = post(page, await connector.send_card(thread.thread_id, ask))
    field = {"type": "Input.Text", "id": "name", "label": "Name"}
    inner = card({"type": "Action.Submit", "title": "OK", "data": {"x": 1}}, body=[field])
    value = {"title": "Who is it?", "card": {"contentType": "x", "content": inner}}
    bot.answers = [
        {"task": {"type": "continue", "value": value}},
        {"task": {"type": "message", "value": "Thank you."}},
    ]
    await shown.get_by_role("button", name="Ask").click()
    dialog = page.get_by_role("dialog", name="Who is it?")
    await dialog.get_by_role("textbox", name="Name").fill("Ada")
    await dialog.get_by_role("button", name="OK").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("status")).to_contain_text("Thank you.")
    assert bot.last["value"]["data"] == {"x": 1, "name": "Ada"}


async def test_a_pasted_picture_is_posted(page: Page, teams: TeamsStandIn) -> None:
    await page.get_by_role("textbox", name="New post").evaluate(
        """box => {
            const held = new DataTransfer();
            const picture = atob("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=");
            const bytes = Uint8Array.from(picture, one => one.charCodeAt(0));
            held.items.add(new File([bytes], "p.gif", { type: "image/gif" }));
            box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held }));
        }"""
    )
    await expect(page.get_by_text("1 picture pasted")).to_be_visible()
    await page.get_by_role("button", name="Post").click()
    await expect(page.get_by_role("img", name="Pasted picture")).to_be_visible()
    assert len(teams.world.files) == 1


@pytest.mark.parametrize(
    ("form", "seen", "bold", "mentions"),
    [
        ("plain", "**b** <b>c</b> <at>Grace Hopper</at> <script>x</script>", 0, 0),
        ("markdown", "b c Grace Hopper", 2, 0),
        ("xml", "**b** c Grace Hopper", 1, 0),
    ],
)
async def test_text_is_interpreted_as_its_format_says_so_that_a_tester_sees_it(
    page: Page,
    connector: ConnectorClient,
    thread: Post,
    form: str,
    seen: str,
    bold: int,
    mentions: int,
) -> None:
    text = "**b** <b>c</b> <at>Grace Hopper</at> <script>x</script>"
    answer = await connector.send(thread.thread_id, text, textFormat=form)
    words = post(page, answer.body["id"]).locator(".words")
    await expect(words).to_have_text(seen)
    await expect(words.locator("b")).to_have_count(bold)
    await expect(words.locator(".mention")).to_have_count(mentions)


async def test_everybody_sees_their_own_places_and_what_is_new_in_them(
    page: Page, teams: TeamsStandIn, connector: ConnectorClient
) -> None:
    rail = page.get_by_role("navigation", name="Teams and chats")
    await expect(rail.get_by_role("button", name="Questions")).to_be_visible()
    await teams.people["alan"].post("Questions", "anybody?")
    await expect(rail.get_by_role("button", name="Questions new messages")).to_be_visible()
    await rail.get_by_role("button", name="Questions").click()
    await expect(page.get_by_role("heading", name="Questions")).to_be_visible()
    await expect(page.get_by_text("The bot was not told: no mention")).to_be_visible()
    await page.get_by_label("You are").select_option("Mallory Stranger")
    await expect(rail.get_by_role("button", name="Live Chat", exact=True)).to_be_visible()
    await expect(rail.get_by_role("button", name="Questions")).to_have_count(0)


async def test_consent_and_trouble_have_switches_on_the_page(
    page: Page, teams: TeamsStandIn, connector: ConnectorClient, thread: Post
) -> None:
    await page.get_by_text("Trial settings").click()
    async with page.expect_response("**/_control/consent"):
        await page.get_by_role("checkbox", name="may read every message").uncheck()
    assert not thread.conversation.hears_everything
    await page.get_by_label("Trouble in Teams").select_option("Bad gateway (502), next 1")
    await page.get_by_role("button", name="Cause it").click()
    await expect(page.get_by_text("The next requests of the bot here")).to_be_visible()
    assert (await connector.send(thread.thread_id)).status == 502


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(
    page: Page,
    teams: TeamsStandIn,
    connector: ConnectorClient,
    thread: Post,
    scheme: Any,
    width: int,
) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=scheme)
    await connector.send_card(thread.thread_id, CARD)
    await connector.send(thread.thread_id, "A `word` and https://a.example/", textFormat="markdown")
    await expect(page.get_by_role("link", name="https://a.example/")).to_be_visible()
    assert await violations(page) == []


async def test_a_phone_has_the_places_behind_a_button(page: Page, teams: TeamsStandIn) -> None:
    await page.set_viewport_size({"width": 390, "height": 800})
    await expect(page.get_by_role("button", name="Questions")).to_be_hidden()
    await page.get_by_role("button", name="Channels").click()
    await page.get_by_role("button", name="Questions").click()
    await expect(page.get_by_role("heading", name="Questions")).to_be_visible()
    await expect(page.get_by_role("button", name="Questions")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_the_posts_scroll_and_not_the_page(page: Page, teams: TeamsStandIn) -> None:
    for number in range(12):
        await teams.people["grace"].mention("Live chat", str(number))
    await expect(page.locator("#posts > .thread")).to_have_count(12)
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
