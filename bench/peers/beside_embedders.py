"""Embeds the same chunks with twin, onnxruntime and sentence-transformers, one after the other.

    python3 beside_embedders.py TWIN MODEL_FOLDER SCIFACT_FOLDER [--chunks 512] [--rounds 3]

Checks cosines first, then times each in turn `rounds` times (median): tokenizing included, two threads,
batches sorted by length as sentence-transformers does. onnxruntime runs the same weights, exported here
by torch.onnx with its graph optimisations on. One JSON object on standard output.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/peers"))
import check_embedders  # noqa: E402

THREADS = 2


class ByName(torch.nn.Module):
    """The exporter passes inputs by place, transformers' models take them by name."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask,
                         token_type_ids=token_type_ids).last_hidden_state


class Onnx:
    def __init__(self, model, folder):
        import onnxruntime
        import torch
        import transformers

        bert = transformers.AutoModel.from_pretrained(model, attn_implementation="eager").eval()
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        names = ["input_ids", "attention_mask", "token_type_ids"]
        sample = tuple(torch.ones(2, 8, dtype=torch.int64) for _ in names)
        axes = {name: {0: "batch", 1: "time"} for name in names + ["last_hidden_state"]}
        file = f"{folder}/model.onnx"
        torch.onnx.export(ByName(bert), sample, file, input_names=names, dynamic_axes=axes,
                          output_names=["last_hidden_state"], dynamo=False, opset_version=17)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])

    def encode(self, texts, batch=32):
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        out = [None] * len(texts)
        for first in range(0, len(order), batch):
            chosen = order[first : first + batch]
            inputs = self.tokenizer([texts[i] for i in chosen], padding=True, return_tensors="np")
            feed = {key: inputs[key].astype(np.int64) for key in
                    ("input_ids", "attention_mask", "token_type_ids")}
            hidden = self.session.run(None, feed)[0]
            mask = feed["attention_mask"][:, :, None].astype(np.float32)
            rows = (hidden * mask).sum(1) / mask.sum(1)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            for i, row in zip(chosen, rows):
                out[i] = row
        return np.stack(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("twin")
    parser.add_argument("model")
    parser.add_argument("scifact", type=pathlib.Path)
    parser.add_argument("--chunks", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(THREADS)
    peer = SentenceTransformer(arguments.model, device="cpu")
    limit = peer.max_seq_length
    texts = check_embedders.chunks_of(arguments.scifact, peer.tokenizer, limit, 4 * arguments.chunks)
    # Those near the model's length.
    texts = sorted(texts, key=lambda t: -len(peer.tokenizer.encode(t)))[: arguments.chunks]
    tokens = sum(len(peer.tokenizer.encode(t)) for t in texts)
    query = "does the sixth chair close, and who made its joint?"
    rates, query_ms, cosines = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        onnx = Onnx(arguments.model, folder)
        lines = f"{folder}/lines"
        with open(lines, "w") as file:
            file.writelines(json.dumps(text) + "\n" for text in texts)
        encode = {
            "sentence_transformers": lambda t: peer.encode(t, normalize_embeddings=True, batch_size=32),
            "onnxruntime": onnx.encode,
        }
        expected = encode["sentence_transformers"](texts[:64])
        cosines["onnxruntime"] = float((onnx.encode(texts[:64]) * expected).sum(1).min())
        for compute in ("f32", "bf16", "int8"):
            vectors = check_embedders.ours(arguments.twin, arguments.model, texts[:64], compute)
            cosines[f"twin_{compute}"] = float((vectors * expected).sum(1).min())
        ours = {}
        for _ in range(arguments.rounds):
            for name, run in encode.items():
                start = time.perf_counter()
                run(texts)
                rates.setdefault(name, []).append(tokens / (time.perf_counter() - start))
                times = []
                for _ in range(20):
                    start = time.perf_counter()
                    run([query])
                    times.append(1000 * (time.perf_counter() - start))
                query_ms.setdefault(name, []).append(statistics.median(times))
            for compute in ("f32", "bf16", "int8"):
                answer = json.loads(subprocess.run(
                    [arguments.twin, "bench", "embed", arguments.model, "--lines", lines, "--compute",
                     compute, "--repeat", "1", "--query", query, "--threads", str(THREADS), "--json"],
                    check=True, capture_output=True).stdout)
                ours.setdefault(compute, []).append(answer)
                rates.setdefault(f"twin_{compute}", []).append(answer["tokens_per_s"])
                query_ms.setdefault(f"twin_{compute}", []).append(answer["query_ms"])
    median = {name: statistics.median(values) for name, values in rates.items()}
    f32 = median["twin_f32"]
    print(json.dumps({
        "chunks": len(texts), "tokens": tokens, "threads": THREADS,
        "tokens_per_s": median,
        "spread": {name: [min(v), max(v)] for name, v in rates.items()},
        "query_ms": {name: statistics.median(v) for name, v in query_ms.items()},
        "least_cosine": cosines,
        "fraction_of_f32_limit": statistics.median(a["fraction_of_f32_limit"] for a in ours["f32"]),
        "f32_gflops": statistics.median(a["f32_gflops"] for a in ours["f32"]),
        "f32_over_onnxruntime": f32 / median["onnxruntime"],
        "f32_over_sentence_transformers": f32 / median["sentence_transformers"],
        "bf16_over_f32": median["twin_bf16"] / f32,
        "int8_over_f32": median["twin_int8"] / f32,
    }, indent=1))


if __name__ == "__main__":
    main()
