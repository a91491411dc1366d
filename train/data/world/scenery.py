"""Pictures of the kind "other": desktops, lock and sign-in screens, firmware, boot consoles, icons, drawings."""

from __future__ import annotations

import random
from collections.abc import Callable

from train.data.world.content import Block, DocumentContent, Fields, PhotoContent, Row, Text
from train.data.world.parts import rows
from train.data.world.slots import Slots
from train.data.world.stops import BOOTING

_NAMES = (
    "Home", "Trash", "Documents", "This PC", "Recycle Bin", "Downloads", "Network", "Notes.txt", "Projects", "Backup",
    "Report.pdf", "Music", "Photos", "setup.exe", "{file}", "{file2}", "{file3}", "{name}", "{name2}", "{name3}", "{title}",
    "error.log", "Screenshot {date}.png", "{cap}", "{cap2} {num}", "New folder", "crash-report.txt", "Read me first",
)  # fmt: skip


def desktop(rng: random.Random) -> DocumentContent:
    """A desktop without a window in front: icons, perhaps a widget with the weather, notes or the load."""
    slots = Slots(rng)
    names = [slots.fill(name) for name in rng.sample(_NAMES, rng.randint(0, 16))]
    blocks = [Block("list", rows(*names, role="item"))] if names else []
    if rng.random() < 0.45:
        widget = rng.choice(
            (
                ("{cap}", "{int}° · Partly cloudy", "H: {pct}°  L: {int2}°"),
                ("CPU {pct} %", "Memory {pct2} %", "Disk {pct3} %", "Errors 0"),
                ("To do", "{verb} the {noun}", "fix the error in {file}", "call {person}"),
                ("{day}", "{time} {title}", "No more events today"),
                ("Tips", "Did you know that {name} can {verb} {nouns}?"),
            )
        )
        blocks.append(Block("card", rows(*(slots.fill(line) for line in widget))))
    if not blocks or rng.random() < 0.15:
        mark = rng.choice(("Activate Windows", "{name} Build {big}", "{host}", "{user}@{shost}"))
        blocks.append(Block("footer", rows(slots.fill(mark))))
    return DocumentContent(Fields(False, None, "other"), tuple(blocks), None, "", "any", "desktop")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def lock_screen(rng: random.Random) -> DocumentContent:
    """The clock and the date over a picture, at times with notifications."""
    slots = Slots(rng)
    day = rng.choice(("{0}, {1} {2}", "{0} {2} {1}", "{0}, {2} {1}")).format(
        rng.choice(_DAYS), rng.choice(_MONTHS), rng.randint(1, 28)
    )
    blocks = [
        Block("heading", rows(f"{rng.randint(0, 23)}:{rng.randint(0, 59):02}", role="heading")),
        Block("paragraph", rows(day)),
    ]
    for _ in range(rng.choice((0, 0, 1, 2))):
        fresh = Slots(rng)
        line = rng.choice(
            (
                "{person}: {title}",
                "Your build {num} has failed",
                "{num} new mails",
                "{name} was updated",
                "Backup completed",
            )
        )
        blocks.append(Block("card", rows(fresh.get("name"), fresh.fill(line))))
    if rng.random() < 0.4:
        blocks.append(
            Block(
                "footer",
                rows(
                    rng.choice(
                        (
                            "Swipe up to unlock",
                            "Press Ctrl+Alt+Delete to unlock.",
                            "Click or press a key to unlock",
                            "Locked by " + slots.get("person"),
                        )
                    )
                ),
            )
        )
    return DocumentContent(Fields(False, None, "other"), tuple(blocks), None, "", "any", "lock")


