"""Windows of desktop programs, documents, charts, photographs."""

from __future__ import annotations

from train.data.pages.brush import Brush, Page
from train.data.pages.draw import windows
from train.data.pages.draw.blocks import block_html, body_html
from train.data.world.content import ChartContent, DesktopAppContent, DocumentContent, PhotoContent


def desktop_app(brush: Brush, content: DesktopAppContent) -> Page:
    """A program's window: menus, tool bar, side bar, blocks, status bar."""
    rng, look = brush.rng, brush.look
    skin = windows.skin_for(rng, look.split, content.style)
    line = "display:flex;gap:14px;padding:4px 10px;flex-wrap:wrap;border-bottom:1px solid #8883"
    menus = "".join(brush.piece(m) for m in content.menus)
    menus = f'<div style="{line}">{menus}</div>' if menus else ""
    tools = "".join(brush.piece(t, "button", 'type="button"') for t in content.toolbar)
    tools = f'<div style="{line};gap:6px">{tools}</div>' if tools else ""
    entries = "".join(f'<div class="m-clip" style="padding:4px 10px">{brush.piece(t)}</div>' for t in content.sidebar)
    seen = entries and (look.view[0] > 620 or 'data-role="message"' in entries)
    side = (
        (
            '<aside style="width:170px;flex:none;border-right:1px solid #8883;'
            f'overflow:hidden;padding:6px 0">{entries}</aside>'
        )
        if seen
        else ""
    )
    banner = "" if content.banner is None else block_html(brush, content.banner)
    main = body_html(brush, content.blocks, plain=True)
    status = "".join(brush.piece(s) for s in content.status)
    status = f'<div style="{line};border:0;border-top:1px solid #8883;font-size:.92em">{status}</div>' if status else ""
    inner = (
        '<div style="display:flex;flex-direction:column;height:100%">'
        f'{menus}{tools}{banner}<div style="flex:1;min-height:0;display:flex">{side}'
        f'<div style="flex:1;min-width:0;overflow:hidden">{main}</div></div>{status}</div>'
    )
    gap = rng.choice((0, 0, 10, 36))
    ground = rng.choice(("#2c3e50", "#008080", "#4b6584", "#dfe3e8", "linear-gradient(135deg,#355c7d,#6c5b7b)"))
    size = rng.choice((12, 13, 13, 14))
    body = windows.frame(brush, skin, content.title, inner, f"position:absolute;inset:{gap}px;font-size:{size}px")
    body = f'<div style="position:fixed;inset:0;background:{ground}">{body}</div>'
    head = windows.skin_head(skin, look.dark and not skin.sheet, look.own_face)
    style = (
        f"<style>body{{font-size:{size}px;"
        f"overflow:hidden}}.window-body{{margin:2px!important}}.m-table{{border-collapse:collapse}}.m-td,.m-th{{padding:3px "
        f"9px;border:1px solid #8884;text-align:left}}.m-card{{border:1px solid #8884;"
        f"padding:8px 12px;margin:0 0 10px}}.m-alert{{padding:8px "
        f"12px}}.m-error{{background:#fdecea;"
        f"color:#611a15}}.m-warning{{background:#fff4e0;"
        f"color:#5a3a00}}.m-success{{background:#e8f5e9;"
        f"color:#174d1c}}.m-info{{background:#e5f1fd;color:#0d3c61}}</style>"
    )
    return Page(content.fields, body, f"desktop {skin.name}", style + head, content.app, bare=True)


def document(brush: Brush, content: DocumentContent) -> Page:
    """A sheet of paper, with or without a viewer around it."""
    rng, look = brush.rng, brush.look
    face = rng.choice(("f-serif", "f-serif", "f-sans", "f-mono"))
    inner = body_html(brush, content.blocks, plain=True)
    two = "column-count:2;column-gap:28px;" if rng.random() < 0.2 and look.view[0] > 900 else ""
    align = rng.choice(("left", "left", "justify"))
    sheet = (
        '<div class="sheet" style="background:#fff;color:#111;width:min(820px,94vw);'
        f"margin:18px auto;padding:{rng.choice((28, 48, 70))}px;box-shadow:0 1px 8px "
        f'#0006;{two}text-align:{align}">{inner}</div>'
    )
    bar = ""
    if content.title is not None:
        bar = (
            '<div style="position:sticky;top:0;display:flex;gap:20px;background:#323639;'
            'color:#f1f1f1;padding:9px 16px;z-index:3">'
            f"{brush.piece(content.title)}{brush.span(f'{rng.randint(1, 9)} / {rng.randint(9, 99)}', 'value')}</div>"
        )
    ground = "#525659" if bar or look.dark else rng.choice(("#e9e9e9", "#ffffff", "#d6d6d6"))
    style = (
        f"<style>body{{margin:0;background:{ground};"
        f"font:{rng.choice((13, 14, 15, 16))}px/{rng.choice((1.3, 1.45, 1.6))} "
        f"f-sans,sans-serif}}.sheet,.sheet "
        f"*{{font-family:{face},serif}}.m-table{{border-collapse:collapse;"
        f"width:100%}}.m-td,.m-th{{border:1px solid #999;padding:4px 9px;"
        f"text-align:left}}.m-main{{padding:0}}</style>"
    )
    return Page(content.fields, bar + sheet, "document", style, content.app, bare=True)


