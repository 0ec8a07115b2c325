"""Which clips a listener gets, and what the page says in each language, without a browser."""

from collections import Counter
from itertools import chain
from math import gcd
from pathlib import Path
from typing import Any

import pytest

from spiking_music.listening.test_page import LANGUAGES, modules
from tests.listening.javascript import JavaScript

DRAW = """
const { drawn } = modules["mushra/blocks"];
const { items, count, seed, listeners } = argument;
return listeners.map((listener) => drawn(items, count, seed, listener));
"""
OTHERS = ("de", "es", "fr")
SHAPES = """
const shape = (value) => {
  if (typeof value === "function") return `function of ${value.length}`;
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shape(each)]));
};
const flat = (value) => typeof value === "object" ? Object.values(value).flatMap(flat) : [value];
const { words } = modules["mushra/words"];
const text = (each) => typeof each === "function" ? each("1", "2", "3", "4") : each;
return [shape(words), flat(words).map(text)];
"""


def dealt(folder: Path, items: int, count: int, listeners: list[int], seed: int = 1) -> Any:
    script = JavaScript(folder, "mushra/blocks", modules())
    names = list(range(items))
    return script.run(DRAW, items=names, count=count, seed=seed, listeners=listeners)


@pytest.mark.parametrize(("items", "count"), [(5, 2), (6, 4), (10, 5), (7, 7), (3, 1), (12, 8)])
def test_a_block_deals_every_clip_equally_often(tmp_path: Path, items: int, count: int) -> None:
    size = items // gcd(items, count)  # listeners of a block
    listeners = dealt(tmp_path, items, count, list(range(4 * size)))
    assert all(len(set(clips)) == count for clips in listeners)
    for block in range(4):
        counts = Counter(chain(*listeners[block * size : (block + 1) * size]))
        assert set(counts.values()) == {size * count // items}
        assert len(counts) == items


def test_blocks_differ_and_follow_from_the_seed(tmp_path: Path) -> None:
    first, again, other = (dealt(tmp_path, 8, 3, list(range(32)), seed) for seed in (1, 1, 2))
    assert first == again != other
    assert first[:8] != first[8:16]
    (late,) = dealt(tmp_path, 8, 3, [2**32 - 1])  # a seed that stands in for a number
    assert len(set(late)) == 3


def test_every_language_says_all_that_english_says(tmp_path: Path) -> None:
    def said(language: str) -> Any:
        return JavaScript(tmp_path, "mushra/words", modules(language)).run(SHAPES)

    assert {path.stem for path in LANGUAGES.glob("*.js")} == {"en", *OTHERS}
    shape, english = said("en")
    for language in OTHERS:
        own, texts = said(language)
        assert own == shape
        assert all(text.strip() and "undefined" not in text for text in texts)
        same = [a for a, b in zip(texts, english, strict=True) if a == b and " " in a]
        assert same == []  # nothing was left in English but single words
