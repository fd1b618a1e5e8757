"""The widget for who needs larger text, colours of one's own, or nothing that moves."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from bot.sandbox.helpsite import HelpSite
from tests.e2e.ada import Ada
from tests.e2e.mock_service import MockService
from tests.e2e.test_widget_access import _every_state, _fill, axe
from tests.e2e.test_widget_silence import asked

pytestmark = pytest.mark.asyncio(loop_scope="session")

TWICE = """() => {
    const every = [...document.querySelector('rt-livechat').shadowRoot.querySelectorAll('*')];
    const sizes = every.map(node => parseFloat(getComputedStyle(node).fontSize));
    every.forEach((node, n) => node.style.setProperty('font-size', sizes[n] * 2 + 'px', 'important'));
}"""
"""What a browser's text zoom does: every text twice as large, nothing else."""

SPACED = """() => {
    for (const node of document.querySelector('rt-livechat').shadowRoot.querySelectorAll('*')) {
        const own = {'line-height': '1.5', 'letter-spacing': '.12em', 'word-spacing': '.16em'};
        if (node.localName === 'p') own['margin-bottom'] = '2em';
        for (const name in own) node.style.setProperty(name, own[name], 'important');
    }
}"""
"""As wide as WCAG 1.4.12 says a reader may set it."""

CUT = """() => [...document.querySelector('rt-livechat').shadowRoot.querySelectorAll('*')]
    .filter(node => {
        const { overflowX, overflowY, position, display } = getComputedStyle(node);
        if (display === 'none' || position === 'absolute' || !node.checkVisibility()) return false;
        const clips = overflowX === 'hidden' || overflowY === 'hidden';
        const wide = node.scrollWidth > node.clientWidth + 1;
        return clips ? wide || node.scrollHeight > node.clientHeight + 1 : false;
    })
    .map(node => node.className || node.tagName)"""
"""Boxes that hide a part of what is in them."""

OUTSIDE = """() => {
    const root = document.querySelector('rt-livechat').shadowRoot;
    const panel = root.querySelector('#panel').getBoundingClientRect();
    return [...root.querySelectorAll('#panel button, #panel textarea, #panel summary, #panel h2')]
        .filter(node => node.checkVisibility() && !node.closest('.log, .screen'))
        .filter(node => {
            const box = node.getBoundingClientRect();
            return box.left < panel.left - 1 || box.right > panel.right + 1
                || box.top < panel.top - 1 || box.bottom > panel.bottom + 1;
        })
        .map(node => node.className || node.id || node.tagName);
}"""
"""What is to be pressed or read, and lies outside the panel where nothing scrolls to it."""


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("reader", [TWICE, SPACED], ids=["twice as large", "spaced"])
async def test_however_large_or_wide_the_text_nothing_is_cut_off_or_out_of_reach(
    ada: Ada, service: MockService, size: tuple[int, int], reader: str
) -> None:
    await ada.page.set_viewport_size({"width": size[0], "height": size[1]})
    talk = service.invite()
    await ada.follow(talk.token)
    await expect(ada.button("Join the chat")).to_be_visible()
    await ada.page.evaluate(reader)
    assert await ada.page.evaluate(OUTSIDE) == []
    await ada.join(talk)
    await _fill(ada, talk)
    await ada.page.evaluate(reader)
    assert await ada.page.evaluate(CUT) == []
    assert await ada.page.evaluate(OUTSIDE) == []
    await ada.say("still possible")
    await expect(ada.message("still possible")).to_contain_text("Sent")


async def test_at_four_times_the_size_all_can_be_reached_when_much_is_said_at_once(
    ada: Ada, service: MockService
) -> None:
    """WCAG 1.4.10: a window of 1280 x 1024 at 400 % has 320 x 256 pixels."""
    await ada.page.set_viewport_size({"width": 320, "height": 256})
    await asked(ada, service)
    await service.stop()
    await expect(ada.state).to_contain_text("Connection lost")
    await ada.box.fill("a line\n" * 10)
    assert "panel live" not in await ada.page.evaluate(CUT)
    pressed = await ada.button("I am still here").bounding_box()
    around = await ada.foot.bounding_box()
    assert pressed
    assert around
    assert around["height"] > pressed["height"]


async def test_on_paper_nothing_of_the_pop_up_stands_over_the_page(ada: Ada) -> None:
    await ada.visit()
    await ada.launcher.click()
    await expect(ada.launcher).to_be_visible()
    await expect(ada.panel).to_be_visible()
    await ada.page.emulate_media(media="print")
    await expect(ada.launcher).to_be_hidden()
    await expect(ada.panel).to_be_hidden()


async def test_in_forced_colours_everything_to_press_has_an_edge_and_axe_finds_nothing(
    chromium: Browser, site: HelpSite, service: MockService
) -> None:
    async with Ada(chromium, site, service, forced_colors="active") as ada:
        bare: dict[str, object] = {}
        seen: dict[str, list[str]] = {}

        async def look(name: str) -> None:
            seen[name] = await axe(ada)
            bare[name] = await ada.page.evaluate(
                """() => [...document.querySelector('rt-livechat').shadowRoot
                    .querySelectorAll('button, .button, textarea')]
                    .filter(node => node.checkVisibility())
                    .filter(node => {
                        const field = node.closest('.field') ?? node;
                        const style = getComputedStyle(node.id === 'box' ? field : node);
                        return style.borderTopStyle === 'none' || style.borderTopColor === 'rgba(0, 0, 0, 0)';
                    })
                    .map(node => node.className)"""
            )

        await _every_state(ada, service, look)
        assert {name: found for name, found in bare.items() if found} == {}
        assert {name: found for name, found in seen.items() if found} == {}
        assert ada.complaints == []


async def test_nothing_of_it_moves(ada: Ada, service: MockService) -> None:
    moving = "document.querySelector('rt-livechat').shadowRoot.getAnimations().length"
    await ada.visit()
    await ada.launcher.click()
    assert await ada.page.evaluate(moving) == 0
    talk = service.invite()
    await ada.join(talk)
    await _fill(ada, talk)
    assert await ada.page.evaluate(moving) == 0
    await ada.button("Minimise the chat").click()
    assert await ada.page.evaluate(moving) == 0


async def test_what_is_said_of_one_s_own_message_stands_below_it(
    ada: Ada, service: MockService
) -> None:
    talk = service.invite()
    await ada.join(talk)
    await ada.say("Is that all?")
    await expect(ada.message("Is that all?")).to_contain_text("Sent")
    talk.lose(sure=True)
    mark = ada.messages.last.locator(".meta")
    await expect(mark).to_contain_text("could not be shown this")
    right = "node => { const all = document.createRange(); all.selectNodeContents(node.firstChild);"
    time = await mark.evaluate(right + " return all.getBoundingClientRect().right }")
    bubble = await ada.messages.last.locator(".body").bounding_box()
    assert bubble
    assert abs(time - bubble["x"] - bubble["width"]) < 2
