"""Staying in touch with RT: logins that lapse, and what is known when a call goes wrong."""

import asyncio
import errno
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from urllib3 import exceptions as urllib3_errors

from bot.domain.events import Receipt
from bot.domain.messages import Kind, Message
from bot.domain.tickets import NewTicket, TicketRef
from bot.relay.outcomes import NotDone, Refused, Unclear, Written
from bot.relay.ports import Attachment, Dossier
from bot.rt import kerberos
from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.rt.kerberos_trouble import Cause, LoginTrouble, NoKerberos
from bot.rt.session import before_bytes
from bot.sandbox.rt import Fault, RtStandIn, seeds
from tests.people import ADA, NOW, filing

REF = TicketRef("rt", seeds.PRINTER)
LONDON = ZoneInfo("Europe/London")
OPEN: list[RtGateway] = []


@pytest.fixture
async def rt() -> AsyncIterator[RtStandIn]:
    async with RtStandIn() as running:
        yield running


@pytest.fixture
async def vouching_rt(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RtStandIn]:
    """An RT whose web server has checked our Kerberos ticket already."""
    ours = kerberos.KerberosTicket("svc-livechat@X", 600)
    monkeypatch.setattr(kerberos.Kerberos, "ticket", lambda _: ours)
    monkeypatch.setattr(kerberos.Kerberos, "auth", lambda _: None)
    async with RtStandIn(vouched=True) as running:
        yield running


def gateway(rt: RtStandIn, login: Login = Login.TOKEN, **more: float | str) -> RtGateway:
    instance = RtInstance("rt", rt.url, login, secret=rt.token)
    return opened(replace(instance, **more))  # type: ignore[arg-type]


def opened(*instances: RtInstance) -> RtGateway:
    OPEN.append(RtGateway(instances, LONDON))
    return OPEN[-1]


@pytest.fixture(autouse=True)
def _all_are_closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def dossier(number: int = seeds.PRINTER) -> Dossier:
    chat = filing()
    return Dossier(TicketRef("rt", number), f"[chat:{chat.id}]", chat, ())


def for_(new: NewTicket | None, asked: Dossier) -> Dossier:
    """The same, for a ticket that is to be made."""
    assert asked.chat.filing
    return replace(
        asked, chat=replace(asked.chat, filing=replace(asked.chat.filing, new_ticket=new))
    )


def comments(rt: RtStandIn) -> int:
    return sum(t.kind == "Comment" for t in rt.world.transactions)


# --- logging in ----------------------------------------------------------------------------------


async def test_behind_kerberos_rests_own_cookie_is_fetched_first(vouching_rt: RtStandIn) -> None:
    ticket = await gateway(vouching_rt, Login.KERBEROS).read(REF)
    assert ticket.subject.startswith("Cannot print")


async def test_a_forgotten_session_is_renewed_and_the_comment_written_once(
    vouching_rt: RtStandIn,
) -> None:
    tickets = gateway(vouching_rt, Login.KERBEROS, workers=1)
    await tickets.read(REF)
    vouching_rt.fault(Fault(method="POST", logged_out=True))
    receipt = await tickets.comment(dossier())
    assert receipt.ticket == seeds.PRINTER
    assert comments(vouching_rt) == 1


async def test_an_rt_that_forgets_us_again_and_again_is_not_asked_for_ever(
    vouching_rt: RtStandIn,
) -> None:
    vouching_rt.fault(Fault(path="/REST/2.0/", logged_out=True, times=None))
    with pytest.raises(NotDone, match="does not accept the live chat's login"):
        await gateway(vouching_rt, Login.KERBEROS).read(REF)


async def test_a_web_server_that_does_not_vouch_for_us_gives_no_cookie(
    vouching_rt: RtStandIn,
) -> None:
    vouching_rt.logins.vouched = False
    with pytest.raises(NotDone, match="does not take its Kerberos ticket"):
        await gateway(vouching_rt, Login.KERBEROS).read(REF)


