"""The Teams app: a zip of manifest.json and two icons, filled in from the settings.

The template keeps to schema 1.22: it has all that we use, and tenants in slower clouds know it;
tests/test_manifest.py holds the same content against Microsoft's newest schema too.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.config import Settings

ICONS = ("color.png", "outline.png")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip's own; the same settings give the same bytes
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}")


class ManifestError(ValueError):
    """The settings do not make an app that Teams would take; the text says what to set."""


def build(settings: Settings, app_version: str | None = None) -> bytes:
    """Return the app's zip. ``app_version`` is ours if not given. Raises ManifestError."""
    text = json.dumps(manifest(settings, app_version), indent=2, ensure_ascii=False) + "\n"
    files = {"manifest.json": text.encode()}
    files |= {name: (_templates() / name).read_bytes() for name in ICONS}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def manifest(settings: Settings, app_version: str | None = None) -> dict[str, Any]:
    """Return manifest.json's content. Raises ManifestError."""
    template = json.loads((_templates() / "manifest.json").read_text(encoding="utf-8"))
    filled: dict[str, Any] = _fill(template, _values(settings, app_version))
    return filled


def _values(settings: Settings, app_version: str | None) -> dict[str, str]:
    made = settings.manifest
    pages = {
        "website_url": made.website_url or settings.help_page,
        "privacy_url": made.privacy_url or settings.help_page,
        "terms_url": made.terms_url or settings.help_page,
    }
    for name, page in pages.items():
        if not page.startswith("https://"):
            raise ManifestError(f"manifest.{name} or help_page: Teams takes https:// only.")
    if settings.teams.app_id is None:
        raise ManifestError("teams.app_id is missing; infra/azure.md says where to find it.")
    number = app_version or version("livechat")
    if not _VERSION.fullmatch(number):
        raise ManifestError(f"{number}: Teams wants a version like 1.0.2.")
    return pages | {
        "version": number,
        "app_id": settings.teams.app_id,
        "bot_name": settings.teams.bot_name,
        "organisation": made.organisation,
        "domain": urlsplit(settings.public_url).netloc,
    }


def _fill(node: Any, values: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _fill(held, values) for key, held in node.items()}
    if isinstance(node, list):
        return [_fill(held, values) for held in node]
    return node.format_map(values) if isinstance(node, str) else node


def _templates() -> Path:
    """The folder ``manifest/``: inside an installed package, beside ``bot/`` in a check-out."""
    here = Path(__file__).parent
    for folder in (here / "manifest_files", here.parent / "manifest"):
        if folder.is_dir():
            return folder
    raise ManifestError("This installation has no folder manifest/; run this in a check-out.")
