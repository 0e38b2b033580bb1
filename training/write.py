"""One command: a model that writes the client's replies itself, and whether it may.

    python3 training/write.py --pairs target/pairs.jsonl --out target/written.jsonl

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
import time
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path

import torch
import torch.nn.functional as F

import banks
import noise
import tokens
from banks import Pair, Turn
from losses import reading_loss
from model import Llama, Shape, pack
from optimiser import optimisers
from recipe import Recipe
from tokens import CLIENT, END, Text

VOCABULARY = 4096
SHAPE = Shape(VOCABULARY, width=192, layers=6, heads=6, kv_heads=3, hidden=528)
RECIPE = Recipe(objective="likelihood", reading=300, reading_batch=64, steps=1800, batch=48)
GENERIC, DIALOGUE = 0.08, 0.12  # shares of lines for any turn of a move, and of whole conversations
MEASURED, WRITTEN = 1500, 120
TRIES, WARMTH, NUCLEUS, LONGEST = 12, 0.7, 0.92, 60


class Examples:
    """Draws (turn, line)."""

    def __init__(self, pairs: list[Pair]):
        self.by_wording, self.generic, self.dialogue = defaultdict(list), [], []
        self.of_move = defaultdict(list)
        for p in pairs:
            if p.generic:
                self.generic.append(p)
            elif p.previous is not None or p.source.startswith("dialogues"):
                self.dialogue.append(p)
            else:
                self.by_wording[p.trainee].append(p)
                for move in p.moves:
                    self.of_move[move].append(p)
        self.wordings = list(self.by_wording)

    def draw(self, rng: random.Random) -> tuple[Turn, str]:
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


def nats(model: Llama, text: Text, asked: list[tuple[Turn, str]], by_reply: bool = False) -> torch.Tensor:
    """-log p per token of each reply's tokens and its end; all of them, or (`by_reply`) the mean of each."""
    p = pack([(text.context(turn), [text.fresh(reply)]) for turn, reply in asked], END, model.s.context)
    hidden = model(p.ids, p.positions, p.mask)
    each = F.cross_entropy(model.logits(hidden[p.row, p.place]), p.target, reduction="none")
    if not by_reply:
        return each
    return torch.zeros(p.options).index_add(0, p.option, each) / torch.bincount(p.option)


def train(pairs: list[Pair], text: Text, recipe: Recipe) -> Llama:
    torch.manual_seed(recipe.seed)
    model = Llama(SHAPE, recipe.dropout)
    examples = Examples(pairs)
    for stage, steps, batch in ("reading", recipe.reading, recipe.reading_batch), ("writing", recipe.steps, recipe.batch):
        opts = optimisers(model, recipe)
        rates = [o.param_groups[0]["lr"] for o in opts]
        total, began = 0.0, time.monotonic()
        for step in range(steps):
            rng = random.Random(f"{recipe.seed}:{stage}:{step}")
            torch.manual_seed(rng.getrandbits(32))
            for o, rate in zip(opts, rates):
                o.param_groups[0]["lr"] = rate * min(1.0, (step + 1) / 50) * (1 - step / steps)
            drawn = [examples.draw(rng) for _ in range(batch)]
            if stage == "reading":
                loss = reading_loss(model, [(text.context(t), [text.ids(r)]) for t, r in drawn])
            else:
                loss = nats(model, text, drawn).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for o in opts:
                o.step()
                o.zero_grad(set_to_none=True)
            total += loss.item()
            if (step + 1) % 50 == 0:
                pace = (step + 1) / (time.monotonic() - began)
                print(f"{stage} {step + 1}: {total / 50:.3f}; {pace:.2f} steps/s", flush=True)
                total = 0.0
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
        found.append(torch.cat([nats(model, text, asked[i : i + 50], True) for i in range(0, len(asked), 50)]))
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
    a.add_argument("--keep", type=Path, help="where to keep the weights")
    a = a.parse_args()
    torch.set_num_threads(1)
    pairs = banks.read(a.pairs)
    split = banks.split(pairs)
    text = Text(tokens.train(split.train, VOCABULARY, RECIPE.seed))
    print(f"{len(pairs)} pairs, {len(split.train)} to train on; vocabulary {len(text.vocabulary)}", flush=True)
    model = train(split.train, text, replace(RECIPE, steps=a.steps))
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    if a.keep:
        torch.save(model.state_dict(), a.keep)
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