async def test_an_account_that_rt_does_not_know_is_told_from_a_bad_login(
    vouching_rt: RtStandIn,
) -> None:
    vouching_rt.fault(Fault(path="/REST/1.0/", status=403, html="not authorized to use RT"))
    with pytest.raises(NotDone, match="does not know the live chat's account"):
        await gateway(vouching_rt, Login.KERBEROS).read(REF)


async def test_without_a_kerberos_ticket_the_reason_is_said(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: str) -> kerberos.KerberosTicket:
        raise NoKerberos(Cause.NO_KDC)

    monkeypatch.setattr(kerberos.Kerberos, "ticket", none)
    with pytest.raises(NotDone, match="the Kerberos server does not answer"):
        await gateway(rt, Login.KERBEROS).read(REF)


async def test_kerberos_without_its_library_says_how_to_install_it(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gssapi", None)
    with pytest.raises(LoginTrouble) as caught:
        await gateway(rt, Login.KERBEROS).read(REF)
    assert "infra/dev/install.sh kerberos" in caught.value.advice


@pytest.mark.parametrize("login", [Login.TOKEN, Login.BASIC])
async def test_a_wrong_secret_is_for_those_who_run_the_service(rt: RtStandIn, login: Login) -> None:
    instance = RtInstance("rt", rt.url, login, account=rt.account, secret="1-14-wrong")
    with pytest.raises(NotDone, match="does not accept the live chat's login"):
        await opened(instance).read(REF)


def test_secrets_are_not_in_what_a_traceback_prints() -> None:
    assert "hunter2" not in repr(RtInstance("rt", "http://x", Login.BASIC, secret="hunter2"))


# --- going wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [Fault.down(), Fault.maintenance(), Fault(drop=True), Fault(status=500)]
)
async def test_a_ticket_that_cannot_be_read_now_may_be_read_later(
    rt: RtStandIn, fault: Fault
) -> None:
    rt.fault(fault)
    with pytest.raises(NotDone):
        await gateway(rt).read(REF)
    rt.faults.clear()
    assert (await gateway(rt).read(REF)).ref == REF


async def test_a_slow_rt_is_not_waited_for_longer_than_said(rt: RtStandIn) -> None:
    rt.fault(Fault.slow(30))
    with pytest.raises(NotDone, match=r"within 0\.2 seconds"):
        await gateway(rt, read_timeout=0.2).read(REF)


async def test_a_slow_rt_holds_up_nobody_but_itself(rt: RtStandIn) -> None:
    async with RtStandIn() as other:
        rt.fault(fault := Fault.slow(30, times=4))
        instances = [
            RtInstance("slow", rt.url, Login.TOKEN, secret=rt.token, read_timeout=20.0, workers=4),
            RtInstance("rt", other.url, Login.TOKEN, secret=other.token),
        ]
        tickets = opened(*instances)
        loop = asyncio.get_running_loop()
        stuck = [
            loop.create_task(tickets.read(TicketRef("slow", seeds.PRINTER))) for _ in range(10)
        ]
        assert (await tickets.read(REF)).ref == REF
        assert not any(task.done() for task in stuck)
        while not fault.spent:  # noqa: ASYNC110 - until every thread is held up
            await asyncio.sleep(0)
        for task in stuck[4:]:
            task.cancel()
        await rt.stop()  # else the others would end in another test
        await asyncio.gather(*stuck, return_exceptions=True)


