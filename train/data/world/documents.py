"""Documents (letters, papers, invoices, forms, slides, spreadsheets, scans) and photographs."""

from __future__ import annotations

import random
from collections.abc import Callable

from train.data.world.charts import chart
from train.data.world.content import Block, DocumentContent, Fields, PhotoContent, Row, Text
from train.data.world.parts import code_excerpt, prose, rows, table_block
from train.data.world.slots import Slots

__all__ = ["chart", "document", "photo"]

_VIEWERS = ("", "", "Evince", "Adobe Acrobat", "Okular", "LibreOffice Writer", "Microsoft Word", "Google Docs")
_TALKS = ("", "", "LibreOffice Impress", "Microsoft PowerPoint", "Google Slides", "Keynote")
_SHEETS = ("LibreOffice Calc", "Microsoft Excel", "Google Sheets", "Gnumeric", "")


def _heading(text: str) -> Block:
    return Block("heading", rows(text, role="heading"))


def report(rng: random.Random, slots: Slots) -> tuple[list[Block], str]:
    """A report, a manual page, minutes."""
    titles = (
        "{title}",
        "Report on {nouns}",
        "Chapter {int}: {title}",
        "Incident report: {noun} failure",
        "Minutes of {day}",
        "Error codes",
        "Troubleshooting",
        "Installation guide {version}",
        "Postmortem {date}",
    )
    blocks = [_heading(slots.fill(rng.choice(titles)))]
    for _ in range(rng.randint(2, 6)):
        choice = rng.random()
        if choice < 0.6:
            blocks.append(Block("paragraph", rows(*(prose(rng, slots) for _ in range(rng.randint(1, 3))))))
        elif choice < 0.75:
            blocks.append(table_block(rng, slots))
        elif choice < 0.85:
            blocks.append(Block("code", code_excerpt(rng)))
        else:
            blocks.append(_heading(slots.get("title2")))
    return blocks, "page"


def letter(rng: random.Random, slots: Slots) -> tuple[list[Block], str]:
    """A letter: sender, receiver, date, subject, text, name."""
    subjects = (
        "Your request of {date}",
        "Invoice {num}",
        "Termination of contract {num}",
        "Failure of the {noun}",
        "Complaint about {nouns}",
        "Invitation",
    )
    body = [prose(rng, slots) for _ in range(rng.randint(1, 4))]
    lines = (slots.get("person"), slots.fill("{num} {cap} Street"), slots.fill("{big} {cap2}"))
    blocks = [
        Block("paragraph", rows(*lines)),
        Block("paragraph", rows(slots.get("person2"), slots.fill("{num2} {cap3} Road"))),
        Block("paragraph", rows(rng.choice((slots.get("day"), slots.get("date"))))),
        _heading(slots.fill(rng.choice(subjects))),
        Block(
            "paragraph",
            rows(
                slots.fill("Dear {person2},"),
                *body,
                rng.choice(("Yours sincerely,", "Kind regards,", "Best wishes,")),
                slots.get("person"),
            ),
        ),
    ]
    return blocks, rng.choice(("page", "page", "scan"))


def paper(rng: random.Random, slots: Slots) -> tuple[list[Block], str]:
    """A paper in two columns, with an abstract and numbered sections."""
    blocks = [
        _heading(
            slots.fill(
                rng.choice(
                    (
                        "{title}: a study of {nouns}",
                        "On the {adj} {noun} of {nouns}",
                        "Learning to {verb} {nouns} without {noun2} errors",
                        "{title}",
                    )
                )
            )
        ),
        Block("paragraph", rows(slots.fill("{person}, {person2} and {person3}"), "Abstract. " + prose(rng, slots))),
    ]
    for number, name in enumerate(
        rng.sample(
            (
                "Introduction",
                "Related work",
                "Method",
                "Error analysis",
                "Experiments",
                "Results",
                "Discussion",
                "Conclusion",
            ),
            rng.randint(2, 5),
        ),
        1,
    ):
        blocks.append(_heading(f"{number} {name}"))
        blocks.append(Block("paragraph", rows(*(prose(rng, slots) for _ in range(rng.randint(1, 3))))))
        if rng.random() < 0.25:
            blocks.append(table_block(rng, slots))
    return blocks, "columns"


