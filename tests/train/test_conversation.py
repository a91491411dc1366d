"""Conversations about screens: what is asked, what is answered, and where the answers point."""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mmgpt.prompts import FIELD_PROMPTS, NO_PICTURE, REFUSALS
from mmgpt.schema import CATEGORIES, KINDS
from train.data.conversation import facts
from train.data.conversation.align import NOWHERE, positions
from train.data.conversation.captures import capture_fields, capture_lines, from_capture, from_readings
from train.data.conversation.families import BY_NAME, FAMILIES, HELD_OUT_INTENTS, chat
from train.data.conversation.families.lines import field_values
from train.data.conversation.field_turns import field_turn
from train.data.conversation.sample import ask, sample_chat, sample_conversation
from train.data.conversation.screen import Found, Part, Screen, ScreenLine, Span, from_simulated
from train.data.conversation.turn import NOT_VISIBLE, Turn, wordings
from train.data.conversation.words import CATEGORY_MEANINGS, KIND_MEANINGS, REGIONS, region
from train.data.world.content import Fields
from train.data.world.noise import PROFILES
from train.data.world.sample import sample_content
from train.data.world.simulate import simulate
from train.evaluation.questions import solid
from train.evaluation.text import align, edit_distance
from vision.reader.types import Line

REAL = Path(__file__).parent.parent / "data" / "real"
CAPTURES = sorted(REAL.glob("*/*.json"))
TRAIN_SEEDS, HELD_OUT_SEEDS = 1400, 600


@cache
def conversations(split: str) -> list[tuple[Screen, list[Turn]]]:
    """All conversations of a split that the tests look at."""
    seeds = TRAIN_SEEDS if split == "train" else HELD_OUT_SEEDS
    return [sample_conversation(seed, split, 8)[1:] for seed in range(seeds)]


def every_turn() -> list[tuple[Screen, Turn]]:
    return [
        (screen, turn) for split in ("train", "held_out") for screen, turns in conversations(split) for turn in turns
    ]


def line(
    text: str, y: int, role: str = "output", *, x: int = 4, read: str | None = None, message: bool = False
) -> ScreenLine:
    """A line of fixed-pitch text at row `y`, 16 pixels high."""
    box = (float(x), float(y), float(x + 8 * len(text)), float(y + 14))
    return ScreenLine(text if read is None else read, text, role, message, False, box, (Part(0, len(text), role),))


def terminal(*lines: ScreenLine, message: str | None, app: str | None = "Python") -> Screen:
    category = "none" if message is None else "other"
    fields = Fields(message is not None, app, "terminal", message, None, category)
    return Screen(lines, fields, 640, 400, True)


def said(screen: Screen, found: Found) -> str | None:
    """What was read where a piece of the truth stands."""
    span = screen.span(found)
    return None if span is None else screen.text(span)


def rows(text: str, message: str) -> Screen:
    """A terminal of some rows; one that begins with "$ " is a command, the one that is the message is so marked."""
    made = []
    for number, row in enumerate(text.strip("\n").split("\n")):
        role = "message" if row == message else "command" if row.startswith("$ ") else "trace"
        if row.strip():
            made.append(line(row, 20 * number, role, message=row == message))
    return terminal(*made, message=message)


# ---- what is true beside what is read


def test_simulated_pages_are_what_they_were() -> None:
    """A seed's page must not change by the way: trained weights and logged numbers rest on it.

    Renew the digest only with a change of the simulated world that is meant.
    """
    digest = hashlib.sha256()
    for seed in range(60):
        rng = random.Random(seed)
        sim = simulate(sample_content(rng, ("train", "held_out")[seed % 2]), rng)
        state = (sim.page.texts, sim.page.size, sim.roles, sim.message, sim.app_lines, rng.random())
        digest.update(repr(state).encode())
    assert digest.hexdigest() == "ad0e241445b2c55638d05c878f0201f8320fbd4bd06ef94bbde2f0df94187b92"


def test_truths_stand_beside_what_was_read() -> None:
    exact = next(profile for profile, _ in PROFILES if profile.name == "exact")
    joined = changed = blots = 0
    for seed in range(150):
        rng = random.Random(seed)
        content = sample_content(rng)
        right = simulate(content, rng, exact)
        assert right.truths == [*right.page.texts]
        sim = simulate(content, random.Random(seed))
        for read, truth, role, parts in zip(sim.page.texts, sim.truths, sim.roles, sim.parts, strict=True):
            blots += not truth
            changed += bool(truth) and read != truth
            joined += len(parts) > 1
            assert bool(truth) == bool(parts)
            if truth:
                assert edit_distance(read.replace(" ", ""), truth.replace(" ", "")) < 0.7 * len(truth) + 4
                assert " ".join(truth[start:end] for start, end, _ in parts) == truth
            else:
                assert role == "other"
    assert joined > 10 and changed > 40 and blots > 40


