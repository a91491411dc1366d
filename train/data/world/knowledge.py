"""Screens of the knowledge base's errors: an entry's message as it is printed, in the surroundings where it is seen.

A terminal entry's `screen` is in the notation of `families`. For graphical kinds its rows are: `» ` the message, `- ` a bullet,
`[Button]`, `«code»` the code, anything else a sentence.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from mmgpt.knowledge import Entry, KnowledgeBase
from mmgpt.knowledge.patterns import Pattern, Slot, parse
from mmgpt.knowledge.products import STANDARDS
from train.data.world.content import (
    Block,
    BrowserErrorContent,
    Content,
    DesktopAppContent,
    EditorContent,
    Fields,
    Row,
    TerminalContent,
    Text,
    WebPageContent,
)
from train.data.world.dialogs import STYLES, compose
from train.data.world.families import held_out
from train.data.world.ide import OWN_IDE, editor_chrome
from train.data.world.parts import code_excerpt, other_tabs, page_body
from train.data.world.slots import Slots, invented_name
from train.data.world.source import code_rows
from train.data.world.terminals import message_row, prompt_for, screen_rows

_BROWSERS = ("Chromium", "Chromium", "Firefox", "Google Chrome", "Safari", "Microsoft Edge")
_OPEN, _CLOSE = "\ue000", "\ue001"  # braces that belong to the text, until slots have been filled
_MARKED = re.compile(r"«([^»]*)»")
_LANGUAGES = {
    "TypeScript": "ts", "JavaScript": "js", "Node.js": "js", "Java": "java", "Rust": "rs", "Go": "go", "C/C++": "cpp", "GCC": "cpp",
}  # fmt: skip


@dataclass(frozen=True)
class _Told:
    """An entry's words, filled in: sentences, bullets and buttons around the message."""

    message: str
    code: str | None
    sentences: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    apart: str | None = None  # a code that stands by itself


@cache
def entries() -> tuple[Entry, ...]:
    """The entries that come with the package."""
    return KnowledgeBase.load().entries


def is_held_out(entry: Entry) -> bool:
    """Whether the entry is kept for measuring; depends on nothing but its names."""
    return held_out(entry.product, entry.id)


def pick_entry(rng: random.Random, split: str = "train") -> Entry:
    """An entry of the split ("train" or "held_out"): half of the time first a program, then one of its entries."""
    pool = [entry for entry in entries() if is_held_out(entry) == (split == "held_out")]
    if rng.random() < 0.5:
        product = rng.choice(sorted({entry.product for entry in pool}))
        pool = [entry for entry in pool if entry.product == product]
    return rng.choice(pool)


def knowledge_content(rng: random.Random, split: str = "train") -> Content:
    """A screen of an entry of the split, mostly in the kind that is most usual for it. ValueError for another split."""
    if split not in ("train", "held_out"):
        raise ValueError(f"unknown split {split!r}: train or held_out")
    entry = pick_entry(rng, split)
    kind = entry.kinds[0] if rng.random() < 0.7 else rng.choice(entry.kinds)
    return content_of(entry, kind, rng)


def content_of(entry: Entry, kind: str, rng: random.Random) -> Content:
    """A screen of the entry in one of its kinds. Raises KeyError for a kind in which no error is shown."""
    return _MAKERS[kind](entry, rng, Slots(rng))


def filled(entry: Entry, pattern: Pattern, slots: Slots) -> str:
    """A pattern with its slots filled; {text} becomes what stands there in an example, so that it makes sense."""
    _set_free(entry, slots, pattern)
    return "".join(slots.get(part.key) if isinstance(part, Slot) else part for part in pattern.parts)


def _set_free(entry: Entry, slots: Slots, pattern: Pattern) -> None:
    matches = [match for example in entry.examples if (match := pattern.find(example)) is not None]
    if not matches:
        return
    for key, value in slots.rng.choice(matches).slots.items():
        if key.startswith("text"):
            slots.values.setdefault(key, value)


def _pick(entry: Entry, rng: random.Random) -> Pattern:
    return entry.patterns[0] if rng.random() < 0.5 else rng.choice(entry.patterns)


def _code(entry: Entry, *shown: str) -> str | None:
    """The first of the entry's codes that is visible, in the first text that shows one."""
    for text in shown:
        for code in entry.codes:
            if re.search(rf"(?<![\w.]){re.escape(code)}(?!\w)", text):
                return code
    return None


def _app(entry: Entry) -> str | None:
    """Whose message it is: nobody's in particular where the product is a standard such as HTTP."""
    return None if entry.product in STANDARDS - {"Windows", "Linux", "macOS"} else entry.product


