"""The HTML report: one file, nothing in it but what we put there, whatever the pictures say."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmgpt.report.embed import Budget, embed
from mmgpt.report.html import HtmlReport
from mmgpt.report.target import ReportError, Target
from mmgpt.report.view import LONGEST
from tests.mmgpt.report.hostile import TEXTS, diagnosis_of

PIXELS = np.random.default_rng(0).integers(0, 256, (100, 200, 3), dtype=np.uint8)
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "span",
    "section", "div", "table", "caption", "tbody", "tr", "th", "td", "bdi", "svg", "rect", "form", "label", "input",
    "select", "option", "output", "main", "article", "figure", "figcaption", "img", "dl", "dt", "dd", "mark", "code", "a",
    "br", "details", "summary", "footer", "script",
}  # fmt: skip


class Page(HTMLParser):
    """A page taken apart: tags with their attributes, and all text."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.comments = 0
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self.text: list[str] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.comments += 1

    def handle_data(self, data: str) -> None:
        last = self.tags[-1][0] if self.tags else ""
        if last in self.raw and (data.strip() or self.raw[last]) and not self.raw[last]:
            self.raw[last].append(data)
            return
        self.text.append(data)


def written(folder: Path, *texts: str, pixels: np.ndarray | None = PIXELS) -> Page:
    report = HtmlReport(folder / "report.html", len(texts))
    for text in texts:
        report.add(text, diagnosis_of(text), pixels)
    assert report.finish() == len(texts)
    return Page(folder / "report.html")


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_is_no_markup(name: str, tmp_path: Path):
    page = written(tmp_path, TEXTS[name], "fine")
    assert {tag for tag, _ in page.tags} <= TAGS
    assert [tag for tag, _ in page.tags].count("script") == 1 and page.comments == 0
    for tag, attributes in page.tags:
        assert not [
            key for key in attributes if key.startswith("on") or key in ("style", "srcset", "action", "formaction")
        ]
        for key in ("href", "src"):
            value = attributes.get(key)
            if value is not None:
                assert value == "https://shop.example/e42" or (
                    tag == "img" and value.startswith("data:image/webp;base64,")
                )
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page.source)


def test_what_is_read_is_shown_as_it_stands(tmp_path: Path):
    page = written(tmp_path, TEXTS["html"])
    assert TEXTS["html"] in "".join(page.text)


def test_long_text_is_cut_and_counted(tmp_path: Path):
    page = written(tmp_path, "B" * 10_000)
    shown = "".join(page.text)
    assert "B" * LONGEST in shown and f"({10_000 - LONGEST:,} more characters)" in shown
    assert "B" * (LONGEST + 1) not in "".join(re.findall(r'<dd class="value.*?</dd>', page.source, re.DOTALL))


