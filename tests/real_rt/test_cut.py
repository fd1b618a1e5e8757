"""A real RT that takes no attachment above a limit: whoever files is told what did not arrive."""

import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from bot.domain.tickets import NewTicket
from bot.relay.outcomes import Written
from bot.relay.ports import Attachment
from bot.rt.gateway import RtGateway
from bot.rt.instance import Api
from tests.contract.rts import LONDON, Place, at_real_rt, mail_server
from tests.rigs.rt.fixture import ready
from tests.rigs.rt.rig import Rig, running
from tests.rigs.rt.smtp2rt import Gateway

MOST = 60_000
NEW = NewTicket("rt", "Support", "Printing", "ada@help.test")
NOISE = random.Random(1).randbytes(MOST + 1)
FITS = NOISE[: MOST // 2]  # of what has a zero in it some databases take less


@pytest.fixture(scope="module", params=["TruncateLongAttachments", "DropLongAttachments"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    ready()
    limits = f"Set($MaxAttachmentSize, {MOST}); Set(${request.param}, 1);"
    with running(settings=limits) as rig, rig.acting_as("svc-livechat"):
        yield rig


@pytest.fixture(params=["rest2", "rest1", "mail rest2", "mail rest1"])
async def place(rig: Rig, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    way = request.param
    async with mail_server(Gateway(dict(rig.facts))) as port:
        place = at_real_rt(rig, way.split()[0], port)
        place.gateway.close()
        api = Api.REST1 if way.endswith("rest1") else Api.REST2
        instance = replace(place.instance, api=api)
        place.gateway = RtGateway([instance], LONDON)
        yield place
        place.gateway.close()


async def test_a_picture_that_is_too_big_for_rt_is_told_by_name(place: Place) -> None:
    big = Attachment(1, "toner.png", "image/png", NOISE)
    small = Attachment(2, "paper.png", "image/png", FITS)
    asked = replace(place.dossier("printer"), files=(small, big))
    with pytest.raises(Written, match=r"did not keep all of toner\.png"):
        await place.gateway.comment(asked)


async def test_whatever_fits_is_there_as_it_was_sent(place: Place) -> None:
    text = "Grüße\r\n\r\n\taus\0 Zürich \N{PRINTER}\n".encode() * 100
    kinds = ("image/png", "application/pdf", "audio/mpeg", "text/plain")
    files = [Attachment(1, f"noise{n}.bin", kind, FITS) for n, kind in enumerate(kinds)]
    files += [Attachment(2, f"text{n}.txt", kind, text) for n, kind in enumerate(kinds)]
    files.append(Attachment(2, "zero.txt", "text/plain", b"0"))  # which is nothing to Perl
    asked = place.dossier("printer", text="ä" * 9_000, new=NEW)
    assert (await place.gateway.comment(replace(asked, files=tuple(files)))).proven


async def test_a_transcript_that_is_too_big_for_rt_is_told_by_name(place: Place) -> None:
    asked = place.dossier("printer", text="x" * MOST)
    with pytest.raises(Written, match=r"did not keep all of .*\.json"):
        await place.gateway.comment(asked)
    assert await place.gateway.find(asked), "somebody pressed again, and takes it as it is"
