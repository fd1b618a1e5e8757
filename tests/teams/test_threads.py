"""Posts in the thread: cards, the visitor's words, notices."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import pytest

from bot.domain.effects import Word
from bot.domain.files import File
from bot.domain.messages import MAX_MESSAGE_BYTES, Kind, Message
from bot.relay.outcomes import Gone, NotDone, Refused, Unclear
from bot.relay.ports import CardView, ChatList, Entry, Listening, Tell, Thread
from bot.sandbox.teams import Fault, Post, TeamsStandIn
from tests.people import ADA, NOW, proposed, talking
from tests.teams.stage import Stage, served


def said(seq: int, text: str) -> Message:
    return Message(seq, ADA, Kind.SAID, text, NOW, f"key-{seq}")


async def begun(stage: Stage) -> Thread:
    """A thread of the channel that Grace began."""
    root = await stage.teams.people["grace"].post("Live chat", "Hello")
    return stage.thread(root=root.id)


def last(stage: Stage) -> Post:
    return stage.teams.posts("Live chat")[-1]


async def test_a_visitors_words_stand_in_the_thread_with_name_time_and_number(
    stage: Stage,
) -> None:
    thread = await begun(stage)
    text = "It says <b>E13</b> & *nothing*\n  at all"
    (post_id,) = await stage.room.threads.relay(thread, talking(), [said(3, text)], resent=False)
    post = last(stage)
    assert (post.id, post.root_id, post.text_format) == (post_id, thread.root_id, "plain")
    assert post.text == f"Ada Lovelace · 10:42 · #3\n{text}"
    assert (post.entities, post.attachments) == ([], [])


async def test_a_repeat_is_labelled(stage: Stage) -> None:
    thread = await begun(stage)
    await stage.room.threads.relay(thread, talking(), [said(3, "hello")], resent=True)
    assert last(stage).text.startswith("Ada Lovelace · 10:42 · #3 (resent)\n")


async def test_markup_and_mentions_in_a_visitors_words_stay_words(stage: Stage) -> None:
    thread = await begun(stage)
    text = "<at>Grace Hopper</at> [x](https://evil.test) ![](https://evil.test/a.png)"
    await stage.room.threads.relay(thread, talking(), [said(3, text)], resent=False)
    sent = stage.teams.ledger.sent("send")[-1].activity
    assert sent is not None
    assert "entities" not in sent
    assert sent["textFormat"] == "plain"
    assert text in sent["text"]


async def test_the_longest_message_is_one_post(stage: Stage) -> None:
    thread = await begun(stage)
    text = "x" * MAX_MESSAGE_BYTES
    await stage.room.threads.relay(thread, talking(), [said(3, text)], resent=False)
    assert last(stage).text.endswith(text)


def bots_posts(stage: Stage, thread: Thread) -> list[str]:
    return [post.text for post in stage.teams.posts("Live chat", thread.root_id) if not post.author]


async def test_messages_that_wait_together_share_posts_up_to_teams_limit(stage: Stage) -> None:
    thread = await begun(stage)
    lines = [said(seq, f"{seq}" * 18_000) for seq in (3, 4, 5)]
    await stage.room.threads.relay(thread, talking(), lines, resent=False, behind=14)
    texts = bots_posts(stage, thread)
    assert [text.count(" · #") for text in texts] == [2, 1]
    assert [text.endswith("\n\nTeams is slow: 14 s behind.") for text in texts] == [False, True]


@pytest.mark.parametrize("char", ['"', "\n.", "\\", "<", "&", "\t.", "é", "\U0001f600"])
async def test_no_message_is_too_big_for_teams_whatever_it_is_made_of(
    stage: Stage, char: str
) -> None:
    thread = await begun(stage)
    text = char * (MAX_MESSAGE_BYTES // len(char.encode()))
    await stage.room.threads.relay(thread, talking(), [said(3, text)], resent=False)
    assert {entry.status for entry in stage.teams.ledger.sent("send")} == {201}
    shown = [text.partition("\n")[2] for text in bots_posts(stage, thread)]
    assert "".join(shown) == text


async def test_what_teams_finds_too_big_is_sent_in_smaller_posts(stage: Stage) -> None:
    thread = await begun(stage)
    stage.teams.faults.add(Fault.too_big(on="send"))
    lines = [said(3, "x" * 9_000), said(4, "y" * 9_000)]
    await stage.room.threads.relay(thread, talking(), lines, resent=False)
    heads = [text.partition("\n")[0] for text in bots_posts(stage, thread)]
    name = "Ada Lovelace · 10:42"
    assert heads == [
        f"{name} · #3 (1/2)",
        f"{name} · #3 (2/2)",
        f"{name} · #4 (1/2)",
        f"{name} · #4 (2/2)",
    ]


async def test_what_teams_finds_too_big_however_small_it_is_is_refused(stage: Stage) -> None:
    thread = await begun(stage)
    stage.teams.faults.add(Fault.too_big(on="send", times=None))
    with pytest.raises(Refused, match="too big"):
        await stage.room.threads.relay(thread, talking(), [said(3, "x" * 9_000)], resent=False)
    assert len(stage.teams.ledger.sent("send")) < 10


def shown(seq: int, name: str, kind: str, text: str = "") -> Message:
    return replace(said(seq, text or name), file=File("v-k", name, kind, 182_044))


async def test_a_picture_stands_below_its_description(stage: Stage) -> None:
    thread = await begun(stage)
    line = shown(3, "tray.png", "image/png", "The open tray")
    pictures = (b"\xff\xd8big", b"\xff\xd8small")
    await stage.room.threads.relay(thread, talking(), [line], resent=False, pictures=pictures)
    post = last(stage)
    head = "Ada Lovelace · 10:42 · #3"
    assert post.text == f"{head}\nThe open tray\nFile: tray.png (182.0 kB)"
    (image,) = post.attachments
    encoded = base64.b64encode(pictures[0]).decode()
    assert image["contentUrl"] == f"data:image/jpeg;base64,{encoded}"


@pytest.mark.parametrize("times", [1, 2])
async def test_of_a_picture_that_teams_finds_too_big_a_smaller_one_is_shown_or_none(
    stage: Stage, times: int
) -> None:
    thread = await begun(stage)
    stage.teams.faults.add(Fault.too_big(on="send", times=times))
    line = shown(3, "tray.png", "image/png")
    pictures = (b"\xff\xd8big", b"\xff\xd8small")
    await stage.room.threads.relay(thread, talking(), [line], resent=False, pictures=pictures)
    (post,) = bots_posts(stage, thread)
    assert ("The picture cannot be shown here" in post) == (times == 2)
    assert len(last(stage).attachments) == 2 - times


async def test_a_document_is_named(stage: Stage) -> None:
    thread = await begun(stage)
    line = shown(3, "[x](https://evil.test)<at>.pdf", "application/pdf")
    await stage.room.threads.relay(thread, talking(), [line], resent=False)
    sent = stage.teams.ledger.sent("send")[-1].activity
    assert sent is not None
    assert sent["textFormat"] == "plain"
    assert "entities" not in sent
    assert sent["text"] == (
        "Ada Lovelace · 10:42 · #3\nFile: [x](https://evil.test)<at>.pdf (182.0 kB)\n"
        "It goes onto the ticket with the chat."
    )


async def test_the_rest_of_several_posts_waits_for_teams_a_little(stage: Stage) -> None:
    thread = await begun(stage)
    stage.teams.faults.add(Fault.throttled(on="send", skip=1, retry_after=0.1))
    lines = [said(seq, "x" * 25_000) for seq in (3, 4)]
    await stage.room.threads.relay(thread, talking(), lines, resent=False)
    assert len(bots_posts(stage, thread)) == 2


@pytest.mark.parametrize("fault", [Fault.throttled(60), Fault.gateway(502), Fault.not_in_roster()])
async def test_posts_of_which_only_some_went_out_are_unclear(stage: Stage, fault: Fault) -> None:
    thread = await begun(stage)
    stage.teams.faults.add(replace(fault, on="send", skip=1))
    lines = [said(seq, "x" * 25_000) for seq in (3, 4)]
    with pytest.raises(Unclear) as caught:
        await stage.room.threads.relay(thread, talking(), lines, resent=False)
    there = stage.teams.posts("Live chat", thread.root_id)
    assert list(caught.value.posts) == [post.id for post in there if not post.author]


@pytest.mark.parametrize("before", [["hello"], []])
async def test_what_is_too_big_behind_posts_that_went_out_is_unclear(
    stage: Stage, before: list[str]
) -> None:
    thread = await begun(stage)
    stage.teams.faults.add(Fault.too_big(on="send"), Fault.too_big(on="send", skip=1, times=None))
    texts = [*before, "x" * 9_000]
    lines = [said(seq, text) for seq, text in enumerate(texts, 3)]
    with pytest.raises(Unclear, match="too big"):
        await stage.room.threads.relay(thread, talking(), lines, resent=False)
    assert len(bots_posts(stage, thread)) == 1


async def test_a_post_of_the_bot_is_taken_back(stage: Stage) -> None:
    thread = await begun(stage)
    lines = [said(seq, "x" * 25_000) for seq in (3, 4)]
    posts = await stage.room.threads.relay(thread, talking(), lines, resent=False)
    assert len(posts) == 2
    for post in posts:
        await stage.room.threads.erase(thread, post)
    gone = [post.id for post in stage.teams.posts("Live chat") if post.deleted]
    assert gone == posts


async def test_the_card_is_posted_once_and_then_edited(stage: Stage) -> None:
    thread = await begun(stage)
    card = await stage.room.threads.show(thread, CardView(proposed(), Listening.THREAD), "")
    same = await stage.room.threads.show(thread, CardView(talking(), Listening.THREAD), card)
    cards = [post for post in stage.teams.posts("Live chat") if post.cards]
    assert (same, len(cards)) == (card, 1)
    assert cards[0].root_id == thread.root_id
    assert "Nobody has written" in str(cards[0].cards[0])


async def test_a_card_that_was_deleted_is_posted_anew(stage: Stage) -> None:
    thread = await begun(stage)
    view = CardView(proposed(), Listening.THREAD)
    card = await stage.room.threads.show(thread, view, "")
    last(stage).deleted = True
    assert await stage.room.threads.show(thread, view, card) not in {"", card}


async def test_a_card_that_another_one_took_the_place_of_says_so_and_has_no_buttons(
    stage: Stage,
) -> None:
    thread = await begun(stage)
    view = CardView(talking(), Listening.THREAD)
    old = await stage.room.threads.show(thread, view, "")
    new = await stage.room.threads.show(thread, view, "")
    await stage.room.threads.retire(thread, talking(), old)
    cards = {post.id: post.cards[0] for post in stage.teams.posts("Live chat") if post.cards}
    assert list(cards) == [old, new]
    assert "posted anew further down" in str(cards[old]["body"])
    assert "12345" in str(cards[old]["body"][0])
    assert (cards[old]["actions"], bool(cards[new]["actions"])) == ([], True)
    assert "Ada Lovelace" not in str(cards[old])


async def test_an_edit_whose_answer_was_lost_may_be_made_again(stage: Stage) -> None:
    thread = await begun(stage)
    view = CardView(proposed(), Listening.THREAD)
    card = await stage.room.threads.show(thread, view, "")
    stage.teams.faults.add(Fault.lost_answer(on="update", times=None))
    with pytest.raises(NotDone):
        await stage.room.threads.show(thread, view, card)
    stage.teams.faults.clear()
    assert await stage.room.threads.show(thread, view, card) == card


async def test_a_notice_mentions_whom_it_calls(stage: Stage) -> None:
    thread = await begun(stage)
    grace = stage.teams.world.people["grace"]
    notice = Tell(Word.JOINED, "", talking(), (grace.object_id, "Grace <Hopper> & Co"))
    await stage.room.threads.tell(thread, notice)
    post = last(stage)
    tag = "<at>Grace &lt;Hopper&gt; &amp; Co</at>"
    assert post.text.startswith(f"{tag} Ada Lovelace joined")
    assert post.entities == [
        {
            "type": "mention",
            "text": tag,
            "mentioned": {"id": grace.object_id, "name": "Grace <Hopper> & Co"},
        }
    ]


async def test_a_list_of_chats_names_people_for_whoever_asked_and_in_a_group_nobody(
    stage: Stage,
) -> None:
    thread, grace = await begun(stage), stage.teams.world.people["grace"]
    to, chat = (grace.object_id, "Grace Hopper"), talking()
    here = Entry(chat, None, "", here=True)
    for chats in (ChatList(NOW, (here,), (), named=True), None):
        await stage.room.threads.list_chats(thread, chats, to, resent=True)
    shown, withheld = (post.text for post in stage.teams.posts("Live chat")[-2:])
    assert shown.startswith("<at>Grace Hopper</at> • Ticket rt#12345")
    assert "Ada Lovelace waits for no word, and is there;" in shown
    assert shown.endswith("(resent)")
    assert "Ada" not in withheld


async def test_a_notice_to_nobody_in_particular_is_plain(stage: Stage) -> None:
    thread = await begun(stage)
    await stage.room.threads.tell(thread, Tell(Word.KNOCKED_AGAIN, "", talking()))
    assert (last(stage).text_format, last(stage).entities) == ("plain", [])


async def test_a_thread_that_is_gone_is_told(stage: Stage) -> None:
    thread = await begun(stage)
    stage.teams.faults.add(Fault.not_in_roster(times=None))
    with pytest.raises(Gone):
        await stage.room.threads.show(thread, CardView(proposed(), Listening.THREAD), "5")


async def test_a_stored_service_url_elsewhere_gets_no_token(stage: Stage) -> None:
    thread = replace(await begun(stage), service_url="https://evil.example/")
    with pytest.raises(Refused):
        await stage.room.threads.tell(thread, Tell(Word.KNOCKED_AGAIN, "", talking()))
    assert stage.teams.login.token_requests == 1  # for the roster, not for this


async def test_fifty_sends_at_once_fetch_one_token(teams: TeamsStandIn) -> None:
    teams.login.delay = 0.15
    async with served(teams) as stage:
        thread = stage.thread()
        chat = talking()
        await asyncio.gather(
            *(
                stage.room.threads.relay(thread, chat, [said(n, "hello")], resent=False)
                for n in range(50)
            )
        )
        assert teams.login.token_requests == 1
        assert len(teams.posts("Live chat")) == 50
