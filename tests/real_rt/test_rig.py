"""What a real RT answers behind Kerberos: the facts on which bot/rt and the stand-in are built.

RIG_VARIANTS=rt5,rt5-remote-user,rt5-pg,rt4 tries other RTs than the stock RT 5.
"""

import os
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import requests

from tests.rigs.rt.rig import Rig, mail_in, running

VARIANTS = {
    "rt5": {},
    "rt5-remote-user": {"rest2_remote_user": "1"},
    "rt5-pg": {"db": "Pg"},
    "rt4": {"rt": "4"},
}
WANTED = os.environ.get("RIG_VARIANTS", "rt5").split(",")


@pytest.fixture(scope="module", params=WANTED)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "rt5":  # the one that is up anyway
        yield request.getfixturevalue("real_rt")
        return
    with running(**VARIANTS[request.param]) as rig, rig.acting_as("svc-livechat"):
        yield rig


@pytest.fixture
def rest2(rig: Rig) -> Iterator[requests.Session]:
    """A session with RT's cookie."""
    if rig.facts["rt"] == "4":
        pytest.skip("stock RT 4 has no REST 2.0")
    with rig.session() as session:
        yield session


PLAIN = {"Content": "x", "ContentType": "text/plain"}


def test_without_a_ticket_the_web_server_asks_for_one_in_html(rig: Rig) -> None:
    answer = requests.get(f"{rig.url}/REST/1.0/", verify=rig.ca, timeout=10)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Negotiate")
    assert "html" in answer.headers["Content-Type"]


def test_rest1_takes_kerberos(rig: Rig) -> None:
    with rig.session(cookie=False) as session:
        answer = session.get(f"{rig.url}/REST/1.0/ticket/{rig.tickets['printer']}/show")
    assert answer.text.splitlines()[0].endswith("200 Ok")
    assert "Requestors: ada@help.test" in answer.text


def test_rest1_does_not_know_everybody(rig: Rig) -> None:
    with rig.acting_as("stranger"), rig.session(cookie=False) as session:
        answer = session.get(f"{rig.url}/REST/1.0/")
    assert answer.status_code == 403
    assert "not authorized to use RT" in answer.text


def test_rest2_does_not_take_kerberos_by_itself(rig: Rig, rest2: requests.Session) -> None:
    with rig.session(cookie=False) as session:
        answer = session.get(f"{rig.url}/REST/2.0/rt", allow_redirects=False)
    assert answer.status_code == (200 if rig.facts["rest2_takes_remote_user"] else 401)


