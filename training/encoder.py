"""One command: pairs in, `models/encoder.safetensors` and its reference figures out.

    python3 training/encoder.py --pairs pairs.jsonl                 # trains on everything and writes the files
    python3 training/encoder.py --pairs pairs.jsonl --measure       # keeps wordings out and says how often they find their turn

Two turns of three have one wording in the banks; `training/wordings.tsv` has others of them, which are learnt from and not shipped.
The encoder puts a trainee's turn at a point of a sphere: the sum of a vector for each stem and for each pair of neighbours, at
length one. Wordings of one turn are drawn together, and a turn to the lines that answer it, against the other
turns of the same clients. What a word weighs is learnt with it.
Knows: pairs, stems, tensors. Never: how the program scores lines. Deterministic on one thread.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import Tensor

from words import Stems

ROOT = Path(__file__).resolve().parent.parent
FIRST, LAST = "<s>", "</s>"


@dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on besides the pairs."""

    width: int = 128
    pair_rows: int = 16384  # pairs of neighbours share rows by their CRC-32
    seen: int = 2  # a stem in fewer texts has no row
    steps: int = 1200
    clients: int = 4  # per batch, with up to ...
    turns: int = 160  # ... turns of each
    rate: float = 2e-3
    decay: float = 1.0
    drop: float = 0.4  # of the words of every second wording
    answers: float = 0.5  # weight of finding the line that answers
    seed: int = 1


@dataclass
class Turn:
    """Wordings of one trainee turn, the clients whose lines answer it, and these lines."""

    wordings: list[str]
    clients: list[str]
    replies: list[str]


@dataclass(frozen=True)
class HeldOut:
    wording: str
    turn: int
    client: str


def turns_of(pairs: Path, others: Path) -> list[Turn]:
    """The turns of the banks, and what else their wordings might be: a wording a line, with others behind it."""
    written = (line.rstrip("\n").split("\t") for line in others.open(encoding="utf-8"))
    more = {one: rest for one, *rest in written}
    found: dict[tuple[str, ...], Turn] = {}
    for row in map(json.loads, pairs.open(encoding="utf-8")):
        wordings = tuple(row["trainee"])
        if wordings:
            known = [*wordings, *(o for w in wordings for o in more.get(w, []))]
            turn = found.setdefault(wordings, Turn(known, [], []))
            turn.clients = sorted({*turn.clients, *(row["clients"] or ["anybody"])})
            turn.replies.append(row["reply"])
    return list(found.values())


def hold_out(turns: list[Turn], rng: random.Random) -> list[HeldOut]:
    """Takes one wording away from an eighth of the clients' own turns with three and more."""
    out = []
    for i, turn in enumerate(turns):
        if len(turn.wordings) >= 3 and turn.clients != ["anybody"] and rng.random() < 0.125:
            out.append(HeldOut(turn.wordings.pop(rng.randrange(len(turn.wordings))), i, turn.clients[0]))
    return rng.sample(out, min(600, len(out)))


class Encoder(torch.nn.Module):
    def __init__(self, turns: list[Turn], stems: Stems, recipe: Recipe):
        super().__init__()
        self.stems, self.recipe = stems, recipe
        self.cache: dict[str, list[int]] = {}
        said = Counter(s for t in turns for w in t.wordings for s in {FIRST, LAST, *stems.of(w)})
        seen = said + Counter(s for t in turns for r in t.replies for s in set(stems.of(r)))
        self.words = sorted(s for s, n in seen.items() if n >= recipe.seen)
        self.row = {s: i for i, s in enumerate(self.words)}
        rows = torch.randn(len(self.words) + recipe.pair_rows, recipe.width) / math.sqrt(recipe.width)
        wordings = sum(len(t.wordings) for t in turns)
        for s, i in self.row.items():
            rows[i] *= math.log((wordings + 1) / (said[s] + 1)) / 6
        rows[len(self.words) :] *= 0.15
        self.table = torch.nn.EmbeddingBag.from_pretrained(rows, freeze=False, mode="sum")
        self.sharpness = torch.nn.Parameter(torch.tensor(3.0))

    def rows_of(self, text: str) -> list[int]:
        if text not in self.cache:
            stems = [FIRST, *self.stems.of(text), LAST]
            pairs = (f"{a} {b}".encode() for a, b in zip(stems, stems[1:]))
            found = [self.row[s] for s in stems if s in self.row]
            self.cache[text] = found + [len(self.words) + zlib.crc32(p) % self.recipe.pair_rows for p in pairs]
        return self.cache[text]

    def forward(self, texts: list[str]) -> Tensor:
        rows = [self.rows_of(t) for t in texts]
        starts = np.cumsum([0, *map(len, rows[:-1])])
        sums = self.table(torch.tensor([i for r in rows for i in r]), torch.from_numpy(starts))
        return F.normalize(sums, dim=1)


def worn(wording: str, rng: random.Random, drop: float) -> str:
    """The wording, or what is left of it."""
    words = wording.split()
    if rng.random() < 0.5 and len(words) > 3:
        words = [w for w in words if rng.random() > drop]
    return " ".join(words)


