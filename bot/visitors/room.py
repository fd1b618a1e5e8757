"""The visitors' room: everything of this package, wired together and put into an application."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.relay.attaching import Attaching
from bot.relay.beginning import Beginning
from bot.relay.joining import Joining
from bot.relay.visiting import Visiting
from bot.visitors import guard, pages
from bot.visitors.allowance import Buckets
from bot.visitors.around import around
from bot.visitors.attendance import Attendance
from bot.visitors.begin_routes import BeginRoutes
from bot.visitors.bundle import version
from bot.visitors.file_routes import FileRoutes
from bot.visitors.hub import Hub
from bot.visitors.lookout import Lookout
from bot.visitors.pace import Pace
from bot.visitors.poll_routes import PollRoutes
from bot.visitors.public_routes import Page, PublicRoutes
from bot.visitors.rate_routes import RateRoutes
from bot.visitors.routes import Accepted, Allowances, Routes
from bot.visitors.sign_in_routes import Porch, SignInRoutes
from bot.visitors.socket import Shared
from bot.visitors.waits import Waits

log = structlog.get_logger(__name__)

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


class VisitorsRoom:
    """Serves the widget below ``prefix`` (empty: below the root).

    ``hub`` is the bell that the use cases ring. ``origins`` are the sites whose pages carry the
    widget (``https://computing.help``), exactly. ``support_url`` (https: or mailto:) is offered to
    those whom the chat cannot help. ``frame_ancestors`` are the origins that may frame the
    stand-alone page, which links to ``accessibility_url`` if there is one. Visitors sign in at the
    ``porch``, begin chats by ``beginning`` and send files by ``attaching``, where there is such a
    thing. ``health`` is how it is with what we depend on, for those who ask on this machine
    (``healthz``). Raises ValueError with a sentence for a setting that cannot work.
    """

    def __init__(  # noqa: PLR0913 - plain values instead of a container
        self,
        joining: Joining,
        visiting: Visiting,
        hub: Hub,
        *,
        origins: Iterable[str],
        support_url: str,
        support_text: str = "computing support",
        prefix: str = "/livechat",
        frame_ancestors: Sequence[str] = (),
        accessibility_url: str = "",
        allowances: Allowances | None = None,
        pace: Pace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        attaching: Attaching | None = None,
        porch: Porch | None = None,
        beginning: Beginning | None = None,
        health: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        page = _page(prefix, support_url, support_text, accessibility_url, frame_ancestors)
        known = guard.check_origins(origins)
        pace, allowed = pace or Pace(), allowances or Allowances()
        self._prefix = prefix
        self._hub = hub
        self._attendance = Attendance(visiting.presence, grace=pace.grace)
        self._lookout = Lookout(hub, visiting.versions, sweep=pace.sweep, recheck=pace.recheck)
        self._waits = Waits(hub, visiting.waiting_longer, pace.line)
        says = Buckets(allowed.says)
        shared = Shared(visiting, hub, self._attendance, says, pace, now, self._waits)
        signing = SignInRoutes(porch, shared, joining, known, allowed.shared) if porch else None
        self._keeper = signing.keeper if signing else None
        public = PublicRoutes(page, health)
        main = Routes(shared, joining, known, allowed, signing)
        polls = PollRoutes(shared, joining, known, allowed)
        rates = RateRoutes(joining, visiting, known)
        begins = BeginRoutes(beginning, shared, known, allowed, signing) if beginning else None
        files = FileRoutes(joining, attaching, known) if attaching else None
        groups = (public, main, signing, polls, rates, begins, files)
        self._table = [route for group in groups if group for route in group.table()]

    def routes(self, also: Iterable[web.RouteDef] = ()) -> list[web.RouteDef]:
        """Return the room's routes, and ``also`` others below the prefix, for an application that
        closes the room itself.

        They bring their own errors and headers along: an application's middleware would be around
        the operators' side as well, and a sub-application would take the whole prefix.
        """
        return [
            web.route(
                route.method,
                self._prefix + route.path,
                self._within(route.handler),
                **route.kwargs,
            )
            for route in (*self._table, *also)
        ]

    def expect(self, chat_ids: Iterable[str]) -> None:
        """Name chats whose visitor had a window at a process that ended, in the running loop.

        Those who have none within the grace are gone.
        """
        for chat_id in chat_ids:
            self._attendance.expect(chat_id)

    def retell(self) -> None:
        """Report again where every chat's windows are."""
        self._attendance.retell()

    async def close(self) -> None:
        """Close every socket with 1012, so that the widgets come back to our successor."""
        await self._attendance.close()  # first: nobody is gone because we restart
        stuck = await self._hub.close()
        await self._lookout.close()
        await self._waits.close()
        log.info("visitors_room_closed", stuck=stuck)

    def _within(self, handler: Handler) -> Handler:
        async def kept(request: web.Request) -> web.StreamResponse:
            signed_out = await self._keeper.look(request) if self._keeper else None
            response = await handler(request)
            if self._keeper and signed_out and response.status == 200:
                await self._keeper.give_up(signed_out)
            return response

        async def within(request: web.Request) -> web.StreamResponse:
            if not self._hub.closing:
                self._lookout.start()
            response = await around(request, kept)
            if isinstance(response, Accepted) and response.socket is not None:
                await response.socket.run()
            return response

        return within


def _page(
    prefix: str, support_url: str, support_text: str, accessibility_url: str, frames: Sequence[str]
) -> Page:
    """Make the stand-alone page. Raises ValueError."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"the prefix must look like /livechat, not {prefix!r}")
    ancestors = sorted(guard.check_origins(frames)) if frames else []
    pages.check_link(support_url, "support URL")
    if accessibility_url:
        pages.check_link(accessibility_url, "accessibility statement's URL")
    told = (prefix, support_url, support_text, version(pages.STATIC), accessibility_url)
    html = {language: pages.page(*told, language) for language in pages.LANGUAGES}
    return Page(html, pages.page_policy(ancestors))
