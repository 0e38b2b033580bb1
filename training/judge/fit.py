#!/usr/bin/env python3
"""Fits the judge's weights for evidence and for doubt to coded sessions, and says how good they are on others.

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
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import GroupKFold

ACTS = ["reflection", "question", "therapist_input", "other"]
WORDS = 100  # single words that get a weight
WORD_SCALE = 0.5  # below 1 their weights stay smaller than those of what means something
MIN_SESSIONS = 12
PENALTY = 0.1  # inverse strength of the L2 penalty
UNMARKED = 0.5  # weight of a reply's copy without punctuation
INVENTED = 0.08  # weight of an invented reply beside an annotated one
LONG = 4  # words from which on a reply counts as long


@dataclass
class Unit:
    """A part of a reply that has the form of a reflection, and what there is to doubt it by."""

    group: str
    features: dict[str, float]
    words: set[str]
    signs: dict[str, float]
    informs: bool  # or argues: the reply has input in it and no reflection


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
    asks: bool  # by mark and word order, which the program counts as a question whatever the weights say
    reflecting: list[dict]  # what was seen of its units that have the form of a reflection


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

    def units(self):
        """The units of form reflections in replies that only reflect or only inform, with what each counts."""
        alone = {0: [True, False, False], 2: [False, False, True]}
        for copy, share in (self.marked, 1.0), (self.unmarked, UNMARKED):
            for reply in copy:
                if reply.agreed and reply.has == alone.get(reply.act):
                    for seen in reply.reflecting:
                        signs, features, words = dict(seen["signs"]), dict(seen["features"]), set(seen["words"])
                        yield Unit(reply.group, features, words, signs, reply.act == 2), share

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
            yield Reply(**coded[tuple(seen["id"])], features=dict(found["whole"]), words=set(found["words"]), asks=found["asks"],
                        reflecting=[unit["reflects"] for unit in found["units"] if unit["reflects"]])


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


def doubts(units, names, words, signs):
    """What there is to doubt units by, as numbers: (units, names + words + signs)."""
    shown = np.array([[unit.signs.get(sign, 0.0) for sign in signs] for unit in units])
    return np.c_[matrix(units, names, words), shown]


def fit_doubt(invented, names, words, signs):
    """Weights (names + words + signs) for that a unit of a reflection's form informs or argues."""
    units, share = zip(*invented)
    seen = doubts(units, names, words, signs)
    # One constant is enough, and marks are no reason: who types without them means the same.
    left_out = [i for i, name in enumerate(names) if name == "bias" or name.startswith(("unmarked", "question_mark", "told_"))]
    seen[:, left_out] = 0.0
    model = LogisticRegression(C=PENALTY, max_iter=3000)
    model.fit(seen, [unit.informs for unit in units], sample_weight=share)
    weights = model.coef_[0]
    weights[len(names) : len(names) + len(words)] *= WORD_SCALE
    weights[len(names) + len(words) + signs.index("always")] = model.intercept_[0]
    return np.round(weights, 2)


def report_doubt(invented, annotated, names, words, signs):
    """Says how well doubt tells units that reflect from others, of hands that it was not fitted to."""

    def tell(units, fitted_to):
        """Log-odds of units as they are typed, and whether they inform."""
        units = [unit for unit, share in units if share == 1.0]
        seen = doubts(units, names, words, signs)
        seen[:, len(names) : len(names) + len(words)] /= WORD_SCALE
        return seen @ fit_doubt(fitted_to, names, words, signs), np.array([unit.informs for unit in units])

    by_hand = {}
    for one in invented:
        by_hand.setdefault(one[0].group, []).append(one)
    rest = lambda hand: [one for other, units in by_hand.items() if other != hand for one in units]
    told, informs = map(np.concatenate, zip(*(tell(units, rest(hand)) for hand, units in by_hand.items())))
    others, others_inform = tell(annotated, rest(None))
    print(f"doubt, by another hand: AUC {roc_auc_score(informs, told):.3f}, "
          f"annotated sessions {roc_auc_score(others_inform, others):.3f}")
    for share in 0.5, 0.7, 0.8, 0.9:
        over = told > np.log(share / (1 - share))
        print(f"  above {share}: of input {over[informs].mean():.2f}, of reflections {over[~informs].mean():.3f}")


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
    for_sure = np.array([[False, row.asks, False] for row in rows])
    f1 = lambda a, t: f1_score(has[:, a], (leads[:, a] >= t) | for_sure[:, a])
    best = [max(grid, key=lambda t: f1(a, t)) for a in range(3)]
    found = [f1(a, t) for a, t in enumerate(best)]
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


