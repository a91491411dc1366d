"""Terminals by xterm.js: the content's rows are written to it with escape sequences; it wraps and scrolls them itself."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from train.data.capture.palettes import PALETTES
from train.data.pages.brush import Brush, Page
from train.data.pages.draw import windows
from train.data.pages.kits import held_out, sheet
from train.data.world.content import Row, TerminalContent

FILES = ("@xterm/xterm/lib/xterm.js", "@xterm/xterm/css/xterm.css")
_TONE = {
    "error": "31",
    "warning": "33",
    "success": "32",
    "info": "36",
    "dim": "2",
    "bold": "1",
    "accent": "35",
    "inverse": "7",
}
_FRAMES = {
    "xterm": "java",
    "GNOME Terminal": "gtk",
    "Konsole": "qt",
    "Windows Terminal": "windows",
    "cmd": "windows",
    "PowerShell": "windows",
    "Terminal": "macos",
}

_SCRIPT = r"""
(() => {
  const start = async () => {
    await document.fonts.load(`${FONT.size}px "${FONT.family}"`).catch(() => 0);
    await document.fonts.load(`bold ${FONT.size}px "${FONT.family}"`).catch(() => 0);
    for (const pane of PANES) {
      const box = document.getElementById(pane.id);
      const term = new Terminal({cols: 80, rows: 24, fontFamily: `"${FONT.family}", monospace`, fontSize: FONT.size, lineHeight: FONT.line,
        letterSpacing: 0, theme: THEME, cursorBlink: false, cursorStyle: FONT.cursor, scrollback: 2000, convertEol: false,
        minimumContrastRatio: 3, drawBoldTextInBrightColors: FONT.bright});
      term.open(box);
      const cell = term._core._renderService.dimensions.css.cell;
      const columns = Math.max(20, Math.floor((box.clientWidth - 2) / cell.width));
      term.resize(columns, Math.max(3, Math.floor((box.clientHeight - 1) / cell.height)));
      const roles = [];
      await new Promise((done) => {
        let left = pane.rows.length;
        if (!left) done();
        pane.rows.forEach((row, i) => { term.write(row.data + (i + 1 < pane.rows.length ? '\r\n' : ''), () => { if (!--left) done(); }); });
      });
      const buffer = term.buffer.active;
      let logical = -1, used = 0;
      for (let y = 0; y < buffer.length; y++) {
        const line = buffer.getLine(y);
        if (line && line.isWrapped) used += term.cols; else { logical++; used = 0; }
        roles.push([logical, used]);
      }
      if (pane.first >= 0) {
        const at = roles.findIndex((r) => r[0] === pane.first), end = roles.findLastIndex((r) => r[0] === pane.last);
        if (at < buffer.viewportY || end >= buffer.viewportY + term.rows) term.scrollToLine(Math.max(0, at - 2));
      }
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      box.querySelectorAll('.xterm-rows > div').forEach((div, i) => {
        const [row, from] = roles[buffer.viewportY + i] || [-1, 0];
        const known = pane.rows[row];
        div.rowRoles = known ? known.roles.slice(from, from + term.cols).map((n) => NAMES[n]) : [];
      });
    }
  };
  window.ready = start();
})();
"""


def _expanded(row: Row) -> list[tuple[str, str, str]]:
    """Pieces as (text, role, tone) with tabs as blanks: columns then count characters."""
    made, column = [], 0
    for piece in row.pieces:
        text = ""
        for char in piece.text:
            count = 8 - column % 8 if char == "\t" else 1
            text += " " * count if char == "\t" else char if char >= " " else " "
            column += count
        made.append((text, "message" if piece.ref == "message" else piece.role, piece.tone))
    return made


def _written(rows: Sequence[Row], names: list[str], styled: bool) -> tuple[list[dict[str, object]], int, int]:
    """Rows as escape sequences with the role of each column; the first and last row of the message, or -1."""
    made: list[dict[str, object]] = []
    first = last = -1
    for number, row in enumerate(rows):
        data, roles = "", []
        for text, role, tone in _expanded(row):
            if role not in names:
                names.append(role)
            code = _TONE.get(tone, "") if styled else ""
            if styled and not code and role == "prompt":
                code = "32;1"
            data += f"\x1b[{code}m{text}\x1b[0m" if code else text
            roles += [names.index(role)] * len(text)
            if role == "message" and text:
                first, last = (number if first < 0 else first), number
        made.append({"data": data, "roles": roles})
    return made, first, last


def palette(rng: random.Random, split: str, theme: str) -> dict[str, str]:
    """Colours of xterm.js; palettes are held out by name."""
    names = [n for n in sorted(PALETTES) if held_out("terminal " + n) == (split == "held_out")] or sorted(PALETTES)
    light = [n for n in names if sum(int(PALETTES[n].background[i : i + 2], 16) for i in (1, 3, 5)) > 380]
    dark = [n for n in names if n not in light]
    pool = {"light": light, "dark": dark}.get(theme) or (light if rng.random() < 0.25 and light else dark) or names
    chosen = PALETTES[rng.choice(pool)]
    keys = "black red green yellow blue magenta cyan white".split()
    every = keys + [f"bright{k.capitalize()}" for k in keys]
    return {
        "foreground": chosen.foreground,
        "background": chosen.background,
        "cursor": chosen.cursor,
        **dict(zip(every, chosen.colours, strict=True)),
    }


def terminal(brush: Brush, content: TerminalContent) -> Page:
    """A terminal's window, or the terminal alone."""
    rng, look = brush.rng, brush.look
    colours = palette(rng, look.split, content.theme)
    names: list[str] = []
    styled = rng.random() < 0.8
    panes, boxes = [], []
    split_down = look.view[0] < 900 or rng.random() < 0.5
    for number, rows in enumerate((content.rows, *content.panes)):
        written, first, last = _written(rows, names, styled)
        panes.append({"id": f"term{number}", "rows": written, "first": first, "last": last})
        grow = 2 if number == 0 else 1
        boxes.append(f'<div id="term{number}" style="flex:{grow};min-width:0;min-height:0;overflow:hidden"></div>')
    pad = rng.choice((0, 2, 4, 8, 12))
    inner = (
        f'<div style="display:flex;flex-direction:{"column" if split_down else "row"};'
        f"gap:3px;flex:1;min-height:0;background:{colours['background']};"
        f'padding:{pad}px">{"".join(boxes)}</div>'
    )
    if content.tabs:
        tabs = "".join(
            (
                '<div class="m-clip" style="flex:0 1 190px;min-width:0;padding:5px 12px;'
                f'{"background:#8882;" if i == 0 else "opacity:.8;"}">{brush.piece(t)}</div>'
            )
            for i, t in enumerate(content.tabs)
        )
        inner = f'<div style="display:flex;background:#8882;font-size:12px">{tabs}</div>{inner}'
    if content.status:
        parts = "".join(brush.piece(t) for t in content.status)
        ground = rng.choice((colours["green"], colours["blue"], colours["foreground"]))
        ink = "#000" if sum(int(ground[i : i + 2], 16) for i in (1, 3, 5)) > 330 else "#fff"
        inner += (
            '<div class="m-mono" style="display:flex;justify-content:space-between;gap:2em;'
            f"background:{ground};color:{ink};padding:1px 6px;font-size:13px;"
            f'overflow:hidden;white-space:nowrap">{parts}</div>'
        )
    inner = f'<div style="display:flex;flex-direction:column;height:100%">{inner}</div>'
    head = ""
    bare = content.app.lower() in {"console", "tty"} or (content.title is None and not content.tabs)
    if bare or rng.random() < 0.25:
        body = f'<div style="position:fixed;inset:0">{inner}</div>'
    else:
        kind = next(
            (kind for name, kind in _FRAMES.items() if name.lower() in content.app.lower()),
            rng.choice(("gtk", "windows", "macos", "qt")),
        )
        skin = windows.skin_for(rng, look.split, kind)
        head = windows.skin_head(skin, look.dark, look.own_face) + "<style>.window-body{margin:0!important}</style>"
        gap = rng.choice((0, 0, 12, 30))
        style = f"position:fixed;inset:{gap}px;font-size:13px"
        body = windows.frame(brush, skin, content.title, inner, style)
        ground = rng.choice(("#2c3e50", "#5e2750", "#3a6ea5", "#dfe3e8"))
        body = f'<div style="position:fixed;inset:0;background:{ground}">{body}</div>'
    size = rng.choices((10, 11, 12, 13, 14, 15, 16, 18, 20), (2, 5, 10, 16, 22, 16, 14, 8, 4))[0]
    font = {
        "family": "f-mono",
        "size": size,
        "line": rng.choice((1.0, 1.0, 1.1, 1.2)),
        "cursor": rng.choice(("block", "bar", "underline")),
        "bright": rng.random() < 0.5,
    }
    data = (
        "const "
        f"FONT={json.dumps(font)},THEME={json.dumps(colours)},NAMES={json.dumps(names)},PANES={json.dumps(panes)};"
    ).replace("</", "<\\/")
    head += (
        f'<link rel="stylesheet" href="{sheet(FILES[1]).as_uri()}"><script src="{sheet(FILES[0]).as_uri()}"></script>'
    )
    script = f"<script>{data}{_SCRIPT}</script>"
    style = (
        "<style>body{margin:0;overflow:hidden}.xterm "
        ".xterm-viewport{overflow:hidden!important}.xterm-cursor-outline{outline:none!important}</style>"
    )
    return Page(content.fields, body + script, "terminal xterm.js", head + style, content.app, bare=True)
