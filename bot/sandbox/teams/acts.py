"""What a person does, as JSON: for the page and for other processes.

``{"person": "grace", "do": "post", "where": "Live chat", "text": "12345", "mention": true}`` and so on; see ACTS.
``where`` is a conversation's id, a thread's id, or the name of a channel or group chat; ``post`` a post's id.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from bot.sandbox.teams import views
from bot.sandbox.teams.people import Player
from bot.sandbox.teams.presses import Pressed
from bot.sandbox.teams.world import Post, World

Json = dict[str, Any]
People = Callable[[], Mapping[str, Player]]
#: What a person can do; the method of the same name says what it needs.
ACTS = (
    "post", "tell", "reply", "edit", "delete", "undelete", "react", "press", "refresh", "install", "uninstall", "again",
)  # fmt: skip


class Actor:
    """Carries acts out. Raises LookupError for what does not exist and ValueError for what is missing."""

    def __init__(self, world: World, people: People) -> None:
        self._world = world
        self._people = people

    async def act(self, body: Json) -> Json:
        """Returns ``{"post": ..., "pressed": ..., "delivered": HTTP status of the bot's answer or null}``."""
        key, do = str(body.get("person")), str(body.get("do"))
        player = self._people().get(key)
        if player is None:
            raise LookupError(
                f"There is nobody called {key!r}; there are: {', '.join(self._people())}"
            )
        if do not in ACTS:
            raise ValueError(f"Nobody can {do!r}; choose from: {', '.join(ACTS)}")
        try:
            result: Post | Pressed | None = await getattr(self, f"_{do}")(player, body)
        except KeyError as missing:
            raise ValueError(f"{do} needs {missing.args[0]!r}.") from missing
        return {
            "post": views.post(result, player.person) if isinstance(result, Post) else None,
            "pressed": asdict(result) if isinstance(result, Pressed) else None,
            "delivered": player.attempt.status if player.attempt else None,
        }

    async def _post(self, player: Player, body: Json) -> Post:
        return await player.post(body["where"], str(body["text"]), **_how(body))

    async def _tell(self, player: Player, body: Json) -> Post:
        return await player.tell(str(body["text"]), **_how(body))

    async def _reply(self, player: Player, body: Json) -> Post:
        quote = self._world.any_post(body["quote"]) if body.get("quote") else None
        return await player.reply(self._named(body), str(body["text"]), quote=quote, **_how(body))

    async def _edit(self, player: Player, body: Json) -> Post:
        return await player.edit(
            self._named(body), str(body["text"]), mention=bool(body.get("mention"))
        )

    async def _delete(self, player: Player, body: Json) -> None:
        await player.delete(self._named(body))

    async def _undelete(self, player: Player, body: Json) -> None:
        await player.undelete(self._named(body))

    async def _react(self, player: Player, body: Json) -> None:
        remove = bool(body.get("remove"))
        await player.react(self._named(body), str(body.get("reaction", "like")), remove=remove)

    async def _press(self, player: Player, body: Json) -> Pressed:
        """By ``button`` (title, id or verb) and ``inputs``, or with ``action`` and ``data`` ready."""
        post, dialog = self._named(body), body.get("dialog")
        if "action" in body:
            return await player.act(post, body["action"], body.get("data"), in_dialog=bool(dialog))
        return await player.press(post, str(body["button"]), body.get("inputs"), dialog=dialog)

    async def _refresh(self, player: Player, body: Json) -> Pressed:
        return await player.refresh(self._named(body))

    async def _install(self, player: Player, body: Json) -> None:
        await player.install(body.get("where"))

    async def _uninstall(self, player: Player, body: Json) -> None:
        await player.uninstall(body.get("where"))

    async def _again(self, player: Player, body: Json) -> None:
        await player.again(new_id=bool(body.get("new_id")))

    def _named(self, body: Json) -> Post:
        return self._world.any_post(str(body["post"]))


def _how(body: Json) -> Json:
    images = [base64.b64decode(image) for image in body.get("images", [])]
    return {
        "mention": bool(body.get("mention")),
        "images": images,
        "html": str(body.get("html", "")),
    }
