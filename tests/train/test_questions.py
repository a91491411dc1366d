"""Judging answers: the reference is right, others are not, and the table counts what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmgpt.prompts import NO_PICTURE, NOT_VISIBLE
from train.data.conversation.sample import sample_chat, sample_conversation
from train.data.conversation.turn import NOT_VISIBLE as NOT_VISIBLE_KEY
from train.data.conversation.turn import Check, Facts, Turn
from train.evaluation.questions import capture_questions, check_caption, declines, judge, normalise, score, solid

REAL = Path(__file__).parent.parent / "data" / "real"
ERROR = Facts(True, "Git", "Git", "terminal", "fatal: not a git repository", "fatal: not o git repository")
NORMAL = Facts(False, "Terminal", "Terminal", "desktop_app")


def turn(family: str, key: str, check: Check = "span", *, as_read: str = "", facts: Facts | None = None) -> Turn:
    return Turn(family, "?", ("…",), key, key != NOT_VISIBLE_KEY, False, check=check, as_read=as_read, facts=facts)


def test_reference_answers_are_right_and_those_of_other_families_are_not() -> None:
    rejected = 0
    answers: list[tuple[Turn, str]] = []
    for seed in range(1000):
        _, screen, turns = sample_conversation(seed, ("train", "held_out")[seed % 2], 5)
        said = [screen.say(entry.answer) for entry in turns]
        answers += zip(turns, said, strict=True)
        for entry, own in zip(turns, said, strict=True):
            assert judge(entry, own), (entry, own)
            for other, text in zip(turns, said, strict=True):
                if other.family == entry.family or entry.check == "caption":
                    continue
                keys = [entry.key.removeprefix("a ").removeprefix("an "), entry.as_read or entry.key]
                if (other.visible or entry.visible) and not any(solid(key) in solid(text) for key in keys):
                    assert not judge(entry, text), (entry, text)
                    rejected += 1
    assert rejected > 8000
    table = score(answers)
    assert table.overall.share == 1.0 and table.refused.share == 1.0 and table.false_refusals.share == 0.0
    assert table.refused.asked > 100 and all(count.share == 1.0 for count in table.captions.values())


def test_chat_is_judged_by_its_sentence() -> None:
    for seed in range(100):
        for entry in sample_chat(seed, "held_out", 3):
            assert judge(entry, "".join(str(part) for part in entry.answer)) and not judge(entry, "It is Git.")
            assert judge(entry, NO_PICTURE) == (entry.family == "no_picture")


@pytest.mark.parametrize(
    ("asked", "answer", "right"),
    [
        (turn("error_code", "ENOENT"), "The code is “ENOENT”.", True),
        (turn("error_code", "ENOENT"), 'the CODE is "enoent"', True),
        (turn("error_code", "ENOENT"), "ENOENT", True),
        (turn("error_code", "ENOENT"), "The code is “ENOENTX”.", False),
        (turn("error_code", "404"), "The code is 4040.", False),
        (turn("error_code", "404"), "It says “Not found 404”.", False),
        (turn("error_code", "404"), NOT_VISIBLE, False),
        (turn("error_code", "404"), "", False),
        (turn("what_does_it_say", "a “b” c"), "It says “a “b” c”.", True),
        (turn("what_does_it_say", "not visible to all"), "It says “not visible to all”.", True),
        (turn("which_port", NOT_VISIBLE_KEY), "There is nothing like that in the picture.", True),
        (turn("which_port", NOT_VISIBLE_KEY), "I cannot see that.", True),
        (turn("which_port", NOT_VISIBLE_KEY), "The port is “80”.", False),
        (turn("is_error", "yes", "yes"), "Yes: “no such file”.", True),
        (turn("is_error", "no", "yes"), "No, all is well.", True),
        (turn("is_error", "no", "yes"), "Nothing is known.", False),
        (turn("where_is_text", "in the upper left", "region"), "It is in the top left corner.", True),
        (turn("where_is_text", "in the upper left", "region"), "It is on the left.", False),
        (turn("where_is_text", "on the left", "region"), "It is in the upper left.", False),
        (turn("where_is_text", "at the top", "region"), "At the top of the picture.", True),
        (turn("where_is_text", "in the middle", "region"), "In the middle or on the right.", False),
        (turn("kind", "a dialog", "word"), "This is a dialog.", True),
        (turn("kind", "a dialog", "word"), "A dialog or a terminal.", False),
        (turn("category", "a timeout", "word"), "A timeout.", True),
        (turn("category", "a timeout", "word"), "A network problem.", False),
        (turn("dark_or_light", "dark", "word"), "Dark, not light.", False),
        (turn("how_many_buttons", "3", "word"), "There are 3 buttons.", True),
        (turn("how_many_buttons", "3", "word"), "3 or 4 buttons.", False),
        (turn("program", "GCC", "app"), "It is gcc.", True),
        (turn("program", "Visual Studio", "app"), "It is Visual Studio Code.", False),
        (turn("which_buttons", "OK\nCancel", "spans"), "The buttons are “Cancel”, “OK”.", True),
        (turn("which_buttons", "OK\nCancel", "spans"), "The button is “OK”.", False),
        (turn("field_message", "no such file", "field"), "No such  file", True),
        (turn("field_message", "no such file", "field"), "It says no such file", False),
        (turn("field_app", "Node.js", "field"), "node", True),
    ],
)  # fmt: skip
def test_answers_are_judged_by_what_they_hold(asked: Turn, answer: str, right: bool) -> None:
    assert judge(asked, answer) == right


def test_a_faithful_copy_of_a_misread_line_counts_unless_truth_is_asked_for() -> None:
    asked = turn("which_port", "8080", as_read="808O")
    assert judge(asked, "The port is “808O”.") and not judge(asked, "The port is “808O”.", as_read=False)
    assert judge(asked, "The port is “8080”.", as_read=False)


@pytest.mark.parametrize(
    ("facts", "caption", "app", "message", "wrong"),
    [
        (ERROR, "A dark terminal in which Git reports: “fatal: not a git repository”.", True, True, ()),
        (ERROR, "A terminal in which Git reports: “fatal: not o git repository”.", True, True, ()),
        (ERROR, "A terminal in which Docker reports: “fatal: not a git repository”.", True, True, ("program",)),
        (ERROR, "A dialog of Git with the message “fatal: no disk”.", True, False, ("kind",)),
        (ERROR, "A terminal of Git; no error is shown.", True, False, ("no error",)),
        (ERROR, "A terminal that reports: “something else”.", False, False, ()),
        (NORMAL, "A light program window of Terminal titled “error of x”; no error is shown.", True, True, ()),
        (NORMAL, "An error of Terminal in a program window.", True, True, ("error",)),
        (NORMAL, "A dark editor window of Terminal; no error.", True, True, ("kind",)),
    ],
)  # fmt: skip
def test_captions_are_checked_part_by_part(
    facts: Facts, caption: str, app: bool, message: bool, wrong: tuple[str, ...]
) -> None:
    found = check_caption(facts, caption)
    assert (found.app, found.message, found.contradictions) == (app, message, wrong)
    asked = turn("caption", "Git", "caption", facts=facts)
    assert judge(asked, caption) == (app and found.kind and message and not wrong)


def test_a_caption_without_facts_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="has no facts"):
        judge(turn("caption", "Git", "caption"), "A terminal.")


def test_the_table_counts_by_family_and_by_what_was_trained() -> None:
    seen = turn("which_port", "80")
    reworded = Turn("which_port", "?", (), "80", True, True)
    unseen = Turn("which_user", "?", (), "kim", True, False, held_out_intent=True)
    absent = turn("which_port", NOT_VISIBLE_KEY)
    table = score(
        [
            (seen, "“80”"),
            (seen, "“81”"),
            (reworded, NOT_VISIBLE),
            (unseen, "kim"),
            (absent, NOT_VISIBLE),
            (absent, "“80”"),
        ]
    )
    assert (table.overall.right, table.overall.asked) == (3, 6)
    assert (table.families["which_port"].right, table.families["which_port"].asked) == (2, 5)
    assert {name: (count.right, count.asked) for name, count in table.groups.items()} == {
        "trained": (1, 2),
        "held-out wording": (0, 1),
        "held-out intent": (1, 1),
    }
    assert (table.refused.right, table.refused.asked) == (1, 2)
    assert (table.false_refusals.right, table.false_refusals.asked) == (1, 4)
    assert "| all | 50.0 % | 6 |" in table.markdown()


def test_declining_is_told_from_quoting() -> None:
    assert declines(NOT_VISIBLE) and declines("That cannot be told: it is not in the picture.")
    assert not declines("It says “That is not visible in the picture.”.") and not declines("The port is “80”.")
    assert normalise("“A”  b") == '"a" b'


def test_captures_are_asked_about() -> None:
    asked = capture_questions(REAL / "dev", 1)
    assert asked == capture_questions(REAL / "dev", 1) != capture_questions(REAL / "dev", 2)
    assert all(path.is_file() for path, _ in asked) and sum(len(turns) for _, turns in asked) > 10 * len(asked)
    assert len({entry.family for _, turns in asked for entry in turns}) > 35
    with pytest.raises(ValueError, match="holds no captures"):
        capture_questions(REAL.parent, 1)
