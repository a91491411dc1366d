"""The faces that draw a language, found with fontconfig; their Latin letters are drawn as those desktops draw them."""

from __future__ import annotations

import functools
import logging
import subprocess

from train.data.languages.language import Language
from train.data.render.atlas import Atlas, FaceSampler
from train.data.render.fonts import Face
from train.data.render.layouts.faces import FacePool, Faces

log = logging.getLogger(__name__)

SPLITS = ("train", "held_out", "all")


@functools.lru_cache(maxsize=8)
def _installed(language: str, families: tuple[str, ...], held_out: tuple[str, ...], probe: str) -> tuple[Face, ...]:
    """The outline faces of some families that have every character of `probe`, sorted by id."""
    import freetype

    try:
        out = subprocess.run(
            ["fc-list", "--format", "%{file}\t%{index}\t%{family}\n"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise RuntimeError(f"fc-list does not answer ({error}); install it: apt-get install fontconfig") from error
    found: dict[str, Face] = {}
    for row in out.splitlines():
        path, index, family = row.split("\t", 2)
        if not set(family.split(",")) & set(families):
            continue
        number = int(index or 0) & 0xFFFF
        try:
            face = freetype.Face(path, number)
            face.select_charmap(freetype.FT_ENCODING_UNICODE)
        except freetype.FT_Exception as error:
            log.warning("passed over %s: %s", path, error)
            continue
        name, style = (face.family_name or b"").decode(), (face.style_name or b"").decode()
        if name not in families or not face.is_scalable or any(face.get_char_index(c) == 0 for c in probe):
            continue
        widths = set()
        for char in "iWm.0":
            face.load_char(char, freetype.FT_LOAD_NO_SCALE)
            widths.add(face.glyph.advance.x)
        key = f"{name}/{style}/{language}#{number}"
        found.setdefault(key, Face(key, name, style, path, number, len(widths) == 1, name in held_out))
    return tuple(found[key] for key in sorted(found))


def faces(language: Language, split: str = "train") -> tuple[Face, ...]:
    """The installed faces of a split: "train", "held_out" or "all".

    Raises RuntimeError naming the command that installs some where there is none, ValueError for another split.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}")
    fonts = language.fonts
    every = _installed(language.code, fonts.families, fonts.held_out, language.charset.more[:40])
    chosen = tuple(face for face in every if split == "all" or face.held_out == (split == "held_out"))
    if not chosen:
        raise RuntimeError(
            f"no face of {language.name} is installed for split {split!r}; install some with: "
            f"apt-get install --no-install-recommends {' '.join(fonts.packages)}"
        )
    return chosen


def choose_atlases(language: Language, split: str, count: int, seed: int = 0) -> list[Atlas]:
    """`count` atlases of the language's faces; only legible ones that fit a line crop (strokes are dense: 11 pixels up)."""
    import random

    rng = random.Random(f"atlases {language.code} {split} {seed}")
    sampler = FaceSampler(faces(language, split))
    made: list[Atlas] = []
    while len(made) < count:
        atlas = sampler.atlas(rng, mono=rng.random() < 0.3 or None, low=11)
        if atlas.d_top >= 6 and atlas.d_top + atlas.p_bottom <= 42:
            made.append(atlas)
    return made


@functools.lru_cache(maxsize=8)
def _pool(faces_: tuple[Face, ...], split: str, block: int) -> FacePool:
    return FacePool(Faces(faces_), split, block)


def pool(language: Language, split: str = "train", block: int = 0) -> FacePool:
    """The fonts of a block of screens in the language."""
    return _pool(faces(language, split), split, block)
