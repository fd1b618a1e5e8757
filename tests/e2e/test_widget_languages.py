"""The widget in the languages that it speaks: fetched when they are needed, and readable."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox.helpsite import HelpSite
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.test_widget_access import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

FOLDER = Path(__file__).parents[2] / "widget" / "src" / "languages"
LANGUAGES: dict[str, dict[str, str]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
}
SPEAK = (
    "new MutationObserver((_, observer) => {{ observer.disconnect();"
    " document.documentElement.lang = {!r} }}).observe(document, {{childList: true}})"
)
"""A script that makes a page one of this language before anything of it is drawn."""
SENTENCE = re.compile(r'^  (\w+):\s+"([^"]*)",$', re.MULTILINE)


def words_of(language: str) -> dict[str, str]:
    """What the widget says in this language, by its keys."""
    if language != "en":
        return LANGUAGES[language]
    return dict(SENTENCE.findall((FOLDER.parent / "strings.ts").read_text(encoding="utf-8")))


async def speak(ada: Ada, language: str, token: str = "") -> None:
    """Open a page that is written in this language, with an invitation."""
    await ada.page.add_init_script(SPEAK.format(language))
    await ada.page.goto("about:blank")
    await ada.page.goto(f"{ada.site.url}/printing{token and '#livechat=' + token}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing_in_any_language(
    chromium: Browser, site: HelpSite, service: MockService, language: str
) -> None:
    words = LANGUAGES[language]
    scheme = "dark" if language in {"ar", "fr", "zh"} else "light"
    size = {"width": 390 if language in {"ar", "de", "pl"} else 1200, "height": 844}
    async with Ada(chromium, site, service, color_scheme=scheme, viewport=size) as ada:
        talk = service.invite()
        await speak(ada, language, talk.token)
        panel = ada.page.locator("rt-livechat #panel")
        await expect(panel).to_contain_text(words["invited_head"])
        await expect(panel).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        assert await axe(ada) == []
        await panel.get_by_role("button", name=words["join"]).click()
        box = panel.get_by_role("textbox", name=words["box_name"])
        await expect(box).to_be_visible()
        talk.grace("Hello! Does `lpq -P lab` say anything?")
        await box.fill("Nothing at all.")
        await box.press("Enter")
        await expect(ada.message("Nothing at all.")).to_contain_text(words["sent"])
        assert await axe(ada) == []
        talk.end()
        await expect(ada.foot).to_contain_text(words["over_head"])
        assert await axe(ada) == []
        english = await panel.evaluate(
            "node => /\\b(the|chat has|ticket is)\\b/.exec(node.innerText)"
        )
        assert english is None
        assert ada.complaints == []


#: Whether the first letter of what is typed stands on the left of the last one.
_LEFT_TO_RIGHT = """(node) => {
    const at = (from) => {
        const range = document.createRange();
        range.setStart(node.firstChild, from);
        range.setEnd(node.firstChild, from + 1);
        return range.getBoundingClientRect().left;
    };
    return at(0) < at(node.firstChild.length - 1);
}"""


@pytest.mark.parametrize(
    "said", ["```\n/tmp;\n```", "`/tmp;`", "اكتب `/tmp;` ثم أعد التشغيل", "שלום `/tmp;`"]
)
async def test_a_command_reads_from_left_to_right_among_arabic_words(
    ada: Ada, service: MockService, said: str
) -> None:
    words = LANGUAGES["ar"]
    talk = service.invite()
    await speak(ada, "ar", talk.token)
    await ada.page.get_by_role("button", name=words["join"]).click()
    await expect(ada.page.get_by_role("textbox", name=words["box_name"])).to_be_visible()
    talk.grace(said)
    code = ada.messages.locator("code")
    await expect(code).to_have_css("border-radius", "6px")  # the style sheet of messages is there
    assert await code.evaluate(_LEFT_TO_RIGHT)


async def test_before_a_click_no_words_are_fetched_and_the_launcher_is_translated(
    ada: Ada,
) -> None:
    await speak(ada, "de")
    await expect(ada.launcher).to_have_accessible_name("Live-Chat")
    assert not [url for url in ada.requests if "/words/" in url]
    await ada.launcher.click()
    await expect(ada.page.locator("rt-livechat #panel")).to_contain_text("Kein Chat ist offen")
    assert len([url for url in ada.requests if "/words/de." in url]) == 1


async def test_the_stand_alone_page_speaks_the_browsers_language_also_where_there_is_no_chat(
    chromium: Browser, site: HelpSite, service: MockService
) -> None:
    async with Ada(chromium, site, service, locale="de") as ada:
        await ada.visit("/livechat/chat")
        panel = ada.page.locator("rt-livechat #panel")
        await expect(panel).to_contain_text("Kein Chat ist offen")
        await expect(panel).to_have_attribute("lang", "de")


async def test_words_that_cannot_be_fetched_are_said_in_english(ada: Ada) -> None:
    await ada.page.route("**/words/**", lambda route: route.fulfill(status=404, body=""))
    await speak(ada, "pl")
    await ada.launcher.click()
    await expect(ada.panel).to_contain_text("No chat is open")


async def test_in_arabic_everything_is_on_its_other_side(
    chromium: Browser, site: HelpSite, service: MockService
) -> None:
    async with Ada(chromium, site, service) as ada:
        talk = service.invite()
        await speak(ada, "ar", talk.token)
        panel = ada.page.locator("rt-livechat #panel")
        await panel.get_by_role("button", name=LANGUAGES["ar"]["join"]).click()
        box = panel.get_by_role("textbox")
        await box.fill("مرحبا")
        await box.press("Enter")
        await expect(ada.message("مرحبا")).to_be_visible()
        own, whole = await ada.message("مرحبا").bounding_box(), await panel.bounding_box()
        assert own
        assert whole
        assert whole["x"] < 100  # the corner where such a page ends
        assert own["x"] - whole["x"] < whole["width"] / 2


@pytest.mark.parametrize("corner", ["left", "right"])
async def test_in_arabic_it_stands_in_the_corner_that_the_page_has_chosen(
    ada: Ada, service: MockService, corner: str
) -> None:
    await speak(ada, "ar", service.invite().token)
    panel = ada.page.locator("rt-livechat #panel")
    await expect(panel).to_have_attribute("dir", "rtl")
    await ada.page.locator("rt-livechat").evaluate(
        "(node, corner) => node.setAttribute('position', corner)", corner
    )
    box = await panel.bounding_box()
    assert box
    assert (box["x"] < 100) == (corner == "left")


@pytest.mark.parametrize("lang", ["de_DE", "{{ lang }}"])
async def test_a_page_whose_language_is_written_wrongly_shows_messages_all_the_same(
    ada: Ada, service: MockService, lang: str
) -> None:
    talk = service.invite()
    await speak(ada, lang, talk.token)
    await ada.page.locator("rt-livechat .screen .main").click()
    box = ada.page.locator("rt-livechat #box")
    await expect(box).to_be_visible()
    talk.grace("Good day")
    await expect(ada.message("Good day")).to_be_visible()
    await expect(box).to_have_accessible_name(
        words_of(lang[:2] if lang[0] == "d" else "en")["box_name"]
    )
