"""Kerberos' troubles on a real KDC and a real Apache: told apart, and over once their cause is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.rt import doctor, keytab
from bot.rt.by_rest1 import ByRest1
from bot.rt.instance import Api, RtInstance
from bot.rt.kerberos import Kerberos
from bot.rt.kerberos_trouble import Cause, LoginTrouble, NoKerberos
from bot.rt.rest2 import Rest2
from bot.rt.ways import ByRest2
from tests.contract.rts import LONDON
from tests.processes import ROOT
from tests.rigs.rt.daemons import SettableClock
from tests.rigs.rt.kdc import Kdc
from tests.rigs.rt.rig import Rig


@pytest.fixture(scope="module")
def kdc(real_rt: Rig) -> Kdc:
    return Kdc(real_rt)


@pytest.fixture
def ours(real_rt: Rig, kdc: Kdc, tmp_path: Path, request: pytest.FixtureRequest) -> RtInstance:
    """An RT that is entered by a principal of this test's own, which RT has no user for."""
    principal = request.node.name.replace("_", "-")[5:60]
    file = kdc.keytab(tmp_path / "svc.keytab", principal)
    return RtInstance("rt", real_rt.url, ca=real_rt.ca, keytab=str(file), account="svc-livechat")


@pytest.fixture
def service(real_rt: Rig, tmp_path: Path) -> RtInstance:
    """An RT that is entered as the service, by a copy of its keytab: tickets of its own."""
    file = tmp_path / "copy.keytab"
    file.write_bytes(Path(real_rt.facts["keytabs"]["svc-livechat"]).read_bytes())
    file.chmod(0o600)
    return RtInstance("rt", real_rt.url, ca=real_rt.ca, keytab=str(file))


def who(rt: RtInstance) -> Kerberos:
    return Kerberos(rt.host, rt.keytab, rt.principal)


def cause(rt: RtInstance) -> Cause:
    """What is wrong; nothing may be well."""
    with pytest.raises(NoKerberos) as caught:
        who(rt).ticket()
    return caught.value.cause


def principal(rt: RtInstance) -> str:
    return keytab.owner(rt.keytab)


# --- keytabs -------------------------------------------------------------------------------------


def test_a_keytab_that_goes_missing_is_used_again_once_it_is_back(service: RtInstance) -> None:
    aside = Path(f"{service.keytab}.aside")
    Path(service.keytab).rename(aside)
    assert cause(service) is Cause.KEYTAB_MISSING
    aside.rename(service.keytab)
    assert who(service).ticket().account == "svc-livechat"


def test_what_is_no_keytab_is_said(service: RtInstance) -> None:
    for content in (b"", b"-----BEGIN", b"\x05\x02"):
        Path(service.keytab).write_bytes(content)
        assert cause(service) is Cause.KEYTAB_EMPTY


