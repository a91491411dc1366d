"""Ordinary terminal sessions: commands that worked, some of which speak of errors without being one."""

from __future__ import annotations

import random

PROGRESS = (
    "Loading {file}", "[{int}/{num}] {verb} {noun}", "Reading {path} ... done", "Connecting to {host}:{port}...", "  {noun}: {num} {nouns}", "Resolving {nouns}", "==> {verb} {word}", "INFO  {verb} {noun} took {secs}s", "Checking {nouns}... ok", "Downloading {file} ({size})", "[{time}] {verb} {noun}", "   Compiling {pkg} v{version}", "warning: unused {noun} `{ident}`", "Using configuration {path}",
)
HINTS = (
    "Try '{word} --help' for more information.", "Run with --verbose for details.", "See {url} for help.", "hint: check the {noun} and try again", "    at {camel} ({path}:{line}:{col})", "exit status {int}", "Aborting.", "Log written to {path}", "Use --force to override.", "Usage: {word} [options] <{noun}>",
)

SHORT: tuple[tuple[str, str], ...] = (
    ("Bash", "$ ls\n{file}  {file2}  {stem}  {file3}  README.md"),
    ("Bash", "$ ls -la\ntotal {num}\ndrwxr-xr-x  5 {user} {user}  4096 {month} 12 10:22 .\ndrwxr-xr-x 18 {user} {user}  4096 {month} 10 09:01 ..\n-rw-r--r--  1 {user} {user} {num2} {month} 11 17:45 {file}\n-rw-r--r--  1 {user} {user} {big} {month} 12 10:22 {file2}\ndrwxr-xr-x  2 {user} {user}  4096 {month} 09 08:13 {word}"),
    ("Bash", "$ cd {dir}"),
    ("Bash", "$ pwd\n{dir}"),
    ("Bash", "$ whoami\n{user}"),
    ("Bash", "$ date\n{day} {time} UTC 2024"),
    ("Bash", "$ echo {word} {word2}\n{word} {word2}"),
    ("Git", "$ git status\nOn branch {branch}\nYour branch is up to date with '{remote}/{branch}'.\n\nnothing to commit, working tree clean"),
    ("Git", "$ git add .\n$ git commit -m \"{verb} {noun}\"\n[{branch} {sha}] {verb} {noun}\n {int} files changed, {num} insertions(+), {int2} deletions(-)"),
    ("Git", "$ git branch\n  develop\n* {branch}\n  {branch2}"),
    ("Git", "$ git pull\nAlready up to date."),
    ("Bash", "$ df -h\nFilesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        98G   {num}G   {int}G  {pct}% /\ntmpfs           3.9G     0  3.9G   0% /dev/shm\n/dev/sdb1       916G  {num2}G  {num3}G  {pct2}% /mnt/{word}"),
    ("Bash", "$ free -h\n               total        used        free      shared  buff/cache   available\nMem:            15Gi       {int}.1Gi       {int2}.4Gi       312Mi       5.2Gi        10Gi\nSwap:          2.0Gi          0B       2.0Gi"),
    ("Bash", "$ cat {file}\n{title}\n{word}: {num}\n{word2}: {version}"),
    ("Bash", "$ mkdir {word}\n$ touch {word}/{file}"),
    ("Bash", "$ grep -n {word} {file}\n{line}:{word} = {num}\n{line2}:    return {word}"),
    ("Bash", "$ head -3 {stem}.csv\nid,{word},{word2}\n1,{num},{adj}\n2,{num2},{adj2}"),
    ("Bash", "$ wc -l {file}\n{num} {file}"),
    ("Python", "$ python3 --version\nPython {version}"),
    ("Node.js", "$ node -v\nv{version}"),
    ("Bash", "$ uptime\n {time} up {num} days,  3:12,  2 users,  load average: 0.{int}2, 0.{int2}1, 0.10"),
    ("ping", "$ ping -c 3 {host}\nPING {host} ({ip}) 56(84) bytes of data.\n64 bytes from {ip}: icmp_seq=1 ttl=56 time={secs} ms\n64 bytes from {ip}: icmp_seq=2 ttl=56 time={secs} ms\n64 bytes from {ip}: icmp_seq=3 ttl=56 time={secs} ms\n\n--- {host} ping statistics ---\n3 packets transmitted, 3 received, 0% packet loss, time 2003ms\nrtt min/avg/max/mdev = 11.2/12.8/14.1/0.9 ms"),
    ("curl", "$ curl -s {url}\n{{\"{word}\": {num}, \"status\": \"ok\", \"{word2}\": [\"{adj}\", \"{adj2}\"]}}"),
    ("Bash", "$ source venv/bin/activate"),
    ("Bash", "$ clear"),
    ("Docker", "$ docker ps\nCONTAINER ID   IMAGE          COMMAND                  CREATED        STATUS        PORTS                  NAMES\n{hex}   {word}:latest   \"/docker-entrypoint.…\"   {int} hours ago   Up {int} hours   0.0.0.0:{port}->80/tcp   {word}_{user}"),
)

