"""How often the right line comes first: retrieval, ranker, and the two combined.

Knows: pairs, scores. Never: gradients, files.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

import banks
import noise
from banks import Pair, Pool, Split, Turn
from model import Llama, pack
from retrieval import Retrieval
from tokens import END, Text
from losses import token_logprobs

CANDIDATES = 30
QUERIES = 400
# What the ranker can be asked for: end token, whole line, whole line per token.
SCORES = ("end", "total", "mean")
PARTS = ("wording_dev", "wording_test", "group_test")
WEIGHTS = [i / 20 for i in range(21)]


@dataclass
class Query:
    turn: Turn
    options: list[str]
    gold: np.ndarray  # bool per option
    prior: np.ndarray
    ranker: dict[str, np.ndarray] = field(default_factory=dict)  # by name of the score


@torch.no_grad()
def score(model: Llama, text: Text, turn: Turn, options: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per option: log-probability of the end token, of the whole, and of the whole per token."""
    p = pack([(text.context(turn), [text.ids(o) for o in options])], END, model.s.context)
    hidden = model(p.ids, p.positions, p.mask)
    every = token_logprobs(model, hidden, p.row, p.place, p.target)
    total = torch.zeros(p.options).index_add(0, p.option, every)
    count = torch.bincount(p.option)
    return every[p.last].numpy(), total.numpy(), (total / count).numpy()


def query(
    pair: Pair, said: str, pool: Pool, answers: set[str], prior: Retrieval, lines: str, rng: random.Random
) -> Query | None:
    """Eligible lines for the turn, gold among them. `lines`: "near" by retrieval, or "any" eligible."""
    kind, topic = banks.client_for(pair, rng)
    shown = noise.plain(banks.addressed(said, kind, topic), pair.form)
    turn = Turn(kind, topic, rng.choice(pair.actions), banks.move_name(pair, rng), shown, None)
    eligible = {p.reply for p in pool.specific(turn)} | {p.reply for p in pool.generic(turn)}
    others = sorted(eligible - answers)
    if len(others) < 8:
        return None
    if lines == "near":
        rng.shuffle(others)
        score = dict(zip(others, prior.among(said, others)))
        chosen = sorted(others, key=lambda r: -score[r])[: CANDIDATES - 1]
    else:
        chosen = rng.sample(others, min(CANDIDATES - 1, len(others)))
    options = [pair.reply, *chosen]
    rng.shuffle(options)
    gold = np.array([o == pair.reply for o in options])
    spoken = [banks.spoken(o, kind, topic) for o in options]
    return Query(turn, spoken, gold, np.array(prior.among(said, options)))


def queries(split: Split, part: str, lines: str, seed: int = 5) -> list[Query]:
    """Held-out turns with their candidates; at most QUERIES, the same at every call."""
    rng = random.Random(f"{seed}:{part}:{lines}")
    if part == "group_test":
        # Every candidate is as new to the model as the gold line, and retrieval has their own words only.
        pairs = split.group_test
        pool, prior = Pool(pairs), Retrieval(split.train)
        tasks = [(p, rng.choice(p.trainee)) for p in pairs]
    else:
        pool, prior = Pool(split.train), Retrieval(split.train)
        tasks = list(getattr(split, part))
    answers = Pool(split.train + split.group_test).answers
    rng.shuffle(tasks)
    found = []
    for pair, said in tasks:
        same = answers[said] | {r for t in pair.trainee for r in answers[t]}
        q = query(pair, said, pool, same | {pair.reply}, prior, lines, rng)
        if q is not None:
            found.append(q)
        if len(found) == QUERIES:
            break
    return found


def fill(model: Llama, text: Text, found: list[Query]) -> list[Query]:
    for q in found:
        q.ranker = dict(zip(SCORES, score(model, text, q.turn, q.options)))
    return found


