"""The wheel holds what the installed command needs: built as pip builds it, from the check-out."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from bot import manifest
from bot.store import migrations
from tests.test_house import kept

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a wheel, by name."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_all_that_is_kept_of_the_package_is_packed_byte_for_byte(packed: dict[str, bytes]) -> None:
    ours = {str(path.relative_to(ROOT)): path for path in kept("bot")}
    assert {name for name in ours if packed.get(name) != ours[name].read_bytes()} == set()
    assert len([name for name in ours if "/static/" in name or "/templates/" in name]) > 20


def test_nothing_is_packed_that_is_not_the_commands(packed: dict[str, bytes]) -> None:
    strange = {name for name in packed if not re.match(r"bot/|livechat-[\d.]+\.dist-info/", name)}
    assert strange == set()
    assert {name for name in packed if "__pycache__" in name} == set()


def test_the_teams_apps_parts_are_where_the_installed_command_looks(
    packed: dict[str, bytes],
) -> None:
    beside = {path.name: path.read_bytes() for path in manifest._templates().iterdir()}
    for name in ("manifest.json", *manifest.ICONS):
        assert packed[f"bot/manifest_files/{name}"] == beside[name]


def test_the_migrations_are_packed(packed: dict[str, bytes]) -> None:
    folder = Path(migrations.__file__).parent.relative_to(ROOT)
    versions = [
        name for name in packed if re.fullmatch(rf"{folder}/versions/\d{{4}}_\w+\.py", name)
    ]
    assert versions


def test_the_container_copies_what_the_wheel_is_made_of() -> None:
    text = (ROOT / "infra/container/Containerfile").read_text()
    pyproject = (ROOT / "pyproject.toml").read_text()
    for folder in {"bot", *re.findall(r'^"(\w+)/[^"]+" = "bot/', pyproject, re.MULTILINE)}:
        assert f"COPY {folder} {folder}\n" in text


def test_the_container_leaves_port_and_path_to_the_configuration() -> None:
    text = (ROOT / "infra/container/Containerfile").read_text()
    assert not re.search(r"8360|healthz", text)
