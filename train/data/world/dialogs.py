"""Dialog boxes: errors of known and unknown programs, and the questions, notes and progress that are none."""

from __future__ import annotations

import random

from train.data.world.content import DialogContent, Fields, Row, Text
from train.data.world.phrases import action_sentence, reason, sentence_case
from train.data.world.slots import Slots, invented_name
from train.data.world.tables import dialogs

STYLES = ("windows", "windows", "macos", "gtk", "gtk", "qt", "java", "electron", "mobile")
_BUTTONS = (
    ("OK",),
    ("OK",),
    ("OK",),
    ("Close",),
    ("OK", "Cancel"),
    ("Retry", "Cancel"),
    ("Try Again", "Cancel"),
    ("Abort", "Retry", "Ignore"),
    ("OK", "Details"),
    ("Show Details", "Close"),
    ("Dismiss",),
    ("Help", "OK"),
    ("Continue", "Quit"),
    ("Send Report", "Close"),
    ("Close program",),
    ("Close app", "Wait"),
    ("Cancel", "Retry"),
    ("Ok",),
    ("Got it",),
    ("Skip", "Cancel"),
)
KNOWN = (
    "LibreOffice Writer",
    "LibreOffice Calc",
    "GIMP",
    "Inkscape",
    "Microsoft Word",
    "Microsoft Excel",
    "Microsoft Outlook",
    "Firefox",
    "Thunderbird",
    "Files",
    "Text Editor",
    "Visual Studio Code",
    "VLC",
    "Audacity",
    "Blender",
    "Notepad++",
    "FileZilla",
    "DBeaver",
    "Slack",
    "Zoom",
    "Discord",
    "Spotify",
    "Evince",
    "Dolphin",
    "Kate",
    "Okular",
    "KeePassXC",
    "Krita",
    "IntelliJ IDEA",
    "Eclipse",
    "Calculator",
    "Calendar",
    "Photos",
    "Notes",
    "Settings",
    "Software",
    "VirtualBox",
    "Steam",
    "OBS",
    "Postman",
)
_QUESTIONS = (
    (
        "Save changes to “{file}” before closing?",
        "If you don’t save, changes from the last {int} minutes will be permanently lost.",
        ("Close without Saving", "Cancel", "Save"),
    ),
    (
        "Do you want to save changes to {stem}?",
        "Your changes will be lost if you don't save them.",
        ("Save", "Don't Save", "Cancel"),
    ),
    ("Delete {num} {nouns}?", "This cannot be undone.", ("Cancel", "Delete")),
    ("Are you sure you want to delete “{file}”?", "The item will be moved to the trash.", ("No", "Yes")),
    (
        "Replace {file}?",
        "Another file with the same name already exists in “{word}”. Replacing it will overwrite its content.",
        ("Cancel", "Replace"),
    ),
    (
        "A new version of {name} is available",
        "Version {version} fixes errors and crashes. Do you want to install it now?",
        ("Later", "Install"),
    ),
    ("Allow {name} to send notifications?", "", ("Don’t Allow", "Allow")),
    (
        "Restart to finish installing updates",
        "Your computer will restart in {num} minutes.",
        ("Restart later", "Restart now"),
    ),
    ("Do you want to allow this app to make changes to your device?", "Verified publisher: {name}", ("Yes", "No")),
    ("Quit {name}?", "{int} downloads are still running.", ("Cancel", "Quit")),
    ("Discard draft?", "", ("Keep editing", "Discard")),
    ("Empty the trash?", "All items in the trash will be permanently deleted.", ("Cancel", "Empty Trash")),
    ("Enter the password for “{word}”", "Authentication is needed to {verb} the {noun}.", ("Cancel", "Unlock")),
    ("Sign in to {name}", "User name Password", ("Cancel", "Sign in")),
    ("Rename {noun}", "New name: {stem}", ("Cancel", "Rename")),
    (
        "What’s new in version {version}",
        "Fixed an error when opening large files. Improved error messages.",
        ("Close",),
    ),
    ("Send error reports?", "Help improve {name} by sending anonymous crash reports.", ("No thanks", "Send")),
    ("Turn on automatic updates?", "", ("Not now", "Turn on")),
    ("Open this link?", "{url}", ("Cancel", "Open")),
    ("Unsaved changes", "You have unsaved changes. Leave this page?", ("Stay", "Leave")),
)
_NOTES = (
    ("{num} {nouns} were {verb}ed, 0 failed.", "{cap} took {int} minutes.", ("OK",)),
    ("All {num} {nouns} were {verb}ed.", "", ("OK",)),
    ("The {noun} was {verb}ed successfully.", "No errors occurred.", ("OK",)),
    ("{cap} finished", "{num} {nouns} {verb}ed, {int} skipped, 0 errors.", ("Close",)),
    ("The {noun} is up to date.", "", ("OK",)),
    ("No problems were found.", "{num} {nouns} were checked in {secs} seconds.", ("OK", "Show Report")),
    ("{num} {nouns} {verb}ed", "{winpath}", ("Open", "Close")),
    ("Connection to {host} established.", "", ("OK",)),
    ("{verb} {noun} and {noun2}: done", "{num} of {num} {nouns}, none failed", ("OK",)),
    ("Welcome to {name}", "{title}", ("Next", "Cancel")),
    ("Choose a {noun}", "{word} {word2} {word3}", ("Cancel", "OK")),
    ("{cap} {noun2}: {num}", "{title}", ("OK",)),
    ("{cap} completed successfully", "{num} {nouns} were processed. 0 errors.", ("OK",)),
    ("Your {noun} has been saved", "{winpath}", ("OK",)),
    ("Copying {num} {nouns}", "{pct}% complete · {int} minutes remaining", ("Cancel",)),
    ("Installing {name}", "Please wait while the {noun} is installed. {pct}%", ("Cancel",)),
    ("{name} {version}", "Copyright 2024. All rights reserved. Licence: MIT", ("Credits", "Close")),
    ("Update finished", "{name} is now up to date.", ("OK",)),
    ("Backup complete", "{size} copied in {num} minutes, no problems were found.", ("Done",)),
    ("Downloading {file}", "{size} of {size2} – {int} minutes left", ("Pause", "Cancel")),
    ("Scan finished", "No threats found. 0 failed items.", ("Close",)),
    ("{title}", "{cap}: {num} {cap2}: {num2}", ("OK", "Cancel", "Apply")),
    ("Printing", "Page {int} of {num}", ("Cancel",)),
    ("Properties of {file}", "Size: {size} Modified: {date} {time} Permissions: rw-r--r--", ("Close",)),
    ("Battery is at {pct}%", "Plug in your device soon.", ("OK",)),
    ("Find and Replace", "Find: error Replace with: {word}", ("Find All", "Replace", "Close")),
    ("Tip of the day", "Press F8 to jump to the next error in the file.", ("Next Tip", "Close")),
    ("Message sent", "", ("OK",)),
)


