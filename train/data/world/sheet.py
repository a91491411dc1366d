"""A sheet on which lines are put: widths and colours by rule of thumb."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from train.data.world.content import (
    Row,
    Text,
)

Colour = tuple[float, float, float]
Part = tuple[int, int, str]
"""Where a piece of a line's text starts and ends, and its role."""


_TAILS = frozenset("gjpqy,;()[]{}|_@Q$/\\")


_NARROW = frozenset("iljtf.,:;'|![]() I1")


_WIDE = frozenset("mwMWABCDGHKNOQRUVXY@%_")


@dataclass
class SimLine:
    """A line before it is read: what it says, where, how it looks, which fields it shows."""

    text: str
    box: list[float]
    ink: Colour
    ground: Colour
    density: float
    role: str
    message: int = 0  # 1: shows (a part of) the message
    app: bool = False
    confidence: float = 1.0
    truth: str = ""  # what really stands there, once the line was read
    parts: list[Part] = field(default_factory=list)  # what was joined into it; empty: one piece, all of it

    def whole(self) -> list[Part]:
        """Its pieces; a line that nothing was joined to is one."""
        return self.parts or [(0, len(self.text), self.role)]


@dataclass
class Sheet:
    rng: random.Random
    width: int
    height: int
    dark: bool
    ground: Colour = (1, 1, 1)
    ink: Colour = (0, 0, 0)
    accent: Colour = (0.1, 0.3, 0.8)
    size: float = 14
    lines: list[SimLine] = field(default_factory=list)

    def tone(self, tone: str) -> Colour:
        """The ink of a tone on this sheet."""
        shift = self.rng.uniform(-0.08, 0.08)
        bright = {
            "error": (0.95, 0.35, 0.3),
            "warning": (0.9, 0.7, 0.2),
            "success": (0.3, 0.8, 0.35),
            "info": (0.35, 0.6, 1.0),
            "accent": (0.45, 0.65, 1.0),
            "dim": (0.55, 0.55, 0.55),
        }
        deep = {
            "error": (0.78, 0.1, 0.1),
            "warning": (0.6, 0.4, 0.0),
            "success": (0.1, 0.5, 0.15),
            "info": (0.05, 0.35, 0.75),
            "accent": (0.1, 0.3, 0.75),
            "dim": (0.5, 0.5, 0.5),
        }
        found = (bright if self.dark else deep).get(tone)
        if found is None:
            return self.ink
        return tuple(min(1.0, max(0.0, value + shift)) for value in found)  # type: ignore[return-value]

    def measure(self, text: str, size: float, mono: bool) -> float:
        """Width of a text in pixels."""
        if mono:
            return len(text) * round(size * 0.6)
        narrow = sum(char in _NARROW for char in text)
        wide = sum(char in _WIDE for char in text)
        return size * (0.53 * len(text) - 0.25 * narrow + 0.2 * wide)

    def put(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float | None = None,
        mono: bool = False,
        ink: Colour | None = None,
        ground: Colour | None = None,
        bold: bool = False,
        role: str = "other",
        message: int = 0,
        app: bool = False,
    ) -> float:
        """Put one line with its upper edge of the em box at y; returns its right end."""
        size = size or self.size
        stripped = text.strip()
        advance = self.measure(text, size, mono)
        if not stripped:
            return x + advance
        lead = len(text) - len(text.lstrip())
        x0 = x + self.measure(text[:lead], size, mono)
        top = y + size * (
            0.2 if any(char.isupper() or char in "bdfhklt'\"0123456789()[]{}|/" for char in stripped) else 0.38
        )
        bottom = y + size * (1.12 if any(char in _TAILS for char in stripped) else 0.95)
        x1 = x0 + self.measure(stripped, size, mono)
        self.lines.append(
            SimLine(
                stripped,
                [x0, top, x1, bottom],
                ink or self.ink,
                ground or self.ground,
                (0.28 if bold else 0.2) * self.rng.uniform(0.8, 1.2),
                role,
                message,
                app,
            )
        )
        return x + advance

    def piece(
        self,
        piece: Text,
        x: float,
        y: float,
        room: float,
        *,
        size: float | None = None,
        ink: Colour | None = None,
        ground: Colour | None = None,
        bold: bool = False,
    ) -> float:
        """Put a piece of text, wrapped by words into `room` pixels; returns the y below it."""
        size = size or self.size
        words = piece.text.split(" ")
        current = ""
        made: list[str] = []
        for word in words:
            candidate = f"{current} {word}" if current else word
            if current and self.measure(candidate, size, False) > room:
                made.append(current)
                current = word
            else:
                current = candidate
        made.append(current)
        if ink is None and piece.tone:
            ink = self.tone(piece.tone)
        shows = int(piece.ref == "message")
        for line in made:
            self.put(
                line,
                x,
                y,
                size=size,
                ink=ink,
                ground=ground,
                bold=bold,
                role=piece.role,
                message=shows,
                app=piece.ref == "app",
            )
            y += size * self.rng.choice((1.3, 1.4, 1.5))
        return y


def near_colour(rng: random.Random, base: float, low: float, high: float) -> Colour:
    red, green, blue = (min(1.0, max(0.0, base + rng.uniform(low, high))) for _ in range(3))
    return red, green, blue


def random_colour(rng: random.Random) -> Colour:
    return rng.random(), rng.random(), rng.random()


def mixed_colour(colour: Colour, add: float, factor: float) -> Colour:
    return add + factor * colour[0], add + factor * colour[1], add + factor * colour[2]


def row_flags(row: Row) -> tuple[str, int, bool]:
    message = any(piece.ref == "message" for piece in row.pieces)
    role = "message" if message else max(row.pieces, key=lambda piece: len(piece.text)).role if row.pieces else "other"
    if not message and any(piece.role == "command" for piece in row.pieces):
        role = "command"
    return role, int(message), any(piece.ref == "app" for piece in row.pieces)
