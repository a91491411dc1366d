"""CSS kits and browser-side editors from npm, fetched into `<cache>/npm_pages`; never committed.

``python -m train.data.pages.kits`` fetches what is missing. A kit gives its looks (themes) with the class names of its parts; what
a kit has no class for is drawn by its plain tags and the project's own style sheet. Themes are held out by hash of their names.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from train.data.pages.kit_classes import (
    BOOT,
    BULMA,
    CARBON,
    CHOTA,
    CIRRUS,
    CLARITY,
    DAISY,
    FOUNDATION,
    GOV,
    MATERIALIZE,
    MDC,
    MINI,
    NES,
    PATTERNFLY,
    PICNIC,
    PRIMER,
    PURE,
    SEMANTIC,
    SKELETON,
    SPECTRE,
    TACHYONS,
    TERMINAL,
    TURRET,
    UIKIT,
)
from train.data.render.npm_fonts import cache_root

log = logging.getLogger(__name__)
HELD_OUT_SHARE = 8  # one theme in eight
_SECONDS = 300
_KEEP = (".css", ".js", ".woff2", ".woff", ".ttf", ".otf", ".svg", ".png", ".gif", ".json")
COMMAND = "python -m train.data.pages.kits"

PACKAGES = (
    "bootstrap@5 bootswatch@5 bulma@1 @picocss/pico@2 98.css xp.css 7.css @sakun/system.css uikit@3 foundation-sites@6 "
    "fomantic-ui-css@2 semantic-ui-css@2 materialize-css@1 spectre.css milligram water.css@2 purecss@3 @primer/css@21 "
    "govuk-frontend@5 tachyons@4 nes.css terminal.css material-components-web@14 daisyui@4 @tabler/core@1.0.0-beta20 "
    "admin-lte@4 mini.css@3 @exampledev/new.css simpledotcss@2 sakura.css holiday.css mvp.css turretcss cirrus-ui "
    "chota picnic skeleton-css latex.css bamboo.css @patternfly/patternfly@5 @clr/ui github-markdown-css@5 "
    "@fortawesome/fontawesome-free@6 bootstrap-icons@1 @xterm/xterm@5 codemirror@5 "
    "monaco-editor@0.52.0 carbon-components@10"
).split()


@dataclass(frozen=True)
class Kit:
    """One look: style sheets (below `<cache>/npm_pages`), class names of parts, attributes of <html>; dark None: as asked."""

    name: str
    sheets: tuple[str, ...]
    classes: Mapping[str, str] = field(default_factory=dict)
    light: str = ""
    dark: str = ""
    themes: tuple[str, ...] = ("light",)

    @property
    def is_held_out(self) -> bool:
        """Whether the look is kept for measuring; depends on nothing but its name."""
        return held_out(self.name)

    def attributes(self, dark: bool) -> str:
        """The attributes of <html>."""
        return self.dark if dark else self.light


def held_out(name: str) -> bool:
    """True for one name in eight."""
    return int(hashlib.sha1(f"kit\n{name}".encode()).hexdigest(), 16) % HELD_OUT_SHARE == 0


_SWATCHES = (
    "brite cerulean cosmo cyborg darkly flatly journal litera lumen lux materia "
    "minty morph pulse quartz sandstone simplex "
    "sketchy slate solar spacelab superhero united vapor yeti zephyr"
).split()
_BOTH = ("light", "dark")


def _all() -> Iterable[Kit]:
    yield Kit("plain", (), {}, "", "", _BOTH)
    theme = 'data-bs-theme="{}"'.format
    boot = {"classes": BOOT, "light": theme("light"), "dark": theme("dark"), "themes": _BOTH}
    yield Kit("bootstrap", ("bootstrap/dist/css/bootstrap.min.css",), **boot)  # type: ignore[arg-type]
    for name in _SWATCHES:
        yield Kit(f"bootswatch-{name}", (f"bootswatch/dist/{name}/bootstrap.min.css",), **boot)  # type: ignore[arg-type]
    yield Kit("tabler", ("@tabler/core/dist/css/tabler.min.css",), **boot)  # type: ignore[arg-type]
    yield Kit("admin-lte", ("admin-lte/dist/css/adminlte.min.css",), **boot)  # type: ignore[arg-type]
    yield Kit("bulma", ("bulma/css/bulma.min.css",), BULMA, 'data-theme="light"', 'data-theme="dark"', _BOTH)
    for colour in ("", ".red", ".jade", ".cyan", ".amber", ".violet", ".slate", ".pumpkin"):
        sheet = f"@picocss/pico/css/pico{colour}.min.css"
        classes = {"btn2": "secondary"}
        yield Kit(
            f"pico{colour.replace('.', '-')}", (sheet,), classes, 'data-theme="light"', 'data-theme="dark"', _BOTH
        )
    yield Kit("uikit", ("uikit/dist/css/uikit.min.css",), UIKIT)
    yield Kit("foundation", ("foundation-sites/dist/css/foundation.min.css",), FOUNDATION)
    yield Kit("fomantic", ("fomantic-ui-css/semantic.min.css",), SEMANTIC)
    yield Kit("semantic", ("semantic-ui-css/semantic.min.css",), SEMANTIC)
    yield Kit("materialize", ("materialize-css/dist/css/materialize.min.css",), MATERIALIZE)
    yield Kit("spectre", ("spectre.css/dist/spectre.min.css",), SPECTRE)
    yield Kit("milligram", ("milligram/dist/milligram.min.css",), {"btn2": "button button-outline", "btn": "button"})
    yield Kit("water-light", ("water.css/out/light.min.css",))
    yield Kit("water-dark", ("water.css/out/dark.min.css",), {}, themes=("dark",))
    yield Kit("pure", ("purecss/build/pure-min.css",), PURE)
    mode = 'data-color-mode="{0}" data-{0}-theme="{0}"'.format
    yield Kit("primer", ("@primer/css/dist/primer.css",), PRIMER, mode("light"), mode("dark"))
    yield Kit("govuk", ("govuk-frontend/dist/govuk/govuk-frontend.min.css",), GOV, 'class="govuk-template"')
    yield Kit("tachyons", ("tachyons/css/tachyons.min.css",), TACHYONS)
    yield Kit("nes", ("nes.css/css/nes.min.css",), NES)
    yield Kit("terminal.css", ("terminal.css/dist/terminal.min.css",), TERMINAL)
    yield Kit("mdc", ("material-components-web/dist/material-components-web.min.css",), MDC)
    for name, dark in (
        ("light", False),
        ("dark", True),
        ("cupcake", False),
        ("dracula", True),
        ("corporate", False),
        ("synthwave", True),
        ("retro", False),
        ("emerald", False),
        ("night", True),
        ("nord", False),
    ):
        sheets = ("daisyui/dist/full.min.css", "daisyui/dist/full.css")
        attribute = f'data-theme="{name}"'
        yield Kit(f"daisy-{name}", sheets, DAISY, attribute, attribute, ("dark",) if dark else ("light",))
    yield Kit(
        "patternfly", ("@patternfly/patternfly/patternfly.min.css",), PATTERNFLY, "", 'class="pf-v5-theme-dark"', _BOTH
    )
    yield Kit("clarity", ("@clr/ui/clr-ui.min.css",), CLARITY)
    yield Kit("carbon", ("carbon-components/css/carbon-components.min.css",), CARBON)
    yield Kit("mini", ("mini.css/dist/mini-default.min.css",), MINI)
    yield Kit("mini-dark", ("mini.css/dist/mini-dark.min.css",), MINI, themes=("dark",))
    yield Kit("mini-nord", ("mini.css/dist/mini-nord.min.css",), MINI)
    yield Kit("new", ("@exampledev/new.css/new.css",), {}, themes=_BOTH)
    yield Kit(
        "new-terminal", ("@exampledev/new.css/new.css", "@exampledev/new.css/theme/terminal.css"), themes=("dark",)
    )
    yield Kit("simple", ("simpledotcss/simple.min.css",), {}, themes=_BOTH)
    for name, dark in (
        ("", False),
        ("-dark", True),
        ("-vader", True),
        ("-earthly", False),
        ("-ink", False),
        ("-pink", False),
    ):
        yield Kit(f"sakura{name}", (f"sakura.css/css/sakura{name}.css",), {}, themes=("dark",) if dark else ("light",))
    yield Kit("holiday", ("holiday.css/dist/holiday.css",), {}, themes=_BOTH)
    yield Kit("mvp", ("mvp.css/mvp.css",))
    yield Kit("turret", ("turretcss/dist/turretcss.min.css",), TURRET)
    yield Kit("cirrus", ("cirrus-ui/dist/cirrus.min.css",), CIRRUS)
    yield Kit("chota", ("chota/dist/chota.min.css",), CHOTA, "", 'class="dark-auto"')
    yield Kit("picnic", ("picnic/picnic.min.css",), PICNIC)
    yield Kit("skeleton", ("skeleton-css/css/skeleton.css",), SKELETON)
    yield Kit("latex", ("latex.css/style.css",), {}, "", 'class="latex-dark"')
    yield Kit("bamboo", ("bamboo.css/dist/bamboo.min.css",), {}, themes=_BOTH)
    yield Kit("github-markdown", ("github-markdown-css/github-markdown-light.css",), {"body": "markdown-body"})
    yield Kit(
        "github-markdown-dark",
        ("github-markdown-css/github-markdown-dark.css",),
        {"body": "markdown-body"},
        themes=("dark",),
    )


def folder() -> Path:
    """Where the packages lie."""
    return cache_root() / "npm_pages"


def sheet(name: str) -> Path:
    """The path of a file of a package."""
    return folder() / name


@cache
def kits(split: str) -> tuple[Kit, ...]:
    """The looks of a split whose files are there. One that is missing is named with the command that fetches it."""
    found, missing = [], []
    for kit in _all():
        if kit.is_held_out != (split == "held_out"):
            continue
        there = [name for name in kit.sheets if sheet(name).is_file()]
        # daisyui's file has one of two names.
        wanted = 1 if len(kit.sheets) == 2 and kit.name.startswith("daisy") else len(kit.sheets)
        if len(there) >= min(wanted, len(kit.sheets)):
            found.append(Kit(kit.name, tuple(there[: wanted or 0]), kit.classes, kit.light, kit.dark, kit.themes))
        else:
            missing.append(kit.name)
    if missing:
        log.warning("%d looks are missing (%s); `%s` fetches them", len(missing), ", ".join(missing), COMMAND)
    return tuple(found)


def has(*names: str) -> bool:
    """Whether all these files are there."""
    return all(sheet(name).is_file() for name in names)


def fetch(packages: Sequence[str] = tuple(PACKAGES), root: Path | None = None) -> list[str]:
    """Fetch the packages that are not there yet; returns those that could not be had, each named in a warning.

    Packages are taken without what they depend on: a style sheet needs none of it. Raises RuntimeError without npm.
    """
    root = folder() if root is None else root
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm was not found: install Node.js (on Debian: apt-get install npm), then run this again")
    root.mkdir(parents=True, exist_ok=True)
    missing = []
    for spec in packages:
        at = spec.rfind("@")
        name = spec if at <= 0 else spec[:at]
        if (root / name).is_dir():
            continue
        try:
            _unpack(npm, spec, root, root / name)
        except (OSError, RuntimeError, tarfile.TarError, subprocess.SubprocessError) as error:
            log.warning("passed over %s: %s; `%s` tries again", spec, error, COMMAND)
            missing.append(name)
    return missing


def _unpack(npm: str, spec: str, root: Path, target: Path) -> None:
    with TemporaryDirectory(dir=root, prefix=".part-") as scratch:
        command = [npm, "pack", spec, "--silent", "--ignore-scripts", f"--pack-destination={scratch}"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=_SECONDS, check=False)
        archives = sorted(Path(scratch).glob("*.tgz"))
        if done.returncode or not archives:
            raise RuntimeError(f"npm pack ended with {done.returncode}: {done.stderr.strip()[-200:]}")
        with tarfile.open(archives[0]) as tar:
            for member in tar:
                name = Path(*Path(member.name).parts[1:])
                # Foreign archives: plain files of known sorts only, never above the folder.
                if not member.isfile() or ".." in name.parts or name.is_absolute() or name.suffix not in _KEEP:
                    continue
                file = tar.extractfile(member)
                if file is not None:
                    path = Path(scratch) / "package" / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(file.read())
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(Path(scratch) / "package", target)


def main(argv: Sequence[str] | None = None) -> int:
    """Fetches the packages; 0 when all are there, 1 when some are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES, help="npm packages (default: the built-in list)")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        missing = fetch(options.packages)
    except RuntimeError as error:
        log.error("%s", error)
        return 1
    log.info("%d packages in %s", len(options.packages) - len(missing), folder())
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
