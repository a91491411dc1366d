"""Measuring conversations: who is asked what, what is judged, and that a model without the picture sees nothing of it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import save_model, seal
from mmgpt.config import ModelConfig, debug
from mmgpt.extract import load_extractor
from mmgpt.extraction import Extraction, FieldValue
from mmgpt.generate import Answer, Conversation, Engine, Sampling, Seen
from mmgpt.model import MMGPT
from mmgpt.perception import Perceiver
from mmgpt.pieces import PieceEncoder
from mmgpt.prompts import NOT_VISIBLE
from train.data.conversation.captures import from_capture
from train.data.conversation.field_turns import NAMES
from train.data.conversation.sample import ask as ask_about
from train.data.conversation.turn import Turn
from train.data.world.content import texts
from train.data.world.sample import sample_content
from train.evaluation import talk
from train.evaluation.questions import Count, Table, capture_questions, judge, score
from train.evaluation.talk import (
    MOST_TOKENS,
    ask,
    ask_captures,
    ask_simulated,
    by_extractor,
    main,
    side_by_side,
    unseen,
)
from train.tokenizer import train_tokenizer
from vision.image import load_image
from vision.reader.nano import NanoReader
from vision.reader.types import Line

DEV = Path(__file__).parent.parent / "data" / "real" / "dev"
PICTURES = ("apt-no-such-package", "go-unused-import", "normal-ls-long")
TURNS, SEED = 8, 1


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    rng = random.Random(1)
    return train_tokenizer([piece.text for _ in range(60) for piece in texts(sample_content(rng))], 512)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Random models babble to the end of what they may say: here they may not say much."""
    monkeypatch.setattr(talk, "MOST_TOKENS", 12)
    return 12


def config() -> ModelConfig:
    """Without a tower, and with the shipped reader's widths."""
    return replace(debug(), tower=None)


