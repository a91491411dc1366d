"""Pictures to try it with, from the folder `examples` of the repository; none where the package is installed without it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mmgpt.ui.pictures import TYPES, data_url

FOLDER = Path(__file__).resolve().parents[2] / "examples"
MOST = 6


@cache
def paths() -> dict[str, Path]:
    """The examples by name, in alphabetical order."""
    if not FOLDER.is_dir():
        return {}
    found = [path for path in sorted(FOLDER.iterdir()) if path.suffix.lower() in TYPES and path.is_file()]
    return {path.name: path for path in found[:MOST]}


@cache
def thumbnails() -> tuple[dict[str, str], ...]:
    """What the page shows of them: name, label, and a small picture as a data: URL."""
    import io

    from PIL import Image

    shown = []
    for name, path in paths().items():
        with Image.open(path) as picture:
            small = picture.convert("RGB")
        small.thumbnail((480, 300), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        small.save(buffer, "PNG", optimize=True)
        label = path.stem.replace("-", " ").capitalize()
        shown.append({"name": name, "label": label, "uri": data_url(buffer.getvalue(), "image/png")})
    return tuple(shown)
