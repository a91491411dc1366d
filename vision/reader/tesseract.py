"""Tesseract as a reader: runs the `tesseract` binary; pictures in through stdin, a table of words from stdout."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

import numpy as np
from PIL import Image

from vision.reader.order import join_lines
from vision.reader.peer import PeerUnavailable, hug_ink, source_version, spread
from vision.reader.types import Line

MAX_SIDE = 32_000
"""Tesseract refuses pictures of more than 32,767 pixels a side."""
TIMEOUT_S = 300


@dataclass(frozen=True)
class TesseractSettings:
    """How pictures are handed to Tesseract. The defaults are those which read the development captures best."""

    scale: int = 2
    """Screens have about 96 dots an inch, Tesseract was trained on 300: pictures are enlarged by this factor."""
    segmentation: int = 3
    """Tesseract's page segmentation mode: 3 automatic, 4 one column, 6 one block, 11 sparse text."""
    invert_dark: bool = True
    """Whether pictures that are dark in the median are inverted before."""
    thresholding: int = 0
    """How Tesseract parts ink from ground: 0 Otsu, 1 adaptive Otsu on tiles, 2 Sauvola."""
    language: str = "eng"
    threads: int = 2
    minimum_confidence: float = 0.0
    """Words below this confidence (0..1) are dropped."""
    max_gap: float = 1.2
    """Lines in one row are joined up to this gap, in line heights."""


class TesseractReader:
    """Reads with Tesseract. Raises PeerUnavailable when the binary or its language data is missing."""

    name = "tesseract"

    def __init__(self, settings: TesseractSettings | None = None) -> None:
        self.settings = settings or TesseractSettings()
        binary = shutil.which("tesseract")
        if binary is None:
            raise PeerUnavailable(
                "the reader 'tesseract' needs the program tesseract (Debian: apt-get install tesseract-ocr)"
            )
        self._binary = binary
        first = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
        match = re.search(r"tesseract\s+v?(\S+)", first)
        self.program_version = match.group(1) if match else "unknown"

    @property
    def version(self) -> str:
        """Program, settings and adapter in one string: what a cached reading depends on."""
        return f"tesseract {self.program_version} {self.settings} {source_version('tesseract')}"

    def read(self, image: np.ndarray) -> list[Line]:
        """RGB uint8 [H, W, 3] -> lines in reading order, boxes in pixels of `image`."""
        picture, scale = self._prepare(image)
        table = self._run([picture], self.settings.segmentation)
        lines = []
        for words in _table(table, self.settings.minimum_confidence).values():
            placed = [(text, x0 / scale, x1 / scale, confidence) for text, x0, _, x1, _, confidence in words]
            box = (
                min(w[1] for w in words) / scale,
                min(w[2] for w in words) / scale,
                max(w[3] for w in words) / scale,
                max(w[4] for w in words) / scale,
            )
            characters = spread(placed)
            lines.append(
                Line(
                    text=" ".join(word[0] for word in words),
                    box=hug_ink(image, box, grow=1),
                    confidence=sum(c.confidence for c in characters) / len(characters),
                    characters=characters,
                )
            )
        return join_lines(lines, self.settings.max_gap)

    def read_crops(self, crops: list[np.ndarray]) -> list[str]:
        """Crops of single lines, each RGB or grey uint8 [H, W(, 3)] -> their texts (mode 7: one line)."""
        pages = []
        for crop in crops:
            rgb = np.repeat(crop[..., None], 3, axis=2) if crop.ndim == 2 else crop
            pages.append(self._prepare(np.pad(rgb, ((6, 6), (8, 8), (0, 0)), mode="edge"))[0])
        texts = [""] * len(crops)
        # All crops travel as the pages of one picture: starting the program takes longer than reading a line.
        for (page, *_), words in _table(self._run(pages, 7), self.settings.minimum_confidence).items():
            index = int(page) - 1
            texts[index] = " ".join([texts[index], *(word[0] for word in words)]).strip()
        return texts

    def _prepare(self, image: np.ndarray) -> tuple[Image.Image, float]:
        grey = Image.fromarray(image).convert("L")
        if self.settings.invert_dark and float(np.median(np.asarray(grey))) < 128:
            grey = Image.fromarray(255 - np.asarray(grey))
        scale = min(float(self.settings.scale), MAX_SIDE / max(grey.size))
        if scale != 1:
            size = (max(round(grey.width * scale), 1), max(round(grey.height * scale), 1))
            grey = grey.resize(size, Image.Resampling.BICUBIC)
        return grey, scale

    def _run(self, pages: list[Image.Image], segmentation: int) -> str:
        if not pages:
            return ""
        buffer = io.BytesIO()
        pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
        settings = self.settings
        command = [self._binary, "stdin", "stdout", "-l", settings.language, "--oem", "1", "--psm", str(segmentation)]
        command += [
            "--dpi",
            str(96 * max(settings.scale, 1)),
            "-c",
            f"thresholding_method={settings.thresholding}",
            "tsv",
        ]
        # Threads that wait must sleep: where others use the processor too, spinning makes Tesseract ten times slower.
        environment = os.environ | {"OMP_THREAD_LIMIT": str(settings.threads), "OMP_WAIT_POLICY": "passive"}
        done = subprocess.run(
            command, input=buffer.getvalue(), capture_output=True, env=environment, timeout=TIMEOUT_S, check=False
        )
        if done.returncode != 0:
            reason = done.stderr.decode("utf-8", "replace").strip()
            if "traineddata" in reason:
                raise PeerUnavailable(
                    f"tesseract lacks its language data '{settings.language}' "
                    f"(Debian: apt-get install tesseract-ocr-{settings.language})"
                )
            raise RuntimeError(f"tesseract ended with code {done.returncode}: {reason[-400:]}")
        return done.stdout.decode("utf-8", "replace")


Word = tuple[str, float, float, float, float, float]
"""Text, x0, y0, x1, y1, confidence 0..1."""


def _table(text: str, minimum: float) -> dict[tuple[str, str, str, str], list[Word]]:
    """Tesseract's table -> words of each line, from left to right, by (page, block, paragraph, line)."""
    lines: dict[tuple[str, str, str, str], list[Word]] = {}
    for row in text.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != "5" or not cells[11].strip():
            continue
        left, top, width, height = (float(cell) for cell in cells[6:10])
        confidence = min(max(float(cells[10]) / 100, 0.0), 1.0)
        if confidence >= minimum:
            word = (cells[11].strip(), left, top, left + width, top + height, confidence)
            lines.setdefault((cells[1], cells[2], cells[3], cells[4]), []).append(word)
    return {key: sorted(words, key=lambda word: word[1]) for key, words in lines.items()}
