"""Small Unix tools that fail with a word from the system: endless pairs of tool and reason, for tools of any name."""

from __future__ import annotations

import random

from train.data.world.families import held_out
from train.data.world.slots import Slots

TOOLS = (
    "ls cat cp mv rm mkdir rmdir touch chmod chown ln head tail sort uniq wc cut tr tee stat file du df find grep sed awk diff "
    "patch cmp comm join paste split truncate readlink realpath install shred dd sync mktemp mkfifo mknod chgrp chroot "
    "nohup nice timeout env xargs tar gzip gunzip bzip2 xz zstd unzip zip cpio ar strip objdump nm ldd strace gdb "
    "ssh scp sftp rsync nc telnet ftp traceroute dig host nslookup ip ifconfig route mount umount fdisk mkfs fsck "
    "lsblk blkid swapon modprobe insmod useradd usermod userdel groupadd passwd su crontab at kill pkill renice ps "
    "pgrep less more vi ed man whatis tmux screen make ctags flex bison m4 bc dc expr xxd hexdump od strings base64 "
    "sha256sum md5sum openssl gpg jq yq curl wget lynx mail mutt lp lpr cups-browsed convert identify ffprobe sox aplay "
    "arecord git-lfs hg svn bzr cvs fossil psql pg_dump mysqldump sqlite3 redis-server mongod nginx apache2 named dnsmasq "
    "sshd smbclient exportfs showmount rpcbind iptables nft tcpdump nmap socat"
).split()
REASONS: tuple[tuple[str, str], ...] = (
    ("No such file or directory", "not_found"),
    ("No such file or directory", "not_found"),
    ("No such device", "not_found"),
    ("No such device or address", "not_found"),
    ("No such process", "not_found"),
    ("Permission denied", "permission"),
    ("Permission denied", "permission"),
    ("Operation not permitted", "permission"),
    ("Read-only file system", "permission"),
    ("No space left on device", "disk_full"),
    ("Disk quota exceeded", "disk_full"),
    ("Device or resource busy", "concurrency_lock"),
    ("Resource temporarily unavailable", "concurrency_lock"),
    ("Text file busy", "concurrency_lock"),
    ("Address already in use", "concurrency_lock"),
    ("File exists", "invalid_input"),
    ("Is a directory", "invalid_input"),
    ("Not a directory", "invalid_input"),
    ("Directory not empty", "invalid_input"),
    ("Invalid argument", "invalid_input"),
    ("File name too long", "invalid_input"),
    ("Too many levels of symbolic links", "invalid_input"),
    ("Argument list too long", "invalid_input"),
    ("Exec format error", "invalid_input"),
    ("Value too large for defined data type", "invalid_input"),
    ("Cannot allocate memory", "out_of_memory"),
    ("Connection refused", "network"),
    ("Connection reset by peer", "network"),
    ("Network is unreachable", "network"),
    ("No route to host", "network"),
    ("Broken pipe", "network"),
    ("Connection timed out", "timeout"),
    ("Name or service not known", "dns"),
    ("Temporary failure in name resolution", "dns"),
    ("Input/output error", "other"),
    ("Too many open files", "other"),
    ("Bad file descriptor", "other"),
    ("Stale file handle", "other"),
    ("Segmentation fault", "crash"),
)
_OBJECT_FORMS = (
    "{tool}: {obj}: {why}",
    "{tool}: cannot {act} '{obj}': {why}",
    "{tool}: can't {act} '{obj}': {why}",
    "{tool}: cannot open '{obj}' for reading: {why}",
    "{tool}: failed to {act} '{obj}': {why}",
    "{tool}: {act}: {obj}: {why}",
    "{tool}: error {act} '{obj}': {why}",
    "{tool}: cannot {act} ‘{obj}’: {why}",
    "{tool}: unable to {act} {obj}: {why}",
    '{tool}: could not {act} "{obj}": {why}',
    "{tool}: {obj}: Cannot {act}: {why}",
    "{tool}: fatal: {obj}: {why}",
    "{tool}: error: {obj}: {why}",
    "{obj}: {why}",
    "Error: {obj}: {why}",
)
_USAGE_FORMS = (
    ("{tool}: unrecognized option '--{word}'", "invalid_input"),
    ("{tool}: invalid option -- '{letter}'", "invalid_input"),
    ("{tool}: missing operand", "invalid_input"),
    ("{tool}: missing file operand", "invalid_input"),
    ("{tool}: extra operand '{file}'", "invalid_input"),
    ("{tool}: invalid number of lines: '{word}'", "invalid_input"),
    ("{tool}: invalid user: '{user}'", "invalid_input"),
    ("{tool}: unknown option -- {letter}", "invalid_input"),
    ("{tool}: command not found", "not_found"),
    ("{tool}: option requires an argument -- '{letter}'", "invalid_input"),
    ("{tool}: unknown host {host}", "dns"),
    ("{tool}: bad usage", "invalid_input"),
    ("{tool}: {file}: file format not recognized", "invalid_input"),
    ("{tool}: {file}: not in gzip format", "invalid_input"),
    ("{tool}: user '{user}' already exists", "invalid_input"),
    ("{tool}: must be run as root", "permission"),
    ("{tool}: only root can do that", "permission"),
    ("{tool}: you must be root to use this command", "permission"),
    ("{tool}: syntax error at line {line} near '{word}'", "syntax"),
    ("{tool}: unterminated string at line {line}", "syntax"),
    (
        "{tool}: error while loading shared libraries: lib{word}.so.{int}: cannot open shared object file: No such file or directory",
        "import_dependency",
    ),
    (
        "{tool}: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.{num}' not found (required by {tool})",
        "version_conflict",
    ),
    ("{tool}: connect to {host} port {port}: Connection refused", "network"),
    ("{tool}: authentication failure", "authentication"),
    ("{tool}: Authentication failed for {user}@{host}", "authentication"),
    ("{tool}: {word}: key not found", "not_found"),
    ("{tool}: configuration file {path} is invalid: line {line}: unknown key '{word}'", "configuration"),
    ("{tool}: memory exhausted", "out_of_memory"),
    ("{tool}: timed out waiting for {host}", "timeout"),
    ("{tool}: certificate verification failed for {host}", "tls_certificate"),
    ("{tool}: database is locked", "concurrency_lock"),
)


