"""What `mmgpt estimate` says, in words and columns."""

from __future__ import annotations

from typing import Any


def count(value: float) -> str:
    """A number in thousands, millions, …, three digits."""
    for size, letter in ((1e15, " P"), (1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g} "


def size(value: float) -> str:
    """Bytes in 10⁹, 10⁶ or 10³."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= unit:
            return f"{value / unit:,.3g} {name}"
    return f"{value:.0f} B"


def time(hours: float) -> str:
    """Hours, minutes or days."""
    if hours >= 72:
        return f"{hours / 24:,.1f} days"
    return f"{hours:,.1f} h" if hours >= 1 else f"{60 * hours:.2g} min"


def text_of(found: dict[str, Any]) -> str:
    """An estimate (`train.estimate.estimate`) as text."""
    plan, parameters, flops = found["plan"], found["parameters"], found["flops"]
    shape = plan["shape"]
    rows = [f"{found['model']}: {parameters['total']:,} parameters, {parameters['learning']:,} learn", ""]
    rows += [
        f"  {name:<16}{value:>18,}" for name, value in parameters.items() if value and name not in ("total", "learning")
    ]
    whole, short = found["training_bytes"], found["training_bytes_recomputing"]
    each = max(1, -(-plan["batch"] // (plan["gpus"] * plan["accumulate"])))
    rows += ["", (
        f"to train, each of {plan['gpus']} ({plan['sharding']}, {plan['dtype']}, {plan['optimizer']}), {each} rows at a time of "
        f"{shape['tokens']} tokens and {flops['memory_tokens']} of memory:"
    )]  # fmt: skip
    rows += [f"  {name:<16}{size(value):>12}" for name, value in whole.items() if name != "total"]
    rows += [
        f"  {'total':<16}{size(whole['total']):>12}   with --recompute {size(short['total'])} (activations {size(short['activations'])})"
    ]
    rows += ["", f"to serve one conversation of {shape['tokens']} tokens about one picture:"]
    for dtype, parts in found["serving_bytes"].items():
        rest = parts["total"] - parts["weights"]
        rows.append(
            f"  {dtype:<16}{size(parts['total']):>12}   weights {size(parts['weights'])}, the conversation {size(rest)}"
        )
    rows += [
        "", f"operations: {count(flops['picture'])}FLOP to look at a picture of {shape['width']} × {shape['height']} (without the reader), "
        f"{count(flops['token'])}FLOP for each token of an answer,",
        f"  {count(flops['training_row'])}FLOP to learn from a row, {count(flops['training_step'])}FLOP a step",
    ]  # fmt: skip
    rows += [
        "",
        f"{'machine':<14}{'peak':>12}{'memory':>9}{'used':>7}{'rows/s on ' + str(plan['gpus']):>16}{'fits':>18}",
    ]
    for name, machine in found["machines"].items():
        room = machine["gigabytes"] * 1e9 * 0.95
        fits = "yes" if whole["total"] < room else "with --recompute" if short["total"] < room else "no"
        rows.append(
            f"{name:<14}{machine['tflops']:>8,.4g} TF{machine['gigabytes']:>6} GB{machine['mfu']:>7.0%}"
            f"{machine['rows_per_second']:>16,.1f}{fits:>18}"
        )
    rows.append(
        "peaks are the makers' (dense, half precision; the processor's float32); `used` is an assumption: --mfu sets it"
    )
    if "hours" in found:
        rows += ["", f"recipe {found['recipe']}, on {plan['gpus']} of each:"]
        names = list(found["machines"])
        rows.append(f"  {'':<12}" + "".join(f"{name:>14}" for name in names))
        for stage, spent in found["hours"].items():
            rows.append(f"  {stage:<12}" + "".join(f"{time(spent[name]):>14}" for name in names))
    return "\n".join(rows)
