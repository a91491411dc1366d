"""Editors by CodeMirror and Monaco with squiggles, side bars, problems panels; a plain editor where neither is there."""

from __future__ import annotations

import json
from collections.abc import Sequence

from train.data.pages.brush import Brush, Page
from train.data.pages.draw.blocks import block_html
from train.data.pages.draw.blocks import row as row_html
from train.data.pages.kits import has, held_out, sheet
from train.data.world.content import EditorContent, Row

MIRROR = ("codemirror/lib/codemirror.js", "codemirror/lib/codemirror.css")
MONACO = ("monaco-editor/min/vs/loader.js",)
_MIRROR_THEMES = {
    True: (
        "dracula monokai material nord darcula gruvbox-dark base16-dark cobalt "
        "blackboard tomorrow-night-bright oceanic-next ayu-dark night ambiance abcdef"
    ).split(),
    False: "default eclipse neat idea elegant mdn-like base16-light solarized xq-light ttcn duotone-light yeti".split(),
}
_MODES = {
    "py": "python",
    "js": "javascript",
    "ts": "javascript",
    "jsx": "javascript",
    "tsx": "javascript",
    "c": "clike",
    "cpp": "clike",
    "h": "clike",
    "java": "clike",
    "cs": "clike",
    "go": "go",
    "rs": "rust",
    "rb": "ruby",
    "php": "php",
    "sh": "shell",
    "yml": "yaml",
    "yaml": "yaml",
    "html": "xml",
    "css": "css",
    "sql": "sql",
    "json": "javascript",
    "kt": "clike",
    "swift": "swift",
    "md": "markdown",
}
_MONACO_LANGUAGES = {
    "py": "python",
    "js": "javascript",
    "ts": "typescript",
    "c": "c",
    "cpp": "cpp",
    "java": "java",
    "go": "go",
    "rs": "rust",
    "rb": "ruby",
    "php": "php",
    "sh": "shell",
    "yml": "yaml",
    "cs": "csharp",
    "kt": "kotlin",
}


def _looks_like(content: EditorContent) -> str:
    """The language by the file names in title and tabs."""
    for text in (content.title, *content.tabs):
        for part in text.text.replace("—", " ").split():
            suffix = part.rsplit(".", 1)[-1].lower()
            if suffix in _MODES:
                return suffix
    return ""


_BAD = ("error", "warning", "info")


def _source(rows: Sequence[Row]) -> tuple[str, list[dict[str, object]]]:
    """The text of the code and its marks: (line, from, to, tone, role) of pieces that are not plain source."""
    lines, marks = [], []
    for number, r in enumerate(rows):
        text = ""
        for p in r.pieces:
            role = "message" if p.ref == "message" else p.role
            piece = p.text.replace("\t", "    ")
            if role != "source" or p.tone in _BAD:
                marks.append(
                    {"line": number, "from": len(text), "to": len(text) + len(piece), "tone": p.tone, "role": role}
                )
            text += piece
        lines.append(text)
    return "\n".join(lines), marks