def error_dialog(rng: random.Random, split: str = "train") -> DialogContent:
    """A dialog that says what went wrong."""
    slots = Slots(rng)
    if rng.random() < 0.5:
        entry = rng.choice([entry for entry in dialogs() if entry.is_held_out == (split == "held_out")])
        message = slots.fill(entry.message)
        body = slots.fill(entry.body)
        code = slots.fill(entry.code) or None
        app, style, category = entry.app, entry.style, entry.category
        title = slots.fill(entry.title)
        if not title and rng.random() < 0.6:
            title = rng.choice((app, app, "Error"))
    else:
        app, message, body, code, category = generic_failure(rng, slots, split)
        style = rng.choice(STYLES)
        title = rng.choice(
            (
                app,
                app,
                app,
                f"{app} - Error",
                f"Error — {app}",
                "Error",
                f"{app} {slots.get('version')}",
                "Warning",
                f"{app}: {slots.get('noun')}",
                "",
            )
        )
    if message == title:
        title = app
    return compose(rng, Fields(True, app, "desktop_dialog", message, code, category), title, message, body, style)


def generic_failure(
    rng: random.Random, slots: Slots, split: str, app: str | None = None
) -> tuple[str, str, str, str | None, str]:
    """(app, message, body, code, category) in words put together."""
    if app is None:
        app = rng.choice(KNOWN) if rng.random() < 0.25 else invented_name(rng)
    category, why, code = reason(rng, slots, None, split)
    head = action_sentence(rng, slots, app)
    form = rng.random()
    if form < 0.35:
        message, body = head + rng.choice((".", "", ".")), sentence_case(why) + "."
    elif form < 0.6:
        message, body = f"{head}: {why}" + rng.choice((".", "")), ""
    elif form < 0.8:
        message, body = f"{head} because {why}.", ""
    elif form < 0.9:
        message, body = sentence_case(why) + rng.choice(("", ".")), rng.choice(("", head + "."))
    else:
        message, body = (
            head,
            slots.fill(
                rng.choice(
                    (
                        "Try again or contact support.",
                        "See the log for details: {path}",
                        "Reference: {uuid}",
                        "Please contact your administrator.",
                    )
                )
            ),
        )
        category = "other" if why not in message and why not in body else category
        code = ""
    chosen: str | None = None
    if code and rng.random() < 0.6:
        chosen = code
    elif rng.random() < 0.3:
        chosen = rng.choice(
            (
                slots.get("winhex"),
                slots.get("const"),
                f"{slots.get('word')[:3].upper()}-{rng.randint(100, 9999)}",
                f"E{rng.randint(10, 9999)}",
                str(rng.randint(1, 9999)),
                f"0x{rng.getrandbits(32):08X}",
                f"ERR_{slots.get('const')}",
            )
        )
    if chosen is not None:
        where = rng.choice((" ({})", " Error code: {}", " [{}]", " Code: {}", " (error {})", " Error {}"))
        if rng.random() < 0.25:
            message = message.rstrip(".") + where.format(chosen)
        else:
            body = (body + where.format(chosen)).strip()
    return app, message, body, chosen, category


