"""A further language from end to end: its files, fonts, lines, screens, conversations, a recogniser, the knowledge base."""

from __future__ import annotations

import json
import random
import re
import shutil
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmgpt.knowledge.base import KnowledgeBase
from mmgpt.knowledge.entry import EntryError
from mmgpt.knowledge.translate import languages, load_translated, read_translations
from mmgpt.prompts import REFUSALS
from train.data.conversation.manner import SHARE, with_manner
from train.data.conversation.sample import sample_conversation as english
from train.data.conversation.screen import Span
from train.data.languages import Language, LanguageError, get, names
from train.data.languages.__main__ import gb2312, problems
from train.data.languages.conversation import sample_conversation
from train.data.languages.questions import parse_questions
from train.data.languages.screens import sample_content, sample_scene
from train.data.languages.text import LanguageText
from train.data.languages.translated import read_translations as read_mo
from train.data.languages.translated import translated
from train.data.world.content import check, texts
from vision.reader import charset
from vision.reader.charset import BASE, Charset
from vision.reader.weights import WeightsError

HAN = re.compile(r"[\u4e00-\u9fff]")


def fonts_of(code: str) -> bool:
    """Whether a face of the language is installed for either split."""
    if shutil.which("fc-list") is None:
        return False
    from train.data.languages.faces import faces

    try:
        return bool(faces(get(code), "train") and faces(get(code), "held_out"))
    except RuntimeError:
        return False


needs_fonts = pytest.mark.skipif(
    not fonts_of("zh"), reason="no Chinese face is installed: apt-get install fonts-noto-cjk"
)


@pytest.fixture(scope="module")
def zh() -> Language:
    return get("zh")


# ---- files


def test_chinese_is_complete(zh: Language) -> None:
    assert "zh" in names()
    assert len(set(zh.messages)) >= 90 and len(zh.questions) >= 18
    for asked in zh.questions:
        assert len(asked.wordings.train) >= 5 and len(asked.wordings.held_out) >= 2, asked.family
        assert not set(asked.wordings.train) & set(asked.wordings.held_out), asked.family
    for family in zh.terminal:
        for screen in family.screens:
            assert any(HAN.search(row) for row in screen.split("\n") if row.startswith("» ")), family


@needs_fonts
def test_the_check_finds_no_problem_and_finds_a_made_one(zh: Language) -> None:
    assert problems(zh) == []
    lacking = Charset("zh", "".join(char for char in zh.charset.more if char != "错") + "\ue123")
    found = problems(replace(zh, charset=lacking))
    assert any("lacks what its own files use: 错" in problem for problem in found)
    assert any("lacks 1 characters: \ue123" in problem for problem in found)


def test_characters_are_gb2312_level_1_and_marks(zh: Language) -> None:
    rows = gb2312()
    assert len(rows) == 40 and sum(map(len, rows)) == 3755
    assert set("".join(rows)) <= zh.own and zh.charset.more.endswith("".join(rows))
    assert zh.charset.characters.startswith(charset.CHARACTERS)
    assert zh.charset.classes == charset.NUM_CLASSES + len(zh.charset.more)
    assert zh.charset.encode("A错") == [*charset.encode("A"), zh.charset.index["错"]]
    assert zh.charset.known("错误\u00a0€\u0416") == "错误 €"


def test_a_base_character_or_a_repeated_one_is_refused() -> None:
    assert BASE.classes == charset.NUM_CLASSES and BASE.characters == charset.CHARACTERS
    for more in ("错A", "错错"):
        with pytest.raises(ValueError, match="is there twice, or in every set"):
            Charset("xx", more)


