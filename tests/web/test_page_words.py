"""The page's words: complete in both languages, none that nobody uses, none that nobody has written."""

import json
import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "web" / "src"
EN = json.loads((WEB / "strings" / "en.json").read_text("utf-8"))
ZH = json.loads((WEB / "strings" / "zh.json").read_text("utf-8"))
SOURCES = "\n".join(p.read_text("utf-8") for p in sorted(WEB.rglob("*")) if p.suffix in (".ts", ".svelte"))
#: Keys in quotes, and the beginnings of keys that are put together, such as `grade.${letter}`.
QUOTED = set(re.findall(r'"([a-z0-9_]+(?:\.[A-Za-z0-9_]+)*)"', SOURCES))
BUILT = re.findall(r"`([a-z0-9_]+(?:\.[a-z0-9_]+)*\.)\$\{[^}]*\}((?:\.[a-z]+)?)`", SOURCES)
ASKED = set(re.findall(r'\b(?:t|title)(?:\(|:)\s*"([^"]+)"', SOURCES))


def test_every_word_is_there_in_both_languages():
    assert set(EN) == set(ZH)
    assert not [k for k in EN if not EN[k].strip() or not ZH[k].strip()]


def test_every_word_that_is_asked_for_is_written():
    assert ASKED and not sorted(ASKED - set(EN))


def test_every_word_is_used():
    unused = [
        k for k in EN if k not in QUOTED and not any(k.startswith(start) and k.endswith(end) for start, end in BUILT)
    ]
    assert not unused


def test_both_languages_fill_in_the_same_values():
    values = {k: (set(re.findall(r"\{\w+\}", EN[k])), set(re.findall(r"\{\w+\}", ZH[k]))) for k in EN}
    assert not {k: v for k, v in values.items() if v[0] != v[1]}


def test_chinese_is_written_in_chinese():
    same = {k for k in EN if EN[k] == ZH[k] and re.search(r"[A-Za-z]{3,}", re.sub(r"\{\w+\}", "", EN[k]))}
    assert same <= {"code.python"}  # a name


def test_no_words_of_one_language_stand_in_the_templates():
    """Text between tags that is not taken from the tables."""
    loose = []
    for path in sorted(WEB.rglob("*.svelte")):
        body = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", "", path.read_text("utf-8"), flags=re.S)
        body = re.sub(r"\{[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}", "", body)
        found = re.findall(r">([^<>]*[A-Za-z一-鿿]{3,}[^<>]*)<", body)
        loose += [f"{path.name}: {x.strip()}" for x in found if x.strip() not in ("中文", "citybelt") and "=" not in x]
    assert not loose
