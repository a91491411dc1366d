"""Rules that hold for the tree as a whole."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("vision", "projector", "mmgpt", "train")
# What each package may import of ours: imports run one way.
ALLOWED = {
    "vision": {"vision"},
    "projector": {"projector", "vision"},
    "mmgpt": {"mmgpt", "projector", "vision"},
    "train": {"train", "mmgpt", "projector", "vision"},
}
MAX_TREE_BYTES = 48 * 2**20
BINARY_SUFFIXES = {".png", ".webp", ".safetensors"}
PICKLE_SUFFIXES = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz"}


def tracked_files() -> list[Path]:
    """What git has in its index, as far as it is still there."""
    # The owner of a checkout in a container is often someone else, which git minds and this does not.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def imported_packages(source: str, *, top_level_only: bool = False) -> set[str]:
    """The first names of all absolute imports in ``source``; with ``top_level_only``, of those outside functions."""
    tree = ast.parse(source)
    nodes: list[ast.AST] = []
    queue: list[ast.AST] = [tree]
    while queue:
        node = queue.pop()
        nodes.append(node)
        if top_level_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        queue += ast.iter_child_nodes(node)
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.split(".")[0] for name in names}


def lazily_reaches_train(path: Path) -> bool:
    """The command line may: it starts training and evaluation, but only inside the functions that do so."""
    return path == ROOT / "mmgpt" / "cli.py" or path.parent == ROOT / "mmgpt" / "commands"


def test_imported_packages_sees_lazy_imports_and_tells_them_apart() -> None:
    source = "import train.a\nfrom vision import b\nfrom . import c\ndef f():\n    from mmgpt.d import e\n"
    assert imported_packages(source) == {"train", "vision", "mmgpt"}
    assert imported_packages(source, top_level_only=True) == {"train", "vision"}


@pytest.mark.parametrize("package", [name for name in PACKAGES if (ROOT / name).is_dir()])
def test_imports_run_one_way(package: str) -> None:
    wrong = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        used = imported_packages(path.read_text(encoding="utf-8"), top_level_only=lazily_reaches_train(path))
        if bad := (used & {*PACKAGES, "tests"}) - ALLOWED[package]:
            wrong[str(path.relative_to(ROOT))] = bad
    assert not wrong


@pytest.mark.parametrize("package", [name for name in PACKAGES if (ROOT / name).is_dir()])
def test_every_folder_with_code_is_a_package(package: str) -> None:
    """Otherwise it works in a checkout and is missing from an installed wheel."""
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert not [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").is_file()]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("mmgpt", {"torch", "transformers", "gradio", "fastapi", "PIL", "numpy"}),
        ("mmgpt.cli", {"torch", "transformers", "gradio", "fastapi", "datasets", "matplotlib", "train"}),
        ("mmgpt.caption", {"transformers", "gradio", "fastapi", "datasets", "matplotlib", "train"}),
        ("vision.image", {"torch", "scipy"}),
    ],
)
def test_importing_is_light(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_tree_stays_small() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in tracked_files()}
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    assert sum(sizes.values()) < MAX_TREE_BYTES, [(name, sizes[name]) for name in largest]


def test_binary_files_are_pictures_or_safetensors() -> None:
    binary = [path for path in tracked_files() if b"\0" in path.read_bytes()]
    assert [str(path) for path in binary if path.suffix not in BINARY_SUFFIXES] == []


def test_no_file_can_run_code_when_loaded() -> None:
    unsafe = [
        p for p in tracked_files() if p.suffix in PICKLE_SUFFIXES or p.read_bytes()[:2] in (b"\x80\x02", b"\x80\x04")
    ]
    assert [str(path) for path in unsafe] == []


def test_safetensors_are_what_they_say() -> None:
    """A header of JSON, and tensors that fill the file to its last byte: nothing else travels under that name."""
    from safetensors import safe_open

    for path in tracked_files():
        if path.suffix == ".safetensors":
            with safe_open(path, framework="np") as tensors:
                assert list(tensors.keys()), path
