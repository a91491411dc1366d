"""Error pages of servers and frameworks, each drawn as its maker draws it; others by plain tags or the kit."""

from __future__ import annotations

from train.data.pages.brush import Brush, Page
from train.data.pages.draw.blocks import body_html, row
from train.data.world.content import WebPageContent


def _simple(brush: Brush, content: WebPageContent, tags: dict[str, str], rule: bool) -> str:
    """Heading, rule, paragraphs: what most servers send."""
    out = []
    for block in content.blocks:
        for r in block.rows:
            tag = tags.get(block.kind, "p")
            out.append(f"<{tag}>{row(brush, r)}</{tag}>")
        if block.kind == "heading" and rule:
            out.append("<hr>")
    return "".join(out)


_SERIF = (
    "<style>body{background:#fff;color:#000;font:16px 'Times New "
    "Roman',f-serif,serif;margin:8px}h1{font-size:2em;margin:.67em 0}</style>"
)


def nginx(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """nginx, HAProxy and their like: centred, a rule."""
    return f"<center>{_simple(brush, content, {'heading': 'h1', 'paragraph': 'div'}, True)}</center>", _SERIF


def apache(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Apache and Flask: a heading, paragraphs, the server's name in italics below a rule."""
    rows = [r for b in content.blocks if b.kind != "heading" for r in b.rows]
    head = "".join(f"<h1>{row(brush, r)}</h1>" for b in content.blocks if b.kind == "heading" for r in b.rows)
    body = "".join(f"<p>{row(brush, r)}</p>" for r in rows[:-1])
    last = f"<hr><address>{row(brush, rows[-1])}</address>" if rows else ""
    return head + body + last, _SERIF


def tomcat(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Tomcat and Jetty: white on blue bars."""
    style = (
        "<style>body{font:12px Tahoma,f-sans,sans-serif;background:#fff;color:#000;"
        "margin:8px}h1,h3{color:#fff;background:#525d76;margin:0;"
        "padding:3px}h1{font-size:22px}.line{height:1px;background:#525d76;margin:8px "
        "0}</style>"
    )
    rows = [r for b in content.blocks if b.kind != "heading" for r in b.rows]
    head = "".join(f"<h1>{row(brush, r)}</h1>" for b in content.blocks if b.kind == "heading" for r in b.rows)
    body = "".join(f"<p>{row(brush, r)}</p>" for r in rows[:-1])
    foot = f'<div class="line"></div><h3>{row(brush, rows[-1])}</h3>' if rows else ""
    return f'{head}<div class="line"></div>{body}{foot}', style


def iis(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """IIS: a grey bar, a white box with a frame."""
    style = (
        "<style>body{margin:0;font:.8em Verdana,f-sans,sans-serif;background:#eee;"
        "color:#000}#h{background:#555;color:#fff;padding:6px 2%;font:1.6em 'Trebuchet "
        "MS',Verdana,f-sans,sans-serif}#c{margin:10px 2%;background:#fff;border:1px "
        "solid #ccc;padding:8px 14px}h2{font-size:1.6em;color:#c00;margin:4px 0 "
        "8px}h3{font-size:1.1em}</style>"
    )
    bar = f'<div id="h">{brush.span("Server Error", "heading")}</div>' if brush.rng.random() < 0.7 else ""
    return f'{bar}<div id="c"><fieldset>{_simple(brush, content, {"heading": "h2"}, False)}</fieldset></div>', style


def django(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Django in debug mode: yellow head, grey facts, an explanation below."""
    style = (
        "<style>body{margin:0;font:14px f-sans,sans-serif;background:#eee;"
        "color:#000}#s{background:#ffc;padding:10px 20px;border-bottom:1px solid "
        "#ddd}h1{font-weight:400;margin:0 0 8px;font-size:24px}.x{padding:10px 20px;"
        "border-bottom:1px solid #ddd}pre{font:15px f-mono,monospace;"
        "white-space:pre-wrap;margin:6px 0}td{padding:2px 12px 2px 0;"
        "vertical-align:top;color:#575757}</style>"
    )
    head, facts, rest = [], [], []
    for b in content.blocks:
        for r in b.rows:
            text = r.text
            if b.kind == "heading":
                head.append(f"<h1>{row(brush, r)}</h1>")
            elif ":" in text[:24] and len(text) < 130:
                facts.append(f"<tr><td>{row(brush, r)}</td></tr>")
            elif len(head) == 1 and not facts:
                head.append(f"<pre>{row(brush, r)}</pre>")
            else:
                rest.append(f'<div class="x">{row(brush, r)}</div>')
    return f'<div id="s">{"".join(head)}<table>{"".join(facts)}</table></div>{"".join(rest)}', style


def werkzeug(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Werkzeug and PHP frameworks: a red line, frames of code in boxes."""
    style = (
        "<style>body{margin:0 40px;font:15px 'Lucida Grande',f-sans,sans-serif;"
        "background:#fff;color:#000}h1{color:#11557c;margin:22px 0 12px;font-size:26px;"
        "border-bottom:1px solid #11557c;padding-bottom:6px}pre{font:13px "
        "f-mono,monospace;background:#f4f9fb;border:1px solid #c8dbe6;padding:8px;"
        "margin:8px 0;white-space:pre-wrap}</style>"
    )
    return _simple(brush, content, {"heading": "h1", "list": "pre", "code": "pre"}, False), style


def rails(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Rails in development: a red bar, code with a grey ground."""
    style = (
        "<style>body{margin:0;font:14px/1.35 helvetica,f-sans,sans-serif;"
        "background:#fafafa;color:#333}header{background:#c52f24;color:#f0f0f0;"
        "padding:8px 24px}header h1{margin:4px 0;font-size:1.5em}main{padding:14px "
        "24px}h2{color:#c00;font-size:1.35em}pre{background:#eee;font:12px "
        "f-mono,monospace;padding:9px;white-space:pre-wrap;margin:7px 0}</style>"
    )
    head = "".join(row(brush, r) for b in content.blocks if b.kind == "heading" for r in b.rows)
    rest = "".join(
        (
            f"<{'pre' if b.kind in ('code', 'list') else 'h2' if i == 0 else 'p'}>"
            f"{row(brush, r)}</{'pre' if b.kind in ('code', 'list') else 'h2' if i == 0 else 'p'}>"
        )
        for b in content.blocks
        if b.kind != "heading"
        for i, r in enumerate(b.rows)
    )
    return f"<header><h1>{head}</h1></header><main>{rest}</main>", style


def laravel(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Laravel and Symfony in debug mode: a card with the exception, a stack beside the source."""
    ground, paper, ink = ("#111827", "#1f2937", "#e5e7eb") if brush.look.dark else ("#e5e7eb", "#fff", "#1f2937")
    style = (
        f"<style>body{{margin:0;background:{ground};color:{ink};font:15px/1.5 "
        f"f-sans,sans-serif;padding:24px}}.c{{background:{paper};box-shadow:0 2px 8px "
        "#0003;padding:24px 32px;margin-bottom:22px;border-top:3px solid "
        f"#ef4444}}h1{{font-size:20px;margin:8px 0}}pre{{font:13px f-mono,monospace;"
        f"white-space:pre-wrap;margin:4px 0}}</style>"
    )
    head = "".join(f"<h1>{row(brush, r)}</h1>" for b in content.blocks if b.kind == "heading" for r in b.rows)
    small: list[str] = []
    rest: list[str] = []
    for b in content.blocks:
        if b.kind == "heading":
            continue
        for r in b.rows:
            (rest if b.kind in ("code", "list") else small).append(
                f"<{'pre' if b.kind == 'code' else 'p'} style='margin:4px 0'>"
                f"{row(brush, r)}</{'pre' if b.kind == 'code' else 'p'}>"
            )
    more = f'<div class="c" style="border-top:0">{"".join(rest)}</div>' if rest else ""
    return f'<div class="c">{small[0] if small else ""}{head}{"".join(small[1:])}</div>{more}', style


def bare_text(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Express, FastAPI and their like: plain text at the top left."""
    face = "f-mono,monospace"
    ground = "background:#121212;color:#eee" if brush.look.dark else "background:#fff;color:#000"
    style = (
        f"<style>body{{margin:8px;{ground};font:13px {face}}}pre{{font:13px {face};"
        f"white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 8px}}</style>"
    )
    return _simple(brush, content, dict.fromkeys(("heading", "paragraph", "list", "code"), "pre"), False), style


def overlay(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Next.js, React and Vite: a dark panel over the page that failed."""
    style = (
        "<style>body{margin:0;background:#f5f5f5;font:15px "
        "f-sans,sans-serif}.v{position:fixed;inset:0;background:#000a;"
        "z-index:4}.o{position:fixed;z-index:5;left:50%;top:8%;"
        "transform:translateX(-50%);width:min(860px,92vw);background:#181818;"
        "color:#d8d8d8;border-radius:8px;border-top:8px solid #ff5555;padding:20px "
        "30px;font-family:f-mono,monospace}.o h1{font:600 18px f-mono,monospace;"
        "color:#ff5555;overflow-wrap:anywhere}.o pre{font:13px f-mono,monospace;"
        "white-space:pre-wrap;color:#2dd9da;margin:6px 0}.o p{margin:6px 0}</style>"
    )
    inner = _simple(brush, content, {"heading": "h1", "code": "pre", "list": "pre"}, False)
    return f'<div class="v" data-veil></div><div class="o">{inner}</div>', style


def next_plain(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """Hosted pages: the code and a sentence in the middle of nothing."""
    ground, ink = ("#000", "#fff") if brush.look.dark else ("#fff", "#000")
    style = (
        f"<style>body{{margin:0;background:{ground};color:{ink};"
        f"font:{brush.look.size}px/1.6 f-sans,sans-serif;height:100vh}}.m{{height:90vh;"
        "display:flex;flex-direction:column;align-items:center;justify-content:center;"
        f"text-align:center;padding:0 20px}}h1{{font-size:1.7em;margin:0 0 14px;"
        f"font-weight:500}}p{{margin:4px 0;opacity:.85}}</style>"
    )
    return f'<div class="m">{_simple(brush, content, {"heading": "h1"}, False)}</div>', style


def yellow(brush: Brush, content: WebPageContent) -> tuple[str, str]:
    """ASP.NET: red heading, maroon sentence, source on yellow."""
    style = (
        "<style>body{font:.7em/1.3 Verdana,f-sans,sans-serif;background:#fff;"
        "color:#000;margin:8px}h1{font-size:18pt;color:red;font-weight:400;margin:4px "
        "0}h2{font-size:14pt;color:maroon;font-style:italic;"
        "font-weight:400}pre{background:#ffffcc;font:11pt f-mono,monospace;"
        "white-space:pre-wrap;padding:6px;margin:6px 0}hr{border:0;border-top:1px "
        "solid silver}</style>"
    )
    return _simple(brush, content, {"heading": "h1", "code": "pre", "list": "p"}, True), style


_MAKERS = {
    "nginx": nginx,
    "HAProxy": nginx,
    "Varnish": apache,
    "Apache": apache,
    "Flask": apache,
    "Tomcat": tomcat,
    "Jetty": tomcat,
    "IIS": iis,
    "Django": django,
    "Werkzeug": werkzeug,
    "PHP": werkzeug,
    "Rails": rails,
    "Laravel": laravel,
    "Symfony": laravel,
    "Express": bare_text,
    "FastAPI": bare_text,
    "Traefik": bare_text,
    "Caddy": bare_text,
    "Spring Boot": apache,
    "ASP.NET": yellow,
    "Next.js": overlay,
    "React": overlay,
    "Vite": overlay,
    "Vercel": next_plain,
    "Netlify": next_plain,
    "Heroku": next_plain,
    "GitHub Pages": next_plain,
    "AWS S3": bare_text,
}


def server_page(brush: Brush, content: WebPageContent) -> Page:
    """A server's page as it looks; one in four in another server's manner or the kit's, as sites change theirs."""
    rng = brush.rng
    make = _MAKERS.get(content.fields.app or "")
    if make is None and content.layout in ("centre", "plain") and rng.random() < 0.4:
        make = rng.choice((nginx, apache, next_plain))
    has_bars = any(b.kind in ("nav", "sidebar", "form", "table", "stats", "toast") for b in content.blocks)
    if make is None or has_bars or rng.random() < 0.2:
        centred = content.layout == "centre" or rng.random() < 0.25
        body = body_html(brush, content.blocks)
        if centred and not has_bars:
            body = f'<div class="m-centre">{body}</div>'
        return Page(content.fields, body, "server page by kit", program=content.fields.app or "")
    body, style = make(brush, content)
    if rng.random() < 0.3:  # a browser whose reader chose another face
        style += (
            "<style>"
            f"body,h1,h2,h3,p,div,td{{font-family:{rng.choice(('f-sans', 'f-serif', 'f-sans'))}!important}}</style>"
        )
    if brush.look.split == "held_out":
        style += "<style>body,h1,h2,h3,p,div,td,address{font-family:f-sans!important}</style>"
    return Page(content.fields, body, f"server page {make.__name__}", style, content.fields.app or "", bare=True)
