"""Database clients against real servers on loopback, in terminals other than xterm."""

from __future__ import annotations

from train.data.capture.emulators import emulated
from train.data.capture.session import Keys, Session
from train.data.capture.terminal import Look, failure, ordinary

POSTGRES = """
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)
mkdir -p /srv/pg && chown 1234:1234 /srv/pg
run="setpriv --reuid 1234 --regid 1234 --clear-groups"
echo secret > /srv/word && chmod a+r /srv/word
$run $bin/initdb -D /srv/pg/data -U dev -A {method} --pwfile /srv/word -E UTF8 --locale C.UTF-8
$run $bin/pg_ctl -D /srv/pg/data -w -o "-k /srv/pg -c fsync=off" -l /srv/pg/log start
export PGPASSWORD=secret
psql -q -h localhost -U dev postgres <<'SQL'
create database shop;
\\c shop
create table customers (id serial primary key, email text not null unique, city text);
insert into customers (email, city) values ('ada@example.org', 'Graz'), ('lin@example.org', 'Turku'), ('sol@example.org', 'Faro');
create table orders (id serial primary key, customer integer references customers, total numeric(8, 2));
insert into orders (customer, total) values (1, 18.40), (3, 112.00), (2, 7.95), (1, 64.10);
SQL
"""
MARIA = """
mkdir -p /srv/my && chown 1234:1234 /srv/my
run="setpriv --reuid 1234 --regid 1234 --clear-groups"
$run mariadb-install-db --no-defaults --datadir=/srv/my/data --auth-root-authentication-method=normal --skip-test-db
($run mariadbd --no-defaults --datadir=/srv/my/data --socket=/srv/my/sock --pid-file=/srv/my/pid --bind-address=127.0.0.1 \
 >/srv/my/log 2>&1 &)
for i in $(seq 60); do [ -S /srv/my/sock ] && break; sleep 0.25; done
mysql --no-defaults -u root -S /srv/my/sock <<'SQL'
create database shop;
create user dev@localhost identified by 'secret'; grant all on shop.* to dev@localhost;
create user report@localhost; grant select on shop.* to report@localhost;
use shop;
create table articles (sku varchar(12) primary key, name varchar(40), stock int);
insert into articles values ('LMP-2', 'Desk lamp', 14), ('CHR-9', 'Chair', 3), ('ERR-1', 'Error log binder', 0);
SQL
printf '[client]\\nsocket=/srv/my/sock\\n' > /home/dev/.my.cnf
"""
REDIS = "(redis-server --port 6379 --save '' {options} >/dev/null 2>&1 &) ; sleep 1"
PG = (("PGPASSWORD", "secret"), ("PGHOST", "localhost"), ("PAGER", "cat"))

