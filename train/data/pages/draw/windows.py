"""Windows: title bars and frames of desktops, by the retro kits of npm or by own style sheets."""

from __future__ import annotations

import random
from dataclasses import dataclass

from train.data.pages.brush import Brush
from train.data.pages.kits import has, held_out, sheet
from train.data.world.content import Text


@dataclass(frozen=True)
class Skin:
    """A desktop's look: its style sheet from npm or its own rules, and on which side the window's knobs are."""

    name: str
    styles: tuple[str, ...]
    sheet: str = ""
    css: str = ""
    dark_css: str = ""
    knobs: str = "right"


_FLAT = """
.w{{background:var(--m-paper);color:var(--m-ink);border:1px solid #8887;border-radius:{radius}px;overflow:hidden;
 box-shadow:0 8px 30px #0005;display:flex;flex-direction:column}}
.w-t{{display:flex;align-items:center;gap:8px;padding:{pad};background:{bar};color:{ink};min-height:{height}px}}
.w-n{{flex:1;min-width:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;text-align:{align};font-weight:{weight}}}
.w-k{{display:flex;gap:{gap}px;flex:none}}.w-k i{{width:{knob}px;height:{knob}px;border-radius:50%;display:block;background:#8885}}
.w-b{{flex:1;min-height:0}}.w button{{font:inherit;padding:5px 16px;border-radius:{button}px;
 border:1px solid #8888;background:{face};color:inherit}}
.w button.m-btn{{background:{strong};border-color:{strong};color:#fff}}
.w input,.w select{{font:inherit;padding:3px 6px;border:1px solid #8889;border-radius:4px;background:var(--m-paper);color:inherit}}
"""


def _flat(
    radius: int,
    bar: str,
    ink: str,
    align: str,
    weight: int,
    face: str,
    strong: str,
    button: int,
    knob: int = 12,
    height: int = 32,
    pad: str = "4px 10px",
    gap: int = 8,
) -> str:
    return _FLAT.format(
        radius=radius,
        bar=bar,
        ink=ink,
        align=align,
        weight=weight,
        face=face,
        strong=strong,
        button=button,
        knob=knob,
        height=height,
        pad=pad,
        gap=gap,
    )


_SIGNS = (  # a line, a square, a cross
    ".w-k i{border-radius:0;background:none}.w-k i:nth-child(1){border-bottom:1px solid;height:6px}"
    ".w-k i:nth-child(2){border:1px solid}.w-k i:nth-child(3){background:"
    "linear-gradient(45deg,transparent 46%,currentColor 46% 54%,transparent 54%),"
    "linear-gradient(-45deg,transparent 46%,currentColor 46% 54%,transparent 54%)}"
)
_DARK_BAR = ".w-t{background:#2b2d31;color:#e6e6e6}.w button{background:#3a3d42}"
SKINS = (
    Skin("98.css", ("windows", "java"), "98.css/dist/98.css"),
    Skin("xp.css", ("windows",), "xp.css/dist/XP.css"),
    Skin("7.css", ("windows",), "7.css/dist/7.css"),
    Skin("system.css", ("macos",), "@sakun/system.css/dist/system.css"),
    Skin(
        "macos",
        ("macos",),
        css=_flat(10, "#e9e9ea", "#333", "center", 600, "#fff", "#0a7aff", 6)
        + (
            ".w-k i:nth-child(1){background:#ff5f57}.w-k "
            "i:nth-child(2){background:#febc2e}.w-k i:nth-child(3){background:#28c840}"
        ),
        dark_css=".w-t{background:#363638;color:#ddd}.w button{background:#55565a}",
        knobs="left",
    ),
    Skin(
        "adwaita",
        ("gtk",),
        css=_flat(12, "#ebebeb", "#2e3436", "center", 700, "#e4e4e4", "#3584e4", 8, 20, 44),
        dark_css=_DARK_BAR,
    ),
    Skin(
        "yaru",
        ("gtk",),
        css=_flat(9, "#3b3b3b", "#f2f2f2", "center", 700, "#f5f5f5", "#e95420", 6, 16, 38),
        dark_css=".w button{background:#444}",
    ),
    Skin(
        "mint",
        ("gtk",),
        css=_flat(4, "#dadada", "#333", "center", 400, "#f5f5f5", "#8fa876", 3, 14, 28),
        dark_css=_DARK_BAR,
    ),
    Skin(
        "breeze",
        ("qt",),
        css=_flat(5, "#dee0e2", "#232629", "center", 400, "#fcfcfc", "#3daee9", 4, 14, 30),
        dark_css=_DARK_BAR,
    ),
    Skin(
        "fusion",
        ("qt", "java"),
        css=_flat(2, "#3465a4", "#fff", "left", 700, "linear-gradient(#fdfdfd,#e6e6e6)", "#308cc6", 3, 12, 26),
        dark_css=".w button{background:#4a4d52}",
    ),
    Skin(
        "win11",
        ("windows", "electron"),
        css=_flat(8, "#f3f3f3", "#1b1b1b", "left", 400, "#fbfbfb", "#005fb8", 4, 10, 32, gap=18) + _SIGNS,
        dark_css=".w-t{background:#202020;color:#fff}.w button{background:#2d2d2d}",
    ),
    Skin(
        "win10",
        ("windows", "java"),
        css=_flat(0, "#ffffff", "#000", "left", 400, "#e1e1e1", "#0078d7", 0, 10, 30, gap=22) + _SIGNS,
        dark_css=".w-t{background:#1f1f1f;color:#fff}.w button{background:#333}",
    ),
    Skin(
        "material",
        ("mobile", "web"),
        css=_flat(24, "transparent", "inherit", "left", 500, "transparent", "#6750a4", 20, 0, 40, "18px 24px 4px")
        + ".w button{border-color:transparent;color:#6750a4;font-weight:500}.w-k{display:none}",
        dark_css=".w button{color:#d0bcff}",
    ),
    Skin(
        "ios",
        ("mobile",),
        css=_flat(14, "transparent", "inherit", "center", 600, "transparent", "#8ab", 0, 0, 34, "14px 16px 2px")
        + (
            ".w button,.w button.m-btn{border:0;border-top:1px solid #8885;"
            "flex:1!important;color:#0a7aff;background:none;padding:11px}.w-k{display:none}"
        ),
    ),
    Skin(
        "electron",
        ("electron", "web"),
        css=_flat(6, "#2f3241", "#dfe1e8", "left", 400, "#fff2", "#5865f2", 4, 10, 30, gap=16),
        dark_css=".w button{background:#444}",
    ),
)


