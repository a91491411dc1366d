"""Hard negatives: screens full of the words of errors on which nothing failed. `hard_negative` draws one of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from train.data.world.content import Block, Content, DesktopAppContent, DialogContent, Fields, Row, Text, WebPageContent
from train.data.world.negatives_text import TEXTS, log_lines
from train.data.world.parts import links_block, navigation, other_tabs, prose, rows
from train.data.world.quotes import quote, short_quote
from train.data.world.slots import Slots

_BROWSERS = ("Chromium", "Chromium", "Firefox", "Google Chrome", "Microsoft Edge", "Safari")


def _page(rng: random.Random, site: str, heading: str, blocks: list[Block]) -> WebPageContent:
    """A page of a site in its browser, of which no error is the subject."""
    slots = Slots(rng)
    top = [navigation(rng, site)] if rng.random() < 0.8 else []
    foot = [links_block(rng)] if rng.random() < 0.35 else []
    browser = rng.choice(_BROWSERS)
    return WebPageContent(
        Fields(False, browser, "web_page"), Text(slots.get("url"), "url"), Text(f"{heading[:60]} - {site}", "title"),
        (*top, *blocks, *foot), rng.choice(("docs", "app")), other_tabs(rng), browser, rng.random() < 0.7,
        rng.choice(("light", "light", "dark", "any")),
    )  # fmt: skip


def _heading(text: str) -> Block:
    return Block("heading", rows(text, role="heading"))


def error_reference(rng: random.Random, split: str) -> WebPageContent:
    """Documentation about an error: what it means, when it occurs, what to do."""
    found, s = quote(rng, split), Slots(rng)
    name = found.code or found.message[:60]
    blocks = [
        _heading(
            rng.choice(
                ("{0}", "How to fix {0}", "What is {0}?", "{0} - causes and solutions", "Troubleshooting {0}")
            ).format(name)
        )
    ]
    blocks.append(
        Block(
            "paragraph",
            rows(
                s.fill(f"This error is shown by {found.app} when the {{noun}} is missing or cannot be reached."),
                prose(rng, s),
            ),
        )
    )
    if rng.random() < 0.7:
        blocks.append(Block("code", rows(*[line[:110] or " " for line in found.lines[:8]], role="source")))
    if rng.random() < 0.6:
        more = [quote(rng, split) for _ in range(rng.randint(2, 5))]
        table = [
            Row((Text(q.code or s.get(f"const{i}"), "cell"), Text(q.message[:70], "cell"))) for i, q in enumerate(more)
        ]
        blocks.append(
            Block("table", (Row((Text("Code", "cell", "", "bold"), Text("Description", "cell", "", "bold"))), *table))
        )
    if rng.random() < 0.6:
        blocks.append(
            Block(
                "heading", rows(rng.choice(("Solution", "Possible causes", "Resolution", "See also")), role="heading")
            )
        )
        blocks.append(
            Block(
                "list",
                rows(
                    *(
                        Slots(rng).fill(
                            rng.choice(
                                (
                                    "Check that the {noun} is running.",
                                    "Restart the {noun} and try again.",
                                    "{verb} the {noun} with {fn}().",
                                    "Make sure that {path} exists.",
                                    "Update {name} to {version}.",
                                )
                            )
                        )
                        for _ in range(rng.randint(2, 5))
                    )
                ),
            )
        )
    return _page(
        rng, rng.choice((found.app + " Docs", s.get("name") + " Help", "MDN", "Wikipedia", s.get("name"))), name, blocks
    )


def search_results(rng: random.Random, split: str) -> WebPageContent:
    """What a search for an error found."""
    found, s = quote(rng, split), Slots(rng)
    asked = rng.choice(
        (found.message[:60], found.code or found.message[:50], f"{found.app} {found.message[:40]}")
    ).lower()
    blocks = [Block("form", (Row((Text("Search", "label"), Text(asked, "input"))),))]
    if rng.random() < 0.6:
        blocks.append(Block("paragraph", rows(f"About {s.get('big')} results (0.{rng.randint(20, 80)} seconds)")))
    for _ in range(rng.randint(3, 7)):
        t = Slots(rng)
        said = short_quote(rng, split, 70) if rng.random() < 0.5 else found.message[:70]
        title = rng.choice(
            (
                "{0} - {1} Forum",
                "[SOLVED] {0}",
                "{0} · Issue #{2} · {3}",
                "How do I fix “{0}”?",
                "{0} | {1} documentation",
                "Error: {0}",
            )
        ).format(said, t.get("name"), t.get("num"), t.get("repo"))
        blocks.append(
            Block(
                "paragraph",
                (Row((Text(t.get("url"), "url"),)), Row((Text(title, "link"),)), Row((Text(prose(rng, t), "body"),))),
            )
        )
    return _page(rng, rng.choice(("Google", "DuckDuckGo", "Bing", s.get("name"))), asked, blocks)


def forum_thread(rng: random.Random, split: str) -> WebPageContent:
    """A question about an error with its answers."""
    found, s = quote(rng, split), Slots(rng)
    blocks = [
        _heading(
            rng.choice(("{0}", "Getting “{0}” - what now?", "{0} after update", "Help: {0}")).format(found.message[:70])
        )
    ]
    said = rng.choice(
        (
            "I get this since yesterday, nothing was changed:",
            "When I {verb} the {noun} it prints",
            "Any idea what this means?",
        )
    )
    blocks.append(
        Block(
            "chat", (Row((Text(s.get("person"), "label"), Text(s.get("date"), "label"), Text(s.fill(said), "body"))),)
        )
    )
    blocks.append(Block("code", rows(*[line[:110] or " " for line in found.lines[:10]], role="source")))
    told = (
        "Same here.",
        "Thanks, that fixed it!",
        "You have to {verb} the {noun} first.",
        "Did you restart {name}?",
        "Which version of {name} is that?",
        "This error means that the {noun} is missing.",
        "Works for me on {version}.",
    )
    blocks.append(
        Block(
            "chat",
            tuple(
                Row(
                    (
                        Text(Slots(rng).get("person"), "label"),
                        Text(Slots(rng).get("date"), "label"),
                        Text(Slots(rng).fill(rng.choice(told)), "body"),
                    )
                )
                for _ in range(rng.randint(1, 5))
            ),
        )
    )
    return _page(
        rng,
        rng.choice(("Stack Overflow", "Super User", "Ask Ubuntu", "Reddit", s.get("name") + " Community")),
        found.message,
        blocks,
    )


def issue_tracker(rng: random.Random, split: str) -> WebPageContent:
    """Issues, or runs of tests, whose titles are errors."""
    s = Slots(rng)
    made = []
    for _ in range(rng.randint(4, 14)):
        t = Slots(rng)
        title = rng.choice(
            (
                short_quote(rng, split, 70),
                "Crash when opening " + t.get("file"),
                t.fill("{noun} fails with {cls}Error"),
                t.fill("Add {noun} to {noun2}"),
                t.fill("test_{noun}_timeout fails on main"),
            )
        )
        made.append(
            Row(
                (
                    Text("#" + t.get("num"), "cell"),
                    Text(title, "cell"),
                    Text(rng.choice(("Open", "Closed", "In progress", "Done", "bug", "needs info")), "cell"),
                    Text(t.get("user"), "cell"),
                )
            )
        )
    head = Row(tuple(Text(name, "cell", "", "bold") for name in ("Key", "Summary", "Status", "Assignee")))
    blocks = [
        _heading(
            rng.choice(("Issues", s.fill("{num} Open  {num2} Closed"), "Backlog", "Bug triage", "My open issues"))
        ),
        Block("table", (head, *made)),
    ]
    return _page(rng, rng.choice(("GitHub", "GitLab", "Jira", "Redmine", "YouTrack", s.get("name"))), "Issues", blocks)


def dashboard(rng: random.Random, split: str) -> WebPageContent:
    """Error rates, failed jobs, an incident that is over: a page that reports."""
    s = Slots(rng)
    stats = (
        ("Errors", "0"),
        ("Error rate", "0.0" + s.get("int") + " %"),
        ("Failed jobs", s.get("num")),
        ("5xx / min", s.get("int2")),
        ("p95", s.get("ms") + " ms"),
        ("Crash-free users", "99.9 %"),
        ("Timeouts", s.get("int3")),
        ("Open incidents", "0"),
        ("Uptime", "99.98 %"),
    )
    blocks = [
        _heading(
            rng.choice(
                (
                    "Errors overview",
                    "Service health",
                    "All systems operational",
                    "Exceptions by type",
                    "Failed requests",
                    "Status page",
                )
            )
        )
    ]
    blocks.append(
        Block(
            "stats",
            tuple(
                Row((Text(name, "label"), Text(value, "value"))) for name, value in rng.sample(stats, rng.randint(3, 7))
            ),
        )
    )
    if rng.random() < 0.6:
        lines = [
            Row(
                (
                    Text(short_quote(rng, split, 60), "cell"),
                    Text(Slots(rng).get("num"), "cell"),
                    Text(rng.choice(("resolved", "ignored", "3 h ago", "regressed", "new")), "cell"),
                )
            )
            for _ in range(rng.randint(3, 9))
        ]
        blocks.append(
            Block("table", (Row(tuple(Text(t, "cell", "", "bold") for t in ("Issue", "Events", "State"))), *lines))
        )
    else:
        blocks.append(
            Block(
                "list",
                rows(
                    *(
                        Slots(rng).fill(
                            rng.choice(
                                (
                                    "{date} Resolved: elevated error rates on {host}",
                                    "{date} Postmortem: outage of the {noun}",
                                    "{date} Maintenance completed",
                                    "No incidents reported on {date}.",
                                )
                            )
                        )
                        for _ in range(rng.randint(2, 6))
                    )
                ),
            )
        )
    return _page(
        rng,
        rng.choice(("Grafana", "Sentry", "Datadog", "Kibana", "Jenkins", s.get("name") + " Status")),
        "Overview",
        blocks,
    )


def log_page(rng: random.Random, split: str) -> WebPageContent | DesktopAppContent:
    """A log in a viewer of a web application or of the desktop."""
    block = Block("log", rows(*log_lines(rng, split, rng.randint(8, 26)), role="output"))
    s = Slots(rng)
    if rng.random() < 0.5:
        return _page(
            rng,
            rng.choice(("Kibana", "Grafana", "Portainer", "Jenkins", "Splunk")),
            "Logs",
            [_heading(rng.choice(("Logs", "Console Output", "Explore", s.get("pod")))), block],
        )
    app = rng.choice(("Event Viewer", "Logs", "KSystemLog", "Console", "Log Viewer"))
    return _window(rng, app, app, [block], ("All", "Errors", "Warnings", "Application", "System", "Security"))


def _window(
    rng: random.Random, app: str, title: str, blocks: list[Block], side: tuple[str, ...] = (), status: str = ""
) -> DesktopAppContent:
    menus = rng.choice(
        (("File", "Edit", "View", "Help"), ("File", "Edit", "View", "Insert", "Format", "Tools", "Help"), ())
    )
    style = rng.choice(("windows", "gtk", "qt", "macos", "electron", "windows", "gtk"))
    shown = tuple(Text(name, "item") for name in side) if rng.random() < 0.7 else ()
    return DesktopAppContent(
        Fields(False, app, "desktop_app"), Text(title, "title", "app" if app in title else ""), tuple(blocks),
        tuple(Text(m, "menu") for m in menus), (), shown, None, (Text(status, "status"),) if status else (), app, style,
        rng.choice(("any", "light", "dark")),
    )  # fmt: skip


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
    return _window(
        rng,
        app,
        f"{subject} - {app}",
        [Block("list", tuple(listed)), _heading(subject), Block("paragraph", rows(*body))],
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
    return _window(
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
    return _window(rng, app, f"{name} - {app}", [block], (), s.fill("Ln {line}, Col {col}"))


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
    return _window(
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
    return _window(
        rng,
        app,
        rng.choice((app, f"{app} - Diagnostics", f"Privacy - {app}")),
        [
            _heading(rng.choice(("Diagnostics", "Problem reporting", "Errors and warnings", "Privacy"))),
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
    ("Check for errors?", "Windows can check drive {drive}: for errors. You can keep using the drive during the scan.", ("Scan drive", "Cancel")),
    ("You don't need to scan this drive", "We haven't found any errors on this drive. You can still scan the drive for errors if you want.", ("Scan drive", "Close")),
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
)  # fmt: skip


def asking_dialog(rng: random.Random, split: str) -> DialogContent:
    """Questions, progress and good news in dialogs, with icons and words that errors have too."""
    del split
    s = Slots(rng)
    app = s.get("name")
    heading, body, buttons = rng.choice(_ASKED)
    said = s.fill(body)
    title = rng.choice((app, app, "Warning", "Error check", "", f"{app} - Confirm"))
    return DialogContent(
        Fields(False, app, "desktop_dialog"), Text(title, "title", "app" if app in title else "") if title else None,
        Text(s.fill(heading), "heading"), (Text(said, "body"),) if said else (), tuple(Text(b, "button") for b in buttons),
        rng.choice(("warning", "question", "info", "warning", "")), app,
        rng.choice(("windows", "windows", "macos", "gtk", "gtk", "qt", "java", "electron", "mobile")),
        theme=rng.choice(("any", "light", "dark")),
    )  # fmt: skip


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
