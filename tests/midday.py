"""Where it is midday: so that what is open until the end of the day is so for as long as a test lasts."""

from datetime import UTC, datetime


def midday() -> str:
    """The time zone in which it is between twelve and one now."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"  # the sign is the wrong way round there, by POSIX
