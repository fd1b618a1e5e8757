"""The section about files."""

from __future__ import annotations

from pydantic import Field

from bot.config.sections import Section
from bot.relay.files import FileRules

_MIB = 1024 * 1024


class Files(Section):
    """Screenshots and documents, both ways. They are kept in the database until the record is in RT."""

    each_mib: float = Field(default=5, gt=0, le=25)
    """The biggest file that is taken, in MiB. Pop-ups make pictures smaller before they send them.
    RT must take as much in one attachment."""
    most: int = Field(default=20, ge=0, le=90)
    """How many files a chat may have. 0: none are taken."""
    all_mib: float = Field(default=15, gt=0, le=100)
    """How big a chat's files may be together, in MiB. They go into RT in one request or mail, which
    is a third bigger."""

    clamd: str = Field(
        default="",
        pattern=r"^(|/.+|[^/\s]+:\d{1,5})$",
        examples=["/run/clamav/clamd.ctl"],
    )
    """ClamAV's daemon, which looks at every file before it is accepted: its socket, or `host:port`.
    While it does not answer no file is accepted, and the sender is told to try again. Its
    `StreamMaxLength` must be at least `each_mib`. Empty: nobody looks."""

    @property
    def rules(self) -> FileRules:
        """The same for the use cases."""
        return FileRules(int(self.each_mib * _MIB), self.most, int(self.all_mib * _MIB))
