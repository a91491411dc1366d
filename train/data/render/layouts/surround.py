"""What lies around a screen: marks and plates over it, a strip cut out of it, a chat or a mail that it is pasted into."""

from __future__ import annotations

from train.data.render.layouts import chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.marks import MARKS, SHY
from train.data.render.layouts.pen import elide
from train.data.render.layouts.themes import readable, ui_theme
from train.data.render.placing import place
from train.data.render.scene import Box, Color, Scene, TextRun
from train.data.world.content import Content, Text
from train.data.world.slots import Slots


def boxes_of(scene: Scene, roles: frozenset[str] = SHY, also: str = "") -> list[Box]:
    """Where the rows of some roles stand, and rows that hold the text `also`; measured from the glyphs."""
    found: list[Box] = []
    for order, run in enumerate(scene.elements):
        if isinstance(run, TextRun) and run.text.strip() and (run.role in roles or (also and also in run.text)):
            boxes = place(run, order).boxes
            inked = boxes[boxes[:, 2] > boxes[:, 0]]
            if len(inked):
                found.append((*inked[:, :2].min(0).tolist(), *inked[:, 2:].max(0).tolist()))
    return found


MARK_SHARE = 0.16  # of screens have one of these; a few have two
CROP_SHARE = 0.05  # of pictures of no given size are a strip around the message


def decorate(ctx: Context, content: Content) -> None:
    """Add marks and plates to a finished scene, never over what its fields rest on."""
    rng = ctx.rng
    if rng.random() >= MARK_SHARE:
        return
    for _ in range(rng.choice((1, 1, 1, 2))):
        taken = boxes_of(ctx.pen.scene, also=content.fields.error_code or "")
        rng.choices([mark for mark, _ in MARKS], [weight for _, weight in MARKS])[0](ctx, taken)


def cropped(ctx: Context, content: Content) -> Scene | None:
    """The strip of the scene around the message, or around some rows where there is none; None where that is no crop.

    The scene's elements are moved, so it must not be used any more once this returned a strip.
    """
    rng, scene = ctx.rng, ctx.pen.scene
    fields = content.fields
    kept = boxes_of(scene, also=fields.error_code or "")
    if not fields.is_error:
        kept = [
            box
            for box in boxes_of(scene, frozenset(("body", "output", "heading", "source", "item", "cell")))
            if 0 < box[1] < scene.height
        ]
        kept = rng.sample(kept, min(len(kept), 2))
    if not kept or (
        fields.error_code and not any(isinstance(e, TextRun) and fields.error_code in e.text for e in scene.elements)
    ):
        return None
    x0, y0 = min(b[0] for b in kept) - rng.uniform(6, 60), min(b[1] for b in kept) - rng.uniform(6, 70)
    x1, y1 = max(b[2] for b in kept) + rng.uniform(6, 90), max(b[3] for b in kept) + rng.uniform(6, 70)
    x0, y0 = max(x0, 0.0), max(y0, 0.0)
    x1, y1 = min(max(x1, x0 + 240), float(scene.width)), min(max(y1, y0 + 48), float(scene.height))
    if x1 - x0 < 120 or y1 - y0 < 32 or (x1 - x0) * (y1 - y0) > 0.7 * scene.width * scene.height:
        return None
    return scene.shifted(round(x0), round(y0), round(x1 - x0), round(y1 - y0))


_CHATS = ("Slack", "Microsoft Teams", "Discord", "Element", "Telegram", "Thunderbird", "Microsoft Outlook", "WhatsApp")
_CAPTIONS = (
    "any idea?",
    "What does this mean?",
    "Hi, I get this:",
    "see the screenshot",
    "here it is",
    "Hello {user}, this is what I see.",
    "since {day} it looks like this",
    "FYI",
    "Regards, {person}",
)


def pasted(ctx: Context, box: Box) -> Box:
    """Paint a chat or a mail around a pasted screenshot; returns the box for the screenshot."""
    rng, pen = ctx.rng, ctx.pen
    slots = Slots(rng)
    theme = ui_theme(rng, ctx.pool.split)
    fonts = ctx.fonts(theme)
    app = rng.choice(_CHATS)
    title = rng.choice((f"{slots.get('person')} - {app}", f"#help - {app}", app, f"Re: {slots.get('title')} - {app}"))
    x0, y0, x1, y1 = chrome.window(ctx, theme, fonts, box, Text(title, "title"))
    pen.box(x0, y0, x1, y1, theme.surface)
    ink, left = readable(theme.text, theme.surface), x0 + 54.0
    hue: Color = (rng.randrange(60, 200), rng.randrange(60, 200), rng.randrange(60, 200))
    chrome.badge(ctx, x0 + 12, y0 + 10, 30, hue, slots.get("person")[:1], fonts)
    x = (
        pen.text(slots.get("person"), left, round(y0 + 10 + fonts.ui.atlas.ascent), fonts.bold, ink, "label")
        + fonts.ui.size * 1.8
    )
    muted = readable(theme.muted, theme.surface)
    pen.text(slots.get("time")[:5], round(x), round(y0 + 10 + fonts.ui.atlas.ascent), fonts.small, muted, "label")
    y = y0 + 14 + fonts.ui.pitch
    caption = slots.fill(rng.choice(_CAPTIONS))
    pen.text(elide(caption, fonts.ui, x1 - left - 10), left, round(y + fonts.ui.atlas.ascent), fonts.ui, ink, "body")
    y += fonts.ui.pitch + 8
    low = y1 - fonts.ui.pitch - 22
    pen.box(left, low + 6, x1 - 12, y1 - 6, theme.window, border=theme.border, radius=6)
    hint = rng.choice(("Message", "Write a message…", "Reply", "Type a message"))
    pen.text(
        hint,
        round(left + 10),
        pen.middle(low + 6, y1 - 6, fonts.ui),
        fonts.ui,
        readable(theme.muted, theme.window),
        "input",
    )
    inner = (round(left), round(y), round(x1 - 14), round(low))
    pen.box(inner[0] - 1, inner[1] - 1, inner[2] + 1, inner[3] + 1, theme.border)
    return inner
