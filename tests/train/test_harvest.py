"""The harvest of messages: formats to slots, kinds, categories, readers of catalogues, the files and their splits."""

from __future__ import annotations

import gzip
import random
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmgpt.schema import CATEGORIES
from train.data.harvest import debs
from train.data.harvest.catalogues import read_mo, read_qm
from train.data.harvest.categories import BY_CODE, by_code, by_sqlstate, by_words
from train.data.harvest.clean import LONGEST, acceptable, is_error, kind_of, parts, phrases, strip_mnemonic
from train.data.harvest.core import Phrase, Source, Transcript, write_records
from train.data.harvest.formats import to_slots
from train.data.harvest.load import Harvest, is_held_out, load
from train.data.harvest.run import MOST, gather, main, thinned
from train.data.harvest.sources import all_sources
from train.data.harvest.sources.chromium import read_pack
from train.data.harvest.sources.mozilla import fluent, properties
from train.data.harvest.sources.node import thrown
from train.data.harvest.sources.python import broken_sources, raised
from train.data.world.slots import MAKERS, Slots
from vision.reader.charset import CHARACTERS


@pytest.mark.parametrize(
    ("text", "style", "slots"),
    [
        ("cannot open file '%s'", "printf", "cannot open file '{path}'"),
        ("line %d: 50%% of port %u", "printf", "line {line}: 50% of port {port}"),
        ("%1$s and %2$s and %1$s", "printf", "{word} and {word2} and {word}"),
        ("%s: not a directory", "printf", "{path}: not a directory"),
        ("No module named %(module)s", "python", "No module named {pymod}"),
        ("{0} of {1}, again {0}", "brace", "{word} of {word2}, again {word}"),
        ("Type '{0}' has {{braces}}", "brace", "Type '{cls}' has {braces}"),
        ("Could not find %1 in %2", "qt", "Could not find {word} in {word2}"),
        ("%qD is not a %<friend%> of %T", "printf", "‘{ident}’ is not a ‘friend’ of {cls}"),
        ("Hello { $userName }", "fluent", "Hello {user}"),
        ("The file %1 is in use.", "windows", "The file {winpath} is in use."),
        ("%H:%M", "printf", None),
    ],
)
def test_format_codes_become_slots(text: str, style: str, slots: str | None) -> None:
    assert to_slots(text, style) == slots  # type: ignore[arg-type]


@given(
    st.lists(
        st.sampled_from(["%s", "%d", "%lu", "%x", "%5.2f", "%c", "file", "line", "host ", "'", ": ", "port "]),
        max_size=8,
    )
)
def test_every_slot_made_can_be_filled(pieces: list[str]) -> None:
    made = to_slots(" ".join(pieces), "printf")
    assert made is not None
    for name in re.findall(r"\{([a-z]+)\d*\}", made):
        assert name in MAKERS
    assert "{" not in Slots(random.Random(1)).fill(made)


def test_mnemonics_go_and_identifiers_stay() -> None:
    assert strip_mnemonic("_File") == "File"
    assert strip_mnemonic("Save _As…") == "Save As…"
    assert strip_mnemonic("E&xit") == "Exit"
    assert strip_mnemonic("Find && Replace", every=True) == "Find & Replace"
    assert strip_mnemonic("/_View/Layou_t") == "Layout"
    assert strip_mnemonic("unknown key user_name=") == "unknown key user_name="


def test_wrapped_paragraphs_are_joined_and_option_lists_are_not() -> None:
    text = "The file could not be opened because it was moved\nor deleted.\n\nTry again.\n  --all   everything\n"
    assert list(parts(text)) == ["The file could not be opened because it was moved or deleted.", "Try again."]


@pytest.mark.parametrize(
    ("text", "terse", "kind"),
    [
        ("Could not open the file “{file}”.", False, "error"),
        ("Save As…", False, "label"),
        ("Error Log", False, "label"),
        ("Whether to warn about invalid files", False, "info"),
        ("Are you sure you want to delete “{word}”?", False, "info"),
        ("unknown option `{word}'", True, "error"),
        ("A timeout occurred while starting the service.", False, "error"),
        ("Ignore invalid certificates", False, "label"),
        ("No contacts found", False, "label"),
    ],
)
def test_kinds_by_form_and_words(text: str, terse: bool, kind: str) -> None:
    assert kind_of(text, terse) == kind
    assert is_error(text, terse) == (kind == "error")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Could not resolve host: {host}", "dns"),
        ("SSL certificate problem: self-signed certificate", "tls_certificate"),
        ("Connection refused", "network"),
        ("cannot open '{path}': Permission denied", "permission"),
        ("{path}: No such file or directory", "not_found"),
        ("No space left on device", "disk_full"),
        ("database is locked", "concurrency_lock"),
        ("Cannot load module {pymod}", "import_dependency"),
        ("Something went wrong", ""),
    ],
)
def test_categories_by_words(text: str, category: str) -> None:
    assert by_words(text) == category


