"""What settings must be, each and together."""

import re
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from bot import parts
from bot.config import Settings
from bot.domain.invitations import Route
from bot.relay.pool import Channel
from bot.relay.ports import Listening
from bot.relay.relay import Relay
from bot.rt.instance import Api
from tests.settings import GUID, SECRET_KEY, instance, settings, teams

PROXY = {"header": "X-Remote-User", "secret": "0123456789abcdef" * 4}
MAIL = {"host": "localhost", "security": "none", "from_address": "help@example.org"}
BY_MAIL = {"api": "mail", "rtname": "rt.test", "mail_to": "c@rt.test"}
LOCAL = {
    "public_url": "http://localhost:8360/livechat",
    "help_page": "http://localhost:8360/",
}
STAND_IN = {"metadata_url": "http://127.0.0.1:9/keys", "authority": "https://127.0.0.1:8/t"}


def complaints(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        settings(**changes)
    return str(caught.value)


def test_the_least_that_must_be_set_is_enough() -> None:
    made = settings()
    assert made.prefix == "/livechat"
    assert made.routes == (Route.COPY,)
    assert made.origins == {"https://computing.help.example"}
    assert made.support == made.help_page
    assert made.teams.teams[0].listening is Listening.MENTION
    assert made.teams.authority_url == f"https://login.microsoftonline.com/{GUID}"


def test_no_secret_shows_when_settings_are_printed(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2-hunter2\n")
    made = settings(
        mail=MAIL | {"user": "u", "password_file": str(tmp_path / "pw")},
        database={"url": "postgresql://livechat:swordfish@db/livechat"},
    )
    assert made.mail is not None
    assert made.mail.password is not None
    assert made.mail.password.get_secret_value() == "hunter2-hunter2"
    for secret in (SECRET_KEY, "pass-the-first", "1-23-456", "hunter2", "swordfish"):
        assert secret not in repr(made)


def test_no_secret_shows_in_what_is_said_about_a_wrong_one(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2-hunter2\n")
    wrong = teams(app_password_file=str(tmp_path / "pw"), app_id="nonsense")
    said = complaints(teams=wrong, secret_key="too-short-a-key")
    assert "hunter2" not in said
    assert "too-short-a-key" not in said
    assert "pass-the-first" not in said


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings().server, "port", 1)  # noqa: B010  mypy forbids the other way


def test_making_settings_in_code_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECHAT_SUPPORT_TEXT", "somebody else")
    assert settings().support_text == "computing support"


def test_a_bare_number_means_the_rt_called_rt() -> None:
    two = {"rt": instance(), "physics": instance(url="https://RT.physics.example:8443/rt/")}
    assert settings(rt=two).rt_hosts == {
        "rt.example.org": "rt",
        "rt.physics.example:8443": "physics",
    }
    assert "must be called rt" in complaints(rt={"physics": instance()})


def test_two_rts_on_one_host_are_refused_because_a_pasted_url_could_mean_either() -> None:
    other = instance(url="https://rt.example.org/physics")
    assert "could mean either" in complaints(rt={"rt": instance(), "physics": other})


def test_mail_is_the_usual_route_where_there_is_a_mail_server() -> None:
    assert settings(mail=MAIL).routes == (Route.MAIL, Route.COPY)
    assert settings(mail=MAIL, invitation={"routes": ["correspond"]}).routes == (Route.CORRESPOND,)
    assert "needs a section [mail]" in complaints(invitation={"routes": ["mail"]})


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:////var/lib/livechat.db", "sqlite+aiosqlite:////var/lib/livechat.db"),
        ("postgresql://me@db/livechat", "postgresql+psycopg://me@db/livechat"),
        ("postgresql+psycopg://me@db/livechat", "postgresql+psycopg://me@db/livechat"),
        ("postgresql://me:a#/?:b@[::1]:5432/x", "postgresql+psycopg://me:a#/?:b@[::1]:5432/x"),
        ("postgresql://me@/livechat", "postgresql+psycopg://me@/livechat"),
        ("postgresql:///x?host=/run/pg", "postgresql+psycopg:///x?host=/run/pg"),
    ],
)
def test_a_database_is_named_without_its_driver(given: str, driver: str) -> None:
    assert settings(database={"url": given}).database.url == driver


