"""Checks that need no training run: `python3 -m unittest` in this folder."""

from __future__ import annotations

import random
import re
import tempfile
import unittest
from pathlib import Path

import jinja2
import numpy as np
import torch

import banks
import chooser
import evaluate
import gguf_file
import noise
import tokens
from banks import Pair, Turn
from model import Llama, Shape
from tokens import Text
from words import stem, tokens as words_of

TYPES, ALL_TOPICS = tuple(banks.CLIENTS), tuple(banks.TOPICS)


def pair(trainee: tuple[str, ...], reply: str, source: str = "contrast.txt") -> Pair:
    return Pair(trainee, "turn", reply, ("deny",), ("open_question",), TYPES, ALL_TOPICS, None, source)


def some_pairs() -> list[Pair]:
    return [
        pair((f"What about number {i}?", f"Tell me of {i}.", f"And {i} then?"), f"Number {i} is not my problem.")
        for i in range(60)
    ]


def small() -> tuple[Llama, Text]:
    text = Text(tokens.train(some_pairs(), 320, 1))
    torch.manual_seed(3)
    model = Llama(Shape(len(text.vocabulary), width=64, layers=2, heads=2, kv_heads=1, hidden=96)).eval()
    for p in model.parameters():
        p.data.mul_(2.0)
    return model, text


TURN = Turn("shut-down", "mood", "deny", "open_question", "What about <who>?", "Fine. <|end|>")
OPTIONS = ["No.", "Number 7 is not my problem.", "Ask <who>, she knows — not me."]


class Model(unittest.TestCase):
    def test_packed_options_score_as_if_each_stood_alone(self):
        model, text = small()
        together = evaluate.score(model, text, TURN, OPTIONS)
        for i, option in enumerate(OPTIONS):
            alone = evaluate.score(model, text, TURN, [option])
            for a, b in zip(together, alone):
                self.assertAlmostEqual(float(a[i]), float(b[0]), places=4)

    def test_scores_are_those_of_a_plain_causal_pass(self):
        model, text = small()
        context, option = text.context(TURN), text.ids(OPTIONS[1])
        ids = torch.tensor([context + option])
        n = ids.shape[1]
        mask = torch.ones(n, n, dtype=torch.bool).tril()[None, None]
        with torch.no_grad():
            logp = torch.log_softmax(model.logits(model(ids, torch.arange(n)[None], mask)), -1)[0]
        steps = [logp[len(context) - 1 + i, t].item() for i, t in enumerate([*option, tokens.END])]
        end, total, _ = evaluate.score(model, text, TURN, OPTIONS)
        self.assertAlmostEqual(float(end[1]), steps[-1], places=4)
        self.assertAlmostEqual(float(total[1]), sum(steps), places=3)


class File(unittest.TestCase):
    def test_what_is_written_reads_back_within_the_rounding_of_q8(self):
        model, text = small()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "small.gguf"
            gguf_file.write(model, text, gguf_file.Origin("00", "{}"), path)
            stored, reread = gguf_file.read(path)
        self.assertEqual(reread.fresh(OPTIONS[2]), text.fresh(OPTIONS[2]))
        before, after = model.state_dict(), stored.state_dict()
        for name in before:
            step = before[name].abs().max().item() / 127
            self.assertLessEqual((before[name] - after[name]).abs().max().item(), step)

    def test_the_stored_template_gives_the_tokens_trained_on(self):
        _, text = small()
        messages = [
            {"role": "system", "content": TURN.system()},
            {"role": "assistant", "content": TURN.previous},
            {"role": "user", "content": TURN.trainee},
        ]
        template = jinja2.Environment().from_string(tokens.TEMPLATE)
        rendered = template.render(messages=[m | {"content": f"\0{m['content']}\0"} for m in messages], add_generation_prompt=True)
        ids: list[int] = []
        for i, piece in enumerate(rendered.split("\0")):
            if i % 2:
                ids += text.fresh(piece)
            else:
                ids += [tokens.SPECIAL.index(t) for t in re.findall(r"<\|\w+\|>", piece)]
        self.assertEqual(ids, text.context(TURN))
        self.assertEqual(ids.count(tokens.END), 1)


class Banks(unittest.TestCase):
    def test_nothing_held_out_is_trained_on(self):
        s = banks.split(some_pairs())
        said = {t for p in s.train for t in p.trainee}
        self.assertTrue(s.wording_dev and s.wording_test and s.group_test)
        self.assertFalse(said & {t for _, t in s.wording_dev + s.wording_test})
        self.assertFalse(said & {t for p in s.group_test for t in p.trainee})
        self.assertFalse({p.reply for p in s.train} & {p.reply for p in s.group_test})

    def test_noise_keeps_slots_whole(self):
        rng = random.Random(4)
        for _ in range(300):
            self.assertIn("<who>", noise.trainee("You could talk to <who> about the drinking tonight.", "turn", rng))


class Ranking(unittest.TestCase):
    def test_a_flat_score_gains_nothing(self):
        place = evaluate.place(np.zeros(4), np.array([False, True, False, False]))
        self.assertAlmostEqual(place.first, 1 / 4)
        self.assertAlmostEqual(place.reciprocal, (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)

    def test_the_gold_line_counts_from_the_top(self):
        place = evaluate.place(np.array([3.0, 2.0, 1.0]), np.array([False, True, False]))
        self.assertEqual((place.reciprocal, place.first), (0.5, 0.0))


class Words(unittest.TestCase):
    def test_words_are_taken_apart_as_the_program_does(self):
        self.assertEqual(words_of("You don\u2019t see <who>'s {thing}."), ["you", "do", "not", "see", "<who>", "s", "{thing}"])
        for a, b in [("drinking", "drinks"), ("stopped", "stop"), ("worries", "worried"), ("making", "make")]:
            self.assertEqual(stem(a), stem(b))
        self.assertEqual(stem("this"), "this")


class Chooser(unittest.TestCase):
    def graded(self, near: float, grade: int) -> chooser.Graded:
        known = {"kind": "paired", "tag": "inform", "near": near, "asks": "same", "own": True, "asked": True, "wanted": False}
        return chooser.Graded("t", ("t", 1), grade, chooser.features(known))

    def test_what_is_nearer_is_likelier_and_never_less_so(self):
        right = [self.graded(i / 40, 2 if i > 20 else 0) for i in range(40)]
        wrong = [self.graded(i / 40, 0 if i > 20 else 2) for i in range(40)]
        near, far = self.graded(0.9, 0).features, self.graded(0.6, 0).features
        self.assertGreater(near @ chooser.fit(right), far @ chooser.fit(right) + 0.5)
        self.assertGreaterEqual(near @ chooser.fit(wrong), far @ chooser.fit(wrong))

    def test_pairs_of_a_moment_are_counted(self):
        rows = [self.graded(0.9, 2), self.graded(0.8, 0), self.graded(0.1, 1)]
        self.assertEqual(chooser.told_apart(rows, np.array([3.0, 2.0, 1.0])), (0.5, 1.0, 1))


if __name__ == "__main__":
    unittest.main()
