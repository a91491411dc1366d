"""The line-per-entry catalogues: dialogs, pages, editors' problems, browser pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from train.data.world.families import held_out, read_catalogue


@dataclass(frozen=True, slots=True)
class Entry:
    """One error of a graphical program: templates with slots; `style` is the look (dialogs, pages) or language (editors)."""

    app: str
    style: str
    category: str
    title: str
    message: str
    body: str
    code: str

    @property
    def is_held_out(self) -> bool:
        """Whether the entry is kept for measuring."""
        return held_out(self.app, self.message)


def _rows(name: str, width: int) -> list[list[str]]:
    rows: list[list[str]] = []
    for line in read_catalogue(name).splitlines():
        if not line.strip() or line.startswith("# "):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        cells += [""] * (width - len(cells))
        if len(cells) != width:
            raise ValueError(f"catalogue {name}: {len(cells)} cells instead of {width} in: {line}")
        rows.append(cells)
    return rows


@cache
def dialogs() -> tuple[Entry, ...]:
    """Dialog boxes: application, style, category, title, message, body, code."""
    return tuple(Entry(*row) for row in _rows("dialogs", 7))


@cache
def pages() -> tuple[Entry, ...]:
    """Pages that servers, frameworks and sites make: the body's paragraphs are separated by " / "."""
    return tuple(Entry(*row) for row in _rows("pages", 7))


@cache
def problems() -> tuple[Entry, ...]:
    """Problems that editors show: `title` is the source that is named behind the message."""
    return tuple(
        Entry(app, language, category, source, message, "", code)
        for app, language, category, message, source, code in _rows("editors", 6)
    )


@dataclass(frozen=True, slots=True)
class BrowserPage:
    """A page that a browser makes itself."""

    browser: str
    family: str
    category: str
    title: str
    heading: str
    code: str
    paragraph: str
    bullets: tuple[str, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether the page is kept for measuring."""
        return held_out(self.browser, self.family)


@cache
def browser_pages() -> tuple[BrowserPage, ...]:
    """Error pages by browser engine: "chromium", "firefox", "safari", "edge"."""
    pages_: list[BrowserPage] = []
    browser = ""
    for line in read_catalogue("browsers").splitlines():
        if not line.strip() or line.startswith("# "):
            continue
        if "|" not in line:
            browser = line.strip()
            continue
        cells = [cell.strip() for cell in line.split("|")] + [""]
        bullets = tuple(part.strip() for part in cells[6].split(" / ") if part.strip())
        pages_.append(BrowserPage(browser, cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], bullets))
    return tuple(pages_)
