"""A small language model that knows a few answers by heart, for tests of what talks: taught within seconds, nothing is made up.

Our own reader and extractor stand before it, a decoder of the size `debug` behind, and it has learnt what `LESSONS` say of
`drawn()` alone. An untaught one says random things.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from tokenizers import Tokenizer

from mmgpt import NANO_WEIGHTS
from mmgpt.chat import plain_ids
from mmgpt.checkpoint import TOKENIZER, load_engine, save_model
from mmgpt.config import debug
from mmgpt.generate import Conversation, Engine, Seen
from mmgpt.model import MMGPT, Pictures
from mmgpt.perception import Perceiver
from mmgpt.pieces import PieceEncoder
from mmgpt.prompts import FIELD_PROMPTS
from train.tokenizer import train_tokenizer
from vision.reader.nano import NanoReader

LINES = ("git pull origin main --tags", "fatal: Could not find", "the repository demo", "Exit code 128")


@dataclass(frozen=True)
class Copy:
    """A part of an answer to be copied: words as they stand in the lines."""

    words: str


LESSONS: dict[str, tuple[str | Copy, ...]] = {
    FIELD_PROMPTS["is_error"]: ("yes",),
    FIELD_PROMPTS["app"]: (Copy("git"),),
    FIELD_PROMPTS["kind"]: ("terminal",),
    FIELD_PROMPTS["message"]: (Copy("fatal: Could not find"), Copy("the repository demo")),
    FIELD_PROMPTS["error_code"]: (Copy("128"),),
    FIELD_PROMPTS["category"]: ("not_found",),
    "Describe the picture.": ("A terminal in which ", Copy("git"), " reports: “", Copy("fatal: Could not find the repository demo"), "”."),
    "What is the exit code?": ("It is “", Copy("128"), "”."),
}  # fmt: skip
FOLLOWING = ("Where?", "Nowhere.")  # asked after the question for the exit code and its answer
LAST = "It is “128”."  # the last lesson's answer as text
GREETING = ("Hello!", "Good day.")  # without a picture


def drawn(lines: tuple[str, ...] = LINES, size: int = 20) -> np.ndarray:
    """Lines in dark letters on white, drawn with the face that comes with Pillow: RGB uint8."""
    picture = Image.new("RGB", (400, 20 + 34 * len(lines)), "white")
    for i, line in enumerate(lines):
        ImageDraw.Draw(picture).text((16, 14 + 34 * i), line, fill=(32, 33, 36), font=ImageFont.load_default(size))
    return np.array(picture)


@cache
def tokenizer() -> Tokenizer:
    """512 pieces, learnt from a text that does not change."""
    return train_tokenizer((Path(__file__).parents[2] / "LICENSE").read_text("utf-8").splitlines(), 512)


@cache
def nano_reader() -> NanoReader:
    return NanoReader.load()


def engine_of(model: MMGPT) -> Engine:
    """An engine over our own reader."""
    assert model.config.lines is not None
    return Engine(
        model, tokenizer(), Perceiver(nano_reader(), PieceEncoder(tokenizer(), model.config.lines.max_pieces), None)
    )


def answer_ids(model: MMGPT, seen: Seen, answer: tuple[str | Copy, ...]) -> list[int]:
    """The ids of an answer: text is encoded, copies become pairs of pointers."""
    pieces, vocabulary = seen.perceived.pieces, model.config.decoder.vocab_size
    texts = [piece.text for piece in pieces]
    ids: list[int] = []
    for part in answer:
        if isinstance(part, str):
            ids += plain_ids(tokenizer(), part)
            continue
        wanted = part.words.replace(":", " : ").split()
        first = next(i for i in range(len(texts)) if texts[i : i + len(wanted)] == wanted)
        ids += [vocabulary + first, vocabulary + model.config.pointers + first + len(wanted) - 1]
    return [*ids, model.config.end_token]


def teach(engine: Engine, image: np.ndarray, steps: int = 120) -> None:
    """Overfits the lessons. Fails where they are not known by heart afterwards."""
    model, config = engine.model, engine.model.config
    seen = engine.look(image)
    assert seen.perceived.tensors is not None
    asked = [Conversation().ask(seen, question) for question in LESSONS]
    asked += [asked[-1].answered(LAST).ask(FOLLOWING[0]), Conversation().ask(GREETING[0])]
    answers = [answer_ids(model, seen, answer) for answer in (*LESSONS.values(), (FOLLOWING[1],), (GREETING[1],))]
    prompts = [engine.prompt(conversation) for conversation in asked]
    longest = max(len(p) + len(a) for p, a in zip(prompts, answers, strict=True))
    ids = torch.full((len(asked), longest), config.pad_token)
    labels = torch.full((len(asked), longest), -100)
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        ids[row, : len(prompt) + len(answer)] = torch.tensor([*prompt, *answer])
        labels[row, len(prompt) : len(prompt) + len(answer)] = torch.tensor(answer)
    model.requires_grad_(True)
    optimiser = torch.optim.AdamW(model.parameters(), 6e-3, betas=(0.9, 0.99), weight_decay=0.0, foreach=True)
    rows = len(LESSONS) + 1
    for _ in range(steps):
        (memory_of,) = model.see(Pictures([0], seen.perceived.tensors))
        memory = model.remember([memory_of] * rows, range(rows), len(asked))
        logits = model.logits(model.hidden(ids, memory), ids, memory)
        loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if loss.item() < 0.005:
            break
    model.requires_grad_(False)
    assert loss.item() < 0.05, f"the lessons were not learnt: loss {loss.item():.3f}"


@cache
def taught_folder() -> Path:
    """A folder of weights with reader, extractor and a taught decoder; removed when the tests end. Copy it before changing it."""
    folder = Path(tempfile.mkdtemp(prefix="mmgpt-taught-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("reader.safetensors", "extractor.safetensors", "extractor.json"):
        shutil.copy(NANO_WEIGHTS / name, folder)
    known = json.loads((NANO_WEIGHTS / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({"name": "mmgpt-taught", "reader": known["reader"]}), "utf-8")
    tokenizer().save(str(folder / TOKENIZER))
    torch.manual_seed(0)
    engine = engine_of(MMGPT(replace(debug(), name="mmgpt-taught", tower=None)))
    teach(engine, drawn())
    save_model(engine.model, folder)
    return folder


@cache
def taught_engine() -> Engine:
    engine: Engine = load_engine(taught_folder(), nano_reader())
    return engine
