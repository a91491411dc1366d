"""A scene: what stands where on a screen, before any pixel is drawn.

Elements are painted in order, in layers. Within a layer shapes are painted first and text above them; an element that
`occludes` (a window, a menu, a toast) starts a new layer and hides the text beneath it. Coordinates are pixels, x to
the right and y down; boxes are x0, y0, x1, y1 with the right and bottom edge excluded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from train.data.render.atlas import Mode
from train.data.render.fonts import Face

Color = tuple[int, int, int]
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Rect:
    """A filled and/or framed rectangle; `fill2` makes a gradient, `radius` rounds the corners, `shadow` is its width.

    With `occludes` the rectangle starts a new layer and hides text painted before it.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    fill: Color | None = None
    border: Color | None = None
    width: int = 1
    radius: int = 0
    fill2: Color | None = None
    vertical: bool = True
    shadow: int = 0
    bevel: tuple[Color, Color] | None = None  # light (top left) and dark (bottom right) edge of older toolkits
    occludes: bool = False


@dataclass(slots=True)
class Polyline:
    """Strokes through `points`; `closed` fills the polygon instead. `dash` is the length of dashes, 0 for none."""

    points: tuple[tuple[float, float], ...]
    color: Color
    width: int = 1
    closed: bool = False
    smooth: bool = True
    dash: int = 0


@dataclass(slots=True)
class Ellipse:
    """A filled ellipse in its box; with `width` > 0 only its outline."""

    x0: float
    y0: float
    x1: float
    y1: float
    color: Color
    width: int = 0


@dataclass(slots=True)
class Icon:
    """A picture symbol of side `size` with its top left corner at x, y; `kind` is one of `shapes.ICONS`."""

    kind: str
    x: float
    y: float
    size: float
    color: Color
    ground: Color | None = None


@dataclass(slots=True)
class Picture:
    """A photograph-like area: smooth random colours with texture, a function of `seed` only."""

    x0: float
    y0: float
    x1: float
    y1: float
    seed: int
    occludes: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Characters start..end of a run that look different from the rest. None keeps the look of the run."""

    start: int
    end: int
    color: Color | None = None
    background: Color | None = None
    face: Face | None = None
    underline: bool = False


@dataclass(slots=True)
class TextRun:
    """One visual row of text of one element. `x` is the pen's start, `baseline` a y, `size` pixels an em.

    `advance` > 0 sets every character into a cell of that width (terminals), else the face's own advances are used,
    plus `spacing`. `clip` is the box outside of which nothing is drawn. `labelled` False draws text that no reader is
    asked for (decoration); it becomes an ignore region.
    """

    text: str
    x: float
    baseline: float
    face: Face
    size: int
    mode: Mode
    color: Color
    role: str = "body"
    advance: float = 0.0
    spacing: float = 0.0
    spans: tuple[Span, ...] = ()
    underline: str = ""  # "", "line", "wave", "dots"
    underline_color: Color | None = None
    strike: bool = False
    clip: Box | None = None
    labelled: bool = True
    element: int = -1  # runs of one wrapped paragraph share it


@dataclass(slots=True)
class Squiggle:
    """The wavy line under a mistake, from x0 to x1 at y."""

    x0: float
    x1: float
    y: float
    color: Color


@dataclass(slots=True)
class Ignore:
    """A region that holds something like text which is not labelled (a logo, an icon with a letter)."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(slots=True)
class Pointer:
    """The mouse pointer with its tip at x, y; `kind` is arrow, beam or hand. It is painted last, over everything."""

    x: float
    y: float
    kind: str = "arrow"
    scale: float = 1.0
    dark: bool = False


Element = Rect | Polyline | Ellipse | Icon | Picture | TextRun | Squiggle | Ignore | Pointer


@dataclass(slots=True)
class Scene:
    """Everything on one screen, `width` by `height` pixels, over a plain `background`."""

    width: int
    height: int
    background: Color = (255, 255, 255)
    elements: list[Element] = field(default_factory=list)
    theme: str = "light"
    seed: int = 0

    def add(self, *elements: Element) -> None:
        """Append elements, painted in the given order."""
        self.elements.extend(elements)

    def shifted(self, dx: float, dy: float, width: int, height: int) -> Scene:
        """The part of the scene in a viewport of `width` by `height` whose top left corner is at dx, dy.

        The elements are moved in place, so the scene itself must not be used any more.
        """
        kept: list[Element] = []
        for element in self.elements:
            if move(element, -dx, -dy, width, height):
                kept.append(element)
        return Scene(width, height, self.background, kept, self.theme, self.seed)


def move(element: Element, dx: float, dy: float, width: int, height: int) -> bool:
    """Move one element in place; False when it then lies outside of a picture of `width` by `height` for certain."""
    if isinstance(element, TextRun):
        element.x += dx
        element.baseline += dy
        if element.clip is not None:
            x0, y0, x1, y1 = element.clip
            element.clip = (x0 + dx, y0 + dy, x1 + dx, y1 + dy)
        return -2 * element.size < element.baseline < height + 2 * element.size and element.x < width
    if isinstance(element, Polyline):
        element.points = tuple((x + dx, y + dy) for x, y in element.points)
        return True
    if isinstance(element, Squiggle):
        element.x0, element.x1, element.y = element.x0 + dx, element.x1 + dx, element.y + dy
        return element.x1 > 0 and element.x0 < width and -9 < element.y < height + 9
    if isinstance(element, Icon | Pointer):
        element.x += dx
        element.y += dy
        return -200 < element.x < width and -200 < element.y < height
    element.x0 += dx
    element.x1 += dx
    element.y0 += dy
    element.y1 += dy
    margin = element.shadow if isinstance(element, Rect) else 0
    inside = element.x1 + margin > 0 and element.y1 + margin > 0 and element.x0 - margin < width
    return inside and element.y0 - margin < height
