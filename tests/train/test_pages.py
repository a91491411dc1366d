"""Pages in headless Chromium: what is read from them is what can be seen in them."""

from __future__ import annotations

import logging
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from train.data.pages import collect, kits
from train.data.pages.brush import Brush, Page
from train.data.pages.cdp import NAMES, Browser, BrowserError, find_chromium
from train.data.pages.draw import terminals
from train.data.pages.look import Look, draw, font_environment
from train.data.pages.make import describe, is_whole, record, sample, shot, squeezed
from train.data.pages.write import main
from train.data.render.fonts import catalogue
from train.data.shards import read_shards
from train.data.world.content import Fields, Row, TerminalContent, Text

CHROMIUM = any(shutil.which(name) for name in NAMES)
needs_browser = pytest.mark.skipif(not CHROMIUM, reason="Chromium is missing: apt-get install chromium")
NORMAL = Fields(False, "Chromium", "web_page")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(environment=font_environment("train", tmp_path_factory.mktemp("fonts"))) as running:
        yield running


def plain_look(width: int = 800, height: int = 600, scale: float = 1.0) -> Look:
    """An undecorated look of a given size."""
    drawn = draw(random.Random(3), "train", "light")
    return Look(
        "train", kits.Kit("plain", ()), False, width, height, scale,
        drawn.sans, drawn.serif, drawn.mono, True, 16, "#336699", 0.4,
    )  # fmt: skip


def seen_of(browser: Browser, body: str, look: Look | None = None) -> collect.Seen:
    return shot(browser, Page(NORMAL, body, "test", bare=True), look or plain_look()).seen


def ink_box(image: np.ndarray, region: tuple[int, int, int, int], margin: int = 6) -> tuple[int, int, int, int]:
    """The box of the dark pixels around a region, found from the picture alone."""
    x0, y0, x1, y1 = region
    dark = np.flatnonzero(
        (image[max(y0 - margin, 0) : y1 + margin, max(x0 - margin, 0) : x1 + margin] < 215).any(axis=2)
    )
    ys, xs = np.divmod(dark, min(x1 + margin, image.shape[1]) - max(x0 - margin, 0))
    left, top = max(x0 - margin, 0), max(y0 - margin, 0)
    return left + int(xs.min()), top + int(ys.min()), left + int(xs.max()) + 1, top + int(ys.max()) + 1


@needs_browser
@pytest.mark.parametrize("scale", [0.75, 1.0, 1.5])
def test_boxes_hug_the_ink(browser: Browser, scale: float) -> None:
    body = "".join(f'<div style="position:absolute;left:40px;top:{40 + 60 * i}px;font-size:{14 + 5 * i}px">{text}</div>'
                   for i, text in enumerate(("Permission denied", "grep: jQy", "no such file", "x")))  # fmt: skip
    seen = seen_of(browser, body, plain_look(900, 600, scale))
    assert [line.text for line in seen.lines] == ["Permission denied", "grep: jQy", "no such file", "x"]
    for line in seen.lines:
        found = ink_box(seen.image, line.box)
        assert max(abs(a - b) for a, b in zip(found, line.box, strict=True)) <= 1, (line.text, found, line.box)


@needs_browser
def test_frames_gradients_and_tight_rows_do_not_widen_a_box(browser: Browser) -> None:
    body = """<div style="margin:30px;padding:1px;width:300px;border:2px solid #000;background:linear-gradient(#fff,#9cf);
      font-size:20px;line-height:14px">pgqj one<br>bdfl two</div>"""
    first, second = seen_of(browser, body).lines
    assert (first.text, second.text) == ("pgqj one", "bdfl two")
    assert first.box[2] - first.box[0] < 140 and second.box[2] - second.box[0] < 140  # the frame is 300 wide
    assert first.box[3] - first.box[1] < 24 and second.box[3] - second.box[1] < 24
    assert first.box[3] <= second.box[1] + 2


@needs_browser
def test_what_cannot_be_seen_is_no_line(browser: Browser) -> None:
    body = """<p>shown</p><p style="display:none">gone</p><p style="visibility:hidden">hidden</p><p style="opacity:0">clear</p>
      <p style="color:#fff">white</p><div style="height:0;overflow:hidden">clipped</div>
      <div style="position:absolute;top:300px">covered</div>
      <div style="position:absolute;top:290px;width:400px;height:60px;background:#eee"></div>
      <div style="position:absolute;left:-500px">outside</div><script>1</script>"""
    seen = seen_of(browser, body)
    assert [line.text for line in seen.lines] == ["shown"]
    assert seen.complete


