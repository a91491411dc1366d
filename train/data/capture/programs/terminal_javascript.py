"""Node.js, npm and TypeScript failing."""

from __future__ import annotations

from train.data.capture.session import Session
from train.data.capture.terminal import Look, failure, terminal

SERVER = """
const http = require("http");

const server = http.createServer((request, response) => response.end("ok"));
server.listen(3000, () => console.log("listening on 3000"));
"""
CART = """
interface Item {
  price: number;
}

const item: Item = { price: "12.50" };
console.log(item.cost);
"""

RECIPES = [
    terminal(
        "node-address-in-use",
        "EADDRINUSE",
        Session(
            ["node server.js"],
            {"server.js": SERVER},
            privileged="(python3 -m http.server 3000 >/dev/null 2>&1 &) ; sleep 1",
        ),
        Look("monokai", "JetBrains Mono", 10, 96, 32),
        failure(
            "Node.js", "Error: listen EADDRINUSE: address already in use :::3000", "concurrency_lock", "EADDRINUSE"
        ),
        "3000",
    ),
    terminal(
        "node-type-error",
        "TypeError",
        Session(
            ["node index.js"],
            {
                "index.js": "function greet(user) {\n  return user.name.toUpperCase();\n"
                "}\n\nconsole.log(greet(undefined));\n"
            },
        ),
        Look("console", "Noto Mono", 11, 90, 24),
        failure("Node.js", "TypeError: Cannot read properties of undefined (reading 'name')", "type", "TypeError"),
        "name",
    ),
    terminal(
        "node-module-not-found",
        "MODULE_NOT_FOUND",
        Session(["node app.js"], {"app.js": 'const express = require("express");\n\nconst app = express();\n'}),
        Look("one-light", "Liberation Mono", 11, 100, 28),
        failure("Node.js", "Error: Cannot find module 'express'", "import_dependency", "MODULE_NOT_FOUND"),
        "express",
    ),
    terminal(
        "npm-missing-script",
        "missing script",
        Session(
            ["npm run build"],
            {
                "package.json": '{\n  "name": "shop",\n  "version": "1.4.0",\n'
                '  "scripts": {"start": "node index.js"}\n}\n'
            },
        ),
        Look("xterm-dark", "DejaVu Sans Mono", 11, 96, 20),
        failure("npm", 'npm error Missing script: "build"', "not_found"),
        "build",
    ),
    terminal(
        "npm-no-such-tarball",
        "ENOENT",
        Session(
            ["npm install"],
            {
                "package.json": '{\n  "name": "shop",\n  "version": "1.4.0",\n'
                '  "dependencies": {"widgets": "file:../widgets-3.0.0.tgz"}\n}\n'
            },
        ),
        Look("solarized-dark", "Cousine", 11, 104, 24),
        failure(
            "npm",
            "npm error enoent ENOENT: no such file or directory, open '/home/dev/widgets-3.0.0.tgz'",
            "not_found",
            "ENOENT",
        ),
        "widgets-3.0.0.tgz",
    ),
    terminal(
        "tsc-not-assignable",
        "TS2322",
        Session(["tsc --noEmit src/cart.ts"], {"src/cart.ts": CART}),
        Look("tango-dark", "Fantasque Sans Mono", 13, 92, 26),
        failure(
            "TypeScript",
            "src/cart.ts:5:22 - error TS2322: Type 'string' is not assignable to type 'number'.",
            "type",
            "TS2322",
        ),
        "price",
    ),
]
