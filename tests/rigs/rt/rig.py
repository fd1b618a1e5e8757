"""A real Request Tracker behind Kerberos for tests: brought up, spoken to, taken down."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import requests
from requests_kerberos import HTTPKerberosAuth

HERE = Path(__file__).parent
_RENEWED: Counter[str] = Counter()  # how often, by the rig's address
CACHE = HERE.parents[2] / ".build" / "rt-cache"


@dataclass(frozen=True)
class Rig:
    """A running RT and what is in it; see describe.py for ``facts``."""

    facts: Mapping[str, Any]

    @property
    def url(self) -> str:
        return str(self.facts["url"])

    @property
    def ca(self) -> str:
        return str(self.facts["ca"])

    @property
    def checks_origins(self) -> bool:
        """Whether its REST 2.0 asks from where a cookie's bearer comes who would write."""
        rt = Path(f"/usr/share/request-tracker{self.facts['rt']}/lib/RT/REST2/Middleware/Auth.pm")
        return rt.is_file() and "HTTP_ORIGIN" in rt.read_text()

    @property
    def tickets(self) -> dict[str, int]:
        """The seeded tickets' numbers by what is special about them."""
        return dict(self.facts["seed"]["tickets"])

    @contextmanager
    def acting_as(self, who: str) -> Iterator[dict[str, str | float | bool]]:
        """Let Kerberos in this process be ``who``: it is told by environment variables.

        Yields the environment for a process that shall be ``who`` too.
        """
        names = {
            "KRB5_CONFIG": self.facts["krb5_config"],
            "KRB5_CLIENT_KTNAME": "FILE:" + self.facts["keytabs"][who],
            "KRB5CCNAME": f"MEMORY:{self.url}-{who}-{_RENEWED[self.url]}",
        }
        before = {name: os.environ.get(name) for name in names}
        os.environ.update(names)
        try:
            yield {**os.environ, "KRB5CCNAME": f"FILE:{self.ca}.{who}"}
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def renew(self) -> None:
        """Let everybody get new tickets: those that are kept are for a key that is no more."""
        _RENEWED[self.url] += 1

    def session(self, *, cookie: bool = True) -> requests.Session:
        """A bare session of whoever we act as, with RT's cookie or without."""
        session = requests.Session()
        session.trust_env = False
        session.verify = self.ca
        session.auth = HTTPKerberosAuth()
        if cookie:
            session.headers["Origin"] = self.url
            session.get(f"{self.url}/REST/1.0/").raise_for_status()
        return session

    def stored(self, query: str) -> int:
        """The number that RT's own database answers with."""
        if port := self.facts["postgres"]:
            where = f"postgresql://rt_user:rt_pass@127.0.0.1:{port}/rt"
            with psycopg.connect(where) as postgres:
                row = postgres.execute(query.encode()).fetchone()
        else:
            with closing(sqlite3.connect(self.facts["sqlite"])) as database:
                row = database.execute(query).fetchone()
        assert row
        return int(row[0] or 0)

    def comments(self, number: int) -> int:
        """How many comments a ticket has, with those of tickets that were merged into it."""
        return self.stored(
            "SELECT count(*) FROM Transactions JOIN Tickets ON Tickets.id = ObjectId"
            " WHERE ObjectType = 'RT::Ticket' AND Transactions.Type = 'Comment' AND EffectiveId ="
            f" (SELECT EffectiveId FROM Tickets WHERE id = {number:d})"
        )

    def field(self, number: int, name: str) -> str:
        """What stands in a custom field of a ticket, as RT's superuser sees it."""
        with self.acting_as("root"), self.session(cookie=False) as session:
            shown = session.get(f"{self.url}/REST/1.0/ticket/{number}/show").text
            found = re.search(rf"^CF\.{{{re.escape(name)}}}: *(.*)$", shown, re.MULTILINE)
            assert found, shown
            return found[1]

    def transcripts(self, number: int) -> list[bytes]:
        """The JSON transcripts in a ticket, as RT's superuser gets them."""
        with self.acting_as("root"), self.session(cookie=False) as session:
            url = f"{self.url}/REST/1.0/ticket/{number}/attachments"
            listed = session.get(url).text
            ids = re.findall(r"(\d+): (?:transcript|livechat\S*)\.json ", listed)
            answers = [session.get(f"{url}/{number}/content") for number in ids]
            return [answer.content.partition(b"\n\n")[2] for answer in answers]

    def happened(self) -> dict[int, list[str]]:
        """What happened to every ticket there is, a line each, as RT's superuser sees it."""
        rest = f"{self.url}/REST/1.0"
        with self.acting_as("root"), self.session() as session:
            found = session.get(f"{rest}/search/ticket?query=id>0&format=i").text
            listed = map(int, re.findall(r"^ticket/(\d+)", found, re.MULTILINE))
            numbers = sorted({*listed, *self.tickets.values()})  # it does not list deleted ones
            told = {n: session.get(f"{rest}/ticket/{n}/history").text for n in numbers}
        return {n: re.findall(r"^\d+: .*", text, re.MULTILINE) for n, text in told.items()}

    def move(self, number: int, queue: str) -> None:
        """Let Grace move a ticket to another queue."""
        self.alter(number, "Queue", queue)

    def rename(self, number: int, subject: str) -> None:
        """Let Grace give a ticket another subject."""
        self.alter(number, "Subject", subject)

    def alter(self, number: int, field: str, value: str) -> None:
        """Let Grace give a field of a ticket (Queue, Status, Requestors ...) another value."""
        with self.acting_as("grace"), self.session(cookie=False) as session:
            url = f"{self.url}/REST/1.0/ticket/{number}/edit"
            answer = session.post(url, data={"content": f"{field}: {value}\n"})
            assert f"Ticket {number} updated" in answer.text, answer.text

    def create(self, subject: str) -> int:
        """Let Grace make a ticket in Support."""
        with self.acting_as("grace"), self.session(cookie=False) as session:
            lines = f"id: ticket/new\nQueue: Support\nSubject: {subject}\n"
            answer = session.post(f"{self.url}/REST/1.0/ticket/new", data={"content": lines})
            made = re.search(r"# Ticket (\d+) created", answer.text)
            assert made, answer.text
            return int(made[1])

    def insert(self, data: Path) -> None:
        """Insert a file of initial data, as an administrator would."""
        place = Path(self.facts["ca"]).parents[1]
        where = {
            "RT_SITE_CONFIG": str(place / "etc/RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(place / "etc/empty"),
            "PERL5LIB": str(self.facts["perl5lib"]),
        }
        program = shutil.which(f"rt-setup-database-{self.facts['rt']}", path="/usr/sbin")
        assert program
        done = subprocess.run(
            [program, "--action", "insert", "--datafile", data, "--skip-create"],
            env={**os.environ, **where},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,  # its last words are worth more than its status
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def merge(self, number: int, into: int) -> None:
        """Let Grace merge a ticket into another."""
        with self.acting_as("grace"), self.session(cookie=False) as session:
            answer = session.post(f"{self.url}/REST/1.0/ticket/{number}/merge/{into}")
            assert "Merge completed" in answer.text, answer.text

    def newest(self) -> int:
        """The newest ticket's number; RT's search would not find deleted and merged ones."""
        return self.stored("SELECT max(id) FROM Tickets")

    def mails(self) -> list[str]:
        """What RT has sent, oldest first."""
        return [f.read_text() for f in sorted(Path(self.facts["outbox"]).iterdir())]


def mail_in(rig: Rig, mail: EmailMessage, *, action: str) -> None:
    """Hand a mail to RT's gateway, as a mail server would; ``action`` is comment or correspond."""
    command = str(rig.facts["mailgate"]).replace("correspond", action).split()
    environment = {**os.environ, "PERL5LIB": rig.facts["perl5lib"]}
    subprocess.run(command, input=mail.as_bytes(), env=environment, check=True, timeout=60)


@contextmanager
def running(**settings: str) -> Iterator[Rig]:
    """Bring a rig up; ``settings`` are those of rt-up.sh without RT_RIG_, in lower case.

    Apache's workers must be able to enter its directory, which pytest's own does not let them.
    """
    folder = Path(tempfile.mkdtemp(prefix="rt-rig-"))
    folder.chmod(0o755)
    place = str(folder / "rt")
    asked = {f"RT_RIG_{name.upper()}": value for name, value in settings.items()}
    environment = {**os.environ, "RT_RIG_CACHE": str(CACHE), **asked}
    try:
        up = subprocess.run(
            [HERE / "rt-up.sh", place],
            env=environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,  # its last words are worth more than its status
        )
        assert up.returncode == 0, up.stderr
        yield Rig(json.loads(up.stdout))
    finally:
        subprocess.run([HERE / "rt-down.sh", place], check=True, timeout=60)
        shutil.rmtree(folder)
