"""A folder of screenshots, a few at a time, by the asyncio client; one line each as its answer comes.

pip install 'mmgpt[client]'
python examples/api/async_folder.py tickets/ [http://127.0.0.1:8000] [KEY]
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mmgpt.client import ApiError, AsyncClient

AT_ONCE = 4


async def main(folder: str, url: str | None = None, key: str | None = None) -> int:
    """Diagnoses all pictures of a folder. Returns how many failed."""
    pictures = sorted(
        path for path in Path(folder).iterdir() if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp")
    )
    places = asyncio.Semaphore(AT_ONCE)

    async with AsyncClient(url, key) as client:

        async def one(path: Path) -> bool:
            async with places:
                try:
                    found = await client.diagnose(path)
                except ApiError as error:
                    print(f"{path.name}: {error}")
                    return False
            print(f"{path.name}: {found.app or '?'}: {ascii(found.message) if found.message else 'no error'}")
            return True

        done = await asyncio.gather(*(one(path) for path in pictures))
    print(f"{sum(done)} of {len(done)} pictures are diagnosed")
    return done.count(False)


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(main(*sys.argv[1:4])) else 0)
