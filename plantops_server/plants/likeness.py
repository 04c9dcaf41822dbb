"""How much alike two names are spelled: letters that were swapped, missed, doubled or changed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_NO_WORD = re.compile(r"\W+")
_APOSTROPHES = str.maketrans("", "", "'’‘`")
_LEAST_SHARED = 0.3
"""Words that share fewer of their pairs of letters are not alike; the test spares nearly all the dear one."""
_RANK_WORDS = frozenset({"x", "×", "var", "subsp", "ssp", "cv", "spp", "sp", "f", "hybrid", "hybrids"})
"""Words of botanical names that people leave out or write in another way."""


def plain(name: str) -> str:
    """A name as it is compared: small letters without accents, punctuation, ``×`` or ``var.``."""
    folded = unicodedata.normalize("NFKD", name.casefold().replace("×", " ").translate(_APOSTROPHES))
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(word for word in _NO_WORD.split(letters) if word and word not in _RANK_WORDS)


def likeness(typed: str, name: str) -> float:
    """How much two plain names are alike, 0 to 1. Both word by word and as a whole: "snakeplant" is "snake plant"."""
    return max(_as_a_whole(typed, name), _word_by_word(typed.split(), name.split()))


def _as_a_whole(typed: str, name: str) -> float:
    left, right = typed.replace(" ", ""), name.replace(" ", "")
    return 0.0 if not left or not right else _ratio(left, right)


def _word_by_word(typed: Sequence[str], name: Sequence[str]) -> float:
    """Each typed word against its best word of the name; a name with words to spare is a little less alike."""
    if not typed or not name:
        return 0.0
    best = [max(_ratio(word, other) for other in name) for word in typed]
    return sum(best) / len(best) - 0.02 * max(0, len(name) - len(typed))


@lru_cache(maxsize=20_000)
def _ratio(left: str, right: str) -> float:
    """1 minus the share of letters that must change."""
    if left == right:
        return 1.0
    longest = max(len(left), len(right))
    if min(len(left), len(right)) * 2 < longest or not _share_pairs(left, right):
        return 0.0
    return 1 - edits(left, right) / longest


def _share_pairs(left: str, right: str) -> bool:
    ours, theirs = _pairs(left), _pairs(right)
    return len(ours & theirs) >= _LEAST_SHARED * min(len(ours), len(theirs))


@lru_cache(maxsize=5_000)
def _pairs(word: str) -> frozenset[str]:
    """Neighbouring letters, the word's ends included."""
    padded = f" {word} "
    return frozenset(padded[n : n + 2] for n in range(len(padded) - 1))


def edits(left: str, right: str) -> int:
    """How many letters must be added, dropped, changed or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    above: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, above, row = above, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
    return row[-1]
