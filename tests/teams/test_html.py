"""What an operator wrote is read as meant, whatever Teams' HTML looks like."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import without_notes
from bot.sandbox.teams import writing
from bot.teams.html import Mention, Written, read_html, read_text

BOT = Mention("Live Chat", is_bot=True)
ADA = Mention("Ada Lovelace", is_bot=False)


def span(item: int, name: str) -> str:
    kind = 'itemscope itemtype="http://schema.skype.com/Mention"'
    return f'<span {kind} itemid="{item}">{name}</span>'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p>\n<p>two</p>", "one\ntwo"),
        ("<p>one<br>two</p>", "one\ntwo"),
        ("<p>one</p><p>&nbsp;</p><p>two</p>", "one\n\ntwo"),
        ("<div><div>one</div><div>two</div></div>", "one\ntwo"),
        ("<p>a &lt;data&gt; &amp;amp; b</p>", "a <data> &amp; b"),
        ("<p>cat x &gt; /tmp/y 2&gt;&amp;1</p>", "cat x > /tmp/y 2>&1"),
        ("<p>two&nbsp; spaces</p>", "two  spaces"),
        ("<p>some <b>bold</b>, <i>slanted</i> <u>words</u></p>", "some bold, slanted words"),
        ("<p>Come at <s>2 pm</s> 3 pm</p>", "Come at ~~2 pm~~ 3 pm"),
        ("<p>Do <del>not</del> press it</p>", "Do ~~not~~ press it"),
        ("<p>run <code>ls -l</code> now</p>", "run ls -l now"),
        (
            '<codeblock class="Python"><code>if x:<br>&nbsp; &nbsp; y &lt; 3</code></codeblock>',
            "if x:\n    y < 3",
        ),
        ("<p>so:</p><pre>a\n  b\n\nc</pre><p>done</p>", "so:\na\n  b\n\nc\ndone"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("<ul><li><p>one</p></li><li>two<ul><li>in</li></ul></li></ul>", "- one\n- two\n  - in"),
        ("<ol><li>first</li><li>second</li></ol>", "1. first\n2. second"),
        ('<ol start="2"><li>second</li><li>third</li></ol>', "2. second\n3. third"),
        ("<ol><li>a</li></ol><p>so:</p><ol start='2'><li>b</li></ol>", "1. a\nso:\n2. b"),
        ('<ol start="0"><li>a</li></ol><ol start="-2"><li>b</li></ol>', "1. a\n1. b"),
        ('<ol start="x"><li>a</li></ol><ol start="1000"><li>b</li></ol>', "1. a\n1. b"),
        ('<a href="https://x.test/a">here</a>', "here (https://x.test/a)"),
        ('<a href="https://x.test/a">https://x.test/a</a>', "https://x.test/a"),
        ('<a href="https://x.test/">https://x.test</a>', "https://x.test"),
        ('<a href="mailto:a@x.test">a@x.test</a>', "a@x.test"),
        ('<a href="javascript:alert(1)">press</a>', "press"),
        ("<blockquote><p>they said</p></blockquote><p>yes</p>", "> they said\nyes"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a | b\nc"),
        ("<table><tr><td>a</td><td><p>// b</p></td></tr></table>", "// a | // b"),
        ("<table><tr><td></td><td></td></tr><tr><td>a</td></tr></table>", "|\na"),
        ("<h1>Title</h1><p>text</p>", "Title\ntext"),
        ("<p>a</p><script>alert(1)</script><style>p{}</style><p>b</p>", "a\nb"),
        ("<p>a<!-- hidden --></p>", "a"),
        ("just text", "just text"),
        ("", ""),
    ],
)
def test_html_reads_as_the_text_that_was_meant(html: str, text: str) -> None:
    assert read_html(html, []).text == text


def test_paragraphs_in_a_tables_cells_do_not_part_its_rows() -> None:
    cells = "<td><p>a</p></td>\n<td><p>&nbsp;</p></td><td><div>b</div></td>"
    html = f"<p>so:</p><table><tr>{cells}</tr><tr><td>\n<p>c</p><p>d</p></td></tr></table><p>e</p>"
    assert read_html(html, []).text == "so:\na |   | b\nc\nd\ne"


def test_emoji_are_kept() -> None:
    emoji = '<img itemscope itemtype="http://schema.skype.com/Emoji" itemid="smile" alt="🙂">'
    assert read_html(f"<p>fine {emoji}!</p>", []) == Written("fine 🙂!")


def test_pasted_pictures_are_counted_not_shown() -> None:
    picture = '<img itemscope itemtype="http://schema.skype.com/AMSImage" src="x" alt="image">'
    assert read_html(f"<p>see {picture}</p>", []) == Written("see", pictures=1)


def test_the_bots_mention_is_cut_out_and_others_stay_as_names() -> None:
    html = f"<p>{span(0, 'Live Chat')}&nbsp;ask {span(1, 'Ada')} please</p>"
    assert read_html(html, [BOT, ADA]).text == "ask Ada Lovelace please"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (": help", "help"),
        (", show card", "show card"),
        (" - end chat", "end chat"),
        ("– end chat", "end chat"),
        ("—end chat", "end chat"),
        ("; help", "help"),
        (":help", "help"),
        (":", ""),
        (":, - Good day: Ada", "Good day: Ada"),
        (": // a note", "// a note"),
        (" :) hello", ":) hello"),
        (" :-) hello", ":-) hello"),
        (" ;P hello", ";P hello"),
        (" -5 degrees", "-5 degrees"),
        (" --help shows it", "--help shows it"),
        (" “hello”", "“hello”"),
    ],
)
def test_what_parts_the_bots_mention_from_the_words_is_none_of_them(typed: str, said: str) -> None:
    html = f"<p>{span(0, 'Live Chat')}{typed.replace(' ', '&nbsp;', 1)}</p>"
    assert read_html(html, [BOT]).text == said
    assert read_text(f"<at>Live Chat</at>{typed}", [("<at>Live Chat</at>", BOT)]).text == said


def test_what_begins_another_line_or_stands_elsewhere_is_left_as_it_is() -> None:
    mention = span(0, "Live Chat")
    assert read_html(f"<p>{mention}</p><ul><li>one</li></ul>", [BOT]).text == "- one"
    assert read_html(f"<p>{mention}<br>- one</p>", [BOT]).text == "- one"
    assert read_html(f"<p>Good day{mention}: Ada</p>", [BOT]).text == "Good day: Ada"
    assert read_html("<p>: hello</p>", [BOT]).text == ": hello"


@pytest.mark.parametrize("name", ["Help", "12", "a.b*c", "<b>"])
def test_a_bots_name_is_not_cut_out_of_what_was_typed(name: str) -> None:
    shown = name.replace("<", "&lt;")
    html = f"<p>{span(0, shown)}&nbsp;{shown} me with rt 12345 {shown}</p>"
    read = read_html(html, [Mention(name, is_bot=True)])
    assert read.text == f"{name} me with rt 12345 {name}"


@pytest.mark.parametrize("item", ["7", "-1", "x", "", "99999999999999999999", "²"])
def test_a_mention_without_its_entity_is_what_is_written_there(item: str) -> None:
    html = f'<p>a <span itemtype="http://schema.skype.com/Mention" itemid="{item}">B</span> c</p>'
    assert read_html(html, [BOT]).text == "a B c"
    assert read_html(f"<p>a {span(0, '<b>B</b>')} c</p>", [Mention("", False)]).text == "a B c"


def test_the_message_that_is_answered_is_a_quote_and_not_said_again() -> None:
    html = (
        '<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="1700">'
        '<strong itemprop="mri" itemid="29:1">Ada Lovelace</strong><span itemprop="time"></span>'
        '<p itemprop="preview">It <b>still</b> fails</p></blockquote><p>Which printer?</p>'
    )
    assert read_html(html, []) == Written("Which printer?", ("Ada Lovelace", "It still fails"))


@pytest.mark.parametrize("itemtype", ["", ' itemtype="http://schema.skype.com/Reply"'])
def test_nothing_of_a_quoted_message_that_quotes_another_is_said_again(itemtype: str) -> None:
    html = (
        '<blockquote itemtype="http://schema.skype.com/Reply"><strong itemprop="mri">Alan</strong>'
        f"<blockquote{itemtype}><p>It fails</p></blockquote><p>He lies, I think.</p></blockquote>"
        "<p>Which printer?</p>"
    )
    assert read_html(html, []) == Written("Which printer?", ("Alan", "It failsHe lies, I think."))


def test_without_html_the_bots_mention_is_cut_out_of_the_text_by_its_entity() -> None:
    tags = [("<at>12</at>", Mention("12", is_bot=True)), ("<at>Ada</at>", ADA)]
    text = "<at>12</at>&nbsp;rt 12345 for <at>Ada</at>, not 12"
    assert read_text(text, tags).text == "rt 12345 for Ada Lovelace, not 12"


def test_without_html_a_typed_tag_is_left_alone() -> None:
    assert read_text("<at>Eve</at> is no mention", []).text == "<at>Eve</at> is no mention"


def test_without_html_a_note_may_name_a_colleague_first_as_well() -> None:
    tags = [("<at>Ada</at>", ADA), ("<at>Live Chat</at>", BOT)]
    assert read_text("<at>Ada</at> // he lies", tags[:1]).text == "// Ada Lovelace // he lies"
    read = read_text("<at>Ada</at>&nbsp;<at>Live Chat</at> end chat", tags)
    assert (read.text, read.behind) == ("Ada Lovelace  end chat", "end chat")


def test_without_html_lines_and_spaces_are_what_was_typed() -> None:
    typed = "if x:\n    y < 3 &amp; <b>\n\n- z"
    assert read_text(f"<at>Live Chat</at> {typed}", [("<at>Live Chat</at>", BOT)]).text == typed


# --- round trips ---------------------------------------------------------------------------------

WORDS = st.text(
    st.characters(
        blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs"), blacklist_characters="`@\xad"
    ),
    min_size=1,
    max_size=12,
)
LINES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


class _Bot:
    id = "28:bot"
    name = "Live Chat"


def _plain(text: str) -> bool:
    """Whether the stand-in writes it without links or emoji pictures, which have their own tests."""
    return not re.search(r"https?://", text) and text == text.strip()


@given(
    st.lists(LINES.filter(_plain), min_size=1, max_size=6).filter(
        lambda lines: lines[0][0] not in ":;,–—-"
    )
)
def test_lines_come_through_as_they_were_typed(lines: list[str]) -> None:
    typed = "\n".join(lines)
    written = writing.write(f"@Live Chat {typed}", [_Bot()])
    mentions = [Mention("Live Chat", is_bot=True)]
    assert read_html(written.html, mentions).text == typed


CODE = st.lists(
    st.text("abc <>&\"'=|$(){}[]#;:/\\*_~.-0123456789", max_size=30), min_size=1, max_size=6
).filter(lambda lines: bool(lines[0].strip()) and bool(lines[-1].strip()))


@given(CODE)
def test_code_comes_through_with_its_indentation(lines: list[str]) -> None:
    code = "\n".join(lines)
    written = writing.write(f"So:\n```sh\n{code}\n```", [])
    expected = "So:\n" + "\n".join(line.rstrip() for line in lines).rstrip()
    assert read_html(written.html, []).text == expected


PIECES = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<br>",
            "<ul>",
            "<li>",
            "</ul>",
            "<ol>",
            "</li>",
            "<a href='x:",
            "'>",
            "</a>",
        ),
        *("<blockquote itemtype='http://schema.skype.com/Reply'>", "</blockquote>", "<![foo[bar"),
        *(
            "<span itemtype='http://schema.skype.com/Mention' itemid='0'>",
            "</span>",
            "<pre>",
            "</pre>",
        ),
        *(
            "<strong itemprop='mri'>",
            "</strong>",
            "<table><tr><td>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
        ),
        *(
            "&#x110000;",
            "&nbsp",
            "&lt",
            "<?php",
            "<!doctype",
            "<svg><script>",
            "\x00",
            "<img alt=",
            "<",
        ),
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join))
def test_no_html_however_hostile_makes_the_reader_fail(html: str) -> None:
    read = read_html(html, [BOT, ADA])
    assert len(read.text) <= 20 * len(html) + 200


@given(st.text(max_size=200), st.lists(st.tuples(st.text(max_size=10), st.just(BOT)), max_size=3))
def test_no_text_however_odd_makes_the_reader_fail(
    text: str, tags: list[tuple[str, Mention]]
) -> None:
    assert len(read_text(text, tags).text) <= len(text) + 10


@pytest.mark.parametrize(
    "html",
    [
        "<blockquote>" * 12_000 + "x",
        "<b>" * 30_000 + "<i></i>" * 15_000 + "x",
        "<ul><li>a" * 12_000 + "x",
        "<p>" * 40_000 + "x",
        "<a href='https://x.test'>" * 10_000 + "x",
        "<span itemtype='http://schema.skype.com/Mention'>" * 5_000 + "x",
        "&nbsp; \n" * 30_000 + "x",
    ],
)
def test_depth_and_length_cannot_make_much_of_little(html: str) -> None:
    assert len(read_html(html, [BOT]).text) <= 2 * len(html)


def test_what_is_nested_too_deep_is_read_without_structure() -> None:
    assert read_html("<ul><li>" * 2000 + "1 &lt; 2" + "</li></ul>" * 2000, []).text == "1 < 2"


def test_a_long_message_of_many_lines_keeps_its_structure() -> None:
    html = "".join(f"<p>line {n}</p>" for n in range(2000))
    assert read_html(html, []).text == "\n".join(f"line {n}" for n in range(2000))


@given(
    st.lists(
        st.sampled_from(["&nbsp;", "&amp;", "&lt;", "&quot;", "&#39;", " ", "  ", "\xa0"])
        | st.text()
    )
)
def test_one_plain_paragraph_reads_the_same_on_the_short_way(parts: list[str]) -> None:
    inner = "".join(parts)
    # An empty element sends the reader the long way.
    assert read_html(f"<p>{inner}</p>", []) == read_html(f"<p>{inner}</p><i></i>", [])


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (f"<p>{span(1, 'Ada')}&nbsp;// he lies</p>", "// Ada Lovelace // he lies"),
        (f"<p>{span(1, 'Ada')}: //he lies</p>", "// Ada Lovelace: //he lies"),
        (f"<p>{span(1, 'Ada')} – // he lies</p>", "// Ada Lovelace – // he lies"),
        (f"<p>{span(0, 'Bot')} {span(1, 'Ada')} - // he lies</p>", "// Ada Lovelace - // he lies"),
        (
            f"<p>yes</p><p>{span(1, 'Ada')} {span(0, 'Live Chat')} // no</p>",
            "yes\n// Ada Lovelace  // no",
        ),
        (
            f"<p>{span(1, 'Ada')} and {span(1, 'A')} // no</p>",
            "// Ada Lovelace and Ada Lovelace // no",
        ),
        (f"<ul><li>{span(1, 'Ada')} // no</li></ul>", "// - Ada Lovelace // no"),
        (f"<p>{span(0, 'Live Chat')}: {span(1, 'Ada')} // no</p>", "// Ada Lovelace // no"),
        (f"<p>b) {span(1, 'Ada')} // no</p>", "// b) Ada Lovelace // no"),
        (f"<p>\u3164{span(1, 'Ada')} // no</p>", "// \u3164Ada Lovelace // no"),
        (f"<p>ask {span(1, 'Ada')} // no</p>", "ask Ada Lovelace // no"),
        (f"<p>{span(1, 'Ada')} see //server/x</p>", "Ada Lovelace see //server/x"),
    ],
)
def test_a_note_to_a_colleague_may_name_him_first(html: str, text: str) -> None:
    assert read_html(html, [BOT, ADA]).text == text
    assert without_notes(text)[1] == text.count("\n// ") + text.startswith("//")


@pytest.mark.parametrize(
    ("html", "behind"),
    [
        (f"<p>{span(1, 'Ada')}&nbsp;{span(0, 'Live Chat')} end chat</p>", "end chat"),
        (f"<p>{span(0, 'Live Chat')}: {span(1, 'Ada')}, end chat</p>", "end chat"),
        (f"<p>so</p><ul><li>{span(1, 'Ada')} – end chat</li></ul>", "so\nend chat"),
        (f"<p>(a) {span(1, 'Ada')} end chat</p>", "end chat"),
        (f"<p>ask {span(1, 'Ada')} to end the chat</p>", ""),
    ],
)
def test_what_stands_behind_colleagues_is_told_beside_the_whole(html: str, behind: str) -> None:
    assert read_html(html, [BOT, ADA]).behind == behind


def test_a_long_run_of_blanks_is_read_once() -> None:
    """Looked at anew from each of its characters it would outlast the service."""
    for blank in (" ", "&nbsp;"):
        run = blank * (75_000 // len(blank))
        read = read_html(f"<p>{span(0, 'Live Chat')}{run}help<b>!</b></p>", [BOT])
        assert read.text.split() == ["help!"]
    assert read_html(f"<p>a{' ' * 75_000}\n{' ' * 10_000}b<b>!</b></p>", []).text == "a b!"


def test_what_stays_open_counts_as_deep_whatever_else_is_closed() -> None:
    """Parsed with its elements within one another, a long one would take seconds."""
    assert read_html("<b></p>jam " * 300, []).text.split() == ["jam"] * 300
    assert "\n" not in read_html("<b></p>jam " * 300, []).text
    assert "\n" in read_html("<b></p>jam " * 200, []).text
    assert "\n" in read_html("<p><b>jam</b></p>" * 300, []).text
