"""How a page looks: kit, faces, colours, size of the view, pixels a CSS pixel. Drawn from a generator, nothing else."""

from __future__ import annotations

import colorsys
import random
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from train.data.pages.kits import Kit, kits
from train.data.render.fonts import Face, catalogue
from train.data.render.layouts.faces import Family, faces_of

SCALES = ((1.0, 40), (1.25, 14), (1.5, 10), (2.0, 8), (0.9, 7), (0.8, 6), (0.75, 4), (1.1, 6), (0.67, 2), (1.75, 3))
_VIEWS = (
    ((1280, 800), 14), ((1280, 720), 10), ((1366, 768), 12), ((1440, 900), 7), ((1024, 768), 8), ((1600, 900), 4), ((1920, 1080), 4),
    ((800, 600), 8), ((640, 480), 5), ((960, 640), 7), ((2560, 1440), 1), ((768, 1024), 4), ((414, 896), 4), ((390, 844), 4),
    ((360, 740), 4), ((1100, 500), 5), ((720, 400), 5),
)  # fmt: skip
_MOST_PIXELS = 2_600_000
_NO_LETTERS = re.compile(r"stmary|esint|gallant|wasy|cmr10", re.IGNORECASE)
"""Families with signs under the codes of letters, which would be labelled wrongly."""
_OWN_FACE = 0.62  # how often a page is set in a face of its own instead of its kit's


@dataclass(frozen=True)
class Look:
    """Everything about a page but its words. Sizes are device pixels; `scale` is device pixels a CSS pixel."""

    split: str
    kit: Kit
    dark: bool
    width: int
    height: int
    scale: float
    sans: Family
    serif: Family
    mono: Family
    own_face: bool
    size: int
    accent: str
    hue: float
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def view(self) -> tuple[int, int]:
        """Width and height in CSS pixels."""
        return max(round(self.width / self.scale), 200), max(round(self.height / self.scale), 150)

    @property
    def phone(self) -> bool:
        """Whether the page is narrow."""
        return self.view[0] < 560

    @property
    def theme(self) -> str:
        """The name of the look for the record."""
        return f"{self.kit.name}-{'dark' if self.dark else 'light'}"


@cache
def _usable(split: str) -> frozenset[str]:
    """Faces that a style sheet can name: outlines, first of their file."""
    suffixes = {".ttf", ".otf", ".woff2", ".woff"}
    return frozenset(
        f.id
        for f in catalogue(split)
        if not f.sizes and f.index == 0 and Path(f.path).suffix.lower() in suffixes and not _NO_LETTERS.search(f.family)
    )


def family(rng: random.Random, split: str, kind: str, look: str = "") -> Family:
    """A family of the split whose regular face a browser can load."""
    usable = _usable(split)
    found = faces_of(split).family(rng, kind, look)
    for _ in range(40):
        if found.regular.id in usable:
            break
        found = faces_of(split).family(rng, kind, look)
    good = [face if face.id in usable else found.regular for face in (found.bold, found.italic)]
    return Family(found.regular, good[0], good[1])


def _size(rng: random.Random) -> tuple[int, int, float]:
    (width, height), scale = rng.choices([v for v, _ in _VIEWS], [w for _, w in _VIEWS])[0], 1.0
    scale = rng.choices([s for s, _ in SCALES], [w for _, w in SCALES])[0]
    width += rng.choice((0, 0, 0, rng.randint(-60, 60)))
    height += rng.choice((0, 0, rng.randint(-120, 120)))
    width = max(width, 360)
    if width < 560:  # phones have dense screens
        scale = rng.choice((1.0, 1.0, 1.0, 1.5, 2.0))
        width, height = round(width * scale), round(height * scale)
    elif width / scale < 640 and scale > 1:
        scale = 1.0
    while width * height > _MOST_PIXELS:
        height = round(height * 0.8)
    return width, height, scale


def draw(rng: random.Random, split: str, theme: str = "any") -> Look:
    """A look of a split; `theme` "light" or "dark" where the content asks for it."""
    every = kits(split)
    if not every:
        raise RuntimeError(f"no look of the split {split} is there; `python -m train.data.pages.kits` fetches them")
    groups: dict[str, list[Kit]] = {}
    for kit in every:  # twenty themes of one kit are not twenty kits
        groups.setdefault(kit.name.split("-")[0], []).append(kit)
    names = sorted(groups)
    weights = [len(groups[name]) ** 0.5 * (3 if name == "plain" else 1) for name in names]
    kit = rng.choice(groups[rng.choices(names, weights)[0]])
    wanted = {"light": False, "dark": True}.get(theme, rng.random() < 0.38)
    dark = wanted if len(kit.themes) > 1 else kit.themes[0] == "dark"
    width, height, scale = _size(rng)
    hue = rng.random()
    red, green, blue = colorsys.hls_to_rgb(hue, 0.62 if dark else rng.uniform(0.3, 0.45), rng.uniform(0.4, 0.9))
    accent = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
    return Look(
        split, kit, dark, width, height, scale,
        family(rng, split, "sans"), family(rng, split, "serif"), family(rng, split, "mono"),
        split == "held_out" or rng.random() < _OWN_FACE,
        rng.choices((12, 13, 14, 15, 16, 17, 18), (6, 12, 24, 14, 26, 4, 6))[0],
        accent, hue,
    )  # fmt: skip


def _face(name: str, face: Face, weight: int, style: str = "normal") -> str:
    address = Path(face.path).as_uri()
    return f"@font-face{{font-family:{name};src:url('{address}');font-weight:{weight};font-style:{style}}}"


def font_rules(look: Look) -> str:
    """The @font-face rules of `f-sans`, `f-serif` and `f-mono`."""
    rules = []
    for name, some in (("f-sans", look.sans), ("f-serif", look.serif), ("f-mono", look.mono)):
        rules.append(_face(name, some.regular, 400))
        if some.bold.id != some.regular.id:
            rules.append(_face(name, some.bold, 700))
        if some.italic.id != some.regular.id:
            rules.append(_face(name, some.italic, 400, "italic"))
    return "".join(rules)


def font_environment(split: str, folder: Path) -> dict[str, str]:
    """Variables that keep the browser from held-out families (split "train"): it never falls back to one of them."""
    if split != "train":
        return {}
    names = sorted({face.family for face in catalogue("all") if face.held_out})
    reject = "".join(
        (
            '<pattern><patelt name="family"><string>'
            f"{name.replace('&', '&amp;').replace('<', '&lt;')}</string></patelt></pattern>"
        )
        for name in names
    )
    path = folder / "fonts.conf"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<selectfont><rejectfont>{reject}</rejectfont></selectfont></fontconfig>",
        encoding="utf-8",
    )
    return {"FONTCONFIG_FILE": str(path)}
