"""Which faces stand in a window: families by kind, weighted by how common they are, with their bold and italic."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import freetype

from train.data.render.atlas import HINTINGS, Atlas, FaceSampler, Mode
from train.data.render.fonts import Face, catalogue
from train.data.render.ink import ROOM

_SERIF = re.compile(
    r"serif|times|roman|termes|garamond|gentium|caladea|tinos|crimson|lora|baskerville|merriweather|playfair|libertine|"
    r"charis|c059|p052|pagella|schola|bonum|century|charter|vollkorn|junicode|bitter|zilla|quercus|bookman|slab|bright|"
    r"prociono|alfa|ellhnikh|courier|z003|chorus",
    re.IGNORECASE,
)
_DECORATIVE = re.compile(  # handwriting, phonetics, drawings of keys: no screen is set in them
    r"elegante|jara|z003|chorus|quercus|emerita|ellhnikh|babel|phon|alfa-?beta|sample|keyboard|press start",
    re.IGNORECASE,
)
_WEIGHT = {
    "DejaVu Sans": 8, "Liberation Sans": 8, "Arimo": 5, "Noto Sans": 7, "Roboto": 6, "Inter": 6, "Cantarell": 6, "Ubuntu": 5,
    "Ubuntu Sans": 4, "Selawik": 5, "Carlito": 3, "Lato": 3, "IBM Plex Sans": 2, "Clear Sans": 2, "Source Sans 3": 2,
    "Helvetica bitmap": 2, "Nimbus Sans": 2, "FreeSans": 2, "Poppins": 2, "DejaVu Sans Mono": 10, "Liberation Mono": 7,
    "Noto Sans Mono": 4, "JetBrains Mono": 5, "Ubuntu Mono": 5, "Cascadia Code": 5, "Cascadia Mono": 5, "Source Code Pro": 4,
    "Roboto Mono": 3, "Fixed bitmap": 9, "Terminus bitmap": 5, "IBM Plex Mono": 2, "Inconsolata": 2, "FreeMono": 2,
    "Liberation Serif": 8, "DejaVu Serif": 5, "Tinos": 5, "PT Serif": 3, "Nimbus Roman": 3, "Gentium": 2, "Lucida bitmap": 2,
}  # fmt: skip
_LOOK = {  # faces that resemble what a desktop uses
    "win11": ("Selawik", "Noto Sans", "Source Sans 3", "Carlito", "Clear Sans"),
    "win10": ("Selawik", "Noto Sans", "Carlito", "Clear Sans", "Arimo"),
    "win7": ("Selawik", "DejaVu Sans", "Arimo", "Liberation Sans", "Clear Sans"),
    "win95": ("Liberation Sans", "Arimo", "Helvetica bitmap", "Nimbus Sans"),
    "macos": ("Inter", "Roboto", "Inter Display", "Liberation Sans"),
    "gtk": ("Cantarell", "DejaVu Sans", "Ubuntu", "Noto Sans", "Ubuntu Sans", "Liberation Sans"),
    "qt": ("Noto Sans", "DejaVu Sans", "Oxygen-Sans", "Liberation Sans"),
    "motif": ("Helvetica bitmap", "Fixed bitmap", "Lucida bitmap", "Liberation Sans"),
    "tk": ("DejaVu Sans", "Helvetica bitmap", "Liberation Sans", "Fixed bitmap"),
}
_STYLE_BOLD = re.compile(r"bold|demi|heavy|black", re.IGNORECASE)
_STYLE_SLANTED = re.compile(r"ital|obli|slant", re.IGNORECASE)
_STYLE_PLAIN = re.compile(r"^(regular|book|roman|medium|sans|normal|500regular|400regular)$", re.IGNORECASE)


@functools.lru_cache(maxsize=8192)
def is_mono(face: Face) -> bool:
    """Whether "i" and "W" are equally wide in an outline; bitmap faces say it themselves."""
    if face.sizes:
        return face.mono
    outline = freetype.Face(face.path, face.index)
    widths = set()
    for char in "iWm":
        outline.load_char(char, freetype.FT_LOAD_NO_SCALE)
        widths.add(outline.glyph.advance.x)
    return len(widths) == 1


class Font:
    """A face at a pixel size in a rasterising mode."""

    __slots__ = ("_atlas", "_generation", "face", "mode", "size")

    def __init__(self, face: Face, size: int, mode: Mode) -> None:
        self.face, self.size, self.mode = face, size, mode
        self._generation = -1

    @property
    def atlas(self) -> Atlas:
        """The glyphs."""
        if self._generation != ROOM.generation:
            self._atlas, self._generation = ROOM.atlas(self.face, self.size, self.mode), ROOM.generation
        return self._atlas

    @property
    def pitch(self) -> int:
        """Usual distance of baselines, pixels."""
        return max(round(self.atlas.line_height), self.size)

    def width(self, text: str) -> float:
        """Advance width of `text`, pixels."""
        return ROOM.width(self.atlas, text)


@dataclass(frozen=True, slots=True)
class Family:
    """The faces of a family that a window mixes."""

    regular: Face
    bold: Face
    italic: Face


class Faces:
    """The faces of a split by kind ("sans", "serif", "mono"). Every choice is drawn from the given generator."""

    def __init__(self, faces: Sequence[Face]) -> None:
        families: dict[tuple[str, bool, bool], list[Face]] = {}
        faces = [f for f in faces if not _DECORATIVE.search(f.family)] or list(faces)
        for face in faces:
            families.setdefault((face.family, is_mono(face), bool(face.sizes)), []).append(face)
        self._kinds: dict[str, list[tuple[str, list[Face]]]] = {"sans": [], "serif": [], "mono": []}
        for (name, mono, _), members in sorted(families.items()):
            kind = "mono" if mono else "serif" if _SERIF.search(name) else "sans"
            self._kinds[kind].append((name, members))
        self._weights = {k: [_WEIGHT.get(name, 1) for name, _ in pairs] for k, pairs in self._kinds.items()}
        self.sampler = FaceSampler(faces)

    def family(self, rng: random.Random, kind: str = "sans", look: str = "") -> Family:
        """A family of a kind; `look` prefers what that desktop uses (seven times in ten, if the split has it)."""
        pairs = self._kinds[kind] or self._kinds["sans"] or self._kinds["mono"] or self._kinds["serif"]
        if kind == "sans" and look in _LOOK and rng.random() < 0.7:
            near = [p for p in pairs if p[0] in _LOOK[look]]
            if near:
                return _members(rng, rng.choice(near)[1])
        weights = self._weights[kind] if pairs is self._kinds[kind] else [1] * len(pairs)
        return _members(rng, rng.choices(pairs, weights)[0][1])

    def any(self, rng: random.Random) -> Family:
        """A family of any kind, one style drawn at random: every face must be seen."""
        face = self.sampler.face(rng)
        return Family(face, face, face)


def _members(rng: random.Random, faces: list[Face]) -> Family:
    upright = [f for f in faces if not _STYLE_SLANTED.search(f.style)]
    plain = [f for f in upright if _STYLE_PLAIN.match(f.style)] or [
        f for f in upright if not _STYLE_BOLD.search(f.style)
    ]
    regular = rng.choice(plain or upright or faces)
    bold = [
        f for f in upright if _STYLE_BOLD.search(f.style) and (not regular.sizes or set(f.sizes) & set(regular.sizes))
    ]
    slanted = [f for f in faces if _STYLE_SLANTED.search(f.style) and not _STYLE_BOLD.search(f.style)]
    return Family(regular, rng.choice(bold) if bold else regular, rng.choice(slanted) if slanted else regular)


class FacePool:
    """The fonts of a block of screens: a draw of families, two rasterising modes and a dozen sizes.

    A fresh face, size and mode in every window would rasterise more glyphs than it draws. The next block has others.
    """

    def __init__(self, faces: Faces, split: str, block: int) -> None:
        self.split = split
        rng = random.Random(f"pool/{split}/{block}")
        self._kinds = {
            kind: [faces.family(rng, kind) for _ in range(count)]
            for kind, count in (("sans", 14), ("serif", 5), ("mono", 14))
        }
        self._looks = {look: [faces.family(rng, "sans", look) for _ in range(2)] for look in _LOOK}
        self._any = [faces.any(rng) for _ in range(28)]
        self.modes = (screen_mode(rng), screen_mode(rng))
        low = {ui_size(rng) for _ in range(9)} | {12, 13}
        self.sizes = sorted(low | {rng.randint(16, 24), rng.randint(21, 32), rng.randint(28, 48)})

    def family(self, rng: random.Random, kind: str = "sans", look: str = "") -> Family:
        """A family of a kind; seven times in ten one that the desktop `look` uses."""
        if kind == "sans" and look in self._looks and rng.random() < 0.7:
            return rng.choice(self._looks[look])
        return rng.choice(self._kinds[kind])

    def any(self, rng: random.Random) -> Family:
        """A face of any kind."""
        return rng.choice(self._any)

    def mode(self, rng: random.Random) -> Mode:
        """How a desktop of this block draws text."""
        return rng.choice(self.modes)

    def font(self, face: Face, size: float, mode: Mode) -> Font:
        """The font of the pool next to `size` pixels; bitmap faces have sizes of their own."""
        if face.sizes:
            return Font(face, min(face.sizes, key=lambda s: (abs(s - size), s)), Mode("mono"))
        return Font(face, min(self.sizes, key=lambda s: (abs(s - size), s)), mode)


@functools.lru_cache(maxsize=4)
def faces_of(split: str) -> Faces:
    """The sorted faces of a split, made once a process."""
    return Faces(catalogue(split))


@functools.lru_cache(maxsize=8)
def pool_of(split: str, block: int = 0) -> FacePool:
    """The pool of a block of seeds, a function of its arguments and the installed fonts."""
    return FacePool(faces_of(split), split, block)


@functools.lru_cache(maxsize=1)
def fallback_faces() -> tuple[Face, ...]:
    """Faces with many characters, tried in this order where a face lacks one (as desktops do)."""
    wanted = ("DejaVu Sans Mono", "DejaVu Sans", "FreeMono", "Unifont")
    faces = catalogue("all")
    plain = [f for f in faces if f.family in wanted and f.style in {"Book", "Regular", "Medium"} and not f.sizes]
    return tuple(sorted(plain, key=lambda f: (wanted.index(f.family), f.id)))


def screen_mode(rng: random.Random) -> Mode:
    """How a desktop draws text: hinting and sub-pixels."""
    hinting = rng.choices(HINTINGS, (28, 42, 25, 5))[0]
    return Mode(hinting, lcd=hinting != "mono" and rng.random() < 0.25)


def ui_size(rng: random.Random) -> int:
    """A usual size of interface text, pixels."""
    return rng.choices((9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 24), (2, 4, 10, 17, 20, 17, 10, 8, 3, 3, 2, 1))[0]
