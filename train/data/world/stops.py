"""Screens on which a machine gives up: stop screens, kernel panics, boot loaders, firmware, sign-ins that are refused."""

from __future__ import annotations

import random
from dataclasses import dataclass

from train.data.world.content import Block, DocumentContent, Fields, Row, Text
from train.data.world.families import held_out
from train.data.world.parts import rows
from train.data.world.slots import Slots


@dataclass(frozen=True, slots=True)
class Failure:
    """A screen on which a machine, not a program, gives up: templates with slots; `style` is how it is drawn."""

    app: str | None
    style: str
    category: str
    message: str
    code: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def is_held_out(self) -> bool:
        """Whether the screen is kept for measuring."""
        return held_out(self.app or "firmware", self.code + self.message)


_STOP_CODES = {
    "CRITICAL_PROCESS_DIED": ("crash", "0x000000EF"),
    "IRQL_NOT_LESS_OR_EQUAL": ("crash", "0x0000000A"),
    "DRIVER_IRQL_NOT_LESS_OR_EQUAL": ("crash", "0x000000D1"),
    "SYSTEM_SERVICE_EXCEPTION": ("crash", "0x0000003B"),
    "PAGE_FAULT_IN_NONPAGED_AREA": ("crash", "0x00000050"),
    "KMODE_EXCEPTION_NOT_HANDLED": ("crash", "0x0000001E"),
    "KERNEL_SECURITY_CHECK_FAILURE": ("crash", "0x00000139"),
    "WHEA_UNCORRECTABLE_ERROR": ("crash", "0x00000124"),
    "MEMORY_MANAGEMENT": ("crash", "0x0000001A"),
    "UNEXPECTED_KERNEL_MODE_TRAP": ("crash", "0x0000007F"),
    "DPC_WATCHDOG_VIOLATION": ("timeout", "0x00000133"),
    "CLOCK_WATCHDOG_TIMEOUT": ("timeout", "0x00000101"),
    "VIDEO_TDR_FAILURE": ("timeout", "0x00000116"),
    "INACCESSIBLE_BOOT_DEVICE": ("not_found", "0x0000007B"),
    "BAD_SYSTEM_CONFIG_INFO": ("configuration", "0x00000074"),
    "REGISTRY_ERROR": ("configuration", "0x00000051"),
}
_LATER = (
    ("We're just collecting some error info, and then we'll restart for you.", "{pct}% complete"),
    ("We'll restart for you.", "{pct}% complete"),
    ("We’re just collecting some error info, and then you can restart.", "{pct}% complete"),
)


def _stops() -> tuple[Failure, ...]:
    made = []
    for index, (name, (category, number)) in enumerate(_STOP_CODES.items()):
        late, share = _LATER[index % len(_LATER)]
        hint = "For more information about this issue and possible fixes, visit https://www.windows.com/stopcode"
        head = ("Your PC", "Your device")[index % 2] + " ran into a problem and needs to restart."
        told = (late, "", share, "", hint, "If you call a support person, give them this info:", f"Stop code: {name}")
        made.append(Failure("Windows", "stop", category, head, name, (":(",), told))
        old = (
            "",
            name,
            "",
            "If this is the first time you've seen this Stop error screen, restart your computer.",
            "Check to make sure any new hardware or software is properly installed.",
            "",
            "Technical information:",
            "",
            f"*** STOP: {number} (0x{{hex}},0x{{hex2}},0x{{hex3}},0x{{hex4}})",
        )
        lost = "A problem has been detected and Windows has been shut down to prevent damage to your computer."
        made.append(Failure("Windows", "stop", category, lost, name, (), old))
    return tuple(made)


