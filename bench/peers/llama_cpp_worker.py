"""One piece of work by llama.cpp (the package llama-cpp-python), in a process of its own.

    llama_cpp_worker.py speed MODEL THREADS PROMPT NEW REPEAT      tokens per second, load, peak memory
    llama_cpp_worker.py follow MODEL THREADS PROMPT_IDS IDS        how llama.cpp likes these tokens
    llama_cpp_worker.py perplexity MODEL THREADS WINDOW IDS        windows, second halves counted
    llama_cpp_worker.py quantize SOURCE TYPE OUT

Ids are JSON lists, or @FILE with one. Prints one JSON line.
"""
import ctypes
import json
import pathlib
import re
import statistics
import sys
import time

import llama_cpp
import numpy as np


def peak_bytes() -> int:
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


def load(model: str, threads: int, context: int, all_logits: bool = False) -> llama_cpp.Llama:
    return llama_cpp.Llama(
        model,
        n_ctx=context,
        n_batch=context,
        n_ubatch=min(context, 512),
        n_threads=threads,
        n_threads_batch=threads,
        logits_all=all_logits,
        verbose=False,
    )


def ids_of(text: str) -> list[int]:
    return json.loads(pathlib.Path(text[1:]).read_text() if text.startswith("@") else text)


def speed(model: str, threads: int, prompt: int, new: int, repeat: int) -> dict:
    start = time.perf_counter()
    llama = load(model, threads, prompt + new + 8)
    loaded = time.perf_counter() - start
    tokens = [i * 7919 % llama.n_vocab() for i in range(prompt)]
    llama.eval(tokens[:16])
    first = time.perf_counter() - start
    prefill, decode = [], []
    # The library's own call: the wrapper adds copies of the logits to each token.
    one = (llama_cpp.llama_token * 1)()
    context = llama._ctx.ctx
    for run in range(repeat + 1):
        llama.reset()
        start = time.perf_counter()
        llama.eval(tokens)
        middle = time.perf_counter()
        one[0] = 5
        for _ in range(new):
            if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(one, 1)) != 0:
                sys.exit("llama_decode failed")
        llama_cpp.llama_synchronize(context)
        end = time.perf_counter()
        if run > 0:
            prefill.append(prompt / (middle - start))
            decode.append(new / (end - middle))
    return {
        "load_seconds": loaded,
        "first_token_seconds": first,
        "prefill_tokens_per_s": statistics.median(prefill),
        "decode_tokens_per_s": statistics.median(decode),
        "peak_bytes": peak_bytes(),
    }


def follow(model: str, threads: int, prompt: list[int], ids: list[int]) -> dict:
    """Feeds prompt and ids; at each id, how far its logit is below the greatest, in standard deviations."""
    llama = load(model, threads, len(prompt) + len(ids) + 8, all_logits=True)
    llama.eval(prompt + ids[:-1])
    logits = np.asarray(llama.scores[len(prompt) - 1 : len(prompt) - 1 + len(ids)])
    regret = (logits.max(axis=1) - logits[np.arange(len(ids)), ids]) / logits.std(axis=1)
    equal = next((i for i, r in enumerate(regret) if r > 0), len(ids))
    return {"equal_tokens": equal, "tokens": len(ids), "greatest_regret": float(regret.max())}


def perplexity(model: str, threads: int, window: int, ids: list[int]) -> dict:
    llama = load(model, threads, window, all_logits=True)
    total, count = 0.0, 0
    for begin in range(0, len(ids) - window + 1, window):
        tokens = ids[begin : begin + window]
        llama.reset()
        llama.eval(tokens)
        rows = np.asarray(llama.scores[window // 2 : window - 1], dtype=np.float64)
        rows -= rows.max(axis=1, keepdims=True)
        targets = tokens[window // 2 + 1 :]
        total += float((np.log(np.exp(rows).sum(axis=1)) - rows[np.arange(len(targets)), targets]).sum())
        count += len(targets)
    return {"perplexity": float(np.exp(total / count)), "tokens": count}


def quantize(source: str, kind: str, out: str) -> dict:
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind}")
    unfinished = out + ".part"
    if llama_cpp.llama_model_quantize(source.encode(), unfinished.encode(), ctypes.byref(parameters)):
        sys.exit(f"cannot quantize {source} to {kind}")
    pathlib.Path(unfinished).rename(out)
    return {"bytes": pathlib.Path(out).stat().st_size}


def main() -> None:
    work, *rest = sys.argv[1:]
    if work == "speed":
        result = speed(rest[0], *map(int, rest[1:]))
    elif work == "follow":
        result = follow(rest[0], int(rest[1]), ids_of(rest[2]), ids_of(rest[3]))
    elif work == "perplexity":
        result = perplexity(rest[0], int(rest[1]), int(rest[2]), ids_of(rest[3]))
    elif work == "quantize":
        result = quantize(*rest)
    else:
        sys.exit(__doc__)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
