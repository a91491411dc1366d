"""Sources: every form is read, the order is a function of the seed, and what is broken is named and never bent into shape."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from mmgpt.corrections import Store, rows
from tests.mmgpt.corrections.screens import diagnosis_of
from tests.train.source_data import chat, jsonl, llava, png, tar
from train.data.sources import Broken, Picture, Record, Skips, TooManyBroken, open_source, parse_named
from train.data.sources.base import Listed, order
from train.data.sources.files import LlavaFile
from train.data.sources.opening import guess
from train.data.sources.parse import conversation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "b.jpg").write_bytes(png("disk full", "JPEG"))
    return tmp_path


def said(record: Record) -> list[tuple[str, str]]:
    """Roles and texts, pictures as their names in brackets."""
    return [(m.role, "".join(p if isinstance(p, str) else f"[{p.name}]" for p in m.parts)) for m in record.messages]


def nothing(named: Any) -> Picture:
    return Picture(str(named))


# -- forms ------------------------------------------------------------------------------------------------------------------------


def test_llava_json_with_several_pictures_and_turns(folder: Path) -> None:
    record = llava(["a.png", "b.jpg"], "<image>\nand <image>: which is older?", "The first.")
    record["conversations"] += [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": " It says so.\n"}]
    (folder / "d.json").write_text(json.dumps([{"from": 1}, record]))
    source = open_source(f"llava:{folder}/d.json")
    assert isinstance(source, LlavaFile) and source.length == 2
    found = source.read(1)
    assert found.key == "d.json[1] id 1"
    assert said(found) == [
        ("user", "[a.png]and [b.jpg]: which is older?"), ("assistant", "The first."), ("user", "Why?"), ("assistant", " It says so.\n")
    ]  # fmt: skip
    assert [p.load().format for p in found.pictures] == ["PNG", "JPEG"]


def test_chat_messages_with_system_and_every_way_to_name_a_picture(folder: Path) -> None:
    url = "data:image/png;base64," + base64.b64encode(png()).decode()
    content = [
        {"type": "image_url", "image_url": {"url": url}}, {"type": "image_url", "image_url": {"url": f"file://{folder}/a.png"}},
        {"type": "image", "path": "b.jpg"}, {"type": "image"}, {"type": "text", "text": "Compare."},
    ]  # fmt: skip
    row = {
        **chat(("system", "Be brief."), ("user", content), ("assistant", [{"type": "text", "text": "Alike."}])),
        "images": ["a.png"],
    }
    path = jsonl(folder / "talks.jsonl", [chat(("user", "Hi"), ("assistant", "Hello")), row])
    source = open_source(str(path))
    assert isinstance(source, Listed) and source.length == 2
    assert said(source.read(0)) == [("user", "Hi"), ("assistant", "Hello")] and source.read(0).key == "talks.jsonl:1"
    found = source.read(1)
    assert [m.role for m in found.messages] == ["system", "user", "assistant"]
    assert [p.load().width for p in found.pictures] == [220] * 4


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            {"image": "x", "texts": [{"user": "Q1", "assistant": "A1"}, {"user": "Q2", "assistant": "A2"}]},
            "[x]Q1|A1|Q2|A2",
        ),
        ({"images": ["x", "y"], "question": "Which?", "answers": ["One", "Two"]}, "[x][y]Which?|One"),
        ({"image": "x", "caption": "A dog."}, "[x]Describe the picture.|A dog."),
        ([{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}], "Q|A"),
    ],
)
def test_other_forms(raw: Any, expected: str) -> None:
    assert "|".join(text for _, text in said(Record("k", conversation(raw, nothing)))) == expected


def test_webdataset_shards_with_json_text_and_our_own_descriptions(folder: Path) -> None:
    tar(folder / "s-0.tar", {
        "x/1.png": png(), "x/1.json": json.dumps(llava()).encode(), "x/2.jpg": png("b", "JPEG"), "x/2.txt": b"Two words.\n",
        "x/3.webp": png("c", "WEBP"), "x/3.json": json.dumps(chat(("user", [{"type": "image"}, "Q"]), ("assistant", "A"))).encode(),
        "x/4.json": json.dumps(chat(("user", "Q"), ("assistant", "text alone"))).encode(), "notes.md": b"no sample",
    })  # fmt: skip
    capture = {"width": 10, "height": 10, "fields": {"is_error": False}, "lines": []}
    tar(folder / "s-1.tar", {"5.png": png(), "5.json": json.dumps(capture).encode()})
    for name in (
        f"webdataset:{folder}",
        f"webdataset:{folder}/s-{{0..1}}.tar",
        f"webdataset:{folder}/s-*.tar",
        str(folder),
    ):
        source = open_source(name)
        assert isinstance(source, Listed) and source.length == 5
    assert isinstance(source, Listed)
    found = [source.read(i) for i in range(5)]
    assert said(found[0]) == [("user", "[s-0.tar/x/1.png]What is it?"), ("assistant", "An error.")]
    assert said(found[1])[1] == ("assistant", "Two words.") and said(found[2])[0][1].endswith("]Q")
    assert not found[3].pictures and said(found[3])[1][1] == "text alone"
    assert found[4].screen is not None and found[4].pictures[0].load().width == 220
    assert [p.load().format for f in found[:3] for p in f.pictures] == ["PNG", "JPEG", "WEBP"]


def test_a_shard_that_breaks_off_keeps_what_is_whole(folder: Path) -> None:
    whole = tar(
        folder / "s.tar", {f"{i}.{kind}": data for i in range(3) for kind, data in (("png", png()), ("txt", b"words"))}
    )
    data = whole.read_bytes()
    (folder / "cut.tar").write_bytes(data[: data.rindex(b"\x89PNG") + 100])
    source = open_source(f"webdataset:{folder}/cut.tar")
    assert isinstance(source, Listed)
    assert [said(source.read(i))[1][1] for i in range(2)] == ["words", "words"]
    with pytest.raises(Broken) as error:
        source.read(2)
    assert error.value.key == "cut.tar/2" and error.value.reason in ("truncated", "missing text")
    (folder / "z.tar.gz").write_bytes(gzip.compress(data))
    with pytest.raises(ValueError, match=r"z\.tar\.gz is compressed"):
        open_source(f"webdataset:{folder}/z.tar.gz")


def test_hugging_face_folders_of_parquet_as_list_and_as_stream(folder: Path) -> None:
    datasets = pytest.importorskip("datasets")
    made = [{"image": {"bytes": png(str(i)), "path": None}, "question": f"Q{i}", "answer": f"A{i}"} for i in range(7)]
    table = datasets.Dataset.from_list(made).cast_column("image", datasets.Image())
    (folder / "hub").mkdir()
    table.to_parquet(str(folder / "hub" / "0.parquet"))
    table.save_to_disk(str(folder / "disk"))
    for name in (f"hf:{folder}/hub", f"{folder}/hub/0.parquet", f"hf:{folder}/disk"):
        source = open_source(name)
        assert isinstance(source, Listed) and source.length == 7
        found = source.read(3)
        assert said(found)[1] == ("assistant", "A3") and found.pictures[0].load().width == 220
    stream = open_source(f"hf:{folder}/hub?streaming=1&buffer=3")
    assert stream.length is None and stream.sequential

    def names(source: Any, first: int, last: int) -> list[str]:
        return [said(source.at(i, 5))[1][1] for i in range(first, last)]

    every = names(stream, 0, 20)
    assert [sorted(every[i : i + 7]) for i in (0, 7)] == [[f"A{i}" for i in range(7)]] * 2 and every[:7] != every[7:14]
    anew = open_source(f"hf:{folder}/hub?streaming=1&buffer=3")
    assert names(anew, 16, 20) == every[16:], "from the beginning"
    resumed = open_source(f"hf:{folder}/hub?streaming=1&buffer=3")
    resumed.restore(stream.state())
    assert names(resumed, 17, 20) == every[17:] and names(resumed, 3, 5) == every[3:5], "and back"
    resumed.restore({"starts": "nonsense"})


def test_corrections_are_questions_with_a_right_and_a_wrong_answer(folder: Path) -> None:
    diagnosis = diagnosis_of(["connection refused"], "connection refused", app="curl", category="other")
    image = diagnosis.image.model_copy(update={"sha256": hashlib.sha256(png()).hexdigest()})
    diagnosis = diagnosis.model_copy(update={"image": image})
    store = Store(folder / "c.sqlite")
    store.add(diagnosis, {"category": "network", "app": None})
    path = jsonl(folder / "pairs.jsonl", list(rows(store.all())))
    assert guess(str(path)) == "corrections"
    source = open_source(f"{path}?images={folder}")
    assert isinstance(source, Listed)
    by_answer = {said(source.read(i))[1][1]: source.read(i) for i in range(source.count)}
    assert by_answer["network"].rejected == "other" and said(by_answer["network"])[0][1].endswith("Field: category")
    assert by_answer["network"].pictures[0].load().width == 220, "found by its digest"
    blind = open_source(f"corrections:{path}")
    assert isinstance(blind, Listed)
    (picture,) = blind.read(0).pictures
    assert [line.text for line in picture.lines] == ["connection refused"] and picture.bytes() is None


# -- order ------------------------------------------------------------------------------------------------------------------------


class Numbers(Listed):
    def read(self, place: int) -> Record:
        if place % 10 == 3:
            raise Broken("test", "three")
        return Record(str(place))


def test_every_epoch_has_all_of_it_in_an_order_of_its_own() -> None:
    epochs = [[Numbers("n", 40).place(40 * e + i, 7) for i in range(40)] for e in range(3)]
    assert all(sorted(e) == list(range(40)) for e in epochs) and epochs[0] != epochs[1]
    assert [Numbers("n", 40).place(i, 8) for i in range(40)] != epochs[0]
    assert order(5, 1, 2).tolist() == [1, 4, 3, 0, 2], "the same on every machine, and in every version"
    source = Numbers("n", 40)
    kept = source.hold_out(4)
    assert source.length == 36 and len(set(kept)) == 4
    assert sorted(source.place(36 + i, 7) for i in range(36)) == sorted(set(range(40)) - set(kept))
    assert kept == Numbers("n", 40).hold_out(4), "the same ones in every run"
    with pytest.raises(ValueError, match="40 cannot be held out"):
        Numbers("n", 40).hold_out(40)


# -- what is broken -----------------------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    """A PNG whose header declares 60,000 × 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 64


