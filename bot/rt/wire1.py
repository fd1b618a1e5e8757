"""RT's REST 1.0, read and written: pure. Measured on RT 4.4 and 5 (tests/real_rt).

HTTP's own status is 200 whatever happened: RT's stands in the first line of the body, and is 200
there too for a ticket that does not exist or is not for us. Then a line with "#" says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo

from bot.domain.tickets import Requestor, TicketRef
from bot.relay.outcomes import NotDone, OutsideError, Refused, Unclear
from bot.rt.enclosures import RECORD, Part
from bot.rt.failures import not_let_through
from bot.rt.session import Answer
from bot.rt.wire import MAX_QUOTED

_STATUS = re.compile(r"RT/\S+ (\d{3})(?: (.*))?$")
_FIELD = re.compile(r"([A-Za-z][\w-]*|CF\.\{[^}]+\}):(?: (.*))?$")
_ATTACHMENT = re.compile(r"\s*(?:Attachments:\s*)?(\d+): (.*) \([^()]* / [\d.]+[bk]\),?$")
_ENCLOSED = re.compile(r"(\d+): (.*) \([\d.]+[bk]\)$", re.MULTILINE)
_CREATED = re.compile(r"# Ticket (\d+) created\.", re.MULTILINE)
_NEXT = re.compile(r"^--$", re.MULTILINE)  # no value has that at the beginning of a line
_FOUND = re.compile(r"^(\d+): ", re.MULTILINE)
_NOT_IN_NAMES = re.compile(r"[^\w.+-]+")
_LIST_BREAKS = re.compile(r"[\s,\"\\]|^'")  # within a word, RT takes an apostrophe for one
_WROTE = re.compile(r": (?:Comments|Correspondence) added by ")


@dataclass(frozen=True, slots=True)
class Form:
    """An answer: RT's own ``status`` (0 if the body has none), its remarks, its fields.

    ``text`` is all that follows the first line, ``raw`` the same as bytes. ``nothing``: there was no
    body, which is how RT lists the attachments of a ticket that has none.
    """

    http: int
    status: int
    remarks: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    raw: bytes = b""
    nothing: bool = False

    @classmethod
    def read(cls, answer: Answer) -> Form:
        """Read an answer. Lines end with a line feed and nothing else: values may hold the rest."""
        head, _, raw = answer.body.partition(b"\n\n")
        status = _STATUS.match(head.decode(errors="replace").strip())
        if answer.status != 200 or status is None:
            return cls(answer.status, 0, nothing=answer.status == 200 and not answer.body)
        text = raw.decode(errors="replace")
        remarks = [line[1:].strip() for line in text.split("\n") if line.startswith("#")]
        code = int(status[1])
        return cls(answer.status, code, " ".join(filter(None, remarks)), _fields(text), text, raw)

    @property
    def said(self) -> str:
        """RT's own words, cut short."""
        return " ".join(self.remarks.split())[:MAX_QUOTED]


