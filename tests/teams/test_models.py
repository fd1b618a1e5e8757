"""Activities become the same JSON as by the SDK's own serializer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botbuilder.schema import (
    Activity,
    ActivityTypes,
    Attachment,
    ChannelAccount,
    ConversationAccount,
    Entity,
    Mention,
)

from bot.teams.models import as_json

ACTIVITIES = [
    Activity(
        type=ActivityTypes.message,
        text="hello",
        text_format="plain",
        from_property=ChannelAccount(id="28:bot"),
        conversation=ConversationAccount(id="19:x;messageid=5", is_group=True),
        timestamp=datetime(2026, 11, 21, 10, 42, 7, tzinfo=UTC),
    ),
    Activity(
        type="message",
        entities=[Mention(type="mention", text="<at>G</at>", mentioned=ChannelAccount(id="29:1"))],
        attachments=[Attachment(content_type="x", content={"a": [1, None, True, {"b": 0.5}]})],
    ),
    Activity(type="invokeResponse", value={"status": 200, "none": None}),
    Activity(),
]


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_it_is_what_the_sdk_would_send(activity: Activity) -> None:
    theirs = activity.serialize()
    if stamp := theirs.get("timestamp"):
        theirs["timestamp"] = stamp.replace(".000Z", "Z")
    assert as_json(activity) == theirs


def test_fields_that_the_sdk_does_not_know_are_not_lost() -> None:
    entity = Entity.deserialize({"type": "mention", "mentioned": {"id": "29:1"}})
    assert as_json(entity) == {"type": "mention", "mentioned": {"id": "29:1"}}


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(TypeError, match="object is nothing"):
        as_json({"x": object()})