def login_screen(rng: random.Random) -> DocumentContent:
    """Who signs in: a name, a field for the password, a choice of sessions."""
    slots = Slots(rng)
    buttons = rng.sample(
        (
            "Sign in",
            "Log In",
            "Cancel",
            "Switch user",
            "Sign-in options",
            "Other user",
            "Not listed?",
            "Restart",
            "Shut down",
            "Guest",
        ),
        rng.randint(1, 4),
    )
    blocks = [
        Block(
            "heading",
            rows(slots.fill(rng.choice(("{person}", "{user}", "Welcome", "Administrator", "{shost}"))), role="heading"),
        ),
        Block(
            "form",
            (
                Row(
                    (
                        Text(rng.choice(("Password", "PIN", "Enter your password")), "label"),
                        Text(rng.choice(("••••••", "••••••••••", "Password")), "input"),
                    )
                ),
            ),
        ),
        Block("buttons", (Row(tuple(Text(label, "button") for label in buttons)),)),
    ]
    if rng.random() < 0.3:
        blocks.append(
            Block(
                "footer",
                rows(slots.fill(rng.choice(("Session: GNOME on Xorg", "{host}", "Welcome to {name} {version}")))),
            )
        )
    return DocumentContent(Fields(False, None, "other"), tuple(blocks), None, "", "any", "login")


_SETTINGS = (
    ("System Time", "[{time}]"), ("System Date", "[{date}]"), ("BIOS Version", "{version}"), ("Total Memory", "{big} MB"),
    ("SATA Mode Selection", "[AHCI]"), ("Secure Boot", "[Enabled]"), ("Secure Boot", "[Disabled]"), ("Fast Boot", "[Enabled]"),
    ("Boot Option #1", "[UEFI: {name}]"), ("Boot Option #2", "[{name2}]"), ("Virtualization Technology", "[Disabled]"),
    ("Halt On", "[All Errors]"), ("Halt On", "[No Errors]"), ("Wake on LAN", "[Enabled]"), ("CPU Temperature", "+{pct}.0 °C"),
    ("Fan Speed", "{num} RPM"), ("USB Legacy Support", "[Auto]"), ("Administrator Password", "Not Installed"),
    ("Processor Type", "{name} {num} CPU"), ("Serial Port", "[Disabled]"), ("Memory Frequency", "{num} MHz"),
    ("POST Errors", "[Enabled]"), ("Event Log", "[Press Enter]"),
)  # fmt: skip
_KEYS = (
    "F1: General Help",
    "F9: Setup Defaults",
    "F10: Save and Exit",
    "ESC: Exit",
    "Enter: Select",
    "+/-: Change Opt.",
    "↑↓: Select Item",
)


def firmware(rng: random.Random) -> DocumentContent:
    """A set-up page of the firmware in text mode."""
    slots = Slots(rng)
    maker = rng.choice((slots.get("name"), slots.get("name2"), "UEFI", "Aptio"))
    tabs = ["Main", "Advanced", "Chipset", "Security", "Boot", "Save & Exit"][: rng.randint(4, 6)]
    shown = [
        Row((Text(name, "label"), Text(slots.fill(value), "value")))
        for name, value in rng.sample(_SETTINGS, rng.randint(5, 13))
    ]
    head = rng.choice(
        (f"{maker} Setup Utility - Copyright (C) 2022 {maker}", f"{maker} BIOS SETUP UTILITY", f"{maker} Setup")
    )
    helps = rng.choice(
        (
            "Set the {noun} of the {noun2}.",
            "Enables or disables the {noun} {noun2}.",
            "Select the {noun} to {verb} first.",
        )
    )
    blocks = (
        Block("heading", rows(head, role="heading")),
        Block("nav", (Row(tuple(Text(tab, "tab") for tab in tabs)),)),
        Block("form", tuple(shown)),
        Block("card", rows(slots.fill(helps), *rng.sample(_KEYS, rng.randint(3, 6)))),
        Block("footer", rows(f"Version {slots.get('version')}. Copyright (C) 2022 {maker}")),
    )
    return DocumentContent(Fields(False, "BIOS", "other"), blocks, None, "BIOS", "any", "firmware")


