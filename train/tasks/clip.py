"""Task `clip`: nano's tower learns what kind of picture it sees, from rendered screens and one-line descriptions of them.

The loss is open_clip's: contrastive over the batch (Radford et al., 2021), or sigmoid over its pairs (Zhai et al., 2023).
A description says what a person would: the kind of screen, light or dark, whose it is, whether something failed and of what
sort, where that stands, the title; each time some of it, in other words.
"""

from __future__ import annotations

import json
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmgpt.schema import KINDS
from train.checkpoint import save_atomic
from train.data.render.ink import ROOM
from train.data.render.layouts import layout, pool_of
from train.data.render.screen import BLOCK, Rendered, render
from train.data.world.content import (
    ChartContent,
    Content,
    DesktopAppContent,
    DialogContent,
    EditorContent,
    TerminalContent,
)
from train.data.world.documents import chart, document, photo
from train.data.world.sample import sample_content
from vision.clip import MODEL, SHARD, register, tower_config
from vision.preprocess import normalise, pad
from vision.trunk import MEAN, STD, Trunk

LARGE, SMALL = (384, 256), (256, 160)  # width, height: what the tower will see, and 2.4 times as many pictures a second
LARGE_EVERY = 6  # every so many steps the pictures are large
KEPT = 1536  # drawn pictures that batches are drawn from
USES = 6  # times a drawn picture is used, on average: drawing costs about as much as learning
LENGTH = 64  # text tokens
END_NAMES = ("<|end|>", "<|eos|>", "<|endoftext|>", "<|im_end|>", "</s>", "<eos>", "[SEP]")
RARE = (chart, document, photo)  # kinds that the world draws too seldom to be learned from
RARE_SHARE = 0.12