def unix_failure(rng: random.Random, slots: Slots, split: str, invented: str | None) -> tuple[str, str, str, str]:
    """(tool, command, message, category); `invented`, if given, is a tool that does not exist."""
    wanted = split == "held_out"
    pool = [tool for tool in TOOLS if held_out("unix", tool) == wanted]
    tool = invented or rng.choice(pool)
    obj = rng.choice(
        (
            slots.get("path"),
            slots.get("file"),
            slots.get("dir"),
            slots.get("stem"),
            "/dev/sd" + slots.get("letter"),
            slots.get("host"),
        )
    )
    if rng.random() < 0.7:
        why, category = rng.choice(REASONS)
        if category == "dns" or (category in ("network", "timeout") and rng.random() < 0.7):
            obj = slots.get("host")
        act = rng.choice(
            (
                "open",
                "stat",
                "access",
                "remove",
                "create directory",
                "read",
                "write",
                "rename",
                "move",
                "touch",
                "connect to",
                "bind",
                "create",
                "execute",
                slots.get("verb"),
            )
        )
        form = rng.choice(_OBJECT_FORMS)
        message = form.replace("{tool}", tool).replace("{obj}", obj).replace("{act}", act).replace("{why}", why)
    else:
        form, category = rng.choice(_USAGE_FORMS)
        message = slots.fill(form.replace("{tool}", tool))
    options = rng.choice(("", "", "-r ", "-la ", "-f ", "-v ", "--" + slots.get("word") + " "))
    command = f"{rng.choice(('', '', 'sudo '))}{tool} {options}{obj}".strip()
    return tool, command, message, category
