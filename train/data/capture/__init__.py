"""Screenshots of real programs with exact text, taken under a virtual X display.

`python -m train.data.capture --out tests/data/real [--only NAME]` drives real browsers, terminals and desktop programs
into real errors (and into ordinary states), photographs them, and writes next to every picture what it says and where.

To add a program, add one file to `train/data/capture/programs/` that defines `RECIPES`, a list of `core.Recipe`.
"""
