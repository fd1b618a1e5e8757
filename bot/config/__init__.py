"""Settings: read once, checked once, secrets hidden from ``repr``. Importing reads nothing.

``load(path)`` reads the configuration file and the environment; ``Settings(...)`` makes settings
in code, for the demo and for tests, and reads neither.
"""

from bot.config.loading import DEFAULT_FILE, FILE_VARIABLE, ConfigError, chosen, load
from bot.config.rt import Rt, RtApi, RtAuth
from bot.config.sections import Section, Security
from bot.config.settings import Settings

__all__ = [
    "DEFAULT_FILE",
    "FILE_VARIABLE",
    "ConfigError",
    "Rt",
    "RtApi",
    "RtAuth",
    "Section",
    "Security",
    "Settings",
    "chosen",
    "load",
]
