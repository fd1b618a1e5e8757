"""Whether the queues of the settings are there, and may be written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.rt.mail import MailRoute, MailServer
from bot.rt.queues import looked_at
from bot.rt.wire import Reply
from bot.sandbox.rt import RtStandIn

RT = RtInstance("rt", "https://rt.test", queues=("Support",), makes_in=("Triage",))
CREATE = [{"ref": "self"}, {"ref": "create", "type": "ticket"}]


class Answers:
    """RT as an account sees it that has what it needs, unless a test says otherwise."""

    def __init__(self) -> None:
        self.queues: dict[str, Reply] = {
            name: reply(200, {"id": 3, "Disabled": "0", "_hyperlinks": CREATE})
            for name in ("Support", "Triage", "Dean%27s%20%2F%20all")
        }
        self.offers: list[dict[str, str]] = [{"ref": "comment"}]
        self.queries: list[str] = []

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        if path == "tickets":
            self.queries.append((params or {})["query"])
            return reply(200, {"items": [{"id": "7"}]})
        if path == "ticket/7":
            return reply(200, {"id": 7, "_hyperlinks": self.offers})
        return self.queues.get(path.removeprefix("queue/"), reply(403, {"message": "Forbidden"}))

    def post(self, path: str, body: object, files: object = ()) -> Reply:
        raise AssertionError("the doctor changes nothing")

    put = look_up = post

    def account(self) -> str:
        return "svc-livechat"


def reply(status: int, data: Any) -> Reply:
    return Reply(status, "application/json", data)


def said(answers: Answers, rt: RtInstance = RT) -> list[tuple[bool, str, bool]]:
    return [(*look,) for look in looked_at(answers, rt)]


def test_queues_that_are_there_and_may_be_written_to_are_named() -> None:
    assert said(Answers()) == [
        (True, "The queue Support is there, and may be worked with.", False),
        (True, "The queue Triage is there, and may be worked with.", False),
    ]
    assert said(Answers(), RtInstance("rt", "https://rt.test")) == []


def test_a_queue_that_is_not_there_not_shown_or_disabled_will_not_do() -> None:
    answers = Answers()
    del answers.queues["Support"]
    answers.queues["Triage"] = reply(404, {"message": "Not Found"})
    (missing, hidden) = said(answers)
    assert missing[:1] + hidden[:1] == (False, False)
    for name, sentence in (("Support", missing[1]), ("Triage", hidden[1])):
        assert f"RT shows us no queue called {name}" in sentence
        assert "Compare the name" in sentence
        assert "SeeQueue" in sentence
    answers.queues["Support"] = reply(200, {"id": 3, "Disabled": "1", "_hyperlinks": CREATE})
    assert "is disabled in RT" in said(answers)[0][1]


def test_a_triage_queue_in_which_no_ticket_may_be_made_will_not_do() -> None:
    answers = Answers()
    answers.queues["Triage"] = reply(200, {"id": 3, "_hyperlinks": []})
    (_, (ok, sentence, _)) = said(answers)
    assert not ok
    assert "go into the queue Triage, and cannot" in sentence
    assert "CreateTicket" in sentence


def test_another_queue_in_which_no_ticket_may_be_made_is_only_warned_of() -> None:
    answers = Answers()
    answers.queues["Support"] = reply(200, {"id": 3, "_hyperlinks": []})
    ((ok, sentence, unwise), _) = said(answers)
    assert (ok, unwise) == (True, True)
    assert "“New ticket” will fail there" in sentence


def test_a_queue_on_whose_tickets_no_record_may_be_put_will_not_do() -> None:
    answers = Answers()
    answers.offers = [{"ref": "correspond"}]
    assert [ok for ok, _, _ in said(answers)] == [False, False]
    assert "CommentOnTicket" in said(answers)[0][1]


def test_a_queue_is_asked_for_as_it_is_called() -> None:
    answers = Answers()
    odd = replace(RT, queues=("Dean's / all",), makes_in=())
    assert said(answers, odd)[0][0]
    assert answers.queries == [r"Queue = 'Dean\'s / all' AND Status = '__Active__'"]


def test_of_an_rt_that_is_written_to_by_mail_only_the_names_are_compared() -> None:
    answers = Answers()
    answers.offers = []
    answers.queues["Triage"] = reply(200, {"id": 3, "_hyperlinks": []})
    route = MailRoute(MailServer("mail.test", "chat@help.test"), "rt@rt.test", "rt.test")
    assert [ok for ok, _, _ in said(answers, replace(RT, mail=route))] == [True, True]


async def test_the_doctor_tells_of_them() -> None:
    async with RtStandIn() as rt:
        instance = RtInstance(
            "rt", rt.url, Login.TOKEN, secret=rt.token, queues=("Support",), makes_in=("Nowhere",)
        )
        gateway = RtGateway([instance], ZoneInfo("Europe/London"))
        found = [f for f in await gateway.check() if f.name == "rt rt: queues"]
        gateway.close()
    assert [f.ok for f in found] == [True, False]
    assert "no queue called Nowhere" in found[1].sentence
