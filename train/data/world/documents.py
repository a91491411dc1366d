"""Documents, charts and photographs."""

from __future__ import annotations

import random

from train.data.world.content import (
    Block,
    ChartContent,
    DocumentContent,
    Fields,
    PhotoContent,
    Text,
)
from train.data.world.parts import prose, rows, table_block
from train.data.world.slots import Slots


def document(rng: random.Random, split: str = "train") -> DocumentContent:
    """A letter, a report, an invoice, a manual page."""
    del split
    slots = Slots(rng)
    blocks = [
        Block(
            "heading",
            rows(
                slots.fill(
                    rng.choice(
                        (
                            "{title}",
                            "Invoice {num}",
                            "Report on {nouns}",
                            "Chapter {int}: {title}",
                            "Incident report: {noun} failure",
                            "Minutes of {day}",
                            "Error codes",
                        )
                    )
                ),
                role="heading",
            ),
        )
    ]
    for _ in range(rng.randint(2, 6)):
        choice = rng.random()
        if choice < 0.6:
            blocks.append(Block("paragraph", rows(*(prose(rng, slots) for _ in range(rng.randint(1, 3))))))
        elif choice < 0.8:
            blocks.append(table_block(rng, slots))
        else:
            blocks.append(Block("heading", rows(slots.get("title2"), role="heading")))
    app = rng.choice(("", "", "Evince", "Adobe Acrobat", "Okular", "LibreOffice Writer", "Microsoft Word"))
    name = slots.get("stem")
    title = Text(f"{name}.pdf - {app}", "title", "app") if app else None
    return DocumentContent(Fields(False, app or None, "document"), tuple(blocks), title, app)


def chart(rng: random.Random, split: str = "train") -> ChartContent:
    """A chart, sometimes of error counts."""
    del split
    slots = Slots(rng)
    points = rng.randint(4, 14)
    series = rng.randint(1, 3)
    title = slots.fill(
        rng.choice(
            (
                "{title}",
                "Errors per day",
                "Requests by status",
                "{cap} over time",
                "Failed logins",
                "Loss",
                "{nouns} by {noun2}",
                "Latency p95 (ms)",
                "Revenue {num}",
            )
        )
    )
    return ChartContent(
        Fields(False, None, "chart"),
        Text(title, "title") if rng.random() < 0.85 else None,
        Text(slots.fill(rng.choice(("{noun}", "time (s)", "epoch", "month", "date"))), "label")
        if rng.random() < 0.6
        else None,
        Text(slots.fill(rng.choice(("{nouns}", "count", "error rate", "ms", "loss"))), "label")
        if rng.random() < 0.6
        else None,
        tuple(
            Text(
                rng.choice((str(index), str(index * 10), slots.get(f"month{index}"), slots.get(f"date{index}"))),
                "value",
            )
            for index in range(min(points, 8))
        ),
        tuple(
            Text(f"{index * rng.choice((1, 1, 1))}{rng.choice(('', '0', '00', ' %', 'k'))}", "value")
            for index in range(rng.randint(3, 7))
        ),
        tuple(Text(slots.get(f"noun{index}"), "label") for index in range(series if rng.random() < 0.7 else 0)),
        tuple(tuple(rng.random() for _ in range(points)) for _ in range(series)),
        rng.choice(("line", "bar", "scatter")),
        rng.choice(("any", "light", "light", "dark")),
    )


def photo(rng: random.Random, split: str = "train") -> PhotoContent:
    """A photograph: no text, or a sign, a label, a date."""
    del split
    slots = Slots(rng)
    words = tuple(
        Text(slots.fill(text), "other")
        for text in rng.sample(
            (
                "EXIT",
                "{cap}",
                "{num}",
                "STOP",
                "{date} {time}",
                "OPEN",
                "{cap2} {cap3}",
                "No entry",
                "{money}",
                "IMG_{num}",
            ),
            rng.choice((0, 1, 1, 2, 4)),
        )
    )
    return PhotoContent(Fields(False, None, "photo"), words)
