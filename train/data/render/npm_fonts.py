"""Fetch open typefaces from npm (@fontsource packages) and keep them as TrueType files in the cache.

``python -m train.data.render.npm_fonts`` installs the packages with ``npm`` into ``<cache>/npm_fonts`` and writes
``<cache>/fonts/<family>-<weight>[-italic].ttf``. The cache is ``$MMGPT_CACHE``, or ``~/.cache/mmgpt``.

Debian's font packages cover Linux desktops well; what web pages, editors and phones look like comes from here. Nothing
of it is committed. A family that cannot be installed or converted is named and passed over: training needs variety, not
any one face.

Only the ``latin`` subset is converted (Latin-1, curly quotes, dashes, the euro sign). Gluing ``latin-ext`` onto it means
merging layout tables of two fonts, which costs more than the few letters are worth: the Debian faces have them all.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

WEIGHTS = (400, 500, 600, 700)
ITALIC_WEIGHTS = (400,)
NPM_TIMEOUT_SECONDS = 900

FAMILIES: tuple[str, ...] = tuple(
    (
        # fixed width: terminals and editors
        "ibm-plex-mono source-code-pro ubuntu-mono ubuntu-sans-mono cascadia-code cascadia-mono noto-sans-mono roboto-mono "
        "fira-mono fira-code space-mono dm-mono pt-mono geist-mono commit-mono victor-mono red-hat-mono overpass-mono "
        "martian-mono azeret-mono sometype-mono share-tech-mono vt323 press-start-2p oxygen-mono cousine anonymous-pro "
        "b612-mono inconsolata jetbrains-mono reddit-mono "
        # interfaces and web pages without serifs
        "ibm-plex-sans source-sans-3 ubuntu ubuntu-sans noto-sans fira-sans space-grotesk dm-sans nunito nunito-sans "
        "work-sans public-sans poppins montserrat raleway pt-sans oswald barlow mulish manrope geist-sans red-hat-text "
        "overpass exo-2 rubik karla titillium-web asap cabin hind heebo arimo b612 atkinson-hyperlegible lexend figtree "
        "outfit plus-jakarta-sans sora urbanist archivo chivo libre-franklin signika catamaran encode-sans reddit-sans "
        "onest wix-madefor-text golos-text recursive "
        # with serifs
        "pt-serif merriweather lora tinos crimson-text libre-baskerville eb-garamond playfair-display zilla-slab bitter "
        "source-serif-4"
    ).split()
)


def cache_root() -> Path:
    """The project's cache folder: ``$MMGPT_CACHE`` if set, else ``~/.cache/mmgpt``. It need not exist."""
    configured = os.environ.get("MMGPT_CACHE")
    return Path(configured).expanduser() if configured else Path.home() / ".cache" / "mmgpt"


def install_packages(families: Iterable[str], folder: Path) -> list[str]:
    """Install ``@fontsource/<family>`` for every family into ``folder`` with one ``npm install``.

    Returns the families that are not there afterwards. Raises RuntimeError if npm is missing or fails altogether.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm was not found: install Node.js (on Debian: apt-get install npm), then run this again")
    wanted = list(families)
    folder.mkdir(parents=True, exist_ok=True)
    # npm passes over an *optional* dependency that cannot be had, instead of failing the whole install.
    manifest = {"private": True, "optionalDependencies": {f"@fontsource/{family}": "^5" for family in wanted}}
    (folder / "package.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=NPM_TIMEOUT_SECONDS, check=False)
    missing = [family for family in wanted if not _files_folder(folder, family).is_dir()]
    if done.returncode != 0 and len(missing) == len(wanted):
        raise RuntimeError(f"npm install failed with exit code {done.returncode}: {done.stderr.strip()[-400:]}")
    return missing


def convert_family(family: str, packages: Path, fonts: Path) -> list[Path]:
    """Convert the wanted latin faces of one installed family to TrueType; returns the files that now lie in ``fonts``.

    Files that are already there are kept. A weight or style that the family does not have is passed over silently; a
    face that fontTools cannot read is named in a warning.
    """
    source = _files_folder(packages, family)
    fonts.mkdir(parents=True, exist_ok=True)
    wanted = [(weight, "normal") for weight in WEIGHTS] + [(weight, "italic") for weight in ITALIC_WEIGHTS]
    written: list[Path] = []
    for weight, style in wanted:
        packed = source / f"{family}-latin-{weight}-{style}.woff2"
        if not packed.is_file():
            continue
        target = fonts / f"{family}-{weight}{'-italic' if style == 'italic' else ''}.ttf"
        if not target.is_file():
            try:
                _unpack(packed, target)
            except Exception as error:  # foreign data: whatever is wrong with one font must not stop the others
                logger.warning("passed over %s: %s: %s", packed.name, type(error).__name__, error)
                continue
        written.append(target)
    return written


def _unpack(packed: Path, target: Path) -> None:
    from fontTools.ttLib import TTFont

    temporary = target.with_suffix(".part")
    with TTFont(packed) as font:
        font.flavor = None
        font.save(temporary, reorderTables=None)
    os.replace(temporary, target)  # a half-written font must never be taken for a font


def _files_folder(packages: Path, family: str) -> Path:
    return packages / "node_modules" / "@fontsource" / family / "files"


def fetch(families: Sequence[str] = FAMILIES, root: Path | None = None) -> tuple[list[Path], list[str]]:
    """Install and convert ``families``; returns the font files and the names of the families that gave none."""
    root = cache_root() if root is None else root
    packages, fonts = root / "npm_fonts", root / "fonts"
    missing = set(install_packages(families, packages))
    files: list[Path] = []
    for family in families:
        if family in missing:
            continue
        converted = convert_family(family, packages, fonts)
        if not converted:
            missing.add(family)
        files += converted
    return files, sorted(missing)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; exit code 0 when at least one family is there, 1 otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("families", nargs="*", default=FAMILIES, help="@fontsource names (default: the built-in list)")
    parser.add_argument(
        "--root", type=Path, default=None, help="cache folder (default: $MMGPT_CACHE or ~/.cache/mmgpt)"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        import brotli  # noqa: F401  (fontTools needs it for woff2)

        files, missing = fetch(options.families, options.root)
    except ImportError:
        logger.error("the Python package brotli is missing: install the extra with pip install 'mmgpt[train]'")
        return 1
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        logger.error("%s", error)
        return 1
    if missing:
        logger.warning("passed over %d families: %s", len(missing), ", ".join(missing))
    logger.info("%d font files of %d families", len(files), len(options.families) - len(missing))
    return 0 if files else 1


if __name__ == "__main__":
    sys.exit(main())