def test_alignment_is_one_of_least_distance() -> None:
    rng = random.Random(3)
    for _ in range(400):
        truth = "".join(rng.choice("ab cd") for _ in range(rng.randint(0, 24)))
        read = "".join(letter for letter in truth if rng.random() > 0.2)
        for _ in range(rng.randint(0, 6)):
            at = rng.randint(0, len(read))
            read = read[:at] + rng.choice("abx") + read[at + rng.randint(0, 1) :]
        there = positions(truth, read)
        kept = [index for index in there if index != NOWHERE]
        assert kept == sorted(set(kept))
        wrong = sum(index != NOWHERE and read[index] != truth[at] for at, index in enumerate(there))
        cost = wrong + (len(truth) - len(kept)) + (len(read) - len(kept))
        assert cost == edit_distance(truth, read) == sum(kind != "equal" for kind, _, _ in align(truth, read))


def test_a_piece_of_the_truth_is_found_in_what_was_read() -> None:
    screen = terminal(
        line("Could not open port 8080 on localhost", 0, read="x Couldnotopen porl 808O on localhost"),
        line("completely lost", 20, read="||| .. ,,"),
        message=None,
    )
    first = screen.lines[0].truth
    assert said(screen, Found(0, 0, len(first), first)) == "Couldnotopen porl 808O on localhost"
    port = first.index("8080")
    assert said(screen, Found(0, port, port + 4, "8080")) == "808O"
    assert screen.find(1, 0, 10) is None
    with pytest.raises(IndexError, match="truth has 37"):
        screen.find(0, 30, 38)


def test_the_message_is_cut_out_of_its_lines() -> None:
    screen = terminal(
        line("12:01 job[7]: error: cannot open the", 0, "message", message=True),
        line("file /tmp/a.txt  (see log)", 20, "message", message=True),
        message="error: cannot open the file /tmp/a.txt",
    )
    assert [piece.text for piece in screen.message] == ["error: cannot open the", "file /tmp/a.txt"]
    assert screen.message_key == "error: cannot open the file /tmp/a.txt"
    half = replace(
        screen, lines=(screen.lines[0],), fields=replace(screen.fields, message="x" * 80 + "error: cannot open the")
    )
    assert half.message == ()


def test_a_terminal_cuts_words_and_prose_does_not() -> None:
    lines = (line("fatal: unable to acc", 0, message=True), line("ess the repository", 20, message=True))
    message = "fatal: unable to access the repository"
    screen = terminal(*lines, message=message)
    assert screen.say(screen.message_spans) == message
    dialog = replace(
        terminal(*lines, message=message), fields=Fields(True, None, "desktop_dialog", message, None, "other")
    )
    assert dialog.say(dialog.message_spans) == "fatal: unable to acc ess the repository"


# ---- real captures and readings of them


@pytest.mark.parametrize("split", ["dev", "test"])
def test_messages_and_codes_of_captures_are_found_word_for_word(split: str) -> None:
    asked = 0
    blanks: list[str] = []  # where a terminal cut between words, or a text area within one, no rule can tell
    for path in CAPTURES:
        screen = from_capture(path)
        if path.parent.name != split or not screen.fields.is_error:
            continue
        asked += 1
        turn = field_turn(screen, "message")
        assert turn is not None and turn.key == screen.fields.message, path.stem
        said = screen.say(turn.answer)
        if said != turn.key:
            assert "".join(said.split()) == "".join(turn.key.split()), path.stem
            blanks.append(path.stem)
        code = field_turn(screen, "error_code")
        assert code is not None and screen.say(code.answer) == (screen.fields.error_code or "none"), path.stem
    assert asked > 30 and len(blanks) <= 0.03 * asked, blanks


def test_captures_call_nothing_absent_that_they_do_not_tell() -> None:
    partial = [path for path in CAPTURES if json.loads(path.read_text(encoding="utf-8")).get("complete") is False]
    assert partial
    unsure = {"which_tab", "which_buttons", "how_many_buttons", "field_value", "which_file", "which_port", "heading"}
    for path in partial:
        for seed in range(4):
            for turn in ask(from_capture(path), random.Random(seed), "held_out", 14):
                assert turn.visible or turn.family not in unsure, (path.stem, turn)


