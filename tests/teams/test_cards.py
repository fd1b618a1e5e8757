"""The one card of a chat, in every state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest

from bot.domain.chat import State
from bot.domain.invitations import Route
from bot.teams.cards import card
from bot.teams.elements import link
from tests.teams.cast import CARDS, LINK

Json = dict[str, Any]
#: What Teams knows on every client (Adaptive Cards 1.5), and the fields that we use of it.
KNOWN: dict[str, set[str]] = {
    "AdaptiveCard": {"$schema", "version", "body", "actions", "fallbackText", "speak"},
    "TextBlock": {"text", "wrap", "size", "weight", "isSubtle", "style", "separator", "spacing"},
    "Container": {"items", "style", "id", "isVisible"},
    "ActionSet": {"actions"},
    "FactSet": {"facts"},
    "Input.Text": {"id", "label", "value", "isMultiline", "maxLength"},
    "Input.ChoiceSet": {"id", "label", "style", "choices", "value", "isRequired", "errorMessage"},
    "Action.Execute": {"title", "verb", "data", "style", "associatedInputs"},
    "Action.ShowCard": {"title", "card"},
    "Action.ToggleVisibility": {"title", "targetElements"},
    "Action.OpenUrl": {"title", "url"},
}


def drawn(name: str) -> Json:
    return card(CARDS[name], UTC)


def typed(value: Any) -> Iterator[Json]:
    """Every element and action of a card."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            yield value
        for inner in value.values():
            yield from typed(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from typed(inner)


def words(name: str) -> str:
    return json.dumps(drawn(name), ensure_ascii=False).replace("\\\\", "")


def verbs(name: str) -> list[str]:
    return [e["verb"] for e in typed(drawn(name)) if e["type"] == "Action.Execute"]


def test_every_state_has_its_card() -> None:
    assert {view.chat.state for view in CARDS.values()} == set(State)


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_made_of_what_teams_knows(name: str) -> None:
    drawing = drawn(name)
    assert (drawing["type"], drawing["version"]) == ("AdaptiveCard", "1.5")
    for element in typed(drawing):
        assert set(element) - {"type"} <= KNOWN[element["type"]]


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_small(name: str) -> None:
    assert len(json.dumps(drawn(name), ensure_ascii=False).encode()) <= 25_000


@pytest.mark.parametrize("name", CARDS)
def test_a_card_says_in_words_what_it_shows(name: str) -> None:
    drawing = drawn(name)
    assert drawing["fallbackText"] == drawing["speak"]
    begun = CARDS[name].chat.intake is not None
    about = "begun by a visitor" if begun else "ticket rt#12345"
    assert drawing["speak"].startswith(f"Live chat, {about}")
    assert drawing["body"][0]["style"] == "heading"


@pytest.mark.parametrize("name", CARDS)
def test_every_input_has_a_label_and_every_button_says_which_chat(name: str) -> None:
    for element in typed(drawn(name)):
        if element["type"].startswith("Input."):
            assert element["label"]
        if element["type"] == "Action.Execute":
            assert element["data"]["chat"] == CARDS[name].chat.id
            assert element["data"]["verb"] == element["verb"]


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("proposed", "0.0"),
        ("proposed-no-requestor", "0.0"),
        ("proposed-revoked", "1.0"),
        ("invited-copy", "1.0"),
        ("open-mention", "1.0"),
        ("ended-refused", "1.1"),
    ],
)
def test_buttons_that_must_not_work_twice_say_what_they_were_drawn_for(
    name: str, drawn: str
) -> None:
    data = [e["data"] for e in typed(card(CARDS[name], UTC)) if e["type"] == "Action.Execute"]
    bound = [d["nonce"] for d in data if d["verb"] in {"invite", "revoke", "cancel", "file"}]
    assert bound
    assert set(bound) == {drawn}


