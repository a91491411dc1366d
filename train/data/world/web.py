"""Browser error pages, pages of servers and frameworks, web applications with toasts and forms, and ordinary pages."""

from __future__ import annotations

import random
import re

from train.data.world.content import Block, BrowserErrorContent, Fields, Row, Text, WebPageContent
from train.data.world.dialogs import generic_failure
from train.data.world.phrases import reason, sentence_case
from train.data.world.slots import Slots
from train.data.world.tables import browser_pages, pages

_BROWSERS = {
    "chromium": ("Chromium",) * 8 + ("Google Chrome", "Google Chrome", "Brave"),
    "firefox": ("Firefox",),
    "safari": ("Safari",),
    "edge": ("Microsoft Edge",),
}
_BROWSER_BUTTONS = {
    "chromium": (("Reload",), ("Reload", "Details"), ("Details",)),
    "firefox": (("Try Again",),),
    "safari": (("Reload Webpage",), ()),
    "edge": (("Refresh",), ("Refresh", "More details")),
}
_CERT_BUTTONS = {
    "chromium": ("Advanced", "Back to safety"),
    "firefox": ("Go Back (Recommended)", "Advanced…"),
    "safari": ("Show Details", "Go Back"),
    "edge": ("Advanced", "Go back"),
}


def rows(*lines: str, role: str = "body") -> tuple[Row, ...]:
    """One row a line, all of one role."""
    return tuple(Row((Text(line, role),)) for line in lines)


def browser_error(rng: random.Random, split: str = "train") -> BrowserErrorContent:
    """A page the browser made because loading failed."""
    slots = Slots(rng)
    page = rng.choice([page for page in browser_pages() if page.is_held_out == (split == "held_out")])
    app = rng.choice(_BROWSERS[page.browser])
    fill = (lambda text: slots.fill(text).replace("Chromium", app)) if page.browser == "chromium" else slots.fill
    code = page.code or None
    heading = fill(page.heading)
    paragraphs = [fill(page.paragraph)] if page.paragraph else []
    if page.browser == "firefox" and code and rng.random() < 0.5:
        paragraphs.append(f"Error code: {code}")
        shown: Text | None = None
        paragraph_code = True
    else:
        paragraph_code = False
        label = code or ""
        if code and code.isdigit():
            label = f"HTTP ERROR {code}"
        elif (code and page.category in ("crash", "out_of_memory")) or (code and page.browser == "firefox"):
            label = f"Error code: {code}"
        shown = Text(label, "code", "error_code") if code else None
    if code == "Out of Memory":
        code = None
    del paragraph_code
    buttons = (
        _CERT_BUTTONS[page.browser]
        if page.category == "tls_certificate"
        else rng.choice(_BROWSER_BUTTONS[page.browser])
    )
    url = slots.get("url").replace(slots.get("url").split("/")[2], slots.get("host"))
    if page.browser in ("chromium", "edge") and page.bullets and rng.random() < 0.7:
        paragraphs.append("Try:") if "Try:" not in paragraphs else None
    fields = Fields(True, app, "browser", heading, code, page.category)
    return BrowserErrorContent(
        fields=fields,
        url=Text(url, "url"),
        title=Text(fill(page.title) or slots.get("host"), "title"),
        heading=Text(heading, "message", "message"),
        paragraphs=tuple(Text(part, "body") for part in paragraphs),
        items=tuple(Text(fill(part), "body") for part in page.bullets),
        code=shown,
        buttons=tuple(Text(label, "button") for label in buttons),
        tabs=other_tabs(rng),
        app=app,
        theme=rng.choice(("any", "light", "dark")),
    )


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
            blocks.append(Block("code", _code_excerpt(rng)))
    elif body:
        blocks.append(Block("paragraph", tuple(body)))
    if entry.style == "app":
        blocks.insert(0, _nav(rng, entry.app))
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


def _code_excerpt(rng: random.Random) -> tuple[Row, ...]:
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


def _nav(rng: random.Random, app: str) -> Block:
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


def app_page(rng: random.Random, split: str = "train", failing: bool = True) -> WebPageContent:
    """A web application; failing: with a toast, a banner or a form that was refused."""
    slots = Slots(rng)
    if failing:
        app, message, body, code, category = generic_failure(rng, slots, split)
    else:
        app, message, body, code, category = slots.get("name"), "", "", None, "none"
    slots.set("name", app)
    blocks = [_nav(rng, app)]
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
        blocks += _page_body(rng, slots)
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


def _page_body(rng: random.Random, slots: Slots) -> list[Block]:
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
    blocks = [_nav(rng, site)] if rng.random() < 0.8 else []
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
                blocks.append(Block("code", _code_excerpt(rng)))
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
        blocks += _page_body(rng, slots)
        if rng.random() < 0.4:
            blocks.append(log_block(rng))
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


