"""The checks of `mmgpt doctor`. Each runs alone: what one finds broken does not keep the others from being told."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mmgpt import NANO_WEIGHTS

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.extraction import Extractor
    from vision.reader.types import TextReader

PACKAGES = ("numpy", "PIL", "jinja2", "safetensors", "pydantic", "rich", "scipy", "tokenizers")
DISTRIBUTIONS = {"PIL": "pillow"}
WEIGHT_FILES = ("reader.safetensors", "config.json", "extractor.safetensors", "extractor.json")
MODEL_FILES = ("tokenizer.json", "decoder.safetensors", "projector.safetensors", "tower.safetensors")
"""Beside those where a folder has a language model; the tower only where its configuration has one."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge", "firefox")
TEST_TEXT = "Connection refused"
REINSTALL = "take the folder of weights from the repository again, or install mmgpt again"


@dataclass(frozen=True)
class Check:
    """One finding. 'broken' keeps captions from working; 'absent' only what `detail` says."""

    name: str
    state: Literal["ok", "absent", "broken"]
    detail: str
    advice: str = ""

    def to_dict(self) -> dict[str, str]:
        """As JSON."""
        return asdict(self)


def all_checks(weights: Path | None = None) -> Iterator[Check]:
    """All checks, one after the other; `weights` is a folder other than the package's own."""
    yield check_python()
    yield check_torch()
    yield check_packages()
    folder = weights or NANO_WEIGHTS
    yield from check_weights(folder)
    yield check_reading(folder)
    yield check_answering(folder)
    yield check_tesseract()
    yield check_rapidocr()
    yield check_fonts()
    yield check_browser()


def check_python() -> Check:
    """Which Python this is (an older one than we support cannot get as far as this)."""
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check("python", "ok", detail)


def check_torch() -> Check:
    """torch can be imported; what it can use here."""
    try:
        import torch

        total = float(torch.ones(3).sum())
    except Exception as error:
        return Check("torch", "broken", _first(error), "install it: pip install torch")
    if total != 3.0:
        return Check("torch", "broken", f"{torch.__version__} adds wrongly", "install it again: pip install torch")
    parts = [torch.__version__, f"{torch.get_num_threads()} threads", torch.backends.cpu.get_cpu_capability()]
    parts.append("bfloat16 in hardware" if _has_bfloat16() else "no bfloat16 in hardware")
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name(0))
    return Check("torch", "ok", ", ".join(parts))


def _has_bfloat16() -> bool:
    import torch

    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, probe, lambda: False)()) for probe in probes)


def check_packages() -> Check:
    """What the base install brings can be imported."""
    found, missing, reasons = [], [], []
    for name in PACKAGES:
        distribution = DISTRIBUTIONS.get(name, name)
        try:
            import_module(name)
            found.append(f"{distribution} {version(distribution)}")
        except (Exception, PackageNotFoundError) as error:
            missing.append(distribution)
            reasons.append(_first(error))
    if missing:
        return Check("packages", "broken", "; ".join(reasons), f"install: pip install {' '.join(missing)}")
    return Check("packages", "ok", ", ".join(found))


def check_weights(folder: Path) -> Iterator[Check]:
    """The files of a folder of weights with their sizes and SHA-256, then both networks loaded strictly."""
    if not folder.is_dir():
        yield Check("weights", "broken", f"{folder} is no folder", REINSTALL)
        return
    for name in (*WEIGHT_FILES, *_model_files(folder)):
        path = folder / name
        try:
            data = path.read_bytes()
        except OSError as error:
            yield Check("weights", "broken", f"{path}: {error.strerror}", REINSTALL)
            continue
        yield Check("weights", "ok", f"{name}  {len(data):,} bytes  sha256 {hashlib.sha256(data).hexdigest()}")
    for part, load in (("reader", _load_reader), ("extractor", _load_extractor)):
        try:
            load(folder)
        except Exception as error:
            yield Check(part, "broken", _first(error), REINSTALL)
        else:
            yield Check(part, "ok", f"loaded from {folder}")


def _model_files(folder: Path) -> tuple[str, ...]:
    """The files of a folder's language model; none where it has none, or where its configuration is reported broken anyway."""
    try:  # by hand: whatever else is missing here, this is told
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    if not isinstance(config, dict) or "model" not in config:
        return ()
    return tuple(name for name in MODEL_FILES if name != "tower.safetensors" or "tower" in config)


