"""How much of planted secrets a redaction covers, by ground truth: `python -m train.evaluation.redaction --pictures 300`.

Secrets are planted in rendered screens of all sorts (`train.data.world.secret_screens`), whose glyphs' places are known exactly.
Ink is what differs from its ground within the box of a glyph. Measured is the share of the planted secrets' ink that is covered,
the share of pictures in which all of it is, the share of all other text's ink that is covered too, and how many secrets
Tesseract, where it is installed, still reads. With `--captures` real screenshots are measured instead: what share of the ink of
their read lines is covered.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmgpt.redaction.paint import ROUNDS, Redacted, redact_picture
from train.data.render import degrade
from train.data.render.layouts import layout, pool_of
from train.data.render.screen import BLOCK, Rendered, RenderedLine, render
from train.data.world.secret_screens import secret_screen
from train.data.world.secrets import Planted

if TYPE_CHECKING:
    from vision.reader.types import TextReader

log = logging.getLogger(__name__)
LEAST_PART = 5  # characters of a secret that is cut off by an edge; fewer tell nothing
LEAST_READ = 6  # characters in a row that count as a secret that was read
FAINT = 24  # levels; what differs less from its ground is none of the ink
FULLY = 0.995  # of the ink of a picture


@dataclass(frozen=True)
class Screen:
    """A picture with its labels, and for each glyph of each label the number of the secret that it belongs to, -1 for none."""

    rendered: Rendered
    planted: list[Planted]
    owners: list[np.ndarray]


@dataclass
class Score:
    """Pixels of ink of one picture: of secrets and of other text, and covered of each; and what was missed, by kind."""

    seed: int
    secret: int = 0
    secret_covered: int = 0
    other: int = 0
    other_covered: int = 0
    missed: dict[str, int] = field(default_factory=dict)
    missed_texts: list[str] = field(default_factory=list)
    still_read: list[str] = field(default_factory=list)
    secrets: int = 0
    left: int = 0
    rounds: int = 0
    seconds: float = 0.0

    @property
    def full(self) -> bool:
        """Whether all of the secrets' ink is covered."""
        return self.secret_covered >= FULLY * self.secret


