"""What the model is shown: a turn, the line that answers it, and lines that compete.

Knows: pairs, the prior. Never: tokens, tensors. Pure in the given random source.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace

import banks
import noise
from banks import Pair, Pool, Turn
from recipe import Recipe
from retrieval import Retrieval


class Examples:
    """Draws (turn, options) with the gold line first."""

    def __init__(self, pairs: list[Pair], recipe: Recipe):
        self.recipe, self.pool = recipe, Pool(pairs)
        self.prior = Retrieval(pairs)
        self.by_wording, self.generic, self.dialogue = banks.by_use(pairs)
        self.turns_of_move: dict[str, list[Pair]] = defaultdict(list)
        for p in pairs:
            for move in (p.moves or banks.ANY_MOVE) if not p.generic else ():
                self.turns_of_move[move].append(p)
        self.wordings = list(self.by_wording)
        self.lines = pairs
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

    def _turn(self, pair: Pair, said: str, form: str, rng: random.Random, previous: str | None) -> Turn:
        kind, topic = banks.client_for(pair, rng)
        move = banks.move_name(pair, rng)
        # The judge is not always right, so the name of the move is not always to be trusted.
        if rng.random() < 0.1 and not pair.generic:
            move = rng.choice(banks.ANY_MOVE)
        said = noise.trainee(banks.addressed(said, kind, topic), form, rng)
        if previous is not None:
            previous = banks.spoken(previous, kind, topic)
        return Turn(kind, topic, rng.choice(pair.actions), move, said, previous)

    def _before(self, rng: random.Random) -> str | None:
        return rng.choice(self.lines).reply if rng.random() < 0.3 else None

    def _specific(self, rng: random.Random) -> tuple[Turn, list[str]] | None:
        pair = rng.choice(self.by_wording[rng.choice(self.wordings)])
        said = rng.choice(pair.trainee)
        turn = self._turn(pair, said, pair.form, rng, self._before(rng))
        others = {p.reply for p in self.pool.specific(turn)} - self.pool.answers[said] - {pair.reply}
        near = [r for r in self._near(said) if r in others]
        return self._options(turn, pair.reply, rng, [(near[:12], 3), (sorted(others), 1), (self._generic_for(turn), 1)])

    def _dialogue(self, rng: random.Random) -> tuple[Turn, list[str]] | None:
        pair = rng.choice(self.dialogue)
        said = rng.choice(pair.trainee)
        turn = self._turn(pair, said, pair.form, rng, pair.previous)
        bound = sorted({p.reply for p in self.pool.bound(turn.action)} - {pair.reply})
        others = sorted({p.reply for p in self.pool.specific(turn)} - self.pool.answers[said] - {pair.reply})
        return self._options(turn, pair.reply, rng, [(bound, 2), (others, 2), (self._generic_for(turn), 1)])

    def _generic(self, rng: random.Random) -> tuple[Turn, list[str]] | None:
        """A turn that no specific line answers: a line for its move beats lines for other turns."""
        pair = rng.choice(self.generic)
        move = banks.move_name(pair, rng)
        if move not in self.turns_of_move:
            return None
        other = rng.choice(self.turns_of_move[move])
        said = rng.choice(other.trainee)
        types = tuple(t for t in pair.types if t in other.types)
        topics = tuple(t for t in pair.topics if t in other.topics)
        if not types or not topics:
            return None
        turn = self._turn(replace(pair, types=types, topics=topics, moves=(move,)), said, other.form, rng, self._before(rng))
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
        if len(options) < 3:
            return None
        return turn, [banks.spoken(o, turn.type, turn.topic) for o in options[: self.recipe.options]]