@pytest.mark.parametrize(
    ("name", "buttons"),
    [
        ("proposed", ["invite", "cancel"]),
        ("proposed-no-requestor", ["invite", "cancel"]),
        ("invited-copy", ["revoke", "cancel"]),
        ("open-mention", ["file", "move", "new", "triage", "take", "end"]),
        ("open-wrong", ["file", "move", "new", "triage", "take", "end"]),
        ("open-moving", ["rebind", "stay", "take", "end"]),
        ("ended-by-visitor", ["file", "move", "new", "triage"]),
        ("ended-refused", ["file", "move", "new", "triage"]),
        ("ended-stopped", ["file", "move", "new", "triage"]),
        ("held", ["undo"]),
        ("filing", ["look"]),
        ("filed", []),
        ("purged", []),
        ("cancelled", []),
        ("erased", []),
    ],
)
def test_each_state_offers_what_can_be_done_now(name: str, buttons: list[str]) -> None:
    assert verbs(name) == buttons


def test_nothing_happens_before_invite_and_the_card_shows_whose_ticket_it_is() -> None:
    shown = words("proposed")
    for part in ("Cannot print from the lab", "Support", "open", "Ada Lovelace", "ada@help.test"):
        assert part in shown
    assert "nobody" in shown
    assert "19 Nov 2026, 2 days ago" in shown
    assert "Nobody is told anything until you press Invite" in shown


def test_a_merged_ticket_says_so() -> None:
    assert "You asked for rt#999, which was merged into rt#12345" in words("proposed-merged")


def test_among_several_requestors_one_must_be_chosen() -> None:
    boxes = [e for e in typed(drawn("proposed-several")) if e.get("id") == "requestor"]
    assert [c["value"] for c in boxes[0]["choices"]] == ["0", "1", "2"]
    assert boxes[0]["isRequired"]
    assert "value" not in boxes[0]


def test_without_an_address_the_link_can_only_be_copied() -> None:
    assert not [e for e in typed(drawn("proposed-no-address")) if e.get("id") == "route"]
    invite = next(e for e in typed(drawn("proposed-no-address")) if e.get("verb") == "invite")
    assert invite["data"]["route"] == Route.COPY


def test_correspondence_warns_of_ccs_and_of_reopening() -> None:
    shown = words("proposed-resolved-with-ccs")
    assert "goes to every requestor and every Cc named above" in shown
    assert "Charles Babbage (charles@help.test)" in shown
    assert "reopens a resolved ticket (it is resolved now)" in shown


def test_without_correspondence_there_is_no_such_warning() -> None:
    assert "reopens" not in words("proposed-copy-only")


def test_an_invitation_on_the_ticket_says_that_rt_mails_it_to_every_requestor() -> None:
    how = words("invited-corresponded")
    assert "mailed by RT to every requestor and every Cc" in how
    assert "mailed by RT to ada@" not in how  # who was chosen is not the only one that gets it


def test_the_link_can_be_copied_while_it_is_pending() -> None:
    boxes = [e for e in typed(drawn("invited-mailed")) if e.get("id") == "link"]
    assert [box["value"] for box in boxes] == [LINK]
    assert "21 Nov, 11:42" in words("invited-mailed")


def test_an_invitation_that_did_not_go_out_says_why_and_what_to_do() -> None:
    shown = words("invited-problem")
    assert "The mail server said no." in shown
    assert "pass it on yourself" in shown


def test_who_joined_is_unverified() -> None:
    assert "Ada Lovelace – unverified, held the link" in words("open-mention")


def boxes(name: str) -> dict[str, Any]:
    return {e["id"]: e for e in typed(drawn(name)) if e["type"].startswith("Input.")}


@pytest.mark.parametrize(
    ("name", "said", "asked"),
    [
        ("open-green", "**Matches:** the visitor signed in as s1234567, who is a requestor", set()),
        ("open-mention", "**Not verified:** anybody who had the link could have joined", {"echo"}),
        (
            "open-red",
            "⚠ **Does not match:** the visitor signed in as cbabbage, who is neither requestor nor Cc",
            {"echo", "reason"},
        ),
    ],
)
def test_how_visitor_and_ticket_fit_is_said_in_words_and_decides_what_is_asked_for(
    name: str, said: str, asked: set[str]
) -> None:
    assert said in words(name)
    assert set(boxes(name)) & {"echo", "reason"} == asked


