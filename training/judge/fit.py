#!/usr/bin/env python3
"""Fits the judge's evidence weights to coded sessions, and says how good they are on others.

    training/judge/fit.sh DEV.csv            # cross-validation, then prompts/lexicon/weights.toml anew

Reads `annotated` (AnnoMI's columns, labels collapsed over annotators) and `invented` (sessions of our own) in a
folder: the turns, what `examples/judge_evidence.rs` wrote of them, and the same of a copy without punctuation. No text of the
annotated file is kept: of single words only those that more than MIN_SESSIONS of its sessions use, chosen by chi squared.
"""
import csv
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

ACTS = ["reflection", "question", "therapist_input", "other"]
WORDS = 100  # single words that get a weight
WORD_SCALE = 0.5  # below 1 their weights stay smaller than those of what means something
MIN_SESSIONS = 12
PENALTY = 0.1  # inverse strength of the L2 penalty
UNMARKED = 0.5  # weight of a reply's copy without punctuation
INVENTED = 0.15  # weight of an invented reply beside an annotated one
LONG = 4  # words from which on a reply counts as long


@dataclass
class Reply:
    """A counsellor's turn: what annotators made of it, and what the judge sees in it."""

    group: str  # of sessions that are one conversation, or by one hand
    session: str
    act: int
    size: int
    has: list[bool]  # which of the first three acts are present
    agreed: bool  # between readers, where there were several
    features: dict[str, float]
    words: set[str]


@dataclass
class Replies:
    """Replies as they are, and without punctuation."""

    marked: list[Reply]
    unmarked: list[Reply]

    def __post_init__(self):
        self.acts = np.array([r.act for r in self.marked])
        self.groups = np.array([r.group for r in self.marked])
        self.sizes = np.array([r.size for r in self.marked])
        self.agreed = np.array([r.agreed for r in self.marked])

    @classmethod
    def read(cls, folder, name):
        return cls(list(replies(folder / name)), list(replies(folder / f"{name}-unmarked")))

    def at(self, rows):
        return Replies([self.marked[i] for i in rows], [self.unmarked[i] for i in rows])


def replies(path):
    coded = {}
    for row in csv.DictReader(open(f"{path}.csv", newline="", encoding="utf-8")):
        if row["interlocutor"] == "therapist":
            act = re.sub(r"\W+", "_", row["main_therapist_behaviour"].strip().lower())
            coded[int(row["transcript_id"]), int(row["utterance_id"])] = dict(
                group=row.get("video_url") or row["transcript_id"],
                session=row["transcript_id"],
                act=ACTS.index(act) if act in ACTS else 3,
                size=len(row["utterance_text"].split()),
                has=[row[f"{a}_exists"].strip().lower() == "true" for a in ACTS[:3]],
                agreed=row.get("agreed", "True") == "True",
            )
    for line in open(f"{path}.jsonl", encoding="utf-8"):
        seen = json.loads(line)
        if "evidence" in seen:
            found = seen["evidence"]
            yield Reply(**coded[tuple(seen["id"])], features=dict(found["whole"]), words=set(found["words"]))


def matrix(rows, names, words):
    """Features, then words, as numbers: (replies, names + words)."""
    at = {name: i for i, name in enumerate(names)}
    word_at = {word: len(names) + i for i, word in enumerate(words)}
    out = np.zeros((len(rows), len(names) + len(words)))
    for r, row in enumerate(rows):
        for name in at.keys() & row.features.keys():
            out[r, at[name]] = row.features[name]
        for word in word_at.keys() & row.words:
            out[r, word_at[word]] = WORD_SCALE
    return out


def choose_words(annotated):
    """The words that tell most, of those in enough sessions."""
    sessions = {}
    for row in annotated.marked:
        for word in row.words:
            sessions.setdefault(word, set()).add(row.session)
    known = sorted(w for w, where in sessions.items() if len(where) >= MIN_SESSIONS and w.isalpha())
    score = chi2(matrix(annotated.marked, [], known), annotated.acts)[0]
    return sorted(known[i] for i in np.argsort(-score)[:WORDS])


def fit(annotated, invented, names, words):
    """Weights (acts, names + words) and bias, for what speaks for each act and against "other"."""
    rows, acts, weight = [], [], []
    for replies, worth in (annotated, 1.0), (invented, INVENTED):
        for copy, share in (replies.marked, 1.0), (replies.unmarked, UNMARKED):
            rows.append(matrix(copy, names, words))
            acts.append(replies.acts)
            weight.append(worth * share * replies.agreed)
    model = LogisticRegression(C=PENALTY, max_iter=1000)
    model.fit(np.vstack(rows), np.concatenate(acts), sample_weight=np.concatenate(weight))
    coefficients = model.coef_[:3] - model.coef_[3]
    bias = model.intercept_[:3] - model.intercept_[3]
    coefficients[:, len(names) :] *= WORD_SCALE
    return np.round(coefficients, 2), np.round(bias, 2)


