"""Terminal colours: foreground, background, cursor, and the sixteen of the palette."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as #rrggbb: black red green yellow blue magenta cyan white, then the bright ones."""

    foreground: str
    background: str
    cursor: str
    colours: tuple[str, ...]


def _palette(foreground: str, background: str, sixteen: str, cursor: str | None = None) -> Palette:
    return Palette(foreground, background, cursor or foreground, tuple("#" + colour for colour in sixteen.split()))


_TANGO = (
    "000000 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec"
)
_XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
_SOLAR = (
    "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3"
)
_CONSOLE = (
    "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc 767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"
)
_NORD = (
    "3b4252 bf616a a3be8c ebcb8b 81a1c1 b48ead 88c0d0 e5e9f0 4c566a bf616a a3be8c ebcb8b 81a1c1 b48ead 8fbcbb eceff4"
)
_DRACULA = (
    "21222c ff5555 50fa7b f1fa8c bd93f9 ff79c6 8be9fd f8f8f2 6272a4 ff6e6e 69ff94 ffffa5 d6acff ff92df a4ffff ffffff"
)
_GRUVBOX = (
    "282828 cc241d 98971a d79921 458588 b16286 689d6a a89984 928374 fb4934 b8bb26 fabd2f 83a598 d3869b 8ec07c ebdbb2"
)
_MONOKAI = (
    "272822 f92672 a6e22e f4bf75 66d9ef ae81ff a1efe4 f8f8f2 75715e f92672 a6e22e f4bf75 66d9ef ae81ff a1efe4 f9f8f5"
)
_ONE = "383a42 e45649 50a14f c18401 0184bc a626a4 0997b3 fafafa 4f525d df6c75 98c379 e4c07a 61afef c577dd 56b5c1 ffffff"

PALETTES: dict[str, Palette] = {
    "tango-dark": _palette("#d3d7cf", "#2e3436", _TANGO),
    "tango-light": _palette("#2e3436", "#eeeeec", _TANGO),
    "xterm-light": _palette("#000000", "#ffffff", _XTERM),
    "xterm-dark": _palette("#ffffff", "#000000", _XTERM),
    "solarized-dark": _palette("#839496", "#002b36", _SOLAR, "#93a1a1"),
    "solarized-light": _palette("#657b83", "#fdf6e3", _SOLAR, "#586e75"),
    "console": _palette("#cccccc", "#0c0c0c", _CONSOLE),
    "console-blue": _palette("#eeedf0", "#012456", _CONSOLE),
    "nord": _palette("#d8dee9", "#2e3440", _NORD),
    "dracula": _palette("#f8f8f2", "#282a36", _DRACULA),
    "gruvbox": _palette("#ebdbb2", "#282828", _GRUVBOX),
    "monokai": _palette("#f8f8f2", "#272822", _MONOKAI),
    "one-light": _palette("#383a42", "#fafafa", _ONE),
    "aubergine": _palette("#ffffff", "#300a24", _TANGO),
    "green": _palette("#33ff66", "#001500", _XTERM),
    "amber": _palette("#ffb000", "#1a0f00", _XTERM),
    "ivory": _palette("#1b1b1b", "#fffff0", _XTERM),
}
