"""The whole document of a page: the kit's style sheets, the faces, and the project's own rules for what kits leave open."""

from __future__ import annotations

from train.data.pages.brush import Page
from train.data.pages.kits import sheet
from train.data.pages.look import Look, font_rules

_OWN = """
*,*::before,*::after{box-sizing:border-box}
html,body{margin:0;min-height:100%}
.m-bar{display:flex;align-items:center;gap:1.1em;padding:.55em 1em;flex-wrap:wrap;width:100%}
.m-bar nav{display:flex;gap:.9em;align-items:center;flex-wrap:wrap;margin:0;background:none;box-shadow:none;height:auto;width:auto}
.m-logo{width:22px;height:22px;border-radius:5px;background:var(--m-accent);display:inline-block;flex:none}
.m-shell{display:flex;align-items:stretch;width:100%}
.m-side{flex:none;width:200px;padding:1em .8em;border-right:1px solid #8884;display:flex;flex-direction:column;gap:.55em}
.m-main{flex:1;min-width:0;padding:1.1em 1.4em}
.m-buttons{display:flex;gap:.7em;flex-wrap:wrap;margin:.8em 0;align-items:center}
.m-buttons button,.m-dialog button{width:auto;margin:0;flex:none}
.m-field{margin:0 0 1em;max-width:32em}.m-field input,.m-field select{width:100%;margin-bottom:.2em}
.m-help{color:#c62828;font-size:.86em;margin-top:.2em;white-space:normal}.m-bad{border-color:#c62828!important}
.m-alert{display:flex;gap:.7em;align-items:flex-start;margin:0 0 1em;text-align:left;height:auto;width:auto;max-width:none}
.m-grow{flex:1;min-width:0}.m-icon{flex:none;line-height:0}
.m-card,.m-alert,.m-alert p,.m-card p{line-height:1.45}
.m-scroll{overflow-x:auto;margin:.6em 0 1em}.m-scroll table{margin:0}
.m-stats{display:grid;grid-template-columns:repeat(auto-fit,minmax(9em,1fr));gap:.9em;margin:.6em 0 1em}
.m-stats .m-card{margin:0;padding:.8em 1em}.m-big{font-size:1.6em;line-height:1.25;display:block}
.m-toast{position:fixed;z-index:60;max-width:min(26em,88vw);box-shadow:0 4px 18px #0006;border-radius:6px;
 background:var(--m-paper);
 color:var(--m-ink)}.m-toast>.m-alert{margin:0}
.m-modal{position:fixed;z-index:80;left:50%;top:50%;transform:translate(-50%,-50%);width:min(34em,92vw);padding:1.2em 1.4em;
 box-shadow:0 10px 40px #0008;border-radius:8px;background:var(--m-paper);color:var(--m-ink);border:1px solid #8886}
.m-veil{position:fixed;inset:0;z-index:70;background:#0007}
.m-banner{border-radius:0;margin:0}.m-grid{display:grid;gap:1em;grid-template-columns:repeat(auto-fit,minmax(14em,1fr))}
.m-code{white-space:pre-wrap;overflow-wrap:anywhere;font-family:f-mono,monospace;font-size:.88em;line-height:1.45;padding:.8em 1em;
 border-radius:5px;margin:.6em 0 1em;background:var(--m-sunk);color:var(--m-ink);border:1px solid #8883}
.m-code span{font-family:inherit;color:inherit;background:none;padding:0;font-size:1em}
.m-chat{display:flex;flex-direction:column;gap:.8em}.m-chat>div{display:flex;gap:.7em}.m-face{width:32px;height:32px;border-radius:50%;flex:none}
.m-row{display:flex;gap:1em;align-items:center;justify-content:space-between;padding:.5em 0;border-bottom:1px solid #8883}
.m-clip{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.m-dim{opacity:.72}.m-mono{font-family:f-mono,monospace}
.m-foot{padding:1em 1.4em;border-top:1px solid #8883;display:flex;gap:1.2em;flex-wrap:wrap;font-size:.88em}
.m-centre{display:flex;flex-direction:column;align-items:center;justify-content:center;min-height:82vh;text-align:center;padding:2em 1em}
.m-box{width:min(25em,92vw);text-align:left}.m-narrow{max-width:50em;margin:0 auto}
.pa{padding:1em 1.2em}.mb{margin-bottom:1em}.dblock{display:block!important;max-height:none!important}
.tone-error{color:var(--m-red)}.tone-warning{color:var(--m-amber)}.tone-success{color:var(--m-green)}.tone-info{color:var(--m-blue)}
.tone-dim{opacity:.7}.tone-bold{font-weight:700}.tone-accent{color:var(--m-accent)}
.m-btn .tone-error,.m-alert .tone-error{color:inherit}
p,li,td,h1,h2,h3{overflow-wrap:break-word}
button{white-space:nowrap}
"""
_COLOURS = {
    False: (
        "--m-paper:#fff;--m-ink:#1d2026;--m-sunk:#f3f4f6;--m-red:#b3261e;"
        "--m-amber:#8a5a00;--m-green:#1b7a3d;--m-blue:#1f5fbf"
    ),
    True: (
        "--m-paper:#1e2127;--m-ink:#e6e8eb;--m-sunk:#14161a;--m-red:#ff8a80;"
        "--m-amber:#ffca5c;--m-green:#7ddf9a;--m-blue:#8ab8ff"
    ),
}
# Kits without a dark side, and parts without a class in a kit: plain boxes in plain colours.
_PLAIN_PARTS = """
.m-error.m-alert{background:#fdecea;color:#611a15;border:1px solid #f5c6c2;padding:.7em 1em;border-radius:4px}
.m-warning.m-alert{background:#fff4e0;color:#663c00;border:1px solid #f0d8a8;padding:.7em 1em;border-radius:4px}
.m-success.m-alert{background:#e8f5e9;color:#1b4d20;border:1px solid #b7dfb9;padding:.7em 1em;border-radius:4px}
.m-info.m-alert{background:#e5f1fd;color:#0d3c61;border:1px solid #b3d4f2;padding:.7em 1em;border-radius:4px}
"""
_PLAIN_CARD = ".m-card{border:1px solid #8885;border-radius:6px;padding:.9em 1.1em;margin:0 0 1em}"
_PLAIN_BADGE = ".m-badge{border:1px solid #8886;border-radius:9px;padding:0 .5em;font-size:.85em}"
_PLAIN_TABLE = (
    ".m-table{border-collapse:collapse;width:100%}.m-td,.m-th{text-align:left;"
    "padding:.35em .8em;border-bottom:1px solid #8884}"
)
_PLAIN_SITE = (
    ".m-btn,.m-btn2{font:inherit;padding:.35em 1em;border-radius:5px;border:1px "
    "solid #8888;background:var(--m-sunk);color:var(--m-ink)}"
    ".m-btn{background:var(--m-accent);color:var(--m-on);border-color:var(--m-accent)}"
    ".m-input{font:inherit;padding:.35em .6em;border:1px solid #8889;"
    "border-radius:4px;background:var(--m-paper);color:var(--m-ink)}"
    ".m-label{display:block;font-size:.9em;margin-bottom:.2em}"
    ".m-bar{background:var(--m-sunk);border-bottom:1px solid #8884}"
)