@needs_browser
def test_half_a_row_makes_the_picture_incomplete(browser: Browser) -> None:
    body = '<p>whole</p><div style="height:12px;overflow:hidden;font-size:30px;line-height:30px">cut along</div>'
    seen = seen_of(browser, body)
    assert [line.text for line in seen.lines] == ["whole"]
    assert not seen.complete and seen.ignore


@needs_browser
def test_text_that_shines_through_or_comes_from_a_style_sheet_is_not_passed_over(browser: Browser) -> None:
    through = """<p>in front</p><div style="position:absolute;top:200px;font-size:24px">behind the glass</div>
      <div style="position:absolute;top:180px;width:400px;height:90px;background:#fff8"></div>"""
    seen = seen_of(browser, through)
    assert [line.text for line in seen.lines] == ["in front"]
    assert not seen.complete and any(box[1] >= 195 and box[3] <= 240 for box in seen.ignore)
    written = seen_of(browser, '<style>b::after{content:" by the style sheet"}</style><b>text</b>')
    assert [line.text for line in written.lines] == ["text"] and not written.complete


@needs_browser
def test_letters_that_a_window_covers_are_left_out_of_their_row(browser: Browser) -> None:
    body = """<div style="position:absolute;left:20px;top:50px;font:20px monospace">abcdefghij</div>
      <div style="position:absolute;left:80px;top:40px;width:200px;height:60px;background:#ddd"></div>"""
    seen = seen_of(browser, body)
    assert len(seen.lines) == 1 and "abcdefghij".startswith(seen.lines[0].text) and len(seen.lines[0].text) < 6
    assert seen.lines[0].box[2] <= 80


@needs_browser
def test_text_is_what_the_document_shows(browser: Browser) -> None:
    words = [f"word{i} stands here," for i in range(40)]
    body = f"""<main style="width:420px">{" ".join(words)}</main><p style="text-transform:uppercase">loud</p>
      <div style="width:120px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis">a very long name that does not fit</div>
      <input value="typed in" style="width:200px"><button>Try again</button>"""
    lines = [line.text for line in seen_of(browser, body).lines]
    shown = browser.evaluate("document.querySelector('main').innerText")
    assert squeezed(" ".join(lines[:-4])) == squeezed(shown)
    assert len(lines) > 8  # wrapped
    assert lines[-4] == "LOUD"
    assert lines[-3].startswith("a very") and lines[-3].endswith("…")
    assert lines[-2:] == ["typed in", "Try again"]


@needs_browser
def test_a_wrapped_message_keeps_its_role_on_every_row(browser: Browser) -> None:
    message = "The file could not be opened because another program has locked it and does not let it go."
    fields = Fields(True, "Demo", "web_page", message, None, "concurrency_lock")
    body = f'<div style="width:260px"><p data-role="message">{message}</p><p data-role="body">Try later.</p></div>'
    rendered = shot(browser, Page(fields, body, "test", bare=True), plain_look())
    marked = [line for line in rendered.seen.lines if line.role == "message"]
    assert len(marked) >= 3
    assert " ".join(line.text for line in marked) == message
    assert is_whole(rendered)
    hidden = shot(browser, Page(fields, body.replace("260px", "260px;display:none"), "test", bare=True), plain_look())
    assert not is_whole(hidden)


@needs_browser
@pytest.mark.skipif(not kits.has(*terminals.FILES), reason=f"xterm.js is missing: {kits.COMMAND}")
def test_a_terminal_wraps_and_keeps_roles(browser: Browser) -> None:
    message = "fatal: unable to access 'https://host.example/a/rather/long/path/to/a/repository.git': timed out " * 2
    rows = (
        Row((Text("me@box:~$ ", "prompt"), Text("git fetch", "command"))),
        Row((Text(message.strip(), "message", "message"),)),
    )
    content = TerminalContent(Fields(True, "Git", "terminal", message.strip(), None, "timeout"), rows)
    look = plain_look(640, 400)
    page = terminals.terminal(Brush(random.Random(5), look), content)
    rendered = shot(browser, page, look)
    assert is_whole(rendered)
    assert rendered.seen.lines[0].text == "me@box:~$ git fetch"
    assert sum(line.role == "message" for line in rendered.seen.lines) >= 2


