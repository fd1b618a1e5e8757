"""One real RT for all that is tested on it, and a CO's browser."""

from tests.real_rt.browser import graces_browser
from tests.rigs.rt.fixture import real_rt, rt4, rt_with_plugin

__all__ = ["graces_browser", "real_rt", "rt4", "rt_with_plugin"]