def document(page: Page, look: Look) -> str:
    """The page as a complete HTML document that refers to files only."""
    kit = look.kit
    rules = [
        font_rules(look),
        f":root{{{_COLOURS[look.dark]};--m-accent:{look.accent};--m-on:{'#111' if look.dark else '#fff'}}}",
        _OWN,
    ]
    links = ""
    if not page.bare:
        links = "".join(f'<link rel="stylesheet" href="{sheet(name).as_uri()}">' for name in kit.sheets)
        has = kit.classes.get
        rules += [_PLAIN_PARTS] if not has("error") else []
        rules += [_PLAIN_CARD] if not has("card") else []
        rules += [_PLAIN_BADGE] if not has("badge") else []
        rules += [_PLAIN_TABLE] if kit.name == "plain" or not has("table") else []
        if kit.name == "plain":
            rules.append(_PLAIN_SITE)
        if kit.name == "plain" or (look.dark and not kit.attributes(True) and kit.themes == ("light",)):
            rules.append("body{background:var(--m-paper);color:var(--m-ink)}a,.m-a,.m-link{color:var(--m-blue)}")
        if kit.name == "plain" or look.own_face:
            rules.append(f"html body{{font-size:{look.size}px}}")
        if look.own_face:
            kind = "f-serif,serif" if look.hue > 0.86 else "f-sans,sans-serif"
            every = (
                "body,body h1,body h2,body h3,body p,body button,body input,body select,body "
                "table,body li,body label,body a,body div,body span,body strong,body td,body "
                "th,body nav,body header"
            )
            rules.append(
                f"{every}{{font-family:{kind}}}.m-code,.m-code span,.m-mono,.m-mono "
                f"span{{font-family:f-mono,monospace!important}}"
            )
    return (
        f'<!doctype html><html lang="en" {"" if page.bare else kit.attributes(look.dark)}><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">{links}<style>{"".join(rules)}</style>{page.head}</head>'
        f'<body class="{"" if page.bare else kit.classes.get("body", "")} {page.body_class}">{page.body}</body></html>'
    )
