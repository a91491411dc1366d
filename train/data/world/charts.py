"""Charts of every common sort, some of errors and failures: what they measure, their axes, legends and notes."""

from __future__ import annotations

import math
import random

from train.data.world.content import CHART_STYLES, ChartContent, Fields, Text
from train.data.world.slots import Slots
from train.data.world.words import DAYS, MONTHS

_TITLES = (
    "{title}",
    "Errors per day",
    "Error rate by service",
    "Requests by status",
    "{cap} over time",
    "Failed logins",
    "Failed builds per week",
    "Loss",
    "Training and validation loss",
    "{nouns} by {noun2}",
    "Latency p95 (ms)",
    "Response time distribution",
    "Revenue {num}",
    "Crashes by version",
    "Timeouts by region",
    "CPU usage (%)",
    "Disk space by {noun}",
    "Incidents per month",
    "{cap} vs. {noun2}",
    "Share of {nouns}",
    "HTTP 5xx responses",
    "Temperature (°C)",
)
_X = ("{noun}", "time (s)", "epoch", "month", "date", "hour", "version", "{noun2} size", "step")
_Y = ("{nouns}", "count", "error rate", "ms", "loss", "requests/s", "%", "errors", "accuracy")
_NOTES = (
    "deploy {version}",
    "outage",
    "max {num}",
    "incident #{num}",
    "p = 0.0{int}",
    "peak",
    "rollback",
    "threshold",
    "n = {num}",
)
_NAMES = (
    "{noun}",
    "{cap}",
    "train",
    "validation",
    "2xx",
    "4xx",
    "5xx",
    "errors",
    "warnings",
    "v{version}",
    "{host}",
    "timeouts",
    "other",
)


def _walk(rng: random.Random, count: int) -> tuple[float, ...]:
    """A series as measurements look: a random walk, a wave, a decay, a spike, or noise."""
    sort = rng.randrange(5)
    level, noise = rng.uniform(0.1, 0.7), rng.uniform(0.01, 0.15)
    made, value = [], level
    for i in range(count):
        at = i / max(count - 1, 1)
        if sort == 0:
            value += rng.gauss(0, 0.08)
        elif sort == 1:
            value = level * (0.6 + 0.4 * math.sin(at * 9 + level * 6))
        elif sort == 2:
            value = 0.9 * math.exp(-3 * at) + 0.05
        elif sort == 3:
            value = level * 0.4 + (0.5 if i == count // 2 else 0.0)
        else:
            value = rng.random()
        made.append(min(max(value + rng.gauss(0, noise), 0.01), 1.0))
    return tuple(made)


def _ticks(rng: random.Random, slots: Slots, count: int, style: str) -> tuple[str, ...]:
    sort = rng.randrange(7)
    if style == "histogram" or sort == 0:
        step = rng.choice((1, 5, 10, 20, 25, 100, 250))
        return tuple(str(i * step) for i in range(count))
    if sort == 1:
        first = rng.randrange(12)
        return tuple(MONTHS[(first + i) % 12] for i in range(count))
    if sort == 2:
        return tuple(DAYS[i % 7] for i in range(count))
    if sort == 3:
        first = rng.randint(1990, 2020)
        return tuple(str(first + i) for i in range(count))
    if sort == 4:
        return tuple(f"{(i * 2) % 24:02}:00" for i in range(count))
    if sort == 5:
        return tuple(f"{rng.randint(1, 12)}/{i + 1}" for i in range(count))
    return tuple(slots.get(f"noun{20 + i}") for i in range(count))


def chart(rng: random.Random, split: str = "train") -> ChartContent:
    """A chart: line, area, bar, stacked, histogram, scatter, pie or heat map. What it counts may well be errors."""
    del split
    slots = Slots(rng)
    style = rng.choices(CHART_STYLES, (26, 10, 18, 10, 8, 10, 9, 9))[0]
    points = rng.randint(4, 14) if style in ("bar", "stacked") else rng.randint(6, 60)
    if style == "pie":
        points = rng.randint(2, 7)
    elif style == "heat":
        points = rng.randint(4, 12)
    series = {"pie": 1, "histogram": 1, "heat": rng.randint(3, 8), "stacked": rng.randint(2, 4)}.get(
        style, rng.randint(1, 4)
    )
    values = [_walk(rng, points) for _ in range(series)]
    if style == "stacked":
        top = max(sum(v[i] for v in values) for i in range(points))
        values = [tuple(x / top for x in v) for v in values]
    elif style == "histogram":
        middle, width = rng.uniform(0.2, 0.7), rng.uniform(0.08, 0.3)
        values = [
            tuple(
                max(0.01, 0.95 * math.exp(-(((i / points) - middle) ** 2) / (2 * width**2)) + rng.gauss(0, 0.03))
                for i in range(points)
            )
        ]
    named = points if style == "pie" else series if style != "heat" and rng.random() < 0.75 else 0
    names = [Slots(rng).fill(name) for name in (_NAMES * 2)[: len(_NAMES)]]
    shares = [round(100 * v / sum(values[0])) for v in values[0]] if style == "pie" else []
    legend = [
        f"{name} {shares[i]} %" if shares and rng.random() < 0.5 else name
        for i, name in enumerate(rng.sample(names, named))
    ]
    unit, step = rng.choice(("", "", "", " %", "k", " ms", "M")), rng.choice((1, 2, 5, 10, 20, 25, 50, 100, 0.1, 0.25))
    y_ticks = [f"{i * step:g}{unit}" for i in range(rng.randint(3, 8))]
    if style == "heat":
        y_ticks = [slots.get(f"noun{40 + i}") for i in range(series)]
    axes = style != "pie"
    notes = (
        [slots.fill(n) for n in rng.sample(_NOTES, rng.choice((0, 0, 0, 1, 2)))]
        if style in ("line", "scatter", "bar", "area")
        else []
    )
    return ChartContent(
        Fields(False, None, "chart"),
        Text(slots.fill(rng.choice(_TITLES)), "title") if rng.random() < 0.85 else None,
        Text(slots.fill(rng.choice(_X)), "label") if axes and rng.random() < 0.6 else None,
        Text(slots.fill(rng.choice(_Y)), "label") if axes and rng.random() < 0.55 else None,
        tuple(Text(t, "value") for t in _ticks(rng, slots, min(points, rng.randint(5, 12)), style)) if axes else (),
        tuple(Text(t, "value") for t in y_ticks) if axes else (),
        tuple(Text(t, "label") for t in legend),
        tuple(values),
        style,
        rng.choice(("any", "light", "light", "dark")),
        tuple(Text(n, "label") for n in notes),
    )
