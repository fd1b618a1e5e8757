"""What is said about a keytab before anything goes wrong with it."""

from pathlib import Path

import pytest

from bot.rt import doctor, kerberos
from bot.rt.instance import Login, RtInstance
from bot.rt.wire import Reply


def test_a_keytab_that_is_not_named_or_not_there_is_said() -> None:
    assert "is not set" in kerberos.keytab_trouble({})
    missing = kerberos.keytab_trouble({kerberos.KEYTAB: "FILE:/nonexistent.keytab"})
    assert "/nonexistent.keytab, which does not exist" in missing


def test_a_keytab_that_is_there_is_no_trouble(tmp_path: Path) -> None:
    keytab = tmp_path / "svc.keytab"
    keytab.touch()
    assert kerberos.keytab_trouble({kerberos.KEYTAB: str(keytab)}) == ""


class Answers:
    """A session in which everything is well."""

    def get(self, path: str, params: object = None) -> Reply:
        return Reply(200, "application/json", {"Version": "5.0.11", "Name": "svc-livechat"})

    def post(self, path: str, body: object, files: object = ()) -> Reply:
        raise AssertionError("the doctor changes nothing")

    put = post

    def account(self) -> str:
        return "svc-livechat"


def test_the_doctor_looks_at_keytab_ticket_login_and_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keytab = tmp_path / "svc.keytab"
    keytab.touch(mode=0o644)
    monkeypatch.setenv(kerberos.KEYTAB, f"FILE:{keytab}")
    standing = kerberos.Standing("svc-livechat@RT.TEST", 3600)
    monkeypatch.setattr(kerberos, "standing", lambda *_: standing)
    found = doctor.check(Answers(), RtInstance("rt", "https://rt.test", Login.KERBEROS))
    assert [(f.name, f.ok) for f in found] == [
        ("rt rt: keytab", False),
        ("rt rt: kerberos", True),
        ("rt rt: login", True),
        ("rt rt: account", True),
    ]
    assert "Others may read the keytab" in found[0].sentence
    assert "60 minutes" in found[1].sentence
