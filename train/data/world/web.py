"""Browser error pages, pages of servers and frameworks, web applications with toasts and forms, and ordinary pages."""

from __future__ import annotations

import random
import re

from train.data.world.content import Block, Fields, Row, Text, WebPageContent
from train.data.world.dialogs import generic_failure
from train.data.world.parts import code_excerpt, links_block, log_block, navigation, other_tabs, page_body, prose, rows
from train.data.world.phrases import reason, sentence_case
from train.data.world.slots import Slots
from train.data.world.tables import pages


def server_page(rng: random.Random, split: str = "train") -> WebPageContent:
    """An error page of a server, a framework, a well-known site."""
    slots = Slots(rng)
    entry = rng.choice([entry for entry in pages() if entry.is_held_out == (split == "held_out")])
    message = slots.fill(entry.message)
    code = slots.fill(entry.code) or None
    blocks = [Block("heading", (Row((Text(message, "message", "message"),)),))]
    paragraphs = [part.strip() for part in slots.fill(entry.body).split(" / ") if part.strip()]
    body = [
        Row(
            (
                Text(
                    part,
                    "app_name"
                    if part == entry.app
                    else "trace"
                    if re.match(r"(File |at |#\d|Traceback)", part)
                    else "body",
                    "app" if entry.app in part else "",
                ),
            )
        )
        for part in paragraphs
    ]
    if code and code not in message and not any(code in row.text for row in body):
        body.insert(0, Row((Text(code, "code", "error_code"),)))
    if body and entry.style == "debug" and rng.random() < 0.6:
        blocks.append(Block("paragraph", (body[0],)))
        if body[1:]:
            blocks.append(Block("code" if rng.random() < 0.3 else "list", tuple(body[1:])))
        if rng.random() < 0.5:
            blocks.append(Block("code", code_excerpt(rng)))
    elif body:
        blocks.append(Block("paragraph", tuple(body)))
    if entry.style == "app":
        blocks.insert(0, navigation(rng, entry.app))
    fields = Fields(True, entry.app, "web_page", message, code, entry.category)
    url = slots.get("url")
    return WebPageContent(
        fields,
        Text(url, "url"),
        Text(slots.fill(entry.title) or url, "title"),
        tuple(blocks),
        entry.style,
        other_tabs(rng),
        rng.choice(("Chromium", "Firefox", "Google Chrome", "Safari", "Microsoft Edge")),
        rng.random() < 0.6,
        "light" if rng.random() < 0.8 else "dark",
    )


def app_page(rng: random.Random, split: str = "train", failing: bool = True) -> WebPageContent:
    """A web application; failing: with a toast, a banner or a form that was refused."""
    slots = Slots(rng)
    if failing:
        app, message, body, code, category = generic_failure(rng, slots, split)
    else:
        app, message, body, code, category = slots.get("name"), "", "", None, "none"
    slots.set("name", app)
    blocks = [navigation(rng, app)]
    if rng.random() < 0.4:
        blocks.append(
            Block("sidebar", rows(*(slots.get("cap" + str(index)) for index in range(rng.randint(3, 7))), role="item"))
        )
    form_error = failing and rng.random() < 0.25
    blocks.append(
        Block(
            "heading",
            rows(
                slots.fill(
                    rng.choice(
                        (
                            "{title}",
                            "{cap} {noun2}",
                            "New {noun}",
                            "Edit {noun}",
                            "{cap}s",
                            "Checkout",
                            "Sign in",
                            "Upload {nouns}",
                        )
                    )
                ),
                role="heading",
            ),
        )
    )
    if form_error:
        category, why, _ = reason(
            rng, slots, rng.choice(("invalid_input", "authentication", "invalid_input", "not_found")), split
        )
        message = sentence_case(why) + rng.choice(("", "."))
        body, code = "", None
        blocks.append(_form(rng, slots, message))
    else:
        blocks += page_body(rng, slots)
        if failing:
            content = [Row((Text(message, "message", "message"),))]
            if body:
                content.append(Row((Text(body, "body"),)))
            kind = rng.choice(("toast", "toast", "banner", "banner", "card"))
            note = Block(kind, tuple(content), None, "error")
            blocks.insert(rng.choice((1, 2, len(blocks))), note)
        elif rng.random() < 0.4:
            good = rng.choice(
                (
                    "Saved",
                    "{cap} updated",
                    "Your {noun} was sent",
                    "{num} {nouns} imported, 0 errors",
                    "Signed in as {user}",
                    "Changes saved",
                    "Copied to clipboard",
                    "{cap} deleted. Undo",
                )
            )
            blocks.append(Block("toast", rows(slots.fill(good)), None, "success"))
    if rng.random() < 0.3:
        blocks.append(Block("footer", rows(slots.fill("© 2024 {name} · Privacy · Terms · Status"))))
    browser = "Chromium" if rng.random() < 0.8 else "Firefox"
    fields = Fields(True, app, "web_page", message, code, category) if failing else Fields(False, browser, "web_page")
    return WebPageContent(
        fields,
        Text(slots.get("url"), "url"),
        Text(slots.fill(rng.choice((app, "{cap} | " + app, app + " – {title}"))), "title", "app" if failing else ""),
        tuple(blocks),
        "app",
        other_tabs(rng),
        browser,
        rng.random() < 0.6,
        rng.choice(("light", "light", "dark", "any")),
    )


