"""What screens of full-screen terminal programs are made of."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from train.data.world.content import Row, Text
from train.data.world.parts import code_excerpt, prose
from train.data.world.slots import Slots


@dataclass(frozen=True)
class Screen:
    """Rows of one program's screen; `failure` is (message, code, category) where a row shows one."""

    app: str
    rows: list[Row]
    failure: tuple[str, str | None, str] | None = None


def line(text: str, role: str = "output", tone: str = "") -> Row:
    return Row((Text(text, role, "", tone),)) if text.strip() else Row(())


def lines(texts: Sequence[str], role: str = "output") -> list[Row]:
    return [line(text, role) for text in texts]


def message_row(before: str, message: str, after: str = "", tone: str = "") -> Row:
    pieces = [Text(before, "output")] if before else []
    pieces.append(Text(message, "message", "message", tone))
    if after:
        pieces.append(Text(after, "output"))
    return Row(tuple(pieces))


def text_file(rng: random.Random, slots: Slots) -> list[str]:
    """What somebody may have open: notes, settings, code, a log."""
    sort = rng.random()
    if sort < 0.3:
        return [row.text for row in code_excerpt(rng)] + ["", *(row.text for row in code_excerpt(rng))]
    if sort < 0.6:
        forms = (
            "{word} = {num}",
            "# {title}",
            "[{word}]",
            "{word}_{noun}={path}",
            "",
            "{noun}: {version}",
            "{host} {ip}",
        )
        return [Slots(rng).fill(rng.choice(forms)) for _ in range(rng.randint(4, 20))]
    if sort < 0.75:
        said = (
            "{stamp} INFO {word} {noun} ready",
            "{stamp} ERROR {noun} failed, trying again",
            "{stamp} WARN {noun} is slow: {ms} ms",
            "{stamp} ERROR connection refused by {ip}",
            "{stamp} INFO {verb} {num} {nouns}",
        )
        return [Slots(rng).fill(rng.choice(said)) for _ in range(rng.randint(4, 20))]
    return [prose(rng, slots)[:78] for _ in range(rng.randint(3, 9))]
