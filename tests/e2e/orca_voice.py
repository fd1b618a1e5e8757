"""Orca with a pen for a voice: `/usr/bin/python3 orca_voice.py FILE` writes a JSON line per utterance.

Runs with the interpreter that Orca is installed for, and imports nothing of ours. All of Orca is
itself but the last step: instead of a speech synthesizer, which would want a sound card, it is given
this one by its own setting.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from orca import orca, speechserver

SPOKEN = Path(sys.argv[1]).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115  until it ends


class SpeechServer(speechserver.SpeechServer):  # type: ignore[misc]  # Orca has no types
    """What Orca's factories of speech servers look like. Utterances are queued, as its own does."""

    @classmethod
    def getSpeechServer(cls, info: object = None) -> Self:  # noqa: N802  Orca's name
        return cls()

    @staticmethod
    def getFactoryName() -> str:  # noqa: N802
        return "pen"

    def getInfo(self) -> list[str]:  # noqa: N802
        return ["pen", "pen"]

    def speak(self, text: str | None = None, acss: object = None, interrupt: bool = True) -> None:
        """`interrupt` is what Orca's own server ignores, too: only `stop` cuts anything off."""
        if text:
            _write("said", text)

    def sayAll(self, utterances: Iterable[Any], progress: object) -> None:  # noqa: N802
        for context, _acss in utterances:
            _write("read", context.utterance)  # the page from top to end, when it has loaded

    def stop(self) -> None:
        _write("stopped", "")


def _write(what: str, text: str) -> None:
    SPOKEN.write(json.dumps([what, text]) + "\n")


pen = ModuleType("pen")
pen.SpeechServer = SpeechServer  # type: ignore[attr-defined]
sys.modules["pen"] = pen
orca.getSettingsManager().activate(
    None,
    {
        "speechServerFactory": "pen",
        "speechFactoryModules": ["pen"],
        "enableBraille": False,
        "enableSound": False,
    },
)
sys.exit(orca.main())
