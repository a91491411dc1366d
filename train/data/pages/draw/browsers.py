"""Browser windows: chrome around a page, and the pages that browsers make themselves."""

from __future__ import annotations

from train.data.pages.brush import Brush, Page
from train.data.world.content import BrowserErrorContent, Text, WebPageContent

_GLYPHS = {
    "back": '<path d="M11 4L6 9l5 5" fill="none" stroke="currentColor" stroke-width="1.6"/>',
    "next": '<path d="M7 4l5 5-5 5" fill="none" stroke="currentColor" stroke-width="1.6"/>',
    "load": '<path d="M14 9a5 5 0 1 1-1.6-3.7M14 3v3h-3" fill="none" stroke="currentColor" stroke-width="1.6"/>',
    "lock": '<path d="M5 8h8v6H5zM7 8V6a2 2 0 0 1 4 0v2" fill="none" stroke="currentColor" stroke-width="1.5"/>',
    "more": '<circle cx="9" cy="4" r="1.4"/><circle cx="9" cy="9" r="1.4"/><circle cx="9" cy="14" r="1.4"/>',
    "cross": '<path d="M5 5l8 8M13 5l-8 8" stroke="currentColor" stroke-width="1.3"/>',
    "plus": '<path d="M9 4v10M4 9h10" stroke="currentColor" stroke-width="1.5"/>',
}


def glyph(name: str, size: int = 18) -> str:
    """A small drawing of the chrome."""
    return (
        f'<svg data-skip width="{size}" height="{size}" viewBox="0 0 18 18" '
        f'fill="currentColor" style="flex:none">{_GLYPHS[name]}</svg>'
    )


