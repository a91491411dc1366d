"""What must be set before Gradio is imported, so that it asks nobody anything and keeps files to itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

KEPT_SECONDS = 3600
"""How long files of the page stay: pictures of conversations, downloads."""
_FIXED = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_SSR_MODE": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}


def prepare() -> Path:
    """Sets the environment and makes the folder of uploads, which only its owner may look into. Returns the folder."""
    os.environ.update(_FIXED)
    folder = os.environ.get("GRADIO_TEMP_DIR")
    if not folder:
        folder = tempfile.mkdtemp(prefix="mmgpt-page-")  # mode 0700
        os.environ["GRADIO_TEMP_DIR"] = folder
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


def uploads() -> Path:
    """The folder that `prepare` made."""
    return Path(os.environ["GRADIO_TEMP_DIR"])
