"""Trains the ranker: the end token is likely after a line that fits, unlikely after one that does not.

Knows: pairs, tokens, the model. Never: files of the model, evaluation. Deterministic on one thread.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

import banks
import noise
from banks import Pair, Pool, Turn
from model import Llama, Packed, Shape, pack
from retrieval import Retrieval
from tokens import END, Text

# Steps between reports, and between checkpoints.
REPORT = 50
SAVE = 250
LOSSES = ("contrast", "language", "bag")


@dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on besides the pairs."""

    objective: str = "end"  # end | total | likelihood
    steps: int = 1500
    batch: int = 24
    options: int = 6
    language: float = 0.2  # weight of the language-model loss beside the contrastive one
    bag: float = 0.3  # weight of the loss that finds the gold line by its words alone, among all lines of the batch
    dropout: float = 0.1
    rate_matrix: float = 0.02
    rate_other: float = 3e-3
    decay: float = 0.05
    seed: int = 1
    generic: float = 0.28  # share of examples whose gold line fits any turn of its move
    dialogue: float = 0.22


class Examples:
    """Draws (turn, options) with the gold line first."""

    def __init__(self, pairs: list[Pair], recipe: Recipe):
        self.recipe, self.pool = recipe, Pool(pairs)
        self.prior = Retrieval(pairs)
        self.by_wording: dict[tuple[str, ...], list[Pair]] = defaultdict(list)
        self.generic: list[Pair] = []
        self.dialogue: list[Pair] = []
        self.turns_of_move: dict[str | None, list[Pair]] = defaultdict(list)
        for p in pairs:
            if p.generic:
                self.generic.append(p)
            elif p.previous is not None or p.source.startswith("dialogues"):
                self.dialogue.append(p)
            else:
                self.by_wording[p.trainee].append(p)
            if not p.generic:
                self.turns_of_move[p.move].append(p)
        self.turns_of_move[None] = [p for p in pairs if not p.generic]
        self.wordings = list(self.by_wording)
        self.replies = [p.reply for p in pairs]
        self.nearest: dict[str, list[str]] = {}

    def draw(self, rng: random.Random) -> tuple[Turn, list[str]]:
        while True:
            dice = rng.random()
            if dice < self.recipe.generic:
                found = self._generic(rng)
            elif dice < self.recipe.generic + self.recipe.dialogue and self.dialogue:
                found = self._dialogue(rng)
            else:
                found = self._specific(rng)
            if found is not None:
                return found

    def _turn(self, pair: Pair, said: str, rng: random.Random, previous: str | None) -> Turn:
        kind, topic = banks.client_for(pair, rng)
        move = banks.move_name(pair, rng)
        # The judge is not always right, so the name of the move is not always to be trusted.
        if rng.random() < 0.1 and not pair.generic:
            move = rng.choice(banks.ANY_MOVE)
        return Turn(kind, topic, rng.choice(pair.actions), move, noise.trainee(said, rng), previous)

    def _before(self, rng: random.Random) -> str | None:
        return rng.choice(self.replies) if rng.random() < 0.3 else None

    def _specific(self, rng: random.Random) -> tuple[Turn, list[str]] | None:
        pair = rng.choice(self.by_wording[rng.choice(self.wordings)])
        said = rng.choice(pair.trainee)
        turn = self._turn(pair, said, rng, self._before(rng))
        others = {p.reply for p in self.pool.specific(turn)} - self.pool.answers[said] - {pair.reply}
        near = [r for r in self._near(said) if r in others]
        return self._options(turn, pair.reply, rng, [(near[:12], 3), (sorted(others), 1), (self._generic_for(turn), 1)])

    def _dialogue(self, rng: random.Random) -> tuple[Turn, list[str]] | None:
        pair = rng.choice(self.dialogue)
        said = rng.choice(pair.trainee)
        turn = self._turn(pair, said, rng, pair.previous)
        bound = sorted({p.reply for p in self.pool.bound(turn.action)} - {pair.reply})
        others = sorted({p.reply for p in self.pool.specific(turn)} - self.pool.answers[said] - {pair.reply})
        return self._options(turn, pair.reply, rng, [(bound, 2), (others, 2), (self._generic_for(turn), 1)])

    def _generic(self, rng: random.Random) -> tuple[Turn, list[str]] | None:
        """A turn that no specific line answers: a line for its move beats lines for other turns."""
        pair = rng.choice(self.generic)
        other = rng.choice(self.turns_of_move.get(pair.move) or self.turns_of_move[None])
        said = rng.choice(other.trainee)
        types = tuple(t for t in pair.types if t in other.types)
        topics = tuple(t for t in pair.topics if t in other.topics)
        if not types or not topics:
            return None
        turn = self._turn(replace(pair, types=types, topics=topics), said, rng, self._before(rng))
        specific = {p.reply for p in self.pool.specific(turn)}
        if specific & self.pool.answers[said]:
            return None
        return self._options(turn, pair.reply, rng, [(sorted(specific - {pair.reply}), 5)])

    def _generic_for(self, turn: Turn) -> list[str]:
        return [p.reply for p in self.pool.generic(turn)]

    def _near(self, said: str) -> list[str]:
        """Lines by closeness of their trainee wordings: the mistakes that retrieval would make."""
        if said not in self.nearest:
            score = self.prior.scores(said)
            self.nearest[said] = sorted(score, key=lambda r: (-score[r], r))[:300]
        return self.nearest[said]

    def _options(
        self, turn: Turn, gold: str, rng: random.Random, sources: list[tuple[list[str], int]]
    ) -> tuple[Turn, list[str]] | None:
        options = [gold]
        for lines, count in sources:
            left = [r for r in dict.fromkeys(lines) if r not in options]
            options += rng.sample(left, min(count, len(left)))
        return (turn, options[: self.recipe.options]) if len(options) >= 3 else None


