"""Figures are printed last, where whoever started the bench looks."""

from __future__ import annotations

import pytest

_FIGURES: list[str] = []


@pytest.fixture
def figures() -> list[str]:
    """What is added here is printed at the end."""
    return _FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    for text in _FIGURES:
        terminalreporter.write_line("")
        terminalreporter.write_line(text)
