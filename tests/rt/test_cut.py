"""Of a record whose answer was lost, what RT kept is looked at as of any other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.messages import Kind, Message
from bot.domain.tickets import NewTicket
from bot.relay.outcomes import Unclear, Written
from bot.relay.ports import Attachment, Dossier
from bot.rt.gateway import RtGateway
from bot.sandbox.rt import Fault, RtStandIn
from bot.sandbox.rt.world import Part, Transaction
from tests.people import ADA, ALAN, NOW
from tests.rt.test_rest2 import comments, dossier, for_

LONG = tuple(Message(n, ADA, Kind.SAID, "x" * 20_000, NOW) for n in range(1, 4))
NEW = NewTicket("rt", "Support", "Printing")
MOST = 30_000


def long(new: NewTicket | None) -> Dossier:
    return replace(for_(new, dossier()), log=LONG)


def by_itself(asked: Dossier) -> Dossier:
    return replace(asked, tried=timedelta(minutes=5))


def cutting(rt: RtStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """RT has $TruncateLongAttachments."""
    attach = rt.world.attach

    def cut(made: Transaction, part: Part) -> None:
        attach(made, replace(part, content=part.content[:MOST]))

    monkeypatch.setattr(rt.world, "attach", cut)


def dropping(rt: RtStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """RT has $DropLongAttachments: it gives what it drops another name (RT::Record::_EncodeLOB)."""
    attach = rt.world.attach

    def drop(made: Transaction, part: Part) -> None:
        if len(part.content) > MOST:
            name = part.name if part.name.endswith(".txt") else f"{part.name}.txt"
            part = Part(name, "text/plain", b"Large attachment dropped")
        attach(made, part)

    monkeypatch.setattr(rt.world, "attach", drop)


async def lost(rt: RtStandIn, gateway: RtGateway, asked: Dossier) -> None:
    """RT takes a record, and its answer does not come."""
    rt.fault(Fault(method="POST", path="/ticket", accepted=True, drop=True))
    with pytest.raises(Unclear):
        await gateway.comment(asked)


@pytest.mark.parametrize("new", [None, NEW])
async def test_a_record_that_rt_cut_is_not_filed_by_the_repeat_of_a_lost_try(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch, new: NewTicket | None
) -> None:
    cutting(rt, monkeypatch)
    await lost(rt, gateway, long(new))
    with pytest.raises(Written, match=r"did not keep all of .*\.json.*pressing again"):
        await gateway.find(by_itself(long(new)))
    assert await gateway.find(long(new)), "somebody pressed again, and takes it as it is"


@pytest.mark.parametrize("new", [None, NEW])
async def test_a_record_that_rt_kept_whole_is_found_by_the_repeat_under_any_summary(
    rt: RtStandIn, gateway: RtGateway, new: NewTicket | None
) -> None:
    await lost(rt, gateway, long(new))
    again = by_itself(long(new))
    receipt = await gateway.find(again)
    assert receipt
    filing = again.chat.filing
    assert filing
    for summary in ("", "It is the toner. " * 200):
        other = replace(again.chat, filing=replace(filing, by=ALAN, summary=summary))
        assert await gateway.find(replace(again, chat=other)) == receipt


@pytest.mark.parametrize("spoil", [cutting, dropping])
@pytest.mark.parametrize("new", [None, NEW])
async def test_a_picture_that_rt_did_not_keep_whole_is_told_at_once_and_by_the_repeat_of_a_lost_try(
    rt: RtStandIn,
    gateway: RtGateway,
    monkeypatch: pytest.MonkeyPatch,
    new: NewTicket | None,
    spoil: Callable[[RtStandIn, pytest.MonkeyPatch], None],
) -> None:
    spoil(rt, monkeypatch)
    pictures = (
        Attachment(1, "paper.png", "image/png", b"1" * MOST),
        Attachment(1, "toner.png", "image/png", b"1" * (MOST + 1)),
    )
    asked = replace(long(new), log=LONG[:1], files=pictures)
    with pytest.raises(
        Written, match=r"did not keep all of toner\.png: .* Save that file elsewhere"
    ):
        await gateway.comment(asked)
    asked = replace(asked, marker="[chat:another]")
    await lost(rt, gateway, asked)
    with pytest.raises(Written, match=r"did not keep all of toner\.png"):
        await gateway.find(by_itself(asked))
    assert await gateway.find(asked), "somebody pressed again, and takes it as it is"


async def test_a_record_that_was_looked_for_in_vain_and_is_cut_now_is_told(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repeat writes it itself: then it is no lost answer."""
    cutting(rt, monkeypatch)
    assert await gateway.find(by_itself(long(None))) is None
    with pytest.raises(Written):
        await gateway.comment(by_itself(long(None)))
    assert comments(rt) == 1


@pytest.mark.parametrize("new", [None, NEW])
async def test_a_record_whose_transcript_rt_dropped_is_there_all_the_same(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch, new: NewTicket | None
) -> None:
    """By REST 1.0 it is found by that file's name, and would be written a second time."""
    dropping(rt, monkeypatch)
    await lost(rt, gateway, long(new))
    with pytest.raises(Written, match=r"did not keep all of .*\.json"):
        await gateway.find(by_itself(long(new)))
    assert await gateway.find(long(new))


@pytest.mark.parametrize("new", [None, NEW])
async def test_that_rt_dropped_a_transcript_is_told_at_once(
    rt: RtStandIn, gateway: RtGateway, monkeypatch: pytest.MonkeyPatch, new: NewTicket | None
) -> None:
    dropping(rt, monkeypatch)
    with pytest.raises(Written, match=r"did not keep all of .*\.json"):
        await gateway.comment(long(new))