def test_the_file_of_a_sqlite_database_is_known() -> None:
    named = settings(database={"url": "sqlite:////var/lib/livechat.db?x=y"}).database
    assert named.sqlite_file == Path("/var/lib/livechat.db")
    assert settings(database={"url": "postgresql://db/x"}).database.sqlite_file is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"public_url": "http://computing.help.example/livechat"}, "https://"),
        ({"public_url": "https://computing.help.example/"}, "a path of its own"),
        ({"public_url": "https://computing.help.example/a%20b"}, "a path of its own"),
        ({"public_url": "https://me:pw@computing.help.example/livechat"}, "no user name"),
        ({"public_url": "computing.help.example/livechat"}, "not a web address"),
        ({"public_url": "https://computing.help.example:port/livechat"}, "not a URL"),
        ({"help_page": "https://elsewhere.example/"}, "must be on https://computing.help.example"),
        ({"help_page": "https://computing.help.example/#top"}, "leave out the #"),
        ({"secret_key": "short"}, "too easy to guess"),
        ({"secret_key": "ab" * 40}, "too easy to guess"),
        ({"secret_key": None}, "it is missing"),
        ({"timezone": "Edinburgh"}, "timezone"),
        ({"support_url": "ftp://help"}, "not a web address"),
        ({"database": {"url": "mysql://db"}}, "sqlite:////"),
        ({"database": {"url": "sqlite://"}}, "name the database's file"),
        ({"database": {"url": "sqlite://var/lib/livechat.db"}}, "sqlite:////"),
        ({"database": {"url": "sqlite:///:memory:"}}, "name the database's file"),
        ({"database": {"url": "postgresql://me@db:many/livechat"}}, "postgresql://user@host"),
        ({"database": {"url": "postgresql://me@[::1/livechat"}}, "postgresql://user@host"),
        ({"database": {"url": "postgresql://me:sword@fish@db/livechat"}}, "written %40"),
        ({"server": {"host": ""}}, "server.host"),
        ({"rt": {"Physics!": instance()}}, "before the number"),
        ({"rt": {"rt": instance(auth="basic")}}, 'auth = "basic" needs it'),
        ({"rt": {"rt": instance(token=None)}}, 'auth = "token" needs it'),
        ({"rt": {"rt": instance(keytab="/nowhere/keytab")}}, "cannot read"),
        ({"rt": {"rt": instance(api="rest1")}}, "REST 1.0 takes no tokens"),
        ({"rt": {"rt": instance(read_api="rest2")}}, 'for api = "mail" only'),
        ({"rt": {"rt": instance(api="mail", rtname="rt.test")}}, 'api = "mail" needs it'),
        ({"rt": {"rt": instance(api="mail", mail_to="a@b")}}, 'api = "mail" needs it'),
        ({"rt": {"rt": instance(rtname="rt #1]")}}, "rtname"),
        ({"rt": {"rt": instance(**BY_MAIL)}}, "needs a section [mail]"),
        ({"rt": {"rt": instance(**BY_MAIL, read_api="rest1")}, "mail": MAIL}, "takes no tokens"),
        ({"rt": {"rt": instance(marker_field="Chat's ID")}}, "marker_field"),
        ({"rt": {"rt": instance(rating_field="Chat{rating}")}}, "rating_field"),
        ({"rt": {"rt": instance(**BY_MAIL, rating_field="R")}, "mail": MAIL}, "needs read_api"),
        ({"mail": MAIL | {"user": "u"}}, "go together"),
        ({"mail": MAIL | {"host": "mail.example", "user": "u", "password": "p"}}, "in the clear"),
        ({"teams": teams(teams=[])}, "nobody may use the bot"),
        ({"teams": teams(teams=[{"id": GUID}])}, "Get link to team"),
        ({"teams": teams(app_password=None)}, "cannot sign in"),
        ({"teams": teams(app_id=None)}, "it is missing"),
        ({"teams": teams(listening_elsewhere="all")}, "'mention' or 'thread'"),
        ({"visitors": {"origins": ["https://help.example/page"]}}, "an origin has no path"),
        ({"proxy": PROXY, "server": {"host": "0.0.0.0"}}, "anybody who reaches this address"),
        ({"proxy": {"header": "X-Remote-User"}}, "every user of this machine"),
        ({"proxy": PROXY | {"secret": "short"}}, "every user of this machine"),
        ({"proxy": PROXY | {"header": "X_Remote_User"}}, "proxy.header"),
        ({"start": {"enabled": True, "channel": "19:a@thread.tacv2"}}, "nobody can sign in"),
        ({"visitor_start": {"who": "signed_in", "queue": "Chats"}}, "nobody can sign in"),
        ({"visitor_start": {"who": "anyone"}}, "where tickets are made"),
        (
            {
                "rt": {"rt": instance(queues=["Support"])},
                "visitor_start": {"who": "anyone", "queue": "Chats"},
            },
            "not among the queues that the live chat may work with",
        ),
        ({"visitor_start": {"closes_at": "6pm"}}, "closes_at"),
        ({"proxy": PROXY, "start": {"enabled": True}}, "where these chats are opened"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in complaints(**changes)


def test_a_secret_and_its_file_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET_KEY)
    assert "not both" in complaints(secret_key_file=str(tmp_path / "key"))


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    assert "is empty" in complaints(secret_key=None, secret_key_file=str(tmp_path / "key"))


