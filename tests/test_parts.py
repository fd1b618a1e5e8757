"""The rooms get what the settings say."""

from pathlib import Path

from bot.parts import app_tokens, rt_instances
from bot.rt.instance import Form, Login
from bot.teams.credentials import Certificate, Secret
from tests.settings import instance, settings, teams


def test_the_rt_that_a_bare_number_means_comes_first() -> None:
    other = instance(url="https://a.example")
    names = [rt.name for rt in rt_instances(settings(rt={"a": other, "rt": instance()}))]
    assert names == ["rt", "a"]


def test_each_rt_gets_its_own_login(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("PEM")
    basic = {"auth": "basic", "account": "livechat", "password": "swordfish", "token": None}
    made = settings(
        rt={
            "rt": instance(form="text", ca_file=str(ca)),
            "physics": instance(url="https://physics.example", **basic),
        }
    )
    first, second = rt_instances(made)
    assert (first.login, first.secret, first.form) == (Login.TOKEN, "1-23-456", Form.TEXT)
    assert first.ca == str(ca)
    assert (second.login, second.account, second.secret) == (Login.BASIC, "livechat", "swordfish")


def test_the_doctor_is_told_of_every_queue_in_which_tickets_are_made_unasked() -> None:
    rts = {"rt": instance(triage="Triage"), "old": instance(url="https://b.example")}
    door = {"who": "anyone", "queue": "Chats"}
    rt, old = rt_instances(settings(rt=rts, visitor_start=door))
    assert (rt.makes_in, old.makes_in) == (("Triage", "Chats"), ())
    rt, _ = rt_instances(settings(rt=rts, visitor_start={**door, "who": "nobody"}))
    assert rt.makes_in == ("Triage",)  # nothing is made there
    rt, _ = rt_instances(settings(rt=rts, visitor_start={**door, "queue": ""}))
    assert rt.makes_in == ("Triage",)


def test_the_bot_signs_in_with_its_password_or_its_certificate(tmp_path: Path) -> None:
    assert app_tokens(settings())._credential == Secret("pass-the-first")
    key = "Büro\n-----BEGIN PRIVATE KEY-----\n"
    crt = "Büro\n-----BEGIN CERTIFICATE-----\n"
    (tmp_path / "key").write_text(key, encoding="utf-8")
    (tmp_path / "crt").write_text(crt, encoding="utf-8")
    certificate = teams(
        app_password=None,
        certificate_file=str(tmp_path / "crt"),
        certificate_key_file=str(tmp_path / "key"),
    )
    assert app_tokens(settings(teams=certificate))._credential == Certificate(key, crt)
