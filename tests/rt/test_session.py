"""Nothing is written once our claim on it is over, however long we were held up before."""

import asyncio
import contextlib
import gzip
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from requests import PreparedRequest, exceptions
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection

from bot.domain.tickets import TicketRef
from bot.relay.delivery import STILL
from bot.relay.life import Life
from bot.relay.outcomes import NotDone
from bot.relay.ports import Dossier
from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.rt.session import Session, words
from bot.sandbox.rt import RtStandIn, seeds
from tests.people import filing


@pytest.fixture
async def rt() -> AsyncIterator[RtStandIn]:
    async with RtStandIn() as running:
        yield running


@pytest.fixture
async def gateway(rt: RtStandIn) -> AsyncIterator[RtGateway]:
    gateway = RtGateway(
        [RtInstance("rt", rt.url, Login.TOKEN, secret=rt.token)], ZoneInfo("Europe/London")
    )
    yield gateway
    gateway.close()


def comments(rt: RtStandIn) -> int:
    return sum(t.kind == "Comment" for t in rt.world.transactions)


DOSSIER = Dossier(TicketRef("rt", seeds.PRINTER), "[chat:chat-1]", filing(), ())


async def test_a_claim_that_is_over_writes_nothing_and_still_reads(
    rt: RtStandIn, gateway: RtGateway
) -> None:
    STILL.set(lambda: False)
    assert (await gateway.read(DOSSIER.ref)).ref == DOSSIER.ref
    with pytest.raises(NotDone, match="too late"):
        await gateway.comment(DOSSIER)
    assert comments(rt) == 0
    STILL.set(lambda: True)
    await gateway.comment(DOSSIER)
    assert comments(rt) == 1


async def test_who_was_stopped_between_connecting_and_the_first_byte_writes_nothing(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(RtInstance("rt", rt.url, Login.TOKEN, secret=rt.token), cookies=False)
    connect = HTTPConnection.connect

    def stopped(connection: HTTPConnection) -> None:
        connect(connection)
        monkeypatch.setattr(time, "monotonic", lambda: 1e12)

    session.still = Life().claim(60)
    monkeypatch.setattr(HTTPConnection, "connect", stopped)
    path = f"/REST/2.0/ticket/{seeds.PRINTER}/comment"
    body = {"Content": "x", "ContentType": "text/plain"}
    with pytest.raises(NotDone, match="too late"):
        await asyncio.to_thread(session.send, "POST", path, wrote=True, json=body)
    monkeypatch.undo()
    assert comments(rt) == 0


async def test_certificates_that_are_not_there_any_more_are_waited_for() -> None:
    instance = RtInstance("rt", "https://rt.test", Login.TOKEN, secret="x", ca="/no/such/ca.pem")
    gateway = RtGateway([instance], ZoneInfo("Europe/London"))
    try:
        for call in (gateway.read(DOSSIER.ref), gateway.comment(DOSSIER)):
            with pytest.raises(NotDone, match="ca_file"):
                await call
    finally:
        gateway.close()


class Odd:
    """A server that answers whatever it is asked with this head, and then with this body."""

    def __init__(self, head: str, body: Callable[[], AsyncIterator[bytes]], status: str) -> None:
        self._head, self._body, self._status = head, body, status
        self.talks: list[asyncio.Task[Any]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.talks.append(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            kind = f"HTTP/1.1 {self._status}\r\nContent-Type: application/json\r\n"
            writer.write(f"{kind}{self._head}\r\n\r\n".encode())
            async for part in self._body():
                writer.write(part)
                await writer.drain()
        writer.close()


async def dripping() -> AsyncIterator[bytes]:
    """A byte now and then, never so long after the last one that reading it would time out."""
    while True:
        yield b"1\r\n \r\n"
        await asyncio.sleep(0.02)


async def flooding() -> AsyncIterator[bytes]:
    for _ in range(200):
        yield b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    yield b"0\r\n\r\n"


async def packed() -> AsyncIterator[bytes]:
    yield gzip.compress(b'{"Version": "5.0.3", "x": "' + b"x" * 300_000 + b'"}')


@asynccontextmanager
async def answered(
    head: str,
    body: Callable[[], AsyncIterator[bytes]],
    status: str = "200 OK",
    patience: float = 20,
    login: Login = Login.TOKEN,
) -> AsyncIterator[RtGateway]:
    odd = Odd(head, body, status)
    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    rt = RtInstance("rt", url, login, account="x", secret="x", read_timeout=patience, workers=1)
    gateway = RtGateway([rt], ZoneInfo("Europe/London"))
    yield gateway
    gateway.close()
    server.close()
    await asyncio.gather(*odd.talks)  # they end when nobody listens any more


LOGIN = "302 Found\r\nLocation: /NoAuth/Login.html"


@pytest.mark.parametrize("status", ["200 OK", LOGIN])
@pytest.mark.parametrize("body", [dripping, flooding])
async def test_an_answer_that_never_ends_holds_no_thread_for_ever(
    body: Callable[[], AsyncIterator[bytes]], status: str
) -> None:
    chunked = "Transfer-Encoding: chunked"
    async with answered(chunked, body, status, 0.5) as gateway, asyncio.timeout(60):
        with pytest.raises(NotDone):
            await gateway.read(DOSSIER.ref)
        with pytest.raises(NotDone):  # by the same thread, the only one
            await gateway.knock("rt")


async def test_a_401_that_never_ends_holds_no_thread_that_speaks_kerberos(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """requests-kerberos reads all of one before it asks again with a ticket."""

    class Negotiating(AuthBase):
        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            request.hooks["response"].append(lambda answer, **_: [answer.content, answer][1])
            return request

    monkeypatch.setattr("bot.rt.session.HTTPBasicAuth", lambda *_: Negotiating())
    chunked = "Transfer-Encoding: chunked"
    async with answered(chunked, dripping, "401 Unauthorized", 0.5, Login.BASIC) as gateway:
        async with asyncio.timeout(20):
            with pytest.raises(NotDone):
                await gateway.knock("rt")


async def test_an_answer_may_be_packed() -> None:
    async with answered("Content-Encoding: gzip\r\nConnection: close", packed) as gateway:
        await gateway.knock("rt")


async def nothing() -> AsyncIterator[bytes]:
    yield b""


async def test_it_is_no_matter_where_a_redirect_leads() -> None:
    odd = "302 Found\r\nLocation: http://[::1/"
    async with answered("Connection: close", nothing, odd) as gateway:
        with pytest.raises(NotDone, match="does not accept the live chat's login"):
            await gateway.knock("rt")


@pytest.mark.parametrize(
    ("code", "said"),
    [(9, "not valid yet by this machine's clock"), (10, "has expired"), (18, "not trusted here")],
)
def test_a_certificate_out_of_its_time_is_not_taken_for_one_that_nobody_trusts(
    code: int, said: str
) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code  # OpenSSL's own
    assert said in words(exceptions.SSLError(error))


def test_rts_origin_is_written_as_browsers_write_it() -> None:  # RT compares it letter by letter
    assert RtInstance("rt", "https://RT.help.test/rt/").origin == "https://rt.help.test"
    assert RtInstance("rt", "https://[::1]:8443").origin == "https://[::1]:8443"