LLAVA_BROKEN: list[tuple[Any, str, str]] = [
    (llava("none.png"), "missing picture", "none.png does not exist"),
    (llava("../../etc/passwd"), "missing picture", "leads out of the folder"),
    (llava("https://x.example/a.png"), "missing picture", "is not fetched"),
    (llava("cut.png"), "picture truncated", "breaks off"),
    (llava("bomb.png"), "picture too_many_pixels", "60000"),
    (llava("text.png"), "picture not_an_image", "not a picture"),
    (llava("a.png", "What?"), "image count", "0 times <image> in the conversation, but 1 pictures"),
    (llava("a.png", "<image><image>"), "image count", "2 times <image>"),
    (llava(None), "image count", "but 0 pictures"),
    (llava(answer="  \n"), "empty answer", "an answer is empty"),
    (llava(answer=None), "wrong type", "the value of turn 2 is missing"),  # type: ignore[arg-type]
    (llava(["a.png", 7]), "wrong type", "a picture is int"),
    (llava(answer="\ud800"), "not UTF-8", "not UTF-8"),
    ({"id": 1, "image": "a.png", "conversations": "hello"}, "wrong type", "a text, not a list"),
    ({"image": "a.png", "conversations": []}, "roles", "is empty"),
    ({"image": "a.png", "conversations": [{"from": "gpt", "value": "<image>"}]}, "image count", "0 times"),
    ({"conversations": [{"from": "gpt", "value": "x"}]}, "roles", "message 1 is the assistant's; the user was to speak"),
    ({"conversations": [{"from": "human", "value": "x"}]}, "roles", "there is no answer"),
    ({"conversations": [{"from": "robot", "value": "x"}]}, "roles", "'robot'"),
    ({"conversations": [{"from": "human", "value": "x"}] * 2}, "roles", "message 2 is the user's; the assistant was to speak"),
    ("hello", "wrong type", "a text, not an object"),
    ({"picture": "a.png"}, "wrong type", "has none of"),
    (llava(question="<image>" + "x" * 300_000), "too long", "300007 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "reason", "words"), LLAVA_BROKEN)
def test_a_broken_record_says_what_is_wrong(row: Any, reason: str, words: str, folder: Path) -> None:
    (folder / "cut.png").write_bytes(png()[:-300])
    (folder / "bomb.png").write_bytes(bomb())
    (folder / "text.png").write_bytes(b"hello there")
    (folder / "d.json").write_text(json.dumps([row]))
    source = open_source(f"llava:{folder}/d.json")
    assert isinstance(source, Listed)
    with pytest.raises(Broken) as error:
        for picture in source.read(0).pictures:
            picture.load()
    assert error.value.reason == reason and words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64,@@@"}}], "picture"),
        ([{"type": "image_url", "image_url": {"url": "data:text/html,hello"}}], "picture"),
        ([{"type": "image"}], "image count"),
        ([{"type": "video", "video": "x"}], "wrong type"),
        ([{"type": "image_url", "image_url": {"url": "file://elsewhere/a.png"}}], "missing picture"),
        (None, "wrong type"),
        ({"type": "text"}, "wrong type"),
        ("", "empty question"),
    ],
)
def test_a_broken_chat_says_what_is_wrong(content: Any, reason: str, folder: Path) -> None:
    path = jsonl(folder / "t.jsonl", [chat(("user", content), ("assistant", "A"))])
    with pytest.raises(Broken) as error:
        open_source(f"chat:{path}").at(0, 0)
    assert error.value.reason == reason and error.value.key == "t.jsonl:1"


