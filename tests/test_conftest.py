"""A test that hangs is ended, and says where."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = """[pytest]
faulthandler_timeout = 0.3
asyncio_mode = auto
markers = soak
"""
TESTS = """import asyncio, subprocess, pytest

async def test_waits():
    await the_bell()

async def the_bell():
    await asyncio.Event().wait()

def test_reads():
    with subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
        finally:
            process.kill()

@pytest.fixture
def desk():
    yield
    subprocess.run(["sleep", "60"])

def test_tidies_up(desk):
    pass

@pytest.mark.soak
def test_takes_long():
    subprocess.run(["sleep", "1"])

def test_goes_on():
    pass
"""


@pytest.fixture
def said(tmp_path: Path) -> str:
    """What pytest said of them."""
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_runtest_protocol\n")
    (tmp_path / "test_some.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout


def test_what_hangs_is_ended_and_says_where_and_the_others_go_on(said: str) -> None:
    for name, how in (
        ("FAILED", "waits"),
        ("FAILED", "reads"),
        ("ERROR", "tidies_up"),
        ("PASSED", "takes_long"),
        ("PASSED", "goes_on"),
    ):
        assert f"{name} test_some.py::test_{how}" in said, said
    assert said.count("hangs: it has not ended after") >= 3
    assert "in the_bell" in said, said  # the coroutine that waits, in the loop's task