def train(turns: list[Turn], stems: Stems, recipe: Recipe) -> Encoder:
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    encoder = Encoder(turns, stems, recipe)
    of_client: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        for client in turn.clients:
            of_client[client].append(turn)
    clients = [c for c in sorted(of_client) if len(of_client[c]) > recipe.turns]
    optimiser = torch.optim.AdamW(encoder.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    began, last = time.monotonic(), 0.0
    for step in range(recipe.steps):
        optimiser.param_groups[0]["lr"] = recipe.rate * min(1.0, (step + 1) / 50) * max(0.05, 1 - step / recipe.steps)
        drawn = [t for c in rng.sample(clients, recipe.clients) for t in rng.sample(of_client[c], recipe.turns)]
        said, meant, asked, answered = [], [], [], []
        for turn in drawn:
            one, other = rng.sample(turn.wordings, 2) if len(turn.wordings) > 1 else turn.wordings * 2
            said.append(worn(one, rng, recipe.drop))
            meant.append(other)
            asked.append(worn(rng.choice(turn.wordings), rng, recipe.drop))
            answered.append(rng.choice(turn.replies))
        said, meant, asked, answered = encoder(said + meant + asked + answered).chunk(4)
        scale, right = encoder.sharpness.exp(), torch.arange(len(drawn))
        loss = F.cross_entropy(scale * said @ meant.T, right) + F.cross_entropy(scale * meant @ said.T, right)
        loss = loss + recipe.answers * F.cross_entropy(scale * asked @ answered.T, right)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        last = loss.item() if step == 0 else 0.98 * last + 0.02 * loss.item()
        if (step + 1) % 200 == 0:
            print(f"{step + 1}: loss {last:.3f}; {(step + 1) / (time.monotonic() - began):.1f} steps/s", flush=True)
    return encoder.eval()


def by_rarity(turns: list[Turn], stems: Stems):
    """The cosine of bags of stems weighted by rarity, for comparison."""
    seen = Counter(s for t in turns for w in t.wordings for s in set(stems.of(w)))
    rarity = {s: math.log((sum(len(t.wordings) for t in turns) + 1) / (n + 1)) for s, n in seen.items()}
    bags: dict[str, tuple[dict[str, float], float]] = {}

    def bag(text: str) -> tuple[dict[str, float], float]:
        if text not in bags:
            weights = {s: rarity.get(s, 8.0) ** 2 for s in set(stems.of(text))}
            bags[text] = weights, math.sqrt(sum(weights.values())) or 1.0
        return bags[text]

    def like(a: str, b: str) -> float:
        (x, xn), (y, yn) = bag(a), bag(b)
        return sum(w for s, w in x.items() if s in y) / (xn * yn)

    return like


def measure(turns: list[Turn], held_out: list[HeldOut], stems: Stems, encoder: Encoder) -> None:
    """Ranks a client's turns by their likeness to a wording that was kept out."""
    of_client: dict[str, list[int]] = defaultdict(list)
    for i, turn in enumerate(turns):
        for client in turn.clients:
            of_client[client].append(i)
    rarity = by_rarity(turns, stems)
    with torch.no_grad():
        wordings = [w for t in turns for w in t.wordings]
        points = dict(zip(wordings, encoder(wordings)))
        asked = encoder([h.wording for h in held_out])

    def learnt(i: int, _: HeldOut, turn: int) -> float:
        return max(float(asked[i] @ points[w]) for w in turns[turn].wordings)

    def rare(_: int, h: HeldOut, turn: int) -> float:
        return max(rarity(h.wording, w) for w in turns[turn].wordings)

    for name, like in [("rarity", rare), ("encoder", learnt)]:
        ranks = []
        for i, h in enumerate(held_out):
            right = like(i, h, h.turn)
            ranks.append(1 + sum(like(i, h, t) > right for t in of_client[h.client] if t != h.turn))
        found = np.array(ranks)
        print(f"{name}: mean reciprocal rank {(1 / found).mean():.3f}, first {(found == 1).mean():.3f}, "
              f"among five {(found <= 5).mean():.3f}; {len(found)} wordings among the turns of their client")


def write(encoder: Encoder, out: Path) -> None:
    """Rows in eighths of a byte's range, each with its scale."""
    table = encoder.table.weight.detach().numpy()
    scale = np.maximum(np.abs(table).max(1), 1e-8) / 127
    rows = np.round(table / scale[:, None]).astype(np.int8)
    words = "\n".join(encoder.words)
    save_file({"rows": rows, "scale": scale.astype(np.float32)}, out, metadata={"words": words})


def references(encoder: Encoder, turns: list[Turn], out: Path) -> None:
    """Texts, their rows and likenesses, which the program has to come to as well."""
    rng = random.Random(encoder.recipe.seed)
    table = encoder.table.weight.detach()
    scale = table.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
    encoder.table.weight.data = (table / scale).round() * scale
    found = []
    for turn in rng.sample([t for t in turns if len(t.wordings) > 1], 40):
        one, other = rng.sample(turn.wordings, 2)
        a, b = encoder([one, other])
        found.append({"one": one, "other": other, "rows": encoder.rows_of(one), "like": round(float(a @ b), 5)})
    out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--pairs", type=Path, required=True, help="JSON lines of `pushback personas lines`")
    a.add_argument("--wordings", type=Path, default=ROOT / "training/wordings.tsv")
    a.add_argument("--measure", action="store_true", help="keep wordings out, print figures, write nothing")
    a.add_argument("--out", type=Path, default=ROOT / "models/encoder.safetensors")
    a.add_argument("--references", type=Path, default=ROOT / "tests/data/pocket/encoder.json")
    args = a.parse_args()
    torch.set_num_threads(1)
    recipe, stems, turns = Recipe(), Stems(ROOT / "prompts/lines/synonyms.toml"), turns_of(args.pairs, args.wordings)
    held_out = hold_out(turns, random.Random(recipe.seed)) if args.measure else []
    encoder = train(turns, stems, recipe)
    if args.measure:
        measure(turns, held_out, stems, encoder)
    else:
        write(encoder, args.out)
        references(encoder, turns, args.references)


if __name__ == "__main__":
    main()
