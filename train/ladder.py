"""The ladder: architectures that were measured against each other at equal wall-clock, one function a rung.

`python -m train.cli simulate --preset RUNG --minutes 10 --out runs/ladder/RUNG`; what came out is in docs/decisions/ladder.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mmgpt.config import PRESETS, ModelConfig, nano
from vision.reader.recogniser import RecogniserConfig
from vision.reader.textmap import TextMapConfig


def prefix() -> ModelConfig:
    """Memory as tokens before the text, in place of cross-attention: as many layers, all of self-attention."""
    base = nano()
    return replace(base, fusion="prefix", decoder=replace(base.decoder, cross_attention_layers=()))


def spelled() -> ModelConfig:
    """Verbatim parts are spelled piece by piece of the vocabulary; nothing is copied."""
    return replace(nano(), copy=False)


def blind() -> ModelConfig:
    """Without the line memory: what questions alone, and knowing what is likely, are worth."""
    return replace(nano(), lines=None)


def small() -> ModelConfig:
    """Two thirds of nano's width, six layers."""
    base = nano()
    return replace(
        base,
        decoder=replace(base.decoder, width=112, layers=6, heads=4, feed_forward=288, cross_attention_layers=(2, 4)),
    )


def large() -> ModelConfig:
    """The design's first sketch: width 256, six layers of self-attention and three of cross-attention."""
    base = nano()
    decoder = replace(
        base.decoder, width=256, layers=9, heads=8, kv_heads=2, feed_forward=704, cross_attention_layers=(2, 5, 7)
    )
    return replace(base, decoder=decoder)


RUNGS: dict[str, Callable[[], ModelConfig]] = {
    "prefix": prefix, "spelled": spelled, "blind": blind, "small": small, "large": large
}  # fmt: skip


def architecture(name: str) -> ModelConfig:
    """A preset or a rung by name. Raises ValueError listing all names."""
    known = {**PRESETS, **RUNGS}
    if name not in known:
        raise ValueError(f"no architecture {name!r}; known: {', '.join(sorted(known))}")
    return known[name]()


def reader(name: str) -> tuple[TextMapConfig, RecogniserConfig]:
    """Sizes of the text map and the recogniser of an architecture: small ones for debug, nano's for all others.

    The recogniser's width is what the line projector takes (`LinesConfig.columns`), so it stays.
    """
    if name == "debug":
        return TextMapConfig((8, 16, 24, 32, 48), 24), RecogniserConfig((8, 16, 32), mixers=2)
    return TextMapConfig(), RecogniserConfig()