@needs_browser
def test_a_sample_is_a_function_of_its_number_and_shows_its_message(browser: Browser) -> None:
    for index in (2, 9):
        first, second = sample(browser, index, 7, "train"), sample(browser, index, 7, "train")
        assert first.record == second.record
        assert first.image.shape == second.image.shape
        fields, lines = first.record["fields"], first.record["lines"]
        height, width = first.image.shape[:2]
        assert (first.record["width"], first.record["height"]) == (width, height)
        for line in lines:
            x0, y0, x1, y1 = line["box"]
            assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height and line["text"].strip()
        if fields["message"] is not None:
            marked = squeezed("".join(line["text"] for line in lines if line["role"] == "message")).lower()
            assert squeezed(fields["message"]).lower() in marked
    rendered = shot(browser, Page(NORMAL, "<p>hello</p>", "greeting", bare=True), plain_look())
    assert record(rendered, 3, 7)["id"] == "page-7-00000003"


@needs_browser
def test_shards_are_written_once(tmp_path: Path) -> None:
    arguments = ["--out", str(tmp_path), "--count", "1", "--seed", "4", "--offline"]
    assert main(arguments) == 0
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    assert [s.record["source"] for s in read_shards(tmp_path)] == ["chromium"]
    assert main(arguments) == 0
    assert path.stat().st_mtime_ns == before


def test_descriptions_depend_on_the_seed_alone() -> None:
    def twice(seed: str) -> tuple[object, object]:
        return describe(random.Random(seed), "train"), describe(random.Random(seed), "train")

    made = [twice(f"pages/{number}") for number in range(6)]
    assert all(first == second for first, second in made)
    assert len({first[0].body for first, _ in made}) == 6  # type: ignore[index]


def test_looks_keep_to_their_split() -> None:
    for split in ("train", "held_out"):
        held = split == "held_out"
        if held and not kits.kits(split):
            continue  # every held-out look is fetched; plain pages are trained on
        for seed in range(25):
            look = draw(random.Random(seed), split)
            assert look.kit.is_held_out == held
            assert all(
                f.held_out == held
                for some in (look.sans, look.serif, look.mono)
                for f in (some.regular, some.bold, some.italic)
            )
            assert look.width * look.height < 3_000_000 and look.view[0] >= 200


def test_one_theme_in_eight_is_held_out() -> None:
    names = [f"theme {number}" for number in range(4000)]
    assert 0.10 < sum(map(kits.held_out, names)) / len(names) < 0.15
    every = [kit.name for kit in kits._all()]
    assert len(every) == len(set(every)) > 80
    assert any(map(kits.held_out, every))


def test_the_browser_is_kept_from_held_out_families(tmp_path: Path) -> None:
    rules = Path(font_environment("train", tmp_path)["FONTCONFIG_FILE"]).read_text("utf-8")
    held = {face.family for face in catalogue("all") if face.held_out}
    assert held and all(f"<string>{name}</string>" in rules for name in held if "&" not in name)
    assert font_environment("held_out", tmp_path) == {}


def test_a_missing_browser_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMGPT_CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(BrowserError, match="apt-get install chromium"):
        find_chromium()
    assert main(["--out", str(tmp_path), "--count", "1", "--offline"]) == 1
    assert not list(tmp_path.iterdir())


def test_missing_kits_are_named_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MMGPT_CACHE", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        found = kits.kits.__wrapped__("train")
    assert [kit.name for kit in found] == ["plain"]
    assert "bootstrap" in caplog.text and kits.COMMAND in caplog.text
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="apt-get install npm"):
        kits.fetch(["bootstrap"])


def test_a_wide_gap_parts_a_row() -> None:
    run = {"text": "ab cd", "x0": 0, "x1": 90, "y0": 0, "y1": 12, "block": 1, "role": "output", "size": 10, "ref": ""}
    spots = [[0, 0, 8], [1, 8, 16], [3, 74, 82], [4, 82, 90]]
    rows = collect.joined([{**run, "spots": spots}])
    assert [[part["text"] for part in row] for row in rows] == [["ab"], ["cd"]]
    near = [[0, 0, 8], [1, 8, 16], [3, 24, 32], [4, 32, 40]]
    assert [len(row) for row in collect.joined([{**run, "spots": near}])] == [1]
