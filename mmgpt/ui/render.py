"""HTML of our own, made from templates that escape everything that is put into them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent


def render(template: str, /, **values: Any) -> str:
    """The file `template` of this package's folder `templates`, filled in. Values are escaped; a missing one raises UndefinedError."""
    return _environment().get_template(template).render(values)


@cache
def asset(name: str) -> str:
    """A style sheet, script or icon of this package."""
    return (FOLDER / "assets" / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from mmgpt.commands.console import one_line
    from mmgpt.report.words import percent, prose, safe_url, spoken

    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(line=one_line, percent=percent, prose=prose, url=safe_url, spoken=spoken)
    return environment
