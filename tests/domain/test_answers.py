"""What a visitor who left was not shown, and having RT mail it to him."""

from dataclasses import replace
from datetime import UTC

import pytest

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.advance import advance
from bot.domain.answers import are_unseen, known_to, reaches, under_way, written
from bot.domain.chat import Chat, State
from bot.domain.identity import Identity, Proof
from bot.domain.mailing import MailAsked, MailEnded, Mailing
from bot.domain.matching import Match
from bot.domain.messages import Kind, Message, Notice
from bot.domain.presence import Presence
from bot.domain.tickets import Requestor, TicketRef
from bot.domain.transcript import mailed, resolve
from bot.domain.transcript_text import line_text
from tests.people import ADA, ADAS, ALAN, GRACE, LATER, NOW, TICKET, after, effects, talking

CHARLES = Requestor("cbabbage", "Charles Babbage", "charles@help.test")
LEFT = e.PresenceChanged(NOW, Presence.GONE, seen=1)
ASKED = MailAsked(NOW, GRACE, Match.AMBER)


def answered() -> Chat:
    """Ada left, and Grace has written since."""
    return after(talking(), LEFT, e.Said(NOW, GRACE, "a", "Toner."))


def mailing(chat: Chat) -> Chat:
    return after(chat, ASKED)


def test_what_a_window_confirmed_is_known_as_far_as_the_log_goes() -> None:
    chat = after(talking(), e.Said(NOW, GRACE, "a", "Toner."))
    assert after(chat, e.PresenceChanged(NOW, Presence.GONE, seen=1)).seen == 1
    assert after(chat, e.PresenceChanged(NOW, Presence.GONE, seen=99)).seen == chat.head == 2


def test_it_is_never_less_and_kept_also_when_the_presence_stays() -> None:
    chat = after(talking(), e.PresenceChanged(NOW, Presence.OPEN, seen=1))
    assert chat.seen == 1
    assert after(chat, e.PresenceChanged(LATER, Presence.OPEN, seen=0)) == chat


@pytest.mark.parametrize(
    ("presence", "unseen"),
    [(Presence.OPEN, False), (Presence.HIDDEN, True), (Presence.GONE, True)],
)
def test_only_who_is_not_looking_may_have_an_answer_unseen(
    presence: Presence, unseen: bool
) -> None:
    chat = after(talking(), e.Said(NOW, GRACE, "a", "Toner."))
    assert are_unseen(after(chat, e.PresenceChanged(NOW, presence, seen=1))) is unseen


def test_his_own_words_what_he_saw_and_notices_are_not_unseen() -> None:
    assert not are_unseen(after(talking(), e.Said(NOW, ADA, "k", "hello"), LEFT))
    seen = after(answered(), e.PresenceChanged(NOW, Presence.HIDDEN, seen=2))
    assert not are_unseen(seen)
    assert are_unseen(after(seen, e.Edited(NOW, GRACE, "b", 2, "Toner!")))


def test_the_card_is_drawn_anew_when_he_begins_to_miss_something_and_not_at_each_answer() -> None:
    gone = after(talking(), LEFT)
    first = e.Said(NOW, GRACE, "a", "Toner.")
    assert f.ShowCard(soon=False) in effects(gone, first)
    chat = after(gone, first)
    assert f.ShowCard(soon=False) not in effects(chat, e.Said(NOW, GRACE, "b", "Paper."))
    seen = after(chat, e.PresenceChanged(NOW, Presence.HIDDEN, seen=chat.head))
    assert f.ShowCard(soon=False) in effects(seen, e.Edited(NOW, GRACE, "c", 2, "Toner!"))
    there = after(talking(), first)
    assert f.ShowCard(soon=False) not in effects(there, e.Said(NOW, GRACE, "b", "Paper."))


def test_what_was_said_or_edited_and_stands_is_what_he_missed() -> None:
    def line(seq: int, kind: Kind, target: int | None = None, who: object = GRACE) -> Message:
        return Message(seq, who, kind, "x", NOW, target=target)  # type: ignore[arg-type]

    log = [
        line(1, Kind.SAID),
        line(2, Kind.SAID, who=ADA),
        line(3, Kind.SAID),
        line(4, Kind.SAID),
        line(5, Kind.EDITED, 1),
        line(6, Kind.REMOVED, 4),
        line(7, Kind.NOTICE),
        line(8, Kind.SAID),
    ]
    assert written(log, 2, 7) == {1, 3}
    assert written(log[2:], 2, 8) == {1, 3, 8}
    assert written([*log, line(9, Kind.REMOVED, 3)], 2, 7) == {1}


# --- asking ------------------------------------------------------------------------------------------


def test_asked_for_it_is_one_delivery_and_noted_unless_somebody_vouches_for_him() -> None:
    chat, follows = advance(answered(), ASKED)
    assert follows == (
        f.MailAnswers(1),
        f.Audit("mail", TICKET.ref, Match.AMBER, GRACE.id),
        f.ShowCard(),
    )
    one = under_way(chat)
    assert one
    assert (one.by, one.since, one.upto) == (GRACE, 1, 2)
    assert effects(answered(), replace(ASKED, match=Match.GREEN)) == (
        f.MailAnswers(1),
        f.ShowCard(),
    )


