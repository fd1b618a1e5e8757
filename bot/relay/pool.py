"""The pool of channels over which a team's chats are spread: Teams' limits are per channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.chat import LIVE, State
from bot.relay.ports import Listening, Scope, Thread
from bot.relay.relay import Relay

#: How long a chosen channel counts as taken before its chat is there.
_UNDER_WAY = timedelta(minutes=2)
#: How long no chat is opened in a channel in which Teams did not let us.
_AVOIDED = timedelta(minutes=10)
#: States in which a chat makes posts, or soon will.
_BUSY = (*LIVE, State.PROPOSED)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the pool, by Teams' ids (19:…@thread.tacv2), the team it belongs to, and how the
    bot listens there.
    """

    id: str
    team_id: str
    listening: Listening = Listening.MENTION

    def near(self, thread: Thread) -> Thread:
        """Return a reference of the channel itself; ``thread`` is anywhere in the same tenant."""
        other = self.team_id not in ("", thread.team_id)
        return replace(
            thread,
            conversation_id=self.id,
            channel_id=self.id,
            team_id=self.team_id or thread.team_id,
            # Another team's group would lead a link astray; without one it still finds the channel.
            aad_group_id="" if other else thread.aad_group_id,
            scope=Scope.CHANNEL,
            root_id="",
            listening=self.listening,
            open=True,
            id=0,
        )


def choose(channels: Sequence[Channel], crowd: Mapping[str, int]) -> Channel:
    """Return the channel with the fewest chats (``crowd``, by channel id), else the first of them."""
    return min(channels, key=lambda channel: crowd.get(channel.id, 0))


class Pool:
    """Knows how many chats there are in which channel, and chooses one for COs who ask in a channel."""

    def __init__(self, relay: Relay, channels: Iterable[Channel]) -> None:
        self._relay = relay
        self._channels = tuple(channels)
        self._at: dict[int, str] = {}  # a thread's channel, which never changes
        # By chat id, a channel's id and until when (Unix time) it counts; and channels to avoid.
        self._chosen: dict[str, tuple[str, float]] = {}
        self._avoided: dict[str, float] = {}

    async def channel_for(self, chat_id: str, asked: Thread) -> Thread | None:
        """Return a reference of the channel for a new chat, None if it shall stay where it was
        asked for: in a personal or group chat, in a team without a pool (or with one in which
        Teams does not let us post), or in that very channel.
        """
        if asked.scope is not Scope.CHANNEL:
            return None
        now = self._relay.now()
        channels = [
            one
            for one in self._channels
            if one.team_id == asked.team_id and self._avoided.get(one.id, 0.0) < now.timestamp()
        ]
        if not channels:
            return None
        self._chosen.pop(chat_id, None)
        chosen = choose(channels, await self.crowd())
        self._chosen[chat_id] = (chosen.id, (now + _UNDER_WAY).timestamp())
        if chosen.id == asked.channel_id:
            return None
        return replace(chosen.near(asked), listening=asked.listening)

    async def emptiest(self) -> Channel | None:
        """Return the channel with the fewest chats, of several the first; None if there is none."""
        if len(self._channels) > 1:
            return choose(self._channels, await self.crowd())
        return self._channels[0] if self._channels else None

    def avoid(self, channel_id: str) -> None:
        """Open nothing there for a while: having no chats, it would always be the next to take."""
        self._avoided[channel_id] = (self._relay.now() + _AVOIDED).timestamp()

    async def crowd(self) -> Counter[str]:
        """Count the chats of each channel, by its id; those that are only under way here included."""
        now = self._relay.now()
        chats = await self._relay.store.in_states(*_BUSY)
        crowd = Counter([await self._channel_of(chat.thread) for chat in chats])
        there = {chat.id for chat in chats}
        self._chosen = {
            chat_id: (channel, until)
            for chat_id, (channel, until) in self._chosen.items()
            if chat_id not in there and until > now.timestamp()
        }
        crowd.update(channel for channel, _ in self._chosen.values())
        return crowd

    async def _channel_of(self, thread_id: int) -> str:
        if thread_id not in self._at:
            self._at[thread_id] = (await self._relay.store.thread(thread_id)).channel_id
        return self._at[thread_id]
