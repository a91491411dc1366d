"""Other languages' runtimes and data tools failing."""

from __future__ import annotations

from train.data.capture.session import Keys, Session
from train.data.capture.terminal import Look, failure, terminal

LEDGER = """
import java.util.List;

public class Ledger {
    public static void main(String[] files) {
        List<String> rows = List.of("12.50", "n/a");
        double sum = 0;
        for (String row : rows) {
            sum += Double.parseDouble(row);
        }
        System.out.println(sum);
    }
}
"""

RECIPES = [
    terminal(
        "java-number-format",
        "NumberFormatException",
        Session(["java Ledger.java march.csv"], {"Ledger.java": LEDGER}),
        Look("solarized-dark", "DejaVu Sans Mono", 10, 108, 30),
        failure(
            "Java",
            'Exception in thread "main" java.lang.NumberFormatException: For input string: "n/a"',
            "invalid_input",
            "java.lang.NumberFormatException",
        ),
        "n/a",
    ),
    terminal(
        "java-no-main-class",
        "ClassNotFoundException",
        Session(["java -cp build com.example.Main"]),
        Look("xterm-light", "Cousine", 12, 80, 20),
        failure(
            "Java",
            "Error: Could not find or load main class com.example.Main",
            "not_found",
            "java.lang.ClassNotFoundException",
        ),
        "com.example.Main",
    ),
    terminal(
        "java-no-jar",
        "no jar",
        Session(["java -jar target/billing-2.1.0.jar"]),
        Look("nord", "Monofur", 14, 80, 20),
        failure("Java", "Error: Unable to access jarfile target/billing-2.1.0.jar", "not_found"),
        "billing-2.1.0.jar",
    ),
    terminal(
        "go-index-out-of-range",
        "panic",
        Session(
            ["go run main.go"],
            {
                "main.go": 'package main\n\nimport "fmt"\n\nfunc main() {\n'
                "\tscores := []int{4, 8, 15}\n\tindex := 5\n\tfmt.Println(scores[index])\n}\n"
            },
        ),
        Look("tango-dark", "JetBrains Mono", 13, 84, 20),
        failure("Go", "panic: runtime error: index out of range [5] with length 3", "crash"),
        "5",
    ),
    terminal(
        "ruby-no-method",
        "NoMethodError",
        Session(["ruby rename.rb"], {"rename.rb": 'def rename(file)\n  file.nmae.upcase\nend\n\nrename("a.txt")\n'}),
        Look("one-light", "Hack", 12, 100, 20),
        failure(
            "Ruby",
            "rename.rb:2:in `rename': undefined method `nmae' for \"a.txt\":String (NoMethodError)",
            "type",
            "NoMethodError",
        ),
        "nmae",
    ),
    terminal(
        "perl-cannot-open",
        "cannot open",
        Session(
            ["perl tidy.pl access.log"],
            {
                "tidy.pl": "use strict;\nuse warnings;\n"
                'open(my $log, "<", $ARGV[0]) or die "Cannot open $ARGV[0]: $!";\nprint while <$log>;\n'
            },
        ),
        Look("console", "Anonymous Pro", 13, 84, 20),
        failure("Perl", "Cannot open access.log: No such file or directory at tidy.pl line 3.", "not_found"),
        "access.log",
    ),
    terminal(
        "lua-nil-index",
        "attempt to index",
        Session(["lua5.4 config.lua"], {"config.lua": "local settings = nil\nprint(settings.width)\n"}),
        Look("solarized-light", "Agave", 13, 84, 18),
        failure("Lua", "lua5.4: config.lua:2: attempt to index a nil value (local 'settings')", "type"),
        "settings",
    ),
    terminal(
        "sqlite-unique",
        "unique constraint",
        Session(
            [
                Keys("sqlite3 library.db\r"),
                Keys(".headers on\r"),
                Keys("SELECT * FROM books;\r"),
                Keys("INSERT INTO books VALUES (1, 'Emma', 1815);\r"),
            ],
            prepare='sqlite3 library.db "CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, year INT); '
            "INSERT INTO books VALUES (1,'Persuasion',1817),(2,'Middlemarch',1871)\"",
        ),
        Look("xterm-dark", "Courier Prime Code", 13, 80, 22),
        failure("SQLite", "Runtime error: UNIQUE constraint failed: books.id (19)", "database", "19"),
        "books.id",
    ),
    terminal(
        "sqlite-no-such-table",
        "no such table",
        Session(
            ["sqlite3 shop.db .tables", "sqlite3 shop.db 'SELECT name, total FROM orders LIMIT 5'"],
            prepare="sqlite3 shop.db 'CREATE TABLE items (name TEXT, price REAL)'",
        ),
        Look("dracula", "Liberation Mono", 12, 90, 22),
        failure("SQLite", "Error: in prepare, no such table: orders", "not_found"),
        "orders",
    ),
    terminal(
        "jq-parse-error",
        "parse error",
        Session(
            ["jq '.items[0].name' orders.json"], {"orders.json": '{"items": [\n  {"name": "lamp", "price": 20,}\n]}\n'}
        ),
        Look("monokai", "DejaVu Sans Mono", 12, 84, 18),
        failure("jq", "parse error: Expected another key-value pair at line 2, column 32", "syntax"),
        "orders.json",
    ),
    terminal(
        "openssl-no-certificate",
        "unreadable certificate",
        Session(["openssl x509 -in server.crt -noout -dates"], {"server.crt": "hello\n"}),
        Look("tango-light", "Noto Mono", 12, 84, 18),
        failure("OpenSSL", "Could not read certificate from server.crt", "invalid_input"),
        "server.crt",
    ),
    terminal(
        "nginx-configuration",
        "configuration syntax",
        Session(
            ["nginx -t -c /srv/nginx/nginx.conf"],
            {"nginx.conf": "events {}\nhttp {\n  server {\n    listen 8080\n    server_name shop.local;\n  }\n}\n"},
            user="root",
            folder="/srv/nginx",
            prompt=r"[\u@\h \W]\$ ",
            host="web01",
        ),
        Look("amber", "Hack", 11, 110, 20),
        failure(
            "nginx",
            "re:.* \\[emerg\\] .*nginx.conf:\\d+",
            "syntax",
        ),
        "nginx.conf",
    ),
]
