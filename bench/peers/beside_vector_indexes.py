#!/usr/bin/env python3
"""The vector store's search beside hnswlib and faiss on the same vectors, queries and threads.

  pip install hnswlib faiss-cpu numpy
  bench/peers/beside_vector_indexes.py [--rows 200000] [--dimensions 384] [--vectors FILE.npy]
                                       [--bench build/release/bench/vectors_bench] [--json FILE]

Exact results of all are compared first. Without --vectors: the same kind of surface as vectors_bench
makes. One query at a time; graphs with M 16 and ef_construction 200, ef as in the table.
"""
import argparse
import json
import os
import subprocess
import tempfile
import time

import faiss
import hnswlib
import numpy as np

K = 10


def made_up(rows, dimensions, seed):
    shape, random = np.random.default_rng(99), np.random.default_rng(seed)
    mapping = shape.standard_normal((32, dimensions), dtype=np.float32)
    centres = 0.6 * shape.standard_normal((500, 32), dtype=np.float32)
    inner = centres[random.integers(0, 500, rows)] + random.standard_normal((rows, 32), dtype=np.float32)
    x = np.tanh((inner @ mapping + 1.5 * random.standard_normal((rows, dimensions), dtype=np.float32)) / 4)
    return np.ascontiguousarray(x / np.linalg.norm(x, axis=1, keepdims=True), dtype=np.float32)


def measure(search, queries, exact):
    times, found = [], 0
    search(queries[0])
    for query, wanted in zip(queries, exact):
        start = time.perf_counter()
        got = search(query)
        times.append(1e3 * (time.perf_counter() - start))
        found += len(set(got) & set(wanted))
    times.sort()
    return {"p50_ms": times[len(times) // 2], "p95_ms": times[int(0.95 * (len(times) - 1))],
            "recall_at_10": found / (K * len(queries))}


parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int, default=200_000)
parser.add_argument("--dimensions", type=int, default=384)
parser.add_argument("--vectors", help=".npy; the last 200 rows are the queries")
parser.add_argument("--bench", default="build/release/bench/vectors_bench")
parser.add_argument("--json")
parser.add_argument("--no-graph", action="store_true", help="exact search alone")
flags = parser.parse_args()
threads = len(os.sched_getaffinity(0))
if flags.vectors:
    every = np.ascontiguousarray(np.load(flags.vectors), dtype=np.float32)
    every /= np.linalg.norm(every, axis=1, keepdims=True)
    rows, queries = every[:-200], every[-200:]
else:
    rows, queries = made_up(flags.rows, flags.dimensions, 1), made_up(200, flags.dimensions, 2)

with tempfile.TemporaryDirectory() as folder:
    rows.tofile(f"{folder}/rows")
    queries.tofile(f"{folder}/queries")
    ours = json.loads(subprocess.run(
        [flags.bench, "--dimensions", str(rows.shape[1]), "--vectors", f"{folder}/rows", "--queries",
         f"{folder}/queries"] + (["--no-graph"] if flags.no_graph else []), check=True, stdout=subprocess.PIPE).stdout)

faiss.omp_set_num_threads(threads)
flat = faiss.IndexFlatIP(rows.shape[1])
flat.add(rows)
exact = flat.search(queries, K)[1].tolist()
table = {"ours, exact int8 then f32": ours["filters"][0]["exact"], "ours, exact f32": ours["exact"]["f32"]}
table["faiss IndexFlatIP"] = measure(lambda q: flat.search(q[None], K)[1][0].tolist(), queries, exact)
del flat
quantised = faiss.IndexScalarQuantizer(rows.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
quantised.train(rows[:20_000])
quantised.add(rows)
table["faiss 8-bit, flat"] = measure(lambda q: quantised.search(q[None], K)[1][0].tolist(), queries, exact)
del quantised
if not flags.no_graph:
    start = time.perf_counter()
    graph = hnswlib.Index("ip", rows.shape[1])
    graph.init_index(len(rows), M=16, ef_construction=200)
    graph.add_items(rows, num_threads=threads)
    built = {"ours": ours["graph"]["build_s"], "hnswlib": time.perf_counter() - start}
    start = time.perf_counter()
    hnsw = faiss.IndexHNSWFlat(rows.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    hnsw.hnsw.efConstruction = 200
    hnsw.add(rows)
    built["faiss"] = time.perf_counter() - start
    for ef in (50, 100, 200, 400):
        table[f"ours, graph, ef {ef}"] = ours["filters"][0][f"graph_ef_{ef}"]
        graph.set_ef(ef)
        table[f"hnswlib, ef {ef}"] = measure(
            lambda q: graph.knn_query(q, K, num_threads=1)[0][0].tolist(), queries, exact)
        hnsw.hnsw.efSearch = ef
        table[f"faiss HNSW, ef {ef}"] = measure(lambda q: hnsw.search(q[None], K)[1][0].tolist(), queries, exact)
    print("graph built in", ", ".join(f"{name} {seconds:.0f} s" for name, seconds in built.items()))
print(f"{len(rows)} x {rows.shape[1]}, {threads} threads, read limit {ours['read_gb_per_s']:.1f} GB/s")
print(f"{'':30} {'p50 ms':>8} {'p95 ms':>8} {'recall@10':>10}")
for name, row in table.items():
    print(f"{name:30} {row['p50_ms']:8.2f} {row['p95_ms']:8.2f} {row.get('recall_at_10', 1):10.4f}")
if flags.json:
    json.dump({"ours": ours, "table": table}, open(flags.json, "w"), indent=1)
