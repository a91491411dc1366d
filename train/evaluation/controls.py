"""Two things that must fail: a reader with random weights, and an extractor that is shown an empty page.

They guard the evaluation itself: a measure on which either does well measures nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from vision.reader.types import Line, TextReader

CONTROLS = ("random-weights", "empty-page")


class EmptyPage:
    """A reader that finds no lines on any picture."""

    name = "empty-page"

    def read(self, image: np.ndarray) -> list[Line]:
        """Nothing, whatever the picture."""
        return []


def randomise(reader: TextReader, seed: int = 0) -> int:
    """Gives every network inside a reader fresh weights, in place, and returns the number of parameters.

    Layers are initialised as their own `reset_parameters` does it; other parameters get a normal distribution of
    deviation 0.02. Raises ValueError when the reader holds no network, for then the control would control nothing.
    """
    modules = _networks(reader)
    count = sum(parameter.numel() for module in modules for parameter in module.parameters())
    if not count:
        raise ValueError(f"the reader '{reader.name}' holds no network: random weights make sense for 'nano' alone")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for network in modules:
            for module in network.modules():
                reset = getattr(module, "reset_parameters", None)
                if callable(reset):
                    reset()
                else:
                    for parameter in module.parameters(recurse=False):
                        nn.init.normal_(parameter, std=0.02)
    return count


def _networks(holder: object, depth: int = 2) -> list[nn.Module]:
    """Networks among an object's attributes, and among those of its attributes."""
    slots = [name for kind in type(holder).__mro__ for name in getattr(kind, "__slots__", ())]
    values = [getattr(holder, name) for name in slots if hasattr(holder, name)] + list(vars(holder).values())
    found: list[nn.Module] = []
    for value in values:
        if isinstance(value, nn.Module):
            found.append(value)
        elif depth > 1 and type(value).__module__.split(".")[0] in {"vision", "mmgpt"} and hasattr(value, "__dict__"):
            found += _networks(value, depth - 1)
    return found
