"""RapidOCR as a reader: the PP-OCR models that its wheel carries, on onnxruntime. Never uses a network."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vision.reader.order import join_lines
from vision.reader.peer import PeerUnavailable, fold_fullwidth, hug_ink, source_version, spread
from vision.reader.types import Character, Line

INSTALL = "the reader 'rapidocr' needs two packages: pip install rapidocr onnxruntime"


LEAST_SIDE = 6  # pixels; no letters are legible on less


@dataclass(frozen=True)
class RapidOCRSettings:
    """How RapidOCR runs. The defaults are the package's own but for what read the development captures better."""

    threads: int = 2
    classify: bool = False
    """Whether a classifier may turn lines upside down. Text on screens stands upright."""
    scale: float = 1.0
    """Pictures are enlarged by this factor before."""
    max_side: int = 2000
    """Pictures whose longer side (after scaling) exceeds this are made smaller: the package's own setting."""
    score: float = 0.5
    """Lines below this confidence (0..1) are dropped: the package's own setting."""
    max_gap: float = 0.8
    """Lines in one row are joined up to this gap, in line heights."""


class RapidOCRReader:
    """Reads with RapidOCR. Raises PeerUnavailable when the package, onnxruntime or its models are missing."""

    name = "rapidocr"

    def __init__(self, settings: RapidOCRSettings | None = None) -> None:
        self.settings = settings or RapidOCRSettings()
        for package in ("rapidocr", "onnxruntime"):
            if importlib.util.find_spec(package) is None:
                raise PeerUnavailable(INSTALL)
        self.generation, detector, recogniser, classifier = _models()
        from rapidocr import RapidOCR

        # Paths are given for all three models, because the package would fetch a model it has no path for.
        self._engine: Any = RapidOCR(
            params={
                "Global.use_cls": self.settings.classify,
                "Global.text_score": self.settings.score,
                "Global.max_side_len": self.settings.max_side,
                "Global.log_level": "error",
                "EngineConfig.onnxruntime.intra_op_num_threads": self.settings.threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.model_path": str(detector),
                "Rec.model_path": str(recogniser),
                "Cls.model_path": str(classifier),
            }
        )
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)

    @property
    def version(self) -> str:
        """Package, models, settings and adapter in one string: what a cached reading depends on."""
        package, runtime = (importlib.metadata.version(name) for name in ("rapidocr", "onnxruntime"))
        source = source_version("rapidocr")
        return f"rapidocr {package} onnxruntime {runtime} {self.generation} {self.settings} {source}"

    def read(self, image: np.ndarray) -> list[Line]:
        """RGB uint8 [H, W, 3] -> lines in reading order, boxes in pixels of `image`."""
        import cv2

        if min(image.shape[:2]) < LEAST_SIDE:
            return []  # the package would enlarge such a strip until its short side fits: minutes for nothing legible
        scale = self.settings.scale
        picture = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        if scale != 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        found = self._engine(picture, use_det=True, use_rec=True, use_cls=self.settings.classify)
        if found.boxes is None or found.txts is None:
            return []
        lines = []
        for quad, text, score in zip(np.asarray(found.boxes) / scale, found.txts, found.scores, strict=True):
            text = fold_fullwidth(str(text)).strip()
            if text:
                corners = (quad[:, 0].min(), quad[:, 1].min(), quad[:, 0].max(), quad[:, 1].max())
                box = hug_ink(image, corners)
                confidence = min(max(float(score), 0.0), 1.0)
                lines.append(Line(text, box, confidence, _characters(text, box, confidence)))
        return join_lines(lines, self.settings.max_gap)

    def read_crops(self, crops: list[np.ndarray]) -> list[str]:
        """Crops of single lines, each RGB or grey uint8 [H, W(, 3)] -> their texts, without detection."""
        import cv2

        texts = []
        for crop in crops:
            code = cv2.COLOR_GRAY2BGR if crop.ndim == 2 else cv2.COLOR_RGB2BGR
            found = self._engine(cv2.cvtColor(crop, code), use_det=False, use_rec=True, use_cls=False)
            texts.append(fold_fullwidth("".join(found.txts or ())).strip())
        return texts


def _characters(text: str, box: tuple[int, int, int, int], confidence: float) -> tuple[Character, ...]:
    return spread([(text, float(box[0]), float(box[2]), confidence)])


def _models() -> tuple[str, Path, Path, Path]:
    """Generation, detector, recogniser and classifier: the newest PP-OCR generation in the installed wheel."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise PeerUnavailable(INSTALL)
    folder = Path(spec.origin).parent / "models"
    generations: dict[int, dict[str, Path]] = {}
    for path in sorted(folder.glob("*.onnx")):
        match = re.search(r"PP-OCRv(\d+)_(?:\w+_)?(det|rec)", path.name)
        if match:
            generations.setdefault(int(match.group(1)), {})[match.group(2)] = path
    classifiers = sorted(folder.glob("*cls*.onnx"))
    for generation in sorted(generations, reverse=True):
        pair = generations[generation]
        if len(pair) == 2 and classifiers:
            return pair["det"].stem.replace("_det_", " "), pair["det"], pair["rec"], classifiers[-1]
    raise PeerUnavailable(f"no PP-OCR models in {folder}: reinstall with `pip install --force-reinstall rapidocr`")
