"""How fast answers come: seconds to look at a picture, to the first token (TTFT) of a question and of a follow-up, and a token (TPOT).

``python -m benchmarks.answer [--data dev] [--limit 20] [--json OUT]``. Follow-up questions look at nothing anew, which is counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mmgpt.checkpoint import load_engine
from mmgpt.generate import Answer, Conversation, Engine, Sampling
from mmgpt.prompts import FIELD_PROMPTS
from train.evaluation.run import sample_folder
from vision.image import load_image

QUESTIONS = ("Describe the picture.", "What does it say?", "Is it an error?", "Which program is it?")


def timed(engine: Engine, conversation: Conversation) -> tuple[Answer, float, float]:
    """The answer, seconds to its first token, and seconds a token after that."""
    start = time.perf_counter()
    first = engine.answer(conversation, Sampling(max_tokens=1))
    to_first = time.perf_counter() - start
    del first
    start = time.perf_counter()
    answer = engine.answer(conversation, Sampling(max_tokens=96))
    rest = (time.perf_counter() - start - to_first) / max(len(answer.ids) - 1, 1)
    return answer, to_first, max(rest, 0.0)


def measure(engine: Engine, pictures: Sequence[Path]) -> dict[str, float]:
    """Medians over pictures, in milliseconds; `looks_a_picture` is 1 where follow-ups look at nothing."""
    looking, first, following, tokens, fields = [], [], [], [], []
    before = engine.perceiver.calls
    for path in pictures:
        pixels = load_image(path).pixels
        start = time.perf_counter()
        seen = engine.look(pixels)
        looking.append(time.perf_counter() - start)
        conversation = Conversation().ask(seen, QUESTIONS[0])
        answer, to_first, each = timed(engine, conversation)
        first.append(to_first)
        tokens.append(each)
        for question in QUESTIONS[1:]:
            conversation = conversation.answered(answer.text).ask(question)
            answer, to_first, each = timed(engine, conversation)
            following.append(to_first)
            tokens.append(each)
        start = time.perf_counter()
        engine.fields(seen, FIELD_PROMPTS)
        fields.append(time.perf_counter() - start)
    named = {"look": looking, "ttft": first, "ttft_follow_up": following, "tpot": tokens, "six_fields": fields}
    found = {f"{name}_ms": 1000 * statistics.median(values) for name, values in named.items()}
    return {**found, "looks_a_picture": (engine.perceiver.calls - before) / len(pictures)}


def main(argv: Sequence[str] | None = None) -> int:
    """Prints one number a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="dev")
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    pictures = sorted(sample_folder(options.data).glob("*.png"))[: options.limit]
    found = measure(load_engine(options.weights), pictures)
    sys.stdout.write("".join(f"{name:<20} {value:8.1f}\n" for name, value in found.items()))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