def as_lines(screen: Screen) -> list[Line]:
    return [
        Line(entry.read, (int(entry.box[0]), int(entry.box[1]), int(entry.box[2]), int(entry.box[3])), 0.9)
        for entry in screen.lines
    ]


def test_a_perfect_reading_is_the_capture_itself() -> None:
    for path in CAPTURES[::4]:
        record = json.loads(path.read_text(encoding="utf-8"))
        truth = from_capture(path)
        read = from_readings(
            capture_lines(record), as_lines(truth), capture_fields(record), truth.width, truth.height, truth.dark
        )
        same = [(entry.read, entry.truth) for entry in read.lines if entry.read == entry.truth]
        assert len(same) >= 0.97 * len(truth.lines), path.stem  # boxes that overlap each other may share a line


def test_readings_that_split_and_join_lines_keep_their_truth() -> None:
    truth = (
        line("OK", 40, "button", x=100),
        line("Cancel", 40, "button", x=180),
        line("error: no such thing", 0, "message", message=True),
    )
    fields = Fields(True, None, "desktop_dialog", "error: no such thing", None, "other")
    read = [
        Line("error: no", (4, 0, 74, 14), 0.9),
        Line("sueh thing", (84, 0, 164, 14), 0.8),
        Line("OK Cancei", (100, 40, 228, 54), 0.9),
    ]
    screen = from_readings(truth, read, fields, 400, 100, False)
    assert [entry.truth for entry in screen.lines] == ["error: no", "such thing", "OK Cancel"]
    assert [said(screen, button) for button in screen.pieces("button")] == ["OK", "Cancei"]
    assert screen.complete and screen.say(screen.message_spans) == "error: no sueh thing"
    assert screen.message_key == "error: no such thing"
    fewer = from_readings(truth, read[:1], fields, 400, 100, False)
    assert not fewer.complete


# ---- facts


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [
        (
            '$ python3 a.py\nTraceback (most recent call last):\n  File "/srv/app/main.py", line 31, in <module>\nKeyError: \'x\'',
            "KeyError: 'x'",
            {"file": "/srv/app/main.py", "line": "31", "port": "absent"},
        ),
        (
            "$ curl http://10.0.0.7:8443/\ncurl: (7) Failed to connect to 10.0.0.7 port 8443: Connection refused",
            "curl: (7) Failed to connect to 10.0.0.7 port 8443: Connection refused",
            {"host": "10.0.0.7", "port": "8443", "file": "absent", "url": "http://10.0.0.7:8443/", "exit": "absent"},
        ),
        (
            "$ gcc a.c\nsrc/a.c:12:5: error: expected ';' before 'return'",
            "src/a.c:12:5: error: expected ';' before 'return'",
            {"file": "src/a.c", "line": "12", "port": None, "user": "absent"},
        ),
        (
            "$ make\nmake: *** [Makefile:7: all] Error 2",
            "make: *** [Makefile:7: all] Error 2",
            {"file": "Makefile", "line": "7", "exit": "2"},
        ),
        (
            "$ cp a.txt b.txt\ncp: cannot copy 'a.txt' to 'b.txt': Permission denied",
            "cp: cannot copy 'a.txt' to 'b.txt': Permission denied",
            {"file": None, "version": "absent", "url": "absent"},
        ),
        (
            "$ ls notes.md\n$ gpg --list\ngpg: no key",
            "gpg: no key",
            {"file": None},  # the file belongs to another command
        ),
        (
            "$ node -v\nv20.11.1\n$ npm start\nnpm error Missing script",
            "npm error Missing script",
            {"version": "20.11.1"},
        ),
        (
            "$ ssh ops@build.example.org\nssh: Could not resolve hostname build.example.org: Name or service not known",
            "ssh: Could not resolve hostname build.example.org: Name or service not known",
            {"host": "build.example.org", "line": "absent"},
        ),
    ],
)  # fmt: skip
def test_facts_are_told_when_they_are_plain(text: str, message: str, expected: dict[facts.Kind, str | None]) -> None:
    screen = rows(text, message)
    for kind, value in expected.items():
        found = facts.fact(screen, kind)
        assert (found.text if isinstance(found, Found) else found) == value, kind
        if isinstance(found, Found):
            assert screen.lines[found.line].truth[found.start : found.end] == value


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("dev@desktop:~/project$ df -h /mnt", "df -h /mnt"),
        ("➜  report git:(fix/order) ✗ node a.js > log", "node a.js > log"),
        ("PS C:\\Users\\kim> Get-Content x", "Get-Content x"),
        ("C:\\>net use Z:", "net use Z:"),
        ("[root@web01 nginx]# nginx -t", "nginx -t"),
        ("board ❯ git status", "git status"),
        (">>> import numpy", "import numpy"),
        ("dev@desktop:~$", None),
    ],
)
def test_commands_are_told_from_prompts(text: str, command: str | None) -> None:
    entry = line(text, 0, "command")
    place = facts.command_of(entry)
    assert (None if place is None else text[place[0] : place[1]]) == command


