"""One process or many: which device, which rank, how the model is spread, and what all processes must agree on.

accelerate starts the processes' group and places the model (`torchrun`, `accelerate launch` and a single process are alike), and wraps
it for DDP. FSDP2 is PyTorch's `fully_shard`, called here, because accelerate shards on accelerators alone and ours also runs on CPUs.
One process on a named device needs no accelerate.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

SHARDINGS = ("ddp", "fsdp")
_PATIENCE = timedelta(hours=3)  # all wait while the first process evaluates and saves


class World:
    """This process among all that train together."""

    def __init__(self, device: str = "cpu") -> None:
        """`device` as torch names it, or auto. With several processes each takes the one of its own.

        Raises RuntimeError where accelerate is needed and missing, ValueError where the device is not there.
        """
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = 0
        self.accelerator: Any = None
        if self.size > 1 or device == "auto":
            self._accelerate(device)
        else:
            self.device = torch.device(device)
        if self.device.type == "cuda" and not torch.cuda.is_available():
            raise ValueError(f"no CUDA device is visible to PyTorch {torch.__version__}; use --device cpu")

    def _accelerate(self, device: str) -> None:
        try:
            from accelerate import Accelerator, DistributedDataParallelKwargs, InitProcessGroupKwargs
        except ModuleNotFoundError as error:
            raise RuntimeError(
                f"{self.size} processes and --device auto need the package accelerate: pip install accelerate"
            ) from error
        cpu = device.startswith("cpu")
        # Not every batch uses every part (text alone, chats without a picture), and ranks differ in that.
        unused = DistributedDataParallelKwargs(find_unused_parameters=True)
        group = InitProcessGroupKwargs(backend="gloo" if cpu else None, timeout=_PATIENCE)
        threads = torch.get_num_threads()
        self.accelerator = Accelerator(cpu=cpu, kwargs_handlers=[unused, group], mixed_precision="no")
        if cpu:
            torch.set_num_threads(threads)  # accelerate sets it to what it thinks best
        self.device = self.accelerator.device
        self.rank, self.size = self.accelerator.process_index, self.accelerator.num_processes

    @property
    def main(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    # -- the model -----------------------------------------------------------------------------------------------------------

    def spread(self, objective: nn.Module, layers: Sequence[nn.Module], sharding: str) -> nn.Module:
        """`objective` as all processes run it: as it is (one process), replicated (ddp), or its parameters sharded (fsdp).

        Sharded layers are those that are entered by `forward` alone; all the rest is one group that is gathered during a step.
        Raises ValueError for an unknown sharding.
        """
        if sharding not in SHARDINGS:
            raise ValueError(f"unknown sharding {sharding!r}; one of {', '.join(SHARDINGS)}")
        if self.size == 1:
            return objective.to(self.device)
        if sharding == "ddp":
            return self.accelerator.prepare_model(objective)
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        objective.to(self.device)
        for tensor in [*objective.parameters(), *objective.buffers()]:
            dist.broadcast(tensor.detach(), 0)  # shards are cut from what each process has: it must be the same
        mesh = init_device_mesh(self.device.type, (self.size,))
        for layer in layers:
            if not hasattr(layer, "memory_kv"):  # cross-attention is entered twice, and not by every batch
                fully_shard(layer, mesh=mesh)
        fully_shard(objective, mesh=mesh)
        return objective

    def full(self, tensor: Tensor) -> Tensor:
        """The whole of a tensor, on the CPU (all processes must ask for it); its own memory where it is there already."""
        whole = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
        return whole.detach().cpu()

    # -- agreement -----------------------------------------------------------------------------------------------------------

    def sums(self, values: Sequence[float]) -> list[float]:
        """Each value summed over all processes."""
        if self.size == 1:
            return list(values)
        kind = torch.float32 if self.device.type == "mps" else torch.float64
        tensor = torch.tensor(values, dtype=kind, device=self.device)
        dist.all_reduce(tensor)
        return tensor.tolist()

    def any(self, here: bool) -> bool:
        """Whether it holds in any process."""
        return here if self.size == 1 else self.sums([float(here)])[0] > 0

    def from_main(self, value: Any) -> Any:
        """What the first process has, in all of them."""
        if self.size == 1:
            return value
        held = [value]
        dist.broadcast_object_list(held, 0, device=self.device)
        return held[0]

    def gathered(self, value: Any) -> list[Any]:
        """Every process's value, in the order of ranks, in all of them."""
        if self.size == 1:
            return [value]
        held: list[Any] = [None] * self.size
        dist.all_gather_object(held, value)
        return held

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            dist.barrier()

    def close(self) -> None:
        """Leaves the group of processes."""
        if self.accelerator is not None and dist.is_initialized():
            self.accelerator.end_training()


class Objective(nn.Module):
    """A task's loss as a module, so that DDP and FSDP see a `forward`; the model is its only part.

    Under FSDP every process must reduce the same gradients: parameters that this batch did not use get zeros (`touch`).
    """

    def __init__(self, task: Any) -> None:
        super().__init__()
        self.model: nn.Module = task.model
        self._task = [task]  # in a list: a task that is a module would become a part
        self.touch = False

    def forward(self, batch: Any, step: int, total: int) -> tuple[Tensor, int]:
        """The task's mean loss and its number of samples."""
        loss, count = self._task[0].loss(batch, step, total)
        if self.touch:
            whole = [p for p in self.parameters() if p.requires_grad and not hasattr(p, "full_tensor")]
            for parameter in whole:
                loss = loss + 0.0 * parameter.flatten()[:1].sum()
        return loss, count


def forget_untouched(parameters: Sequence[Tensor], world: World) -> None:
    """Gradients that are zero in every process become none, as they are where nothing touched the parameter.

    Without it weight decay would wear off what a run does not use. `parameters` are the same in all processes.
    """
    flags = torch.zeros(len(parameters), device=world.device)
    for i, parameter in enumerate(parameters):
        gradient = parameter.grad
        if gradient is not None:
            shard = gradient.to_local() if hasattr(gradient, "to_local") else gradient
            flags[i] = shard.count_nonzero() > 0
    dist.all_reduce(flags, dist.ReduceOp.MAX)
    for parameter, used in zip(parameters, flags.tolist(), strict=True):
        if not used:
            parameter.grad = None