def _form(rng: random.Random, slots: Slots, message: str) -> Block:
    labels = rng.sample(
        (
            "Email",
            "Password",
            "User name",
            "Phone",
            "Card number",
            "Name",
            "Company",
            "Address",
            "Amount",
            "Date",
            "Postcode",
        ),
        rng.randint(2, 4),
    )
    bad = rng.randrange(len(labels))
    made = []
    for index, label in enumerate(labels):
        value = rng.choice(
            (
                slots.get("email"),
                slots.get("person"),
                slots.get("num"),
                slots.get("date"),
                "••••••••",
                slots.get("word"),
            )
        )
        cells = [Text(label, "label"), Text(value, "input")]
        if index == bad:
            cells.append(Text(message, "message", "message", "error"))
        made.append(Row(tuple(cells)))
    return Block("form", tuple(made))


_DOC_TITLES = (
    "Error handling",
    "Troubleshooting: 404 Not Found",
    "HTTP status codes",
    "Fixing ECONNREFUSED in {name}",
    "How do I fix “{cls}Error: {noun} not found”?",
    "Exceptions in {name}",
    "{title}",
    "Release notes {version}",
    "Getting started with {name}",
    "Common errors and solutions",
    "What does ERR_CONNECTION_RESET mean?",
    "Configuration reference",
    "{cap} API",
    "Why does my {noun} crash?",
)


def ordinary_page(rng: random.Random, split: str = "train") -> WebPageContent:
    """Documentation, search results, threads, articles, issue lists: pages that may speak of errors and show none."""
    if rng.random() < 0.3:
        return app_page(rng, split, failing=False)
    slots = Slots(rng)
    site = rng.choice(
        (
            slots.get("name"),
            slots.get("name"),
            "Stack Overflow",
            "GitHub",
            "Wikipedia",
            "MDN",
            "Python documentation",
            "YouTube",
            "Google",
            "Gmail",
            "Jira",
            "Confluence",
            "Grafana",
            "Jenkins",
            "Reddit",
            "Docker Docs",
        )
    )
    heading = slots.fill(rng.choice(_DOC_TITLES))
    blocks = [navigation(rng, site)] if rng.random() < 0.8 else []
    kind = rng.random()
    if kind < 0.35:  # documentation, often of errors
        blocks.append(Block("heading", rows(heading, role="heading")))
        for _ in range(rng.randint(1, 3)):
            blocks.append(Block("paragraph", rows(prose(rng, slots))))
            if rng.random() < 0.5:
                code, why = rng.choice(
                    (
                        ("ERR_CONNECTION_REFUSED", "The server refused the connection."),
                        ("E0425", "A name is not in scope."),
                        ("404", "The resource was not found."),
                        ("ENOENT", "No such file or directory."),
                        ("500", "Internal server error."),
                        (slots.get("const"), "Returned when the {noun} is missing."),
                    )
                )
                blocks.append(
                    Block(
                        "table",
                        (
                            Row((Text("Code", "cell"), Text("Meaning", "cell"))),
                            Row((Text(code, "cell"), Text(slots.fill(why), "cell"))),
                            Row((Text(slots.get("const2"), "cell"), Text(prose(rng, slots), "cell"))),
                        ),
                    )
                )
            elif rng.random() < 0.6:
                blocks.append(Block("code", code_excerpt(rng)))
    elif kind < 0.55:  # search results, issue lists
        blocks.append(
            Block(
                "form",
                (
                    Row(
                        (
                            Text("Search", "label"),
                            Text(
                                rng.choice(
                                    (
                                        "connection refused",
                                        "python keyerror",
                                        "{noun} error".replace("{noun}", slots.get("noun")),
                                        slots.get("title"),
                                    )
                                ),
                                "input",
                            ),
                        )
                    ),
                ),
            )
        )
        blocks.append(
            Block(
                "paragraph",
                rows(
                    *(
                        line
                        for index in range(rng.randint(3, 7))
                        for line in (
                            Slots(rng).fill(rng.choice(_DOC_TITLES)),
                            Slots(rng).get("url"),
                            prose(rng, slots),
                        )[: rng.randint(1, 3)]
                    )
                ),
            )
        )
    elif kind < 0.7:  # a thread
        blocks.append(Block("heading", rows(heading, role="heading")))
        blocks.append(
            Block(
                "chat",
                tuple(
                    Row(
                        (
                            Text(Slots(rng).get("person"), "label"),
                            Text(Slots(rng).get("date"), "label"),
                            Text(
                                rng.choice(
                                    (
                                        prose(rng, slots),
                                        Slots(rng)
                                        .fill("I get «Connection refused» since {date}, any idea?")
                                        .replace("«", "“")
                                        .replace("»", "”"),
                                        "Thanks, that fixed the error!",
                                        "Same error here.",
                                        "Works for me.",
                                    )
                                ),
                                "body",
                            ),
                        )
                    )
                    for _ in range(rng.randint(2, 5))
                ),
            )
        )
    elif kind < 0.85:  # an article
        blocks.append(Block("heading", rows(slots.get("title"), role="heading")))
        blocks.append(Block("paragraph", rows(*(prose(rng, slots) for _ in range(rng.randint(2, 5))))))
    else:
        blocks.append(
            Block(
                "heading",
                rows(
                    slots.fill(
                        rng.choice(
                            (
                                "{title}",
                                "Build #{num}",
                                "{cap} status: all systems operational",
                                "Pipeline passed",
                                "Tests: {num} passed, 0 failed",
                            )
                        )
                    ),
                    role="heading",
                ),
            )
        )
        blocks += page_body(rng, slots)
        if rng.random() < 0.4:
            blocks.append(log_block(rng))
    if rng.random() < 0.4:
        blocks.append(links_block(rng))
    browser = "Chromium" if rng.random() < 0.8 else "Firefox"
    return WebPageContent(
        Fields(False, browser, "web_page"),
        Text(slots.get("url"), "url"),
        Text(f"{heading} - {site}", "title"),
        tuple(blocks),
        "docs",
        other_tabs(rng),
        browser,
        rng.random() < 0.6,
        rng.choice(("light", "light", "dark", "any")),
    )
