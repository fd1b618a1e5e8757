"""The stand-alone page and the bundle, as browsers get them."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.visitors import pages
from bot.visitors.bundle import Bundle, version
from bot.visitors.hub import Hub
from bot.visitors.room import VisitorsRoom
from bot.visitors.sign_in_routes import WHY
from tests.visitors.browser import Browser, Server
from tests.visitors.conftest import StartSite
from tests.visitors.fakes import FakeVisiting


class Tags(HTMLParser):
    """Takes down what a page holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


async def test_the_page_runs_our_script_and_nothing_else(ada: Browser) -> None:
    answer = await ada.get("chat")
    policy = answer.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    tags = Tags(await answer.text()).tags
    assert [attrs for tag, attrs in tags if tag == "script"] == [
        {"defer": None, "src": "frame.js"},
        {"type": "module", "src": f"widget.js?v={version(pages.STATIC)}"},
    ]
    assert "style" not in {tag for tag, _ in tags}
    assert [attrs for tag, attrs in tags if tag == "rt-livechat"] == [
        {
            "fullpage": None,
            "endpoint": "/livechat",
            "support-url": "https://help.example.org/contact?a=1&b=2",
            "support-text": "computing support",
        }
    ]
    inline = {name for _, attrs in tags for name in attrs if name.startswith("on")}
    assert inline | {name for _, attrs in tags for name in attrs if name == "style"} == set()


async def test_who_has_no_javascript_is_told_how_to_reach_support(ada: Browser) -> None:
    page = Tags(await (await ada.get("chat")).text())
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == ["https://help.example.org/contact?a=1&b=2", "chat"]
    assert "answer the e-mail of your ticket" in page.words


@pytest.mark.parametrize(
    ("accepted", "lang", "words"),
    [
        ("de-CH,de;q=0.9,en;q=0.8", "de", "Der Chat braucht JavaScript"),
        ("zh", "zh", "聊天需要 JavaScript"),
        ("en-GB", "en", "The chat needs JavaScript"),
        ("arn,es;q=0.9", "en", "The chat needs JavaScript"),  # the widget goes by the first, too
        ("", "en", "The chat needs JavaScript"),
    ],
)
async def test_the_page_speaks_the_language_of_the_browser(
    ada: Browser, accepted: str, lang: str, words: str
) -> None:
    page = Tags(await (await ada.get("chat", **{"Accept-Language": accepted})).text())
    assert ("html", {"lang": lang}) in page.tags
    assert words in page.words
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == ["https://help.example.org/contact?a=1&b=2", "chat"]


def test_who_is_not_signed_in_is_told_so_from_right_to_left_in_arabic() -> None:
    page = Tags(pages.not_signed_in(WHY["busy"], "/help", "ar"))
    assert ("html", {"lang": "ar", "dir": "rtl"}) in page.tags
    assert not re.search("[a-z]{3}", page.words)


def test_every_sentence_of_both_pages_is_there_in_every_language_of_the_widget() -> None:
    folder = Path(pages.__file__).parent
    names = ("chat.html", "not_signed_in.html")
    templates = "".join((folder / "templates" / name).read_text("utf-8") for name in names)
    said = {*re.findall(r'say\("([^"]+)"\)', templates), *WHY.values()}
    spoken = {path.stem for path in folder.glob("static/words/*.json")}
    assert {language: set(words) for language, words in pages.WORDS.items()} == dict.fromkeys(
        spoken, said
    )
    for words in pages.WORDS.values():
        assert all(text.count("{link}") == words[text].count("{link}") for text in words)


async def test_the_page_leads_to_the_accessibility_statement_where_there_is_one(
    ada: Browser,
) -> None:
    assert "footer" not in {tag for tag, _ in Tags(await (await ada.get("chat")).text()).tags}
    url = "https://help.example.org/accessibility"
    html = pages.page("/livechat", "mailto:a@example.org", "us", "1", url)
    assert url in [attrs.get("href") for tag, attrs in Tags(html).tags if tag == "a"]


