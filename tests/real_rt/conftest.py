"""One real RT for all that is tested on it."""

from tests.rigs.rt.fixture import real_rt

__all__ = ["real_rt"]
