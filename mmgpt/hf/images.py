"""The image processor: reads the text of pictures and makes them small for the tower, all that the model needs to know of them.

As LayoutLMv3's runs Tesseract, this one runs the checkpoint's own reader, on native pixels.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from transformers import BaseImageProcessor, BatchFeature
from transformers.image_utils import load_image as load_remote
from transformers.utils import cached_file

from mmgpt.checkpoint import TOKENIZER
from mmgpt.hf.copies import spell
from mmgpt.hf.features import PIECE_KEYS
from mmgpt.perception import Perceived, Perceiver
from mmgpt.pieces import PieceEncoder, pad_pieces
from vision.image import load_image
from vision.preprocess import LONGEST, check_picture, whole_picture
from vision.reader.nano import NanoReader, read_charset
from vision.reader.weights import WeightsError, fill, read_tensors
from vision.tiles import cut_tiles, plan_tiles

if TYPE_CHECKING:
    from tokenizers import Tokenizer

READER = "reader.safetensors"


class MMGPTImageProcessor(BaseImageProcessor):
    """Pictures → tensors, one row a picture, padded to each other.

    `reader`: the "reader" part of config.json (None: the model takes no lines). `tower`: size (None: any), patch, mean, std (None:
    the model has no tower). `max_pieces`: of one picture. The reader's weights and the tokenizer are files of the
    checkpoint's folder, which `from_pretrained` remembers; they are loaded once a folder and shared.
    """

    model_input_names = ["pixel_values", *PIECE_KEYS.values()]  # noqa: RUF012 (transformers looks for a list)

    def __init__(
        self, reader: dict[str, Any] | None = None, tower: dict[str, Any] | None = None, max_pieces: int = 1024, **kwargs: Any
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.reader, self.tower, self.max_pieces = reader, tower, max_pieces
        self._files: dict[str, str] = {}

    # -- files ---------------------------------------------------------------------------------------------------------------

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *args: Any, **kwargs: Any) -> Any:
        """Loads a folder or a model of the hub, and remembers where its reader and tokenizer are."""
        names = ("cache_dir", "force_download", "local_files_only", "token", "revision", "subfolder")
        hub = {name: kwargs[name] for name in names if kwargs.get(name) is not None}
        made = super().from_pretrained(pretrained_model_name_or_path, *args, **kwargs)
        processor = made[0] if isinstance(made, tuple) else made
        processor.locate(pretrained_model_name_or_path, **hub)
        return made

    def locate(self, folder: str | os.PathLike[str], **hub: Any) -> None:
        """Remembers the files of a folder or a model of the hub. Raises OSError where one is missing."""
        for name in (READER, TOKENIZER) if self.reader is not None else ():
            self._files[name] = str(cached_file(str(folder), name, **hub))

    def save_pretrained(self, save_directory: Any, push_to_hub: bool = False, **kwargs: Any) -> Any:
        """Writes preprocessor_config.json and copies the reader's weights and the tokenizer beside it."""
        self.copy_files(Path(save_directory))
        return super().save_pretrained(save_directory, push_to_hub=push_to_hub, **kwargs)

    def copy_files(self, folder: Path) -> None:
        """Copies the reader's weights and the tokenizer to a folder, unless they are there already."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, source in self._files.items():
            if not (folder / name).exists():
                shutil.copyfile(source, folder / name)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that a folder must hold beside the settings."""
        return tuple(self._files)

    def _get_files_timestamps(self, working_dir: Any) -> dict[str, float]:
        """Files that were there before a push to the hub: those that are copied just before it do not count."""
        return {name: at for name, at in super()._get_files_timestamps(working_dir).items() if name not in self._files}

    def to_dict(self) -> dict[str, Any]:
        """What is saved: settings, and not where files are on this machine."""
        return {key: value for key, value in super().to_dict().items() if key != "_files"}

    def _file(self, name: str) -> tuple[str, int]:
        if name not in self._files:
            raise WeightsError(
                f"this image processor does not know where {name} is: make it with from_pretrained, or call locate(folder)"
            )
        return self._files[name], os.stat(self._files[name]).st_mtime_ns

    # -- pictures ------------------------------------------------------------------------------------------------------------

    def perceive(self, image: Any) -> Perceived:
        """What is read of one picture (path, URL, Pillow image, or RGB uint8 [H, W, 3]): lines with boxes, pieces, tensors."""
        pixels = to_pixels(image)
        if self.reader is None:
            return Perceiver(None, None, None)(pixels)
        reader = _load_reader(*self._file(READER), json.dumps(self.reader))
        return Perceiver(reader, _load_encoder(*self._file(TOKENIZER), self.max_pieces), None)(pixels)

    def preprocess(self, images: Any, return_tensors: Any = None, **kwargs: Any) -> BatchFeature:  # type: ignore[override]
        """Tensors of pictures, nested in any way, in order (torch's, whatever `return_tensors` says).

        pixel_values float [n, 3, H, W] and pixel_sizes int64 [n, 4] (height and width of each picture's own pixels, and of the
        part of them that is not padding), or for towers of one size tiles [n, tiles, 3, size, size] and image_sizes int64 [n, 2];
        the fields of `projector.lines.Pieces` under the names of PIECE_KEYS, and piece_spelling, see `mmgpt.hf.copies.spell`.
        """
        arrays = [to_pixels(image) for image in _flat(images)]
        if not arrays:
            raise ValueError("no pictures were given; leave out `images` for text alone")
        data: dict[str, Tensor] = {}
        if self.tower is not None:
            data |= self._pixels(arrays, self.tower)
        if self.reader is not None:
            data |= self._lines(arrays)
        return BatchFeature(data)

    def _pixels(self, arrays: list[np.ndarray], tower: dict[str, Any]) -> dict[str, Tensor]:
        mean, std = tower["mean"], tower["std"]
        if tower["size"] is not None:
            size = int(tower["size"])
            cut = [cut_tiles(a, plan_tiles(a.shape[1], a.shape[0], size), mean, std) for a in arrays]
            tiles = cut[0].new_zeros(len(cut), max(len(c) for c in cut), *cut[0].shape[1:])
            for i, own in enumerate(cut):
                tiles[i, : len(own)] = own
            return {"pixel_values": tiles, "image_sizes": torch.tensor([a.shape[:2] for a in arrays])}
        small = [whole_picture(a, LONGEST, int(tower["patch"]), mean, std) for a in arrays]
        H, W = max(p.shape[2] for p, _ in small), max(p.shape[3] for p, _ in small)
        pixels, sizes = small[0][0].new_zeros(len(small), 3, H, W), []
        for i, (own, (across, down)) in enumerate(small):
            h, w = own.shape[2:]
            pixels[i, :, :h, :w] = own[0]
            sizes.append((h, w, round(down * h), round(across * w)))
        return {"pixel_values": pixels, "pixel_sizes": torch.tensor(sizes)}

    def _lines(self, arrays: list[np.ndarray]) -> dict[str, Tensor]:
        found = [self.perceive(array) for array in arrays]
        tensors = [entry.tensors for entry in found if entry.tensors is not None]
        batch = pad_pieces(tensors)
        P = batch.mask.shape[1]
        if batch.columns is None:
            width = int((self.reader or {})["recogniser"]["width"])
            batch.columns = torch.zeros(len(tensors), P, width)
        tokenizer = _load_encoder_tokenizer(*self._file(TOKENIZER))

        def encode(text: str) -> list[int]:
            return list(tokenizer.encode(text, add_special_tokens=False).ids)

        spelled = [spell(entry.pieces, encode, P) for entry in found]
        spelling = torch.full((len(spelled), P, max(s.shape[1] for s in spelled)), -1)
        for i, own in enumerate(spelled):
            spelling[i, :, : own.shape[1]] = own
        data = {key: getattr(batch, name) for name, key in PIECE_KEYS.items()}
        return {**data, "piece_spelling": spelling}


