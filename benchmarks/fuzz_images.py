"""Damaged pictures, many of them, through POST /v1/read: each must get 200, or 400 with one of the codes for pictures, never 5xx.

``python -m benchmarks.fuzz_images --count 20000 --url http://127.0.0.1:8000 [--key KEY]`` asks a server that runs; without ``--url``
one is started (``--model DIR`` for its weights; small ones, as `mmgpt train all --preset debug` makes them, are enough). Picture
number n is the same each time: ``--first n --count 1 --save FILE`` writes one that was trouble. Exit code 1 where something did not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import random
import struct
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import httpx
from PIL import Image, ImageDraw

CODES = frozenset(
    {"invalid_image", "invalid_image_format", "image_truncated", "image_too_large", "image_decode_failed"}
)
"""What a picture may be refused with."""
LEAST = 0.4
"""The share that must still be decoded and answered: others would try the sniffing of formats and nothing behind it."""
Rng = random.Random


@dataclass
class Outcome:
    """What came of a run. `wrong` holds the number of each picture whose answer was not allowed, and that answer's beginning."""

    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0

    @property
    def answered(self) -> float:
        """The share that got 200."""
        return self.statuses[200] / max(sum(self.statuses.values()), 1)

    @property
    def good(self) -> bool:
        """Whether everything held."""
        return not self.wrong and self.answered >= LEAST


# -- pictures ------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _whole() -> tuple[bytes, ...]:
    """Sound pictures of all five formats, in several of their kinds."""
    base = Image.new("RGB", (96, 64), (250, 250, 245))
    draw = ImageDraw.Draw(base)
    for y in range(6, 60, 12):
        draw.text((4, y), "no such file", (10, 10, 30))
    noise = Image.effect_noise((48, 40), 80).convert("RGB")
    alpha = base.convert("RGBA")
    alpha.putalpha(Image.effect_noise(base.size, 90))
    exif = Image.Exif()
    exif[0x0112] = 6
    kinds: list[tuple[Image.Image, str, dict[str, object]]] = []
    for image in (base, noise):
        kinds += [
            (image, "PNG", {}), (image, "JPEG", {"quality": 80}), (image, "WEBP", {}), (image, "GIF", {}), (image, "BMP", {}),
            (image, "PNG", {"compress_level": 0}), (image, "JPEG", {"progressive": True, "exif": exif}),
            (image, "WEBP", {"lossless": True}),
            (image.convert("L"), "JPEG", {}), (image.quantize(16), "PNG", {"transparency": 0}), (image.quantize(8), "BMP", {}),
            (image.convert("1"), "PNG", {}), (image.convert("CMYK"), "JPEG", {}), (image.convert("L"), "BMP", {}),
        ]  # fmt: skip
    kinds += [(alpha, "PNG", {}), (alpha, "WEBP", {}), (base.convert("I;16"), "PNG", {})]
    frames = [noise.rotate(90 * turn) for turn in range(3)]
    kinds += [(frames[0], format, {"save_all": True, "append_images": frames[1:]}) for format in ("GIF", "PNG", "WEBP")]
    found = []
    for image, format, options in kinds:
        buffer = io.BytesIO()
        image.save(buffer, format, **options)
        found.append(buffer.getvalue())
    return tuple(found)


def _bits(rng: Rng, data: bytearray) -> None:
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _late_bytes(rng: Rng, data: bytearray) -> None:
    for _ in range(rng.randint(1, 20)):
        data[rng.randrange(len(data) // 2, len(data))] = rng.randrange(256)


def _head(rng: Rng, data: bytearray) -> None:
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(min(64, len(data)))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))


def _number(rng: Rng, data: bytearray) -> None:
    """A number of two or four bytes becomes an extreme one."""
    at = rng.randrange(max(len(data) - 4, 1))
    value = rng.choice((0, 1, 2**15 - 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1))
    form = rng.choice(("<H", ">H", "<I", ">I"))
    part = struct.pack(form, value & (0xFFFF if form[1] == "H" else 0xFFFFFFFF))
    data[at : at + len(part)] = part


def _cut(rng: Rng, data: bytearray) -> None:
    del data[rng.randrange(1, len(data)) :]


def _cut_little(rng: Rng, data: bytearray) -> None:
    del data[-rng.randint(1, 12) :]


def _tail(rng: Rng, data: bytearray) -> None:
    data += rng.randbytes(rng.randint(1, 400))


def _zeros(rng: Rng, data: bytearray) -> None:
    at, size = rng.randrange(len(data)), rng.randint(1, 40)
    data[at : at + size] = bytes(len(data[at : at + size]))


def _splice(rng: Rng, data: bytearray) -> None:
    start, at = rng.randrange(len(data)), rng.randrange(len(data))
    data[at:at] = data[start : start + rng.randint(1, 200)]


def _insert(rng: Rng, data: bytearray) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.randint(1, 30))


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return found


