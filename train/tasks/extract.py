"""Train the extractor on simulated perception: `python -m train.tasks.extract --out runs/extract --minutes 20`.

No pixels: content is drawn from the world, laid out by rule of thumb, read with the habits of four readers. The run goes
on where it stopped when its folder holds a checkpoint; a checkpoint is replaced in one step or not at all.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mmgpt.extractor.model import ExtractorConfig, LineNetwork, collate
from train.data.read_pages import read_folder
from train.data.world import harvested
from train.data.world.content import CATEGORIES, KINDS, ROLES
from train.data.world.targets import UNKNOWN, Sample, dense, losses, make_sample, sample_of
from train.data.world.vocabulary import known_apps

log = logging.getLogger(__name__)
POOL = 8  # batches drawn at once and sorted by length
USES = 3  # a drawn sample is used so often: drawing costs as much as learning
PAGE_SHARE = 0.25
"""Of the samples, where read pages are given."""
WORD_DROPOUT, NAME_DROPOUT = 0.1, 0.4
MEASURE_SECONDS = 300
TEMPERATURES = tuple(round(1.12**step, 3) for step in range(16))


WEIGHTS = {
    "error": 1.0,
    "kind": 0.5,
    "category": 1.5,
    "role": 0.2,
    "message": 1.0,
    "follow": 1.0,
    "code": 1.0,
    "app": 1.0,
}


@torch.no_grad()
def measure(network: LineNetwork, samples: list[Sample], batch_size: int = 32) -> dict[str, float]:
    """Shares of right answers: error, kind, category (errors), message line, code (errors), app."""
    network.eval()
    config = network.config
    right: dict[str, list[float]] = {}
    for first in range(0, len(samples), batch_size):
        part = samples[first : first + batch_size]
        batch = collate([sample.prepared.tensors for sample in part])
        output = network(batch)
        code, _ = dense(output.code, batch.code_page, len(part))
        code = torch.cat([output.code_none[:, None], code], 1).argmax(1)
        app_scores, _ = dense(output.app, batch.app_page, len(part))
        app = torch.cat([output.app_known, app_scores], 1).argmax(1)
        for index, sample in enumerate(part):
            fields = sample.simulated.fields
            note = right.setdefault
            note("error", []).append(float((output.error[index] > 0) == fields.is_error))
            note("kind", []).append(float(config.kinds[int(output.kind[index].argmax())] == fields.kind))
            if fields.is_error and fields.category_known:
                note("category", []).append(
                    float(config.categories[int(output.category[index].argmax())] == fields.category)
                )
            if fields.is_error:
                if sample.message >= 0:
                    note("message", []).append(float(int(output.message[index].argmax()) == sample.message))
                if sample.code_known:
                    note("code", []).append(float(int(code[index]) in ([1 + entry for entry in sample.codes] or [0])))
            chosen = int(app[index])
            note("app", []).append(float(chosen == sample.app or chosen - len(config.apps) in sample.apps))
    network.train()
    return {name: sum(values) / len(values) for name, values in right.items()}


@torch.no_grad()
def calibrate(network: LineNetwork, samples: list[Sample], batch_size: int = 32) -> dict[str, float]:
    """The temperature of each head that makes the right answers of `samples` likeliest, out of a fixed grid."""
    network.eval()
    config = network.config
    costs: dict[str, Tensor] = {
        name: torch.zeros(len(TEMPERATURES)) for name in ("error", "kind", "category", "message", "code", "app")
    }
    cross = nn.functional.cross_entropy
    for first in range(0, len(samples), batch_size):
        part = samples[first : first + batch_size]
        fields = [sample.simulated.fields for sample in part]
        batch = collate([sample.prepared.tensors for sample in part])
        output = network(batch)
        code, _ = dense(output.code, batch.code_page, len(part))
        code = torch.cat([output.code_none[:, None], code], 1)
        app, _ = dense(output.app, batch.app_page, len(part))
        app = torch.cat([output.app_known, app], 1)
        is_error = torch.tensor([float(entry.is_error) for entry in fields])
        kind = torch.tensor([config.kinds.index(entry.kind) for entry in fields])
        failing = [index for index, entry in enumerate(fields) if entry.is_error]
        pointed = [index for index in failing if part[index].message >= 0]
        coded = [index for index in failing if part[index].code_known]
        for number, heat in enumerate(TEMPERATURES):
            costs["error"][number] += nn.functional.binary_cross_entropy_with_logits(
                output.error / heat, is_error, reduction="sum"
            )
            costs["kind"][number] += cross(output.kind / heat, kind, reduction="sum")
            told = [index for index in failing if fields[index].category_known]
            if told:
                category = torch.tensor([config.categories.index(fields[index].category) for index in told])
                costs["category"][number] += cross(output.category[told] / heat, category, reduction="sum")
            for index in pointed:
                costs["message"][number] -= (output.message[index] / heat).log_softmax(0)[part[index].message]
            for index in coded:
                right = [1 + entry for entry in part[index].codes] or [0]
                costs["code"][number] -= (code[index] / heat).log_softmax(0)[right].logsumexp(0)
            for index, sample in enumerate(part):
                right = [len(config.apps) + entry for entry in sample.apps]
                if sample.app >= 0 or not right:
                    right.append(max(sample.app, UNKNOWN))
                costs["app"][number] -= (app[index] / heat).log_softmax(0)[right].logsumexp(0)
    network.train()
    return {name: TEMPERATURES[int(cost.argmin())] for name, cost in costs.items()}


def save(folder: Path, state: dict[str, object]) -> None:
    """Write the checkpoint in one step."""
    temporary = folder / "checkpoint.pt.new"
    torch.save(state, temporary)
    os.replace(temporary, folder / "checkpoint.pt")


def export(folder: Path, network: LineNetwork, temperatures: dict[str, float] | None = None) -> None:
    """Write `extractor.safetensors` (half precision) and `extractor.json` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().to(torch.float16).contiguous() for name, value in network.state_dict().items()}
    save_file(tensors, folder / "extractor.safetensors.new")
    os.chmod(folder / "extractor.safetensors.new", 0o644)  # safetensors writes for its owner alone
    os.replace(folder / "extractor.safetensors.new", folder / "extractor.safetensors")
    described = {
        "architecture": "line-network/1",
        "config": network.config.to_dict(),
        "temperatures": temperatures or {},
    }
    (folder / "extractor.json").write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def new_network() -> LineNetwork:
    """A network over the words of today's world."""
    return LineNetwork(
        ExtractorConfig(ROLES, KINDS, CATEGORIES, known_apps(), word_dropout=WORD_DROPOUT, name_dropout=NAME_DROPOUT)
    )