_MIRROR_SCRIPT = r"""
(() => {
  const view = CodeMirror(document.getElementById('code'), {value: CODE.text, mode: CODE.mode, theme: CODE.theme, lineNumbers: CODE.numbers,
    firstLineNumber: CODE.first, readOnly: 'nocursor', lineWrapping: CODE.wrap, viewportMargin: 80});
  for (const m of CODE.marks) {
    const bad = {error: 'sq-error', warning: 'sq-warning', info: 'sq-info'}[m.tone] || '';
    const attributes = {'data-role': m.role};
    if (m.to > m.from) view.markText({line: m.line, ch: m.from}, {line: m.line, ch: m.to}, {className: bad, attributes});
  }
  view.setSize('100%', '100%');
  window.ready = document.fonts.ready.then(() => { view.refresh(); const bad = CODE.marks.find((m) => m.role === 'message');
    if (bad) view.scrollIntoView({line: bad.line, ch: 0}, 60); return new Promise((done) => setTimeout(done, 60)); });
})();
"""
_MONACO_SCRIPT = r"""
window.ready = new Promise((done) => {
  require.config({paths: {vs: CODE.vs}});
  require(['vs/editor/editor.main'], async () => {
    await document.fonts.load('14px f-mono').catch(() => 0);
    const view = monaco.editor.create(document.getElementById('code'), {value: CODE.text, language: CODE.language, theme: CODE.theme,
      fontFamily: 'f-mono, monospace', fontSize: CODE.size,
      minimap: {enabled: false}, readOnly: true, renderValidationDecorations: 'on',
      lineNumbers: CODE.numbers ? (n) => String(n + CODE.first - 1) : 'off', scrollBeyondLastLine: false, automaticLayout: false,
      wordWrap: CODE.wrap ? 'on' : 'off', occurrencesHighlight: 'off', renderLineHighlight: 'none', contextmenu: false,
      stickyScroll: {enabled: false},
      scrollbar: {vertical: 'hidden', horizontal: 'hidden'}, overviewRulerLanes: 0,
      unicodeHighlight: {ambiguousCharacters: false, invisibleCharacters: false},
      bracketPairColorization: {enabled: CODE.pairs}, guides: {indentation: CODE.pairs}});
    const bads = CODE.marks.filter((m) => ['error', 'warning', 'info'].includes(m.tone));
    monaco.editor.setModelMarkers(view.getModel(), 'w', bads.map((m) => ({
      startLineNumber: m.line + 1, startColumn: m.from + 1, endLineNumber: m.line + 1, endColumn: m.to + 1, message: '',
      severity: {error: 8, warning: 4, info: 2}[m.tone]})));
    view.createDecorationsCollection(CODE.marks.map((m) => ({range: new monaco.Range(m.line + 1, m.from + 1, m.line + 1, m.to + 1),
      options: {inlineClassName: 'role-' + m.role}})));
    const bad = CODE.marks.find((m) => m.role === 'message');
    if (bad) view.revealLineInCenterIfOutsideViewport(bad.line + 1);
    setTimeout(() => {
      for (const role of new Set(CODE.marks.map((m) => m.role)))
        document.querySelectorAll('.role-' + role).forEach((e) => e.setAttribute('data-role', role));
      done();
    }, 260);
  });
});
"""
_SQUIGGLE = "".join(
    f".sq-{n}{{text-decoration:underline wavy {c};text-decoration-skip-ink:none}}"
    for n, c in (("error", "#e51400"), ("warning", "#d7a500"), ("info", "#2a8cff"))
)


def _names(split: str, dark: bool) -> list[str]:
    """CodeMirror's themes of a split."""
    good = [n for n in _MIRROR_THEMES[dark] if n == "default" or has(f"codemirror/theme/{n}.css")]
    return [n for n in good if held_out("codemirror " + n) == (split == "held_out")] or good


def _code(brush: Brush, content: EditorContent) -> tuple[str, str, str]:
    """(head, script, family) of the code area."""
    rng, dark = brush.rng, brush.look.dark
    text, marks = _source(content.code)
    suffix = _looks_like(content)
    data: dict[str, object] = {
        "text": text,
        "marks": marks,
        "numbers": content.line_numbers,
        "first": content.first_line,
        "wrap": rng.random() < 0.5,
    }
    size = rng.choice((12, 13, 13, 14, 15, 16))
    if has(*MONACO) and rng.random() < 0.22:
        theme = rng.choice(("vs-dark", "vs-dark", "hc-black")) if dark else rng.choice(("vs", "vs", "hc-light"))
        data |= {
            "vs": sheet("monaco-editor/min/vs").as_uri(),
            "language": _MONACO_LANGUAGES.get(suffix, "plaintext"),
            "theme": theme,
            "size": size,
            "pairs": rng.random() < 0.5,
        }
        head = f'<script src="{sheet(MONACO[0]).as_uri()}"></script>'
        return head, _script(data, _MONACO_SCRIPT), "editor monaco"
    if has(*MIRROR):
        theme = rng.choice(_names(brush.look.split, dark))
        mode = _MODES.get(suffix, "")
        head = (
            f'<link rel="stylesheet" href="{sheet(MIRROR[1]).as_uri()}"><script '
            f'src="{sheet(MIRROR[0]).as_uri()}"></script>'
        )
        if theme != "default":
            head += f'<link rel="stylesheet" href="{sheet(f"codemirror/theme/{theme}.css").as_uri()}">'
        if mode and has(f"codemirror/mode/{mode}/{mode}.js"):
            head += f'<script src="{sheet(f"codemirror/mode/{mode}/{mode}.js").as_uri()}"></script>'
        head += (
            f"<style>.CodeMirror,.CodeMirror pre{{font:{size}px/1.5 "
            f"f-mono,monospace!important;height:100%}}.CodeMirror "
            f"span{{font-family:inherit}}{_SQUIGGLE}</style>"
        )
        types = {"clike": "text/x-java", "javascript": "text/javascript", "sql": "text/x-sql"}
        data |= {"theme": theme, "mode": types.get(mode, mode) or None}
        return head, _script(data, _MIRROR_SCRIPT), "editor codemirror"
    style = (
        f"<style>#code{{font:{size}px/1.5 f-mono,monospace;padding:8px;"
        f"white-space:pre-wrap;overflow-wrap:anywhere}}</style>"
    )
    return style, "", "editor plain"


