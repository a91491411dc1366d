"""Captions: one or two sentences made from the fields and from what is seen, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass

_LIGHT, _DARK = 0.62, 0.38
_LONGEST = 240


@dataclass(frozen=True)
class Seen:
    """What a caption is made of; every text stands in the picture or is a name of our lists. `luma` is the ground's, 0..1."""

    is_error: bool
    kind: str
    app: str | None
    message: str | None
    code: str | None
    luma: float
    headline: str | None
    command: str | None
    lines: int


def caption_of(seen: Seen) -> str:
    """The caption."""
    return _error_caption(seen) if seen.is_error else _normal_caption(seen)


def _tone(luma: float) -> str:
    return "light " if luma > _LIGHT else "dark " if luma < _DARK else ""


def _article(phrase: str) -> str:
    return f"{'An' if phrase[:1].lower() in 'aeio' else 'A'} {phrase}"


def _quoted(text: str) -> str:
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
    return f"“{text}”"


def _error_caption(seen: Seen) -> str:
    tone = _tone(seen.luma)
    code = f" ({seen.code})" if seen.code and seen.code not in (seen.message or "") else ""
    place = {
        "terminal": _article(f"{tone}terminal"),
        "web_page": _article(f"{tone}web page"),
        "desktop_dialog": _article(f"{tone}dialog"),
        "ide_editor": _article(f"{tone}editor window"),
        "desktop_app": _article(f"{tone}program window"),
    }.get(seen.kind, _article(f"{tone}screen"))
    if seen.message is None:
        subject = f" of {seen.app}" if seen.app else ""
        return f"{place}{subject} that shows an error{code}; its main line could not be told with certainty."
    said = f"{_quoted(seen.message)}{code}"
    if seen.kind == "browser":
        return f"{_article(f'{seen.app} error page' if seen.app else f'{tone}browser error page')}: {said}."
    if not seen.app:
        return f"{place} that reports: {said}."
    if seen.kind == "terminal":
        return f"{place} in which {seen.app} reports: {said}."
    if seen.kind == "web_page":
        return f"{place} on which {seen.app} reports: {said}."
    if seen.kind in ("desktop_dialog", "desktop_app"):
        return f"{place} of {seen.app} with the message {said}."
    if seen.kind == "ide_editor":
        return f"{place} in which {seen.app} reports: {said}."
    return f"{place} on which {seen.app} reports: {said}."


def _normal_caption(seen: Seen) -> str:
    if seen.lines == 0:
        return "A picture without readable text."
    tone = _tone(seen.luma)
    of = f" of {seen.app}" if seen.app else ""
    titled = f": {_quoted(seen.headline)}" if seen.headline else ""
    if seen.kind == "terminal":
        running = f" with {seen.app}" if seen.app else ""
        after = f" after {_quoted(seen.command)}" if seen.command else ""
        return f"{_article(f'{tone}terminal')}{running}{after}; no error is shown."
    if seen.kind == "desktop_dialog":
        verb = " that asks" if seen.headline and seen.headline.endswith("?") else ""
        return f"{_article(f'{tone}dialog')}{of}{verb}{titled}."
    if seen.kind == "ide_editor":
        name = f" titled {_quoted(seen.headline)}" if seen.headline else ""
        return f"{_article(f'{tone}editor window')}{of}{name}; no error is shown."
    if seen.kind in ("browser", "web_page"):
        shown = f" in {seen.app}" if seen.app else ""
        return f"{_article(f'{tone}web page')}{shown}{titled}."
    if seen.kind == "desktop_app":
        name = f" titled {_quoted(seen.headline)}" if seen.headline and seen.headline != seen.app else ""
        return f"{_article(f'{tone}window')}{of}{name}."
    if seen.kind == "chart":
        return f"A {tone}chart{titled}."
    if seen.kind == "document":
        return f"A page of a document{titled}."
    if seen.kind == "photo":
        return f"A photograph with some text{titled}."
    return f"A {tone}picture with {seen.lines} line{'s' if seen.lines != 1 else ''} of text{titled}."