def test_bytes_that_are_no_utf8_spoil_one_record_alone(folder: Path) -> None:
    (folder / "t.jsonl").write_bytes(
        b'{"messages": [{"role": "user", "content": "Gr\xfc\xdfe"}]}\n\n'
        + json.dumps(chat(("user", "Q"), ("assistant", "A"))).encode()
        + b"\n{"
    )
    source = open_source(f"chat:{folder}/t.jsonl")
    assert isinstance(source, Listed) and source.length == 3
    found = []
    for i in range(3):
        try:
            found.append(source.read(i).key)
        except Broken as error:
            found.append(f"{error.key} {error.reason}")
    assert found == ["t.jsonl:1 not UTF-8", "t.jsonl:3", "t.jsonl:4 not JSON"]
    text = json.dumps([llava(answer="Gr\u00fc\u00dfe"), llava()], ensure_ascii=False).encode("latin-1")
    (folder / "l.json").write_bytes(text)
    latin = open_source(f"{folder}/l.json")
    assert isinstance(latin, Listed) and said(latin.read(1))[1][1] == "An error."
    with pytest.raises(Broken, match="not UTF-8"):
        latin.read(0)


def test_skips_count_each_record_once_name_some_and_write_all(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    skips = Skips(tmp_path / "out" / "skipped.jsonl", most=0.5)
    for i in range(30):
        for _ in range(2):
            skips.bad("llava:x", f"r{i}\x1b[31m", Broken("roles", f"bad\u202e {i}"))
            skips.good("llava:x", f"g{i}")
    assert sum("passed over" in r.getMessage() for r in caplog.records) == 20
    assert not any("\x1b" in r.getMessage() or "\u202e" in r.getMessage() for r in caplog.records)
    lines = (tmp_path / "out" / "skipped.jsonl").read_bytes().splitlines()
    assert len(lines) == 30 and json.loads(lines[29]) == {"source": "llava:x", "record": "r29\x1b[31m", "reason": "roles", "detail":
                                                          json.loads(lines[29])["detail"]}  # fmt: skip
    assert b"\x1b" not in b"".join(lines)
    again = Skips(tmp_path / "out" / "skipped.jsonl", most=0.5)
    again.bad("llava:x", "r3\x1b[31m", Broken("roles", "bad"))
    assert len((tmp_path / "out" / "skipped.jsonl").read_text().splitlines()) == 30, (
        "a run that goes on writes nothing twice"
    )


def test_too_many_broken_records_stop_the_run_with_both_numbers() -> None:
    skips = Skips(most=0.01)
    for i in range(98):
        skips.good("s", str(i))
    skips.bad("s", "x", Broken("roles", "r"))
    with pytest.raises(
        TooManyBroken, match=r"2 of 100 records cannot be used \(2\.0%; roles 2\), and --max-broken allows 1\.0%"
    ):
        skips.bad("s", "y", Broken("roles", "r"))
    few = Skips(most=0.3)
    few.bad("s", "x", Broken("roles", "r"))
    few.good("s", "y")
    with pytest.raises(TooManyBroken, match="1 of 2 records"):
        few.judge()
    with pytest.raises(ValueError, match="is no share"):
        Skips(most=1.5)


# -- names ------------------------------------------------------------------------------------------------------------------------


def test_names_have_kinds_options_and_weights(folder: Path) -> None:
    named = parse_named("llava:/a,b=c/d.json?images=/x=0.25")
    assert (named.kind, named.where, named.options, named.weight) == ("llava", "/a,b=c/d.json", {"images": "/x"}, 0.25)
    assert parse_named("simulate=0.5").kind == "simulate" and parse_named("render?split=held_out").options == {
        "split": "held_out"
    }
    assert parse_named("hf:owner/name?streaming=1=2").weight == 2.0
    assert parse_named("perceived:runs/p").where == "runs/p"
    for bad, words in (
        ("llava:x.json?pictures=y", "no option pictures; known: images"), ("llava:", "needs a path"),
        ("chat:x.jsonl=0", "leave the source out"),
        (str(folder / "a.png"), "say what it is: llava:"), (str(folder), "holds no .tar"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            parse_named(bad)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json is missing"):
        parse_named(str(folder / "nowhere.json"))
    for gone in ("llava:/no/x.json", "chat:/no/x.jsonl", "webdataset:/no/x.tar", "llava:/no/x.json?images=/no"):
        with pytest.raises(FileNotFoundError):
            open_source(gone)
    (folder / "o.json").write_text("{}")
    with pytest.raises(ValueError, match="not a list of records"):
        open_source(f"llava:{folder}/o.json")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(RuntimeError, match="pip install datasets"):
        open_source("hf:owner/name")
