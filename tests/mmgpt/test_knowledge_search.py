"""Searching the knowledge base: the right entry first, with noise as readers make it, and never a crash."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt.knowledge import SURE, KnowledgeBase
from mmgpt.knowledge.products import Kinship, kinship


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    return KnowledgeBase.load()


def noisy(text: str, rng: random.Random, share: float = 0.05) -> str:
    """The text with a share of its letters replaced, dropped or doubled."""
    made = []
    for letter in text:
        if rng.random() >= share:
            made.append(letter)
            continue
        action = rng.random()
        if action < 0.5:
            made.append(rng.choice(string.ascii_lowercase + string.digits + ".,:;-'"))
        elif action > 0.75:
            made.append(letter + rng.choice("il1.,r'"))
    return "".join(made)


def test_the_entry_of_an_example_is_found_first(base: KnowledgeBase) -> None:
    examples = [(entry, example) for entry in base for example in entry.examples][::8]
    first = [base.search(example, limit=1)[0].entry.id == entry.id for entry, example in examples]
    assert len(examples) > 100
    assert sum(first) / len(first) >= 0.95


def test_the_entry_of_a_noisy_example_is_among_the_first_three(base: KnowledgeBase) -> None:
    rng = random.Random(5)
    examples = [(entry, example) for entry in base for example in entry.examples][1::12]
    found = [
        entry.id in {hit.entry.id for hit in base.search(noisy(example, rng), limit=3)} for entry, example in examples
    ]
    assert sum(found) / len(found) >= 0.85


def test_code_and_product_alone_find_the_entry(base: KnowledgeBase) -> None:
    hit = base.search("This site can’t be reached", code="ERR_CONNECTION_REFUSED", product="Google Chrome")[0]
    assert hit.entry.id == "chromium/err-connection-refused" and hit.score >= SURE
    assert "code ERR_CONNECTION_REFUSED" in hit.why


def test_the_product_decides_between_pages_with_the_same_words(base: KnowledgeBase) -> None:
    assert base.search("502 Bad Gateway", product="nginx")[0].entry.id == "nginx/502-bad-gateway"
    assert base.search("502 Bad Gateway\nnginx/1.24.0")[0].entry.id == "nginx/502-bad-gateway"
    assert base.search("502 Bad Gateway")[0].entry.id == "http/502"


def test_a_hit_brings_the_values_of_its_slots(base: KnowledgeBase) -> None:
    line = "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)"
    hit = base.search(line)[0]
    assert (hit.entry.id, hit.slots) == ("nginx/address-in-use", {"ip": "0.0.0.0", "port": "80"})
    assert any(why.startswith("pattern") for why in hit.why)


def test_a_wrapped_message_is_found(base: KnowledgeBase) -> None:
    line = "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)"
    for cut in (20, 35, 50):
        assert base.search(f"$ nginx\n{line[:cut]}\n{line[cut:]}")[0].entry.id == "nginx/address-in-use"


def test_look_alikes_and_lost_blanks_do_no_harm(base: KnowledgeBase) -> None:
    for read in (
        "ERR_C0NNECTl0N_REFUSED",
        "upstreamprematurelyclosedconnection while reading response headerfrom upstream",
    ):
        assert base.search(read)[0].score >= SURE, read


def test_ordinary_text_is_not_surely_an_error(base: KnowledgeBase) -> None:
    for text in (
        "Meeting notes\nBuy milk and bread\nCall the dentist on Friday",
        "total 24\ndrwxr-xr-x 2 ana ana 4096 May  1 10:00 src\n-rw-r--r-- 1 ana ana  404 May  1 10:00 README.md",
        "All tests passed in 3.2 seconds\nThe connection was accepted, none was refused",
    ):
        assert all(hit.score < SURE for hit in base.search(text)), text


def test_questions_in_ones_own_words_find_something_alike(base: KnowledgeBase) -> None:
    found = {hit.entry.product for hit in base.search("nginx upload too large, how do I raise the limit?")}
    assert "nginx" in found


@settings(max_examples=60, deadline=None)
@given(query=st.text(max_size=200), code=st.none() | st.text(max_size=20), product=st.none() | st.text(max_size=20))
def test_any_text_is_a_legal_query(base: KnowledgeBase, query: str, code: str | None, product: str | None) -> None:
    for hit in base.search(query, code=code, product=product, kind="terminal", limit=3):
        assert 0 <= hit.score <= 1 and hit.why


@pytest.mark.parametrize(
    "query", ["", " ", '"', "NEAR(a b)", "a AND OR NOT", "title:x*", "grams : (", "\x00\ud800", "😀" * 50, "' OR 1=1 --", "^", "{path}"]
)  # fmt: skip
def test_operators_quotes_and_nothing_are_only_text(base: KnowledgeBase, query: str) -> None:
    assert isinstance(base.search(query), list)


def test_a_page_of_many_lines_is_searched_in_time(base: KnowledgeBase) -> None:
    import time

    base.search("warm")
    rng = random.Random(3)
    page = "\n".join(" ".join("".join(rng.choices(string.ascii_lowercase, k=6)) for _ in range(12)) for _ in range(500))
    start = time.process_time()
    base.search(page)
    assert time.process_time() - start < 3


def test_a_limit_below_one_is_refused(base: KnowledgeBase) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        base.search("x", limit=0)


def test_an_empty_base_finds_nothing() -> None:
    assert KnowledgeBase([]).search("anything", code="E1") == []


def test_kinship_of_products() -> None:
    assert kinship("psql", "PostgreSQL") is Kinship.SAME
    assert kinship("Microsoft Edge", "Chromium") is Kinship.RELATED
    assert kinship("nginx", "HTTP") is Kinship.ANYBODY
    assert kinship("nginx", "Git") is Kinship.OTHER
