"""An evaluation's worst lines and pictures as one self-contained HTML page: crops inline, differences marked."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from train.evaluation.metrics import METRICS
from train.evaluation.report import format_value
from train.evaluation.run import PictureResult, ReaderResult, worst_lines
from train.evaluation.samples import Box
from train.evaluation.text import align, normalise

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1d2126; }
table { border-collapse: collapse; margin: 1rem 0; } td, th { padding: .2rem .8rem; border-bottom: 1px solid #d8dde3; }
td { text-align: right; } td:first-child, th { text-align: left; }
figure { margin: 1.2rem 0; padding: .8rem; border: 1px solid #d8dde3; border-radius: .4rem; overflow-x: auto; }
figure img { display: block; max-width: 100%; } figcaption { color: #5b6570; font-size: .9em; margin-bottom: .4rem; }
code { font: 13px/1.7 ui-monospace, monospace; white-space: pre-wrap; word-break: break-all; }
.who { display: inline-block; min-width: 6rem; color: #5b6570; }
del { background: #ffd9d6; text-decoration: none; } ins { background: #cfeed6; text-decoration: none; }
.wrong { color: #b3261e; } .right { color: #1b7a3d; }
"""


def to_html(data: str, results: Sequence[ReaderResult], lines: int = 60, pictures: int = 20) -> str:
    """The page: the metrics, the first reader's worst `lines` with all readers' words, and its worst `pictures`."""
    first = results[0]
    head = f"Worst of {html.escape(first.reader)} on {html.escape(data)}"
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{head}</title><style>{STYLE}</style>",
        f"<h1>{head}</h1>{_metrics(results)}",
        "<p><del>Red</del> stands there and was not read so; <ins>green</ins> was read and does not stand there.</p>",
        "<h2>Lines</h2>",
    ]
    at = [{picture.sample.path: picture for picture in result.pictures} for result in results]
    parts += [_line(picture, k, at, results) for picture, k in worst_lines(first, lines)]
    parts.append("<h2>Pictures</h2>")
    parts += [_picture(picture) for picture in _worst_pictures(first, pictures)]
    return "\n".join(parts) + "\n"


def marked(truth: str, read: str) -> tuple[str, str]:
    """Both texts as HTML, with what differs in `<del>` (of the truth) and `<ins>` (of what was read)."""
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for operation, i, j in align(truth, read):
        if operation != "insert":
            left.append((truth[i], operation != "equal"))
        if operation != "delete":
            right.append((read[j], operation != "equal"))
    return _wrap(left, "del"), _wrap(right, "ins")


def _wrap(characters: list[tuple[str, bool]], tag: str) -> str:
    out: list[str] = []
    open_ = False
    for character, wrong in characters:
        if wrong != open_:
            out.append(f"<{tag}>" if wrong else f"</{tag}>")
            open_ = wrong
        out.append(html.escape(character))
    return "".join(out) + (f"</{tag}>" if open_ else "")


def _metrics(results: Sequence[ReaderResult]) -> str:
    rows = ["<tr><th><th>" + "<th>".join(html.escape(result.reader) for result in results)]
    for metric in METRICS:
        values = [result.metrics[metric.key] for result in results]
        if any(value is not None for value in values):
            rows.append(f"<tr><td>{html.escape(metric.label)}<td>" + "<td>".join(map(format_value, values)))
    return "<table>" + "\n".join(rows) + "</table>"


def _line(picture: PictureResult, k: int, at: Sequence[dict], results: Sequence[ReaderResult]) -> str:
    line = picture.matching.lines[k]
    box = picture.sample.lines[line.index].box
    image = _crop(picture.sample.pixels(), box) if box is not None else ""
    rows = []
    truth = normalise(line.truth)
    for result, pictures in zip(results, at, strict=True):
        other = pictures[picture.sample.path].matching.lines[k]
        if other.read is None:
            rows.append(f"<span class=who>{html.escape(result.reader)}</span><span class=wrong>not found</span>")
            continue
        stands, read = marked(truth, normalise(other.read))
        if result is results[0]:
            rows.append(f"<span class=who>stands</span><code>{stands}</code>")
        rows.append(f"<span class=who>{html.escape(result.reader)}</span><code>{read}</code> {other.confidence:.2f}")
    if line.read is None:
        rows.insert(0, f"<span class=who>stands</span><code>{html.escape(truth)}</code>")
    caption = f"{html.escape(picture.sample.id)} · {line.edits} of {line.characters} characters"
    return f"<figure><figcaption>{caption}</figcaption>{image}{'<br>'.join(rows)}</figure>"


def _worst_pictures(result: ReaderResult, count: int) -> list[PictureResult]:
    """Pictures by wrong fields first, then by wrong characters."""

    def badness(picture: PictureResult) -> tuple[int, float]:
        wrong = sum(not field.right for field in picture.fields.results) if picture.fields else 0
        return wrong, picture.counts["edits"] / max(picture.counts["characters"], 1)

    return sorted((p for p in result.pictures if badness(p) > (0, 0.0)), key=badness, reverse=True)[:count]


def _picture(picture: PictureResult) -> str:
    image = picture.sample.pixels()
    rows = [
        f"<tr><td>{field.field}<td>{html.escape(str(field.truth))}"
        f"<td class={'right' if field.right else 'wrong'}>{html.escape(str(field.value))}<td>{field.confidence:.2f}"
        for field in (picture.fields.results if picture.fields else ())
    ]
    fields = "<table><tr><th>field<th>truth<th>said<th>confidence" + "".join(rows) + "</table>" if rows else ""
    counts = picture.counts
    caption = (
        f"{html.escape(picture.sample.id)} · {counts['exact']:.0f} of {counts['lines']:.0f} lines right · "
        f"{counts['edits']:.0f} of {counts['characters']:.0f} characters wrong"
    )
    return f"<figure><figcaption>{caption}</figcaption>{_inline(Image.fromarray(image), 900)}{fields}</figure>"


def _crop(image: np.ndarray, box: Box, margin: int = 6) -> str:
    x0, y0, x1, y1 = box
    crop = image[max(y0 - margin, 0) : y1 + margin, max(x0 - margin, 0) : x1 + margin]
    picture = Image.fromarray(np.ascontiguousarray(crop))
    if picture.width < 600:
        picture = picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST)
    return _inline(picture, 2400)


def _inline(picture: Image.Image, width: int) -> str:
    if picture.width > width:
        picture = picture.resize((width, max(round(picture.height * width / picture.width), 1)))
    buffer = io.BytesIO()
    picture.quantize(128).save(buffer, "PNG", optimize=True)
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'