def test_categories_by_code() -> None:
    assert set(BY_CODE.values()) <= set(CATEGORIES)
    assert by_code("ECONNREFUSED") == "network"
    assert by_code("404") == "not_found"
    assert by_code("NET::ERR_SOMETHING") == ""
    assert by_code("ERR_CERT_DATE_INVALID") == "tls_certificate"
    assert by_code("json.decoder.JSONDecodeError") == "invalid_input"
    assert by_sqlstate("42P01") == "not_found"
    assert by_sqlstate("23505") == "database"


def test_what_the_reader_cannot_read_is_left_out() -> None:
    assert acceptable("Datei nicht gefunden – “{file}”")
    assert not acceptable("файл не найден")
    assert not acceptable("%s left over")
    assert not acceptable("x" * (LONGEST + 1))
    assert not acceptable("{word}: {num}")
    assert list(phrases("s", "Copyright (C) 2020 Someone", "App")) == []


def mo_file(path: Path, originals: list[bytes], order: str = "<") -> Path:
    """A gettext catalogue of originals without translations."""
    start = 28 + 16 * len(originals)
    table, body = b"", b""
    for text in originals:
        table += struct.pack(f"{order}2I", len(text), start + len(body))
        body += text + b"\0"
    head = struct.pack(f"{order}7I", 0x950412DE, 0, len(originals), 28, 28 + 8 * len(originals), 0, 0)
    path.write_bytes(head + table + table + body)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_gettext_catalogues_are_read(tmp_path: Path, order: str) -> None:
    path = mo_file(tmp_path / "a.mo", [b"", b"menu\x04Open", b"%d file\0%d files"], order)
    assert list(read_mo(path)) == ["Open", "%d file", "%d files"]


def test_damaged_catalogues_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mo"
    path.write_bytes(b"no catalogue at all, but long enough")
    with pytest.raises(ValueError, match="no gettext catalogue"):
        list(read_mo(path))
    path.write_bytes(mo_file(tmp_path / "b.mo", [b"one", b"two"]).read_bytes()[:30])
    with pytest.raises(ValueError, match="cut off"):
        list(read_mo(path))
    with pytest.raises(ValueError, match="no Qt catalogue"):
        list(read_qm(path))


