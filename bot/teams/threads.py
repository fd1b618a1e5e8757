"""The operators' threads in Teams: cards, the visitors' words, and notices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo

from botbuilder.core import TurnContext
from botbuilder.schema import (
    Activity,
    Attachment,
    ChannelAccount,
    ConversationAccount,
    ConversationReference,
    Mention,
)

from bot.domain.chat import Chat
from bot.domain.messages import Message
from bot.domain.transcript import plain_name
from bot.relay.ports import CardView, Gone, OutsideError, Tell, Thread, Unclear
from bot.teams import cards, markup, words
from bot.teams.adapter import TeamsAdapter

CARD = "application/vnd.microsoft.card.adaptive"
MAX_POST = 80 * 1024  # bytes of UTF-16; Teams refuses a little above 100 KB

Logic = Callable[[TurnContext], Awaitable[None]]


class TeamsThreads:
    """relay.ports.Threads on botbuilder. ``zone`` is the zone of the times that people see."""

    def __init__(self, adapter: TeamsAdapter, app_id: str, zone: tzinfo) -> None:
        self._adapter = adapter
        self._app_id = app_id
        self._zone = zone

    async def show(self, thread: Thread, view: CardView, card: str) -> str:
        """Post the chat's card, or edit post ``card``; if that one is gone, post anew."""
        activity = _message(thread)
        content = cards.card(view, self._zone)
        activity.attachments = [Attachment(content_type=CARD, content=content)]
        activity.summary = content["fallbackText"]
        if card:
            try:
                return await self._edit(thread, activity, card)
            except Gone:
                if not thread.open:
                    raise
        # If the conversation as a whole is gone, this one says so again.
        return await self._post(thread, activity)

    async def relay(
        self, thread: Thread, chat: Chat, messages: Sequence[Message], *, resent: bool
    ) -> str:
        """Post visitor messages, in as few posts as Teams takes; return the last post's id.

        If some but not all of several posts went out, that is Unclear.
        """
        posted = ""
        for text in posts(messages, self._zone, resent=resent):
            activity = _message(thread)
            activity.text_format = "plain"
            activity.text = text
            try:
                posted = await self._post(thread, activity)
            except OutsideError as error:
                if posted:
                    raise Unclear(error.sentence) from error
                raise
        return posted

    async def tell(self, thread: Thread, notice: Tell) -> str:
        """Post a notice, mentioning a person if it says so."""
        activity = _message(thread)
        if notice.mention is None:
            activity.text_format = "plain"
            activity.text = words.say(notice, thread.listening)
        else:
            said = words.say(notice, thread.listening)
            _mention(activity, said, *notice.mention)
        return await self._post(thread, activity)

    async def _post(self, thread: Thread, activity: Activity) -> str:
        posted: list[str] = []

        async def logic(context: TurnContext) -> None:
            # Past the context's own send, which would make it an answer to a made-up activity.
            responses = await self._adapter.send_activities(context, [activity])
            posted.extend(response.id or "" for response in responses)

        await self._in(thread, logic)
        return posted[0] if posted else ""

    async def _edit(self, thread: Thread, activity: Activity, post: str) -> str:
        async def logic(context: TurnContext) -> None:
            await self._adapter.update_activity(context, activity)

        activity.id = post
        await self._in(thread, logic)
        return post

    async def _in(self, thread: Thread, logic: Logic) -> None:
        await self._adapter.continue_conversation(_reference(thread), logic, self._app_id)


def _reference(thread: Thread) -> ConversationReference:
    return ConversationReference(
        channel_id="msteams",
        service_url=thread.service_url,
        conversation=ConversationAccount(id=thread.conversation_id),
        bot=ChannelAccount(id=thread.bot_id),
    )


def _message(thread: Thread) -> Activity:
    return Activity(
        type="message",
        channel_id="msteams",
        service_url=thread.service_url,
        conversation=ConversationAccount(id=thread.conversation_id),
        from_property=ChannelAccount(id=thread.bot_id),
    )


def _mention(activity: Activity, said: str, person: str, name: str) -> None:
    shown = markup.in_xml(plain_name(name) or "you")
    tag = f"<at>{shown}</at>"
    activity.text_format = "xml"
    activity.text = f"{tag} {markup.in_xml(said)}"
    who = ChannelAccount(id=person, name=plain_name(name) or "you")
    activity.entities = [Mention(type="mention", mentioned=who, text=tag)]


def posts(messages: Sequence[Message], zone: tzinfo, *, resent: bool) -> list[str]:
    """Word visitor messages: a line with name, time and number above each text (pure)."""
    texts: list[str] = []
    for message in messages:
        text = f"{_header(message, zone, resent=resent)}\n{markup.unforged(message.text)}"
        joined = f"{texts[-1]}\n\n{text}" if texts else text
        if texts and len(joined.encode("utf-16-le", "surrogatepass")) <= MAX_POST:
            texts[-1] = joined
        else:
            texts.append(text)
    return texts


def _header(message: Message, zone: tzinfo, *, resent: bool) -> str:
    name = plain_name(message.author.name) or "Visitor"
    # A name must not bring a time and number of its own.
    name = name.replace("·", " ").replace("#", " ")
    label = " (resent)" if resent else ""
    return f"{name} · {message.at.astimezone(zone):%H:%M} · #{message.seq}{label}"