def test_the_button_of_the_chats_own_ticket_stands_above_the_boxes_of_another_one() -> None:
    for name in ("open-mention", "open-wrong"):
        [form] = [e["body"] for e in typed(drawn(name)) if _has_summary(e.get("body", []))]
        own = next(i for i, e in enumerate(form) if any(_verb(e) == "file" for e in typed(e)))
        assert own < next(i for i, e in enumerate(form) if e.get("id") == "elsewhere")


def _has_summary(body: list[Json]) -> bool:
    return any(e.get("id") == "summary" for e in body)


def _verb(element: Json) -> str:
    return str(element.get("verb", ""))


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("open-green", "“send to rt: SUMMARY”"),
        ("open-mention", "“send to rt DIGITS: SUMMARY”"),
        ("open-red", "“send to rt SURNAME because WHY: SUMMARY”"),
        ("ended-stopped", "“send to rt DIGITS: SUMMARY”"),
    ],
)
def test_the_command_named_is_the_one_that_will_do_here(name: str, command: str) -> None:
    assert command in words(name)


def test_while_a_move_is_to_be_decided_no_command_to_send_is_named() -> None:
    assert "send to rt" not in words("open-moving")
    assert "send to rt" not in words("ended-moving")
    assert "confirm move DIGITS OR SURNAME" in words("ended-moving")


def test_what_was_typed_in_vain_stands_in_the_boxes_again_with_what_to_do() -> None:
    assert not [e for e in typed(drawn("open-wrong")) if e["type"] == "Action.ShowCard"]
    shown = {name: box.get("value") for name, box in boxes("open-wrong").items()}
    assert (shown["summary"], shown["status"], shown["echo"]) == ("Toner.", "resolved", "346")
    assert "Not done yet." in words("open-wrong")
    moving = {name: box.get("value") for name, box in boxes("open-moving-wrong").items()}
    assert (moving["echo"], moving["reason"]) == ("777", "short")


def test_a_move_shows_both_tickets_and_whose_they_are() -> None:
    shown = words("open-moving")
    for part in ("rt#12345", "rt#777", "Ada Lovelace", "Charles Babbage", "Does not match"):
        assert part in shown


def test_a_ticket_that_has_changed_says_in_what_and_is_named_by_its_button() -> None:
    shown = words("ended-stopped")
    for part in (
        "merged into rt#777",
        "“Support” to “Teaching”",
        "were Ada Lovelace and are Charles Babbage now",
        "Send anyway to ticket 777",
    ):
        assert part in shown
    fits = [f for e in typed(drawn("ended-stopped")) for f in e.get("facts", [])]
    assert len([f for f in fits if f["title"] == "Match"]) == 1  # the ticket's as it is now


def test_a_record_that_rt_refused_says_why_and_what_can_be_done() -> None:
    assert (
        "**RT refused it.** You may not comment there. The record is kept here: press Send to RT "
        "when that is put right, or send it somewhere else." in words("ended-refused")
    )
    assert "Ada Lovelace – unverified, held the link" in words("ended-refused")


def test_a_record_that_may_be_in_rt_is_not_called_missing_and_asks_who_sends_it_elsewhere() -> None:
    said = words("ended-unclear")
    assert "**The record may be in RT already.** The comment is in ticket rt#12345." in said
    assert "not on the ticket" not in said
    boxes = [e["id"] for e in typed(drawn("ended-unclear")) if e["type"] == "Input.Text"]
    assert "looked" in boxes
    assert '"looked"' not in words("ended-refused")


def test_a_held_filing_says_until_when_where_to_and_that_nothing_has_left() -> None:
    shown = words("held")
    for part in ("Goes to RT at 10:43:07", "sent by Grace Hopper", "nothing has left", "rt#12345"):
        assert part in shown
    assert "is set to “resolved” then" in words("held-with-status")
    assert "a new ticket in Support" in words("held-new-ticket")
    assert "Undone by Alan Turing: nothing was sent" in words("ended-undone")