def test_rest2_sends_a_dead_cookie_to_the_front_page(rig: Rig, rest2: requests.Session) -> None:
    if rig.facts["rest2_takes_remote_user"]:
        pytest.skip("the cookie does not matter there")
    for cookie in rest2.cookies:
        cookie.value = "0" * 32
    answer = rest2.get(f"{rig.url}/REST/2.0/rt", allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/")


def test_rest2_lets_a_cookies_bearer_write_who_comes_from_rts_own_pages(
    rig: Rig, rest2: requests.Session
) -> None:
    url = f"{rig.url}/REST/2.0/ticket/{rig.tickets['printer']}/comment"
    assert rest2.post(url, json=PLAIN).status_code == 201
    for elsewhere in ("https://evil.test", None):
        answer = rest2.post(url, json=PLAIN, headers={"Origin": elsewhere})
        if rig.checks_origins:
            assert answer.status_code == 403
            assert "request forgery" in answer.json()["message"]
        else:  # an RT from before November 2026
            assert answer.status_code == 201


def test_rest2_reads(rig: Rig, rest2: requests.Session) -> None:
    def read(name: str) -> requests.Response:
        return rest2.get(f"{rig.url}/REST/2.0/ticket/{rig.tickets[name]}")

    assert read("printer").json()["Requestor"][0]["id"] == "s1234567"
    assert read("forbidden").status_code == 403
    assert rest2.get(f"{rig.url}/REST/2.0/ticket/99999").status_code == 404
    assert int(read("merged").json()["id"]) == rig.tickets["printer"]
    assert read("deleted").json()["Status"] == "deleted"


@pytest.mark.parametrize("name", ["forbidden", "read_only", None])
def test_rest2_denies_a_comment_and_does_not_say_why(
    rig: Rig, rest2: requests.Session, name: str | None
) -> None:
    number = rig.tickets[name] if name else 99999
    answer = rest2.post(f"{rig.url}/REST/2.0/ticket/{number}/comment", json=PLAIN)
    assert (answer.status_code, answer.json()["message"]) == (400, "Permission Denied")


@pytest.mark.parametrize("name", ["forbidden", None])
def test_rest2_shows_an_empty_history_of_what_it_does_not_show(
    rig: Rig, rest2: requests.Session, name: str | None
) -> None:
    number = rig.tickets[name] if name else 99999
    answer = rest2.get(f"{rig.url}/REST/2.0/ticket/{number}/history")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_rest2_answers_200_to_a_denied_change(rig: Rig, rest2: requests.Session) -> None:
    url = f"{rig.url}/REST/2.0/ticket/{rig.tickets['printer']}"
    answer = rest2.put(url, json={"Status": "stalled"})
    assert answer.status_code == 200
    assert "Permission Denied" in answer.json()[0]


def test_what_is_counted_in_its_database_is_what_rt_shows(rig: Rig) -> None:
    def shown(number: int) -> int:
        with rig.acting_as("root"), rig.session(cookie=False) as session:
            told = session.get(f"{rig.url}/REST/1.0/ticket/{number}/history").text
        return told.count(": Comments added by ")

    before, newest = rig.comments(rig.tickets["printer"]), rig.newest()
    made = rig.create("The printer again")
    with rig.acting_as("grace"), rig.session(cookie=False) as session:
        form = {"content": f"id: {made}\nAction: comment\nText: It beeps\n"}
        session.post(f"{rig.url}/REST/1.0/ticket/{made}/comment", data=form).raise_for_status()
    assert (rig.comments(made), rig.newest()) == (1, newest + 1)
    rig.merge(made, rig.tickets["printer"])
    numbers = [rig.tickets["printer"], rig.tickets["merged"], made, 99999]
    assert [rig.comments(number) for number in numbers] == [*[before + 1] * 3, 0]
    assert [shown(number) for number in numbers] == [*[before + 1] * 3, 0]
    assert rig.newest() == newest + 1


def test_rest2_takes_a_comment_into_a_deleted_ticket(rig: Rig, rest2: requests.Session) -> None:
    url = f"{rig.url}/REST/2.0/ticket/{rig.tickets['deleted']}"
    assert rest2.post(f"{url}/comment", json=PLAIN).status_code == 201
    assert rest2.get(url).json()["Status"] == "deleted"


def test_rest2_falls_over_bad_json(rig: Rig, rest2: requests.Session) -> None:
    answer = rest2.post(
        f"{rig.url}/REST/2.0/ticket/{rig.tickets['printer']}/comment",
        data="{",
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.content) == (500, b"")


def test_a_subject_is_kept_as_data_by_which_a_comment_is_found(
    rig: Rig, rest2: requests.Session
) -> None:
    url = f"{rig.url}/REST/2.0/ticket/{rig.tickets['printer']}"
    marker = f"Live chat [chat:{time.time_ns()}]"
    answer = rest2.post(f"{url}/comment", json={**PLAIN, "Subject": marker})
    number = answer.headers["Location"].rpartition("/")[2]
    asked = {"fields": "Type,Data,Creator", "orderby": "id", "order": "DESC", "per_page": "100"}
    lines = rest2.get(f"{url}/history", params=asked).json()["items"]
    assert [line["id"] for line in lines if line["Data"] == f"{marker}\n"] == [number]
    assert lines[0]["Creator"]["id"] == "svc-livechat"
    about = rest2.get(f"{rig.url}/REST/2.0/transaction/{number}").json()["Object"]
    assert (about["type"], int(about["id"])) == ("ticket", rig.tickets["printer"])


def test_rest2_tells_no_number_of_pages_to_an_account_with_few_rights(
    rig: Rig, rest2: requests.Session
) -> None:
    answer = rest2.get(f"{rig.url}/REST/2.0/ticket/{rig.tickets['printer']}/history").json()
    assert (answer["pages"], answer["total"]) == (None, None)


def test_the_mail_gateway_takes_comments(rig: Rig) -> None:
    mail = EmailMessage()
    mail["From"] = "livechat@help.test"
    mail["To"] = "support-comment@rt.test"
    mail["Subject"] = f"[rt.test #{rig.tickets['several']}] by mail"
    mail.set_content("hello")
    mail_in(rig, mail, action="comment")
    with rig.session(cookie=False) as session:
        url = f"{rig.url}/REST/1.0/ticket/{rig.tickets['several']}/history?format=l"
        assert "by mail" in session.get(url).text