def test_faults_in_a_languages_files_are_named(tmp_path: Path, zh: Language) -> None:
    with pytest.raises(LanguageError, match="languages are zh"):
        get("qq")
    copy = tmp_path / "zh"
    shutil.copytree(Path(sys.modules["train.data.languages"].__file__ or "").parent / "zh", copy)
    definition = (copy / "language.toml").read_text("utf-8")
    (copy / "language.toml").write_text(definition.replace('tls_certificate = "证书问题"\n', ""), "utf-8")
    with pytest.raises(LanguageError, match="tls_certificate is missing"):
        get("zh", copy)
    get.cache_clear()
    (copy / "language.toml").write_text(definition, "utf-8")
    with (copy / "dialogs.txt").open("a", encoding="utf-8") as handle:
        handle.write("gedit | gtk | other\n")
    with pytest.raises(LanguageError, match="has 3 cells instead of 7"):
        get("zh", copy)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("== nonsense\n= a\nb?\n~ c?", "unknown family 'nonsense'"),
        ("== heading\nb?\n~ c?", 'needs a row "= answer"'),
        ("== heading\n= {what}\nb?\n~ c?", "unknown place {what}"),
        ("== heading\n= {quoted}\nb?", "0 held out"),
        ("== heading\n= {quoted}\nb?\n~ c?\n== heading\n= {quoted}\nb?\n~ c?", "there twice"),
    ],
)
def test_faults_in_questions_are_named(text: str, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        parse_questions(text)


def test_translations_are_read_from_catalogues(tmp_path: Path) -> None:
    pairs = [
        ("", "Language: zh\n"),
        ("cannot open %s", "无法打开 %s"),
        ("menu\x04_Open", "打开(_O)"),
        ("one\0many", "一个"),
    ]
    table, strings = [], b""
    start = 28 + 16 * len(pairs)
    for column in (0, 1):
        for pair in pairs:
            data = pair[column].encode()
            table.append(struct.pack("<2I", len(data), start + len(strings)))
            strings += data + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    folder = tmp_path / "zh_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "tool.mo").write_bytes(head + b"".join(table) + strings)
    found = translated("tool", "zh_CN", tmp_path)
    assert found == {"cannot open %s": "无法打开 %s", "_Open": "打开(_O)", "one": "一个"}
    assert translated("other", "zh_CN", tmp_path) == {}
    (folder / "tool.mo").write_bytes(head[:12])
    with pytest.raises(ValueError, match="is no gettext catalogue"):
        list(read_mo(folder / "tool.mo"))


# ---- screens and conversations


def test_screens_have_the_languages_text_and_true_fields(zh: Language) -> None:
    kinds = set()
    for seed in range(80):
        content = sample_content(random.Random(seed), zh, ("train", "held_out")[seed % 2])
        check(content)
        kinds.add((content.fields.kind, content.fields.is_error))
        if content.fields.message is not None:
            assert HAN.search(content.fields.message)
        assert any(zh.speaks(piece.text) for piece in texts(content))
    assert len(kinds) == 5
    with pytest.raises(ValueError, match="unknown split"):
        sample_content(random.Random(0), zh, "dev")


@needs_fonts
@pytest.mark.render
def test_boxes_hug_the_ink_of_chinese_letters(zh: Language) -> None:
    from train.data.render.screen import draw_alone, render

    seen = 0
    for seed in range(6):
        _, scene = sample_scene(random.Random(seed), zh, "train", (900, 560))
        rendered = render(scene)
        chosen = [line for line in rendered.lines if len(HAN.findall(line.text)) >= 2][:4]
        for line in chosen:
            ink = (draw_alone(scene, line.run).max(axis=2) >= 40).nonzero()
            x0, y0, x1, y1 = line.box
            inside = (ink[1] >= x0 - 1) & (ink[1] < x1 + 1)
            rows = ink[0][inside]
            assert rows.min() >= y0 - 1 and rows.max() < y1 + 1, line.text
            assert len(line.glyph_boxes) == len(line.glyph_text) == len(line.text.replace(" ", ""))
            for (a0, _, a1, _), char in zip(line.glyph_boxes, line.glyph_text, strict=True):
                assert not HAN.match(char) or 0.45 * line.size < a1 - a0 <= 1.1 * line.size, char
            # Neighbours do not run into each other: two cells of a terminal for one of these letters.
            assert float((line.glyph_boxes[:-1, 2] - line.glyph_boxes[1:, 0]).max(initial=0)) <= 2.0, line.text
            seen += 1
    assert seen >= 10


@needs_fonts
@pytest.mark.render
def test_terminals_wrap_wide_letters_by_cells() -> None:
    from train.data.render.layouts.terminal import _wrapped, is_wide

    assert not is_wide("plain ── │ text") and is_wide("错")
    assert _wrapped("abcdef", 4) == [(0, 4), (4, 8)] and _wrapped("", 4) == [(0, 4)]
    assert _wrapped("a错误b", 4) == [(0, 2), (2, 4)]
    assert _wrapped("错误错误", 4) == [(0, 2), (2, 4)]


def test_questions_are_asked_and_answered_in_chinese(zh: Language) -> None:
    families, refused, held_out = set(), 0, 0
    for seed in range(110):
        split = ("train", "held_out")[seed % 2]
        _, screen, turns = sample_conversation(seed, zh, split, 6)
        assert (screen, turns) == sample_conversation(seed, zh, split, 6)[1:]
        for turn in turns:
            if turn.check == "field":
                continue
            families.add(turn.family)
            answer = screen.say(turn.answer)
            assert HAN.search(turn.question) and "{" not in turn.question, turn
            prose = "".join(part for part in turn.answer if isinstance(part, str))
            assert HAN.search(prose) and not re.search(r"\b(the|is|are|no|yes|dialog)\b", prose, re.IGNORECASE), turn
            assert not set(answer) & {"{", "}"} or "{" in screen.truths
            assert not any(answer == sentence for sentence in REFUSALS)
            for span in (part for part in turn.answer if isinstance(part, Span)):
                assert 0 <= span.start < span.end <= len(screen.lines[span.line].read)
            if turn.check == "span" and turn.visible:
                assert turn.as_read.replace(" ", "") == turn.key.replace(" ", ""), turn
            refused += not turn.visible
            held_out += turn.held_out_wording
            assert split == "held_out" or not turn.held_out_wording
    assert families == {asked.family for asked in zh.questions}
    assert refused > 10 and held_out > 40


def test_a_message_is_answered_word_for_word(zh: Language) -> None:
    seen = 0
    for seed in range(120):
        _, screen, turns = sample_conversation(seed, zh, "train", 10)
        for turn in turns:
            if turn.family == "what_does_it_say" and turn.visible:
                seen += 1
                assert screen.say(turn.answer) == f"错误信息是“{screen.say(screen.message_spans)}”。"
                assert turn.key == screen.fields.message
    assert seen > 15


# ---- the recogniser


def test_lines_mix_chinese_and_latin_and_every_character_comes(zh: Language) -> None:
    text, rng = LanguageText(zh), random.Random(5)
    made = [text.sample(rng) for _ in range(1000)]
    assert made[:20] == [text.sample(r) for r in [random.Random(5)] for _ in range(20)]
    both = sum(bool(HAN.search(line)) and bool(re.search("[A-Za-z]{2}", line)) for line in made)
    assert 0.2 < sum(not zh.speaks(line) for line in made) / len(made) < 0.5 and both > 100
    assert all(line == line.strip() and 1 <= len(line) <= 120 and set(line) <= set(zh.charset.index) for line in made)
    assert len(set("".join(made)) & zh.own) > 1500


@needs_fonts
@pytest.mark.render
def test_a_recogniser_learns_is_exported_and_loaded(zh: Language, tmp_path: Path) -> None:
    import torch

    from train.release import assemble
    from train.tasks.lines import LinesTask, grown
    from train.trainer import RunConfig, Trainer
    from vision.reader.nano import CHARACTERS_FILE, NanoReader
    from vision.reader.recogniser import Recogniser, RecogniserConfig
    from vision.reader.textmap import TextMap

    torch.manual_seed(0)
    tiny = RecogniserConfig(stages=(8, 12, 16), width=32, mixers=1)
    task: Any = LinesTask(batch=4, config=tiny, atlases=10, frames_first=100, evaluation=1, language=zh)
    assert task.model.config.classes == zh.charset.classes
    batch = task.batch(0)
    assert [int(c) for c in batch.targets] == [c for text in batch.texts for c in zh.charset.encode(text)]
    assert int(batch.targets.max()) >= charset.NUM_CLASSES

    def loss() -> float:
        with torch.no_grad():
            return float(task.loss(batch, 0, 14)[0])

    before = loss()
    run = tmp_path / "run"
    Trainer(task, RunConfig(out=run, steps=16, warmup=2, decay=2, lr=1e-2, save_every=100, eval_every=100)).run()
    assert loss() < 0.8 * before
    assert (run / CHARACTERS_FILE).read_text("utf-8").strip() == zh.charset.more

    base = Recogniser(tiny).state_dict()
    larger = grown(base, task.model)
    assert torch.equal(larger["head.weight"][: charset.NUM_CLASSES], base["head.weight"])
    task.model.load_state_dict(larger)
    with pytest.raises(ValueError, match=f"have {zh.charset.classes} classes"):
        grown(task.model.state_dict(), Recogniser(tiny))

    # The release takes recognisers of the default widths: one of them, untrained, stands for a long run.
    task.model = Recogniser(RecogniserConfig(classes=zh.charset.classes))
    task.export(task.model, run / "model.safetensors", {"task": "lines"})
    textmap, out = tmp_path / "textmap", tmp_path / "weights"
    textmap.mkdir()
    out.mkdir()
    from train.checkpoint import save_atomic

    save_atomic({f"textmap.{k}": v for k, v in TextMap().state_dict().items()}, textmap / "model.safetensors", {})
    assemble(textmap, run, out)
    settings = json.loads((out / "config.json").read_text("utf-8"))["reader"]
    assert settings["language"] == {"code": "zh", "sha256": zh.charset.digest}
    assert settings["recogniser"]["classes"] == zh.charset.classes
    reader = NanoReader.load(out)
    assert reader.charset == zh.charset
    reader.read(np.full((40, 80, 3), 255, np.uint8))

    swapped = zh.charset.more[1] + zh.charset.more[0] + zh.charset.more[2:]
    (out / CHARACTERS_FILE).write_text(swapped, "utf-8")
    with pytest.raises(WeightsError, match=r"characters\.txt does not hold the characters"):
        NanoReader.load(out)
    (out / CHARACTERS_FILE).unlink()
    with pytest.raises(WeightsError, match=r"characters\.txt is missing"):
        NanoReader.load(out)
    config = json.loads((out / "config.json").read_text("utf-8"))
    del config["reader"]["language"]
    (out / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(WeightsError, match=f"{zh.charset.classes} classes, but no further language has"):
        NanoReader.load(out)


def test_readers_without_a_language_are_what_they_were() -> None:
    import torch

    from vision.reader.recogniser import RecogniserConfig, decode
    from vision.reader.weights import packaged, read_config

    settings = read_config(packaged())["reader"]
    assert "language" not in settings
    assert settings["recogniser"]["classes"] == charset.NUM_CLASSES == RecogniserConfig().classes
    path = charset.encode("ok")
    logits = torch.full((1, 2, charset.NUM_CLASSES), -9.0)
    logits[0, torch.arange(2), torch.tensor(path)] = 9.0
    frames = torch.tensor([2])
    assert decode(logits, frames)[0].text == decode(logits, frames, BASE.characters)[0].text == "ok"


def test_the_command_line_takes_a_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.cli import main
    from train.data.world import harvested

    monkeypatch.setattr(harvested, "activate", lambda folder: None)  # it is for the whole process

    with pytest.raises(SystemExit) as stopped:
        main(["lines", "--language", "qq", "--out", str(tmp_path)])
    assert stopped.value.code == 2 and "languages are zh" in capsys.readouterr().err


# ---- knowledge


def test_chinese_queries_find_translated_entries() -> None:
    assert "zh" in languages()
    base = load_translated("zh")
    for query, wanted in (
        ("shop.example.net 拒绝了我们的连接请求。", "chromium/err-connection-refused"),
        ("bash: htop: 未找到命令", "bash/command-not-found"),
        ("cp: 写入 '/mnt/a/b.iso' 时出错: 设备上没有空间", "linux/enospc"),
        ("软件包的锁被别的进程占用", "apt/lock"),
        ("证书不受信任", "chromium/err-cert-authority-invalid"),
    ):
        hit = base.search(query)[0]
        assert hit.entry.id == wanted, query
        assert HAN.search(hit.entry.title) and HAN.search(hit.entry.cause) and all(map(HAN.search, hit.entry.fixes))
    assert base.search("ERR_CONNECTION_REFUSED")[0].entry.id == "chromium/err-connection-refused"


def test_translations_keep_ids_and_facts() -> None:
    plain, translated_ = KnowledgeBase.load(), load_translated("zh")
    overlay = read_translations(
        Path(sys.modules["mmgpt.knowledge.translate"].__file__ or "").parent / "languages" / "zh"
    )
    assert len(overlay) >= 12 and [entry.id for entry in plain] == [entry.id for entry in translated_]
    for before, after in zip(plain, translated_, strict=True):
        same = ("category", "kinds", "codes", "product", "source", "url", "screen")
        assert all(getattr(before, name) == getattr(after, name) for name in same)
        assert (before.title == after.title and before.fixes == after.fixes) == (before.id not in overlay)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('[[entry]]\nid = "no/such"\ntitle = "a"\ncause = "b"\nfixes = ["c"]', "no/such is no entry"),
        ('[[entry]]\nid = "http/404"\ntitle = "a"\ncause = "b"\nfixes = []', "fixes must be a list"),
        ('[[entry]]\nid = "http/404"\ntitle = "a"\ncause = "b"\nfixes = ["c"]\nkinds = ["x"]', "unknown kinds"),
        (
            '[[entry]]\nid = "http/404"\ntitle = "a"\ncause = "b"\nfixes = ["c"]\npatterns = ["未 找 到"]',
            "no example holds the pattern",
        ),
    ],
)
def test_faults_in_translations_are_named(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / "xx").mkdir()
    (tmp_path / "xx" / "a.toml").write_text(text, "utf-8")
    with pytest.raises(EntryError, match=match):
        load_translated("xx", folder=tmp_path)
    with pytest.raises(EntryError, match="no translation; there are: xx"):
        load_translated("yy", folder=tmp_path)