RECIPES = [
    emulated(
        "psql-no-such-database",
        "no such database",
        "urxvt",
        Session(["psql -h localhost -U dev warehouse"], privileged=POSTGRES.format(method="trust"), environment=PG),
        Look("tango-dark", "DejaVu Sans Mono", 10, 100, 24, 4),
        failure(
            "psql",
            'psql: error: connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL: database "warehouse" '
            "does not exist",
            "not_found",
        ),
        "warehouse",
    ),
    emulated(
        "psql-password",
        "password",
        "lxterminal",
        Session(
            ["PGPASSWORD=winter24 psql -h localhost -U dev shop"],
            privileged=POSTGRES.format(method="scram-sha-256"),
            environment=PG,
        ),
        Look("solarized-light", "Hack", 10, 110, 20),
        failure(
            "psql",
            'psql: error: connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL: password authentication '
            'failed for user "dev"',
            "authentication",
        ),
        "dev",
    ),
    emulated(
        "psql-unique",
        "unique constraint",
        "st",
        Session(
            [
                Keys("psql -q shop\r", 1.0),
                Keys("\\set VERBOSITY verbose\r", 0.5),
                Keys("insert into customers (email) values ('lin@example.org');\r", 1.0),
            ],
            privileged=POSTGRES.format(method="trust"),
            environment=PG,
        ),
        Look("gruvbox", "Fira Code", 11, 96, 18),
        failure(
            "psql",
            'ERROR: 23505: duplicate key value violates unique constraint "customers_email_key"',
            "database",
            "23505",
        ),
        "customers_email_key",
    ),
    emulated(
        "psql-syntax",
        "syntax error",
        "mlterm",
        Session(
            ["psql -q shop -c 'select city, count(*) form customers group by city'"],
            privileged=POSTGRES.format(method="trust"),
            environment=PG,
        ),
        Look("xterm-light", "Liberation Mono", 11, 88, 16),
        failure("psql", 'ERROR: syntax error at or near "customers"', "syntax"),
        "customers",
    ),
    emulated(
        "mysql-access-denied",
        "access denied",
        "xfce4-terminal",
        Session(["mysql -u dev -pwinter24 shop"], privileged=MARIA),
        Look("dracula", "DejaVu Sans Mono", 11, 90, 22),
        failure(
            "MySQL",
            "ERROR 1045 (28000): Access denied for user 'dev'@'localhost' (using password: YES)",
            "authentication",
            "28000",
        ),
        "dev",
    ),
    emulated(
        "mysql-unknown-column",
        "unknown column",
        "urxvt",
        Session(["mysql -u dev -psecret shop -e 'select sku, price from articles where stock > 0'"], privileged=MARIA),
        Look("amber", "Terminus", 13, 84, 22, 6),
        failure("MySQL", "ERROR 1054 (42S22) at line 1: Unknown column 'price' in 'SELECT'", "not_found", "42S22"),
        "price",
    ),
    emulated(
        "mysql-insert-denied",
        "command denied",
        "st",
        Session(["mysql -u report shop -e \"delete from articles where sku = 'CHR-9'\""], privileged=MARIA),
        Look("nord", "JetBrains Mono", 10, 92, 18),
        failure(
            "MySQL",
            "ERROR 1142 (42000) at line 1: DELETE command denied to user 'report'@'localhost' for table `shop`.`articles`",
            "permission",
            "42000",
        ),
        "articles",
    ),
    emulated(
        "redis-no-auth",
        "authentication",
        "lxterminal",
        Session(["redis-cli set theme dark"], privileged=REDIS.format(options="--requirepass hush")),
        Look("monokai", "Inconsolata", 13, 76, 16),
        failure("redis-cli", "(error) NOAUTH Authentication required.", "authentication", "NOAUTH"),
        "theme",
    ),
    emulated(
        "redis-out-of-memory",
        "maxmemory",
        "mlterm",
        Session(
            ["redis-cli info memory | grep maxmemory", 'redis-cli set report:2024 "$(seq 200)"'],
            privileged=REDIS.format(options="--maxmemory 1kb"),
        ),
        Look("green", "DejaVu Sans Mono", 11, 80, 18),
        failure("redis-cli", "(error) OOM command not allowed when used memory > 'maxmemory'.", "out_of_memory", "OOM"),
        "report:2024",
    ),
    emulated(
        "sqlite-locked",
        "locked",
        "xfce4-terminal",
        Session(
            ["sqlite3 stock.db \"update items set count = count - 1 where name = 'bolt'\""],
            prepare="""
            sqlite3 stock.db "create table items (name text, count integer); insert into items values ('bolt', 40)"
            (python3 -c "import sqlite3, time; c = sqlite3.connect('stock.db'); c.execute('begin exclusive'); time.sleep(50)" \
             >/dev/null 2>&1 &) ; sleep 1
            """,
        ),
        Look("tango-light", "Cousine", 11, 88, 18),
        failure("SQLite", "re:(Runtime error.*|Error: .*)database is locked.*", "concurrency_lock", "5"),
        "stock.db",
    ),
    emulated(
        "sqlite-not-a-database",
        "not a database",
        "urxvt",
        Session(
            ["file places.db", "sqlite3 places.db .tables"],
            prepare="head -c 4000 /dev/zero | tr '\\0' 'q' > places.db",
        ),
        Look("ivory", "-misc-fixed-medium-r-normal--15-140-75-75-c-90-iso10646-1", None, 80, 20),
        failure("SQLite", "Error: file is not a database", "invalid_input"),
        "places.db",
    ),
    # Nothing failed below.
    emulated(
        "normal-psql-rows",
        "psql rows",
        "st",
        Session(
            [
                Keys("psql -q shop\r", 1.0),
                Keys("\\d orders\r", 0.6),
                Keys("select city, sum(total) from orders join customers c on c.id = customer group by 1;\r", 1.0),
            ],
            privileged=POSTGRES.format(method="trust"),
            environment=PG,
        ),
        Look("solarized-dark", "Hack", 11, 94, 30),
        ordinary("psql"),
        "orders",
    ),
    emulated(
        "normal-mysql-rows",
        "mysql rows",
        "urxvt",
        Session(
            [
                Keys("mysql -u dev -psecret shop\r", 1.0),
                Keys("select * from articles;\r", 0.8),
                Keys("show warnings;\r", 0.8),
            ],
            privileged=MARIA,
        ),
        Look("console", "Liberation Mono", 11, 84, 26, 3),
        ordinary("MySQL"),
        "articles",
    ),
    emulated(
        "normal-redis-session",
        "redis session",
        "lxterminal",
        Session(
            [
                Keys("redis-cli\r", 0.8),
                Keys("lpush errors:today 404 500 404\r", 0.6),
                Keys("lrange errors:today 0 -1\r", 0.6),
                Keys("get nothing\r", 0.6),
            ],
            privileged=REDIS.format(options=""),
        ),
        Look("one-light", "Mononoki", 11, 72, 18),
        ordinary("redis-cli"),
        "errors:today",
    ),
]
