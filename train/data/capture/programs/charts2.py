"""Charts that gnuplot and matplotlib draw, shown as SVG in Chromium: their words stay text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from train.data.capture.browser import View, web
from train.data.capture.core import Fields
from train.data.capture.programs.normal2_web import folder, run

ERRORS = """
set terminal svg size 900,520 font "DejaVu Sans,14" background "#ffffff"
set output "www/chart.svg"
set title "Errors a day, March 2024"
set xlabel "day"
set grid ytics
set key top left
set style data histograms
set style fill solid 0.7
set yrange [0:60]
plot "-" using 2:xtic(1) title "HTTP 500" linecolor "#c0392b", "-" using 2:xtic(1) title "timeouts" linecolor "#2980b9"
1 12
2 18
3 7
4 41
5 22
6 9
e
1 3
2 6
3 2
4 28
5 11
6 4
e
"""
LATENCY = """
set terminal svg size 820,500 font "Liberation Sans,15" background "#1e1e2e"
set output "www/chart.svg"
set border linecolor "#cdd6f4"
set title "Answer time of api.example.org in milliseconds" textcolor "#cdd6f4"
set xlabel "minutes after deployment" textcolor "#cdd6f4"
set key textcolor "#cdd6f4" top right
set xrange [0:60]
set tics textcolor "#cdd6f4"
plot 120 + 300 * exp(-x / 9) title "p95" linecolor "#f38ba8" linewidth 2, \\
  60 + 80 * exp(-x / 12) title "median" linecolor "#89b4fa" linewidth 2
"""
BARS = """
import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as plot

plot.rcParams["svg.fonttype"] = "none"
plot.rcParams["font.family"] = "Noto Sans"
names = ["permission denied", "connection refused", "disk full", "not found", "other"]
figure, axes = plot.subplots(figsize=(9, 5.2))
axes.barh(names, [14, 33, 4, 52, 9], color="#4c72b0")
axes.set_title("Tickets by cause, first quarter")
axes.set_xlabel("tickets")
figure.tight_layout()
figure.savefig("www/chart.svg")
"""


@contextmanager
def drawn(script: str, *command: str) -> Iterator[None]:
    """The chart of a script at /srv/gallery/www/chart.svg for the length of the block."""
    with folder() as root:
        (root / "script").write_text(script)
        run(*command, "script", cwd=root)
        yield


def chart() -> Fields:
    """The label of a chart."""
    return Fields(False, "Chromium", "chart")


ADDRESS = "file:///srv/gallery/www/chart.svg"
RECIPES = [
    web(
        "normal-chart-errors",
        "gnuplot",
        "chart",
        ADDRESS,
        View(900, 520),
        chart(),
        "HTTP 500",
        server=partial(drawn, ERRORS, "gnuplot"),
    ),
    web(
        "normal-chart-latency",
        "gnuplot",
        "chart",
        ADDRESS,
        View(820, 500, dark=True),
        chart(),
        "answer time",
        server=partial(drawn, LATENCY, "gnuplot"),
    ),
    web(
        "normal-chart-causes",
        "Matplotlib",
        "chart",
        ADDRESS,
        View(864, 500),
        chart(),
        "tickets",
        server=partial(drawn, BARS, "/usr/bin/python3"),
    ),
]
