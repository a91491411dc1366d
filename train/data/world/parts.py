"""Parts of pages and windows: rows, prose, tables, logs, tabs."""

from __future__ import annotations

import random

from train.data.world.content import Block, Row, Text
from train.data.world.slots import Slots


def rows(*lines: str, role: str = "body") -> tuple[Row, ...]:
    """One row a line, all of one role."""
    return tuple(Row((Text(line, role),)) for line in lines)


def other_tabs(rng: random.Random) -> tuple[Text, ...]:
    """Further tabs of the browser window, often none."""
    slots = Slots(rng)
    names = (
        "Inbox ({num}) - {word}",
        "{title}",
        "New Tab",
        "{host}",
        "{cap} | {name}",
        "GitHub - {user}/{repo}",
        "Dashboard",
        "404 error explained - {cap} Docs",
        "{word} - Search",
    )
    return tuple(Text(slots.fill(rng.choice(names)), "tab") for _ in range(rng.choice((0, 0, 0, 1, 2, 4))))


def code_excerpt(rng: random.Random) -> tuple[Row, ...]:
    slots = Slots(rng)
    lines = (
        "def {fn}({ident}):",
        "    {ident2} = {ident}.{attr}()",
        "    return {ident2}",
        '  File "{path}", line {line}, in {fn}',
        "    response = get_response(request)",
        "{line} |   const {camel} = {camel2}({ident});",
    )
    return tuple(Row((Text(slots.fill(line), "source"),)) for line in rng.sample(lines, rng.randint(2, 5)))


def navigation(rng: random.Random, app: str) -> Block:
    names = rng.sample(
        (
            "Home",
            "Dashboard",
            "Projects",
            "Reports",
            "Orders",
            "Customers",
            "Settings",
            "Help",
            "Sign out",
            "Search",
            "Team",
            "Billing",
            "Messages",
            "Products",
        ),
        rng.randint(2, 5),
    )
    return Block("nav", (Row((Text(app, "app_name", "app"), *(Text(name, "menu") for name in names))),))


_LINKS = (
    "Home",
    "Contact us",
    "Privacy policy",
    "Terms of use",
    "Help centre",
    "Documentation",
    "Report an issue",
    "Edit this page",
    "Previous",
    "Next",
    "Read more",
    "Sitemap",
    "About us",
    "Forgot password?",
    "Status page",
    "Careers",
    "Back to top",
    "Learn more",
    "Imprint",
    "View source",
)


def links_block(rng: random.Random) -> Block:
    """Links side by side, as at the foot of a page."""
    names = rng.sample(_LINKS, rng.randint(1, 6))
    return Block("nav", (Row(tuple(Text(name, "link") for name in names)),))


def table_block(rng: random.Random, slots: Slots) -> Block:
    """A table of ordinary records; a state column may hold "Failed" or "Error"."""
    columns = rng.sample(
        ("ID", "Name", "Date", "Amount", "Owner", "Size", "Version", "Type", "Updated"), rng.randint(2, 4)
    ) + (["Status"] if rng.random() < 0.7 else [])
    made = [Row(tuple(Text(name, "cell", "", "bold") for name in columns))]
    for index in range(rng.randint(2, 9)):
        values = {
            "ID": str(rng.randint(1, 9999)),
            "Name": slots.get(f"file{index + 20}"),
            "Date": slots.get(f"date{index + 20}"),
            "Amount": slots.get(f"money{index + 20}"),
            "Owner": slots.get(f"person{index + 20}"),
            "Size": slots.get(f"size{index + 20}"),
            "Version": slots.get(f"version{index + 20}"),
            "Type": slots.get(f"noun{index + 20}"),
            "Updated": slots.get(f"stamp{index + 20}"),
            "Status": rng.choice(
                (
                    "OK",
                    "Active",
                    "Done",
                    "Failed",
                    "Error",
                    "Pending",
                    "Running",
                    "Passed",
                    "Queued",
                    "Open",
                    "Closed",
                    "Success",
                    "Timeout",
                )
            ),
        }
        made.append(Row(tuple(Text(values[name], "cell") for name in columns)))
    return Block("table", tuple(made))


