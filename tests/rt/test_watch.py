"""The watch over the RTs: it tells of a change once, and knows how each one is."""

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.relay.outcomes import NotDone, OutsideError, Refused
from bot.rt.gateway import RtGateway
from bot.rt.instance import Login, RtInstance
from bot.rt.kerberos import Kerberos, KerberosTicket
from bot.rt.kerberos_trouble import Cause, LoginTrouble, NoKerberos
from bot.rt.watch import Watch
from bot.sandbox.rt import RtStandIn
from tests.contract.rts import LONDON


class Rts:
    """Two RTs, each with its trouble, if any."""

    def __init__(self) -> None:
        self.trouble: dict[str, OutsideError] = {}
        self.watch = Watch(["rt", "physics"], self.knock)

    async def knock(self, name: str) -> None:
        if name in self.trouble:
            raise self.trouble[name]


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def kerberos(cause: Cause) -> LoginTrouble:
    return LoginTrouble("RT (rt)", NoKerberos(cause))


async def test_nothing_is_known_before_the_first_look_and_nothing_said_if_all_is_well(
    logged: list[Any],
) -> None:
    rts = Rts()
    assert rts.watch.states == {}
    await rts.watch.look()
    assert rts.watch.states == {"rt": "ok", "physics": "ok"}
    assert logged == []


async def test_a_change_is_told_once_with_what_to_do_and_so_is_its_end(logged: list[Any]) -> None:
    rts = Rts()
    rts.trouble["rt"] = kerberos(Cause.KEY_OUTDATED)
    for _ in range(3):
        await rts.watch.look()
    assert rts.watch.states == {"rt": "key_outdated", "physics": "ok"}
    (line,) = logged
    assert (line["event"], line["rt"], line["cause"]) == ("rt_trouble", "rt", "key_outdated")
    assert "Extract the keytab again" in line["said"]
    rts.trouble["rt"] = kerberos(Cause.CLOCK)
    await rts.watch.look()
    assert [line["event"] for line in logged] == ["rt_trouble"] * 2
    del rts.trouble["rt"]
    for _ in range(2):
        await rts.watch.look()
    assert (logged[2:][0]["event"], logged[2]["was"], len(logged)) == (
        "rt_well_again",
        "clock_skew",
        3,
    )


async def test_what_is_not_kerberos_is_told_apart_from_it(logged: list[Any]) -> None:
    rts = Rts()
    rts.trouble = {"rt": NotDone("RT is down."), "physics": Refused("RT has no tokens.")}
    await rts.watch.look()
    assert rts.watch.states == {"rt": "unreachable", "physics": "refused"}
    assert {line["said"] for line in logged} == {"RT is down.", "RT has no tokens."}


async def test_an_rt_that_is_away_has_one_line_however_often_it_is_looked_at(
    logged: list[Any], unused_tcp_port: int
) -> None:
    away = RtInstance("rt", f"http://127.0.0.1:{unused_tcp_port}", Login.TOKEN, secret="x")
    gateway = RtGateway([away], LONDON)
    watch = Watch(gateway.names, gateway.knock)
    for _ in range(3):
        await watch.look()
    gateway.close()
    assert [line["event"] for line in logged] == ["rt_trouble"]
    assert "connection refused" in logged[0]["said"]


async def test_an_rt_that_takes_what_we_write_for_another_sites_is_not_called_well(
    logged: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kerberos, "ticket", lambda _: KerberosTicket("svc-livechat@X", 600))
    monkeypatch.setattr(Kerberos, "auth", lambda _: None)
    async with RtStandIn(vouched=True) as rt:
        rt.logins.site = "rt.test"
        gateway = RtGateway([RtInstance("rt", rt.url, Login.KERBEROS)], LONDON)
        watch = Watch(gateway.names, gateway.knock)
        await watch.look()
        assert watch.states == {"rt": "origin_refused"}
        assert "set url to RT's own address" in logged[-1]["said"]
        rt.logins.site = ""
        await watch.look()
        assert watch.states == {"rt": "ok"}
        gateway.close()
