"""Wine's own programs driven into errors, and windows of programs with an error in front of them."""

from __future__ import annotations

from train.data.capture.core import Fields
from train.data.capture.desktop import keys
from train.data.capture.wine import Stage, tool, wine
from train.data.capture.wine_looks import CLASSIC, DARK, FLAT, OLIVE, PLUM, WineLook

LIGHT = WineLook(FLAT, face="Liberation Sans", size=9)
OLD = WineLook(CLASSIC, themed=False, face="Tahoma", size=8, smooth=False)
NIGHT = WineLook(DARK, themed=False, face="Open Sans", size=9)
VIOLET = WineLook(PLUM, themed=False, face="DejaVu Sans", size=8)
GREEN = WineLook(OLIVE, face="Noto Sans", size=9)
LARGE = WineLook(FLAT, dpi=120, face="Open Sans", size=9)
MANAGED = WineLook(FLAT, own_captions=False, face="DejaVu Sans", size=9)
NOTES = "Release 4.1\r\n\r\nFixed: error 0x80070057 while saving\r\nFixed: crash on exit\r\nKnown: printing may time out\r\n"
JOBS = """title Nightshift - Jobs
size 760 420
menu &Jobs|&View|&Tools|&Help
button &Run
button &Pause
button &History
column 200 Job
column 150 Last run
column 120 Duration
column 200 Result
row Export invoices|02.03.2024 01:00|00:03:12|finished
row Copy to archive|02.03.2024 01:15|00:41:07|finished
row Refresh prices|02.03.2024 02:00|00:00:04|failed
row Clean up drafts|02.03.2024 03:00|00:00:58|finished
status 4 jobs|1 failed
"""
STOCK = """title Tallyhouse - Stock
size 720 400
menu &File|&Edit|&Stock|&Window
column 110 Number
column 260 Article
column 90 In stock
column 120 Place
row 100-204|Hinge, brass, 60 mm|412|A 3
row 100-205|Hinge, steel, 80 mm|95|A 3
row 220-118|Drawer slide, 450 mm|37|C 1
row 310-007|Handle, oak|8|D 4
status Connected to TALLY01|4 articles
"""


def failed(app: str, message: str, category: str, code: str | None = None, kind: str = "desktop_dialog") -> Fields:
    """The label of a program that reports a failure."""
    return Fields(True, app, kind, message, code, category)


RECIPES = [
    wine(
        "wine-notepad-missing-file",
        "Notepad",
        "missing file",
        ["notepad", "C:\\invoices\\2024-03.txt"],
        failed("Notepad", "File 'C:\\invoices\\2024-03.txt' does not exist.", "not_found"),
        "2024-03.txt",
        title="Notepad",
        final="ERROR",
        stage=Stage(800, 560),
        look=OLD,
    ),
    wine(
        "wine-notepad-search",
        "Notepad",
        "search",
        ["notepad", "C:\\users\\dev\\Documents\\release.txt"],
        failed("Notepad", "'0x8007000E' could not be found.", "not_found"),
        "0x8007000E",
        title="release.txt",
        files={"users/dev/Documents/release.txt": NOTES},
        act=keys("ctrl+f", "text:0x8007000E", "Return", pause=1.5),
        stage=Stage(900, 640),
        look=GREEN,
    ),
    wine(
        "wine-open-dialog-missing-file",
        "Open drawing",
        "file dialog",
        tool("pick", "open", "Open drawing", "C:\\users\\dev\\Documents"),
        failed("Open drawing", "File does not exist", "not_found"),
        "gearbox.dwg",
        title="Open drawing",
        act=keys("text:gearbox.dwg", "Return", pause=1.5),
        files={"users/dev/Documents/plan.txt": "x", "users/dev/Documents/parts.csv": "x"},
        stage=Stage(900, 640),
        look=LIGHT,
        sources=("pick",),
    ),
    wine(
        "wine-save-dialog-missing-folder",
        "Export table",
        "file dialog",
        tool("pick", "save", "Export table", "C:\\users\\dev\\Documents"),
        failed("Export table", "Path does not exist", "not_found"),
        "reports/march.csv",
        title="Export table",
        act=keys("text:C:\\reports\\march.csv", "Return", pause=1.5),
        stage=Stage(900, 640),
        look=VIOLET,
        sources=("pick",),
    ),
    wine(
        "wine-nightshift-job-failed",
        "Nightshift",
        "window and box",
        tool(
            "host",
            "C:\\users\\dev\\jobs.txt",
            "error/retry",
            "Nightshift",
            "reach",
            "prices.example.org|443",
            "The job “Refresh prices” could not be run.%n%nprices.example.org: %m (%c)",
        ),
        failed("Nightshift", "The job “Refresh prices” could not be run.", "dns", "11001"),
        "prices.example.org",
        title="Nightshift - Jobs",
        final="Nightshift",
        files={"users/dev/jobs.txt": JOBS},
        stage=Stage(900, 600),
        look=LIGHT,
        sources=("host",),
    ),
    wine(
        "wine-tallyhouse-locked",
        "Tallyhouse",
        "window and box",
        tool(
            "host",
            "C:\\users\\dev\\stock.txt",
            "warning",
            "Tallyhouse",
            "locked",
            "C:\\users\\dev\\stock.mdx",
            "Article 220-118 is being edited by another user.%nTry again later.%n%n%m (0x%h)",
        ),
        failed("Tallyhouse", "Article 220-118 is being edited by another user.", "concurrency_lock", "0x80070020"),
        "220-118",
        title="Tallyhouse - Stock",
        final="Tallyhouse",
        files={"users/dev/stock.txt": STOCK, "users/dev/stock.mdx": "x"},
        stage=Stage(1024, 640),
        look=NIGHT,
        sources=("host",),
    ),
    wine(
        "wine-tallyhouse-disk-full",
        "Tallyhouse",
        "disk full",
        tool(
            "host",
            "C:\\users\\dev\\stock.txt",
            "error",
            "Tallyhouse",
            "fill",
            "E:\\stock.bak",
            "The backup to E: was not finished.%n%nWriteFile: %m (error %c)",
        ),
        failed("Tallyhouse", "The backup to E: was not finished.", "disk_full", "112"),
        "stock.bak",
        title="Tallyhouse - Stock",
        final="Tallyhouse",
        files={"users/dev/stock.txt": STOCK},
        stage=Stage(1280, 800, crop="windows", small_disk=True),
        look=MANAGED,
        sources=("host",),
    ),
]