def _fields(text: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.split("\n"):
        if match := _FIELD.match(line):
            name = match[1] if match[1] not in found else ""
            if name:
                found[name] = [match[2] or ""]
        elif line.startswith(" ") and name:
            found[name].append(line.strip())
    return {name: "\n".join(lines) for name, lines in found.items()}


# --- failures ------------------------------------------------------------------------------------


def trouble(form: Form, rt: str, *, wrote: bool) -> OutsideError | None:
    """Return what is wrong with RT itself, whatever was asked; None if RT is fine."""
    if form.http in (301, 302, 303, 307, 401) or form.status == 401:
        return NotDone(
            f"{rt} does not accept the live chat's login. Whoever runs the live chat must look "
            "at its account in RT; nothing is lost meanwhile."
        )
    if wrote and 400 <= form.http < 500:  # RT has let us read just before
        return not_let_through(rt, form.http)
    if form.http == 403:
        return NotDone(
            f"{rt} does not know the live chat's account. Whoever administers RT must make a user "
            "of that name there."
        )
    if form.status and form.status < 500:
        return None
    code = form.status or form.http
    if wrote:
        return Unclear(f"{rt} failed (answer {code}) while it was writing.")
    return NotDone(f"{rt} is out of order at the moment, or is no RT (answer {code}).")


def ticket_trouble(form: Form, ref: TicketRef) -> Refused | None:
    """Return why a ticket cannot be read; None if it is there."""
    if "does not exist" in form.remarks:
        return Refused(f"There is no ticket {ref} in RT. Check the number.")
    if "not allowed" in form.remarks:
        return Refused(
            f"RT does not let the live chat's account see ticket {ref}. Ask whoever administers "
            "its queue for the right ShowTicket, or answer in RT itself."
        )
    if not form.fields.get("id", "").startswith("ticket/"):
        return Refused(f"RT refused to show ticket {ref} ({form.said or form.status}).")
    return None


def message_trouble(form: Form, ref: TicketRef, right: str) -> OutsideError | None:
    """Return why a comment or a correspondence was not taken; None if RT says it was."""
    if form.status == 200 and form.remarks.startswith(("Comments added", "Correspondence added")):
        return None
    if form.status == 200:
        return Unclear(f"RT did not say what became of what we wrote in ticket {ref}.")
    if "not allowed" in form.remarks:
        return Refused(
            f"RT lets the live chat's account read ticket {ref} but not write there. Ask whoever "
            f"administers its queue for the right {right}, then press again."
        )
    return Refused(f"RT refused what we wrote in ticket {ref} ({form.said or form.status}).")


# --- what RT tells -------------------------------------------------------------------------------


def number(form: Form) -> int:
    """Return the number of the ticket that a form shows: the target's after a merge."""
    _, _, digits = form.fields["id"].partition("/")
    return int(digits)


def addresses(form: Form, role: str) -> list[str]:
    """Return the addresses of a role. People without one are not told of."""
    return [one for one in re.split(r"[\s,]+", form.fields.get(role, "")) if one]


def person(form: Form, known: str) -> Requestor:
    """Read a user; ``known`` is the login or address asked for."""
    told, name = form.fields, form.fields.get("Name", "")
    if not name or ("@" not in known and name.casefold() != known.casefold()):
        return unnamed(known)  # a login of digits alone RT takes for a user's id
    return Requestor(name, told.get("RealName", ""), told.get("EmailAddress", ""))


def unnamed(known: str) -> Requestor:
    """Return somebody of whom nothing is known but a login or an address."""
    return Requestor("", "", known) if "@" in known else Requestor(known)


def custom_field(form: Form, name: str) -> str | None:
    """Return a ticket's custom field, empty if it has no value; None if RT shows none of that name."""
    wanted = f"cf.{{{name}}}".casefold()
    return next((v for n, v in form.fields.items() if n.casefold() == wanted), None)


def local_moment(text: str, zone: tzinfo) -> datetime | None:
    """Read a time as a ticket's form tells it: without its zone, which is the account's in RT."""
    try:
        return datetime.strptime(text, "%a %b %d %H:%M:%S %Y").replace(tzinfo=zone)
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """Read a time as a transaction tells it: UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def attachments(form: Form, name: str) -> list[int]:
    """Return the ids of a ticket's attachments with this file name, newest first.

    What RT drops for its size ($DropLongAttachments) it calls a text, and leaves a note in its place.
    """
    lines = (_ATTACHMENT.match(line) for line in form.text.split("\n"))
    names = (name, f"{name}.txt")
    return sorted((int(m[1]) for m in lines if m and m[2] in names), reverse=True)


def enclosed(form: Form) -> dict[str, int]:
    """Return the ids of a transaction's files by name."""
    told = _ENCLOSED.findall(form.fields.get("Attachments", ""))
    return {name: int(number) for number, name in told}


def none_told(history: Form) -> bool:
    """Whether a history tells of nobody's words, as that of a ticket without attachments must."""
    return _WROTE.search(history.text) is None


def created(form: Form) -> int:
    """Return the number of the ticket that was made; 0 if none was."""
    match = _CREATED.search(form.text)
    return int(match[1]) if match else 0


def found(form: Form) -> list[int]:
    """Return the numbers that a search found."""
    return [int(number) for number in _FOUND.findall(form.text)]


def listed(form: Form) -> list[Form]:
    """Return the tickets that a search lists with their fields, a form each.

    Raises ValueError for what is no such list.
    """
    parts = (replace(form, fields=_fields(part)) for part in _NEXT.split(form.text))
    tickets = [part for part in parts if part.fields.get("id", "").startswith("ticket/")]
    if form.status != 200 or not (tickets or "No matching results" in form.text):
        raise ValueError("no list of tickets")
    return tickets


# --- what we send --------------------------------------------------------------------------------


def file_name(marker: str) -> str:
    """Return the file name that carries a marker: a comment has no Subject here."""
    return f"{RECORD}{_NOT_IN_NAMES.sub('-', marker).strip('-')}.json"


def plain_file_name(name: str) -> str:
    """Return a name that RT does not take for a list or a folder."""
    return _NOT_IN_NAMES.sub("_", name).strip("._") or "file"


def compose(fields: Mapping[str, str], files: Sequence[str] = ()) -> str:
    """Write a form. A value of many lines is indented by one blank, which RT takes off."""
    lines = [f"{name}: {' '.join(value.split())}" for name, value in fields.items()
             if name != "Text"]  # fmt: skip
    if text := fields.get("Text"):
        lines += ["Text:", *(f" {line}" for line in text.split("\n"))]
    if files:
        lines += ["Attachment:", *(f" {name}" for name in files)]
    return "\n".join(lines) + "\n"


def one_person(text: str) -> bool:
    """Whether RT takes this for one login or address, not for a list."""
    return bool(text) and not _LIST_BREAKS.search(text)


def marked(parts: Sequence[Part], name: str) -> list[Part]:
    """Return a record's files; the first one, its transcript, under the name that marks it."""
    return [replace(parts[0], name=name), *parts[1:]]