def _png_inside(rng: Rng, data: bytearray) -> None:
    """Behind sums that are right again: what a sum guards is what a decoder trusts. Other formats lose some bits."""
    if not data.startswith(b"\x89PNG"):
        return _bits(rng, data)
    chunks = _chunks(bytes(data))
    way = rng.randrange(4)
    at = rng.randrange(len(chunks))
    if way == 0 and chunks[at][1]:
        body = bytearray(chunks[at][1])
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
        chunks[at] = (chunks[at][0], bytes(body))
    elif way == 1:
        chunks.insert(at, chunks[rng.randrange(len(chunks))])
    elif way == 2 and len(chunks) > 2:
        del chunks[at]
    else:
        kind = rng.choice((b"tEXt", b"zTXt", b"iCCP", b"gAMA", b"pHYs", b"tRNS", b"eXIf", b"acTL", b"sBIT", b"abCd"))
        chunks.insert(max(at, 1), (kind, rng.randbytes(rng.randint(0, 60))))
    whole = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    data[8:] = whole


def _pixels(rng: Rng, data: bytearray) -> None:
    """Damaged where it is a picture, and encoded soundly again: odd, but not broken."""
    with Image.open(io.BytesIO(bytes(data))) as opened:
        image = opened.convert(rng.choice(("RGB", "L", "1", "RGB")))
    size = (rng.choice((1, 2, 7, 33, 200)), rng.choice((1, 3, 8, 31, 150)))
    image = image.resize(size) if rng.random() < 0.5 else image.rotate(rng.randrange(360), expand=True)
    buffer = io.BytesIO()
    image.save(
        buffer, rng.choice(("PNG", "BMP", "GIF", "PNG") if image.mode == "1" else ("PNG", "JPEG", "WEBP", "GIF", "BMP"))
    )
    data[:] = buffer.getvalue()


WAYS: tuple[tuple[Callable[[Rng, bytearray], None], int], ...] = (
    (_bits, 4), (_late_bytes, 3), (_head, 2), (_number, 2), (_cut, 1), (_cut_little, 1), (_tail, 3), (_zeros, 2), (_splice, 1),
    (_insert, 1),
    (_png_inside, 4), (_pixels, 4),
)  # fmt: skip


def mutated(number: int) -> bytes:
    """Picture `number`: a sound one, damaged in one way or, now and then, in several."""
    rng = random.Random(number)
    data = bytearray(rng.choice(_whole()))
    ways, weights = zip(*WAYS, strict=True)
    for way in rng.choices(ways, weights, k=rng.choice((1, 1, 1, 1, 2, 3))):
        if len(data) > 12:
            with contextlib.suppress(
                OSError, ValueError, SyntaxError, Image.DecompressionBombError
            ):  # no picture any more
                way(rng, data)
    return bytes(data)


# -- asking --------------------------------------------------------------------------------------------------------------------


async def run(url: str, numbers: range, *, key: str | None = None, clients: int = 4, every: float = 0.0) -> Outcome:
    """Sends the pictures of these numbers; `every` so many seconds a line of progress goes to stderr."""
    found = Outcome()
    left = iter(numbers)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    start = told = time.perf_counter()

    async def one(http: httpx.AsyncClient) -> None:
        nonlocal told
        for number in left:
            begin = time.perf_counter()
            answer = await http.post("/v1/read", files={"image": ("a", mutated(number))})
            now = time.perf_counter()
            found.slowest = max(found.slowest, now - begin)
            found.statuses[answer.status_code] += 1
            code = "" if answer.status_code == 200 else str(answer.json()["error"]["code"])
            found.codes[code] += code != ""
            if answer.status_code not in (200, 400) or (code and code not in CODES):
                found.wrong.append((number, answer.text[:300]))
            if every and now - told > every:
                told = now
                sys.stderr.write(f"{sum(found.statuses.values())} of {len(numbers)}, {found.answered:.0%} answered\n")

    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120, trust_env=False) as http:
        await asyncio.gather(*(one(http) for _ in range(clients)))
    found.seconds = time.perf_counter() - start
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Prints what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first picture")
    parser.add_argument("--url", help="a server that runs already")
    parser.add_argument("--key", help="an API key of it")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the first picture and ask nobody")
    options, rest = parser.parse_known_args(argv)
    if options.save is not None:
        options.save.write_bytes(mutated(options.first))
        return 0
    with contextlib.ExitStack() as stack:
        url = options.url
        if url is None:
            from benchmarks.serve import server

            url = stack.enter_context(server(rest))[0]
        numbers = range(options.first, options.first + options.count)
        found = asyncio.run(run(url, numbers, key=options.key, clients=options.clients, every=10))
    write = sys.stdout.write
    write(
        f"{options.count} pictures in {found.seconds:.0f} s, the slowest {found.slowest:.1f} s: {found.answered:.1%} answered\n"
    )
    write("".join(f"  {status}: {number}\n" for status, number in sorted(found.statuses.items())))
    write("".join(f"  {code}: {number}\n" for code, number in found.codes.most_common() if code))
    write("".join(f"wrong: picture {number}: {text}\n" for number, text in found.wrong[:20]))
    return 0 if found.good else 1


if __name__ == "__main__":
    sys.exit(main())
