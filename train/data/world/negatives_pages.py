"""Pages and log viewers that speak of errors and show none: documentation, searches, threads, trackers, dashboards."""

from __future__ import annotations

import random

from train.data.world.content import Block, DesktopAppContent, Fields, Row, Text, WebPageContent
from train.data.world.negatives_text import log_lines
from train.data.world.parts import links_block, navigation, other_tabs, prose, rows
from train.data.world.quotes import quote, short_quote
from train.data.world.slots import Slots

_BROWSERS = ("Chromium", "Chromium", "Firefox", "Google Chrome", "Microsoft Edge", "Safari")


def page(rng: random.Random, site: str, about: str, blocks: list[Block]) -> WebPageContent:
    """A page of a site in its browser, of which no error is the subject."""
    slots = Slots(rng)
    top = [navigation(rng, site)] if rng.random() < 0.8 else []
    foot = [links_block(rng)] if rng.random() < 0.35 else []
    browser = rng.choice(_BROWSERS)
    return WebPageContent(
        Fields(False, browser, "web_page"), Text(slots.get("url"), "url"), Text(f"{about[:60]} - {site}", "title"),
        (*top, *blocks, *foot), rng.choice(("docs", "app")), other_tabs(rng), browser, rng.random() < 0.7,
        rng.choice(("light", "light", "dark", "any")),
    )  # fmt: skip


def heading(text: str) -> Block:
    """A heading as a block."""
    return Block("heading", rows(text, role="heading"))


def error_reference(rng: random.Random, split: str) -> WebPageContent:
    """Documentation about an error: what it means, when it occurs, what to do."""
    found, s = quote(rng, split), Slots(rng)
    name = found.code or found.message[:60]
    blocks = [
        heading(
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
    return page(
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
    return page(rng, rng.choice(("Google", "DuckDuckGo", "Bing", s.get("name"))), asked, blocks)


def forum_thread(rng: random.Random, split: str) -> WebPageContent:
    """A question about an error with its answers."""
    found, s = quote(rng, split), Slots(rng)
    blocks = [
        heading(
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
    return page(
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
        heading(rng.choice(("Issues", s.fill("{num} Open  {num2} Closed"), "Backlog", "Bug triage", "My open issues"))),
        Block("table", (head, *made)),
    ]
    return page(rng, rng.choice(("GitHub", "GitLab", "Jira", "Redmine", "YouTrack", s.get("name"))), "Issues", blocks)


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
        heading(
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
    return page(
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
        return page(
            rng,
            rng.choice(("Kibana", "Grafana", "Portainer", "Jenkins", "Splunk")),
            "Logs",
            [heading(rng.choice(("Logs", "Console Output", "Explore", s.get("pod")))), block],
        )
    app = rng.choice(("Event Viewer", "Logs", "KSystemLog", "Console", "Log Viewer"))
    return window(rng, app, app, [block], ("All", "Errors", "Warnings", "Application", "System", "Security"))


def window(
    rng: random.Random, app: str, title: str, blocks: list[Block], side: tuple[str, ...] = (), status: str = ""
) -> DesktopAppContent:
    """A program's window in which nothing failed."""
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
