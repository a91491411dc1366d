"""mmgpt: an open vision-language model that reads screenshots and says what went wrong in them.

Importing this package is cheap: nothing of torch, numpy or pydantic is loaded before it is needed.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmgpt.caption import caption_image, read

__version__ = "0.1.0"
NANO_WEIGHTS = Path(__file__).parent / "weights" / "nano"
"""The weights that come with the package: reader.safetensors with config.json, extractor.safetensors with extractor.json."""

__all__ = ["NANO_WEIGHTS", "__version__", "caption_image", "read"]

_LAZY = {"caption_image": "mmgpt.caption", "read": "mmgpt.caption"}


def __getattr__(name: str) -> Any:
    """Load `mmgpt.caption_image` and `mmgpt.read` when they are first asked for."""
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
