"""One sample: content and look drawn from a seed, rendered in Chromium, read back character by character."""

from __future__ import annotations

import io
import logging
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from train.data.pages import collect, kits, probe
from train.data.pages.brush import Brush, Page
from train.data.pages.cdp import Browser, BrowserError
from train.data.pages.draw import browsers, desktop, dialogs, editors, servers, terminals
from train.data.pages.draw.blocks import body_html
from train.data.pages.look import Look, draw, font_environment
from train.data.pages.style import document
from train.data.shards import ShardSample
from train.data.world.content import (
    BrowserErrorContent,
    ChartContent,
    Content,
    DesktopAppContent,
    DialogContent,
    DocumentContent,
    EditorContent,
    PhotoContent,
    TerminalContent,
    WebPageContent,
    check,
)
from train.data.world.sample import sample_content

log = logging.getLogger(__name__)
SEEDS_APART = 10_000_000
"""Between the samples of two seeds: no two seeds share a page."""
TEMPLATE_SHARE = 0.4
"""Of pages come from this package's own templates; the others show the world's content."""
_TRIES = 8
_HINTING = ("none", "slight", "medium", "full")


@dataclass(frozen=True)
class Rendered:
    """A page in pixels with what can be read in it."""

    page: Page
    look: Look
    seen: collect.Seen


def browser_for(split: str, number: int, folder: Path) -> Browser:
    """The browser of shard `number`: shards differ in hinting and in sub-pixel positions, pages of one do not.

    Raises BrowserError where Chromium is missing.
    """
    rng = random.Random(f"pages/browser/{split}/{number}")
    flags = [f"--font-render-hinting={rng.choice(_HINTING)}"]
    if rng.random() < 0.5:
        flags.append("--disable-font-subpixel-positioning")
    return Browser(flags, font_environment(split, folder))


def page_of(content: Content, brush: Brush) -> Page:
    """Content as a page. Raises ValueError for a sort of content that has no drawing."""
    match content:
        case TerminalContent():
            return terminals.terminal(brush, content)
        case DialogContent():
            behind = None if content.backdrop is None else page_of(content.backdrop, brush)
            return dialogs.dialog(brush, content, behind)
        case BrowserErrorContent():
            return browsers.error_page(brush, content)
        case WebPageContent():
            return web_page(brush, content)
        case EditorContent():
            return editors.editor(brush, content)
        case DesktopAppContent():
            return desktop.desktop_app(brush, content)
        case DocumentContent():
            return desktop.document(brush, content)
        case ChartContent():
            return desktop.chart(brush, content)
        case PhotoContent():
            return desktop.photo(brush, content)
    raise ValueError(f"no drawing for {type(content).__name__}")


def web_page(brush: Brush, content: WebPageContent) -> Page:
    """A web page, in its browser's window or alone."""
    if content.layout in ("plain", "centre", "debug") and content.fields.is_error:
        page = servers.server_page(brush, content)
    else:
        page = Page(
            content.fields,
            body_html(brush, content.blocks),
            f"web page {content.layout}",
            program=content.fields.app or "",
        )
    return browsers.around(brush, page, content) if content.chrome else page


def drawable(content: Content) -> bool:
    """Whether what the content needs is fetched: terminals need xterm.js."""
    if isinstance(content, TerminalContent):
        return kits.has(*terminals.FILES)
    if isinstance(content, DialogContent) and content.backdrop is not None:
        return drawable(content.backdrop)
    return True


def describe(rng: random.Random, split: str) -> tuple[Page, Look]:
    """A page and its look, out of nothing but the generator, the split and the fetched kits."""
    if rng.random() < TEMPLATE_SHARE:
        from train.data.pages.templates import sample_page

        look = draw(rng, split)
        return sample_page(Brush(rng, look), split), look
    content = sample_content(rng, split)
    while not drawable(content):
        content = sample_content(rng, split)
    check(content)
    look = draw(rng, split, content.theme)
    return page_of(content, Brush(rng, look)), look


