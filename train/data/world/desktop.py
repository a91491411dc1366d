"""Windows of desktop and mobile programs, documents, charts and photographs."""

from __future__ import annotations

import random

from train.data.world.content import (
    Block,
    DesktopAppContent,
    Fields,
    Row,
    Text,
)
from train.data.world.dialogs import KNOWN, generic_failure
from train.data.world.parts import log_block, prose, rows, table_block
from train.data.world.slots import Slots

_MENUS = (
    ("File", "Edit", "View", "Help"),
    ("File", "Edit", "View", "Tools", "Help"),
    ("File", "Edit", "View", "Insert", "Format", "Tools", "Window", "Help"),
    ("File", "View", "Help"),
    ("Game", "Settings", "Help"),
    (),
)


_TOOLS = (
    "New",
    "Open",
    "Save",
    "Print",
    "Refresh",
    "Delete",
    "Reply",
    "Forward",
    "Search",
    "Add",
    "Back",
    "Sync",
    "Undo",
    "Settings",
    "Export",
    "Connect",
    "Run",
    "Stop",
)


_SIDE = (
    "Home",
    "Recent",
    "Starred",
    "Documents",
    "Downloads",
    "Music",
    "Pictures",
    "Videos",
    "Trash",
    "Inbox",
    "Drafts",
    "Sent",
    "Spam",
    "Archive",
    "General",
    "Network",
    "Bluetooth",
    "Display",
    "Sound",
    "Power",
    "Privacy",
    "Users",
    "About",
    "Keyboard",
    "Notifications",
    "All items",
    "Favourites",
    "Projects",
    "Devices",
    "Desktop",
    "Other Locations",
)


def _main_blocks(rng: random.Random, slots: Slots) -> list[Block]:
    """What fills the window: files, mails, settings, records, text, chat, a log."""
    choice = rng.random()
    if choice < 0.2:
        names = [slots.get(f"file{index}") for index in range(rng.randint(4, 16))]
        if rng.random() < 0.5:
            head = Row((Text("Name", "cell"), Text("Size", "cell"), Text("Modified", "cell")))
            return [
                Block(
                    "table",
                    (
                        head,
                        *(
                            Row(
                                (
                                    Text(name, "cell"),
                                    Text(slots.get(f"size{index}"), "cell"),
                                    Text(slots.get(f"date{index}"), "cell"),
                                )
                            )
                            for index, name in enumerate(names)
                        ),
                    ),
                )
            ]
        return [Block("list", rows(*names, role="item"))]
    if choice < 0.35:
        entries = []
        for _index in range(rng.randint(3, 9)):
            fresh = Slots(rng)
            subject = fresh.fill(
                rng.choice(
                    (
                        "{title}",
                        "Re: {title}",
                        "Meeting on {day}",
                        "Your order {num} has shipped",
                        "Build failed: {repo} #{num}",
                        "Invoice {num}",
                        "Error report for {name}",
                        "Undelivered mail returned to sender",
                        "Password changed",
                    )
                )
            )
            entries.append(
                Row((Text(fresh.get("person"), "item"), Text(subject, "item"), Text(fresh.get("time")[:5], "label")))
            )
        return [Block("list", tuple(entries)), Block("paragraph", rows(prose(rng, slots)))]
    if choice < 0.5:
        labels = rng.sample(
            (
                "Wi-Fi",
                "Bluetooth",
                "Dark mode",
                "Notifications",
                "Automatic updates",
                "Language",
                "Screen lock",
                "Volume",
                "Brightness",
                "Time zone",
                "Send error reports",
                "Night light",
                "Resolution",
                "Font size",
                "Backup",
                "VPN",
            ),
            rng.randint(4, 9),
        )
        return [
            Block(
                "form",
                tuple(
                    Row(
                        (
                            Text(label, "label"),
                            Text(
                                rng.choice(
                                    ("On", "Off", "English", "Never", "5 minutes", "100 %", "Connected", "Default")
                                ),
                                "input",
                            ),
                        )
                    )
                    for label in labels
                ),
            )
        ]
    if choice < 0.65:
        return [table_block(rng, slots)]
    if choice < 0.75:
        return [
            Block(
                "chat",
                tuple(
                    Row(
                        (
                            Text(Slots(rng).get("user").capitalize(), "label"),
                            Text(Slots(rng).get("time")[:5], "label"),
                            Text(
                                Slots(rng).fill(
                                    rng.choice(
                                        (
                                            "Did the deploy fail again?",
                                            "I get an error when I open {file}",
                                            "Looks good, thanks!",
                                            "See you at {time}",
                                            "{title}",
                                            "the {noun} is {adj} now",
                                            "Can you check the {noun}?",
                                            "404 lol",
                                        )
                                    )
                                ),
                                "body",
                            ),
                        )
                    )
                    for _ in range(rng.randint(3, 8))
                ),
            )
        ]
    if choice < 0.85:
        return [log_block(rng)]
    if choice < 0.92:
        return [
            Block(
                "stats",
                tuple(
                    Row((Text(label, "label"), Text(value, "value")))
                    for label, value in rng.sample(
                        (
                            ("CPU", slots.get("pct") + " %"),
                            ("Memory", slots.get("size")),
                            ("Errors", "0"),
                            ("Network", "12 kB/s"),
                            ("Disk", slots.get("pct2") + " %"),
                            ("Tasks", slots.get("num")),
                            ("Total", slots.get("money")),
                        ),
                        rng.randint(2, 5),
                    )
                ),
            )
        ]
    return [
        Block("heading", rows(slots.get("title"), role="heading")),
        Block("paragraph", rows(*(prose(rng, slots) for _ in range(rng.randint(1, 4))))),
    ]


