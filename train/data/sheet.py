"""A contact sheet to look at: pictures with boxes, each box with its text and role, and the fields above.

`python -m train.data sheet --out sheet.html --n 24` renders native scenes; `--from DIR` shows shards, or a folder of
captures. The page needs no network and no script: a box tells its text when the pointer rests on it, its colour the role.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from train.data.shards import ShardSample, read_shards

STYLE = """
body{font:14px/1.4 system-ui,sans-serif;margin:16px;background:#f2f2f0;color:#222}
figure{margin:0 0 28px;max-width:100%;overflow-x:auto}
figcaption{margin:0 0 6px}
figcaption b{margin-right:8px}
.picture{position:relative;display:inline-block;border:1px solid #bbb;line-height:0}
i{position:absolute;border:1px solid;box-sizing:border-box}
i:hover{background:rgba(255,220,0,.25)}
i.cut{border-style:dashed}
.legend span{display:inline-block;margin-right:10px}
"""


def colour(role: str) -> str:
    """A role's colour: the message stands out, the others get a hue of their own by name."""
    if role == "message":
        return "#e00000"
    if role == "code":
        return "#c050c0"
    return f"hsl({sum(ord(c) * (i + 7) for i, c in enumerate(role)) % 300 + 30} 70% 38%)"


def _box(box: Sequence[float], text: str, role: str, cut: bool = False) -> str:
    x0, y0, x1, y1 = box
    place = f"left:{x0}px;top:{y0}px;width:{x1 - x0}px;height:{y1 - y0}px"
    tip = html.escape(f"{text} · {role}" if role else text, quote=True)
    return f'<i class="{"cut" if cut else ""}" style="{place};border-color:{colour(role)}" title="{tip}"></i>'


def figure(sample: ShardSample) -> str:
    """One picture with its boxes and fields as HTML."""
    record = sample.record
    fields = record.get("fields")
    said = "text that means nothing"
    if fields is not None:
        told = [
            f"{name}: {fields[name]}" for name in ("kind", "app", "category", "error_code", "message") if fields[name]
        ]
        said = ("error · " if fields["is_error"] else "no error · ") + " · ".join(told)
    head = f"{record['id']} · {record['source']} · {record['theme']} · {record['width']}×{record['height']}"
    boxes = [_box(line["box"], line["text"], line.get("role", "")) for line in record["lines"] if line.get("box")]
    boxes += [_box(box, "not asked for", "", cut=True) for box in record.get("ignore", ())]
    picture = base64.b64encode(sample.png).decode("ascii")
    return (
        f"<figure><figcaption><b>{html.escape(head)}</b>{html.escape(said)}</figcaption>"
        f'<div class="picture"><img alt="{html.escape(head, quote=True)}" src="data:image/png;base64,{picture}">'
        f"{''.join(boxes)}</div></figure>"
    )


def page(samples: Iterable[ShardSample], title: str) -> tuple[str, int]:
    """The whole page, and how many pictures are on it."""
    figures, roles = [], set[str]()
    for sample in samples:
        figures.append(figure(sample))
        roles |= {line.get("role", "") for line in sample.record["lines"]}
    legend = "".join(f'<span style="color:{colour(role)}">■ {html.escape(role)}</span>' for role in sorted(roles))
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    return f'{head}<h1>{html.escape(title)}</h1><p class="legend">{legend}</p>{"".join(figures)}</html>', len(figures)


def of_captures(folder: Path) -> Iterator[ShardSample]:
    """The captures of a folder and those below it, as shards would hold them. Raises FileNotFoundError without any."""
    paths = sorted(path for path in folder.rglob("*.json") if path.with_suffix(".png").exists())
    if not paths:
        raise FileNotFoundError(f"{folder} holds neither shard-*.tar nor captures (a picture and a .json of one name)")
    for path in paths:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        yield ShardSample(path.stem, path.with_suffix(".png").read_bytes(), record)


def native(first: int, split: str) -> Iterator[ShardSample]:
    """Native scenes from a number on; those whose message no layout shows are passed over."""
    from train.data.shard import native as sample

    index = first
    while True:
        try:
            yield sample(index, 0, split)
        except RuntimeError:
            pass
        index += 1


def main(argv: Sequence[str] | None = None) -> int:
    """Writes one HTML file; 2 for a folder without pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="sheet.html")
    parser.add_argument("--n", type=int, default=24, help="pictures")
    parser.add_argument("--first", type=int, default=0, help="leave out so many")
    parser.add_argument("--split", choices=("train", "held_out"), default="train", help="of native scenes")
    parser.add_argument("--from", dest="folder", type=Path, help="shards or captures instead of native scenes")
    options = parser.parse_args(argv)
    if options.out.suffix != ".html":
        parser.error(f"--out must end in .html, not {options.out.suffix or 'nothing'}")
    try:
        if options.folder is None:
            samples = islice(native(options.first, options.split), options.n)
        else:
            tars = bool(list(options.folder.glob("shard-*.tar")))
            every = read_shards(options.folder) if tars else of_captures(options.folder)
            samples = islice(every, options.first, options.first + options.n)
        text, count = page(samples, str(options.folder or f"native scenes, {options.split}"))
    except FileNotFoundError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{count} pictures in {options.out} ({options.out.stat().st_size / 1e6:.1f} MB)\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
