"""Settings that are complete, for tests that need some: ``settings(timezone="Asia/Tokyo")``."""

from typing import Any

from bot.config import Settings

GUID = "00000000-1111-2222-3333-444444444444"
SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


def complete(**changes: Any) -> dict[str, Any]:
    """Everything that must be set; ``teams=``, ``rt=`` and so on replace whole sections."""
    teams = {
        "app_id": GUID,
        "tenant_id": GUID,
        "app_password": "pass-the-first",
        "teams": [{"id": "19:abc@thread.tacv2"}],
    }
    rt = {"url": "https://rt.example.org", "auth": "token", "token": "1-23-456"}
    return {
        "public_url": "https://computing.help.example/livechat",
        "help_page": "https://computing.help.example/",
        "secret_key": SECRET_KEY,
        "teams": teams,
        "rt": {"rt": rt},
    } | changes


def settings(**changes: Any) -> Settings:
    return Settings(**complete(**changes))


def teams(**changes: Any) -> dict[str, Any]:
    """A complete ``[teams]``, with changes."""
    section: dict[str, Any] = complete()["teams"] | changes
    return section


def instance(**changes: Any) -> dict[str, Any]:
    """A complete ``[rt.<name>]``, with changes."""
    section: dict[str, Any] = complete()["rt"]["rt"] | changes
    return section
