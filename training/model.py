"""The llama architecture in PyTorch, with options packed behind one shared context.

Knows: shapes, attention, RoPE in GGUF's interleaved order. Never: banks, files, losses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Shape:
    vocab: int
    width: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    hidden: int = 352
    context: int = 256
    theta: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head(self) -> int:
        return self.width // self.heads


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """RoPE on neighbouring pairs: the order that llama files have after conversion. x: (batch, heads, n, head)."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


class Norm(nn.Module):
    def __init__(self, width: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.epsilon)


class Block(nn.Module):
    def __init__(self, s: Shape, dropout: float):
        super().__init__()
        self.s, self.dropout = s, dropout
        self.attn_norm, self.ffn_norm = Norm(s.width, s.epsilon), Norm(s.width, s.epsilon)
        self.q = nn.Linear(s.width, s.width, bias=False)
        self.k = nn.Linear(s.width, s.kv_heads * s.head, bias=False)
        self.v = nn.Linear(s.width, s.kv_heads * s.head, bias=False)
        self.out = nn.Linear(s.width, s.width, bias=False)
        self.gate = nn.Linear(s.width, s.hidden, bias=False)
        self.up = nn.Linear(s.width, s.hidden, bias=False)
        self.down = nn.Linear(s.hidden, s.width, bias=False)

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        s, (b, n, _) = self.s, x.shape
        y = self.attn_norm(x)
        q = rotate(self.q(y).view(b, n, s.heads, s.head).transpose(1, 2), cos, sin)
        k = rotate(self.k(y).view(b, n, s.kv_heads, s.head).transpose(1, 2), cos, sin)
        v = self.v(y).view(b, n, s.kv_heads, s.head).transpose(1, 2)
        k, v = (t.repeat_interleave(s.heads // s.kv_heads, 1) for t in (k, v))
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.drop(self.out(a.transpose(1, 2).reshape(b, n, s.width)))
        y = self.ffn_norm(x)
        return x + self.drop(self.down(F.silu(self.gate(y)) * self.up(y)))


class Llama(nn.Module):
    """Tied embeddings: the last product is with the transposed token table."""

    def __init__(self, s: Shape, dropout: float = 0.0):
        super().__init__()
        self.s, self.dropout, self.half = s, dropout, s.layers // 2
        self.tokens = nn.Embedding(s.vocab, s.width)
        self.blocks = nn.ModuleList(Block(s, dropout) for _ in range(s.layers))
        self.norm = Norm(s.width, s.epsilon)
        angle = torch.outer(torch.arange(s.context).float(), s.theta ** -(torch.arange(0, s.head, 2).float() / s.head))
        self.register_buffer("cos", angle.cos(), False)
        self.register_buffer("sin", angle.sin(), False)
        nn.init.normal_(self.tokens.weight, std=0.02)
        for block in self.blocks:
            for name, p in block.named_parameters():
                if p.dim() == 2:
                    nn.init.normal_(p, std=math.sqrt(2 / (5 * p.shape[1])))
                    if name.startswith(("out", "down")):
                        p.data.mul_(1 / math.sqrt(2 * s.layers))

        # In the upper half a line's words look for the turn's state, which `trainer.bag_loss` puts into the same
        # space: queries that begin as the keys begin as a comparison.
        for block in self.blocks[self.half :]:
            keys = block.k.weight.data.view(s.kv_heads, s.head, s.width)
            block.q.weight.data.copy_(keys.repeat_interleave(s.heads // s.kv_heads, 0).view(s.width, s.width))

    def middle(self, ids: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """States (batch, n, width) after the first half of the blocks. ids, positions: (batch, n); mask: true = visible."""
        x = F.dropout(self.tokens(ids), self.dropout, self.training)
        return self._through(x, positions, mask, self.blocks[: self.half])

    def finish(self, x: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """Normed states after the last block, from those of `middle`."""
        return self.norm(self._through(x, positions, mask, self.blocks[self.half :]))

    def forward(self, ids: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        return self.finish(self.middle(ids, positions, mask), positions, mask)

    def _through(self, x: Tensor, positions: Tensor, mask: Tensor, blocks: nn.ModuleList) -> Tensor:
        cos, sin = self.cos[positions].unsqueeze(1), self.sin[positions].unsqueeze(1)
        for block in blocks:
            x = block(x, cos, sin, mask)
        return x

    def logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.tokens.weight)


@dataclass
class Packed:
    """A batch of contexts, each followed by its options, which see the context and themselves only."""

    ids: Tensor  # (batch, n)
    positions: Tensor  # (batch, n); options start again where the context ends
    mask: Tensor  # (batch, 1, n, n)
    # One row per predicted token: option number over the whole batch, batch row, place of the state that predicts it.
    option: Tensor
    row: Tensor
    place: Tensor
    target: Tensor
    last: Tensor  # index into the four above: the end token of each option
    options: int
    begin: Tensor  # per batch row: place of the context's last token
    # The same for the context's own tokens.
    context_row: Tensor
    context_place: Tensor
    context_target: Tensor


def pack(batch: list[tuple[list[int], list[list[int]]]], end: int, limit: int) -> Packed:
    """Packs (context, options); each option is scored together with the `end` token that closes it."""
    n = max(len(c) + sum(len(o) for o in os) for c, os in batch)
    ids = torch.zeros(len(batch), n, dtype=torch.long)
    positions = torch.zeros(len(batch), n, dtype=torch.long)
    segment = torch.full((len(batch), n), -1)
    rows: list[tuple[int, int, int, int]] = []
    last: list[int] = []
    prefix: list[tuple[int, int, int]] = []
    count = 0
    for b, (context, options) in enumerate(batch):
        c = len(context)
        if c + max(map(len, options)) >= limit:
            raise ValueError(f"context and option longer than {limit} tokens")
        ids[b, :c], positions[b, :c], segment[b, :c] = torch.tensor(context), torch.arange(c), 0
        prefix += [(b, i, context[i + 1]) for i in range(c - 1)]
        at = c
        for k, option in enumerate(options):
            m = len(option)
            ids[b, at : at + m], positions[b, at : at + m] = torch.tensor(option), torch.arange(c, c + m)
            segment[b, at : at + m] = k + 1
            places = [c - 1, *range(at, at + m)]
            rows += [(count, b, p, t) for p, t in zip(places, [*option, end])]
            last.append(len(rows) - 1)
            at, count = at + m, count + 1
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    seen = (segment.unsqueeze(1) == 0) | (segment.unsqueeze(1) == segment.unsqueeze(2))
    option, row, place, target = torch.tensor(rows).T
    prow, pplace, ptarget = torch.tensor(prefix).T
    return Packed(ids, positions, (seen & causal).unsqueeze(1), option, row, place, target, torch.tensor(last), count,
                  torch.tensor([len(c) - 1 for c, _ in batch]), prow, pplace, ptarget)
