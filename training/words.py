"""The words of a turn as the program reads them: `src/domain/lines/text.rs`, in Python.

Knows: English endings, the irregular forms of a synonyms file. Never: weights, tensors.
`tests/data/pocket/encoder.json` holds both sides to each other.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

SLOT_END = {"<": ">", "{": "}"}


def tokens(text: str) -> list[str]:
    """Lower-case words, contractions taken apart; slots (`<who>`, `{thing}`) stay whole."""
    lower = text.lower().replace("\u2019", "'").replace("\u2018", "'")
    out: list[str] = []
    i = 0
    while i < len(lower):
        j = i + 1
        if lower[i] in SLOT_END:
            ends = [k for k in (lower.find(">", i), lower.find("}", i)) if k >= 0]
            j = min(ends) + 1 if ends else len(lower)
            out.append(lower[i:j])
        elif lower[i].isalnum():
            while j < len(lower) and (lower[j].isalnum() or lower[j] == "'"):
                j += 1
            out += parts(lower[i:j].strip("'"))
        i = j
    return out


def parts(word: str) -> list[str]:
    """`don't` = `do`, `not`; `you're` = `you`."""
    head, mark, tail = word.partition("'")
    if not mark:
        return [word]
    if tail == "t" and head.endswith("n"):
        return ["not"] if head in ("can", "won") else [head[:-1], "not"]
    return [head] if head else []


def stem(word: str) -> str:
    """A crude stem: plural, -ed, -ing, -ly and a last e go; a doubled consonant becomes one."""
    if len(word.encode()) <= 3 or not word.isascii():
        return word
    short = word
    if word.endswith(("ies", "ied")):
        short = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        short = word[:-2]
    elif root := root_of(word, "ing") or root_of(word, "ed"):
        short = undoubled(root)
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        short = word[:-1]
    elif len(word) > 5 and word.endswith("ly"):
        short = word[:-2]
    return short[:-1] if short.endswith("e") and len(short) > 3 else short


def root_of(word: str, ending: str) -> str | None:
    root = word.removesuffix(ending)
    return root if root != word and len(root) >= 3 and set(root) & set("aeiouy") else None


def undoubled(root: str) -> str:
    return root[:-1] if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsze" else root


class Stems:
    """Stems, with the irregular forms of a synonyms file."""

    def __init__(self, synonyms: Path):
        forms = tomllib.loads(synonyms.read_text(encoding="utf-8")).get("forms", {})
        self.forms = {form: stem(base) for base, all_of_it in forms.items() for form in all_of_it}

    def of(self, text: str) -> list[str]:
        return [self.forms.get(w) or (w if w[0] in SLOT_END else stem(w)) for w in tokens(text)]
