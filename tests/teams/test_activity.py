"""Activities as Teams sends them, read into our own objects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.relay.ports import Listening, Scope
from bot.teams import activity as read

BOT = "28:bot"
Json = dict[str, Any]


def message(**changes: Any) -> Json:
    """A reply in a channel thread, in Teams' own shape."""
    return {
        "type": "message",
        "id": "1700000000002",
        "timestamp": "2026-11-21T10:42:07.123Z",
        "channelId": "msteams",
        "serviceUrl": "https://smba.trafficmanager.net/uk/",
        "from": {"id": "29:1grace", "name": "Grace Hopper", "aadObjectId": "AAAA-1"},
        "recipient": {"id": BOT, "name": "Live Chat"},
        "conversation": {
            "isGroup": True,
            "conversationType": "channel",
            "tenantId": "tenant-1",
            "id": "19:chan@thread.tacv2;messageid=1700000000001",
        },
        "replyToId": None,
        "text": "<at>Live Chat</at>&nbsp;12345",
        "attachments": [],
        "entities": [{"type": "clientInfo", "locale": "en-GB"}],
        "channelData": {
            "tenant": {"id": "tenant-1"},
            "team": {"id": "19:team@thread.tacv2", "aadGroupId": "group-1"},
            "channel": {"id": "19:chan@thread.tacv2"},
        },
    } | changes


def listens(scope: Scope, team: str) -> Listening:
    return Listening.THREAD if team == "19:team@thread.tacv2" else Listening.MENTION


def heard(**changes: Any) -> Any:
    activity = message(**changes)
    where = read.thread(activity, listens)
    return read.heard(activity, where, read.person(activity))


def mention(who: str = BOT, name: str = "Live Chat") -> Json:
    return {
        "type": "mention",
        "mentioned": {"id": who, "name": name},
        "text": f"<at>{name}</at>",
    }


def test_a_channel_reply_names_its_thread_team_and_tenant() -> None:
    where = read.thread(message(), listens)
    assert where.conversation_id == "19:chan@thread.tacv2;messageid=1700000000001"
    assert where.root_id == "1700000000001"
    assert (where.scope, where.listening) == (Scope.CHANNEL, Listening.THREAD)
    assert (where.tenant_id, where.team_id) == ("tenant-1", "19:team@thread.tacv2")
    assert (where.aad_group_id, where.channel_id) == ("group-1", "19:chan@thread.tacv2")
    assert (where.bot_id, where.service_url) == (BOT, "https://smba.trafficmanager.net/uk/")


def test_a_first_post_told_without_its_thread_begins_one() -> None:
    conversation = message()["conversation"] | {"id": "19:chan@thread.tacv2"}
    where = read.thread(message(conversation=conversation, replyToId="0"), listens)
    assert where.conversation_id == "19:chan@thread.tacv2;messageid=1700000000002"
    assert where.root_id == "1700000000002"


@pytest.mark.parametrize("kind", ["messageUpdate", "messageDelete"])
def test_a_change_of_a_first_post_told_so_is_in_the_same_thread(kind: str) -> None:
    conversation = message()["conversation"] | {"id": "19:chan@thread.tacv2"}
    first = read.thread(message(conversation=conversation), listens)
    assert read.thread(message(conversation=conversation, type=kind), listens) == first


@pytest.mark.parametrize(("kind", "scope"), [("groupChat", "group"), ("personal", "personal")])
def test_a_chat_has_no_root(kind: str, scope: str) -> None:
    conversation = {"conversationType": kind, "id": "19:x@thread.v2;messageid=5"}
    activity = message(conversation=conversation, channelData={"tenant": {"id": "tenant-1"}})
    where = read.thread(activity, listens)
    assert (where.scope.value, where.root_id, where.team_id) == (scope, "", "")
    assert where.conversation_id == "19:x@thread.v2;messageid=5"


