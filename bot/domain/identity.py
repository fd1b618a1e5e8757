"""Who a visitor is, and by what we know it.

An invitation's link proves nothing but that somebody held it; a name that comes with it is the
requestor's whom it was meant for. What signs somebody in is the business of bot/visitors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

#: What a site may call somebody: logins of Unix, Kerberos principals, UPNs, mail addresses.
LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@/-]{0,127}")


class Proof(StrEnum):
    """By what a visitor showed who he is."""

    LINK = "link"  # held the invitation's link
    SSO = "sso"  # signed in through the help site
    ASSERTED = "asserted"  # the host site vouches for him, in a signed token
    ANONYMOUS = "anonymous"  # said so himself


@dataclass(frozen=True, slots=True)
class Identity:
    """A visitor as his proof shows him; any part but ``proof`` may be empty.

    ``login`` is the site's name of the account, as RT knows it; ``address`` an e-mail address. With
    LINK they are those of whom the link was for, with ANONYMOUS what the visitor typed.
    """

    proof: Proof = Proof.LINK
    login: str = ""
    name: str = ""
    address: str = ""

    @property
    def verified(self) -> bool:
        """True if somebody else than the visitor vouches for login and address."""
        return self.proof in (Proof.SSO, Proof.ASSERTED)


#: Somebody who held the link and showed nothing else.
BEARER = Identity()