def _screen(entry: Entry, slots: Slots) -> str:
    """The entry's screen without slots but with alternatives and marks; braces of the text are private letters."""
    message = next(row[2:] for row in entry.screen.split("\n") if row.startswith("» "))
    bare = _MARKED.sub(r"\1", message)
    for pattern in sorted(entry.patterns, key=lambda pattern: pattern.text != bare):  # the row's own pattern first
        _set_free(entry, slots, pattern)
    parts = parse(entry.screen, lenient=True)
    texts = (
        slots.get(part.key) if isinstance(part, Slot) else part.replace("{", _OPEN).replace("}", _CLOSE)
        for part in parts
    )
    return "".join(texts)


def _braces(text: str) -> str:
    return text.replace(_OPEN, "{").replace(_CLOSE, "}")


def _terminal(entry: Entry, rng: random.Random, slots: Slots) -> TerminalContent:
    if entry.screen and entry.kinds[0] == "terminal":
        made, message, code = screen_rows(rng, slots, _screen(entry, slots))
        rows = [Row(tuple(Text(_braces(p.text), p.role, p.ref, p.tone) for p in row.pieces)) for row in made]
        message = _braces(message)
        code = _code(entry, message, *(row.text for row in rows)) or (_braces(code) if code else None)
    else:
        message = filled(entry, _pick(entry, rng), slots).strip()
        row = message_row(rng, message)
        rows, code = [row], _code(entry, message)
    if rng.random() < 0.6:
        rows.append(Row((prompt_for(rng, slots, "$"),)))
    fields = Fields(True, _app(entry), "terminal", message, code, entry.category)
    title = Text(f"{slots.get('user')}@{slots.get('shost')}: ~", "title") if rng.random() < 0.6 else None
    return TerminalContent(fields, tuple(rows), title, app="xterm", theme=rng.choice(("dark", "dark", "light")))


def _told(entry: Entry, rng: random.Random, slots: Slots) -> _Told:
    """The message with what stands around it, from the entry's screen or from its patterns."""
    if not entry.screen or entry.kinds[0] == "terminal":
        pattern = _pick(entry, rng)
        message = filled(entry, pattern, slots).strip()
        return _Told(message, _code(entry, message))
    message, apart = "", None
    sentences: list[str] = []
    bullets: list[str] = []
    buttons: list[str] = []
    for raw in slots.fill(_screen(entry, slots)).split("\n"):
        row = _braces(_MARKED.sub(r"\1", raw)).strip()
        marked = _MARKED.search(raw)
        if not row:
            continue
        if row.startswith("» ") and not message:
            message = row[2:].strip()
        elif row.startswith("- "):
            bullets.append(row[2:])
        elif row.startswith("[") and row.endswith("]"):
            buttons += [label.strip("[] ") for label in row.split("] [")]
        elif marked is not None and apart is None:
            apart = row
        else:
            sentences.append(row)
    code = _code(entry, message, *([apart] if apart else []), *sentences)
    return _Told(message, code, tuple(sentences), tuple(bullets), tuple(buttons), apart)


def _browser(entry: Entry, rng: random.Random, slots: Slots) -> BrowserErrorContent:
    told = _told(entry, rng, slots)
    shown = (
        Text(told.apart, "code", "error_code" if told.code and told.code in told.apart else "") if told.apart else None
    )
    return BrowserErrorContent(
        fields=Fields(True, _app(entry), "browser", told.message, told.code, entry.category),
        url=Text(slots.get("url"), "url"),
        title=Text(slots.get("host"), "title"),
        heading=Text(told.message, "message", "message"),
        paragraphs=tuple(Text(part, "body") for part in told.sentences),
        items=tuple(Text(part, "body") for part in told.bullets),
        code=shown,
        buttons=tuple(Text(label, "button") for label in told.buttons or ("Reload",)),
        tabs=other_tabs(rng),
        app=entry.product,
        theme=rng.choice(("any", "light", "dark")),
    )


def _page(entry: Entry, rng: random.Random, slots: Slots) -> WebPageContent:
    told = _told(entry, rng, slots)
    blocks = [Block("heading", (Row((Text(told.message, "message", "message"),)),))]
    body = [
        Row((Text(part, "body", "app" if entry.product and entry.product in part else ""),)) for part in told.sentences
    ]
    if told.apart:
        body.append(Row((Text(told.apart, "code", "error_code" if told.code and told.code in told.apart else ""),)))
    if body:
        blocks.append(Block("paragraph", tuple(body)))
    if told.bullets:
        blocks.append(Block("list", tuple(Row((Text(part, "body"),)) for part in told.bullets)))
    if not body and rng.random() < 0.4:
        name = _app(entry) or slots.get("host")
        blocks.append(Block("footer", (Row((Text(name, "app_name", "app" if _app(entry) else ""),)),)))
    elif rng.random() < 0.15:
        blocks.append(Block("code", code_excerpt(rng)))
    return WebPageContent(
        Fields(True, _app(entry), "web_page", told.message, told.code, entry.category),
        Text(slots.get("url"), "url"),
        Text(rng.choice((told.message[:60], slots.get("host"))), "title"),
        tuple(blocks),
        rng.choice(("plain", "plain", "centre")),
        other_tabs(rng),
        rng.choice(_BROWSERS),
        rng.random() < 0.6,
        "light" if rng.random() < 0.8 else "dark",
    )