def test_qt_catalogues_are_read(tmp_path: Path) -> None:
    def field(tag: int, text: bytes) -> bytes:
        return struct.pack(">BI", tag, len(text)) + text

    body = field(3, "Öffnen".encode("utf-16-be")) + field(6, b"&Open") + field(7, b"Window") + b"\x01"
    body += field(3, b"\0x") + field(6, b"Close") + b"\x01"
    path = tmp_path / "a.qm"
    path.write_bytes(bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd") + field(0x42, b"hash") + field(0x69, body))
    assert list(read_qm(path)) == ["&Open", "Close"]


def test_string_packs_are_read(tmp_path: Path) -> None:
    texts = [b"Reload", b"Can\xe2\x80\x99t open"]
    start = 12 + 6 * 3
    entries = struct.pack("<HIHIHI", 1, start, 2, start + 6, 0, start + 6 + len(texts[1]))
    path = tmp_path / "en-US.pak"
    path.write_bytes(struct.pack("<IB3xHH", 5, 1, 2, 0) + entries + b"".join(texts))
    assert list(read_pack(path)) == ["Reload", "Can’t open"]


def test_fluent_and_properties_are_read() -> None:
    text = (
        "# comment\ntitle = Page not found\n    .label = Try { $host } again\nlong =\n    first half\n    second half\n"
    )
    assert list(fluent(text)) == ["Page not found", "Try { $host } again", "first half second half"]
    assert list(properties("# no\nopen = Open it\nopen.accesskey = O\n")) == ["Open it"]


def test_raise_statements_are_read() -> None:
    source = (
        "raise ValueError(f'bad {self.path!r} in {name}')\nraise KeyError('no %s at %d' % (key, line))\n"
        "raise TypeError('expected {}'.format(x))\nraise error\nraise ValueError(message)\n"
    )
    assert sorted(raised(source)) == [
        ("KeyError", "no {key} at {line}"),
        ("TypeError", "expected {}"),
        ("ValueError", "bad {path} in {name}"),
    ]


def test_throw_statements_are_read() -> None:
    assert list(thrown("throw new TypeError(`no ${this.file} here`); throw new RangeError('it\\'s off')")) == [
        ("TypeError", "no {file} here"),
        ("RangeError", "it's off"),
    ]


def test_the_interpreter_says_something_of_broken_sources() -> None:
    found = set(broken_sources())
    assert len(found) > 60
    assert ("SyntaxError", "'return' outside function") in found


def test_owners_of_catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMGPT_CACHE", str(tmp_path))
    assert debs.owner("nautilus-data", "nautilus") == debs.Owner("Files", False)
    assert debs.owner("git", "git") == debs.Owner("Git", True)
    assert debs.owner("libreoffice-l10n-de", "sw") == debs.Owner("LibreOffice Writer", False)
    assert debs.owner("libkf5parts-data", "kparts5") == debs.Owner("", False)
    assert debs.owner("", "iso_3166-1") is None
    assert len(debs.packages()) > 300


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is part of Debian")
def test_only_catalogues_of_a_package_are_unpacked(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in (
        "usr/share/locale/de/LC_MESSAGES/a.mo",
        "usr/share/locale/xx/LC_MESSAGES/a.mo",
        "usr/bin/a",
        "DEBIAN/control",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n")
    subprocess.run(["dpkg-deb", "-b", str(root), str(tmp_path / "a_1_all.deb")], check=True, capture_output=True)
    debs.unpack(tmp_path / "a_1_all.deb", tmp_path / "out")
    kept = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert kept == [".done", "usr/share/locale/de/LC_MESSAGES/a.mo"]


@pytest.mark.parametrize("name", ["errno", "http", "signals", "compression"])
def test_small_sources_give_clean_phrases(name: str) -> None:
    source = next(source for source in all_sources() if source.name == name)
    found = list(source.gather())
    assert len(found) > 15
    for phrase in found:
        assert phrase.source == name and acceptable(phrase.text)
        assert phrase.category in ("", *CATEGORIES) and (phrase.kind == "error" or not phrase.category)
        assert not set(phrase.text) - set(CHARACTERS)
    if name == "errno":
        assert Phrase("errno", "error", "Connection refused", "", "ECONNREFUSED", "network") in found


def test_thinning_keeps_codes_and_is_deterministic() -> None:
    many = [Phrase("s", "label", f"Label number {number}", "App") for number in range(MOST["label"] + 50)]
    coded = [Phrase("s", "error", f"Error number {number}", "App", str(number)) for number in range(MOST["error"] + 50)]
    kept = thinned([*many, *coded])
    assert kept == thinned([*coded, *reversed(many), *many]) == sorted(kept)
    assert sum(phrase.kind == "label" for phrase in kept) == MOST["label"]
    assert set(coded) <= set(kept)


def test_a_source_that_fails_does_not_stop_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> list[Phrase]:
        raise OSError("nothing there")

    assert gather(Source("broken", broken), tmp_path) is None
    assert "nothing there" in caplog.text
    assert gather(Source("absent", list, lambda: "x not found: apt-get install y"), tmp_path) is None
    assert "apt-get install y" in caplog.text
    assert not list(tmp_path.iterdir())


def test_the_command_writes_files_counts_and_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "errno", "--only", "http", "--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counts.json", "errno.jsonl.gz", "http.jsonl.gz"]
    assert "errno" in capsys.readouterr().err
    first = (tmp_path / "errno.jsonl.gz").read_bytes()
    assert main(["--only", "errno", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "errno.jsonl.gz").read_bytes() == first
    assert main(["--only", "nothing"]) == 2
    harvest = load(tmp_path)
    assert harvest.counts()["errno"]["error"] == len(
        [p for p in harvest.phrases("error", app="") if p.source == "errno"]
    )


def test_an_absent_folder_is_an_empty_harvest(tmp_path: Path) -> None:
    harvest = Harvest(tmp_path / "nothing")
    assert (
        harvest.is_empty and harvest.phrases("error") == () and harvest.transcripts() == () and harvest.counts() == {}
    )


def test_splits_part_the_harvest_one_in_eight(tmp_path: Path) -> None:
    written = [Phrase("a", "error", f"cannot do number {number}", "App") for number in range(800)]
    shown = Transcript("b", "scene", "Git", "git x", ("fatal: no",), 128, True, 0, "fatal: no")
    write_records(tmp_path / "a.jsonl.gz", written)
    write_records(tmp_path / "b.jsonl.gz", [shown])
    harvest = Harvest(tmp_path)
    train, kept = harvest.split("train"), harvest.split("held_out")
    assert harvest.phrases("error", app="App") == tuple(written) and harvest.transcripts() == (shown,)
    assert set(train.phrases("error")) | set(kept.phrases("error")) == set(written)
    assert not set(train.phrases("error")) & set(kept.phrases("error"))
    assert 0.08 < len(kept.phrases("error")) / len(written) < 0.17
    assert all(is_held_out(phrase) for phrase in kept.phrases("error"))
    assert len(train.transcripts()) + len(kept.transcripts()) == 1
    assert Harvest(tmp_path, "held_out").phrases("error") == kept.phrases("error")
    with pytest.raises(ValueError, match="unknown split"):
        harvest.split("test")  # type: ignore[arg-type]


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"x": 1}\n'))
    with pytest.raises(ValueError, match="neither phrases nor transcripts"):
        Harvest(tmp_path).phrases("error")
