"""Whether a page is written in letters that its reader does not know: Chinese, Cyrillic, Greek to one of Latin letters.

Such a reader still answers with the letters it has. Most strange scripts come out hardly supported; those that look like Latin come
out well supported, but as words that no language has: small and capital letters, digits and marks mixed inside of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

WARNING = (
    "much of the text is in letters that this reader does not know, or hardly legible: nothing is claimed about it"
)
LEAST_MEAN = 0.7
"""Mean confidence by characters. Chinese, Japanese, Korean, Arabic, Hindi pages have 0.49 to 0.68, 129 dev captures at least 0.88."""
MOST_ODD = 0.25
"""Share of odd words. Cyrillic and Greek pages have at least 0.33, 129 dev captures at most 0.09, 318 rendered screens at most 0.15."""
SURE_LINE = 0.97  # words of lines read with more are as they stand, however odd
LEAST_WORDS, LEAST_CHARACTERS = 5, 6

_ODD = re.compile(
    r"[a-zß-öø-ÿ][A-Z]|[a-z]\d[a-z]|^\d[A-Za-z]*[a-z]|[^\W\d_]{2}[$#%*&|^\\()][^\W\d_]"  # aBc, a1b, 3ab, ab%c
)
_AROUND = ".,:;!?()[]«»\"'“”"


def unknown_letters(texts: Sequence[str], confidences: Sequence[float]) -> bool:
    """Whether most of a page's lines (their texts, and how sure the reader is of each, 0..1) cannot be what stands there."""
    sizes = [len(text) for text in texts]
    total = sum(sizes)
    if total < LEAST_CHARACTERS:
        return False
    if sum(size * sure for size, sure in zip(sizes, confidences, strict=True)) < LEAST_MEAN * total:
        return True
    words, odd = 0, 0
    for text, sure in zip(texts, confidences, strict=True):
        for word in text.split():
            core = word.strip(_AROUND)
            if sum(char.isalpha() for char in core) >= 3:
                words += 1
                odd += sure < SURE_LINE and _ODD.search(core) is not None
    return words >= LEAST_WORDS and odd >= MOST_ODD * words
