"""The prior: how well a trainee's reply matches the turns that a line was written for, by TF-IDF.

Knows: words, stems, the pairs. Never: tokens, tensors.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict

from banks import Pair

STOP = frozenset(
    "a an the and or but of to in on for is are was be it that this you your i my me we do does did have has had so "
    "with as at just not if what how would could should can will there some any up out about you're it's i'm don't".split()
)
WORD = re.compile(r"[a-z']+|<\w+>")
SUFFIX = re.compile(r"(ing|ed|es|s|'s|ly)$")


def stems(text: str) -> frozenset[str]:
    words = (w for w in WORD.findall(text.lower()) if w not in STOP)
    return frozenset(SUFFIX.sub("", w) if len(w) > 4 else w for w in words)


class Retrieval:
    """Scores lines by the best of their trainee wordings, plus a share for the line's own words."""

    OWN = 0.35

    def __init__(self, pairs: list[Pair]):
        wordings = sorted({t for p in pairs for t in p.trainee})
        lines = sorted({p.reply for p in pairs})
        seen = Counter(w for t in wordings for w in stems(t))
        self.rarity = defaultdict(lambda: math.log(len(wordings) + 1))
        self.rarity.update({w: math.log((len(wordings) + 1) / (n + 1)) for w, n in seen.items()})
        answers: dict[str, set[str]] = defaultdict(set)
        for p in pairs:
            for t in p.trainee:
                answers[t].add(p.reply)
        # (words that stand for the wording, what a match is divided by, lines that answer it)
        self.turns = [(stems(t), 1 + math.sqrt(self.weight(stems(t))), sorted(answers[t])) for t in wordings]
        self.by_word: dict[str, list[int]] = defaultdict(list)
        for i, (words, _, _) in enumerate(self.turns):
            for w in sorted(words):
                self.by_word[w].append(i)
        self.own_by_word: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            for w in sorted(stems(line)):
                self.own_by_word[w].append(line)

    def weight(self, words: frozenset[str]) -> float:
        return sum(self.rarity[w] for w in sorted(words))

    def scores(self, trainee: str) -> dict[str, float]:
        """Every known line that scores above nothing."""
        match: dict[int, float] = defaultdict(float)
        own: dict[str, float] = defaultdict(float)
        for w in sorted(stems(trainee)):
            for i in self.by_word.get(w, ()):
                match[i] += self.rarity[w]
            for line in self.own_by_word.get(w, ()):
                own[line] += self.rarity[w]
        best: dict[str, float] = defaultdict(float)
        for i, shared in match.items():
            _, size, lines = self.turns[i]
            for line in lines:
                best[line] = max(best[line], shared / size)
        for line, shared in own.items():
            best[line] += self.OWN * shared / (1 + math.sqrt(len(line.split())))
        return best

    def among(self, trainee: str, lines: list[str]) -> list[float]:
        """Scores of `lines`; one that is not indexed has its own words only."""
        known, said = self.scores(trainee), stems(trainee)

        def unknown(line: str) -> float:
            return self.OWN * self.weight(said & stems(line)) / (1 + math.sqrt(len(line.split())))

        return [known[line] if line in known else unknown(line) for line in lines]
