"""From what a user names to a source: `llava:data.json`, `chat:talks.jsonl?images=shots`, `webdataset:shards`, `hf:NAME`, a bare path."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from train.data.sources.base import Source

KINDS = ("llava", "chat", "corrections", "webdataset", "hf", "render", "perceived", "simulate", "instruct")
_WEIGHT = re.compile(r"=(\d+(?:\.\d+)?(?:[eE]-?\d+)?|\.\d+)$")
_OPTIONS = {
    "llava": ("images",), "chat": ("images",), "corrections": ("images",), "webdataset": (), "render": ("split",),
    "hf": ("split", "config", "streaming", "images", "buffer"), "perceived": (), "simulate": (), "instruct": (),
}  # fmt: skip


@dataclass(frozen=True)
class Named:
    """A source as it was named: `text` without its weight, `kind`, `where`, `options` behind the ?, `weight` (None: by its length)."""

    text: str
    kind: str
    where: str
    options: dict[str, str] = field(default_factory=dict)
    weight: float | None = None


def parse_named(text: str) -> Named:
    """`KIND:WHERE?option=value=WEIGHT`; the kind may be left out where the name says it, and so may options and weight.

    Raises ValueError for what cannot be understood, saying what is known.
    """
    weight = None
    found = _WEIGHT.search(text)
    if found and "?" in text and re.split(r"[?&]", text)[-1].count("=") == 1:
        found = None  # ?buffer=3 is an option, ?buffer=3=0.5 has a weight behind it
    if found and not Path(text).exists():
        weight, text = float(found.group(1)), text[: found.start()]
        if not weight:
            raise ValueError(f"the weight of {text} is 0: leave the source out")
    kind, colon, where = text.partition(":")
    if kind in ("simulate", "render", "instruct") and not colon:
        kind, where = text.partition("?")[0], "?" + text.partition("?")[2]
    elif not colon or kind not in KINDS:
        bare = text.partition("?")[0]
        if kind.partition("?")[0] in ("simulate", "render", "instruct"):
            kind, where = kind.partition("?")[0], "?" + text.partition("?")[2]
        else:
            kind, where = guess(bare), text
    place, _, tail = where.partition("?")
    options = dict(parse_qsl(tail, keep_blank_values=True))
    unknown = sorted(set(options) - set(_OPTIONS[kind]))
    if unknown:
        known = ", ".join(_OPTIONS[kind]) or "none"
        raise ValueError(f"{kind}: has no option {', '.join(unknown)}; known: {known}")
    if not place and kind not in ("simulate", "render", "instruct"):
        raise ValueError(f"{kind}: needs a path or a name behind it")
    return Named(text, kind, place, options, weight)


def guess(text: str) -> str:
    """The kind of a bare path. Raises FileNotFoundError for what is not there, ValueError for what is not known."""
    path = Path(text)
    if path.is_dir():
        names = [p.name for p in path.iterdir()]
        for kind, suffixes in (
            ("webdataset", (".tar",)),
            ("hf", (".parquet", ".arrow", "dataset_info.json", "dataset_dict.json")),
        ):
            if any(name.endswith(suffixes) for name in names):
                return kind
        if any(name.endswith(".safetensors") for name in names):
            return "perceived"
        raise ValueError(f"{text} holds no .tar, .parquet, .arrow or perceived screens; {_kinds()}")
    if not path.exists() and "{" not in text and "*" not in text:
        raise FileNotFoundError(f"{text} is missing: check the path behind --data; {_kinds()}")
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        return "corrections" if _is_corrections(path) else "chat"
    found = {".json": "llava", ".tar": "webdataset", ".parquet": "hf", ".arrow": "hf"}.get(suffix)
    if found is None:
        raise ValueError(f"what {text} holds cannot be told by its name; {_kinds()}")
    return found


def _kinds() -> str:
    return f"say what it is: {', '.join(f'{kind}:' for kind in KINDS[:5])}"


def _is_corrections(path: Path) -> bool:
    with path.open("rb") as handle:
        first = next((line for line in handle if line.strip()), b"")
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and {"chosen", "correction"} <= row.keys()


def open_source(named: Named | str) -> Source:
    """The source. Raises FileNotFoundError or ValueError for what is not there or no such thing, RuntimeError for a missing package."""
    named = parse_named(named) if isinstance(named, str) else named
    path, options = Path(named.where), named.options
    images = Path(options["images"]) if "images" in options else None
    if images is not None and not images.is_dir():
        raise FileNotFoundError(f"{images} is no folder: ?images= names the one that pictures lie in")
    if named.kind == "llava":
        from train.data.sources.files import LlavaFile

        return LlavaFile(named.text, path, images)
    if named.kind in ("chat", "corrections"):
        from train.data.sources import files

        return (files.LinesFile if named.kind == "chat" else files.CorrectionsFile)(named.text, path, images)
    if named.kind == "webdataset":
        from train.data.sources.webdataset import WebDataset

        return WebDataset(named.text, _tars(named.where))
    if named.kind == "hf":
        from train.data.sources import hub

        streaming = options.get("streaming", "0") not in ("0", "no", "false")
        found = hub.load(named.where, options.get("split", "train"), options.get("config"), streaming)
        folder = images or (path if path.is_dir() else path.parent if path.exists() else Path())
        if streaming:
            return hub.HubStream(named.text, found, folder, int(options.get("buffer", hub.BUFFER)))
        return hub.HubList(named.text, found, folder)
    if named.kind == "render":
        from train.data.sources.rendered import RenderedScreens

        split = options.get("split", "train")
        if split not in ("train", "held_out"):
            raise ValueError(f"render: has the splits train and held_out, not {split}")
        return RenderedScreens(named.text, split)
    raise ValueError(f"{named.kind}: is no source of records")


def _tars(where: str) -> list[Path]:
    """Files of a folder, a pattern (`shards/*.tar`), or a range in braces (`shard-{000000..000123}.tar`). Raises FileNotFoundError."""
    import glob

    path = Path(where)
    found = re.search(r"\{(\d+)\.\.(\d+)\}", where)
    if path.is_dir():
        paths = sorted(path.glob("*.tar"))
    elif found:
        first, last = found.groups()
        names = (f"{n:0{len(first)}d}" for n in range(int(first), int(last) + 1))
        paths = [Path(where[: found.start()] + name + where[found.end() :]) for name in names]
    elif "*" in where:
        paths = sorted(Path(p) for p in glob.glob(where))
    else:
        paths = [path]
    if not paths:
        raise FileNotFoundError(f"no .tar in {where}: check the path behind webdataset:")
    return paths