async def test_nobody_listening_means_that_nothing_was_written(
    rt: RtStandIn, unused_tcp_port: int
) -> None:
    tickets = gateway(rt)
    await rt.stop()
    with pytest.raises(NotDone, match="connection refused"):
        await tickets.comment(dossier())


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", status=503, html="<html>"),
        Fault(method="POST", accepted=True, status=504, html="<html>"),
        Fault(method="POST", accepted=True, status=200, html="<html>"),
        Fault.drop_after_commit(),
        Fault(method="POST", accepted=True, delay=30),
        Fault(path="/transaction/", status=503),
    ],
    ids=["503", "504 but in", "a page but in", "dropped but in", "slow but in", "not read back"],
)
async def test_a_comment_that_may_be_in_is_unclear_until_it_is_looked_for(
    rt: RtStandIn, fault: Fault
) -> None:
    written = fault.accepted or "transaction" in fault.path
    if fault.delay:  # carried out, and then no answer in time
        fault = Fault(method="POST", accepted=True, drop=True)
    rt.fault(fault)
    tickets = gateway(rt)
    with pytest.raises(Unclear):
        await tickets.comment(dossier())
    found = await tickets.find(dossier())
    assert (found is not None) == written
    assert comments(rt) == int(written)


async def test_a_server_that_does_not_prove_itself_may_have_done_what_we_asked(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    class MutualAuthenticationError(requests.RequestException):
        """As requests-kerberos has it: raised after the request was carried out."""

    request = requests.Session.request

    def distrust(session: requests.Session, method: str, *args: Any, **more: Any) -> Any:
        answer = request(session, method, *args, **more)
        if method == "POST":
            answer.close()
            raise MutualAuthenticationError
        return answer

    monkeypatch.setattr(requests.Session, "request", distrust)
    tickets = gateway(rt)
    with pytest.raises(Unclear, match="did not prove who it is"):
        await tickets.comment(dossier())
    assert await tickets.find(dossier()) is not None


async def test_a_status_that_cannot_be_read_back_is_unclear(rt: RtStandIn) -> None:
    rt.fault(Fault(method="GET", skip=1, status=503))
    with pytest.raises(Unclear):
        await gateway(rt, workers=1).set_status(REF, "stalled")


async def test_a_field_that_cannot_be_read_back_is_unclear(rt: RtStandIn) -> None:
    rt.fault(Fault(method="GET", skip=1, status=503))
    with pytest.raises(Unclear):
        await gateway(rt, workers=1, rating_field="Chat rating").set_rating(REF, "yes")


async def test_a_receipt_names_the_ticket_that_a_merge_moved_the_record_to(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = rt.world.write

    def merge_first(ticket, *rest):  # type: ignore[no-untyped-def]
        rt.world.merge(seeds.OWNED, into=seeds.SEVERAL)
        return write(rt.world.load(seeds.OWNED), *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(rt.world, "write", merge_first)
    receipt = await gateway(rt).comment(dossier(seeds.OWNED))
    assert receipt.ticket == seeds.SEVERAL


async def test_an_account_that_cannot_see_comments_still_has_its_receipt(rt: RtStandIn) -> None:
    rt.world.rights["Support"] -= {"ShowTicketComments"}
    receipt = await gateway(rt).comment(dossier())
    assert receipt == Receipt(seeds.PRINTER, receipt.transaction, receipt.url, proven=False)
    assert receipt.transaction > 0


async def test_a_history_that_shows_nothing_is_no_proof_of_absence(rt: RtStandIn) -> None:
    rt.world.transactions.clear()
    with pytest.raises(NotDone, match="cannot look there"):
        await gateway(rt).find(dossier())


NEW = NewTicket("rt", "Support", "Printing")


@pytest.mark.parametrize("new", [None, NEW])
async def test_an_attachment_that_rt_cut_is_told_and_pressing_again_accepts_it(
    rt: RtStandIn, monkeypatch: pytest.MonkeyPatch, new: NewTicket | None
) -> None:
    asked = for_(new, dossier())
    attach = rt.world.attach
    monkeypatch.setattr(
        rt.world,
        "attach",
        lambda made, part: attach(made, replace(part, content=part.content[:30_000])),
    )
    long = tuple(Message(n, ADA, Kind.SAID, "x" * 20_000, NOW) for n in range(1, 4))
    with pytest.raises(Written, match=r"did not keep all of transcript\.json"):
        await gateway(rt).comment(replace(asked, log=long))
    assert await gateway(rt).find(asked) is not None
    short = await gateway(rt).comment(replace(asked, log=long[:1]))
    assert (short.ticket == seeds.PRINTER) is (new is None)


async def test_a_record_with_more_pictures_than_rt_lists_at_a_time_is_whole(rt: RtStandIn) -> None:
    said = tuple(Message(n, ADA, Kind.SAID, "See this.", NOW) for n in range(1, 121))
    files = tuple(Attachment(n, "picture.png", "image/png", b"1234") for n in range(1, 121))
    asked = replace(dossier(), log=said, files=files)
    receipt = await gateway(rt).comment(asked)
    assert await gateway(rt).find(asked) == receipt


async def test_what_the_web_server_does_not_let_through_is_not_called_a_right_that_is_missing(
    rt: RtStandIn,
) -> None:
    rt.fault(Fault(method="POST", path="/comment", status=403, html="<h1>Not Acceptable</h1>"))
    with pytest.raises(Refused, match=r"web server.*look like an attack"):
        await gateway(rt).comment(dossier())


async def test_a_redirect_is_never_followed(rt: RtStandIn) -> None:
    tickets = gateway(rt)
    rt.fault(Fault(path="/ticket/", status=302, html="elsewhere", times=None))
    with pytest.raises(NotDone):
        await tickets.read(REF)


async def test_the_doctor_says_what_is_wrong(rt: RtStandIn) -> None:
    instance = RtInstance("rt", rt.url, Login.TOKEN, secret="wrong")
    (login,) = await opened(instance).check()
    assert (login.name, login.ok) == ("rt rt: login", False)
    unnamed = RtInstance("rt", rt.url, Login.TOKEN, secret=rt.token)
    rt.logins.token = unnamed.secret
    assert [f.ok for f in await opened(unnamed).check()] == [True, True]


async def test_the_doctor_sees_that_rt_takes_us_for_another_web_site(
    vouching_rt: RtStandIn,
) -> None:
    vouching_rt.logins.site = "rt.test"
    instance = RtInstance("rt", vouching_rt.url, account="svc-livechat", keytab="x")
    found = [f for f in await opened(instance).check() if f.name == "rt rt: login"]
    assert [f.ok for f in found] == [False]
    assert "must set url to RT's own address" in found[0].sentence
    assert "host and port (“host:443”)" in found[0].sentence  # RT compares both


async def test_after_closing_nothing_more_is_begun(rt: RtStandIn) -> None:
    tickets = gateway(rt)
    tickets.close()
    with pytest.raises(RuntimeError, match="shut down"):
        await tickets.read(REF)


async def test_an_rt_of_another_name_is_refused_naming_those_known(rt: RtStandIn) -> None:
    with pytest.raises(Refused, match="Known: rt"):
        await gateway(rt).read(TicketRef("physics", 1))


def as_requests_wraps_it(reason: Exception) -> requests.RequestException:
    pool = urllib3_errors.MaxRetryError(None, "/", reason)  # type: ignore[arg-type]
    return requests.ConnectionError(pool)


@pytest.mark.parametrize(
    ("reason", "before"),
    [
        (urllib3_errors.NewConnectionError(None, "refused"), True),  # type: ignore[arg-type]
        (urllib3_errors.NameResolutionError("rt.test", None, OSError()), True),  # type: ignore[arg-type]
        (urllib3_errors.ConnectTimeoutError(), True),
        (ssl.SSLCertVerificationError(1, "unknown authority"), True),
        (ssl.SSLEOFError(8, "EOF"), False),
        (urllib3_errors.ProtocolError("aborted", ConnectionResetError(errno.ECONNRESET)), False),
        (urllib3_errors.ReadTimeoutError(None, "/", "slow"), False),  # type: ignore[arg-type]
    ],
)
def test_only_what_comes_before_the_first_byte_is_certainly_not_done(
    reason: Exception, before: bool
) -> None:
    assert before_bytes(as_requests_wraps_it(reason)) is before
