"""Dialog boxes in windows of desktops, alone, on a desktop's ground, or over what was open before."""

from __future__ import annotations

from train.data.pages.brush import ICON, Brush, Page
from train.data.pages.draw import windows
from train.data.world.content import DialogContent

_GROUNDS = (
    "#008080",
    "#3a6ea5",
    "linear-gradient(160deg,#2b5876,#4e4376)",
    "linear-gradient(#0f2027,#2c5364)",
    "#5e2750",
    "#dfe3e8",
    "#1c1c22",
    "linear-gradient(135deg,#c9d6ff,#e2e2e2)",
)


def dialog(brush: Brush, content: DialogContent, backdrop: Page | None = None) -> Page:
    """The page of a dialog, before the page of what was open already."""
    behind = "" if backdrop is None else backdrop.body
    rng, look = brush.rng, brush.look
    skin = windows.skin_for(rng, look.split, content.style)
    icon = ""
    if content.icon and rng.random() < 0.85:
        size = rng.choice((24, 32, 40, 48))
        icon = f'<span data-skip style="flex:none;line-height:0;zoom:{size / 18:.2f}">{ICON[content.icon]}</span>'
    heading = (
        ""
        if content.heading is None
        else brush.piece(content.heading, "div", 'style="font-weight:700;font-size:1.08em;margin-bottom:.5em"')
    )
    body = "".join(
        brush.piece(t, "div", 'style="margin:.25em 0;white-space:pre-wrap;overflow-wrap:anywhere"')
        for t in content.body
    )
    details = ""
    if content.details:
        rows = "\n".join("".join(brush.piece(p) for p in r.pieces) for r in content.details)
        details = (
            '<pre style="font-family:f-mono,monospace;font-size:.85em;white-space:pre-wrap;'
            "overflow-wrap:anywhere;border:1px solid #8887;padding:.5em;margin:.6em 0;"
            f'background:#8881">{rows}</pre>'
        )
    check = ""
    if content.checkbox is not None:
        check = (
            '<div style="margin:.7em 0;display:flex;gap:.5em;align-items:center"><span '
            'data-skip style="width:13px;height:13px;border:1px solid #888;flex:none">'
            f"</span>{brush.piece(content.checkbox)}</div>"
        )
    main = rng.randrange(max(len(content.buttons), 1))
    buttons = "".join(
        brush.piece(
            b,
            "button",
            (
                f'class="{"m-btn default" if i == main and not skin.sheet else "default" if i == main else ""}" '
                'type="button"'
            ),
        )
        for i, b in enumerate(content.buttons)
    )
    where = rng.choice(("flex-end", "flex-end", "center", "stretch" if skin.name == "ios" else "flex-end"))
    align = "center" if skin.name == "ios" else "left"
    inner = (
        '<div style="display:flex;gap:14px;align-items:flex-start;'
        f'padding:{rng.choice((10, 14, 18))}px;text-align:{align}">{icon}'
        f'<div style="flex:1;min-width:0">{heading}{body}{details}{check}</div></div>'
        '<div class="m-dialog" style="display:flex;gap:8px;flex-wrap:wrap;'
        f'justify-content:{where};padding:0 12px 12px">{buttons}</div>'
    )
    longest = max((len(t.text) for t in content.body), default=20)
    room = look.view[0] - 24
    width = min(rng.choice((300, 360, 400, 440, 480, 560)) + (120 if longest > 200 else 0), room)
    margin = rng.choice((0, 0, 8, 16))
    alone = not behind and rng.random() < 0.55
    box = windows.frame(
        brush, skin, content.title, inner, f"width:{width}px;font-size:{look.size - 1}px;text-align:left"
    )
    marked = (
        f'<div {"data-frame" if alone else ""} style="display:inline-block;'
        f'padding:{margin if alone else 0}px">{box}</div>'
    )
    ground = rng.choice(_GROUNDS)
    x, y = (50, 50) if rng.random() < 0.7 else (rng.randint(30, 70), rng.randint(35, 65))
    veil = f'<div class="m-veil" data-veil style="background:#000{rng.choice("0034")}"></div>' if behind else ""
    if alone:
        place = f'<div style="padding:4px">{marked}</div>'
    else:
        place = (
            f'<div style="position:fixed;z-index:90;left:{x}%;top:{y}%;transform:translate(-{x}%,-{y}%)">{marked}</div>'
        )
    body_html = (
        f'<div style="min-height:100vh;background:{"transparent" if behind else ground}">{behind}</div>'
        if not alone
        else ""
    )
    if alone:
        body_html = f"<style>body{{background:{ground}}}</style>"
    head = ("" if backdrop is None else backdrop.head) + windows.skin_head(
        skin, look.dark and not skin.sheet, look.own_face
    )
    page = Page(
        content.fields,
        f"{body_html}{veil}{place}",
        f"dialog {skin.name}",
        head,
        content.app,
        bare=backdrop is None or backdrop.bare,
    )
    return page
