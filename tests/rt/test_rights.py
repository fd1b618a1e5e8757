"""What RT's offers give away about the account's rights."""

from collections.abc import Mapping
from typing import Any

from bot.rt.instance import RtInstance
from bot.rt.rights import too_many
from bot.rt.wire import Reply

RT = RtInstance("rt", "https://rt.test", queues=("Support",))


class Answers:
    """RT as an account sees it that has just what it needs, unless a test says otherwise."""

    def __init__(self) -> None:
        self.nobody: dict[str, Any] = {"Name": "Nobody"}
        self.groups = 403
        self.tickets = {"Status = 'new' AND Queue = 'Support'": 7}
        self.offers: list[dict[str, str]] = [{"ref": "comment"}]
        self.asked: list[str] = []

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        self.asked.append(path)
        if path == "tickets":
            assert params
            number = self.tickets.get(params["query"])
            return reply(200, {"items": [{"id": str(number)}] if number else []})
        if path == "ticket/7":
            return reply(200, {"id": 7, "_hyperlinks": self.offers})
        return reply(200, self.nobody) if path == "user/Nobody" else reply(self.groups, {})

    def post(self, path: str, body: object, files: object = ()) -> Reply:
        raise AssertionError("the doctor changes nothing")

    put = look_up = post

    def account(self) -> str:
        return "svc-livechat"


def reply(status: int, data: object) -> Reply:
    return Reply(status, "application/json", data)


def test_who_has_what_is_needed_has_not_too_much() -> None:
    assert too_many(Answers(), RT) == []


def test_what_only_administrators_see_gives_them_away() -> None:
    answers = Answers()
    answers.nobody["Disabled"] = "0"
    (found,) = too_many(answers, RT)
    assert "AdminUsers, or is a SuperUser" in found
    answers.groups = 200
    assert len(too_many(answers, RT)) == 2


def test_tickets_of_queues_that_are_not_ours_are_too_many() -> None:
    answers = Answers()
    answers.tickets["Queue != 'Support'"] = 8
    (found,) = too_many(answers, RT)
    assert "not in the RT's queues" in found
    assert too_many(answers, RtInstance("rt", "https://rt.test")) == []  # all are ours


def test_what_is_offered_tells_the_right_and_the_setting_whether_it_is_needed() -> None:
    answers = Answers()
    answers.offers.append({"ref": "lifecycle", "from": "new", "to": "open"})
    (found,) = too_many(answers, RT)
    assert found.startswith("The account has ModifyTicket in Support.")
    may = RtInstance("rt", "https://rt.test", queues=("Support",), statuses=("resolved",))
    assert too_many(answers, may) == []
    answers.offers.append({"ref": "lifecycle", "from": "new", "to": "deleted"})
    (found,) = too_many(answers, may)
    assert found.startswith("The account has DeleteTicket in Support.")


def test_a_queue_with_a_quote_in_its_name_is_asked_for_as_it_is() -> None:
    answers = Answers()
    answers.tickets = {r"Status = 'new' AND Queue = 'Dean\'s'": 7}
    too_many(answers, RtInstance("rt", "https://rt.test", queues=("Dean's",)))
    assert "ticket/7" in answers.asked
