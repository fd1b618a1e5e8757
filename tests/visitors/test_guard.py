"""Who is asking."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from bot.visitors import guard


class Transport:
    """A connection from somewhere."""

    def __init__(self, peer: object) -> None:
        self.peer = peer

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self.peer if name == "peername" else default


def request(peer: object, *forwarded: str) -> web.Request:
    headers = [("X-Forwarded-For", value) for value in forwarded]
    transport = Transport(peer)
    return make_mocked_request("POST", "/", CIMultiDict(headers), transport=transport)


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        (("192.0.2.1", 5000), (), "192.0.2.1"),
        # Not from our proxy: what it says of itself is not believed.
        (("192.0.2.1", 5000), ("198.51.100.7",), "192.0.2.1"),
        (("127.0.0.1", 5000), ("198.51.100.7",), "198.51.100.7"),
        # The proxy appends; what stands before came from the client.
        (("127.0.0.1", 5000), ("203.0.113.1, 198.51.100.7",), "198.51.100.7"),
        (("127.0.0.1", 5000), ("203.0.113.1", "198.51.100.7"), "198.51.100.7"),
        ("", ("198.51.100.7",), "198.51.100.7"),  # a Unix socket has no address
        (("::1", 5000, 0, 0), ("2001:db8:1:2:3::4",), "2001:db8:1:2::/64"),
        (("127.0.0.1", 5000), ("::ffff:198.51.100.7",), "198.51.100.7"),
        (("127.0.0.1", 5000), (), "127.0.0.1"),
        (("127.0.0.1", 5000), ("rubbish",), "unknown"),
        ("", (), "unknown"),
    ],
)
def test_senders_are_counted_by_the_network_that_our_own_proxy_saw(
    peer: object, forwarded: tuple[str, ...], sender: str
) -> None:
    assert guard.sender(request(peer, *forwarded)) == sender


@pytest.mark.parametrize(
    ("sender", "inside"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8:1:2::/64", True),
        ("2001:db9::/64", False),
        ("unknown", False),
    ],
)
def test_people_of_a_shared_network_are_known_by_it(sender: str, inside: bool) -> None:
    assert guard.within(sender, ("192.0.2.0/24", "2001:db8::/32")) is inside


OURS, THEIRS = "o" * 43, "t" * 43


@pytest.mark.parametrize(
    ("sent", "secret"),
    [
        ((f"__Host-livechat={OURS}",), OURS),
        ((f"lang=de; __Host-livechat={OURS}; theme=a b",), OURS),
        (("lang=de", f"__Host-livechat={OURS}"), OURS),
        # Any host of the university may set the first one, for all of its hosts.
        ((f"x=1 __Host-livechat={THEIRS}",), None),
        ((f"__Host-livechat={OURS}; x=1 __Host-livechat={THEIRS}",), OURS),
        ((f"__Host-livechat={OURS}; x=1\t__Host-livechat={THEIRS}",), OURS),
        ((f'x="; __Host-livechat={OURS}; y="',), OURS),
        ((f"__Host-livechat={OURS}; __Host-livechat={THEIRS}",), None),
        ((f"__host-livechat={THEIRS}",), None),
        (("__Host-livechat", "__Host-livechat="), None),
        ((), None),
    ],
)
def test_the_sessions_cookie_is_the_one_that_only_we_can_have_set(
    sent: tuple[str, ...], secret: str | None
) -> None:
    headers = CIMultiDict(("Cookie", header) for header in sent)

    assert guard.secret_of(make_mocked_request("GET", "/", headers)) == secret