class Muon(torch.optim.Optimizer):
    """Orthogonalised momentum for matrices (Jordan et al. 2024): few steps suffice on little text."""

    def __init__(self, params, lr: float, decay: float, momentum: float = 0.95):
        super().__init__(params, dict(lr=lr, decay=decay, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                average = self.state[p].setdefault("average", torch.zeros_like(p))
                average.lerp_(p.grad, 1 - group["momentum"])
                x = p.grad.lerp(average, group["momentum"])
                tall = x.shape[0] > x.shape[1]
                x = x.T if tall else x
                x = x / (x.norm() + 1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = x.T if tall else x
                p.mul_(1 - group["lr"] * group["decay"])
                p.add_(x, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


def token_logprobs(model: Llama, hidden: Tensor, row: Tensor, place: Tensor, target: Tensor) -> Tensor:
    return -F.cross_entropy(model.logits(hidden[row, place]), target, reduction="none")


# Whole lines differ by tens of nats; the softmax over them is taken at this fraction.
TEMPERATURE = 0.25
# Sharpness of the cosine in `bag_loss`.
SHARPNESS = 14.0


def bag_loss(model: Llama, hidden: Tensor, p: Packed, starts: Tensor) -> Tensor:
    """The state before the line points at the mean of the line's token vectors.

    The end token alone teaches reading slowly; this teaches the turn's state early which words to expect.
    """
    words = torch.ones(len(p.option), dtype=torch.bool)
    words[p.last] = False
    total = torch.zeros(p.options, model.s.width).index_add(0, p.option[words], model.tokens(p.target[words]))
    lines = total / torch.bincount(p.option[words], minlength=p.options).unsqueeze(1)
    lines = F.normalize(lines - lines.mean(0), dim=1)
    states = F.normalize(hidden[p.row[p.last][starts], p.begin], dim=1)
    return F.cross_entropy(SHARPNESS * states @ lines.T, starts)


def losses(model: Llama, p: Packed, recipe: Recipe) -> tuple[Tensor, Tensor, Tensor]:
    """(contrastive, language, bag) of a batch; the gold line stands first in each context."""
    hidden = model(p.ids, p.positions, p.mask)
    owner = p.row[p.last]
    counts = torch.bincount(owner)
    starts = counts.cumsum(0) - counts
    gold_option = torch.zeros(p.options, dtype=torch.bool)
    gold_option[starts] = True
    context = token_logprobs(model, hidden, p.context_row, p.context_place, p.context_target)
    if recipe.objective == "end":
        score = token_logprobs(model, hidden, p.row[p.last], p.place[p.last], p.target[p.last])
        words = gold_option[p.option]
        words[p.last] = False
        gold = token_logprobs(model, hidden, p.row[words], p.place[words], p.target[words])
    else:
        every = token_logprobs(model, hidden, p.row, p.place, p.target)
        score = TEMPERATURE * torch.zeros(p.options).index_add(0, p.option, every)
        gold = every[gold_option[p.option]]
    language = -(gold.mean() + 0.3 * context.mean())
    column = torch.arange(p.options) - starts[owner]
    table = torch.full((len(counts), recipe.options), float("-inf")).index_put((owner, column), score)
    contrast = -torch.log_softmax(table, 1)[:, 0].mean()
    return contrast, language, bag_loss(model, hidden, p, starts)


def optimisers(model: Llama, recipe: Recipe) -> list[torch.optim.Optimizer]:
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and not n.startswith("tokens")]
    others = [p for n, p in model.named_parameters() if p.dim() != 2 or n.startswith("tokens")]
    return [
        Muon(matrices, lr=recipe.rate_matrix, decay=recipe.decay),
        torch.optim.AdamW(others, lr=recipe.rate_other, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def fingerprint(pairs: list[Pair], shape: Shape, recipe: Recipe) -> str:
    """Changes with anything that a checkpoint must not outlive."""
    return hashlib.sha256(repr((pairs, shape, recipe)).encode()).hexdigest()[:16]


def train(pairs: list[Pair], text: Text, shape: Shape, recipe: Recipe, work: Path) -> tuple[Llama, dict[str, float]]:
    """The trained model and its last losses. Goes on from a checkpoint of the same run in `work`."""
    torch.manual_seed(recipe.seed)
    model = Llama(shape, recipe.dropout)
    opts = optimisers(model, recipe)
    rates = [o.param_groups[0]["lr"] for o in opts]
    examples = Examples(pairs, recipe)
    checkpoint = work / f"{recipe.objective}-{fingerprint(pairs, shape, recipe)}.ckpt"
    start, last = 0, dict.fromkeys(LOSSES, 0.0)
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        for o, s in zip(opts, saved["optimisers"]):
            o.load_state_dict(s)
        start, last = saved["step"], saved["last"]
    began, sums = time.monotonic(), [0.0] * 3
    model.train()
    for step in range(start, recipe.steps):
        # Seeded by the step, so that a resumed run draws what an unbroken one would.
        rng = random.Random(f"{recipe.seed}:{step}")
        torch.manual_seed(rng.getrandbits(32))
        scale = min(1.0, (step + 1) / 50) * (1 - step / recipe.steps)
        for o, rate in zip(opts, rates):
            o.param_groups[0]["lr"] = rate * scale
        drawn = [examples.draw(rng) for _ in range(recipe.batch)]
        batch = [(text.context(turn), [text.ids(o) for o in options]) for turn, options in drawn]
        if recipe.objective == "likelihood":
            batch = [(c, os[:1]) for c, os in batch]
        contrast, language, bag = losses(model, pack(batch, END, shape.context), recipe)
        loss = contrast + recipe.language * language + recipe.bag * bag
        if recipe.objective == "likelihood":
            loss = language
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for o in opts:
            o.step()
            o.zero_grad(set_to_none=True)
        sums = [total + x.item() for total, x in zip(sums, (contrast, language, bag))]
        if (step + 1) % REPORT == 0:
            last = {name: total / REPORT for name, total in zip(LOSSES, sums)}
            sums = [0.0] * 3
            pace = (step + 1 - start) / (time.monotonic() - began)
            shown = " ".join(f"{name} {x:.3f}" for name, x in last.items())
            print(f"step {step + 1} {shown} {pace:.2f} steps/s", flush=True)
        if (step + 1) % SAVE == 0 or step + 1 == recipe.steps:
            states = [o.state_dict() for o in opts]
            torch.save({"model": model.state_dict(), "optimisers": states, "step": step + 1, "last": last}, checkpoint)
    return model.eval(), last