def test_the_last_command_before_the_message_counts() -> None:
    screen = rows("$ ls\na.txt\n$ cat b\ncat: b: No such file\n$ pwd\n/tmp", "cat: b: No such file")
    found = facts.last_command(screen)
    assert isinstance(found, Found) and found.text == "cat b"


def test_values_stand_beside_or_below_their_labels() -> None:
    screen = terminal(
        line("Email", 0, "label"), line("kim@example.org", 0, "input", x=120), line("Phone:", 20, "body"),
        line("555", 20, "body", x=120), line("Name", 60, "label"), line("Kim", 78, "input"), message=None,
    )  # fmt: skip
    assert [(name, found.text) for name, found in field_values(screen)] == [
        ("Email", "kim@example.org"),
        ("Phone", "555"),
        ("Name", "Kim"),
    ]


def test_nine_regions_and_nothing_near_their_borders() -> None:
    for row in range(3):
        for column in range(3):
            x, y = 150 + 300 * column, 100 + 200 * row
            assert region((x - 20, y - 5, x + 20, y + 5), 900, 600) == REGIONS[row][column]
    assert region((290, 90, 320, 110), 900, 600) is None


# ---- conversations


def test_the_same_seed_gives_the_same_conversation() -> None:
    for split in ("train", "held_out"):
        for seed in range(40):
            assert sample_conversation(seed, split, 6)[1:] == sample_conversation(seed, split, 6)[1:]
            assert sample_chat(seed, split, 3) == sample_chat(seed, split, 3)
    with pytest.raises(ValueError, match="unknown split 'dev'"):
        sample_conversation(0, "dev", 2)


def test_a_conversation_is_about_the_page_of_its_seed() -> None:
    for seed in range(20):
        rng = random.Random(seed)
        expected = simulate(sample_content(rng, "train"), rng)
        sim, screen, _ = sample_conversation(seed, "train", 4)
        assert sim.page.texts == expected.page.texts and (sim.page.boxes == expected.page.boxes).all()
        assert screen == from_simulated(expected)


def shown(name: str, seed: int) -> bool:
    """Whether a screen of the held-out split has an answer for a family."""
    made = BY_NAME[name].make(sample_conversation(seed, "held_out", 0)[1], random.Random(seed))
    return made is not None and bool(made.answer)


def test_every_family_is_asked() -> None:
    trained = Counter(turn.family for _, turns in conversations("train") for turn in turns)
    measured = Counter(turn.family for _, turns in conversations("held_out") for turn in turns)
    fields = {f"field_{name}" for name in FIELD_PROMPTS}
    pictured = {family.name for family in chat.FAMILIES if family.with_picture}
    assert set(trained) == (set(BY_NAME) - HELD_OUT_INTENTS) | fields | pictured
    assert set(measured) == set(BY_NAME) | fields | pictured
    seen = {turn.family for _, turn in every_turn() if turn.visible}
    for name in set(measured) - seen:  # seldom to be seen, but sometimes
        assert any(shown(name, seed) for seed in range(3000)), name
    assert len(BY_NAME) + len(chat.FAMILIES) >= 60 and len(HELD_OUT_INTENTS) == 6
    for family in FAMILIES:
        if family.name != "where_is_that":  # which is only ever asked after another
            assert len(family.wordings.train) >= 10 and len(family.wordings.held_out) >= 2, family.name
    assert min(trained.values()) >= 10


def test_held_out_wordings_and_intents_never_train() -> None:
    def pattern(wording: str) -> str:
        return ".+".join(re.escape(part) for part in wording.rstrip("?.").lower().split("{x}"))

    held_out = [pattern(w) for f in FAMILIES for w in (*f.wordings.held_out, *f.short.held_out)]
    held_out += [pattern(w) for family in chat.FAMILIES for w in family.wordings.held_out]
    never = re.compile("|".join(held_out))
    for _, turns in conversations("train"):
        for turn in turns:
            assert not turn.held_out_wording and not turn.held_out_intent and turn.family not in HELD_OUT_INTENTS
            assert not never.fullmatch(turn.question.rstrip("?.").lower()), turn.question
    for seed in range(300):
        for turn in sample_chat(seed, "train", 3):
            assert not turn.held_out_wording and not never.fullmatch(turn.question.rstrip("?.").lower()), turn.question
    flags = Counter((t.held_out_wording, t.held_out_intent) for _, turns in conversations("held_out") for t in turns)
    assert min(flags[True, False], flags[False, True], flags[True, True]) > 50


