"""What can happen to a chat."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import effects as f
from bot.domain import events as e
from bot.domain.advance import advance
from bot.domain.chat import OVER, TRANSITIONS, Chat, ChatFull, NotNow, State
from bot.domain.filing import with_filing
from bot.domain.identity import Identity, Proof
from bot.domain.invitations import Fate, Route
from bot.domain.mailing import MailAsked, MailEnded
from bot.domain.matching import Change, Match
from bot.domain.messages import MAX_CHAT_BYTES, SYSTEM, Kind, Notice
from bot.domain.presence import Presence
from bot.domain.rating import Rating
from bot.domain.tickets import NewTicket, OwnTickets, TicketRef
from tests.people import (
    ADA,
    ADAS,
    ALAN,
    GRACE,
    LATER,
    NOW,
    RECEIPT,
    SIGNED_IN,
    SOON,
    TICKET,
    after,
    asking,
    effects,
    filed,
    filing,
    held,
    invited,
    proposed,
    talking,
    untold,
)

MERGED = replace(TICKET, ref=TicketRef("rt", 777))
CHATS = {
    State.PROPOSED: proposed(),
    State.INVITED: invited(),
    State.OPEN: talking(),
    State.ENDED: after(talking(), e.Ended(NOW, GRACE)),
    State.HELD: held(),
    State.FILING: filing(),
    State.FILED: filed(),
    State.PURGED: after(filed(), e.Purged(NOW)),
    State.CANCELLED: after(proposed(), e.Cancelled(NOW, GRACE)),
    State.ERASED: after(talking(), e.Erased(NOW)),
}
EVENTS: tuple[e.Event, ...] = (
    e.Invited(NOW, GRACE, ADAS, Route.MAIL, LATER),
    e.InvitationSent(NOW, 1),
    e.Revoked(NOW, GRACE),
    e.InvitationExpired(NOW),
    e.Cancelled(NOW, GRACE),
    e.VisitorJoined(NOW, ADA),
    e.Asked(NOW, ADA, SIGNED_IN, "k", "Why does it beep?"),
    e.OwnTicketsFound(NOW, OwnTickets()),
    e.Unanswered(NOW),
    e.HandedBack(NOW, GRACE),
    e.Taken(NOW, ALAN),
    e.KnockedAgain(NOW),
    e.TurnedAway(NOW, "eve"),
    e.Said(NOW, ADA, "k", "hello"),
    e.Edited(NOW, GRACE, "k2", 1, "hallo"),
    e.Removed(NOW, GRACE, "k3", 1),
    e.PresenceChanged(NOW, Presence.HIDDEN),
    e.SilenceWarned(NOW, LATER),
    e.StillHere(NOW, ADA),
    e.Ended(NOW, ADA),
    e.Rated(NOW, Rating.YES),
    *(e.Blocked(NOW, GRACE, LATER), e.Unblocked(NOW)),
    e.ThreadLost(NOW),
    e.NotShown(NOW, (2,)),
    e.FileCame(NOW, 2, came=False),
    e.Interrupted(NOW, "10:02 to 10:09"),
    e.FilingHeld(NOW, GRACE, "Toner.", until=SOON),
    e.FilingRequested(NOW, GRACE, "Toner."),
    e.FiledUnasked(NOW, "nobody was there."),
    *(e.FilingReleased(NOW), e.FilingUndone(NOW, ALAN)),
    e.FilingStopped(NOW, MERGED, (Change.MERGED,)),
    e.MoveProposed(NOW, GRACE, MERGED),
    *(e.MoveDropped(NOW, ALAN), e.Moved(NOW, GRACE, 1)),
    *(MailAsked(NOW, GRACE, Match.AMBER), MailEnded(NOW, 1, (2,))),
    e.TranscriptFiled(NOW, RECEIPT),
    e.FilingDelayed(NOW, "RT is down."),
    e.FilingFailed(NOW, "No right."),
    e.StatusSet(NOW),
    e.RatingNotSet(NOW, "No right."),
    e.Purged(NOW),
    e.Erased(NOW),
)


def before(state: State, event: e.Event) -> Chat:
    """A chat to which the event may happen: only one that is about no ticket begins by a question."""
    if isinstance(event, e.HandedBack) and state is State.OPEN:
        return after(asking(), e.Said(NOW, GRACE, "g", "Toner."))
    return untold() if (state, type(event)) == (State.PROPOSED, e.Asked) else CHATS[state]


def lines(given_effects: tuple[f.Effect, ...]) -> list[f.Record]:
    return [x for x in given_effects if isinstance(x, f.Record)]


def test_every_event_and_state_is_tried_below() -> None:
    assert {type(event) for event in EVENTS} == {event for _, event in TRANSITIONS}
    assert set(CHATS) == set(State)


@pytest.mark.parametrize(("state", "event"), list(product(State, EVENTS)))
def test_every_event_in_every_state_moves_as_the_table_says_or_is_refused(
    state: State, event: e.Event
) -> None:
    wanted = TRANSITIONS.get((state, type(event)))
    chat = before(state, event)
    if wanted is None:
        with pytest.raises(NotNow):
            advance(chat, event)
    else:
        assert after(chat, event).state is wanted


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_whatever_happens_lines_are_numbered_without_gaps(history: list[e.Event]) -> None:
    chat, seqs = proposed(), []
    for event in history:
        try:
            chat, what = advance(chat, event)
        except NotNow:
            continue
        seqs += [line.message.seq for line in lines(what)]
    assert seqs == list(range(1, chat.head + 1))


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_whatever_happens_a_transcript_is_filed_at_most_once_at_a_time(
    history: list[e.Event],
) -> None:
    chat, under_way = proposed(), 0
    for event in history:
        try:
            chat, what = advance(chat, event)
        except NotNow:
            continue
        under_way += sum(isinstance(x, f.FileTranscript) for x in what)
        under_way -= isinstance(event, e.TranscriptFiled | e.FilingFailed | e.FilingStopped)
        assert under_way == (chat.state is State.FILING)


def test_nothing_is_sent_to_anybody_before_invite_is_pressed() -> None:
    assert not effects(proposed(), e.Cancelled(NOW, GRACE)) or all(
        isinstance(x, f.ShowCard) for x in effects(proposed(), e.Cancelled(NOW, GRACE))
    )
    assert f.SendInvitation(1) in effects(
        proposed(), e.Invited(NOW, GRACE, ADAS, Route.MAIL, LATER)
    )


def test_a_second_invitation_has_a_number_of_its_own() -> None:
    again = after(invited(), e.Revoked(NOW, GRACE), e.Invited(NOW, GRACE, ADAS, Route.COPY, LATER))
    assert again.invitation is not None
    assert (again.invitation.number, again.invitation.fate) == (2, Fate.PENDING)


def test_an_answer_about_an_old_invitation_changes_nothing() -> None:
    again = after(invited(), e.Revoked(NOW, GRACE), e.Invited(NOW, GRACE, ADAS, Route.MAIL, LATER))
    assert advance(again, e.InvitationSent(NOW, 1)) == (again, ())


def test_a_visitors_message_is_kept_and_relayed() -> None:
    chat, what = advance(talking(), e.Said(NOW, ADA, "k", "hello"))
    assert [type(x) for x in what] == [f.Record, f.RelayToThread]
    assert what[1] == f.RelayToThread(chat.head, first=True, size=10)


def test_only_the_first_message_of_a_chat_is_marked_so() -> None:
    chat, _ = advance(talking(), e.Said(NOW, ADA, "k", "hello"))
    _, what = advance(chat, e.Said(NOW, ADA, "k2", "again"))
    assert what[1] == f.RelayToThread(chat.head + 1, size=10)


def test_an_operators_message_is_kept_but_not_sent_back_to_the_thread() -> None:
    chat = after(talking(), e.Said(NOW, GRACE, "j", "hello"))
    assert [type(x) for x in effects(chat, e.Said(NOW, GRACE, "k", "hi"))] == [f.Record]


def test_a_second_co_is_announced_before_his_first_words_and_only_then() -> None:
    chat, what = advance(talking(), e.Said(NOW, ALAN, "k", "May I?"))
    first, second = (line.message for line in lines(what))
    assert (first.kind, first.text, first.author) == (Kind.NOTICE, Notice.OPERATOR_JOINED, ALAN)
    assert (second.kind, second.seq) == (Kind.SAID, first.seq + 1)
    assert len(lines(effects(chat, e.Said(NOW, ALAN, "k2", "So.")))) == 1


def test_the_card_is_brought_up_to_date_for_a_second_co_who_answers() -> None:
    chat, what = advance(talking(), e.Said(NOW, ALAN, "k", "May I?"))
    assert f.ShowCard(soon=False) in what
    assert f.ShowCard(soon=False) not in effects(chat, e.Said(NOW, ALAN, "k2", "So."))


def test_a_full_chat_takes_no_more_words_but_can_still_end() -> None:
    full = replace(talking(), size=MAX_CHAT_BYTES)
    with pytest.raises(ChatFull):
        advance(full, e.Said(NOW, ADA, "k", "x"))
    assert after(full, e.Ended(NOW, ADA)).state is State.ENDED


def test_presence_that_did_not_change_changes_nothing() -> None:
    assert advance(talking(), e.PresenceChanged(NOW, Presence.OPEN)) == (talking(), ())


def test_sending_an_open_chat_to_rt_ends_it_for_the_visitor() -> None:
    what = effects(talking(), e.FilingRequested(NOW, GRACE, "Toner."))
    assert [line.message.text for line in lines(what)] == [Notice.ENDED_BY_OPERATOR]
    assert f.FileTranscript() in what


def test_five_presses_file_once() -> None:
    chat, filings = talking(), 0
    for _ in range(5):
        chat, what = advance(chat, e.FilingRequested(NOW, GRACE, "Toner."))
        filings += what.count(f.FileTranscript())
    assert filings == 1


def test_nothing_leaves_for_rt_while_a_filing_is_held() -> None:
    _, what = advance(talking(), e.FilingHeld(NOW, GRACE, "Toner.", until=SOON))
    assert f.ReleaseFiling(1, SOON) in what
    for event in EVENTS:
        if (State.HELD, type(event)) in TRANSITIONS:
            goes = f.FileTranscript() in effects(held(), event)
            assert goes == isinstance(event, e.FilingReleased)


def test_a_filing_that_was_undone_keeps_the_summary_for_the_next_one() -> None:
    undone = after(held(), e.FilingUndone(NOW, ALAN))
    assert undone.state is State.ENDED
    assert undone.filing
    assert (undone.filing.undone_by, undone.filing.summary) == (ALAN, "Toner was empty.")
    again = e.FilingHeld(NOW, GRACE, "Toner.", until=LATER)
    assert f.ReleaseFiling(2, LATER) in effects(undone, again)


def test_a_filing_that_was_stopped_remembers_what_changed_and_goes_on_only_as_confirmed() -> None:
    stopped = after(filing(), e.FilingStopped(NOW, MERGED, (Change.MERGED,)))
    assert stopped.ticket == TICKET
    assert stopped.filing
    assert (stopped.filing.found, stopped.filing.changes) == (MERGED, (Change.MERGED,))
    confirmed = e.FilingRequested(NOW, GRACE, "Toner.", ticket=MERGED, match=Match.RED, reason="b")
    chat = after(stopped, confirmed)
    assert chat.ticket == MERGED
    assert chat.filing
    assert (chat.filing.found, chat.filing.match, chat.filing.reason) == (None, Match.RED, "b")


def test_a_chat_is_moved_only_by_a_confirmation_of_the_ticket_that_is_shown() -> None:
    shown = after(talking(), e.MoveProposed(NOW, GRACE, MERGED))
    assert shown.ticket == TICKET
    assert after(shown, e.Moved(NOW, GRACE, 2)).ticket == TICKET
    moved, what = advance(shown, e.Moved(NOW, ALAN, 1, Match.RED, "his brother's"))
    assert (moved.ticket, moved.move) == (MERGED, None)
    (rebinding,) = moved.rebindings
    assert (rebinding.by, rebinding.before, rebinding.after) == (ALAN, TICKET.ref, MERGED.ref)
    assert [line.message.text for line in lines(what)] == [Notice.MOVED]
    assert advance(moved, e.Moved(NOW, ALAN, 1)) == (moved, ())


def test_a_move_that_is_dropped_or_overtaken_by_a_filing_changes_nothing() -> None:
    shown = after(talking(), e.MoveProposed(NOW, GRACE, MERGED))
    assert after(shown, e.MoveDropped(NOW, ALAN)) == replace(talking(), moves=1)
    sent = after(shown, e.FilingHeld(NOW, GRACE, "Toner.", until=SOON))
    assert (sent.ticket, sent.move) == (TICKET, None)


def test_a_filing_that_failed_may_be_tried_again() -> None:
    failed = after(filing(), e.FilingFailed(NOW, "No right."))
    assert failed.filing is not None
    assert failed.filing.problem == "No right."
    assert f.FileTranscript() in effects(failed, e.FilingRequested(NOW, GRACE, "Toner."))


def test_the_status_is_set_only_after_the_record_is_in_and_only_if_asked() -> None:
    assert f.SetTicketStatus("resolved") in effects(
        filing("resolved"), e.TranscriptFiled(NOW, RECEIPT)
    )
    assert not any(
        isinstance(x, f.SetTicketStatus) for x in effects(filing(), e.TranscriptFiled(NOW, RECEIPT))
    )


def test_the_text_is_purged_only_once_the_receipt_is_in() -> None:
    for state, event in product(State, EVENTS):
        if (state, type(event)) in TRANSITIONS and f.Purge() in effects(
            before(state, event), event
        ):
            assert isinstance(event, e.TranscriptFiled)
    assert effects(filing(), e.TranscriptFiled(NOW, RECEIPT))[-1] == f.Purge()


def test_after_the_purge_nothing_names_the_visitor_or_the_matter() -> None:
    ended = after(talking(), e.Ended(NOW, ADA), e.FilingRequested(NOW, GRACE, "Toner."))
    gone = repr(after(ended, e.TranscriptFiled(NOW, RECEIPT), e.Purged(NOW)))
    for secret in (ADA.name, ADAS.address, ADAS.login, "Toner", "Cannot print"):
        assert secret not in gone


def test_after_the_purge_nothing_is_left_of_who_signed_in_and_of_a_ticket_made_for_him() -> None:
    ada = Identity(Proof.SSO, ADAS.login, ADAS.name, ADAS.address)
    made = NewTicket("rt", "Support", "Cannot print", ADAS.address)
    chat = after(
        invited(),
        e.VisitorJoined(NOW, ADA, ada),
        e.FilingRequested(NOW, GRACE, "Toner.", new_ticket=made),
    )
    assert chat.identity == ada
    assert chat.filing
    assert chat.filing.new_ticket == made
    gone = after(chat, e.TranscriptFiled(NOW, RECEIPT), e.Purged(NOW))
    for secret in (ADA.name, ADAS.address, ADAS.login, "Cannot print"):
        assert secret not in repr(gone)
    assert gone.filing
    assert gone.filing.new_ticket == NewTicket("rt", "Support", "", "somebody")


def test_only_what_somebody_else_vouches_for_is_verified() -> None:
    assert {proof for proof in Proof if Identity(proof).verified} == {Proof.SSO, Proof.ASSERTED}


def test_a_lost_thread_files_what_was_said_and_tells_the_visitor() -> None:
    chat, what = advance(talking(), e.ThreadLost(NOW))
    assert chat.state is State.FILING
    assert lines(what)[0].message.text == Notice.OPERATORS_LOST
    assert f.FileTranscript() in what
    assert chat.filing is not None
    assert chat.filing.by == SYSTEM


def test_what_is_over_wants_nothing_more() -> None:
    for state in OVER:
        for event in EVENTS:
            if (state, type(event)) in TRANSITIONS:
                assert not any(
                    isinstance(x, f.FileTranscript | f.SendInvitation | f.RelayToThread)
                    for x in effects(CHATS[state], event)
                )


def test_a_chat_says_nothing_by_itself() -> None:
    assert isinstance(CHATS[State.OPEN], Chat)
    assert CHATS[State.OPEN].head == 1  # only that Ada joined


@pytest.mark.parametrize(
    "chat",
    [
        after(invited(), e.Cancelled(NOW, GRACE)),
        after(proposed(), e.ThreadLost(NOW)),
        after(invited(), e.InvitationExpired(NOW), e.Cancelled(NOW, GRACE)),
        after(filed(), e.Purged(NOW)),
        after(talking(), e.Erased(NOW)),
    ],
)
def test_a_chat_of_no_use_any_more_names_nobody(chat: Chat) -> None:
    kept = repr(replace(chat, filing=None))
    for who in (ADA.name, ADAS.login, ADAS.address, GRACE.name, GRACE.id, chat.ticket.subject):
        assert not who or who not in kept
    assert chat.ticket.ref.number == 12345


def test_a_record_that_rt_put_into_another_ticket_is_told_loudly_and_named_as_it_is() -> None:
    merged = replace(RECEIPT, ticket=TICKET.ref.number + 1)
    event = e.TranscriptFiled(NOW, merged)
    found = effects(filing("resolved"), event)
    elsewhere = str(replace(TICKET.ref, number=merged.ticket))
    assert f.TellThread(f.Word.FILED_ELSEWHERE, elsewhere) in found
    assert not any(isinstance(x, f.SetTicketStatus) for x in found)  # of a ticket nobody confirmed
    assert str(after(filing(), event).filed_in) == elsewhere
    told = after(filing("resolved"), event).filing
    assert told
    assert "merged" in told.status_problem  # or the card would wait for it for ever
    assert not any(
        isinstance(x, f.TellThread) for x in effects(filing(), e.TranscriptFiled(NOW, RECEIPT))
    )


def test_a_record_in_a_new_ticket_is_where_it_was_meant_to_be() -> None:
    made = with_filing(filing(), new_ticket=NewTicket("rt", "Support", "Printer", "ada@help.test"))
    event = e.TranscriptFiled(NOW, replace(RECEIPT, ticket=70_001))
    assert not any(isinstance(x, f.TellThread) for x in effects(made, event))
    assert after(made, event).filed_in.number == 70_001
