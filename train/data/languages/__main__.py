"""`python -m train.data.languages COMMAND`: which languages there are, whether one is complete, how its screens look."""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from train.data.languages.language import Language, LanguageError, get, names
from train.data.languages.translated import apps, lines

GB2312_LEVEL_1 = range(16, 56)
"""The rows of GB 2312 that hold its 3,755 most frequent characters."""

_NOTATION = "⟨⟩"  # of the catalogue, see `train.data.world.slots`


def gb2312() -> list[str]:
    """The rows of level 1 as text, in the standard's order (by pronunciation)."""
    rows = []
    for row in GB2312_LEVEL_1:
        cells = (bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312", "ignore") for cell in range(1, 95))
        rows.append("".join(cells))
    return rows


def problems(language: Language) -> list[str]:
    """What keeps a language from being drawn, read and asked about, one sentence each."""
    from train.data.languages.faces import faces
    from train.data.render.rasterise import FaceAtlas, Mode

    found = []
    for split in ("train", "held_out"):
        try:
            chosen = faces(language, split)
        except RuntimeError as error:
            found.append(str(error))
            continue
        for face in chosen:
            atlas = FaceAtlas(face, 16, Mode())
            lacking = [char for char in language.charset.more if not atlas.has(char)]
            if lacking:
                found.append(f"{face.id} lacks {len(lacking)} characters: {''.join(lacking[:20])}")
    unknown = Counter(
        char for text in _texts(language) for char in text if char not in _NOTATION and not language.charset.known(char)
    )
    if unknown:
        found.append(f"characters.txt lacks what its own files use: {''.join(sorted(unknown))}")
    counts = {"messages": (len(language.messages), 30), "families of questions": (len(language.questions), 12)}
    counts["wordings a family"] = (min(len(entry.wordings.train) for entry in language.questions), 5)
    for name, (count, least) in counts.items():
        if count < least:
            found.append(f"only {count} {name}; {least} make a start")
    return found


def _texts(language: Language) -> list[str]:
    texts = [*language.messages, *language.words.values(), *language.refusals.values(), *language.captions.values()]
    texts += [text.replace("\n", "") for group in language.phrases.values() for text in group]
    texts += [text for entry in language.dialogs for text in (entry.title, entry.body)]
    texts += [text for page in language.pages for text in (page.title, page.paragraph, *page.bullets)]
    for asked in language.questions:
        texts += [*asked.answers.values(), *asked.wordings.train, *asked.wordings.held_out]
    return texts


def _sheet(language: Language, out: Path, count: int) -> None:
    from PIL import Image

    from train.data.languages.screens import sample_scene
    from train.data.render.screen import render

    out.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        _, scene = sample_scene(random.Random(seed), language)
        Image.fromarray(render(scene).image).save(out / f"{language.code}-{seed:03}.png")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 the language has problems, 2 usage."""
    parser = argparse.ArgumentParser(prog="python -m train.data.languages", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the languages, and what each has")
    check = commands.add_parser("check", help="whether a language is complete")
    check.add_argument("code")
    sheet = commands.add_parser("sheet", help="draws screens in a language")
    sheet.add_argument("code")
    sheet.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    sheet.add_argument("--count", type=int, default=12)
    commands.add_parser("gb2312", help="prints the characters of GB 2312's level 1, for a file of characters")
    options = parser.parse_args(argv)
    console = Console(soft_wrap=True)
    if options.command == "gb2312":
        sys.stdout.write("\n".join(gb2312()) + "\n")
        return 0
    try:
        if options.command == "list":
            table = Table("code", "name", "characters", "messages", "of programs", "families", "wordings")
            for language in map(get, names()):
                wordings = sum(len(asked.wordings.train) for asked in language.questions)
                numbers = (len(language.charset.more), len(language.messages), len(lines(language.locale)))
                rest = (len(language.questions), wordings)
                table.add_row(language.code, language.name, *map(str, (*numbers, *rest)))
            console.print(table)
            return 0
        language = get(options.code)
    except LanguageError as error:
        parser.error(str(error))
    if options.command == "sheet":
        _sheet(language, options.out, options.count)
        return 0
    found = problems(language)
    for problem in found:
        console.print(problem, style="red", markup=False)
    console.print(
        f"{language.name}: {len(found)} problems; {len(apps(language.locale))} programs have translations here"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
