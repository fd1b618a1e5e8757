"""Who and what exists in the stand-in: people, teams, channels, chats and the posts in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from bot.sandbox.teams import ids

Json = dict[str, Any]
Kind = Literal["channel", "groupChat", "personal"]
Role = Literal["user", "guest"]


@dataclass(frozen=True)
class Bot:
    """The bot under trial, as Teams knows it."""

    app_id: str
    name: str

    @property
    def id(self) -> str:
        return f"28:{self.app_id}"


@dataclass(frozen=True)
class Person:
    """Somebody with an account: ``id`` is Teams' id towards this bot, ``object_id`` Entra's."""

    key: str
    name: str
    id: str
    object_id: str
    upn: str
    mail: str
    tenant_id: str
    role: Role = "user"


@dataclass(eq=False)
class Team:
    """``consent`` is RSC ChannelMessage.Read.Group: given for a whole team, never for one channel of it."""

    id: str
    group_id: str
    name: str
    tenant_id: str
    members: list[Person] = field(default_factory=list, repr=False)
    channels: list[Conversation] = field(default_factory=list, repr=False)
    consent: bool = False
    installed: bool = True


@dataclass(eq=False)
class Conversation:
    """A channel, group chat or personal chat (Bot Framework's word); threads are told apart by ``Post.root_id``."""

    id: str
    kind: Kind
    name: str
    tenant_id: str
    team: Team | None = field(default=None, repr=False)
    people: list[Person] = field(default_factory=list)
    chat_consent: bool = False
    chat_installed: bool = True
    private: bool = False
    posts: list[Post] = field(default_factory=list, repr=False)

    @property
    def members(self) -> list[Person]:
        return self.team.members if self.team else self.people

    @property
    def installed(self) -> bool:
        return self.team.installed if self.team else self.chat_installed

    @property
    def hears_everything(self) -> bool:
        """Whether the bot gets posts that do not mention it."""
        if self.kind == "personal":
            return True
        return self.team.consent if self.team else self.chat_consent


@dataclass(eq=False)
class Post:
    """One message. ``author`` None is the bot; ``root_id`` is the thread's first post, empty outside channels."""

    id: str
    conversation: Conversation = field(repr=False)
    root_id: str
    author: Person | None
    at: datetime
    text: str = ""
    html: str = ""
    text_format: str = "plain"
    entities: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    written: str = ""  # what the person typed, for editing
    edited: bool = False
    deleted: bool = False
    note: str = ""  # for the tester: what came of telling the bot, when it is worth knowing
    version: int = 0  # counts what the author made of it
    revision: int = 0  # counts every change, also of what one person sees
    views: dict[str, Json] = field(
        default_factory=dict
    )  # person's key -> the card that only they see now
    reactions: dict[str, set[str]] = field(default_factory=dict)

    @property
    def thread_id(self) -> str:
        """What Teams calls conversation.id for this post."""
        return ids.in_thread(self.conversation.id, self.root_id)

    @property
    def cards(self) -> list[Json]:
        """The Adaptive Cards of the post as everybody sees them."""
        return [
            a["content"]
            for a in self.attachments
            if str(a.get("contentType", "")).endswith("card.adaptive")
        ]

    def card_for(self, person: Person) -> Json | None:
        """The card that this person sees: their own view if a button gave them one."""
        own = self.views.get(person.key)
        return own or (self.cards[0] if self.cards else None)


class World:
    """The state of the stand-in. Every change is told to the listeners with the conversation's id."""

    def __init__(self, bot: Bot, tenant_id: str) -> None:
        self.bot = bot
        self.tenant_id = tenant_id
        self.people: dict[str, Person] = {}
        self.teams: dict[str, Team] = {}
        self.conversations: dict[str, Conversation] = {}
        self.files: dict[str, tuple[str, bytes]] = {}  # attachment id -> (content type, content)
        self.listeners: set[Callable[[str], None]] = set()
        self._ids = ids.MessageIds()
        self._posts: dict[str, Post] = {}

    def add_person(
        self,
        key: str,
        name: str,
        *,
        tenant_id: str = "",
        role: Role = "user",
        mail: str = "",
        upn: str = "",
    ) -> Person:
        """A new person, who may at once write to the bot in a personal chat."""
        tenant = tenant_id or self.tenant_id
        seed = f"{tenant}/{key}"
        address = mail or f"{key}@example.ac.uk"
        person = Person(
            key, name, ids.person_id(seed), ids.guid(seed), upn or address, address, tenant, role
        )
        self.people[key] = person
        self.personal_chat(person)
        return person

    def add_team(
        self, name: str, members: list[Person], *, consent: bool, tenant_id: str = ""
    ) -> Team:
        """A team with its General channel, whose id is also the team's."""
        tenant = tenant_id or self.tenant_id
        team = Team(
            ids.channel_id(f"{tenant}/{name}"),
            ids.guid(f"group/{name}"),
            name,
            tenant,
            list(members),
            [],
            consent,
        )
        self.teams[team.id] = team
        self._keep(Conversation(team.id, "channel", "General", tenant, team))
        return team

    def add_channel(self, team: Team, name: str, *, private: bool = False) -> Conversation:
        channel = Conversation(
            ids.channel_id(f"{team.id}/{name}"),
            "channel",
            name,
            team.tenant_id,
            team,
            private=private,
        )
        return self._keep(channel)

    def add_group_chat(
        self, name: str, people: list[Person], *, consent: bool = False
    ) -> Conversation:
        chat = Conversation(
            ids.group_chat_id(name), "groupChat", name, self.tenant_id, None, list(people), consent
        )
        return self._keep(chat)

    def personal_chat(self, person: Person) -> Conversation:
        """The one chat between this person and the bot; always the same one."""
        chat_id = ids.personal_chat_id(f"{self.bot.app_id}/{person.id}")
        known = self.conversations.get(chat_id)
        return known or self._keep(
            Conversation(chat_id, "personal", person.name, person.tenant_id, None, [person])
        )

    def conversation(self, name_or_id: str) -> Conversation:
        """Look up by id (a thread's id will do) or by the name of a channel or group chat.

        Raises LookupError that names what there is.
        """
        base, _ = ids.split_thread(name_or_id)
        if base in self.conversations:
            return self.conversations[base]
        for conversation in self.conversations.values():
            if conversation.kind != "personal" and conversation.name == name_or_id:
                return conversation
        names = sorted({c.name for c in self.conversations.values() if c.kind != "personal"})
        raise LookupError(f"There is no conversation {name_or_id!r}; there are: {', '.join(names)}")

    def person_by(self, any_id: str) -> Person | None:
        """By Teams id, Entra object id or UPN: Teams takes all three."""
        return next((p for p in self.people.values() if any_id in (p.id, p.object_id, p.upn)), None)

    def post(self, conversation: Conversation, post_id: str) -> Post | None:
        """The post with this id, if it stands in this conversation."""
        post = self._posts.get(post_id)
        return post if post and post.conversation is conversation else None

    def any_post(self, post_id: str) -> Post:
        """Raises LookupError when no conversation has it."""
        if post_id not in self._posts:
            raise LookupError(f"There is no post {post_id!r}.")
        return self._posts[post_id]

    def add_post(self, conversation: Conversation, root_id: str, author: Person | None) -> Post:
        """An empty post with a fresh id at its place; in a channel without ``root_id`` it starts a thread."""
        post_id = self._ids.next()
        root = (root_id or post_id) if conversation.kind == "channel" else ""
        post = Post(post_id, conversation, root, author, datetime.now(UTC))
        conversation.posts.append(post)
        self._posts[post_id] = post
        return post

    def changed(self, post: Post) -> None:
        """Call after every change to a post: the page shows it anew."""
        post.revision += 1
        self.tell(post.conversation.id)

    def tell(self, conversation_id: str) -> None:
        for listener in list(self.listeners):
            listener(conversation_id)

    def fresh_id(self) -> str:
        return self._ids.next()

    def _keep(self, conversation: Conversation) -> Conversation:
        self.conversations[conversation.id] = conversation
        if conversation.team:
            conversation.team.channels.append(conversation)
        self.tell(conversation.id)
        return conversation