def _dialog(entry: Entry, rng: random.Random, slots: Slots) -> Content:
    told = _told(entry, rng, slots)
    code, parts = told.code, [*told.sentences, *told.bullets, *([told.apart] if told.apart else [])]
    if code is None and not parts and len(entry.codes) == 1 and rng.random() < 0.6:
        code = entry.codes[0]
        parts.append(rng.choice((f"Error code: {code}", f"({code})", f"Error {code}")))
    app = _app(entry) or invented_name(rng)
    title = rng.choice((app, app, f"{app} - Error", "Error", ""))
    fields = Fields(True, app, "desktop_dialog", told.message, code, entry.category)
    style = (
        "windows"
        if entry.product.startswith(("Windows", "Microsoft"))
        else "macos"
        if entry.product == "macOS"
        else rng.choice(STYLES)
    )
    return compose(rng, fields, "" if title == told.message else title, told.message, "\n".join(parts), style)


def _editor(entry: Entry, rng: random.Random, slots: Slots) -> EditorContent:
    """An editor whose terminal shows the run that failed, or whose panel names the problem."""
    language = _LANGUAGES.get(entry.product, "py")
    ide = (
        entry.product
        if entry.product in OWN_IDE
        else rng.choice(("Visual Studio Code", "Visual Studio Code", "PyCharm", "IntelliJ IDEA"))
    )
    title, menus, tabs, tree, status = editor_chrome(rng, slots, ide, language)
    source = tuple(code_rows(rng, slots, language, rng.randint(5, 18)))
    problems: tuple[Row, ...] = ()
    terminal: tuple[Row, ...] = ()
    if "terminal" in entry.kinds and rng.random() < 0.7:
        run = _terminal(entry, rng, slots)
        message, code, terminal, app = run.fields.message, run.fields.error_code, run.rows, _app(entry)
    else:
        told = _told(entry, rng, slots)
        message, code, app = told.message, told.code, ide if _app(entry) != entry.product else entry.product
        pieces = [Text(told.message, "message", "message")]
        if told.apart:
            pieces.append(Text(told.apart, "code", "error_code" if code and code in told.apart else ""))
        pieces.append(Text(f"[Ln {slots.get('line')}, Col {slots.get('col')}]", "label"))
        problems = (Row(tuple(pieces)), *(Row((Text(part, "trace"),)) for part in (*told.sentences, *told.bullets)))
    panel = tuple(Text(name, "tab") for name in ("PROBLEMS", "OUTPUT", "DEBUG CONSOLE", "TERMINAL"))
    fields = Fields(True, app, "ide_editor", message, code, entry.category)
    return EditorContent(
        fields, title, tabs, source, menus, tree, problems, terminal, panel, status, app=ide, theme=rng.choice(("dark", "light"))
    )  # fmt: skip


def _window(entry: Entry, rng: random.Random, slots: Slots) -> DesktopAppContent:
    told = _told(entry, rng, slots)
    app = _app(entry) or invented_name(rng)
    rest = [*told.sentences, *told.bullets, *([told.apart] if told.apart else [])]
    rows = [Row((Text(told.message, "message", "message"),)), *(Row((Text(part, "body"),)) for part in rest)]
    rows += [Row((Text(label, "button"),)) for label in told.buttons]
    note = Block(rng.choice(("banner", "card", "toast")), tuple(rows), None, "error")
    title = rng.choice((app, f"{slots.get('title')} - {app}"))
    return DesktopAppContent(
        Fields(True, app, "desktop_app", told.message, told.code, entry.category),
        Text(title, "title", "app"),
        (*page_body(rng, slots), note),
        tuple(Text(name, "menu") for name in ("File", "Edit", "View", "Help")),
        app=app,
        style=rng.choice(("windows", "macos", "gtk", "qt", "electron")),
        theme=rng.choice(("any", "light", "dark")),
    )


_MAKERS: dict[str, Callable[[Entry, random.Random, Slots], Content]] = {
    "terminal": _terminal,
    "browser": _browser,
    "web_page": _page,
    "desktop_dialog": _dialog,
    "ide_editor": _editor,
    "desktop_app": _window,
}
