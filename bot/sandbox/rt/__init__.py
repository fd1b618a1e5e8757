"""A stand-in for Request Tracker: REST 2.0 and 1.0 as odd as the real ones, a mail gateway, and pages to look at."""

from bot.sandbox.rt.faults import Fault
from bot.sandbox.rt.server import RtStandIn

__all__ = ["Fault", "RtStandIn"]
