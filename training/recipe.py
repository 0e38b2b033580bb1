"""The settings of a run. Knows: nothing. Never: how they are used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on besides the pairs."""

    objective: str = "mean"  # end | mean | likelihood
    reading: int = 500  # steps of `reading_loss` before the objective
    reading_batch: int = 64
    steps: int = 900
    batch: int = 24
    options: int = 6
    language: float = 0.1  # weight of the language-model loss beside the contrastive one
    bag: float = 1.0  # weight of the loss that finds the gold line by its words alone, among all lines of the batch
    dropout: float = 0.1
    rate_matrix: float = 0.02
    rate_other: float = 3e-3
    settle: float = 0.5  # factor on both rates once reading is learnt
    decay: float = 0.05
    seed: int = 1
    generic: float = 0.25  # share of examples whose gold line fits any turn of its move
    dialogue: float = 0.15

    @property
    def score(self) -> str:
        """The ranker's score that the objective trains."""
        return "end" if self.objective == "end" else "mean"
