"""Command-line tools failing in urxvt, st, mlterm, lxterminal and xfce4-terminal, and inside tmux, screen and mc."""

from __future__ import annotations

from train.data.capture.emulators import emulated
from train.data.capture.session import Keys, Session
from train.data.capture.terminal import Look, failure

REPOSITORY = """
git init -q -b main; git config user.name 'Dev'; git config user.email dev@desktop
printf 'port = 8080\\n' > settings.ini; git add -A; git commit -qm 'First import'
"""
DIVERGED = (
    REPOSITORY
    + """
git init -q -b main --bare ../shop.git; git remote add origin ../shop.git; git push -q -u origin main
git clone -q ../shop.git ../other; cd ../other; git config user.name 'Dev'; git config user.email dev@desktop
echo 'host = a' >> settings.ini; git commit -qam 'Set host'; git push -q; cd - >/dev/null
echo 'port = 8081' > settings.ini; git commit -qam 'Change port'
"""
)
LINK = """
#include <stdio.h>

double tax_of(double net);

int main(void) {
    printf("%.2f\\n", tax_of(120.0));
    return 0;
}
"""
OVERRUN = """
#include <stdlib.h>

int main(void) {
    int *counts = malloc(4 * sizeof(int));
    counts[4] = 7;
    return counts[0];
}
"""
FETCH = """
const response = await fetch("http://127.0.0.1:3000/orders");
console.log(await response.json());
"""
GROW = """
const rows = [];
for (;;) {
  rows.push(new Array(100000).fill(rows.length));
}
"""
PLAYBOOK = """
- hosts: all
  tasks:
    - name: install nginx
      apt:
        name: nginx
       state: present
"""
POD = """
apiVersion: v1
kind: Pod
metadata:
  name: web
 labels:
    app: web
"""
WALK = """
def depth(tree):
    return 1 + max(depth(child) for child in tree)


loop = []
loop.append(loop)
print(depth(loop))
"""
FETCH_PY = """
import urllib.request

with urllib.request.urlopen("https://localhost:8443/prices.json") as answer:
    print(answer.read())
"""
TLS = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout /srv/key.pem -out /srv/cert.pem -days 30 -subj /CN=localhost
(openssl s_server -accept 8443 -key /srv/key.pem -cert /srv/cert.pem -www >/dev/null 2>&1 &)
sleep 1
"""
SSHD = """
mkdir -p /srv/ssh; mkdir -p /run/sshd; mount -t tmpfs none /run/sshd; chmod 755 /run/sshd; ssh-keygen -q -t ed25519 -N '' -f /srv/ssh/host
printf 'HostKey /srv/ssh/host\\nPort 22\\nListenAddress 127.0.0.1\\nPasswordAuthentication no\\nUsePAM no\\n' > /srv/ssh/config
(/usr/sbin/sshd -D -f /srv/ssh/config >/srv/ssh/log 2>&1 &)
sleep 1
"""
MEAN = """
import statistics


def mean_age(people):
    return statistics.mean(person["age"] for person in people)


