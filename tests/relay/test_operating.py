"""What COs write and press."""

from unittest.mock import patch

import pytest

from bot.domain.chat import State
from bot.domain.commands import parse_command
from bot.domain.invitations import Fate, Route
from bot.domain.messages import MAX_MESSAGE_BYTES, Kind
from bot.domain.tickets import TicketRef
from bot.relay import operating
from bot.relay.answering import Answer
from bot.relay.outcomes import NotDone, Refused
from bot.relay.ports import Listening
from tests.people import ADAS, TICKET, with_ticket
from tests.relay.house import OTHER, THREAD, House


async def test_a_ticket_number_shows_the_ticket_and_sends_nothing(house: House) -> None:
    chat = await house.proposed()
    assert chat.state is State.PROPOSED
    assert chat.ticket == TICKET
    assert not house.mailer.sent
    assert not house.tickets.letters


async def test_the_same_activity_twice_shows_one_card(house: House) -> None:
    await house.writes("12345", key="a")
    await house.writes("12345", key="a")
    await house.deliver()
    assert len(house.threads.cards) == 1


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", Answer.HELP),
        ("hello there", Answer.NO_NUMBER),
        ("12345 12346", Answer.SEVERAL_NUMBERS),
        ("end chat", Answer.NOTHING_HERE),
        ("say: Which printer?", Answer.NOTHING_HERE),
    ],
)
async def test_what_is_no_ticket_gets_an_answer(house: House, text: str, answer: str) -> None:
    await house.writes(text)
    await house.deliver()
    assert house.threads.words == [answer]


@pytest.mark.parametrize("text", ["Is the toner empty?", "say: 12345", "blocks", "chats", "help"])
@pytest.mark.parametrize("live", [True, False])
async def test_a_message_is_looked_at_for_a_command_once(
    house: House, text: str, *, live: bool
) -> None:
    """It takes as long as a statement of the database's."""
    if live:
        await house.talking()
    with patch.object(operating, "parse_command", wraps=parse_command) as reads:
        await house.writes(text)
    assert reads.call_count == 1


async def test_a_ticket_that_cannot_be_had_is_explained(house: House) -> None:
    house.tickets.reading.before.append(Refused("There is no ticket 12345."))
    await house.writes("12345")
    await house.deliver()
    assert house.threads.told[0][1].detail == "There is no ticket 12345."
    assert not house.threads.cards


async def test_a_slow_rt_is_told_once_and_the_card_comes_when_it_answers(house: House) -> None:
    house.tickets.reading.before += [NotDone("RT is slow.", 0.0), NotDone("RT is slow.", 0.0)]
    await house.writes("12345")
    for _ in range(3):
        house.clock.pass_(seconds=2)
        await house.deliver()
    assert house.threads.words == [Answer.LOOKING_SLOW]
    assert len(house.threads.cards) == 1


async def test_an_unmentioned_message_of_the_team_leaves_no_trace(house: House) -> None:
    await house.writes("our own business", mention=False)
    assert "INSERT" not in house.dump().replace('INSERT INTO "alembic_version"', "")


async def test_invite_mails_the_requestor_a_link_that_is_on_the_card_too(house: House) -> None:
    await house.invited(Route.MAIL)
    ((to, text, _),) = house.mailer.sent
    link = house.threads.card.link
    assert to == ADAS.address
    assert link.startswith("https://computing.help.test/#livechat=")
    assert link in text
    assert house.threads.card.chat.invitation
    assert house.threads.card.chat.invitation.sent


async def test_invite_by_rt_writes_correspondence(house: House) -> None:
    await house.invited(Route.CORRESPOND)
    assert house.threads.card.link in house.tickets.letters[0]
    assert not house.mailer.sent


async def test_five_presses_of_invite_are_one_invitation(house: House) -> None:
    chat = await house.proposed()
    for _ in range(5):
        await house.presses("invite", chat, route="mail")
    await house.deliver()
    assert len(house.mailer.sent) == 1


async def test_a_mail_that_cannot_go_tells_the_co_to_copy_the_link(house: House) -> None:
    house.mailer.faults.before.append(Refused("The mail server does not know that address."))
    chat = await house.invited(Route.MAIL)
    assert chat.invitation
    assert not chat.invitation.sent
    assert "mail server" in chat.invitation.problem
    assert "invitation_problem" in house.threads.words


async def test_who_has_no_address_gets_a_link_to_copy(house: House) -> None:
    house.tickets.ticket = with_ticket((await house.proposed()), requestors=()).ticket
    await house.writes("12345", thread=OTHER)
    await house.deliver()
    chat = house.threads.cards["card-2"].chat
    await house.presses("invite", chat, thread=OTHER, route="mail")
    assert (invitation := (await house.chat(chat.id)).invitation)
    assert invitation.route is Route.COPY


