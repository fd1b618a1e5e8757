"""infra/dev/install.sh, as far as it can be tried without a package index."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("has_pip", [True, False])
def test_the_python_of_a_new_release_of_the_system_gets_a_new_venv(
    tmp_path: Path, has_pip: bool
) -> None:
    """The old one leads to /usr/bin/python3, and that is another Python then, with no packages."""
    script = tmp_path / "infra" / "dev" / "install.sh"
    venv = tmp_path / ".venv" / "bin" / "python"
    for folder in (script.parent, venv.parent, tmp_path / "requirements"):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "infra" / "dev" / "install.sh", script)
    system, asked = tmp_path / "python3", tmp_path / "asked"
    venv.write_text(f"#!/bin/sh\n{str(has_pip).lower()}\n")  # python -m pip --version
    system.write_text(f'#!/bin/sh\necho "$@" >{asked}\n')
    for stub in (venv, system):
        stub.chmod(0o755)
    subprocess.run([script], check=True, env={"PATH": "/usr/bin:/bin", "PYTHON": str(system)})
    assert asked.exists() is not has_pip
    if not has_pip:
        assert asked.read_text() == "-m venv --clear .venv\n"