def compose(rng: random.Random, fields: Fields, title: str, message: str, body: str, style: str) -> DialogContent:
    """The dialog around a message."""
    slots = Slots(rng)
    sentences = [part for part in (body.split("\n") if body else []) if part]
    details: tuple[Row, ...] = ()
    if rng.random() < 0.08:
        details = tuple(
            Row((Text(slots.fill(row), "trace"),))
            for row in (
                "at {jclass}.{camel}({cls}.java:{line})",
                "at {jclass2}.{camel}({cls}.java:{line2})",
                "at java.base/java.lang.Thread.run(Thread.java:{line3})",
            )[: rng.randint(1, 3)]
        )
    is_app = bool(fields.app) and bool(title) and str(fields.app) in title
    main = Text(message, "message", "message")
    as_heading = rng.random() < 0.5
    further = tuple(Text(part, "body") for part in sentences)
    return DialogContent(
        fields=fields,
        title=Text(title, "title", "app" if is_app else "") if title else None,
        heading=main if as_heading else None,
        body=further if as_heading else (main, *further),
        buttons=tuple(Text(label, "button") for label in rng.choice(_BUTTONS)),
        icon=rng.choice(("error", "error", "error", "warning", "info", "")),
        app=fields.app or "",
        style=style,
        details=details,
        checkbox=Text(
            rng.choice(("Don't show this message again", "Remember my choice", "Send a report to the developers")),
            "label",
        )
        if rng.random() < 0.1
        else None,
        theme=rng.choice(("any", "light", "dark")),
    )


def normal_dialog(rng: random.Random, split: str = "train") -> DialogContent:
    """A question, a note of success, progress, an about box."""
    del split
    slots = Slots(rng)
    app = rng.choice(KNOWN) if rng.random() < 0.5 else slots.get("name")
    slots.set("name", app)
    heading, body, buttons = (
        slots.fill(part) if isinstance(part, str) else part
        for part in rng.choice(_QUESTIONS if rng.random() < 0.6 else _NOTES)
    )
    title = rng.choice((app, app, f"{app} - {slots.get('file')}", "", "Question", "Confirm"))
    return DialogContent(
        fields=Fields(False, app, "desktop_dialog"),
        title=Text(title, "title", "app" if app in title else "") if title else None,
        heading=Text(str(heading), "heading"),
        body=(Text(str(body), "body"),) if body else (),
        buttons=tuple(Text(label, "button") for label in buttons),
        icon=rng.choice(("question", "info", "warning", "")),
        app=app,
        style=rng.choice(STYLES),
        theme=rng.choice(("any", "light", "dark")),
    )
