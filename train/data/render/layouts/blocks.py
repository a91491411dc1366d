"""Paints any block of a page or window: chooses the painter for its kind."""

from __future__ import annotations

from collections.abc import Callable

from train.data.render.layouts import prose, widgets
from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts
from train.data.render.layouts.prose import Area, ink, joined, mono_rows, role_of
from train.data.render.layouts.themes import Theme
from train.data.world.content import Block

__all__ = ["Area", "ink", "joined", "mono_rows", "paint", "role_of"]

_Painter = Callable[[Context, Theme, Fonts, Block, Area, float], float]


def paint(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block whose top is y; returns the y below it. What does not fit above the bottom is left out."""
    if y + fonts.ui.pitch > area.bottom:
        return y
    if block.title is not None and block.kind not in {"card", "toast", "banner", "sidebar"}:
        at = fonts.heading if block.kind == "heading" else fonts.bold
        y = (
            ctx.pen.paragraph(
                block.title.text,
                area.x,
                y,
                area.width,
                at,
                ink(theme, block.title, area.ground),
                block.title.role,
                bottom=area.bottom,
            )
            + 4
        )
    return _PAINTERS[block.kind](ctx, theme, fonts, block, area, y)


_PAINTERS: dict[str, _Painter] = {
    "heading": prose.heading_block,
    "paragraph": prose.paragraph_block,
    "list": prose.list_block,
    "code": prose.code_block,
    "log": prose.code_block,
    "table": prose.table_block,
    "form": widgets.form_block,
    "nav": widgets.nav_block,
    "buttons": widgets.buttons_block,
    "toast": widgets.toast_block,
    "banner": widgets.framed_block,
    "card": widgets.framed_block,
    "sidebar": widgets.sidebar_block,
    "footer": widgets.footer_block,
    "stats": widgets.stats_block,
    "chat": widgets.chat_block,
}
