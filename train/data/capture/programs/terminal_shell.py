"""The shell and the small Unix tools failing."""

from __future__ import annotations

from train.data.capture.session import Keys, Session
from train.data.capture.terminal import Look, failure, terminal

PLAIN = {
    "README.md": "# Orders\n",
    "Makefile": "all:\n",
    "src/app.c": "int main(void) { return 0; }\n",
    "docs/setup.md": "\n",
}

RECIPES = [
    terminal(
        "bash-command-not-found",
        "command not found",
        Session(["ls", "kubectx staging"], PLAIN),
        Look("tango-dark", "DejaVu Sans Mono", 11, 90, 24),
        failure("Bash", "bash: kubectx: command not found", "not_found"),
        "kubectx",
    ),
    terminal(
        "bash-script-not-executable",
        "permission denied",
        Session(
            ["ls -l", "./deploy.sh production"], {"deploy.sh": "#!/bin/sh\necho deploying\n", "config.yaml": "a: 1\n"}
        ),
        Look(
            "aubergine", "DejaVu Sans Mono", 12, 80, 24, desktop=(1280, 800, "#77216f"), title="dev@desktop: ~/project"
        ),
        failure("Bash", "bash: ./deploy.sh: Permission denied", "permission"),
        "deploy.sh",
    ),
    terminal(
        "tail-permission-denied",
        "permission denied",
        Session(
            ["whoami", "tail -n 20 /var/log/auth.log"],
            privileged="mount -t tmpfs none /var/log; echo x > /var/log/auth.log; chmod 600 /var/log/auth.log",
        ),
        Look("xterm-light", "-misc-fixed-medium-r-semicondensed--13-120-75-75-c-60-iso10646-1", None, 80, 24),
        failure("tail", "tail: cannot open '/var/log/auth.log' for reading: Permission denied", "permission"),
        "/var/log/auth.log",
    ),
    terminal(
        "cp-disk-full",
        "disk full",
        Session(
            ["df -h /mnt/backup", "cp -v photos/* /mnt/backup/"],
            prepare="mkdir photos; for i in 1 2 3; do head -c 3000000 /dev/urandom > photos/IMG_204$i.jpg; done",
            privileged="mkdir -p /mnt/backup; mount -t tmpfs -o size=7m,mode=777 none /mnt/backup",
        ),
        Look("solarized-dark", "Hack", 12, 88, 22),
        failure("cp", "cp: error writing '/mnt/backup/IMG_2043.jpg': No space left on device", "disk_full"),
        "/mnt/backup",
    ),
    terminal(
        "ls-no-such-file",
        "no such file",
        Session(
            ["ls -la reports/2023 reports/2024"], {"reports/2024/q1.pdf": "%PDF\n", "reports/2024/q2.pdf": "%PDF\n"}
        ),
        Look("green", "Terminus", 12, 80, 25),
        failure("ls", "ls: cannot access 'reports/2023': No such file or directory", "not_found"),
        "reports/2023",
    ),
    terminal(
        "rmdir-not-empty",
        "directory not empty",
        Session(["tree build", "rmdir build"], {"build/obj/main.o": "x", "build/app": "y"}),
        Look("ivory", "Liberation Mono", 13, 72, 20),
        failure("rmdir", "rmdir: failed to remove 'build': Directory not empty", "invalid_input"),
        "build",
    ),
    terminal(
        "tar-cannot-stat",
        "no such file",
        Session(["tar czf site.tgz public assets", "ls -lh site.tgz"], {"public/index.html": "<p>hello</p>\n"}),
        Look("console", "Cousine", 12, 100, 30),
        failure("tar", "tar: assets: Cannot stat: No such file or directory", "not_found"),
        "assets",
    ),
    terminal(
        "unzip-damaged-archive",
        "damaged archive",
        Session(
            ["file invoices.zip", "unzip invoices.zip"], prepare="head -c 3000 /dev/zero | tr '\\0' 'q' > invoices.zip"
        ),
        Look("console-blue", "Fantasque Sans Mono", 13, 96, 26),
        failure(
            "unzip",
            "unzip: cannot find zipfile directory in one of invoices.zip or invoices.zip.zip, "
            "and cannot find invoices.zip.ZIP, period.",
            "invalid_input",
        ),
        "invoices.zip",
    ),
    terminal(
        "systemctl-no-systemd",
        "no init system",
        Session(["systemctl restart nginx"], user="root", folder="/srv/app", prompt=r"\h:\w# "),
        Look("xterm-dark", "-misc-fixed-medium-r-normal--15-140-75-75-c-90-iso10646-1", None, 84, 18),
        failure(
            "systemctl",
            "System has not been booted with systemd as init system (PID 1). Can't operate.",
            "configuration",
        ),
        "nginx",
    ),
    terminal(
        "apt-lock-not-root",
        "not root",
        Session(["apt install ripgrep"], privileged="mount -t tmpfs none /etc/apt/sources.list.d"),
        Look("aubergine", "Noto Sans Mono", 12, 100, 16),
        failure(
            "APT",
            "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)",
            "permission",
            "13",
        ),
        "ripgrep",
    ),
    terminal(
        "apt-no-such-package",
        "no such package",
        Session(
            ["apt-get install postgresql-99"],
            user="root",
            folder="/root",
            privileged="mount -t tmpfs none /etc/apt/sources.list.d",
        ),
        Look("tango-light", "DejaVu Sans Mono", 10, 80, 24),
        failure("APT", "E: Unable to locate package postgresql-99", "import_dependency"),
        "postgresql-99",
    ),
    terminal(
        "vim-cannot-write",
        "permission denied",
        Session([Keys("vim -u NONE /etc/fstab\r"), Keys("Onoatime\x1b"), Keys(":w\r"), Keys(":w!\r")]),
        Look("gruvbox", "Anonymous Pro", 12, 90, 26),
        failure("Vim", '"/etc/fstab" E212: Can\'t open file for writing', "permission", "E212"),
        "/etc/fstab",
    ),
]