def test_a_second_press_while_it_is_under_way_does_nothing() -> None:
    assert advance(mailing(answered()), replace(ASKED, by=ALAN)) == (mailing(answered()), ())


def test_what_is_on_its_way_was_mailed_or_may_have_been_is_not_missed_any_more() -> None:
    chat = mailing(answered())
    assert known_to(chat) == 2
    assert not are_unseen(chat)
    assert not are_unseen(after(chat, MailEnded(NOW, 1, (2,))))
    assert not are_unseen(after(chat, MailEnded(NOW, 1, problem="Who knows.", unclear=True)))
    assert are_unseen(after(chat, MailEnded(NOW, 1, problem="No right.")))


def test_what_is_written_after_a_mail_makes_another_one() -> None:
    done = after(mailing(answered()), MailEnded(NOW, 1, (2,)))
    again = mailing(after(done, e.Said(NOW, GRACE, "b", "Paper, too.")))
    one = under_way(again)
    assert one
    assert (one.number, one.since, one.upto) == (2, 2, 4)


# --- what became of it -------------------------------------------------------------------------------


def test_thread_visitor_and_record_are_told_by_whom_and_when_it_was_mailed() -> None:
    chat, follows = advance(mailing(answered()), MailEnded(LATER, 1, (2,)))
    line, tell, card = follows
    assert isinstance(line, f.Record)
    assert (line.message.author, line.message.text) == (GRACE, Notice.MAILED)
    assert tell == f.TellThread(f.Word.MAILED, "1 message, as Grace Hopper asked.")
    assert card == f.ShowCard()
    assert mailed(chat) == {2: LATER}
    said = Message(2, GRACE, Kind.SAID, "Toner.", NOW)
    lines = resolve([said, line.message], mailed=mailed(chat))
    written_down = "".join(line_text(line, UTC) for line in lines)
    assert "Grace Hopper (mailed to the visitor 21 Nov 11:42:07 UTC)" in written_down
    assert "Grace Hopper had RT send the visitor by e-mail" in written_down


def test_what_did_not_go_is_told_with_why_and_gives_the_log_no_line() -> None:
    chat, follows = advance(mailing(answered()), MailEnded(NOW, 1, problem="No right."))
    assert follows == (f.TellThread(f.Word.NOT_MAILED, "No right."), f.ShowCard())
    assert chat.head == answered().head
    assert mailed(chat) == {}


def test_an_end_that_comes_twice_or_of_another_one_changes_nothing() -> None:
    chat = mailing(answered())
    done = after(chat, MailEnded(NOW, 1, (2,)))
    assert advance(chat, MailEnded(NOW, 2, (2,))) == (chat, ())
    assert advance(done, MailEnded(NOW, 1, (2,))) == (done, ())


def test_others_in_cc_are_taken_over_for_the_next_press_and_nothing_else_is() -> None:
    chat = mailing(answered())
    copied = replace(TICKET, ccs=(CHARLES,))
    ended = MailEnded(NOW, 1, problem="Others in Cc.", found=copied)
    assert after(chat, ended).ticket.ccs == (CHARLES,)
    merged = replace(copied, ref=TicketRef("rt", 777))
    assert after(chat, replace(ended, found=merged)).ticket == TICKET


def test_after_the_purge_or_an_erasure_it_is_known_only_that_something_was_mailed() -> None:
    done = after(mailing(answered()), MailEnded(NOW, 1, (2,)))
    failed = after(mailing(answered()), MailEnded(NOW, 1, problem="Grace has no right."))
    assert after(failed, e.Erased(NOW)).mailings == ()
    (left,) = after(done, e.Erased(NOW)).mailings
    nobody = replace(GRACE, id="", name="")
    assert left == Mailing(1, nobody, NOW, 1, 2, "", over=NOW)


def test_of_what_an_earlier_version_filed_meanwhile_only_the_thread_is_told() -> None:
    chat = replace(mailing(answered()), state=State.FILED)
    ended = MailEnded(NOW, 1, problem="Too late.")
    assert advance(chat, ended) == (chat, (f.TellThread(f.Word.NOT_MAILED, "Too late."),))


# --- whom it reaches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "on", "reached"),
    [
        (ADAS, (ADAS,), True),
        (ADAS, (CHARLES, ADAS), True),
        (CHARLES, (ADAS,), False),
        (ADAS, (replace(ADAS, address=""),), False),
        (Requestor("ada@help.test"), (Requestor("ada@help.test"),), True),
        (Requestor(""), (ADAS,), False),
    ],
)
def test_rt_reaches_who_is_on_the_ticket_and_has_an_address(
    who: Requestor, on: tuple[Requestor, ...], reached: bool
) -> None:
    known = Identity(Proof.LINK, who.login, who.name, who.address)
    assert reaches(known, replace(TICKET, requestors=on)) is reached
    assert reaches(known, replace(TICKET, requestors=(), ccs=on)) is reached
