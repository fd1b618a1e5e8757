"""A real Apache on loopback, run with the virtual host that we give to administrators."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "infra/apache/livechat.conf"
SEVERAL = ROOT / "infra/apache/livechat-several.conf"
START = ROOT / "infra/apache/livechat-start.conf"
SIGN_IN = ROOT / "infra/apache/livechat-sign-in.conf"
WORKERS = ROOT / "infra/apache/livechat-workers.conf"
MODULES = Path("/usr/lib/apache2/modules")

#: What Debian's default configuration has on and what might get in a WebSocket's way.
FRAME = """
ServerRoot "{folder}"
PidFile "{folder}/pid"
ServerName computing.help.example
ErrorLog "{folder}/error.log"
LogFormat "%h %r %>s %{{Referer}}i" all
CustomLog "{folder}/access.log" all
Mutex file:{folder} default
{modules}
TypesConfig /etc/mime.types
RequestReadTimeout handshake=0 header=20-40,minrate=500 body=20,minrate=500
AddOutputFilterByType DEFLATE text/html text/javascript application/json
User www-data
Group www-data
Listen 127.0.0.1:{port}
{site}
"""
WANTED = [
    "mpm_event",
    "authz_core",
    "authz_host",
    "mime",
    "reqtimeout",
    "filter",
    "deflate",
    "alias",
    "ssl",
    "socache_shmcb",
    "headers",
    "setenvif",
    "env",
    "proxy",
    "proxy_http",
    "authn_core",
    "authz_user",
    "auth_gssapi",
    "proxy_balancer",
    "lbmethod_bybusyness",
    "slotmem_shm",
]


def available() -> bool:
    """Tell whether Apache and what we load are installed."""
    return shutil.which("apache2") is not None and MODULES.is_dir()


@dataclass(frozen=True)
class SignIn:
    """COs and visitors are signed in by Kerberos: the web server's ``keytab``, and what it shows the
    service.
    """

    keytab: str
    secret: str


class Apache:
    """The sample virtual host, in front of a service at ``backend`` (host:port), or of two.

    With ``sign_in`` the page on which COs start chats, and that on which visitors sign in, are there as
    well; Kerberos wants a host name.
    """

    def __init__(
        self,
        folder: Path,
        backend: str = "",
        another: str = "",
        *,
        socket: Path | None = None,  # the site's own pages are beside it
        port: int = 0,
        sign_in: SignIn | None = None,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.base = f"https://{'localhost' if sign_in else '127.0.0.1'}:{self.port}"
        self._backend, self._another, self._sign_in = backend, another, sign_in
        self._socket = socket
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._make_certificate()
        conf = self.folder / "httpd.conf"
        conf.write_text(self._configuration(), encoding="utf-8")
        await self._serve()
        return self

    async def _serve(self) -> None:
        conf = self.folder / "httpd.conf"
        self._process = await asyncio.create_subprocess_exec(
            "apache2", "-f", str(conf), "-D", "FOREGROUND"
        )
        async with asyncio.timeout(60):
            await self._answers()

    async def restart(self) -> None:
        """Read the configuration anew."""
        await self.__aexit__()
        await self._serve()

    def reload(self) -> None:
        """Read it anew as logrotate has it every day: old processes stay while they hold sockets."""
        assert self._process
        self._process.send_signal(signal.SIGUSR1)

    async def __aexit__(self, *_what: object) -> None:
        assert self._process
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()

    async def _answers(self) -> None:
        assert self._process
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                assert self._process.returncode is None, "apache2 ended; see its error.log"
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return

    def _configuration(self) -> str:
        loaded = (m for m in WANTED if (MODULES / f"mod_{m}.so").exists())
        modules = "\n".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in loaded)
        site = SAMPLE.read_text(encoding="utf-8").partition("<VirtualHost *:80>")[0]
        if self._another:
            site = self._several(site)
        if self._sign_in:
            site = site.replace("</VirtualHost>", f"{self._start(self._sign_in)}</VirtualHost>")
        if self._socket:
            # As the sample says of server.unix_socket.
            there = f"unix:{self._socket}|http://livechat"
            site = site.replace("http://127.0.0.1:8360", there) + "\n# 127.0.0.1:8360"
        for theirs, ours in (
            ("*:443", f"127.0.0.1:{self.port}"),
            ("127.0.0.1:8360", self._backend),
            ("/etc/ssl/certs/computing.help.example.pem", f"{self.folder}/cert.pem"),
            ("/etc/ssl/private/computing.help.example.key", f"{self.folder}/key.pem"),
            ("/var/www/html", str(self._socket.parent if self._socket else self.folder)),
        ):
            assert theirs in site, f"the sample has no {theirs} any more"
            site = site.replace(theirs, ours)
        return FRAME.format(folder=self.folder, modules=modules, port=self.port, site=site)

    def _several(self, site: str) -> str:
        """Do what the sample for several processes says."""
        words = SEVERAL.read_text(encoding="utf-8")
        for line in words.splitlines():
            if line.startswith("#   ProxyPass"):
                path = line.split("livechat", 1)[1].split('"')[0]  # /livechat/ or /api/messages
                start = f'ProxyPass "http://127.0.0.1:8360{path}"'
                old = next(x for x in site.splitlines() if x.strip().startswith(start))
                site = site.replace(old, line.removeprefix("#"))
        assert "127.0.0.1:8361" in words
        words = words.replace("127.0.0.1:8361", self._another)
        return site.replace('    <Location "/livechat/">', f'{words}    <Location "/livechat/">')

    def _start(self, how: SignIn) -> str:
        """Do what the samples for the COs' page and the visitors' sign-in say."""
        secret = self.folder / "livechat-secret.conf"
        secret.write_text(f'RequestHeader set X-Livechat-Proxy "{how.secret}"\n')
        words = START.read_text(encoding="utf-8") + SIGN_IN.read_text(encoding="utf-8")
        for theirs, ours in (
            ("/etc/apache2/http.keytab", how.keytab),
            ("/etc/apache2/livechat-secret.conf", str(secret)),
        ):
            assert theirs in words, f"the sample has no {theirs} any more"
            words = words.replace(theirs, ours)
        return words

    def _make_certificate(self) -> None:
        command = (
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=computing.help.example"
        )
        files = ["-keyout", str(self.folder / "key.pem"), "-out", str(self.folder / "cert.pem")]
        subprocess.run([*command.split(), *files], check=True, capture_output=True)