def shot(browser: Browser, page: Page, look: Look) -> Rendered:
    """The page in pixels. Raises BrowserError where it cannot be shown."""
    path = browser.folder / "page.html"
    path.write_text(document(page, look), encoding="utf-8")
    browser.size(*look.view, look.scale)
    browser.dark(look.dark)
    browser.show(path)
    browser.evaluate(probe.READY)
    found = browser.evaluate(probe.COLLECT)
    image = _pixels(browser.screenshot())
    browser.evaluate(probe.BARE)
    bare = _pixels(browser.screenshot())
    if image.shape != bare.shape:
        raise BrowserError(f"two pictures of one page differ in size: {image.shape} and {bare.shape}")
    return Rendered(page, look, collect.read(image, bare, found))


def _pixels(png: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(png)).convert("RGB"))


def squeezed(text: str) -> str:
    """Text without any white space: wraps and padding then make no difference."""
    return "".join(text.split())


def is_whole(rendered: Rendered) -> bool:
    """Whether the picture shows the message in full, the code, and any text at all where there should be some."""
    fields, seen = rendered.page.fields, rendered.seen
    if fields.message is not None:
        shown = squeezed("".join(line.message for line in seen.lines))
        if shown.lower() != squeezed(fields.message).lower():
            return False
    if fields.error_code is not None:
        every = squeezed(" ".join(line.text for line in seen.lines)).lower()
        if squeezed(fields.error_code).lower() not in every:
            return False
    return bool(seen.lines) or fields.kind == "photo"


def make(browser: Browser, index: int, seed: int, split: str) -> Rendered:
    """Sample `index` of a seed: a function of these, the fetched kits and fonts, and the browser.

    Raises RuntimeError where no try shows its message in full, ValueError for an index that is another seed's.
    """
    if not 0 <= index < SEEDS_APART:
        raise ValueError(f"sample {index} of a seed; there are 0 to {SEEDS_APART - 1:,}")
    reason = "its message is not in the picture"
    for attempt in range(_TRIES):
        rng = random.Random(f"pages/{split}/{seed}/{index}/{attempt}")
        page, look = describe(rng, split)
        try:
            rendered = shot(browser, page, look)
        except BrowserError as error:
            if "ended" in str(error) or "does not answer" in str(error):
                raise
            reason = str(error)
            continue
        if is_whole(rendered):
            return _cut(rng, rendered)
        log.debug("page %d, try %d (%s): the message is not whole", index, attempt, page.family)
    raise RuntimeError(f"page {index} of seed {seed}: after {_TRIES} tries {reason}; its place stays empty")


def _cut(rng: random.Random, rendered: Rendered) -> Rendered:
    """As people cut their screenshots: half of those whose lower part says nothing lose it, some lose the right part too."""
    seen = rendered.seen
    below = rng.randint(12, 220) if rng.random() < 0.5 else 1 << 20
    right = rng.randint(20, 200) if rng.random() < 0.15 else 1 << 20
    return Rendered(rendered.page, rendered.look, collect.trimmed(seen, below, right))


def record(rendered: Rendered, index: int, seed: int) -> dict[str, Any]:
    """The JSON object beside the picture, as of a capture."""
    seen, page = rendered.seen, rendered.page
    height, width = seen.image.shape[:2]
    lines = sorted(seen.lines, key=lambda line: (round((line.box[1] + line.box[3]) / 12), line.box[0]))
    return {
        "id": f"page-{seed}-{index:08d}",
        "width": width,
        "height": height,
        "source": "chromium",
        "program": page.program or page.fields.app or "Chromium",
        "theme": rendered.look.theme,
        "family": page.family,
        "complete": seen.complete,
        "fields": asdict(page.fields),
        "lines": [
            {"text": line.text, "box": list(line.box), "role": _role(line, page.fields.error_code)} for line in lines
        ],
        "ignore": [list(box) for box in seen.ignore],
    }


def _role(line: collect.PageLine, code: str | None) -> str:
    """The line's role; a line that is the code and nothing else has the role "code", as in captures."""
    return "code" if code is not None and line.text == code and line.role != "message" else line.role


def encode(image: np.ndarray) -> bytes:
    """A lossless PNG, quickly: RGB uint8 [H, W, 3]."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def sample(browser: Browser, index: int, seed: int, split: str) -> ShardSample:
    """Sample `index` as it stands in a shard. Raises like `make`."""
    rendered = make(browser, index, seed, split)
    return ShardSample(f"{index:08d}", encode(rendered.seen.image), record(rendered, index, seed))


Maker = Callable[[Brush, str], Page]