def boot_console(rng: random.Random) -> DocumentContent:
    """What a machine prints while it starts, when nothing fails; a boot menu."""
    slots = Slots(rng)
    if rng.random() < 0.3:
        entries = (
            "{name} GNU/Linux",
            "Advanced options for {name} GNU/Linux",
            "UEFI Firmware Settings",
            "Memory test (memtest86+)",
            "Windows Boot Manager (on /dev/sda1)",
            "{name}, with Linux {version} (recovery mode)",
        )
        lines = [
            "GNU GRUB  version 2.06",
            "",
            *(" " + slots.fill(e) for e in rng.sample(entries, rng.randint(2, 5))),
            "",
            "Use the ↑ and ↓ keys to select which entry is highlighted.",
        ]
        app = "GRUB"
    else:
        lines = [Slots(rng).fill(rng.choice(BOOTING)) for _ in range(rng.randint(6, 40))]
        app = "Linux"
        if rng.random() < 0.4:
            lines += [
                "",
                f"{slots.get('distro').capitalize()} GNU/Linux 12 {slots.get('shost')} tty1",
                "",
                f"{slots.get('shost')} login: ",
            ]
    rest = tuple(Row((Text(line, "output"),)) if line.strip() else Row(()) for line in lines)
    return DocumentContent(Fields(False, app, "other"), (Block("log", rest),), None, app, "any", "boot")


def icon_sheet(rng: random.Random) -> DocumentContent:
    """Icons in rows with their names, as a launcher, a phone's home screen or a set of symbols shows them."""
    slots = Slots(rng)
    made = [
        Slots(rng).fill(
            rng.choice(("{word}", "{cap}", "{name}", "alert-{word}", "error", "warning", "{word}-{noun}", "icon_{num}"))
        )
        for _ in range(rng.randint(6, 40))
    ]
    blocks = [Block("list", rows(*made, role="item"))]
    if rng.random() < 0.5:
        blocks.insert(
            0,
            Block(
                "heading",
                rows(
                    slots.fill(
                        rng.choice(("{name} icons", "Icons {version}", "Applications", "All apps", "{num} icons"))
                    ),
                    role="heading",
                ),
            ),
        )
    return DocumentContent(Fields(False, None, "other"), tuple(blocks), None, "", "any", "icons")


_HUD = (
    "SCORE {big}",
    "Score: {num}",
    "LIVES {int}",
    "Level {int}",
    "HI {big}",
    "PAUSED",
    "GAME OVER",
    "Press SPACE to start",
    "Time {time}",
    "x{int}",
    "FPS {pct}",
    "HP {pct}/{num}",
    "You win!",
    "Checkpoint reached",
    "+{num}",
)


def drawing(rng: random.Random) -> PhotoContent:
    """A game, a drawn canvas, plain shapes, or nothing but one colour."""
    style = rng.choice(("game", "game", "canvas", "shapes", "shapes", "plain"))
    slots = Slots(rng)
    words: tuple[str, ...] = ()
    if style == "game":
        words = tuple(rng.sample(_HUD, rng.randint(1, 5)))
    elif style == "canvas":
        words = tuple(
            rng.sample(
                ("{noun}", "{cap}", "{noun2} → {noun3}", "{title}", "?", "v{version}", "{verb} {noun}", "error?"),
                rng.randint(0, 5),
            )
        )
    elif rng.random() < 0.2:
        words = ("{word}",)
    texts = tuple(Text(slots.fill(text), "other") for text in words)
    return PhotoContent(Fields(False, None, "other"), texts, "any", style)


SCENES: tuple[tuple[Callable[[random.Random], DocumentContent | PhotoContent], float], ...] = (
    (desktop, 0.26),
    (lock_screen, 0.1),
    (login_screen, 0.12),
    (firmware, 0.12),
    (boot_console, 0.12),
    (icon_sheet, 0.1),
    (drawing, 0.18),
)


def scenery(rng: random.Random, split: str = "train") -> DocumentContent | PhotoContent:
    """A picture in which no program stands in front."""
    del split
    return rng.choices([make for make, _ in SCENES], [weight for _, weight in SCENES])[0](rng)