def test_each_family_has_ten_wordings_to_train_on_and_two_held_out() -> None:
    every = [(f.name, f.wordings) for f in FAMILIES if f.name != "where_is_that"]
    every += [(family.name, family.wordings) for family in chat.FAMILIES]
    for name, choice in every:
        assert len(choice.train) >= 10 and len(choice.held_out) >= 2, name
        assert len({*choice.train, *choice.held_out}) == len(choice.train) + len(choice.held_out), name
    for family in FAMILIES:
        assert bool(family.after) == bool(family.short.train) == bool(family.short.held_out), family.name
        assert all(name in BY_NAME for name in family.after), family.name
    with pytest.raises(ValueError, match="0 held out"):
        wordings("What is it?")


def test_spans_lie_in_what_was_read_and_say_the_key() -> None:
    told = 0
    for screen, turn in every_turn():
        spans = [part for part in turn.answer if isinstance(part, Span)]
        for span in spans:
            assert 0 <= span.start < span.end <= len(screen.lines[span.line].read)
            assert screen.text(span) == screen.text(span).strip()
        said = screen.say(turn.answer)
        if not turn.visible:
            assert turn.key == NOT_VISIBLE and turn.answer[0] in REFUSALS and not spans
        elif spans and turn.check in ("span", "spans", "field", "app"):
            assert all(solid(part) in solid(said) for part in turn.as_read.split("\n"))
            if all(screen.lines[span.line].read == screen.lines[span.line].truth for span in spans):
                told += 1
                assert solid(turn.as_read) == solid(turn.key), (turn, said)
        assert (turn.check == "caption") == (turn.facts is not None)
    assert told > 1500


def test_turns_keep_their_shares() -> None:
    turns = [turn for _, turn in every_turn()]
    fields = sum(turn.check == "field" for turn in turns) / len(turns)
    captions = sum(turn.check == "caption" for turn in turns) / len(turns)
    asked = [turn for turn in turns if turn.check not in ("field", "caption")]
    refused = sum(not turn.visible for turn in asked) / len(asked)
    follows = sum(turn.follows for turn in asked) / len(asked)
    assert 0.35 < fields < 0.45 and 0.12 < captions < 0.18 and 0.06 < refused < 0.25 and 0.05 < follows < 0.25


def test_follow_ups_lean_on_the_turn_before() -> None:
    for _, turns in [*conversations("train"), *conversations("held_out")]:
        for before, turn in zip([None, *turns], turns, strict=False):
            if turn.follows:
                assert before is not None and before.visible and before.family in BY_NAME[turn.family].after


def test_field_turns_are_bare_values() -> None:
    seen: Counter[str] = Counter()
    for screen, turn in every_turn():
        if turn.check != "field":
            continue
        name = turn.family.removeprefix("field_")
        value = getattr(screen.fields, name)
        seen[name] += 1
        assert turn.question == FIELD_PROMPTS[name]
        if name == "is_error":
            assert turn.answer == ("yes" if value else "no",)
        elif name in ("kind", "category"):
            assert turn.answer == (value,)
        elif value is None:
            assert turn.answer == ("none",)
        elif name in ("message", "error_code"):
            assert all(isinstance(part, Span) for part in turn.answer)
        else:
            assert len(turn.answer) == 1 and turn.key == value
    assert min(seen.values()) > 200 and set(seen) == set(FIELD_PROMPTS)


def test_without_a_picture_there_is_nothing_to_describe() -> None:
    refused = 0
    explained = set()
    for seed in range(400):
        for turn in sample_chat(seed, "held_out", 4):
            assert all(isinstance(part, str) for part in turn.answer)
            refused += turn.family == "no_picture"
            assert (turn.answer == (NO_PICTURE,)) == (turn.family == "no_picture")
            explained |= {turn.answer[0]} if turn.family.startswith("explain") else set()
    assert refused > 400
    assert explained == {*CATEGORY_MEANINGS.values(), *KIND_MEANINGS.values()}
    assert tuple(CATEGORY_MEANINGS) == CATEGORIES and tuple(KIND_MEANINGS) == KINDS


def test_questions_and_screens_need_no_torch() -> None:
    code = "import sys, train.data.conversation.sample, train.evaluation.questions; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REAL.parents[2])
    assert done.stdout.strip() == "False"
