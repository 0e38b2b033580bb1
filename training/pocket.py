"""One command: pairs in, model file, model card and reference scores out.

Knows: the order of the steps. Never: how a step is done.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

import banks
import card
import evaluate
import gguf_file
import tokens
from evaluate import Query
from model import Llama, Shape
from recipe import Recipe
from tokens import Text
from trainer import train

FIXTURE_TURNS = 10
FIXTURE_OPTIONS = 6


def arguments() -> argparse.Namespace:
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--pairs", type=Path, required=True, help="JSON lines of `pushback personas lines`")
    a.add_argument("--out", type=Path, required=True, help="the GGUF file to write")
    a.add_argument("--card", type=Path, help="the model card to write")
    a.add_argument("--scores", type=Path, help="the reference scores to write")
    a.add_argument("--work", type=Path, required=True, help="folder for checkpoints; a broken run goes on from there")
    a.add_argument("--steps", type=int, default=Recipe.steps)
    a.add_argument("--objective", choices=["end", "mean", "likelihood"], default=Recipe.objective)
    a.add_argument("--compare", action="store_true", help="also train the two other objectives, for the card")
    return a.parse_args()


def drift(trained: Llama, stored: Llama, text: Text, found: list[Query], score: str) -> dict:
    """How far the file's scores are from the trained model's."""
    at = evaluate.SCORES.index(score)
    apart, same = [], 0
    for q in found:
        before = evaluate.score(trained, text, q.turn, q.options)[at]
        after = evaluate.score(stored, text, q.turn, q.options)[at]
        apart += list(np.abs(before - after))
        same += int(before.argmax() == after.argmax())
    return {
        "drift": float(max(apart)),
        "drift_mean": float(np.mean(apart)),
        "compared": len(apart),
        "same_first": same,
        "turns_compared": len(found),
    }


def reference(stored: Llama, text: Text, found: list[Query]) -> list[dict]:
    """Turns with their scores by the file's dequantised weights, for the program's own engine to meet."""
    out = []
    for i, q in enumerate(found[:FIXTURE_TURNS]):
        previous = found[-1 - i].options[0] if i % 2 else None
        turn, options = replace(q.turn, previous=previous), q.options[:FIXTURE_OPTIONS]
        end, total, _ = evaluate.score(stored, text, turn, options)
        messages = [{"role": "system", "content": turn.system()}]
        if previous is not None:
            messages.append({"role": "assistant", "content": previous})
        messages.append({"role": "user", "content": turn.trainee})
        out.append(
            {
                "messages": messages,
                "context_tokens": text.context(turn),
                "options": options,
                "end": [round(float(x), 5) for x in end],
                "tok": [len(text.ids(o)) + 1 for o in options],
                "total": [round(float(x), 5) for x in total],
            }
        )
    return out


def main() -> None:
    a = arguments()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    a.work.mkdir(parents=True, exist_ok=True)
    pairs = banks.read(a.pairs)
    split = banks.split(pairs)
    text = Text(tokens.train(split.train, 3072, Recipe.seed))
    shape = Shape(len(text.vocabulary))
    recipe = Recipe(steps=a.steps, objective=a.objective)
    print(f"{len(pairs)} pairs, {len(split.train)} to train on; vocabulary {shape.vocab}", flush=True)

    began = time.monotonic()
    trained, last = train(split.train, text, shape, recipe, a.work)
    minutes = (time.monotonic() - began) / 60
    source = banks.sha256(a.pairs)
    gguf_file.write(trained, text, gguf_file.Origin(source, json.dumps(asdict(recipe))), a.out)
    stored, reread = gguf_file.read(a.out)
    report = evaluate.report(stored, reread, split, recipe.score)
    print(evaluate.table(report), flush=True)

    tried = {}
    for name in ("end", "mean", "likelihood") if a.compare else ():
        other = replace(recipe, objective=name)
        figures = report
        if other != recipe:
            figures = evaluate.report(train(split.train, text, shape, other, a.work)[0], text, split, other.score)
        tried[name] = {"steps": a.steps, "score": other.score, "report": figures}
    sample = evaluate.queries(split, "wording_test", "near")[:50]
    facts = drift(trained, stored, reread, sample, recipe.score) | {
        "losses": ", ".join(f"{name} {x:.3f}" for name, x in last.items()),
        "parameters": sum(p.numel() for p in trained.parameters()),
        "bytes": a.out.stat().st_size,
        "pairs": len(pairs),
        "lines": len({p.reply for p in pairs}),
        "train": len(split.train),
        "sha256": source,
        "minutes": minutes,
        "tried": tried,
    }
    print({k: v for k, v in facts.items() if k != "tried"}, flush=True)
    if a.card:
        a.card.write_text(card.card(shape, recipe, facts, report), encoding="utf-8")
    if a.scores:
        a.scores.parent.mkdir(parents=True, exist_ok=True)
        a.scores.write_text(json.dumps(reference(stored, reread, sample), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