def _script(data: dict[str, object], script: str) -> str:
    return f"<script>const CODE={json.dumps(data)};{script}</script>".replace("</span", "<\\/span")


def editor(brush: Brush, content: EditorContent) -> Page:
    """An editor's or IDE's window."""
    rng, look = brush.rng, brush.look
    dark = look.dark
    ground, panel, ink = ("#1e1e1e", "#252526", "#cccccc") if dark else ("#ffffff", "#f3f3f3", "#333333")
    if rng.random() < 0.35:
        ground, panel, ink = ("#282c34", "#21252b", "#abb2bf") if dark else ("#fafafa", "#eaeaeb", "#383a42")
    head, script, family = _code(brush, content)
    plain = "" if script else "\n".join(row_html(brush, r) for r in content.code)
    gap = "display:flex;align-items:center;gap:14px;padding:4px 12px"
    menus = "".join(brush.piece(m) for m in content.menus)
    narrow = look.view[0] < 720
    title = f'<div class="m-clip" style="flex:1;min-width:0;text-align:center">{brush.piece(content.title)}</div>'
    top = f'<div style="{gap};background:{panel};border-bottom:1px solid #8883">{"" if narrow else menus}{title}</div>'
    tabs = "".join(
        (
            '<div class="m-clip" style="padding:6px 14px;flex:0 1 auto;min-width:0;'
            "border-right:1px solid #8883;"
            f'{"background:" + ground if i == 0 else "opacity:.8"}">{brush.piece(t)}</div>'
        )
        for i, t in enumerate(content.tabs)
    )
    tabs = f'<div style="display:flex;background:{panel};overflow:hidden">{tabs}</div>' if tabs else ""
    tree = "".join(
        f'<div class="m-clip" style="padding:2px 12px 2px {12 + 10 * rng.randrange(3)}px">{brush.piece(t)}</div>'
        for t in content.tree
    )
    side = (
        (
            f'<aside style="width:{rng.choice((170, 210, 250))}px;flex:none;'
            f"background:{panel};border-right:1px solid #8883;padding:8px 0;"
            f'overflow:hidden">{tree}</aside>'
        )
        if tree and not narrow
        else ""
    )
    lower = ""
    if content.problems or content.terminal:
        names = "".join(f'<span style="padding:3px 0">{brush.piece(t)}</span>' for t in content.panel_tabs)
        rows = "".join(
            f'<div style="padding:2px 0;overflow-wrap:anywhere">{row_html(brush, r, apart=True)}</div>'
            for r in content.problems
        )
        term = "\n".join(row_html(brush, r) for r in content.terminal)
        term = (
            (
                '<pre style="font:12.5px/1.4 f-mono,monospace;white-space:pre-wrap;'
                f'overflow-wrap:anywhere;margin:0">{term}</pre>'
            )
            if term
            else ""
        )
        high = min(max(60, 30 + 24 * len(content.problems) + 19 * len(content.terminal)), int(look.view[1] * 0.48))
        lower = (
            f'<div style="flex:none;height:{high}px;overflow:hidden;background:{panel};'
            'border-top:1px solid #8884;padding:2px 14px"><div style="display:flex;'
            f'gap:20px">{names}</div>{rows}{term}</div>'
        )
    bar = rng.choice(("#007acc", "#68217a", "#16825d", "#21252b", "#3c3f41", "#e8e8e8"))
    on = "#222" if bar == "#e8e8e8" else "#fff"
    status = "".join(brush.piece(s) for s in content.status)
    status = (
        (
            f'<div style="{gap};padding:2px 12px;background:{bar};color:{on};'
            f'overflow:hidden;white-space:nowrap">{status}</div>'
        )
        if status
        else ""
    )
    toast = ""
    if content.toast is not None:
        toast = f'<div style="position:relative;z-index:99">{block_html(brush, content.toast)}</div>'
    body = (
        '<div class="e" style="position:fixed;inset:0;display:flex;'
        f'flex-direction:column;background:{ground};color:{ink}">{top}'
        f'<div style="flex:1;min-height:0;display:flex">{side}<div style="flex:1;'
        f'min-width:0;display:flex;flex-direction:column">{tabs}'
        '<div id="code" style="flex:1;min-height:0;overflow:hidden;position:relative">'
        f"{plain}</div>{lower}</div></div>{status}</div>{toast}{script}"
    )
    style = (
        f"<style>body{{margin:0;overflow:hidden;"
        f"font:{rng.choice((12, 13, 13, 14))}px/1.45 "
        f"f-sans,sans-serif}}.m-toast{{background:{panel};color:{ink};border:1px solid "
        f"#8886}}.m-toast>.m-alert{{padding:10px 14px}}</style>"
    )
    return Page(content.fields, body, family, head + style, content.app, bare=True)