BOOTING = (
    "[    {secs}] usb {int}-{int2}: new high-speed USB device number {int3} using xhci_hcd",
    "[    {secs}] EXT4-fs (sda{int}): mounted filesystem with ordered data mode",
    "[    {secs}] random: crng init done",
    "[    {secs}] pci 0000:00:{pct}.0: BAR {int}: assigned [mem 0x{hex}-0x{hex2}]",
    "[    {secs}] {word}: module verification passed",
    "[  OK  ] Started {cap} Service.",
    "[  OK  ] Reached target {cap} {noun2}.",
    "[  OK  ] Mounted {dir}.",
    "         Starting {cap} {noun2}...",
    "[  OK  ] Finished Load/Save {cap} Seed.",
    "Loading Linux {version} ...",
    "Loading initial ramdisk ...",
    "systemd[1]: Detected architecture x86-64.",
    "fsck from util-linux 2.38.1",
    "/dev/sda{int}: clean, {num}/{big} files, {num2}/{big2} blocks",
)
_CALLS = (
    "[    {secs}] CPU: {int} PID: 1 Comm: swapper/0 Not tainted {version}-amd64 #1",
    "[    {secs}] Call Trace:",
    "[    {secs}]  dump_stack_lvl+0x{pct}/0x{num}",
    "[    {secs}]  panic+0x{num}/0x{num2}",
    "[    {secs}]  mount_block_root+0x{num}/0x{num2}",
    "[    {secs}] ---[ end Kernel panic ]---",
)
_RESCUE = ("Entering rescue mode...", "grub rescue> ")
_PANIC = "[    {secs}] Kernel panic - not syncing: "
_FAILURES: tuple[Failure, ...] = (
    *_stops(),
    Failure(
        "Linux",
        "boot",
        "not_found",
        _PANIC + "VFS: Unable to mount root fs on unknown-block({int},{int2})",
        "",
        BOOTING[:4],
        _CALLS,
    ),
    Failure("Linux", "boot", "crash", _PANIC + "Attempted to kill init! exitcode=0x0000{sha}", "", BOOTING[:4], _CALLS),
    Failure("Linux", "boot", "crash", _PANIC + "Fatal exception in interrupt", "", _CALLS[:4], _CALLS[-1:]),
    Failure(
        "Linux",
        "boot",
        "not_found",
        _PANIC + "No working init found.  Try passing init= option to kernel.",
        "",
        BOOTING[:5],
        _CALLS,
    ),
    Failure("Linux", "boot", "out_of_memory", _PANIC + "System is deadlocked on memory", "", BOOTING[:4], _CALLS),
    Failure(
        "Linux",
        "boot",
        "not_found",
        "ALERT!  UUID={uuid} does not exist.  Dropping to a shell!",
        "",
        (
            "Gave up waiting for root file system device.  Common problems:",
            " - Boot args (cat /proc/cmdline)",
            " - Missing modules (cat /proc/modules; ls /dev)",
        ),
        ("BusyBox v1.35.0 (Debian 1:1.35.0-4) built-in shell (ash)", "(initramfs) "),
    ),
    Failure(
        "Linux",
        "boot",
        "other",
        "[FAILED] Failed to start {cap} {noun2}.",
        "",
        BOOTING[5:8],
        ("See 'systemctl status {word}.service' for details.", *BOOTING[5:8]),
    ),
    Failure(
        "Linux",
        "boot",
        "timeout",
        "[ TIME ] Timed out waiting for device /dev/disk/by-uuid/{uuid}.",
        "",
        BOOTING[5:8],
        ("[DEPEND] Dependency failed for {dir}.", "You are in emergency mode."),
    ),
    Failure("GRUB", "boot", "not_found", "error: no such device: {uuid}.", "", (), _RESCUE),
    Failure("GRUB", "boot", "not_found", "error: no such partition.", "", (), _RESCUE),
    Failure("GRUB", "boot", "not_found", "error: file `/boot/grub/i386-pc/normal.mod' not found.", "", (), _RESCUE),
    Failure(
        "GRUB",
        "boot",
        "not_found",
        "error: disk `hd0,gpt{int}' not found.",
        "",
        ("Loading Linux {version} ...",),
        ("Press any key to continue...",),
    ),
    Failure("GRUB", "boot", "version_conflict", "error: symbol `grub_calloc' not found.", "", (), _RESCUE),
    Failure(
        "GRUB", "boot", "out_of_memory", "error: out of memory.", "", BOOTING[10:12], ("Press any key to continue...",)
    ),
    Failure(
        "GRUB",
        "boot",
        "configuration",
        "error: you need to load the kernel first.",
        "",
        BOOTING[11:12],
        ("Press any key to continue...",),
    ),
    Failure("BIOS", "boot", "not_found", "No bootable device -- insert boot disk and press any key", "", (), ()),
    Failure(
        "BIOS", "boot", "not_found", "Operating System not found", "", ("PXE-M0F: Exiting {name} Boot Agent.",), ()
    ),
    Failure(
        "BIOS",
        "boot",
        "not_found",
        "Reboot and Select proper Boot device",
        "",
        ("{name} BIOS v{version}",),
        ("or Insert Boot Media in selected Boot device and press a key",),
    ),
    Failure(
        "BIOS",
        "boot",
        "not_found",
        "DISK BOOT FAILURE, INSERT SYSTEM DISK AND PRESS ENTER",
        "",
        ("Verifying DMI Pool Data ........",),
        (),
    ),
    Failure(
        "BIOS",
        "boot",
        "network",
        "PXE-E61: Media test failure, check cable",
        "PXE-E61",
        ("CLIENT MAC ADDR: 52 54 00 {pct} {pct2} {pct3}  GUID: {uuid}",),
        ("PXE-M0F: Exiting PXE ROM.",),
    ),
    Failure(
        "BIOS",
        "boot",
        "configuration",
        "CMOS checksum error - Defaults loaded",
        "",
        ("{name} BIOS v{version}", "Memory Test :  {big}K OK"),
        ("Press F1 to continue, DEL to enter SETUP",),
    ),
    Failure(
        "BIOS",
        "boot",
        "other",
        "CPU Fan Error!",
        "",
        ("{name} BIOS v{version}", "{int} USB devices found"),
        ("Press F1 to Run SETUP",),
    ),
    Failure("Windows", "boot", "not_found", "BOOTMGR is missing", "", (), ("Press Ctrl+Alt+Del to restart",)),
    Failure(
        "Windows",
        "stop",
        "configuration",
        "The Boot Configuration Data for your PC is missing or contains errors",
        "0xc000000f",
        ("Recovery", "Your PC/Device needs to be repaired"),
        (
            "File :\\EFI\\Microsoft\\Boot\\BCD",
            "Error code: 0xc000000f",
            "Press Enter to try again",
            "Press F8 for Startup Settings",
        ),
    ),
    Failure(
        "Windows",
        "stop",
        "crash",
        "Your PC couldn't start properly",
        "0xc0000001",
        ("Recovery",),
        (
            "After multiple tries, the operating system on your PC failed to start, so it needs to be repaired.",
            "Error code: 0xc0000001",
            "Press F1 to enter Recovery Environment",
        ),
    ),
    Failure(
        "Windows",
        "stop",
        "other",
        "Automatic Repair couldn't repair your PC",
        "",
        ("Automatic Repair",),
        (
            'Press "Advanced options" to try other options to repair your PC or "Shut down" to turn off your PC.',
            "Log file: C:\\Windows\\System32\\Logfiles\\Srt\\SrtTrail.txt",
            "Shut down",
            "Advanced options",
        ),
    ),
    Failure(
        "macOS",
        "stop",
        "crash",
        "Your computer was restarted because of a problem.",
        "",
        (),
        ("Press a key or wait a few seconds to continue starting up.",),
    ),
    Failure(
        "GNOME",
        "stop",
        "crash",
        "Oh no! Something has gone wrong.",
        "",
        (),
        ("A problem has occurred and the system can't recover.", "Please log out and try again.", "Log Out"),
    ),
    Failure("Windows", "login", "authentication", "The password is incorrect. Try again.", "", ("{person}",), ("OK",)),
    Failure(
        "Windows",
        "login",
        "authentication",
        "The user name or password is incorrect. Try again.",
        "",
        ("{user}",),
        ("OK",),
    ),
    Failure(
        "Windows",
        "login",
        "authentication",
        "Your account has been disabled. Please see your system administrator.",
        "",
        ("{person}",),
        ("OK",),
    ),
    Failure(
        "GNOME",
        "login",
        "authentication",
        "Sorry, that didn’t work. Please try again.",
        "",
        ("{person}",),
        ("Cancel", "Not listed?"),
    ),
)


