"""Real HTML in headless Chromium: pictures with exact text and boxes, for training. See `docs/pages.md`."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """The command line: `train.data.pages.write.main`, loaded when it is asked for."""
    from train.data.pages.write import main as write

    return write(argv)
