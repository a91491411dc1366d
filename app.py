"""Starts the page on this machine: `python app.py`, which is `mmgpt demo`."""

from __future__ import annotations

import sys

from mmgpt.cli import main

if __name__ == "__main__":
    raise SystemExit(main(["demo", *sys.argv[1:]]))
