"""What is made small.

Knows: the model, packed batches. Never: pairs, how batches are drawn.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from model import Llama, Packed
from recipe import Recipe

def token_logprobs(model: Llama, hidden: Tensor, row: Tensor, place: Tensor, target: Tensor) -> Tensor:
    return -F.cross_entropy(model.logits(hidden[row, place]), target, reduction="none")


# A token's mean log-probability differs little between lines; the softmax over them is taken at this multiple.
CONTRAST = 8.0
# Sharpness of the cosine in `bag_loss`.
SHARPNESS = 14.0


def bag_loss(model: Llama, states: Tensor, owner: Tensor, words: Tensor, gold: Tensor) -> Tensor:
    """A turn's middle state points at the mean of its line's token vectors, among all lines of the batch.

    The end token alone teaches reading slowly. This teaches within a few hundred steps which words a turn
    calls for; the upper half of the blocks then learns to compare them with the line's.
    states: (turns, width); owner, words: line number and token of every word; gold: line of each turn.
    """
    lines = torch.zeros(int(owner[-1]) + 1, model.s.width).index_add(0, owner, model.tokens(words))
    lines = lines / torch.bincount(owner).unsqueeze(1)
    lines = F.normalize(lines - lines.mean(0), dim=1)
    return F.cross_entropy(SHARPNESS * F.normalize(states, dim=1) @ lines.T, gold)


def reading_loss(model: Llama, batch: list[tuple[list[int], list[list[int]]]]) -> Tensor:
    """`bag_loss` of the contexts alone: no line passes through the model, so many turns fit in a step."""
    n = max(len(context) for context, _ in batch)
    ids = torch.zeros(len(batch), n, dtype=torch.long)
    for i, (context, _) in enumerate(batch):
        ids[i, : len(context)] = torch.tensor(context)
    mask = torch.ones(n, n, dtype=torch.bool).tril()[None, None]
    middle = model.middle(ids, torch.arange(n).expand(len(batch), n), mask)
    ends = torch.tensor([len(context) - 1 for context, _ in batch])
    lines = [line for _, options in batch for line in options]
    owner = torch.tensor([i for i, line in enumerate(lines) for _ in line])
    counts = torch.tensor([len(options) for _, options in batch])
    words = torch.tensor([t for line in lines for t in line])
    return bag_loss(model, middle[torch.arange(len(batch)), ends], owner, words, counts.cumsum(0) - counts)


def losses(model: Llama, p: Packed, recipe: Recipe) -> tuple[Tensor, Tensor, Tensor]:
    """(contrastive, language, bag) of a batch; the gold line stands first in each context."""
    middle = model.middle(p.ids, p.positions, p.mask)
    hidden = model.finish(middle, p.positions, p.mask)
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
        mean = torch.zeros(p.options).index_add(0, p.option, every) / torch.bincount(p.option)
        score = CONTRAST * mean
        gold = every[gold_option[p.option]]
    language = -(gold.mean() + 0.3 * context.mean())
    column = torch.arange(p.options) - starts[owner]
    table = torch.full((len(counts), recipe.options), float("-inf")).index_put((owner, column), score)
    contrast = -torch.log_softmax(table, 1)[:, 0].mean()
    words = torch.ones(len(p.option), dtype=torch.bool)
    words[p.last] = False
    states = middle[torch.arange(len(counts)), p.begin]
    return contrast, language, bag_loss(model, states, p.option[words], p.target[words], starts)
