#!/usr/bin/env python3
"""Writes a GGUF model of a known shape with random weights, for speed and parity trials.

    random_gguf.py SHAPE OUT.gguf [SEED]

F16, the output matrix tied to the embedding. The tokenizer is byte-level with one merge, padded to the
shape's vocabulary. Needs the packages numpy and gguf.
"""
import pathlib
import sys

import gguf
import numpy as np

# name: hidden_size, layers, heads, key-value heads, intermediate_size, vocabulary, rope theta, head_dim
SHAPES = {
    "tiny": (64, 2, 4, 2, 128, 50304, 1e4, 16),
    "smollm2-135m": (576, 30, 9, 3, 1536, 49152, 1e5, 64),
    "smollm2-360m": (960, 32, 15, 5, 2560, 49152, 1e5, 64),
    "llama3.2-1b": (2048, 16, 32, 8, 8192, 128256, 5e5, 64),
    "llama3.1-8b": (4096, 32, 32, 8, 14336, 128256, 5e5, 128),
}


def byte_characters() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    kept = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = iter(range(0x100, 0x200))
    return [chr(b) if b in kept else chr(next(spare)) for b in range(256)]


def write(shape: str, out: pathlib.Path, seed: int = 0) -> None:
    hidden, layers, heads, kv_heads, inner, vocabulary, theta, head = SHAPES[shape]
    unfinished = out.with_suffix(".part")
    w = gguf.GGUFWriter(str(unfinished), "llama")
    w.add_context_length(8192)
    w.add_embedding_length(hidden)
    w.add_block_count(layers)
    w.add_feed_forward_length(inner)
    w.add_head_count(heads)
    w.add_head_count_kv(kv_heads)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_freq_base(theta)
    w.add_rope_dimension_count(head)
    w.add_vocab_size(vocabulary)
    w.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    tokens = byte_characters() + ["\u0120t"]
    tokens += [f"<unused{i}>" for i in range(vocabulary - len(tokens))]
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(tokens)
    w.add_token_types([gguf.TokenType.NORMAL] * vocabulary)
    w.add_token_merges(["\u0120 t"])
    w.add_bos_token_id(0)
    w.add_eos_token_id(1)

    rng = np.random.default_rng(seed)

    def matrix(name: str, rows: int, columns: int) -> None:
        values = rng.standard_normal((rows, columns), dtype=np.float32) * 0.02
        w.add_tensor(name, values.astype(np.float16))

    def ones(name: str) -> None:
        w.add_tensor(name, np.ones(hidden, np.float32))

    matrix("token_embd.weight", vocabulary, hidden)
    for layer in range(layers):
        block = f"blk.{layer}."
        ones(block + "attn_norm.weight")
        ones(block + "ffn_norm.weight")
        matrix(block + "attn_q.weight", heads * head, hidden)
        matrix(block + "attn_k.weight", kv_heads * head, hidden)
        matrix(block + "attn_v.weight", kv_heads * head, hidden)
        matrix(block + "attn_output.weight", hidden, heads * head)
        matrix(block + "ffn_gate.weight", inner, hidden)
        matrix(block + "ffn_up.weight", inner, hidden)
        matrix(block + "ffn_down.weight", hidden, inner)
    ones("output_norm.weight")
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    unfinished.rename(out)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in SHAPES:
        sys.exit(f"usage: random_gguf.py {{{','.join(SHAPES)}}} OUT.gguf [SEED]")
    write(sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) == 4 else 0)