@pytest.mark.parametrize("path", ["chat", "api/session", "healthz", "ws", "widget.js.map"])
async def test_every_answer_keeps_to_itself(ada: Browser, path: str) -> None:
    headers = (await ada.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "Access-Control-Allow-Origin" not in headers
    assert len(headers["X-Request-Id"]) == 16


async def test_health_is_that_the_process_answers(ada: Browser) -> None:
    assert await (await ada.get("healthz")).json() == {"ok": True}


async def test_how_it_is_with_rt_is_told_on_this_machine_only(start_site: StartSite) -> None:
    ada = await (await start_site(health=lambda: {"rt": {"rt": "clock_skew"}})).browser()
    ours = await (await ada.get("healthz")).json()
    assert ours == {"ok": True, "rt": {"rt": "clock_skew"}}
    proxied = await ada.get("healthz", **{"X-Forwarded-For": "192.0.2.1"})
    assert await proxied.json() == {"ok": True}


# --- the bundle --------------------------------------------------------------------------------------


BUNDLE = b"export {};\n" * 100


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle with a sidecar, in place of the real one; returns its folder."""
    (tmp_path / "widget.js").write_bytes(BUNDLE)
    (tmp_path / "widget.js.gz").write_bytes(gzip.compress(BUNDLE, mtime=0))
    (tmp_path / "secret.txt").write_text("not for you")
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    return tmp_path


async def test_the_bundle_is_cached_for_a_while_and_asked_for_again_cheaply(
    bundle: Path, ada: Browser
) -> None:
    answer = await ada.get("widget.js", **{"Accept-Encoding": "identity"})
    assert await answer.read() == BUNDLE
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    seen = {"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "identity"}
    again = await ada.get("widget.js", **seen)
    assert again.status == 304


async def test_the_bundle_that_is_named_by_its_content_is_kept_for_good(
    bundle: Path, start_site: StartSite
) -> None:
    ada = await (await start_site()).browser()
    named = await ada.get(f"widget.js?v={version(bundle)}")
    assert named.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in ("widget.js?v=0123456789ab", "widget.js?v="):
        assert (await ada.get(other)).headers["Cache-Control"] == "public, max-age=300"


async def test_the_bundle_is_sent_as_it_was_compressed_beforehand(
    bundle: Path, ada: Browser
) -> None:
    answer = await ada.get("widget.js", **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert await answer.read() == BUNDLE


async def test_who_refuses_a_compression_gets_the_file_itself(bundle: Path, ada: Browser) -> None:
    answer = await ada.get("widget.js", **{"Accept-Encoding": "gzip;q=0, br"})
    assert "Content-Encoding" not in answer.headers
    assert await answer.read() == BUNDLE


@pytest.mark.parametrize("path", ["secret.txt", "widget.js.gz", "../widget.js", "widget.js%00"])
async def test_nothing_else_is_given_out(bundle: Path, ada: Browser, path: str) -> None:
    assert (await ada.get(path)).status == 404


async def test_a_bundle_that_was_not_built_is_not_found(bundle: Path, ada: Browser) -> None:
    answer = await ada.get("widget.js.map")
    assert (answer.status, await answer.json()) == (404, {"error": "not_found"})


# --- settings ----------------------------------------------------------------------------------------


def room(**settings: object) -> VisitorsRoom:
    good: dict[str, object] = {
        "origins": ["https://help.example.org"],
        "support_url": "mailto:support@example.org",
    }
    return VisitorsRoom(FakeVisiting(), FakeVisiting(), Hub(), **(good | settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"origins": []}, "name at least one origin"),
        ({"origins": ["*"]}, "no origin"),
        ({"origins": ["null"]}, "no origin"),
        ({"origins": ["https://*.example.org"]}, "no origin"),
        ({"origins": ["https://help.example.org/"]}, "nothing after it"),
        ({"origins": ["https://Help.example.org"]}, "in lower case"),
        ({"origins": ["https://help.example.org:443"]}, "leave the port out"),
        ({"origins": ["http://help.example.org"]}, "is not https"),
        ({"origins": ["https://"]}, "is no"),
        ({"frame_ancestors": ["https://a.example; script-src *"]}, "is no"),
        ({"support_url": "javascript:alert(1)"}, "the support URL must be https:"),
        ({"accessibility_url": "javascript:alert(1)"}, "statement's URL must be https:"),
        ({"prefix": "livechat/"}, "must look like"),
        ({"prefix": "/{x}"}, "must look like"),
    ],
)
def test_a_setting_that_cannot_work_says_what_to_write(
    settings: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        room(**settings)


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://127.0.0.1:3978"])
def test_loopback_needs_no_tls(origin: str) -> None:
    room(origins=[origin])


async def test_named_sites_may_frame_the_page_and_it_lives_below_its_prefix() -> None:
    ours = room(frame_ancestors=["https://wiki.example.org"], prefix="/help/chat")
    async with Server(ours) as server, Browser(server, "/help/chat") as browser:
        answer = await browser.get("chat")
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors https://wiki.example.org;" in policy
        assert 'endpoint="/help/chat"' in await answer.text()


async def test_a_name_of_support_is_never_markup() -> None:
    html = pages.page("/livechat", 'https://x/?"><script>', "<b>us</b>", "1")
    assert "<b>" not in html
    assert [attrs for tag, attrs in Tags(html).tags if tag == "script" and "src" not in attrs] == []


async def test_words_of_this_edition_are_kept_for_ever_and_others_are_not(ada: Browser) -> None:
    edition = Bundle(pages.STATIC).edition
    answer = await ada.get(f"words/de.{edition}.json", **{"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert (await answer.json())["Join the chat"] == "Dem Chat beitreten"
    older = await ada.get("words/de.0badf00d.json")
    assert (older.status, older.headers["Cache-Control"]) == (200, "public, max-age=300")


async def test_what_the_widget_fetches_for_files_is_the_one_that_its_bundle_knows(
    ada: Browser,
) -> None:
    edition = Bundle(pages.STATIC).lazy_edition
    bundle = (pages.STATIC / "widget.js").read_text()
    assert f"more.{edition}.js" in bundle
    answer = await ada.get(f"more.{edition}.js", **{"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert (await ada.get("more.0badf00d.js")).status == 404


@pytest.mark.parametrize("name", ["fi.0badf00d", "..%2Fwidget.0badf00d", "de"])
async def test_there_are_no_words_of_other_names(ada: Browser, name: str) -> None:
    assert (await ada.get(f"words/{name}.json")).status == 404


def test_the_bundle_asks_for_the_edition_that_is_served() -> None:
    code = (pages.STATIC / "widget.js").read_text()
    assert Bundle(pages.STATIC).edition in code
