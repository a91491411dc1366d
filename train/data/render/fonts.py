"""The catalogue of faces that the renderer draws with, found where they are installed.

Faces come from the system (fontconfig) and from a cache folder that `train.data.render.npm_fonts` fills. Nothing is shipped.
Families are held out by hash, so that the same face is never trained on and measured on, on any machine.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

HELD_OUT_SHARE = 0.07  # of families
ALWAYS_HELD_OUT = ("Open Sans", "Fira Code", "Hack")
_VARIANTS = {"display", "condensed", "narrow", "ui", "cn", "light", "medium", "thin", "semibold", "alt", "text", "book"}
_SAME_DESIGN = {
    "arimo": "liberation sans", "cousine": "liberation mono", "tinos": "liberation serif", "nimbus sans": "helvetica",
    "tex gyre": "urw base", "nimbus roman": "urw base", "nimbus mono": "urw base", "freesans": "helvetica",
    "freemono": "urw base", "freeserif": "urw base", "cascadia mono": "cascadia code", "helvetica bitmap": "helvetica",
}  # fmt: skip
_LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;()[]{}/\\-_=+*'\"!?#$%&@<>|~^`"
# Faces that no screen uses for running text, scripts whose Latin is borrowed from a face that we have, and pictures.
_SKIP = re.compile(
    r"symbol|emoji|dingbat|ornament|math|music|icon|wingding|webding|marlett|standard symbols|d050000l|cursor|braille|bullet|"
    r"noto (sans|serif|naskh|nastaliq|kufi|rashi|traditional|looped)[ a-z]* (?!mono|display|ui|condensed)[a-z]|"
    r"fangsong|cjk|unifont upper|cmex|cmsy|cmmi|msam|"
    r"chancery|comfortaa|bebas|press start|fonts-linex|linux libertine initials|dashes|clearlyu|open look|"
    r"newspaper|decorative|initials|"
    # Handwriting and key caps, and signs or Greek letters under Latin codes, which would be labelled wrongly.
    r"elegante|chorus|z003|keyboard|ellhnikh|alfa-beta|stmary|esint|gallant|wasy|cmr10",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Face:
    """One font face. `sizes` is empty for outlines and lists the pixel sizes of a bitmap face."""

    id: str
    family: str
    style: str
    path: str
    index: int
    mono: bool
    held_out: bool
    sizes: tuple[int, ...] = ()


def cache_folder() -> Path:
    """Where fetched fonts and built atlases lie: `$MMGPT_CACHE`, or `~/.cache/mmgpt`."""
    return Path(os.environ.get("MMGPT_CACHE") or Path.home() / ".cache" / "mmgpt")


def is_held_out(family: str) -> bool:
    """True for families that only the evaluation may draw with. A pure function of the family's name."""
    if any(family.startswith(name) for name in ALWAYS_HELD_OUT):
        return True
    # Widths and optical variants of one design, and copies under other names, must fall on one side.
    words = [w for w in family.lower().replace("-", " ").split() if w not in _VARIANTS]
    key = " ".join(words[:2])
    key = _SAME_DESIGN.get(key, key)
    return int(hashlib.sha1(key.encode()).hexdigest(), 16) % 1000 < HELD_OUT_SHARE * 1000


def _font_files() -> list[tuple[str, int]]:
    files: set[tuple[str, int]] = set()
    try:
        out = subprocess.run(
            ["fc-list", "--format", "%{file}\t%{index}\n"], capture_output=True, text=True, timeout=60, check=True
        )
        for row in out.stdout.splitlines():
            path, _, index = row.partition("\t")
            files.add((path, int(index or 0) & 0xFFFF))
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("fc-list does not answer (%s); install it with: apt-get install fontconfig", error)
    for folder in (Path("/usr/share/fonts"), cache_folder() / "fonts"):
        for file in folder.rglob("*"):
            if file.suffix.lower() in {".ttf", ".otf", ".otb"} or file.name.endswith(".pcf.gz"):
                files.add((str(file), 0))
    return sorted(files)


def _read(path: str, index: int) -> Face | None:
    import freetype  # here, so that machines that carry atlases need no font library

    try:
        face = freetype.Face(path, index)
    except freetype.FT_Exception:
        return None
    family = (face.family_name or b"").decode("utf-8", "replace").strip()
    style = (face.style_name or b"").decode("utf-8", "replace").strip()
    if not family or _SKIP.search(family):
        return None
    try:
        face.select_charmap(freetype.FT_ENCODING_UNICODE)
    except freetype.FT_Exception:
        return None
    if any(face.get_char_index(c) == 0 for c in _LATIN):
        return None
    sizes: tuple[int, ...] = ()
    if not face.is_scalable:
        sizes = tuple(sorted({s.height for s in face.available_sizes}))
        if not sizes or max(sizes) > 40 or min(sizes) < 6:
            return None
        family = f"{family} bitmap"
    if sizes:
        mono = bool(face.is_fixed_width)
    else:
        widths = set()
        for char in "iWm.0":
            face.load_char(char, freetype.FT_LOAD_NO_SCALE)
            widths.add(face.glyph.advance.x)  # font units; the linear advance is not set when unscaled
        mono = len(widths) == 1
    stem = Path(path).name.split(".")[0] + (f"#{index}" if index else "")
    return Face(f"{family}/{style}/{stem}", family, style, path, index, mono, is_held_out(family), sizes)


@functools.lru_cache(maxsize=1)
def _all_faces() -> tuple[Face, ...]:
    files = _font_files()
    key = hashlib.sha1(repr([(p, i, os.path.getsize(p)) for p, i in files]).encode() + b"v6").hexdigest()[:16]
    cached = cache_folder() / f"faces-{key}.json"
    if cached.exists():
        return tuple(Face(**{**row, "sizes": tuple(row["sizes"])}) for row in json.loads(cached.read_text()))
    by_id: dict[str, Face] = {}
    for path, index in files:
        face = _read(path, index)
        if face is not None:
            by_id.setdefault(face.id, face)
    faces = tuple(by_id[key] for key in sorted(by_id))
    cached.parent.mkdir(parents=True, exist_ok=True)
    scratch = cached.with_suffix(f".{os.getpid()}.tmp")
    scratch.write_text(json.dumps([{k: getattr(f, k) for k in Face.__dataclass_fields__} for f in faces]))
    os.replace(scratch, cached)
    return faces


def catalogue(split: str = "train") -> list[Face]:
    """Faces of a split: "train", "held_out" or "all", sorted by id.

    Raises RuntimeError when no usable face is installed, naming the command that installs some.
    """
    faces = _all_faces()
    if split not in {"train", "held_out", "all"}:
        raise ValueError(f"split must be train, held_out or all, not {split!r}")
    chosen = [f for f in faces if split == "all" or f.held_out == (split == "held_out")]
    if not chosen:
        raise RuntimeError(
            "no usable font face is installed; install some with: scripts/install_debian.sh "
            "or apt-get install fonts-dejavu fonts-liberation fonts-noto-core"
        )
    return chosen
