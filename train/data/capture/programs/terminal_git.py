"""Git failing."""

from __future__ import annotations

from train.data.capture.session import Session
from train.data.capture.terminal import Look, failure, terminal

START = "git init -q -b main; git config user.name 'Dev'; git config user.email dev@desktop\n"
ONE = START + "git add -A; git commit -qm 'First import'\n"

RECIPES = [
    terminal(
        "git-cannot-resolve-host",
        "cannot resolve host",
        Session(
            ["git status", "git push origin main"],
            {"cart.py": "total = 0\n"},
            ONE + "git remote add origin https://git.example.org/team/shop.git",
        ),
        Look("dracula", "JetBrains Mono", 11, 96, 24),
        failure(
            "Git",
            "fatal: unable to access 'https://git.example.org/team/shop.git/': Could not resolve host: git.example.org",
            "dns",
        ),
        "git.example.org",
    ),
    terminal(
        "git-not-a-repository",
        "not a repository",
        Session(["git pull"]),
        Look("console", "DejaVu Sans Mono", 12, 110, 30),
        failure("Git", "fatal: not a git repository (or any parent up to mount point /)", "not_found"),
        "/home/dev",
    ),
    terminal(
        "git-merge-conflict",
        "merge conflict",
        Session(
            ["git log --oneline --all", "git merge feature/login"],
            {"auth.py": "timeout = 30\n"},
            ONE
            + "git checkout -q -b feature/login; echo 'timeout = 90' > auth.py; git commit -qam 'Login form'\n"
            + "git checkout -q main; echo 'timeout = 60' > auth.py; git commit -qam 'Log out after an hour'",
        ),
        Look("solarized-light", "Fira Code", 12, 84, 22),
        failure("Git", "CONFLICT (content): Merge conflict in auth.py", "other"),
        "auth.py",
    ),
    terminal(
        "git-unknown-branch",
        "unknown branch",
        Session(["git branch -a", "git checkout release-2.4"], {"a.txt": "a\n"}, ONE),
        Look("xterm-dark", "-misc-fixed-medium-r-normal--13-120-75-75-c-70-iso10646-1", None, 90, 26),
        failure("Git", "error: pathspec 'release-2.4' did not match any file(s) known to git", "not_found"),
        "release-2.4",
    ),
    terminal(
        "git-index-locked",
        "index locked",
        Session(["git add src/"], {"src/main.c": "int main(void) { return 0; }\n"}, START + "touch .git/index.lock"),
        Look("monokai", "Inconsolata", 14, 86, 24, desktop=(1440, 900, "#3b5b7a"), title="project", at=(230, 120)),
        failure("Git", "fatal: Unable to create '/home/dev/project/.git/index.lock': File exists.", "concurrency_lock"),
        "index.lock",
    ),
    terminal(
        "git-push-rejected",
        "push rejected",
        Session(
            ["git commit -am 'Fix rounding of totals'", "git push origin main"],
            prepare="""
            git init -q --bare -b main /srv/git/shop.git; git clone -q /srv/git/shop.git .; git checkout -q -b main
            git config user.name Dev; git config user.email dev@desktop
            echo 'total = 0' > total.py; git add .; git commit -qm 'Totals'; git push -q -u origin main
            git clone -q /srv/git/shop.git ../other; cd ../other; git config user.name Dev; git config user.email dev@laptop
            echo 1 > rates.csv; git add rates.csv; git commit -qm 'Rates'; git push -q; cd ../project
            echo 'total = 1' > total.py
            """,
            privileged="mkdir -p /srv/git; chmod 777 /srv/git",
        ),
        Look("tango-dark", "Noto Mono", 11, 100, 30),
        failure("Git", "error: failed to push some refs to '/srv/git/shop.git'", "version_conflict"),
        "main",
    ),
    terminal(
        "git-no-identity",
        "no identity",
        Session(
            ["git add notes.md", "git commit -m 'Notes of the meeting'"],
            {"notes.md": "- budget\n"},
            "git init -q -b main; git config user.useConfigOnly true",
        ),
        Look("one-light", "Hack", 11, 80, 24),
        failure("Git", "fatal: no email was given and auto-detection is disabled", "configuration"),
        "user.email",
    ),
]
