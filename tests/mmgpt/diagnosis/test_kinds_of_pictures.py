"""Pictures that show no error are never said to show one, and what hinders reading is said."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mmgpt.diagnosis import Diagnoser
from mmgpt.extractor.letters import WARNING, unknown_letters
from mmgpt.schema import Diagnosis
from vision.image import LoadedImage, load_image

FONTS = Path("/usr/share/fonts")
CJK = FONTS / "opentype/noto/NotoSansCJK-Regular.ttc"
DEJAVU = FONTS / "truetype/dejavu/DejaVuSans.ttf"
CHINESE = (
    "软件更新",
    "您的电脑上有三个可用的更新。建议您在安装之前保存所有打开的文件。",
    "安装完成后需要重新启动电脑。",
    "会议安排",
)
CHINESE_ERROR = ("错误", "无法打开文件“报告.txt”。", "拒绝访问。请与管理员联系。", "确定")
RUSSIAN = ("Настройки", "Завтрашнее совещание начнётся в три часа дня.", "Пожалуйста, подготовьте материалы заранее.")
RUSSIAN_ERROR = ("Ошибка", "Не удалось открыть файл «отчёт.txt».", "Отказано в доступе. Обратитесь к администратору.")
GREEK = ("Ρυθμίσεις", "Η αυριανή συνάντηση αρχίζει στις τρεις το απόγευμα.", "Παρακαλώ ετοιμάστε το υλικό εγκαίρως.")
POLISH = ("Ustawienia", "Jutrzejsze spotkanie zaczyna się o trzeciej.", "Proszę przygotować materiały wcześniej.")


@pytest.fixture(scope="module")
def diagnoser() -> Diagnoser:
    return Diagnoser.load()


def loaded(image: np.ndarray, folder: Path) -> LoadedImage:
    path = folder / "shot.png"
    Image.fromarray(image).save(path)
    return load_image(path)


def page(texts: tuple[str, ...], font: Path, size: int = 18, dark: bool = False) -> np.ndarray:
    ink, ground = ((230, 230, 230), (25, 27, 30)) if dark else ((20, 20, 20), (250, 250, 250))
    picture = Image.new("RGB", (900, 40 + 2 * size * len(texts)), ground)
    draw, face = ImageDraw.Draw(picture), ImageFont.truetype(str(font), size)
    for row, text in enumerate(texts):
        draw.text((24, 16 + 2 * size * row), text, ink, face)
    return np.array(picture)


def says_no_error(found: Diagnosis) -> bool:
    return found.is_error is not True and found.message is None and found.error_code is None and not found.further


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (0, 120, 215), (120, 10, 10)])
def test_a_blank_picture(diagnoser: Diagnoser, tmp_path: Path, colour: tuple[int, int, int]) -> None:
    found = diagnoser.diagnose(loaded(np.full((240, 320, 3), colour, np.uint8), tmp_path))
    assert says_no_error(found) and found.cause is None and not found.fixes and not found.text
    assert any("no text" in warning for warning in found.warnings)


def test_noise_and_shapes_like_a_photograph(diagnoser: Diagnoser, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(
        (640, 480), Image.Resampling.BICUBIC
    )
    assert says_no_error(diagnoser.diagnose(loaded(np.array(coarse), tmp_path)))


@pytest.mark.parametrize(
    ("texts", "font"),
    [(CHINESE, CJK), (CHINESE_ERROR, CJK), (RUSSIAN, DEJAVU), (RUSSIAN_ERROR, DEJAVU), (GREEK, DEJAVU)],
    ids=["chinese", "chinese error", "russian", "russian error", "greek"],
)
def test_letters_that_the_reader_does_not_know(
    diagnoser: Diagnoser, tmp_path: Path, texts: tuple[str, ...], font: Path
) -> None:
    if not font.is_file():
        pytest.skip(f"{font.name} is missing: apt-get install fonts-noto-cjk fonts-dejavu-core")
    for size, dark in ((14, True), (20, False)):
        found = diagnoser.diagnose(loaded(page(texts, font, size, dark), tmp_path))
        assert says_no_error(found) and found.cause is None and WARNING in found.warnings


@pytest.mark.skipif(not DEJAVU.is_file(), reason="apt-get install fonts-dejavu-core")
def test_letters_that_the_reader_knows_are_not_called_unknown(diagnoser: Diagnoser, tmp_path: Path) -> None:
    found = diagnoser.diagnose(loaded(page(POLISH, DEJAVU), tmp_path))
    assert says_no_error(found) and WARNING not in found.warnings and len(found.text) == 3


@pytest.mark.parametrize(
    "name", ["normal-chart-errors", "normal-doc-gitfaq", "normal-settings-appearance", "normal-qt-save-question"]
)
def test_real_charts_documents_and_settings(diagnoser: Diagnoser, name: str) -> None:
    shots = Path(__file__).resolve().parents[2] / "data" / "real" / "dev"
    found = diagnoser.diagnose(shots / f"{name}.png")
    assert says_no_error(found) and WARNING not in found.warnings


def test_identifiers_that_are_read_well_are_no_unknown_letters() -> None:
    texts = ("java.lang.NullPointerException: isEmpty", "sha256 a1b2c3d4e5f6", "getElementById setTimeout OnClick")
    assert not unknown_letters(texts, [0.99] * 3)
    assert not unknown_letters(texts, [0.98, 0.99, 0.98])
    assert not unknown_letters([], []) and not unknown_letters(["ab"], [0.1])


def test_garbage_of_any_letters_is_unknown_where_the_reader_is_unsure() -> None:
    rng = random.Random(1)
    texts = ["".join(rng.choice("a#%Bc9$") for _ in range(20)) for _ in range(5)]
    assert unknown_letters(texts, [0.55] * 5)
    assert unknown_letters(["HacTpoMK1 CeTb MHTepHeT coBeuaHve HaNHëTCA"], [0.9])
