"""Rules of this house that no other tool checks."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = ("bot", "tests", "widget/src", "infra")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
PINS = sorted((ROOT / "requirements").glob("*.txt"))
LOCKS = [ROOT / "tests/npm/package-lock.json", ROOT / "widget/package-lock.json"]


def kept(*folders: str, suffixes: tuple[str, ...] = ("",)) -> list[Path]:
    """Files that are in the repository or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = [ROOT / name for name in listed.split("\0") if name.endswith(suffixes)]
    return [path for path in files if path.is_file()]


def text_of(path: Path) -> str:
    """What a text file says; nothing for pictures and the like."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_longer_than_one_sitting() -> None:
    lengths = {
        path: len(path.read_text().splitlines())
        for path in kept(*CODE, suffixes=(".py", ".ts", ".css", ".sh", ".html"))
    }
    assert {p: n for p, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {name}": lines
        for path in kept(*CODE, suffixes=(".py",))
        for name, lines in functions(path)
        if lines > LONGEST_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize(
    ("room", "allowed"), [("domain", {"bot.domain"}), ("relay", {"bot.domain", "bot.relay"})]
)
def test_the_inner_rooms_import_the_standard_library_and_each_other(
    room: str, allowed: set[str]
) -> None:
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in kept(f"bot/{room}", suffixes=(".py",))
        for name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and ".".join(name.split(".")[:2]) not in allowed
    }
    assert strange == set()


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by dots"
            if node.module == "bot":
                yield from (f"bot.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def test_nothing_kept_knows_this_machine() -> None:
    here = re.compile(rf"(?<![\w.]){re.escape(str(ROOT))}\b")
    places = re.compile(r"(?<![\w.$}/-])/(?:home|Users|root)/\w")
    registry = re.compile(
        r"https?://[^/\s]*(?:registry|pypi|artifact|mirror|nexus)[^/\s]*", re.IGNORECASE
    )
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in kept()
        for pattern in (here, places, registry)
        for match in pattern.finditer(text_of(path))
    }
    assert found == set()


def test_no_package_was_kept_by_accident() -> None:
    assert kept("*.whl", "*.tgz", "*.tar.gz", "*.zip") == []


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.name)
def test_every_python_package_is_pinned_to_its_bytes_and_to_no_address(pins: Path) -> None:
    text = pins.read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text.replace("\\\n", " ").strip())
    loose = [
        e.split()[0] for e in entries if not re.match(r"[\w.-]+==\S+[^#]*--hash=sha256:\w{64}", e)
    ]
    assert loose == []
    assert not re.search(r"://|^ *-(?!-hash=)", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name)
def test_every_npm_package_is_pinned_to_its_bytes_and_to_no_address(lock: Path) -> None:
    packages = json.loads(lock.read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_all_requirement_files_agree_on_a_version() -> None:
    versions: dict[str, set[str]] = {}
    for pins in PINS:
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", pins.read_text(), re.MULTILINE):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
