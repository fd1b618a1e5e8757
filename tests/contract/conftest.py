"""The real things that the stand-ins are held against."""

from tests.lag import no_blocking
from tests.rigs.rt.fixture import real_rt, rt4, rt_with_plugin

__all__ = ["no_blocking", "real_rt", "rt4", "rt_with_plugin"]
