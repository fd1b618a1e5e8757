"""Records by mail: into the ticket that was confirmed, once, and called unproven where they are."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from bot.domain.events import Receipt
from bot.domain.matching import Match
from bot.domain.messages import SYSTEM, Kind, Message, Notice
from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.delivery import STILL
from bot.relay.outcomes import NotDone, Refused, Unclear, Written
from bot.relay.ports import Attachment, Dossier
from bot.rt.gateway import RtGateway
from bot.rt.instance import Api, Login, RtInstance
from bot.rt.mail import MailRoute, MailServer, Security
from bot.sandbox.rt import RtStandIn, seeds
from bot.sandbox.rt.world import Part
from tests.contract.rts import Posting, mail_server
from tests.people import ADA, ALAN, NOW, filing
from tests.rt.test_mail import Post

LONDON = ZoneInfo("Europe/London")
REF = TicketRef("rt", seeds.PRINTER)
NEW = NewTicket("rt", "Support", "Help [rt.test #1] me", "ada@help.test")


def dossier(tried: timedelta | None = None, new: NewTicket | None = None) -> Dossier:
    chat = filing()
    assert chat.filing
    chat = replace(chat, filing=replace(chat.filing, new_ticket=new))
    return Dossier(REF, f"[chat:{chat.id}]", chat, (), tried=tried)


def instance(port: int, url: str = "https://rt.test", api: Api = Api.NONE) -> RtInstance:
    server = MailServer("127.0.0.1", "livechat@help.test", port, Security.NONE, timeout=5)
    queues = {"Support": "support@rt.test"}
    route = MailRoute(server, "support-comment@rt.test", "rt.test", queues, patience=0.1)
    return RtInstance(
        "rt", url, Login.TOKEN, api, secret="1-14-0000only0for0the0stand0in0000", mail=route
    )


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    post = Post()
    async with mail_server(post) as port:
        post.port = port  # type: ignore[attr-defined]
        yield post


@pytest.fixture
async def blind(post: Post) -> AsyncIterator[RtGateway]:
    """An RT that nobody can ask anything."""
    gateway = RtGateway([instance(post.port)], LONDON)  # type: ignore[attr-defined]
    yield gateway
    gateway.close()


@pytest.fixture
async def rt() -> AsyncIterator[RtStandIn]:
    async with RtStandIn() as running:
        yield running


@pytest.fixture
async def seeing(rt: RtStandIn) -> AsyncIterator[RtGateway]:
    """An RT that can be asked what came of a mail."""
    async with mail_server(Posting(rt.url)) as port:
        gateway = RtGateway([instance(port, rt.url, Api.REST2)], LONDON)
        yield gateway
        gateway.close()


def names(mail: EmailMessage) -> list[tuple[str | None, str | None]]:
    return [(p.get_filename(), p.get_content_disposition()) for p in mail.iter_attachments()]


async def test_our_tag_comes_first_and_everything_else_is_named_and_attached(
    blind: RtGateway, post: Post
) -> None:
    receipt = await blind.comment(dossier())
    (mail,) = post.mails
    assert mail["Subject"] == f"[rt.test #{seeds.PRINTER}] Live chat [chat:chat-1]"
    assert (mail["To"], mail["X-Livechat-Marker"]) == ("support-comment@rt.test", "[chat:chat-1]")
    assert mail["Message-ID"] == "<chat-chat-1.1@help.test>"
    assert names(mail) == [("livechat-chat-chat-1.json", "attachment")]
    assert receipt == Receipt(seeds.PRINTER, 0, receipt.url, proven=False)


async def test_a_new_ticket_is_mailed_to_its_queue_without_any_tag(
    blind: RtGateway, post: Post
) -> None:
    receipt = await blind.comment(dossier(new=NEW))
    (mail,) = post.mails
    assert mail["Subject"] == "Help (rt.test #1) me [chat:chat-1]"
    assert (mail["To"], mail["Reply-To"]) == ("support@rt.test", "ada@help.test")
    assert (receipt.ticket, receipt.proven) == (0, False)


async def test_a_ticket_that_cannot_be_read_is_shown_as_such(blind: RtGateway) -> None:
    ticket = await blind.read(REF)
    assert (ticket.ref, ticket.status, ticket.requestors) == (REF, "unknown", ())
    assert "cannot be asked" in ticket.subject


async def test_what_may_have_been_mailed_is_not_mailed_again_unless_somebody_says_so(
    blind: RtGateway, post: Post
) -> None:
    assert await blind.find(dossier()) is None
    with pytest.raises(Refused, match=r"press again only if it is not there"):
        await blind.comment(dossier(tried=timedelta(seconds=1)))
    assert post.mails == []


async def test_with_an_api_it_is_looked_for_first_for_an_hour(
    seeing: RtGateway, rt: RtStandIn
) -> None:
    with pytest.raises(Unclear, match="not sent twice"):
        await seeing.comment(dossier(tried=timedelta(minutes=59)))
    with pytest.raises(Refused, match="press again"):
        await seeing.comment(dossier(tried=timedelta(minutes=61)))
    assert not [t for t in rt.world.transactions if t.kind == "Comment"]


async def test_a_mail_of_somebody_elses_under_our_marker_is_not_our_record(
    seeing: RtGateway, rt: RtStandIn
) -> None:
    rt.world.note(seeds.PRINTER, "Comment", "s1234567", "[rt.test #1] Live chat [chat:chat-1]\n")
    assert await seeing.find(dossier()) is None
    receipt = await seeing.comment(dossier())
    assert receipt.proven
    assert await seeing.find(dossier()) == receipt


@pytest.mark.parametrize(
    ("to_data", "error"),
    [("554 spam", Refused), ("452 disk full", NotDone), ("drop", Unclear)],
)
async def test_what_the_mail_server_says_decides(
    blind: RtGateway, post: Post, to_data: str, error: type[Exception]
) -> None:
    post.to_data = to_data
    with pytest.raises(error, match=r"record"):
        await blind.comment(dossier())


async def test_a_record_that_is_too_big_for_the_mail_server_is_for_a_person_to_decide() -> None:
    async with mail_server(Post(), most=500) as port:
        gateway = RtGateway([instance(port)], LONDON)
        try:
            with pytest.raises(Refused, match=r"too big for the mail server.*limit"):
                await gateway.comment(dossier())
        finally:
            gateway.close()


async def test_a_claim_that_is_over_mails_nothing(blind: RtGateway, post: Post) -> None:
    STILL.set(lambda: False)
    with pytest.raises(NotDone, match="too late"):
        await blind.comment(dossier())
    assert post.mails == []


async def test_a_mail_sets_no_status_and_invites_nobody(blind: RtGateway) -> None:
    with pytest.raises(Refused, match="A mail sets no status"):
        await blind.set_status(REF, "resolved")
    with pytest.raises(Refused, match="by mail alone"):
        await blind.correspond(REF, "Join us", "[invitation:1]", "Live chat")


async def test_a_mail_sets_no_field_and_whoever_reads_rt_does(post: Post, rt: RtStandIn) -> None:
    port = post.port  # type: ignore[attr-defined]
    by_mail, read = (
        RtGateway([replace(one, rating_field="Chat rating")], LONDON)
        for one in (instance(port), instance(port, rt.url, Api.REST2))
    )
    with pytest.raises(Refused, match="A mail sets no field of a ticket"):
        await by_mail.set_rating(REF, "yes")
    await read.set_rating(REF, "yes")
    by_mail.close()
    read.close()
    assert rt.world.tickets[REF.number].fields == {"Chat rating": "yes"}


async def test_the_doctor_says_that_nobody_can_look(blind: RtGateway, post: Post) -> None:
    server, unproven = await blind.check()
    assert (server.ok, unproven.ok) == (True, True)
    assert "set read_api" in unproven.sentence
    nobody = RtGateway([instance(1)], LONDON)
    try:
        assert not (await nobody.check())[0].ok
    finally:
        nobody.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("new", [None, NEW])
@pytest.mark.parametrize("api", [Api.REST1, Api.REST2])
async def test_a_record_that_arrived_is_found_whatever_is_written_above_it_now(
    rt: RtStandIn, new: NewTicket | None, api: Api
) -> None:
    """Alan presses again, with words of his own, for a mail that came late; the talk is the same."""
    async with mail_server(Posting(rt.url)) as port:
        known = {"login": Login.BASIC, "account": rt.account, "secret": rt.password}
        seeing = RtGateway([replace(instance(port, rt.url, api), **known)], LONDON)  # type: ignore[arg-type]
        sent = dossier(new=new)
        sent = replace(sent, log=(Message(1, ADA, Kind.SAID, "It beeps.", NOW),))
        receipt = await seeing.comment(sent)
        assert sent.chat.filing
        filing = replace(sent.chat.filing, by=ALAN, summary="Toner!", match=Match.RED, reason="why")
        doubt = Message(2, SYSTEM, Kind.NOTICE, Notice.NOT_SURE, NOW, target=1)
        later = replace(sent, chat=replace(sent.chat, filing=filing), log=(*sent.log, doubt))
        assert await seeing.find(later) == receipt
        other = replace(sent, log=(replace(sent.log[0], text="It smokes."),))
        assert await seeing.find(other) is None
        seeing.close()


async def test_a_receipt_names_the_ticket_that_a_merge_moved_the_mail_to(
    seeing: RtGateway, rt: RtStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = rt.world.write

    def merge_first(ticket, *rest, **more):  # type: ignore[no-untyped-def]
        rt.world.merge(seeds.PRINTER, into=seeds.SEVERAL)
        return write(rt.world.load(seeds.PRINTER), *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(rt.world, "write", merge_first)
    receipt = await seeing.comment(dossier())
    assert receipt.ticket == seeds.SEVERAL


async def test_a_picture_that_rt_dropped_from_a_mail_is_told_until_somebody_presses_again(
    seeing: RtGateway, rt: RtStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach = rt.world.attach

    def drop(made, part):  # type: ignore[no-untyped-def]
        if part.name != "toner.png":
            attach(made, part)

    monkeypatch.setattr(rt.world, "attach", drop)
    picture = Attachment(1, "toner.png", "image/png", b"1234")
    said = (Message(1, ADA, Kind.SAID, "It beeps.", NOW),)
    asked = replace(dossier(), log=said, files=(picture,))
    with pytest.raises(Written, match=r"did not keep all of toner\.png"):
        await seeing.comment(asked)
    with pytest.raises(Written, match=r"did not keep all of toner\.png"):
        await seeing.find(replace(asked, tried=timedelta(minutes=5)))
    assert await seeing.find(asked)


@pytest.mark.parametrize("new", [None, NEW])
@pytest.mark.parametrize("api", [Api.REST1, Api.REST2])
async def test_a_transcript_that_rt_cut_is_ours_whoever_rt_takes_for_its_author(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch, api: Api, new: NewTicket | None
) -> None:
    """A new ticket is the requestor's, whose Reply-To it has."""
    attach = rt.world.attach

    def cut(made, part):  # type: ignore[no-untyped-def]
        made.creator = "s1234567"
        attach(made, replace(part, content=part.content[:30_000]))

    monkeypatch.setattr(rt.world, "attach", cut)
    said = tuple(Message(n, ADA, Kind.SAID, "x" * 20_000, NOW) for n in (1, 2))
    asked = replace(dossier(new=new), log=said)
    async with mail_server(Posting(rt.url)) as port:
        known = {"login": Login.BASIC, "account": rt.account, "secret": rt.password}
        gateway = RtGateway([replace(instance(port, rt.url, api), **known)], LONDON)  # type: ignore[arg-type]
        with pytest.raises(Written, match=r"did not keep all of livechat-chat-chat-1\.json"):
            await gateway.comment(asked)
        assert await gateway.find(asked)
        gateway.close()