def test_the_bot_signs_in_with_a_certificate_instead_of_a_password(tmp_path: Path) -> None:
    certificate = pem(tmp_path, "CERTIFICATE", "PRIVATE KEY")
    assert settings(teams=teams(app_password=None, **certificate)).teams.app_password is None
    assert "not both" in complaints(teams=teams(**certificate))


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        (("PRIVATE KEY", "CERTIFICATE"), "this is no certificate"),
        (("CERTIFICATE", "CERTIFICATE"), "this is no private key"),
        (("CERTIFICATE", "ENCRYPTED PRIVATE KEY"), "this is no private key"),
    ],
)
def test_a_file_that_is_no_certificate_or_no_key_is_not_taken_for_a_login_that_is_away(
    tmp_path: Path, kinds: tuple[str, str], sentence: str
) -> None:
    assert sentence in complaints(teams=teams(app_password=None, **pem(tmp_path, *kinds)))


def pem(folder: Path, *kinds: str) -> dict[str, str]:
    """Settings that name files of these kinds, with the remarks that openssl puts above."""
    names = ("certificate_file", "certificate_key_file")
    for name, kind in zip(names, kinds, strict=True):
        text = f"friendlyName: Büro\n-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n"
        (folder / name).write_text(text, encoding="utf-8")
    return {name: str(folder / name) for name in names}


# --- stand-ins and development mode stay at home --------------------------------------------------


def test_stand_ins_for_microsoft_need_a_service_that_is_on_this_machine_too() -> None:
    assert settings(**LOCAL, teams=teams(**STAND_IN)).on_stand_ins
    assert "not Microsoft's" in complaints(teams=teams(**STAND_IN))
    assert "not Microsoft's" in complaints(**LOCAL, teams=teams(authority="https://evil.example/t"))


def test_the_sandbox_may_put_stand_ins_anywhere() -> None:
    assert settings(teams=teams(**STAND_IN), sandbox={"enabled": True}).on_stand_ins


def test_a_government_cloud_is_microsofts_and_no_stand_in() -> None:
    government = teams(authority="https://login.microsoftonline.us/x")
    assert not settings(teams=government).on_stand_ins


def test_development_without_authentication_needs_no_credentials() -> None:
    made = settings(**LOCAL, teams={"without_authentication": True})
    assert made.on_stand_ins


