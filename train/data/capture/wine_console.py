"""Console windows of Wine: commands typed into cmd, the cells read back from the console itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from train.data.capture.core import Fields, Recipe
from train.data.capture.desktop import keys
from train.data.capture.wine import Stage, wine
from train.data.capture.wine_looks import FLAT, ConsoleLook, WineLook


def console(
    id: str,
    family: str,
    commands: Sequence[str],
    fields: Fields,
    *slots: str,
    look: ConsoleLook | None = None,
    around: WineLook | None = None,
    stage: Stage | None = None,
    files: Mapping[str, str | bytes] | None = None,
    quiet: float = 2.0,
) -> Recipe:
    """A recipe for commands typed at cmd's prompt, one after another, in a console of that look.

    `around` is the desktop's look (its own console is not used), `quiet` how many seconds a command gets.
    """
    base = around or WineLook(FLAT, own_captions=False, face="DejaVu Sans", size=9)
    whole = WineLook(
        base.colours, base.themed, base.own_captions, base.dpi, base.face, base.size, base.smooth, look or ConsoleLook()
    )
    steps = [step for command in commands for step in (f"text:{command}", "Return")]
    recipe = wine(
        id,
        fields.app,
        family,
        ["wineconsole", "cmd"],
        fields,
        *slots,
        title="cmd",
        look=whole,
        stage=stage or Stage(1440, 900, crop="window"),
        files=files,
        act=keys(*steps, pause=quiet / 2),
    )
    ground = whole.console.ground
    bright = (ground >> 16) * 0.3 + (ground >> 8 & 0xFF) * 0.6 + (ground & 0xFF) * 0.1
    return Recipe(id, "wine", recipe.program, "dark" if bright < 128 else "light", family, fields, recipe.take, slots)