def evidence(rows, names, words, coefficients, bias):
    seen = matrix(rows, names, words)
    seen[:, len(names) :] /= WORD_SCALE
    return np.c_[seen @ coefficients.T + bias, np.zeros(len(rows))]


def leads(evidence):
    """How far each act is ahead of the best other, or of none."""
    return np.stack([evidence[:, a] - np.delete(evidence, a, 1).max(1) for a in range(3)], 1)


def present(leads, rows):
    """From which lead on each act counts as there: where F1 is best."""
    grid = np.arange(-1.5, 0.6, 0.1)
    has = np.array([row.has for row in rows])
    best = [max(grid, key=lambda t: f1_score(has[:, a], leads[:, a] >= t)) for a in range(3)]
    found = [f1_score(has[:, a], leads[:, a] >= t) for a, t in enumerate(best)]
    print("present, other sessions: F1 " + " ".join(f"{x:.3f}" for x in found))
    return np.round(best, 1)


def report(title, replies, found):
    """`found`: evidence for replies as they are, or without punctuation."""
    chosen, agreed, long = found.argmax(1), replies.agreed, replies.agreed & (replies.sizes >= LONG)
    macro = f1_score(replies.acts[agreed], chosen[agreed], average="macro")
    each = f1_score(replies.acts[agreed], chosen[agreed], average=None)
    longer = f1_score(replies.acts[long], chosen[long], average="macro")
    print(f"{title:<40} macro-F1 {macro:.3f}  4+ words {longer:.3f}  " + " ".join(f"{x:.3f}" for x in each))


def cross_validate(annotated, invented, names):
    """Says how good the weights are on other sessions; returns what to take for the leads."""
    found = np.zeros((2, len(annotated.acts), len(ACTS)))
    for train, test in GroupKFold(10).split(annotated.acts, groups=annotated.groups):
        words = choose_words(annotated.at(train))
        weights = fit(annotated.at(train), invented, names, words)
        for copy, rows in enumerate((annotated.marked, annotated.unmarked)):
            found[copy, test] = evidence([rows[i] for i in test], names, words, *weights)
    for title, copy in zip(("as typed", "without punctuation"), found):
        report(f"other sessions, {title}", annotated, copy)
    words, by_others = choose_words(annotated), np.zeros((2, len(invented.acts), len(ACTS)))
    for hand in np.unique(invented.groups):
        test = np.flatnonzero(invented.groups == hand)
        weights = fit(annotated, invented.at(np.flatnonzero(invented.groups != hand)), names, words)
        for copy, rows in enumerate((invented.marked, invented.unmarked)):
            by_others[copy, test] = evidence([rows[i] for i in test], names, words, *weights)
    for title, copy in zip(("as typed", "without punctuation"), by_others):
        report(f"invented by another hand, {title}", invented, copy)
    return present(leads(found[0]), annotated.marked)


def write(path, names, words, coefficients, bias, present):
    """Puts the new weights in place; examples stay, and a word that is new gets an empty one, which the
    program refuses until somebody has written one."""
    text = open(path, encoding="utf-8").read()

    def table(title, entries):
        nonlocal text
        start = text.index(f"[weights.{title}]\n") + len(f"[weights.{title}]\n")
        end = text.index("\n\n", start) + 1
        examples = dict(re.findall(r"^(\w+) = .*example = (\"(?:[^\"\\\\]|\\\\.)*\") \}$", text[start:end], flags=re.M))
        line = lambda name, x: (
            f"{name} = {{ weight = [{', '.join(f'{v:.2f}' for v in x + 0.0)}], "
            f'from = "codes", example = {examples.get(name, chr(34) * 2)} }}\n'
        )
        text = text[:start] + "".join(line(name, x) for name, x in entries) + text[end:]

    table("evidence", [(n, coefficients[:, i] + (bias if n == "bias" else 0)) for i, n in enumerate(names)])
    table("word", [(n, coefficients[:, len(names) + i]) for i, n in enumerate(words)])
    text = re.sub(r"present = \[.*\]", f"present = [{', '.join(f'{x:.1f}' for x in present)}]", text)
    open(path, "w", encoding="utf-8").write(text)


def main():
    folder, lexicon = Path(sys.argv[1]), sys.argv[2]
    annotated, invented = Replies.read(folder, "annotated"), Replies.read(folder, "invented")
    every = annotated.marked + annotated.unmarked + invented.marked + invented.unmarked
    names = sorted({name for row in every for name in row.features})
    floor = cross_validate(annotated, invented, names)
    words = choose_words(annotated)
    weights = fit(annotated, invented, names, words)
    for title, replies in ("the same sessions", annotated), ("the same invented sessions", invented):
        report(title, replies, evidence(replies.marked, names, words, *weights))
    write(lexicon, names, words, *weights, floor)


if __name__ == "__main__":
    main()
