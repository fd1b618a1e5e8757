"""What is said of a record that is in RT, or may be: never that nothing was sent (pure)."""

from __future__ import annotations

from bot.domain.chat import Chat, Filing
from bot.domain.effects import Word
from bot.relay.answering import Answer
from bot.relay.sending import SENT

#: Notices of a record that is in RT all the same, or may be.
_UNCLEAR: dict[Word | Answer, str] = {
    Word.FILING_FAILED: (
        "The record of the chat about ticket {ticket} may be in RT already. {detail} Look there. If "
        "you press “Send to RT” for the same place again, it is looked for first, where RT can be "
        "asked, and not added twice. It is kept here."
    ),
    Word.FILING_STOPPED: (
        "Ticket {ticket} has changed since it was confirmed, so nothing more was sent to RT; an "
        "earlier try may be there. {detail} Look there. The card says what has changed, and asks "
        "where the record shall go. It is kept here."
    ),
    Word.ERASED: (
        "The chat about ticket {ticket} was erased here, because a person asked for that under data "
        "protection law. It is over for the visitor, whose pop-up says so. Its record had been sent to RT "
        "by then and may be there: look, and have it taken out there if it is. What stands in this "
        "thread is still to be read by your team: delete it if it must go, too."
    ),
    Answer.NOT_FILED: (
        "This chat has ended, and its record may be in RT or not. Look there, then press Send to RT "
        "on its card, or mention me with “send to RT”: where RT can be asked, what is there is not "
        "added twice. Until then its text is kept here. {detail}"
    ),
    Answer.STRANDED: (
        "The record of the chat with {visitor} about ticket {ticket} may be in RT already. {detail} "
        "Look there. It is kept here still and looked for in RT; Teams has lost the thread from which it "
        "could be sent again."
    ),
}
#: The same notices when they come late: the record was sent (again) since.
_OVERTAKEN: dict[Word | Answer, str] = {
    Word.FILING_FAILED: (
        "RT had refused the record of the chat about ticket {ticket}: {detail} It was sent again "
        "since; the card says how it stands."
    ),
    Word.FILING_STOPPED: (
        "The record of the chat was stopped, because ticket {ticket} had changed since it was "
        "confirmed. {detail} It was sent again since; the card says how it stands."
    ),
    Answer.NOT_FILED: (
        "This chat had ended, and nobody had sent it to RT. It was sent since; the card says how it "
        "stands. {detail}"
    ),
}


#: Notices of a record of which all that is known is that it was mailed.
_UNPROVEN: dict[Word | Answer, str] = {
    Word.STATUS_PROBLEM: (
        "The record was mailed to RT for ticket {ticket}, and RT did not confirm it: please look "
        "whether it is there. The ticket's status was not changed. {detail} Please set it in RT."
    ),
}
#: That a chat was erased of which RT was given something to mail.
_ERASED_MAILED = (
    "The chat about ticket {ticket} was erased here, because a person asked for that under data "
    "protection law. It is over for the visitor, whose pop-up says so. RT was given some of it to mail to "
    "them, which stands on the ticket: have it taken out there if it must go. What stands in this thread is "
    "still to be read by your team: delete it if it must go, too."
)


def is_unproven(filing: Filing | None) -> bool:
    """Tell whether the record was mailed, and nobody knows if it arrived."""
    receipt = filing.receipt if filing else None
    if receipt is None or receipt.proven or receipt.taken:
        return False
    return not receipt.transaction


def worded(chat: Chat, word: Word | Answer, otherwise: str) -> str:
    """Return how to word a notice, posted now, about the chat as it is now."""
    if chat.state in SENT and word in _OVERTAKEN:
        return _OVERTAKEN[word]
    if is_unproven(chat.filing) and word in _UNPROVEN:
        return _UNPROVEN[word]
    unclear = chat.filing is not None and chat.filing.unclear
    if word is Word.ERASED and chat.mailings and not unclear:
        return _ERASED_MAILED
    return _UNCLEAR.get(word, otherwise) if unclear else otherwise