def page_body(rng: random.Random, slots: Slots) -> list[Block]:
    made: list[Block] = []
    for _ in range(rng.randint(1, 3)):
        choice = rng.random()
        if choice < 0.3:
            made.append(table_block(rng, slots))
        elif choice < 0.5:
            made.append(
                Block(
                    "stats",
                    tuple(
                        Row((Text(name, "label"), Text(value, "value")))
                        for name, value in rng.sample(
                            (
                                ("Errors", "0"),
                                ("Requests", slots.get("big")),
                                ("Users", slots.get("num")),
                                ("Failed jobs", slots.get("int")),
                                ("Uptime", "99.98 %"),
                                ("Revenue", slots.get("money")),
                                ("Error rate", "0.02 %"),
                                ("Open tickets", slots.get("num2")),
                                ("Latency", slots.get("ms") + " ms"),
                            ),
                            rng.randint(2, 5),
                        )
                    ),
                )
            )
        elif choice < 0.7:
            made.append(
                Block(
                    "card",
                    rows(
                        *(
                            slots.fill(line)
                            for line in rng.sample(
                                (
                                    "{title}",
                                    "{cap} {num}",
                                    "Updated {date}",
                                    "{person}",
                                    "{verb} {nouns}",
                                    "{size} used",
                                    "{num} {nouns}",
                                    "View all",
                                ),
                                rng.randint(2, 5),
                            )
                        )
                    ),
                )
            )
        elif choice < 0.85:
            made.append(Block("paragraph", rows(*(prose(rng, slots) for _ in range(rng.randint(1, 2))))))
        else:
            made.append(
                Block(
                    "form",
                    tuple(
                        Row((Text(label, "label"), Text(slots.fill(value), "input")))
                        for label, value in rng.sample(
                            (
                                ("Name", "{person}"),
                                ("Email", "{email}"),
                                ("Search", "error"),
                                ("Date", "{date}"),
                                ("Host", "{host}"),
                                ("Comment", "{title}"),
                            ),
                            rng.randint(2, 4),
                        )
                    ),
                )
            )
    if rng.random() < 0.5:
        made.append(
            Block(
                "buttons",
                (
                    Row(
                        tuple(
                            Text(label, "button")
                            for label in rng.sample(
                                (
                                    "Save",
                                    "Cancel",
                                    "Submit",
                                    "Next",
                                    "Export",
                                    "Add new",
                                    "Filter",
                                    "Refresh",
                                    "Upload",
                                ),
                                rng.randint(1, 3),
                            )
                        )
                    ),
                ),
            )
        )
    return made


_SENTENCES = (
    "The {noun} of the {noun2} is {verb}ed when a {noun3} arrives.",
    "Every {noun} has its own {noun2} and {num} {nouns}.",
    "We {verb} the {adj} {noun} before the {noun2} starts.",
    "If the request fails, an error with the status {num} is returned.",
    "{person} joined the {noun} team in {month}.",
    "Use the {noun} to {verb} your {nouns}.",
    "An error occurs when the file cannot be found.",
    "The {adj} {noun} costs {money} a month.",
    "Call {fn}() once; it raises {cls}Error when the {noun} is missing.",
    "In this chapter we look at {nouns} and {adj} {nouns}.",
    "Timeouts are retried {int} times before the job is marked as failed.",
    "Most {nouns} are {adj}, yet some are {adj2}.",
    "The meeting about the {noun} is on {day} at {time}.",
    "How to fix “connection refused”: check that the service listens on port {port}.",
)


def prose(rng: random.Random, slots: Slots) -> str:
    """A few ordinary sentences."""
    fresh = Slots(rng)
    del slots
    return " ".join(fresh.fill(rng.choice(_SENTENCES)) for _ in range(rng.randint(1, 4)))


def log_block(rng: random.Random) -> Block:
    """Lines of a log viewer, some of level ERROR."""
    lines = []
    for _ in range(rng.randint(4, 14)):
        slots = Slots(rng)
        lines.append(
            slots.fill(
                rng.choice(
                    (
                        "{stamp} INFO {verb} {noun} {num}",
                        "{stamp} ERROR {noun} failed: timeout",
                        "{stamp} WARN retry {int}",
                        "{stamp} DEBUG {ident}={num}",
                        "[{time}] error: {noun} not found, skipped",
                        '{ip} - - [{date}] "GET {urlpath} HTTP/1.1" 200 {num}',
                        '{ip} - - [{date}] "GET {urlpath} HTTP/1.1" 404 {num}',
                        "{stamp} INFO done in {ms} ms",
                    )
                )
            )
        )
    return Block("log", rows(*lines, role="output"))