def chrome(brush: Brush, app: str, title: Text, url: Text, tabs: tuple[Text, ...], inner: str) -> tuple[str, str]:
    """(HTML, style) of a browser window of `app` around a page."""
    rng, dark = brush.rng, brush.look.dark
    rounded = {"Firefox": 5, "Safari": 7}.get(app, rng.choice((8, 10)))
    strip, bar, ink = rng.choice(
        (("#202124", "#35363a", "#e8eaed"), ("#1c1b22", "#2b2a33", "#fbfbfe"), ("#2b2b2b", "#3b3b3b", "#eee"))
        if dark
        else (
            ("#dee1e6", "#ffffff", "#3c4043"),
            ("#f0f0f4", "#f9f9fb", "#15141a"),
            ("#e6ecf5", "#f7f7f7", "#222"),
            ("#d3e3fd", "#fff", "#1f1f1f"),
        )
    )
    every = [(t, "tab") for t in tabs]
    at = rng.randrange(len(every) + 1)
    every.insert(at, (title, "title"))
    wide = brush.look.view[0]
    room = max((wide - 150) // len(every), 70)
    made = []
    for number, (text, role) in enumerate(every):
        dot = (
            '<span data-skip style="width:14px;height:14px;border-radius:4px;flex:none;'
            f'background:hsl({rng.randrange(360)} 50% 55%)"></span>'
        )
        label = f'<span class="m-clip" style="flex:1;min-width:0">{brush.span(text.text, role, text.ref)}</span>'
        back = bar if number == at else "transparent"
        cross = glyph("cross", 12) if room > 90 else ""
        made.append(
            f'<div style="display:flex;align-items:center;gap:7px;width:{min(room, 232)}px;'
            f"padding:0 10px;height:33px;background:{back};"
            f'border-radius:{rounded}px {rounded}px 0 0">{dot}{label}{cross}</div>'
        )
    shown = url.text if rng.random() < 0.4 else url.text.split("://", 1)[-1]
    warn = (
        brush.span("Not secure", "label") + '<span style="opacity:.4;margin:0 6px" data-skip></span>'
        if url.text.startswith("http:") and rng.random() < 0.6 and wide > 700
        else glyph("lock", 15)
    )
    pill = "#0002" if not dark else "#fff2"
    address = (
        '<div style="flex:1;min-width:0;display:flex;align-items:center;gap:8px;'
        f"background:{pill};border-radius:{rng.choice((4, 8, 16))}px;height:30px;"
        'padding:0 12px">'
        f'{warn}<span class="m-clip" style="flex:1;min-width:0" >{brush.span(shown, "url")}</span></div>'
    )
    tools = "".join(glyph(n) for n in ("back", "next", "load"))
    top = (
        f'<div style="display:flex;align-items:flex-end;gap:2px;background:{strip};'
        f'padding:7px 8px 0;overflow:hidden">{"".join(made)}<span style="padding:8px">'
        f"{glyph('plus', 14)}</span></div>"
    )
    line = (
        f'<div style="display:flex;align-items:center;gap:13px;background:{bar};'
        'padding:6px 12px;border-bottom:1px solid #8883">'
        f"{tools}{address}{glyph('more')}</div>"
    )
    html = (
        '<div class="b-chrome" style="position:fixed;z-index:95;inset:0 0 auto 0;'
        f'color:{ink};font-size:{rng.choice((12, 12, 13))}px;line-height:1.3">'
        f"{top}{line}</div>"
        f'<div class="b-page">{inner}</div>'
    )
    face = "f-sans,sans-serif" if brush.look.own_face else "system-ui,sans-serif"
    style = (
        f".b-chrome,body .b-chrome div,body .b-chrome span{{font-family:{face};"
        f"letter-spacing:normal;text-transform:none;text-shadow:none}}"
        ".b-chrome span,.b-chrome div{font-size:inherit;font-weight:400;margin:0}"
        # The page lives below its browser: what is fixed in it is fixed to this box.
        ".b-page{position:fixed;inset:83px 0 0 0;overflow:hidden;"
        "transform:translateZ(0);background:inherit;height:calc(100vh - 83px)}"
        ".b-page>.b-in{height:100%;overflow:hidden}"
    )
    return html, f"<style>{style}</style>"


def around(brush: Brush, page: Page, content: WebPageContent | BrowserErrorContent) -> Page:
    """The page inside its browser's window."""
    inner = f'<div class="b-in">{page.body}</div>'
    body, style = chrome(brush, content.app, content.title, content.url, content.tabs, inner)
    return Page(page.fields, body, page.family, page.head + style, page.program, page.bare, page.body_class)


_LOOKS = {
    "chromium": (
        "#202124",
        "#fff",
        "#5f6368",
        "#1a73e8",
        "margin:14vh auto 0;max-width:600px;padding:0 24px",
        "24px",
        500,
    ),
    "firefox": (
        "#15141a",
        "#fff",
        "#15141a",
        "#0061e0",
        "margin:16vh auto 0;max-width:56em;padding:0 36px",
        "2.1em",
        300,
    ),
    "safari": (
        "#666",
        "#f2f2f2",
        "#888",
        "#888",
        "margin:28vh auto 0;max-width:520px;text-align:center;padding:0 20px",
        "19px",
        700,
    ),
    "edge": ("#333", "#fff", "#555", "#0067b8", "margin:12vh auto 0;max-width:640px;padding:0 24px", "26px", 600),
}


def error_page(brush: Brush, content: BrowserErrorContent) -> Page:
    """A page that the browser made because loading failed."""
    rng, dark = brush.rng, brush.look.dark
    name = {"Firefox": "firefox", "Safari": "safari", "Microsoft Edge": "edge"}.get(content.app, "chromium")
    ink, ground, soft, accent, place, size, weight = _LOOKS[name]
    if dark:
        ink, ground, soft, accent = rng.choice(
            (("#e8eaed", "#202124", "#9aa0a6", "#8ab4f8"), ("#fbfbfe", "#1c1b22", "#cfcfd8", "#00ddff"))
        )
    if rng.random() < 0.3:
        size = rng.choice(("20px", "22px", "1.6em", "28px"))
    art = ""
    if rng.random() < 0.75 and name != "safari":
        red = brush.rng.random() < 0.3
        colour = "#d93025" if red else soft
        art = (
            '<svg data-skip width="72" height="72" viewBox="0 0 72 72" '
            'style="margin-bottom:24px;display:block"><path d="M14 6h30l14 14v46H14z" '
            f'fill="none" stroke="{colour}" stroke-width="4"/><path d="M27 36v5M45 36v5M27 '
            f'54q9-9 18 0" stroke="{colour}" stroke-width="4" fill="none"/></svg>'
        )
    parts = [
        art,
        brush.piece(
            content.heading, "h1", f'style="font-size:{size};font-weight:{weight};margin:0 0 14px;line-height:1.25"'
        ),
    ]
    parts += [brush.piece(p, "p", 'style="margin:0 0 12px;overflow-wrap:anywhere"') for p in content.paragraphs]
    if content.items:
        rows = "".join(f"<li style='margin:3px 0'>{brush.piece(t)}</li>" for t in content.items)
        parts.append(f'<ul style="padding-left:24px;margin:6px 0 14px;text-align:left">{rows}</ul>')
    parts += [f'<p style="margin:4px 0">{brush.piece(t, "a", f"style=color:{accent}")}</p>' for t in content.links]
    if content.code is not None:
        parts.append(brush.piece(content.code, "div", f'style="font-size:.82em;color:{soft};margin:14px 0 26px"'))
    if content.buttons:
        made = "".join(
            brush.piece(
                b,
                "button",
                'style="font:inherit;font-size:.9em;padding:8px 18px;'
                f"border-radius:{rng.choice((3, 4, 18))}px;border:1px solid {accent};"
                f"background:{accent if i == 0 else 'transparent'};"
                f'color:{("#202124" if dark else "#fff") if i == 0 else accent}"',
            )
            for i, b in enumerate(content.buttons)
        )
        side = rng.choice(("flex-end", "flex-start", "space-between"))
        parts.append(
            f'<div style="display:flex;gap:10px;flex-wrap:wrap;margin-top:18px;justify-content:{side}">{made}</div>'
        )
    face = "f-sans,sans-serif" if brush.look.own_face else "system-ui,'Segoe UI',Roboto,sans-serif"
    style = (
        f"<style>body{{background:{ground};color:{soft};font:{brush.look.size}px/1.5 "
        f"{face}}}h1{{color:{ink}}}h1,p,li,button,div{{font-family:{face}}}</style>"
    )
    page = Page(
        content.fields,
        f'<div style="{place}">{"".join(parts)}</div>',
        f"browser error {name}",
        style,
        content.app,
        bare=True,
    )
    return around(brush, page, content) if rng.random() < 0.6 else page
