"""Muon for the matrices, AdamW for the token table and the norms. Knows: parameters. Never: losses."""

from __future__ import annotations

import torch

from model import Llama
from recipe import Recipe


class Muon(torch.optim.Optimizer):
    """Orthogonalised momentum for matrices (Jordan et al. 2024): few steps suffice on little text."""

    def __init__(self, params, lr: float, decay: float, momentum: float = 0.95):
        super().__init__(params, dict(lr=lr, decay=decay, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:  # above the middle, while reading is learnt
                    continue
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


def optimisers(model: Llama, recipe: Recipe) -> list[torch.optim.Optimizer]:
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and not n.startswith("tokens")]
    others = [p for n, p in model.named_parameters() if p.dim() != 2 or n.startswith("tokens")]
    return [
        Muon(matrices, lr=recipe.rate_matrix, decay=recipe.decay),
        torch.optim.AdamW(others, lr=recipe.rate_other, betas=(0.9, 0.95), weight_decay=0.0),
    ]