@pytest.mark.parametrize("left", [b"Large attachment dropped", b'{\n "schema": "livechat'])
@pytest.mark.parametrize("api", [Api.REST1, Api.REST2])
async def test_a_transcript_of_which_rt_left_little_is_told_until_somebody_presses_again(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch, api: Api, left: bytes
) -> None:
    """Who wrote it must be our account: somebody else could write the same."""
    attach = rt.world.attach
    name = "livechat-chat-chat-1.json" + (".txt" if left.startswith(b"Large") else "")

    def spoil(made, part):  # type: ignore[no-untyped-def]
        is_record = part.name.startswith("livechat-")
        attach(made, replace(part, name=name, content=left) if is_record else part)

    monkeypatch.setattr(rt.world, "attach", spoil)
    said = tuple(Message(n, ADA, Kind.SAID, "x" * 20_000, NOW) for n in (1, 2))
    asked = replace(dossier(), log=said)
    forged = rt.world.note(seeds.PRINTER, "Comment", "s1234567", "Live chat [chat:chat-1]\n")
    attach(forged, Part(name, "text/plain", left))
    async with mail_server(Posting(rt.url)) as port:
        known = {"login": Login.BASIC, "account": rt.account, "secret": rt.password}
        gateway = RtGateway([replace(instance(port, rt.url, api), **known)], LONDON)  # type: ignore[arg-type]
        assert await gateway.find(asked) is None
        with pytest.raises(Written, match=r"did not keep all of livechat-chat-chat-1\.json"):
            await gateway.comment(asked)
        assert await gateway.find(asked)
        gateway.close()
