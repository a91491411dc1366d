"""Screens of the knowledge base's entries keep their promises, in every kind an entry is seen in."""

from __future__ import annotations

import random

import pytest

from train.data.world import content
from train.data.world.knowledge import content_of, entries, is_held_out, knowledge_content, pick_entry
from train.data.world.slots import MAKERS

KINDS = {
    "terminal": content.TerminalContent,
    "browser": content.BrowserErrorContent,
    "web_page": content.WebPageContent,
    "desktop_dialog": content.DialogContent,
    "ide_editor": content.EditorContent,
    "desktop_app": content.DesktopAppContent,
}


@pytest.mark.parametrize("seed", range(5))
def test_every_entry_makes_a_screen_in_each_of_its_kinds(seed: int) -> None:
    for entry in entries():
        for kind in entry.kinds:
            made = content_of(entry, kind, random.Random(f"{seed} {entry.id} {kind}"))
            try:
                content.check(made)
            except ValueError as error:
                raise AssertionError(f"{entry.id} as {kind}: {error}") from error
            assert isinstance(made, KINDS[kind])
            fields = made.fields
            assert (fields.is_error, fields.kind, fields.category) == (True, kind, entry.category)
            assert fields.message and fields.message == fields.message.strip(), (entry.id, kind)


def test_a_terminal_shows_one_of_the_patterns_and_the_code() -> None:
    for entry in entries():
        if "terminal" in entry.kinds:
            made = content_of(entry, "terminal", random.Random(entry.id))
            assert entry.match(str(made.fields.message)) is not None, (entry.id, made.fields.message)


def test_no_slot_is_left_in_what_is_shown() -> None:
    for entry in entries():
        for kind in entry.kinds:
            for piece in content.texts(content_of(entry, kind, random.Random(entry.id))):
                literal = any("{{" in pattern.text for pattern in entry.patterns) or "{{" in entry.screen
                left = [name for name in (*MAKERS, "text") if "{" + name + "}" in piece.text]
                assert literal or not left, (entry.id, kind, piece.text)
                assert not set("\ue000\ue001«⟨") & set(piece.text), (entry.id, kind, piece.text)


def test_a_code_that_is_named_is_one_of_the_entry_or_a_number() -> None:
    for entry in entries():
        for kind in entry.kinds:
            code = content_of(entry, kind, random.Random(entry.id)).fields.error_code
            assert code is None or code in entry.codes or (kind in ("terminal", "ide_editor") and entry.screen), (
                entry.id,
                code,
            )


def test_held_out_entries_are_never_drawn_for_training() -> None:
    apart = {entry.id for entry in entries() if is_held_out(entry)}
    assert 0.05 < len(apart) / len(entries()) < 0.25
    rng = random.Random(7)
    train, kept = ({pick_entry(rng, split).id for _ in range(2000)} for split in ("train", "held_out"))
    assert not train & apart and kept <= apart
    assert len(train) > 0.8 * (len(entries()) - len(apart))
    with pytest.raises(ValueError, match="train or held_out"):
        knowledge_content(rng, "test")


def test_the_same_seed_gives_the_same_screen() -> None:
    for seed in range(20):
        assert knowledge_content(random.Random(seed)) == knowledge_content(random.Random(seed))
