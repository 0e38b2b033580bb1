#!/usr/bin/env python3
"""Fits the judge's evidence weights to annotated sessions, and says how good they are on others.

    training/judge/fit.sh DEV.csv            # cross-validation, then prompts/lexicon/weights.toml anew

Reads what `examples/judge_evidence.rs` wrote of the file and of a copy without punctuation, and the
file's labels (AnnoMI's columns, labels collapsed over annotators). No text of it is kept: of single
words only those that more than MIN_SESSIONS sessions use, chosen by chi squared.
"""
import csv
import json
import re
import sys

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
LONG = 4  # words from which on a reply counts as long
LONGER = 0.5  # say of the long replies alone when the prior is chosen
# Priors that are tried. The best of them are much the same: their mean is taken.
PRIORS = np.array([(r, q, i, 0) for r in np.arange(-0.6, 0.61, 0.15) for q in np.arange(-0.6, 0.61, 0.15)
                   for i in np.arange(-0.4, 0.81, 0.1)])
BEST_PRIORS = 60


def replies(gold_path, evidence_path):
    """(group of sessions, session, act, length, acts present, features, words) of each counsellor turn."""
    gold = {}
    for row in csv.DictReader(open(gold_path, newline="", encoding="utf-8")):
        if row["interlocutor"] == "therapist":
            group = row.get("video_url") or row["transcript_id"]
            act = re.sub(r"\W+", "_", row["main_therapist_behaviour"].strip().lower())
            size = len(row["utterance_text"].split())
            has = [row[f"{a}_exists"].strip().lower() == "true" for a in ACTS[:3]]
            gold[int(row["transcript_id"]), int(row["utterance_id"])] = (group, row["transcript_id"], act, size, has)
    for line in open(evidence_path, encoding="utf-8"):
        seen = json.loads(line)
        if "evidence" in seen:
            yield (*gold[tuple(seen["id"])], dict(seen["evidence"]["whole"]), set(seen["evidence"]["words"]))


def matrix(rows, names, words):
    """Features, then words, as numbers: (replies, names + words)."""
    at = {name: i for i, name in enumerate(names)}
    word_at = {word: len(names) + i for i, word in enumerate(words)}
    out = np.zeros((len(rows), len(names) + len(words)))
    for r, row in enumerate(rows):
        for name in at.keys() & row[5].keys():
            out[r, at[name]] = row[5][name]
        for word in word_at.keys() & row[6]:
            out[r, word_at[word]] = WORD_SCALE
    return out


def choose_words(rows, acts):
    """The words that tell most, of those in enough sessions."""
    sessions = {}
    for row in rows:
        for word in row[6]:
            sessions.setdefault(word, set()).add(row[1])
    known = sorted(w for w, where in sessions.items() if len(where) >= MIN_SESSIONS and w.isalpha())
    score = chi2(matrix(rows, [], known), acts)[0]
    return sorted(known[i] for i in np.argsort(-score)[:WORDS])


def fit(marked, unmarked, acts, names, words):
    both = [matrix(rows, names, words) for rows in (marked, unmarked)]
    weight = np.r_[np.ones(len(acts)), np.full(len(acts), UNMARKED)]
    model = LogisticRegression(C=PENALTY, max_iter=1000)
    model.fit(np.vstack(both), np.r_[acts, acts], sample_weight=weight)
    # "Other" is where nothing speaks: what the rest weighs is against it.
    coefficients = model.coef_[:3] - model.coef_[3]
    bias = model.intercept_[:3] - model.intercept_[3]
    coefficients[:, len(names) :] *= WORD_SCALE
    return np.round(coefficients, 1), np.round(bias, 1)


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
    has = np.array([row[4] for row in rows])
    best = [max(grid, key=lambda t: f1_score(has[:, a], leads[:, a] >= t)) for a in range(3)]
    found = [f1_score(has[:, a], leads[:, a] >= t) for a, t in enumerate(best)]
    print("present, other sessions: F1 " + " ".join(f"{x:.3f}" for x in found))
    return np.round(best, 1)


def macro_f1(acts, chosen):
    """Of each column of `chosen`: (replies, ways to choose)."""
    found = np.zeros(chosen.shape[1])
    for act in range(len(ACTS)):
        there, seen = (acts == act)[:, None], chosen == act
        found += 2 * (there & seen).sum(0) / (there.sum() + seen.sum(0))
    return found / len(ACTS)


