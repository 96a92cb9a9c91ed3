"""Writes blocks.json: what the package gguf makes of quantised blocks.

    python3 make_blocks_golden.py

For each type: `blocks` (hex of random bytes whose scales are ordinary numbers) and `values`, what
they stand for (hex of f32). For the types that the package can quantise: `from` (f32) and
`quantized`, the blocks it makes of them.
"""

import json
import pathlib

import gguf
import numpy as np

TYPES = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"]
HALVES = {"Q4_1": [0, 2], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
QUANTIZABLE = ["BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]

random = np.random.default_rng(11)


def random_blocks(name, count):
    kind = gguf.GGMLQuantizationType[name]
    block, size = gguf.GGML_QUANT_SIZES[kind]
    if block == 1:
        values = random.normal(0, 1, count * 32).astype(np.float32)
        return gguf.quantize(values, kind).view(np.uint8).reshape(-1)
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    for place in HALVES.get(name, [0]):
        scale = random.normal(0, 0.01, count).astype(np.float16).view(np.uint8).reshape(count, 2)
        blocks[:, place : place + 2] = scale
    return blocks.reshape(-1)


def hard_values():
    """Ordinary blocks, one of zeros, one constant, ties, tiny and large ones, outliers."""
    rows = [random.normal(0, s, 32) for s in (1, 0.02, 1e-6, 300)]
    rows += [np.zeros(32), np.full(32, -0.75), np.linspace(-1, 1, 32), np.arange(32) - 16.0]
    outlier = random.normal(0, 0.01, 32)
    outlier[5] = -3
    rows += [outlier, np.abs(rows[0]), -np.abs(rows[0]), np.where(np.arange(32) % 2, 1.0, -1.0)]
    return np.array(rows, dtype=np.float32)


golden = {}
for name in TYPES:
    kind = gguf.GGMLQuantizationType[name]
    blocks = random_blocks(name, 8)
    values = gguf.dequantize(blocks, kind).astype(np.float32).reshape(-1)
    golden[name] = {"blocks": blocks.tobytes().hex(), "values": values.tobytes().hex()}
    if name in QUANTIZABLE:
        given = hard_values()
        golden[name]["from"] = given.tobytes().hex()
        golden[name]["quantized"] = gguf.quantize(given, kind).tobytes().hex()

file = pathlib.Path(__file__).parent / "blocks.json"
file.write_text(json.dumps(golden, indent=0) + "\n")
print(f"{file.stat().st_size} bytes")