def test_the_policy_names_what_may_run_and_nothing_from_outside(tmp_path: Path):
    page = written(tmp_path, "a", "b")
    (policy,) = [a["content"] or "" for t, a in page.tags if t == "meta" and a.get("http-equiv")]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    for name in ("style", "script"):
        (body,) = re.findall(rf"<{name}>(.*?)</{name}>", page.source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert rules[f"{name}-src"] == f"'sha256-{digest}'"
    outside = re.sub(r'href="https://shop\.example/e42"|>https://shop\.example/e42<', "", page.source)
    assert not re.search(r"https?://|@import|url\(", outside)


def test_boxes_stand_where_the_words_do_and_belong_to_their_rows(tmp_path: Path):
    page = written(tmp_path, "E42 offline")
    boxes = [a for t, a in page.tags if t == "rect" and "x" in a]
    assert [(b["x"], b["y"], b["width"], b["height"]) for b in boxes] == [("10", "20", "100", "20")], "one a place"
    classes = (boxes[0]["class"] or "").split()
    assert {"e0-message", "e0-error_code", "e0-app", "e1-message"} == set(classes)
    rows = [
        (a["class"] or "").split()[1] for t, a in page.tags if t == "div" and (a.get("class") or "").startswith("row ")
    ]
    assert set(classes) <= set(rows)
    for name in classes:
        assert f".row.{name}:is(:hover,:focus-visible)) rect.{name}" in page.source
    assert [a.get("tabindex") for t, a in page.tags if t == "div" and (a.get("class") or "").startswith("row ")] == [
        "0"
    ] * len(rows)
    views = [a for t, a in page.tags if t == "svg" and a.get("class") == "boxes"]
    assert views[0]["viewbox"] == "0 0 200 100"


def test_letters_that_are_not_supported_are_marked(tmp_path: Path):
    page = written(tmp_path, "E42 offline")
    assert '<mark title="The reader does not support these letters: they may be others.">E</mark>4<mark' in page.source


def test_the_summary_counts(tmp_path: Path):
    report = HtmlReport(tmp_path / "r.html", 3)
    report.add("1.png", diagnosis_of("nginx", category="dns", abstained=[]), PIXELS)
    report.add("2.png", diagnosis_of("nginx", sources=[], cause=None, fixes=[], further=[]), None, "It is gone.")
    report.add("3.png", diagnosis_of("curl", is_error=None, abstained=["is_error", "category"]), PIXELS)
    report.finish(failures=4, stopped=True)
    text = " ".join("".join(Page(tmp_path / "r.html").text).split())
    assert "3 pictures 2 errors 0 without an error 1 not sure 4 failed" in text
    assert "The run was stopped on its way" in text
    assert "nginx2" in text and "curl1" in text and "It is gone." in text
    assert "For 1 picture that shows an error, or may, no entry of the knowledge base fits." in text


@pytest.mark.parametrize("size", [(1, 1), (3000, 20), (20, 9000), (900, 1600)])
def test_pictures_are_scaled_to_what_is_sensible(size: tuple[int, int]):
    pixels = np.full((size[1], size[0], 3), 200, np.uint8)
    shown = embed(pixels, 10**6)
    assert shown is not None and shown.width <= 1280 and shown.height <= 8000 and min(shown.width, shown.height) >= 1
    data = base64.b64decode(shown.uri.split(",", 1)[1])
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (shown.width, shown.height) and not picture.getexif()


def test_a_report_keeps_its_limit(tmp_path: Path):
    noise = np.random.default_rng(1).integers(0, 256, (150, 200, 3), dtype=np.uint8)
    assert embed(noise, 1000) is None, "what does not fit is left out"
    limit = 60_000
    report = HtmlReport(tmp_path / "r.html", 6, limit)
    for number in range(6):
        report.add(f"{number}.png", diagnosis_of("x"), noise)
    report.finish()
    page = Page(tmp_path / "r.html")
    uris = [a["src"] or "" for t, a in page.tags if t == "img"]
    assert uris and sum(map(len, uris)) <= limit
    assert "so that the report does not grow too large" in "".join(page.text)


def test_shares_grow_with_what_is_left():
    budget = Budget(1000, 10)
    assert budget.share == 400
    for _ in range(9):
        budget.take(0)
    assert budget.share == 1000


def test_somebody_elses_file_is_left_alone_and_ours_is_replaced(tmp_path: Path):
    path = tmp_path / "r.html"
    path.write_text("<p>mine</p>")
    with pytest.raises(ReportError, match="no report of ours"):
        HtmlReport(path, 1)
    assert path.read_text() == "<p>mine</p>"
    path.unlink()
    written(tmp_path, "a")
    written(tmp_path, "b")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"], "nothing is left behind"
    with pytest.raises(ReportError, match="cannot be written"):
        Target(tmp_path / "no" / "r.html", "x")
    with pytest.raises(ReportError, match="no report of ours"):
        Target(tmp_path, "x")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium")
def test_a_browser_asks_for_nothing_runs_nothing_foreign_and_filters(tmp_path: Path):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'mmgpt[captures]'")
    report = HtmlReport(tmp_path / "r.html", 4)
    report.add("1.png", diagnosis_of(TEXTS["html"]), PIXELS)
    report.add("2.png", diagnosis_of(TEXTS["attribute"], category="dns", abstained=[]), PIXELS)
    report.add("3.png", diagnosis_of("curl", is_error=False, category="none", abstained=[]), PIXELS)
    report.add("4.png", diagnosis_of("nginx: no upstream", category="network", abstained=[]), PIXELS)
    report.finish()
    with playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        said: list[str] = []
        asked: list[str] = []
        shown: dict[bool, list[list[str]]] = {}
        for scripts in (True, False):
            page = browser.new_context(viewport={"width": 1000, "height": 700}, java_script_enabled=scripts).new_page()
            page.on("console", lambda message: said.append(message.text))
            page.on("dialog", lambda dialog: said.append(dialog.message) or dialog.dismiss())  # type: ignore[func-returns-value]
            page.on("request", lambda request: asked.append(request.url.split(",")[0]))
            page.goto((tmp_path / "r.html").as_uri())

            def names(page: Any = page) -> list[str]:
                return [text.strip() for text in page.locator(".shot:visible h2").all_text_contents()]

            steps = [names()]
            page.check("#only-errors")
            steps.append(names())
            page.select_option("#category", "dns")
            steps.append(names())
            page.uncheck("#only-errors")
            page.select_option("#category", "")
            page.select_option("#program", "2")
            steps.append(names())
            page.select_option("#program", "")
            page.check("#only-unsure")
            steps.append(names())
            page.uncheck("#only-unsure")
            shown[scripts] = steps
            box, row = page.locator("#p1 rect.e0-message"), page.locator("#p1 .row.e0-message")
            before = box.evaluate("it => getComputedStyle(it).strokeWidth") if scripts else ""
            row.focus()
            page.keyboard.press("Tab")
            page.keyboard.press("Shift+Tab")
            if scripts:
                assert before == "1.5px" and box.evaluate("it => getComputedStyle(it).strokeWidth") == "3px"
                page.fill("#words", "NO upstream")
                assert names() == ["4.png"] and page.inner_text("#shown") == "1 of 4 shown"
        narrow = browser.new_context(viewport={"width": 360, "height": 700}).new_page()
        narrow.goto((tmp_path / "r.html").as_uri())
        assert narrow.evaluate("document.documentElement.scrollWidth") == 360, "nothing sticks out on a phone"
        browser.close()
    everything = [["1.png", "2.png", "3.png", "4.png"], ["1.png", "2.png", "4.png"], ["2.png"], ["3.png"], ["1.png"]]
    assert shown == {True: everything, False: everything}, "filters work without scripts, too"
    assert said == [] and {url for url in asked if not url.startswith("data:image/webp")} == {
        (tmp_path / "r.html").as_uri()
    }
