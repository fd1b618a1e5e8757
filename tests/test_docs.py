"""What the documents say is so, and what is so they say."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot.app import Service
from bot.domain import events
from bot.domain.chat import TRANSITIONS, State
from bot.relay.delivery import Lane, Stream
from bot.relay.lanes import LANES
from infra.dev import chat_states
from tests.settings import settings
from tests.test_house import kept

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path for path in kept() if path.suffix == ".md")
DOCS = "".join(
    path.read_text(encoding="utf-8") for path in PAGES if path.is_relative_to(ROOT / "docs")
)
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", DOCS)))


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


# --- links ---------------------------------------------------------------------------------------


def links(path: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text))


def anchors(path: Path) -> set[str]:
    """What a page's headings are called in links."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    dead = []
    for link in links(path):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = unquote(link).partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_is_named_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        if path.is_dir():
            todo += path.glob("*.md")
        elif path.suffix == ".md":
            found = [link.partition("#")[0] for link in links(path) if "://" not in link]
            todo += [(path.parent / link).resolve() for link in found if link]
    lost = {p for p in PAGES if p.is_relative_to(ROOT / "docs")} - seen
    assert lost == set()


# --- states --------------------------------------------------------------------------------------


def test_the_page_of_states_is_what_the_script_prints() -> None:
    redo = "python -m infra.dev.chat_states > docs/chat-states.md"
    assert page("chat-states.md") == chat_states.page(), redo


@pytest.mark.parametrize("state", State)
def test_every_state_is_explained(state: State) -> None:
    assert re.search(rf"^\| `{state}` \| .+ \| .+ \|$", page("chat-states.md"), re.MULTILINE)


def test_every_arrow_of_the_table_is_drawn() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+):", page("chat-states.md"), re.MULTILINE))
    assert drawn == {(a, b) for (a, _), b in TRANSITIONS.items() if a is not b}


def test_every_event_has_a_name() -> None:
    # by name: dataclasses with slots leave their first drafts among the subclasses
    named = {event.__name__ for event in chat_states.EVENTS}
    kinds = events.Event.__subclasses__()
    kinds += [narrower for kind in kinds for narrower in kind.__subclasses__()]
    assert named == {event.__name__ for event in kinds}


# --- routes, lanes, commands ---------------------------------------------------------------------


def test_every_route_of_the_service_is_described(tmp_path: Path) -> None:
    service = Service(settings(database={"url": f"sqlite:///{tmp_path / 'unused.db'}"}))
    routes = [*service.visitors.routes(), *service.teams.routes()]
    plain = {f"{r.method} {r.path}".replace("/livechat/", "") for r in routes}
    assert len(plain) > 9
    assert {route for route in plain if route not in DOCS} == set()


def test_every_lane_is_described_with_what_it_carries_at_once() -> None:
    text = page("architecture.md")
    for lane in Lane:
        assert f"`{lane}` ({LANES[lane].at_once}" in text


def test_every_stream_is_described() -> None:
    (told,) = re.findall(r"^- a \*\*stream\*\*.*", page("architecture.md"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)[`:]", told)) == set(Stream)


def test_every_make_target_named_in_a_page_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    there = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        named = re.findall(r"`make (\w+)[^`]*`|^make (\w+)", text, re.MULTILINE)
        assert {a or b for a, b in named} <= there, path


# --- words ---------------------------------------------------------------------------------------


def words() -> list[str]:
    """The glossary's words, one by one."""
    found = re.findall(r"^\| \*\*(.+?)\*\*", page("glossary.md"), re.MULTILINE)
    return [word.strip() for entry in found for word in entry.split(",")]


def code() -> str:
    listed = subprocess.run(
        ["git", "grep", "-hiwE", "--no-color", "-e", ".", "--", "bot/*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return listed.stdout.lower()


def test_every_word_of_the_glossary_is_one_that_the_code_uses() -> None:
    text = code()
    assert len(words()) > 30
    unused = [word for word in words() if not re.search(rf"\b{word.lower()}", text)]
    assert unused == []


def test_every_page_uses_the_glossarys_words() -> None:
    """Words that the glossary rules out, where nothing else can be meant by them."""
    wrong = re.compile(r"\b(whisper|chat room|chat session|help desk agent)s?\b", re.IGNORECASE)
    found = [(path.name, match[0]) for path in PAGES if path.name != "glossary.md"
             for match in wrong.finditer(path.read_text(encoding="utf-8"))]  # fmt: skip
    assert found == []
