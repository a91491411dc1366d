"""HTML out of texts: every piece carries its role, every part its kit's class names."""

from __future__ import annotations

import html
import random
from collections.abc import Sequence
from dataclasses import dataclass

from train.data.pages.look import Look
from train.data.world.content import Fields, Text


@dataclass(frozen=True)
class Page:
    """A page to render: what it means and the inside of <body>.

    `head` goes into <head> (style sheets, scripts), `family` names its sort in the record, `program` whose window it is.
    `bare`: the kit's style sheet is left out, because the page brings its own.
    """

    fields: Fields
    body: str
    family: str
    head: str = ""
    program: str = ""
    bare: bool = False
    body_class: str = ""


def escape(text: str) -> str:
    """Text as HTML; runs of blanks stay as they are where white space is kept."""
    return html.escape(text, quote=True)


class Brush:
    """Makes parts of a page in a look. Chance comes from `rng` alone."""

    def __init__(self, rng: random.Random, look: Look) -> None:
        self.rng, self.look = rng, look

    def css(self, part: str, *more: str) -> str:
        """The class attribute of a part: the kit's names and the project's own."""
        names = " ".join(n for n in (self.look.kit.classes.get(part, ""), "m-" + part, *more) if n)
        return f'class="{names}"'

    def span(self, text: str, role: str = "body", ref: str = "", tag: str = "span", extra: str = "") -> str:
        """A piece of text with its role."""
        if role == "message":
            ref = "message"
        mark = f' data-ref="{ref}"' if ref else ""
        return f'<{tag} data-role="{role}"{mark} {extra}>{escape(text)}</{tag}>'

    def piece(self, text: Text, tag: str = "span", extra: str = "") -> str:
        """A piece of content, with its tone as a class."""
        role = "message" if text.ref == "message" else text.role
        tone = f'class="tone-{text.tone}"' if text.tone and "class=" not in extra else ""
        return self.span(text.text, role, text.ref, tag, f"{extra} {tone}")

    def heading(self, text: str, role: str = "heading", level: int = 1) -> str:
        """A heading of level 1, 2 or 3."""
        return self.span(text, role, tag=f"h{level}", extra=self.css(f"h{level}"))

    def para(self, text: str, role: str = "body") -> str:
        """A paragraph."""
        return self.span(text, role, tag="p", extra=self.css("p"))

    def button(self, text: str, main: bool = False, role: str = "button") -> str:
        """A button; `main` in the kit's strong colour."""
        return self.span(text, role, tag="button", extra=self.css("btn" if main else "btn2") + ' type="button"')

    def buttons(self, texts: Sequence[str]) -> str:
        """A row of buttons, one of them the main one."""
        main = self.rng.randrange(len(texts)) if texts else 0
        return f'<div class="m-buttons">{"".join(self.button(t, i == main) for i, t in enumerate(texts))}</div>'

    def link(self, text: str, role: str = "link") -> str:
        """A link."""
        return self.span(text, role, tag="a", extra='href="#" ' + self.css("a"))

    def badge(self, text: str, role: str = "value") -> str:
        """A small label."""
        return self.span(text, role, extra=self.css("badge"))

    def table(self, rows: Sequence[Sequence[str | Text]], header: bool = True) -> str:
        """A table; the first row is its header."""
        made = []
        for number, row in enumerate(rows):
            tag = "th" if header and number == 0 else "td"
            cells = "".join(
                f"<{tag} {self.css(tag)}>{self.piece(c) if isinstance(c, Text) else self.span(c, 'cell')}</{tag}>"
                for c in row
            )
            line = f"<tr {self.css('tr')}>{cells}</tr>"
            made.append(f"<thead>{line}</thead>" if tag == "th" else line)
        return f'<div class="m-scroll"><table {self.css("table")}>{"".join(made)}</table></div>'

    def field(self, label: str, value: str, error: str = "", error_role: str = "message", select: bool = False) -> str:
        """A form field with its label, and what is wrong with it."""
        bad = self.css("input") if not error else self.css("input", self.look.kit.classes.get("bad", ""), "m-bad")
        if select:
            control = f'<select data-role="input" {bad}><option>{escape(value)}</option></select>'
        else:
            control = f'<input data-role="input" {bad} value="{escape(value)}" spellcheck="false">'
        below = self.span(error, error_role, tag="div", extra=self.css("help")) if error else ""
        wrap = self.look.kit.classes.get("field", "")
        return (
            f'<div class="m-field">{self.span(label, "label", tag="label", extra=self.css("label"))}'
            f'<div class="{wrap}">{control}</div>{below}</div>'
        )

    def alert(self, inner: str, tone: str = "error", *more: str) -> str:
        """A box in the colour of an error, a warning, a success or a note."""
        icon = f'<span class="m-icon" data-skip>{ICON[tone]}</span>' if self.rng.random() < 0.5 else ""
        return f'<div {self.css(tone, "m-alert", *more)} role="alert">{icon}<div class="m-grow">{inner}</div></div>'

    def toast(self, inner: str, tone: str, place: str) -> str:
        """A notification that floats where the style `place` says, on opaque ground: kits' own is often translucent."""
        return f'<div class="m-toast" style="{place}"><div {self.css(tone, "m-alert")}><div class="m-grow">{inner}</div></div></div>'

    def card(self, inner: str, *more: str) -> str:
        """A framed box."""
        return f"<div {self.css('card', *more)}>{inner}</div>"

    def items(self, texts: Sequence[str | Text], role: str = "item") -> str:
        """A list."""
        rows = "".join(
            f"<li {self.css('item')}>{self.piece(t) if isinstance(t, Text) else self.span(t, role)}</li>" for t in texts
        )
        return f"<ul {self.css('list')}>{rows}</ul>"

    def nav(self, app: str, entries: Sequence[str], ref: str = "app") -> str:
        """The bar at the top of a site."""
        links = "".join(f'<a href="#" {self.css("link")} data-role="menu">{escape(e)}</a>' for e in entries)
        name = self.span(app, "app_name", ref, "strong")
        return (
            f'<header {self.css("nav", "m-bar")}><span class="m-logo" data-skip></span>'
            f"{name}<nav>{links}</nav></header>"
        )

    def code(self, rows: Sequence[str], role: str = "source") -> str:
        """Lines of code or of a log."""
        inner = "\n".join(self.span(row, role) for row in rows)
        return f'<pre class="m-code">{inner}</pre>'

    def plot(self, width: int, height: int, series: Sequence[Sequence[float]], style: str = "line") -> str:
        """A drawing of series in 0..1, without words."""
        colours = (self.look.accent, "#e4572e", "#2e9e5b", "#f2b134")
        parts = [
            f'<line x1="0" x2="{width}" y1="{y}" y2="{y}" stroke="#8884"/>'
            for y in range(0, height, max(height // 4, 1))
        ]
        for number, values in enumerate(series):
            colour = colours[number % len(colours)]
            step = width / max(len(values), 1)
            if style == "bar":
                wide = step / (len(series) + 1)
                parts += [
                    (
                        f'<rect x="{i * step + number * wide:.1f}" y="{height * (1 - v):.1f}" '
                        f'width="{wide:.1f}" height="{height * v:.1f}" fill="{colour}"/>'
                    )
                    for i, v in enumerate(values)
                ]
            elif style == "scatter":
                parts += [
                    f'<circle cx="{(i + 0.5) * step:.1f}" cy="{height * (1 - v):.1f}" r="3" fill="{colour}"/>'
                    for i, v in enumerate(values)
                ]
            else:
                points = " ".join(f"{(i + 0.5) * step:.1f},{height * (1 - v):.1f}" for i, v in enumerate(values))
                parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        return (
            f'<svg class="m-plot" width="{width}" height="{height}" viewBox="0 0 {width} '
            f'{height}">{"".join(parts)}</svg>'
        )


def _icon(colour: str, inside: str) -> str:
    return (
        f'<svg width="18" height="18" viewBox="0 0 18 18"><circle cx="9" cy="9" r="8" fill="{colour}"/>{inside}</svg>'
    )


ICON = {
    "error": _icon("#d33", '<path d="M6 6l6 6M12 6l-6 6" stroke="#fff" stroke-width="2"/>'),
    "warning": (
        '<svg width="18" height="18" viewBox="0 0 18 18"><path d="M9 1l8 15H1z" '
        'fill="#f0ad1e"/><path d="M9 6v5M9 13v1.6" stroke="#222" stroke-width="1.8"/>'
        "</svg>"
    ),
    "success": _icon("#2a4", '<path d="M5 9l3 3 5-6" stroke="#fff" stroke-width="2" fill="none"/>'),
    "info": _icon("#27c", '<path d="M9 8v5M9 4.4v1.8" stroke="#fff" stroke-width="2"/>'),
    "question": _icon(
        "#27c", '<path d="M6.5 7a2.5 2.5 0 1 1 2.5 2.6V11M9 12.6v1.6" stroke="#fff" stroke-width="1.8" fill="none"/>'
    ),
}
"""Pictures without letters: a sign drawn with a letter would be text that no line names."""
