"""Byte-level BPE over the banks, and the chat template that the model file carries.

Knows: the GPT-2 pre-tokenizer. Never: tensors, clients. Only the template yields special tokens.
"""

from __future__ import annotations

import json
import random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import banks
import noise
from banks import Pair, Turn

SYSTEM, END, TRAINEE, CLIENT = range(4)
SPECIAL = ["<|system|>", "<|end|>", "<|trainee|>", "<|client|>"]
TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ '<|system|>' + message['content'] }}"
    "{% elif message['role'] == 'user' %}{{ '<|trainee|>' + message['content'] }}"
    "{% else %}{{ '<|client|>' + message['content'] + '<|end|>' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|client|>' }}{% endif %}"
)


def train(pairs: list[Pair], size: int, seed: int) -> Tokenizer:
    rng = random.Random(seed)
    texts = []
    for p in pairs:
        kind, topic = banks.client_for(p, rng)
        texts.append(Turn(kind, topic, rng.choice(p.actions), banks.move_name(p, rng), "", None).system())
        texts.append(banks.spoken(p.reply, kind, topic))
        for t in p.trainee:
            said = banks.addressed(t, kind, topic)
            texts += [noise.plain(said, p.form), noise.trainee(said, p.form, rng)]
    tokenizer = bare({token: i for i, token in enumerate(SPECIAL)}, [])
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=SPECIAL,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            min_frequency=3,
            show_progress=False,
        ),
    )
    return tokenizer


def bare(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


class Text:
    """Texts to tokens, with special tokens switched off."""

    def __init__(self, tokenizer: Tokenizer):
        model = json.loads(tokenizer.to_str())["model"]
        self.vocabulary: dict[str, int] = model["vocab"]
        self.merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
        # Without the added tokens: "<|end|>" in a message is plain characters.
        self.plain = bare(self.vocabulary, self.merges)
        self.cache: dict[str, list[int]] = {}

    def ids(self, text: str) -> list[int]:
        """Tokens of an authored line; remembered, because lines recur."""
        if text not in self.cache:
            self.cache[text] = self.fresh(text)
        return self.cache[text]

    def fresh(self, text: str) -> list[int]:
        return self.plain.encode(text, add_special_tokens=False).ids

    def context(self, turn: Turn, limit: int = 150) -> list[int]:
        """What TEMPLATE makes of system, previous line and trainee's reply; keeps the reply's last tokens."""
        out = [SYSTEM, *self.fresh(turn.system())]
        if turn.previous is not None:
            out += [CLIENT, *self.ids(turn.previous), END]
        said = self.fresh(turn.trainee)
        room = max(16, limit - len(out))
        return [*out, TRAINEE, *said[-room:], CLIENT]