def choose_prior(evidence, acts, sizes):
    """What to add to the evidence, (copies, replies, acts), so that rare acts are found as often as they are there."""
    typed, unmarked = ((copy[:, None, :] + PRIORS[None]).argmax(2) for copy in evidence)
    long = sizes >= LONG
    score = macro_f1(acts, typed) + LONGER * macro_f1(acts[long], typed[long])
    score += UNMARKED * macro_f1(acts, unmarked)
    return np.round(PRIORS[np.argsort(-score)[:BEST_PRIORS]].mean(0), 1)


def of_others(folds, marked, unmarked, acts, names):
    """The evidence for each reply by weights fitted without its sessions: as typed, and without punctuation."""
    groups = [row[0] for row in marked]
    found = np.zeros((2, len(acts), len(ACTS)))
    pick = lambda rows, at: [rows[i] for i in at]
    for train, test in GroupKFold(folds).split(acts, acts, groups):
        words = choose_words(pick(marked, train), acts[train])
        weights = fit(pick(marked, train), pick(unmarked, train), acts[train], names, words)
        for copy, rows in enumerate((marked, unmarked)):
            found[copy, test] = evidence(pick(rows, test), names, words, *weights)
    return found


def report(title, acts, chosen, sizes):
    more = sizes >= LONG
    macro = f1_score(acts, chosen, average="macro")
    each = f1_score(acts, chosen, average=None)
    longer = f1_score(acts[more], chosen[more], average="macro")
    print(f"{title:<34} macro-F1 {macro:.3f}  4+ words {longer:.3f}  " + " ".join(f"{x:.3f}" for x in each))


def cross_validate(marked, unmarked, acts, sizes, names):
    """Says how good the weights are on other sessions; returns what to take for the prior and the leads."""
    groups = [row[0] for row in marked]
    found = of_others(10, marked, unmarked, acts, names)
    chosen = np.zeros((2, len(acts)), int)
    for train, test in GroupKFold(10).split(acts, acts, groups):
        pick = lambda rows: [rows[i] for i in train]
        inner = of_others(5, pick(marked), pick(unmarked), acts[train], names)
        prior = choose_prior(inner, acts[train], sizes[train])
        chosen[:, test] = (found[:, test] + prior).argmax(2)
    for title, choice in zip(("as typed", "without punctuation"), chosen):
        report(f"other sessions, {title}", acts, choice, sizes)
    return choose_prior(found, acts, sizes), present(leads(found[0]), marked)


def write(path, names, words, coefficients, bias, prior, present):
    """Puts the new weights in place; examples stay, and a word that is new gets an empty one, which the
    program refuses until somebody has written one."""
    text = open(path, encoding="utf-8").read()

    def table(title, entries):
        nonlocal text
        start = text.index(f"[weights.{title}]\n") + len(f"[weights.{title}]\n")
        end = text.index("\n\n", start) + 1
        examples = dict(re.findall(r"^(\w+) = .*example = (\"(?:[^\"\\\\]|\\\\.)*\") \}$", text[start:end], flags=re.M))
        line = lambda name, x: (
            f"{name} = {{ weight = [{', '.join(f'{v:.1f}' for v in x)}], "
            f'from = "codes", example = {examples.get(name, chr(34) * 2)} }}\n'
        )
        text = text[:start] + "".join(line(name, x) for name, x in entries) + text[end:]

    table("evidence", [(n, coefficients[:, i] + (bias if n == "bias" else 0)) for i, n in enumerate(names)])
    table("word", [(n, coefficients[:, len(names) + i]) for i, n in enumerate(words)])
    text = re.sub(r"present = \[.*\]", f"present = [{', '.join(f'{x:.1f}' for x in present)}]", text)
    text = re.sub(r"prior = \[.*\]", f"prior = [{', '.join(f'{x:.1f}' for x in prior[:3])}]", text)
    open(path, "w", encoding="utf-8").write(text)


def main():
    gold, marked_path, unmarked_path, lexicon = sys.argv[1:]
    marked, unmarked = list(replies(gold, marked_path)), list(replies(gold, unmarked_path))
    acts = np.array([ACTS.index(row[2]) if row[2] in ACTS else 3 for row in marked])
    sizes = np.array([row[3] for row in marked])
    names = sorted({name for row in marked + unmarked for name in row[5]})
    prior, floor = cross_validate(marked, unmarked, acts, sizes, names)
    words = choose_words(marked, acts)
    coefficients, bias = fit(marked, unmarked, acts, names, words)
    report("the same sessions", acts, (evidence(marked, names, words, coefficients, bias) + prior).argmax(1), sizes)
    write(lexicon, names, words, coefficients, bias, prior, floor)


if __name__ == "__main__":
    main()