def invoice(rng: random.Random, slots: Slots) -> tuple[list[Block], str]:
    """An invoice or a receipt: positions, sums, where to pay."""
    made, total = [], 0.0
    for index in range(rng.randint(1, 8)):
        count, price = rng.randint(1, 12), rng.randint(100, 90000) / 100
        total += count * price
        name = slots.fill("{" + f"cap{10 + index}" + "} {" + f"noun{10 + index}" + "}")
        made.append(
            Row(
                tuple(
                    Text(t, "cell") for t in (str(index + 1), name, str(count), f"{price:.2f}", f"{count * price:.2f}")
                )
            )
        )
    head = Row(tuple(Text(t, "cell", "", "bold") for t in ("Pos.", "Description", "Qty", "Price", "Total")))
    tax = rng.choice((7, 19, 20, 21))
    sums = (
        f"Subtotal {total:.2f}",
        f"VAT {tax} % {total * tax / 100:.2f}",
        f"Amount due {total * (1 + tax / 100):.2f} {rng.choice(('EUR', 'USD', 'GBP', 'CHF'))}",
    )
    blocks = [
        _heading(
            slots.fill(
                rng.choice(("Invoice {num}", "INVOICE", "Receipt {num}", "Quotation {num}", "Delivery note {num}"))
            )
        ),
        Block(
            "paragraph", rows(slots.get("name") + " Ltd.", slots.fill("Date: {date}"), slots.fill("Customer: {person}"))
        ),
        Block("table", (head, *made)),
        Block("paragraph", rows(*sums)),
        Block("footer", rows(slots.fill("Please pay within {pct} days. Thank you for your order."))),
    ]
    return blocks, rng.choice(("page", "page", "scan"))


def form(rng: random.Random, slots: Slots) -> tuple[list[Block], str]:
    """A form to fill in, partly filled."""
    asked = (
        "Name",
        "First name",
        "Date of birth",
        "Address",
        "Telephone",
        "Email",
        "Signature",
        "Date",
        "Reason",
        "Error description",
        "Serial number",
        "Department",
    )
    filled = ("{person}", "{date}", "{email}", "{num}", "", "", "{cap} Street {num}")
    made = [
        Row((Text(label, "label"), Text(slots.fill(rng.choice(filled)) or " ", "input")))
        for label in rng.sample(asked, rng.randint(4, 9))
    ]
    title = rng.choice(
        ("Application form", "Fault report", "Registration", "Return of goods", "Claim form {num}", "Error report")
    )
    blocks = [_heading(slots.fill(title)), Block("form", tuple(made)), Block("paragraph", rows(prose(rng, slots)))]
    return blocks, rng.choice(("page", "scan"))


def slide(rng: random.Random, slots: Slots) -> tuple[list[Block], str]:
    """A slide of a talk; some talks are about errors."""
    titles = (
        "{title}",
        "Why did the {noun} fail?",
        "Error handling in {name}",
        "Outage of {date}: what happened",
        "{cap} roadmap",
        "Questions?",
        "Top {int} errors this month",
        "Agenda",
    )
    points = (
        "{verb} the {noun}",
        "{num} {nouns} in {month}",
        "{adj} {noun}, {adj2} {noun2}",
        "Error rate down by {pct} %",
        "Timeouts: retry, then fail",
        "“Connection refused” on {host}",
        "Never swallow exceptions",
        "{title2}",
        "Next step: {verb2} {nouns}",
    )
    blocks = [_heading(slots.fill(rng.choice(titles)))]
    if rng.random() < 0.85:
        blocks.append(Block("list", rows(*(Slots(rng).fill(p) for p in rng.sample(points, rng.randint(2, 6))))))
    if rng.random() < 0.2:
        blocks.append(Block("code", code_excerpt(rng)))
    blocks.append(
        Block("footer", rows(slots.fill(rng.choice(("{person} · {date}", "{name} · {int}", "{int} / {pct}")))))
    )
    return blocks, "slide"


