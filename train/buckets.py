"""Less padding: how long packed rows had best be, and which entries of a batch are computed together.

Nothing that is learned depends on either: losses are the same to rounding, only what is computed for nothing shrinks.
"""

from __future__ import annotations

from collections.abc import Sequence

from mmgpt.config import DecoderConfig

GROUP = 0.1  # what a group of its own costs, as a share of all that is needed: kernels are started again


def first_fit(sizes: Sequence[int], capacity: int) -> list[list[int]]:
    """Items into as few bins as first-fit-decreasing finds; ties keep their order. Raises ValueError, naming both numbers, for an item
    that fits into none."""
    bins: list[list[int]] = []
    left: list[int] = []
    for item in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        size = sizes[item]
        if size > capacity:
            raise ValueError(f"a conversation takes {size} tokens and the most is {capacity}: cut it, or allow more")
        place = next((b for b, room in enumerate(left) if room >= size), len(bins))
        if place == len(bins):
            bins.append([])
            left.append(capacity)
        bins[place].append(item)
        left[place] -= size
    return bins


def groups(sizes: Sequence[int], most: int = 4, price: float = GROUP) -> list[list[int]]:
    """Entries of a batch that are padded to a common size, at most `most` groups: the sum of count · largest, and `price` · all sizes for
    each group, is least. Places are sorted within a group; every place is in exactly one. Of equals the fewest groups."""
    order = sorted(range(len(sizes)), key=lambda i: (sizes[i], i))
    extra = price * sum(sizes)
    n = len(order)
    if not n:
        return []
    # best[k][j]: the first j of `order` in k groups, and where the last of them begins.
    best = [[(0.0, 0)] + [(float("inf"), 0)] * n]
    for _ in range(min(most, n)):
        row = [(float("inf"), 0)] * (n + 1)
        for j in range(1, n + 1):
            largest = sizes[order[j - 1]]
            row[j] = min((best[-1][i][0] + (j - i) * largest + extra, i) for i in range(j))
        best.append(row)
    k = min(range(1, len(best)), key=lambda count: best[count][n][0])
    found, end = [], n
    for level in range(k, 0, -1):
        begin = best[level][end][1]
        found.append(sorted(order[begin:end]))
        end = begin
    return sorted(found)


def even_length(decoder: DecoderConfig) -> float:
    """The length of a row at which attention over it takes as long as everything else: per token and layer 2 · length · heads · head_dim
    products stand against the layer's weights. Attention with a mask was measured to reach a quarter of what matrix products do (nano, a
    Zen 3 core; rows of 198 to 1,024 tokens)."""
    width, inner, keys = decoder.width, decoder.heads * decoder.head_dim, decoder.kv_heads * decoder.head_dim
    layer = width * (2 * inner + 2 * keys + 3 * decoder.feed_forward)
    return layer * decoder.layers / (4 * 2 * inner * max(len(decoder.self_attention_layers), 1))


def row_length(sizes: Sequence[int], longest: int, even: float) -> int:
    """How long packed rows are best for documents of these sizes: long rows pad little, and attention over them is dear.

    Of lengths from the longest document to `longest` tokens the one with the least padded tokens · (1 + length / `even`). With a
    document longer than `longest` it is `longest`: packing then refuses it.
    """
    biggest = max(sizes)
    if biggest >= longest:
        return longest
    tried = {biggest, longest}
    step = max(16, (longest - biggest) // 24)
    tried |= set(range(biggest, longest, step))
    price = {}
    for room in sorted(tried):
        rows = [sum(sizes[i] for i in members) for members in first_fit(sizes, room)]
        wide = max(rows)
        price[room] = len(rows) * wide * (1 + wide / even)
    return min(price, key=lambda room: (price[room], room))
