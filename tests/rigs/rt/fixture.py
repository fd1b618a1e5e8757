"""The real RT as a pytest fixture: `from tests.rigs.rt.fixture import real_rt` in a conftest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.rigs.rt.rig import Rig

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
PROGRAMS = ("apache2", "krb5kdc", "kadmin.local", "setpriv", "openssl", "curl")


def missing() -> str:
    """What a real RT lacks here, or nothing."""
    lacking = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    if not Path("/usr/share/request-tracker5").exists():
        lacking.append("request-tracker5")
    if find_spec("requests_kerberos") is None:
        lacking.append("requests-kerberos")
    return ", ".join(lacking)


@pytest.fixture(scope="session")
def real_rt() -> Iterator[Rig]:
    """RT 5 behind Apache and Kerberos; while it runs, this process acts as the service."""
    if lacking := missing():
        reason = f"no real RT ({lacking}): run make test as root once"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from tests.rigs.rt.rig import running

    with running() as rig, rig.acting_as("svc-livechat"):
        yield rig
