"""Puts text and shapes onto a scene: measuring, wrapping, eliding, fallback faces, and the fonts of one window."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from train.data.render.atlas import Mode
from train.data.render.ink import ROOM
from train.data.render.layouts.faces import FacePool, Font, fallback_faces
from train.data.render.layouts.themes import Theme
from train.data.render.scene import Box, Color, Icon, Rect, Scene, Span, TextRun

# The order in which roles of pieces on one row win: the row is labelled with the one that matters most.
_RANK = (
    "message", "code", "command", "trace", "title", "heading", "app_name", "url", "source", "output", "comment",
    "prompt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fonts:
    """The fonts of one window."""

    ui: Font
    bold: Font
    italic: Font
    small: Font
    title: Font
    heading: Font
    mono: Font
    mono_bold: Font


def make_fonts(
    rng: random.Random, faces: FacePool, mode: Mode, size: int, look: str = "", kind: str = "sans", mono_size: int = 0
) -> Fonts:
    """Fonts for a window whose text is `size` pixels; headings and small print follow."""
    family, fixed = faces.family(rng, kind, look), faces.family(rng, "mono")
    heading = round(size * rng.choice((1.15, 1.3, 1.5, 1.8, 2.2)))
    mono_size = mono_size or max(9, size - rng.choice((0, 0, 1, 2)))
    return Fonts(
        faces.font(family.regular, size, mode),
        faces.font(family.bold, size, mode),
        faces.font(family.italic, size, mode),
        faces.font(family.regular, max(9, size - rng.choice((1, 2, 3))), mode),
        faces.font(family.bold if rng.random() < 0.35 else family.regular, size, mode),
        faces.font(family.bold if rng.random() < 0.6 else family.regular, min(heading, 48), mode),
        faces.font(fixed.regular, mono_size, mode),
        faces.font(fixed.bold, mono_size, mode),
    )


def row_role(roles: Iterable[tuple[str, int]], default: str = "output") -> str:
    """The role of a row of pieces given as (role, length): by rank, else the longest piece's."""
    pairs = list(roles)
    present = {role for role, length in pairs if length}
    for role in _RANK:
        if role in present:
            return role
    return max(pairs, key=lambda p: p[1])[0] if pairs else default