def skin_for(rng: random.Random, split: str, style: str) -> Skin:
    """A desktop's look of the split that goes with a content's style, or any of the split."""
    pool = [s for s in SKINS if held_out("skin " + s.name) == (split == "held_out") and (not s.sheet or has(s.sheet))]
    near = [s for s in pool if style in s.styles]
    return rng.choice(near or pool or [s for s in SKINS if not s.sheet])


def skin_head(skin: Skin, dark: bool, face: bool) -> str:
    """What a skin puts into <head>; `face`: set it in the look's own sans face instead of its kit's."""
    parts = []
    if skin.sheet:
        parts.append(f'<link rel="stylesheet" href="{sheet(skin.sheet).as_uri()}">')
        parts.append(
            "<style>.window{width:auto;max-width:none;display:flex;"
            "flex-direction:column}.window .window-body{flex:1;min-height:0}"
            ".title-bar-text{min-width:0}.window{color:#111}</style>"
        )
    else:
        parts.append(f"<style>{skin.css}{skin.dark_css if dark else ''}</style>")
    if face or not skin.sheet:
        parts.append(
            "<style>body,.w,.w button,.window,.window button,.title-bar-text,.window "
            "input{font-family:f-sans,sans-serif}</style>"
        )
    return "".join(parts)


def frame(brush: Brush, skin: Skin, title: Text | None, inner: str, style: str = "", attributes: str = "") -> str:
    """A window of a skin around `inner`."""
    name = brush.piece(title) if title is not None and title.text else ""
    if skin.sheet:
        inactive = ""
        knobs = (
            '<div class="title-bar-controls"><button aria-label="Minimize"></button>'
            '<button aria-label="Maximize"></button><button aria-label="Close"></button>'
            "</div>"
        )
        bar = f'<div class="title-bar{inactive}"><div class="title-bar-text">{name}</div>{knobs}</div>'
        if skin.name == "system.css":
            bar = (
                '<div class="title-bar"><button aria-label="Close" class="close"></button><h1 '
                f'class="title">{name}</h1></div><div class="separator"></div>'
            )
        return f'<div class="window" style="{style}" {attributes}>{bar}<div class="window-body">{inner}</div></div>'
    knobs = '<span class="w-k"><i></i><i></i><i></i></span>'
    left, right = (knobs, "") if skin.knobs == "left" else ("", knobs)
    bar = f'<div class="w-t">{left}<div class="w-n">{name}</div>{right}</div>'
    return f'<div class="w" style="{style}" {attributes}>{bar}<div class="w-b">{inner}</div></div>'
