"""What the shipped language model is held to: answers about real captures, nothing without the picture, and quick follow-ups.

Floors stand under what the model card reports, so that a worse release cannot land unseen. The captures are those of `dev`.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import load_engine
from mmgpt.extract import load_extractor
from mmgpt.generate import Conversation, Engine, Sampling
from mmgpt.prompts import NO_PICTURE
from train.evaluation.questions import score
from train.evaluation.talk import ask_captures
from vision.image import load_image

DEV = Path(__file__).parents[1] / "data" / "real" / "dev"
MOST_BYTES = 24 * 10**6
FLOOR_TRAINED, FLOOR_ALL = 0.5, 0.45
pytestmark = pytest.mark.render


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The shipped model."""
    return load_engine()


def test_the_shards_stay_small() -> None:
    assert sum(path.stat().st_size for path in NANO_WEIGHTS.glob("*.safetensors")) <= MOST_BYTES


def test_questions_about_real_screens_are_answered_and_not_without_the_picture(engine: Engine) -> None:
    answers = ask_captures(DEV, engine, load_extractor(), seed=0, turns=8, limit=18)
    with_picture, without = score(answers["model"], as_read=False), score(answers["without the picture"], as_read=False)
    assert with_picture.groups["trained"].share >= FLOOR_TRAINED
    assert with_picture.overall.share >= FLOOR_ALL
    assert without.overall.share <= with_picture.overall.share - 0.15, "what it says, it sees"


def test_a_follow_up_looks_at_nothing_and_comes_at_once(engine: Engine) -> None:
    seen = engine.look(load_image(sorted(DEV.glob("*.png"))[0]).pixels)
    conversation = Conversation().ask(seen, "What does it say?")
    answer = engine.answer(conversation)
    looked = engine.perceiver.calls
    seconds = []
    for question in ("Where is it?", "Is it an error?", "Which program is it?", "What is the code?", "Describe it."):
        conversation = conversation.answered(answer.text).ask(question)
        start = time.perf_counter()
        engine.answer(conversation, Sampling(max_tokens=1))
        seconds.append(time.perf_counter() - start)
        answer = engine.answer(conversation)
    assert engine.perceiver.calls == looked
    assert statistics.median(seconds) <= 0.3


def test_without_a_picture_it_says_so(engine: Engine) -> None:
    asked = [
        Conversation().ask(q) for q in ("Describe the picture.", "Which program is it?", "What is the error code?")
    ]
    said = [answer.text for answer in engine.answers(asked)]
    assert said.count(NO_PICTURE) >= 2, said


def test_what_it_quotes_stands_in_the_picture(engine: Engine) -> None:
    for path in sorted(DEV.glob("*.png"))[:4]:
        seen = engine.look(load_image(path).pixels)
        read = " ".join(line.text for line in seen.lines)
        for question in ("What does it say?", "What does the first line say?"):
            answer = engine.answer(Conversation().ask(seen, question))
            for span in answer.spans:
                words = answer.text[span.start : span.end].split()
                assert all(word in read for word in words), (path.name, answer.text)
