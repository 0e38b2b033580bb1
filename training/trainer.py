"""Trains the ranker: a line that fits scores above the lines that compete with it.

Two stages: reading (which words does this turn call for?), then the objective itself.
Knows: when to draw, step and save. Never: evaluation, the model file. Deterministic on one thread.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from banks import Pair
from examples import Examples
from losses import losses, reading_loss
from model import Llama, Shape, pack
from optimiser import optimisers
from recipe import Recipe
from tokens import END, Text

# Steps between reports, and between checkpoints.
REPORT = 50
SAVE = 100

Batch = list[tuple[list[int], list[list[int]]]]
# Named losses of a batch; the one called "loss" is made small.
Losses = Callable[[Llama, Batch], dict[str, Tensor]]


def train(pairs: list[Pair], text: Text, shape: Shape, recipe: Recipe, work: Path) -> tuple[Llama, dict[str, float]]:
    """The trained model and its last losses. Goes on from checkpoints of the same run in `work`."""
    torch.manual_seed(recipe.seed)
    model = Llama(shape, recipe.dropout)
    examples = Examples(pairs, recipe)
    # All objectives begin from the same reading.
    common = replace(recipe, objective="", steps=0, language=0.0, bag=0.0, settle=1.0)
    run = Stage("reading", recipe.reading, recipe.reading_batch, 1.0, read)
    run.go(model, examples, text, recipe, work / f"reading-{fingerprint(pairs, shape, common)}.ckpt")
    run = Stage(recipe.objective, recipe.steps, recipe.batch, recipe.settle, choose(recipe))
    last = run.go(model, examples, text, recipe, work / f"{recipe.objective}-{fingerprint(pairs, shape, recipe)}.ckpt")
    return model.eval(), last


def fingerprint(pairs: list[Pair], shape: Shape, recipe: Recipe) -> str:
    """Changes with anything that a checkpoint must not outlive."""
    return hashlib.sha256(repr((pairs, shape, recipe)).encode()).hexdigest()[:16]


def read(model: Llama, batch: Batch) -> dict[str, Tensor]:
    return {"loss": reading_loss(model, batch)}


def choose(recipe: Recipe) -> Losses:
    """The losses of the recipe's objective."""

    def likelihood(model: Llama, batch: Batch) -> dict[str, Tensor]:
        gold = pack([(context, options[:1]) for context, options in batch], END, model.s.context)
        _, language, _ = losses(model, gold, recipe)
        return {"loss": language}

    def ranking(model: Llama, batch: Batch) -> dict[str, Tensor]:
        contrast, language, bag = losses(model, pack(batch, END, model.s.context), recipe)
        loss = contrast + recipe.language * language + recipe.bag * bag
        return {"loss": loss, "contrast": contrast, "language": language, "bag": bag}

    return likelihood if recipe.objective == "likelihood" else ranking


class Stage:
    """A stretch of steps with its own batch size, rates and losses."""

    def __init__(self, name: str, steps: int, batch: int, factor: float, losses: Losses):
        self.name, self.steps, self.batch, self.factor, self.losses = name, steps, batch, factor, losses

    def rate(self, step: int) -> float:
        """Factor on the learning rates: rises over 50 steps, then falls to nothing."""
        return min(1.0, (step + 1) / 50) * (1 - step / self.steps) * self.factor

    def go(self, model: Llama, examples: Examples, text: Text, recipe: Recipe, checkpoint: Path) -> dict[str, float]:
        """Trains `model` in place; returns its mean losses over the last steps."""
        opts = optimisers(model, recipe)
        rates = [o.param_groups[0]["lr"] for o in opts]
        start, last, sums = 0, {}, {}
        if checkpoint.exists():
            saved = torch.load(checkpoint, weights_only=True)
            model.load_state_dict(saved["model"])
            for o, state in zip(opts, saved["optimisers"]):
                o.load_state_dict(state)
            start, last = saved["step"], saved["last"]
        began = time.monotonic()
        model.train()
        for step in range(start, self.steps):
            # Seeded by the step, so that a resumed run draws what an unbroken one would.
            rng = random.Random(f"{recipe.seed}:{self.name}:{step}")
            torch.manual_seed(rng.getrandbits(32))
            for o, rate in zip(opts, rates):
                o.param_groups[0]["lr"] = rate * self.rate(step)
            drawn = [examples.draw(rng) for _ in range(self.batch)]
            found = self.losses(model, [(text.context(turn), [text.ids(o) for o in options]) for turn, options in drawn])
            found["loss"].backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for o in opts:
                o.step()
                o.zero_grad(set_to_none=True)
            sums = {name: sums.get(name, 0.0) + x.item() for name, x in found.items()}
            if (step + 1) % REPORT == 0:
                last, sums = {name: total / REPORT for name, total in sums.items()}, {}
                shown = " ".join(f"{name} {x:.3f}" for name, x in last.items())
                pace = (step + 1 - start) / (time.monotonic() - began)
                print(f"{self.name} {step + 1}: {shown}; {pace:.2f} steps/s", flush=True)
            if (step + 1) % SAVE == 0 or step + 1 == self.steps:
                states = [o.state_dict() for o in opts]
                torch.save({"model": model.state_dict(), "optimisers": states, "step": step + 1, "last": last}, checkpoint)
        return last