def to_pixels(image: Any) -> np.ndarray:
    """RGB uint8 [H, W, 3] of a path, URL, Pillow image or array; what is transparent stands on white.

    Raises ImageError (a ValueError) for files that cannot be used, ValueError for arrays of another kind.
    """
    if isinstance(image, str | os.PathLike):
        if Path(image).is_file():
            return load_image(image).pixels  # type: ignore[arg-type]
        image = load_remote(str(image))
    if isinstance(image, Image.Image):
        image = ImageOps.exif_transpose(image)
        if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        return np.array(image.convert("RGB"))
    if isinstance(image, Tensor):
        image = image.detach().cpu().numpy()
    array = np.asarray(image)
    if array.ndim == 3 and array.shape[0] == 3 and array.shape[2] != 3:
        array = np.moveaxis(array, 0, 2)
    check_picture(array)
    return np.ascontiguousarray(array)


def _flat(images: Any) -> Iterator[Any]:
    if isinstance(images, list | tuple):
        for image in images:
            yield from _flat(image)
    elif isinstance(images, np.ndarray | Tensor) and images.ndim == 4:
        yield from images
    elif images is not None:
        yield images


@lru_cache(maxsize=4)
def _load_reader(path: str, stamp: int, settings: str) -> NanoReader:
    described = json.loads(settings)
    textmap, recogniser = NanoReader.networks(described, Path(path).parent)
    tensors = read_tensors(Path(path))
    fill(textmap, tensors, Path(path), "textmap.")
    fill(recogniser, tensors, Path(path), "recogniser.")
    known = ("threshold", "min_confidence")
    charset = read_charset(described, Path(path).parent, recogniser.config.classes)
    return NanoReader(textmap, recogniser, **{k: float(described[k]) for k in known if k in described}, charset=charset)


@lru_cache(maxsize=4)
def _load_encoder_tokenizer(path: str, stamp: int) -> Tokenizer:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(path)


@lru_cache(maxsize=4)
def _load_encoder(path: str, stamp: int, most: int) -> PieceEncoder:
    return PieceEncoder(_load_encoder_tokenizer(path, stamp), most)