# ---- wordings and manners of English questions


def test_trained_families_are_asked_in_many_words_and_none_is_a_held_out_one() -> None:
    from train.data.conversation.families import FAMILIES, chat

    def plain(wording: str) -> str:
        return re.sub(r"[^a-z0-9{} ]", "", wording.lower()).strip()

    every = [(family.name, family.wordings) for family in FAMILIES if not family.held_out_intent]
    every += [(family.name, family.wordings) for family in chat.FAMILIES]
    shorts = [family.short for family in FAMILIES]
    held_out = {plain(w) for _, choice in every for w in choice.held_out} | {
        plain(w) for s in shorts for w in s.held_out
    }
    for name, choice in every:
        if name != "where_is_that":  # which is only ever asked after another, in its short words
            assert len({plain(wording) for wording in choice.train}) >= 24, name
        assert not {plain(wording) for wording in choice.train} & held_out, name
    assert not {plain(wording) for short in shorts for wording in short.train} & held_out


def test_manners_change_the_words_around_and_never_what_is_quoted() -> None:
    wording = 'Where is the button "{x}"?'
    made = {with_manner(wording, random.Random(seed)) for seed in range(400)}
    assert len(made) > 60 and all('"{x}"' in question and "{x}" in question for question in made)
    assert made == {with_manner(wording, random.Random(seed)) for seed in range(400)}
    plain = {with_manner("What is Tls?", random.Random(seed), typos=False).lower() for seed in range(300)}
    assert all("tls" in question for question in plain)
    assert all(
        with_manner(word, random.Random(seed)) for word in ("URL?", "{x}", '"{x}"?', "I?") for seed in range(200)
    )


def test_only_training_is_asked_in_manners() -> None:
    from train.data.conversation.families import BY_NAME, chat

    def asked_plainly(family: str, question: str) -> bool:
        """Whether a question is a wording of its family, its first letter and its last mark aside."""
        wordings = (
            [BY_NAME[family].wordings, BY_NAME[family].short] if family in BY_NAME else [chat.BY_NAME[family].wordings]
        )
        every = [w for pair in wordings for w in (*pair.train, *pair.held_out)]
        return any(
            re.fullmatch(
                ".+".join(re.escape(part) for part in w.lower().rstrip("?.").split("{x}")),
                question.lower().rstrip("?."),
            )
            for w in every
        )

    shares = {}
    for split in ("train", "held_out"):
        turns = [t for seed in range(70) for t in english(seed, split, 6)[2] if not t.family.startswith("field_")]
        shares[split] = sum(not asked_plainly(t.family, t.question) for t in turns) / len(turns)
    assert shares["held_out"] == 0
    assert 0.1 < shares["train"] < SHARE + 0.05