NAMES = {
    "browser": ("a browser's own page", "a browser window", "a web browser"),
    "web_page": ("a web page", "a page of a web site", "a web application"),
    "terminal": ("a terminal", "a terminal window", "a command line", "a console"),
    "desktop_dialog": ("a dialog box", "a dialog", "a message box"),
    "ide_editor": ("a code editor", "an editor with source code", "an IDE"),
    "desktop_app": ("a desktop program", "an application window", "a program's main window"),
    "chart": ("a chart", "a diagram", "a plot"),
    "document": ("a document", "a page of a document", "a printed page"),
    "photo": ("a photo", "a photograph", "a picture without a program"),
    "other": ("something else",),
}
TONES = {"light": ("a light screen", "light colours"), "dark": ("a dark screen", "dark colours")}
FAILED = ("an error is shown", "something failed", "it reports an error", "with an error message")
FINE = ("no error", "nothing failed", "everything is in order", "without an error")
PLACES = (("upper left", "top", "upper right"), ("left", "middle", "right"), ("lower left", "bottom", "lower right"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A drawn screen, small (RGB uint8 [h, w, 3], at most LARGE), and what can be said of it.

    `tone` is light, dark, or empty where it is neither. `place` is where the message stands, `behind` the kind beneath a dialog,
    `detail` a part that not every screen of its kind has.
    """

    picture: np.ndarray
    kind: str
    tone: str
    app: str
    category: str
    title: str
    place: str
    behind: str
    detail: str

    @property
    def failed(self) -> bool:
        """Whether an error is the picture's subject."""
        return self.category != "none"


def tone_of(picture: np.ndarray) -> str:
    """Light or dark, as drawn: at least two thirds of uint8 [h, w, 3] are on one side of the middle; else nothing."""
    luma = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    bright = float((luma > 128).mean())
    return "light" if bright > 2 / 3 else "dark" if bright < 1 / 3 else ""


def _place_of(rendered: Rendered) -> str:
    boxes = np.array([line.box for line in rendered.lines if line.role == "message"])
    if not len(boxes):
        return ""
    height, width = rendered.image.shape[:2]
    x, y = (boxes[:, 0].min() + boxes[:, 2].max()) / 2 / width, (boxes[:, 1].min() + boxes[:, 3].max()) / 2 / height
    return PLACES[min(max(int(3 * y), 0), 2)][min(max(int(3 * x), 0), 2)]


def draw_screen(index: int, seed: int, split: str) -> Shown:
    """Screen number `index` of a seed and split ("train" or "held_out"): a function of these and the installed fonts."""
    ROOM.trim()
    rng = random.Random(f"clip/{split}/{seed}/{index}")
    content = rng.choice(RARE)(rng, split) if rng.random() < RARE_SHARE else sample_content(rng, split)
    around = [sample_content(rng, split)] if rng.random() < 0.15 else []
    size = rng.choice(((1280, 800), (1366, 768), (1024, 768), (1440, 900))) if rng.random() < 0.4 else None
    rendered = render(layout(content, rng, pool_of(split, index // BLOCK), size, around))
    return _shown(content, rendered)


def _shown(content: Content, rendered: Rendered) -> Shown:
    height, width = rendered.image.shape[:2]
    factor = min(1.0, LARGE[0] / width, LARGE[1] / height)
    small = cv2.resize(
        rendered.image, (max(1, round(width * factor)), max(1, round(height * factor))), interpolation=cv2.INTER_AREA
    )
    fields = content.fields
    category = fields.category if fields.category_known else "other"
    title = getattr(content, "title", None) or getattr(content, "heading", None)
    beneath = content.backdrop if isinstance(content, DialogContent) else None
    return Shown(
        small, fields.kind, tone_of(small), fields.app or "", category, title.text if title else "",
        _place_of(rendered) if fields.is_error else "", beneath.fields.kind if beneath else "",
        _detail(content),
    )  # fmt: skip


def _detail(content: Content) -> str:
    match content:
        case ChartContent():
            return {"line": "with lines", "bar": "with bars"}.get(content.style, "with points")
        case TerminalContent() if content.panes:
            return "in several panes"
        case EditorContent() if content.terminal:
            return "with a terminal below"
        case EditorContent() if content.tree:
            return "with a file tree"
        case DesktopAppContent() if content.sidebar:
            return "with a side bar"
        case DialogContent() if content.details:
            return "with details"
    return ""


def describe(shown: Shown, rng: random.Random) -> str:
    """One line about the picture, some of what is known of it in words drawn from `rng`."""
    name = rng.choice(NAMES[shown.kind])
    if shown.tone and rng.random() < 0.6:
        name = name.replace(" ", f" {shown.tone} ", 1) if rng.random() < 0.7 else f"{name} in a {shown.tone} theme"
        name = name.replace("an dark", "a dark").replace("an light", "a light")
    if shown.behind and rng.random() < 0.6:
        name += f" over {rng.choice(NAMES[shown.behind])}"
    parts = []
    if shown.detail and rng.random() < 0.6:
        name += f" {shown.detail}"
    if shown.app and rng.random() < 0.7:
        parts.append(rng.choice(("from {}", "of {}", "program: {}", "{}")).format(shown.app))
    if rng.random() < 0.6:
        parts.append(rng.choice(FAILED if shown.failed else FINE))
    if shown.failed and shown.category != "other" and rng.random() < 0.5:
        kind = shown.category.replace("_", " ")
        parts.append(rng.choice(("category {}", "a problem of {}", "about {}", "{}")).format(kind))
    if shown.place and rng.random() < 0.4:
        parts.append(rng.choice(("the message stands at the {}", "read the {}", "{}")).format(shown.place))
    if shown.title and rng.random() < 0.5:
        parts.append(rng.choice(("“{}”", "titled {}", "{}", "it says {}")).format(" ".join(shown.title[:32].split())))
    rng.shuffle(parts)
    text = ", ".join([name, *parts]) if rng.random() < 0.7 else ", ".join([*parts, name])
    return f"a screenshot: {text}" if rng.random() < 0.2 else text


class Texts:
    """Descriptions to ids through a `tokenizers` file: at most LENGTH, the last of them the end token, which also pads.

    Raises FileNotFoundError or ValueError when the file is missing, has no end token, or more pieces than the text tower.
    """

    def __init__(self, path: Path, vocabulary: int) -> None:
        from tokenizers import Tokenizer

        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: train the tokenizer first, or name one with --tokenizer")
        self._tokenizer = Tokenizer.from_file(str(path))
        found = [i for i in map(self._tokenizer.token_to_id, END_NAMES) if i is not None]
        if not found:
            raise ValueError(f"{path} has no end token; one of {', '.join(END_NAMES)} is needed")
        if self._tokenizer.get_vocab_size() > vocabulary:
            raise ValueError(f"{path} has {self._tokenizer.get_vocab_size()} pieces, the text tower {vocabulary}")
        self.end: int = found[0]

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """int64 [B, T], T the longest text and at most LENGTH."""
        ids = [e.ids[: LENGTH - 1] for e in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]
        longest = max(len(i) for i in ids) + 1
        return torch.tensor([[*i, *[self.end] * (longest - len(i))] for i in ids])


def encode_text(model: nn.Module, ids: Tensor) -> Tensor:
    """Unit vectors [B, E] of ids [B, T ≤ LENGTH] by open_clip's text tower, which by itself takes full length only."""
    tower: Any = model.text
    mask = tower.attn_mask
    try:
        tower.attn_mask = mask[: ids.shape[1], : ids.shape[1]]  # causal: what comes after the end token is not seen
        return F.normalize(tower(ids), dim=-1)
    finally:
        tower.attn_mask = mask


@dataclass
class PairBatch:
    """pictures uint8 [B, h, w, 3] of one canvas, ids int64 [B, T]; for each group of PROMPTS the ids of one prompt a class [C, T'] and
    the pictures' classes int64 [B], −1 where a picture is of none."""

    pictures: np.ndarray
    ids: Tensor
    prompts: list[tuple[Tensor, Tensor]]


def fit(picture: np.ndarray, canvas: tuple[int, int]) -> np.ndarray:
    """uint8 [h, w, 3] made small enough for `canvas` (width, height), never larger, and padded by its border."""
    height, width = picture.shape[:2]
    factor = min(1.0, canvas[0] / width, canvas[1] / height)
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return pad(picture, *canvas)


def jitter(picture: np.ndarray, rng: random.Random) -> np.ndarray:
    """A little less at each border, a little brighter, darker, warmer or colder; never so much that light turns dark."""
    height, width = picture.shape[:2]
    left, right = (int(width * rng.uniform(0, 0.05)) for _ in range(2))
    top, bottom = (int(height * rng.uniform(0, 0.05)) for _ in range(2))
    part = picture[top : height - bottom, left : width - right].astype(np.float32)
    whole = rng.uniform(0.88, 1.12)
    gains = [whole * rng.uniform(0.97, 1.03) for _ in range(3)]
    return np.clip(part * np.array(gains, np.float32) + rng.uniform(-8, 8), 0, 255).astype(np.uint8)


class PairSource:
    """Batches of pictures and descriptions. New screens are drawn at every step; batches mix them with those kept."""

    def __init__(self, texts: Texts, seed: int, batch: int, kept: int = KEPT, uses: int = USES) -> None:
        self.texts, self.seed, self.batch_size = texts, seed, batch
        self.fresh = max(1, batch // uses)
        self.kept = max(kept, batch)
        self._drawn: deque[Shown] = deque(maxlen=self.kept)
        self._next = 0  # number of the next screen to be drawn

    def _pool(self, step: int) -> list[Shown]:
        """The screens that may be used at `step`, drawing those that are missing."""
        last = 3 * self.batch_size + (step + 1) * self.fresh
        first = max(0, last - self.kept)
        if self._next > last or self._next < first:  # another place in the run: begin there
            self._drawn.clear()
            self._next = first
        while self._next < last:
            self._drawn.append(draw_screen(self._next, self.seed, "train"))
            self._next += 1
        return list(self._drawn)[-(last - first) :]

    def batch(self, step: int) -> PairBatch:
        """The batch of `step`, the same whenever it is asked for."""
        pool = self._pool(step)
        rng = random.Random(f"pairs/{self.seed}/{step}")
        canvas = LARGE if step % LARGE_EVERY == LARGE_EVERY - 1 else SMALL
        chosen = rng.sample(pool, self.batch_size)
        pictures = np.stack([fit(jitter(s.picture, rng), canvas) for s in chosen])
        return PairBatch(pictures, self.texts([describe(s, rng) for s in chosen]), self._prompts(chosen, rng))

    def _prompts(self, chosen: Sequence[Shown], rng: random.Random) -> list[tuple[Tensor, Tensor]]:
        """One wording of each class, and which class each screen is of: kind, tone, whether something failed."""
        groups: list[tuple[list[str], list[int]]] = []
        kinds, tones = list(NAMES), list(TONES)
        groups.append(([rng.choice(NAMES[k]) for k in kinds], [kinds.index(s.kind) for s in chosen]))
        groups.append(([rng.choice(TONES[t]) for t in tones], [tones.index(s.tone) if s.tone else -1 for s in chosen]))
        groups.append(([rng.choice(FINE), rng.choice(FAILED)], [int(s.failed) for s in chosen]))
        return [(self.texts(words), torch.tensor(classes)) for words, classes in groups]


class ClipTask:
    """Trains the tower of `mmgpt-nano` with its text tower. `loss` is clip or siglip.

    Reports retrieval (R@1, picture to text, of so many pairs) and zero-shot accuracy of `kind`, on screens of training's
    families and on held-out ones.
    """

    name = "clip"

    def __init__(
        self, tokenizer: Path, seed: int = 0, batch: int = 96, device: str = "cpu", loss: str = "clip",
        evaluation: int = 128, kept: int = KEPT,
    ) -> None:  # fmt: skip
        if loss not in ("clip", "siglip"):
            raise ValueError(f"unknown loss {loss!r}; use clip or siglip")
        register()
        import open_clip
        from open_clip.loss import ClipLoss, SigLipLoss

        start: dict[str, Any] = {"init_logit_scale": math.log(10), "init_logit_bias": -10.0} if loss == "siglip" else {}
        self.model = open_clip.create_model(MODEL, load_weights=False, pretrained_image=False, **start)
        self._pairs_loss = SigLipLoss() if loss == "siglip" else ClipLoss()
        texts = Texts(tokenizer, self.model.text.vocab_size)
        self.model.text.eos_id = texts.end
        self.model.visual.to(memory_format=torch.channels_last)
        self.device, self.evaluation = device, evaluation
        self.source = PairSource(texts, seed, batch, kept)
        self._sets: dict[str, list[Shown]] = {}

    def batch(self, step: int) -> PairBatch:
        return self.source.batch(step)

    def _images(self, pictures: np.ndarray) -> Tensor:
        images = normalise(pictures, MEAN, STD).to(self.device)
        return images.contiguous(memory_format=torch.channels_last)

    def loss(self, batch: PairBatch, step: int, total: int) -> tuple[Tensor, int]:
        # Half precision is slower than single where the processor has no instructions for it.
        with torch.autocast(torch.device(self.device).type, enabled=self.device != "cpu", dtype=torch.bfloat16):
            seen = self.model.encode_image(self._images(batch.pictures), normalize=True).float()
            said = encode_text(self.model, batch.ids.to(self.device)).float()
        scale = self.model.logit_scale.clamp(max=math.log(100)).exp()
        bias = self.model.logit_bias
        loss = self._pairs_loss(seen, said, scale, bias) if bias is not None else self._pairs_loss(seen, said, scale)
        # Most descriptions of a batch fit several of its pictures, which contrast alone calls wrong. What is certain, the classes,
        # is learnt against a prompt each (UniCL: Yang et al., 2022).
        for ids, classes in batch.prompts:
            words = encode_text(self.model, ids.to(self.device)).float()
            if bool((classes >= 0).any()):
                loss = loss + F.cross_entropy(scale * seen @ words.T, classes.to(self.device), ignore_index=-1)
        return loss, len(batch.ids)

    def _screens(self, split: str) -> list[Shown]:
        if split not in self._sets:
            self._sets[split] = [draw_screen(i, 900_001, split) for i in range(self.evaluation)]
        return self._sets[split]

    @torch.inference_mode()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        scores: dict[str, float] = {}
        names = [name for kind in KINDS for name in NAMES[kind]]
        prompts = encode_text(model, self.source.texts(names).to(self.device)).float()
        kinds = torch.stack([part.mean(0) for part in prompts.split([len(NAMES[kind]) for kind in KINDS])])  # [K, E]
        for split in ("train", "held_out"):
            screens = self._screens(split)
            rng = random.Random(f"said/{split}")
            said = encode_text(model, self.source.texts([describe(s, rng) for s in screens]).to(self.device)).float()
            parts = [
                self._images(np.stack([fit(s.picture, LARGE) for s in screens[i : i + 32]]))
                for i in range(0, len(screens), 32)
            ]
            seen = torch.cat([model.encode_image(p, normalize=True).float() for p in parts])  # type: ignore[operator]
            own = torch.arange(len(screens), device=seen.device)
            scores[f"{split}_r1"] = float(((seen @ said.T).argmax(1) == own).float().mean())
            told = (seen @ F.normalize(kinds, dim=-1).T).argmax(1).tolist()
            scores[f"{split}_kind"] = sum(KINDS[t] == s.kind for t, s in zip(told, screens, strict=True)) / len(screens)
        return scores

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """All of the model to `path` (prefix `clip.`), and beside it the folder `tower`, which `load_tower` reads."""
        save_atomic({f"clip.{k}": v for k, v in model.state_dict().items()}, path, metadata)
        trunk: Trunk = model.visual.trunk  # type: ignore[union-attr,assignment]
        folder = path.with_name("tower")
        save_atomic({f"tower.{k}": v for k, v in trunk.state_dict().items()}, folder / SHARD, metadata)
        described = {"name": "mmgpt-nano-tower", "tower": tower_config(trunk.config)}
        (folder / "config.json").write_text(json.dumps(described, indent=1) + "\n", "utf-8")
