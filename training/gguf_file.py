"""The model as a GGUF file in Q8_0, and back.

Knows: GGUF names and keys that llama.cpp and candle read. Never: banks, losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, LlamaFileType, TokenType, quants

import tokens
from model import Llama, Shape
from tokens import SPECIAL, Text

NAMES = {
    "tokens.weight": "token_embd.weight",
    "norm.weight": "output_norm.weight",
    "attn_norm.weight": "attn_norm.weight",
    "ffn_norm.weight": "ffn_norm.weight",
    "q.weight": "attn_q.weight",
    "k.weight": "attn_k.weight",
    "v.weight": "attn_v.weight",
    "out.weight": "attn_output.weight",
    "gate.weight": "ffn_gate.weight",
    "up.weight": "ffn_up.weight",
    "down.weight": "ffn_down.weight",
}


@dataclass(frozen=True)
class Origin:
    """Where the model comes from; written into the file."""

    pairs_sha256: str
    recipe: str
    license: str = "MIT OR Apache-2.0"


def tensor_name(name: str) -> str:
    if name.startswith("blocks."):
        _, layer, rest = name.split(".", 2)
        return f"blk.{layer}.{NAMES[rest]}"
    return NAMES[name]


def write(model: Llama, text: Text, origin: Origin, path: Path) -> None:
    """Matrices in Q8_0, norms in F32. There is no output.weight: the token table serves for both."""
    s = model.s
    w = GGUFWriter(path, "llama")
    w.add_name("pushback pocket")
    w.add_description("Ranks authored lines of resistant clients in context; not a chat model.")
    w.add_license(origin.license)
    w.add_string("general.source.sha256", origin.pairs_sha256)
    w.add_string("general.source.recipe", origin.recipe)
    w.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    w.add_quantization_version(2)
    w.add_vocab_size(s.vocab)
    w.add_context_length(s.context)
    w.add_embedding_length(s.width)
    w.add_block_count(s.layers)
    w.add_feed_forward_length(s.hidden)
    w.add_head_count(s.heads)
    w.add_head_count_kv(s.kv_heads)
    w.add_layer_norm_rms_eps(s.epsilon)
    w.add_rope_dimension_count(s.head)
    w.add_rope_freq_base(s.theta)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    by_id = sorted(text.vocabulary, key=text.vocabulary.get)
    w.add_token_list(by_id)
    w.add_token_types([TokenType.CONTROL if t in SPECIAL else TokenType.NORMAL for t in by_id])
    w.add_token_merges([" ".join(m) for m in text.merges])
    # The template begins with <|system|> itself, so nothing is put in front.
    w.add_bos_token_id(tokens.SYSTEM)
    w.add_eos_token_id(tokens.END)
    w.add_eot_token_id(tokens.END)
    w.add_add_bos_token(False)
    w.add_add_space_prefix(False)
    w.add_chat_template(tokens.TEMPLATE)
    for name, p in model.state_dict().items():
        a = p.detach().numpy().astype(np.float32)
        if a.ndim == 1:
            w.add_tensor(tensor_name(name), a)
        else:
            q = quants.quantize(a, GGMLQuantizationType.Q8_0)
            w.add_tensor(tensor_name(name), q, raw_dtype=GGMLQuantizationType.Q8_0)
    path.parent.mkdir(parents=True, exist_ok=True)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def read(path: Path) -> tuple[Llama, Text]:
    """The model with its weights dequantised to F32, and its tokenizer, from nothing but the file."""
    r = GGUFReader(path)

    def key(name: str):
        return r.fields[name].contents()

    s = Shape(
        vocab=len(key("tokenizer.ggml.tokens")),
        width=key("llama.embedding_length"),
        layers=key("llama.block_count"),
        heads=key("llama.attention.head_count"),
        kv_heads=key("llama.attention.head_count_kv"),
        hidden=key("llama.feed_forward_length"),
        context=key("llama.context_length"),
        theta=key("llama.rope.freq_base"),
        epsilon=key("llama.attention.layer_norm_rms_epsilon"),
    )
    model = Llama(s).eval()
    stored = {t.name: t for t in r.tensors}
    state = model.state_dict()
    for name, p in state.items():
        t = stored.pop(tensor_name(name))
        state[name] = torch.tensor(quants.dequantize(t.data, t.tensor_type)).reshape(p.shape)
    if stored:
        raise ValueError(f"tensors without a place: {sorted(stored)}")
    model.load_state_dict(state)
    vocabulary = {t: i for i, t in enumerate(key("tokenizer.ggml.tokens"))}
    merges = [tuple(m.split(" ")) for m in key("tokenizer.ggml.merges")]
    return model, Text(tokens.bare(vocabulary, merges))
