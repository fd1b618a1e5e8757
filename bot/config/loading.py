"""Read the configuration: one TOML file, and the environment, which wins."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from bot.config.problems import Source, describe
from bot.config.settings import Settings

DEFAULT_FILE = Path("/etc/livechat/livechat.toml")
PREFIX = "LIVECHAT_"
FILE_VARIABLE = PREFIX + "CONFIG"
_HOW_TO_NAME_ONE = (
    f"Name the configuration with --config or {FILE_VARIABLE}; "
    "infra/livechat.toml.example is one to start from."
)


class ConfigError(Exception):
    """The configuration cannot be used; ``problems`` are sentences that say what to write."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(path: Path | None = None) -> Settings:
    """Read and check the settings from ``path``, else $LIVECHAT_CONFIG, else DEFAULT_FILE.

    A relative file name in the configuration (``*_file``, ``keytab``) is looked for in
    $CREDENTIALS_DIRECTORY (systemd's LoadCredential=), if there is one, then beside the
    configuration file. Raises ConfigError.
    """
    file = chosen(path)
    text = _read(file) if file else ""
    data = _merge(_parse(text, file), _environment())
    _find_files(data, file.parent if file else Path())
    try:
        return Settings(**data)
    except ValidationError as e:
        source = Source(file, text, _variables())
        problems = [describe(error, source) for error in e.errors()]
        if file is None:
            problems.insert(0, f"There is no {DEFAULT_FILE}. {_HOW_TO_NAME_ONE}")
        raise ConfigError(*problems) from None


def chosen(path: Path | None = None) -> Path | None:
    """Return which file is read, if any; it need not be there."""
    if path is not None:
        return path
    if named := os.environ.get(FILE_VARIABLE):
        return Path(named)
    try:
        return DEFAULT_FILE if DEFAULT_FILE.exists() else None
    except PermissionError:  # to read it will say so
        return DEFAULT_FILE


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as e:
        raise ConfigError(f"{file}: cannot be read: {e.strerror}. {_HOW_TO_NAME_ONE}") from None
    except UnicodeDecodeError as e:
        raise ConfigError(f"{file}: not UTF-8 at byte {e.start}. Save it as UTF-8.") from None


def _parse(text: str, file: Path | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(f"{file}: not TOML: {e}.") from None


def _variables() -> dict[str, str]:
    """Our variables in the environment, by upper-case name."""
    return {k.upper(): v for k, v in os.environ.items() if k.upper().startswith(PREFIX)}


def _environment() -> dict[str, Any]:
    problems = [
        f"{name} in the environment: there is no such setting. Unset it."
        for name in sorted(_variables().keys() - {FILE_VARIABLE})
        if name.removeprefix(PREFIX).partition("__")[0].lower() not in Settings.model_fields
    ]
    if problems:
        raise ConfigError(*problems)
    try:
        return _with_lists(EnvSettingsSource(Settings)())
    except (SettingsError, json.JSONDecodeError) as e:
        raise ConfigError(f"The environment: {e}. Lists and tables are written as JSON.") from None


def _with_lists(data: dict[str, Any]) -> dict[str, Any]:
    """Read the lists that the source above leaves alone: those in tables with free names."""
    instances = data.get("rt")
    for instance in instances.values() if isinstance(instances, dict) else ():
        if isinstance(instance, dict) and isinstance(instance.get("statuses"), str):
            instance["statuses"] = json.loads(instance["statuses"])
    return data


def _merge(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = _merge(below, value)  # noqa: PLW2901  a table over a table
        merged[key] = value
    return merged


def _find_files(data: dict[str, Any], beside: Path) -> None:
    """Make relative file names absolute."""
    for key, value in data.items():
        if isinstance(value, dict):
            _find_files(value, beside)
        elif isinstance(value, str) and (key.endswith("_file") or key == "keytab"):
            data[key] = str(_find(Path(value), beside))


def _find(name: Path, beside: Path) -> Path:
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    # Not exists(): of a whole name below a folder that we may not enter it knows nothing, and breaks.
    if credentials and os.access(Path(credentials) / name, os.F_OK):
        return Path(credentials) / name
    return (beside / name).absolute()
