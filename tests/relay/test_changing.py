"""Edits and removals in whatever order Teams brings them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import permutations

from bot.domain.chat import Chat, State
from bot.domain.messages import Kind
from bot.domain.transcript import resolve
from bot.relay.answering import Answer
from bot.relay.inbound import Changed, Heard, Operator
from bot.relay.ports import Listening, Scope, Thread
from tests.people import GRACE, NOW
from tests.relay.house import THREAD, House

HER = Operator(GRACE.id, GRACE.name, "29:grace")
MENTION = replace(THREAD, listening=Listening.MENTION)


@dataclass
class Post:
    """A post of Grace's, whose deliveries a test brings in any order; times are Teams'."""

    house: House
    thread: Thread = THREAD
    mention: bool = False
    key: str = "m1"

    async def original(self, text: str = "helo", second: float = 0) -> None:
        heard = Heard(self.thread, HER, self.key, text, self.mention)
        await self.house.operating.hears(heard, NOW + timedelta(seconds=second))

    async def edit(
        self, text: str | None, second: float, *, mention: bool | None = None, behind: str = ""
    ) -> None:
        said = self.mention if mention is None else mention
        changed = Changed(
            self.thread,
            HER,
            self.key,
            f"{'delete' if text is None else 'edit'}:{self.key}:{second}",
            text,
            mentioned=said,
            as_new=Heard(self.thread, HER, self.key, text, said, behind=behind) if text else None,
        )
        await self.house.operating.changes(changed, self.at(second))

    def at(self, second: float) -> datetime:
        return NOW + timedelta(seconds=second)


async def shown(house: House, chat: Chat) -> list[str]:
    """What the visitor and the record show of what operators said, in the end."""
    lines = resolve(await house.store.log(chat.id, 0, 1000))
    return [line.text for line in lines if not line.notice]


async def kinds(house: House, chat: Chat) -> list[Kind]:
    return [line.kind for line in await house.store.log(chat.id, 1, 1000)]


async def test_an_edit_that_overtook_its_original_is_what_the_visitor_sees(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house)
    await post.edit("hello", 2)
    assert await house.texts(chat.id) == ["visitor_joined"]
    await post.original()
    assert await house.texts(chat.id) == ["visitor_joined", "hello"]


async def test_the_edit_come_again_behind_its_original_does_no_harm(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house)
    await post.edit("hello", 2)
    await post.original()
    await post.edit("hello", 2)
    await post.edit("hello", 5)  # Teams repeats some things with a new time
    await post.original()
    assert await house.texts(chat.id) == ["visitor_joined", "hello"]


async def test_what_was_deleted_before_it_came_is_never_shown(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house)
    await post.edit(None, 2)
    await post.original()
    await post.original()
    assert await house.texts(chat.id) == ["visitor_joined"]


async def test_what_became_a_note_before_it_came_is_never_shown(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house)
    await post.edit("// is she sober?", 2)
    await post.original("is she sober?")
    assert await house.texts(chat.id) == ["visitor_joined"]


async def test_undoing_a_deletion_brings_the_words_back(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house)
    await post.original("hello")
    await post.edit(None, 2)
    await post.edit("hello", 4)
    assert await kinds(house, chat) == [Kind.SAID, Kind.REMOVED, Kind.EDITED]
    assert await shown(house, chat) == ["hello"]


async def test_undoing_a_deletion_that_overtook_the_original_says_the_words(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house)
    await post.edit(None, 2)
    await post.original("hello")
    await post.edit("hello", 4)
    await post.original("hello")
    assert await house.texts(chat.id) == ["visitor_joined", "hello"]


Order = tuple[tuple[str | None, float], ...]
CHANGES: Order = (("original", 0.0), ("first", 1.0), (None, 2.0), ("last", 3.0))


async def bring(house: House, order: Order) -> None:
    """Bring what happened to one post in this order."""
    post = Post(house, key="-".join(text or "removed" for text, _ in order))
    for text, second in order:
        if text == "original":
            await post.original(text)
        else:
            await post.edit(text, second)


async def test_the_newest_change_wins_in_every_order(house: House) -> None:
    chat, _ = await house.talking()
    orders = list(permutations(CHANGES))
    for order in orders:
        await bring(house, order)
    await house.deliver()
    assert await shown(house, chat) == ["last"] * len(orders)
    assert Answer.NOT_CHANGED not in house.threads.words


async def test_a_removal_is_final_in_every_order(house: House) -> None:
    chat, _ = await house.talking()
    for order in permutations(CHANGES[:3]):
        await bring(house, order)
    assert set(await shown(house, chat)) <= {""}


async def test_an_edit_without_a_time_is_taken_as_the_newest(house: House) -> None:
    chat, _ = await house.talking()
    key = await house.writes("helo", mention=False)
    await house.changes(key, "hello")
    await house.changes(key, "hello!")
    assert await shown(house, chat) == ["hello!"]


def kept_in(house: House, table: str) -> list[str]:
    """The rows of a table, as SQL."""
    return [line for line in house.dump().splitlines() if line.startswith(f'INSERT INTO "{table}"')]


async def test_edits_of_talk_that_is_not_ours_are_not_kept(house: House) -> None:
    await house.talking()
    await Post(house, MENTION).edit("our own business", 2)
    assert kept_in(house, "early") == []
    assert not [row for row in kept_in(house, "inbound") if "'m1'" in row]


async def test_without_a_live_chat_nothing_is_remembered(house: House) -> None:
    chat, seat = await house.talking()
    await house.visiting.end(seat)
    await Post(house).edit("never mind", 2)
    assert kept_in(house, "early") == []
    assert "never mind" not in await house.texts(chat.id)


async def test_of_a_change_that_was_carried_out_no_words_are_kept_beside_the_log(
    house: House,
) -> None:
    await house.talking()
    post = Post(house)
    await post.original()
    await post.edit("hello", 2)
    assert len(kept_in(house, "early")) == 1
    assert "hello" not in repr(kept_in(house, "early"))


async def test_a_change_that_waits_for_its_original_says_nothing_after_the_end(
    house: House,
) -> None:
    chat, seat = await house.talking()
    post = Post(house)
    await post.edit("hello", 2)
    await house.visiting.end(seat)
    await post.original()
    await house.deliver()
    assert "hello" not in await house.texts(chat.id)
    assert house.threads.words[-1] == Answer.NOT_DELIVERED


async def test_a_mention_added_by_edit_sends_the_words_and_can_be_edited_on(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house, MENTION)
    await post.original("Which printer?")
    assert await shown(house, chat) == []
    await post.edit("Which printer?", 2, mention=True)
    await post.edit("Which printer?", 2, mention=True)
    await post.edit("Which one?", 4, mention=True)
    assert await shown(house, chat) == ["Which one?"]
    assert await kinds(house, chat) == [Kind.SAID, Kind.EDITED]


async def test_an_edit_with_a_mention_that_overtook_its_original_is_said_once(
    house: House,
) -> None:
    chat, _ = await house.talking()
    post = Post(house, MENTION, mention=True)
    await post.edit("hello", 2)
    await post.original()
    await post.edit("hell", 1)
    assert await house.texts(chat.id) == ["visitor_joined", "hello"]


async def test_a_note_that_a_mention_is_added_to_is_said_as_what_it_is_now(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house, key=f"{NOW.timestamp() * 1000:.0f}")
    await post.original("// careful")
    await post.edit("be careful", 2, mention=True)
    await post.edit("take care", 3, mention=True)
    assert await shown(house, chat) == ["take care"]


async def test_mending_a_command_is_no_second_order(house: House) -> None:
    house.relay.rules = replace(house.relay.rules, undo=timedelta(seconds=60))
    chat, _ = await house.talking()
    sent = await house.writes("send to rt 345: wrng summary", key="1798000000000")
    await house.writes("undo")
    assert (await house.chat(chat.id)).state is State.ENDED

    await house.changes(sent, "send to rt 345: wrong summary", mentioned=True)
    await house.deliver()

    assert (await house.chat(chat.id)).state is State.ENDED
    assert house.tickets.comments == []


async def test_mending_the_number_that_began_a_chat_begins_no_second_one(house: House) -> None:
    began = await house.writes("12345", key="1798000000000")
    await house.deliver()
    cards = len(house.threads.cards)
    await house.changes(began, "12346", mentioned=True)
    await house.deliver()
    assert len(house.threads.cards) == cards
    assert house.threads.words[-1] == Answer.NOTHING_HERE


async def test_who_mends_a_summary_that_was_sent_is_told_once_that_it_changes_nothing(
    house: House,
) -> None:
    house.relay.rules = replace(house.relay.rules, undo=timedelta(seconds=60))
    chat, _ = await house.talking()
    post = Post(house, mention=True, key="1798000000000")
    await post.original("send to rt 345: Tonr.")
    await house.deliver()
    house.threads.told.clear()
    for _ in range(2):
        await post.edit("send to rt 345: Toner.", 2)
    await house.deliver()
    ((_, told),) = house.threads.told
    assert (told.word, "“undo”" in told.detail) == (Answer.NOTHING_HERE, True)
    assert (await house.chat(chat.id)).state is State.HELD


async def test_a_change_in_vain_that_teams_repeats_is_told_once(house: House) -> None:
    await house.talking()
    post = Post(house, mention=True)
    await post.original("send to rt")
    await house.deliver()
    house.threads.told.clear()
    for _ in range(2):
        await post.edit("say: hello", 2)
    await house.deliver()
    assert house.threads.words == [Answer.NEVER_SENT]


PERSONAL = replace(THREAD, conversation_id="a:grace", scope=Scope.PERSONAL)


async def test_an_edit_in_a_personal_chat_is_read_as_a_message_there(house: House) -> None:
    """There nobody mentions the bot, and every message speaks to it."""
    chat, _ = await house.talking(thread=PERSONAL)
    key = await house.writes("say: end chat", thread=PERSONAL)
    await house.changes(key, "say: end chat.", thread=PERSONAL)
    assert await shown(house, chat) == ["end chat."]
    for slip in ("note: has a bad attitude", "cancel it", "send to rt 345: he lies"):
        await house.changes(key, slip, thread=PERSONAL)
        await house.deliver()
        assert house.threads.words[-1] == Answer.NOT_CHANGED
    assert await shown(house, chat) == ["end chat."]


async def test_what_was_held_back_in_a_personal_chat_is_shown_by_an_edit_with_say(
    house: House,
) -> None:
    chat, _ = await house.talking(thread=PERSONAL)
    key = await house.writes("cancle it", thread=PERSONAL, key=f"{int(NOW.timestamp() * 1000) + 1}")
    await house.changes(key, "cancel it", thread=PERSONAL)
    assert await shown(house, chat) == []
    await house.changes(key, "say: cancel it", thread=PERSONAL)
    assert await shown(house, chat) == ["cancel it"]


async def test_a_command_that_is_mended_in_a_personal_chat_is_carried_out_once(
    house: House,
) -> None:
    chat, _ = await house.talking(thread=PERSONAL)
    key = f"{int(NOW.timestamp() * 1000) + 1}"
    await house.writes("end teh chat", thread=PERSONAL, key=key)
    assert (await house.chat(chat.id)).state is State.OPEN
    await house.changes(key, "end chat", thread=PERSONAL)
    assert (await house.chat(chat.id)).state is State.ENDED


async def test_where_only_mentions_reach_the_visitor_an_edit_without_one_does_not(
    house: House,
) -> None:
    chat, _ = await house.talking()
    post = Post(house, MENTION, mention=True)
    await post.original("Try again")
    await post.edit("Alan, he has no idea", 2, mention=False)
    await house.deliver()
    assert await shown(house, chat) == ["Try again"]
    assert house.threads.words[-1] == Answer.NOT_CHANGED
    await post.edit("Alan, he has no idea", 3, mention=True)
    assert await shown(house, chat) == ["Alan, he has no idea"]
    await post.edit("// Alan, he has no idea", 4, mention=False)
    assert await shown(house, chat) == [""]


async def test_an_edit_that_changes_nothing_for_the_visitor_marks_nothing(house: House) -> None:
    chat, _ = await house.talking()
    post = Post(house)
    await post.original("hello\n// he lies")
    await post.edit("hello\n// he lies again", 2)  # or a word was made bold
    assert await kinds(house, chat) == [Kind.SAID]
    await post.edit("hello!", 3)
    await post.edit("hello!\n// he lies", 4)
    assert await kinds(house, chat) == [Kind.SAID, Kind.EDITED]
    await post.edit("// he lies", 5)
    await post.edit("// he does lie", 6)
    assert await kinds(house, chat) == [Kind.SAID, Kind.EDITED, Kind.REMOVED]
    await post.edit("hello!", 7)
    assert await shown(house, chat) == ["hello!"]


async def test_a_command_behind_a_mention_is_not_shown_where_its_edit_came_first(
    house: House,
) -> None:
    chat, _ = await house.talking()
    post = Post(house, mention=True)
    words = "note: he lies"
    await post.edit(f"Alan {words}", 2, mention=False, behind=words)
    await post.original("Alan hello")
    await house.deliver()
    assert await shown(house, chat) == []
    assert house.threads.words[-1] == Answer.MISTYPED