async def test_among_several_requestors_one_must_be_chosen(house: House) -> None:
    house.tickets.ticket = with_ticket((await house.proposed()), requestors=(ADAS, ADAS)).ticket
    await house.writes("12345", thread=OTHER)
    await house.deliver()
    chat = house.threads.cards["card-2"].chat
    pressing = await house.presses("invite", chat, thread=OTHER)
    assert "Choose on the card whom" in pressing.sentence
    assert (await house.chat(chat.id)).state is State.PROPOSED
    await house.presses("invite", chat, thread=OTHER, requestor="1")
    assert (await house.chat(chat.id)).state is State.INVITED


async def test_a_thread_carries_one_chat_at_a_time(house: House) -> None:
    await house.writes("12345")
    await house.writes("12345")
    await house.deliver()
    first, second = (view.chat for view in house.threads.cards.values())
    await house.presses("invite", first)
    pressing = await house.presses("invite", second)
    assert "Another chat" in pressing.sentence
    assert (await house.chat(second.id)).state is State.PROPOSED


async def test_a_revoked_link_is_worth_nothing_and_a_new_one_can_be_sent(house: House) -> None:
    chat = await house.invited()
    await house.presses("revoke", chat)
    assert (await house.joining.peek(house.token(chat))).fate == Fate.REVOKED
    await house.presses("invite", chat)
    assert (await house.joining.peek(house.token(chat))).fate == Fate.REVOKED
    assert (await house.joining.peek(house.token(chat, 2))).fate == Fate.PENDING


async def test_a_button_of_another_thread_does_nothing(house: House) -> None:
    chat = await house.proposed()
    pressing = await house.presses("invite", chat, thread=OTHER)
    assert pressing.view is None
    assert (await house.chat(chat.id)).state is State.PROPOSED