def warm_start(network: LineNetwork, source: Path) -> None:
    """Take over trained tensors: the averaged ones of a `checkpoint.pt`, or a weights folder's.

    Of a matrix that has grown, the part that was there (the rest zero); of the head over known programs, the rows of the names that both
    know, by the `extractor.json` beside the tensors. Raises FileNotFoundError where that is missing.
    """
    folder = source if source.is_dir() else source.parent
    described = json.loads((folder / "extractor.json").read_text(encoding="utf-8"))
    if source.is_dir():
        given = {name: value.float() for name, value in load_file(folder / "extractor.safetensors").items()}
    else:
        given = torch.load(source, weights_only=True)["average"]
    before = {name: row for row, name in enumerate(described["config"]["apps"])}
    known = [(row, before[name]) for row, name in enumerate(network.config.apps) if name in before]
    state = network.state_dict()
    for name, value in state.items():
        old = given.get(name)
        if old is None:
            continue
        if name.startswith("app_known.2"):
            to, at = (torch.tensor(rows) for rows in zip(*known, strict=True))
            value[to] = old[at]
        elif old.shape == value.shape:
            value.copy_(old)
        elif old.dim() == 2 and old.shape[0] == value.shape[0] and old.shape[1] < value.shape[1]:
            value.zero_()
            value[:, : old.shape[1]] = old
    network.load_state_dict(state)


