"""Colours and shapes of desktops, terminals and editors, as plain data; some are held out for measuring."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from train.data.render.scene import Color

HELD_OUT_SHARE = 0.16  # of themes


def rgb(text: str) -> Color:
    """ "1e1e2e" → (30, 30, 46)."""
    return (int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16))


def mix(a: Color, b: Color, share: float) -> Color:
    """`share` of b in a, 0…1."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def luma(color: Color) -> float:
    """Brightness 0…255."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def on(color: Color) -> Color:
    """Black or white, whichever can be read on `color`."""
    return (255, 255, 255) if luma(color) < 150 else (0, 0, 0)


def readable(color: Color, ground: Color, least: float = 42.0) -> Color:
    """`color`, moved away from `ground` until their brightness differs by at least `least` of 255."""
    for share in (0.0, 0.25, 0.5, 0.75):
        moved = mix(color, on(ground), share)
        if abs(luma(moved) - luma(ground)) >= least:
            return moved
    return on(ground)


def theme_held_out(name: str) -> bool:
    """True for themes that only the evaluation may draw with."""
    return int(hashlib.sha1(f"appearance {name}".encode()).hexdigest(), 16) % 1000 < HELD_OUT_SHARE * 1000


@dataclass(frozen=True, slots=True)
class Theme:
    """The look of a toolkit or web design. `look` says how frames are drawn (see `chrome.py`)."""

    name: str
    look: str  # win11 win10 win7 win95 macos gtk qt motif tk web
    dark: bool
    window: Color  # window and dialog ground
    surface: Color  # lists, pages, inputs
    text: Color
    muted: Color
    border: Color
    accent: Color
    title: Color  # title bar
    title_text: Color
    button: Color
    radius: int = 0
    selection: Color = (0, 120, 215)

    @property
    def error(self) -> Color:
        """Red that can be read on the surface."""
        return (255, 107, 104) if self.dark else (196, 30, 34)

    @property
    def warning(self) -> Color:
        """Amber that can be read on the surface."""
        return (240, 190, 70) if self.dark else (157, 93, 0)

    @property
    def success(self) -> Color:
        """Green that can be read on the surface."""
        return (108, 203, 95) if self.dark else (15, 123, 15)

    @property
    def link(self) -> Color:
        """The colour of links."""
        return (110, 175, 255) if self.dark else (0, 90, 190)

    def tone(self, tone: str) -> Color:
        """The ink of a content tone."""
        table = {"error": self.error, "warning": self.warning, "success": self.success, "info": self.link}
        return table.get(tone, {"dim": self.muted, "accent": self.accent}.get(tone, self.text))


def _theme(name: str, look: str, dark: bool, colors: str, radius: int) -> Theme:
    window, surface, text, muted, border, accent, title, title_text, button = (rgb(c) for c in colors.split())
    return Theme(
        name, look, dark, window, surface, text, muted, border, accent, title, title_text, button, radius, accent
    )


# window surface text muted border accent title title_text button
UI_THEMES: tuple[Theme, ...] = (
    _theme("win11-light", "win11", False, "f3f3f3 ffffff 1a1a1a 5f5f5f d8d8d8 005fb8 f3f3f3 1a1a1a fbfbfb", 8),
    _theme("win11-dark", "win11", True, "202020 2b2b2b ffffff b0b0b0 3d3d3d 60cdff 202020 ffffff 373737", 8),
    _theme("win10-light", "win10", False, "f0f0f0 ffffff 000000 6d6d6d acacac 0078d7 ffffff 000000 e1e1e1", 0),
    _theme("win10-dark", "win10", True, "1f1f1f 191919 ffffff a0a0a0 454545 0078d7 2b2b2b ffffff 333333", 0),
    _theme("win10-accent", "win10", False, "f0f0f0 ffffff 000000 6d6d6d acacac 0063b1 0063b1 ffffff e1e1e1", 0),
    _theme("win7", "win7", False, "f0f0f0 ffffff 000000 606060 a0a0a0 3399ff b9d1ea 000000 ececec", 5),
    _theme("win95", "win95", False, "c0c0c0 ffffff 000000 808080 808080 000080 000080 ffffff c0c0c0", 0),
    _theme("winxp", "win7", False, "ece9d8 ffffff 000000 6b6b5b aca899 316ac5 0054e3 ffffff f3f2ea", 4),
    _theme("macos-light", "macos", False, "ececec ffffff 262626 7a7a7a d0d0d0 0a7aff e8e6e8 4a4a4a ffffff", 10),
    _theme("macos-dark", "macos", True, "2a2a2c 1e1e1e e8e8e8 9a9a9d 48484a 0a84ff 38383a dadada 5a5a5d", 10),
    _theme("adwaita-light", "gtk", False, "fafafa ffffff 2e2e2e 707070 d5d0cc 3584e4 ebebeb 2e2e2e e6e6e6", 9),
    _theme("adwaita-dark", "gtk", True, "242424 1e1e1e ffffff a0a0a0 454545 3584e4 303030 ffffff 3a3a3a", 9),
    _theme("gtk3-old", "gtk", False, "f6f5f4 ffffff 2e3436 8b8e8f cdc7c2 3584e4 e1dedb 2e3436 edebe9", 6),
    _theme("yaru-light", "gtk", False, "f7f7f7 ffffff 3d3d3d 7a7a7a cdcdcd e95420 ebebeb 3d3d3d f5f5f5", 7),
    _theme("yaru-dark", "gtk", True, "2c2c2c 1d1d1d f7f7f7 a5a5a5 4c4c4c e95420 303030 f7f7f7 3b3b3b", 7),
    _theme("breeze-light", "qt", False, "eff0f1 fcfcfc 232629 7f8c8d bcbebf 3daee9 dee0e2 232629 fcfcfc", 3),
    _theme("breeze-dark", "qt", True, "2a2e32 1b1e20 fcfcfc a1a9b1 4d5358 3daee9 31363b fcfcfc 31363b", 3),
    _theme("fusion-light", "qt", False, "efefef ffffff 000000 787878 b4b4b4 308cc6 e3e3e3 202020 f4f4f4", 2),
    _theme("fusion-dark", "qt", True, "353535 2a2a2a f0f0f0 9a9a9a 252525 2a82da 303030 e0e0e0 404040", 2),
    _theme("clearlooks", "gtk", False, "edeceb ffffff 1a1a1a 757575 b5b0aa 86abd9 d9d4cf 2e2e2e eeebe7", 3),
    _theme("motif", "motif", False, "b4b4b4 c9c9c9 000000 505050 7a7a7a 6b7a99 8f8fa8 000000 b4b4b4", 0),
    _theme("tk", "tk", False, "d9d9d9 ffffff 000000 606060 a3a3a3 4a6984 dcdad5 101010 d9d9d9", 0),
    _theme("greybird", "gtk", False, "cecece fcfcfc 3c3c3c 787878 9c9c9c 398ee7 686868 f0f0f0 dcdcdc", 3),
    _theme("arc-dark", "gtk", True, "383c4a 404552 d3dae3 8b93a3 2b2e39 5294e2 2f343f cfd6e6 444a58", 3),
    _theme("nordic", "qt", True, "2e3440 3b4252 e5e9f0 a3adbf 4c566a 88c0d0 272c36 d8dee9 434c5e", 5),
    _theme("paper-web", "web", False, "f5f6f8 ffffff 212529 6c757d dee2e6 0d6efd ffffff 212529 e9ecef", 6),
    _theme("slate-web", "web", True, "0f172a 1e293b e2e8f0 94a3b8 334155 6366f1 0f172a e2e8f0 334155", 8),
    _theme("material-web", "web", False, "fafafa ffffff 212121 757575 e0e0e0 6200ee 6200ee ffffff eeeeee", 4),
    _theme("octo-web", "web", False, "f6f8fa ffffff 1f2328 656d76 d0d7de 0969da 24292f ffffff f6f8fa", 6),
    _theme("night-web", "web", True, "0d1117 161b22 e6edf3 8b949e 30363d 2f81f7 010409 e6edf3 21262d", 6),
    _theme("forest-web", "web", False, "f4f7f4 ffffff 1c2b21 62736a d3ddd6 15803d 14532d f0fdf4 e5efe8", 7),
    _theme("rose-web", "web", False, "fff7f7 ffffff 3b1d22 8c6a70 f0d9dc be123c fff1f2 4c0519 fde8ea", 10),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TerminalTheme:
    """Ground, ink, cursor and the sixteen colours of a terminal (0–7 normal, 8–15 bright)."""

    name: str
    ground: Color
    ink: Color
    cursor: Color
    colors: tuple[Color, ...]

    @property
    def dark(self) -> bool:
        """Whether the ground is dark."""
        return luma(self.ground) < 128

    def tone(self, tone: str) -> Color:
        """The ink of a content tone, as command line tools choose them."""
        index = {"error": 9, "warning": 11, "success": 10, "info": 14, "accent": 12}.get(tone)
        if index is not None:
            color = self.colors[index]
            plain = self.colors[index - 8]
            return color if abs(luma(color) - luma(self.ground)) > 60 else plain
        return mix(self.ink, self.ground, 0.4) if tone == "dim" else self.ink


def _terminal(name: str, ground: str, ink: str, colors: str) -> TerminalTheme:
    table = tuple(rgb(c) for c in colors.split())
    return TerminalTheme(name, rgb(ground), rgb(ink), rgb(ink), table)


_XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
_VGA = "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
_TANGO = (
    "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec"
)
_SOLAR = (
    "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 586e75 cb4b16 859900 b58900 839496 6c71c4 93a1a1 fdf6e3"
)
TERMINAL_THEMES: tuple[TerminalTheme, ...] = (
    _terminal("xterm-light", "ffffff", "000000", _XTERM),
    _terminal("xterm-dark", "000000", "e5e5e5", _XTERM),
    _terminal("xterm-green", "000000", "00ff00", _XTERM),
    _terminal("rxvt-cream", "fffff0", "1a1a1a", _XTERM),
    _terminal("vga", "000000", "aaaaaa", _VGA),
    _terminal("tango-dark", "2e3436", "d3d7cf", _TANGO),
    _terminal("tango-light", "ffffff", "2e3436", _TANGO),
    _terminal("gnome-dark", "171421", "d0cfcc",
        "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc "
        "5e5c64 f66151 33d17a e9ad0c 2a7bde c061cb 33c7de ffffff"),
    _terminal("aubergine", "300a24", "ffffff", _TANGO),
    _terminal("solarized-dark", "002b36", "839496", _SOLAR),
    _terminal("solarized-light", "fdf6e3", "657b83", _SOLAR),
    _terminal("campbell", "0c0c0c", "cccccc",
        "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
        "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"),
    _terminal("power-blue", "012456", "eeedf0",
        "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
        "767676 ff5050 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"),
    _terminal("konsole", "232627", "fcfcfc",
        "232627 ed1515 11d116 f67400 1d99f3 9b59b6 1abc9c fcfcfc "
        "7f8c8d c0392b 1cdc9a fdbc4b 3daee9 8e44ad 16a085 ffffff"),
    _terminal("mac-basic", "ffffff", "000000",
        "000000 990000 00a600 999900 0000b2 b200b2 00a6b2 bfbfbf "
        "666666 e50000 00d900 e5e500 0000ff e500e5 00e5e5 e5e5e5"),
    _terminal("mac-pro", "1f1f1f", "f2f2f2",
        "000000 990000 00a600 999900 2009db b200b2 00a6b2 bfbfbf "
        "666666 e50000 00d900 e5e500 0000ff e500e5 00e5e5 e5e5e5"),
    _terminal("dracula-like", "282a36", "f8f8f2",
        "21222c ff5555 50fa7b f1fa8c bd93f9 ff79c6 8be9fd f8f8f2 "
        "6272a4 ff6e6e 69ff94 ffffa5 d6acff ff92df a4ffff ffffff"),
    _terminal("gruvbox-like", "282828", "ebdbb2",
        "282828 cc241d 98971a d79921 458588 b16286 689d6a a89984 "
        "928374 fb4934 b8bb26 fabd2f 83a598 d3869b 8ec07c ebdbb2"),
    _terminal("nord-like", "2e3440", "d8dee9",
        "3b4252 bf616a a3be8c ebcb8b 81a1c1 b48ead 88c0d0 e5e9f0 "
        "4c566a bf616a a3be8c ebcb8b 81a1c1 b48ead 8fbcbb eceff4"),
    _terminal("one-dark-like", "282c34", "abb2bf",
        "282c34 e06c75 98c379 e5c07b 61afef c678dd 56b6c2 abb2bf "
        "5c6370 e06c75 98c379 e5c07b 61afef c678dd 56b6c2 ffffff"),
    _terminal("one-light-like", "fafafa", "383a42",
        "383a42 e45649 50a14f c18401 4078f2 a626a4 0184bc a0a1a7 "
        "696c77 ca1243 50a14f c18401 4078f2 a626a4 0184bc 202227"),
    _terminal("monokai-like", "272822", "f8f8f2",
        "272822 f92672 a6e22e f4bf75 66d9ef ae81ff a1efe4 f8f8f2 "
        "75715e f92672 a6e22e e6db74 66d9ef ae81ff a1efe4 f9f8f5"),
    _terminal("tokyo-like", "1a1b26", "a9b1d6",
        "15161e f7768e 9ece6a e0af68 7aa2f7 bb9af7 7dcfff a9b1d6 "
        "565f89 f7768e 9ece6a e0af68 7aa2f7 bb9af7 7dcfff c0caf5"),
    _terminal("mocha-like", "1e1e2e", "cdd6f4",
        "45475a f38ba8 a6e3a1 f9e2af 89b4fa f5c2e7 94e2d5 bac2de "
        "585b70 f38ba8 a6e3a1 f9e2af 89b4fa f5c2e7 94e2d5 cdd6f4"),
    _terminal("vscode-dark", "1e1e1e", "cccccc",
        "000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5 "
        "666666 f14c4c 23d18b f5f543 3b8eea d670d6 29b8db e5e5e5"),
    _terminal("vscode-light", "ffffff", "333333",
        "000000 cd3131 00bc00 949800 0451a5 bc05bc 0598bc 555555 "
        "666666 cd3131 14ce14 b5ba00 0451a5 bc05bc 0598bc a5a5a5"),
    _terminal("amber", "140c00", "ffb000", _XTERM),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SyntaxTheme:
    """Colours of an editor: ground, ink, line numbers, current line, selection and the inks of kinds of words."""

    name: str
    ground: Color
    ink: Color
    number: Color
    current: Color
    selection: Color
    keyword: Color
    string: Color
    comment: Color
    literal: Color
    function: Color
    type: Color

    @property
    def dark(self) -> bool:
        """Whether the ground is dark."""
        return luma(self.ground) < 128


def _syntax(name: str, colors: str) -> SyntaxTheme:
    return SyntaxTheme(name, *(rgb(c) for c in colors.split()))


# ground ink number current selection keyword string comment literal function type
SYNTAX_THEMES: tuple[SyntaxTheme, ...] = (
    _syntax("code-dark", "1e1e1e d4d4d4 858585 282828 264f78 569cd6 ce9178 6a9955 b5cea8 dcdcaa 4ec9b0"),
    _syntax("code-light", "ffffff 000000 237893 f2f2f2 add6ff 0000ff a31515 008000 098658 795e26 267f99"),
    _syntax("code-modern", "1f1f1f cccccc 6e7681 282828 264f78 569cd6 ce9178 6a9955 b5cea8 dcdcaa 4ec9b0"),
    _syntax("idea-light", "ffffff 080808 adadad fcfaed a6d2ff 0033b3 067d17 8c8c8c 1750eb 00627a 000000"),
    _syntax("idea-dark", "2b2b2b a9b7c6 606366 323232 214283 cc7832 6a8759 808080 6897bb ffc66d a9b7c6"),
    _syntax("idea-new-dark", "1e1f22 bcbec4 4b5059 26282e 214283 cf8e6d 6aab73 7a7e85 2aacb8 56a8f5 bcbec4"),
    _syntax("eclipse", "ffffff 000000 787878 e8f2fe b4d5fe 7f0055 2a00ff 3f7f5f 000000 000000 000000"),
    _syntax("monokai", "272822 f8f8f2 90908a 3e3d32 49483e f92672 e6db74 88846f ae81ff a6e22e 66d9ef"),
    _syntax("dracula", "282a36 f8f8f2 6272a4 343746 44475a ff79c6 f1fa8c 6272a4 bd93f9 50fa7b 8be9fd"),
    _syntax("solar-dark", "002b36 839496 586e75 073642 274642 859900 2aa198 586e75 d33682 268bd2 b58900"),
    _syntax("solar-light", "fdf6e3 657b83 93a1a1 eee8d5 d9d2c2 859900 2aa198 93a1a1 d33682 268bd2 b58900"),
    _syntax("github-light", "ffffff 24292e babbbd f6f8fa c8c8fa d73a49 032f62 6a737d 005cc5 6f42c1 e36209"),
    _syntax("github-dark", "0d1117 c9d1d9 6e7681 161b22 264466 ff7b72 a5d6ff 8b949e 79c0ff d2a8ff ffa657"),
    _syntax("one-dark", "282c34 abb2bf 495162 2c313c 3e4451 c678dd 98c379 5c6370 d19a66 61afef e5c07b"),
    _syntax("one-light", "fafafa 383a42 9d9d9f f0f0f1 e5e5e6 a626a4 50a14f a0a1a7 986801 4078f2 c18401"),
    _syntax("nord", "2e3440 d8dee9 4c566a 3b4252 434c5e 81a1c1 a3be8c 616e88 b48ead 88c0d0 8fbcbb"),
    _syntax("gruvbox", "282828 ebdbb2 7c6f64 3c3836 504945 fb4934 b8bb26 928374 d3869b 8ec07c fabd2f"),
    _syntax("vim-dark", "000000 e5e5e5 cdcd00 1c1c1c 444444 ffff00 ff00ff 00ffff ff00ff 00ffff 00ff00"),
    _syntax("vim-light", "ffffff 000000 af5f00 f0f0f0 d7d7d7 af5f00 c00000 0000c0 c00000 008787 008700"),
    _syntax("kate", "ffffff 1f1c1b a0a0a0 f8f7f6 94caef 1f1c1b bf0303 898887 b08000 644a9b 0057ae"),
)  # fmt: skip


def _split(themes: tuple, split: str) -> list:
    chosen = [t for t in themes if theme_held_out(t.name) == (split == "held_out")]
    return chosen or list(themes)


def ui_theme(rng: random.Random, split: str, looks: tuple[str, ...] = (), dark: bool | None = None) -> Theme:
    """A theme of the split; `looks` and `dark` narrow the choice as far as the split has such themes."""
    pool = _split(UI_THEMES, split)
    pool = [t for t in pool if not looks or t.look in looks] or pool
    pool = [t for t in pool if dark is None or t.dark == dark] or pool
    return rng.choice(pool)


def terminal_theme(rng: random.Random, split: str, dark: bool | None = None) -> TerminalTheme:
    """A terminal theme of the split."""
    pool = _split(TERMINAL_THEMES, split)
    return rng.choice([t for t in pool if dark is None or t.dark == dark] or pool)


def syntax_theme(rng: random.Random, split: str, dark: bool | None = None) -> SyntaxTheme:
    """An editor theme of the split."""
    pool = _split(SYNTAX_THEMES, split)
    return rng.choice([t for t in pool if dark is None or t.dark == dark] or pool)