def stop_screen(rng: random.Random, split: str = "train") -> DocumentContent:
    """A stop screen, a kernel panic, a boot loader or a firmware that gives up, a sign-in that was refused."""
    pool = [failure for failure in _FAILURES if failure.is_held_out == (split == "held_out")]
    style = rng.choice(sorted({failure.style for failure in pool}))
    failure = rng.choice([failure for failure in pool if failure.style == style])
    slots = Slots(rng)
    message = slots.fill(failure.message)
    before = [Slots(rng).fill(line) for line in failure.before]
    after = [slots.fill(line) for line in failure.after]
    if style == "boot":
        before = [Slots(rng).fill(line) for line in rng.sample(BOOTING, rng.choice((0, 0, 3, 8)))] + before
    main = Row((Text(message, "message", "message"),))
    code = failure.code or None
    blocks = [Block("log" if style == "boot" else "paragraph", (*_plain(before), main, *_plain(after, code)))]
    if style == "login":
        blocks = [
            Block("heading", rows(before[0], role="heading")),
            Block("paragraph", (main,)),
            Block("buttons", (Row(tuple(Text(t, "button") for t in after)),)),
        ]
    fields = Fields(True, failure.app, "other", message, code, failure.category)
    return DocumentContent(fields, tuple(blocks), None, failure.app or "", "any", style)


def _plain(lines: list[str], code: str | None = None) -> tuple[Row, ...]:
    return tuple(
        Row((Text(line, "code" if code and code in line else "body", "error_code" if code and code in line else ""),))
        if line
        else Row(())
        for line in lines
    )
