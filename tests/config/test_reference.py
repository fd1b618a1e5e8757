"""The page of all settings, and the example to start from."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.config import load
from bot.config.reference import _section, markdown
from bot.config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "infra" / "livechat.toml.example"


def every_setting(model: type[BaseModel] = Settings) -> set[tuple[str, str]]:
    """The settings' names, with the first words of what is said about them."""
    found = set()
    for name, field in model.model_fields.items():
        if section := _section(field.annotation):
            found |= every_setting(section)
        else:
            found.add((name, field.description or ""))
    return found


def test_the_page_is_what_the_settings_say() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    assert page == markdown(), "python -m bot.config.reference > docs/configuration.md"


def test_every_setting_stands_on_the_page_with_a_word_of_explanation() -> None:
    page = markdown()
    assert len(every_setting()) > 50
    for name, about in every_setting():
        assert re.search(rf"^\| `{name}` \|", page, re.MULTILINE), name
        assert about, f"{name} is not explained"


def test_the_example_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for secret in ("app_password", "livechat.keytab"):
        (tmp_path / secret).write_text("x")
    (tmp_path / "secret_key").write_text("0123456789abcdefghijklmnopqrstuvwxyz")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    settings = load(EXAMPLE)
    assert settings.mail is not None
    assert settings.rt["rt"].keytab == tmp_path / "livechat.keytab"


def test_the_example_holds_no_secret_nor_shows_how_to_write_one_into_it() -> None:
    inline = r"^(# )?(secret_key|app_password|password|token) *="
    assert not re.search(inline, EXAMPLE.read_text(), re.MULTILINE)
