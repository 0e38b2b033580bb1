#!/usr/bin/env python3
"""Fits the guard's scorer of who is speaking, client or counsellor, to annotated sessions.

    training/guard/fit.py DEV.csv        # cross-validation, then src/domain/guard/speech.txt anew

Reads the speaker and the words of each turn (AnnoMI's columns). What it keeps of them is a weight for each
single word that more than MIN_SESSIONS sessions use, and for three marks of form. Turns of fewer than
MIN_WORDS words are left out: nobody can tell whose "mm-hm" it is.
"""
import csv
import pathlib
import re
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

MIN_SESSIONS = 12
MIN_WORDS = 6
PENALTY = 0.1  # inverse strength of the L2 penalty
REAL_CLIENTS = 0.09  # share of real clients' turns that may be taken for a counsellor's
OUT = pathlib.Path(__file__).parents[2] / "src/domain/guard/speech.txt"
FORMS = ["?you", "?i", "?asks"]


def words(text):
    return [w.replace("\u2019", "'").lower() for w in re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)*", text)]


def turns(path):
    """(group of sessions, session, whether a counsellor speaks, words, whether it asks)"""
    for row in csv.DictReader(open(path, newline="", encoding="utf-8")):
        said = words(row["utterance_text"])
        if len(said) >= MIN_WORDS:
            group = row.get("video_url") or row["transcript_id"]
            asks = "?" in row["utterance_text"]
            yield group, row["transcript_id"], row["interlocutor"] == "therapist", said, asks


def share(said, stem):
    """Share of words about the person of `stem`, 0..=1: "you", "you're", "your"."""
    family = {"you": ("you", "your", "yours", "yourself"), "i": ("i", "me", "my", "mine", "myself")}[stem]
    return sum(w.split("'")[0] in family for w in said) / len(said)


def matrix(rows, vocabulary):
    at = {word: i for i, word in enumerate(vocabulary)}
    out = np.zeros((len(rows), len(vocabulary) + len(FORMS)))
    for r, (_, _, _, said, asks) in enumerate(rows):
        for word in set(said) & at.keys():
            out[r, at[word]] = 1
        out[r, len(vocabulary) :] = share(said, "you"), share(said, "i"), asks
    return out


def choose_words(rows):
    where = {}
    for _, session, _, said, _ in rows:
        for word in set(said):
            where.setdefault(word, set()).add(session)
    return sorted(w for w, sessions in where.items() if len(sessions) >= MIN_SESSIONS and not w[0].isdigit())


def fit(rows, vocabulary):
    speaks = [row[2] for row in rows]
    model = LogisticRegression(C=PENALTY, max_iter=1000, class_weight="balanced")
    model.fit(matrix(rows, vocabulary), speaks)
    return np.round(model.coef_[0], 2), round(float(model.intercept_[0]), 2)


def main():
    rows = list(turns(sys.argv[1]))
    counsellor = np.array([row[2] for row in rows])
    score = np.zeros(len(rows))
    for train, test in GroupKFold(10).split(rows, counsellor, [row[0] for row in rows]):
        train, test = [rows[i] for i in train], test
        vocabulary = choose_words(train)
        weights, bias = fit(train, vocabulary)
        score[test] = matrix([rows[i] for i in test], vocabulary) @ weights + bias
    limit = round(float(np.quantile(score[~counsellor], 1 - REAL_CLIENTS)), 2)
    print(f"other sessions, {len(rows)} turns of {MIN_WORDS} words and more: taken for a counsellor's are "
          f"{(score[~counsellor] > limit).mean():.3f} of the clients' and {(score[counsellor] > limit).mean():.3f} "
          f"of the counsellors'")
    vocabulary = choose_words(rows)
    weights, bias = fit(rows, vocabulary)
    score = matrix(rows, vocabulary) @ weights + bias
    print(f"the same sessions: {(score[~counsellor] > limit).mean():.3f} and {(score[counsellor] > limit).mean():.3f}")
    lines = [
        "# Who talks so, client (below 0) or counsellor (above)? One weight a word, each counted once a reply;",
        "# ?you and ?i weigh the share of words about that person, ?asks a question mark. Above ?limit the",
        f"# reply reads like a counsellor's; below {MIN_WORDS} words nothing is said. Fitted by training/guard/fit.py.",
        f"?bias {bias}",
        f"?limit {limit}",
    ]
    lines += [f"{name} {weight:g}" for name, weight in zip(FORMS, weights[len(vocabulary) :])]
    lines += [f"{word} {weight:g}" for word, weight in zip(vocabulary, weights) if weight]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