_BROKEN = ("#REF!", "#DIV/0!", "#N/A", "#VALUE!", "#NAME?", "#NUM!", "Err:502", "#####")


def spreadsheet(rng: random.Random, slots: Slots) -> tuple[list[Block], str]:
    """A spreadsheet of figures; some cells hold what a formula without a value shows."""
    names = rng.sample(
        (
            "Item",
            "Q1",
            "Q2",
            "Q3",
            "Q4",
            "Total",
            "Share",
            "Error",
            "Date",
            "Hours",
            "Price",
            "Count",
            "Owner",
            "Errors",
        ),
        rng.randint(4, 9),
    )
    made = [Row(tuple(Text(name, "cell", "", "bold") for name in names))]
    broken = rng.choice((0.0, 0.0, 0.02, 0.1))
    for _ in range(rng.randint(6, 26)):
        fresh, cells = Slots(rng), []
        for column, name in enumerate(names):
            value = (
                fresh.get("cap")
                if column == 0 or name in ("Item", "Owner")
                else rng.choice((fresh.get("num"), f"{rng.uniform(0, 900):.2f}", fresh.get("money"), "0", ""))
            )
            cells.append(
                Text(
                    rng.choice(_BROKEN) if rng.random() < broken else fresh.get("date") if name == "Date" else value,
                    "cell",
                )
            )
        made.append(Row(tuple(cells)))
    return [Block("table", tuple(made))], "sheet"


SORTS: tuple[tuple[Callable[[random.Random, Slots], tuple[list[Block], str]], float], ...] = (
    (report, 0.24),
    (letter, 0.14),
    (paper, 0.14),
    (invoice, 0.12),
    (form, 0.08),
    (slide, 0.14),
    (spreadsheet, 0.14),
)


def document(rng: random.Random, split: str = "train") -> DocumentContent:
    """A document of any sort, alone or in the program that shows it."""
    del split
    slots = Slots(rng)
    make = rng.choices([sort for sort, _ in SORTS], [weight for _, weight in SORTS])[0]
    blocks, style = make(rng, slots)
    app = rng.choice({"slide": _TALKS, "sheet": _SHEETS}.get(style, _VIEWERS))
    ending = {"slide": ("pptx", "odp", "pdf"), "sheet": ("xlsx", "ods", "csv")}.get(
        style, ("pdf", "pdf", "docx", "odt")
    )
    title = Text(f"{slots.get('stem')}.{rng.choice(ending)} - {app}", "title", "app") if app else None
    return DocumentContent(Fields(False, app or None, "document"), tuple(blocks), title, app, "light", style)


def photo(rng: random.Random, split: str = "train") -> PhotoContent:
    """A photograph: no text, or a sign, a label, a date, the name of a street or a shop."""
    del split
    slots = Slots(rng)
    signs = (
        "EXIT", "{cap}", "{num}", "STOP", "{date} {time}", "OPEN", "CLOSED", "{cap2} {cap3}", "No entry", "{money}", "IMG_{num}",
        "Platform {int}", "{cap} Street", "DANGER", "OUT OF ORDER", "Caution wet floor", "Room {num}", "Café {name}", "SALE -{pct}%",
        "P {num} free", "Gate {letter}{int}", "{letter}{int} {cap}", "REC {time}", "Made in {name}", "{int}.{int2} km", "WC",
    )  # fmt: skip
    words = tuple(Text(slots.fill(text), "other") for text in rng.sample(signs, rng.choice((0, 0, 1, 1, 2, 4))))
    return PhotoContent(Fields(False, None, "photo"), words)