@pytest.mark.parametrize(
    "changes",
    [
        {"server": {"host": "0.0.0.0"}},
        {"server": {"unix_socket": "/run/livechat.sock"}},
        {"public_url": "https://computing.help.example/livechat"}
        | {"help_page": "https://computing.help.example/"},
    ],
)
def test_development_without_authentication_is_refused_off_loopback(
    changes: dict[str, Any],
) -> None:
    said = complaints(**(LOCAL | {"teams": {"without_authentication": True}} | changes))
    assert "only for development" in said


def test_each_rt_may_have_a_keytab_of_its_own(tmp_path: Path) -> None:
    keytabs = [tmp_path / name for name in ("one", "other")]
    for keytab in keytabs:
        keytab.write_bytes(b"\x05\x02")
    names = {"rt": "https://rt.test", "physics": "https://rt.physics.test"}
    made = settings(
        rt={
            name: instance(url=url, auth="kerberos", token=None, keytab=str(keytab))
            for (name, url), keytab in zip(names.items(), keytabs, strict=True)
        }
    )
    assert [rt.keytab for rt in parts.rt_instances(made)] == [str(keytab) for keytab in keytabs]


def test_an_rt_that_is_written_to_by_mail_needs_no_login_unless_it_is_read() -> None:
    blind = instance(**BY_MAIL, auth="basic", token=None, mail_queues={"Support": "a@rt.test"})
    (rt,) = parts.rt_instances(settings(rt={"rt": blind}, mail=MAIL))
    assert rt.mail
    assert (rt.api, rt.mail.to, rt.mail.rtname) == (Api.NONE, "c@rt.test", "rt.test")
    assert rt.mail.queues == {"Support": "a@rt.test"}
    assert rt.mail.server.sender == MAIL["from_address"]
    reading = blind | {"read_api": "rest1", "account": "x", "password": "y"}
    (rt,) = parts.rt_instances(settings(rt={"rt": reading}, mail=MAIL))
    assert rt.api is Api.REST1


POOL = "19:pool@thread.tacv2"


def test_a_channel_of_the_pool_belongs_to_the_only_team_or_says_to_which() -> None:
    made = settings(teams=teams(pool=[{"id": POOL}], fallback=POOL))
    assert pool_of(made) == [Channel(POOL, made.teams.teams[0].id)]
    both = [{"id": "19:one@thread.tacv2"}, {"id": "19:two@thread.tacv2"}]
    second = {"id": POOL, "team": "19:two@thread.tacv2"}
    made = settings(teams=teams(teams=both, pool=[second]))
    assert pool_of(made) == [Channel(POOL, "19:two@thread.tacv2")]


def test_a_channel_listens_as_its_team_does() -> None:
    both = [{"id": "19:one@thread.tacv2"}, {"id": "19:two@thread.tacv2", "listening": "thread"}]
    made = settings(teams=teams(teams=both, pool=[{"id": POOL, "team": "19:two@thread.tacv2"}]))
    assert pool_of(made) == [Channel(POOL, "19:two@thread.tacv2", Listening.THREAD)]


def pool_of(made: Settings) -> list[Channel]:
    return list(parts.pool(made, cast("Relay", None))._channels)


@pytest.mark.parametrize(
    ("pool", "sentence"),
    [
        ([{"id": "https://teams.microsoft.com/l/channel/19%3apool"}], "not a channel's id"),
        ([{"id": POOL}, {"id": POOL}], "in the pool already"),
        ([{"id": POOL, "team": "19:else@thread.tacv2"}], r"no \[\[teams.teams\]\] has this id"),
    ],
)
def test_a_pool_that_cannot_be_says_why(pool: list[dict[str, str]], sentence: str) -> None:
    assert re.search(sentence, complaints(teams=teams(pool=pool)))


def test_with_several_teams_each_channel_of_the_pool_names_its_own() -> None:
    both = [{"id": "19:one@thread.tacv2"}, {"id": "19:two@thread.tacv2"}]
    assert "there are several teams" in complaints(teams=teams(teams=both, pool=[{"id": POOL}]))
