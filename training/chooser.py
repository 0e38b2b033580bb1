"""One command: graded lines in, `models/chooser.toml` out.

    cargo run --release --example candidates < training/eval/talks.jsonl > target/candidates.jsonl
    python3 training/chooser.py --candidates target/candidates.jsonl

Readers graded lines that the client might have said at moments of conversations that were had (`training/eval/graded/lines.jsonl`): 2 takes up
what was said, 1 is believable, 0 is not. A logistic regression weighs what the program knows of a line; the features are those of
`src/domain/lines/weights.rs`. Printed beside: how well held-out conversations are told, and how often the likeliest line of a moment was believed.
Knows: grades, features. Never: words.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
# As in weights.rs.
SURELY, HARDLY = 0.75, 0.5
KINDS = ["paired", "more", "claim", "voice", "reaction", "anywhere"]
OF_KIND = ["told", "asked", "wanted", "near_told", "near_asked", "surely", "hardly", "own", "same", "other", "spoken", "wording"]
TAGS = (
    "deny downplay blame argue attack test deflect minimal yesbut hesitate doubt inform soften ember acknowledge disclose "
    "accept change commit"
).split()
NAMES = [f"kind.{k}.{w}" for k in KINDS for w in OF_KIND] + [f"{a}.{t}" for a in ["told", "asked"] for t in TAGS]
# What a grade is worth as a target.
WORTH = {0: 0.0, 1: 0.65, 2: 1.0}
# A wording that is nearer is never less likely to be meant, and one below HARDLY is less so.
AT_LEAST = {f"kind.{k}.{w}": 0.0 for k in KINDS for w in ["near_told", "near_asked", "surely"]}
AT_MOST = {f"kind.{k}.hardly": 0.0 for k in KINDS}
DECAY = 0.3
FOLDS = 10


@dataclass
class Graded:
    talk: str
    moment: tuple[str, int]
    grade: int
    features: np.ndarray


def features(evidence: dict) -> np.ndarray:
    at = {name: i for i, name in enumerate(NAMES)}
    out = np.zeros(len(NAMES))

    def put(name: str, value: float) -> None:
        if name in at:
            out[at[name]] = value

    kind, way = f"kind.{evidence['kind']}", "asked" if evidence["asked"] else "told"
    put(f"{kind}.{way}", 1.0)
    put(f"{way}.{evidence['tag']}", 1.0)
    put(f"{kind}.wanted", float(evidence["wanted"]))
    put(f"{kind}.own", float(evidence["own"]))
    if (near := evidence["near"]) is not None:
        put(f"{kind}.near_{way}", near)
        put(f"{kind}.surely", max(0.0, near - SURELY))
        put(f"{kind}.hardly", max(0.0, HARDLY - near))
        put(f"{kind}.{evidence['asks']}", 1.0)
    return out


def load(grades: Path, candidates: list[Path]) -> list[Graded]:
    graded: dict[tuple[str, int], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in map(json.loads, grades.open(encoding="utf-8")):
        graded[row["talk"], row["turn"]][row["reply"]].append(row["grade"])
    out = []
    for file in candidates:
        for row in map(json.loads, file.open(encoding="utf-8")):
            moment = row["talk"], row["turn"]
            for reply, grades_of in graded.get(moment, {}).items():
                if reply in row["lines"]:
                    found = features(row["lines"][reply][1])
                    out += [Graded(row["talk"], moment, grade, found) for grade in grades_of]
    return out


def fit(rows: list[Graded]) -> np.ndarray:
    """Ridge logistic regression with bounds, by projected gradient steps of Newton's diagonal."""
    x = np.stack([r.features for r in rows])
    y = np.array([WORTH[r.grade] for r in rows])
    low = np.array([AT_LEAST.get(n, -np.inf) for n in NAMES])
    high = np.array([AT_MOST.get(n, np.inf) for n in NAMES])
    weights = np.clip(np.zeros(len(NAMES)), low, high)
    # The Hessian of a logistic loss is at most a quarter of this.
    step = 1.0 / (0.25 * np.linalg.eigvalsh(x.T @ x)[-1] + DECAY)
    momentum, before = 1.0, weights
    for _ in range(6000):
        then = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = weights + (momentum - 1) / then * (weights - before)
        gradient = x.T @ (1 / (1 + np.exp(-x @ ahead)) - y) + DECAY * ahead
        before, weights, momentum = weights, np.clip(ahead - step * gradient, low, high), then
    return weights


def told_apart(rows: list[Graded], scores: np.ndarray) -> tuple[float, float, int]:
    """Of pairs of a believed and a disbelieved line of a moment, how many are in order; how often the best line was believed."""
    moments: dict[tuple[str, int], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        moments[row.moment].append(i)
    right = pairs = 0.0
    believed = []
    for of_it in moments.values():
        good, bad = [i for i in of_it if rows[i].grade], [i for i in of_it if not rows[i].grade]
        right += sum((scores[g] > scores[b]) + 0.5 * (scores[g] == scores[b]) for g in good for b in bad)
        pairs += len(good) * len(bad)
        best = max(of_it, key=lambda i: scores[i])
        believed.append(rows[best].grade > 0)
    return right / pairs, float(np.mean(believed)), len(believed)


def main() -> None:
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--candidates", type=Path, nargs="+", required=True, help="what examples/candidates.rs printed")
    a.add_argument("--grades", type=Path, default=ROOT / "training/eval/graded/lines.jsonl")
    a.add_argument("--out", type=Path, default=ROOT / "models/chooser.toml")
    args = a.parse_args()
    rows = load(args.grades, args.candidates)
    talks = sorted({r.talk for r in rows})
    scores = np.zeros(len(rows))
    for fold in range(FOLDS):
        held = set(talks[fold::FOLDS])
        weights = fit([r for r in rows if r.talk not in held])
        for i, row in enumerate(rows):
            if row.talk in held:
                scores[i] = row.features @ weights
    apart, believed, moments = told_apart(rows, scores)
    chance = float(np.mean([r.grade > 0 for r in rows]))
    print(f"{len(rows)} grades of {moments} moments in {len(talks)} conversations, {chance:.3f} believed")
    print(f"held-out conversations: pairs in order {apart:.3f}, likeliest line believed {believed:.3f}")
    weights = dict(zip(NAMES, fit(rows)))
    lines = [
        "# How likely a line is to be believed: log-odds per thing known of it (src/domain/lines/weights.rs).",
        f"# Fitted by training/chooser.py to {len(rows)} grades of {moments} moments; not written by hand.",
    ]
    for table in [f"kind.{k}" for k in KINDS] + ["told", "asked"]:
        lines += ["", f"[{table}]"]
        lines += [f"{n.removeprefix(table + '.')} = {w:.3f}" for n, w in weights.items() if n.rsplit(".", 1)[0] == table]
    args.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
