"""Holds `twin models embed` against sentence-transformers on a real model and real chunks.

    python3 check_embedders.py TWIN MODEL_FOLDER SCIFACT_FOLDER [--chunks 2000]

The chunks are abstracts of BEIR's SciFact (title and text), cut at sentences to the model's length.
Fails unless every cosine of f32 is at least 0.99999; prints those of bf16 and int8, the mean and the
least, and each one's nDCG@10 on the test queries (with --ndcg).
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np


def chunks_of(folder, tokenizer, limit, count):
    """Texts of up to `limit` tokens: whole sentences of an abstract."""
    chunks = []
    for line in open(folder / "corpus.jsonl"):
        document = json.loads(line)
        current = ""
        for sentence in (document["title"] + ". " + document["text"]).split(". "):
            longer = current + sentence + ". "
            if len(tokenizer.encode(longer)) > limit and current:
                chunks.append(current.strip())
                longer = sentence + ". "
            current = longer
        chunks.append(current.strip())
        if len(chunks) >= count:
            break
    return [c for c in chunks if len(tokenizer.encode(c)) <= limit][:count]


def ours(twin, model, texts, compute, query=False):
    with tempfile.TemporaryDirectory() as folder:
        lines, output = f"{folder}/lines", f"{folder}/vectors"
        with open(lines, "w") as file:
            file.writelines(json.dumps(text) + "\n" for text in texts)
        command = [twin, "models", "embed", model, "--lines", lines, "--output", output]
        command += ["--compute", compute, "--json"] + (["--query"] if query else [])
        answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return np.fromfile(output, "<f4").reshape(len(texts), answer["dimensions"])


def ndcg(documents, document_ids, queries, query_ids, judged):
    scores = queries @ documents.T
    total = 0
    for i, query in enumerate(query_ids):
        best = np.argsort(-scores[i], kind="stable")[:10]
        gain = [judged[query].get(document_ids[j], 0) for j in best]
        ideal = sorted(judged[query].values(), reverse=True)[:10]
        dcg = lambda gains: sum(g / np.log2(r + 2) for r, g in enumerate(gains))
        total += dcg(gain) / dcg(ideal)
    return total / len(query_ids)


def cut(tokenizer, text, limit):
    """What sentence-transformers leaves of a long text: whole words of the first tokens."""
    offsets = tokenizer(text, truncation=True, max_length=limit, return_offsets_mapping=True)
    ends = offsets["offset_mapping"]
    text = text[: max(end for _, end in ends)]
    while len(tokenizer.encode(text)) > limit:
        text = text[:-1]
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("twin")
    parser.add_argument("model")
    parser.add_argument("scifact", type=pathlib.Path)
    parser.add_argument("--chunks", type=int, default=2000)
    parser.add_argument("--ndcg", action="store_true")
    arguments = parser.parse_args()

    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(2)
    peer = SentenceTransformer(arguments.model, device="cpu")
    tokenizer, limit = peer.tokenizer, peer.max_seq_length
    tokenizer.deprecation_warnings["sequence-length-is-longer-than-the-specified-maximum"] = True
    texts = chunks_of(arguments.scifact, tokenizer, limit, arguments.chunks)
    theirs = peer.encode(texts, normalize_embeddings=True, batch_size=32)
    ok = True
    for compute in ("f32", "bf16", "int8"):
        vectors = ours(arguments.twin, arguments.model, texts, compute)
        cosines = (vectors * theirs).sum(axis=1)
        print(f"{compute:5} {len(texts)} chunks: cosine mean {cosines.mean():.7f}, "
              f"least {cosines.min():.7f}")
        ok = ok and cosines.min() >= {"f32": 0.99999, "bf16": 0.9995, "int8": 0.995}[compute]
    if arguments.ndcg:
        corpus = [json.loads(line) for line in open(arguments.scifact / "corpus.jsonl")]
        judged = {}
        for line in open(arguments.scifact / "qrels/test.tsv").read().splitlines()[1:]:
            query, document, score = line.split("\t")
            judged.setdefault(query, {})[document] = int(score)
        queries = [json.loads(line) for line in open(arguments.scifact / "queries.jsonl")]
        queries = [q for q in queries if q["_id"] in judged]
        documents = [cut(tokenizer, (d["title"] + " " + d["text"]).strip(), limit) for d in corpus]
        questions = [q["text"] for q in queries]
        for compute in ("f32", "bf16", "int8"):
            value = ndcg(ours(arguments.twin, arguments.model, documents, compute),
                         [d["_id"] for d in corpus],
                         ours(arguments.twin, arguments.model, questions, compute, query=True),
                         [q["_id"] for q in queries], judged)
            print(f"{compute:5} nDCG@10 on {len(queries)} queries: {value:.4f}")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