def test_a_keytab_that_may_not_be_read_is_said(service: RtInstance) -> None:
    """Asked by somebody else than root, who may read everything."""
    probe = "import sys; from bot.rt import keytab; keytab.keys(sys.argv[1])"
    asked = [sys.executable, "-c", probe, service.keytab]
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *asked]
    said = subprocess.run(
        as_nobody if os.geteuid() == 0 else asked,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "may not read the keytab" in said.stderr, said.stderr


def test_a_keytab_without_our_principal_is_said_and_one_with_several_is_used(
    service: RtInstance, kdc: Kdc
) -> None:
    other = replace(service, principal="somebody-else")
    assert cause(other) is Cause.KEYTAB_OF_OTHERS
    kdc.keytab(Path(service.keytab), "somebody-else")
    assert who(other).ticket().account == "somebody-else"
    assert who(service).ticket().account == "svc-livechat"


@pytest.mark.parametrize("options", ["", "+requires_preauth"])
def test_a_key_that_was_changed_is_said_until_the_new_keytab_is_there(
    kdc: Kdc, service: RtInstance, options: str
) -> None:
    name = f"changed{len(options)}"
    file = Path(service.keytab)
    file.unlink()
    kdc.keytab(file, name, options)
    kdc.admin(f"cpw -randkey {name}")
    assert cause(service) is Cause.KEY_OUTDATED
    kdc.admin(f"ktadd -k {file} {name}")
    assert who(service).ticket().account == name


def test_a_deleted_principal_is_not_taken_for_an_outdated_key(kdc: Kdc, ours: RtInstance) -> None:
    name = principal(ours)
    kdc.admin(f"delprinc -force {name}")
    assert cause(ours) is Cause.PRINCIPAL_UNKNOWN
    kdc.admin(f"addprinc -randkey {name}")
    assert cause(ours) is Cause.KEY_OUTDATED
    Path(ours.keytab).unlink()  # the new key has the old one's number
    kdc.admin(f"ktadd -k {ours.keytab} {name}")
    assert who(ours).ticket().principal == name


@pytest.mark.parametrize(
    ("lock", "unlock"),
    [
        ("-allow_tix", "+allow_tix"),
        ("-expire yesterday", "-expire never"),
        ("-pwexpire yesterday", "-pwexpire never"),
    ],
)
def test_a_locked_principal_is_said_until_it_is_unlocked(
    kdc: Kdc, service: RtInstance, lock: str, unlock: str
) -> None:
    name = f"locked-{lock.split(maxsplit=1)[0][1:]}"
    Path(service.keytab).unlink()
    kdc.keytab(Path(service.keytab), name)
    kdc.admin(f"modprinc {lock} {name}")
    assert cause(service) is Cause.PRINCIPAL_LOCKED
    kdc.admin(f"modprinc {unlock} {name}")
    assert who(service).ticket().account == name


# --- tickets of others ---------------------------------------------------------------------------


@pytest.fixture
def by_cache(real_rt: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RtInstance:
    """An RT that is entered by whatever ticket is in a cache; there is no keytab."""
    config = Path(real_rt.facts["krb5_config"]).read_text()
    (tmp_path / "krb5.conf").write_text(config.replace("default_client_keytab_name", "#"))
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
    monkeypatch.delenv(keytab.VARIABLE)
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'cache'}")
    return RtInstance("rt", real_rt.url, ca=real_rt.ca)


def kinit(rig: Rig, lifetime: str) -> None:
    file = rig.facts["keytabs"]["svc-livechat"]
    command = ["kinit", "-k", "-t", file, "-l", lifetime, "svc-livechat"]
    subprocess.run(command, check=True, timeout=30)


def test_neither_keytab_nor_ticket_is_said_until_there_is_one(
    real_rt: Rig, by_cache: RtInstance
) -> None:
    assert cause(by_cache) is Cause.NO_CREDENTIALS
    kinit(real_rt, "1h")
    assert who(by_cache).ticket().account == "svc-livechat"


PROBE = """
import struct, sys
from bot.rt.kerberos import Kerberos
from bot.rt.kerberos_trouble import NoKerberos
who = Kerberos("localhost")
ahead = open(sys.argv[1], "r+b")
def ask():
    try:
        return who.ticket().account
    except NoKerberos as error:
        return error.cause.value
print(ask())
ahead.write(struct.pack("q", 7200))
ahead.flush()
print(ask())
"""


@pytest.fixture
def clock(tmp_path: Path) -> SettableClock:
    return SettableClock(tmp_path)


@pytest.mark.usefixtures("by_cache")
def test_a_ticket_that_expires_without_a_keytab_is_said(real_rt: Rig, clock: SettableClock) -> None:
    kinit(real_rt, "1h")
    assert asked(PROBE, clock) == ["svc-livechat", "ticket_expired"]


def asked(program: str, clock: SettableClock, *more: str) -> list[str]:
    """Run a program by a clock of its own; what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, clock.environment["CLOCK_AHEAD"], *more],
        env={**os.environ, **clock.environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# --- the web server and the KDC ------------------------------------------------------------------


def test_a_name_without_a_service_principal_is_said(service: RtInstance) -> None:
    wrong = replace(service, url=service.url.replace("localhost", "127.0.0.1"))
    assert cause(wrong) is Cause.SERVICE_UNKNOWN
    with pytest.raises(LoginTrouble, match="Kerberos does not know RT's web server"):
        Rest2(wrong).get("rt")


def test_a_kdc_that_is_down_is_said_until_it_is_up(kdc: Kdc, service: RtInstance) -> None:
    rest = Rest2(service)
    with kdc.stopped():
        with pytest.raises(LoginTrouble, match="Kerberos server does not answer") as caught:
            rest.get("rt")
        assert caught.value.cause is Cause.NO_KDC
        assert "port 88" in caught.value.advice
    assert rest.get("rt").status == 200
    with kdc.stopped():  # tickets that are there are good without it
        assert rest.get("rt").status == 200
    rest.close()


def test_a_realm_without_a_kdc_is_said(
    service: RtInstance, real_rt: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Path(real_rt.facts["krb5_config"]).read_text()
    (tmp_path / "krb5.conf").write_text(config.replace(" kdc = ", " #"))
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
    assert cause(service) is Cause.NO_REALM


@pytest.mark.parametrize("way", [ByRest2, ByRest1])
def test_a_new_key_of_the_web_server_is_noticed_by_itself(
    kdc: Kdc, service: RtInstance, way: type[ByRest1 | ByRest2]
) -> None:
    """Our ticket is for the old key and good for hours yet."""
    entered = way(replace(service, api=Api.REST1 if way is ByRest1 else Api.REST2), LONDON)
    entered.knock()
    kdc.rekey_web_server()
    entered.rest.session.close()  # without RT's cookie
    entered.knock()
    entered.close()


def test_a_web_server_with_an_outdated_key_is_said_until_it_has_the_new_one(
    kdc: Kdc, service: RtInstance
) -> None:
    rest = Rest2(service)
    kdc.admin("cpw -randkey HTTP/localhost")
    with pytest.raises(LoginTrouble, match="web server has an outdated Kerberos key") as caught:
        rest.get("rt")
    assert caught.value.cause is Cause.SERVICE_KEY
    kdc.rekey_web_server()
    assert rest.get("rt").status == 200
    rest.close()


# --- clocks --------------------------------------------------------------------------------------

JUMP = """
import struct, sys
from bot.rt.instance import RtInstance
from bot.rt.kerberos_trouble import LoginTrouble
from bot.rt.rest2 import Rest2
ahead = open(sys.argv[1], "r+b")
def clock(seconds):
    ahead.seek(0)
    ahead.write(struct.pack("q", seconds))
    ahead.flush()
rest = Rest2(RtInstance("rt", sys.argv[2], ca=sys.argv[3], keytab=sys.argv[4]))
def ask():
    rest.close()
    try:
        return rest.get("rt").status
    except LoginTrouble as error:
        return error.cause.value
for seconds in (0, 600, 0, 20_000, 0, 90_000, 0):
    clock(seconds)
    print(ask())
"""


def test_a_clock_that_jumps_costs_new_tickets_and_nothing_else(
    service: RtInstance, clock: SettableClock
) -> None:
    """MIT's library goes by the KDC's time, as it was when it got its ticket; unless that seems over."""
    given = (service.url, service.ca, service.keytab)
    expected = ["200", "200", "200", "200", "200", "clock_skew", "200"]
    assert asked(JUMP, clock, *given) == expected


def test_a_clock_that_kerberos_may_not_correct_is_said_until_it_is_right(
    service: RtInstance,
    clock: SettableClock,
    real_rt: Rig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = Path(real_rt.facts["krb5_config"]).read_text()
    strict = config.replace("[libdefaults]", "[libdefaults]\n kdc_timesync = 0")
    (tmp_path / "krb5.conf").write_text(strict)
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
    given = (service.url, service.ca, service.keytab)
    expected = ["200", "clock_skew", "200", "clock_skew", "200", "clock_skew", "200"]
    assert asked(JUMP, clock, *given) == expected


# --- the doctor ----------------------------------------------------------------------------------


def test_the_doctor_tells_of_keytab_and_tickets(service: RtInstance, kdc: Kdc) -> None:
    found = ByRest2(service, LONDON).check()
    assert [(f.name, f.ok) for f in found] == [
        ("rt rt: keytab", True),
        ("rt rt: kerberos", True),
        ("rt rt: login", True),
        ("rt rt: account", True),
    ]
    assert "keys of svc-livechat@RT.TEST, version 2" in found[0].sentence
    assert "also for HTTP/localhost" in found[1].sentence
    who(service).forget()
    with kdc.stopped():
        found = ByRest1(replace(service, api=Api.REST1), LONDON).check()
    assert [f.ok for f in found] == [True, False]
    assert isinstance(found[1], doctor.Finding)
    assert "port 88" in found[1].sentence