def make_screen(seed: int, split: str = "train") -> Screen:
    """A screen with secrets: a pure function of its arguments and the installed fonts.

    Degraded as other rendered screens are, but for photographs of screens, which are not what nano reads, and for parts
    that are hidden, which hide the secrets themselves.
    """
    rng = random.Random(f"secrets/{split}/{seed}")
    content, planted = secret_screen(rng)
    scene = layout(content, rng, pool_of(split, seed // BLOCK), None)
    plan = degrade.plan(rng, (scene.width, scene.height))
    plan = degrade.rescaled(replace(plan, private="", shot=None), (scene.width, scene.height))
    rendered = degrade.apply(render(scene, plan.gamma), plan)
    return Screen(rendered, planted, owners_of(rendered.lines, planted))


def owners_of(lines: Sequence[RenderedLine], planted: Sequence[Planted]) -> list[np.ndarray]:
    """For each label its glyphs' secrets. Rows of one paragraph are looked at together, since secrets go over their ends."""
    owners = [np.full(len(line.glyph_text), -1, np.int64) for line in lines]
    groups: dict[int, list[int]] = {}
    for number, line in enumerate(lines):
        groups.setdefault(line.element if line.element >= 0 else -1 - number, []).append(number)
    for members in groups.values():
        text = "".join(lines[number].glyph_text for number in members)
        places = [(number, at) for number in members for at in range(len(lines[number].glyph_text))]
        for which, secret in enumerate(planted):
            for start, end in visible_parts(text, secret.text.replace(" ", "")):
                for number, at in places[start:end]:
                    owners[number][at] = which
    return owners


def visible_parts(text: str, secret: str) -> list[tuple[int, int]]:
    """Where a secret stands in a text, both without blanks: whole, or cut off at the text's end or begin."""
    found, at = [], text.find(secret)
    while at >= 0:
        found.append((at, at + len(secret)))
        at = text.find(secret, at + 1)
    if found:
        return found
    bare = text.rstrip("….")
    for size in range(min(len(secret) - 1, len(bare)), LEAST_PART - 1, -1):
        if bare.endswith(secret[:size]) and (bare != text or size >= 2 * LEAST_PART):
            return [(len(bare) - size, len(bare))]
    for size in range(min(len(secret) - 1, len(text)), LEAST_PART - 1, -1):
        if size >= 2 * LEAST_PART and text.startswith(secret[-size:]):
            return [(0, size)]
    word = text.isalpha() and (text.islower() or text.istitle())  # the label "Password" is no part of Password65
    return [(0, len(text))] if len(text) >= 8 and text in secret and not word else []


def ink_of(image: np.ndarray, line: RenderedLine) -> list[tuple[slice, slice, np.ndarray]]:
    """The ink of each glyph of a label: its rows, its columns, and which of these pixels differ from the label's ground."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = _around(line.box, width, height, 2)
    ground = _commonest(image[y0:y1, x0:x1].reshape(-1, 3))
    out = []
    for box in line.glyph_boxes:
        gx0, gy0, gx1, gy1 = _around(tuple(box.tolist()), width, height, 0)
        part = image[gy0:gy1, gx0:gx1].astype(np.int16)
        distance = np.abs(part - ground).max(axis=2) if part.size else np.zeros(part.shape[:2], np.int16)
        out.append((slice(gy0, gy1), slice(gx0, gx1), distance > max(FAINT, 0.2 * distance.max(initial=0))))
    return out


def _around(box: Sequence[float], width: int, height: int, margin: int) -> tuple[int, int, int, int]:
    x0, y0 = max(int(np.floor(box[0])) - margin, 0), max(int(np.floor(box[1])) - margin, 0)
    return x0, y0, min(int(np.ceil(box[2])) + margin, width), min(int(np.ceil(box[3])) + margin, height)


def _commonest(pixels: np.ndarray) -> np.ndarray:
    keys = (pixels >> 4).astype(np.int64) @ np.array([256, 16, 1])
    return np.asarray(pixels[keys == np.bincount(keys).argmax()].mean(axis=0))


def score(screen: Screen, redacted: Redacted, seed: int) -> Score:
    """How well a screen was redacted."""
    image = screen.rendered.image
    mask = np.zeros(image.shape[:2], bool)
    for one in redacted.covered:
        for x0, y0, x1, y1 in one.boxes:
            mask[y0:y1, x0:x1] = True
    result = Score(seed, left=len(redacted.left), rounds=redacted.rounds)
    ink: Counter[int] = Counter()
    bare: Counter[int] = Counter()
    for line, owners in zip(screen.rendered.lines, screen.owners, strict=True):
        for owner, (rows, columns, dark) in zip(owners.tolist(), ink_of(image, line), strict=True):
            ink[owner] += int(dark.sum())
            bare[owner] += int((dark & ~mask[rows, columns]).sum())
    result.other, result.other_covered = ink[-1], ink[-1] - bare[-1]
    for which, secret in enumerate(screen.planted):
        result.secrets += ink[which] > 0
        result.secret += ink[which]
        result.secret_covered += ink[which] - bare[which]
        if bare[which] > 0.02 * ink[which]:
            result.missed[secret.kind] = result.missed.get(secret.kind, 0) + bare[which]
            result.missed_texts.append(f"{secret.kind} {bare[which] / ink[which]:.0%} {secret.text[:60]}")
    return result


def still_readable(texts: Sequence[str], screen: Screen) -> list[str]:
    """The visible planted secrets of which a reader's texts still hold `LEAST_READ` characters in a row.

    Characters that stand elsewhere on the screen too, planted by nobody (a company's name, say), tell nothing.
    """
    read = squeezed(" ".join(texts))
    elsewhere = " ".join(
        squeezed("".join(letter for letter, owner in zip(line.glyph_text, owners, strict=True) if owner < 0))
        for line, owners in zip(screen.rendered.lines, screen.owners, strict=True)
    )
    found = []
    for which in sorted({owner for owners in screen.owners for owner in owners.tolist() if owner >= 0}):
        plain = squeezed(screen.planted[which].text)
        parts = [plain[at : at + LEAST_READ] for at in range(len(plain) - LEAST_READ + 1)]
        # neither in another label nor where two of them meet
        if any(part in read and part not in elsewhere and part not in elsewhere.replace(" ", "") for part in parts):
            found.append(screen.planted[which].text)
    return found


def squeezed(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def measure(
    seeds: Sequence[int], reader: TextReader, judge: TextReader | None = None, split: str = "train", looks: int = ROUNDS
) -> list[Score]:
    """Makes a screen of each seed, redacts it with `reader`, scores it, and lets `judge` read the result.

    `looks` is how often a result is looked at again at most.
    """
    scores = []
    for seed in seeds:
        screen = make_screen(seed, split)
        start = time.perf_counter()
        redacted = redact_picture(screen.rendered.image, reader, most=looks)
        seconds = time.perf_counter() - start
        one = score(screen, redacted, seed)
        one.seconds = seconds
        if judge is not None:
            one.still_read = still_readable([line.text for line in judge.read(redacted.image)], screen)
        scores.append(one)
        log.debug("%d: %s", seed, one)
    return scores


def summary(scores: Sequence[Score]) -> dict[str, float | int]:
    """The numbers of many pictures in one."""
    told = [one for one in scores if one.secret]
    return {
        "pictures": len(scores),
        "secrets": sum(one.secrets for one in scores),
        "secret_ink_covered": sum(one.secret_covered for one in told) / max(sum(one.secret for one in told), 1),
        "pictures_fully_covered": sum(one.full for one in told) / max(len(told), 1),
        "other_ink_covered": sum(one.other_covered for one in scores) / max(sum(one.other for one in scores), 1),
        "secrets_still_read": sum(len(one.still_read) for one in scores),
        "pictures_with_something_left": sum(one.left > 0 for one in scores),
        "median_seconds": float(np.median([one.seconds for one in scores])) if scores else 0.0,
    }


def captures_covered(folder: Path, reader: TextReader, looks: int = ROUNDS) -> dict[str, object]:
    """What is covered of real screenshots: shares of the area of their read lines, and how many of which kind."""
    from vision.image import load_image

    area = covered = pictures = touched = 0
    kinds: Counter[str] = Counter()
    for path in sorted(folder.glob("*.png")):
        image = load_image(path).pixels
        lines = reader.read(image)
        redacted = redact_picture(image, reader, most=looks)
        mask = np.zeros(image.shape[:2], bool)
        for one in redacted.covered:
            kinds[one.kind] += 1
            for x0, y0, x1, y1 in one.boxes:
                mask[y0:y1, x0:x1] = True
        own = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (line.box for line in lines))
        over = int(sum(mask[b[1] : b[3], b[0] : b[2]].sum() for b in (line.box for line in lines)))
        area, covered, pictures, touched = area + own, covered + over, pictures + 1, touched + bool(redacted.covered)
        if over:
            log.info("%s: %s", path.name, "; ".join(f"{one.kind} {one.text!r}" for one in redacted.covered))
    return {
        "pictures": pictures,
        "pictures_touched": touched,
        "text_area_covered": covered / max(area, 1),
        "kinds": dict(kinds),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Command line."""
    from mmgpt.caption import load_reader

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="the first seed; what was tuned on begins at 10000")
    parser.add_argument("--split", choices=("train", "held_out"), default="train", help="of faces and themes")
    parser.add_argument("--looks", type=int, default=ROUNDS, help="how often a result is looked at again at most")
    parser.add_argument("--no-tesseract", action="store_true", help="do not read the results with Tesseract")
    parser.add_argument("--captures", type=Path, metavar="DIR", help="measure real screenshots of a folder instead")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers into FILE")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was missed, and what captures lost")
    options = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING, stream=sys.stderr, format="%(message)s"
    )
    reader = load_reader("nano")
    if options.captures is not None:
        print(json.dumps(captures_covered(options.captures, reader, options.looks), indent=2))
        return 0
    judge = None
    if not options.no_tesseract:
        from vision.reader.peer import PeerUnavailable

        try:
            judge = load_reader("tesseract")
        except PeerUnavailable as error:
            log.warning("%s; without it nobody reads the results", error)
    scores = measure(
        range(options.first, options.first + options.pictures), reader, judge, options.split, options.looks
    )
    for one in scores:
        for text in one.missed_texts:
            log.info("%d: missed %s", one.seed, text)
        for text in one.still_read:
            log.info("%d: still read %s", one.seed, text)
        if one.other_covered > 0.05 * one.other:
            log.info("%d: %.0f %% of other ink covered", one.seed, 100 * one.other_covered / one.other)
    numbers = summary(scores)
    if options.json:
        options.json.write_text(json.dumps({"summary": numbers, "pictures": [asdict(one) for one in scores]}, indent=1))
    print(json.dumps(numbers, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
