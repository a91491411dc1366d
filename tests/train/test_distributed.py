"""Two processes on gloo, started by torchrun, end where one process ends: replicated, sharded, divided, resumed."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

pytest.importorskip("accelerate", reason="several processes need accelerate: pip install accelerate")

from tests.train.distributed_run import PLANS, STEPS, Answers, settings
from train.distributed import World
from train.trainer import RunConfig, Trainer

ROOT = Path(__file__).parents[2]
LAST = f"checkpoints/step-{STEPS:08d}.safetensors"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def torchrun(*command: str) -> list[str]:
    return [
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-addr", "127.0.0.1",
        "--master-port", str(free_port()), *command,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    Trainer(Answers(), settings(out / "one")).run()
    begun = Trainer(Answers(), settings(out / "begun by one"))
    begun._one()
    begun._one()
    begun._save()
    command = torchrun("-m", "tests.train.distributed_run", str(out))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-3000:]
    two_nodes(out)
    return out


def two_nodes(out: Path) -> None:
    """The command of the documentation, once for each of two nodes that are both this machine: an agent and a process each."""
    port = str(free_port())
    agents = []
    for rank in (0, 1):
        command = [
            sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--node-rank", str(rank), "--nproc-per-node", "1",
            "--master-addr", "127.0.0.1", "--master-port", port, "-m", "tests.train.distributed_run", str(out), "nodes",
        ]  # fmt: skip
        agents.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    try:
        for agent in agents:
            _, said = agent.communicate(timeout=180)
            assert agent.returncode == 0, said[-3000:]
    finally:
        for agent in agents:
            agent.kill()


@pytest.mark.parametrize("name", [*PLANS, "begun by one", "two nodes"])
def test_two_processes_are_one_within_tolerance(name: str, runs: Path) -> None:
    one, two = load_file(runs / "one" / LAST), load_file(runs / name / LAST)
    assert set(one) == set(two), "a parameter that no batch uses has no optimizer state, however many processes"
    unused = [k for k in one if k.startswith("model.projector")]
    assert unused and not any(k.startswith("optimizer.projector.") for k in one)
    moved, begin = 0, Answers().model.state_dict()
    for key, value in one.items():
        # Adam divides by the gradient's size: where that is next to nothing, rounding decides the direction.
        close = torch.isclose(value.float(), two[key].float(), rtol=1e-3, atol=2e-5)
        assert close.float().mean() > 0.999, key
        assert key in unused or not key.startswith("model.") or torch.allclose(value, two[key], atol=5e-4), key
        moved += key.startswith("model.") and not torch.equal(value, begin[key[6:]])
    assert moved > 40, "the run has taught nothing"
    assert all(torch.equal(one[k], two[k]) for k in unused)
    last = [(runs / run / "curve.csv").read_text().split()[-1].split(",") for run in ("one", name)]
    assert last[0][:2] == last[1][:2] and float(last[0][3]) == pytest.approx(float(last[1][3]), abs=1e-4)


def test_each_node_had_a_process_of_its_own(runs: Path) -> None:
    assert [(runs / f"node of rank {rank}").read_text() for rank in (0, 1)] == ["0", "1"]


def test_one_process_goes_on_where_two_stopped(runs: Path) -> None:
    """The checkpoint of a sharded run, with all that the optimizer knows."""
    more = settings(runs / "fsdp", steps=STEPS + 1, decay=0)
    from_two = Trainer(Answers(), more)
    assert from_two.step == STEPS
    from_one = Trainer(Answers(), settings(runs / "one", steps=STEPS + 1, decay=0))
    assert from_two._one() == pytest.approx(from_one._one(), abs=1e-5)
    for name, value in from_one.model.state_dict().items():
        assert torch.allclose(value, from_two.model.state_dict()[name], atol=5e-4), name


def test_a_stop_signal_to_one_process_stops_and_saves_both_at_the_same_step(runs: Path) -> None:
    said = [(runs / "stopped" / f"rank {rank}").read_text() for rank in (0, 1)]
    assert said[0] == said[1] == "stopped at step 3; the same command goes on from there"
    assert Trainer(Answers(), settings(runs / "stopped", steps=10**6)).step == 3


def test_without_accelerate_several_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(RuntimeError, match=r"2 processes .* pip install accelerate"):
        World("cpu")


def test_an_unknown_sharding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown sharding 'zero'; one of ddp, fsdp"):
        Trainer(Answers(), RunConfig(out=tmp_path, sharding="zero"))
