"""Markdown: what was read stays text for every reader of Markdown, and only cited sources are links."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mmgpt.commands.console import one_line
from mmgpt.report.markdown import code, markdown_section, words
from mmgpt.report.words import prose, safe_url
from tests.mmgpt.report.hostile import TEXTS, diagnosis_of

ALLOWED = {
    "heading", "paragraph", "inline", "bullet_list", "ordered_list", "list_item", "fence", "strong", "text", "code_inline",
    "text_special", "link", "softbreak",
}  # fmt: skip


def tokens(text: str) -> list[Token]:
    """All tokens of a text, those within paragraphs too, with tables and strikethrough as GitHub has them."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    found = []
    for token in parser.parse(text):
        found += [token, *(token.children or [])]
    return found


def plain(token: Token) -> str:
    return token.type.removesuffix("_open").removesuffix("_close")


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_is_no_markup(name: str):
    text = markdown_section(diagnosis_of(TEXTS[name]), TEXTS[name])
    found = tokens(text)
    assert {plain(token) for token in found} <= ALLOWED
    links = [str(token.attrs["href"]) for token in found if token.type == "link_open"]
    assert links == ["https://shop.example/e42"] * 2, "the cited sources' own, and no other"
    headings = [token for token in found if token.type == "heading_open"]
    assert len(headings) == 1 and headings[0].tag == "h2"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("name", TEXTS)
def test_words_that_dialects_make_links_of_stand_in_code(name: str):
    """GitHub and GitLab link bare addresses, mails, @names and #numbers in plain text, and nothing in code."""
    for token in tokens(markdown_section(diagnosis_of(TEXTS[name]), "shot.png")):
        if token.type == "text":
            assert not re.search(r"://|www\.|\w@\w|(^|\s)@\w|(^|\s)[#!]\d", token.content), token.content


@settings(max_examples=150, deadline=None)
@given(st.text("`a <>[]()\\*_\n#-1.@:/|~!&é", max_size=30))
def test_any_text_comes_back_as_it_was(text: str):
    """A code span shows exactly the text, and a sentence the text without its backticks, whatever is in it."""
    (paragraph,) = [token for token in MarkdownIt("commonmark").parse("x " + code(text)) if token.type == "inline"]
    assert paragraph.children is not None and [child.type for child in paragraph.children] == ["text", "code_inline"]
    assert paragraph.children[1].content == (one_line(text) or " ")

    sentence = words(text)
    if not sentence.strip():
        return
    parsed = MarkdownIt("commonmark").parse("1. " + sentence)
    assert [token.type for token in parsed] == [
        "ordered_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close",
        "ordered_list_close",
    ]  # fmt: skip
    children = parsed[3].children or []
    assert {child.type for child in children} <= {"text", "code_inline", "text_special"}
    shown = "".join(child.content for child in children)
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", "".join(part for _, part in prose(text)))


def test_a_ticket_is_easy_to_read():
    diagnosis = diagnosis_of("E42", cause="The `till` is offline.", fixes=["Restart it."], question=None, answer=None)
    text = markdown_section(diagnosis, "till.png")
    assert text.startswith("## `till.png`\n\n`A program reports: “E42”.`\n")
    assert "- **Error** (80 %): `E42`" in text
    assert "- **Not sure**: category" in text
    assert "**Cause**: The `till` is offline.\n\n**What to do**\n\n1. Restart it.\n" in text
    assert "- `shop/e42`, 90 %: E42: E42 ([`shop.example`](<https://shop.example/e42>))" in text
    assert "<" not in text.replace("(<https://shop.example/e42>)", "")


def test_a_normal_screen_says_so():
    diagnosis = diagnosis_of(
        "x", is_error=False, message=None, error_code=None, category="none", abstained=[], cause=None, fixes=[],
        sources=[], evidence=[], further=[], escalation=None, masked=0, warnings=[], question=None, answer=None,
    )  # fmt: skip
    text = markdown_section(diagnosis, "x.png")
    assert "- **Error** (90 %): none" in text and "Category" not in text and "Notes" not in text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x", "file:///etc/passwd",
        "vbscript:x", "//evil.example", "evil.example", "https://", "http://user:pw@evil.example/", "ftp://a.example/",
        "https://a.example/\nx", "https://a b.example/", "https://[bad", "", "java\tscript:alert(1)", "https://a\u202eb",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_no_link(url: str):
    assert safe_url(url) == ""


def test_addresses_cannot_leave_their_place():
    assert safe_url("https://a.example/x?y=1&z=<b>\"'`|\\^#top") == (
        "https://a.example/x?y=1&z=%3Cb%3E%22%27%60%7C%5C%5E#top"
    )
    assert safe_url("https://a.example/f(x)_é%20") == "https://a.example/f(x)_%C3%A9%20"
