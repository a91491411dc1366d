"""Puts trained parts together into a weights folder: shards of reader, tower, projector and decoder, and `config.json`.

`python -m train.release --textmap RUN --recogniser RUN --out mmgpt/weights/nano` for the reader,
`python -m train.release --model RUN --tower RUN --out mmgpt/weights/nano` for the language model. Matrices are stored in half precision
(all published numbers are of these halves), vectors in full, because running variances span more than half precision holds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from mmgpt.checkpoint import seal
from train.checkpoint import save_atomic
from vision.reader.charset import Charset
from vision.reader.nano import CHARACTERS_FILE, NanoReader

_CONVOLUTIONS = (
    *(f"textmap.{name}.0" for name in ("stem.0", "stem.1", "stage8.0", "stage16.0", "stage32.0", "back16")),
    *(
        f"recogniser.{name}"
        for name in ("strokes.0.0", "strokes.2.0", "strokes.5.0", "fold.0", "mixers.0.depthwise", "head")
    ),
)


def compact(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Half precision for matrices and kernels, full precision for the rest."""
    return {k: v.half() if v.is_floating_point() and v.ndim >= 2 else v for k, v in tensors.items()}


def _origin(run: Path) -> dict[str, str]:
    with safe_open(run / "model.safetensors", "pt") as handle:
        return dict(handle.metadata() or {})


def reader_architecture(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """The sizes of both networks of a reader, told by the shapes of their tensors. Raises KeyError where a part is missing."""
    conv = {name: tensors[f"{name}.weight"].shape for name in _CONVOLUTIONS}
    mixers = {name.split(".")[2] for name in tensors if name.startswith("recogniser.mixers.")}
    return {
        "textmap": {
            "widths": [
                conv[f"textmap.{name}.0"][0] for name in ("stem.0", "stem.1", "stage8.0", "stage16.0", "stage32.0")
            ],
            "back": conv["textmap.back16.0"][0],
        },
        "recogniser": {
            "stages": [conv[f"recogniser.strokes.{place}.0"][0] for place in (0, 2, 5)],
            "width": conv["recogniser.fold.0"][0],
            "mixers": len(mixers),
            "kernel": conv["recogniser.mixers.0.depthwise"][-1],
            "classes": conv["recogniser.head"][0],
        },
    }


def assemble(textmap: Path, recogniser: Path, out: Path) -> None:
    """Writes the reader's shard and its part of the configuration, then loads them strictly once."""
    parts = {**load_file(textmap / "model.safetensors"), **load_file(recogniser / "model.safetensors")}
    origins = {"textmap": _origin(textmap), "recogniser": _origin(recogniser)}
    save_atomic(compact(parts), out / "reader.safetensors", {"format": "pt", "origins": json.dumps(origins)})
    path = out / "config.json"
    config: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"name": "mmgpt-nano"}
    reader: dict[str, Any] = {**dict(config.get("reader") or {}), **reader_architecture(parts)}
    reader.pop("language", None)
    if origins["recogniser"].get("language"):
        charset = _language(recogniser, origins["recogniser"])
        reader["language"] = {"code": charset.language, "sha256": charset.digest}
        (out / CHARACTERS_FILE).write_text(charset.more + "\n", "utf-8")
    config["reader"] = reader
    path.write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    seal(out)
    NanoReader.load(out)


def _language(run: Path, origin: dict[str, str]) -> Charset:
    """The characters of a run that learned a further language. Raises ValueError where they are not those it trained with."""
    path = run / CHARACTERS_FILE
    charset = Charset(origin["language"], path.read_text("utf-8").replace("\n", ""))
    if charset.digest != origin["characters_sha256"]:
        raise ValueError(f"{path} does not hold the characters that {run / 'model.safetensors'} was trained with")
    return charset


def assemble_model(run: Path, out: Path, preset: str, tower: Path | None) -> None:
    """Writes the language model's shards, index and part of the configuration from a run of `simulate`, `align` or `instruct`, with the
    tower of a run of `clip`; then loads all of it strictly once."""
    from mmgpt.checkpoint import load_engine, save_model
    from mmgpt.model import MMGPT
    from train.ladder import architecture
    from vision.clip import SHARD
    from vision.reader.weights import fill, read_config, read_tensors

    model = MMGPT(architecture(preset))
    path = run / "model.safetensors"
    fill(model, read_tensors(path), path)
    if tower is not None:
        folder = tower / "tower"
        trained = {k: v.half() if v.ndim >= 2 else v for k, v in read_tensors(folder / SHARD).items()}
        save_atomic(trained, out / SHARD, {"format": "pt", "origins": json.dumps(_origin(tower))})
        config_path = out / "config.json"
        config = json.loads(config_path.read_text("utf-8"))
        config["tower"] = read_config(folder)["tower"]
        config_path.write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    save_model(model, out)
    load_engine(out)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0, or an exception that names what does not fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--textmap", type=Path, help="run folder of the task textmap")
    parser.add_argument("--recogniser", type=Path, help="run folder of the task lines")
    parser.add_argument("--model", type=Path, help="run folder of simulate, align or instruct")
    parser.add_argument("--preset", default="nano", help="the architecture that run trained")
    parser.add_argument("--tower", type=Path, help="run folder of the task clip")
    parser.add_argument(
        "--seal", action="store_true", help="only write the checksums, after another shard was replaced"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    if options.seal:
        seal(options.out)
        return 0
    if options.model is not None:
        assemble_model(options.model, options.out, options.preset, options.tower)
        return 0
    if options.textmap is None or options.recogniser is None:
        parser.error("--textmap and --recogniser are needed (or --model, or --seal)")
    assemble(options.textmap, options.recogniser, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