async def test_every_reply_in_the_thread_reaches_the_visitor(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("Hello Ada\n`lpr`", mention=False)
    assert (await house.texts(chat.id))[-1] == "Hello Ada\n`lpr`"


async def test_notes_stay_among_the_operators(house: House) -> None:
    chat, _ = await house.talking()
    before = await house.texts(chat.id)
    await house.writes("// is she staff?", mention=False)
    await house.writes("// is she staff?", mention=True)
    assert await house.texts(chat.id) == before


async def test_in_mention_mode_only_mentions_reach_the_visitor(house: House) -> None:
    from dataclasses import replace

    quiet = replace(THREAD, listening=Listening.MENTION)
    chat, _ = await house.talking()
    await house.writes("between us", thread=quiet, mention=False)
    await house.writes("to you", thread=quiet, mention=True)
    assert (await house.texts(chat.id))[1:] == ["to you"]


async def test_words_before_the_visitor_joined_are_answered_not_sent(house: House) -> None:
    chat = await house.invited()
    await house.writes("is that the right Ada?", mention=False)
    await house.writes("hm", mention=False)
    await house.deliver()
    assert await house.texts(chat.id) == []
    assert house.threads.words.count(Answer.NOT_JOINED) == 1


async def test_words_after_the_end_are_answered_not_sent(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    before = await house.texts(chat.id)
    await house.writes("one more thing", mention=False)
    await house.deliver()
    assert await house.texts(chat.id) == before
    assert house.threads.words[-1] == Answer.NOT_DELIVERED


async def test_another_ticket_in_a_thread_with_a_chat_is_refused(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("12346")
    await house.deliver()
    assert house.threads.words[-1] == Answer.THREAD_TAKEN
    assert "12346" not in await house.texts(chat.id)


async def test_too_long_and_empty_messages_are_answered(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("x" * (MAX_MESSAGE_BYTES + 1), mention=False)
    await house.writes("", mention=False, extras=("picture.png",))
    await house.deliver()
    assert house.threads.words[-2:] == [Answer.TOO_LONG, Answer.NOTHING_TO_SEND]
    assert len(await house.texts(chat.id)) == 1


async def test_a_repeated_activity_is_said_once(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("hello", mention=False, key="a")
    await house.writes("hello", mention=False, key="a")
    assert (await house.texts(chat.id)).count("hello") == 1


async def test_edits_and_deletions_reach_the_visitor_as_lines(house: House) -> None:
    chat, _ = await house.talking()
    key = await house.writes("helo", mention=False)
    await house.changes(key, "hello")
    await house.changes(key, None)
    log = await house.store.log(chat.id, 1, 10)
    assert [(line.kind, line.text, line.target) for line in log] == [
        (Kind.SAID, "helo", None),
        (Kind.EDITED, "hello", 2),
        (Kind.REMOVED, "", 2),
    ]


async def test_an_edit_that_comes_too_late_is_told(house: House) -> None:
    chat, seat = await house.talking()
    key = await house.writes("helo", mention=False)
    await house.visiting.end(seat)
    await house.changes(key, "hello")
    await house.deliver()
    assert house.threads.words[-1] == Answer.CHANGED_LATE
    assert "hello" not in await house.texts(chat.id)


async def test_whether_a_thread_carries_a_chat_is_known(house: House) -> None:
    _, seat = await house.talking()
    assert await house.operating.carries_chat(THREAD)
    assert not await house.operating.carries_chat(OTHER)
    await house.visiting.end(seat)
    assert not await house.operating.carries_chat(THREAD)


async def test_a_merged_ticket_shows_where_it_went(house: House) -> None:
    house.tickets.ticket = with_ticket(
        (await house.proposed()), asked=TicketRef("rt", 12300)
    ).ticket
    await house.writes("12300", thread=OTHER)
    await house.deliver()
    assert house.threads.cards["card-2"].chat.ticket.merged


async def test_a_newer_proposal_does_not_stop_a_running_chat_from_being_heard(house: House) -> None:
    first = await house.proposed()
    house.clock.pass_(seconds=1)
    await house.writes("12346")  # a second card in the thread, which nobody acts on
    await house.deliver()
    await house.presses("invite", first)
    await house.joining.join(house.token(first), "n", None)
    mine = await house.writes("helo", mention=False)
    await house.changes(mine, "hello")
    assert (await house.texts(first.id))[-2:] == ["helo", "hello"]


async def test_a_newer_proposal_does_not_hide_that_a_chat_just_ended(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    await house.writes("12346")
    await house.deliver()
    await house.writes("are you still there?", mention=False)
    await house.writes("send to rt 345: Toner.")
    await house.deliver()
    assert Answer.NOT_DELIVERED in house.threads.words
    assert (await house.chat(chat.id)).state is State.PURGED


async def test_what_is_edited_into_a_note_is_taken_back(house: House) -> None:
    chat, _ = await house.talking()
    key = await house.writes("good day", mention=False)
    await house.changes(key, "// is she sober?")
    log = await house.store.log(chat.id, 1, 10)
    assert [line.kind for line in log] == [Kind.SAID, Kind.REMOVED]
    assert "sober" not in repr(log)


async def test_note_lines_within_a_message_are_kept_back_and_that_is_told(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("Try this:\n// if she can\nlpr -P x", mention=False)
    await house.deliver()
    assert (await house.texts(chat.id))[-1] == "Try this:\nlpr -P x"
    assert house.threads.words[-1] == Answer.NOTES_KEPT


async def test_a_mention_that_was_forgotten_and_added_sends_the_words(house: House) -> None:
    chat, _ = await house.talking()
    await house.changes("never heard of", "Which printer?", mentioned=True)
    await house.changes("never heard of", "Which printer?", mentioned=True)
    assert (await house.texts(chat.id))[1:] == ["Which printer?"]


async def test_a_note_that_is_a_point_of_a_list_is_kept_back(house: House) -> None:
    chat, _ = await house.talking()
    await house.writes("- restart it\n- // he has broken it himself", mention=False)
    await house.deliver()
    assert (await house.texts(chat.id))[-1] == "- restart it"
    assert house.threads.words[-1] == Answer.NOTES_KEPT


async def test_an_edited_note_is_not_sent_and_the_co_is_told(house: House) -> None:
    chat, _ = await house.talking()
    key = await house.writes("// a note", mention=False)
    await house.changes(key, "no note any more")
    await house.deliver()
    assert "no note any more" not in await house.texts(chat.id)
    assert house.threads.words[-1] == Answer.NEVER_SENT


@pytest.mark.parametrize("word", ["hello", "Please cancel it", "Open the settings and press Apply"])
async def test_plain_words_in_a_running_chat_are_for_the_visitor(house: House, word: str) -> None:
    chat, _ = await house.talking()
    await house.writes(word)
    assert (await house.texts(chat.id))[-1] == word


async def test_a_second_co_who_files_is_told_that_somebody_did(house: House) -> None:
    chat, _ = await house.talking()
    await house.presses("file", chat, summary="mine")
    pressing = await house.presses("file", chat, who="alan", summary="his")
    assert "Grace Hopper has sent" in pressing.sentence
    assert not (await house.presses("file", chat, summary="mine")).sentence


async def test_everybody_who_writes_to_nobody_is_told(house: House) -> None:
    await house.invited()
    await house.writes("hm", mention=False)
    await house.writes("indeed", who="alan", mention=False)
    await house.deliver()
    assert house.threads.words.count(Answer.NOT_JOINED) == 2


async def test_an_invitation_that_takes_long_is_told_once(house: House) -> None:
    house.mailer.faults.before += [NotDone("The mail server is busy.", 1.0)] * 3
    await house.invited(Route.MAIL)
    for _ in range(3):
        house.clock.pass_(seconds=5)
        await house.deliver()
    assert house.threads.words.count(Answer.INVITATION_SLOW) == 1
    assert len(house.mailer.sent) == 1