print(mean_age([]))
"""
SCREEN = (("TERM", "screen-256color"),)

RECIPES = [
    emulated(
        "git-pull-diverged",
        "diverged",
        "urxvt",
        Session(["git pull --quiet"], prepare=DIVERGED),
        Look("solarized-dark", "Fira Code", 10, 92, 24, 4),
        failure("Git", "fatal: Need to specify how to reconcile divergent branches.", "configuration"),
        "pull",
    ),
    emulated(
        "git-local-changes",
        "local changes",
        "lxterminal",
        Session(
            ["git switch next"],
            prepare=REPOSITORY
            + "git switch -qc next; echo x > settings.ini; git commit -qam Next; git switch -q main; echo y > settings.ini",
        ),
        Look("aubergine", "Fantasque Sans Mono", 12, 84, 20),
        failure(
            "Git",
            "error: Your local changes to the following files would be overwritten by checkout:",
            "version_conflict",
        ),
        "next",
    ),
    emulated(
        "git-dubious-ownership",
        "ownership",
        "st",
        Session(["cd /srv/site", "git status"], privileged="git init -q /srv/site; chmod -R a+rX /srv"),
        Look("dracula", "Liberation Mono", 11, 88, 16),
        failure("Git", "fatal: detected dubious ownership in repository at '/srv/site'", "permission"),
        "/srv/site",
    ),
    emulated(
        "git-remote-exists",
        "remote exists",
        "mlterm",
        Session(
            ["git remote -v", "git remote add origin git@git.example.org:team/shop.git"],
            prepare=REPOSITORY + "git remote add origin https://git.example.org/team/shop.git",
        ),
        Look("tango-light", "DejaVu Sans Mono", 10, 84, 18),
        failure("Git", "error: remote origin already exists.", "invalid_input"),
        "origin",
    ),
    emulated(
        "gcc-undefined-reference",
        "undefined reference",
        "xfce4-terminal",
        Session(["gcc -Wall -o invoice invoice.c"], {"invoice.c": LINK}),
        Look("nord", "Hack", 10, 96, 18),
        failure("GCC", "re:.*invoice.c:.*undefined reference to `tax_of'", "import_dependency"),
        "tax_of",
    ),
    emulated(
        "valgrind-invalid-write",
        "invalid write",
        "urxvt",
        Session(["gcc -g -o grow grow.c", "valgrind -q ./grow"], {"grow.c": OVERRUN}),
        Look("green", "DejaVu Sans Mono", 10, 96, 24, 2),
        failure("Valgrind", "re:==\\d+== Invalid write of size 4", "crash"),
        "size 4",
    ),
    emulated(
        "make-missing-separator",
        "missing separator",
        "st",
        Session(
            ["cat -A Makefile", "make"], {"Makefile": "app: main.c\n    cc -o app main.c\n", "main.c": "int main(){}\n"}
        ),
        Look("console-blue", "Inconsolata", 13, 72, 16),
        failure("make", "Makefile:2: *** missing separator. Stop.", "syntax"),
        "Makefile:2",
    ),
    emulated(
        "cmake-no-lists",
        "no CMakeLists",
        "lxterminal",
        Session(["cmake -S . -B build"]),
        Look("xterm-light", "Anonymous Pro", 11, 90, 16),
        failure(
            "CMake",
            'CMake Error: The source directory "/home/dev/project" does not appear to contain CMakeLists.txt.',
            "not_found",
        ),
        "CMakeLists.txt",
    ),
    emulated(
        "node-fetch-refused",
        "ECONNREFUSED",
        "urxvt",
        Session(["node orders.mjs"], {"orders.mjs": FETCH}),
        Look("one-light", "JetBrains Mono", 10, 100, 30, 6),
        failure("Node.js", "TypeError: fetch failed", "network", "ECONNREFUSED"),
        "127.0.0.1:3000",
    ),
    emulated(
        "node-heap",
        "heap limit",
        "st",
        Session(["node --max-old-space-size=64 rows.js 2>&1 | grep -v '^ *[0-9]*: 0x' "], {"rows.js": GROW}),
        Look("monokai", "DejaVu Sans Mono", 9, 110, 30),
        failure(
            "Node.js",
            "re:FATAL ERROR: .*JavaScript heap out of memory",
            "out_of_memory",
        ),
        "heap",
    ),
    emulated(
        "npm-package-json",
        "EJSONPARSE",
        "xfce4-terminal",
        Session(
            ["npm install --offline --loglevel=error"],
            {"package.json": '{\n  "name": "shop",\n  "version": "1.2.0"\n  "private": true\n}\n'},
        ),
        Look("tango-dark", "Noto Sans Mono", 11, 92, 18),
        failure("npm", "re:npm (ERR!|error) code EJSONPARSE", "syntax", "EJSONPARSE"),
        "package.json",
    ),
    emulated(
        "npm-cannot-write",
        "EACCES",
        "mlterm",
        Session(
            ["npm install --global --offline --loglevel=error ./widget-1.0.0.tgz 2>&1 | head -n 12"],
            prepare="""
            mkdir package; echo '{"name": "widget", "version": "1.0.0"}' > package/package.json
            tar czf widget-1.0.0.tgz package; rm -r package
            """,
            environment=(("npm_config_prefix", "/usr/local"),),
        ),
        Look("solarized-light", "Hack", 10, 96, 22),
        failure("npm", "re:npm (ERR!|error) code EACCES", "permission", "EACCES"),
        "/usr/local",
    ),
    emulated(
        "ansible-yaml",
        "YAML",
        "lxterminal",
        Session(
            ["ansible-playbook -i web1, site.yml 2>&1 | fold -sw 92"],
            {"site.yml": PLAYBOOK},
            environment=(("ANSIBLE_NOCOLOR", "1"),),
        ),
        Look("gruvbox", "Fira Code", 10, 94, 26),
        failure(
            "Ansible",
            "ERROR! We were unable to read either as JSON nor YAML, these are the errors we got from each:",
            "syntax",
        ),
        "site.yml",
    ),
    emulated(
        "kubectl-yaml",
        "YAML",
        "urxvt",
        Session(["kubectl apply --validate=false -f pod.yaml"], {"pod.yaml": POD}),
        Look("dracula", "Cousine", 11, 92, 14, 8),
        failure(
            "kubectl",
            "error: error parsing pod.yaml: error converting YAML to JSON: yaml: line 4: did not find expected key",
            "syntax",
        ),
        "pod.yaml",
    ),
    emulated(
        "python-recursion",
        "RecursionError",
        "mlterm",
        Session(["python3 depth.py 2>&1 | tail -n 7"], {"depth.py": WALK}),
        Look("ivory", "DejaVu Sans Mono", 12, 76, 16),
        failure("Python", "RecursionError: maximum recursion depth exceeded", "crash", "RecursionError"),
        "depth.py",
    ),
    emulated(
        "python-certificate",
        "CERTIFICATE_VERIFY_FAILED",
        "st",
        Session(["python3 prices.py 2>&1 | tail -n 6"], {"prices.py": FETCH_PY}, privileged=TLS),
        Look("tango-dark", "Hack", 10, 104, 20),
        failure(
            "Python",
            "urllib.error.URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed "
            "certificate (_ssl.c:992)>",
            "tls_certificate",
            "CERTIFICATE_VERIFY_FAILED",
        ),
        "localhost:8443",
    ),
    emulated(
        "python-statistics",
        "StatisticsError",
        "xfce4-terminal",
        Session(["python3 ages.py"], {"ages.py": MEAN}),
        Look("one-light", "Agave", 12, 84, 20),
        failure(
            "Python",
            "statistics.StatisticsError: mean requires at least one data point",
            "invalid_input",
            "statistics.StatisticsError",
        ),
        "ages.py",
    ),
    emulated(
        "perl-no-module",
        "no module",
        "lxterminal",
        Session(["perl -MText::CSV_XS -ne 'print' sales.csv"], {"sales.csv": "a,b\n"}),
        Look("amber", "Terminus", 12, 88, 16),
        failure(
            "Perl",
            "Can't locate Text/CSV_XS.pm in @INC (you may need to install the Text::CSV_XS module) (@INC contains: /etc/perl "
            "/usr/local/lib/x86_64-linux-gnu/perl/5.36.0 /usr/local/share/perl/5.36.0 /usr/lib/x86_64-linux-gnu/perl5/5.36 "
            "/usr/share/perl5 /usr/lib/x86_64-linux-gnu/perl-base /usr/lib/x86_64-linux-gnu/perl/5.36 /usr/share/perl/5.36 "
            "/usr/local/lib/site_perl).",
            "import_dependency",
        ),
        "Text::CSV_XS",
    ),
    emulated(
        "ssh-host-key",
        "host key",
        "st",
        Session(
            ["ssh dev@localhost uptime"],
            prepare="mkdir -m 700 -p ~/.ssh; "
            "ssh-keygen -q -t ed25519 -N '' -f ~/old; echo \"localhost $(cut -d' ' -f1,2 ~/old.pub)\" > ~/.ssh/known_hosts",
            privileged=SSHD,
        ),
        Look("solarized-dark", "DejaVu Sans Mono", 9, 92, 24),
        failure("ssh", "Host key verification failed.", "tls_certificate"),
        "localhost",
    ),
    emulated(
        "rsync-no-source",
        "no such file",
        "mlterm",
        Session(["rsync -a photos/2023/ /tmp/backup/"]),
        Look("nord", "Liberation Mono", 10, 104, 16),
        failure(
            "rsync",
            'rsync: [sender] change_dir "/home/dev/project/photos/2023" failed: No such file or directory (2)',
            "not_found",
            "23",
        ),
        "photos/2023",
    ),
    emulated(
        "gpg-no-secret-key",
        "decrypt",
        "xfce4-terminal",
        Session(
            ["gpg --quiet --decrypt payroll.gpg"],
            prepare="""
            export GNUPGHOME=$(mktemp -d); gpg --batch -q --passphrase '' --quick-gen-key 'Payroll <payroll@example.org>' default default
            echo x > x; gpg --batch -q --trust-model always -e -r payroll@example.org -o payroll.gpg x
            gpgconf --kill all; rm x; unset GNUPGHOME; mkdir -m 700 -p ~/.gnupg; gpg -q --list-keys >/dev/null 2>&1 || true
            """,
        ),
        Look("console", "Noto Sans Mono", 10, 84, 16),
        failure("GnuPG", "gpg: decryption failed: No secret key", "authentication"),
        "payroll.gpg",
    ),
    emulated(
        "bash-crlf",
        "required file",
        "lxterminal",
        Session(["./build.sh"], prepare="printf '#!/bin/bash\\r\\necho ok\\r\\n' > build.sh; chmod +x build.sh"),
        Look("xterm-light", "DejaVu Sans Mono", 11, 80, 14),
        failure(
            "Bash",
            "bash: ./build.sh: cannot execute: required file not found",
            "not_found",
        ),
        "build.sh",
    ),
    emulated(
        "vim-swap-file",
        "swap file",
        "urxvt",
        Session(
            [Keys("vim -u NONE report.txt\r", 2.0)],
            {"report.txt": "Quarterly report\n"},
            prepare="(TERM=dumb timeout -s KILL 2 vim -u NONE -N report.txt </dev/null >/dev/null 2>&1 || true); "
            "ls -a | grep -q swp || printf 'b0VIM 9.0' > .report.txt.swp",
            environment=SCREEN,
        ),
        Look("gruvbox", "Inconsolata", 12, 80, 30, 4),
        failure("Vim", "E325: ATTENTION", "concurrency_lock", "E325"),
        "report.txt",
    ),
    emulated(
        "tmux-port-in-use",
        "port in use",
        "st",
        Session(
            [
                Keys("tmux -f /dev/null -L work new-session -n api\r", 1.5),
                Keys("export PS1='$ '; clear\r", 0.8),
                Keys("redis-server --port 6400\r", 1.5),
            ],
            prepare="(redis-server --port 6400 --save '' >/dev/null 2>&1 &) ; sleep 1",
            environment=SCREEN,
        ),
        Look("solarized-light", "JetBrains Mono", 9, 130, 24),
        failure(
            "Redis",
            "re:.*Warning: Could not create server TCP listening socket .*",
            "concurrency_lock",
        ),
        "6400",
    ),
    emulated(
        "lynx-refused",
        "connection refused",
        "mlterm",
        Session(["lynx -dump http://localhost:8081/status"]),
        Look("console", "Cousine", 11, 76, 14),
        failure("Lynx", "Alert!: Unable to connect to remote host.", "network"),
        "localhost:8081",
    ),
]
