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
PROGRAMS = ("apache2", "krb5kdc", "kadmin.local", "kinit", "setpriv", "openssl", "curl", "gcc")


def missing(version: str = "5") -> str:
    """What a real RT lacks here, or nothing."""
    lacking = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    if not Path(f"/usr/share/request-tracker{version}").exists():
        lacking.append(f"request-tracker{version}")
    if find_spec("requests_kerberos") is None:
        lacking.append("requests-kerberos")
    return ", ".join(lacking)


def ready(version: str = "5") -> None:
    """Skip what needs a real RT where there cannot be one; fail where there must be."""
    if lacking := missing(version):
        reason = f"no real RT ({lacking}): run make test as root once"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def real_rt() -> Iterator[Rig]:
    """RT 5 behind Apache and Kerberos; while it runs, this process acts as the service."""
    ready()
    from tests.rigs.rt.rig import running

    with running() as rig, rig.acting_as("svc-livechat"):
        yield rig


@pytest.fixture(scope="session")
def rt_with_plugin() -> Iterator[Rig]:
    """RT 5 on PostgreSQL, whose REST 2.0 takes the web server's word. Act as somebody yourself."""
    ready()
    from tests.rigs.rt.rig import running

    with running(db="Pg", rest2_remote_user="1") as rig:
        yield rig


@pytest.fixture(scope="session")
def rt4() -> Iterator[Rig]:
    """RT 4.4 without the extension for REST 2.0. Act as somebody yourself."""
    ready("4")
    from tests.rigs.rt.rig import running

    with running(rt="4") as rig:
        yield rig
