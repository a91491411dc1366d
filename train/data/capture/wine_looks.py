"""How the Windows desktop looks: theme, colours, resolution and fonts, as keys of Wine's registry."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

CLASSIC = {
    "ActiveBorder": "212 208 200", "ActiveTitle": "10 36 106", "AppWorkSpace": "128 128 128",
    "Background": "58 110 165", "ButtonAlternateFace": "181 181 181", "ButtonDkShadow": "64 64 64",
    "ButtonFace": "212 208 200", "ButtonHilight": "255 255 255", "ButtonLight": "241 239 226",
    "ButtonShadow": "128 128 128", "ButtonText": "0 0 0", "GradientActiveTitle": "166 202 240",
    "GradientInactiveTitle": "192 192 192", "GrayText": "128 128 128", "Hilight": "10 36 106",
    "HilightText": "255 255 255", "HotTrackingColor": "0 0 200", "InactiveBorder": "212 208 200",
    "InactiveTitle": "128 128 128", "InactiveTitleText": "212 208 200", "InfoText": "0 0 0",
    "InfoWindow": "255 255 225", "Menu": "212 208 200", "MenuBar": "212 208 200", "MenuHilight": "10 36 106",
    "MenuText": "0 0 0", "Scrollbar": "212 208 200", "TitleText": "255 255 255", "Window": "255 255 255",
    "WindowFrame": "0 0 0", "WindowText": "0 0 0",
}  # fmt: skip
FLAT = {
    **CLASSIC,
    **dict.fromkeys(("ActiveBorder", "InactiveBorder", "ButtonFace", "Menu", "MenuBar", "Scrollbar"), "240 240 240"),
    "ButtonLight": "227 227 227", "ButtonShadow": "160 160 160", "ButtonDkShadow": "105 105 105",
    "ActiveTitle": "0 99 177", "GradientActiveTitle": "0 99 177", "InactiveTitle": "200 200 200",
    "GradientInactiveTitle": "200 200 200", "InactiveTitleText": "90 90 90", "Hilight": "0 120 215",
    "MenuHilight": "0 120 215", "Background": "0 78 140",
}  # fmt: skip
DARK = {
    **CLASSIC,
    **dict.fromkeys(("ActiveBorder", "InactiveBorder", "ButtonFace", "Menu", "MenuBar", "Scrollbar"), "45 45 48"),
    "ActiveTitle": "0 90 158", "GradientActiveTitle": "0 90 158", "InactiveTitle": "60 60 60",
    "GradientInactiveTitle": "60 60 60", "InactiveTitleText": "160 160 160", "ButtonHilight": "70 70 74",
    "ButtonLight": "62 62 66", "ButtonShadow": "28 28 30", "ButtonDkShadow": "12 12 12", "ButtonText": "241 241 241",
    "WindowText": "230 230 230", "Window": "30 30 30", "WindowFrame": "100 100 100", "MenuText": "230 230 230",
    "GrayText": "140 140 140", "Hilight": "38 79 120", "MenuHilight": "62 62 64", "InfoWindow": "50 50 50",
    "InfoText": "230 230 230", "Background": "24 26 31", "AppWorkSpace": "37 37 38", "HotTrackingColor": "78 201 176",
}  # fmt: skip
PLUM = {
    **CLASSIC,
    **dict.fromkeys(("ActiveBorder", "InactiveBorder", "ButtonFace", "Menu", "MenuBar", "Scrollbar"), "168 152 144"),
    "ActiveTitle": "72 64 96", "GradientActiveTitle": "152 128 144", "Background": "64 32 64",
    "ButtonLight": "194 182 177", "ButtonHilight": "216 208 205", "ButtonShadow": "119 103 95", "Hilight": "72 64 96",
    "InfoWindow": "236 232 230",
}  # fmt: skip
OLIVE = {
    **FLAT,
    "ActiveTitle": "105 120 70", "GradientActiveTitle": "180 190 140", "Background": "122 134 92",
    "Hilight": "147 160 112", "MenuHilight": "147 160 112", "ButtonFace": "236 233 216", "Menu": "250 250 245",
    "MenuBar": "236 233 216",
}  # fmt: skip
CONTRAST = {
    **dict.fromkeys(CLASSIC, "0 0 0"),
    **dict.fromkeys(("ButtonText", "WindowText", "MenuText", "TitleText", "InfoText", "WindowFrame"), "255 255 255"),
    "ActiveTitle": "0 0 128", "GradientActiveTitle": "0 0 128", "ActiveBorder": "0 0 255", "GrayText": "0 255 0",
    "Hilight": "0 128 0", "HilightText": "255 255 255", "InactiveTitle": "0 128 0", "InactiveTitleText": "255 255 255",
    "GradientInactiveTitle": "0 128 0", "ButtonHilight": "192 192 192", "ButtonLight": "255 255 255",
    "ButtonShadow": "128 128 128", "ButtonDkShadow": "255 255 255", "HotTrackingColor": "128 128 255",
    "MenuHilight": "0 128 0",
}  # fmt: skip


@dataclass(frozen=True)
class ConsoleLook:
    """A console window: face, cell height in pixels, size in cells, and colours 0xRRGGBB of ground and text."""

    face: str = "Liberation Mono"
    height: int = 16
    columns: int = 80
    rows: int = 25
    ground: int = 0x000000
    text: int = 0xC0C0C0


@dataclass(frozen=True)
class WineLook:
    """A look of the whole desktop.

    With `own_captions` Wine draws its desktop and window captions itself, else openbox decorates the windows.
    `size` is the font's height in points at 96 dpi; `smooth` turns grey antialiasing on.
    """

    colours: Mapping[str, str] = field(default_factory=lambda: FLAT)
    themed: bool = True
    own_captions: bool = True
    dpi: int = 96
    face: str = "Tahoma"
    size: int = 8
    smooth: bool = True
    console: ConsoleLook = ConsoleLook()

    @property
    def theme(self) -> str:
        red, green, blue = (int(part) for part in self.colours["Window"].split())
        return "dark" if red * 0.3 + green * 0.6 + blue * 0.1 < 128 else "light"


def log_font(face: str, points: int, dpi: int, weight: int = 400) -> str:
    """Windows' LOGFONTW as a registry value; heights are negative pixels."""
    height = -round(points * dpi / 72)
    packed = struct.pack("<iiiii8B", height, 0, 0, 0, weight, 0, 0, 0, 0, 0, 0, 5, 0)
    packed += face.encode("utf-16-le")[:62].ljust(64, b"\0")
    return "hex:" + ",".join(f"{byte:02x}" for byte in packed)


