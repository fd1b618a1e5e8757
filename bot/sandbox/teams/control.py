"""Control from other processes: ``/_control/...``, JSON in and out, loopback only.

GET    state                      everything: people, teams, conversations with posts
GET    posts?where=...&root=...   the posts of a conversation or thread
GET    log?after=0                requests of the bot and deliveries to it, see ``ledger.py``
POST   act                        a person does something, see ``acts.py``
POST   people, teams, channels, chats   {key, name, ...}, {name, members, consent}, {team, name}, {name, members}
PUT    consent                    {team | where, on}
GET, POST, DELETE faults          see ``faults.Fault``; DELETE ends the storm, too
PUT    storm                      see ``storm.Storm``; {} ends it
PUT    repeats                    see ``delivery.Repeats``
PUT    patience                   see ``delivery.Patience``
PUT    limits                     {enforced, hourly}
POST   plan                       {limits, faults: [...], storm, repeats, patience, login, openid}, as above
PUT    login, openid              {down, delay}
POST   keys                       {keep_old}: sign with a new key from now on
PUT    bot                        {url}
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.sandbox.teams import views
from bot.sandbox.teams.acts import Actor
from bot.sandbox.teams.delivery import Courier, Patience, Repeats
from bot.sandbox.teams.faults import Fault, FaultPlan
from bot.sandbox.teams.ledger import Ledger
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.login import Login
from bot.sandbox.teams.openid import OpenId
from bot.sandbox.teams.storm import Storm
from bot.sandbox.teams.world import Person, World

Json = dict[str, Any]
Action = Callable[[Json], Any]


class Control:
    """The switches of the stand-in, one method each; all take the JSON body and return JSON."""

    def __init__(
        self,
        world: World,
        actor: Actor,
        *,
        ledger: Ledger,
        faults: FaultPlan,
        limits: Limits,
        login: Login,
        openid: OpenId,
        courier: Courier,
    ) -> None:
        self._world = world
        self._actor = actor
        self._ledger = ledger
        self._faults = faults
        self._limits = limits
        self._login = login
        self._openid = openid
        self._courier = courier

    def routes(self) -> list[web.RouteDef]:
        """Below ``/_control``."""
        return [
            web.get("/_control/state", _get(lambda _: self.state())),
            web.get("/_control/posts", _get(self.posts)),
            web.get(
                "/_control/log",
                _get(lambda query: self._ledger.to_json(int(query.get("after", "0")))),
            ),
            web.post("/_control/act", answer(self._actor.act)),
            web.post("/_control/people", answer(self.add_person)),
            web.post("/_control/teams", answer(self.add_team)),
            web.post("/_control/channels", answer(self.add_channel)),
            web.post("/_control/chats", answer(self.add_chat)),
            web.put("/_control/consent", answer(self.consent)),
            web.get("/_control/faults", _get(lambda _: self.faults())),
            web.post("/_control/faults", answer(self.add_fault)),
            web.delete("/_control/faults", answer(self.clear_faults)),
            web.put("/_control/storm", answer(self.storm)),
            web.post("/_control/plan", answer(self.plan)),
            web.put("/_control/repeats", answer(self.repeat)),
            web.put("/_control/patience", answer(self.patience)),
            web.put("/_control/limits", answer(self.limit)),
            web.put("/_control/login", answer(lambda body: _trouble(self._login, body))),
            web.put("/_control/openid", answer(lambda body: _trouble(self._openid, body))),
            web.post("/_control/keys", answer(self.rotate)),
            web.put("/_control/bot", answer(self.bot)),
        ]

    def state(self) -> Json:
        return {
            "people": [views.person(p) for p in self._world.people.values()],
            "teams": [
                {
                    "id": t.id,
                    "aadGroupId": t.group_id,
                    "name": t.name,
                    "consent": t.consent,
                    "installed": t.installed,
                }
                for t in self._world.teams.values()
            ],
            "conversations": [
                views.conversation(c, None) for c in self._world.conversations.values()
            ],
            "bot": {
                "id": self._world.bot.id,
                "name": self._world.bot.name,
                "url": self._courier.bot_url,
            },
            "limits": {"enforced": self._limits.enforced, "hourly": self._limits.hourly},
            "refused": dict(self._limits.refused),
        }

    def posts(self, query: Json) -> Json:
        root = query.get("root", "")
        place = self._world.conversation(query["where"])
        return {
            "posts": [views.post(p, None) for p in place.posts if not root or p.root_id == root]
        }

    def add_person(self, body: Json) -> Json:
        optional = {
            name: body[name] for name in ("tenant_id", "role", "mail", "upn") if name in body
        }
        return views.person(self._world.add_person(body["key"], body["name"], **optional))

    def add_team(self, body: Json) -> Json:
        members = [self._person(key) for key in body.get("members", [])]
        team = self._world.add_team(body["name"], members, consent=bool(body.get("consent")))
        return {"id": team.id, "aadGroupId": team.group_id}

    def add_channel(self, body: Json) -> Json:
        team = self._world.conversation(body["team"]).team
        if team is None:
            raise ValueError("'team' must be the id of a team or of one of its channels.")
        return {
            "id": self._world.add_channel(team, body["name"], private=bool(body.get("private"))).id
        }

    def add_chat(self, body: Json) -> Json:
        people = [self._person(key) for key in body["members"]]
        return {
            "id": self._world.add_group_chat(
                body["name"], people, consent=bool(body.get("consent"))
            ).id
        }

    def consent(self, body: Json) -> Json:
        place = self._world.conversation(body.get("team") or body["where"])
        if place.team:
            place.team.consent = bool(body["on"])
        else:
            place.chat_consent = bool(body["on"])
        self._world.tell(place.id)
        return {"on": place.hears_everything}

    def faults(self) -> Json:
        storm = self._faults.storm
        return {
            "faults": [fault.to_json() for fault in self._faults.faults],
            "storm": storm.to_json() if isinstance(storm, Storm) else None,
        }

    def add_fault(self, body: Json) -> Json:
        self._faults.add(Fault.from_json(body))
        return self.faults()

    def _add_faults(self, many: list[Json]) -> None:
        self._faults.add(*[Fault.from_json(one) for one in many])

    def clear_faults(self, body: Json) -> Json:
        self._faults.clear()
        return self.faults()

    def storm(self, body: Json) -> Json:
        self._faults.storm = Storm.from_json(body) if body else None
        return self.faults()

    def plan(self, body: Json) -> Json:
        """Several switches at once. Raises ValueError for an unknown one; what stands before it holds."""
        switches: dict[str, Callable[[Any], Any]] = {
            "limits": self.limit,
            "storm": self.storm,
            "repeats": self.repeat,
            "patience": self.patience,
            "login": lambda one: _trouble(self._login, one),
            "openid": lambda one: _trouble(self._openid, one),
            "faults": self._add_faults,
        }
        for name, value in body.items():
            if name not in switches:
                raise ValueError(f"A plan has no {name!r}; it has: {', '.join(switches)}")
            switches[name](value)
        return self.state() | self.faults()

    def repeat(self, body: Json) -> Json:
        self._courier.repeats = [Repeats(**body)] if body else []
        return {"repeats": len(self._courier.repeats)}

    def patience(self, body: Json) -> Json:
        self._courier.patience = Patience(**body)
        return body

    def limit(self, body: Json) -> Json:
        self._limits.enforced = bool(body.get("enforced", self._limits.enforced))
        self._limits.hourly = bool(body.get("hourly", self._limits.hourly))
        return {"enforced": self._limits.enforced, "hourly": self._limits.hourly}

    def rotate(self, body: Json) -> Json:
        self._openid.keys.rotate(keep_old=bool(body.get("keep_old")))
        return {"kid": self._openid.keys.kid}

    def bot(self, body: Json) -> Json:
        self._courier.bot_url = str(body["url"])
        return {"url": self._courier.bot_url}

    def _person(self, key: str) -> Person:
        if key not in self._world.people:
            raise LookupError(
                f"There is nobody called {key!r}; there are: {', '.join(self._world.people)}"
            )
        return self._world.people[key]


def _trouble(service: Login | OpenId, body: Json) -> Json:
    service.down = bool(body.get("down", service.down))
    service.delay = float(body.get("delay", service.delay))
    return {"down": service.down, "delay": service.delay}


def _get(read: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        return await _respond(read, dict(request.query))

    return handler


def answer(work: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that gives the JSON body to ``work`` and answers with its result, or 4xx with a sentence."""

    async def handler(request: web.Request) -> web.Response:
        try:
            body = await request.json() if request.can_read_body else {}
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return web.json_response({"error": "Send one JSON object."}, status=400)
        return await _respond(work, body)

    return handler


async def _respond(work: Action, body: Json) -> web.Response:
    try:
        result = work(body)
        return web.json_response(await result if isinstance(result, Awaitable) else result)
    except KeyError as missing:
        return web.json_response({"error": f"{missing.args[0]!r} is missing."}, status=400)
    except LookupError as unknown:
        return web.json_response({"error": str(unknown)}, status=404)
    except (ValueError, TypeError) as wrong:
        return web.json_response({"error": str(wrong)}, status=400)