def check_answering(folder: Path) -> Check:
    """A question about a picture drawn here and now gets an answer that quotes what is drawn."""
    try:
        if not _model_files(folder):
            return Check("answers", "absent", f"{folder} has no language model; only mmgpt ask and mmgpt chat use it")
        from mmgpt.checkpoint import load_engine
        from mmgpt.generate import Conversation, Sampling

        engine = load_engine(folder)
        start = time.perf_counter()
        seen = engine.look(drawn_text())
        answer = engine.answer(Conversation().ask(seen, "What does the first line say?"), Sampling(max_tokens=48))
        seconds = time.perf_counter() - start
    except Exception as error:
        return Check("answers", "broken", _first(error), REINSTALL)
    if TEST_TEXT not in answer.text:
        return Check("answers", "broken", f"answered {answer.text!r} where {TEST_TEXT!r} is drawn", REINSTALL)
    return Check("answers", "ok", f"asked and answered {answer.text!r} in {seconds:.2f} s")


def _load_reader(folder: Path) -> TextReader:
    from mmgpt.caption import load_reader

    return load_reader("nano", folder)


def _load_extractor(folder: Path) -> Extractor:
    from mmgpt.caption import load_extractor

    return load_extractor(folder)


def check_reading(folder: Path) -> Check:
    """A picture drawn here and now is read right and captioned."""
    try:
        import numpy as np

        from mmgpt.caption import caption_image
        from vision.image import LoadedImage

        pixels = drawn_text()
        digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
        loaded = LoadedImage(pixels, pixels.shape[1], pixels.shape[0], digest, "PNG", ())
        reader, extractor = _load_reader(folder), _load_extractor(folder)
        start = time.perf_counter()
        diagnosis = caption_image(loaded, reader, extractor)
        seconds = time.perf_counter() - start
    except Exception as error:
        return Check("test", "broken", _first(error), "repair what is named above")
    text = " ".join(line.text for line in diagnosis.text)
    if text != TEST_TEXT:
        return Check("test", "broken", f"read {text!r} where {TEST_TEXT!r} is drawn", REINSTALL)
    return Check("test", "ok", f"drew and read {TEST_TEXT!r} in {seconds:.2f} s")


def drawn_text() -> np.ndarray:
    """`TEST_TEXT` in dark letters on white, drawn with the face that comes with Pillow: RGB uint8 [64, 320, 3]."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (320, 64), "white")
    ImageDraw.Draw(picture).text((24, 20), TEST_TEXT, fill=(32, 33, 36), font=ImageFont.load_default(size=20))
    return np.array(picture)


def check_tesseract() -> Check:
    """Only for `--reader tesseract`."""
    program = shutil.which("tesseract")
    if program is None:
        return Check("tesseract", "absent", "not installed; only --reader tesseract uses it", "Debian: tesseract-ocr")
    return Check("tesseract", "ok", _program_version(program))


def check_rapidocr() -> Check:
    """Only for `--reader rapidocr`."""
    try:
        return Check("rapidocr", "ok", f"{version('rapidocr')} with onnxruntime {version('onnxruntime')}")
    except PackageNotFoundError:
        advice = "pip install 'mmgpt[peers]'"
        return Check("rapidocr", "absent", "not installed; only --reader rapidocr uses it", advice)


def check_fonts() -> Check:
    """Only for rendering training data."""
    program = shutil.which("fc-list")
    families: set[str] = set()
    if program is not None:
        listed = subprocess.run([program, ":", "family"], capture_output=True, timeout=60, check=False).stdout
        families = {row.split(",")[0] for row in listed.decode("utf-8", "replace").splitlines() if row}
    if not families:
        return Check("fonts", "absent", "no font list; only training uses it", "Debian: apt-get install fontconfig")
    return Check("fonts", "ok", f"{len(families)} families (only training uses them)")


def check_browser() -> Check:
    """Only for taking captures."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        return Check(
            "browser", "absent", "none found; only taking captures uses it", "Debian: apt-get install chromium"
        )
    return Check("browser", "ok", f"{Path(program).name} (only taking captures uses it)")


def _program_version(program: str) -> str:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program} does not answer ({_first(error)})"
    return (done.stdout or done.stderr).decode("utf-8", "replace").splitlines()[0]


def _first(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
