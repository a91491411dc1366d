"""Preference pairs from a model's own mistakes: it is asked about rendered screens, the judge says which answers are wrong.

A pair is what should have been said and what was said. Where several wrong answers are alike the first is kept. The file is JSON lines
{"image", "prompt", "chosen", "rejected"}, pictures beside it, as the task `prefer` reads it.
"""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmgpt.generate import Engine

log = logging.getLogger(__name__)
TURNS = 8
_LONGEST = 96  # tokens of an answer


def load(run: Path, weights: Path, tower: Path | None, preset: str) -> Engine:
    """A run's model with the reader and tokenizer of `weights` and a tower's folder. Raises WeightsError for what does not fit."""
    from mmgpt.checkpoint import load_tokenizer
    from mmgpt.generate import Engine
    from mmgpt.model import MMGPT
    from mmgpt.perception import Perceiver
    from mmgpt.pieces import PieceEncoder
    from train.ladder import architecture
    from vision.clip import load_tower
    from vision.reader.nano import NanoReader
    from vision.reader.weights import fill, read_tensors

    config = architecture(preset)
    model = MMGPT(config)
    path = run / "model.safetensors"
    fill(model, read_tensors(path), path)
    tokenizer = load_tokenizer(weights)
    encoder = None if config.lines is None else PieceEncoder(tokenizer, config.lines.max_pieces)
    reader = None if encoder is None else NanoReader.load(weights)
    eye = load_tower(str(tower)) if tower is not None and config.tower is not None else None
    return Engine(model, tokenizer, Perceiver(reader, encoder, eye))


def write_pairs(
    run: Path, weights: Path, tower: Path | None, preset: str, out: Path, screens: int, seed: int = 0
) -> int:
    """Asks about `screens` rendered screens and writes a pair for every wrong answer to `out`; returns how many there are.

    Raises WeightsError for weights that do not fit, OSError where it cannot be written.
    """
    import cv2

    from mmgpt.generate import Conversation, Sampling
    from train.data.conversation.sample import ask
    from train.data.perceived import draw, screen_of
    from train.evaluation.questions import judge, normalise

    engine = load(run, weights, tower, preset)
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    asked = 0
    for index in range(screens):
        content, rendered = draw(1_000_000 + index, seed, "train")  # screens that `perceive` has not drawn
        perceived = engine.perceiver(rendered.image)
        if perceived.tensors is None or not perceived.pieces:
            continue
        screen = screen_of(content, rendered, perceived)
        rng = random.Random(f"preferences {seed} {index}")
        turns = [turn for turn in ask(screen, rng, "train", TURNS) if not turn.follows]
        seen = engine.remember(perceived)
        answers = engine.answers(
            [Conversation().ask(seen, turn.question) for turn in turns], Sampling(max_tokens=_LONGEST)
        )
        asked += len(turns)
        wrong = [(t, a.text) for t, a in zip(turns, answers, strict=True) if a.text.strip() and not judge(t, a.text)]
        pairs = {normalise(said): (turn.question, screen.say(turn.answer), said) for turn, said in reversed(wrong)}
        pairs = {key: pair for key, pair in pairs.items() if key != normalise(pair[1])}
        if not pairs:
            continue
        picture = out.parent / f"{index:05d}.png"
        cv2.imwrite(str(picture), cv2.cvtColor(rendered.image, cv2.COLOR_RGB2BGR))
        rows += [
            {"image": picture.name, "prompt": prompt, "chosen": chosen, "rejected": rejected}
            for prompt, chosen, rejected in reversed(pairs.values())
        ]
    scratch = out.with_suffix(".new")
    scratch.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    scratch.replace(out)
    log.info("%d of %d answers are wrong enough to learn from", len(rows), asked)
    return len(rows)