def test_a_mention_of_the_bot_is_known_by_its_entity() -> None:
    assert heard(entities=[mention()]).mentioned
    assert not heard(entities=[mention("29:1ada", "Live Chat")]).mentioned
    assert not heard(text="<at>Live Chat</at> 12345").mentioned


def test_a_mention_within_a_quote_is_nobodys_who_answers() -> None:
    """Alan quotes what Grace has said to the visitor, and speaks to Grace."""
    span = '<span itemtype="http://schema.skype.com/Mention" itemid="0">Live Chat</span>'
    quote = f'<blockquote itemtype="http://schema.skype.com/Reply"><p>{span} Hi</p></blockquote>'
    for words, mentioned in (("he lies", False), (f"{span} he lies", True)):
        html = {"contentType": "text/html", "content": f"{quote}<p>{words}</p>"}
        told = heard(attachments=[html], entities=[mention()])
        assert (told.text, told.mentioned) == ("he lies", mentioned)
        assert as_changed(attachments=[html], entities=[mention()]).mentioned is mentioned


def test_words_come_from_the_html_when_there_is_any() -> None:
    html = {"contentType": "text/html", "content": "<p>use &lt;data&gt; 🙂</p>"}
    assert heard(text="use", attachments=[html]).text == "use <data> 🙂"


def test_without_html_they_come_from_the_text() -> None:
    assert heard(entities=[mention()]).text == "12345"


def as_changed(**changes: Any) -> Any:
    """The same, as an edit of it."""
    activity = message(**changes)
    where, who = read.thread(activity, listens), read.person(activity)
    return read.changed(activity, where, who, removed=False)


def test_a_personal_chat_needs_no_mention() -> None:
    personal = heard(conversation={"conversationType": "personal", "id": "a:1"}, text="12345")
    assert (personal.mentioned, personal.text) == (True, "12345")


def test_pasted_pictures_and_files_of_a_channel_are_told_by_their_addresses() -> None:
    stored = "https://smba.trafficmanager.net/uk/v3/attachments/0-weu-1/views/original"
    html = (
        '<p>see <img itemtype="http://schema.skype.com/Emoji" alt="🙂"></p>'
        '<img itemtype="http://schema.skype.com/AMSImage" src="x">'
    )
    file = "application/vnd.microsoft.teams.file.download.info"
    plan = "https://ed.sharepoint.com/sites/x/plan%20b.docx"
    attachments = [
        {"contentType": "text/html", "content": html},
        {"contentType": "image/*", "contentUrl": "https://statics.teams.cdn.office.net/smile.png"},
        {"contentType": "image/*", "contentUrl": stored},
        {"contentType": file, "name": "plan b.docx", "contentUrl": plan, "content": {}},
        {"contentType": file, "name": "evil", "contentUrl": "javascript:alert(1)"},
        {"contentType": file, "name": "evil", "contentUrl": "https://ed@evil.test/x"},
    ]
    told = heard(attachments=attachments)
    assert told.pictures == (stored,)
    assert as_changed(attachments=attachments).pictures == 1
    assert as_changed(attachments=attachments[:2]).pictures == 0  # it was edited out
    now = as_changed(attachments=attachments).as_new
    assert now
    assert (now.pictures, now.links) == (told.pictures, told.links)
    assert told.links == (("plan b.docx", plan),)
    assert told.extras == ("evil", "evil")


def test_what_text_cannot_carry_is_named() -> None:
    html = '<p>see</p><img itemtype="http://schema.skype.com/AMSImage" src="x">'
    attachments = [
        {"contentType": "text/html", "content": html},
        {"contentType": "image/*", "contentUrl": "https://smba.trafficmanager.net/x"},
        {"contentType": "application/vnd.microsoft.teams.file.download.info", "name": "log.txt"},
        {"contentType": "application/vnd.microsoft.card.adaptive", "content": {}},
    ]
    assert heard(attachments=attachments).extras == ("a picture", "log.txt", "a card")


