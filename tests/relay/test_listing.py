"""`chats`: which chats there are, who waits longest first; what may be shown to whom."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.chat import State
from bot.domain.events import Ended, FilingFailed, FilingHeld
from bot.domain.presence import Presence
from bot.relay.answering import Answer
from bot.relay.outcomes import NotDone, Refused
from bot.relay.ports import Listening, Scope, Thread
from bot.relay.storage import Unit
from bot.teams.words import say
from tests.people import ADA, ALAN, GRACE
from tests.relay.doorway import CHANNEL, asks, thread_of
from tests.relay.house import OTHER, RULES, THREAD, House

TEAM = CHANNEL.team_id
ASKED_IN = replace(CHANNEL, conversation_id="19:chat@thread.tacv2;messageid=99", root_id="99")
AT_HOME = Thread(
    "a:grace", "tenant", THREAD.service_url, Scope.PERSONAL, "28:bot", listening=Listening.THREAD
)


def within(thread: Thread, team: str = TEAM) -> Thread:
    """A thread of the team's channel."""
    return replace(thread, team_id=team, channel_id=CHANNEL.channel_id)


def link_to(thread: Thread) -> str:
    return f"https://teams.test/{thread.conversation_id}"


async def listed(house: House, thread: Thread = ASKED_IN, who: str = "grace") -> list[str]:
    """What the bot answers to `chats`, line by line."""
    await house.writes("chats", thread=thread, who=who)
    await house.deliver()
    place, notice = house.threads.told[-1]
    assert (place, notice.word) == (thread.conversation_id, Answer.CHATS)
    assert notice.mention
    return say(notice, thread.listening).split("\n")[:-1]  # the last says what to do


async def test_who_waits_longest_comes_first_and_each_line_leads_to_its_thread(
    door: House,
) -> None:
    first, seat = await door.talking(within(THREAD))
    second, _ = await door.talking(within(OTHER))
    begun = (await asks(door)).chat
    await door.deliver()
    door.clock.now += timedelta(minutes=5)
    for thread in (THREAD, OTHER):
        await door.writes("Toner?", thread=within(thread), who="grace")
    door.clock.now += timedelta(minutes=7)
    await door.visiting.say(seat, "k1", "It beeps.")
    door.clock.now += timedelta(minutes=1)
    await door.visiting.say(seat, "k2", "Still.")
    await door.visiting.presence(second.id, Presence.GONE)
    lines = await listed(door)
    place = await thread_of(door, begun)
    told = [line.partition(": ") for line in lines]
    assert [about for about, _, _ in told] == [
        "• No ticket yet “Why does it beep?”",
        *[f"• Ticket rt#12345 “{first.ticket.subject}”"] * 2,
    ]
    assert [rest for _, _, rest in told] == [
        f"{ADA.name} waits for a word since 10:42, and is there; nobody has it. {link_to(place)}",
        f"{ADA.name} waits for a word since 10:54, and is there; {GRACE.name} has it. {link_to(THREAD)}",
        f"{ADA.name} waits for no word, and has left the page; {GRACE.name} has it. {link_to(OTHER)}",
    ]


async def test_who_has_taken_it_and_not_written_leaves_the_visitor_waiting_since_he_asked(
    door: House,
) -> None:
    begun = (await asks(door)).chat
    await door.deliver()
    door.clock.now += timedelta(minutes=3)
    thread = await thread_of(door, begun)
    await door.presses("take", begun, thread=thread, who="alan", takes="0")
    (line,) = await listed(door, thread)  # and so it is where a chat is live
    assert "waits for a word since 10:42" in line
    assert line.endswith("Alan Turing has it, and has not written. It is here.")
    assert (await door.texts(begun.id))[-1] != "chats"


async def test_records_that_are_not_in_rt_come_behind(house: House) -> None:
    chat, _ = await house.talking(within(THREAD))
    other, _ = await house.talking(within(OTHER))

    async def ends(unit: Unit) -> None:
        now = house.clock()
        one = await unit.chat(chat.id)
        assert one
        await house.relay.happen(unit, one, Ended(now, GRACE))
        two = await unit.chat(other.id)
        assert two
        until = now + timedelta(minutes=1)
        await house.relay.happen(unit, two, FilingHeld(now, ALAN, "Toner.", until=until))

    await house.store.write(ends)
    third, _ = await house.talking(within(THREAD))
    lines = await listed(house)
    assert [line.split(": ")[1].split(" ")[0] for line in lines] == ["Ada", "with", "with"]
    assert "ended 10:42, its record is not in RT yet; Grace Hopper has it" in lines[1]
    assert "its record goes to RT in a moment" in lines[2]
    await house.presses("file", third, thread=within(THREAD), summary="Toner.")
    await house.presses("file", chat, thread=within(THREAD), summary="Toner.")
    house.clock.now += timedelta(minutes=2)
    await house.deliver()
    assert await listed(house) == ["No chat is going on, and no record waits for RT."]


async def test_a_record_that_may_be_in_rt_is_not_said_to_be_missing_there(house: House) -> None:
    chat, _ = await house.talking(within(THREAD))
    await house.presses("file", chat, thread=within(THREAD), summary="Toner.")

    async def fails(unit: Unit) -> None:
        one = await unit.chat(chat.id)
        assert one
        failed = FilingFailed(house.clock(), "It is in ticket rt#12345.", unclear=True)
        await house.relay.happen(unit, replace(one, state=State.FILING), failed)

    await house.store.write(fails)
    (line,) = await listed(house)
    assert "may be in RT already" in line
    assert "not in RT" not in line


