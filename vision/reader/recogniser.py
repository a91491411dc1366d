"""The line recogniser: a line crop of height 32 → characters, one frame per 4 columns, by CTC (Graves et al., 2006).

Convolutions look at strokes, then the height is folded into channels and mixers look along the line.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vision.reader.charset import BLANK, CHARACTERS, NUM_CLASSES


@dataclass(frozen=True)
class RecogniserConfig:
    """Widths of the three convolution stages, and width, depth and kernel (frames) of the mixers."""

    stages: tuple[int, int, int] = (32, 56, 96)
    width: int = 192
    mixers: int = 5
    kernel: int = 9
    classes: int = NUM_CLASSES


class ConvNorm(nn.Sequential):
    """Convolution, batch norm, ReLU; without bias, so that the norm folds into the convolution at inference."""

    def __init__(
        self, cin: int, cout: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1), act: bool = True
    ) -> None:
        padding = (kernel[0] // 2 if kernel[0] % 2 else 0, kernel[1] // 2)
        layers: list[nn.Module] = [nn.Conv2d(cin, cout, kernel, stride, padding, bias=False), nn.BatchNorm2d(cout)]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if act else []))


class Residual(nn.Module):
    """x + ReLU(norm(conv(x))): one 3×3 convolution a block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = ConvNorm(channels, channels, (3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Mixer(nn.Module):
    """Along the line: depthwise convolution over `kernel` frames, then two pointwise layers; residual (ConvMixer's order)."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            channels, channels, (1, kernel), padding=(0, kernel // 2), groups=channels, bias=False
        )
        self.norm = nn.BatchNorm2d(channels)
        self.up = nn.Conv2d(channels, 2 * channels, 1)
        self.down = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(F.relu(self.up(self.norm(self.depthwise(x)))))


class Recogniser(nn.Module):
    """images float [B, 1, 32, W] (`crops.contrast`) → features [B, Dr, W/4] and logits [B, W/4, classes]."""

    def __init__(self, config: RecogniserConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or RecogniserConfig()
        a, b, c = config.stages
        self.strokes = nn.Sequential(
            ConvNorm(1, a, (3, 3), (2, 2)),  # [16, W/2]
            Residual(a),
            ConvNorm(a, b, (3, 3), (2, 2)),  # [8, W/4]
            Residual(b),
            Residual(b),
            ConvNorm(b, c, (3, 3), (2, 1)),  # [4, W/4]
            Residual(c),
            Residual(c),
        )
        self.fold = ConvNorm(c, config.width, (4, 1))  # [1, W/4]
        self.mixers = nn.Sequential(*(Mixer(config.width, config.kernel) for _ in range(config.mixers)))
        self.norm = nn.BatchNorm2d(config.width)
        self.head = nn.Conv2d(config.width, config.classes, 1)

    def features(self, images: Tensor) -> Tensor:
        """[B, 1, 32, W] → [B, Dr, W/4]: what the language model attends to."""
        x = self.norm(self.mixers(self.fold(self.strokes(images))))
        return x.squeeze(2)

    def classify(self, features: Tensor) -> Tensor:
        """Features [B, Dr, W/4] → logits [B, W/4, classes]."""
        return self.head(features.unsqueeze(2)).squeeze(2).transpose(1, 2)

    def forward(self, images: Tensor) -> Tensor:
        """[B, 1, 32, W] → logits [B, W/4, classes]."""
        return self.classify(self.features(images))


@dataclass(frozen=True, slots=True)
class Decoded:
    """Greedy CTC reading of one line: text, and for each character its first and last frame, its probability, and the second choice."""

    text: str
    spans: list[tuple[int, int]]
    confidences: list[float]
    alternatives: list[str]
    peaks: list[int]  # the frame in which each character is surest

    @property
    def confidence(self) -> float:
        """Geometric mean of the characters' probabilities; 0 for an empty reading."""
        if not self.confidences:
            return 0.0
        logs = torch.tensor(self.confidences, dtype=torch.float64).clamp(min=1e-6).log()
        return float(logs.mean().exp())


TWINS = ("'’‘", '"“”„', "-–—")


def decode(logits: Tensor, frames: Tensor, characters: str = CHARACTERS) -> list[Decoded]:
    """Best path of logits [B, T, V], each cut to frames int64 [B]; repeats merged, blanks dropped.

    `characters` are those of the classes 1, 2, …, V - 1.
    """
    top, classes = logits.float().log_softmax(-1).topk(3, -1)
    top, classes = top.exp().cpu(), classes.cpu()
    out = []
    for probabilities, paths, n in zip(top[..., 0], classes, frames.tolist(), strict=True):
        choices = paths[:n].tolist()
        probs = probabilities[:n].tolist()
        reading = Decoded("", [], [], [], [])
        text: list[str] = []
        previous = BLANK
        for t, (k, *others) in enumerate(choices):
            if k != BLANK and previous not in (BLANK, k) and _twins(characters[k - 1], characters[previous - 1]):
                # Frames side by side that waver between two forms of one mark show it once: the surer form stands.
                reading.spans[-1] = (reading.spans[-1][0], t)
                if probs[t] > reading.confidences[-1]:
                    reading.alternatives[-1], text[-1] = text[-1], characters[k - 1]
                    reading.confidences[-1], reading.peaks[-1] = probs[t], t
            elif k != BLANK and k != previous:
                text.append(characters[k - 1])
                reading.spans.append((t, t))
                reading.confidences.append(probs[t])
                reading.alternatives.append(_second(others, characters))
                reading.peaks.append(t)
            elif k != BLANK:
                reading.spans[-1] = (reading.spans[-1][0], t)
                if probs[t] > reading.confidences[-1]:
                    reading.confidences[-1], reading.peaks[-1] = probs[t], t
                    reading.alternatives[-1] = _second(others, characters)
            previous = k
        out.append(dataclasses.replace(reading, text="".join(text)))
    return out


def _twins(a: str, b: str) -> bool:
    """Whether two characters are forms of one mark that a small picture hardly tells apart."""
    return any(a in forms and b in forms for forms in TWINS)


def _second(classes: list[int], characters: str) -> str:
    """The likeliest character among other classes of a frame; "" where only the blank comes close."""
    return next((characters[k - 1] for k in classes if k != BLANK), "")
