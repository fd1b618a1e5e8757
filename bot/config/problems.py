"""Say what is wrong with a configuration: where, what, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.config.settings import Settings

Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*\[(?P<list>\[)?\s*(?P<name>[^\]]+?)\s*\]")
_ENTRY = re.compile(r"\s*(?P<name>[\w.\"'-]+?)\s*=")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the settings came from: a file, if any, its text, and our environment variables."""

    file: Path | None
    text: str
    environment: Mapping[str, str]

    def place(self, key: Key) -> str:
        """Say where ``key`` is set, or where it would be."""
        for length in range(len(key), 0, -1):
            name = "LIVECHAT_" + "__".join(str(part) for part in key[:length]).upper()
            if name in self.environment:
                return f"{name} in the environment"
        if self.file is None:
            return "Settings"
        line = find_line(self.text, key)
        return f"{self.file}, line {line}" if line else str(self.file)


def describe(error: ErrorDetails, source: Source) -> str:
    """Put one of pydantic's errors into a sentence, without the value: it may be a secret."""
    context = error.get("ctx", {})
    key: Key = tuple(part for part in error["loc"] if part != "[key]")
    if "key" in context:
        key = (*key, *str(context["key"]).split("."))
    dotted = ".".join(str(part) for part in key)
    return f"{source.place(key)}: {dotted}: {_sentence(error, key)}"


def _sentence(error: ErrorDetails, key: Key) -> str:
    match error["type"]:
        case "wrong":
            text = str(error["ctx"]["sentence"])
        case "missing":
            text = "it is missing" + _example(key)
        case "extra_forbidden":
            text = "there is no such setting" + _guess(key)
        case "value_error":
            text = str(error["ctx"]["error"])
        case "tuple_type":
            text = 'it must be a list: ["…", "…"]'
        case "string_pattern_mismatch":
            text = "it does not look right" + _example(key)
        case _:
            text = error["msg"][0].lower() + error["msg"][1:]
    return text if text.endswith(".") else text + "."


def _example(key: Key) -> str:
    model = _model_at(key[:-1])
    field = model.model_fields.get(str(key[-1])) if model else None
    if field is None or not field.examples:
        return ""
    return f'; write, for example: {key[-1]} = "{field.examples[0]}"'


def _guess(key: Key) -> str:
    model = _model_at(key[:-1])
    known = list(model.model_fields) if model else []
    close = get_close_matches(str(key[-1]), known, n=1)
    if close:
        return f"; did you mean {close[0]}? docs/configuration.md lists them all"
    return "; docs/configuration.md lists them all"


def _model_at(key: Key) -> type[BaseModel] | None:
    """Return the section that ``key`` leads to."""
    model: type[BaseModel] | None = Settings
    for part in key:
        if model is None:
            return None
        if field := model.model_fields.get(str(part)):
            model = _section_in(field.annotation)
        # else an index or an instance's name: the annotation's section covers it already
    return model


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """Find the section inside ``X``, ``X | None``, ``tuple[X, ...]`` or ``dict[str, X]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _section_in(inner):
            return found
    return None


def find_line(text: str, key: Key) -> int | None:
    """Return the number of the line that sets ``key``, or of the nearest table around it."""
    lines = _index(text)
    for length in range(len(key), 0, -1):
        if found := lines.get(key[:length]):
            return found
    return None


def _index(text: str) -> dict[Key, int]:
    """Map every key that begins a line to that line's number."""
    lines: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    table: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header["name"])
            if header["list"]:
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            lines.setdefault(table, number)
        elif entry := _ENTRY.match(line):
            lines.setdefault((*table, *_parts(entry["name"])), number)
    return lines


def _parts(dotted: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