_BROWSER_PAGES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "Downloads",
        ("Downloads", "Search downloads"),
        (
            "{file}",
            "{url}",
            "Show in folder",
            "{date}",
            "{file2}",
            "{size}",
            "Canceled",
            "Deleted",
            "Files you download appear here",
            "Clear all",
        ),
    ),
    (
        "History",
        ("History", "Search history"),
        (
            "Today - {day}",
            "{time}",
            "{title} {host}",
            "{host2}",
            "{title2}",
            "404 Not Found {host3}",
            "Clear browsing data",
            "Tabs from other devices",
        ),
    ),
    (
        "Extensions",
        ("Extensions", "Search extensions"),
        (
            "{name}",
            "{title}",
            "Details",
            "Remove",
            "Errors",
            "Developer mode",
            "ID: {word}{word2}{word3}",
            "Load unpacked",
            "Update",
        ),
    ),
    (
        "Settings - Appearance",
        ("Settings", "Search settings"),
        (
            "Appearance",
            "Theme",
            "Open Chromium Web Store",
            "Show home button",
            "Disabled",
            "Show bookmarks bar",
            "Font size",
            "Medium (Recommended)",
            "Customize fonts",
            "Page zoom",
            "100%",
            "Mode",
            "Device",
            "Light",
            "Dark",
            "Side panel position",
            "Use system title bar and borders",
            "Ask where to save each file before downloading",
        ),
    ),
    (
        "Settings - Languages",
        ("Settings", "Search settings"),
        (
            "Languages",
            "Preferred languages",
            "Websites will show content in your preferred languages, when possible",
            "1. English (United States)",
            "2. German",
            "This language is used to display the Chromium UI",
            "Add languages",
            "Spell check",
            "Check for spelling errors when you type text on web pages",
            "Basic spell check",
            "Translate",
            "Use Chromium Translate",
            "Never offer to translate these languages",
        ),
    ),
    (
        "Settings - Privacy",
        ("Settings", "Search settings"),
        (
            "Privacy and security",
            "Safety check",
            "Chromium can help keep you safe from data breaches, bad extensions, and more",
            "Check now",
            "Clear browsing data",
            "Third-party cookies",
            "Security",
            "Always use secure connections",
            "Site settings",
            "Manage certificates",
            "Use secure DNS",
            "Send a Do Not Track request",
        ),
    ),
    (
        "Settings - Help",
        ("Settings",),
        (
            "About Chromium",
            "Chromium is up to date",
            "Version {num}.0.{num2}.{int} (Official Build) built on Debian (64-bit)",
            "Get help with Chromium",
            "Report an issue",
            "Privacy policy",
        ),
    ),
    (
        "New Tab",
        (),
        (
            "Search Google or type a URL",
            "Add shortcut",
            "Customize Chromium",
            "{name}",
            "{word}",
            "{host}",
            "Gmail",
            "Images",
        ),
    ),
    (
        "Bookmarks",
        ("Bookmarks", "Search bookmarks"),
        (
            "Bookmarks bar",
            "Other bookmarks",
            "{title}",
            "{host}",
            "{title2}",
            "Error codes - {name}",
            "Mobile bookmarks",
        ),
    ),
    (
        "Task Manager",
        ("Task Manager",),
        (
            "Task",
            "Memory footprint",
            "CPU",
            "Browser",
            "GPU Process",
            "Tab: {title}",
            "Utility: Network Service",
            "{size}",
            "End process",
        ),
    ),
)
_SETTINGS_SIDE = (
    "You and Google",
    "Autofill and passwords",
    "Privacy and security",
    "Performance",
    "Appearance",
    "Search engine",
    "Default browser",
    "On startup",
    "Languages",
    "Downloads",
    "Accessibility",
    "System",
    "Reset settings",
    "Extensions",
    "About Chromium",
)


def browser_page(rng: random.Random, split: str = "train") -> WebPageContent:
    """One of the browser's own pages in good order: settings, downloads, history, extensions, a new tab."""
    del split
    slots = Slots(rng)
    name, heads, entries = rng.choice(_BROWSER_PAGES)
    browser = rng.choice(("Chromium",) * 7 + ("Google Chrome", "Microsoft Edge", "Firefox"))
    blocks = []
    if heads:
        blocks.append(
            Block(
                "nav",
                (
                    Row(
                        tuple(
                            Text(slots.fill(head), "heading" if index == 0 else "input")
                            for index, head in enumerate(heads)
                        )
                    ),
                ),
            )
        )
    if name.startswith("Settings"):
        blocks.append(Block("sidebar", rows(*_SETTINGS_SIDE[: rng.randint(6, 15)], role="item")))
    shown = [Slots(rng).fill(entry).replace("Chromium", browser) for entry in entries]
    if not name.startswith("Settings"):
        rng.shuffle(shown)
    blocks.append(Block(rng.choice(("list", "card", "paragraph")), rows(*shown[: rng.randint(2, len(shown))])))
    address = rng.choice(
        (
            f"chrome://{name.split(' ')[0].lower()}",
            f"{browser} | chrome://{name.split(' ')[-1].lower()}",
            "about:preferences",
        )
    )
    return WebPageContent(
        Fields(False, browser, "browser"),
        Text(address, "url"),
        Text(name, "title"),
        tuple(blocks),
        "app",
        other_tabs(rng),
        browser,
        rng.random() < 0.6,
        rng.choice(("light", "light", "dark", "any")),
    )