LONG: tuple[tuple[str, str], ...] = (
    ("Git", "$ git log --oneline\n{sha} {verb} {noun} {noun2}\na{hex} Fix error handling in {fn}\n{hex2} Do not crash when {noun} is missing\n{hex3} {verb2} {noun3}\n{hex4} Revert \"failed login returns 500\"\n{hex5} {verb3} {noun4}"),
    ("Git", "$ git log\ncommit {longsha} (HEAD -> {branch}, {remote}/{branch})\nAuthor: {person} <{email}>\nDate:   {day} {time} 2024 +0100\n\n    Fix {noun} error when {noun2} is not found\n\ncommit {longsha2}\nAuthor: {person2} <{email2}>\nDate:   {day2} {time2} 2024 +0100\n\n    {verb} {noun3}"),
    ("Git", "$ git diff\ndiff --git a/{path} b/{path}\nindex {sha}..{sha2} 100644\n--- a/{path}\n+++ b/{path}\n@@ -{line},7 +{line},9 @@ def {fn}({ident}):\n     try:\n         {ident2}()\n-    except ValueError:\n+    except (ValueError, KeyError) as error:\n+        log.error(\"failed: %s\", error)\n         return None"),
    ("Git", "$ git status\nOn branch {branch}\nChanges not staged for commit:\n  (use \"git add <file>...\" to update what will be committed)\n  (use \"git restore <file>...\" to discard changes in working directory)\n\tmodified:   {path}\n\tmodified:   {stem}/error_handler.py\n\nUntracked files:\n  (use \"git add <file>...\" to include in what will be committed)\n\t{file}\n\nno changes added to commit (use \"git add\" and/or \"git commit -a\")"),
    ("Git", "$ git clone https://{host}/{user}/{repo}.git\nCloning into '{repo}'...\nremote: Enumerating objects: {num}, done.\nremote: Counting objects: 100% ({num}/{num}), done.\nremote: Compressing objects: 100% ({num2}/{num2}), done.\nReceiving objects: 100% ({num}/{num}), {size} | 5.21 MiB/s, done.\nResolving deltas: 100% ({num2}/{num2}), done."),
    ("Git", "$ git push\nEnumerating objects: {int}, done.\nCounting objects: 100% ({int}/{int}), done.\nWriting objects: 100% ({int}/{int}), {num} bytes | {num} KiB/s, done.\nTo https://{host}/{user}/{repo}.git\n   {sha}..{sha2}  {branch} -> {branch}"),
    ("pytest", "$ pytest\n============================= test session starts ==============================\nplatform linux -- Python 3.11.2, pytest-8.0.0, pluggy-1.4.0\nrootdir: {dir}\ncollected {num} items\n\ntests/test_{word}.py ......                                              [ 40%]\ntests/test_errors.py .........                                           [100%]\n\n============================== {num} passed in {secs}s =============================="),
    ("pytest", "$ pytest -v\ntests/test_{word}.py::test_{fn} PASSED                         [ 25%]\ntests/test_{word}.py::test_raises_value_error PASSED           [ 50%]\ntests/test_{word}.py::test_missing_file_fails PASSED           [ 75%]\ntests/test_{word}.py::test_timeout_error PASSED                [100%]\n\n====================== {num} passed, {int} skipped, 0 errors in {secs}s ======================"),
    ("Jest", "$ npx jest\n PASS  src/{stem}.test.js\n  {cls}\n    ✓ {verb}s the {noun} ({int} ms)\n    ✓ throws an error when {noun} is missing ({int2} ms)\n    ✓ rejects invalid input ({int} ms)\n\nTest Suites: {int} passed, {int} total\nTests:       {num} passed, {num} total\nSnapshots:   0 total\nTime:        {secs} s"),
    ("Cargo", "$ cargo test\n   Compiling {repo} v{version} ({dir})\n    Finished test [unoptimized + debuginfo] target(s) in {secs}s\n     Running unittests src/main.rs\n\nrunning {int} tests\ntest tests::parse_error ... ok\ntest tests::{fn} ... ok\ntest tests::fails_on_empty ... ok\n\ntest result: ok. {int} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"),
    ("Cargo", "$ cargo build --release\n   Compiling {pkg} v{version}\n   Compiling {pkg2} v{version2}\n   Compiling {repo} v0.1.0 ({dir})\n    Finished release [optimized] target(s) in {secs}s"),
    ("Go", "$ go test ./...\nok  \t{gopkg}\t0.{num}s\nok  \t{gopkg}/errors\t0.{num2}s\n?   \t{gopkg}/cmd\t[no test files]"),
    ("npm", "$ npm install\n\nadded {num} packages, and audited {num} packages in {int}s\n\n{num2} packages are looking for funding\n  run `npm fund` for details\n\nfound 0 vulnerabilities"),
    ("npm", "$ npm run build\n\n> {repo}@{version} build\n> vite build\n\nvite v{version2} building for production...\n✓ {num} modules transformed.\ndist/index.html                  0.46 kB │ gzip:  0.30 kB\ndist/assets/index-{hex}.js   143.41 kB │ gzip: 46.10 kB\n✓ built in {secs}s"),
    ("ESLint", "$ npx eslint src\n$ echo $?\n0"),
    ("TypeScript", "$ npx tsc --noEmit --watch\n[{time}] Starting compilation in watch mode...\n\n[{time2}] Found 0 errors. Watching for file changes."),
    ("pip", "$ pip install {pkg}\nCollecting {pkg}\n  Downloading {pkg}-{version}-py3-none-any.whl ({size})\n     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ {size} 3.1 MB/s eta 0:00:00\nInstalling collected packages: {pkg}\nSuccessfully installed {pkg}-{version}"),
    ("APT", "$ sudo apt update\nHit:1 http://{host}/debian {distro} InRelease\nGet:2 http://{host}/debian {distro}-updates InRelease [52.1 kB]\nFetched {num} kB in {int}s ({num2} kB/s)\nReading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done\n{num} packages can be upgraded. Run 'apt list --upgradable' to see them."),
    ("APT", "$ sudo apt install {pkg}\nReading package lists... Done\nBuilding dependency tree... Done\nThe following NEW packages will be installed:\n  {pkg} lib{word}{int}\n0 upgraded, 2 newly installed, 0 to remove and {num} not upgraded.\nNeed to get {size} of archives.\nDo you want to continue? [Y/n]"),
    ("Docker", "$ docker compose up -d\n[+] Running 3/3\n ✔ Network {repo}_default  Created                                  0.1s\n ✔ Container {repo}-db-1   Started                                  0.5s\n ✔ Container {repo}-web-1  Started                                  0.9s"),
    ("Docker", "$ docker build -t {repo} .\n[+] Building {secs}s (9/9) FINISHED\n => [internal] load build definition from Dockerfile                 0.0s\n => [1/4] FROM docker.io/library/{word}:{version}                         0.0s\n => CACHED [2/4] WORKDIR /app                                        0.0s\n => [3/4] COPY . .                                                   0.1s\n => exporting to image                                               0.2s"),
    ("kubectl", "$ kubectl get pods\nNAME                                READY   STATUS    RESTARTS   AGE\n{pod}   1/1     Running   0          {int}d\n{pod2}   1/1     Running   {int}          {num}h\n{word}-0                              1/1     Running   0          {num}d"),
    ("systemd", "$ systemctl status {word}\n● {word}.service - {cap} {noun}\n     Loaded: loaded (/lib/systemd/system/{word}.service; enabled; preset: enabled)\n     Active: active (running) since {day} {time} UTC; {int} days ago\n   Main PID: {pid} ({word})\n      Tasks: {int} (limit: 4915)\n     Memory: {num}.1M\n        CPU: {secs}s"),
    ("systemd", "$ journalctl -u {word} -n 5\n{syslog} {shost} {word}[{pid}]: started {noun}\n{syslog} {shost} {word}[{pid}]: listening on {ip}:{port}\n{syslog} {shost} {word}[{pid}]: error rate 0.00, {num} requests\n{syslog} {shost} {word}[{pid}]: retry after timeout succeeded\n{syslog} {shost} {word}[{pid}]: {verb} {noun} done"),
    ("tail", "$ tail -f /var/log/{word}.log\n{stamp} INFO  {verb} {noun} {num}\n{stamp} WARN  slow request {num} ms\n{stamp} ERROR upstream {host} timed out, retrying\n{stamp} INFO  retry ok\n{stamp} INFO  {verb2} {noun2} {num2}\n{stamp} INFO  GET {urlpath} 200 {num} ms"),
    ("less", "$ less {word}.log\n{stamp} [info] {verb} {noun}\n{stamp} [error] {noun} failed: permission denied\n{stamp} [info] {verb2} {noun2}\n{stamp} [warn] deprecated option {ident}\n{stamp} [error] could not open {path}\n:"),
    ("Bash", "$ grep -rn error src\nsrc/{stem}.py:{line}:    raise ValueError(\"error: invalid {noun}\")\nsrc/{stem}.py:{line2}:    log.error(\"cannot open %s\", {ident})\nsrc/errors.py:{line3}:class {cls}Error(Exception):\nsrc/errors.py:{line4}:    \"\"\"Raised when {noun} is not found.\"\"\""),
    ("Bash", "$ grep -i fail {stem}.log | wc -l\n{num}"),
    ("man", "{const}(1)                  User Commands                 {const}(1)\n\nNAME\n       {word} - {verb} {nouns} and {nouns}\n\nSYNOPSIS\n       {word} [OPTION]... [FILE]...\n\nDESCRIPTION\n       {verb} each {noun} to standard output.\n\n       -e, --errexit\n              exit immediately if a command fails\n\nEXIT STATUS\n       0      if OK,\n       1      if minor problems (e.g., cannot access subdirectory),\n       2      if serious trouble.\n Manual page {word}(1) line 1 (press h for help or q to quit)"),
    ("htop", "    1  [||||||||||                 {pct}.0%]   Tasks: {num}, {num2} thr; 1 running\n    2  [|||||                      {int}.5%]   Load average: 0.52 0.41 0.36\n  Mem[||||||||||||||||||   3.12G/15.5G]   Uptime: {int} days, {time}\n  Swp[                         0K/2.00G]\n\n    PID USER      PRI  NI  VIRT   RES   SHR S CPU% MEM%   TIME+  Command\n   {pid} {user}       20   0 2912M  412M  120M S  4.6  2.6  1:12.42 /usr/bin/{word}\n   {pid2} root       20   0  165M 11648  8320 S  0.0  0.1  0:04.21 /sbin/init\nF1Help  F2Setup F3SearchF4FilterF5Tree  F6SortByF7Nice -F8Nice +F9Kill  F10Quit"),
    ("top", "top - {time} up {int} days,  2:11,  1 user,  load average: 0.1{int}, 0.22, 0.20\nTasks: {num} total,   1 running, {num2} sleeping,   0 stopped,   0 zombie\n%Cpu(s):  {int}.3 us,  1.0 sy,  0.0 ni, 95.4 id,  0.1 wa,  0.0 hi,  0.2 si,  0.0 st\nMiB Mem :  15932.4 total,   {num3}.1 free,   4211.0 used,   6021.7 buff/cache\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n   {pid} {user}      20   0 3312140 401124 132284 S   5.0   2.5   2:41.12 {word}"),
    ("vim", "def {fn}({ident}):\n    \"\"\"{verb} the {noun}.\"\"\"\n    try:\n        return {ident}.{attr}()\n    except {cls}Error:\n        return None\n~\n~\n~\n\"{stem}.py\" {num}L, {num2}B                              1,1           All"),
    ("nano", "  GNU nano 7.2                     {file}\n[{word}]\n{ident} = {num}\n{ident2} = {path}\n\n^G Help      ^O Write Out ^W Where Is  ^K Cut       ^T Execute   ^C Location\n^X Exit      ^R Read File ^\\ Replace   ^U Paste     ^J Justify   ^/ Go To Line"),
    ("Python", "$ python3\nPython {version} (main, {month} 12 2024, 10:22:11) [GCC 12.2.0] on linux\nType \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n>>> import {pymod}\n>>> {ident} = [{int}, {int2}, {num}]\n>>> sum({ident})\n{num2}\n>>>"),
    ("Python", "$ python3 train.py\nepoch 1/{int} - loss: 1.{num} - error: 0.{num2}\nepoch 2/{int} - loss: 0.{num} - error: 0.{num3}\nepoch 3/{int} - loss: 0.{num2} - error: 0.{int}\nsaved {path}"),
    ("Python", "$ python3 {stem}.py\nread {num} {nouns} from {file}\nskipped {int} invalid rows\nwrote {path} in {secs}s"),
    ("Node.js", "$ node server.js\nServer listening on http://localhost:{port}\nGET {urlpath} 200 {num} ms\nGET /favicon.ico 404 {int} ms\nPOST {urlpath2} 201 {num} ms"),
    ("PostgreSQL", "$ psql {db}\npsql ({version})\nType \"help\" for help.\n\n{db}=# select id, {column}, {column2} from {table} limit 3;\n id | {column} | {column2}\n----+----------+-----------\n  1 | {word}     | {num}\n  2 | {word2}    | {num2}\n  3 | {word3}    | {num3}\n(3 rows)\n\n{db}=#"),
    ("MySQL", "mysql> show tables;\n+----------------+\n| Tables_in_{db} |\n+----------------+\n| {table}        |\n| error_log      |\n| {table2}       |\n+----------------+\n3 rows in set (0.00 sec)\n\nmysql>"),
    ("SQLite", "$ sqlite3 {stem}.db\nSQLite version {version} 2023-11-24 11:41:44\nEnter \".help\" for usage hints.\nsqlite> .tables\n{table}  {table2}\nsqlite> select count(*) from {table};\n{num}\nsqlite>"),
    ("OpenSSH", "$ ssh {user}@{host}\nWelcome to Ubuntu 22.04.4 LTS (GNU/Linux 5.15.0-101-generic x86_64)\n\n * Documentation:  https://help.ubuntu.com\n\n  System load:  0.{int}              Processes:             {num}\n  Usage of /:   {pct}.1% of 38.58GB   Users logged in:       0\n\nLast login: {day} {time} 2024 from {ip}\n{user}@{shost}:~$"),
    ("make", "$ make\ncc -O2 -Wall -c -o {word}.o {word}.c\ncc -O2 -Wall -c -o error.o error.c\ncc -o {repo} {word}.o error.o\n$ ./{repo}\n{verb} {noun}: {num}"),
    ("GCC", "$ gcc -Wall -Werror -o {word} {stem}.c error.c\n$ ./{word}\n0 errors, {num} {nouns}"),
    ("Maven", "$ mvn -q test\n[INFO] Tests run: {num}, Failures: 0, Errors: 0, Skipped: {int}\n[INFO] \n[INFO] BUILD SUCCESS\n[INFO] ------------------------------------------------------------------------\n[INFO] Total time:  {secs} s"),
    ("Gradle", "$ ./gradlew build\n\n> Task :compileJava\n> Task :test\n\nBUILD SUCCESSFUL in {num}s\n{int} actionable tasks: {int} executed"),
    ("rsync", "$ rsync -av {dir}/ {user}@{host}:{dir2}/\nsending incremental file list\n{file}\n{file2}\n{word}/{file3}\n\nsent {big} bytes  received {num} bytes  {big2}.00 bytes/sec\ntotal size is {big3}  speedup is 1.02"),
    ("Bash", "$ tree -L 2\n.\n├── {file}\n├── {word}\n│   ├── {file2}\n│   └── errors.py\n└── README.md\n\n{int} directories, {num} files"),
    ("Bash", "$ ps aux | head -5\nUSER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\nroot           1  0.0  0.1 167744 11648 ?        Ss   09:12   0:02 /sbin/init\nroot           2  0.0  0.0      0     0 ?        S    09:12   0:00 [kthreadd]\n{user}     {pid}  1.2  2.1 912844 171204 ?      Sl   09:13   1:44 {word}"),
    ("Wget", "$ wget {url}/{file}\n--{date} {time}--  {url}/{file}\nResolving {host} ({host})... {ip}\nConnecting to {host} ({host})|{ip}|:443... connected.\nHTTP request sent, awaiting response... 200 OK\nLength: {big} ({size}) [application/octet-stream]\nSaving to: ‘{file}’\n\n{file}       100%[===================>]   {size}  5.11MB/s    in 0.8s\n\n{date} {time} (5.11 MB/s) - ‘{file}’ saved [{big}/{big}]"),
    ("PowerShell", "PS C:\\Users\\{user}> Get-ChildItem\n\n    Directory: C:\\Users\\{user}\n\nMode                 LastWriteTime         Length Name\n----                 -------------         ------ ----\nd-----         {date}     10:22                Documents\n-a----         {date}     11:02          {num} {file}\n\nPS C:\\Users\\{user}>"),
    ("Windows", "C:\\Users\\{user}>dir\n Volume in drive C is Windows\n Volume Serial Number is 7A2C-{int}F1E\n\n Directory of C:\\Users\\{user}\n\n{date}  10:22    <DIR>          .\n{date}  11:02            {num} {file}\n               1 File(s)          {num} bytes\n\nC:\\Users\\{user}>ipconfig\n\nWindows IP Configuration\n\n   IPv4 Address. . . . . . . . . . . : {ip}\n   Subnet Mask . . . . . . . . . . . : 255.255.255.0"),
    ("Bash", "$ ./{stem}.sh --help\nUsage: {stem}.sh [options] <{noun}>\n\nOptions:\n  -h, --help           show this help\n  -q, --quiet          do not print errors\n  --fail-fast          stop at the first error\n  --timeout SECONDS    give up after so many seconds (default {num})"),
    ("Bash", "$ cat errors.txt\n404 not found\n500 internal server error\n403 forbidden\n$ cat {file}\n{title}\n{title2}"),
    ("Bash", "$ history | tail -4\n  {num}  cd {dir}\n  {num}  git status\n  {num}  python3 {stem}.py 2> errors.log\n  {num}  less errors.log"),
    ("Terraform", "$ terraform plan\n{word}_{word2}.{ident}: Refreshing state... [id={word}-{hex}]\n\nNo changes. Your infrastructure matches the configuration.\n\nTerraform has compared your real infrastructure against your configuration\nand found no differences, so no changes are needed."),
    ("nginx", "$ sudo nginx -t\nnginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful"),
    ("tmux", "{user}@{shost}:~$ ls\n{file}  {file2}\n{user}@{shost}:~$\n\n\n[{int}] 0:bash* 1:vim- 2:logs                              \"{shost}\" {time} 22-Nov-24"),
    ("Bash", "$ ls -l\ntotal {num}\n-rw-r--r-- 1 {user} {user}  {num} {month} 11 17:45 error.log\n-rw-r--r-- 1 {user} {user}  {num2} {month} 12 10:22 {file}\ndrwxr-xr-x 2 {user} {user} 4096 {month} 09 08:13 failed\n-rwxr-xr-x 1 {user} {user}  {num3} {month} 10 12:01 {stem}.sh"),
    ("man", "{const}(3)                 Library Functions Manual                 {const}(3)\n\nNAME\n       {word} - number of last error\n\nDESCRIPTION\n       The <{word}.h> header file defines the integer variable {word}.\n\n       EACCES          Permission denied (POSIX.1-2001).\n       EADDRINUSE      Address already in use (POSIX.1-2001).\n       ECONNREFUSED    Connection refused (POSIX.1-2001).\n       ENOENT          No such file or directory (POSIX.1-2001).\n       ENOSPC          No space left on device (POSIX.1-2001).\n Manual page {word}(3) line {line} (press h for help or q to quit)"),
    ("Bash", "$ for i in 1 2 3; do echo ok $i; done\nok 1\nok 2\nok 3"),
    ("Bash", "$ tail -n 4 error.log\n{stamp} ERROR {noun} failed: timeout\n{stamp} ERROR could not open {path}\n{stamp} INFO {verb} {noun}\n{stamp} WARN {noun} missing"),
    ("less", "{stamp} [info] {verb} {noun}\n{stamp} [error] {noun} failed\n{stamp} [info] {verb2} {noun2}\n{stamp} [error] connection refused\n{file} lines 1-{num}/{num2} {pct}%"),
    ("FFmpeg", "$ ffmpeg -i {stem}.mp4 {stem}.mp3\nInput #0, mov,mp4,m4a,3gp,3g2,mj2, from '{stem}.mp4':\n  Duration: 00:0{int}:{num}.12, start: 0.000000, bitrate: {num} kb/s\nOutput #0, mp3, to '{stem}.mp3':\nsize=    {num}kB time=00:0{int}:10.11 bitrate= 128.0kbits/s speed=42.1x"),
)


def sample(rng: random.Random, short: bool = False) -> tuple[str, str]:
    """(application, session in the notation of commands and output)."""
    if short or rng.random() < 0.2:
        return rng.choice(SHORT)
    return rng.choice(LONG)