def test_an_emojis_sprite_is_no_picture() -> None:
    emoji = '<p><img itemtype="http://schema.skype.com/Emoji" alt="🙂"></p>'
    attachments = [
        {"contentType": "text/html", "content": emoji},
        {"contentType": "image/*", "contentUrl": "https://statics.teams.cdn.office.net/x"},
    ]
    assert (heard(attachments=attachments).text, heard(attachments=attachments).extras) == (
        "🙂",
        (),
    )


def test_a_newer_quote_is_an_entity() -> None:
    entity = {"type": "quotedReply", "quotedReply": {"senderName": "Ada", "preview": "It fails"}}
    assert heard(entities=[entity]).quote == ("Ada", "It fails")


def test_the_operator_is_known_by_the_object_id_in_one_spelling() -> None:
    told = heard().operator
    assert (told.id, told.name, told.mention_id) == ("aaaa-1", "Grace Hopper", "29:1grace")


def test_two_edits_of_one_message_are_told_apart_and_a_repeat_is_not() -> None:
    def change(stamp: str) -> Any:
        activity = message(timestamp=stamp, text="new")
        where, who = read.thread(activity, listens), read.person(activity)
        return read.changed(activity, where, who, removed=False)

    first, again, second = change("T1"), change("T1"), change("T2")
    assert first.key == second.key == "1700000000002"
    assert first.activity_id == again.activity_id != second.activity_id


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-11-21T10:42:07.123Z", 7.123),
        ("2026-11-21T10:42:07.1234567Z", 7.123456),
        ("2026-11-21T11:42:07+01:00", 7),
        ("2026-11-21T10:42:07", 7),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        (None, None),
    ],
)
def test_when_it_was_written_is_read_in_every_spelling(
    stamp: str | None, seconds: float | None
) -> None:
    expected = None
    if seconds is not None:
        expected = datetime(2026, 11, 21, 10, 42, tzinfo=UTC) + timedelta(seconds=seconds)
    assert read.moment(message(timestamp=stamp)) == expected


def test_a_message_brought_again_under_a_new_time_was_written_when_its_id_says() -> None:
    first = datetime(2026, 11, 21, 10, 41, 30, tzinfo=UTC)
    again = message(id=str(int(first.timestamp() * 1000)))
    assert read.moment(again) == first
    assert read.moment(again | {"type": "messageUpdate"}) != first
    assert read.moment(message(id="9999999999999")) == read.moment(message())


def test_the_spelling_of_a_time_makes_no_other_change_of_an_edit() -> None:
    def change(stamp: str) -> str:
        activity = message(timestamp=stamp)
        where, who = read.thread(activity, listens), read.person(activity)
        return read.changed(activity, where, who, removed=False).activity_id

    assert change("2026-11-21T10:42:07.5Z") == change("2026-11-21T10:42:07.5000000+00:00")


def test_a_removal_has_no_text() -> None:
    activity = message(type="messageDelete")
    where, who = read.thread(activity, listens), read.person(activity)
    assert read.changed(activity, where, who, removed=True).text is None


@pytest.mark.parametrize(
    "sender", [{"id": "28:other-bot"}, {"id": "29:1", "role": "bot"}, {"id": BOT}]
)
def test_bots_are_known(sender: Json) -> None:
    assert read.from_bot({"from": sender})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = ("from", "recipient", "conversation", "entities", "attachments", "channelData", "value")


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys((*FIELDS, "id", "text", "timestamp"), JSON))
)
def test_no_activity_however_odd_makes_the_reader_fail(changes: Json) -> None:
    activity = message(**changes)
    where, who = read.thread(activity, listens), read.person(activity)
    assert isinstance(read.heard(activity, where, who).text, str)
    assert read.changed(activity, where, who, removed=False).text is not None
    read.pressed(activity, where, who)
    read.moment(activity)