def train(
    out: Path,
    minutes: float,
    seed: int = 1,
    batch_size: int = 32,
    rate: float = 2e-3,
    schedule: float | None = None,
    init: Path | None = None,
    measured: int = 200,
    steps: int | None = None,
    pages: Sequence[Path] = (),
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, float]:
    """Train for so many minutes (going on from `out/checkpoint.pt` when there is one); returns the last measurement.

    `pages` are folders of read pages (`train.data.read_pages`), PAGE_SHARE of what is learned from. `schedule` is the
    length in minutes that the learning rate is planned for, by default this run's; `init` a checkpoint or weights folder
    that a new run begins from (see `warm_start`); `measured` the number of held-out pages measured on; `steps` ends the
    run earlier, after so many in all; when `stop` says so the run is saved and returns without measuring.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    network = new_network()
    app_index = {name: index for index, name in enumerate(network.config.apps)}
    average = {name: value.clone() for name, value in network.state_dict().items()}
    groups = [
        {
            "params": [
                value for name, value in network.named_parameters() if name.startswith(("table", "weight")) is bags
            ],
            "scale": 3.0 if bags else 1.0,
        }
        for bags in (True, False)
    ]
    optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=0.02, betas=(0.9, 0.98), fused=True)
    step, spent = 0, 0.0
    path = out / "checkpoint.pt"
    if path.is_file():
        state = torch.load(path, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        average, step, spent = state["average"], state["step"], state["spent"]
        log.info("going on from step %d (%.1f minutes)", step, spent)
    elif init is not None:
        warm_start(network, init)
        average = {name: value.clone() for name, value in network.state_dict().items()}
    held_out = [make_sample(10_000_000 + index, "held_out", app_index) for index in range(measured)]
    seen = [make_sample(20_000_000 + index, "train", app_index) for index in range(measured // 2)]
    real = [sample_of(page, app_index) for folder in pages for page in read_folder(folder)]
    if real:
        log.info("%d read pages", len(real))
    planned = schedule if schedule is not None else minutes
    begin = saved = time.monotonic()
    sums: dict[str, float] = {}
    count = 0
    waiting: list[list[Sample]] = []
    while True:
        now = time.monotonic()
        used = spent + (now - begin) / 60
        done = used >= minutes or (steps is not None and step >= steps)
        halted = stop()
        if done or halted or now - saved > MEASURE_SECONDS:
            save(
                out,
                {
                    "network": network.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "average": average,
                    "step": step,
                    "spent": used,
                },
            )
            if halted:
                return {}
            kept = {name: value.clone() for name, value in network.state_dict().items()}
            network.load_state_dict(average)
            export(out, network)
            scores = {f"held_out_{name}": value for name, value in measure(network, held_out).items()} | {
                f"seen_{name}": value for name, value in measure(network, seen).items()
            }
            network.load_state_dict(kept)
            record = {
                "step": step,
                "samples": step * batch_size // USES,
                "minutes": round(used, 2),
                **{f"loss_{name}": round(value / max(count, 1), 4) for name, value in sums.items()},
                **{name: round(value, 4) for name, value in scores.items()},
            }
            with (out / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            log.info("%s", record)
            sums, count, saved = {}, 0, time.monotonic()
            begin += saved - now  # measuring is not training time
            if done:
                return scores
        progress = min(1.0, used / planned)
        for group in optimiser.param_groups:
            group["lr"] = (
                group["scale"]
                * rate
                * min(1.0, (step + 1) / 200)
                * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
            )
        if not waiting:  # batches of pages of like length: little padding
            first = seed * 1_000_000_007 + step * batch_size
            pool = [make_sample(first + index, "train", app_index) for index in range(batch_size * POOL)]
            shuffler = random.Random(step)
            if real:
                for index in range(len(pool)):
                    if shuffler.random() < PAGE_SHARE:
                        pool[index] = shuffler.choice(real)
            for _ in range(USES):
                pool.sort(key=lambda sample: len(sample.prepared.page.texts) + 4 * shuffler.random())
                waiting += [pool[index * batch_size : (index + 1) * batch_size] for index in range(POOL)]
            shuffler.shuffle(waiting)
        samples = waiting.pop()
        batch = collate([sample.prepared.tensors for sample in samples])
        output = network(batch)
        parts = losses(network, batch, output, samples)
        total = torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum()
        optimiser.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            decay = min(0.99, (step + 1) / (step + 20))
            for name, value in network.state_dict().items() if step % 5 == 0 else ():
                average[name].lerp_(value, 1 - decay) if value.is_floating_point() else average[name].copy_(value)
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach())
        step, count = step + 1, count + 1


def finish(out: Path, count: int = 400, seed: int = 30_000_000) -> dict[str, float]:
    """Fit the temperatures of a run on held-out families and write its weights again with them; returns them.

    Raises FileNotFoundError when the folder holds no checkpoint.
    """
    network = new_network()
    network.load_state_dict(torch.load(out / "checkpoint.pt", weights_only=True)["average"])
    app_index = {name: index for index, name in enumerate(network.config.apps)}
    temperatures = calibrate(network, [make_sample(seed + index, "held_out", app_index) for index in range(count)])
    export(out, network, temperatures)
    return temperatures


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the extractor on simulated perception.")
    parser.add_argument("--out", type=Path, default=Path("runs/extract"), help="folder of checkpoints and weights")
    parser.add_argument(
        "--minutes", type=float, default=20.0, help="training time in all, with earlier runs of the folder"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--schedule", type=float, default=None, help="minutes the learning rate is planned for")
    parser.add_argument(
        "--init", type=Path, default=None, help="a checkpoint.pt or a weights folder that a run begins from"
    )
    parser.add_argument(
        "--pages", type=Path, nargs="+", default=[], help="folders of read pages (train.data.read_pages)"
    )
    parser.add_argument(
        "--only-calibrate", action="store_true", help="no training: fit the temperatures of what is there"
    )
    parser.add_argument(
        "--harvest", default="auto", help="folder of real messages, auto (the cache's, if gathered) or none"
    )
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    folder = harvested.choose(arguments.harvest)
    harvested.activate(folder)
    log.info("harvest: %s", folder or "none")
    if not arguments.only_calibrate:
        train(
            arguments.out,
            arguments.minutes,
            arguments.seed,
            arguments.batch,
            arguments.rate,
            arguments.schedule,
            arguments.init,
            pages=arguments.pages,
        )
    log.info("temperatures %s", finish(arguments.out))


if __name__ == "__main__":
    main()
