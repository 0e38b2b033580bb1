"""One command: a model that writes the client's replies itself, and whether it may.

    python3 training/write.py --pairs target/pairs.jsonl --work target/write --out target/written.jsonl

Trained on the lines under the tags that the chooser has (client or type, topic, action, move), first to read, then to write. What
decides is what another trainee's turn in the place of the right one costs a held-out reply: less than 0.3 nats a token, and
the model writes what fits the tags, not what answers. Then it writes for held-out turns, the likeliest of twelve, to be read
blind beside what an author wrote.

Knows: the order of the steps, what is measured. Never: the architecture, the files of the program.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path

import torch

import banks
import noise
import tokens
from banks import Pair, Turn
from losses import token_logprobs
from model import Llama, Shape, pack
from recipe import Recipe
from tokens import CLIENT, END, Text
from trainer import Batch, Stage, fingerprint, read

VOCABULARY = 4096
SHAPE = Shape(VOCABULARY, width=192, layers=6, heads=6, kv_heads=3, hidden=528)
RECIPE = Recipe(objective="likelihood", reading=300, reading_batch=64, steps=1800, batch=48)
GENERIC, DIALOGUE = 0.08, 0.12  # shares of lines for any turn of a move, and of whole conversations
MEASURED, WRITTEN = 1500, 120
TRIES, WARMTH, NUCLEUS, LONGEST = 12, 0.7, 0.92, 60


class Examples:
    """Draws (turn, [line]), as `trainer.Stage` takes them."""

    def __init__(self, pairs: list[Pair]):
        self.by_wording, self.generic, self.dialogue = banks.by_use(pairs)
        self.of_move: dict[str, list[Pair]] = defaultdict(list)
        for p in (p for group in self.by_wording.values() for p in group):
            for move in p.moves:
                self.of_move[move].append(p)
        self.wordings = list(self.by_wording)

    def draw(self, rng: random.Random) -> tuple[Turn, list[str]]:
        turn, line = self._drawn(rng)
        return turn, [line]

    def _drawn(self, rng: random.Random) -> tuple[Turn, str]:
        dice = rng.random()
        if dice < GENERIC:
            pair = rng.choice(self.generic)
            others = self.of_move[banks.move_name(pair, rng)]
            if others:
                other = rng.choice(others)
                return turn_of(replace(pair, trainee=other.trainee, form=other.form), rng.choice(other.trainee), rng)
        if dice < GENERIC + DIALOGUE:
            pair = rng.choice(self.dialogue)
        else:
            pair = rng.choice(self.by_wording[rng.choice(self.wordings)])
        return turn_of(pair, rng.choice(pair.trainee), rng)


def turn_of(pair: Pair, said: str, rng: random.Random, typed: bool = True) -> tuple[Turn, str]:
    kind, topic = banks.client_for(pair, rng)
    say = noise.trainee(banks.addressed(said, kind, topic), pair.form, rng) if typed else noise.plain(
        banks.addressed(said, kind, topic), pair.form)
    previous = pair.previous and banks.spoken(pair.previous, kind, topic)
    who = rng.choice(pair.clients) if pair.clients else kind
    turn = Turn(who, topic, rng.choice(pair.actions), banks.move_name(pair, rng), say, previous)
    return turn, banks.spoken(pair.reply, kind, topic)


def nats(model: Llama, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """-log p of each token of the replies and of their ends, and which reply it is of."""
    p = pack(batch, END, model.s.context)
    hidden = model(p.ids, p.positions, p.mask)
    return -token_logprobs(model, hidden, p.row, p.place, p.target), p.option


def by_reply(model: Llama, text: Text, asked: list[tuple[Turn, str]]) -> torch.Tensor:
    """Nats per token of each reply."""
    each, option = nats(model, [(text.context(turn), [text.fresh(reply)]) for turn, reply in asked])
    return torch.zeros(len(asked)).index_add(0, option, each) / torch.bincount(option)


def train(pairs: list[Pair], text: Text, recipe: Recipe, work: Path) -> Llama:
    """Goes on from checkpoints of the same run in `work`."""
    torch.manual_seed(recipe.seed)
    model, examples, run = Llama(SHAPE, recipe.dropout), Examples(pairs), fingerprint(pairs, SHAPE, recipe)
    likelihood = lambda model, batch: {"loss": nats(model, batch)[0].mean()}
    for stage in (
        Stage("reading", recipe.reading, recipe.reading_batch, 1.0, read),
        Stage("writing", recipe.steps, recipe.batch, 1.0, likelihood),
    ):
        stage.go(model, examples, text, recipe, work / f"{stage.name}-{run}.ckpt")
    return model.eval()


@torch.no_grad()
def measure(model: Llama, text: Text, held: list[tuple[Pair, str]], title: str) -> None:
    """Nats per token of held-out replies; what another turn, and what another action costs them."""
    rng = random.Random(1)
    held = sorted({(p.reply, said): (p, said) for p, said in held if len(p.reply) > 3}.items())
    right = [turn_of(p, said, rng, typed=False) for _, (p, said) in rng.sample(held, min(MEASURED, len(held)))]
    alike = defaultdict(list)
    for turn, _ in right:
        alike[turn.action].append(turn.trainee)
    another = [(replace(t, trainee=rng.choice([s for s in alike[t.action] if s != t.trainee] or [t.trainee])), r) for t, r in right]
    actions = sorted(alike)
    acting = [(replace(t, action=rng.choice([a for a in actions if a != t.action])), r) for t, r in right]
    found = []
    for asked in right, another, acting:
        found.append(torch.cat([by_reply(model, text, asked[i : i + 50]) for i in range(0, len(asked), 50)]))
    spread = lambda x: 1.96 * float(x.std()) / len(x) ** 0.5
    turn, action = found[1] - found[0], found[2] - found[0]
    print(f"{title}: {len(right)} replies, {found[0].mean():.3f} nats a token; another turn costs {turn.mean():.3f} "
          f"(± {spread(turn):.3f}), another action {action.mean():.3f} (± {spread(action):.3f})", flush=True)


@torch.no_grad()
def write(model: Llama, text: Text, turn: Turn, rng: torch.Generator) -> str:
    """The likeliest of twelve, by its mean and its least likely token, as the program weighs a free model's."""
    context = text.context(turn)
    best, reply = float("-inf"), ""
    rows = [list(context) for _ in range(TRIES)]
    sums, least, open_ = [0.0] * TRIES, [0.0] * TRIES, set(range(TRIES))
    for _ in range(LONGEST):
        n = len(rows[0])
        mask = torch.ones(n, n, dtype=torch.bool).tril()[None, None]
        hidden = model(torch.tensor([r + [END] * (n - len(r)) for r in rows]), torch.arange(n).expand(TRIES, n), mask)
        logits = model.logits(hidden[:, -1])
        logits[:, :END] = logits[:, END + 1 : CLIENT + 1] = float("-inf")
        likely = torch.log_softmax(logits, -1)
        chance, at = torch.softmax(logits / WARMTH, -1).sort(descending=True)
        chance[chance.cumsum(-1) - chance > NUCLEUS] = 0
        drawn = at.gather(1, torch.multinomial(chance, 1, generator=rng))[:, 0].tolist()
        for i, token in enumerate(drawn):
            token = token if i in open_ else END
            if i in open_:
                sums[i] += float(likely[i, token])
                least[i] = min(least[i], float(likely[i, token]))
            rows[i].append(token)
            if token == END:
                open_.discard(i)
        if not open_:
            break
    for i, row in enumerate(rows):
        said = [t for t in row[len(context) :] if t != END]
        score = sums[i] / (len(said) + 1) + 0.15 * least[i]
        if i not in open_ and said and score > best:
            best, reply = score, text.plain.decode(said)
    return reply