def desktop_app(rng: random.Random, split: str = "train", failing: bool = True) -> DesktopAppContent:
    """A program's main window; failing: with an information bar, a status line or an empty state that says so."""
    slots = Slots(rng)
    if failing:
        app, message, body, code, category = generic_failure(rng, slots, split)
    else:
        app, message, body, code, category = (
            rng.choice(KNOWN) if rng.random() < 0.5 else slots.get("name"),
            "",
            "",
            None,
            "none",
        )
    style = rng.choice(("windows", "macos", "gtk", "gtk", "qt", "qt", "electron", "java", "mobile"))
    title_text = rng.choice(
        (
            app,
            app,
            f"{slots.get('file')} - {app}",
            f"{app} - {slots.get('title')}",
            f"{app} {slots.get('version')}",
            slots.get("dir"),
            slots.get("cap"),
        )
    )
    title = Text(title_text, "title", "app" if app in title_text else "")
    toolbar = tuple(Text(name, "button") for name in rng.sample(_TOOLS, rng.choice((0, 0, 3, 5))))
    side = tuple(Text(name, "item") for name in rng.sample(_SIDE, rng.choice((0, 4, 6, 9))))
    blocks = _main_blocks(rng, slots)
    banner = None
    status: tuple[Text, ...] = tuple(
        Text(slots.fill(part), "status")
        for part in rng.choice(
            (
                (),
                ("{num} items",),
                ("Ready",),
                ("{num} {nouns}, {size} free", "{pct}%"),
                ("Connected to {host}",),
                ("Done. 0 errors, 0 warnings",),
            )
        )
    )
    if failing:
        main = Row((Text(message, "message", "message"),))
        extra = (Row((Text(body, "body"),)),) if body else ()
        place = rng.random()
        if place < 0.5:
            buttons = (
                (Row((Text(rng.choice(("Retry", "Close", "Details", "Dismiss", "Reconnect", "Log in")), "button"),)),)
                if rng.random() < 0.6
                else ()
            )
            banner = Block("banner", (main, *extra, *buttons), None, rng.choice(("error", "error", "warning")))
        elif place < 0.7:  # nothing but the failure in the window
            blocks = [
                Block(
                    "card",
                    (main, *extra, Row((Text(rng.choice(("Try again", "Retry", "Go back", "Reload")), "button"),))),
                )
            ]
        elif place < 0.85 and (code is None or code in message):
            status = (Text(message, "message", "message"), *status[:1])
        else:
            blocks.insert(
                rng.choice((0, len(blocks))), Block(rng.choice(("toast", "card")), (main, *extra), None, "error")
            )
        fields = Fields(True, app, "desktop_app", message, code, category)
    else:
        fields = Fields(False, app, "desktop_app")
        if rng.random() < 0.2:
            banner = Block(
                "banner",
                rows(
                    slots.fill(
                        rng.choice(
                            (
                                "Update available: version {version}",
                                "You are working offline copy of {file}",
                                "Synchronised at {time}",
                                "{num} new {nouns}",
                                "Trial ends in {num} days",
                            )
                        )
                    ),
                    role="body",
                ),
                None,
                "info",
            )
    if failing and not any(code in piece for piece in [message, body]) if code else False:
        fields = Fields(True, app, "desktop_app", message, None, category)
    if (
        failing
        and code
        and code not in message
        and not any(code in row.text for block in [*blocks, *([banner] if banner else [])] for row in block.rows)
    ):
        fields = Fields(True, app, "desktop_app", message, None, category)
    return DesktopAppContent(
        fields,
        title,
        tuple(blocks),
        tuple(Text(name, "menu") for name in rng.choice(_MENUS)),
        toolbar,
        side,
        banner,
        status,
        app,
        style,
        rng.choice(("any", "light", "dark")),
    )
