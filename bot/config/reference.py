"""docs/configuration.md, out of the settings themselves: python -m bot.config.reference."""

from __future__ import annotations

import sys
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.config.sections import Section
from bot.config.settings import Settings

INTRODUCTION = """\
# Configuration

*Made from `bot/config` by `python -m bot.config.reference`; a test compares the two.*

Settings come from one TOML file and from the environment, which wins. The file is the one given with `--config`, else the one named by `LIVECHAT_CONFIG`, else `/etc/livechat/livechat.toml`. `infra/livechat.toml.example` is one to start from, and `livechat doctor` says what is wrong with yours: the line, the setting, and what to write.

- **Environment.** `LIVECHAT_` and the setting's name, with `__` between section and setting: `LIVECHAT_SERVER__PORT=8361`, `LIVECHAT_RT__PHYSICS__URL=https://…`. Lists are JSON: `LIVECHAT_INVITATION__ROUTES='["copy"]'`.
- **Secrets** belong into files of their own, named by the settings that end in `_file`. A relative name is looked for in `$CREDENTIALS_DIRECTORY` (systemd's `LoadCredential=`) and then beside the configuration file. Secrets never show in messages or logs.
- An unknown setting is an error, not ignored. Everything is read once, at the start: restart the service after a change.
"""


def markdown() -> str:
    """Return the page."""
    parts = [INTRODUCTION, _table("Top of the file", Settings)]
    for name, section in _sections(Settings):
        path, kind = _titles(name, section)
        parts.append(_table(path, kind))
    return "\n".join(parts)


def _sections(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    return [(n, f) for n, f in model.model_fields.items() if _section(f.annotation)]


def _titles(name: str, field: FieldInfo) -> tuple[str, type[BaseModel]]:
    kind = _section(field.annotation)
    assert kind is not None
    return (f"`[{name}.<name>]`" if get_origin(field.annotation) is dict else f"`[{name}]`"), kind


def _section(annotation: Any) -> type[BaseModel] | None:
    """Return the section in an annotation, if it is one or holds one."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section, get_args(annotation))), None)


def _table(title: str, model: type[BaseModel]) -> str:
    lines = [f"## {title}", ""]
    if model is not Settings:
        lines += [" ".join((model.__doc__ or "").split()), ""]
    lines += ["| setting | kind | default | |", "|---|---|---|---|"]
    inner = []
    for name, field in model.model_fields.items():
        section = _section(field.annotation)
        if section is None or get_origin(field.annotation) is tuple:
            lines.append(_row(name, field))
        if section is not None and model is not Settings:
            inner.append((f"`[[{title.strip('`[]')}.{name}]]`", section))
    text = "\n".join(lines) + "\n"
    return "\n".join([text, *(_table(*below) for below in inner)])


def _row(name: str, field: FieldInfo) -> str:
    about = " ".join((field.description or "").split()).replace("|", "\\|")
    default = "**needed**" if field.is_required() else _shown(field.default)
    return f"| `{name}` | {_kind(field.annotation)} | {default} | {about} |"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (int, float)):
        return f"`{value}`"
    return f'`"{str(value).replace("+aiosqlite", "")}"`'


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {UnionType, Union}:
        return _kind(next(a for a in arguments if a is not NoneType))
    if origin is Literal:
        return "one of " + ", ".join(f"`{a}`" for a in arguments)
    if origin is tuple:
        return "list" if not _section(annotation) else "tables"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(f"`{member.value}`" for member in annotation)
    if annotation is SecretStr:
        return "secret"
    names = {bool: "true or false", int: "number", float: "number"}
    return names.get(annotation, "file" if "Path" in str(annotation) else _text_or_file(annotation))


def _text_or_file(annotation: Any) -> str:
    return "file" if "SecretFile" in str(annotation) else "text"


if __name__ == "__main__":
    sys.stdout.write(markdown())
