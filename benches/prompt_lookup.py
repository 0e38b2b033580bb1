#!/usr/bin/env python3
"""What prompt lookup could gain on real conversations, without any model.

Each client turn is decoded as it was said. At each token, the newest earlier place with the same last N
tokens proposes what followed there; what of it the client really said is accepted, as a model would at best
(one that always draws the very next word). Out: accepted tokens, tokens per step, and how much faster that
would be if a step with a draft costs COST times a step without.

Usage: prompt_lookup.py TRANSCRIPTS.csv [--tokenizer MODEL.gguf] [--cost 1.2]
The columns are transcript_id, interlocutor (therapist or client), utterance_text. With a model file that has
a byte-level BPE vocabulary, tokens are its own (packages `gguf` and `tokenizers`); else words and signs.
"""

import argparse
import csv
import re
from itertools import groupby

NGRAMS = (4, 3, 2)
DRAFT = 3
CONTEXT = 4096


def words(text):
    return re.findall(r" ?\w+|[^\w\s]", text)


def bpe(path):
    from gguf import GGUFReader
    from tokenizers import Tokenizer, models, pre_tokenizers

    fields = GGUFReader(path).fields
    vocabulary = {token: i for i, token in enumerate(fields["tokenizer.ggml.tokens"].contents())}
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


class Past:
    """The conversation so far, and where each n-gram of it last ended."""

    def __init__(self):
        self.tokens = []
        self.ends = {}

    def push(self, token):
        self.tokens.append(token)
        at = len(self.tokens)
        for n in NGRAMS:
            if at > n:  # what ends one token earlier: its continuation is known now
                self.ends[tuple(self.tokens[at - 1 - n : at - 1])] = at - 1

    def draft(self, longest):
        for n in NGRAMS:
            end = self.ends.get(tuple(self.tokens[-n:]))
            if end is not None and end > len(self.tokens) - CONTEXT:
                return self.tokens[end : end + longest]
        return []


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("transcripts")
    ap.add_argument("--tokenizer")
    ap.add_argument("--cost", type=float, default=1.2)
    args = ap.parse_args()
    cut = bpe(args.tokenizer) if args.tokenizer else words
    with open(args.transcripts, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tokens = steps = drafted = proposed = accepted = 0
    for _, session in groupby(rows, key=lambda r: r["transcript_id"]):
        past, seen = Past(), set()
        for row in session:
            if row.get("utterance_id") in seen:  # one row for each annotator
                continue
            seen.add(row.get("utterance_id"))
            turn = cut(row["utterance_text"].strip()) + ["<end>"]
            if row["interlocutor"] != "client":
                for token in turn:
                    past.push(token)
                continue
            at = 0
            while at < len(turn):
                draft = past.draft(DRAFT)
                same = 0
                while same < len(draft) and at + same < len(turn) and draft[same] == turn[at + same]:
                    same += 1
                step = min(same + 1, len(turn) - at)  # the model's own next token comes for nothing
                for token in turn[at : at + step]:
                    past.push(token)
                at += step
                steps += 1
                drafted += bool(draft)
                proposed += len(draft)
                accepted += same
            tokens += len(turn)
    cost = (steps - drafted + args.cost * drafted) / tokens
    print(f"{tokens} client tokens in {steps} steps: {tokens / steps:.3f} a step")
    print(f"a draft in {drafted / steps:.1%} of steps, {accepted / max(proposed, 1):.1%} of its tokens accepted")
    print(f"at {args.cost} times the time for a step with a draft: {1 / cost:.3f} times as fast")


if __name__ == "__main__":
    main()