def z(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / max(float(x.std()), 1e-6)


def combined(q: Query, score: str, weight: float) -> np.ndarray:
    return weight * z(q.ranker[score]) + (1 - weight) * z(q.prior)


@dataclass(frozen=True)
class Place:
    """Where the gold line stands, expected over all orders of the lines that tie with it."""

    reciprocal: float
    first: float


def place(scores: np.ndarray, gold: np.ndarray) -> Place:
    mine = scores[gold].max()
    others = scores[~gold]
    above, level = int((others > mine).sum()), int((others == mine).sum())
    reciprocal = float(np.mean([1 / (1 + above + i) for i in range(level + 1)]))
    return Place(reciprocal, 1 / (1 + level) if above == 0 else 0.0)


def interval(values: np.ndarray, seed: int = 11) -> tuple[float, float]:
    """Bootstrap 95 % interval of the mean over turns."""
    draws = np.random.default_rng(seed).integers(0, len(values), (2000, len(values)))
    low, high = np.quantile(values[draws].mean(1), [0.025, 0.975])
    return float(low), float(high)


def figures(places: list[Place]) -> dict[str, float]:
    """Mean reciprocal rank and share at rank one, with their intervals."""
    out: dict[str, float] = {"n": len(places)}
    for name, values in (("mrr", [p.reciprocal for p in places]), ("top1", [p.first for p in places])):
        low, high = interval(np.array(values))
        out |= {name: float(np.mean(values)), f"{name}_low": low, f"{name}_high": high}
    return out


def gain(after: list[Place], before: list[Place]) -> dict[str, float]:
    """Mean difference in reciprocal rank over the same turns."""
    d = np.array([x.reciprocal - y.reciprocal for x, y in zip(after, before)])
    low, high = interval(d)
    return {"mrr": float(d.mean()), "low": low, "high": high}


def places(found: list[Query], scores: Callable[[Query], np.ndarray]) -> list[Place]:
    return [place(scores(q), q.gold) for q in found]


def choose_weight(found: list[Query], score: str) -> float:
    """The weight of the ranker with the best mean reciprocal rank on the development turns."""
    return max(WEIGHTS, key=lambda a: (np.mean([p.reciprocal for p in places(found, lambda q: combined(q, score, a))]), -a))


def report(model: Llama, text: Text, split: Split, score: str) -> dict:
    """Every figure that the model card quotes; `score` is the one that is combined with retrieval."""
    out: dict = {}
    for lines in ("near", "any"):
        found = {part: fill(model, text, queries(split, part, lines)) for part in PARTS}
        weight = choose_weight(found["wording_dev"], score)
        out[lines] = {"weight": weight, "parts": {p: part_report(f, score, weight) for p, f in found.items()}}
    return out


def part_report(found: list[Query], score: str, weight: float) -> dict:
    prior = places(found, lambda q: q.prior)
    both = places(found, lambda q: combined(q, score, weight))
    return {
        "candidates": float(np.mean([len(q.options) for q in found])),
        "retrieval": figures(prior),
        **{name: figures(places(found, lambda q: q.ranker[name])) for name in SCORES},
        "combined": figures(both),
        "gain": gain(both, prior),
        "by_weight": {a: float(np.mean([p.reciprocal for p in places(found, lambda q: combined(q, score, a))])) for a in WEIGHTS[::2]},
    }


def table(result: dict) -> str:
    rows = []
    for lines, r in result.items():
        rows.append(f"candidates: {lines}; weight of the ranker {r['weight']:.2f}")
        for part, f in r["parts"].items():
            cells = [f"{k} {f[k]['mrr']:.3f}/{f[k]['top1']:.3f}" for k in ("retrieval", *SCORES, "combined")]
            g = f["gain"]
            rows.append(f"  {part} n={f['retrieval']['n']} of {f['candidates']:.0f}: " + "  ".join(cells)
                        + f"  gain {g['mrr']:+.3f} [{g['low']:+.3f}, {g['high']:+.3f}]")
            rows.append("    by weight " + " ".join(f"{a:.1f}:{x:.3f}" for a, x in f["by_weight"].items()))
    return "\n".join(rows)
