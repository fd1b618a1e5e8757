"""The lanes' rules: how many deliveries at once, for how long a claim, how long between tries."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from bot.relay.delivery import Delivery, Lane
from bot.relay.outcomes import NotDone, Unclear
from bot.relay.relay import Relay


@dataclass(frozen=True, slots=True)
class LaneRules:
    """How many deliveries of a lane run at once, and how long a claim lasts (seconds).

    The lease is longer than the longest call to the outside may take, time-out included.
    """

    at_once: int
    lease: float


LANES: dict[Lane, LaneRules] = {
    Lane.TEAMS: LaneRules(at_once=48, lease=30),
    Lane.LOOKUP: LaneRules(at_once=4, lease=60),
    Lane.RT: LaneRules(at_once=4, lease=120),  # and the quarantine on top
    Lane.MAIL: LaneRules(at_once=2, lease=90),
    Lane.HERE: LaneRules(at_once=2, lease=30),
    Lane.FILES: LaneRules(at_once=3, lease=60),
}
#: A post that may have arrived is repeated after so long, once: Teams should have recovered.
_RESEND = timedelta(seconds=4)
_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(minutes=5)


def pause(relay: Relay, delivery: Delivery, error: NotDone | Unclear) -> timedelta:
    """Return how long to wait: as we were told to, else as the lane's other side needs it."""
    if isinstance(error, NotDone) and error.retry_after is not None:
        return timedelta(seconds=error.retry_after) * _jitter()
    if isinstance(error, Unclear) and delivery.lane is Lane.RT:
        return relay.rules.quarantine
    if isinstance(error, Unclear) and delivery.lane is Lane.TEAMS:
        return _RESEND * _jitter()
    return _longer(relay, delivery)


def after_fault(relay: Relay, delivery: Delivery) -> timedelta:
    """Return the same after a fault of our own: at least as if nobody knew what went out."""
    return max(_longer(relay, delivery), pause(relay, delivery, Unclear("")))


def _longer(relay: Relay, delivery: Delivery) -> timedelta:
    """Half as long as we have been trying: ever more seldom, within bounds."""
    since = delivery.first_claimed or relay.now()
    tried = (relay.now() - since) / 2
    return min(max(tried, _SHORTEST), _LONGEST) * _jitter()


def _jitter() -> float:
    return random.uniform(1.0, 1.2)  # noqa: S311 - no secret: so that crowds do not march
