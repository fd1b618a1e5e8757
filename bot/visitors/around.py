"""Around every request: an id, the security headers, and errors that tell nothing they should not."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable

import structlog
from aiohttp import HttpVersion11, hdrs, web
from aiohttp.typedefs import Handler
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from bot.relay.faults import describe
from bot.relay.outcomes import NotDone
from bot.visitors import guard, wire
from bot.visitors.guard import Refusal
from bot.visitors.pages import HEADERS

log = structlog.get_logger(__name__)


def answer(status: int, body: object) -> web.Response:
    """Answer with JSON."""
    return web.Response(status=status, body=wire.write(body), content_type="application/json")


def error(status: int, code: str, retry_after: float | None = None) -> web.Response:
    """Answer with ``{"error": code}``."""
    response = answer(status, {"error": code})
    if retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(retry_after))
    return response


async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Name the request, answer what went wrong, and set what every answer carries."""
    request_id = secrets.token_hex(8)
    with structlog.contextvars.bound_contextvars(request=request_id):
        response = await _answered(request, handler)
        log.debug("answered", route=_route(request), status=response.status)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = request_id
    return response


_CODES = {404: "not_found", 405: "method", 413: "too_long"}


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        guard.check_spelling(request)
        return await handler(request)
    except Refusal as refusal:
        log.info("request_refused", route=_route(request), error=refusal.code)
        return error(refusal.status, refusal.code, refusal.retry_after)
    except web.HTTPException as exception:
        code = _CODES.get(exception.status, "broken")
        refused = error(exception.status, code)
        if "Allow" in exception.headers:
            refused.headers["Allow"] = exception.headers["Allow"]
        return refused
    except NotDone as trouble:  # the database is away: whoever comes again finds out
        log.warning("request_put_off", route=_route(request), error=describe(trouble))
        return error(503, "busy", retry_after=5)
    except Exception as exception:  # noqa: BLE001 - told to the log, and to nobody else
        # No log.exception: an error's own message may quote what somebody said.
        log.error("request_failed", route=_route(request), error=describe(exception))  # noqa: TRY400
        return error(500, "internal")


def _route(request: web.Request) -> str:
    """Name the request by its route: a path may hold what somebody typed."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


async def expect(request: web.Request) -> web.Response | None:
    """Do what a request wants before its body; aiohttp's own answer fails at what is no text."""
    if request.version != HttpVersion11:
        return None
    if request.headers.get(hdrs.EXPECT, "").lower() != "100-continue":
        refused = error(417, "expectation")
        refused.headers.update(HEADERS)
        return refused
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the answer has not begun
    return None


class Nowhere(web.DynamicResource):
    """Every address that nothing else has, for requests that expect something; others get a 404."""

    def __init__(self) -> None:
        super().__init__("/{tail:.*}")
        self.add_route("*", self._nothing, expect_handler=expect)

    async def resolve(self, request: web.Request) -> tuple[UrlMappingMatchInfo | None, set[str]]:
        """Find nothing, usually."""
        expects = hdrs.EXPECT in request.headers
        return await super().resolve(request) if expects else (None, set())

    @staticmethod
    async def _nothing(_request: web.Request) -> web.Response:
        return error(404, "not_found")


def nowhere(app: web.Application) -> None:
    """Answer at every address that nothing in ``app`` has, as carefully as at the others."""
    app.router.register_resource(Nowhere())
    app.on_response_prepare.append(_dress)


async def _dress(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers of an answer that no handler of ours has made."""
    if request.match_info.http_exception is not None:
        response.headers.update(HEADERS)


def expecting(routes: Iterable[web.RouteDef]) -> list[web.RouteDef]:
    """Return routes whose requests may expect whatever they like."""
    return [
        web.route(r.method, r.path, r.handler, **{**r.kwargs, "expect_handler": expect})
        for r in routes
    ]
