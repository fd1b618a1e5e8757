"""Which service URLs may be called with the bot's token."""

from __future__ import annotations

import pytest

from bot.teams.hosts import ServiceHosts

GOOD = [
    "https://smba.trafficmanager.net/uk/",
    "https://smba.trafficmanager.net/teams",
    "https://smba.trafficmanager.net:443/emea/22222222-2222-4222-8222-222222222222/",
    "https://smba.infra.gcc.teams.microsoft.com/teams/",
]
BAD = [
    "http://smba.trafficmanager.net/uk/",
    "https://smba.trafficmanager.net.evil.example/",
    "https://evil.example/smba.trafficmanager.net/",
    "https://smba.trafficmanager.net@evil.example/",
    "https://user:pass@smba.trafficmanager.net/",
    "https://smba.trafficmanager.net:8443/",
    "https://smba.trafficmanager.net\\@evil.example/",
    "https://smba.trafficmanager.net%2eevil.example/",
    "https://smba.trafficmanager.net/uk/?next=https://evil.example",
    "https://smba.trafficmanager.net/uk/#x",
    "https://smba.trafficmanager.net/uk/../../x",
    "https://smba.trafficmanager.net/\n",
    " https://smba.trafficmanager.net/",
    "https://ѕmba.trafficmanager.net/",
    "https://127.0.0.1/",
    "http://localhost:8080/",
    "https://169.254.169.254/",
    "ftp://smba.trafficmanager.net/",
    "//smba.trafficmanager.net/",
    "",
    None,
    7,
]


@pytest.mark.parametrize("url", GOOD)
def test_teams_own_and_configured_hosts_are_allowed(url: str) -> None:
    assert ServiceHosts(["smba.infra.gcc.teams.microsoft.com"]).allow(url)


@pytest.mark.parametrize("url", BAD)
def test_nothing_else_is(url: object) -> None:
    assert not ServiceHosts().allow(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4000/teams/", "http://localhost:56150/_connector"]
)
def test_this_machine_is_allowed_only_where_that_was_asked_for(url: str) -> None:
    assert ServiceHosts(loopback=True).allow(url)
    assert not ServiceHosts().allow(url)
