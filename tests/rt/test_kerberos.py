"""What is said of Kerberos' troubles, by the codes that MIT's library gives."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.relay.outcomes import NotDone
from bot.rt import doctor, kerberos, keytab
from bot.rt.instance import Login, RtInstance
from bot.rt.kerberos_trouble import Cause, LoginTrouble, NoKerberos, Scene, of_code
from bot.rt.wire import Reply

SCENE = Scene("/etc/svc.keytab", "svc@EXAMPLE.ORG", "HTTP/rt.example.org", "the KDC")


@pytest.mark.parametrize(
    ("code", "cause", "todo"),
    [
        (2, Cause.KEYTAB_MISSING, "/etc/svc.keytab does not exist"),
        (13, Cause.KEYTAB_UNREADABLE, "chown"),
        (-1765328171, Cause.KEYTAB_EMPTY, "Extract one from the KDC"),
        (-1765328203, Cause.KEYTAB_OF_OTHERS, "has no key of svc@EXAMPLE.ORG"),
        (-1765328360, Cause.KEY_OUTDATED, "Extract the keytab again"),
        (-1765328353, Cause.KEY_OUTDATED, "Extract the keytab again"),
        (-1765328154, Cause.KEY_OUTDATED, "Extract the keytab again"),
        (-1765328378, Cause.PRINCIPAL_UNKNOWN, "does not know svc@EXAMPLE.ORG"),
        (-1765328366, Cause.PRINCIPAL_LOCKED, "unlock"),
        (-1765328361, Cause.PRINCIPAL_LOCKED, "unlock"),
        (-1765328352, Cause.TICKET_EXPIRED, "KRB5_CLIENT_KTNAME"),
        (-1765328243, Cause.NO_CREDENTIALS, "neither a keytab nor"),
        (-1765328189, Cause.NO_CREDENTIALS, "neither a keytab nor"),
        (-1765328347, Cause.CLOCK, "timedatectl"),
        (-1765328236, Cause.CLOCK, "timedatectl"),
        (-1765328351, Cause.CLOCK, "timedatectl"),
        (-1765328377, Cause.SERVICE_UNKNOWN, "does not know HTTP/rt.example.org"),
        (-1765328340, Cause.SERVICE_KEY, "Whoever runs RT's web server"),
        (-1765328228, Cause.NO_KDC, "port 88"),
        (-1765328230, Cause.NO_REALM, "krb5.conf"),
        (100001, Cause.OTHER, "kinit"),
    ],
)
def test_every_code_is_a_cause_with_a_sentence_that_says_what_to_do(
    code: int, cause: Cause, todo: str
) -> None:
    assert of_code(code) is cause
    assert of_code(code % (1 << 32)) is cause  # as GSS-API has it
    assert todo in str(NoKerberos(cause, SCENE))


@pytest.mark.parametrize("cause", list(Cause))
def test_no_sentence_has_holes_and_cos_are_told_no_files_or_principals(cause: Cause) -> None:
    error = NoKerberos(cause)
    assert str(error).endswith(".")
    assert "{" not in str(error)
    told = LoginTrouble("RT (rt)", NoKerberos(cause, SCENE))
    assert "nothing is lost meanwhile" in told.sentence
    assert "svc" not in told.sentence
    assert isinstance(told, NotDone)


def test_all_causes_read_differently() -> None:
    assert len({str(NoKerberos(cause)) for cause in Cause}) == len(Cause)
    assert len({NoKerberos(cause).short for cause in Cause}) == len(Cause)


# --- keytabs -------------------------------------------------------------------------------------


def held(*principals: str) -> Sequence[keytab.Key]:
    return [keytab.Key(principal, 2) for principal in principals]


def test_the_principal_is_the_one_that_is_named_or_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keytab, "keys", lambda _: held("host/a@X.ORG", "svc@X.ORG"))
    assert keytab.owner("k") == "host/a@X.ORG"
    assert keytab.owner("k", "svc") == keytab.owner("k", "svc@X.ORG") == "svc@X.ORG"
    with pytest.raises(NoKerberos, match=r"no key of other, but of host/a@X\.ORG, svc@X\.ORG"):
        keytab.owner("k", "other")


def test_a_keytab_of_the_rts_own_comes_before_the_environments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(keytab.VARIABLE, "FILE:/etc/all.keytab")
    assert keytab.named() == "/etc/all.keytab"
    assert keytab.named("/etc/rt.keytab") == "/etc/rt.keytab"
    monkeypatch.delenv(keytab.VARIABLE)
    assert keytab.named() == ""


# --- the doctor ----------------------------------------------------------------------------------


class Answers:
    """A session in which everything is well."""

    def get(self, path: str, params: object = None) -> Reply:
        if path not in ("rt", "user/svc-livechat"):
            return Reply(403, "application/json", {"message": "Forbidden"})
        return Reply(200, "application/json", {"Version": "5.0.11", "Name": "svc-livechat"})

    def post(self, path: str, body: object, files: object = ()) -> Reply:
        raise AssertionError("the doctor changes nothing")

    put = post

    def knock(self) -> Reply:
        return Reply(200, "application/json", {"items": []})

    def account(self) -> str:
        return "svc-livechat"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keytab, by the environment, in which the library finds a key."""
    path = tmp_path / "svc.keytab"
    path.touch(mode=0o600)
    monkeypatch.setenv(keytab.VARIABLE, f"FILE:{path}")
    monkeypatch.setattr(keytab, "keys", lambda _: held("svc-livechat@RT.TEST"))
    return path


RT = RtInstance("rt", "https://rt.test", Login.KERBEROS)


def test_the_doctor_looks_at_keytab_tickets_login_and_account(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = kerberos.KerberosTicket("svc-livechat@RT.TEST", 3600)
    monkeypatch.setattr(kerberos.Kerberos, "ticket", lambda _: ticket)
    found = doctor.check(Answers(), RT)
    assert [(f.name, f.ok) for f in found] == [
        ("rt rt: keytab", True),
        ("rt rt: kerberos", True),
        ("rt rt: login", True),
        ("rt rt: account", True),
    ]
    assert "keys of svc-livechat@RT.TEST, version 2" in found[0].sentence
    assert "60 minutes, also for HTTP/rt.test" in found[1].sentence


def test_the_doctor_says_a_trouble_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ticket(_: object) -> None:
        raise NoKerberos(Cause.CLOCK, SCENE)

    monkeypatch.setattr(kerberos.Kerberos, "ticket", ticket)
    found = doctor.check(Answers(), RT)
    assert [(f.name, f.ok) for f in found] == [("rt rt: keytab", True), ("rt rt: kerberos", False)]
    assert "timedatectl" in found[1].sentence


def test_the_doctor_says_how_to_install_what_reads_a_keytab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(keytab.VARIABLE, str(tmp_path / "svc.keytab"))
    for library in ("gssapi", "krb5"):
        monkeypatch.setitem(sys.modules, library, None)
    found = doctor.check(Answers(), RT)
    assert [f.ok for f in found] == [False, False]
    assert all("infra/dev/install.sh kerberos" in f.sentence for f in found)


@pytest.mark.parametrize(
    "challenge", ["", "Negotiate", "Negotiate x", 'Negotiate, Basic realm="Universität"']
)
def test_a_challenge_that_tells_nothing_of_a_ticket_is_a_ticket_that_was_turned_away(
    challenge: str,
) -> None:
    assert kerberos.Kerberos("rt.test").refusal(challenge).cause is Cause.TURNED_AWAY
