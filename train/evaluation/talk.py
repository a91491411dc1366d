"""Questions about pictures whose answers are known: the model, the same model without the picture, and the extractor alone.

`python -m train.evaluation.talk --data test --markdown table.md`: real captures, read by our reader, in any family and any wording,
judged against what truly stands in the picture. `--simulated N`: simulated screens of held-out families, judged as they were read.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import load_engine
from mmgpt.extraction import Extraction, Extractor
from mmgpt.generate import Conversation, Engine, Sampling, Seen
from mmgpt.perception import Perceived
from mmgpt.prompts import NO_ERROR, NONE
from train.data.conversation.turn import Turn
from train.data.conversation.words import KIND_NAMES, article
from train.evaluation.questions import Table, capture_questions, score
from train.evaluation.run import sample_folder
from train.evaluation.samples import SampleError
from vision.image import load_image

log = logging.getLogger(__name__)
MOST_TOKENS = 128
Pairs = list[tuple[Turn, str]]


def by_extractor(extraction: Extraction, turn: Turn) -> str | None:
    """What the extractor alone answers; None for questions that it has no field for."""
    found = extraction
    values = {
        "field_is_error": "yes" if found.is_error.value else "no",
        "field_app": found.app.value or NONE,
        "field_kind": found.kind.value,
        "field_message": found.message.value or NONE,
        "field_error_code": found.error_code.value or NONE,
        "field_category": found.category.value or NONE,
        "is_error": (f"Yes: “{found.message.value}”." if found.message.value else "Yes.")
        if found.is_error.value
        else "No.",
        "what_does_it_say": f"It says “{found.message.value}”." if found.message.value else NO_ERROR,
        "error_code": f"The code is “{found.error_code.value}”." if found.error_code.value else NO_ERROR,
        "program": f"It is {found.app.value}." if found.app.value else "It is not visible in the picture.",
        "kind": f"{article(KIND_NAMES[str(found.kind.value)])}." if found.kind.value else "",
        "caption": found.caption,
        "caption_short": found.caption,
        "caption_detailed": found.caption,
    }
    value = values.get(turn.family)
    return None if turn.family not in values else str(value or "")


def ask_captures(
    folder: Path, engine: Engine, extractor: Extractor | None, seed: int, turns: int, limit: int | None = None
) -> dict[str, Pairs]:
    """(turn, answer) of "model", "without the picture" and "extractor alone" for the captures of a folder."""
    answers: dict[str, Pairs] = {"model": [], "without the picture": [], "extractor alone": []}
    every = capture_questions(folder, seed, turns)[:limit]
    for path, asked in track(every, "asking", console=Console(stderr=True), transient=True):
        alone = [turn for turn in asked if not turn.follows]
        pixels = load_image(path).pixels
        seen = engine.look(pixels)
        answers["model"] += ask(engine, seen, alone)
        answers["without the picture"] += ask(engine, unseen(engine, seen.perceived), alone)
        if extractor is not None:
            extraction = extractor.extract(seen.lines, pixels)
            said = ((turn, by_extractor(extraction, turn)) for turn in alone)
            answers["extractor alone"] += [(turn, text) for turn, text in said if text is not None]
    return answers


def ask_simulated(engine: Engine, count: int, turns: int) -> dict[str, Pairs]:
    """The same for simulated screens of held-out families; there is no picture for the extractor to look at."""
    from train.data.perception import RowMaker
    from train.tasks.simulate import held_out_screens

    maker = RowMaker(engine.model.config, engine.tokenizer)
    answers: dict[str, Pairs] = {"model": [], "without the picture": []}
    for entry in track(
        held_out_screens(maker, "held_out", count, turns), "asking", console=Console(stderr=True), transient=True
    ):
        answers["model"] += ask(engine, engine.remember(entry.perceived), entry.turns)
        answers["without the picture"] += ask(engine, unseen(engine, entry.perceived), entry.turns)
    return answers


def ask(engine: Engine, seen: Seen, turns: Sequence[Turn]) -> Pairs:
    """Every turn by itself, greedily."""
    if not turns:
        return []
    conversations = [Conversation().ask(seen, turn.question) for turn in turns]
    found = engine.answers(conversations, Sampling(max_tokens=MOST_TOKENS))
    return [(turn, answer.text) for turn, answer in zip(turns, found, strict=True)]


def unseen(engine: Engine, perceived: Perceived) -> Seen:
    """The picture as a model without eyes has it: nothing to attend to, nothing to point at."""
    return Seen(perceived, torch.zeros(0, engine.model.config.decoder.width), 0)


def side_by_side(tables: dict[str, Table]) -> str:
    """Tables as one in Markdown: a row a count, a column a contender; "–" where it was asked nothing."""
    rows: dict[str, dict[str, str]] = {}
    for name, table in tables.items():
        for row, count in table.rows():
            rows.setdefault(row, {})[name] = f"{100 * count.share:.1f} % of {count.asked}" if count.asked else "–"
    head = f"| | {' | '.join(tables)} |\n|---|{'---:|' * len(tables)}"
    return "\n".join(
        [head, *(f"| {row} | {' | '.join(cells.get(n, '–') for n in tables)} |" for row, cells in rows.items())]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; 0, or 2 when data or weights are missing."""
    parser = argparse.ArgumentParser(prog="mmgpt eval-talk", description=__doc__)
    parser.add_argument("--data", default="dev", metavar="SET", help="dev, test or a folder of captures")
    parser.add_argument("--simulated", type=int, metavar="N", help="N simulated screens instead of captures")
    parser.add_argument("--weights", type=Path, default=NANO_WEIGHTS)
    parser.add_argument("--turns", type=int, default=12, help="questions a picture")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path, help="every question with its answer")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        engine = load_engine(options.weights)
        if options.simulated:
            answers = ask_simulated(engine, options.simulated, options.turns)
        else:
            from mmgpt.extract import load_extractor

            folder = sample_folder(options.data)
            answers = ask_captures(
                folder, engine, load_extractor(options.weights), options.seed, options.turns, options.limit
            )
    except (SampleError, FileNotFoundError, ValueError) as error:
        log.error("%s", error)
        return 2
    table = side_by_side(
        {name: score(pairs, as_read=bool(options.simulated)) for name, pairs in answers.items() if pairs}
    )
    sys.stdout.write(table + "\n")
    if options.markdown:
        options.markdown.write_text(table + "\n", "utf-8")
    if options.json:
        rows = [
            {
                "by": name,
                "family": t.family,
                "question": t.question,
                "key": t.key,
                "answer": text,
                "held_out": t.held_out_wording,
            }
            for name, pairs in answers.items()
            for t, text in pairs
        ]
        options.json.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