@dataclass
class File:
    """The file of the weights."""

    path: str

    def __post_init__(self):
        self.text = open(self.path, encoding="utf-8").read()

    def table(self, title):
        """Where its entries are, and what they say by name: numbers and example."""
        start = self.text.index(f"[weights.{title}]\n") + len(f"[weights.{title}]\n")
        end = self.text.index("\n\n", start) + 1
        entry = r"^(\w+) = { weight = (.*?), from.* example = (\"(?:[^\"\\]|\\.)*\") }$"
        found = re.findall(entry, self.text[start:end], flags=re.M)
        return start, end, {name: (json.loads(weight), example) for name, weight, example in found}

    def put(self, title, entries):
        """The entries (name, number or numbers) in the place of those there. Numbers behind the given ones stay, and so
        do examples; a name that is new gets an empty one, which the program refuses until somebody has written one."""
        start, end, known = self.table(title)
        lines = []
        for name, weight in entries:
            old, example = known.get(name, ([0.0] * 4, '""'))
            if np.ndim(weight):
                shown = f"[{', '.join(f'{x + 0.0:.2f}' for x in [*weight, *old[len(weight):]])}]"
            else:
                shown = f"{weight + 0.0:.2f}"
            lines.append(f'{name} = {{ weight = {shown}, from = "codes", example = {example} }}\n')
        self.text = self.text[:start] + "".join(lines) + self.text[end:]

    def save(self):
        open(self.path, "w", encoding="utf-8").write(self.text)


def main():
    folder, lexicon, what = Path(sys.argv[1]), File(sys.argv[2]), sys.argv[3]
    annotated, invented = Replies.read(folder, "annotated"), Replies.read(folder, "invented")
    every = annotated.marked + annotated.unmarked + invented.marked + invented.unmarked
    names = sorted({name for row in every for name in row.features})
    words = choose_words(annotated)
    if what == "evidence":
        floor = cross_validate(annotated, invented, names)
        weights, bias = fit(annotated, invented, names, words)
        for title, replies in ("the same sessions", annotated), ("the same invented sessions", invented):
            report(title, replies, evidence(replies.marked, names, words, weights, bias))
        lexicon.put("evidence", [(n, weights[:, i] + (bias if n == "bias" else 0)) for i, n in enumerate(names)])
        lexicon.put("word", [(n, weights[:, len(names) + i]) for i, n in enumerate(words)])
        present = f"present = [{', '.join(f'{x:.1f}' for x in floor)}]"
        lexicon.text = re.sub(r"present = \[.*\]", present, lexicon.text)
    else:
        signs = sorted({sign for unit, _ in invented.units() for sign in unit.signs})
        report_doubt(invented.units(), list(annotated.units()), names, words, signs)
        doubt = fit_doubt(invented.units(), names, words, signs)
        for title, all_names, at in ("evidence", names, 0), ("word", words, len(names)):
            known = lexicon.table(title)[2]
            lexicon.put(title, [(n, [*known[n][0][:3], doubt[at + i]]) for i, n in enumerate(all_names)])
        lexicon.put("doubt", list(zip(signs, doubt[len(names) + len(words) :])))
    lexicon.save()


if __name__ == "__main__":
    main()