def test_the_receipt_of_a_new_ticket_names_it_with_the_bytes_and_digest_read_back() -> None:
    shown = words("filed-new-ticket")
    assert "**On a new ticket.**" in shown
    assert "**On the ticket.**" in words("filed")
    for part in ("rt#70001, made for it in Support", "4096 bytes, SHA-256 abababababababab…"):
        assert part in shown


def test_presence_is_told_with_its_time() -> None:
    assert "has the chat open" in words("open-mention")
    assert "gone since 21 Nov, 10:45" in words("open-gone")
    east = json.dumps(card(CARDS["open-gone"], timezone(timedelta(hours=2))))
    assert "21 Nov, 12:45" in east


def test_the_way_of_listening_is_on_the_card() -> None:
    assert "Only messages that mention the bot reach the visitor" in words("open-mention")
    assert "Every message in this thread reaches the visitor" in words("open-thread")


def test_sending_to_rt_asks_for_a_summary_and_gives_a_last_look() -> None:
    folded = next(e for e in typed(drawn("open-mention")) if e["type"] == "Action.ShowCard")
    text = json.dumps(folded).replace("\\\\", "")
    for part in ("rt#12345", "Cannot print from the lab", "Ada Lovelace", "requestors can read"):
        assert part in text
    boxes = {e["id"]: e for e in typed(folded) if "id" in e}
    assert boxes["summary"]["isMultiline"]
    assert "Live chat between Ada Lovelace and Grace Hopper" in boxes["summary"]["value"]
    assert [c["value"] for c in boxes["status"]["choices"]] == ["=", "resolved", "stalled"]
    assert boxes["status"]["value"] == "="


def test_a_summary_that_rt_refused_is_not_typed_again() -> None:
    boxes = [e for e in typed(drawn("ended-refused")) if e.get("id") == "summary"]
    assert boxes[0]["value"] == "Toner was empty."


def test_the_receipt_links_the_ticket_and_names_the_transaction() -> None:
    shown = words("filed")
    assert "transaction 99, read back from RT" in shown
    links = [e["url"] for e in typed(drawn("filed")) if e["type"] == "Action.OpenUrl"]
    assert links == ["https://rt.test/Ticket/Display.html?id=12345#txn-99"]


def test_a_record_that_rt_did_not_confirm_is_not_called_read_back() -> None:
    shown = words("filed-unproven")
    assert "handed to the mail server, **not confirmed by RT**" in shown
    assert "read back" not in shown
    assert "On the ticket." not in shown


def test_a_comment_that_rt_does_not_show_is_not_called_read_back() -> None:
    shown = words("filed-unseen")
    assert "On the ticket." in shown
    assert "transaction 99, **not read back**" in shown
    shown = words("filed-unproven-new")
    assert "number not known" in shown
    assert "Open RT" in shown
    assert "Open ticket" not in shown
    shown = words("filed-taken")
    assert "On the ticket." in shown
    assert "**not read back**: RT does not show it" in shown
    assert "transaction 0" not in shown
    assert "mail" not in shown


def test_a_status_that_rt_refused_is_told() -> None:
    assert "The status was not changed. Dependencies are open." in words("filed-status-refused")


def test_a_purged_chats_card_has_no_names_or_subject() -> None:
    shown = words("purged")
    assert "Lovelace" not in shown
    assert "Cannot print" not in shown


@pytest.mark.parametrize("name", ["proposed-hostile", "open-hostile"])
def test_peoples_words_are_never_markup(name: str) -> None:
    for element in typed(drawn(name)):
        texts = [element.get("text", ""), *(f["value"] for f in element.get("facts", []))]
        for text in texts:
            assert "](" not in text
            assert "{{" not in text
            assert "<at>" not in text
            assert "https:" not in text


def test_a_link_that_is_no_web_address_is_not_offered() -> None:
    assert link("Open", "javascript:alert(1)") == []