def chart(brush: Brush, content: ChartContent) -> Page:
    """A chart by SVG with its title, axes and legend in HTML and SVG text."""
    rng, look = brush.rng, brush.look
    wide, high = min(look.view[0] - 40, 1100), min(look.view[1] - 40, 640)
    left, top, right, low = 74, 52, 24, 62
    plot_w, plot_h = max(wide - left - right, 120), max(high - top - low, 80)
    ink = "#e6e6e6" if look.dark else "#333"

    def word(
        text: str, x: float, y: float, role: str, anchor: str = "middle", size: int = 12, weight: int = 400
    ) -> str:
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'font-weight="{weight}" fill="{ink}" data-role="{role}">'
            f"{brush_escape(text)}</text>"
        )

    from train.data.pages.brush import escape as brush_escape

    parts = []
    if content.title is not None:
        parts.append(
            word(
                content.title.text,
                left + plot_w / 2,
                28,
                "title",
                size=rng.choice((15, 17, 19)),
                weight=rng.choice((400, 700)),
            )
        )
    ticks = content.x_ticks
    step = plot_w / max(len(ticks), 1)
    roomy = max((len(t.text) for t in ticks), default=1) * 7 < step
    for i, tick in enumerate(ticks):
        if roomy or i % 2 == 0:
            parts.append(word(tick.text, left + (i + 0.5) * step, top + plot_h + 18, tick.role))
    for i, tick in enumerate(content.y_ticks):
        parts.append(
            word(tick.text, left - 8, top + plot_h * (1 - i / max(len(content.y_ticks) - 1, 1)) + 4, tick.role, "end")
        )
    if content.x_label is not None:
        parts.append(word(content.x_label.text, left + plot_w / 2, high - 10, "label", size=13))
    if content.y_label is not None:
        parts.append(word(content.y_label.text, 8, 40, "label", "start", 13))
    colours = (look.accent, "#e4572e", "#2e9e5b", "#f2b134")
    for i, name in enumerate(content.legend):
        y = top + 14 + 20 * i
        parts.append(
            f'<rect x="{left + plot_w - 130}" y="{y - 10}" width="12" height="12" fill="{colours[i % 4]}"/>'
            + word(name.text, left + plot_w - 112, y, "label", "start")
        )
    inner = brush.plot(int(plot_w), int(plot_h), content.values, content.style)
    ground = "#1c1f24" if look.dark else rng.choice(("#fff", "#fff", "#f7f7f2"))
    svg = (
        f'<svg width="{wide}" height="{high}" style="background:{ground}"><g '
        f'transform="translate({left} {top})">{inner}</g>{"".join(parts)}<path '
        f'd="M{left} {top}V{top + plot_h}H{left + plot_w}" fill="none" stroke="{ink}"/>'
        "</svg>"
    )
    style = (
        f"<style>body{{margin:0;background:{ground}}}svg "
        f"text{{font-family:{rng.choice(('f-sans', 'f-sans', 'f-serif'))},sans-serif}}</style>"
    )
    return Page(content.fields, f'<div style="padding:20px">{svg}</div>', "chart", style, "", bare=True)


def photo(brush: Brush, content: PhotoContent) -> Page:
    """A picture of shapes and light with at most a few words in it."""
    rng, look = brush.rng, brush.look
    wide, high = look.view
    shapes = "".join(
        (
            f'<circle cx="{rng.randrange(wide)}" cy="{rng.randrange(high)}" '
            f'r="{rng.randint(20, 260)}" fill="hsl({rng.randrange(360)} '
            f'{rng.randint(10, 80)}% {rng.randint(15, 80)}%)" '
            f'opacity="{rng.uniform(0.2, 0.9):.2f}"/>'
        )
        for _ in range(rng.randint(4, 16))
    )
    signs = "".join(
        (
            f'<div style="position:absolute;left:{rng.randint(5, 60)}%;'
            f"top:{10 + 76 * i // max(len(content.texts), 1)}%;"
            f"font-size:{rng.randint(18, 54)}px;background:hsl({rng.randrange(360)} 60% "
            f'30%);color:#fff;padding:.3em .7em">{brush.piece(t)}</div>'
        )
        for i, t in enumerate(content.texts)
    )
    base = f"hsl({rng.randrange(360)} 30% 60%)"
    style = "<style>body{margin:0;overflow:hidden;font-family:f-sans,sans-serif;font-weight:700}</style>"
    body = (
        f'<div style="position:fixed;inset:0;background:{base};overflow:hidden"><svg '
        f'width="{wide}" height="{high}" style="position:absolute">{shapes}</svg>'
        f"{signs}</div>"
    )
    return Page(content.fields, body, "photo", style, "", bare=True)
