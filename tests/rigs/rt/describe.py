"""Print what a running rig consists of, as JSON: describe.py RIG URL REALM RT PG_PORT REMOTE_USER CHAT."""

import json
import sys
from pathlib import Path

PEOPLE = ("svc-livechat", "grace", "weak", "stranger", "root", "s1234567")


def describe(
    rig: Path, url: str, realm: str, rt: str, postgres: str, remote_user: str, chat: str
) -> object:
    """Collect addresses, files, and what seed.pl made."""
    krb5, ca = rig / "krb5", rig / "tls/cert.pem"
    gate = f"rt-mailgate-{rt} --queue Support --action correspond --url {url} --ca-file {ca}"
    return {
        "url": url,
        "rest1": f"{url}/REST/1.0/",
        "rest2": f"{url}/REST/2.0/",
        "realm": realm,
        "ca": str(ca),
        "krb5_config": str(krb5 / "krb5.conf"),
        "keytabs": {name: str(krb5 / f"{name}.keytab") for name in PEOPLE},
        "rt": rt,
        "postgres": int(postgres or 0),  # its port; 0 if there is but SQLite
        "sqlite": "" if postgres else str(rig / "var/rt.sqlite"),
        "rest2_takes_remote_user": remote_user == "1",
        "livechat": chat,
        "outbox": str(rig / "outbox/new"),
        "mailgate": gate,
        "perl5lib": str(rig / "local/lib"),
        "seed": json.loads((rig / "seed.json").read_text()),
        "pids": {f.name: int(f.read_text().split()[0]) for f in (rig / "pids").iterdir()},
    }


if __name__ == "__main__":
    print(json.dumps(describe(Path(sys.argv[1]), *sys.argv[2:]), indent=1))