async def test_the_record_that_waits_longest_comes_first_and_a_day_before_today_is_named(
    house: House,
) -> None:
    later, _ = await house.talking(within(THREAD))
    first, _ = await house.talking(within(OTHER))
    for chat, thread in ((first, OTHER), (later, THREAD)):
        await house.presses("end", chat, thread=within(thread))
        house.clock.now += timedelta(days=1)
    await house.visiting.presence(first.id, Presence.GONE)  # it changed last
    one, two = await listed(house)
    assert "ended 21 November, 10:42, its record" in one
    assert one.endswith(link_to(OTHER))
    assert "ended 22 November, 10:42, its record" in two


async def test_of_a_chat_whose_thread_is_still_to_be_opened_that_is_said(door: House) -> None:
    await asks(door)
    await door.writes("chats", thread=ASKED_IN)
    await door.deliver("list")
    ((_, notice),) = door.threads.told
    assert "nobody has it. Its thread is being opened.\n" in say(notice, Listening.MENTION)


async def test_it_is_read_when_it_is_posted_and_nothing_of_it_is_kept(house: House) -> None:
    chat, _ = await house.talking(within(THREAD))
    await house.writes("chats", thread=ASKED_IN)
    house.threads.faults.before.append(NotDone("Teams is slow."))
    await house.deliver()
    assert chat.ticket.subject not in "".join(
        row for row in house.dump().split("\n") if "outbox" in row
    )
    await house.presses("take", chat, thread=within(THREAD), who="alan", takes="0")
    house.clock.now += timedelta(minutes=1)
    await house.deliver()
    (said,) = (one for _, one in house.threads.told if one.word is Answer.CHATS)
    assert "Alan Turing has it" in said.detail


async def test_a_list_that_teams_refuses_is_tried_again_beside_what_else_is_told(
    house: House,
) -> None:
    await house.writes("chats", thread=ASKED_IN)
    house.threads.faults.before.append(Refused("Not today."))
    await house.deliver()
    assert Answer.CHATS not in house.threads.words
    house.clock.now += timedelta(minutes=1)
    await house.deliver()
    assert house.threads.words.count(Answer.CHATS) == 1
    assert house.threads.told[-1][1].resent


async def test_nobody_reads_of_a_team_that_he_is_not_in(house: House) -> None:
    await house.talking(within(THREAD))
    await house.talking(within(OTHER, "19:desk@thread.tacv2"))
    assert len(await listed(house)) == 1
    assert len(await listed(house, replace(ASKED_IN, team_id="19:desk@thread.tacv2"))) == 1
    assert await listed(house, replace(ASKED_IN, tenant_id="elsewhere")) != await listed(house)
    nothing = ["No chat is going on, and no record waits for RT."]
    assert await listed(house, AT_HOME) == nothing
    house.members.teams[GRACE.id] = frozenset({TEAM})
    assert len(await listed(house, AT_HOME)) == 1
    house.members.teams[GRACE.id] = frozenset({TEAM, "19:desk@thread.tacv2"})
    assert len(await listed(house, AT_HOME)) == 2
    assert await listed(house, replace(AT_HOME, conversation_id="a:alan"), who="alan") == nothing


async def test_what_goes_on_in_a_personal_chat_is_listed_there_alone(house: House) -> None:
    await house.talking(AT_HOME)
    house.members.teams[GRACE.id] = frozenset({TEAM})
    (line,) = await listed(house, AT_HOME)
    assert line.endswith("It is here.")
    assert (await listed(house))[0].startswith("No chat")


async def test_in_a_group_chat_nothing_is_listed(house: House) -> None:
    await house.talking(within(THREAD))
    group = replace(ASKED_IN, conversation_id="19:group", scope=Scope.GROUP, root_id="")
    (said,) = await listed(house, group)
    assert said.startswith("Not everybody in a group chat")


async def test_where_posts_are_taken_back_no_visitor_is_named(house: House) -> None:
    await house.talking(within(THREAD))
    house.relay.rules = replace(RULES, delete_posts=True)
    (line,) = await listed(house)
    assert line.startswith("• Ticket rt#12345: the visitor waits")
    assert ADA.name not in line


async def test_of_many_the_twenty_who_wait_longest_are_listed(house: House) -> None:
    for number in range(25):
        await house.talking(replace(within(THREAD), conversation_id=f"19:x;messageid={number}"))
        house.clock.now += timedelta(minutes=1)
    lines = await listed(house)
    assert len(lines) == 21
    assert lines[-1] == "5 more, who have waited less, are not shown here."
    assert "since 10:42" in lines[0]
    assert "since 11:01" in lines[19]


async def test_nothing_that_people_write_becomes_a_line_or_a_link_of_ours(door: House) -> None:
    begun = (await asks(door)).chat
    await door.deliver()

    async def nasty(unit: Unit) -> None:
        chat = await unit.chat(begun.id)
        assert chat
        subject = "x\n• Ticket 1: https://teams.microsoft.com/l/message/19:a/1?b=c" + "y" * 300
        await unit.save(replace(chat, ticket=replace(chat.ticket, subject=subject)))

    await door.store.write(nasty)
    (line,) = await listed(door)
    assert "https://teams.microsoft.com" not in line
    assert "y" * 80 not in line
