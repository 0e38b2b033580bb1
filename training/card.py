"""The model card, written from the measured figures.

Knows: the report of `evaluate`. Never: how anything was computed.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from model import Shape
from recipe import Recipe

SCORES = {
    "retrieval": "retrieval alone",
    "end": "ranker: end token",
    "total": "ranker: whole line's log-probability",
    "mean": "ranker: per token",
    "combined": "combined",
}
PARTS = {
    "wording_dev": "New wording of a known turn (the weight was chosen here)",
    "wording_test": "New wording of a known turn",
    "group_test": "Turns and lines both unknown",
}
READ = {
    "end": "the log-probability of the end token",
    "mean": "the mean log-probability of the line's tokens, the end token among them,",
    "likelihood": "the mean log-probability of the line's tokens, the end token among them,",
}
POOLS = {"near": "the lines that retrieval ranks highest", "any": "lines drawn at random"}


def figure(f: dict, name: str) -> str:
    return f"{f[name]:.3f} [{f[name + '_low']:.3f}, {f[name + '_high']:.3f}]"


def results(report: dict) -> str:
    out = []
    for pool, r in report.items():
        out.append(f"\n### Candidates: {POOLS[pool]}\n\nWeight of the ranker chosen: **{r['weight']:.2f}**.\n")
        for part, f in r["parts"].items():
            out.append(f"{PARTS[part]}: {f['retrieval']['n']} turns, {f['candidates']:.0f} candidates each.\n")
            out.append("| score | mean reciprocal rank | right line first |\n|---|---|---|")
            out += [f"| {label} | {figure(f[k], 'mrr')} | {figure(f[k], 'top1')} |" for k, label in SCORES.items()]
            g = f["gain"]
            out.append(f"\nGain of the combination over retrieval alone: {g['mrr']:+.3f} [{g['low']:+.3f}, {g['high']:+.3f}].")
            weights = ", ".join(f"{a:.1f}: {x:.3f}" for a, x in f["by_weight"].items())
            out.append(f"Mean reciprocal rank by weight of the ranker: {weights}.\n")
    return "\n".join(out)


def objectives(tried: dict[str, dict]) -> str:
    if not tried:
        return ""
    rows = ["\n## Objectives compared\n", "Mean reciprocal rank on new wording of known turns (test half), same data, shape, reading stage and",
            "number of steps; each with its own score and its own weight.\n",
            "| objective | steps | its score alone, near | combined, near | its score alone, any | combined, any |", "|---|---|---|---|---|---|"]
    for name, r in tried.items():
        parts = [r["report"][pool]["parts"]["wording_test"] for pool in ("near", "any")]
        cells = [f"{part[k]['mrr']:.3f}" for part in parts for k in (r["score"], "combined")]
        rows.append(f"| {name} | {r['steps']} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def readings() -> str:
    """What people made of the lines: kept by hand, since no run can measure it."""
    return (Path(__file__).parent / "readings.md").read_text(encoding="utf-8")


def card(shape: Shape, recipe: Recipe, facts: dict, report: dict) -> str:
    """Markdown. `facts`: counts and sizes by name."""
    settings = ", ".join(f"{k} {v}" for k, v in asdict(recipe).items())
    return f"""# The pocket model

A llama-architecture model of {facts['parameters']:,} parameters ({shape.layers} layers, width {shape.width}, {shape.heads} heads over
{shape.kv_heads} key-value heads, feed-forward {shape.hidden}, vocabulary {shape.vocab}, context {shape.context}), Q8_0, {facts['bytes'] / 1e6:.1f} MB.
It does not write. It ranks authored client lines in context: after system words
(`type topic action move`), the client's previous line, the trainee's reply and a candidate
line, {READ[recipe.objective]} says how well the line fits. Made with nothing but
the lines in `prompts/lines`, by `training/make_pocket.sh`; no pretrained weights, no other text.

**Since 2026-11-28 it has no say in what the client says**: see "Graded lines" below. The choice is made by `encoder.safetensors` and
`chooser.toml`; this model stays as what `bench`, the engine's tests and the counting of tokens run on.

## Data

{facts['pairs']:,} pairs of trainee turn and client line ({facts['lines']:,} distinct lines), sha256 of the export
`{facts['sha256']}`.
Held out by content hash, before the vocabulary is made: a tenth of the groups of turns that share
wording or lines, whole; and, of a third of the other turns with three wordings and more, one wording.
{facts['train']:,} pairs are left to train on. At most {recipe.generic:.0%} of the examples have a line that fits any turn of its move.

## Training

{settings}.
Two stages. *Reading*: the state after the trainee's turn, half-way up the model, is drawn to the mean of
the token vectors of the line that answers it, among all lines of the batch. *Objective*: with that loss and a
language-model loss beside it, the gold line against up to {recipe.options - 1} lines that pass the same filters (type, topic, action),
among them those that retrieval would confuse with it. Trainee turns are reworded, shortened, lower-cased and misspelt at random.
Losses at the end: {facts['losses']}. Time: {facts['minutes']:.0f} minutes on one thread.

## Figures

A combined score is `a · z(ranker) + (1 − a) · z(prior)`, z over the candidates of the turn. In brackets: bootstrap 95 % intervals
over turns. One seed, one set of authors; the held-out wordings come from the same hands as the training ones.
{results(report)}{objectives(facts['tried'])}

## Quantised against trained

The file's weights, dequantised, give scores within {facts['drift']:.3f} nats of the trained ones over {facts['compared']} options
(mean {facts['drift_mean']:.4f}); the highest-ranked option is the same in {facts['same_first']} of {facts['turns_compared']} turns.

{readings()}
## Limits

- English only; ten types of client, fourteen topics; it has seen no client and no trainee outside the banks.
- It knows only the words of the banks. A trainee's turn in words that the banks do not have is as good as unread.
- It has no notion of risk. Crisis lines are a closed list that the program plays without asking it.
- The figures say how often the line comes first that its author had in mind, not how often the first line is a good one.
"""
