"""`python -m train.cli merge --run RUN --out FOLDER`: a run over parts or adapters → an ordinary folder of ours, adapters merged.

`mmgpt ask --weights FOLDER` uses it, and `--decoder FOLDER` goes on from it. A tower known by name (open_clip's weights under a tag)
and did not learn stays a name; every other is in the folder.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import TOKENIZER, save_model, seal
from mmgpt.config import ModelConfig
from train.adapters import Lora, adapt, merge
from train.hub import Assembled, Spec, assemble, digest
from train.tasks.backbones import RECORD, begin
from train.weights import load_strict
from vision.clip import Tower
from vision.reader.weights import read_config

log = logging.getLogger(__name__)
_TOWER = "tower"  # folder of a tower's description
_READER = "reader.safetensors"


def restored(run: Path, init: Path | None = None) -> Assembled:
    """The model of a run, adapters merged. `init`: weights that the run started from, where they are no longer where they were.

    Raises FileNotFoundError for what is missing, ValueError where the parts are no longer those that the run trained on.
    """
    path = run / RECORD
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: name the folder of a run with --tower, --decoder or --lora that was evaluated once"
        )
    told: dict[str, Any] = json.loads(path.read_text("utf-8"))
    spec = Spec(**{**told["spec"], "freeze": tuple(told["spec"]["freeze"])})
    if not spec.tokenizer and not spec.decoder:
        spec = replace(spec, tokenizer=str(run / TOKENIZER))
    assembled = assemble(spec)
    model, lora = assembled.model, told["lora"]
    if lora is not None:
        start = init or (Path(told["init"]) if told["init"] else None)
        if start is not None:
            begin(assembled, start)
        known = bool(told["decoder_sha256"])
        if known and digest(model.decoder, assembled.new) != told["decoder_sha256"]:
            raise ValueError(
                f"the decoder ({spec.decoder or spec.preset}, {start or 'no --init'}) is not the one that {run} put adapters on; "
                "name the weights that it started from: --init FILE"
            )
        adapt(model, replace(Lora.from_dict(lora), bits=0), apart=assembled.new, slim=known)
    weights = run / "model.safetensors"
    load_strict(model, load_file(weights), str(weights))
    if lora is not None:
        log.info("%d adapters merged", merge(model.decoder))
    return assembled


def package(assembled: Assembled, out: Path, *, learned: bool, half: bool = True, reader: Path = NANO_WEIGHTS) -> None:
    """Writes a model as a folder of ours: shards, index, configuration, tokenizer; the reader of folder `reader` where it reads lines.

    `learned`: the tower learned, so its weights are its own.
    """
    out.mkdir(parents=True, exist_ok=True)
    model, tower = assembled.model, assembled.tower
    config = model.config
    own: Tower | None = None
    if config.tower is not None and tower is not None:
        name = config.tower.name
        by_name = name.startswith("open_clip:") and "/" in name.split(":", 1)[1]
        own = None if by_name and not learned else tower
        if name.startswith("local-dir:"):
            (out / _TOWER).mkdir(exist_ok=True)
            source = Path(name.removeprefix("local-dir:"))
            shutil.copyfile(source / "open_clip_config.json", out / _TOWER / "open_clip_config.json")
            name = f"local-dir:{_TOWER}"
        elif not name.startswith("open_clip:"):
            name = "nano"  # a trunk of ours, whichever folder it came from
        config = replace(config, tower=replace(config.tower, name=name))
    plain = {k: v for k, v in model.state_dict().items() if not k.startswith("tower.")}
    (out / TOKENIZER).write_text(assembled.tokenizer.to_str(), "utf-8")
    if config.lines is not None:
        if reader.resolve() != out.resolve():
            shutil.copyfile(reader / _READER, out / _READER)
        path = out / "config.json"
        described: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"name": config.name}
        described["reader"] = read_config(reader)["reader"]
        path.write_text(json.dumps(described, indent=1) + "\n", "utf-8")
    save_model(_Named(config, plain), out, own, half)  # type: ignore[arg-type]
    if config.chat is None:
        try:
            from mmgpt.hf.files import write_hf_files

            write_hf_files(out)
        except ImportError:
            log.info("transformers is missing: the files for it are not written")
    seal(out)


class _Named:
    """A model's configuration and weights, as `save_model` takes them."""

    def __init__(self, config: ModelConfig, state: dict[str, Any]) -> None:
        self.config, self._state = config, state

    def state_dict(self) -> dict[str, Any]:
        """The weights, without the tower's."""
        return self._state


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 the run cannot be used, 2 usage."""
    parser = argparse.ArgumentParser(
        prog="mmgpt train merge", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True, help="folder of a run over parts or adapters")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--init", type=Path, help="the weights that the run started from, where they were moved")
    parser.add_argument("--full", action="store_true", help="matrices in full precision instead of half")
    parser.add_argument(
        "--reader", type=Path, default=NANO_WEIGHTS, help="folder whose reader goes with it (models that read lines)"
    )
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        torch.manual_seed(0)
        assembled = restored(options.run, options.init)
        learned = getattr(assembled.model, "tower", None) is not None
        package(assembled, options.out, learned=learned, half=not options.full, reader=options.reader)
        from mmgpt.checkpoint import load_engine

        load_engine(options.out)
    except (ValueError, OSError, RuntimeError) as error:
        if os.environ.get("MMGPT_DEBUG"):
            raise
        print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    log.info("%s: try it with mmgpt ask PICTURE QUESTION --weights %s", options.out, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
