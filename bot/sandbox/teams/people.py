"""People who can be played: by a test, by another process, or by somebody on the page."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from bot.sandbox.teams import activities, ids, presses, writing
from bot.sandbox.teams.activities import Stage
from bot.sandbox.teams.delivery import Courier
from bot.sandbox.teams.ledger import Attempt
from bot.sandbox.teams.presses import Pressed
from bot.sandbox.teams.world import Conversation, Person, Post, World

__all__ = ["Player", "Pressed"]

Json = dict[str, Any]
Where = str | Conversation


class Player:
    """One person's hands. Nothing is checked that Teams' clients would check: a stranger may press a button.

    Every method returns after the bot has answered (or has failed to); ``attempt`` is what came of the last
    delivery, None when Teams would not have told the bot.
    """

    def __init__(self, person: Person, world: World, courier: Courier, stage: Stage) -> None:
        self.person = person
        self.attempt: Attempt | None = None
        self._world = world
        self._courier = courier
        self._stage = stage

    @property
    def chat(self) -> Conversation:
        """The personal chat with the bot."""
        return self._world.personal_chat(self.person)

    async def post(self, where: Where, text: str, *, mention: bool = False, **more: Any) -> Post:
        """A new thread in a channel, or a message in a chat. ``more``: see ``_add``."""
        return await self._add(self._find(where), "", text, mention=mention, **more)

    async def mention(self, where: Where, text: str, **more: Any) -> Post:
        """A new post that begins with a mention of the bot."""
        return await self.post(where, text, mention=True, **more)

    async def tell(self, text: str, **more: Any) -> Post:
        """A message to the bot in the personal chat."""
        return await self.post(self.chat, text, **more)

    async def reply(self, to: Post, text: str, *, mention: bool = False, **more: Any) -> Post:
        """A reply in the thread of ``to``; in a chat just the next message."""
        return await self._add(to.conversation, to.root_id, text, mention=mention, **more)

    async def edit(self, post: Post, text: str, *, mention: bool = False) -> Post:
        self._write(post, text, mention=mention, images=(), quote=None)
        post.edited = True
        self._world.changed(post)
        await self._tell_bot(post, activities.edited(self._stage, post, "editMessage"))
        return post

    async def delete(self, post: Post) -> None:
        post.deleted = True
        self._world.changed(post)
        await self._tell_bot(post, activities.deleted(self._stage, post))

    async def undelete(self, post: Post) -> None:
        post.deleted = False
        self._world.changed(post)
        await self._tell_bot(post, activities.edited(self._stage, post, "undeleteMessage"))

    async def react(self, post: Post, reaction: str = "like", *, remove: bool = False) -> None:
        """The bot hears of reactions to its own posts only."""
        who = post.reactions.setdefault(reaction, set())
        who.discard(self.person.key) if remove else who.add(self.person.key)
        self._world.changed(post)
        if post.author is None:
            await self._deliver(
                activities.reacted(self._stage, self.person, post, reaction, added=not remove)
            )

    async def press(
        self, post: Post, button: str, inputs: Json | None = None, *, dialog: Json | None = None
    ) -> Pressed:
        """Press the button with this title (or id, or verb) on the card as this person sees it.

        ``dialog``: the card of an open dialog, when the button is in it. Raises LookupError naming the buttons.
        """
        card = dialog or post.card_for(self.person) or {}
        action = presses.find(card, button)
        return await self.act(
            post, action, presses.gather(card, action, inputs or {}), in_dialog=dialog is not None
        )

    async def refresh(self, post: Post) -> Pressed:
        """What Teams does by itself when this person looks at a card with ``refresh``."""
        action = (post.card_for(self.person) or {}).get("refresh", {}).get("action")
        if not action:
            raise LookupError("The card has no refresh action.")
        return await self.act(post, action, action.get("data") or {}, trigger="automatic")

    async def act(
        self,
        post: Post,
        action: Json,
        data: Any,
        *,
        trigger: str = "manual",
        in_dialog: bool = False,
    ) -> Pressed:
        """Carry out an action with its data ready."""
        stage, who = self._stage, self.person
        submit = action.get("type") == "Action.Submit"
        if submit and not in_dialog and not presses.is_dialog(data):
            plain = presses.plain_data(data)
            return presses.read_message(
                await self._deliver(activities.submitted(stage, who, post, plain))
            )
        name, value = presses.invocation(action, data, trigger, in_dialog=in_dialog)
        pressed = presses.read(
            await self._deliver(activities.invoke(stage, who, post, name, value))
        )
        if pressed.kind == "card" and pressed.card:
            post.views[self.person.key] = pressed.card
            self._world.changed(post)
        return pressed

    async def install(self, where: Where | None = None) -> None:
        """Add the app to a team (by any of its channels), a group chat or the personal chat."""
        await self._install(where, present=True)

    async def uninstall(self, where: Where | None = None) -> None:
        await self._install(where, present=False)

    async def again(self, *, new_id: bool = False) -> Attempt:
        """Have Teams send this person's last activity once more."""
        if self.attempt is None:
            raise LookupError("Nothing of this person has been delivered yet.")
        return await self._courier.redeliver(self.attempt.activity, new_id=new_id)

    async def _install(self, where: Where | None, *, present: bool) -> None:
        conversation = self._find(where) if where else self.chat
        if conversation.team:
            conversation = self._world.conversations[conversation.team.id]
            assert conversation.team
            conversation.team.installed = present
        conversation.chat_installed = present
        self._world.tell(conversation.id)
        bot = [self._stage.bot.id]
        if present or conversation.kind != "personal":
            await self._deliver(
                activities.membership(self._stage, self.person, conversation, bot, added=present)
            )
        action = "add" if present else "remove"
        await self._deliver(activities.installation(self._stage, self.person, conversation, action))

    async def _add(
        self,
        conversation: Conversation,
        root: str,
        text: str,
        *,
        mention: bool = False,
        images: Sequence[bytes] = (),
        quote: Post | None = None,
        html: str = "",
    ) -> Post:
        """``images``: PNGs that are pasted in; ``quote``: a post that is quoted; ``html``: instead of what Teams would write."""
        post = self._world.add_post(conversation, root, self.person)
        self._write(post, text, mention=mention, images=images, quote=quote)
        if html:
            post.html = html
            post.attachments = [{"contentType": "text/html", "content": html}]
        self._world.changed(post)
        await self._tell_bot(post, activities.message(self._stage, post))
        return post

    def _write(
        self, post: Post, text: str, *, mention: bool, images: Sequence[bytes], quote: Post | None
    ) -> None:
        bot = self._stage.bot
        typed = f"@{bot.name} {text}" if mention else text
        pictures = [writing.Picture(self._store(image)) for image in images]
        personal = post.conversation.kind == "personal"
        named: list[writing.Named] = [*([] if personal else [bot]), *post.conversation.members]
        done = writing.write(typed, named, pictures, _quoted(quote, bot.id, bot.name))
        post.written, post.text, post.html = typed, done.text, done.html
        post.entities, post.attachments = done.entities, done.attachments

    def _store(self, image: bytes) -> str:
        name = f"0-{secrets.token_hex(16)}"
        self._world.files[name] = (_image_type(image), image)
        return f"{self._stage.service_url}v3/attachments/{name}/views/original"

    async def _tell_bot(self, post: Post, activity: Json) -> None:
        """Teams tells the bot only what concerns it: mentions, personal chats, and all where that is consented."""
        mentioned = any(
            e.get("mentioned", {}).get("id") == self._stage.bot.id for e in post.entities
        )
        if post.conversation.installed and (mentioned or post.conversation.hears_everything):
            post.note = _note(await self._deliver(activity))
        else:
            self.attempt = None
            post.note = "The bot was not told: no mention, and no consent to read all."
        self._world.changed(post)

    async def _deliver(self, activity: Json) -> Attempt:
        self.attempt = await self._courier.deliver(activity)
        return self.attempt

    def _find(self, where: Where) -> Conversation:
        return (
            where
            if isinstance(where, Conversation)
            else self._world.conversation(ids.split_thread(where)[0])
        )


def _image_type(image: bytes) -> str:
    known = {b"GIF8": "image/gif", b"\xff\xd8\xff": "image/jpeg"}
    return next((kind for start, kind in known.items() if image.startswith(start)), "image/png")


def _note(attempt: Attempt) -> str:
    if attempt.status is None:
        return f"The bot did not answer: {attempt.why}"
    return f"The bot answered {attempt.status}." if attempt.status >= 300 else ""


def _quoted(post: Post | None, bot_id: str, bot_name: str) -> writing.Quoted | None:
    if post is None:
        return None
    name, author_id = (post.author.name, post.author.id) if post.author else (bot_name, bot_id)
    return writing.Quoted(post.id, name, author_id, (post.written or post.text)[:200])
