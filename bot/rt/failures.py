"""What RT's refusals and failures mean, and what to say of them: pure."""

from __future__ import annotations

from bot.domain.tickets import TicketRef
from bot.relay.outcomes import NotDone, OutsideError, Refused, Unclear, Written
from bot.rt.kerberos_trouble import Cause, LoginTrouble, NoKerberos
from bot.rt.wire import Reply, not_rt, transaction_id

#: RT's word for what another web site makes somebody's browser write.
_FORGERY = "request forgery"


def trouble(reply: Reply, rt: str, *, wrote: bool) -> OutsideError | None:
    """Return what is wrong with RT itself, whatever was asked; None if RT is fine.

    ``wrote`` says that the request was to change something: then a failure half-way is Unclear.
    """
    if reply.logged_out:
        return NotDone(
            f"{rt} does not accept the live chat's login. Whoever runs the live chat must look "
            "at its account in RT; nothing is lost meanwhile."
        )
    if reply.status == 403 and _FORGERY in reply.message.lower():
        return LoginTrouble(rt, NoKerberos(Cause.FOREIGN))
    if reply.status == 429:
        return NotDone(f"{rt} asks us to slow down. We shall try again.", reply.retry_after)
    if reply.status >= 500:
        if wrote:
            return Unclear(f"{rt} failed (error {reply.status}) while it was writing.")
        return NotDone(
            f"{rt} is out of order at the moment (error {reply.status}).",
            reply.retry_after,
        )
    if wrote and reply.status >= 400 and reply.kind == "text/html":
        return not_let_through(rt, reply.status)
    # RT gives its reasons as data: a page that says 404 is the web server's, and tells of no ticket.
    page = reply.kind == "text/html"
    if reply.data is None and (reply.status < 400 or page):
        return not_rt(rt, wrote=wrote)
    return None


def not_let_through(rt: str, status: int) -> OutsideError:
    """Return the error for a 4xx of the web server before RT, which has not seen what we wrote."""
    if status in (408, 429):
        return NotDone(f"{rt} did not take what we wrote (error {status}). We shall try again.")
    return Refused(
        f"The web server of {rt} did not let through what we wrote (error {status}): it may be too "
        "big for it, or look like an attack. Whoever runs it finds the reason in its log. When that "
        "is mended, press again."
    )


def ticket_trouble(reply: Reply, ref: TicketRef) -> Refused | None:
    """Return why the ticket in GET ticket/N's answer cannot be had; None if it can."""
    if reply.status == 404:
        return Refused(f"There is no ticket {ref} in RT. Look at the number again.")
    if reply.status == 403:
        return Refused(
            f"RT does not let the live chat's account see ticket {ref}. Ask whoever administers "
            "its queue for the right ShowTicket, or answer in RT itself."
        )
    if reply.status != 200:
        return Refused(f"RT refused to show ticket {ref} ({_why(reply)}).")
    return None


def state_trouble(ref: TicketRef, status: str) -> Refused | None:
    """Return why a ticket with this status takes no chat; None if it does."""
    if status == "deleted":
        return Refused(
            f"Ticket {ref} is deleted: nobody would see what is written there. Take another "
            "ticket, or have it restored in RT."
        )
    if status == "rejected":
        return Refused(f"Ticket {ref} is rejected. Open it again in RT first, or take another one.")
    return None


def merge_trouble(ref: TicketRef, number: int) -> Refused | None:
    """Return why we do not write when ticket ``ref``, once confirmed, now lives at ``number``."""
    if number == ref.number:
        return None
    return Refused(
        f"Ticket {ref} was merged into #{number} meanwhile. Nothing was written: look whether "
        f"#{number} is the right ticket and confirm again."
    )


def status_refused(ref: TicketRef, status: str, now: str, words: str) -> Refused:
    """Return the error for a status that RT did not set; ``words`` are RT's own."""
    said = f" RT says: {words}" if words else ""
    return Refused(
        f"Ticket {ref} is still “{now}”: RT did not set it to “{status}”.{said} Set it in RT, or ask "
        "for the right ModifyTicket for the live chat's account."
    )


def field_trouble(ref: TicketRef, number: int, field: str, *, there: bool) -> Refused | None:
    """Return why a field of ticket ``ref``, now at ``number``, is not set; None if it may be."""
    if number != ref.number:
        return Refused(
            f"Ticket {ref} was merged into #{number} meanwhile, so “{field}” was left alone there."
        )
    if there:
        return None
    return Refused(
        f"RT shows no field “{field}” on ticket {ref}. Ask whoever administers RT to apply it to the "
        "ticket's queue, and for the right SeeCustomField on it for the live chat's account."
    )


def field_refused(ref: TicketRef, field: str, words: str, rights: str) -> Refused:
    """Return the error for a field that RT did not set; ``words`` are RT's own."""
    said = f" RT says: {words}" if words else ""
    return Refused(
        f"RT did not set “{field}” of ticket {ref}.{said} Ask whoever administers RT for {rights} for "
        "the live chat's account, and whether the field takes “yes”, “partly” and “no”."
    )


def message_trouble(reply: Reply, ref: TicketRef, right: str) -> OutsideError | None:
    """Return why a comment or a correspondence was not taken; None if RT says it was.

    The ticket was read just before, so "Permission Denied" is about ``right`` (the same answer
    comes for a ticket that does not exist).
    """
    if reply.status == 201 and transaction_id(reply):
        return None
    if reply.status < 300:
        return Unclear(f"RT did not say where it put what we wrote in ticket {ref}.")
    if (reply.status in (400, 403) and "denied" in reply.message.lower()) or reply.status == 403:
        return Refused(
            f"RT lets the live chat's account read ticket {ref} but not write there. Ask whoever "
            f"administers its queue for the right {right}, then press again."
        )
    return Refused(f"RT refused what we wrote in ticket {ref} ({_why(reply)}).")


def not_whole(ticket: str, missing: str) -> Written:
    """Return the error for a record in ``ticket`` of which RT cut or dropped the file ``missing``."""
    return Written(
        f"The record is in ticket {ticket}, but RT did not keep all of {missing}: its limit for "
        "attachments is too low. Save that file elsewhere if it matters; pressing again then "
        "accepts the record as it is."
    )


def unseen(ref: TicketRef, marker: str) -> Refused:
    """Return the error for a record that may be in a ticket whose comments RT does not show us."""
    return Refused(
        f"The record may be on ticket {ref} already, and RT does not show the live chat's account its "
        f"own comments there. Look in ticket {ref} for “{marker}”; press again only if it is not there. "
        "Whoever administers RT can give that account the right ShowTicketComments."
    )


def _why(reply: Reply) -> str:
    return f"error {reply.status}" + (f": {reply.message}" if reply.message else "")
