"""The operators' threads in Teams: cards, the visitors' words, and notices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import tzinfo

from botbuilder.schema import (
    Activity,
    Attachment,
    ChannelAccount,
    ConversationAccount,
    ConversationReference,
    Mention,
)

from bot.domain.chat import Chat
from bot.domain.files import File, is_picture
from bot.domain.legible import plain_name
from bot.domain.messages import Message
from bot.relay.answering import Answer
from bot.relay.outcomes import Gone, NotDone, OutsideError, Unclear
from bot.relay.ports import CardView, ChatList, Tell, Thread
from bot.teams import cards, list_words, markup, words
from bot.teams.adapter import TeamsAdapter
from bot.teams.answers import TooBig
from bot.teams.elements import Json
from bot.teams.models import PlainPost
from bot.teams.posts import LIMIT, SMALLEST, Post, posts, weight

#: Seconds after which no further one of several posts is begun: a delivery's lease must outlast it
#: and one request more.
PATIENCE = 10.0


class TeamsThreads:
    """relay.ports.Threads on botbuilder. ``zone`` is the zone of the times that people see."""

    def __init__(
        self,
        adapter: TeamsAdapter,
        zone: tzinfo,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._adapter = adapter
        self._zone = zone
        self._clock = clock

    async def show(self, thread: Thread, view: CardView, card: str) -> str:
        """Post the chat's card, or edit post ``card``; if that one is gone, post anew."""
        activity = _carrying(thread, cards.card(view, self._zone))
        if card:
            try:
                return await self._edit(thread, activity, card)
            except Gone:
                if not thread.open:
                    raise
        # If the conversation as a whole is gone, this one says so again.
        return await self._post(thread, activity)

    async def relay(
        self,
        thread: Thread,
        chat: Chat,
        messages: Sequence[Message],
        *,
        resent: bool,
        behind: int = 0,
        pictures: Sequence[bytes] = (),
    ) -> list[str]:
        """Post visitor messages, in as few posts as Teams takes; return the posts' ids.

        ``behind`` seconds of delay above 0 are told below. If some but not all of several posts
        went out, that is Unclear. A message with a file comes alone, and goes with the biggest of its
        ``pictures`` that Teams takes.
        """
        if messages[0].file is not None:
            (post, *_) = posts(messages, self._zone, resent=resent, behind=behind)
            return [await self._with_picture(thread, post.text, messages[0].file, pictures)]
        posted: list[str] = []
        left, limit = messages, LIMIT
        until = self._clock() + PATIENCE
        while left:
            done = 0
            for post in posts(left, self._zone, resent=resent, behind=behind, limit=limit):
                try:
                    posted.append(await self._insist(thread, post, until if posted else 0.0))
                except OutsideError as error:
                    limit = weight(post.text) // 2
                    if isinstance(error, TooBig) and post.part <= 1 and limit >= SMALLEST:
                        break
                    if posted:
                        raise Unclear(error.sentence, posted) from error
                    raise
                done = post.done
            left = left[done:]
        return posted

    async def _with_picture(
        self, thread: Thread, text: str, file: File, pictures: Sequence[bytes]
    ) -> str:
        """Post a message with its picture, or with a smaller one, or else say where it will be."""
        for picture in pictures:
            post = _plain(thread, text)
            post.show(picture)
            try:
                return await self._post(thread, post)
            except TooBig:
                continue
        why = words.PICTURE_TOO_BIG if is_picture(file.type) else words.FILE_LATER
        return await self._post(thread, _plain(thread, f"{text}\n{why}"))

    async def _insist(self, thread: Thread, post: Post, until: float) -> str:
        """Make a post. One of several that have begun (``until``, on the clock, is not 0) may wait
        for Teams a little, so that what stands there already need not be repeated.
        """
        while True:
            if until and self._clock() > until:
                raise Unclear("Teams took only a part of it in time.")
            try:
                return await self._post(thread, _plain(thread, post.text))
            except NotDone as error:
                pause = error.retry_after or 1.0
                if self._clock() + pause > until:
                    raise
                await asyncio.sleep(pause)

    async def tell(self, thread: Thread, notice: Tell) -> str:
        """Post a notice, mentioning a person if it says so."""
        said = words.say(notice, thread.listening)
        if notice.mention is None:
            return await self._post(thread, _plain(thread, said))
        activity = _message(thread)
        _mention(activity, said, *notice.mention)
        return await self._post(thread, activity)

    async def list_chats(
        self, thread: Thread, chats: ChatList | None, to: tuple[str, str], *, resent: bool
    ) -> str:
        """Post the list of chats, or why it is not shown there."""
        told = list_words.worded(chats, self._zone)
        return await self.tell(thread, Tell(Answer.CHATS, told, mention=to, resent=resent))

    async def retire(self, thread: Thread, chat: Chat, card: str) -> None:
        """Edit an earlier card of the chat: it has no buttons any more, and says why."""
        await self._edit(thread, _carrying(thread, cards.retired(chat)), card)

    async def erase(self, thread: Thread, post: str) -> None:
        """Delete a post of the bot; Teams shows that something was deleted there."""
        context = self._adapter.unasked(thread.service_url)
        reference = ConversationReference(
            activity_id=post,
            service_url=thread.service_url,
            conversation=ConversationAccount(id=thread.conversation_id),
        )
        await self._adapter.delete_activity(context, reference)

    async def _post(self, thread: Thread, activity: Activity | PlainPost) -> str:
        context = self._adapter.unasked(thread.service_url)
        # Past the context's own send, which would make it an answer to a made-up activity.
        responses = await self._adapter.send_activities(context, [activity])
        return str(responses[0].id or "")

    async def _edit(self, thread: Thread, activity: Activity, post: str) -> str:
        activity.id = post
        await self._adapter.update_activity(self._adapter.unasked(thread.service_url), activity)
        return post


def _plain(thread: Thread, text: str) -> PlainPost:
    return PlainPost(thread.conversation_id, thread.service_url, thread.bot_id, text)


def _message(thread: Thread) -> Activity:
    return Activity(
        type="message",
        channel_id="msteams",
        service_url=thread.service_url,
        conversation=ConversationAccount(id=thread.conversation_id),
        from_property=ChannelAccount(id=thread.bot_id),
    )


def _carrying(thread: Thread, card: Json) -> Activity:
    activity = _message(thread)
    activity.attachments = [Attachment(content_type=cards.CONTENT_TYPE, content=card)]
    activity.summary = card["fallbackText"]
    return activity


def _mention(activity: Activity, said: str, person: str, name: str) -> None:
    shown = markup.in_xml(plain_name(name) or "you")
    tag = f"<at>{shown}</at>"
    activity.text_format = "xml"
    activity.text = f"{tag} {markup.linked(markup.in_xml(said))}"
    who = ChannelAccount(id=person, name=plain_name(name) or "you")
    activity.entities = [Mention(type="mention", mentioned=who, text=tag)]