def registry(look: WineLook) -> str:
    """The look as the text of a `.reg` file. Every key is written for every look, so that none remains of another."""
    console = look.console
    faces = [f'"{name}"="{look.face}"' for name in ("MS Shell Dlg", "MS Shell Dlg 2")]
    fonts = [
        f'"{name}Font"={log_font(look.face, look.size, look.dpi, 700 if name == "Caption" else 400)}'
        for name in ("Caption", "SmCaption", "Menu", "Message", "Status", "Icon")
    ]
    ground, text = ((colour & 0xFF) << 16 | colour & 0xFF00 | colour >> 16 for colour in (console.ground, console.text))
    theme = "C:\\\\windows\\\\resources\\\\themes\\\\light\\\\light.msstyles"
    sections = {
        r"HKEY_CURRENT_USER\Control Panel\Colors": [f'"{name}"="{value}"' for name, value in look.colours.items()],
        r"HKEY_CURRENT_USER\Control Panel\Desktop": [
            f'"LogPixels"=dword:{look.dpi:08x}',
            f'"FontSmoothing"="{2 if look.smooth else 0}"',
            f'"FontSmoothingType"=dword:{1 if look.smooth else 0:08x}',
            '"CursorBlinkRate"="-1"',
        ],
        r"HKEY_CURRENT_USER\Control Panel\Desktop\WindowMetrics": fonts,
        r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\ThemeManager": [
            f'"ThemeActive"="{int(look.themed)}"',
            f'"DllName"="{theme if look.themed else ""}"',
            '"ColorName"="Blue"',
            '"SizeName"="NormalSize"',
        ],
        r"HKEY_LOCAL_MACHINE\Software\Microsoft\Windows NT\CurrentVersion\FontSubstitutes": faces,
        r"HKEY_CURRENT_USER\Console": [
            f'"FaceName"="{console.face}"',
            f'"FontSize"=dword:{console.height << 16:08x}',
            '"FontWeight"=dword:00000190',
            f'"WindowSize"=dword:{console.rows << 16 | console.columns:08x}',
            f'"ScreenBufferSize"=dword:{console.rows << 16 | console.columns:08x}',
            '"ScreenColors"=dword:00000007',
            f'"ColorTable00"=dword:{ground:08x}',
            f'"ColorTable07"=dword:{text:08x}',
        ],
    }
    body = "\r\n\r\n".join("\r\n".join([f"[{name}]", *lines]) for name, lines in sections.items())
    return f"Windows Registry Editor Version 5.00\r\n\r\n{body}\r\n"