class Pen:
    """Writes onto a scene. All coordinates are pixels of the scene; `clip` cuts what is written."""

    def __init__(self, scene: Scene, rng: random.Random, clip: Box | None = None) -> None:
        self.scene, self.rng, self.clip = scene, rng, clip
        self._elements = 0

    def element(self) -> int:
        """A new number for a paragraph whose rows belong together."""
        self._elements += 1
        return self._elements

    def text(
        self, text: str, x: float, baseline: float, at: Font, color: Color, role: str = "body",
        spans: tuple[Span, ...] = (), advance: float = 0.0, underline: str = "", underline_color: Color | None = None,
        strike: bool = False, element: int = -1, clip: Box | None = None, spacing: float = 0.0, labelled: bool = True,
    ) -> float:  # fmt: skip
        """Write one row from x; returns where the pen ends. Characters that no face has are left out."""
        if not text.isascii():
            text, spans = with_fallback(text, at, spans)
        if text and not text.isspace():
            self.scene.add(
                TextRun(
                    text,
                    x,
                    baseline,
                    at.face,
                    at.size,
                    at.mode,
                    color,
                    role,
                    advance,
                    spacing,
                    spans,
                    underline,
                    underline_color,
                    strike,
                    clip or self.clip,
                    labelled,
                    element,
                )
            )
        return x + (advance * len(text) if advance else at.width(text) + spacing * len(text))

    def centred(
        self, text: str, x0: float, x1: float, baseline: float, at: Font, color: Color, role: str = "body"
    ) -> None:
        """Write one row in the middle of x0…x1."""
        self.text(text, round(x0 + (x1 - x0 - at.width(text)) / 2), baseline, at, color, role)

    def right(self, text: str, x1: float, baseline: float, at: Font, color: Color, role: str = "body") -> float:
        """Write one row that ends at x1; returns where it starts."""
        x = x1 - at.width(text)
        self.text(text, x, baseline, at, color, role)
        return x

    def paragraph(
        self, text: str, x: float, top: float, width: float, at: Font, color: Color, role: str = "body",
        pitch: float = 0.0, bottom: float = 1e9, align: str = "left", underline: str = "",
        spans_of: Callable[[str], tuple[Span, ...]] | None = None,
    ) -> float:  # fmt: skip
        """Write wrapped text whose first row begins at `top`; returns the y below.

        Rows below `bottom` are left out. `spans_of` says which words of a row look different.
        """
        pitch = pitch or at.pitch * 1.15
        element = self.element()
        baseline = top + (pitch - at.pitch) / 2 + at.atlas.ascent
        for row in wrap(text, at, width):
            if baseline + at.atlas.descent > bottom:
                break
            free = width - at.width(row)
            left = x if align == "left" else x + (free / 2 if align == "centre" else free)
            spans = spans_of(row) if spans_of is not None else ()
            self.text(row, round(left), round(baseline), at, color, role, spans, element=element, underline=underline)
            baseline += pitch
        return baseline - at.atlas.ascent - (pitch - at.pitch) / 2

    def middle(self, y0: float, y1: float, at: Font) -> float:
        """The baseline that centres text between y0 and y1."""
        atlas = at.atlas
        return round((y0 + y1 + atlas.d_top) / 2 - (atlas.d_top - atlas.p_bottom) * 0.06)

    def icon(self, kind: str, x: float, y: float, size: float, color: Color, ground: Color | None = None) -> None:
        """Draw a symbol."""
        self.scene.add(Icon(kind, x, y, size, color, ground))

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: Color | None = None, **more: object) -> None:
        """Draw a rectangle; further arguments are those of `Rect`."""
        self.scene.add(Rect(x0, y0, x1, y1, fill, **more))  # type: ignore[arg-type]


def with_fallback(text: str, at: Font, spans: tuple[Span, ...] = ()) -> tuple[str, tuple[Span, ...]]:
    """Text whose every character can be drawn: what the font lacks comes from other faces by spans, or is "?"."""
    atlas = at.atlas
    missing = [i for i, c in enumerate(text) if c > "~" and not atlas.has(c)]
    if not missing:
        return text, spans
    letters = list(text)
    extra = []
    for i in missing:
        for face in fallback_faces():
            if ROOM.atlas(face, at.size, at.mode).has(letters[i]):
                extra.append(Span(i, i + 1, face=face))
                break
        else:
            letters[i] = "?"
    return "".join(letters), (*spans, *extra)


def wrap(text: str, at: Font, width: float) -> list[str]:
    """Rows of at most `width` pixels, broken at spaces, and within words that are longer than a row."""
    rows: list[str] = []
    space = at.width(" ")
    row, used = "", 0.0
    for word in text.split(" "):
        wide = at.width(word)
        if row and used + space + wide > width:
            rows.append(row)
            row, used = "", 0.0
        while wide > width and len(word) > 1:
            cut = fitting(word, at, width)
            rows.append(word[:cut])
            word = word[cut:]
            wide = at.width(word)
        row, used = (f"{row} {word}", used + space + wide) if row else (word, wide)
    if row:
        rows.append(row)
    return rows


def fitting(text: str, at: Font, width: float) -> int:
    """How many characters of `text` fit into `width`, at least one."""
    used = 0.0
    for i, char in enumerate(text):
        used += at.atlas.advance(char)
        if used > width:
            return max(i, 1)
    return max(len(text), 1)


def elide(text: str, at: Font, width: float, dots: str = "…") -> str:
    """`text`, or its beginning and dots when it is wider than `width`."""
    if at.width(text) <= width:
        return text
    room = width - at.width(dots)
    return text[: fitting(text, at, room)].rstrip() + dots if room > 0 else ""


def dialog_colors(theme: Theme) -> tuple[Color, Color]:
    """Ground and ink of a dialog."""
    return theme.window, theme.text
