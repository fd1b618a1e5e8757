"""The real things that the stand-ins are held against."""

from tests.rigs.rt.fixture import real_rt

__all__ = ["real_rt"]
