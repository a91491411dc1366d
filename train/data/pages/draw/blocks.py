"""The blocks of a page or window in a kit's parts."""

from __future__ import annotations

from collections.abc import Sequence

from train.data.pages.brush import Brush
from train.data.world.content import Block, Row, Text

_CORNERS = (
    "right:16px;top:16px",
    "right:16px;bottom:16px",
    "left:16px;bottom:16px",
    "left:50%;bottom:18px;transform:translateX(-50%)",
    "left:50%;top:14px;transform:translateX(-50%)",
)


def row(brush: Brush, pieces: Row, tag: str = "span", apart: bool = False) -> str:
    """The pieces of a row, touching or apart."""
    return (" " if apart else "").join(brush.piece(piece, tag) for piece in pieces.pieces)


def _lines(brush: Brush, block: Block, tag: str = "div") -> str:
    return "".join(f"<{tag}>{row(brush, r, apart=True)}</{tag}>" for r in block.rows)


def note(brush: Brush, block: Block) -> str:
    """What a toast, banner or card says: a title, rows, perhaps with a cross to close it."""
    title = "" if block.title is None else f"<div>{brush.piece(block.title, 'strong')}</div>"
    return title + _lines(brush, block)


def corner(brush: Brush) -> str:
    """Where a floating notification stands."""
    return brush.rng.choice(_CORNERS)


def block_html(brush: Brush, block: Block) -> str:
    """One block as HTML."""
    rng, tone = brush.rng, block.tone if block.tone in ("error", "warning", "success", "info") else ""
    title = "" if block.title is None else brush.piece(block.title, "h3", brush.css("h2"))
    match block.kind:
        case "heading":
            level = rng.choice((1, 1, 2))
            return "".join(f"<h{level} {brush.css(f'h{level}')}>{row(brush, r)}</h{level}>" for r in block.rows)
        case "paragraph":
            return title + "".join(f"<p {brush.css('p')}>{row(brush, r)}</p>" for r in block.rows)
        case "list":
            rows = "".join(f"<li {brush.css('item')}>{row(brush, r)}</li>" for r in block.rows)
            return f"{title}<ul {brush.css('list')}>{rows}</ul>"
        case "code" | "log":
            return f'{title}<pre class="m-code">' + "\n".join(row(brush, r) for r in block.rows) + "</pre>"
        case "table":
            return title + brush.table([r.pieces for r in block.rows])
        case "form":
            return f"{title}<div {brush.css('form')}>{''.join(_form_row(brush, r.pieces) for r in block.rows)}</div>"
        case "nav":
            return "".join(_bar(brush, r.pieces) for r in block.rows)
        case "buttons":
            names = [piece for r in block.rows for piece in r.pieces]
            main = rng.randrange(max(len(names), 1))
            made = "".join(
                brush.piece(p, "button", brush.css("btn" if i == main else "btn2") + ' type="button"')
                for i, p in enumerate(names)
            )
            return f'{title}<div class="m-buttons">{made}</div>'
        case "toast":
            return brush.toast(note(brush, block), tone or "info", corner(brush))
        case "banner":
            return brush.alert(note(brush, block), tone or "info", "m-banner")
        case "card":
            inner = note(brush, block)
            return brush.alert(inner, tone) if tone else brush.card(inner)
        case "footer":
            return f'<footer class="m-foot">{"".join(row(brush, r) for r in block.rows)}</footer>'
        case "stats":
            cards = [
                brush.card(
                    "".join(
                        f'<span class="{"m-big" if p.role == "value" else "m-dim"}">{brush.piece(p)}</span>'
                        for p in r.pieces
                    )
                )
                for r in block.rows
            ]
            return f'{title}<div class="m-stats">{"".join(cards)}</div>'
        case "chat":
            return f'{title}<div class="m-chat">{"".join(_said(brush, r.pieces) for r in block.rows)}</div>'
        case _:
            return title + _lines(brush, block)


def _said(brush: Brush, pieces: Sequence[Text]) -> str:
    colour = f"hsl({brush.rng.randrange(360)} 45% 55%)"
    head = " ".join(f'<b class="m-dim">{brush.piece(p)}</b> &nbsp; ' for p in pieces[:-1])
    return (
        f'<div><span class="m-face" style="background:{colour}"></span><div '
        f'class="m-grow"><div>{head}</div>{brush.piece(pieces[-1], "div")}</div></div>'
    )


def _bar(brush: Brush, pieces: Sequence[Text]) -> str:
    first = brush.piece(pieces[0], "strong") if pieces else ""
    rest = "".join(brush.piece(p, "a", brush.css("link") + ' href="#"') for p in pieces[1:])
    logo = '<span class="m-logo"></span>' if brush.rng.random() < 0.6 else ""
    return f"<header {brush.css('nav', 'm-bar')}>{logo}{first}<nav>{rest}</nav></header>"


def _form_row(brush: Brush, pieces: Sequence[Text]) -> str:
    label = value = help_text = ""
    for p in pieces:
        if p.role == "label" and not label:
            label = brush.piece(p, "label", brush.css("label"))
        elif p.role == "input":
            bad = any(q.ref == "message" for q in pieces)
            names = brush.css("input", *((brush.look.kit.classes.get("bad", ""), "m-bad") if bad else ()))
            from train.data.pages.brush import escape

            value = f'<input data-role="input" {names} value="{escape(p.text)}" spellcheck="false">'
        else:
            help_text += brush.piece(p, "div", brush.css("help"))
    wrap = brush.look.kit.classes.get("field", "")
    return f'<div class="m-field">{label}<div class="{wrap}">{value}</div>{help_text}</div>'


def body_html(brush: Brush, blocks: Sequence[Block], plain: bool = False) -> str:
    """All blocks: bars on top, a side bar at the left, what floats last. `plain`: one column without a frame."""
    tops = [b for b in blocks if b.kind in ("nav", "banner") and not plain]
    sides = [b for b in blocks if b.kind == "sidebar"]
    rest = [b for b in blocks if b not in tops and b not in sides]
    head = "".join(block_html(brush, b) for b in tops)
    main = "".join(block_html(brush, b) for b in rest)
    side = ""
    if sides:
        entries = "".join(f"<div>{row(brush, r)}</div>" for b in sides for r in b.rows)
        side = f'<aside class="m-side"{" hidden" if brush.look.phone else ""}>{entries}</aside>'
        side = "" if brush.look.phone and 'data-role="message"' not in entries else side
    room = "m-narrow" if brush.rng.random() < 0.4 and not plain else ""
    return f'{head}<div class="m-shell">{side}<main class="m-main"><div class="{room}">{main}</div></main></div>'
