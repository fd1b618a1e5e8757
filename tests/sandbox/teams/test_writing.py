"""What a person types becomes what Teams sends."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.sandbox.teams.writing import Picture, Quoted, write


@dataclass
class Someone:
    id: str
    name: str


BOT = Someone("28:app", "Live Chat")
GRACE = Someone("29:1grace", "Grace Hopper")
PEOPLE = [BOT, GRACE]


def test_a_mention_stands_in_text_html_and_entities() -> None:
    done = write("@Live Chat 12345", PEOPLE)
    assert done.text.strip() == "<at>Live Chat</at>&nbsp;12345"
    assert done.html == (
        '<p><span itemscope itemtype="http://schema.skype.com/Mention" itemid="0">Live Chat</span>'
        "&nbsp;12345</p>"
    )
    assert done.entities == [
        {
            "type": "mention",
            "text": "<at>Live Chat</at>",
            "mentioned": {"id": "28:app", "name": "Live Chat"},
        }
    ]


def test_several_mentions_are_numbered_and_longer_words_are_none() -> None:
    done = write("@Live Chat ask @Grace Hopper, not @Live Chats", PEOPLE)
    assert [entity["mentioned"]["id"] for entity in done.entities] == ["28:app", "29:1grace"]
    assert 'itemid="1">Grace Hopper</span>' in done.html
    assert "@Live Chats" in done.html


def test_emoji_are_pictures_in_the_html_and_missing_from_the_text() -> None:
    done = write("all good 🙂 now", PEOPLE)
    assert "🙂" not in done.text
    assert 'alt="🙂"' in done.html
    assert done.attachments[0]["contentType"] == "image/*"


@pytest.mark.parametrize(
    ("typed", "text", "markup"),
    [
        ("cat <data> > x", "cat  > x", "cat &lt;data&gt; &gt; x"),
        ("one\ntwo", "one two", "one<br>two"),
        ("one\n\ntwo", "one two", "<p>one</p><p>two</p>"),
        ("use `rm <f>`", "use rm", "<code>rm &lt;f&gt;</code>"),
        ("see https://a.example/?b=1&c=2.", "see https://a.example/?b=1&c=2.", "b=1&amp;c=2</a>."),
    ],
)
def test_the_text_is_poorer_than_the_html(typed: str, text: str, markup: str) -> None:
    done = write(typed, PEOPLE)
    assert done.text.strip() == text
    assert markup in done.html


def test_fenced_lines_are_a_code_block_that_keeps_its_lines() -> None:
    done = write("try\n```bash\nfor x in *; do\n  echo $x\n```\nthen", PEOPLE)
    assert '<codeblock class="bash"><code>for x in *; do<br>&nbsp; echo $x</code>' in done.html
    assert done.html.endswith("<p>then</p>")


def test_pictures_and_quotes_have_the_forms_of_skype() -> None:
    quoted = Quoted("1700", "Ada <b>", "29:1ada", "before & after")
    done = write("yes", PEOPLE, [Picture("http://127.0.0.1/v3/attachments/1")], quoted)
    assert done.html.startswith('<blockquote itemscope itemtype="http://schema.skype.com/Reply"')
    assert "Ada &lt;b&gt;" in done.html
    assert 'itemtype="http://schema.skype.com/AMSImage"' in done.html
    assert {"contentType": "image/*", "contentUrl": "http://127.0.0.1/v3/attachments/1"} in (
        done.attachments
    )
    assert "before" not in done.text
