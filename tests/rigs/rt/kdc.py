"""What happens to a rig's KDC: keys are changed, people are deleted, it is down."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.rigs.rt.daemons import Daemon

if TYPE_CHECKING:
    from tests.rigs.rt.rig import Rig


class Kdc(Daemon):
    """The KDC of a running rig."""

    def __init__(self, rig: Rig) -> None:
        self._tickets = rig
        self.realm = str(rig.facts["realm"])
        config = (Path(rig.facts["krb5_config"]).parent / "kdc.conf").read_text()
        port = int(config.partition("kdc_tcp_listen = 127.0.0.1:")[2].split()[0])
        super().__init__(rig, "kdc", ["krb5kdc", "-n", "-r", self.realm], port)

    def admin(self, *queries: str) -> None:
        """Give commands to kadmin.local; one that fails raises."""
        done = subprocess.run(
            ["kadmin.local", "-r", self.realm],
            input="\n".join(queries) + "\n",
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        complaints = [line for line in done.stderr.splitlines() if "while" in line]
        assert not complaints, complaints

    def keytab(self, path: Path, principal: str, *options: str) -> Path:
        """Make a principal and its keytab."""
        self.admin(f"addprinc -randkey {' '.join(options)} {principal}")
        self.admin(f"ktadd -k {path} {principal}")
        assert path.exists()
        return path

    def rekey_web_server(self) -> None:
        """RT's web server gets a new key, and has no other any more."""
        keytab = self.krb5 / "http.keytab"
        about = keytab.stat()
        keytab.unlink()
        self.admin(f"ktadd -k {keytab} HTTP/localhost")
        os.chown(keytab, about.st_uid, about.st_gid)
        keytab.chmod(about.st_mode)
        self._tickets.renew()
