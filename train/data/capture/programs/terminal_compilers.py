"""Compilers and build tools failing."""

from __future__ import annotations

from train.data.capture.session import Session
from train.data.capture.terminal import Look, failure, terminal

CARGO = '[package]\nname = "tally"\nversion = "0.3.1"\nedition = "2021"\n'

RECIPES = [
    terminal(
        "gcc-undeclared",
        "undeclared",
        Session(
            ["make"],
            {
                "Makefile": "app: main.c\n\tgcc -Wall -o app main.c\n",
                "main.c": '#include <stdio.h>\n\nint main(void)\n{\n    int count = 3;\n    printf("%d\\n", cuont);\n'
                "    return 0;\n}\n",
            },
        ),
        Look("tango-light", "Hack", 11, 104, 24),
        failure(
            "GCC",
            "main.c:6:20: error: ‘cuont’ undeclared (first use in this function); did you mean ‘count’?",
            "syntax",
        ),
        "cuont",
    ),
    terminal(
        "gcc-missing-semicolon",
        "expected",
        Session(
            ["gcc -O2 -Wall -o matrix matrix.c"],
            {
                "matrix.c": "#include <stdio.h>\n\nint main(void)\n{\n    int count = 3\n"
                '    printf("%d\\n", count);\n    return 0;\n}\n'
            },
        ),
        Look("green", "-misc-fixed-medium-r-normal--13-120-75-75-c-80-iso10646-1", None, 96, 24),
        failure("GCC", "matrix.c:6:5: error: expected ‘,’ or ‘;’ before ‘printf’", "syntax"),
        "printf",
    ),
    terminal(
        "gcc-cannot-convert",
        "cannot convert",
        Session(
            ["g++ -std=c++17 -c inventory.cpp"],
            {
                "inventory.cpp": '#include <string>\n\nint main()\n{\n    std::string name = "bolt";\n'
                "    int size = name;\n    return size;\n}\n"
            },
        ),
        Look("nord", "Agave", 14, 92, 24),
        failure(
            "GCC",
            "inventory.cpp:6:16: error: cannot convert ‘std::string’ {aka ‘std::__cxx11::basic_string<char>’} "
            "to ‘int’ in initialization",
            "type",
        ),
        "std::string int",
    ),
    terminal(
        "gcc-missing-header",
        "missing header",
        Session(["g++ -c scene.cpp"], {"scene.cpp": "#include <GL/glew.h>\n\nint main()\n{\n    return 0;\n}\n"}),
        Look("xterm-light", "-misc-fixed-medium-r-normal--18-120-100-100-c-90-iso10646-1", None, 80, 24),
        failure("GCC", "scene.cpp:1:10: fatal error: GL/glew.h: No such file or directory", "import_dependency"),
        "GL/glew.h",
    ),
    terminal(
        "make-no-rule",
        "no rule",
        Session(["ls", "make -j4"], {"Makefile": "all: app\n\napp: main.o\n\tcc -o app main.o\n"}),
        Look("amber", "DejaVu Sans Mono", 13, 80, 18),
        failure("make", "make: *** No rule to make target 'main.o', needed by 'app'. Stop.", "not_found"),
        "main.o",
    ),
    terminal(
        "javac-incompatible",
        "incompatible types",
        Session(
            ["javac Invoice.java"],
            {
                "Invoice.java": "public class Invoice {\n    private int total;\n\n"
                "    public String label() {\n        return total;\n    }\n}\n"
            },
        ),
        Look("dracula", "DejaVu Sans Mono", 11, 90, 20),
        failure("javac", "Invoice.java:5: error: incompatible types: int cannot be converted to String", "type"),
        "int String",
    ),
    terminal(
        "rustc-unresolved",
        "E0425",
        Session(
            ["cargo build --offline"],
            {"Cargo.toml": CARGO, "src/main.rs": 'fn main() {\n    let total = 12;\n    println!("{}", totl);\n}\n'},
        ),
        Look("gruvbox", "Fira Code", 11, 88, 20),
        failure("rustc", "error[E0425]: cannot find value `totl` in this scope", "syntax", "E0425"),
        "totl",
    ),
    terminal(
        "rustc-mismatched",
        "E0308",
        Session(
            ["rustc main.rs"],
            {"main.rs": 'fn width() -> u32 {\n    "eighty"\n}\n\nfn main() {\n    println!("{}", width());\n}\n'},
        ),
        Look("ivory", "Terminus", 14, 80, 22),
        failure("rustc", "error[E0308]: mismatched types", "type", "E0308"),
        "width",
    ),
    terminal(
        "go-unused-import",
        "unused",
        Session(
            ["go build ."],
            {
                "go.mod": "module example.org/tool\n\ngo 1.19\n",
                "main.go": 'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {\n\tfmt.Println("hello")\n}\n',
            },
        ),
        Look("console-blue", "Inconsolata", 13, 84, 20),
        failure("Go", './main.go:5:2: imported and not used: "os"', "syntax"),
        "os",
    ),
    terminal(
        "cmake-no-package",
        "no package",
        Session(
            ["cmake -B build 2>&1 | tail -n 20"],
            {
                "CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\n"
                "project(viewer C)\nfind_package(OpenCV 4 REQUIRED)\n",
            },
        ),
        Look("tango-dark", "Noto Sans Mono", 10, 96, 30),
        failure("CMake", "CMake Error at CMakeLists.txt:3 (find_package):", "import_dependency"),
        "OpenCV",
    ),
]