def main() -> None:
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--pairs", type=Path, required=True, help="JSON lines of `pushback personas lines`")
    a.add_argument("--out", type=Path, required=True, help="what was written, one JSON object a turn")
    a.add_argument("--steps", type=int, default=RECIPE.steps)
    a.add_argument("--work", type=Path, required=True, help="folder for checkpoints; a broken run goes on from there")
    a = a.parse_args()
    torch.set_num_threads(1)
    pairs = banks.read(a.pairs)
    split = banks.split(pairs)
    text = Text(tokens.train(split.train, VOCABULARY, RECIPE.seed))
    print(f"{len(pairs)} pairs, {len(split.train)} to train on; vocabulary {len(text.vocabulary)}", flush=True)
    a.work.mkdir(parents=True, exist_ok=True)
    model = train(split.train, text, replace(RECIPE, steps=a.steps), a.work)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    measure(model, text, split.wording_test, "other wordings of turns that were learnt")
    measure(model, text, [(p, p.trainee[0]) for p in split.group_test], "turns and lines both unknown")
    drawn, dice = random.Random(2), torch.Generator().manual_seed(1)
    with a.out.open("w", encoding="utf-8") as out:
        for pair in drawn.sample(split.group_test, WRITTEN):
            turn, reply = turn_of(pair, pair.trainee[0], drawn, typed=False)
            row = {**asdict(turn), "gold": reply, "written": write(model, text, turn, dice)}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
