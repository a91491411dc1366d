"""Pages that a browser makes itself: errors, and its own pages in good order."""

from __future__ import annotations

import random

from train.data.world.content import Block, BrowserErrorContent, Fields, Row, Text, WebPageContent
from train.data.world.parts import other_tabs, rows
from train.data.world.slots import Slots
from train.data.world.tables import browser_pages

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