def model_of(seed: int = 0) -> MMGPT:
    """Random weights, large enough that answers follow the picture."""
    torch.manual_seed(seed)
    model = MMGPT(config()).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim >= 2 and "from_columns" not in name:
                parameter.normal_(std=0.2)
    return model


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three real captures."""
    folder = tmp_path_factory.mktemp("captures")
    for name in PICTURES:
        for suffix in (".png", ".json"):
            shutil.copy(DEV / f"{name}{suffix}", folder)
    return folder


def true_lines(path: Path) -> list[Line]:
    """What stands in a capture, as a reader without mistakes would give it."""
    lines = from_capture(path.with_suffix(".json")).lines
    return [Line(line.read, tuple(round(v) for v in line.box), 1.0) for line in lines]  # type: ignore[arg-type]


class Scripted(Engine):
    """An engine that sees with a real model, reads what truly stands there, and answers from a script when it sees anything."""

    def __init__(self, tokenizer: Tokenizer, folder: Path) -> None:
        lines = config().lines
        assert lines is not None
        super().__init__(
            model_of(), tokenizer, Perceiver(NanoReader.random(), PieceEncoder(tokenizer, lines.max_pieces), None)
        )
        self.lines = {load_image(p).pixels.tobytes(): true_lines(p) for p in folder.glob("*.png")}
        self.script: dict[tuple[int, str], str] = {}
        for path, turns in capture_questions(folder, SEED, TURNS):
            screen, count = from_capture(path.with_suffix(".json")), len(true_lines(path))
            self.script |= {(count, turn.question): screen.say(turn.answer) for turn in turns}
        self.asked: list[tuple[int, str, int]] = []

    def look(self, image: np.ndarray, lines: Any = None) -> Seen:
        return super().look(image, self.lines[image.tobytes()])

    def answers(self, conversations: Sequence[Conversation], sampling: Sampling | None = None) -> list[Answer]:
        assert sampling == Sampling(max_tokens=MOST_TOKENS), "greedily"
        made = []
        for conversation in conversations:
            ((seen, question),) = (message.parts for message in conversation.messages)
            self.asked.append((len(seen.lines), question, len(seen.tokens)))
            text = self.script[len(seen.lines), question] if len(seen.tokens) else NOT_VISIBLE
            made.append(Answer(text, (), (), (), "end"))
        return made


# -- captures --------------------------------------------------------------------------------------------------------------------


def test_everyone_is_asked_and_judged(captures: Path, tokenizer: Tokenizer) -> None:
    engine, extractor = Scripted(tokenizer, captures), load_extractor()
    answers = ask_captures(captures, engine, extractor, SEED, TURNS)
    wanted = [turn for _, turns in capture_questions(captures, SEED, TURNS) for turn in turns if not turn.follows]
    assert list(answers) == ["model", "without the picture", "extractor alone"]
    for name in ("model", "without the picture"):
        assert [turn for turn, _ in answers[name]] == wanted, "all but those that lean on the turn before, in order"
    tables = {name: score(pairs, as_read=False) for name, pairs in answers.items()}
    assert tables["model"].overall == Count(len(wanted), len(wanted)), [
        t.family for t, a in answers["model"] if not judge(t, a)
    ]
    blind = [judge(turn, text) for turn, text in answers["without the picture"]]
    assert blind == [not turn.visible for turn in wanted] and 0 < sum(blind) < len(blind)
    alone = [turn for turn, _ in answers["extractor alone"]]
    assert alone == [turn for turn in wanted if turn.family in FAMILIES] and 0 < len(alone) < len(wanted)
    by_picture = {path: extractor.extract(engine.lines[load_image(path).pixels.tobytes()], load_image(path).pixels)
                  for path, _ in capture_questions(captures, SEED, TURNS)}  # fmt: skip
    said = [
        by_extractor(by_picture[path], turn)
        for path, turns in capture_questions(captures, SEED, TURNS)
        for turn in turns
        if not turn.follows and turn.family in FAMILIES
    ]
    assert [text for _, text in answers["extractor alone"]] == said
    sizes = {entry[2] > 0 for entry in engine.asked}
    assert sizes == {False, True} and sum(entry[2] == 0 for entry in engine.asked) == len(wanted)


def test_a_limit_and_no_extractor(captures: Path, tokenizer: Tokenizer) -> None:
    answers = ask_captures(captures, Scripted(tokenizer, captures), None, SEED, TURNS, limit=1)
    (_, first), *_ = capture_questions(captures, SEED, TURNS)
    assert [turn for turn, _ in answers["model"]] == [turn for turn in first if not turn.follows]
    assert answers["extractor alone"] == []


# -- without the picture -----------------------------------------------------------------------------------------------------------


def test_without_the_picture_nothing_is_attended_to(captures: Path, tokenizer: Tokenizer, short: int) -> None:
    """As the model answers when there is no memory at all: the same for every picture, and nothing copied."""
    scripted = Scripted(tokenizer, captures)
    engine = Engine(scripted.model, tokenizer, scripted.perceiver)
    pixels = [load_image(captures / f"{name}.png").pixels for name in PICTURES]
    seen = [scripted.look(image) for image in pixels]
    turns = [Turn("any", question, ("",), "", True, False) for question in ("What is it?", "Which port?", "Field: app")]
    with_eyes = [[text for _, text in ask(engine, entry, turns)] for entry in seen]
    without = [[text for _, text in ask(engine, unseen(engine, entry.perceived), turns)] for entry in seen]
    assert without[0] == without[1] == without[2]
    assert all(a != without[0] for a in with_eyes) and with_eyes[0] != with_eyes[1]
    for turn, text in zip(turns, without[0], strict=True):
        conversation = Conversation().ask(unseen(engine, seen[0].perceived), turn.question)
        ids = engine.prompt(conversation)
        made: list[int] = []
        with torch.inference_mode():
            while len(made) < short and config().end_token not in made:
                made.append(int(engine.model(torch.tensor([ids + made]))[0, -1].argmax()))
        assert all(id_ < config().decoder.vocab_size for id_ in made)
        assert text == tokenizer.decode(made)
        assert engine.answer(conversation, Sampling(max_tokens=short)).spans == ()


def test_nothing_is_asked_where_there_is_nothing_to_ask(captures: Path, tokenizer: Tokenizer) -> None:
    engine = Scripted(tokenizer, captures)
    assert ask(engine, engine.look(load_image(captures / f"{PICTURES[0]}.png").pixels), []) == []


def test_simulated_screens_are_held_out_and_asked_twice(tokenizer: Tokenizer, short: int) -> None:
    engine = Engine(model_of(), tokenizer, Perceiver(None, None, None))
    answers = ask_simulated(engine, 3, 6)
    assert list(answers) == ["model", "without the picture"]
    turns = [[turn for turn, _ in pairs] for pairs in answers.values()]
    assert turns[0] == turns[1] and len(turns[0]) >= 6 and not any(turn.follows for turn in turns[0])
    assert any(turn.held_out_wording or turn.held_out_intent for turn in turns[0])
    texts_of = [[text for _, text in pairs] for pairs in answers.values()]
    assert texts_of[0] != texts_of[1]
    assert answers == ask_simulated(engine, 3, 6)


# -- the extractor's answers -------------------------------------------------------------------------------------------------------

QUESTIONS = {"is_error", "what_does_it_say", "error_code", "program", "kind"}
FAMILIES = {*(f"field_{name}" for name in NAMES), *QUESTIONS, "caption", "caption_short", "caption_detailed"}


def truth_of(path: Path) -> Extraction:
    """What an extractor without mistakes says of a capture."""
    fields = from_capture(path).fields

    def value(given: str | bool | None) -> FieldValue:
        return FieldValue(given, 1.0)

    category = fields.category if fields.is_error else None
    return Extraction(
        value(fields.is_error), value(fields.app), value(fields.kind), value(fields.message), value(fields.error_code),
        value(category), "A caption.",
    )  # fmt: skip


def test_an_extractor_without_mistakes_is_right_in_all_its_families() -> None:
    judged: dict[str, list[bool]] = {}
    for path in sorted(DEV.glob("*.json")):
        extraction, screen = truth_of(path), from_capture(path)
        for seed in range(2):
            for turn in ask_about(screen, random.Random(seed), "held_out", 30):
                text = by_extractor(extraction, turn)
                assert (text is not None) == (turn.family in FAMILIES), turn.family
                if text is not None and "caption" not in turn.family:
                    judged.setdefault(turn.family, []).append(judge(turn, text, as_read=False))
    assert set(judged) == {family for family in FAMILIES if "caption" not in family}
    assert {family: sum(right) / len(right) for family, right in judged.items() if not all(right)} == {}


def test_what_the_extractor_left_out_is_not_said() -> None:
    nothing = FieldValue(None, 0.2)
    unsure = Extraction(FieldValue(True, 0.9), nothing, nothing, nothing, nothing, nothing, "A picture.")

    def said(family: str) -> str | None:
        return by_extractor(unsure, Turn(family, "?", ("",), "", True, False))

    assert said("is_error") == "Yes." and said("field_message") == said("field_app") == "none"
    assert said("caption") == "A picture." and said("kind") == "" and said("which_port") is None
    assert not any("None" in str(said(family)) for family in FAMILIES)
    calm = replace(unsure, is_error=FieldValue(False, 0.9))
    assert by_extractor(calm, Turn("is_error", "?", ("",), "", True, False)) == "No."


# -- tables and the command --------------------------------------------------------------------------------------------------------


def table(**families: tuple[int, int]) -> Table:
    counts = {name: Count(*values) for name, values in families.items()}
    whole = Count(sum(c.right for c in counts.values()), sum(c.asked for c in counts.values()))
    return Table(counts, {"trained": whole}, whole, Count(0, 0), Count(1, 4), {})


def test_tables_stand_side_by_side() -> None:
    rows = side_by_side({"model": table(port=(1, 2), host=(3, 3)), "other": table(port=(0, 8))}).splitlines()
    assert rows[:2] == ["| | model | other |", "|---|---:|---:|"]
    assert "| all | 80.0 % of 5 | 0.0 % of 8 |" in rows
    assert "| refused where nothing is there | – | – |" in rows
    assert "| family host | 100.0 % of 3 | – |" in rows and "| family port | 50.0 % of 2 | 0.0 % of 8 |" in rows


@pytest.fixture(scope="module")
def weights(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped reader and extractor beside a small random decoder."""
    folder = tmp_path_factory.mktemp("weights")
    for name in ("reader.safetensors", "extractor.safetensors", "extractor.json"):
        shutil.copy(NANO_WEIGHTS / name, folder)
    described = json.loads((NANO_WEIGHTS / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({"name": "small", "reader": described["reader"]}))
    tokenizer.save(str(folder / "tokenizer.json"))
    save_model(model_of(), folder)
    seal(folder)
    return folder


def test_the_command_prints_and_writes(
    captures: Path, weights: Path, short: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = [tmp_path / "table.md", tmp_path / "answers.jsonl"]
    command = ["--data", str(captures), "--weights", str(weights), "--turns", "4", "--limit", "2", "--seed", str(SEED)]
    assert main([*command, "--markdown", str(out[0]), "--json", str(out[1])]) == 0
    printed = capsys.readouterr().out
    assert printed == out[0].read_text("utf-8")
    assert printed.startswith("| | model | without the picture | extractor alone |")
    rows = [json.loads(row) for row in out[1].read_text("utf-8").splitlines()]
    asked = [turn for _, turns in capture_questions(captures, SEED, 4)[:2] for turn in turns if not turn.follows]
    for name in ("model", "without the picture"):
        assert [row["question"] for row in rows if row["by"] == name] == [turn.question for turn in asked]
    assert f"of {len(asked)} |" in printed.splitlines()[2]
    assert {"by", "family", "question", "key", "answer", "held_out"} == set(rows[0])
    assert all(row["answer"] for row in rows if row["by"] == "extractor alone" and row["family"].startswith("field"))


def test_the_command_asks_about_simulated_screens(
    weights: Path, short: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--simulated", "2", "--turns", "3", "--weights", str(weights)]) == 0
    assert capsys.readouterr().out.startswith("| | model | without the picture |\n")


def test_what_is_missing_is_named(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = tmp_path / "gone"

    def fails(*arguments: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            said: list[str] = []
            patch.setattr("train.evaluation.talk.log.error", lambda text, *values: said.append(text % values))
            assert main(list(arguments)) == 2
        assert capsys.readouterr().out == ""
        (line,) = said
        return line

    assert str(gone) in fails("--data", str(gone), "--weights", str(weights))
    assert str(gone / "config.json") in fails("--data", str(DEV), "--weights", str(gone))
    (tmp_path / "reader").mkdir()
    (tmp_path / "reader" / "config.json").write_text('{"name": "a reader alone"}')
    assert "not the configuration of a language model" in fails("--weights", str(tmp_path / "reader"))
