"""What stands on a screen, before anything is laid out: typed content with roles, and the six fields it means.

Generators in this package make content; `train.data.render.screen` turns it into pictures and `simulate` into lines as
a reader would hand them over. Content knows words, roles and order, never pixels, fonts or exact colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mmgpt.schema import CATEGORIES, KINDS

ROLES = (
    "message",  # the error line(s) the field `message` holds
    "code",  # an identifier that stands apart from the message and is the field `error_code`
    "title",  # window or tab title
    "app_name",  # the name of the application standing by itself
    "heading",
    "body",  # prose, explanations, list entries
    "button",
    "prompt",  # shell prompt
    "command",  # what the user typed
    "output",  # what programs print
    "trace",  # stack frames, notes that belong to an error, source excerpts with carets
    "menu",
    "tab",
    "url",
    "status",  # status bar
    "label",  # form label, toolbar caption
    "input",  # text inside an input field
    "comment",  # comment in source code
    "source",  # source code
    "item",  # entry of a list, a tree, a sidebar
    "cell",  # table cell
    "link",
    "value",  # a number or a state that a dashboard or chart shows
    "other",
)
TONES = ("", "error", "warning", "success", "info", "dim", "bold", "accent", "inverse")
THEMES = ("any", "light", "dark")
ICONS = ("", "error", "warning", "question", "info")
STYLES = ("windows", "macos", "gtk", "qt", "java", "electron", "mobile", "web")
BLOCKS = (
    "heading",  # one row, large
    "paragraph",  # each row a paragraph, wrapped
    "list",  # each row a bullet
    "code",  # monospace rows, kept as they are, wrapped or cut
    "log",  # monospace rows of a log viewer
    "table",  # each row a table row, its pieces the cells; the first row is the header
    "form",  # each row: label, input[, help or field error]
    "nav",  # one row, its pieces side by side
    "buttons",  # one row, its pieces side by side
    "toast",  # floating notification, usually at a corner
    "banner",  # full-width bar
    "card",  # each row a line inside a frame
    "sidebar",  # column at the left, one row below the other
    "footer",
    "stats",  # each row: caption, big value
    "chat",  # each row: author, time, text
)
DOCUMENT_STYLES = (
    "page",  # paper, one column
    "columns",  # paper, two columns
    "scan",  # paper that lay slightly turned on the glass, grey and speckled
    "slide",  # a slide of a talk
    "sheet",  # a spreadsheet: one table, rows and columns named
    "desktop",  # wallpaper, icons, bars, widgets; no window
    "lock",  # clock and date over a picture
    "login",  # who signs in, a password field
    "firmware",  # a set-up page in text mode: tabs, settings, keys
    "boot",  # what a machine prints while it starts
    "stop",  # a stop screen: text on one colour
    "icons",  # icons with their names
)
CHART_STYLES = ("line", "area", "bar", "stacked", "histogram", "scatter", "pie", "heat")
PHOTO_STYLES = ("photo", "shapes", "plain", "game", "canvas")


@dataclass(frozen=True, slots=True)
class Fields:
    """The six fields of the design's JSON. `message`, `error_code` are None and `category` is "none" without an error.

    `category_known` False: it is an error of a sort that nobody can tell (a program's own sentence of the harvest); the category
    then stands for nothing, and nothing learns from it.
    """

    is_error: bool
    app: str | None
    kind: str
    message: str | None = None
    error_code: str | None = None
    category: str = "none"
    category_known: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}; one of {', '.join(KINDS)}")
        if self.category not in CATEGORIES:
            raise ValueError(f"unknown category {self.category!r}; one of {', '.join(CATEGORIES)}")
        if self.is_error != (self.category != "none"):
            raise ValueError(f"is_error={self.is_error} does not go with category {self.category!r}")


@dataclass(frozen=True, slots=True)
class Text:
    """One piece of text. It may be wrapped by a layout, never changed.

    `ref` names the field this piece shows: "" | "message" | "error_code" | "app". `tone` is a hint for colour or weight.
    """

    text: str
    role: str
    ref: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces on one visual row. In terminals and code they touch (joined by nothing); in tables and bars they are apart."""

    pieces: tuple[Text, ...]

    @property
    def text(self) -> str:
        """The row as it stands in a terminal: all pieces joined by nothing."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page or window; `kind` is one of BLOCKS, `tone` colours it as a whole."""

    kind: str
    rows: tuple[Row, ...]
    title: Text | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class TerminalContent:
    """A terminal window. Rows longer than the terminal is wide are wrapped by cutting at the last column, as terminals do."""

    fields: Fields
    rows: tuple[Row, ...]
    title: Text | None = None
    tabs: tuple[Text, ...] = ()
    panes: tuple[tuple[Row, ...], ...] = ()  # further panes beside or below the main one
    status: tuple[Text, ...] = ()  # tmux-like bar at the bottom
    app: str = ""  # the emulator: "xterm", "GNOME Terminal", "Windows Terminal", "cmd", "console" ...
    theme: str = "any"


@dataclass(frozen=True, slots=True)
class DialogContent:
    """A dialog box, alone or over the window behind it."""

    fields: Fields
    title: Text | None
    heading: Text | None
    body: tuple[Text, ...]
    buttons: tuple[Text, ...]
    icon: str = ""
    app: str = ""
    style: str = "gtk"
    details: tuple[Row, ...] = ()  # monospace or small details below
    checkbox: Text | None = None
    backdrop: Content | None = None  # what is seen behind; its texts are part of the picture
    theme: str = "any"


@dataclass(frozen=True, slots=True)
class BrowserErrorContent:
    """A page the browser itself made, inside its chrome."""

    fields: Fields
    url: Text
    title: Text
    heading: Text
    paragraphs: tuple[Text, ...]
    items: tuple[Text, ...]  # bullet list
    code: Text | None
    buttons: tuple[Text, ...]
    links: tuple[Text, ...] = ()
    tabs: tuple[Text, ...] = ()  # further tabs
    app: str = "Chromium"
    theme: str = "any"


@dataclass(frozen=True, slots=True)
class WebPageContent:
    """A page of a server, a framework or a web application. `chrome` False: only the page is in the picture."""

    fields: Fields
    url: Text
    title: Text
    blocks: tuple[Block, ...]
    layout: str = "plain"  # "plain" (server page), "debug", "app", "docs", "centre"
    tabs: tuple[Text, ...] = ()
    app: str = "Chromium"  # the browser around it
    chrome: bool = True
    theme: str = "any"


@dataclass(frozen=True, slots=True)
class EditorContent:
    """An editor or IDE window."""

    fields: Fields
    title: Text
    tabs: tuple[Text, ...]
    code: tuple[Row, ...]
    menus: tuple[Text, ...] = ()
    tree: tuple[Text, ...] = ()
    problems: tuple[Row, ...] = ()
    terminal: tuple[Row, ...] = ()
    panel_tabs: tuple[Text, ...] = ()
    status: tuple[Text, ...] = ()
    toast: Block | None = None
    first_line: int = 1
    line_numbers: bool = True
    app: str = "VS Code"
    theme: str = "any"


@dataclass(frozen=True, slots=True)
class DesktopAppContent:
    """A window of a desktop or mobile program: menus, tool bar, side bar, blocks, status bar."""

    fields: Fields
    title: Text
    blocks: tuple[Block, ...]
    menus: tuple[Text, ...] = ()
    toolbar: tuple[Text, ...] = ()
    sidebar: tuple[Text, ...] = ()
    banner: Block | None = None
    status: tuple[Text, ...] = ()
    app: str = ""
    style: str = "gtk"
    theme: str = "any"


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """A page of a document: letter, paper, invoice; with or without a viewer around it (`title`).

    `style` is one of DOCUMENT_STYLES. Full-screen pictures without a program in front (a desktop, a lock screen, a set-up
    page of the firmware, a stop screen) are documents of the kind "other": blocks on a ground of their own.
    """

    fields: Fields
    blocks: tuple[Block, ...]
    title: Text | None = None
    app: str = ""
    theme: str = "light"
    style: str = "page"


@dataclass(frozen=True, slots=True)
class ChartContent:
    """A chart: `values` are its series in 0..1, ticks stand on the axes from low to high."""

    fields: Fields
    title: Text | None
    x_label: Text | None
    y_label: Text | None
    x_ticks: tuple[Text, ...]
    y_ticks: tuple[Text, ...]
    legend: tuple[Text, ...]
    values: tuple[tuple[float, ...], ...]
    style: str = "line"  # one of CHART_STYLES
    theme: str = "any"
    notes: tuple[Text, ...] = ()  # written at points of the first series


@dataclass(frozen=True, slots=True)
class PhotoContent:
    """A photograph or drawing with at most a few words in it; `style` is one of PHOTO_STYLES."""

    fields: Fields
    texts: tuple[Text, ...]
    theme: str = "any"
    style: str = "photo"


Content = (
    TerminalContent
    | DialogContent
    | BrowserErrorContent
    | WebPageContent
    | EditorContent
    | DesktopAppContent
    | DocumentContent
    | ChartContent
    | PhotoContent
)


def texts(content: Content) -> Iterator[Text]:
    """Every piece of text of the content, roughly in reading order (what lies behind a dialog comes first)."""
    if isinstance(content, DialogContent) and content.backdrop is not None:
        yield from texts(content.backdrop)
    for name in content.__dataclass_fields__:
        if name not in ("fields", "backdrop"):
            yield from _walk(getattr(content, name))


def _walk(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, Row):
        yield from value.pieces
    elif isinstance(value, Block):
        if value.title is not None:
            yield value.title
        for row in value.rows:
            yield from row.pieces
    elif isinstance(value, tuple):
        for entry in value:
            yield from _walk(entry)


def message_text(content: Content) -> str | None:
    """The message as its pieces show it: neighbouring pieces of one row joined by nothing; None without any."""
    pieces = [piece.text for piece in texts(content) if piece.ref == "message"]
    return "".join(pieces) if pieces else None


def check(content: Content) -> None:
    """Raise ValueError when the content contradicts itself: unknown roles, a message or code that does not stand in it."""
    every = list(texts(content))
    for piece in every:
        if piece.role not in ROLES:
            raise ValueError(f"unknown role {piece.role!r} of {piece.text!r}")
        if piece.tone not in TONES:
            raise ValueError(f"unknown tone {piece.tone!r} of {piece.text!r}")
    fields = content.fields
    if message_text(content) != fields.message:
        raise ValueError(f"message pieces {message_text(content)!r} are not the field {fields.message!r}")
    if fields.error_code is not None and not any(fields.error_code in piece.text for piece in every):
        raise ValueError(f"error code {fields.error_code!r} is nowhere to be seen")
