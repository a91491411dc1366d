"""Hard negatives: screens full of the words of errors on which nothing failed. `hard_negative` draws one of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from train.data.world.content import Block, Content, DesktopAppContent, DialogContent, Fields, Row, Text
from train.data.world.negatives_pages import (
    dashboard,
    error_reference,
    forum_thread,
    heading,
    issue_tracker,
    log_page,
    search_results,
    window,
)
from train.data.world.negatives_text import TEXTS
from train.data.world.parts import rows
from train.data.world.quotes import quote, short_quote
from train.data.world.slots import Slots


def mail_about(rng: random.Random, split: str) -> DesktopAppContent:
    """Mails about incidents, failed builds, refused deliveries."""
    found, s = quote(rng, split), Slots(rng)
    app = rng.choice(("Thunderbird", "Microsoft Outlook", "Evolution", "Mail", "Geary", "KMail"))
    listed = [
        Row(
            (
                Text(Slots(rng).get("person"), "item"),
                Text(
                    Slots(rng).fill(
                        rng.choice(
                            (
                                "Build failed: {repo} #{num}",
                                "Re: error on {host}",
                                "[ALERT] {noun} down",
                                "RESOLVED: {noun} outage",
                                "{title}",
                                "Your password was changed",
                                "Undelivered Mail Returned to Sender",
                                "Re: {title}",
                            )
                        )
                    ),
                    "item",
                ),
                Text(Slots(rng).get("time")[:5], "label"),
            )
        )
        for _ in range(rng.randint(2, 6))
    ]
    subject = rng.choice(
        (
            f"Re: {found.message[:60]}",
            "Incident report " + s.get("date"),
            "Build failed: " + s.get("repo"),
            "Error after the update",
        )
    )
    body = (
        s.fill("Hello {user},"),
        s.fill("since {day} the {noun} shows this message:"),
        "“" + found.message[:100] + "”",
        s.fill("Could you have a look? It worked before we {verb} the {noun2}."),
        s.fill("Regards, {person}"),
    )
    return window(
        rng,
        app,
        f"{subject} - {app}",
        [Block("list", tuple(listed)), heading(subject), Block("paragraph", rows(*body))],
        ("Inbox", "Drafts", "Sent", "Junk", "Archive"),
        s.fill("{num} messages"),
    )


def chat_about(rng: random.Random, split: str) -> DesktopAppContent:
    """Colleagues who quote errors to each other."""
    app = rng.choice(("Slack", "Discord", "Microsoft Teams", "Element", "Telegram", "Signal", "Pidgin"))
    said = (
        "anyone else seeing this?",
        "did you restart it?",
        "works on my machine",
        "prod is fine again",
        "fixed, was a typo in {file}",
        "deploy failed twice today",
        "404 lol",
        "which version?",
        "looking into it",
        "the {noun} was full",
    )
    made = []
    for _ in range(rng.randint(3, 9)):
        t = Slots(rng)
        body = short_quote(rng, split, 100) if rng.random() < 0.4 else t.fill(rng.choice(said))
        made.append(
            Row((Text(t.get("user").capitalize(), "label"), Text(t.get("time")[:5], "label"), Text(body, "body")))
        )
    room = rng.choice(("#incidents", "#help", "#dev", "#alerts", Slots(rng).get("person")))
    return window(
        rng,
        app,
        f"{room} - {app}",
        [Block("chat", tuple(made))],
        ("#general", "#incidents", "#help", "#random", "#alerts"),
    )


def pasted_note(rng: random.Random, split: str) -> DesktopAppContent:
    """A notepad with a pasted trace: the note is the subject."""
    found, s = quote(rng, split), Slots(rng)
    app = rng.choice(("Notepad", "Mousepad", "gedit", "Text Editor", "KWrite", "TextEdit", "Obsidian", "Sticky Notes"))
    name = rng.choice((s.get("stem") + ".txt", "notes.txt", "Untitled", "todo.md", "bug.txt"))
    top = [
        s.fill(
            rng.choice(
                (
                    "From the mail of {person}, {date}:",
                    "TODO ask {user} about this",
                    "# {title}",
                    "seen on {host} at {time}:",
                    "- fixed? see {url}",
                )
            )
        )
    ]
    lines = [*top, "", *found.lines[:14], "", s.fill("tried: {verb} the {noun}, same result")]
    block = Block(rng.choice(("code", "code", "paragraph")), tuple(Row((Text(line or " ", "body"),)) for line in lines))
    return window(rng, app, f"{name} - {app}", [block], (), s.fill("Ln {line}, Col {col}"))


def error_sheet(rng: random.Random, split: str) -> DesktopAppContent:
    """A table of a spreadsheet or a database with a column that names errors."""
    s = Slots(rng)
    app = rng.choice(("LibreOffice Calc", "Microsoft Excel", "Gnumeric", "DBeaver", "phpMyAdmin", "Airtable"))
    head = Row(
        tuple(
            Text(t, "cell", "", "bold")
            for t in rng.choice(
                (
                    ("ID", "Host", "Error", "Count"),
                    ("Date", "Error", "Owner", "Fixed"),
                    ("Ticket", "Description", "Error code", "State"),
                )
            )
        )
    )
    made = []
    for _ in range(rng.randint(4, 14)):
        q, t = quote(rng, split), Slots(rng)
        made.append(
            Row(
                (
                    Text(rng.choice((t.get("num"), t.get("date"), t.get("host"))), "cell"),
                    Text(rng.choice((q.message[:40], q.code or q.message[:30])), "cell"),
                    Text(t.get("user"), "cell"),
                    Text(rng.choice(("yes", "no", t.get("num"), "done", "open")), "cell"),
                )
            )
        )
    return window(
        rng,
        app,
        f"{s.get('stem')}.ods - {app}",
        [Block("table", (head, *made))],
        (),
        rng.choice(("Sheet 1 of 3", "Ready", s.fill("{num} rows"))),
    )


def settings_page(rng: random.Random, split: str) -> DesktopAppContent:
    """Settings that have to do with errors."""
    del split
    app = rng.choice(
        (
            "Settings",
            "Firefox",
            "Visual Studio Code",
            "System Settings",
            "GNOME Settings",
            "Problem Reporting",
            Slots(rng).get("name"),
        )
    )
    names = (
        "Send error reports",
        "Report crashes automatically",
        "Show error notifications",
        "Log level",
        "On error",
        "Retry failed downloads",
        "Stop on first error",
        "Ignore certificate errors",
        "Timeout (s)",
        "Warn before quitting",
        "Block dangerous downloads",
        "Automatic problem reporting",
        "Highlight errors",
        "Sound on failure",
    )
    made = [
        Row(
            (
                Text(n, "label"),
                Text(rng.choice(("On", "Off", "Ask", "Always", "Never", "Error", "30", "Default")), "input"),
            )
        )
        for n in rng.sample(names, rng.randint(4, 9))
    ]
    return window(
        rng,
        app,
        rng.choice((app, f"{app} - Diagnostics", f"Privacy - {app}")),
        [
            heading(rng.choice(("Diagnostics", "Problem reporting", "Errors and warnings", "Privacy"))),
            Block("form", tuple(made)),
        ],
        ("General", "Network", "Privacy", "Notifications", "Updates", "About"),
    )


_ASKED = (
    ("Save changes to {file}?", "If you don't save, your changes will be lost.", ("Save", "Don't Save", "Cancel")),
    ("Delete {num} files?", "They will be moved to the trash.", ("Cancel", "Delete")),
    ("Send error report?", "{name} can send a report that helps to fix problems.", ("Don't Send", "Send")),
    ("No problems found", "All {num} {nouns} were checked. 0 errors, 0 warnings.", ("OK",)),
    ("Scan completed", "No threats were found. {num} files scanned, 0 errors.", ("Close",)),
    (
        "Check for errors?",
        "Windows can check drive {drive}: for errors. You can keep using the drive during the scan.",
        ("Scan drive", "Cancel"),
    ),
    (
        "You don't need to scan this drive",
        "We haven't found any errors on this drive. You can still scan the drive for errors if you want.",
        ("Scan drive", "Close"),
    ),
    ("Import finished", "{num} {nouns} imported, 0 failed.", ("OK",)),
    ("Overwrite {file}?", "A file with this name exists already.", ("Yes", "No")),
    ("Downloading {file}", "{pct} % · {size} of {size2} · {int} min left", ("Cancel",)),
    ("Retry failed downloads automatically?", "", ("No", "Yes")),
    ("Copying {num} files", "{pct} % complete. Errors are shown at the end.", ("Pause", "Cancel")),
    ("Repair completed", "{name} was repaired successfully.", ("OK",)),
    ("Are you sure you want to quit?", "{int} jobs are still running.", ("Stay", "Quit")),
    ("Enable debug logging?", "Errors and warnings will be written to {path}.", ("Cancel", "Enable")),
    ("About {name}", "Version {version}. Report errors at {url}", ("Close",)),
    ("Spelling check is complete", "The document has no errors.", ("OK",)),
    ("Connection restored", "{name} is online again.", ("OK",)),
)


def asking_dialog(rng: random.Random, split: str) -> DialogContent:
    """Questions, progress and good news in dialogs, with icons and words that errors have too."""
    del split
    s = Slots(rng)
    app = s.get("name")
    asked, body, buttons = rng.choice(_ASKED)
    said = s.fill(body)
    title = rng.choice((app, app, "Warning", "Error check", "", f"{app} - Confirm"))
    return DialogContent(
        Fields(False, app, "desktop_dialog"),
        Text(title, "title", "app" if app in title else "") if title else None,
        Text(s.fill(asked), "heading"),
        (Text(said, "body"),) if said else (),
        tuple(Text(b, "button") for b in buttons),
        rng.choice(("warning", "question", "info", "warning", "")),
        app,
        rng.choice(("windows", "windows", "macos", "gtk", "gtk", "qt", "java", "electron", "mobile")),
        theme=rng.choice(("any", "light", "dark")),
    )


def _of_text(rng: random.Random, split: str) -> Content:
    return rng.choices([make for make, _ in TEXTS], [weight for _, weight in TEXTS])[0](rng, split)


NEGATIVES: tuple[tuple[Callable[[random.Random, str], Content], float], ...] = (
    (_of_text, 0.42),
    (asking_dialog, 0.13),
    (error_reference, 0.06),
    (search_results, 0.05),
    (forum_thread, 0.05),
    (issue_tracker, 0.05),
    (dashboard, 0.04),
    (log_page, 0.05),
    (mail_about, 0.03),
    (chat_about, 0.03),
    (pasted_note, 0.04),
    (error_sheet, 0.03),
    (settings_page, 0.03),
)


def hard_negative(rng: random.Random, split: str = "train") -> Content:
    """A screen that speaks of errors and on which nothing failed."""
    return rng.choices([make for make, _ in NEGATIVES], [weight for _, weight in NEGATIVES])[0](rng, split)
